// Several paths a prefix to peers that take them (RFC 7911).

import test from 'ava';
import type { UpdateGroupOptions } from '#bgp/rib/types.ts';
import { ebgpOptions, type RecordingMember, World } from './world.ts';

const PREFIX = '192.0.2.0/24';
const all: UpdateGroupOptions = { ...ebgpOptions, addPathLimit: 0 };
const best2: UpdateGroupOptions = { ...ebgpOptions, addPathLimit: 2 };

/** The first AS number of each path that the member has of a prefix, and the identifiers. */
function pathsOf(member: RecordingMember, prefix: string): { asns: number[]; ids: string[] } {
  const keys = [...member.routes.keys()].filter((key) => key.startsWith(`${prefix}#`));
  return {
    asns: keys.map((key) => member.route(key)?.values.asPath[1] ?? 0).toSorted((a, b) => a - b),
    ids: keys.map((key) => key.slice(prefix.length + 1)),
  };
}

function announceFrom(world: World, peers: readonly number[], prefix = PREFIX): void {
  peers.forEach((peer, index) => world.announce(peer, prefix, { asPath: [64_501 + index] }));
}

test('all paths of a prefix are sent, each with an identifier of its own, but not back to where they came from', (t) => {
  const world = new World();
  const sources = [1, 2, 3].map((id) => world.addPeer({ routerId: id }));
  const member = world.join(world.addPeer(), all);
  const own = world.join(sources[0], all);
  announceFrom(world, sources);
  world.settle();
  t.deepEqual(pathsOf(member, PREFIX).asns, [64_501, 64_502, 64_503]);
  t.is(new Set(pathsOf(member, PREFIX).ids).size, 3);
  t.deepEqual(pathsOf(own, PREFIX).asns, [64_502, 64_503]);
  t.is(world.rib.groups.idOf(own.peer), world.rib.groups.idOf(member.peer));
  t.is(world.rib.groups.sent(member.peer), 3);
  t.is(world.rib.groups.sent(own.peer), 2);
});

test('an identifier stays while its path lives: a change replaces, a withdrawal takes that path alone', (t) => {
  const world = new World();
  const sources = [1, 2].map((id) => world.addPeer({ routerId: id }));
  const member = world.join(world.addPeer(), all);
  announceFrom(world, sources);
  world.settle();
  const ids = pathsOf(member, PREFIX).ids.toSorted();
  world.announce(sources[1], PREFIX, { asPath: [64_600] });
  world.settle();
  t.deepEqual(pathsOf(member, PREFIX).ids.toSorted(), ids);
  t.deepEqual(pathsOf(member, PREFIX).asns, [64_501, 64_600]);
  t.is(member.withdrawals, 0);
  world.withdraw(sources[0], PREFIX);
  world.settle();
  t.deepEqual(pathsOf(member, PREFIX).asns, [64_600]);
  t.is(member.withdrawals, 1);
});

test('a change of one path sends that path alone', (t) => {
  const world = new World();
  const sources = [1, 2, 3, 4].map((id) => world.addPeer({ routerId: id }));
  const member = world.join(world.addPeer(), all);
  announceFrom(world, sources);
  world.settle();
  const { announcements } = member;
  world.announce(sources[3], PREFIX, { asPath: [64_504], communities: [7] });
  world.settle();
  t.is(member.announcements, announcements + 1);
});

test('the N best are sent, and the next best takes the place of one that goes', (t) => {
  const world = new World();
  const sources = [1, 2, 3, 4].map((id) => world.addPeer({ routerId: id }));
  const member = world.join(world.addPeer(), best2);
  announceFrom(world, sources);
  world.settle();
  t.deepEqual(pathsOf(member, PREFIX).asns, [64_501, 64_502]);
  world.withdraw(sources[0], PREFIX);
  world.settle();
  t.deepEqual(pathsOf(member, PREFIX).asns, [64_502, 64_503]);
  world.announce(sources[0], PREFIX, { asPath: [64_501] });
  world.settle();
  t.deepEqual(pathsOf(member, PREFIX).asns, [64_501, 64_502]);
});

test('paths that one peer announced under several identifiers are all passed on', (t) => {
  const world = new World();
  const source = world.addPeer();
  const member = world.join(world.addPeer(), all);
  for (const pathId of [1, 2, 3]) world.announce(source, PREFIX, { asPath: [64_500 + pathId], pathId });
  world.settle();
  t.deepEqual(pathsOf(member, PREFIX).asns, [64_501, 64_502, 64_503]);
  world.withdraw(source, PREFIX, 2);
  world.settle();
  t.deepEqual(pathsOf(member, PREFIX).asns, [64_501, 64_503]);
});

test('another number of paths changes what is sent without a flap of the rest', (t) => {
  const world = new World();
  const sources = [1, 2, 3].map((id) => world.addPeer({ routerId: id }));
  const member = world.join(world.addPeer(), best2);
  announceFrom(world, sources);
  world.settle();
  const { announcements } = member;
  world.rib.groups.change(member.peer, all);
  world.settle();
  t.is(member.announcements, announcements + 1);
  t.is(member.withdrawals, 0);
  world.rib.groups.change(member.peer, best2);
  world.settle();
  t.is(member.withdrawals, 1);
  t.deepEqual(pathsOf(member, PREFIX).asns, [64_501, 64_502]);
});

test('a slow member of an add-path group is split off, catches up and comes back', (t) => {
  const world = new World();
  const sources = [1, 2].map((id) => world.addPeer({ routerId: id }));
  const [slow, fast] = [world.join(world.addPeer(), all), world.join(world.addPeer(), all)];
  const prefixes = Array.from({ length: 100 }, (_, index) => `10.0.${index}.0/24`);
  for (const prefix of prefixes) announceFrom(world, sources, prefix);
  world.settle();
  slow.queued = 64 << 20;
  for (const prefix of prefixes.slice(0, 50)) world.withdraw(sources[0], prefix);
  for (const prefix of prefixes.slice(50)) world.announce(sources[1], prefix, { asPath: [64_700] });
  world.settle(16);
  t.not(world.rib.groups.idOf(slow.peer), world.rib.groups.idOf(fast.peer));
  slow.queued = 0;
  world.settle(16);
  t.deepEqual(sortRoutes(slow.routes), sortRoutes(fast.routes));
  t.is(world.rib.groups.idOf(slow.peer), world.rib.groups.idOf(fast.peer));
  t.is(slow.routes.size, 150);
});

test('a late member and a refresh get every path, and nothing is left when all is gone', (t) => {
  const world = new World();
  const sources = [1, 2].map((id) => world.addPeer({ routerId: id }));
  const first = world.join(world.addPeer(), all);
  announceFrom(world, sources);
  world.settle();
  const late = world.join(world.addPeer(), all);
  world.settle();
  t.deepEqual(sortRoutes(late.routes), sortRoutes(first.routes));
  world.rib.groups.refresh(first.peer);
  world.settle();
  t.deepEqual(first.marks, ['begin 2', 'end 4']);
  for (const source of sources) world.rib.removePeer(source);
  world.settle();
  t.is(first.routes.size, 0);
  t.is(world.attributes.size, 0);
  t.is(world.rib.prefixCount, 0);
});

function sortRoutes<Value>(routes: ReadonlyMap<string, Value>): ReadonlyMap<string, Value> {
  return new Map([...routes].toSorted(([left], [right]) => left.localeCompare(right)));
}
