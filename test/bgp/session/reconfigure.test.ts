// Which changes of configuration keep a session, which begin a new one, and which wait for it.

import test from 'ava';
import type { NeighborConfig } from '#bgp/config.ts';
import { createPair, establishedPair, neighborConfig } from './pair.ts';

const base = neighborConfig('192.0.2.2');
const timers = base.timers;

const kept: readonly (readonly [string, Partial<NeighborConfig>])[] = [
  ['description', { description: 'to the left' }],
  ['policies', { importPolicy: 'reject', exportPolicy: { policy: 'out' } }],
  ['next-hop-self', { isNextHopSelf: true }],
  ['port', { port: 1790 }],
  ['passive', { isPassive: true }],
  ['keepalive interval', { timers: { ...timers, keepaliveSec: 5 } }],
  ['connect retry', { timers: { ...timers, connectRetrySec: 7 } }],
  ['hold time', { timers: { ...timers, holdTimeSec: 30 } }],
  ['families', { families: ['ipv4-unicast', 'ipv6-unicast'] }],
  ['the role', { role: 'customer' }],
  ['an AS number that the peer has', { remoteAsn: 65002 }],
  ['any AS number', { remoteAsn: 'any' }],
  ['the TTL it has already', { ttl: 1 }],
];

for (const [name, changes] of kept) {
  test(`a change of ${name} keeps the session`, (t) => {
    const { a, b, network, pass } = establishedPair();
    t.is(a.neighbor.reconfigure({ ...base, ...changes }), 'updated');
    network.run();
    pass(100);
    t.deepEqual([a.calls, b.calls], [['established'], ['established']]);
    t.is(a.neighbor.view().connectionsEstablished, 1);
  });
}

const reset: readonly (readonly [string, Partial<NeighborConfig>])[] = [
  ['source address', { sourceAddress: '192.0.2.1' }],
  ['TTL', { ttl: 2 }],
];

for (const [name, changes] of reset) {
  test(`a change of ${name} begins a new session with Cease 6/6`, (t) => {
    const { a, b, network } = establishedPair();
    t.is(a.neighbor.reconfigure({ ...base, ...changes }), 'reset');
    network.run();
    t.deepEqual(b.notifications(), ['received 6/6']);
    t.true(a.neighbor.isEstablished && b.neighbor.isEstablished);
    t.is(a.calls.length, 3);
  });
}

test('an AS number that the peer has not ends the session and is refused from then on', (t) => {
  const { a, network } = establishedPair();
  t.is(a.neighbor.reconfigure({ ...base, remoteAsn: 65003 }), 'reset');
  network.run();
  t.deepEqual(a.notifications(), ['sent 6/6', 'sent 2/2']);
  t.false(a.neighbor.isEstablished);
});

test('an equal configuration is no change', (t) => {
  const { a } = establishedPair();
  t.is(a.neighbor.reconfigure(structuredClone(base)), 'unchanged');
  t.is(a.neighbor.reconfigure({ ...base, families: [...base.families] }), 'unchanged');
});

test('a new keepalive interval holds at once', (t) => {
  const { a, pass } = establishedPair();
  a.neighbor.reconfigure({ ...base, timers: { ...timers, keepaliveSec: 5 } });
  const before = a.neighbor.view().sent.keepalive;
  pass(50);
  t.true(a.neighbor.view().sent.keepalive - before >= 10);
  t.is(a.neighbor.view().keepaliveSec, 5);
});

test('a new hold time is offered in the next OPEN; until then both values are shown', (t) => {
  const { a, network } = establishedPair();
  a.neighbor.reconfigure({ ...base, timers: { ...timers, holdTimeSec: 30 } });
  t.deepEqual([a.neighbor.view().holdTimeSec, a.neighbor.view().configuredHoldTimeSec], [90, 30]);
  a.neighbor.reset();
  network.run();
  t.is(a.neighbor.view().holdTimeSec, 30);
});

test('a new connect retry interval holds at once', (t) => {
  const { a, b, pass } = establishedPair();
  b.neighbor.stop({ subcode: 2 });
  b.endpoint.isListening = false;
  pass(10);
  t.is(a.neighbor.state, 'Active');
  const before = a.endpoint.requests.length;
  a.neighbor.reconfigure({ ...base, timers: { ...timers, connectRetrySec: 3 } });
  pass(3);
  t.is(a.endpoint.requests.length, before + 1);
});

test('an attempt to connect begins anew when the port changes', (t) => {
  const { a, b, pass } = establishedPair();
  b.neighbor.stop({ subcode: 2 });
  b.endpoint.isListening = false;
  pass(10);
  t.is(a.neighbor.reconfigure({ ...base, port: 1790 }), 'updated');
  t.is(a.endpoint.requests.at(-1)?.port, 1790);
  t.is(a.neighbor.state, 'Connect');
});

test('`shutdown` of the configuration ends the session and its absence begins one', (t) => {
  const { a, b, network, pass } = establishedPair();
  a.neighbor.reconfigure({ ...base, isShutdown: true });
  network.run();
  t.deepEqual(b.notifications(), ['received 6/2']);
  t.is(a.neighbor.reconfigure({ ...base, isShutdown: true, families: ['ipv6-unicast'] }), 'updated');
  t.is(a.neighbor.state, 'Idle');
  a.neighbor.reconfigure(base);
  pass(10);
  t.true(a.neighbor.isEstablished);
});

for (const [name, changes] of [
  ['role', { role: 'provider' }],
  [
    'graceful restart',
    { gracefulRestart: { mode: 'full', restartTimeSec: 60, stalePathSec: 60, hasNotification: true } },
  ],
  ['extended messages', { offersExtendedMessages: false }],
  ['extended next hops', { offersExtendedNextHop: true }],
  ['add-path', { familyOptions: { 'ipv4-unicast': { receivesAddPath: true, addPathSend: 2 } } }],
  ['hold time', { timers: { ...timers, holdTimeSec: 30 } }],
] as const satisfies readonly (readonly [string, Partial<NeighborConfig>])[]) {
  test(`a change of ${name} waits for the next OPEN, is listed as pending, and \`clear\` brings it`, (t) => {
    const { a, b, network } = establishedPair();
    t.deepEqual(a.neighbor.view().session.pending, []);
    t.is(a.neighbor.reconfigure({ ...base, ...changes }), 'updated');
    network.run();
    t.deepEqual([a.calls, b.calls], [['established'], ['established']]);
    const [pending, ...others] = a.neighbor.view().session.pending;
    t.deepEqual(others, []);
    t.not(pending.running, pending.configured);
    a.neighbor.reset();
    network.run();
    t.true(a.neighbor.isEstablished);
    t.deepEqual(a.neighbor.view().session.pending, []);
  });
}

test('pending values are in words', (t) => {
  const { a } = establishedPair({
    a: {
      longLivedStaleSec: 60,
      gracefulRestart: { mode: 'helper', restartTimeSec: 120, stalePathSec: 360, hasNotification: true },
    },
    left: { identity: { hostname: 'leaf1', domainName: 'lab', softwareVersion: 'waggle/1' } },
  });
  const next: NeighborConfig = {
    ...base,
    role: 'customer',
    offersExtendedMessages: false,
    gracefulRestart: { mode: 'full', restartTimeSec: 90, stalePathSec: 360, hasNotification: false },
    timers: { ...timers, holdTimeSec: 30 },
    familyOptions: { 'ipv4-unicast': { addPathSend: 0 } },
  };
  a.neighbor.reconfigure(next, { hostname: 'leaf2', domainName: 'lab', softwareVersion: 'waggle/1' });
  t.deepEqual(
    a.neighbor.view().session.pending.map(({ field, running, configured }) => `${field}: ${running} -> ${configured}`),
    [
      'hold time: 90 s -> 30 s',
      'extended message: on -> off',
      'graceful restart: helper, 120 s, notifications -> full (ipv4-unicast), 90 s',
      'long-lived graceful restart: ipv4-unicast 60 s -> off',
      'FQDN: leaf1.lab -> leaf2.lab',
      'role: off -> customer',
      'add-path: off -> ipv4-unicast send',
    ],
  );
});

test('a new password goes to the live connection, and the session stays', (t) => {
  const { a, b, network, pass } = establishedPair({ a: { password: 'first' } });
  t.is(a.endpoint.requests[0].password, 'first');
  t.is(a.neighbor.reconfigure({ ...base, password: 'second' }), 'updated');
  t.deepEqual(
    a.endpoint.passwords.map(({ password }) => password),
    ['second'],
  );
  a.neighbor.reconfigure(base);
  t.is(a.endpoint.passwords.at(-1)?.password, undefined);
  network.run();
  pass(100);
  t.deepEqual([a.calls, b.calls], [['established'], ['established']]);
  t.is(a.neighbor.view().connectionsEstablished, 1);
  t.false(JSON.stringify([a.neighbor.view(), a.events]).includes('second'));
});

test('a session that ends with the change of its password says so by the old key, which the peer has', (t) => {
  const ends: readonly (readonly [string, Partial<NeighborConfig>, string])[] = [
    ['held down without a password', { heldDownReason: 'password file key: no such file' }, 'received 6/6'],
    ['shut down', { password: 'second', isShutdown: true }, 'received 6/2'],
    ['another source address', { password: 'second', sourceAddress: '192.0.2.1' }, 'received 6/6'],
  ];
  for (const [name, changes, said] of ends) {
    const { a, b, network } = establishedPair({ a: { password: 'first' } });
    a.neighbor.reconfigure({ ...base, ...changes });
    t.deepEqual(a.endpoint.passwords, [], name);
    network.run();
    t.deepEqual(b.notifications(), [said], name);
    if (a.neighbor.isEstablished) t.is(a.endpoint.requests.at(-1)?.password, 'second');
  }
});

test('a password that the system refuses is told, and the session stays', (t) => {
  const { a } = establishedPair();
  a.endpoint.setPassword = () => 'Operation not permitted';
  a.neighbor.reconfigure({ ...base, password: 'other' });
  t.true(a.neighbor.isEstablished);
  t.regex(a.neighbor.view().lastError ?? '', /password.*not permitted/);
});

test('an attempt to connect begins anew with a new password', (t) => {
  const { a, b, pass } = establishedPair();
  b.neighbor.stop({ subcode: 2 });
  b.endpoint.isListening = false;
  pass(10);
  a.neighbor.reconfigure({ ...base, password: 'other' });
  t.is(a.endpoint.requests.at(-1)?.password, 'other');
  t.is(a.neighbor.state, 'Connect');
});

test('connect requests carry password, GTSM, device and source address', (t) => {
  const { a } = createPair({ a: { password: 'key', gtsmHops: 1, interfaceName: 'eth0', sourceAddress: '192.0.2.1' } });
  a.neighbor.start();
  const { connection: _connection, ...request } = a.endpoint.requests[0];
  t.deepEqual(request, {
    address: '192.0.2.2',
    port: 179,
    sourceAddress: '192.0.2.1',
    ttl: 255,
    gtsmHops: 1,
    deviceName: 'eth0',
    password: 'key',
  });
  const { session } = a.neighbor.view();
  t.deepEqual([session.isAuthenticated, session.gtsmHops, session.boundInterface], [true, 1, 'eth0']);
});

for (const [name, changes] of [
  ['GTSM', { gtsmHops: 1 }],
  ['interface', { interfaceName: 'eth1' }],
  ['local AS', { localAs: { asn: 64999, isNoPrepend: false, isReplaceAs: false } }],
] as const satisfies readonly (readonly [string, Partial<NeighborConfig>])[]) {
  test(`a change of ${name} needs a new session: Cease 6/6`, (t) => {
    const { a, b, network } = establishedPair();
    t.is(a.neighbor.reconfigure({ ...base, ...changes }), 'reset');
    network.run();
    t.deepEqual(b.notifications(), ['received 6/6']);
  });
}

test('a neighbor that is held down says why, takes no connection, and begins when the reason goes', (t) => {
  const { a, b, network, pass } = establishedPair({ b: { isPassive: false } });
  const held = { ...base, heldDownReason: 'secret bgp-auth not found' };
  b.events.length = 0;
  t.is(a.neighbor.reconfigure(held), 'updated');
  network.run();
  t.deepEqual(b.notifications(), ['received 6/6']);
  t.is(a.neighbor.state, 'Idle');
  t.false(a.neighbor.view().isShutdown);
  t.is(a.neighbor.view().session.heldDownReason, 'secret bgp-auth not found');
  pass(300);
  t.is(a.neighbor.state, 'Idle');
  t.true(a.events.some((event) => event.type === 'connection-refused' && event.reason === 'secret bgp-auth not found'));
  a.neighbor.reset();
  t.is(a.neighbor.state, 'Idle');
  a.neighbor.reconfigure(base);
  pass(1);
  t.true(a.neighbor.isEstablished);
});

test('a neighbor that is held down from the beginning never starts, shut down or not', (t) => {
  const { a, clock, pass } = createPair({ a: { heldDownReason: 'no secret', isShutdown: true } });
  a.neighbor.start();
  a.neighbor.setShutdown(false);
  pass(1000);
  t.deepEqual([a.neighbor.state, clock.pendingTimers, a.endpoint.requests.length], ['Idle', 0, 0]);
});

test('the configured shutdown message goes out with the shutdown, another one in its place when given', (t) => {
  for (const [message, wanted] of [
    [undefined, 'new disks'],
    ['by hand', 'by hand'],
  ] as const) {
    const { a, b, network } = establishedPair({ a: { shutdownMessage: 'new disks' } });
    a.neighbor.setShutdown(true, message);
    network.run();
    t.is(b.neighbor.view().lastReset?.reason, `Cease/Administrative Shutdown: ${wanted}`);
    t.is(a.neighbor.view().lastReset?.reason, `Cease/Administrative Shutdown: ${wanted}`);
  }
  const { a, b, network } = establishedPair();
  a.neighbor.reconfigure({ ...base, isShutdown: true, shutdownMessage: 'by config' });
  network.run();
  t.is(b.neighbor.view().lastReset?.reason, 'Cease/Administrative Shutdown: by config');
});
