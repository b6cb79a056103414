// Random sessions, refreshes and restarts of a few peers against a plain list of what each of them must still have: whatever slices
// of work come in between, and however often the numbers of sessions are used up.

import test from 'ava';
import { PathFlag } from '#bgp/rib/code-points.ts';
import { randomFrom } from '#support/seed.ts';
import { ebgpOptions, World } from './world.ts';

const NO_LLGR = 0xffff0007;

interface Entry {
  med: number;
  isKept: boolean;
  isStale: boolean;
}

class Source {
  readonly index: number;
  /** By prefix and path identifier. */
  readonly entries = new Map<string, Entry>();

  constructor(index: number) {
    this.index = index;
  }

  get stale(): number {
    return [...this.entries.values()].filter(({ isStale }) => isStale).length;
  }

  dropStale(which: (entry: Entry) => boolean): void {
    for (const [key, entry] of this.entries) if (entry.isStale && which(entry)) this.entries.delete(key);
  }
}

function play(seed: number, steps: number): number {
  const random = randomFrom(seed);
  const below = (limit: number): number => Math.floor(random() * limit);
  const world = new World();
  const sources = [0, 1, 2].map(() => new Source(world.addPeer()));
  const member = world.join(world.addPeer(), { ...ebgpOptions, hasLongLived: true });
  let compared = 0;
  for (let step = 0; step < steps; step++) {
    const source = sources[below(sources.length)];
    const { index, entries } = source;
    const prefix = `192.0.${below(12)}.0/24`;
    const pathId = below(3);
    const key = `${prefix} ${pathId}`;
    const roll = random();
    if (roll < 0.5) {
      const med = below(2);
      const isKept = random() < 0.8;
      world.announce(index, prefix, { med, pathId, communities: isKept ? [] : [NO_LLGR] });
      entries.set(key, { med, isKept, isStale: false });
    } else if (roll < 0.6) {
      world.withdraw(index, prefix, pathId);
      entries.delete(key);
    } else if (roll < 0.8) {
      world.rib.keepPeer(index);
      for (const entry of entries.values()) entry.isStale = true;
    } else if (roll < 0.85) {
      world.rib.sweepStale(index);
      source.dropStale(() => true);
    } else if (roll < 0.9) {
      world.rib.makeLongLived(index);
      // At once: slices of a sweep would let a route come back before it is looked at.
      world.settle();
      source.dropStale(({ isKept }) => !isKept);
    } else if (roll < 0.93) {
      world.rib.removePeer(index);
      entries.clear();
    } else world.rib.work(1 + below(4));
    if (random() < 0.9) continue;
    world.settle();
    compared++;
    for (const { index: peer, entries: expected, stale } of sources) {
      if (world.rib.received(peer) !== expected.size) throw new Error(`step ${step}: received of ${peer}`);
      if (world.rib.stale(peer) !== stale) throw new Error(`step ${step}: stale of ${peer}`);
    }
    const all = sources.flatMap(({ index: peer, entries: expected }) =>
      [...expected].map(([text, { isStale }]) => `${text.split(' ')[0]} ${peer} ${text.split(' ')[1]} ${isStale}`),
    );
    const found: string[] = [];
    for (let third = 0; third < 12; third++) {
      for (const path of world.paths(`192.0.${third}.0/24`)) {
        const isStale = (path.flags & PathFlag.Stale) !== 0;
        found.push(`192.0.${third}.0/24 ${path.peer} ${path.pathId} ${isStale}`);
      }
    }
    if (found.toSorted().join() !== all.toSorted().join()) throw new Error(`step ${step}: paths differ`);
    const prefixes = new Set(all.map((text) => text.split(' ')[0]));
    if (member.routes.size !== prefixes.size) throw new Error(`step ${step}: advertised`);
  }
  for (const { index } of sources) world.rib.removePeer(index);
  world.settle();
  if (world.attributes.size !== 0 || world.rib.prefixCount !== 0) throw new Error('something is left');
  return compared;
}

for (let seed = 1; seed <= 4; seed++) {
  test(`peers have exactly the routes of their sessions, stale ones marked, after each of 3,000 events (seed ${seed})`, (t) => {
    t.true(play(seed, 3000) > 100);
  });
}
