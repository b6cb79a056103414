// What peers announced: path identifiers (RFC 7911), limits (RFC 4486 §4), and what an import makes of a route.

import test from 'ava';
import { asn } from '#bgp/net/asn.ts';
import { Policy } from '#bgp/policy/policy.ts';
import { PathFlag } from '#bgp/rib/code-points.ts';
import { DecisionReason } from '#bgp/rib/code-points.ts';
import type { RouteView } from '#bgp/rib/route-view.ts';
import { attributesOfRow } from '#bgp/views.ts';
import { decodePathAttributes, type PathAttributes } from '#bgp/wire/attributes.ts';
import { ebgpOptions, prefixOf, World } from './world.ts';

const PREFIX = '192.0.2.0/24';
const GRACEFUL_SHUTDOWN = 0xffff0000;

function attributesIn(view: RouteView): PathAttributes[] {
  const found: PathAttributes[] = [];
  while (!view.isDone) {
    const batch = view.next();
    for (let row = 0; batch !== undefined && row < batch.count; row++) {
      found.push(decodePathAttributes(attributesOfRow(batch, row)));
    }
  }
  return found;
}

function seen(world: World, table: 'received' | 'accepted' | 'loc-rib', peer: number): PathAttributes[] {
  return attributesIn(
    world.rib.openView({ table, peer, prefix: prefixOf(PREFIX), isLongerPrefixes: false, address: undefined }),
  );
}

test('prefix, peer and path identifier name a path: another identifier is another path, the same one replaces', (t) => {
  const world = new World();
  const peer = world.addPeer();
  const member = world.join(world.addPeer());
  world.announce(peer, PREFIX, { asPath: [1, 2], pathId: 7 });
  world.announce(peer, PREFIX, { asPath: [1], pathId: 9 });
  world.announce(peer, PREFIX, { asPath: [1, 2, 3] });
  world.settle();
  t.is(world.rib.received(peer), 3);
  t.deepEqual(
    world.paths(PREFIX).map(({ pathId }) => pathId),
    [9, 0, 7],
    'the best one first, then by identifier',
  );
  world.announce(peer, PREFIX, { asPath: [1, 2, 3, 4], pathId: 9 });
  world.settle();
  t.is(world.rib.received(peer), 3);
  t.is(world.paths(PREFIX)[0].pathId, 7);
  t.true(world.withdraw(peer, PREFIX, 7));
  t.false(world.withdraw(peer, PREFIX, 7));
  t.false(world.withdraw(peer, PREFIX, 8));
  world.settle();
  t.is(world.paths(PREFIX)[0].pathId, 0);
  t.is(member.withdrawals, 0);
  t.is(seen(world, 'received', peer).length, 2);
  world.rib.removePeer(peer);
  world.settle();
  t.is(member.routes.size, 0);
  t.is(world.attributes.size, 0);
});

test('equal paths of one peer differ by their identifiers alone, and the lower one wins', (t) => {
  const world = new World();
  const peer = world.addPeer();
  world.announce(peer, PREFIX, { pathId: 4_000_000_000 });
  world.announce(peer, PREFIX, { pathId: 5 });
  world.settle();
  t.deepEqual(
    world.paths(PREFIX).map(({ pathId, reason }) => [pathId, reason]),
    [
      [5, DecisionReason.PathId],
      [4_000_000_000, DecisionReason.PathId],
    ],
  );
});

test('a peer has at most 256 paths a prefix; more are refused and counted, and replacing still works', (t) => {
  const world = new World();
  const peer = world.addPeer();
  for (let pathId = 1; pathId <= 300; pathId++) t.is(world.announce(peer, PREFIX, { pathId }), pathId <= 256);
  t.is(world.rib.received(peer), 256);
  t.is(world.rib.crowded(peer), 44);
  t.false(world.rib.takeRoom(peer), 'a refresh would bring the same again');
  t.true(world.announce(peer, PREFIX, { pathId: 256, med: 1 }));
});

test('routes over the limit are refused, known ones may change, and room asks for a refresh once', (t) => {
  const world = new World();
  const peer = world.addPeer();
  world.rib.setLimit(peer, 2);
  t.true(world.announce(peer, '192.0.2.0/24'));
  t.true(world.announce(peer, '198.51.100.0/24'));
  t.false(world.announce(peer, '203.0.113.0/24'));
  t.false(world.announce(peer, '203.0.113.0/24'));
  t.is(world.rib.refused(peer), 2);
  t.is(world.rib.received(peer), 2);
  t.true(world.announce(peer, '192.0.2.0/24', { med: 5 }), 'a route that is there may change');
  t.false(world.rib.takeRoom(peer), 'no room yet');
  world.settle();
  t.is(world.rib.prefixCount, 2, 'nothing is kept of what was refused');
  world.withdraw(peer, '192.0.2.0/24');
  t.true(world.rib.takeRoom(peer));
  t.false(world.rib.takeRoom(peer), 'asked for once');
  t.true(world.announce(peer, '203.0.113.0/24'));
  world.rib.setLimit(peer, undefined);
  t.true(world.announce(peer, '192.0.2.0/24'));
});

test('routes of a lost session that wait for being swept do not count against the limit of the next one', (t) => {
  const world = new World();
  const peer = world.addPeer();
  world.rib.setLimit(peer, 2);
  world.announce(peer, '192.0.2.0/24');
  world.announce(peer, '198.51.100.0/24');
  world.rib.removePeer(peer);
  t.is(world.rib.received(peer), 0);
  t.true(world.rib.hasRoutesOf(peer), 'its number is not free yet');
  t.true(world.announce(peer, '203.0.113.0/24'));
  t.is(world.rib.received(peer), 1);
  t.true(world.announce(peer, '192.0.2.0/24'));
  t.false(world.announce(peer, '198.51.100.0/24'), 'over the limit although a route of the old session is there');
  world.settle();
  t.is(world.rib.received(peer), 2);
});

test('an external route with GRACEFUL_SHUTDOWN has LOCAL_PREF 0 whatever the policy sets, one from iBGP keeps its own', (t) => {
  const world = new World();
  const going = world.addPeer({ routerId: 1 });
  const staying = world.addPeer({ routerId: 9 });
  const inside = world.addPeer({ isIbgp: true });
  world.rib.setImportPolicy(
    going,
    Policy.compile({
      name: 'prefer',
      statements: [{ name: 'all', match: {}, set: { localPreference: 300 }, action: 'accept' }],
      otherwise: 'reject',
    }),
  );
  world.announce(going, PREFIX, { communities: [GRACEFUL_SHUTDOWN] });
  world.announce(staying, PREFIX, { asPath: [1, 2, 3, 4] });
  world.settle();
  t.is(world.paths(PREFIX)[0].peer, staying);
  t.deepEqual(
    seen(world, 'accepted', going).map(({ localPref }) => localPref),
    [0],
  );
  t.deepEqual(
    seen(world, 'received', going).map(({ localPref }) => localPref),
    [undefined],
    'what was received stays',
  );
  world.announce(inside, PREFIX, { communities: [GRACEFUL_SHUTDOWN], localPref: 200 });
  world.settle();
  t.is(world.paths(PREFIX)[0].peer, inside);
});

test('a session adds OTC to what comes without it (RFC 9234 §5), also to routes that are there already', (t) => {
  const world = new World();
  const provider = world.addPeer();
  world.announce(provider, PREFIX);
  const context = { shownAsn: 65_000, selfNextHop: undefined, peerNextHop: undefined };
  world.rib.setImportContext(provider, { ...context, otc: 64_500 });
  world.settle();
  t.deepEqual(
    seen(world, 'accepted', provider).map(({ otc }) => otc),
    [asn(64_500)],
  );
  world.announce(provider, PREFIX, { otc: asn(7) });
  t.deepEqual(
    seen(world, 'accepted', provider).map(({ otc }) => otc),
    [asn(7)],
  );
  world.rib.setImportContext(provider, { ...context, otc: undefined });
  world.announce(provider, PREFIX);
  world.settle();
  t.deepEqual(
    seen(world, 'accepted', provider).map(({ otc }) => otc),
    [undefined],
  );
});

test('which statement decided is found by evaluating the stored route again', (t) => {
  const world = new World();
  const peer = world.addPeer();
  world.rib.setImportPolicy(
    peer,
    Policy.compile({
      name: 'in',
      statements: [
        { name: 'long', match: { asPathLength: { min: 3, max: 9 } }, set: {}, action: 'reject' },
        { name: 'rest', match: {}, set: { localPreference: 50 }, action: 'accept' },
      ],
      otherwise: 'reject',
    }),
  );
  world.announce(peer, PREFIX, { asPath: [1, 2, 3] });
  world.announce(peer, '198.51.100.0/24', { asPath: [1] });
  world.settle();
  t.like(world.rib.explainImport(peer, 0, prefixOf(PREFIX)), { statementName: 'long', isAccepted: false });
  t.like(world.rib.explainImport(peer, 0, prefixOf('198.51.100.0/24')), { statementName: 'rest', isAccepted: true });
  t.is(world.rib.explainImport(peer, 1, prefixOf(PREFIX)), undefined);
  t.is(world.paths(PREFIX).length, 0);
});

test('a number that is given to another peer brings no policy, limit or context of the old one', (t) => {
  const world = new World();
  const peer = world.addPeer();
  world.rib.setLimit(peer, 0);
  world.rib.setImportContext(peer, { shownAsn: 1, selfNextHop: undefined, peerNextHop: undefined, otc: 5 });
  t.false(world.announce(peer, PREFIX));
  world.rib.removePeer(peer);
  world.rib.forgetPeer(peer);
  t.true(world.announce(peer, PREFIX));
  t.deepEqual(
    seen(world, 'accepted', peer).map(({ otc }) => otc),
    [undefined],
  );
});

test('a view shows path identifiers, weights and stale marks as they were, although the paths changed since', (t) => {
  const world = new World();
  const peer = world.addPeer();
  world.announce(peer, PREFIX, { pathId: 3 });
  world.announce(peer, PREFIX, { pathId: 2, asPath: [1, 2] });
  world.announce(0, PREFIX, { nextHop: 'none' });
  world.settle();
  const view = world.rib.openView({
    table: 'loc-rib',
    peer: 0,
    prefix: undefined,
    isLongerPrefixes: false,
    address: undefined,
  });
  world.withdraw(peer, PREFIX, 3);
  world.withdraw(0, PREFIX);
  world.settle();
  const rows: number[][] = [];
  while (!view.isDone) {
    const batch = view.next();
    for (let row = 0; batch !== undefined && row < batch.count; row++) {
      const { flags, pathIds, peers, weights } = batch;
      rows.push([peers[row], pathIds[row], weights[row], flags[row] & PathFlag.Best]);
    }
  }
  t.deepEqual(rows, [
    [0, 0, 32_768, PathFlag.Best],
    [peer, 2, 0, 0],
    [peer, 3, 0, 0],
  ]);
});

test('members hear of the best path of an add-path peer as of any other', (t) => {
  const world = new World();
  const peer = world.addPeer();
  const member = world.join(world.addPeer(), ebgpOptions);
  world.announce(peer, PREFIX, { pathId: 1, med: 1 });
  world.announce(peer, PREFIX, { pathId: 2, asPath: [1, 2, 3] });
  world.settle();
  const { announcements } = member;
  world.announce(peer, PREFIX, { pathId: 2, asPath: [1, 2, 3, 4] });
  world.settle();
  t.is(member.announcements, announcements, 'a path that is not the best one changed');
  world.withdraw(peer, PREFIX, 1);
  world.settle();
  t.is(member.announcements, announcements + 1);
});
