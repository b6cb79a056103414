// OPEN and its capabilities: round trips and the faults of RFC 4271 §6.2.

import test from 'ava';
import fc from 'fast-check';

import { asn } from '#bgp/net/asn.ts';
import { routerId } from '#bgp/net/router-id.ts';
import type { Capability } from '#bgp/wire/capability.ts';
import {
  fourOctetAsnCapability,
  multiprotocolCapability,
  routeRefreshCapability,
} from '#bgp/wire/capability-values.ts';
import { messageLength } from '#bgp/wire/message.ts';
import { NotificationError } from '#bgp/wire/notification.ts';
import { decodeOpen, encodeOpen, openAsnField } from '#bgp/wire/open.ts';
import { concat, fromHex, message, toHex } from './bytes.ts';

/** Version 4, AS 65001, hold time 90, identifier 10.0.0.1, then the octets given, the first being the parameters' length. */
const fixed = fromHex('04 fde9 005a 0a000001');
const openOf = (tail: string): Uint8Array => message(1, concat(fixed, fromHex(tail)));
const decode = (bytes: Uint8Array): ReturnType<typeof decodeOpen> => decodeOpen(bytes, 0, bytes.length);

function faultOf(bytes: Uint8Array): string {
  try {
    decode(bytes);
  } catch (error) {
    if (error instanceof NotificationError) return `${error.code}/${error.subcode} ${toHex(error.data)}`.trim();
    throw error;
  }
  return 'none';
}

const capability: fc.Arbitrary<Capability> = fc.oneof(
  fc
    .tuple(fc.integer({ min: 0, max: 65535 }), fc.integer({ min: 0, max: 255 }))
    .map(([afi, safi]) => multiprotocolCapability(afi, safi)),
  fc.constant(routeRefreshCapability()),
  fc.integer({ min: 1, max: 0xffff_ffff }).map((number) => fourOctetAsnCapability(asn(number))),
  fc
    .tuple(fc.integer({ min: 76, max: 255 }), fc.uint8Array({ maxLength: 255, size: 'max' }))
    .map(([code, value]): Capability => ({ type: 'unknown', code, value })),
);

test('an OPEN survives encoding and decoding, with parameters of any length (RFC 9072)', (t) => {
  let extended = 0;
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 65535 }),
      fc.constantFrom(0, 3, 90, 65535),
      fc.integer({ min: 1, max: 0xffff_ffff }),
      fc.array(capability, { maxLength: 12 }),
      (asnField, holdTimeSec, id, capabilities) => {
        const last = capabilities.findLast((one) => one.type === 'four-octet-asn');
        const effective = last?.type === 'four-octet-asn' ? last.asn : asn(asnField);
        const open = { version: 4, asn: effective, asnField, holdTimeSec, routerId: routerId(id), capabilities };
        const bytes = encodeOpen(open);
        if (bytes[28] === 255) extended++;
        t.is(messageLength(bytes, 0, bytes.length), bytes.length);
        t.deepEqual(decodeOpen(concat([9, 9], bytes), 2, 2 + bytes.length), open);
      },
    ),
  );
  t.true(extended > 0);
});

test('the AS number in force is that of the 4-octet capability (RFC 6793 §4.1)', (t) => {
  const open = decode(openOf('08 02 06 41 04 fa56ea01'));
  t.is(open.asn, asn(4_200_000_001));
  t.is(open.asnField, 65001);
  t.is(openAsnField(asn(4_200_000_001)), 23456);
  t.is(openAsnField(asn(65001)), 65001);
});

test('one parameter per capability and one for all read the same (RFC 5492 §4)', (t) => {
  const one = decode(openOf('0a 02 08 01 04 00010001 02 00'));
  const each = decode(openOf('0c 02 06 01 04 00010001 02 02 02 00'));
  t.is(one.capabilities.length, 2);
  t.deepEqual(one, each);
});

test('extended optional parameters are read, also when the one-octet length is not 255 (RFC 9072 §2)', (t) => {
  t.is(decode(openOf('ff ff 0007 02 0004 02 00 46 00')).capabilities.length, 2);
  t.is(decode(openOf('01 ff 0007 02 0004 02 00 46 00')).capabilities.length, 2);
  t.is(faultOf(openOf('ff ff 0008 02 0004 02 00 46 00')), '2/0');
  t.is(faultOf(openOf('ff ff 00')), '2/0');
});

test('a version other than 4 is 2/1 with 4 as data (RFC 4271 §6.2)', (t) => {
  for (const version of [0, 3, 5]) {
    const bytes = openOf('00');
    bytes[19] = version;
    t.is(faultOf(bytes), '2/1 0004');
  }
});

test('AS 0 in the field or in the capability is 2/2 (RFC 7607 §2)', (t) => {
  const bytes = openOf('00');
  bytes.set([0, 0], 20);
  t.is(faultOf(bytes), '2/2');
  t.is(faultOf(openOf('08 02 06 41 04 00000000')), '2/2');
});

test('an identifier of 0 is 2/3 (RFC 6286 §2.2)', (t) => {
  const bytes = openOf('00');
  bytes.set([0, 0, 0, 0], 24);
  t.is(faultOf(bytes), '2/3');
});

test('hold times of 1 and 2 seconds are 2/6, 0 and 3 are fine (RFC 4271 §6.2)', (t) => {
  for (const [holdTime, expected] of [
    [0, 'none'],
    [1, '2/6'],
    [2, '2/6'],
    [3, 'none'],
  ] as const) {
    const bytes = openOf('00');
    bytes[23] = holdTime;
    t.is(faultOf(bytes), expected);
  }
});

test('an optional parameter that is not known is 2/4 (RFC 4271 §6.2)', (t) => {
  t.is(faultOf(openOf('04 01 02 0000')), '2/4');
});

test('optional parameters that do not add up are 2/0 (RFC 4271 §6.2)', (t) => {
  t.is(faultOf(openOf('00 00')), '2/0');
  t.is(faultOf(openOf('05 02 02 0200')), '2/0');
  t.is(faultOf(openOf('01 02')), '2/0');
  t.is(faultOf(openOf('04 02 03 0200')), '2/0');
});

test('a capability that is cut or has a wrong length is 2/0 and names itself (RFC 4271 §6.2)', (t) => {
  t.is(faultOf(openOf('03 02 01 01')), '2/0 01');
  t.is(faultOf(openOf('05 02 03 41 04 00')), '2/0 410400');
  t.is(faultOf(openOf('07 02 05 01 03 000100')), '2/0 0103000100');
  t.is(faultOf(openOf('05 02 03 02 01 00')), '2/0 020100');
});

test('a capability that is not known is kept with its octets (RFC 5492 §3)', (t) => {
  const open = decode(openOf('07 02 05 49 03 01 0203'));
  t.deepEqual(open.capabilities, [{ type: 'unknown', code: 73, value: fromHex('010203') }]);
});
