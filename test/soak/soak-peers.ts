// A process of its own in the peers' network namespace: all peers of the soak, and the hand that shakes them. Started by soak.ts as
//   node soak-peers.ts PEERS SEED
// It says `established`, shakes from `start` on, and on `verify` comes to rest and says what is wrong with whose table.

import { setTimeout as sleep } from 'node:timers/promises';
import { deviceAsn, fanoutPlan } from '../bench/plan.ts';
import { Random } from '../bench/random.ts';
import { describeRoute, pathOf, SoakPeer } from './soak-peer.ts';

const ownPrefixes = 2000;
/** Announced by several peers at once. */
const sharedPrefixes = 500;
const tickMs = 20;
const maxBatch = 40;
const maxTail = 4;
const settleMs = 3000;
const settleLimitMs = 60_000;
const maxFaults = 5;

export interface SoakVerdict {
  readonly type: 'verdict';
  readonly routes: number;
  readonly wrong: number;
  readonly updates: number;
  readonly falls: number;
  readonly faults: readonly string[];
}

async function main(): Promise<void> {
  const [count, seed] = process.argv.slice(2).map(Number);
  const peers = fanoutPlan(count).peers.map((plan) => new SoakPeer(plan));
  const random = new Random(seed);
  for (const peer of peers) peer.connect();
  await untilUp(peers);
  process.send?.({ type: 'established' });
  const shaker = new Shaker(peers, random);
  process.on('message', (message: unknown) => {
    const text = JSON.stringify(message);
    if (text.includes('"start"')) shaker.start();
    else if (text.includes('"verify"')) {
      const community = Number(/"community":(\d+)/.exec(text)?.[1] ?? 0);
      verify(peers, shaker, community).then((verdict) => process.send?.(verdict), fail);
    } else process.exit(0);
  });
}

class Shaker {
  falls = 0;
  readonly #peers: readonly SoakPeer[];
  readonly #random: Random;
  #timer: NodeJS.Timeout | undefined;

  constructor(peers: readonly SoakPeer[], random: Random) {
    this.#peers = peers;
    this.#random = random;
  }

  start(): void {
    this.#timer = setInterval(() => this.#tick(), tickMs);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #tick(): void {
    const random = this.#random;
    const index = random.below(this.#peers.length);
    const peer = this.#peers[index];
    const dice = random.below(1000);
    if (dice < 2) {
      this.falls += 1;
      peer.fall();
    } else if (dice < 12) peer.askAgain();
    else if (dice < 600) {
      const community = ((64_500 << 16) | random.below(50)) >>> 0;
      peer.announce(this.#choose(index), { tail: random.below(maxTail), community });
    } else peer.withdraw(this.#choose(index).filter((prefix) => peer.announced.has(prefix)));
  }

  #choose(index: number): readonly number[] {
    const random = this.#random;
    const chosen = new Set<number>();
    for (let left = 1 + random.below(maxBatch); left > 0; left -= 1) {
      const isShared = random.below(4) === 0;
      chosen.add(
        isShared ? random.below(sharedPrefixes) : sharedPrefixes + index * ownPrefixes + random.below(ownPrefixes),
      );
    }
    return [...chosen];
  }
}

async function verify(peers: readonly SoakPeer[], shaker: Shaker, community: number): Promise<SoakVerdict> {
  shaker.stop();
  await untilUp(peers);
  const deadlineMs = performance.now() + settleLimitMs;
  let verdict: SoakVerdict;
  do {
    await sleep(settleMs);
    verdict = compare(peers, shaker.falls, community);
  } while (verdict.wrong > 0 && performance.now() < deadlineMs);
  return verdict;
}

/** Every peer's table against what the others announce: shortest path, then lowest router ID, never a peer's own choice back. */
function compare(peers: readonly SoakPeer[], falls: number, community: number): SoakVerdict {
  const best = new Map<number, SoakPeer>();
  // In the order of router IDs: a later one wins by a shorter path only.
  for (const peer of peers) {
    for (const [prefix, announcement] of peer.announced) {
      const rival = best.get(prefix)?.announced.get(prefix);
      if (rival === undefined || announcement.tail < rival.tail) best.set(prefix, peer);
    }
  }
  const faults = peers.flatMap((peer) => peer.faults);
  let routes = 0;
  let wrong = faults.length;
  const tell = (text: string): void => {
    wrong += 1;
    if (faults.length < maxFaults) faults.push(text);
  };
  for (const reader of peers) {
    for (const [prefix, source] of best) {
      if (source === reader) continue;
      routes += 1;
      const announcement = source.announced.get(prefix);
      if (announcement === undefined) continue;
      const communities = [announcement.community, ...(community === 0 ? [] : [community])];
      const expected = describeRoute([deviceAsn, ...pathOf(source.plan, announcement)], communities);
      const seen = reader.received.get(prefix);
      if (seen !== expected) tell(`${reader.plan.name} has ${seen ?? 'nothing'} for ${prefix} instead of ${expected}`);
    }
    for (const prefix of reader.received.keys()) {
      const source = best.get(prefix);
      if (source === undefined || source === reader) tell(`${reader.plan.name} still has ${prefix}`);
    }
  }
  const updates = peers.reduce((sum, peer) => sum + peer.updates, 0);
  return { type: 'verdict', routes, wrong, updates, falls, faults };
}

async function untilUp(peers: readonly SoakPeer[]): Promise<void> {
  const deadlineMs = performance.now() + settleLimitMs;
  while (!peers.every((peer) => peer.isUp)) {
    if (performance.now() > deadlineMs) throw new Error('a session does not come up');
    await sleep(50);
  }
}

function fail(error: unknown): void {
  process.stderr.write(`soak: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exit(1);
}

process.on('disconnect', () => process.exit(1));
main().catch(fail);
