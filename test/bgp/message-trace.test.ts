// Which messages of a stream are put into words, and by what the session has agreed.

import test from 'ava';
import { MessageTrace, type TraceListener } from '#bgp/message-trace.ts';
import type { NeighborConfig } from '#bgp/config.ts';
import type { DebugKind } from '#bgp/views.ts';
import { neighborConfig, networks, speakerConfig, SpeakerLab } from '#support/speaker-lab.ts';
import { concat, KEEPALIVE, message } from './session/bytes.ts';

const format = { hasFourOctetAsn: true, hasPathIds: () => false };
/** 10.9.0.0/16 withdrawn. */
const UPDATE = message(2, [0, 3, 16, 10, 9, 0, 0]);

function listen(trace: MessageTrace, bytes: Uint8Array, ...kinds: DebugKind[]): string[] {
  const told: string[] = [];
  const listener: TraceListener = { kinds, format, traced: ({ kind, text }) => told.push(`${kind} ${text}`) };
  trace.read(1, 'received', bytes, listener);
  return told;
}

test('what is not wanted is followed and not told', (t) => {
  const bytes = concat(UPDATE, KEEPALIVE, UPDATE);
  t.deepEqual(listen(new MessageTrace(), bytes, 'keepalive'), ['keepalive 19 octets']);
  const trace = new MessageTrace();
  const told = Array.from(bytes, (octet) => listen(trace, Uint8Array.of(octet), 'keepalive', 'update')).flat();
  t.deepEqual(told, [
    'update withdraws 10.9.0.0/16, 26 octets',
    'keepalive 19 octets',
    'update withdraws 10.9.0.0/16, 26 octets',
  ]);
});

test('a connection that was forgotten in the middle of a message is read from its next marker on', (t) => {
  const trace = new MessageTrace();
  t.deepEqual(listen(trace, UPDATE.subarray(0, 22), 'update'), []);
  t.deepEqual([...trace.connections], [1]);
  trace.forget(1);
  t.deepEqual(listen(trace, concat(UPDATE.subarray(22), KEEPALIVE), 'update', 'keepalive'), ['keepalive 19 octets']);
});

const A = '192.0.2.1';
const B = '192.0.2.2';

/** A is told of what B sends, from the session's first octet on; B's KEEPALIVEs reach A in one chunk with what follows. */
function pair(ours: Partial<NeighborConfig>, theirs: Partial<NeighborConfig>, ...kinds: DebugKind[]) {
  const lab = new SpeakerLab();
  const { speaker: a, events } = lab.add('a', [A]);
  const { speaker: b } = lab.add('b', [B]);
  const endpoint = lab.network.find(A);
  const handler = endpoint?.handler;
  if (endpoint === undefined || handler === undefined) throw new RangeError('no endpoint');
  let held: Uint8Array = new Uint8Array(0);
  endpoint.handler = {
    ...handler,
    received: (connection, bytes) => {
      held = concat(held, bytes);
      if (bytes[18] === 4 && bytes.length === KEEPALIVE.length) return;
      handler.received(connection, held);
      held = new Uint8Array(0);
    },
  };
  const toB = neighborConfig({ ...ours, address: B, isPassive: true });
  a.configure(speakerConfig({ asn: 65001, routerId: A, neighbors: [toB] }));
  a.debug(B, kinds);
  const toA = neighborConfig({ ...theirs, address: A });
  b.configure(speakerConfig({ asn: 65002, routerId: B, neighbors: [toA], networks: networks('10.2.0.0/16') }));
  lab.pass(1);
  const told = (): string[] =>
    events.flatMap((event) => (event.type === 'debug-message' && event.direction === 'received' ? [event.text] : []));
  return { a, told, connection: endpoint.openConnections[0] };
}

test('path identifiers are read from the first UPDATE on, also in one chunk with the KEEPALIVE that establishes', (t) => {
  const { told } = pair(
    { familyOptions: { 'ipv4-unicast': { receivesAddPath: true } } },
    { familyOptions: { 'ipv4-unicast': { addPathSend: 0 } } },
    'update',
  );
  const announced = told().filter((text) => text.startsWith('announces'));
  t.is(announced.length, 1);
  t.regex(announced[0], /^announces 10\.2\.0\.0\/16#\d+, origin IGP, AS path 65002,/);
});

test('who begins to listen again hears nothing of a message that began while nobody did', (t) => {
  const { a, told, connection } = pair({}, {}, 'update');
  const before = told().length;
  a.received(connection, UPDATE.subarray(0, 22));
  a.debug(B, []);
  a.received(connection, UPDATE.subarray(22));
  a.debug(B, ['update', 'keepalive']);
  a.received(connection, KEEPALIVE);
  t.deepEqual(told().slice(before), ['19 octets']);
});
