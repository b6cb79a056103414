// Whole tables to members: End-of-RIB, refreshes, copies of groups for members that go their own way, members that never read.

import test from 'ava';
import { WorkState } from '#bgp/rib/types.ts';
import { ebgpOptions, ibgpOptions, rejectAll, World } from './world.ts';

const STALLED_BYTES = 64 << 20;

function announceMany(world: World, peer: number, count: number, note: number): void {
  for (let index = 0; index < count; index++) {
    world.announce(peer, `10.${index >> 8}.${index & 255}.0/24`, { asPath: [64_500, 1 + note + (index >> 3)] });
  }
}

test('RFC 4724 §4.1: End-of-RIB waits until our own sources are known, routes do not', (t) => {
  const world = new World();
  world.rib.groups.holdEndOfRib(true);
  const member = world.join(world.addPeer());
  announceMany(world, world.addPeer(), 100, 0);
  t.is(world.settle(), WorkState.Idle, 'holding it back keeps nobody busy');
  t.is(member.routes.size, 100);
  t.is(member.endsOfRib, 0);
  world.announce(0, '192.0.2.0/24', { asPath: [], nextHop: 'none' });
  const before: number[] = [];
  member.onEndOfRib = () => before.push(member.routes.size);
  world.rib.groups.holdEndOfRib(false);
  world.settle();
  t.deepEqual(before, [101]);
  const late = world.join(world.addPeer());
  world.settle();
  t.is(late.endsOfRib, 1);
  t.is(member.endsOfRib, 1);
});

test('RFC 7313 §4: a refresh before End-of-RIB sends the routes again without marks, which a peer would not heed yet', (t) => {
  const world = new World();
  announceMany(world, world.addPeer(), 100, 0);
  world.rib.groups.holdEndOfRib(true);
  const member = world.join(world.addPeer());
  world.settle();
  world.rib.groups.refresh(member.peer);
  world.settle();
  t.is(member.announcements, 200);
  t.deepEqual(member.marks, []);
  world.rib.groups.holdEndOfRib(false);
  world.settle();
  world.rib.groups.refresh(member.peer);
  world.settle();
  t.is(member.endsOfRib, 1);
  t.deepEqual(member.marks, ['begin 200', 'end 300']);
});

test('a refresh of nothing is marked as well, so that the peer drops what it has kept', (t) => {
  const world = new World();
  const member = world.join(world.addPeer(), { ...ebgpOptions, exportPolicy: rejectAll });
  world.settle();
  world.rib.groups.refresh(member.peer);
  world.settle();
  t.deepEqual(member.marks, ['begin 0', 'end 0']);
  t.is(member.endsOfRib, 1);
});

test('a change between the marks is sent between them, and the table is whole at the end', (t) => {
  const world = new World();
  const source = world.addPeer();
  const [member, bystander] = [world.join(world.addPeer()), world.join(world.addPeer())];
  announceMany(world, source, 400, 0);
  world.settle();
  world.rib.groups.refresh(member.peer);
  world.rib.work(64);
  world.withdraw(source, '10.0.3.0/24');
  world.withdraw(source, '10.1.100.0/24');
  world.announce(source, '10.0.5.0/24', { asPath: [64_500, 9999] });
  world.settle(64);
  t.deepEqual(sortRoutes(member.routes), sortRoutes(bystander.routes));
  t.is(member.routes.size, 398);
  t.is(member.marks.length, 2);
});

test('a single change reaches every member in the same slice in which it is decided', (t) => {
  const world = new World();
  const source = world.addPeer();
  const members = [world.join(world.addPeer()), world.join(world.addPeer({ kind: 'ibgp' }), ibgpOptions)];
  announceMany(world, source, 500, 0);
  world.settle();
  world.announce(source, '192.0.2.0/24');
  world.rib.work();
  t.true(members.every(({ routes }) => routes.has('192.0.2.0/24')));
});

test('a member that leaves a large group with other options takes a slice at a time, not one long step', (t) => {
  const world = new World();
  const source = world.addPeer();
  const [leaving, staying] = [world.join(world.addPeer()), world.join(world.addPeer())];
  announceMany(world, source, 4000, 0);
  world.settle();
  world.rib.groups.change(leaving.peer, { ...ebgpOptions, exportPolicy: rejectAll });
  world.rib.work(100);
  t.true(leaving.withdrawals > 0 && leaving.withdrawals <= 400);
  // Meanwhile the group that it left goes on changing what is still to be copied.
  announceMany(world, source, 2000, 5000);
  for (let index = 3000; index < 4000; index++) world.withdraw(source, `10.${index >> 8}.${index & 255}.0/24`);
  world.settle(100);
  t.is(leaving.routes.size, 0);
  t.is(leaving.withdrawals, 4000, 'each route is taken back once');
  t.is(staying.routes.size, 3000);
  world.rib.groups.change(leaving.peer, ebgpOptions);
  world.settle(100);
  t.deepEqual(sortRoutes(leaving.routes), sortRoutes(staying.routes));
});

test('a group whose copy is not done yet may end, and so may the copy', (t) => {
  const world = new World();
  const source = world.addPeer();
  const [first, second, third] = [
    world.join(world.addPeer()),
    world.join(world.addPeer()),
    world.join(world.addPeer()),
  ];
  announceMany(world, source, 1000, 0);
  world.settle();
  world.rib.groups.change(first.peer, { ...ebgpOptions, maxMessageLength: 65_535 });
  world.rib.groups.change(second.peer, { ...ebgpOptions, isGracefulShutdown: true });
  world.rib.groups.leave(third.peer);
  world.rib.work(10);
  world.rib.groups.leave(second.peer);
  world.settle(10);
  t.is(first.routes.size, 1000);
  t.is(first.withdrawals, 0);
  world.rib.groups.leave(first.peer);
  world.rib.removePeer(source);
  world.settle(50);
  t.is(world.attributes.size, 0);
  t.is(world.rib.prefixCount, 0);
});

test('a peer that never reads costs no more than a list of prefixes, however much changes, and nobody waits for it', (t) => {
  const world = new World();
  const source = world.addPeer();
  const [stuck, reading] = [world.join(world.addPeer()), world.join(world.addPeer())];
  announceMany(world, source, 1000, 0);
  world.settle();
  stuck.queued = STALLED_BYTES;
  const chunks = stuck.chunks.length;
  announceMany(world, source, 1000, 1000);
  world.settle();
  const bytes = world.rib.groups.bytes;
  const sets = world.attributes.size;
  for (let round = 2; round < 30; round++) {
    announceMany(world, source, 1000, round * 1000);
    world.settle();
  }
  t.is(stuck.chunks.length, chunks);
  t.is(world.rib.groups.bytes, bytes);
  t.is(world.attributes.size, sets);
  t.is(JSON.parse(reading.routes.get('10.0.0.0/24') ?? '').asPath[2], 29_001);
});

function sortRoutes<Value>(routes: ReadonlyMap<string, Value>): ReadonlyMap<string, Value> {
  return new Map([...routes].toSorted(([left], [right]) => left.localeCompare(right)));
}
