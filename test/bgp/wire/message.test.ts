// Headers, KEEPALIVE, NOTIFICATION and ROUTE-REFRESH: lengths, faults of RFC 4271 §6.1, round trips.

import test from 'ava';
import fc from 'fast-check';

import { encodeKeepalive, messageLength } from '#bgp/wire/message.ts';
import {
  NotificationError,
  carriesShutdownText,
  decodeNotification,
  decodeShutdownText,
  describeNotification,
  encodeNotification,
  encodeShutdownText,
} from '#bgp/wire/notification.ts';
import { decodeRouteRefresh, encodeRouteRefresh } from '#bgp/wire/route-refresh.ts';
import { concat, fromHex, message, notificationOf, toHex } from './bytes.ts';

const lengthOf = (bytes: Uint8Array): number => messageLength(bytes, 0, bytes.length);

test('a message counts only when all of it has arrived', (t) => {
  const bytes = concat(encodeKeepalive(), message(2, [0, 0, 0, 0]));
  for (let end = 0; end < 19; end++) t.is(messageLength(bytes, 0, end), 0);
  t.is(messageLength(bytes, 0, 19), 19);
  for (let end = 19; end < 42; end++) t.is(messageLength(bytes, 19, end), 0);
  t.is(messageLength(bytes, 19, 42), 23);
});

test('a marker that is not all ones is 1/1 (RFC 4271 §6.1)', (t) => {
  for (let at = 0; at < 16; at++) {
    const bytes = encodeKeepalive();
    bytes[at] = 0xfe;
    t.is(
      notificationOf(() => lengthOf(bytes)),
      '1/1',
    );
  }
});

test('a wrong length is 1/2 with the length as data (RFC 4271 §6.1)', (t) => {
  const cases: readonly [number, number][] = [
    [1, 28],
    [2, 22],
    [3, 20],
    [4, 18],
    [4, 20],
    [5, 18],
    [2, 4097],
    [4, 0],
    [2, 65535],
  ];
  for (const [type, length] of cases) {
    const bytes = concat(encodeKeepalive());
    bytes.set([length >> 8, length & 255, type], 16);
    const error = t.throws(() => lengthOf(bytes), { instanceOf: NotificationError });
    t.is(`${error.code}/${error.subcode} ${toHex(error.data)}`, `1/2 ${length.toString(16).padStart(4, '0')}`);
  }
});

test('the shortest and the longest message of each type pass the header check (RFC 4271 §6.1)', (t) => {
  for (const [type, shortest, longest] of [
    [1, 29, 4096],
    [2, 23, 4096],
    [3, 21, 4096],
    [4, 19, 19],
    [5, 23, 4096],
  ]) {
    t.is(lengthOf(message(type, new Uint8Array(shortest - 19))), shortest);
    t.is(lengthOf(message(type, new Uint8Array(longest - 19))), longest);
  }
});

test('an unknown type is 1/3 with the type as data (RFC 4271 §6.1)', (t) => {
  for (const type of [0, 6, 255]) {
    const error = t.throws(() => lengthOf(message(type, [])), { instanceOf: NotificationError });
    t.is(`${error.code}/${error.subcode} ${toHex(error.data)}`, `1/3 ${type.toString(16).padStart(2, '0')}`);
  }
});

test('a KEEPALIVE is the header alone (RFC 4271 §4.4)', (t) => {
  t.is(toHex(encodeKeepalive()), `${'ff'.repeat(16)}001304`);
});

test('a NOTIFICATION survives encoding and decoding, with at most 4,075 octets of data', (t) => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 255 }),
      fc.integer({ min: 0, max: 255 }),
      fc.uint8Array({ maxLength: 5000 }),
      (code, subcode, data) => {
        const bytes = encodeNotification(code, subcode, data);
        t.is(lengthOf(bytes), bytes.length);
        const decoded = decodeNotification(concat([1, 2, 3], bytes), 3, 3 + bytes.length);
        t.deepEqual(decoded, { code, subcode, data: data.slice(0, 4075) });
      },
    ),
    { numRuns: 200 },
  );
});

test('notifications are described in the words that FRR uses', (t) => {
  t.is(describeNotification(6, 2), 'Cease/Administrative Shutdown');
  t.is(describeNotification(4, 0), 'Hold Timer Expired');
  t.is(describeNotification(3, 11), 'UPDATE Message Error/Malformed AS_PATH');
  t.is(describeNotification(5, 1), 'Neighbor Events Error/Receive Unexpected Message in OpenSent State');
  t.is(describeNotification(6, 77), 'Cease/subcode 77');
  t.is(describeNotification(99, 1), 'Unknown Error 99/1');
});

test('a shutdown text goes out in UTF-8, cut at a character, and comes back (RFC 9003 §2)', (t) => {
  t.is(toHex(encodeShutdownText('hi')), '026869');
  t.is(encodeShutdownText('').length, 0);
  const data = encodeShutdownText('ü'.repeat(200));
  t.is(data[0], 254);
  t.is(decodeShutdownText(data), 'ü'.repeat(127));
  t.true(carriesShutdownText(6, 2) && carriesShutdownText(6, 4));
  t.false(carriesShutdownText(6, 3) || carriesShutdownText(2, 2));
});

test('a shutdown text from a peer cannot move the cursor, hide letters or break a line (RFC 9003 §4)', (t) => {
  const encode = (text: string): Uint8Array => {
    const bytes = new TextEncoder().encode(text);
    return concat([bytes.length], bytes);
  };
  t.is(decodeShutdownText(encode('a\u001b[2Jb\r\nc\u202ed\u2028e')), 'ab  c d e');
  t.is(decodeShutdownText(encode('\u001b]0;title\u0007back at "nine"\u009b31m')), "back at 'nine'");
  t.is(decodeShutdownText(fromHex('03 61ff62')), 'a\ufffdb');
  t.is(decodeShutdownText(fromHex('05 6162')), undefined);
  t.is(decodeShutdownText(fromHex('00')), undefined);
  t.is(decodeShutdownText(new Uint8Array(0)), undefined);
  t.is(decodeShutdownText(encode('\n\n')), undefined);
});

test('ROUTE-REFRESH survives encoding and decoding', (t) => {
  const octet = fc.integer({ min: 0, max: 255 });
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 65535 }), octet, octet, (afi, safi, subtype) => {
      const bytes = encodeRouteRefresh({ afi, safi, subtype });
      t.is(lengthOf(bytes), 23);
      t.deepEqual(decodeRouteRefresh(bytes, 0, bytes.length), { afi, safi, subtype });
    }),
  );
  t.is(toHex(encodeRouteRefresh({ afi: 2, safi: 1, subtype: 0 }).subarray(16)), '00170500020001');
});

test('ROUTE-REFRESH of a wrong length is 7/1 with the message as data (RFC 7313 §5)', (t) => {
  for (const body of [[], [0, 1, 0], [0, 1, 0, 1, 0]]) {
    const bytes = message(5, body);
    t.is(lengthOf(bytes), bytes.length);
    const error = t.throws(() => decodeRouteRefresh(bytes, 0, bytes.length), { instanceOf: NotificationError });
    t.is(`${error.code}/${error.subcode} ${toHex(error.data)}`, `7/1 ${toHex(bytes)}`);
  }
});
