// Every outcome of RFC 7606 per attribute, for external and internal peers (messages as a whole: update-reader.test.ts). Attributes
// are written by hand from RFC 4271 §4.3, 1997, 4360, 4456, 4760, 6793 and 8092.

import test from 'ava';

import { ipv4Unicast, ipv6Unicast } from '#bgp/net/family.ts';
import { attribute, fromHex, localPref, makeReader, mpReach, nlri, prefixesIn, update } from './bytes.ts';

import { attributesWith, attributesWithout, mandatory, outcomeOf } from './update-outcome.ts';

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
      const reader = makeReader({ kind });
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
      t.is(outcomeOf(makeReader({ kind }), bytes), `withdraw ${code}`);
    });
  }

  test(`${kind}: MP_REACH_NLRI needs no NEXT_HOP (RFC 4760 §3)`, (t) => {
    const bytes = update({ attributes: [mpReach, ...attributesWithout(kind, 3)] });
    const reader = makeReader({ kind });
    t.is(outcomeOf(reader, bytes), 'kept');
    t.true(reader.attr === 0);
    t.not(reader.mpAttr, 0);
    t.is(reader.reachFamily, ipv6Unicast);
    t.deepEqual(prefixesIn(bytes, reader.reachStart, reader.reachEnd, ipv6Unicast), ['2001:db8:1::/48']);
  });

  test(`${kind}: a malformed attribute withdraws the routes of MP_REACH_NLRI as well (RFC 7606 §2)`, (t) => {
    const bytes = update({ attributes: [mpReach, ...attributesWith(kind, attribute(0x40, 1, [9]))], nlri });
    const reader = makeReader({ kind });
    t.is(outcomeOf(reader, bytes), 'withdraw 1');
    t.true(reader.mpAttr === 0);
    t.deepEqual(prefixesIn(bytes, reader.reachStart, reader.reachEnd, ipv6Unicast), ['2001:db8:1::/48']);
    t.deepEqual(prefixesIn(bytes, reader.nlriStart, reader.nlriEnd, ipv4Unicast), ['198.51.100.0/24']);
  });
}

test('the table of RFC 7606 outcomes is whole', (t) => {
  t.is(cases.length, 64);
});
