// Every outcome of RFC 7606 per attribute, fault and kind of peer (messages as a whole: update-reader.test.ts). Attributes are written
// by hand from RFC 4271 §4.3, 1997, 4360, 4456, 4760, 5065, 5701, 6793, 7311, 8092 and 9234.

import test from 'ava';

import { ipv4Unicast, ipv6Unicast } from '#bgp/net/family.ts';
import { AttributeSets } from '#bgp/wire/attribute-sets.ts';
import { AttributeCode, AttributeFlag, attributeRows } from '#bgp/wire/attribute.ts';
import { attribute, fromHex, makeReader, mpReach, nlri, prefixesIn, update } from './bytes.ts';

import { type Kind, attributesWith, attributesWithout, kinds, mandatory, outcomeOf } from './update-outcome.ts';

/**
 * Attribute and fault | flags code: value | what follows from ebgp, confederation, ibgp peers | the sentence that says so.
 * `00*6` is six zero octets; `peer` begins a path as that kind of peer must: with AS 65001, in an AS_CONFED_SEQUENCE from a
 * confederation peer. `drop` is quiet: kept, but without the attribute.
 */
const table = `
  ORIGIN EGP                                | 40 01: 01                    | kept     kept     kept     | 4271 §5.1.1
  ORIGIN INCOMPLETE                         | 40 01: 02                    | kept     kept     kept     | 4271 §5.1.1
  ORIGIN of value 3                         | 40 01: 03                    | withdraw withdraw withdraw | 7606 §7.1
  ORIGIN of value 255                       | 40 01: ff                    | withdraw withdraw withdraw | 7606 §7.1
  ORIGIN of no octet                        | 40 01:                       | withdraw withdraw withdraw | 7606 §7.1
  ORIGIN of two octets                      | 40 01: 0000                  | withdraw withdraw withdraw | 7606 §7.1
  ORIGIN flagged optional                   | c0 01: 00                    | withdraw withdraw withdraw | 7606 §3 c
  ORIGIN flagged non-transitive             | 00 01: 00                    | withdraw withdraw withdraw | 7606 §3 c
  ORIGIN with the four lower bits set       | 4f 01: 00                    | kept     kept     kept     | 4271 §4.3
  ORIGIN with the Partial bit               | 60 01: 00                    | kept     kept     kept     | 7606 §3 c names only Optional and Transitive
  ORIGIN with a length of two octets        | 50 01: 00                    | kept     kept     kept     | 4271 §4.3
  AS_PATH of one AS                         | 40 02: peer                  | kept     kept     kept     | 4271 §5.1.2
  AS_PATH of 765 ASes                       | 50 02: peer 02ff 00000007*255 02ff 00000008*255 02ff 00000009*255 | kept kept kept | 4271 §5.1.2
  AS_PATH without segments                  | 40 02:                       | withdraw withdraw kept     | 4271 §6.3, 5065 §5
  AS_PATH of another first AS               | 40 02: 0202 0000fdea 0000fde9 | withdraw withdraw kept    | 4271 §6.3, 5065 §5
  AS_PATH with an AS_SET                    | 40 02: peer 0102 00000001 00000002 | withdraw withdraw withdraw | 9774 §3
  AS_PATH that begins with an AS_SET        | 40 02: 0101 0000fde9         | withdraw withdraw withdraw | 9774 §3
  AS_PATH with an AS_CONFED_SEQUENCE        | 40 02: 0301 0000fde9         | withdraw kept     withdraw | 5065 §5
  AS_PATH with one behind an AS_SEQUENCE    | 40 02: peer 0201 00000001 0301 0000fdff | withdraw kept withdraw | 5065 §5
  AS_PATH with an AS_CONFED_SET             | 40 02: peer 0401 0000fdff    | withdraw withdraw withdraw | 9774 §3
  AS_PATH of a member AS that is not the peer | 40 02: 0301 0000fdff       | withdraw withdraw withdraw | 4271 §6.3
  AS_PATH with segment type 0               | 40 02: peer 0001 00000001    | withdraw withdraw withdraw | 7606 §7.2
  AS_PATH with segment type 5               | 40 02: peer 0501 00000001    | withdraw withdraw withdraw | 7606 §7.2
  AS_PATH with segment type 255             | 40 02: peer ff01 00000001    | withdraw withdraw withdraw | 7606 §7.2
  AS_PATH with a segment past its end       | 40 02: peer 0202 0000fde9    | withdraw withdraw withdraw | 7606 §7.2
  AS_PATH with one octet left over          | 40 02: peer 02               | withdraw withdraw withdraw | 7606 §7.2
  AS_PATH with an empty segment             | 40 02: peer 0200             | withdraw withdraw withdraw | 7606 §7.2
  AS_PATH with AS 0                         | 40 02: peer 0201 00000000    | withdraw withdraw withdraw | 7607 §2
  AS_PATH of two-octet numbers              | 40 02: 0202 fde9 fdea        | withdraw withdraw withdraw | 7606 §7.2
  AS_PATH flagged optional                  | c0 02: peer                  | withdraw withdraw withdraw | 7606 §3 c
  AS_PATH flagged non-transitive            | 00 02: peer                  | withdraw withdraw withdraw | 7606 §3 c
  NEXT_HOP                                  | 40 03: c0000201              | kept     kept     kept     | 4271 §5.1.3
  NEXT_HOP of no octet                      | 40 03:                       | withdraw withdraw withdraw | 7606 §7.3
  NEXT_HOP of three octets                  | 40 03: c00002                | withdraw withdraw withdraw | 7606 §7.3
  NEXT_HOP of five octets                   | 40 03: c000020101            | withdraw withdraw withdraw | 7606 §7.3
  NEXT_HOP of sixteen octets                | 40 03: 20010db8*4            | withdraw withdraw withdraw | 7606 §7.3
  NEXT_HOP 0.0.0.0                          | 40 03: 00000000              | withdraw withdraw withdraw | 4271 §6.3
  NEXT_HOP 127.0.0.1                        | 40 03: 7f000001              | withdraw withdraw withdraw | 4271 §6.3
  NEXT_HOP 224.0.0.5                        | 40 03: e0000005              | withdraw withdraw withdraw | 4271 §6.3
  NEXT_HOP 255.255.255.255                  | 40 03: ffffffff              | withdraw withdraw withdraw | 4271 §6.3
  NEXT_HOP flagged optional                 | c0 03: c0000201              | withdraw withdraw withdraw | 7606 §3 c
  NEXT_HOP flagged non-transitive           | 00 03: c0000201              | withdraw withdraw withdraw | 7606 §3 c
  MED                                       | 80 04: 00000005              | kept     kept     kept     | 4271 §5.1.4
  MED of no octet                           | 80 04:                       | withdraw withdraw withdraw | 7606 §7.4
  MED of three octets                       | 80 04: 000000                | withdraw withdraw withdraw | 7606 §7.4
  MED of five octets                        | 80 04: 0000000000            | withdraw withdraw withdraw | 7606 §7.4
  MED flagged transitive                    | c0 04: 00000000              | withdraw withdraw withdraw | 7606 §3 c
  MED flagged well-known                    | 40 04: 00000000              | withdraw withdraw withdraw | 7606 §3 c
  MED flagged non-optional                  | 00 04: 00000000              | withdraw withdraw withdraw | 7606 §3 c
  LOCAL_PREF                                | 40 05: 00000064              | discard  kept     kept     | 7606 §7.5, 5065 §4
  LOCAL_PREF of three octets                | 40 05: 000064                | discard  withdraw withdraw | 7606 §7.5
  LOCAL_PREF of no octet                    | 40 05:                       | discard  withdraw withdraw | 7606 §7.5
  LOCAL_PREF flagged optional               | c0 05: 00000064              | discard  withdraw withdraw | 7606 §3 c, §7.5
  LOCAL_PREF flagged non-transitive         | 00 05: 00000064              | discard  withdraw withdraw | 7606 §3 c, §7.5
  ATOMIC_AGGREGATE                          | 40 06:                       | kept     kept     kept     | 4271 §5.1.6
  ATOMIC_AGGREGATE with a value             | 40 06: 00                    | discard  discard  discard  | 7606 §7.6
  ATOMIC_AGGREGATE flagged optional         | c0 06:                       | withdraw withdraw withdraw | 7606 §3 c
  ATOMIC_AGGREGATE flagged non-transitive   | 00 06:                       | withdraw withdraw withdraw | 7606 §3 c
  AGGREGATOR                                | c0 07: 0000fde9 0a000001     | kept     kept     kept     | 4271 §5.1.7
  AGGREGATOR of no octet                    | c0 07:                       | discard  discard  discard  | 7606 §7.7
  AGGREGATOR of six octets                  | c0 07: 00*6                  | discard  discard  discard  | 7606 §7.7
  AGGREGATOR of nine octets                 | c0 07: 01*9                  | discard  discard  discard  | 7606 §7.7
  AGGREGATOR with AS 0                      | c0 07: 00000000 0a000001     | discard  discard  discard  | 7607 §2
  AGGREGATOR flagged non-transitive         | 80 07: 0000fde9 0a000001     | withdraw withdraw withdraw | 7606 §3 c
  AGGREGATOR flagged well-known             | 40 07: 0000fde9 0a000001     | withdraw withdraw withdraw | 7606 §3 c
  COMMUNITIES                               | c0 08: 00*8                  | kept     kept     kept     | 1997
  COMMUNITIES with the Partial bit          | e0 08: 00*8                  | kept     kept     kept     | 4271 §4.3
  COMMUNITIES without members               | c0 08:                       | withdraw withdraw withdraw | 7606 §7.8
  COMMUNITIES of six octets                 | c0 08: 00*6                  | withdraw withdraw withdraw | 7606 §7.8
  COMMUNITIES flagged well-known            | 40 08: 00*4                  | withdraw withdraw withdraw | 7606 §3 c
  COMMUNITIES flagged non-transitive        | 80 08: 00*4                  | withdraw withdraw withdraw | 7606 §3 c
  ORIGINATOR_ID                             | 80 09: 0a000001              | discard  discard  kept     | 7606 §7.9
  ORIGINATOR_ID of five octets              | 80 09: 00*5                  | discard  discard  withdraw | 7606 §7.9
  ORIGINATOR_ID flagged transitive          | c0 09: 0a000001              | discard  discard  withdraw | 7606 §3 c, §7.9
  ORIGINATOR_ID flagged non-optional        | 00 09: 0a000001              | discard  discard  withdraw | 7606 §3 c, §7.9
  CLUSTER_LIST                              | 80 0a: 0a000001 0a000002     | discard  discard  kept     | 7606 §7.10
  CLUSTER_LIST without members              | 80 0a:                       | discard  discard  withdraw | 7606 §7.10
  CLUSTER_LIST of seven octets              | 80 0a: 00*7                  | discard  discard  withdraw | 7606 §7.10
  CLUSTER_LIST flagged transitive           | c0 0a: 0a000001              | discard  discard  withdraw | 7606 §3 c, §7.10
  CLUSTER_LIST flagged non-optional         | 00 0a: 0a000001              | discard  discard  withdraw | 7606 §3 c, §7.10
  EXTENDED_COMMUNITIES                      | c0 10: 00*16                 | kept     kept     kept     | 4360 §2
  EXTENDED_COMMUNITIES non-transitive ones  | c0 10: 4004 fde9 4cee6b28    | kept     kept     kept     | 4360 §3
  EXTENDED_COMMUNITIES of twelve octets     | c0 10: 00*12                 | withdraw withdraw withdraw | 7606 §7.14
  EXTENDED_COMMUNITIES without members      | c0 10:                       | withdraw withdraw withdraw | 7606 §7.14
  EXTENDED_COMMUNITIES flagged well-known   | 40 10: 00*8                  | withdraw withdraw withdraw | 7606 §3 c
  EXTENDED_COMMUNITIES flagged non-transitive | 80 10: 00*8                  | withdraw withdraw withdraw | 7606 §3 c
  AS4_PATH beside four-octet numbers        | c0 11: 0201 0000fde9         | discard  discard  discard  | 6793 §4.1
  AS4_AGGREGATOR beside four-octet numbers  | c0 12: 00*8                  | discard  discard  discard  | 6793 §4.1
  AS4_PATH flagged non-transitive           | 80 11: 0201 0000fde9         | withdraw withdraw withdraw | 7606 §3 c
  AS4_PATH flagged well-known               | 40 11: 0201 0000fde9         | withdraw withdraw withdraw | 7606 §3 c
  AS4_AGGREGATOR flagged non-transitive     | 80 12: 00*8                  | withdraw withdraw withdraw | 7606 §3 c
  AS4_AGGREGATOR flagged well-known         | 40 12: 00*8                  | withdraw withdraw withdraw | 7606 §3 c
  IPV6_EXTENDED_COMMUNITIES                 | c0 19: 00*40                 | kept     kept     kept     | 5701 §2
  IPV6_EXTENDED_COMMUNITIES of 24 octets    | c0 19: 00*24                 | withdraw withdraw withdraw | 7606 §7.15
  IPV6_EXTENDED_COMMUNITIES without members | c0 19:                       | withdraw withdraw withdraw | 7606 §7.15
  IPV6_EXTENDED_COMMUNITIES flagged well-known | 40 19: 00*20              | withdraw withdraw withdraw | 7606 §3 c
  IPV6_EXTENDED_COMMUNITIES flagged non-transitive | 80 19: 00*20                 | withdraw withdraw withdraw | 7606 §3 c
  AIGP                                      | 80 1a: 01 000b 00*8          | drop     kept     kept     | 7311 §3.3
  AIGP with an unknown TLV                  | 80 1a: 07 0004 00 01 000b 00*8 | drop   kept     kept     | 7311 §3.2
  AIGP with two metrics                     | 80 1a: 01 000b 00*8 01 000b 00*8 | drop kept     kept     | 7311 §3.2
  AIGP without TLV                          | 80 1a:                       | drop     kept     kept     | 7311 §3.2
  AIGP with a metric of four octets         | 80 1a: 01 0007 00*4          | drop     discard  discard  | 7311 §3.2
  AIGP with a TLV of length 2               | 80 1a: 01 0002               | drop     discard  discard  | 7311 §3.2
  AIGP with a TLV of length 0               | 80 1a: 01 0000               | drop     discard  discard  | 7311 §3.2
  AIGP with a TLV past its end              | 80 1a: 01 000c 00*8          | drop     discard  discard  | 7311 §3.2
  AIGP with two octets left over            | 80 1a: 01 000b 00*8 0100     | drop     discard  discard  | 7311 §3.2
  AIGP flagged transitive                   | c0 1a: 01 000b 00*8          | drop     withdraw withdraw | 7606 §3 c; disabled: 7311 §3.3
  AIGP flagged non-optional                 | 00 1a: 01 000b 00*8          | drop     withdraw withdraw | 7606 §3 c; disabled: 7311 §3.3
  AIGP of the greatest metric               | 80 1a: 01 000b ff*8          | drop     discard  discard  | 7311 §3.2
  LARGE_COMMUNITY                           | c0 20: 00*12                 | kept     kept     kept     | 8092 §3
  LARGE_COMMUNITY of eight octets           | c0 20: 00*8                  | withdraw withdraw withdraw | 8092 §5
  LARGE_COMMUNITY without members           | c0 20:                       | withdraw withdraw withdraw | 8092 §5
  LARGE_COMMUNITY flagged non-transitive    | 80 20: 00*12                 | withdraw withdraw withdraw | 7606 §3 c
  LARGE_COMMUNITY flagged well-known        | 40 20: 00*12                 | withdraw withdraw withdraw | 7606 §3 c
  ONLY_TO_CUSTOMER                          | c0 23: 0000fde9              | kept     kept     kept     | 9234 §5
  ONLY_TO_CUSTOMER of three octets          | c0 23: 00*3                  | withdraw withdraw withdraw | 9234 §5
  ONLY_TO_CUSTOMER of 1,024 octets          | d0 23: 00*1024               | withdraw withdraw withdraw | 9234 §5
  ONLY_TO_CUSTOMER of no octet              | c0 23:                       | withdraw withdraw withdraw | 9234 §5
  ONLY_TO_CUSTOMER flagged non-transitive   | 80 23: 0000fde9              | withdraw withdraw withdraw | 7606 §3 c
  ONLY_TO_CUSTOMER flagged well-known       | 40 23: 0000fde9              | withdraw withdraw withdraw | 7606 §3 c
  attribute 99, optional transitive         | c0 63: 00*3                  | kept     kept     kept     | 4271 §9
  attribute 99 of no octet                  | c0 63:                       | kept     kept     kept     | 4271 §9
  attribute 99 of 3,000 octets              | d0 63: 05*3000               | kept     kept     kept     | 4271 §9
  attribute 99, optional non-transitive     | 80 63: 00*3                  | drop     drop     drop     | 4271 §9
  attribute 99, well-known                  | 40 63: 00*3                  | withdraw withdraw withdraw | 7606 §2 instead of 4271 §6.3
  attribute 99, neither                     | 00 63: 00*3                  | withdraw withdraw withdraw | 7606 §2 instead of 4271 §6.3
  attribute 0                               | c0 00: 00                    | kept     kept     kept     | 4271 §9
  attribute 255 for development             | c0 ff: 00*20                 | kept     kept     kept     | 2042
  Tunnel Encapsulation, not known here      | c0 17: 0001 0004 00*2        | kept     kept     kept     | 4271 §9
  Entropy Label Capability, deprecated      | c0 1c: 00*6                  | kept     kept     kept     | 4271 §9
  BGP Prefix-SID of zeros, not known here   | c0 28: 00*10                 | kept     kept     kept     | 4271 §9
  ATTR_SET, not known here                  | c0 80: 00*40                 | kept     kept     kept     | 4271 §9
`;

/** The same from peers without four-octet AS numbers, behind a path of two AS_TRANS: what has no meaning in other sessions. */
const twoOctetTable = `
  AS4_PATH                                  | c0 11: 0201 fa56ea01         | kept     kept     kept     | 6793 §4.2.3
  AS4_PATH with the Partial bit             | e0 11: 0201 fa56ea01         | kept     kept     kept     | 4271 §4.3
  AS4_PATH without segments                 | c0 11:                       | discard  discard  discard  | 6793 §6
  AS4_PATH with a segment past its end      | c0 11: 0202 fa56ea01         | discard  discard  discard  | 6793 §6
  AS4_PATH with segment type 9              | c0 11: 0901 fa56ea01         | discard  discard  discard  | 6793 §6
  AS4_PATH with an empty segment            | c0 11: 0200                  | discard  discard  discard  | 6793 §6
  AS4_PATH with AS 0                        | c0 11: 0201 00000000         | discard  discard  discard  | 7607 §2
  AS4_PATH with an AS_SET                   | c0 11: 0101 fa56ea01         | withdraw withdraw withdraw | 9774 §3
  AS4_PATH flagged non-transitive           | 80 11: 0201 fa56ea01         | withdraw withdraw withdraw | 7606 §3 c
  AS4_PATH flagged well-known               | 40 11: 0201 fa56ea01         | withdraw withdraw withdraw | 7606 §3 c
  AS4_AGGREGATOR                            | c0 12: fa56ea01 0a000001     | kept     kept     kept     | 6793 §4.2.3
  AS4_AGGREGATOR of seven octets            | c0 12: 01*7                  | discard  discard  discard  | 6793 §6
  AS4_AGGREGATOR of nine octets             | c0 12: 01*9                  | discard  discard  discard  | 6793 §6
  AS4_AGGREGATOR with AS 0                  | c0 12: 00000000 0a000001     | discard  discard  discard  | 7607 §2
  AS4_AGGREGATOR flagged non-transitive     | 80 12: fa56ea01 0a000001     | withdraw withdraw withdraw | 7606 §3 c
  AS4_AGGREGATOR flagged well-known         | 40 12: fa56ea01 0a000001     | withdraw withdraw withdraw | 7606 §3 c
`;

/** Attributes that hold routes, beside IPv4 routes that are in order; `global` is 2001:db8::1. `disable` takes IPv6 from the session. */
const mpTable = `
  MP_REACH_NLRI                             | 80 0e: 0002 01 10 global 00 30 20010db80001 | kept kept kept | 4760 §3
  MP_REACH_NLRI of a multicast next hop     | 80 0e: 0002 01 10 ff02 00*14 00 30 20010db80001 | withdraw withdraw withdraw | 4271 §6.3
  MP_REACH_NLRI of a next hop of 5 octets   | 80 0e: 0002 01 05 00*5 00 30 20010db80001 | disable disable disable | 7606 §7.11
  MP_REACH_NLRI with a prefix cut short     | 80 0e: 0002 01 10 global 00 30 2001 | disable disable disable | 7606 §3 j, §5.3
  MP_REACH_NLRI with a prefix of /129       | 80 0e: 0002 01 10 global 00 81 00*17 | disable disable disable | 7606 §3 j, §5.3
  MP_REACH_NLRI without a family            | 80 0e: 00                    | reset    reset    reset    | 7606 §3 j
  MP_REACH_NLRI flagged transitive          | c0 0e: 0002 01 10 global 00 30 20010db80001 | withdraw withdraw withdraw | 7606 §3 c
  MP_REACH_NLRI flagged non-optional        | 00 0e: 0002 01 10 global 00 30 20010db80001 | withdraw withdraw withdraw | 7606 §3 c
  MP_UNREACH_NLRI                           | 80 0f: 0002 01 30 20010db80001 | kept   kept     kept     | 4760 §4
  MP_UNREACH_NLRI with a prefix cut short   | 80 0f: 0002 01 30 2001       | disable  disable  disable  | 7606 §3 j, §5.3
  MP_UNREACH_NLRI with a prefix of /129     | 80 0f: 0002 01 81 00*17      | disable  disable  disable  | 7606 §3 j, §5.3
  MP_UNREACH_NLRI without a family          | 80 0f:                       | reset    reset    reset    | 7606 §3 j
  MP_UNREACH_NLRI flagged transitive        | c0 0f: 0002 01 30 20010db80001 | withdraw withdraw withdraw | 7606 §3 c
  MP_UNREACH_NLRI flagged non-optional      | 00 0f: 0002 01 30 20010db80001 | withdraw withdraw withdraw | 7606 §3 c
`;

interface Row {
  readonly what: string;
  readonly sentence: string;
  readonly flags: number;
  readonly code: number;
  readonly value: string;
  readonly outcomes: Readonly<Record<Kind, string>>;
}

const readTable = (text: string): readonly Row[] =>
  text
    .trim()
    .split('\n')
    .map((line): Row => {
      const [what, bytes, outcomes, sentence] = line.split('|').map((cell) => cell.trim());
      const [head, value] = bytes.split(':');
      const [flags, code] = fromHex(head);
      const [ebgp, confederation, ibgp] = outcomes.split(/\s+/);
      return { what, sentence: `RFC ${sentence}`, flags, code, value, outcomes: { ebgp, confederation, ibgp } };
    });

const rows = readTable(table);
const twoOctetRows = readTable(twoOctetTable);
const mpRows = readTable(mpTable);

/** Hexadecimal text with `peer` and repetitions written out. */
function spellOut(value: string, kind: Kind): Uint8Array {
  const lead = kind === 'confederation' ? '0301 0000fde9' : '0201 0000fde9';
  const text = value.replace('peer', lead).replace('global', '20010db8 00*11 01');
  return fromHex(text.replaceAll(/([0-9a-f]+)\*(\d+)/g, (_, hex: string, count: string) => hex.repeat(Number(count))));
}

/** Codes of the attributes in a canonical block. */
function codesIn(block: Uint8Array): number[] {
  const codes: number[] = [];
  for (let at = 0; at < block.length;) {
    codes.push(block[at + 1]);
    at += (block[at] & 0x10) === 0 ? 3 + block[at + 2] : 4 + ((block[at + 2] << 8) | block[at + 3]);
  }
  return codes;
}

for (const kind of kinds) {
  for (const { what, sentence, flags, code, value, outcomes } of rows) {
    const word = outcomes[kind];
    test(`${kind}: ${what}: ${word} (${sentence})`, (t) => {
      const one = attribute(flags, code, spellOut(value, kind));
      const bytes = update({ attributes: attributesWith(kind, one), nlri });
      const sets = new AttributeSets();
      const reader = makeReader({ kind, attributes: sets });
      const expected = word === 'withdraw' || word === 'discard' ? `${word} ${code}` : 'kept';
      t.is(outcomeOf(reader, bytes), expected);
      t.is(reader.attr === 0, word === 'withdraw');
      t.deepEqual(prefixesIn(bytes, reader.nlriStart, reader.nlriEnd, ipv4Unicast), ['198.51.100.0/24']);
      if (word !== 'withdraw') t.is(codesIn(sets.bytesOf(reader.attr)).includes(code), word === 'kept');
      // A second time, when the fast path knows what was good.
      t.is(outcomeOf(reader, bytes), expected);
    });
  }

  for (const { what, sentence, flags, code, value, outcomes } of twoOctetRows) {
    const word = outcomes[kind];
    test(`${kind}, two-octet AS numbers: ${what}: ${word} (${sentence})`, (t) => {
      const path = kind === 'confederation' ? '0301 fde9 0202 5ba0 5ba0' : '0203 fde9 5ba0 5ba0';
      const aggregator = attribute(0xc0, 7, fromHex('5ba0 0a000001'));
      const one = attribute(flags, code, spellOut(value, kind));
      const attributes = attributesWith(kind, attribute(0x40, 2, fromHex(path)), aggregator, one);
      const reader = makeReader({ kind, hasFourOctetAsn: false });
      t.is(outcomeOf(reader, update({ attributes, nlri })), word === 'kept' ? word : `${word} ${code}`);
      t.is(reader.attr === 0, word === 'withdraw');
    });
  }

  for (const { what, sentence, flags, code, value, outcomes } of mpRows) {
    const word = outcomes[kind];
    test(`${kind}: ${what}: ${word} (${sentence})`, (t) => {
      const one = attribute(flags, code, spellOut(value, kind));
      const bytes = update({ attributes: [one, ...attributesWith(kind)], nlri });
      const reader = makeReader({ kind });
      const details: Readonly<Record<string, string>> = { withdraw: ` ${code}`, disable: ' 2/1', reset: ' 3/9' };
      t.is(outcomeOf(reader, bytes), word + (details[word] ?? ''));
      if (word === 'reset') return;
      // The IPv4 routes are withdrawn with the others, and stay when it is the family that goes.
      t.is(reader.attr === 0, word === 'withdraw');
      t.deepEqual(prefixesIn(bytes, reader.nlriStart, reader.nlriEnd, ipv4Unicast), ['198.51.100.0/24']);
      t.is(reader.mpAttr !== 0, word === 'kept' && code === AttributeCode.MpReach);
    });
  }

  for (const code of mandatory(kind).keys()) {
    test(`${kind}: an UPDATE without attribute ${code} withdraws (RFC 7606 §3 d)`, (t) => {
      const bytes = update({ attributes: attributesWithout(kind, code), nlri });
      t.is(outcomeOf(makeReader({ kind }), bytes), `withdraw ${code}`);
      const unknown = attribute(0xc0, 99, [1]);
      const withUnknown = update({ attributes: [...attributesWithout(kind, code), unknown], nlri });
      t.is(outcomeOf(makeReader({ kind }), withUnknown), `withdraw ${code}`);
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
  const all = [...rows, ...twoOctetRows, ...mpRows];
  t.deepEqual([rows.length, twoOctetRows.length, mpRows.length], [132, 16, 14]);
  for (const { what, outcomes } of all) {
    for (const kind of kinds) t.regex(outcomes[kind], /^(kept|drop|discard|withdraw|disable|reset)$/, what);
  }
  // Each attribute that we know: taken, malformed, and with either flag wrong.
  for (const row of attributeRows) {
    if (row === undefined) continue;
    const own = all.filter(({ code }) => code === row.code);
    const flipped = (one: Row): number => (one.flags ^ row.flags) & (AttributeFlag.Optional | AttributeFlag.Transitive);
    const flagged = own.filter((one) => flipped(one) === 0);
    t.true(
      flagged.some(({ outcomes }) => outcomes.ibgp === 'kept'),
      `${row.name} is taken from somebody`,
    );
    t.true(
      flagged.some(({ outcomes }) => outcomes.ibgp !== 'kept'),
      `${row.name} is malformed`,
    );
    for (const bit of [AttributeFlag.Optional, AttributeFlag.Transitive]) {
      t.true(
        own.some((one) => flipped(one) === bit),
        `${row.name} with flag 0x${bit.toString(16)} wrong`,
      );
    }
  }
});
