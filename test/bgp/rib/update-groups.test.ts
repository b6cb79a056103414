// Update groups: what members are sent and when, split horizon, rules towards iBGP, joining, leaving, stalling.

import test from 'ava';
import { Address } from '#bgp/net/address.ts';
import { ipv6Unicast } from '#bgp/net/family.ts';
import { Policy } from '#bgp/policy/policy.ts';
import { WorkState } from '#bgp/rib/types.ts';
import { acceptAll, ebgpOptions, ibgpOptions, LOCAL_ASN, rejectAll, World } from './world.ts';

function announceMany(world: World, peer: number, count: number, perSet: number): void {
  for (let index = 0; index < count; index++) {
    world.announce(peer, `10.${index >> 8}.${index & 255}.0/24`, {
      med: Math.floor(index / perSet),
      asPath: [64_500, 1 + Math.floor(index / perSet)],
    });
  }
}

test('members of a group get the same bytes, made once, and prefixes of one set share messages', (t) => {
  const world = new World();
  const source = world.addPeer();
  const members = [world.join(world.addPeer()), world.join(world.addPeer()), world.join(world.addPeer())];
  announceMany(world, source, 1000, 100);
  world.settle();
  for (const member of members) {
    t.is(member.routes.size, 1000);
    t.is(member.chunks[0], members[0].chunks[0], 'the very same buffer');
    t.is(member.endsOfRib, 1);
    t.is(world.rib.groups.sent(member.peer), 1000);
    t.is(world.rib.groups.idOf(member.peer), world.rib.groups.idOf(members[0].peer));
  }
  t.is(members[0].updates, 10 + 1, 'ten sets and End-of-RIB');
});

test('a route is not sent back to the member it came from, and moves when another source wins', (t) => {
  const world = new World();
  const [a, b, c] = [world.addPeer({ routerId: 1 }), world.addPeer({ routerId: 2 }), world.addPeer({ routerId: 3 })];
  const members = [world.join(a), world.join(b), world.join(c)];
  const holders = (): number[] => members.filter(({ routes }) => routes.has('192.0.2.0/24')).map(({ peer }) => peer);
  world.announce(b, '192.0.2.0/24');
  world.settle();
  t.deepEqual(holders(), [a, c]);
  // The same attributes from a better source: only the two sources hear of it.
  const before = members[2].announcements;
  world.announce(a, '192.0.2.0/24');
  world.settle();
  t.deepEqual(holders(), [b, c]);
  t.is(members[2].announcements, before);
  world.withdraw(a, '192.0.2.0/24');
  world.settle();
  t.deepEqual(holders(), [a, c]);
  world.withdraw(b, '192.0.2.0/24');
  world.settle();
  t.deepEqual(holders(), []);
  t.is(members[1].withdrawals, 1, 'it is not told of what it never had');
});

test('towards iBGP: no route of another iBGP peer, LOCAL_PREF added, next hop kept but for our own routes', (t) => {
  const world = new World();
  const external = world.addPeer();
  const [inside, other] = [world.addPeer({ isIbgp: true }), world.addPeer({ isIbgp: true })];
  const member = world.join(inside, ibgpOptions);
  world.announce(external, '192.0.2.0/24', { nextHop: '10.0.0.1' });
  world.announce(other, '198.51.100.0/24');
  world.announce(0, '203.0.113.0/24', { asPath: [], nextHop: 'none' });
  world.settle();
  t.deepEqual([...member.routes.keys()].toSorted(), ['192.0.2.0/24', '203.0.113.0/24']);
  t.like(JSON.parse(member.routes.get('192.0.2.0/24') ?? ''), {
    nextHop: '10.0.0.1',
    localPref: 100,
    asPath: [64_500],
  });
  t.like(JSON.parse(member.routes.get('203.0.113.0/24') ?? ''), { nextHop: '10.0.0.254', localPref: 100, asPath: [] });
});

test('well-known communities keep a route where RFC 1997 says', (t) => {
  const world = new World();
  const source = world.addPeer();
  const external = world.join(world.addPeer());
  const internal = world.join(world.addPeer({ isIbgp: true }), ibgpOptions);
  world.announce(source, '10.1.0.0/16', { communities: [0xffffff01] });
  world.announce(source, '10.2.0.0/16', { communities: [7, 0xffffff02] });
  world.announce(source, '10.3.0.0/16', { communities: [0xffffff03] });
  world.announce(source, '10.4.0.0/16', { communities: [0xfffeff01, 0xffffff00] });
  world.settle();
  t.deepEqual([...external.routes.keys()], ['10.4.0.0/16']);
  t.deepEqual([...internal.routes.keys()].toSorted(), ['10.1.0.0/16', '10.3.0.0/16', '10.4.0.0/16']);
});

test('a changed export policy sends differences alone, and the members of the group hear nothing', (t) => {
  const world = new World();
  const source = world.addPeer();
  const [changed, bystander] = [world.join(world.addPeer()), world.join(world.addPeer())];
  announceMany(world, source, 512, 64);
  world.settle();
  const announced = changed.announcements;
  const updates = bystander.updates;
  const firstHalf = Policy.compile({
    name: 'first-half',
    statements: [
      {
        name: 'half',
        match: { prefixes: [{ prefix: '10.0.0.0/16', minLength: 24, maxLength: 24 }] },
        set: {},
        action: 'accept',
      },
    ],
    otherwise: 'reject',
  });
  world.rib.groups.change(changed.peer, { ...ebgpOptions, exportPolicy: firstHalf });
  world.settle();
  t.is(changed.routes.size, 256);
  t.is(changed.announcements, announced, 'what stays is not sent again');
  t.is(changed.withdrawals, 256);
  t.is(bystander.updates, updates);
  t.not(world.rib.groups.idOf(changed.peer), world.rib.groups.idOf(bystander.peer));
  world.rib.groups.change(changed.peer, ebgpOptions);
  world.settle();
  t.is(changed.announcements, announced + 256);
  t.is(changed.endsOfRib, 1);
  t.is(world.rib.groups.idOf(changed.peer), world.rib.groups.idOf(bystander.peer), 'back in one group');
});

test('a policy written alike after a reload changes nothing', (t) => {
  const world = new World();
  const member = world.join(world.addPeer());
  announceMany(world, world.addPeer(), 10, 5);
  world.settle();
  const { updates } = member;
  world.rib.groups.change(member.peer, { ...ebgpOptions, exportPolicy: Policy.builtIn('accept', true) });
  world.settle();
  t.is(member.updates, updates);
});

test('a refresh sends everything again between its marks and without another End-of-RIB (RFC 7313 §4); a flood costs one more round', (t) => {
  const world = new World();
  const [member, bystander] = [world.join(world.addPeer()), world.join(world.addPeer())];
  announceMany(world, world.addPeer(), 300, 50);
  world.settle();
  const { updates } = bystander;
  for (let index = 0; index < 100; index++) world.rib.groups.refresh(member.peer);
  world.settle(32);
  t.true(member.announcements <= 900);
  t.true(member.announcements >= 600);
  t.is(member.routes.size, 300);
  t.is(bystander.updates, updates);
  t.is(member.endsOfRib, 1);
  t.deepEqual(
    member.marks,
    member.announcements === 900 ? ['begin 300', 'end 600', 'begin 600', 'end 900'] : ['begin 300', 'end 600'],
  );
});

test('a member that joins late is sent the table, the others nothing', (t) => {
  const world = new World();
  const first = world.join(world.addPeer());
  announceMany(world, world.addPeer(), 300, 50);
  world.settle();
  const { updates } = first;
  const late = world.join(world.addPeer());
  world.settle(64);
  t.deepEqual(late.routes, first.routes);
  t.is(late.endsOfRib, 1);
  t.is(first.updates, updates);
});

test('End-of-RIB follows the last route that was known when the session came up, however many are still undecided', (t) => {
  const world = new World();
  world.join(world.addPeer());
  world.settle();
  announceMany(world, world.addPeer(), 400, 5);
  const late = world.join(world.addPeer());
  const before: number[] = [];
  late.onEndOfRib = () => before.push(late.routes.size);
  world.settle(32);
  t.deepEqual(before, [400]);
});

test('a member that was split off joins no group that still has something to say', (t) => {
  const world = new World();
  const source = world.addPeer();
  const [slow, fast, third] = [world.join(world.addPeer()), world.join(world.addPeer()), world.join(world.addPeer())];
  announceMany(world, source, 200, 50);
  world.settle();
  slow.queued = 64 << 20;
  announceMany(world, source, 200, 20);
  world.settle();
  t.not(world.rib.groups.idOf(slow.peer), world.rib.groups.idOf(fast.peer));
  // Now the others are the ones that take nothing: the stray hears of the next change before its home does.
  slow.queued = 0;
  fast.queued = third.queued = 8 << 20;
  announceMany(world, source, 200, 10);
  world.settle();
  t.notDeepEqual(slow.routes, fast.routes);
  t.not(world.rib.groups.idOf(slow.peer), world.rib.groups.idOf(fast.peer), 'home has not said everything yet');
  const { announcements } = slow;
  fast.queued = third.queued = 0;
  world.settle();
  t.deepEqual(slow.routes, fast.routes);
  t.is(slow.announcements, announcements, 'it is told nothing twice');
  t.is(world.rib.groups.idOf(slow.peer), world.rib.groups.idOf(fast.peer));
});

test('work stops while the only member takes nothing, and goes on when its socket has drained', (t) => {
  const world = new World();
  const member = world.join(world.addPeer());
  member.queued = 64 << 20;
  announceMany(world, world.addPeer(), 300, 50);
  t.is(world.settle(), WorkState.Blocked);
  t.is(member.updates, 0);
  member.queued = 0;
  t.is(world.settle(), WorkState.Idle);
  t.is(member.routes.size, 300);
});

test('a slow member waits in a group of its own with nothing but a list of prefixes; the others go on', (t) => {
  const world = new World();
  const source = world.addPeer();
  const [slow, fast] = [world.join(world.addPeer()), world.join(world.addPeer())];
  announceMany(world, source, 200, 50);
  world.settle();
  slow.queued = 64 << 20;
  const { updates } = slow;
  for (let round = 0; round < 20; round++) {
    for (let index = 0; index < 200; index++)
      world.announce(source, `10.0.${index}.0/24`, { asPath: [64_500, 1000 + round] });
    world.settle();
  }
  t.is(slow.updates, updates);
  t.deepEqual(JSON.parse(fast.routes.get('10.0.7.0/24') ?? '').asPath, [LOCAL_ASN, 64_500, 1019]);
  t.not(world.rib.groups.idOf(slow.peer), world.rib.groups.idOf(fast.peer));
  const before = slow.announcements;
  slow.queued = 0;
  world.settle();
  t.deepEqual(slow.routes, fast.routes);
  t.is(slow.announcements - before, 200, 'twenty rounds of change are one for it');
  t.is(world.rib.groups.idOf(slow.peer), world.rib.groups.idOf(fast.peer), 'it is back with the others');
});

test('attributes that leave no room in a message are not advertised, and withdrawn where they were', (t) => {
  const world = new World();
  const source = world.addPeer();
  const member = world.join(world.addPeer());
  world.announce(source, '192.0.2.0/24');
  world.announce(source, '198.51.100.0/24');
  world.settle();
  t.is(member.routes.size, 2);
  const value = new Uint8Array(4045);
  world.announce(source, '192.0.2.0/24', { unknown: [{ flags: 0xc0, code: 200, value }] });
  world.settle();
  t.deepEqual([...member.routes.keys()], ['198.51.100.0/24']);
  t.deepEqual(world.notSent, [['192.0.2.0/24', member.peer]], 'and told of, but not for its own source');
  world.announce(source, '192.0.2.0/24');
  world.settle();
  t.is(member.routes.size, 2);
});

test('when the last member leaves, the columns go and nothing is kept alive', (t) => {
  const world = new World();
  const source = world.addPeer();
  const members = [world.join(world.addPeer()), world.join(world.addPeer({ isIbgp: true }), ibgpOptions)];
  announceMany(world, source, 500, 5);
  world.settle();
  const full = world.attributes.size;
  for (const { peer } of members) world.rib.groups.leave(peer);
  world.settle(64);
  t.is(full, 300, 'as received, for eBGP, for iBGP');
  t.is(world.attributes.size, 100);
  t.is(world.rib.groups.sent(members[0].peer), 0);
  world.rib.removePeer(source);
  world.settle(64);
  t.is(world.attributes.size, 0);
  t.is(world.rib.prefixCount, 0);
});

test('a reject policy and RFC 8212 send nothing but End-of-RIB', (t) => {
  const world = new World();
  announceMany(world, world.addPeer(), 10, 5);
  const member = world.join(world.addPeer(), { ...ebgpOptions, exportPolicy: rejectAll });
  world.settle();
  t.is(member.updates, 1);
  t.is(member.endsOfRib, 1);
});

test('IPv6 routes go out with both next hops when there is a link-local one (RFC 2545 §3)', (t) => {
  const world = new World(ipv6Unicast);
  const source = world.addPeer();
  const member = world.join(world.addPeer(), {
    ...ebgpOptions,
    nextHop: new Address(6, 0x20010db8, 0, 0, 0xfe),
    linkLocalNextHop: new Address(6, 0xfe800000, 0, 0, 0xfe),
    exportPolicy: acceptAll,
  });
  world.announce(source, '2001:db8:1::/48', { nextHop: '2001:db8::1' });
  world.settle();
  t.like(JSON.parse(member.routes.get('2001:db8:1:0:0:0:0:0/48') ?? ''), { nextHop: '2001:db8:0:0:0:0:0:fe' });
  const bytes = [...member.chunks[0]];
  const at = bytes.findIndex((_, index) => bytes[index] === 32 && bytes[index + 1] === 0x20 && bytes[index + 2] === 1);
  t.true(at > 0, 'a next hop of 32 octets');
  t.deepEqual(bytes.slice(at + 17, at + 19), [0xfe, 0x80]);
});
