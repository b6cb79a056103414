// RFC 4271 §6, RFC 6608: what a peer may not say, in each state and in segments of one byte too, and what it hears in return.
// Surprises of our own code and texts of the peer are here as well. All octets are written by hand (bytes.ts).

import test from 'ava';
import type { SessionState } from '#bgp/session/state.ts';
import { NotificationError } from '#bgp/wire/notification.ts';
import { concat, END_OF_RIB, KEEPALIVE, message, notification, open, updateOf } from './bytes.ts';
import { kindChanges, peerKinds } from './peer-kinds.ts';
import { rawPair } from './raw-peer.ts';

const states: readonly SessionState[] = ['OpenSent', 'OpenConfirm', 'Established'];

type Answer = readonly number[] | 'nothing';

/** What comes in, and the NOTIFICATION (code, subcode, data …) that answers it in OpenSent, OpenConfirm, Established. */
const cases: readonly (readonly [string, Uint8Array, Answer, Answer, Answer])[] = [
  ['a marker that is not all ones', concat(Uint8Array.of(0), KEEPALIVE.slice(1)), [1, 1], [1, 1], [1, 1]],
  ['a length below 19', message(4, [], 18), [1, 2, 0, 18], [1, 2, 0, 18], [1, 2, 0, 18]],
  ['a length of 0', message(2, [], 0), [1, 2, 0, 0], [1, 2, 0, 0], [1, 2, 0, 0]],
  ['a length above 4096', message(2, [], 4097), [1, 2, 16, 1], [1, 2, 16, 1], [1, 2, 16, 1]],
  ['a length of 65535', message(2, [], 65_535), [1, 2, 255, 255], [1, 2, 255, 255], [1, 2, 255, 255]],
  ['type 0', message(0), [1, 3, 0], [1, 3, 0], [1, 3, 0]],
  ['type 6', message(6), [1, 3, 6], [1, 3, 6], [1, 3, 6]],
  ['an OPEN shorter than 29', message(1, [4, 0]), [1, 2, 0, 21], [1, 2, 0, 21], [1, 2, 0, 21]],
  ['an UPDATE shorter than 23', message(2, [0, 0]), [1, 2, 0, 21], [1, 2, 0, 21], [1, 2, 0, 21]],
  ['a NOTIFICATION shorter than 21', message(3, [6]), [1, 2, 0, 20], [1, 2, 0, 20], [1, 2, 0, 20]],
  ['a KEEPALIVE longer than 19', message(4, [0]), [1, 2, 0, 20], [1, 2, 0, 20], [1, 2, 0, 20]],
  ['OPEN version 5', open({ version: 5 }), [2, 1, 0, 4], [5, 2, 1], [5, 3, 1]],
  ['OPEN of AS 0', open({ asn: 0 }), [2, 2], [5, 2, 1], [5, 3, 1]],
  ['OPEN of our own AS', open({ asn: 65001 }), [2, 2, 0xfd, 0xe9], [5, 2, 1], [5, 3, 1]],
  ['OPEN with identifier 0', open({ id: [0, 0, 0, 0] }), [2, 3], [5, 2, 1], [5, 3, 1]],
  ['OPEN with hold time 2', open({ holdTimeSec: 2 }), [2, 6], [5, 2, 1], [5, 3, 1]],
  ['a second OPEN that is well-formed', concat(open(), open()), [5, 2, 1], [5, 2, 1], [5, 3, 1]],
  ['OPEN with parameter 1', message(1, [4, 0xfd, 0xea, 0, 90, 10, 0, 0, 2, 2, 1, 0]), [2, 4], [5, 2, 1], [5, 3, 1]],
  ['OPEN with parameters cut short', message(1, [4, 0xfd, 0xea, 0, 90, 10, 0, 0, 2, 9]), [2, 0], [5, 2, 1], [5, 3, 1]],
  ['a KEEPALIVE', KEEPALIVE, [5, 1, 4], 'nothing', 'nothing'],
  ['an UPDATE', END_OF_RIB, [5, 1, 2], [5, 2, 2], 'nothing'],
  ['a ROUTE-REFRESH', message(5, [0, 1, 0, 1]), [5, 1, 5], [5, 2, 5], 'nothing'],
  [
    'a ROUTE-REFRESH of the wrong length',
    message(5, [0, 1, 0]),
    [5, 1, 5],
    [5, 2, 5],
    [7, 1, ...message(5, [0, 1, 0])],
  ],
  ['a NOTIFICATION', notification(6, 4), 'nothing', 'nothing', 'nothing'],
  ['a NOTIFICATION about the version', notification(2, 1, [0, 4]), 'nothing', 'nothing', 'nothing'],
  ['a NOTIFICATION of unknown code', notification(99, 99), 'nothing', 'nothing', 'nothing'],
];

test('the peer is what the tests take it for', (t) => {
  for (const kind of peerKinds) {
    t.is(rawPair('Established', kindChanges[kind]).us.neighbor.negotiated?.kind, kind);
  }
});

for (const [name, bytes, ...answers] of cases) {
  for (const [index, state] of states.entries()) {
    const answer = answers[index];
    const said = answer === 'nothing' ? 'no NOTIFICATION' : `NOTIFICATION ${answer[0]}/${answer[1]}`;
    test(`${name} in ${state}, from a peer of each kind: ${said}`, (t) => {
      for (const [kind, segmentBytes] of [
        ['ebgp', 65_536],
        ['ebgp', 1],
        ['ibgp', 65_536],
        ['confederation', 65_536],
      ] as const) {
        const { network, us, peer } = rawPair(state, kindChanges[kind]);
        network.segmentBytes = segmentBytes;
        peer.send(bytes);
        network.run();
        const wanted = answer === 'nothing' ? undefined : answer;
        const got = peer.notification();
        // Where the table names no data octets, none may come, but for those that OPEN errors add freely.
        t.deepEqual(got?.slice(0, wanted?.length), wanted === undefined ? undefined : [...wanted]);
        if (wanted !== undefined && wanted[0] !== 2) t.is(got?.length, wanted.length);
        const goesOn = bytes === KEEPALIVE ? state !== 'OpenSent' : answer === 'nothing' && bytes[18] !== 3;
        t.is(peer.isClosed, !goesOn);
        t.is(us.calls.filter((call) => call.startsWith('down')).length, state === 'Established' && !goesOn ? 1 : 0);
      }
    });
  }
}

test('what follows a message that ended the session is not looked at', (t) => {
  const { network, us, peer } = rawPair('Established');
  peer.send(notification(6, 4), END_OF_RIB, message(2, [], 5));
  network.run();
  t.deepEqual(us.updates, []);
  t.deepEqual(us.notifications(), ['received 6/4']);
});

test('the listener is shown every UPDATE of a chunk before the fault that follows', (t) => {
  const { network, us, peer } = rawPair('Established');
  peer.send(END_OF_RIB, updateOf(100), message(9));
  network.run();
  t.is(us.updates.length, 2);
  t.deepEqual(peer.notification(), [1, 3, 9]);
});

test('an UPDATE fault that the listener throws, or reports, is sent and ends the session', (t) => {
  for (const isThrown of [true, false]) {
    const { network, us, peer } = rawPair('Established');
    us.onUpdate = (neighbor) => {
      const error = new NotificationError(3, 10, Uint8Array.of(33));
      if (isThrown) throw error;
      neighbor.resetByFault(error);
    };
    peer.send(END_OF_RIB, END_OF_RIB);
    network.run();
    t.deepEqual(peer.notification(), [3, 10, 33]);
    t.is(us.updates.length, 1);
    t.deepEqual(us.calls, ['established', 'down: UPDATE Message Error/Invalid Network Field']);
    t.deepEqual(us.neighbor.view().lastReset?.direction, 'sent');
  }
});

test('a limit that the listener reports is a Cease', (t) => {
  const { network, us, peer } = rawPair('Established');
  us.onUpdate = (neighbor) => neighbor.resetByFault(new NotificationError(6, 1, Uint8Array.of(0, 1, 1, 0, 0, 0, 9)));
  peer.send(END_OF_RIB);
  network.run();
  t.deepEqual(peer.notification(), [6, 1, 0, 1, 1, 0, 0, 0, 9]);
});

test('a surprise of our own resets that session, is told without bytes, and keeps the message', (t) => {
  const { network, us, peer } = rawPair('Established');
  us.onUpdate = () => {
    throw new TypeError('column is undefined');
  };
  peer.send(updateOf(50), END_OF_RIB);
  network.run();
  t.deepEqual(peer.notification(), [6, 0]);
  t.is(us.updates.length, 1);
  const told = us.events.filter(({ type }) => type === 'internal-error');
  t.is(told.length, 1);
  t.regex(JSON.stringify(told), /column is undefined/);
  t.deepEqual(
    us.neighbor.keptMessages().map(({ bytes }) => bytes),
    [updateOf(50)],
  );
});

test('at most 16 messages and 64 KiB are kept, the youngest', (t) => {
  const { network, us, peer, pass } = rawPair('Established');
  us.onUpdate = () => {
    throw new TypeError('again');
  };
  const count = (size: number, times: number): void => {
    for (let round = 0; round < times; round++) {
      if (!us.neighbor.isEstablished) {
        pass(6);
        const connection = network.nextConnectionId();
        const request = { connection, address: '192.0.2.1', port: 179, sourceAddress: undefined, ttl: undefined };
        peer.endpoint.connect(request);
        network.run();
        peer.send(open(), KEEPALIVE);
        network.run();
      }
      peer.send(updateOf(size));
      network.run();
    }
  };
  count(40, 20);
  t.is(us.neighbor.keptMessages().length, 16);
  count(4096, 16);
  t.is(us.neighbor.keptMessages().length, 16);
  t.is(
    us.neighbor.keptMessages().reduce((sum, { bytes }) => sum + bytes.length, 0),
    65_536,
  );
});

test('texts of the peer are cleaned before they are told (RFC 9003 §4)', (t) => {
  const text = [...new TextEncoder().encode('bye "\u001b[31m\u202e"\n')];
  const { network, us, peer } = rawPair('Established');
  peer.send(notification(6, 2, [text.length, ...text]));
  network.run();
  const reason = us.neighbor.view().lastReset?.reason ?? '';
  t.true(reason.startsWith("Cease/Administrative Shutdown: bye '"));
  t.notRegex(reason, /\p{Cc}|\p{Cf}/u);
});

test('a shutdown text with a wrong length, or 4,075 octets of data, ends the session all the same', (t) => {
  for (const data of [[255, 65], [0], [1], Array.from({ length: 4075 }, () => 65)]) {
    const { network, us, peer } = rawPair('Established');
    peer.send(notification(6, 2, data));
    network.run();
    t.is(us.calls.length, 2);
    t.is(us.neighbor.view().lastReset?.subcode, 2);
  }
});
