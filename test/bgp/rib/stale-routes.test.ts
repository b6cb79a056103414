// Routes that are kept while their peer is away or sends everything again: RFC 4724 §4.2, RFC 7313 §4, RFC 9494 §4.2.

import test from 'ava';
import { Policy } from '#bgp/policy/policy.ts';
import { DecisionReason, PathFlag } from '#bgp/rib/code-points.ts';
import type { PeerIndex } from '#bgp/rib/types.ts';
import { ebgpOptions, type RecordingMember, World } from './world.ts';

const NO_LLGR = 0xffff0007;
const prefixes = ['192.0.2.0/24', '198.51.100.0/24', '203.0.113.0/24'];

function makeWorld(): { world: World; peer: PeerIndex; member: RecordingMember } {
  const world = new World();
  const peer = world.addPeer();
  const member = world.join(world.addPeer());
  for (const prefix of prefixes) world.announce(peer, prefix);
  world.settle();
  return { world, peer, member };
}

function flagsOf(world: World, prefix: string): number {
  return world.paths(prefix)[0]?.flags ?? 0;
}

test('a lost session whose routes come back the same before End-of-RIB causes no message at all', (t) => {
  const { world, peer, member } = makeWorld();
  const { announcements, withdrawals } = member;
  const { tableVersion } = world.rib;
  world.rib.keepPeer(peer);
  world.settle();
  t.is(world.rib.stale(peer), 3);
  t.is(world.rib.received(peer), 3);
  t.true((flagsOf(world, prefixes[0]) & PathFlag.Stale) !== 0);
  t.true((flagsOf(world, prefixes[0]) & PathFlag.Best) !== 0, 'in use as before');
  for (const prefix of prefixes) world.announce(peer, prefix);
  t.is(world.rib.stale(peer), 0);
  world.rib.sweepStale(peer);
  world.settle();
  t.deepEqual([member.announcements, member.withdrawals], [announcements, withdrawals]);
  t.is(world.rib.tableVersion, tableVersion);
  t.is(flagsOf(world, prefixes[0]) & PathFlag.Stale, 0);
});

test('what was not announced again goes at End-of-RIB, and only that', (t) => {
  const { world, peer, member } = makeWorld();
  world.rib.keepPeer(peer);
  world.announce(peer, prefixes[0]);
  world.announce(peer, prefixes[1], { med: 7 });
  world.settle();
  t.is(world.rib.stale(peer), 1);
  t.is(member.withdrawals, 0);
  world.rib.sweepStale(peer);
  t.is(world.rib.stale(peer), 0);
  world.settle();
  t.is(member.withdrawals, 1);
  t.deepEqual([...member.routes.keys()].toSorted(), prefixes.slice(0, 2));
  t.is(world.rib.received(peer), 2);
});

test('a session that is lost again keeps what was stale unless that is swept before (RFC 4724 §4.2)', (t) => {
  for (const isSwept of [true, false]) {
    const { world, peer, member } = makeWorld();
    world.rib.keepPeer(peer);
    world.announce(peer, prefixes[0]);
    if (isSwept) world.rib.sweepStale(peer);
    world.rib.keepPeer(peer);
    world.settle();
    t.is(world.rib.stale(peer), isSwept ? 1 : 3);
    t.is(member.withdrawals, isSwept ? 2 : 0);
  }
});

test('a route that was stale is stale again when a second refresh begins', (t) => {
  const { world, peer } = makeWorld();
  world.rib.keepPeer(peer);
  for (const prefix of prefixes) world.announce(peer, prefix);
  world.rib.keepPeer(peer);
  world.announce(peer, prefixes[2]);
  world.rib.sweepStale(peer);
  world.settle();
  t.is(world.rib.received(peer), 1);
});

test('a thousand refreshes in one read leave nothing that was not announced in the last one, and lose nothing that was', (t) => {
  const { world, peer, member } = makeWorld();
  for (let round = 0; round < 1000; round++) {
    world.rib.keepPeer(peer);
    world.announce(peer, prefixes[round % 3], { med: round });
    t.is(world.rib.stale(peer), 2);
  }
  t.is(world.rib.received(peer), 3);
  world.rib.sweepStale(peer);
  world.settle();
  t.deepEqual([...member.routes.keys()], [prefixes[999 % 3]]);
  t.is(world.rib.received(peer), 1);
  t.is(world.rib.stale(peer), 0);
});

test('a peer that flaps a thousand times between two slices leaves only the routes of its last session', (t) => {
  const { world, peer, member } = makeWorld();
  const other = world.addPeer();
  for (const prefix of prefixes) world.announce(other, prefix, { asPath: [1, 2, 3] });
  for (let round = 0; round < 1000; round++) {
    if (round % 3 === 0) {
      world.rib.sweepStale(peer);
      world.rib.keepPeer(peer);
    } else world.rib.removePeer(peer);
    world.announce(peer, prefixes[round % 2], { med: round });
  }
  world.settle();
  world.rib.sweepStale(peer);
  world.settle();
  t.is(world.rib.received(peer), 1);
  t.is(world.rib.received(other), 3);
  t.is(member.routes.size, 3);
  world.rib.removePeer(peer);
  world.rib.removePeer(other);
  world.settle();
  t.is(world.rib.pathCount, 0);
  t.is(world.rib.prefixCount, 0);
  t.is(world.attributes.size, 0);
});

test('long-lived stale routes are the least preferred, lose NO_LLGR ones, and are told of once more each way', (t) => {
  const world = new World();
  const away = world.addPeer({ isIbgp: true });
  const other = world.addPeer({ isIbgp: true });
  const member = world.join(world.addPeer(), { ...ebgpOptions, hasLongLived: true });
  world.announce(away, prefixes[0], { localPref: 500 });
  world.announce(other, prefixes[0], { localPref: 1, asPath: [7] });
  world.announce(away, prefixes[1]);
  world.announce(away, prefixes[2], { communities: [NO_LLGR] });
  world.settle();
  const { announcements } = member;
  world.rib.keepPeer(away);
  world.rib.makeLongLived(away);
  world.settle();
  const [best, second] = world.paths(prefixes[0]);
  t.is(best.peer, other);
  t.is(second.reason, DecisionReason.LongLivedStale);
  t.true((second.flags & PathFlag.LongLived) !== 0);
  t.deepEqual([...member.routes.keys()].toSorted(), prefixes.slice(0, 2), 'NO_LLGR: not kept');
  t.is(world.paths(prefixes[2]).length, 0);
  t.is(member.announcements, announcements + 2, 'another best route, and one with LLGR_STALE');
  world.announce(away, prefixes[1]);
  world.announce(away, prefixes[0], { localPref: 500 });
  world.settle();
  t.is(world.paths(prefixes[0])[0].peer, away);
  t.is(world.rib.stale(away), 0);
  t.is(member.announcements, announcements + 4);
});

test('an import policy may say that a route must not be kept for long, or take that away', (t) => {
  const world = new World();
  const peer = world.addPeer();
  const policy = Policy.compile({
    name: 'in',
    statements: [
      {
        name: 'not this one',
        match: { prefixes: [{ prefix: prefixes[0], minLength: 24, maxLength: 24 }] },
        set: { addCommunities: [NO_LLGR] },
        action: 'accept',
      },
      { name: 'the rest', match: {}, set: { replaceCommunities: [] }, action: 'accept' },
    ],
    otherwise: 'reject',
  });
  world.rib.setImportPolicy(peer, policy);
  world.announce(peer, prefixes[0]);
  world.announce(peer, prefixes[1], { communities: [NO_LLGR] });
  world.rib.keepPeer(peer);
  world.rib.makeLongLived(peer);
  world.settle();
  t.is(world.paths(prefixes[0]).length, 0);
  t.is(world.paths(prefixes[1]).length, 1);
});

test('stale routes of a peer that is removed after all go', (t) => {
  const { world, peer, member } = makeWorld();
  world.rib.keepPeer(peer);
  world.settle();
  world.rib.removePeer(peer);
  world.settle();
  t.is(member.routes.size, 0);
  t.is(world.rib.received(peer), 0);
  t.is(world.rib.stale(peer), 0);
});

test('while selection is deferred nothing is chosen or sent, not even End-of-RIB, and then everything at once (RFC 4724 §4.1)', (t) => {
  const world = new World();
  const peer = world.addPeer();
  world.rib.isDeferred = true;
  const member = world.join(world.addPeer());
  for (const prefix of prefixes) world.announce(peer, prefix);
  world.settle();
  t.is(member.updates, 0);
  t.is(member.endsOfRib, 0);
  t.is(world.rib.received(peer), 3);
  t.is(world.rib.tableVersion, 0);
  world.withdraw(peer, prefixes[0]);
  world.rib.isDeferred = false;
  world.settle();
  t.deepEqual([...member.routes.keys()].toSorted(), prefixes.slice(1));
  t.is(member.withdrawals, 0);
  t.is(member.endsOfRib, 1);
});

test('routes that are stale anew while the long-lived ones before them are still being looked at may say NO_LLGR', (t) => {
  const { world, peer } = makeWorld();
  const communities = [NO_LLGR];
  for (const prefix of prefixes) world.announce(peer, prefix, { communities });
  world.settle();
  world.rib.keepPeer(peer);
  world.rib.makeLongLived(peer);
  // Back before a single slice of work.
  for (const prefix of prefixes) world.announce(peer, prefix, { communities });
  world.rib.sweepStale(peer);
  world.rib.keepPeer(peer);
  world.settle();
  t.is(world.rib.stale(peer), 3);
});
