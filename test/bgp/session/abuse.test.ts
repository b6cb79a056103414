// Peers that mean harm or are broken, in every state a message can come in: floods, second connections, truncated and mutated
// messages, extended lengths, ROUTE-REFRESH and NOTIFICATION of strange shapes. All octets are written by hand (bytes.ts).

import test from 'ava';
import { randomFrom, takeSeed } from '#support/seed.ts';
import { concat, END_OF_RIB, KEEPALIVE, message, notification, open, updateOf } from './bytes.ts';
import { kindChanges, pairIn, peerKinds, peerStates } from './peer-kinds.ts';
import { dial, type RawPair, rawPair } from './raw-peer.ts';

const CAPABILITIES = [1, 4, 0, 1, 0, 1, 2, 0, 65, 4, 0, 0, 0xfd, 0xea];

const everywhere = peerKinds.flatMap((kind) => peerStates.map((state) => [state, kind] as const));

/** What must hold whatever a peer does. */
function checkSound(t: { true(value: boolean, message?: string): void }, raw: RawPair, at: string): void {
  const { us, clock } = raw;
  t.true(us.endpoint.openConnections.length <= 2, `${at}: two connections at most`);
  t.true(clock.pendingTimers <= 8, `${at}: ${clock.pendingTimers} timers`);
  t.true(
    us.events.every(({ type }) => type !== 'internal-error'),
    `${at}: no surprise of our own`,
  );
  t.true(
    us.calls
      .filter((call) => !call.startsWith('refresh'))
      .every((call, index) => call.startsWith(index % 2 === 0 ? 'established' : 'down')),
    `${at}: established and down alternate`,
  );
}

// --- extended messages (RFC 8654) -------------------------------------------------------------------------------------------------

/** An UPDATE of `size` octets that names withdrawn routes, 0.0.0.0/0 each. */
function longUpdate(size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  bytes.fill(255, 0, 16);
  bytes.set([size >> 8, size & 255, 2, (size - 23) >> 8, (size - 23) & 255], 16);
  return bytes;
}

function extendedPair(segmentBytes = 65_536): RawPair {
  const raw = rawPair('OpenSent');
  raw.network.segmentBytes = segmentBytes;
  raw.peer.send(open({ capabilities: [...CAPABILITIES, 6, 0] }), KEEPALIVE);
  raw.network.run();
  return raw;
}

for (const segmentBytes of [65_536, 1000, 1]) {
  test(`once negotiated, UPDATEs of 4,097 to 65,535 octets are taken, in segments of ${segmentBytes}`, (t) => {
    const { us, peer, network } = extendedPair(segmentBytes);
    const updates = (segmentBytes === 1 ? [4097, 23] : [4096, 4097, 65_535, 23, 20_000]).map(longUpdate);
    peer.send(...updates);
    network.run();
    t.deepEqual(
      us.updates.map(({ length }) => length),
      updates.map(({ length }) => length),
    );
    t.true(us.neighbor.isEstablished);
    t.true(us.neighbor.view().session.agreed?.hasExtendedMessages);
  });
}

test('an extended UPDATE may follow OPEN and KEEPALIVE in one segment', (t) => {
  const { us, peer, network } = rawPair('OpenSent');
  peer.send(open({ capabilities: [...CAPABILITIES, 6, 0] }), KEEPALIVE, longUpdate(50_000), END_OF_RIB);
  network.run();
  t.deepEqual(
    us.updates.map(({ length }) => length),
    [50_000, 23],
  );
});

test('a longer OPEN is 1/2 also when extended messages were negotiated (RFC 8654 §4)', (t) => {
  const { peer, network } = extendedPair();
  peer.send(
    message(
      1,
      Array.from({ length: 4097 - 19 }, () => 0),
    ),
  );
  network.run();
  t.deepEqual(peer.notification(), [1, 2, 16, 1]);
});

test('without negotiation, and on a new connection after one with it, 4,097 octets are 1/2', (t) => {
  const plain = rawPair('Established');
  plain.peer.send(longUpdate(4097));
  plain.network.run();
  t.deepEqual(plain.peer.notification(), [1, 2, 16, 1]);
  const { us, peer, network } = extendedPair();
  peer.send(longUpdate(30_000).slice(0, 10_000));
  network.run();
  peer.endpoint.close(peer.connection ?? 0);
  network.run();
  dial(network, us, peer);
  peer.send(open(), KEEPALIVE, longUpdate(4097));
  network.run();
  t.deepEqual(peer.notification(), [1, 2, 16, 1]);
});

test('a NOTIFICATION of 65,535 octets ends the session, and little of it is kept', (t) => {
  const { us, peer, network } = extendedPair();
  peer.send(message(3, [6, 4, ...Array.from({ length: 65_514 }, () => 27)]));
  network.run();
  t.deepEqual(us.notifications(), ['received 6/4']);
  t.is(us.neighbor.view().lastReset?.data?.length, 260);
});

// --- floods -----------------------------------------------------------------------------------------------------------------------

for (const [state, kind] of everywhere) {
  test(`class 16: a flood of half-open connections in ${state}, from ${kind}, is held at two and costs no session`, (t) => {
    const raw = pairIn(state, kind);
    const { us, peer, network } = raw;
    for (let round = 0; round < 500; round++) dial(network, us, peer);
    checkSound(t, raw, state);
    if (state === 'Established') t.true(us.neighbor.isEstablished);
    raw.pass(300);
    checkSound(t, raw, `${state}, later`);
  });
}

test('connections that are refused, or lose a collision, by the thousand fill no log: some are told, the others counted', (t) => {
  const standing = rawPair('Established');
  const held = rawPair('OpenSent');
  held.peer.send(open({ version: 3 }));
  held.network.run();
  t.is(held.us.neighbor.state, 'Idle');
  for (const [raw, bytes, type] of [
    [standing, open(), 'notification-sent'],
    [held, new Uint8Array(0), 'connection-refused'],
  ] as const) {
    const before = raw.us.events.length;
    const flood = (): void => {
      for (let round = 0; round < 1000; round++) {
        dial(raw.network, raw.us, raw.peer);
        raw.peer.send(bytes);
        raw.network.run();
      }
    };
    flood();
    const told = raw.us.events.slice(before).filter((event) => event.type === type);
    t.is(told.length, 5, type);
    const later = raw.us.events.length;
    raw.clock.advance(10_001);
    t.regex(JSON.stringify(raw.us.events.slice(later)), /995 more such connections were not told/);
  }
  t.true(standing.us.neighbor.isEstablished);
});

test('a flood of keepalives, in segments of one byte too, costs nothing but its own reading', (t) => {
  for (const [segmentBytes, count] of [
    [65_536, 50_000],
    [1, 500],
  ] as const) {
    const raw = rawPair('Established');
    raw.network.segmentBytes = segmentBytes;
    const flood = new Uint8Array(19 * count);
    for (let index = 0; index < count; index++) flood.set(KEEPALIVE, index * 19);
    if (raw.peer.connection !== undefined) raw.peer.endpoint.send(raw.peer.connection, flood);
    raw.network.run();
    t.true(raw.us.neighbor.isEstablished);
    t.is(raw.us.neighbor.view().received.keepalive, count + 1);
    checkSound(t, raw, `${count}`);
  }
});

test('a flood of ROUTE-REFRESHes reaches the listener one by one, and keeps the session', (t) => {
  const raw = rawPair('Established');
  for (let index = 0; index < 500; index++) raw.peer.send(message(5, [0, 1, 0, 1]));
  raw.network.run();
  t.is(raw.us.calls.filter((call) => call === 'refresh 1/1/0').length, 500);
  checkSound(t, raw, 'refresh');
});

test('a peer that connects, resets and connects again a thousand times leaves nothing behind', (t) => {
  const raw = rawPair('Established');
  const { us, peer, network, clock } = raw;
  for (let round = 0; round < 1000; round++) {
    if (round % 3 === 0) peer.send(open());
    if (round % 7 === 0) network.run();
    if (peer.connection !== undefined) peer.endpoint.breakConnection(peer.connection);
    network.run();
    dial(network, us, peer);
    raw.clock.advance(100);
  }
  checkSound(t, raw, 'at the end');
  us.neighbor.stop('final');
  network.run();
  t.is(clock.pendingTimers, 0);
  t.deepEqual(us.endpoint.openConnections, []);
});

// --- second connections in every state ----------------------------------------------------------------------------------------------

const intrusions: readonly (readonly [name: string, bytes: Uint8Array])[] = [
  ['nothing', new Uint8Array(0)],
  ['half an OPEN', open().slice(0, 25)],
  ['an OPEN', open()],
  ['OPEN and KEEPALIVE', concat(open(), KEEPALIVE)],
  ['two OPENs', concat(open(), open())],
  ['an OPEN of another router', open({ id: [10, 9, 9, 9] })],
  ['an OPEN of another AS', open({ asn: 64999 })],
  ['a bad OPEN', open({ version: 3 })],
  ['a KEEPALIVE', KEEPALIVE],
  ['an UPDATE', END_OF_RIB],
  ['a ROUTE-REFRESH', message(5, [0, 1, 0, 1])],
  ['a NOTIFICATION', notification(6, 9, [6, 2])],
  ['a bad marker', new Uint8Array(19)],
];

for (const [state, kind] of everywhere) {
  for (const [name, bytes] of intrusions) {
    test(`class 16: a second connection that brings ${name} while the first is in ${state}, from ${kind}`, (t) => {
      for (const isClosedAfter of [false, true]) {
        const raw = pairIn(state, kind);
        const { us, peer, network } = raw;
        const first = peer.connection;
        dial(network, us, peer);
        peer.send(bytes);
        network.run();
        if (isClosedAfter && peer.connection !== undefined) peer.endpoint.breakConnection(peer.connection);
        network.run();
        checkSound(t, raw, name);
        if (state === 'Established') {
          t.true(us.neighbor.isEstablished);
          t.true(us.endpoint.openConnections.length <= 2);
        }
        // The first connection, if it is still there, can go on as if nothing had been.
        peer.connection = first;
        if (state === 'OpenSent') peer.send(open(), KEEPALIVE);
        if (state === 'OpenConfirm') peer.send(KEEPALIVE);
        network.run();
        raw.pass(10);
        checkSound(t, raw, `${name}, later`);
        us.neighbor.stop('final');
        network.run();
        t.is(raw.clock.pendingTimers, 0);
        t.deepEqual(us.endpoint.openConnections, []);
      }
    });
  }
}

// --- truncated and mutated messages -------------------------------------------------------------------------------------------------

const everything: readonly Uint8Array[] = [
  open({
    capabilities: [
      ...CAPABILITIES,
      5,
      6,
      0,
      1,
      0,
      1,
      0,
      2,
      6,
      0,
      9,
      1,
      4,
      64,
      6,
      64,
      90,
      0,
      1,
      1,
      0,
      69,
      4,
      0,
      1,
      1,
      3,
    ],
  }),
  open({
    capabilities: [
      ...CAPABILITIES,
      70,
      0,
      71,
      7,
      0,
      1,
      1,
      0,
      0,
      0,
      9,
      73,
      6,
      2,
      104,
      105,
      2,
      97,
      98,
      75,
      3,
      2,
      118,
      49,
    ],
  }),
  KEEPALIVE,
  END_OF_RIB,
  updateOf(200),
  message(5, [0, 1, 0, 1]),
  notification(6, 2, [5, 104, 101, 108, 108, 111]),
  notification(6, 9, [6, 2, 2, 104, 105]),
];

for (const [state, kind] of everywhere) {
  test(`class 16: messages cut at any octet, with a length that is right, in ${state}, from ${kind}: answered or taken, never a surprise`, (t) => {
    let cuts = 0;
    for (const whole of everything) {
      for (let length = 19; length < whole.length; length += whole.length > 100 ? 7 : 1) {
        const raw = pairIn(state, kind);
        const cut = whole.slice(0, length);
        cut.set([length >> 8, length & 255], 16);
        raw.peer.send(cut);
        raw.network.run();
        checkSound(t, raw, `${state}, type ${whole[18]}, ${length} octets`);
        cuts += 1;
      }
    }
    t.true(cuts > 150);
  });

  test(`class 16: half a message and then nothing, in ${state}, from ${kind}: the session ends when its time is up`, (t) => {
    for (const whole of everything) {
      const raw = pairIn(state, kind);
      raw.peer.send(whole.slice(0, whole.length - 1));
      raw.network.run();
      t.is(raw.us.neighbor.state, state);
      // Before our OPEN: the time that waits with it comes first (DelayOpen).
      raw.pass(state === 'Connect' || state === 'Active' ? 262 : 241);
      t.is(raw.us.calls.length, state === 'Established' ? 2 : 0);
      t.deepEqual(raw.peer.notification(), [4, 0]);
    }
  });

  test(`class 16: random changes of messages in ${state}, from ${kind}: no surprise, nothing left behind`, (t) => {
    const seed = takeSeed();
    t.log(`seed ${seed}`);
    const random = randomFrom(seed);
    for (let round = 0; round < 500; round++) {
      const raw = pairIn(state, kind);
      const bytes = concat(everything[Math.floor(random() * everything.length)], KEEPALIVE);
      for (let count = 1 + Math.floor(random() * 4); count > 0; count--) {
        bytes[16 + Math.floor(random() * (bytes.length - 16))] = Math.floor(random() * 256);
      }
      raw.peer.send(bytes);
      raw.network.run();
      checkSound(t, raw, `${state}, round ${round}`);
      raw.us.neighbor.stop('final');
      raw.network.run();
      t.is(raw.clock.pendingTimers, 0);
    }
  });
}

// --- ROUTE-REFRESH and NOTIFICATION -------------------------------------------------------------------------------------------------

for (const kind of peerKinds) {
  test(`class 14: BoRR and EoRR from ${kind} come through when enhanced refresh was negotiated, unknown subtypes never (RFC 7313 §5)`, (t) => {
    const refreshes = [0, 1, 2, 3, 255].map((subtype) => message(5, [0, 1, subtype, 1]));
    const plain = rawPair('Established', kindChanges[kind]);
    plain.peer.send(...refreshes);
    plain.network.run();
    t.deepEqual(plain.us.calls, ['established', 'refresh 1/1/0']);
    const enhanced = rawPair('OpenSent', kindChanges[kind]);
    enhanced.peer.send(open({ capabilities: [...CAPABILITIES, 70, 0] }), KEEPALIVE, ...refreshes);
    enhanced.network.run();
    t.deepEqual(enhanced.us.calls, ['established', 'refresh 1/1/0', 'refresh 1/1/1', 'refresh 1/1/2']);
    t.true(enhanced.us.neighbor.isEstablished);
  });

  test(`class 14: a ROUTE-REFRESH of an unknown family from ${kind} is no fault; one with filters is 7/1, truncated or huge (RFC 5291 is not offered)`, (t) => {
    const { us, peer, network } = rawPair('Established', kindChanges[kind]);
    peer.send(message(5, [0x40, 0, 0, 200]));
    network.run();
    t.true(us.neighbor.isEstablished);
    for (const entries of [[1], [1, 64], [1, 64, 0, 9, 0], Array.from({ length: 4000 }, () => 64)]) {
      const raw = rawPair('Established', kindChanges[kind]);
      raw.peer.send(message(5, [0, 1, 0, 1, ...entries]));
      raw.network.run();
      t.deepEqual(raw.peer.notification()?.slice(0, 2), [7, 1]);
    }
  });
}

const texts: readonly (readonly [name: string, data: readonly number[], shown: string])[] = [
  ['no data', [], ''],
  ['an empty text', [0], ''],
  ['a text of 255 octets', [255, ...Array.from({ length: 255 }, () => 97)], `: ${'a'.repeat(255)}`],
  ['a length past the end', [255, 97], ''],
  ['octets behind the text', [1, 97, 98, 99], ': a'],
  ['wrong UTF-8', [4, 97, 0xc3, 0x28, 98], ': a\ufffd(b'],
  ['half a character', [2, 97, 0xe2], ': a\ufffd'],
  ['NUL and newlines', [5, 97, 0, 10, 13, 98], ': a   b'],
  ['escapes of a terminal', [9, 27, 91, 51, 49, 109, 97, 27, 91, 109], ': a'],
  ['a title of a window', [8, 27, 93, 48, 59, 120, 7, 97, 98], ': ab'],
  ['quotes', [5, 34, 125, 44, 123, 34], ": '},{'"],
  ['4,075 octets', Array.from({ length: 4075 }, () => 65), `: ${'A'.repeat(65)}`],
];

for (const [name, data, shown] of texts) {
  test(`a shutdown communication with ${name} is shown safely, in every state (RFC 9003 §4)`, (t) => {
    for (const [state, kind] of everywhere) {
      // Before our OPEN a NOTIFICATION says nothing of a session (RFC 4271 §8.2.2): bad-input-session.test.ts.
      if (state === 'Connect' || state === 'Active') continue;
      for (const subcode of [2, 4]) {
        const { us, peer, network } = pairIn(state, kind);
        peer.send(notification(6, subcode, data));
        network.run();
        const words = subcode === 2 ? 'Cease/Administrative Shutdown' : 'Cease/Administrative Reset';
        t.is(us.neighbor.view().lastReset?.reason, `${words}${shown}`);
        t.is(us.neighbor.isEstablished, false);
        const told = us.events.find(({ type }) => type === 'notification-received');
        t.is(told?.type === 'notification-received' ? told.text : '', `${words}${shown}`);
      }
    }
  });
}
