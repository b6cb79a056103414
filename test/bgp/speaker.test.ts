// Whole speakers: what one is configured to announce, the others hold, show and pass on; and a change
// of configuration touches only what it changes.

import test from 'ava';
import type { NeighborConfig, SpeakerConfig } from '#bgp/config.ts';
import type { SpeakerEvent } from '#bgp/events.ts';
import type { NextHopResolver } from '#bgp/ports.ts';
import type { Speaker } from '#bgp/speaker.ts';
import { PathFlag } from '#bgp/views.ts';
import {
  locRib,
  neighborConfig,
  neighborView,
  networks,
  prefixesOf,
  showRoutes,
  speakerConfig,
  SpeakerLab,
} from '#support/speaker-lab.ts';

const A = '192.0.2.1';
const B = '192.0.2.2';
const C = '192.0.2.3';

interface Pair {
  readonly lab: SpeakerLab;
  readonly a: Speaker;
  readonly b: Speaker;
}

/** Two eBGP speakers, A (65001) and B (65002), settled. */
function pair(
  configA: Partial<SpeakerConfig> = {},
  neighborA: Partial<NeighborConfig> = {},
  neighborB: Partial<NeighborConfig> = {},
  addresses: readonly [readonly string[], readonly string[]] = [
    [A, '2001:db8::1', 'fe80::1'],
    [B, '2001:db8::2', 'fe80::2'],
  ],
): Pair {
  const lab = new SpeakerLab();
  const { speaker: a } = lab.add('a', addresses[0]);
  const { speaker: b } = lab.add('b', addresses[1]);
  b.configure(
    speakerConfig({
      asn: 65002,
      routerId: B,
      neighbors: [neighborConfig({ address: A, isPassive: true, ...neighborB })],
    }),
  );
  a.configure(
    speakerConfig({
      asn: 65001,
      routerId: A,
      neighbors: [neighborConfig({ address: B, ...neighborA })],
      networks: networks('203.0.113.0/24', '2001:db8:a::/48'),
      ...configA,
    }),
  );
  lab.settle();
  return { lab, a, b };
}

/** Prefixes and paths of IPv4 as the summary counts them. */
function counts(speaker: Speaker): number[] {
  const [{ prefixes, paths }] = speaker.view().families;
  return [prefixes, paths];
}

function family(speaker: Speaker, address: string, index: number): ReturnType<typeof neighborView>['families'][number] {
  return neighborView(speaker, address).families[index];
}

test('networks of both families arrive with AS path and next hops of the session and its interface (RFC 4760, RFC 2545)', (t) => {
  const { a, b } = pair();
  t.is(neighborView(a, B).state, 'Established');
  const [v4] = showRoutes(b, locRib('ipv4-unicast'));
  t.is(v4.prefix, '203.0.113.0/24');
  t.deepEqual(v4.attributes.asPath, [{ type: 2, asns: [65001] }]);
  t.is(String(v4.attributes.nextHop), A);
  t.is(v4.flags & (PathFlag.Valid | PathFlag.Best), PathFlag.Valid | PathFlag.Best);
  const [v6] = showRoutes(b, locRib('ipv6-unicast'));
  t.is(v6.prefix, '2001:db8:a::/48');
  t.is(String(v6.attributes.nextHop), '2001:db8::1');
  t.is(String(v6.attributes.linkLocalNextHop), 'fe80::1');
  for (const index of [0, 1]) {
    t.is(family(a, B, index).sent, 1);
    t.is(family(b, A, index).receivedPrePolicy, 1);
    t.is(family(b, A, index).accepted, 1);
    t.true(family(b, A, index).hasEndOfRibReceived);
    t.true(family(a, B, index).hasEndOfRibSent);
  }
});

test('a family without an address on the interface is not sent, and the view says why', (t) => {
  const { a, b } = pair({}, {}, {}, [[A], [B, '2001:db8::2']]);
  t.is(family(a, B, 1).sent, 0);
  t.regex(family(a, B, 1).notSentReason ?? '', /mem0 has no global IPv6 address/);
  t.is(family(a, B, 0).notSentReason, undefined);
  t.deepEqual(showRoutes(b, locRib('ipv6-unicast')), []);
});

test('without policies an eBGP session accepts and announces nothing (RFC 8212)', (t) => {
  const { a, b } = pair({}, { exportPolicy: 'unset' });
  t.true(family(a, B, 0).isExportPolicyMissing);
  t.is(family(a, B, 0).sent, 0);
  t.deepEqual(showRoutes(b, locRib('ipv4-unicast')), []);
  const other = pair({}, {}, { importPolicy: 'unset' });
  t.true(family(other.b, A, 0).isImportPolicyMissing);
  t.is(family(other.b, A, 0).receivedPrePolicy, 1);
  t.is(family(other.b, A, 0).accepted, 0);
  const received = showRoutes(other.b, { family: 'ipv4-unicast', table: 'received', neighbor: A });
  t.deepEqual(prefixesOf(received), ['203.0.113.0/24']);
  t.is(received[0].flags & PathFlag.Filtered, PathFlag.Filtered);
  t.deepEqual(counts(other.b), [0, 0], 'what was refused is not in the table');
});

test('a configuration applied again sends nothing and resets nothing', (t) => {
  const { lab, a } = pair();
  const before = neighborView(a, B);
  const outcome = a.configure(
    speakerConfig({
      asn: 65001,
      routerId: A,
      neighbors: [neighborConfig({ address: B })],
      networks: networks('203.0.113.0/24', '2001:db8:a::/48'),
    }),
  );
  lab.settle();
  t.deepEqual(outcome, {
    neighborsAdded: [],
    neighborsRemoved: [],
    neighborsUpdated: [],
    neighborsReset: [],
    networksAdded: 0,
    networksRemoved: 0,
  });
  t.deepEqual(neighborView(a, B), before);
});

test('a new AS number resets every neighbor, and adds and removes only what was not there before', (t) => {
  const { lab, a } = pair();
  const outcome = a.configure(
    speakerConfig({
      asn: 65009,
      routerId: A,
      neighbors: [neighborConfig({ address: B }), neighborConfig({ address: C })],
      networks: networks('203.0.113.0/24', '198.51.100.0/24'),
    }),
  );
  lab.settle();
  t.deepEqual(outcome, {
    neighborsAdded: [C],
    neighborsRemoved: [],
    neighborsUpdated: [],
    neighborsReset: [B],
    networksAdded: 1,
    networksRemoved: 1,
  });
  t.deepEqual(prefixesOf(showRoutes(a, locRib('ipv4-unicast'))), ['198.51.100.0/24', '203.0.113.0/24']);
});

test('networks come and go without a reset, and only what changed is sent', (t) => {
  const { lab, a, b } = pair();
  const config = {
    asn: 65001,
    routerId: A,
    neighbors: [neighborConfig({ address: B })],
    networks: networks('203.0.113.0/24', '198.51.100.0/24'),
  };
  const updatesBefore = neighborView(a, B).sent.update;
  const outcome = a.configure(speakerConfig(config));
  lab.settle();
  t.is(outcome.networksAdded, 1);
  t.is(outcome.networksRemoved, 1);
  t.deepEqual(prefixesOf(showRoutes(b, locRib('ipv4-unicast'))), ['198.51.100.0/24', '203.0.113.0/24']);
  t.deepEqual(showRoutes(b, locRib('ipv6-unicast')), []);
  t.is(neighborView(a, B).sent.update, updatesBefore + 2);
  t.is(neighborView(a, B).connectionsEstablished, 1);
});

test('a changed export policy sends the difference and leaves the session alone', (t) => {
  const withPolicy = (addCommunities: number[]): SpeakerConfig =>
    speakerConfig({
      asn: 65001,
      routerId: A,
      neighbors: [neighborConfig({ address: B, exportPolicy: { policy: 'out' } })],
      networks: networks('203.0.113.0/24', '198.51.100.0/24'),
      policies: [
        {
          name: 'out',
          otherwise: 'reject',
          statements: [
            {
              name: 'one',
              match: { prefixes: [{ prefix: '203.0.113.0/24', minLength: 24, maxLength: 24 }] },
              set: { addCommunities },
              action: 'accept',
            },
          ],
        },
      ],
    });
  const { lab, a, b } = pair(withPolicy([65001 * 65536 + 1]));
  const first = showRoutes(b, locRib('ipv4-unicast'));
  t.deepEqual(prefixesOf(first), ['203.0.113.0/24']);
  t.deepEqual(first[0].attributes.communities, [65001 * 65536 + 1]);
  const before = neighborView(a, B);
  t.deepEqual(a.configure(withPolicy([65001 * 65536 + 2])).neighborsUpdated, [B]);
  lab.settle();
  t.deepEqual(showRoutes(b, locRib('ipv4-unicast'))[0].attributes.communities, [65001 * 65536 + 2]);
  t.is(neighborView(a, B).sent.update, before.sent.update + 1);
  t.is(neighborView(a, B).establishedWallMs, before.establishedWallMs);
});

test('adding and removing a neighbor leaves the others as they were', (t) => {
  const lab = new SpeakerLab();
  const { speaker: a } = lab.add('a', [A]);
  const { speaker: b } = lab.add('b', [B]);
  const { speaker: c } = lab.add('c', [C]);
  b.configure(
    speakerConfig({
      asn: 65002,
      routerId: B,
      neighbors: [neighborConfig({ address: A })],
      networks: networks('10.2.0.0/16'),
    }),
  );
  c.configure(
    speakerConfig({
      asn: 65003,
      routerId: C,
      neighbors: [neighborConfig({ address: A })],
      networks: networks('10.3.0.0/16'),
    }),
  );
  const toB = neighborConfig({ address: B });
  const toC = neighborConfig({ address: C });
  a.configure(speakerConfig({ asn: 65001, routerId: A, neighbors: [toB] }));
  lab.pass(20);
  const before = neighborView(a, B);
  t.deepEqual(a.configure(speakerConfig({ asn: 65001, routerId: A, neighbors: [toB, toC] })).neighborsAdded, [C]);
  lab.pass(1);
  t.deepEqual(prefixesOf(showRoutes(b, locRib('ipv4-unicast'))), ['10.2.0.0/16', '10.3.0.0/16']);
  const [, transit] = showRoutes(b, locRib('ipv4-unicast'));
  t.deepEqual(transit.attributes.asPath, [{ type: 2, asns: [65001, 65003] }]);
  t.is(String(transit.attributes.nextHop), A);
  t.deepEqual(a.configure(speakerConfig({ asn: 65001, routerId: A, neighbors: [toB] })).neighborsRemoved, [C]);
  lab.settle();
  t.deepEqual(prefixesOf(showRoutes(b, locRib('ipv4-unicast'))), ['10.2.0.0/16']);
  const reset = neighborView(c, A).lastReset;
  t.is(reset?.direction, 'received');
  t.deepEqual([reset?.code, reset?.subcode], [6, 3]);
  const after = neighborView(a, B);
  t.is(after.establishedWallMs, before.establishedWallMs);
  t.is(after.connectionsEstablished, 1);
  t.is(after.connectionsDropped, 0);
});

test('a lost session takes its routes away everywhere, and brings them back', (t) => {
  const { lab, a, b } = pair();
  a.shutdown(B, true, 'maintenance');
  lab.settle();
  t.deepEqual(showRoutes(b, locRib('ipv4-unicast')), []);
  t.is(family(b, A, 0).receivedPrePolicy, 0);
  t.true(neighborView(a, B).isShutdown);
  a.shutdown(B, false, undefined);
  lab.pass(30);
  t.deepEqual(prefixesOf(showRoutes(b, locRib('ipv4-unicast'))), ['203.0.113.0/24']);
  t.is(neighborView(a, B).connectionsEstablished, 2);
});

test('clear resets hard, or asks and sends again softly', (t) => {
  const { lab, a, b } = pair();
  t.deepEqual(b.clear(A, 'soft-in'), [A]);
  lab.settle();
  t.is(neighborView(a, B).received.routeRefresh, 2);
  t.is(neighborView(a, B).connectionsEstablished, 1);
  const updates = neighborView(a, B).sent.update;
  a.clear(undefined, 'soft-out');
  lab.settle();
  t.true(neighborView(a, B).sent.update > updates);
  t.is(neighborView(a, B).connectionsEstablished, 1);
  t.deepEqual(a.clear(B, 'hard'), [B]);
  lab.pass(30);
  t.is(neighborView(a, B).connectionsEstablished, 2);
  t.deepEqual(a.clear('198.51.100.9', 'hard'), []);
});

test('a new AS number ends the old sessions and starts over with it', (t) => {
  const { lab, a, b } = pair();
  const outcome = a.configure(
    speakerConfig({
      asn: 65009,
      routerId: A,
      neighbors: [neighborConfig({ address: B })],
      networks: networks('203.0.113.0/24'),
    }),
  );
  t.deepEqual(outcome.neighborsReset, [B]);
  lab.pass(30);
  t.is(neighborView(b, A).remoteAsn, 65009);
  t.deepEqual(showRoutes(b, locRib('ipv4-unicast'))[0].attributes.asPath, [{ type: 2, asns: [65009] }]);
});

test('iBGP passes eBGP routes on with LOCAL_PREF, never routes from another iBGP peer (RFC 4271 §9.2)', (t) => {
  const lab = new SpeakerLab();
  const { speaker: edge } = lab.add('edge', [A]);
  const { speaker: inner } = lab.add('inner', [B]);
  const { speaker: outer } = lab.add('outer', [C]);
  const { speaker: third } = lab.add('third', ['192.0.2.4']);
  outer.configure(
    speakerConfig({
      asn: 65100,
      routerId: C,
      neighbors: [neighborConfig({ address: A })],
      networks: networks('10.9.0.0/16'),
    }),
  );
  edge.configure(
    speakerConfig({
      asn: 65001,
      routerId: A,
      neighbors: [
        neighborConfig({ address: C }),
        neighborConfig({ address: B, remoteAsn: 'internal', isNextHopSelf: true }),
      ],
    }),
  );
  inner.configure(
    speakerConfig({
      asn: 65001,
      routerId: B,
      neighbors: [
        neighborConfig({ address: A, remoteAsn: 'internal' }),
        neighborConfig({ address: '192.0.2.4', remoteAsn: 'internal' }),
      ],
    }),
  );
  third.configure(
    speakerConfig({
      asn: 65001,
      routerId: '192.0.2.4',
      neighbors: [neighborConfig({ address: B, remoteAsn: 'internal' })],
    }),
  );
  lab.pass(30);
  const [route] = showRoutes(inner, locRib('ipv4-unicast'));
  t.is(route.prefix, '10.9.0.0/16');
  t.is(route.attributes.localPref, 100);
  t.deepEqual(route.attributes.asPath, [{ type: 2, asns: [65100] }]);
  t.is(String(route.attributes.nextHop), A);
  t.is(neighborView(third, B).state, 'Established');
  t.deepEqual(showRoutes(third, locRib('ipv4-unicast')), []);
});

test('a path with our own AS is kept and shown, but never chosen (RFC 4271 §9.1.2)', (t) => {
  const lab = new SpeakerLab();
  const { speaker: a } = lab.add('a', [A]);
  const { speaker: b } = lab.add('b', [B]);
  const { speaker: c } = lab.add('c', [C]);
  // A and C have the same AS number with B between them.
  a.configure(
    speakerConfig({
      asn: 65001,
      routerId: A,
      neighbors: [neighborConfig({ address: B })],
      networks: networks('10.1.0.0/16'),
    }),
  );
  c.configure(speakerConfig({ asn: 65001, routerId: C, neighbors: [neighborConfig({ address: B })] }));
  b.configure(
    speakerConfig({
      asn: 65002,
      routerId: B,
      neighbors: [neighborConfig({ address: A }), neighborConfig({ address: C })],
    }),
  );
  lab.pass(30);
  const [looped] = showRoutes(c, { family: 'ipv4-unicast', table: 'received', neighbor: B });
  t.is(looped.prefix, '10.1.0.0/16');
  t.is(looped.flags & PathFlag.AsLoop, PathFlag.AsLoop);
  t.is(looped.flags & (PathFlag.Valid | PathFlag.Best), 0);
  t.deepEqual(counts(b), [1, 1]);
  t.deepEqual(counts(c), [0, 0]);
});

test('a next hop outside the connected subnets is inaccessible until it can be reached', (t) => {
  let isReachable = false;
  const resolver: NextHopResolver = { resolve: () => ({ isReachable, metric: 0, interfaceName: undefined }) };
  const lab = new SpeakerLab();
  const { speaker: a } = lab.add('a', [A]);
  const { speaker: b } = lab.add('b', [B], resolver);
  a.configure(
    speakerConfig({
      asn: 65001,
      routerId: A,
      neighbors: [neighborConfig({ address: B })],
      networks: networks('10.1.0.0/16'),
    }),
  );
  b.configure(speakerConfig({ asn: 65002, routerId: B, neighbors: [neighborConfig({ address: A })] }));
  lab.pass(30);
  const [hidden] = showRoutes(b, locRib('ipv4-unicast'));
  t.is(hidden.flags & PathFlag.Inaccessible, PathFlag.Inaccessible);
  t.is(hidden.flags & PathFlag.Best, 0);
  isReachable = true;
  b.nextHopsChanged();
  lab.settle();
  t.is(showRoutes(b, locRib('ipv4-unicast'))[0].flags & PathFlag.Best, PathFlag.Best);
});

test('a question that cannot be answered says what would be right', (t) => {
  const { a } = pair();
  const ask = (query: Parameters<typeof showRoutes>[1]) => (): unknown => showRoutes(a, query);
  t.throws(ask({ family: 'ipv4-unicast', table: 'received', neighbor: '192.0.2.99' }), { code: 'unknown-neighbor' });
  t.throws(ask({ ...locRib('ipv4-unicast'), prefix: '10.0.0.0/33' }), { message: /expected e.g. 192\.0\.2\.0\/24/ });
  t.throws(ask({ ...locRib('ipv6-unicast'), prefix: '10.0.0.0/8' }), { code: 'bad-prefix' });
  t.deepEqual(prefixesOf(showRoutes(a, { ...locRib('ipv4-unicast'), prefix: '203.0.113.7' })), ['203.0.113.0/24']);
  t.deepEqual(
    prefixesOf(showRoutes(a, { ...locRib('ipv4-unicast'), prefix: '203.0.0.0/16', isLongerPrefixes: true })),
    ['203.0.113.0/24'],
  );
  t.deepEqual(showRoutes(a, { ...locRib('ipv4-unicast'), prefix: '203.0.0.0/16' }), []);
});

test('routes that no message can carry are told of, once a second for those who would have had them', (t) => {
  const lab = new SpeakerLab();
  const { speaker: a, events } = lab.add('a', [A]);
  const { speaker: b } = lab.add('b', [B]);
  const addCommunities = Array.from({ length: 1100 }, (_, index) => index);
  const config = (...prefixes: string[]): SpeakerConfig =>
    speakerConfig({
      asn: 65001,
      routerId: A,
      neighbors: [neighborConfig({ address: B, exportPolicy: { policy: 'out' }, offersExtendedMessages: false })],
      networks: networks(...prefixes),
      policies: [
        {
          name: 'out',
          otherwise: 'reject',
          statements: [{ name: 'one', match: {}, set: { addCommunities }, action: 'accept' }],
        },
      ],
    });
  b.configure(speakerConfig({ asn: 65002, routerId: B, neighbors: [neighborConfig({ address: A, isPassive: true })] }));
  a.configure(config('10.1.0.0/16', '10.2.0.0/16'));
  lab.settle();
  t.is(neighborView(a, B).state, 'Established');
  t.is(family(a, B, 0).sent, 0);
  const told = (): SpeakerEvent[] => events.filter(({ type }) => type === 'route-not-sent');
  t.is(told().length, 1);
  t.like(told()[0], { instance: 'a', neighbors: [B], family: 'ipv4-unicast', prefix: '10.1.0.0/16' });
  lab.pass(2);
  a.configure(config('10.1.0.0/16', '10.2.0.0/16', '10.3.0.0/16'));
  lab.settle();
  t.like(told()[1], { neighbors: [B], prefix: '10.3.0.0/16' });
  t.is(told().length, 2);
});

test('a configuration that cannot be taken changes nothing', (t) => {
  const { lab, a, b } = pair();
  const before = a.view();
  const wrong: Partial<SpeakerConfig>[] = [
    { routerId: '0.0.0.0' },
    { asn: 0 },
    { networks: networks('10.0.0.1/8') },
    { neighbors: [neighborConfig({ address: 'nowhere' })] },
    { neighbors: [neighborConfig({ address: B }), neighborConfig({ address: B })] },
    { neighbors: [neighborConfig({ address: B, exportPolicy: { policy: 'missing' } })] },
  ];
  for (const part of wrong) t.throws(() => a.configure(speakerConfig({ asn: 65001, routerId: A, ...part })));
  lab.settle();
  t.deepEqual(a.view(), before);
  t.is(neighborView(b, A).state, 'Established');
});

test('stopping tells every peer why', (t) => {
  const { lab, a, b } = pair();
  a.stop('final');
  lab.settle();
  const reset = neighborView(b, A).lastReset;
  t.deepEqual([reset?.direction, reset?.code, reset?.subcode], ['received', 6, 2]);
  t.deepEqual(showRoutes(b, locRib('ipv4-unicast')), []);
});
