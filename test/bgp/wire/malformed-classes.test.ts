// UPDATEs that have broken BGP speakers, class by class, from each kind of peer: what each leads to, and that the next message is read as
// if nothing had been. Outcomes of single attributes: update-reader-attributes.test.ts.

import test from 'ava';

import { ipv4Unicast, ipv6Unicast } from '#bgp/net/family.ts';
import { AttributeSets } from '#bgp/wire/attribute-sets.ts';
import { deriveExport, plainExport } from '#bgp/wire/export-transform.ts';
import type { UpdateReader, UpdateReaderOptions } from '#bgp/wire/update-reader.ts';
import { UpdateWriter } from '#bgp/wire/update-writer.ts';
import {
  attribute,
  concat,
  fromHex,
  makeReader,
  message,
  mpReach,
  nlri,
  prefixesIn,
  readUpdate,
  toHex,
  update,
} from './bytes.ts';

import { attributesWith, attributesWithout, kinds, outcomeOf, type Kind } from './update-outcome.ts';

const global = '20010db8000000000000000000000001';
const unreach = (hex: string): Uint8Array => attribute(0x80, 15, fromHex(hex));
const reach = (hex: string): Uint8Array => attribute(0x80, 14, fromHex(hex));
const zeros = (length: number): Uint8Array => new Uint8Array(length);

interface Case {
  readonly title: string;
  readonly bytes: (kind: Kind) => Uint8Array;
  readonly outcome: string;
  readonly options?: Partial<UpdateReaderOptions>;
}

const good = (kind: Kind): Uint8Array => update({ attributes: attributesWith(kind), nlri });

const cases: readonly Case[] = [
  // Lengths of the message's fields
  {
    title: 'class 3: withdrawn routes longer than the message',
    bytes: () => message(2, fromHex('0005 0000')),
    outcome: 'reset 3/1',
  },
  {
    title: 'class 3: withdrawn routes that leave no room for the other length',
    bytes: () => message(2, fromHex('0001 00 00')),
    outcome: 'reset 3/1',
  },
  {
    title: 'class 3: attributes longer than the message',
    bytes: () => message(2, fromHex('0000 0005 400101')),
    outcome: 'reset 3/1',
  },
  {
    title: 'class 3: both lengths at their greatest, whose sum overflows 16 bits (a crash of GoBGP in 2026)',
    bytes: () => message(2, fromHex('ffff ffff')),
    outcome: 'reset 3/1',
  },
  {
    title: 'class 3: attribute length of 65,535 behind one withdrawn route',
    bytes: () => message(2, fromHex('0002 080a ffff')),
    outcome: 'reset 3/1',
  },
  {
    title: 'class 3: an attribute that ends behind the attributes',
    bytes: (kind) => update({ attributes: [...attributesWith(kind), fromHex('c0 08 08 00000001')], nlri }),
    outcome: 'withdraw 8',
  },
  {
    title: 'class 3: an extended length whose second octet is missing',
    bytes: (kind) => update({ attributes: [...attributesWith(kind), fromHex('d0 08 00')], nlri }),
    outcome: 'withdraw 8',
  },
  // Flags
  {
    title: 'class 4: a long length on a short attribute',
    bytes: (kind) => update({ attributes: attributesWith(kind, attribute(0x50, 1, [0])), nlri }),
    outcome: 'kept',
  },
  {
    title: 'class 4: the extended length bit on an attribute of a one-octet length',
    bytes: (kind) => update({ attributes: [...attributesWith(kind), fromHex('d0 08 04 00000001')], nlri }),
    outcome: 'withdraw 8',
  },
  // Lengths of attributes
  {
    title: 'class 5: NEXT_HOP of three octets (a crash of GoBGP in 2026)',
    bytes: (kind) => update({ attributes: attributesWith(kind, attribute(0x40, 3, zeros(3))), nlri }),
    outcome: 'withdraw 3',
  },
  {
    title: 'class 5: IPv6 extended communities of seven octets (a crash of GoBGP in 2026)',
    bytes: (kind) => update({ attributes: [...attributesWith(kind), attribute(0xc0, 25, zeros(7))], nlri }),
    outcome: 'withdraw 25',
  },
  // AS paths
  {
    title: 'class 6: 900 ASes in one path',
    bytes: (kind) => update({ attributes: attributesWith(kind, longPath(kind, 900)), nlri }),
    outcome: 'kept',
  },
  {
    title: 'class 6: AS4_PATH before AS_PATH (a crash of GoBGP in 2026)',
    bytes: (kind) =>
      update({ attributes: [attribute(0xc0, 17, fromHex('0201 fa56ea01')), ...attributesWith(kind)], nlri }),
    outcome: 'discard 17',
  },
  {
    title: 'class 6: AS4_PATH with an AS_CONFED_SEQUENCE only',
    bytes: (kind) =>
      update({ attributes: twoOctet(kind, 'fde9', attribute(0xc0, 17, fromHex('0301 fa56ea01'))), nlri }),
    outcome: 'kept',
    options: { hasFourOctetAsn: false },
  },
  {
    title: 'class 6: AS4_PATH longer than AS_PATH',
    bytes: (kind) =>
      update({
        attributes: twoOctet(kind, 'fde9', attribute(0xc0, 17, fromHex('0203 00000001 00000002 00000003'))),
        nlri,
      }),
    outcome: 'kept',
    options: { hasFourOctetAsn: false },
  },
  {
    title: 'class 6: AS4_PATH with a segment past its end',
    bytes: (kind) =>
      update({ attributes: twoOctet(kind, 'fde9', attribute(0xc0, 17, fromHex('02ff 00000001'))), nlri }),
    outcome: 'discard 17',
    options: { hasFourOctetAsn: false },
  },
  // Repetitions
  {
    title: 'class 7: ORIGIN twice, the second one malformed',
    bytes: (kind) => update({ attributes: [...attributesWith(kind), attribute(0x40, 1, [9])], nlri }),
    outcome: 'discard 1',
  },
  {
    title: 'class 7: an unknown attribute a hundred times',
    bytes: (kind) =>
      update({
        attributes: [...attributesWith(kind), ...Array.from({ length: 100 }, () => attribute(0xc0, 99, [1]))],
        nlri,
      }),
    outcome: 'discard 99',
  },
  {
    title: 'class 7: MP_REACH_NLRI twice',
    bytes: (kind) => update({ attributes: [mpReach, ...attributesWith(kind), mpReach] }),
    outcome: 'reset 3/1',
  },
  {
    title: 'class 7: MP_UNREACH_NLRI twice',
    bytes: () => update({ attributes: [unreach('0002 01'), unreach('0002 01')] }),
    outcome: 'reset 3/1',
  },
  // What must be there
  {
    title: 'class 8: routes without attributes (CVE-2023-41358)',
    bytes: () => update({ nlri }),
    outcome: 'withdraw 0',
  },
  {
    title: 'class 8: nothing but an unknown attribute (CVE-2023-46753)',
    bytes: () => update({ attributes: [attribute(0xc0, 99, [1])], nlri }),
    outcome: 'withdraw 1',
  },
  {
    title: 'class 8: an unknown well-known attribute (a crash of GoBGP in 2026)',
    bytes: (kind) => update({ attributes: [...attributesWith(kind), attribute(0x40, 99, [1])], nlri }),
    outcome: 'withdraw 99',
  },
  {
    title: 'class 8: MP_REACH_NLRI with routes and nothing else',
    bytes: () => update({ attributes: [mpReach] }),
    outcome: 'withdraw 1',
  },
  {
    title: 'class 8: an End-of-RIB with an attribute beside it (CVE-2023-47235)',
    bytes: () => update({ attributes: [unreach('0002 01'), attribute(0xc0, 99, [1])] }),
    outcome: 'kept',
  },
  {
    title: 'class 8: an End-of-RIB cut to two octets (CVE-2023-47234)',
    bytes: () => update({ attributes: [unreach('0002')] }),
    outcome: 'reset 3/9',
  },
  {
    title: 'class 8: an End-of-RIB of a family that nobody negotiated',
    bytes: () => update({ attributes: [unreach('4004 47')] }),
    outcome: 'discard 15',
  },
  // MP_REACH_NLRI
  {
    title: 'class 9: a family that was not negotiated',
    bytes: (kind) =>
      update({ attributes: [reach('0001 80 0c 000000000000000000000000 00 ff'), ...attributesWith(kind)] }),
    outcome: 'discard 14',
  },
  ...[0, 1, 15, 17, 24, 48].map((length): Case => ({
    title: `class 9: an IPv6 next hop of ${length} octets`,
    bytes: (kind) =>
      update({
        attributes: [
          attribute(0x80, 14, concat(fromHex('0002 01'), [length], zeros(length), fromHex('00 20 20010db8'))),
          ...attributesWith(kind),
        ],
      }),
    outcome: 'disable 2/1',
  })),
  ...[0, 3, 5, 12, 24].map((length): Case => ({
    title: `class 9: an IPv4 next hop of ${length} octets, with and without RFC 8950`,
    bytes: (kind) =>
      update({
        attributes: [
          attribute(0x80, 14, concat(fromHex('0001 01'), [length], zeros(length), fromHex('00 18 c63364'))),
          ...attributesWith(kind),
        ],
      }),
    outcome: 'disable 1/1',
    options: { hasExtendedNextHop: true },
  })),
  {
    title: 'class 9: a next hop length past the attribute (CVE-2023-46752)',
    bytes: (kind) => update({ attributes: [reach(`0002 01 ff ${global}`), ...attributesWith(kind)] }),
    outcome: 'disable 2/1',
  },
  {
    title: 'class 9: MP_REACH_NLRI of five octets',
    bytes: (kind) => update({ attributes: [reach('0002 01 10 00'), ...attributesWith(kind)] }),
    outcome: 'disable 2/1',
  },
  {
    title: 'class 9: a reserved octet that counts SNPAs, as RFC 2858 had it',
    bytes: (kind) => update({ attributes: [reach(`0002 01 10 ${global} 01 20 20010db8`), ...attributesWith(kind)] }),
    outcome: 'kept',
  },
  {
    title: 'class 9: an IPv6 prefix of 129 bits',
    bytes: (kind) =>
      update({ attributes: [reach(`0002 01 10 ${global} 00 81 ${global} 00`), ...attributesWith(kind)] }),
    outcome: 'disable 2/1',
  },
  {
    title: 'class 9: the last prefix cut',
    bytes: (kind) =>
      update({ attributes: [reach(`0002 01 10 ${global} 00 20 20010db8 40 20010db8`), ...attributesWith(kind)] }),
    outcome: 'disable 2/1',
  },
  {
    title: 'class 9: a path identifier without a prefix',
    bytes: (kind) => update({ attributes: [reach(`0002 01 10 ${global} 00 00000001`), ...attributesWith(kind)] }),
    outcome: 'disable 2/1',
    options: { addPath: [ipv6Unicast] },
  },
  // IPv4 fields
  {
    title: 'class 9: an IPv4 prefix of 33 bits',
    bytes: (kind) => update({ attributes: attributesWith(kind), nlri: fromHex('21 0a00000000') }),
    outcome: 'reset 3/10',
  },
  {
    title: 'class 9: an IPv4 prefix of 255 bits to withdraw',
    bytes: () => update({ withdrawn: fromHex('ff 0a000000') }),
    outcome: 'reset 3/10',
  },
  // Next hops
  ...['00000000', '7f000001', 'e0000001', 'f0000001', 'ffffffff'].map((hop): Case => ({
    title: `class 10: next hop ${hop}`,
    bytes: (kind) => update({ attributes: attributesWith(kind, attribute(0x40, 3, fromHex(hop))), nlri }),
    outcome: 'withdraw 3',
  })),
  ...[zeros(16), concat(zeros(15), [1]), fromHex(`ff02${'00'.repeat(14)}`)].map((hop): Case => ({
    title: `class 10: next hop ${toHex(hop)}`,
    bytes: (kind) =>
      update({
        attributes: [
          attribute(0x80, 14, concat(fromHex('0002 01 10'), hop, fromHex('00 20 20010db8'))),
          ...attributesWithout(kind, 3),
        ],
      }),
    outcome: 'withdraw 14',
  })),
  {
    title: 'class 10: a link-local next hop alone is the resolver’s to judge',
    bytes: (kind) =>
      update({
        attributes: [
          reach('0002 01 10 fe800000000000000000000000000001 00 20 20010db8'),
          ...attributesWithout(kind, 3),
        ],
      }),
    outcome: 'kept',
  },
  // Prefixes that repeat, with host bits, of no length
  {
    title: 'class 11: the same prefix withdrawn and announced',
    bytes: (kind) => update({ withdrawn: nlri, attributes: attributesWith(kind), nlri }),
    outcome: 'kept',
  },
  {
    title: 'class 11: the same prefix twice, with host bits, and the default route',
    bytes: (kind) => update({ attributes: attributesWith(kind), nlri: fromHex('08 0a 08 0a 04 ff 00') }),
    outcome: 'kept',
  },
  // Unknown attributes
  {
    title: 'class 12: an unknown attribute of no octet',
    bytes: (kind) => update({ attributes: [...attributesWith(kind), attribute(0xc0, 99, [])], nlri }),
    outcome: 'kept',
  },
  {
    title: 'class 12: an unknown attribute of 65,000 octets',
    bytes: (kind) => update({ attributes: [...attributesWith(kind), attribute(0xd0, 99, zeros(65_000))], nlri }),
    outcome: 'kept',
  },
  {
    title: 'class 12: Tunnel Encapsulation with lengths past its end (CVE-2023-38802, CVE-2024-44070)',
    bytes: (kind) =>
      update({ attributes: [...attributesWith(kind), attribute(0xc0, 23, fromHex('0001 ffff ff'))], nlri }),
    outcome: 'kept',
  },
  {
    title: 'class 12: Prefix-SID with lengths past its end (CVE-2023-31490, CVE-2024-31948)',
    bytes: (kind) =>
      update({ attributes: [...attributesWith(kind), attribute(0xc0, 40, fromHex('01 ffff 00'))], nlri }),
    outcome: 'kept',
  },
  {
    title: 'class 12: Entropy Label Capability, deprecated (CVE-2023-4481)',
    bytes: (kind) => update({ attributes: [...attributesWith(kind), attribute(0xc0, 28, zeros(9))], nlri }),
    outcome: 'kept',
  },
  {
    title: 'class 12: AIGP of one octet (CVE-2023-41359)',
    bytes: (kind) => update({ attributes: [...attributesWith(kind), attribute(0x80, 26, [1])], nlri }),
    outcome: 'discard 26',
    options: { acceptsAigp: true },
  },
];

function longPath(kind: Kind, count: number): Uint8Array {
  const lead = fromHex(kind === 'confederation' ? '0301 0000fde9' : '0201 0000fde9');
  const segments: Uint8Array[] = [lead];
  for (let left = count; left > 0; left -= 255) {
    const size = Math.min(left, 255);
    segments.push(Uint8Array.of(2, size), fromHex('0000000700000008'.repeat(255)).slice(0, size * 4));
  }
  return attribute(0x50, 2, concat(...segments));
}

/** Mandatory attributes of a session with AS numbers of two octets. */
function twoOctet(kind: Kind, first: string, more: Uint8Array): Uint8Array[] {
  const lead = kind === 'confederation' ? `0301 ${first} 0201 0007` : `0202 ${first} 0007`;
  return [...attributesWith(kind, attribute(0x40, 2, fromHex(lead))), more];
}

for (const kind of kinds) {
  for (const { title, bytes, outcome, options } of cases) {
    test(`${kind}: ${title}: ${outcome}`, (t) => {
      const attributes = new AttributeSets();
      const reader = makeReader({ kind, attributes, ...options });
      t.is(outcomeOf(reader, bytes(kind)), outcome);
      // Nothing of it is left: a good message reads as with a fresh reader, and no set stays behind.
      if (options?.hasFourOctetAsn !== false) {
        t.is(outcomeOf(reader, good(kind)), 'kept');
        // IPv4 unicast itself may be what was given up.
        const expected = outcome === 'disable 1/1' ? [] : ['198.51.100.0/24'];
        t.deepEqual(prefixesIn(good(kind), reader.nlriStart, reader.nlriEnd, ipv4Unicast), expected);
      }
      reader.close();
      t.is(attributes.size, 0);
    });
  }
}

test('class 11: prefixes come in their order, without host bits', (t) => {
  const reader: UpdateReader = makeReader();
  const bytes = update({ attributes: attributesWith('ebgp'), nlri: fromHex('08 0a 08 0a 04 ff 00') });
  readUpdate(reader, bytes);
  t.deepEqual(prefixesIn(bytes, reader.nlriStart, reader.nlriEnd, ipv4Unicast), [
    '10.0.0.0/8',
    '10.0.0.0/8',
    '240.0.0.0/4',
    '0.0.0.0/0',
  ]);
});

test('class 12: an unknown attribute of any size leaves as it came, with the Partial bit', (t) => {
  for (const length of [0, 1, 255, 256, 4000, 65_000]) {
    const value = Uint8Array.from({ length }, (_, index) => (index * 7) & 255);
    const attributes = new AttributeSets();
    const reader = makeReader({ attributes });
    readUpdate(reader, update({ attributes: [...attributesWith('ebgp'), attribute(0xd0, 40, value)], nlri }));
    const out = deriveExport(attributes, reader.attr, {
      ...plainExport,
      kind: 'ebgp',
      shownAsn: 65_000,
      prepend: [65_000],
      nextHop: fromHex('c0000263'),
    });
    const [unknown] = attributes.decode(out).unknown;
    t.is(unknown.flags, length > 255 ? 0xf0 : 0xe0);
    t.is(toHex(unknown.value), toHex(value));
  }
});

test('class 13: what our own number makes too long for a receiver is refused, and goes to who takes more', (t) => {
  const attributes = new AttributeSets();
  const reader = makeReader({ attributes });
  // Fits 4,096 octets as it came, not with our own AS number in front.
  const filler = attribute(0xd0, 99, zeros(4096 - 23 - 4 - 13 - 7 - 5 - 4));
  const bytes = update({ attributes: [...attributesWith('ebgp'), filler], nlri: fromHex('20 0a000001') });
  t.is(bytes.length, 4096);
  t.is(outcomeOf(reader, bytes), 'kept');
  const options = { ...plainExport, kind: 'ebgp', shownAsn: 1, prepend: [1], nextHop: undefined } as const;
  const out = deriveExport(attributes, reader.attr, options);
  t.not(out, 0);
  const emit = (): void => undefined;
  t.true(new UpdateWriter({ attributes, hasFourOctetAsn: true, emit }).beginReach(reader.attr, ipv4Unicast));
  t.false(new UpdateWriter({ attributes, hasFourOctetAsn: true, emit }).beginReach(out, ipv4Unicast));
  const maxMessageLength = 65_535;
  t.true(new UpdateWriter({ attributes, hasFourOctetAsn: true, emit, maxMessageLength }).beginReach(out, ipv4Unicast));
});
