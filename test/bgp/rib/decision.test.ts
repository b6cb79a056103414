// RFC 4271 §9.1.2: each route of the table below is worse than the best one in exactly one rule, and better
// in a rule that comes later, so that a rule left out or in the wrong place shows.

import test from 'ava';
import { defaultBestPath } from '#bgp/config.ts';
import { routerId } from '#bgp/net/router-id.ts';
import { DecisionReason, PathFlag } from '#bgp/rib/code-points.ts';
import { Policy } from '#bgp/policy/policy.ts';
import { type AddedPeer, type Route, World } from './world.ts';

interface Rival {
  readonly rule: keyof typeof DecisionReason;
  readonly best: Route;
  readonly bestPeer: AddedPeer;
  readonly rival: Route;
  readonly rivalPeer: AddedPeer;
}

const LLGR_STALE = 0xffff0006;

function aigp(metric: number): Uint8Array {
  return Uint8Array.of(1, 0, 11, 0, 0, 0, 0, 0, 0, metric >>> 8, metric & 255);
}

const rivals: Rival[] = [
  {
    rule: 'LongLivedStale',
    best: { localPref: 1, asPath: [1, 2, 3] },
    bestPeer: { isIbgp: true, routerId: 9 },
    rival: { localPref: 1000, communities: [LLGR_STALE] },
    rivalPeer: { isIbgp: true, routerId: 1 },
  },
  {
    rule: 'LocalPreference',
    best: { localPref: 101, asPath: [1, 2, 3] },
    bestPeer: { isIbgp: true, routerId: 9 },
    rival: { localPref: undefined, asPath: [1] },
    rivalPeer: { isIbgp: true, routerId: 1 },
  },
  {
    rule: 'Aigp',
    best: { aigp: aigp(300), asPath: [1, 2, 3] },
    bestPeer: { routerId: 9 },
    rival: { aigp: aigp(290), asPath: [1], nextHop: '10.0.0.9' },
    rivalPeer: { routerId: 1 },
  },
  {
    rule: 'Aigp',
    best: { aigp: aigp(60_000), asPath: [1, 2, 3] },
    bestPeer: { routerId: 9 },
    rival: { asPath: [1] },
    rivalPeer: { routerId: 1 },
  },
  {
    rule: 'AsPathLength',
    best: { asPath: [1, 2], origin: 2 },
    bestPeer: { routerId: 9 },
    rival: { asPath: [1, 2, 3], origin: 0 },
    rivalPeer: { routerId: 1 },
  },
  {
    rule: 'Origin',
    best: { origin: 0, med: 50 },
    bestPeer: { routerId: 9 },
    rival: { origin: 1, med: 0 },
    rivalPeer: { routerId: 1 },
  },
  {
    rule: 'Med',
    best: { med: 10 },
    bestPeer: { isIbgp: true, routerId: 9 },
    rival: { med: 11 },
    rivalPeer: { isIbgp: false, routerId: 1 },
  },
  {
    rule: 'EbgpOverIbgp',
    best: { nextHop: '10.0.0.9' },
    bestPeer: { isIbgp: false, routerId: 9 },
    rival: { nextHop: '10.0.0.1' },
    rivalPeer: { isIbgp: true, routerId: 1 },
  },
  {
    rule: 'IgpMetric',
    best: { nextHop: '10.0.0.1' },
    bestPeer: { routerId: 9 },
    rival: { nextHop: '10.0.0.9' },
    rivalPeer: { routerId: 1 },
  },
  {
    rule: 'EbgpOverIbgp',
    best: { nextHop: '10.0.0.9' },
    bestPeer: { kind: 'ebgp', routerId: 9 },
    rival: { nextHop: '10.0.0.1' },
    rivalPeer: { kind: 'confederation', routerId: 1 },
  },
  {
    rule: 'IgpMetric',
    best: { nextHop: '10.0.0.1' },
    bestPeer: { kind: 'ibgp', routerId: 9 },
    rival: { nextHop: '10.0.0.9' },
    rivalPeer: { kind: 'confederation', routerId: 1 },
  },
  {
    rule: 'ConfederationOverIbgp',
    best: {},
    bestPeer: { kind: 'confederation', routerId: 9 },
    rival: {},
    rivalPeer: { kind: 'ibgp', routerId: 1 },
  },
  {
    rule: 'RouterId',
    best: {},
    bestPeer: { routerId: 5, address: '10.0.0.200' },
    rival: {},
    rivalPeer: { routerId: 6, address: '10.0.0.100' },
  },
  {
    rule: 'RouterId',
    best: { originatorId: routerId(5), clusterList: [routerId(1), routerId(2)] },
    bestPeer: { isIbgp: true, routerId: 90 },
    rival: { originatorId: routerId(6), clusterList: [routerId(1)] },
    rivalPeer: { isIbgp: true, routerId: 1 },
  },
  {
    rule: 'ClusterLength',
    best: { originatorId: routerId(5), clusterList: [routerId(1)] },
    bestPeer: { isIbgp: true, address: '10.0.0.200' },
    rival: { originatorId: routerId(5), clusterList: [routerId(1), routerId(2)] },
    rivalPeer: { isIbgp: true, address: '10.0.0.100' },
  },
  {
    rule: 'PeerAddress',
    best: {},
    bestPeer: { routerId: 5, address: '10.0.0.9' },
    rival: {},
    rivalPeer: { routerId: 5, address: '10.0.0.100' },
  },
];

test('there is no reason that no decision gives', (t) => {
  // The others: no path is usable, there is only one, and the tests below.
  const below = ['Weight', 'LocallyOriginated', 'OldestPath', 'PathId'];
  const given = new Set(['None', 'OnlyPath', ...below, ...rivals.map(({ rule }) => rule)]);
  t.deepEqual(Object.keys(DecisionReason).toSorted(), [...given].toSorted());
});

for (const [index, { rule, best, bestPeer, rival, rivalPeer }] of rivals.entries()) {
  for (const isBestFirst of [true, false]) {
    test(`${index}: the worse route loses by ${rule}, ${isBestFirst ? 'arriving last' : 'arriving first'}`, (t) => {
      const world = new World();
      world.metrics.set('10.0.0.9', 20);
      if (rule === 'EbgpOverIbgp') world.metrics.set('10.0.0.1', 10);
      const winner = world.addPeer(bestPeer);
      const loser = world.addPeer(rivalPeer);
      const announce = [
        (): boolean => world.announce(winner, '192.0.2.0/24', best),
        (): boolean => world.announce(loser, '192.0.2.0/24', rival),
      ];
      for (const step of isBestFirst ? announce : announce.toReversed()) {
        step();
        world.settle();
      }
      const [first, second] = world.paths('192.0.2.0/24');
      t.is(first.peer, winner);
      t.is(first.reason, DecisionReason[rule], 'what took out the last rival made it the best');
      t.is(second.peer, loser);
      t.is(second.reason, DecisionReason[rule]);
      t.is(second.flags & (PathFlag.Best | PathFlag.Valid), PathFlag.Valid);
    });
  }
}

test('a route originated here is preferred for its weight of 32768, as FRR does, also to a high LOCAL_PREF', (t) => {
  const world = new World();
  const peer = world.addPeer({ isIbgp: true });
  world.announce(peer, '192.0.2.0/24', { asPath: [64_500], origin: 0, localPref: 4000 });
  world.announce(0, '192.0.2.0/24', { asPath: [64_500, 64_501], nextHop: 'none', origin: 2 });
  world.settle();
  const [first, second] = world.paths('192.0.2.0/24');
  t.is(first.peer, 0);
  t.is(first.weight, 32_768);
  t.is(second.reason, DecisionReason.Weight);
  t.true((first.flags & PathFlag.Local) !== 0);
});

test('a weight from the import policy counts before LOCAL_PREF, is shown, and its end takes it back', (t) => {
  const world = new World();
  const heavy = world.addPeer({ isIbgp: true, routerId: 9 });
  const light = world.addPeer({ isIbgp: true, routerId: 1 });
  world.announce(heavy, '192.0.2.0/24', { localPref: 10 });
  world.announce(light, '192.0.2.0/24', { localPref: 200 });
  world.announce(0, '192.0.2.0/24', { nextHop: 'none' });
  world.settle();
  t.is(world.paths('192.0.2.0/24')[0].peer, 0);
  const weigh = (weight: number): Policy =>
    Policy.compile({
      name: 'weigh',
      statements: [{ name: 'all', match: {}, set: { weight }, action: 'accept' }],
      otherwise: 'reject',
    });
  world.rib.setImportPolicy(heavy, weigh(40_000));
  world.settle();
  const [first, second] = world.paths('192.0.2.0/24');
  t.is(first.peer, heavy);
  t.is(first.weight, 40_000);
  t.is(second.reason, DecisionReason.Weight);
  world.rib.setImportPolicy(heavy, weigh(32_768));
  world.settle();
  t.is(world.paths('192.0.2.0/24')[0].peer, 0, 'a route of the same weight: what began here, or LOCAL_PREF');
  world.rib.setImportPolicy(heavy, Policy.builtIn('accept', true));
  world.withdraw(0, '192.0.2.0/24');
  world.settle();
  t.deepEqual(
    world.paths('192.0.2.0/24').map(({ peer, weight }) => [peer, weight]),
    [
      [light, 0],
      [heavy, 0],
    ],
  );
});

test('with equal weights a route originated here is preferred before AS path length counts', (t) => {
  const world = new World();
  const peer = world.addPeer();
  world.rib.setImportPolicy(
    peer,
    Policy.compile({
      name: 'weigh',
      statements: [{ name: 'all', match: {}, set: { weight: 32_768 }, action: 'accept' }],
      otherwise: 'reject',
    }),
  );
  world.announce(peer, '192.0.2.0/24', { asPath: [64_500], origin: 0 });
  world.announce(0, '192.0.2.0/24', { asPath: [64_500, 64_501], nextHop: 'none', origin: 2 });
  world.settle();
  t.deepEqual(
    world.paths('192.0.2.0/24').map(({ peer: from, reason }) => [from, reason]),
    [
      [0, DecisionReason.LocallyOriginated],
      [peer, DecisionReason.LocallyOriginated],
    ],
  );
});

test('of two paths of one source the lower identifier wins: networks before redistributed routes before aggregates', (t) => {
  const world = new World();
  for (const source of [2, 0, 1]) world.announce(0, '192.0.2.0/24', { nextHop: 'none', pathId: source });
  world.settle();
  t.deepEqual(
    world.paths('192.0.2.0/24').map(({ pathId, reason }) => [pathId, reason]),
    [
      [0, DecisionReason.PathId],
      [1, DecisionReason.PathId],
      [2, DecisionReason.PathId],
    ],
  );
  world.withdraw(0, '192.0.2.0/24', 0);
  world.settle();
  t.is(world.paths('192.0.2.0/24')[0].pathId, 1);
});

test('an external best path stays when a rival differs only in what breaks ties, if the oldest is preferred (RFC 5004)', (t) => {
  const first = (prefersOldest: boolean, rivalRouterId: number): number => {
    const world = new World();
    world.rib.setBestPath({ ...defaultBestPath, prefersOldest }, { ebgp: 1, ibgp: 1 });
    const old = world.addPeer({ routerId: 9, address: '10.0.0.200' });
    const rival = world.addPeer({ routerId: rivalRouterId, address: '10.0.0.100' });
    world.announce(old, '192.0.2.0/24');
    world.settle();
    world.announce(rival, '192.0.2.0/24');
    world.settle();
    const [best, second] = world.paths('192.0.2.0/24');
    if (best.peer === old) t.is(second.reason, DecisionReason.OldestPath);
    return best.peer === old ? 9 : rivalRouterId;
  };
  t.is(first(true, 1), 9);
  t.is(first(false, 1), 1);
  const world = new World();
  world.rib.setBestPath({ ...defaultBestPath, prefersOldest: true }, { ebgp: 1, ibgp: 1 });
  const old = world.addPeer({ routerId: 9, address: '10.0.0.200' });
  const same = world.addPeer({ routerId: 9, address: '10.0.0.100' });
  const shorter = world.addPeer({ routerId: 10 });
  world.announce(old, '192.0.2.0/24');
  world.settle();
  world.announce(same, '192.0.2.0/24');
  world.settle();
  t.is(world.paths('192.0.2.0/24')[0].peer, same, 'from the same router the address decides (RFC 5004 §3)');
  world.announce(shorter, '192.0.2.0/24', { asPath: [] });
  world.settle();
  t.is(world.paths('192.0.2.0/24')[0].peer, shorter, 'age breaks ties only');
});

test('MED is compared between all neighboring ASes when that is configured, at once and for what is there', (t) => {
  const world = new World();
  const low = world.addPeer({ routerId: 9 });
  const high = world.addPeer({ routerId: 1 });
  world.announce(low, '192.0.2.0/24', { asPath: [64_500], med: 1 });
  world.announce(high, '192.0.2.0/24', { asPath: [64_501], med: 2 });
  world.settle();
  t.is(world.paths('192.0.2.0/24')[0].peer, high);
  world.rib.setBestPath({ ...defaultBestPath, comparesMedAlways: true }, { ebgp: 1, ibgp: 1 });
  world.settle();
  const [first, second] = world.paths('192.0.2.0/24');
  t.is(first.peer, low);
  t.is(second.reason, DecisionReason.Med);
});

test('of a thousand paths of two hundred neighboring ASes each AS keeps those with its least MED', (t) => {
  const world = new World();
  const expected: number[] = [];
  for (let index = 0; index < 1000; index++) {
    const peer = world.addPeer({ routerId: 5000 - index, address: `10.1.${index >> 8}.${index & 255}` });
    const med = Math.floor(index / 200);
    world.announce(peer, '192.0.2.0/24', { asPath: [64_500 + (index % 200)], med });
    if (med === 0) expected.push(peer);
  }
  world.settle();
  const paths = world.paths('192.0.2.0/24');
  const byMed = paths.filter(({ reason }) => reason === DecisionReason.Med);
  t.is(byMed.length, 800);
  t.deepEqual(
    paths
      .filter(({ reason }) => reason === DecisionReason.RouterId)
      .map(({ peer }) => peer)
      .toSorted((a, b) => a - b),
    expected,
  );
});

test('MED is not compared between neighboring ASes, and a missing one counts as 0', (t) => {
  const world = new World();
  const low = world.addPeer({ routerId: 9 });
  const high = world.addPeer({ routerId: 1 });
  world.announce(low, '192.0.2.0/24', { asPath: [64_500], med: undefined });
  world.announce(high, '192.0.2.0/24', { asPath: [64_501], med: 100 });
  world.announce(low, '198.51.100.0/24', { asPath: [64_500], med: undefined });
  world.announce(high, '198.51.100.0/24', { asPath: [64_500], med: 1 });
  world.settle();
  t.deepEqual(
    world.paths('192.0.2.0/24').map(({ peer }) => peer),
    [high, low],
  );
  t.is(world.paths('192.0.2.0/24')[0].reason, DecisionReason.RouterId);
  t.deepEqual(
    world.paths('198.51.100.0/24').map(({ peer }) => peer),
    [low, high],
  );
});

test('the choice among three routes that MED makes intransitive does not depend on their order', (t) => {
  // A beats C by router id, C beats B by router id, B beats A by MED: a pairwise walk would give each of them.
  const routes = [
    { routerId: 1, route: { asPath: [10], med: 20 } },
    { routerId: 3, route: { asPath: [10], med: 10 } },
    { routerId: 2, route: { asPath: [20], med: 0 } },
  ];
  const orders = [
    [0, 1, 2],
    [0, 2, 1],
    [1, 0, 2],
    [1, 2, 0],
    [2, 0, 1],
    [2, 1, 0],
  ];
  for (const order of orders) {
    const world = new World();
    const peers = routes.map((entry) => world.addPeer({ routerId: entry.routerId }));
    for (const index of order) {
      world.announce(peers[index], '192.0.2.0/24', routes[index].route);
      world.settle();
    }
    const paths = world.paths('192.0.2.0/24');
    t.is(paths[0].peer, peers[2], `order ${order.join('')}`);
    t.is(paths.find(({ peer }) => peer === peers[0])?.reason, DecisionReason.Med);
    t.is(paths.find(({ peer }) => peer === peers[1])?.reason, DecisionReason.RouterId);
  }
});

test('a route with an unreachable next hop, a loop or a refusing policy is never best, and comes back', (t) => {
  const world = new World();
  const near = world.addPeer({ routerId: 9 });
  const far = world.addPeer({ routerId: 1 });
  world.announce(near, '192.0.2.0/24', { nextHop: '10.0.0.1' });
  world.announce(far, '192.0.2.0/24', { nextHop: '10.9.9.9' });
  world.unreachable.add('10.9.9.9');
  world.settle();
  let paths = world.paths('192.0.2.0/24');
  t.is(paths[0].peer, near);
  t.is(paths[0].reason, DecisionReason.OnlyPath);
  t.is(paths[1].flags & (PathFlag.Valid | PathFlag.Inaccessible), PathFlag.Inaccessible);
  t.is(paths[1].reason, DecisionReason.None);
  world.unreachable.clear();
  t.true(world.nextHops.refresh());
  world.rib.nextHopsChanged();
  world.settle();
  paths = world.paths('192.0.2.0/24');
  t.is(paths[0].peer, far);
  const version = world.rib.tableVersion;
  t.false(world.nextHops.refresh());
  world.announce(far, '192.0.2.0/24', { nextHop: '10.9.9.9' }, true);
  world.settle();
  t.deepEqual(
    world.paths('192.0.2.0/24').map(({ peer }) => peer),
    [near],
    'a looped route is not in the Loc-RIB',
  );
  t.is(world.rib.received(far), 1);
  t.is(world.rib.accepted(far), 0);
  t.is(world.rib.tableVersion, version + 1);
});

test('announcing the same again changes nothing, not even the table version', (t) => {
  const world = new World();
  const peer = world.addPeer();
  world.announce(peer, '192.0.2.0/24', { med: 1 });
  world.settle();
  const version = world.rib.tableVersion;
  world.announce(peer, '192.0.2.0/24', { med: 1 });
  world.settle();
  t.is(world.rib.tableVersion, version);
  world.announce(peer, '192.0.2.0/24', { med: 2 });
  world.settle();
  t.is(world.rib.tableVersion, version + 1);
});

test('an import policy changes what is used, keeps what was received, and its end restores it', (t) => {
  const world = new World();
  const liked = world.addPeer({ routerId: 9 });
  const other = world.addPeer({ routerId: 1 });
  world.announce(liked, '192.0.2.0/24');
  world.announce(other, '192.0.2.0/24');
  const prefer = Policy.compile({
    name: 'prefer',
    statements: [{ name: 'all', match: {}, set: { localPreference: 200 }, action: 'accept' }],
    otherwise: 'reject',
  });
  const accept = Policy.builtIn('accept', true);
  world.settle();
  t.is(world.paths('192.0.2.0/24')[0].peer, other);
  world.rib.setImportPolicy(liked, prefer);
  world.settle();
  t.is(world.paths('192.0.2.0/24')[0].peer, liked);
  t.is(world.paths('192.0.2.0/24')[1].reason, DecisionReason.LocalPreference);
  world.rib.setImportPolicy(liked, accept);
  world.settle();
  t.is(world.paths('192.0.2.0/24')[0].peer, other);
  t.is(world.attributes.size, 1, 'the set that the policy made is gone');
});
