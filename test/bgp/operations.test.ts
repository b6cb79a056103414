// What operators order and look at while a speaker runs: draining, debugging, update groups, memory, why a neighbor is down.

import test from 'ava';
import type { SpeakerConfig } from '#bgp/config.ts';
import type { SpeakerEvent } from '#bgp/events.ts';
import type { Speaker } from '#bgp/speaker.ts';
import { debugKinds } from '#bgp/views.ts';
import {
  locRib,
  neighborConfig,
  neighborView,
  networks,
  showRoutes,
  speakerConfig,
  SpeakerLab,
} from '#support/speaker-lab.ts';

const US = '192.0.2.1';
const IBGP = '192.0.2.2';
const EBGP = '192.0.2.3';
const GRACEFUL_SHUTDOWN = 0xffff0000;

interface Scene {
  readonly lab: SpeakerLab;
  readonly us: Speaker;
  readonly events: SpeakerEvent[];
  readonly internal: Speaker;
  readonly external: Speaker;
  readonly config: SpeakerConfig;
}

function scene(): Scene {
  const lab = new SpeakerLab();
  const { speaker: us, events } = lab.add('us', [US]);
  const { speaker: internal } = lab.add('internal', [IBGP]);
  const { speaker: external } = lab.add('external', [EBGP]);
  const toUs = neighborConfig({ address: US, isPassive: true, remoteAsn: 65001 });
  internal.configure(speakerConfig({ asn: 65001, routerId: IBGP, neighbors: [toUs] }));
  external.configure(speakerConfig({ asn: 65003, routerId: EBGP, neighbors: [toUs] }));
  const config = speakerConfig({
    asn: 65001,
    routerId: US,
    neighbors: [
      neighborConfig({ address: IBGP, remoteAsn: 'internal' }),
      neighborConfig({ address: EBGP, password: 'a secret of ours' }),
    ],
    networks: networks('10.1.0.0/16'),
  });
  us.configure(config);
  lab.pass(1);
  return { lab, us, events, internal, external, config };
}

const routeOf = (speaker: Speaker): ReturnType<typeof showRoutes>[number] =>
  showRoutes(speaker, locRib('ipv4-unicast'))[0];

test('a drained speaker announces everything with GRACEFUL_SHUTDOWN and LOCAL_PREF 0 within, without a flap (RFC 8326 §4)', (t) => {
  const { lab, us, events, internal, external } = scene();
  t.deepEqual(routeOf(external).attributes.communities, []);
  t.is(routeOf(internal).attributes.localPref, 100);
  t.true(us.drain(undefined, true));
  lab.settle();
  t.true(us.view().isDraining);
  t.deepEqual(routeOf(external).attributes.communities, [GRACEFUL_SHUTDOWN]);
  t.is(routeOf(external).attributes.localPref, 0, 'what comes in so is the last choice (RFC 8326 §4)');
  t.deepEqual(routeOf(internal).attributes.communities, [GRACEFUL_SHUTDOWN]);
  t.is(routeOf(internal).attributes.localPref, 0);
  us.drain(undefined, false);
  lab.settle();
  t.deepEqual(routeOf(external).attributes.communities, []);
  t.is(neighborView(us, EBGP).connectionsEstablished, 1);
  t.deepEqual(
    events.flatMap((event) => (event.type === 'graceful-shutdown' ? [[event.neighbor, event.isDraining]] : [])),
    [
      [undefined, true],
      [undefined, false],
    ],
  );
});

test('one neighbor is drained alone, by order or by configuration', (t) => {
  const { lab, us, internal, external, config } = scene();
  t.false(us.drain('192.0.2.99', true));
  us.drain(EBGP, true);
  lab.settle();
  t.deepEqual(routeOf(external).attributes.communities, [GRACEFUL_SHUTDOWN]);
  t.deepEqual(routeOf(internal).attributes.communities, []);
  t.true(neighborView(us, EBGP).isDraining);
  t.false(neighborView(us, IBGP).isDraining);
  const [first, second] = config.neighbors;
  us.drain(EBGP, false);
  const outcome = us.configure({ ...config, neighbors: [{ ...first, isGracefulShutdown: true }, second] });
  lab.settle();
  t.deepEqual(outcome.neighborsUpdated, [IBGP]);
  t.deepEqual(routeOf(external).attributes.communities, []);
  t.deepEqual(routeOf(internal).attributes.communities, [GRACEFUL_SHUTDOWN]);
  us.configure({ ...config, isGracefulShutdown: true });
  lab.settle();
  t.true(us.view().isDraining);
  t.deepEqual(routeOf(internal).attributes.communities, [GRACEFUL_SHUTDOWN]);
});

test('debugging a neighbor tells of its messages and of nobody else’s, never an octet of a secret', (t) => {
  const { lab, us, events } = scene();
  t.false(us.debug('192.0.2.99', debugKinds));
  t.true(us.debug(EBGP, debugKinds));
  t.deepEqual(neighborView(us, EBGP).debug, debugKinds);
  const told = (): string[] =>
    events.flatMap((event) =>
      event.type === 'debug-message' ? [`${event.neighbor} ${event.direction} ${event.kind} ${event.text}`] : [],
    );
  us.clear(EBGP, 'hard');
  lab.pass(31);
  us.clear(EBGP, 'soft');
  lab.settle();
  const lines = told();
  t.true(lines.every((line) => line.startsWith(`${EBGP} `)));
  for (const part of [
    'sent notification Cease/Administrative Reset',
    `sent open version 4, AS 65001, hold time 90 s, identifier ${US}`,
    `received open version 4, AS 65003, hold time 90 s, identifier ${EBGP}`,
    'received keepalive 19 octets',
    'capabilities multiprotocol ipv4-unicast; ',
    'sent update announces 10.1.0.0/16, origin IGP, AS path 65001, next hop ',
    'End-of-RIB for ipv4-unicast, 23 octets',
    'sent route-refresh request for ipv4-unicast',
    'received route-refresh BoRR for ipv4-unicast',
  ]) {
    t.true(
      lines.some((line) => line.includes(part)),
      part,
    );
  }
  t.false(JSON.stringify(events).includes('a secret of ours'));
  us.debug(EBGP, ['keepalive']);
  const before = told().length;
  us.clear(EBGP, 'soft');
  lab.settle();
  t.is(told().length, before);
  us.debug(EBGP, []);
  lab.pass(60);
  t.is(told().length, before);
});

test('messages are followed through any segmentation, also when debugging begins in the middle of one', (t) => {
  const { lab, us, events, external } = scene();
  lab.network.segmentBytes = 7;
  us.debug(EBGP, debugKinds);
  external.configure(
    speakerConfig({
      asn: 65003,
      routerId: EBGP,
      neighbors: [neighborConfig({ address: US, isPassive: true, remoteAsn: 65001 })],
      networks: networks('10.3.0.0/16', '10.4.0.0/16'),
    }),
  );
  lab.settle();
  lab.pass(31);
  const received = events.flatMap((event) =>
    event.type === 'debug-message' && event.direction === 'received' ? [event.kind] : [],
  );
  t.deepEqual(received, ['update', 'keepalive']);
});

test('update groups and memory are shown as they are', (t) => {
  const { us } = scene();
  const groups = us.updateGroups();
  t.deepEqual(
    groups.filter(({ family }) => family === 'ipv4-unicast').map(({ members, routes }) => [members, routes]),
    [
      [[IBGP], 1],
      [[EBGP], 1],
    ],
  );
  t.like(groups[0].options, { kind: 'ibgp', nextHop: US, exportPolicy: 'accept', maxMessageLength: 65535 });
  t.is(neighborView(us, IBGP).families[0].updateGroupId, groups[0].id);
  const memory = us.memory();
  t.like(memory, { instance: 'us', neighbors: 2 });
  t.like(memory.families[0], { family: 'ipv4-unicast', prefixes: 1, paths: 1, updateGroups: 2 });
  t.true(memory.families[0].tableBytes > 0 && memory.families[0].updateGroupBytes > 0);
});

test('for every neighbor and direction it is told which statement decided about a prefix', (t) => {
  const { lab, us, external, config } = scene();
  external.configure(
    speakerConfig({
      asn: 65003,
      routerId: EBGP,
      neighbors: [neighborConfig({ address: US, isPassive: true, remoteAsn: 65001 })],
      networks: networks('10.3.0.0/16', '10.4.0.0/16'),
    }),
  );
  const [first, second] = config.neighbors;
  us.configure({
    ...config,
    neighbors: [
      { ...first, exportPolicy: 'reject' },
      { ...second, importPolicy: { policy: 'in' } },
    ],
    policies: [
      {
        name: 'in',
        otherwise: 'accept',
        statements: [
          {
            name: 'not-four',
            match: { prefixes: [{ prefix: '10.4.0.0/16', minLength: 16, maxLength: 32 }] },
            set: {},
            action: 'reject',
          },
        ],
      },
    ],
  });
  lab.settle();
  t.deepEqual(us.explain('ipv4-unicast', '10.4.0.0/16'), [
    {
      neighbor: EBGP,
      direction: 'import',
      source: undefined,
      prefix: '10.4.0.0/16',
      pathId: 0,
      policy: 'in',
      statement: 'not-four',
      isAccepted: false,
    },
  ]);
  t.deepEqual(
    us
      .explain('ipv4-unicast', '10.3.1.1')
      .map(({ neighbor, direction, policy, statement, isAccepted }) => [
        neighbor,
        direction,
        policy,
        statement,
        isAccepted,
      ]),
    [
      [EBGP, 'import', 'in', undefined, true],
      [IBGP, 'export', 'reject', undefined, false],
    ],
  );
  t.throws(() => us.explain('ipv4-unicast', 'ten'), { name: 'QueryError' });
});

test('with add-path every path that a neighbor may be sent is explained, the refused ones too (RFC 7911)', (t) => {
  const lab = new SpeakerLab();
  const { speaker: us } = lab.add('us', [US]);
  const sources = ['192.0.2.11', '192.0.2.12', '192.0.2.13'];
  for (const [index, address] of sources.entries()) {
    lab.add(address, [address]).speaker.configure(
      speakerConfig({
        asn: 65011 + index,
        routerId: address,
        neighbors: [neighborConfig({ address: US, isPassive: true })],
        networks: networks('10.7.0.0/16'),
      }),
    );
  }
  const receives = { familyOptions: { 'ipv4-unicast': { receivesAddPath: true } } };
  lab.add('all', [IBGP]).speaker.configure(
    speakerConfig({
      asn: 65001,
      routerId: IBGP,
      neighbors: [neighborConfig({ address: US, isPassive: true, remoteAsn: 'internal', ...receives })],
    }),
  );
  const configure = (addPathSend: number): void => {
    us.configure(
      speakerConfig({
        asn: 65001,
        routerId: US,
        policies: [
          {
            name: 'out',
            statements: [{ name: 'not-twelve', match: { asPath: '^65012' }, set: {}, action: 'reject' }],
            otherwise: 'accept',
          },
        ],
        neighbors: [
          ...sources.map((address) => neighborConfig({ address, exportPolicy: 'reject' })),
          neighborConfig({
            address: IBGP,
            remoteAsn: 'internal',
            exportPolicy: { policy: 'out' },
            familyOptions: { 'ipv4-unicast': { addPathSend } },
          }),
        ],
      }),
    );
    lab.pass(10);
  };
  const shown = (): unknown[] =>
    us
      .explain('ipv4-unicast', '10.7.0.0/16')
      .filter(({ neighbor, direction }) => neighbor === IBGP && direction === 'export')
      .toSorted((a, b) => (a.source ?? '').localeCompare(b.source ?? ''))
      .map(({ source, statement, isAccepted }) => [source, statement, isAccepted]);
  configure(0);
  t.deepEqual(shown(), [
    ['192.0.2.11', undefined, true],
    ['192.0.2.12', 'not-twelve', false],
    ['192.0.2.13', undefined, true],
  ]);
  configure(2);
  t.deepEqual(shown(), [
    ['192.0.2.11', undefined, true],
    ['192.0.2.12', 'not-twelve', false],
  ]);
});

test('a neighbor says why it is down', (t) => {
  const { lab, us, config, external } = scene();
  const why = (): string | undefined => neighborView(us, EBGP).downReason;
  t.is(why(), undefined);
  us.shutdown(EBGP, true, 'maintenance');
  lab.settle();
  t.is(why(), 'administratively shut down');
  us.shutdown(EBGP, false, undefined);
  lab.pass(30);
  t.is(why(), undefined);
  const [first, second] = config.neighbors;
  us.configure({ ...config, neighbors: [first, { ...second, heldDownReason: 'secret bgp-auth not found' }] });
  lab.pass(1);
  t.not(neighborView(us, EBGP).state, 'Established');
  t.is(why(), 'secret bgp-auth not found');
  us.configure(config);
  lab.pass(60);
  t.is(why(), undefined);
  lab.kill(external);
  lab.pass(60);
  t.regex(why() ?? '', /ECONNREFUSED/);
});
