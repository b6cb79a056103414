// From router.yaml to the octets that a neighbor gets: what each field does to routes, seen at the other end of a session.

import test from 'ava';
import { parsePrefix } from '#bgp/net/prefix.ts';
import { PathFlag } from '#bgp/views.ts';
import { neighborView, showRoutes } from '#support/speaker-lab.ts';
import { atRight, BOTH, build, type Files, LEFT, OTHER, plain, right, ROUTE, us } from './wire-scene.ts';

interface Case extends Files {
  readonly what: string;
  readonly prefix?: string;
  /** At right, in one line; several paths in the order of the table. */
  readonly gives: readonly string[];
}

const cases: readonly Case[] = [
  { what: 'nothing of all this', gives: [plain] },
  // Attributes.
  { what: 'NO_EXPORT stays here', leftSets: 'addCommunities: [no-export]', gives: [] },
  { what: 'NO_ADVERTISE stays here', leftSets: 'addCommunities: [no-advertise]', gives: [] },
  { what: 'BLACKHOLE stays within the AS', leftSets: 'addCommunities: [blackhole]', gives: [] },
  {
    what: 'GRACEFUL_SHUTDOWN is the last choice inside',
    leftSets: 'addCommunities: [graceful-shutdown]',
    rightAsn: us,
    gives: ['path 64502; next hop 192.0.2.2; localpref 0; communities graceful-shutdown'],
  },
  {
    what: 'ACCEPT_OWN is passed on',
    leftSets: 'addCommunities: [accept-own]',
    gives: [`${plain}; communities accept-own`],
  },
  {
    what: 'extended and large communities are passed on',
    leftSets: 'addExtendedCommunities: ["rt:64502:1"], addLargeCommunities: ["64502:1:2"]',
    gives: [`${plain}; extended RT:64502:1; large 64502:1:2`],
  },
  {
    what: 'aigp: true takes AIGP from an external neighbor',
    leftSets: 'aigp: 40',
    fromLeft: 'aigp: true',
    toLeft: 'aigp: true',
    rightAsn: us,
    gives: ['path 64502; next hop 192.0.2.2; localpref 100; aigp 40'],
  },
  {
    what: 'without it AIGP of an external neighbor is discarded',
    leftSets: 'aigp: 40',
    fromLeft: 'aigp: true',
    rightAsn: us,
    gives: ['path 64502; next hop 192.0.2.2; localpref 100'],
  },
  { what: 'role: a route from a provider goes to no peer', toLeft: 'role: customer', toRight: 'role: peer', gives: [] },
  {
    what: 'role: it is marked on its way to a customer',
    toLeft: 'role: customer',
    toRight: 'role: provider',
    gives: [`${plain}; otc 64502`],
  },
  // Routes.
  {
    what: 'routeReflectorClient and clusterId',
    router: 'clusterId: 198.51.100.7',
    leftAsn: us,
    rightAsn: us,
    toLeft: 'routeReflectorClient: true',
    gives: ['path ; next hop 192.0.2.2; localpref 100; originator 192.0.2.2; cluster 198.51.100.7'],
  },
  { what: 'no client: internal routes are not reflected', leftAsn: us, rightAsn: us, gives: [] },
  {
    what: 'routeServerClient',
    toLeft: 'routeServerClient: true',
    toRight: 'routeServerClient: true',
    fromRight: 'enforceFirstAsn: false',
    leftSets: 'med: 7',
    gives: ['path 64502; next hop 192.0.2.2; med 7'],
  },
  {
    what: 'confederation: a member gets the path with its own segment, and LOCAL_PREF',
    router: `confederation: {identifier: 64496, members: [${right}]}`,
    gives: ['path (64501) 64502; next hop 192.0.2.2; localpref 100'],
    rightRouter: `confederation: {identifier: 64496, members: [${us}]}`,
    fromRight: `remoteAsn: ${us}`,
  },
  {
    what: 'aggregates without AS_SET',
    router: 'aggregates: ["10.0.0.0/8"]',
    prefix: '10.0.0.0/8',
    gives: ['path 64501; next hop 192.0.2.1; atomic; aggregator 64501'],
  },
  {
    what: 'aggregates, summaryOnly',
    router: 'aggregates: [{prefix: 10.0.0.0/8, summaryOnly: true}]',
    gives: [],
  },
  {
    what: 'enforceFirstAsn: what does not begin with the neighbor’s number is not taken',
    isBehindLeft: true,
    prefix: '10.4.0.0/16',
    fromLeft: 'routeServerClient: true',
    gives: [],
  },
  {
    what: 'enforceFirstAsn: false',
    isBehindLeft: true,
    prefix: '10.4.0.0/16',
    fromLeft: 'routeServerClient: true',
    toLeft: 'enforceFirstAsn: false',
    gives: ['path 64501 64504; next hop 192.0.2.1'],
  },
  { what: 'our number in a path is a loop', leftSets: 'prependAsn: 64501', gives: [] },
  {
    what: 'allowAsIn',
    leftSets: 'prependAsn: 64501',
    toLeft: 'allowAsIn: 1',
    gives: ['path 64501 64502 64501; next hop 192.0.2.1'],
  },
  {
    what: 'localAsn stands before our own',
    toRight: 'localAsn: 64510',
    gives: ['path 64510 64501 64502; next hop 192.0.2.1'],
  },
  {
    what: 'localAsn, replaceAsn',
    toRight: 'localAsn: {asn: 64510, noPrepend: true, replaceAsn: true}',
    gives: ['path 64510 64502; next hop 192.0.2.1'],
  },
  {
    what: 'localAsn is put into received paths',
    toLeft: 'localAsn: 64510',
    gives: ['path 64501 64510 64502; next hop 192.0.2.1'],
  },
  { what: 'localAsn, noPrepend', toLeft: 'localAsn: {asn: 64510, noPrepend: true}', gives: [plain] },
  {
    what: 'removePrivateAsn: remove',
    leftSets: 'prependAsn: 65100',
    toRight: 'removePrivateAsn: remove',
    gives: [plain],
  },
  {
    what: 'removePrivateAsn: replace',
    leftSets: 'prependAsn: 65100',
    toRight: 'removePrivateAsn: replace',
    gives: ['path 64501 64502 64501; next hop 192.0.2.1'],
  },
  {
    what: 'asOverride',
    leftSets: 'prependAsn: 64503',
    toRight: 'asOverride: true',
    gives: ['path 64501 64502 64501; next hop 192.0.2.1'],
  },
  {
    what: 'nextHop: default leaves it towards internal neighbors',
    rightAsn: us,
    gives: ['path 64502; next hop 192.0.2.2; localpref 100'],
  },
  {
    what: 'nextHop: self',
    rightAsn: us,
    toRight: 'nextHop: self',
    gives: ['path 64502; next hop 192.0.2.1; localpref 100'],
  },
  {
    what: 'nextHopSelf',
    rightAsn: us,
    toRight: 'nextHopSelf: true',
    gives: ['path 64502; next hop 192.0.2.1; localpref 100'],
  },
  {
    what: 'nextHop: self-all, of reflected routes too',
    leftAsn: us,
    rightAsn: us,
    toLeft: 'routeReflectorClient: true',
    toRight: 'nextHop: self-all',
    gives: ['path ; next hop 192.0.2.1; localpref 100; originator 192.0.2.2; cluster 192.0.2.1'],
  },
  {
    what: 'nextHop: unchanged',
    toRight: 'nextHop: unchanged',
    gives: ['path 64501 64502; next hop 192.0.2.2'],
  },
  {
    what: 'familyOptions: one family is special',
    toRight: 'familyOptions: {ipv4-unicast: {nextHop: unchanged}, ipv6-unicast: {export: reject}}',
    gives: ['path 64501 64502; next hop 192.0.2.2'],
  },
  {
    what: 'familyOptions: the other family is its own',
    toRight: 'familyOptions: {ipv6-unicast: {export: reject}}',
    prefix: '2001:db8:2::/48',
    gives: [],
  },
  {
    what: 'defaultOriginate',
    toRight: 'defaultOriginate: true',
    prefix: '0.0.0.0/0',
    gives: ['path 64501; next hop 192.0.2.1'],
  },
  {
    what: 'defaultOriginate, policy',
    router: 'policies: [{name: dear, statements: [{set: {med: 9}, action: accept}]}]',
    toRight: 'defaultOriginate: {policy: dear}',
    prefix: '0.0.0.0/0',
    gives: ['path 64501; next hop 192.0.2.1; med 9'],
  },
  {
    what: 'networks, origin',
    router: 'networks: [{prefix: 10.1.0.0/16, origin: incomplete}]',
    prefix: '10.1.0.0/16',
    gives: ['path 64501; next hop 192.0.2.1; origin 2'],
  },
  {
    what: 'addPath: every path is sent',
    toRight: 'addPath: {send: all}',
    fromRight: 'addPath: {receive: true}',
    prefix: BOTH,
    gives: [plain, 'path 64501 64504; next hop 192.0.2.1'],
  },
  {
    what: 'addPath: one path without it',
    fromRight: 'addPath: {receive: true}',
    prefix: BOTH,
    gives: [plain],
  },
  {
    what: 'maxPrefixes: discard takes no more',
    toLeft: 'maxPrefixes: {limit: 1, action: discard}',
    prefix: BOTH,
    gives: ['path 64501 64504; next hop 192.0.2.1'],
  },
  {
    what: 'routers of two ASes may have one identifier (RFC 6286)',
    leftId: '198.51.100.9',
    prefix: '10.4.0.0/16',
    gives: ['path 64501 64504; next hop 192.0.2.1'],
  },
  { what: 'compareMedAlways: off, MED of two ASes is not compared', leftSets: 'med: 9', prefix: BOTH, gives: [plain] },
  {
    what: 'compareMedAlways',
    router: 'bestPath: {compareMedAlways: true}',
    leftSets: 'med: 9',
    prefix: BOTH,
    gives: ['path 64501 64504; next hop 192.0.2.1'],
  },
  { what: 'gracefulShutdown', toRight: 'gracefulShutdown: true', gives: [`${plain}; communities graceful-shutdown`] },
  { what: 'import: no policy, nothing is taken (RFC 8212)', toLeft: 'import: reject', gives: [] },
];

for (const entry of cases) {
  test(`${entry.what}: ${entry.gives.length === 0 ? 'nothing arrives' : entry.gives.join(' and ')}`, (t) => {
    const scene = build(entry);
    t.deepEqual(atRight(scene, entry.prefix ?? ROUTE), entry.gives);
  });
}

test('weight: the heavier path is chosen, and nobody is told of it', (t) => {
  const router = 'policies: [{name: heavy, statements: [{set: {weight: 10}, action: accept}]}]';
  const scene = build({ router, toOther: 'import: heavy' });
  t.deepEqual(atRight(scene, BOTH), ['path 64501 64504; next hop 192.0.2.1']);
});

test('maxPaths, multipathRelax, linkBandwidth: the kernel gets both next hops, with shares by bandwidth', (t) => {
  const bandwidths = {
    leftSets: 'addExtendedCommunities: ["0x0004fbf649742400"]',
    otherSets: 'addExtendedCommunities: ["0x0004fbf849f42400"]',
  };
  const kernelOf = (router: string): string | undefined => build({ ...bandwidths, router }).kernel.get(BOTH);
  t.is(kernelOf('fib: kernel'), '192.0.2.2 1');
  t.is(kernelOf('fib: kernel\nmaxPaths: 2'), '192.0.2.2 1', 'two neighboring ASes');
  t.is(kernelOf('fib: kernel\nmaxPaths: 2\nbestPath: {multipathRelax: true}'), '192.0.2.2 1, 192.0.2.4 2');
  t.is(
    kernelOf('fib: kernel\nmaxPaths: 2\nbestPath: {multipathRelax: true, linkBandwidth: false}'),
    '192.0.2.2 1, 192.0.2.4 1',
  );
  t.is(kernelOf('fib: kernel\nmaxPaths: {ibgp: 2}\nbestPath: {multipathRelax: true}'), '192.0.2.2 1');
});

test('preferOldest: the path that was there first stays (RFC 5004)', (t) => {
  const choose = (router: string): string[] => {
    const scene = build({ router });
    scene.us.clear(LEFT, 'hard');
    scene.lab.pass(20);
    t.is(neighborView(scene.us, LEFT).connectionsEstablished, 2);
    return atRight(scene, BOTH);
  };
  t.deepEqual(choose(''), [plain], 'the lower router ID');
  t.deepEqual(choose('bestPath: {preferOldest: true}'), ['path 64501 64504; next hop 192.0.2.1']);
});

test('a policy that changes judges what was received again: no flap, no refresh, no second copy', (t) => {
  const scene = build({ toLeft: 'import: reject' });
  t.deepEqual(atRight(scene, ROUTE), []);
  scene.reload({});
  t.deepEqual(atRight(scene, ROUTE), [plain]);
  const { connectionsEstablished, sent } = neighborView(scene.us, LEFT);
  t.deepEqual([connectionsEstablished, sent.routeRefresh], [1, 0]);
});

for (const [action, gives, isUp] of [
  ['warn', 2, true],
  ['discard', 1, true],
  ['restart', 0, false],
  ['shutdown', 0, false],
] as const) {
  test(`maxPrefixes, action ${action}: ${gives} of two routes, the session ${isUp ? 'stands' : 'ends with Cease 6/1'}`, (t) => {
    const scene = build({
      toLeft: `familyOptions: {ipv4-unicast: {maxPrefixes: {limit: 1, action: ${action}${action === 'restart' ? ', restartSec: 30' : ''}}}}`,
    });
    const { state, lastReset } = neighborView(scene.us, LEFT);
    t.is(state === 'Established', isUp);
    if (!isUp) t.deepEqual([lastReset?.code, lastReset?.subcode], [6, 1]);
    const taken = showRoutes(scene.us, { family: 'ipv4-unicast', table: 'received', neighbor: LEFT });
    t.is(taken.filter(({ flags }) => (flags & PathFlag.Stale) === 0).length, gives);
    scene.lab.pass(40);
    const again = neighborView(scene.us, LEFT);
    t.is(again.connectionsEstablished > 1, action === 'restart', 'it comes back by itself');
  });
}

test('redistribute: what the kernel has is announced, as far as its policy lets it', (t) => {
  const router = [
    'redistribute: [{source: static, families: [ipv4-unicast], policy: few}]',
    'policies: [{name: few, statements: [{match: {prefixes: ["10.7.0.0/16"]}, set: {addCommunities: ["64501:7"]}, action: accept}]}]',
  ].join('\n');
  const scene = build({ router });
  for (const text of ['10.7.0.0/16', '10.8.0.0/16']) {
    const prefix = parsePrefix(text);
    if (prefix !== undefined) scene.us.originate('static', prefix, { metric: 3 });
  }
  scene.lab.settle();
  t.deepEqual(atRight(scene, '10.7.0.0/16'), ['path 64501; next hop 192.0.2.1; origin 2; med 3; communities 64501:7']);
  t.deepEqual(atRight(scene, '10.8.0.0/16'), []);
});

test('ACCEPT_OWN is passed on, and changes nothing of what is done with the route (RFC 7611)', (t) => {
  const scene = build({ leftSets: 'addCommunities: [accept-own]' });
  t.deepEqual(atRight(scene, ROUTE), [`${plain}; communities accept-own`]);
  t.deepEqual(
    atRight(build({ leftSets: 'addCommunities: [accept-own], prependAsn: 64501' }), ROUTE),
    [],
    'a loop all the same',
  );
});

test('two neighbors of different ASes may have one identifier: both have sessions (RFC 6286 §2.2)', (t) => {
  const scene = build({ leftId: '198.51.100.9' });
  for (const address of [LEFT, OTHER]) {
    t.like(neighborView(scene.us, address), { state: 'Established', remoteRouterId: '198.51.100.9' });
  }
});

test('a policy that replaces communities takes well-known ones away too (RFC 8642)', (t) => {
  const router = 'policies: [{name: in, statements: [{set: {replaceCommunities: ["64501:1"]}, action: accept}]}]';
  const scene = build({ router, toLeft: 'import: in', leftSets: 'addCommunities: [no-export, "64502:5"]' });
  t.deepEqual(atRight(scene, ROUTE), [`${plain}; communities 64501:1`]);
});
