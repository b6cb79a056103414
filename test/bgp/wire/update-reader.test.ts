// What an UPDATE leads to, good or malformed: every outcome of RFC 7606 per attribute, for external and internal peers. Attributes
// are written by hand from RFC 4271 §4.3, 1997, 4360, 4456, 4760, 6793 and 8092.

import test from 'ava';

import { families, ipv4Unicast, ipv6Unicast } from '#bgp/net/family.ts';
import { AttributeSets } from '#bgp/wire/attribute-sets.ts';
import { formatAsPath } from '#bgp/wire/attribute-text.ts';
import { NotificationError } from '#bgp/wire/notification.ts';
import type { UpdateReader } from '#bgp/wire/update-reader.ts';
import {
  asPath,
  attribute,
  concat,
  fromHex,
  localPref,
  makeReader,
  message,
  mpReach,
  nextHop,
  nlri,
  notificationOf,
  origin,
  prefixesIn,
  readUpdate,
  toHex,
  update,
} from './bytes.ts';

type Kind = 'ebgp' | 'ibgp';

/** The mandatory attributes by code, so that a case can replace or remove one. */
function mandatory(kind: Kind): Map<number, Uint8Array> {
  const map = new Map([
    [1, origin],
    [2, asPath],
    [3, nextHop],
  ]);
  if (kind === 'ibgp') map.set(5, localPref);
  return map;
}

/** The mandatory attributes with `replaced` in the place of those of the same code, in ascending order. */
function attributesWith(kind: Kind, ...replaced: readonly Uint8Array[]): Uint8Array[] {
  const map = mandatory(kind);
  for (const one of replaced) map.set(one[1], one);
  return [...map.entries()].toSorted((a, b) => a[0] - b[0]).map(([, bytes]) => bytes);
}

function attributesWithout(kind: Kind, code: number): Uint8Array[] {
  const map = mandatory(kind);
  map.delete(code);
  return [...map.values()];
}

/** `kept`, `discard CODE`, `withdraw CODE` or `reset C/S`. */
function outcomeOf(reader: UpdateReader, bytes: Uint8Array): string {
  const notification = notificationOf(() => readUpdate(reader, bytes));
  if (notification !== 'none') return `reset ${notification}`;
  if (reader.isTreatAsWithdraw) return `withdraw ${reader.faultCode}`;
  return reader.discarded.length === 0 ? 'kept' : `discard ${reader.discarded.map(({ code }) => code).join(',')}`;
}

interface Case {
  readonly title: string;
  readonly bytes: Uint8Array;
  readonly ebgp: string;
  readonly ibgp: string;
}

const both = (title: string, bytes: Uint8Array, outcome: string): Case => ({
  title,
  bytes,
  ebgp: outcome,
  ibgp: outcome,
});

const path = (hex: string): Uint8Array => attribute(0x40, 2, fromHex(hex));
const zeros = (length: number): Uint8Array => new Uint8Array(length);

const cases: readonly Case[] = [
  // ORIGIN
  both('ORIGIN EGP is fine', attribute(0x40, 1, [1]), 'kept'),
  both('ORIGIN INCOMPLETE is fine', attribute(0x40, 1, [2]), 'kept'),
  both('ORIGIN of value 3 withdraws (RFC 7606 §7.1)', attribute(0x40, 1, [3]), 'withdraw 1'),
  both('ORIGIN of no octet withdraws (RFC 7606 §7.1)', attribute(0x40, 1, []), 'withdraw 1'),
  both('ORIGIN of two octets withdraws (RFC 7606 §7.1)', attribute(0x40, 1, [0, 0]), 'withdraw 1'),
  both('ORIGIN flagged optional withdraws (RFC 7606 §3 c)', attribute(0xc0, 1, [0]), 'withdraw 1'),
  both('ORIGIN flagged non-transitive withdraws (RFC 7606 §3 c)', attribute(0x00, 1, [0]), 'withdraw 1'),
  both('the four lower bits of the flags mean nothing (RFC 4271 §4.3)', attribute(0x4f & ~0x10, 1, [0]), 'kept'),
  both('a long length for a short attribute is fine (RFC 4271 §4.3)', attribute(0x50, 1, [0]), 'kept'),
  // AS_PATH
  both('AS_PATH with an AS_SET behind is fine', path('0201 0000fde9 0102 00000001 00000002'), 'kept'),
  both('AS_PATH with segment type 5 withdraws (RFC 7606 §7.2)', path('0201 0000fde9 0501 00000001'), 'withdraw 2'),
  both('AS_PATH with segment type 0 withdraws (RFC 7606 §7.2)', path('0001 0000fde9'), 'withdraw 2'),
  both('AS_PATH with a segment past its end withdraws (RFC 7606 §7.2)', path('0202 0000fde9'), 'withdraw 2'),
  both('AS_PATH with one octet left over withdraws (RFC 7606 §7.2)', path('0201 0000fde9 02'), 'withdraw 2'),
  both('AS_PATH with an empty segment withdraws (RFC 7606 §7.2)', path('0201 0000fde9 0200'), 'withdraw 2'),
  both('AS_PATH with a confederation segment withdraws (RFC 5065 §5)', path('0301 0000fde9'), 'withdraw 2'),
  both('AS_PATH with AS 0 withdraws (RFC 7607 §2)', path('0202 0000fde9 00000000'), 'withdraw 2'),
  both(
    'AS_PATH flagged optional withdraws (RFC 7606 §3 c)',
    attribute(0xc0, 2, fromHex('0201 0000fde9')),
    'withdraw 2',
  ),
  {
    title: 'an empty AS_PATH is fine from internal peers only (RFC 4271 §5.1.2, §6.3)',
    bytes: path(''),
    ebgp: 'withdraw 2',
    ibgp: 'kept',
  },
  {
    title: 'AS_PATH that begins with another AS withdraws from external peers (RFC 4271 §6.3)',
    bytes: path('0202 0000fdea 0000fde9'),
    ebgp: 'withdraw 2',
    ibgp: 'kept',
  },
  {
    title: 'AS_PATH that begins with an AS_SET withdraws from external peers (RFC 4271 §6.3)',
    bytes: path('0101 0000fde9'),
    ebgp: 'withdraw 2',
    ibgp: 'kept',
  },
  // NEXT_HOP
  both('NEXT_HOP of three octets withdraws (RFC 7606 §7.3)', attribute(0x40, 3, [192, 0, 2]), 'withdraw 3'),
  both('NEXT_HOP of five octets withdraws (RFC 7606 §7.3)', attribute(0x40, 3, [192, 0, 2, 1, 1]), 'withdraw 3'),
  both('NEXT_HOP 0.0.0.0 withdraws (RFC 4271 §6.3)', attribute(0x40, 3, [0, 0, 0, 0]), 'withdraw 3'),
  both('NEXT_HOP 127.0.0.1 withdraws (RFC 4271 §6.3)', attribute(0x40, 3, [127, 0, 0, 1]), 'withdraw 3'),
  both('NEXT_HOP 224.0.0.5 withdraws (RFC 4271 §6.3)', attribute(0x40, 3, [224, 0, 0, 5]), 'withdraw 3'),
  both('NEXT_HOP 255.255.255.255 withdraws (RFC 4271 §6.3)', attribute(0x40, 3, [255, 255, 255, 255]), 'withdraw 3'),
  both('NEXT_HOP flagged optional withdraws (RFC 7606 §3 c)', attribute(0xc0, 3, [192, 0, 2, 1]), 'withdraw 3'),
  // MULTI_EXIT_DISC
  both('MED is fine', attribute(0x80, 4, zeros(4)), 'kept'),
  both('MED of no octet withdraws (RFC 7606 §7.4)', attribute(0x80, 4, []), 'withdraw 4'),
  both('MED of five octets withdraws (RFC 7606 §7.4)', attribute(0x80, 4, zeros(5)), 'withdraw 4'),
  both('MED flagged transitive withdraws (RFC 7606 §3 c)', attribute(0xc0, 4, zeros(4)), 'withdraw 4'),
  // LOCAL_PREF
  {
    title: "an external peer's LOCAL_PREF is discarded (RFC 7606 §7.5)",
    bytes: localPref,
    ebgp: 'discard 5',
    ibgp: 'kept',
  },
  {
    title: 'LOCAL_PREF of three octets is discarded or withdraws (RFC 7606 §7.5)',
    bytes: attribute(0x40, 5, zeros(3)),
    ebgp: 'discard 5',
    ibgp: 'withdraw 5',
  },
  {
    title: 'LOCAL_PREF flagged optional is discarded or withdraws (RFC 7606 §3 c, §7.5)',
    bytes: attribute(0xc0, 5, zeros(4)),
    ebgp: 'discard 5',
    ibgp: 'withdraw 5',
  },
  // ATOMIC_AGGREGATE
  both('ATOMIC_AGGREGATE is fine', attribute(0x40, 6, []), 'kept'),
  both('ATOMIC_AGGREGATE with a value is discarded (RFC 7606 §7.6)', attribute(0x40, 6, [0]), 'discard 6'),
  both('ATOMIC_AGGREGATE flagged optional withdraws (RFC 7606 §3 c)', attribute(0xc0, 6, []), 'withdraw 6'),
  // AGGREGATOR
  both('AGGREGATOR is fine', attribute(0xc0, 7, fromHex('0000fde9 0a000001')), 'kept'),
  both(
    'AGGREGATOR of six octets is discarded where AS numbers have four (RFC 7606 §7.7)',
    attribute(0xc0, 7, zeros(6)),
    'discard 7',
  ),
  both('AGGREGATOR of no octet is discarded (RFC 7606 §7.7)', attribute(0xc0, 7, []), 'discard 7'),
  both(
    'AGGREGATOR with AS 0 is discarded (RFC 7607 §2)',
    attribute(0xc0, 7, fromHex('00000000 0a000001')),
    'discard 7',
  ),
  both('AGGREGATOR flagged non-transitive withdraws (RFC 7606 §3 c)', attribute(0x80, 7, zeros(8)), 'withdraw 7'),
  // COMMUNITIES
  both('COMMUNITIES are fine', attribute(0xc0, 8, zeros(8)), 'kept'),
  both('COMMUNITIES with the Partial bit are fine (RFC 4271 §4.3)', attribute(0xe0, 8, zeros(8)), 'kept'),
  both('COMMUNITIES without members withdraw (RFC 7606 §7.8)', attribute(0xc0, 8, []), 'withdraw 8'),
  both('COMMUNITIES of six octets withdraw (RFC 7606 §7.8)', attribute(0xc0, 8, zeros(6)), 'withdraw 8'),
  both('COMMUNITIES flagged well-known withdraw (RFC 7606 §3 c)', attribute(0x40, 8, zeros(4)), 'withdraw 8'),
  // ORIGINATOR_ID
  {
    title: "an external peer's ORIGINATOR_ID is discarded (RFC 7606 §7.9)",
    bytes: attribute(0x80, 9, [10, 0, 0, 1]),
    ebgp: 'discard 9',
    ibgp: 'kept',
  },
  {
    title: 'ORIGINATOR_ID of five octets is discarded or withdraws (RFC 7606 §7.9)',
    bytes: attribute(0x80, 9, zeros(5)),
    ebgp: 'discard 9',
    ibgp: 'withdraw 9',
  },
  // CLUSTER_LIST
  {
    title: "an external peer's CLUSTER_LIST is discarded (RFC 7606 §7.10)",
    bytes: attribute(0x80, 10, zeros(8)),
    ebgp: 'discard 10',
    ibgp: 'kept',
  },
  {
    title: 'CLUSTER_LIST without members is discarded or withdraws (RFC 7606 §7.10)',
    bytes: attribute(0x80, 10, []),
    ebgp: 'discard 10',
    ibgp: 'withdraw 10',
  },
  {
    title: 'CLUSTER_LIST of seven octets is discarded or withdraws (RFC 7606 §7.10)',
    bytes: attribute(0x80, 10, zeros(7)),
    ebgp: 'discard 10',
    ibgp: 'withdraw 10',
  },
  // EXTENDED_COMMUNITIES
  both('EXTENDED_COMMUNITIES are fine', attribute(0xc0, 16, zeros(16)), 'kept'),
  both(
    'EXTENDED_COMMUNITIES of twelve octets withdraw (RFC 7606 §7.14)',
    attribute(0xc0, 16, zeros(12)),
    'withdraw 16',
  ),
  both('EXTENDED_COMMUNITIES without members withdraw (RFC 7606 §7.14)', attribute(0xc0, 16, []), 'withdraw 16'),
  // AS4_PATH, AS4_AGGREGATOR
  both(
    'AS4_PATH where AS numbers have four octets is discarded (RFC 6793 §4.1)',
    attribute(0xc0, 17, fromHex('0201 0000fde9')),
    'discard 17',
  ),
  both(
    'AS4_AGGREGATOR where AS numbers have four octets is discarded (RFC 6793 §4.1)',
    attribute(0xc0, 18, zeros(8)),
    'discard 18',
  ),
  // LARGE_COMMUNITY
  both('LARGE_COMMUNITY is fine', attribute(0xc0, 32, zeros(12)), 'kept'),
  both('LARGE_COMMUNITY of eight octets withdraws (RFC 8092 §5)', attribute(0xc0, 32, zeros(8)), 'withdraw 32'),
  both('LARGE_COMMUNITY without members withdraws (RFC 8092 §5)', attribute(0xc0, 32, []), 'withdraw 32'),
  // Unknown ones
  both('an unknown optional transitive attribute is kept (RFC 4271 §9)', attribute(0xc0, 99, zeros(3)), 'kept'),
  both(
    'an unknown optional non-transitive attribute is quietly ignored (RFC 4271 §9)',
    attribute(0x80, 99, zeros(3)),
    'kept',
  ),
  both(
    'an unknown well-known attribute withdraws (differs from RFC 4271 §6.3)',
    attribute(0x40, 99, zeros(3)),
    'withdraw 99',
  ),
];

for (const kind of ['ebgp', 'ibgp'] as const) {
  for (const one of cases) {
    test(`${kind}: ${one.title}`, (t) => {
      const bytes = update({ attributes: attributesWith(kind, one.bytes), nlri });
      const reader = makeReader({ isEbgp: kind === 'ebgp' });
      t.is(outcomeOf(reader, bytes), one[kind]);
      const isWithdrawn = one[kind].startsWith('withdraw');
      t.is(reader.attr === 0, isWithdrawn);
      t.deepEqual(prefixesIn(bytes, reader.nlriStart, reader.nlriEnd, ipv4Unicast), ['198.51.100.0/24']);
      // A second time, when the fast path knows what was good.
      t.is(outcomeOf(reader, bytes), one[kind]);
    });
  }

  for (const code of mandatory(kind).keys()) {
    test(`${kind}: an UPDATE without attribute ${code} withdraws (RFC 7606 §3 d)`, (t) => {
      const bytes = update({ attributes: attributesWithout(kind, code), nlri });
      t.is(outcomeOf(makeReader({ isEbgp: kind === 'ebgp' }), bytes), `withdraw ${code}`);
    });
  }

  test(`${kind}: MP_REACH_NLRI needs no NEXT_HOP (RFC 4760 §3)`, (t) => {
    const bytes = update({ attributes: [mpReach, ...attributesWithout(kind, 3)] });
    const reader = makeReader({ isEbgp: kind === 'ebgp' });
    t.is(outcomeOf(reader, bytes), 'kept');
    t.true(reader.attr === 0);
    t.not(reader.mpAttr, 0);
    t.is(reader.reachFamily, ipv6Unicast);
    t.deepEqual(prefixesIn(bytes, reader.reachStart, reader.reachEnd, ipv6Unicast), ['2001:db8:1::/48']);
  });

  test(`${kind}: a malformed attribute withdraws the routes of MP_REACH_NLRI as well (RFC 7606 §2)`, (t) => {
    const bytes = update({ attributes: [mpReach, ...attributesWith(kind, attribute(0x40, 1, [9]))], nlri });
    const reader = makeReader({ isEbgp: kind === 'ebgp' });
    t.is(outcomeOf(reader, bytes), 'withdraw 1');
    t.true(reader.mpAttr === 0);
    t.deepEqual(prefixesIn(bytes, reader.reachStart, reader.reachEnd, ipv6Unicast), ['2001:db8:1::/48']);
    t.deepEqual(prefixesIn(bytes, reader.nlriStart, reader.nlriEnd, ipv4Unicast), ['198.51.100.0/24']);
  });
}

test('the table of RFC 7606 outcomes is whole', (t) => {
  t.is(cases.length, 64);
});

test('withdrawn routes or attributes that run past the message are 3/1 (RFC 4271 §6.3)', (t) => {
  t.is(
    notificationOf(() => readUpdate(makeReader(), message(2, fromHex('0001 0000')))),
    '3/1',
  );
  t.is(
    notificationOf(() => readUpdate(makeReader(), message(2, fromHex('0000 0001')))),
    '3/1',
  );
  t.is(
    notificationOf(() => readUpdate(makeReader(), message(2, fromHex('ffff 0000')))),
    '3/1',
  );
  t.is(
    notificationOf(() => readUpdate(makeReader(), message(2, fromHex('0002 0000 00')))),
    '3/1',
  );
});

test('NLRI and withdrawn routes that cannot be read are 3/10 (RFC 7606 §3 i, j)', (t) => {
  for (const bad of ['21 0a00000000', '18 0a00', '20 0a0000']) {
    t.is(outcomeOf(makeReader(), update({ attributes: attributesWith('ebgp'), nlri: fromHex(bad) })), 'reset 3/10');
    t.is(outcomeOf(makeReader(), update({ withdrawn: fromHex(bad) })), 'reset 3/10');
  }
});

test('a repeated attribute is dropped, the first one counts (RFC 7606 §3 g)', (t) => {
  const attributes = new AttributeSets();
  const reader = makeReader({ attributes });
  const bytes = update({
    attributes: [origin, attribute(0x40, 1, [2]), asPath, nextHop, attribute(0x40, 1, [9])],
    nlri,
  });
  t.is(outcomeOf(reader, bytes), 'discard 1');
  t.is(attributes.origin[reader.attr], 0);
  const unknown = [attribute(0xc0, 99, [1]), attribute(0xc0, 99, [2])];
  t.is(outcomeOf(reader, update({ attributes: [...attributesWith('ebgp'), ...unknown], nlri })), 'discard 99');
  t.deepEqual(attributes.decode(reader.attr).unknown[0]?.value, Uint8Array.of(1));
});

test('a repeated MP_REACH_NLRI or MP_UNREACH_NLRI is 3/1 (RFC 7606 §3 g)', (t) => {
  const unreach = attribute(0x80, 15, fromHex('000201 20 20010db8'));
  t.is(outcomeOf(makeReader(), update({ attributes: [mpReach, mpReach, ...attributesWith('ebgp')] })), 'reset 3/1');
  t.is(outcomeOf(makeReader(), update({ attributes: [unreach, unreach] })), 'reset 3/1');
});

test('an attribute that runs past the list withdraws, and the NLRI is found by the length (RFC 7606 §4)', (t) => {
  const cut = fromHex('c0 08 09 00000001');
  const bytes = update({ attributes: [...attributesWith('ebgp'), cut], nlri });
  const reader = makeReader();
  t.is(outcomeOf(reader, bytes), 'withdraw 8');
  t.deepEqual(prefixesIn(bytes, reader.nlriStart, reader.nlriEnd, ipv4Unicast), ['198.51.100.0/24']);
  for (const rest of ['40', '4006', '500600']) {
    const outcome = outcomeOf(reader, update({ attributes: [...attributesWith('ebgp'), fromHex(rest)], nlri }));
    t.is(outcome, rest.length === 2 ? 'withdraw 0' : 'withdraw 6');
  }
});

test('an MP attribute that runs past the list is 3/9, for its routes are unknown (RFC 7606 §3 j)', (t) => {
  const bytes = update({ attributes: [...attributesWith('ebgp'), fromHex('80 0e 30 0002 01 10')], nlri });
  t.is(outcomeOf(makeReader(), bytes), 'reset 3/9');
});

test('a malformed attribute without any announced route resets the session (RFC 7606 §5.2)', (t) => {
  const bad = attribute(0x40, 1, [7]);
  const error = t.throws(() => readUpdate(makeReader(), update({ attributes: [bad, asPath] })), {
    instanceOf: NotificationError,
  });
  t.is(`${error.code}/${error.subcode} ${toHex(error.data)}`, `3/6 ${toHex(bad)}`);
  t.is(outcomeOf(makeReader(), update({ withdrawn: nlri, attributes: [attribute(0x00, 2, [])] })), 'reset 3/4');
  t.is(outcomeOf(makeReader(), update({ attributes: [fromHex('40 01 05 00')] })), 'reset 3/1');
  t.is(outcomeOf(makeReader(), update({ attributes: [attribute(0xc0, 8, [1])] })), 'reset 3/9');
});

test('a discarded attribute without any announced route resets nothing (RFC 7606 §5.2)', (t) => {
  t.is(outcomeOf(makeReader(), update({ attributes: [attribute(0x40, 6, [1])] })), 'discard 6');
});

test('MP_REACH_NLRI that cannot be read is 3/9 with the attribute as data (RFC 4760 §7, RFC 7606 §7.11)', (t) => {
  const address = '20010db8000000000000000000000001';
  const bad = [
    '0002',
    '000201',
    '000201 00 00',
    '000201 01 20 00',
    `000201 0f ${address.slice(2)} 00`,
    `000201 11 ${address}00 00`,
    `000201 30 ${address}${address}${address} 00`,
    `000201 10 ${address}`,
    '000201 10 2001',
    `000201 10 ${address} 00 81`,
    `000201 10 ${address} 00 30 20010db8`,
    `000101 10 ${address} 00 18 c63364`,
    '000101 04 c00002',
  ];
  for (const hex of bad) {
    const reach = attribute(0x80, 14, fromHex(hex));
    const bytes = update({ attributes: [reach, ...attributesWith('ebgp')] });
    const error = t.throws(() => readUpdate(makeReader(), bytes), { instanceOf: NotificationError }, hex);
    t.is(`${error?.code}/${error?.subcode} ${toHex(error?.data ?? new Uint8Array(0))}`, `3/9 ${toHex(reach)}`, hex);
  }
});

test('MP_UNREACH_NLRI that cannot be read is 3/9 (RFC 4760 §7)', (t) => {
  for (const hex of ['', '0002', '000201 81', '000201 30 2001', '000101 21 0a00000000']) {
    t.is(outcomeOf(makeReader(), update({ attributes: [attribute(0x80, 15, fromHex(hex))] })), 'reset 3/9', hex);
  }
});

test('MP attributes with wrong flags withdraw their routes (RFC 7606 §3 c)', (t) => {
  const flagged = Uint8Array.from(mpReach);
  flagged[0] = 0xc0;
  t.is(outcomeOf(makeReader(), update({ attributes: [flagged, ...attributesWith('ebgp')] })), 'withdraw 14');
});

test('an IPv6 next hop that is no host withdraws (RFC 4271 §6.3)', (t) => {
  for (const [hex, outcome] of [
    ['00000000000000000000000000000000', 'withdraw 14'],
    ['00000000000000000000000000000001', 'withdraw 14'],
    ['ff020000000000000000000000000001', 'withdraw 14'],
    ['20010db8000000000000000000000000', 'kept'],
    ['00000000000000000000000000000100', 'kept'],
    ['fe800000000000000000000000000001', 'kept'],
  ] as const) {
    const reach = attribute(0x80, 14, fromHex(`000201 10 ${hex} 00 30 20010db80001`));
    t.is(outcomeOf(makeReader(), update({ attributes: [reach, ...attributesWithout('ebgp', 3)] })), outcome, hex);
  }
});

test('an MP attribute of a family that was not negotiated is ignored, the rest counts (RFC 4760 §6)', (t) => {
  const reader = makeReader({ families: [ipv4Unicast] });
  const bytes = update({ attributes: [mpReach, ...attributesWith('ebgp')], nlri });
  t.is(outcomeOf(reader, bytes), 'discard 14');
  t.is(reader.reachFamily, undefined);
  t.true(reader.mpAttr === 0);
  t.not(reader.attr, 0);
  t.is(outcomeOf(reader, update({ attributes: [mpReach] })), 'discard 14');
  const vpn = attribute(0x80, 15, fromHex('000180 ff'));
  t.is(outcomeOf(reader, update({ attributes: [vpn] })), 'discard 15');
  t.is(reader.endOfRib, undefined);
});

test('IPv4 fields are ignored when IPv4 unicast was not negotiated', (t) => {
  const reader = makeReader({ families: [ipv6Unicast] });
  readUpdate(reader, update({ withdrawn: nlri, attributes: attributesWith('ebgp'), nlri }));
  t.deepEqual(
    [reader.withdrawnStart === reader.withdrawnEnd, reader.nlriStart === reader.nlriEnd, reader.attr],
    [true, true, 0],
  );
});

test('IPv4 unicast inside of MP attributes is the same as in the classic fields (RFC 4760 §5)', (t) => {
  const attributes = new AttributeSets();
  const reader = makeReader({ attributes });
  readUpdate(reader, update({ attributes: attributesWith('ebgp'), nlri }));
  const classic = toHex(attributes.bytesOf(reader.attr));
  const reach = attribute(0x80, 14, fromHex('000101 04 c0000201 00 18 c63364'));
  const bytes = update({ attributes: [reach, ...attributesWithout('ebgp', 3)] });
  t.is(outcomeOf(reader, bytes), 'kept');
  t.is(reader.reachFamily, ipv4Unicast);
  t.is(toHex(attributes.bytesOf(reader.mpAttr)), classic);
  t.deepEqual(prefixesIn(bytes, reader.reachStart, reader.reachEnd, ipv4Unicast), ['198.51.100.0/24']);
  const unreach = update({ attributes: [attribute(0x80, 15, fromHex('000101 18 c63364'))] });
  readUpdate(reader, unreach);
  t.deepEqual(prefixesIn(unreach, reader.unreachStart, reader.unreachEnd, ipv4Unicast), ['198.51.100.0/24']);
});

test('End-of-RIB is known per family (RFC 4724 §2)', (t) => {
  const reader = makeReader();
  t.is(readUpdate(reader, update({})).endOfRib, ipv4Unicast);
  t.is(readUpdate(reader, update({ attributes: [attribute(0x80, 15, fromHex('000201'))] })).endOfRib, ipv6Unicast);
  t.is(readUpdate(reader, update({ attributes: [attribute(0x90, 15, fromHex('000201'))] })).endOfRib, ipv6Unicast);
  t.is(readUpdate(reader, update({ withdrawn: nlri })).endOfRib, undefined);
  t.is(readUpdate(reader, update({ attributes: [attribute(0x80, 15, fromHex('000201 00'))] })).endOfRib, undefined);
  t.is(readUpdate(makeReader({ families: [ipv6Unicast] }), update({})).endOfRib, undefined);
});

test('both families in one UPDATE get sets of their own', (t) => {
  const attributes = new AttributeSets();
  const reader = makeReader({ attributes });
  readUpdate(reader, update({ attributes: [mpReach, ...attributesWith('ebgp')], nlri }));
  t.is(String(attributes.decode(reader.attr).nextHop), '192.0.2.1');
  t.is(String(attributes.decode(reader.mpAttr).nextHop), '2001:db8::1');
  t.is(attributes.size, 2);
});

test('of two IPv6 next hops the second counts only when it is link-local (RFC 2545 §3)', (t) => {
  const attributes = new AttributeSets();
  const reader = makeReader({ attributes });
  const global = '20010db8000000000000000000000001';
  for (const [second, linkLocal] of [
    ['fe800000000000000000000000000002', 'fe80::2'],
    ['00000000000000000000000000000000', undefined],
    [global, undefined],
  ] as const) {
    const reach = attribute(0x80, 14, fromHex(`000201 20 ${global} ${second} 00 30 20010db80001`));
    readUpdate(reader, update({ attributes: [reach, ...attributesWithout('ebgp', 3)] }));
    const decoded = attributes.decode(reader.mpAttr);
    t.is(String(decoded.nextHop), '2001:db8::1');
    t.is(decoded.linkLocalNextHop?.toString(), linkLocal);
  }
});

test('attributes in any order, with long lengths and odd flags, are one set', (t) => {
  const attributes = new AttributeSets();
  const plain = readUpdate(makeReader({ attributes }), update({ attributes: attributesWith('ebgp'), nlri })).attr;
  const shuffled = [
    attribute(0x5f, 3, nextHop.subarray(3)),
    attribute(0x50, 2, asPath.subarray(3)),
    attribute(0x41, 1, [0]),
  ];
  const reader = makeReader({ attributes });
  t.is(readUpdate(reader, update({ attributes: shuffled, nlri })).attr, plain);
  t.is(toHex(attributes.bytesOf(plain)), toHex(concat(origin, asPath, nextHop)));
});

test('large communities that are there twice are there once (RFC 8092 §5)', (t) => {
  const attributes = new AttributeSets();
  const reader = makeReader({ attributes });
  const [a, b] = [fromHex('00000001 00000002 00000003'), fromHex('00000001 00000002 00000004')];
  readUpdate(reader, update({ attributes: attributesWith('ebgp', attribute(0xc0, 32, concat(a, b, a, b, a))), nlri }));
  t.deepEqual(attributes.decode(reader.attr).largeCommunities, [
    [1, 2, 3],
    [1, 2, 4],
  ]);
});

test('what is known from one kind of peer is judged again from the other', (t) => {
  const attributes = new AttributeSets();
  const withLocalPref = update({ attributes: attributesWith('ibgp'), nlri });
  const internal = makeReader({ attributes, isEbgp: false });
  const external = makeReader({ attributes });
  t.is(outcomeOf(internal, withLocalPref), 'kept');
  t.is(outcomeOf(internal, withLocalPref), 'kept');
  t.is(outcomeOf(external, withLocalPref), 'discard 5');
  t.is(attributes.decode(external.attr).localPref, undefined);
  const another = makeReader({ attributes, remoteAsn: 65009 });
  const plain = update({ attributes: attributesWith('ebgp'), nlri });
  t.is(outcomeOf(external, plain), 'kept');
  t.is(outcomeOf(another, plain), 'withdraw 2');
  t.is(outcomeOf(internal, plain), 'withdraw 5');
});

test("a reader holds its message's sets until the next message", (t) => {
  const attributes = new AttributeSets();
  const reader = makeReader({ attributes });
  const bytes = update({ attributes: [mpReach, ...attributesWith('ebgp')], nlri });
  readUpdate(reader, bytes);
  t.is(attributes.size, 2);
  const kept = reader.attr;
  attributes.retain(kept);
  readUpdate(reader, bytes);
  t.is(attributes.referencesOf(kept), 2);
  readUpdate(reader, update({}));
  t.is(attributes.size, 1);
  attributes.release(kept);
  t.is(attributes.size, 0);
  readUpdate(reader, bytes);
  reader.close();
  t.is(attributes.size, 0);
  t.is(attributes.bytesUsed, 0);
});

test('nothing of a message before shows in the next', (t) => {
  const reader = makeReader();
  readUpdate(
    reader,
    update({
      attributes: [
        mpReach,
        ...attributesWith('ebgp', attribute(0xc0, 8, [1])),
        attribute(0x80, 15, fromHex('000201 00')),
      ],
      nlri,
      withdrawn: nlri,
    }),
  );
  t.true(reader.isTreatAsWithdraw);
  const fresh = makeReader();
  readUpdate(fresh, update({ withdrawn: nlri }));
  readUpdate(reader, update({ withdrawn: nlri }));
  const shown = (one: UpdateReader): unknown[] => [
    one.withdrawnEnd - one.withdrawnStart,
    one.nlriEnd - one.nlriStart,
    one.attr,
    one.mpAttr,
    one.reachFamily,
    one.unreachFamily,
    one.reachEnd - one.reachStart,
    one.unreachEnd - one.unreachStart,
    one.isTreatAsWithdraw,
    one.faultCode,
    one.faultReason,
    one.discarded.length,
    one.endOfRib,
  ];
  t.deepEqual(shown(reader), shown(fresh));
});

test('messages are read at any offset of a buffer', (t) => {
  const bytes = update({ attributes: [mpReach, ...attributesWith('ebgp')], nlri });
  const buffer = concat([1, 2, 3, 4, 5], bytes, [0xff, 0xff]);
  const reader = makeReader();
  reader.read(buffer, 5, 5 + bytes.length);
  t.deepEqual(prefixesIn(buffer, reader.nlriStart, reader.nlriEnd, ipv4Unicast), ['198.51.100.0/24']);
  t.deepEqual(prefixesIn(buffer, reader.reachStart, reader.reachEnd, ipv6Unicast), ['2001:db8:1::/48']);
});

// Sessions without 4-octet AS numbers

interface OldCase {
  readonly title: string;
  readonly attributes: readonly Uint8Array[];
  readonly path: string;
  readonly aggregator?: string;
  readonly outcome?: string;
}

const path2 = (hex: string): Uint8Array => attribute(0x40, 2, fromHex(hex));
const as4Path = (hex: string): Uint8Array => attribute(0xc0, 17, fromHex(hex));

const oldCases: readonly OldCase[] = [
  { title: 'a path of two octets is widened', attributes: [path2('0202 fde9 0001')], path: '65001 1' },
  {
    title: 'AS4_PATH replaces the tail of AS_PATH (RFC 6793 §4.2.3)',
    attributes: [path2('0203 fde9 5ba0 5ba0'), as4Path('0202 fa56ea01 fa56ea02')],
    path: '65001 4200000001 4200000002',
  },
  {
    title: 'an AS_SET counts one when AS4_PATH is merged (RFC 6793 §4.2.3)',
    attributes: [path2('0202 fde9 5ba0 0102 5ba0 0007'), as4Path('0201 fa56ea01 0102 fa56ea02 00000007')],
    path: '65001 4200000001 {4200000002,7}',
  },
  {
    title: 'AS4_PATH longer than AS_PATH is ignored (RFC 6793 §4.2.3)',
    attributes: [path2('0201 fde9'), as4Path('0202 fa56ea01 fa56ea02')],
    path: '65001',
  },
  {
    title: 'a malformed AS4_PATH is discarded (RFC 6793 §6)',
    attributes: [path2('0202 fde9 5ba0'), as4Path('0202 fa56ea01')],
    path: '65001 23456',
    outcome: 'discard 17',
  },
  {
    title: 'confederation segments of AS4_PATH are left out (RFC 6793 §6)',
    attributes: [path2('0202 fde9 5ba0'), as4Path('0301 0000fdff 0201 fa56ea01')],
    path: '65001 4200000001',
  },
  {
    title: 'AS4_AGGREGATOR replaces an AGGREGATOR of AS_TRANS (RFC 6793 §4.2.3)',
    attributes: [
      path2('0202 fde9 5ba0'),
      attribute(0xc0, 7, fromHex('5ba0 0a000001')),
      as4Path('0201 fa56ea01'),
      attribute(0xc0, 18, fromHex('fa56ea01 0a000001')),
    ],
    path: '65001 4200000001',
    aggregator: '4200000001',
  },
  {
    title: 'an AGGREGATOR with an AS of its own makes AS4_PATH and AS4_AGGREGATOR stale (RFC 6793 §4.2.3)',
    attributes: [
      path2('0202 fde9 5ba0'),
      attribute(0xc0, 7, fromHex('fde9 0a000001')),
      as4Path('0201 fa56ea01'),
      attribute(0xc0, 18, fromHex('fa56ea01 0a000001')),
    ],
    path: '65001 23456',
    aggregator: '65001',
  },
  {
    title: 'AS4_AGGREGATOR of a wrong length is discarded (RFC 6793 §6)',
    attributes: [path2('0201 fde9'), attribute(0xc0, 7, fromHex('5ba0 0a000001')), attribute(0xc0, 18, zeros(6))],
    path: '65001',
    aggregator: '23456',
    outcome: 'discard 18',
  },
  {
    title: 'AGGREGATOR of eight octets is discarded where AS numbers have two (RFC 7606 §7.7)',
    attributes: [path2('0201 fde9'), attribute(0xc0, 7, zeros(8))],
    path: '65001',
    outcome: 'discard 7',
  },
  {
    title: 'AS 0 in AS4_PATH discards it (RFC 7607 §2)',
    attributes: [path2('0202 fde9 5ba0'), as4Path('0201 00000000')],
    path: '65001 23456',
    outcome: 'discard 17',
  },
];

for (const one of oldCases) {
  test(`two-octet session: ${one.title}`, (t) => {
    const attributes = new AttributeSets();
    const reader = makeReader({ attributes, hasFourOctetAsn: false });
    const bytes = update({ attributes: [origin, nextHop, ...one.attributes], nlri });
    t.is(outcomeOf(reader, bytes), one.outcome ?? 'kept');
    const decoded = attributes.decode(reader.attr);
    t.is(formatAsPath(decoded.asPath), one.path);
    t.is(decoded.aggregator?.asn.toString(), one.aggregator);
    t.is(decoded.unknown.length, 0);
    t.is(attributes.neighborAsn[reader.attr], 65001);
  });
}

test('two-octet session: a path read as four octets would be withdraws', (t) => {
  const reader = makeReader({ hasFourOctetAsn: false });
  t.is(outcomeOf(reader, update({ attributes: [origin, asPath, nextHop], nlri })), 'withdraw 2');
});

test('two-octet session: a peer whose AS number needs four octets appears as AS_TRANS (RFC 6793 §4.2.2)', (t) => {
  const reader = makeReader({ hasFourOctetAsn: false, remoteAsn: 4_200_000_001 });
  t.is(outcomeOf(reader, update({ attributes: [origin, path2('0201 5ba0'), nextHop], nlri })), 'kept');
});

test('two-octet session: paths of many full segments stay whole', (t) => {
  const attributes = new AttributeSets();
  const reader = makeReader({ attributes, hasFourOctetAsn: false });
  const segment = concat([2, 255], Array.from({ length: 255 }, () => [0xfd, 0xe9]).flat());
  const value = concat(segment, segment, segment);
  readUpdate(reader, update({ attributes: [origin, attribute(0x50, 2, value), nextHop], nlri }));
  t.is(attributes.asPathLength[reader.attr], 765);
});

test('every family of this speaker is read', (t) => {
  t.is(families.length, 2);
});
