// Which changes of configuration keep a session, which begin a new one, and which wait for it.

import test from 'ava';
import type { NeighborConfig } from '#bgp/config.ts';
import { establishedPair, neighborConfig } from './pair.ts';

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
  ['families', { families: ['ipv4-unicast', 'ipv6-unicast'] }],
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
