// UPDATEs of sessions without 4-octet AS numbers: AS4_PATH and AS4_AGGREGATOR put back in (RFC 6793 §4.2.3, §6).

import test from 'ava';

import { AttributeSets } from '#bgp/wire/attribute-sets.ts';
import { formatAsPath } from '#bgp/wire/attribute-text.ts';
import { asPath, attribute, concat, fromHex, makeReader, nextHop, nlri, origin, readUpdate, update } from './bytes.ts';

import { type Kind, outcomeOf } from './update-outcome.ts';

const zeros = (length: number): Uint8Array => new Uint8Array(length);

interface OldCase {
  readonly title: string;
  readonly attributes: readonly Uint8Array[];
  readonly path: string;
  readonly aggregator?: string;
  readonly outcome?: string;
  readonly acceptsAsSets?: boolean;
  readonly kind?: Kind;
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
    acceptsAsSets: true,
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
  {
    title: 'confederation segments of AS_PATH stay where AS4_PATH replaces all behind them (RFC 6793 §4.2.3)',
    kind: 'confederation',
    attributes: [path2('0302 fde9 fdff 0202 0064 5ba0'), as4Path('0202 00000064 fa56ea01')],
    path: '(65001 65023) 100 4200000001',
  },
  {
    title: 'they stay before an AS4_PATH that replaces a part (RFC 6793 §4.2.3)',
    kind: 'confederation',
    attributes: [path2('0301 fde9 0202 0064 5ba0'), as4Path('0201 fa56ea01')],
    path: '(65001) 100 4200000001',
  },
];

for (const one of oldCases) {
  test(`two-octet session: ${one.title}`, (t) => {
    const attributes = new AttributeSets();
    const { kind = 'ebgp', acceptsAsSets = false } = one;
    const reader = makeReader({ attributes, kind, hasFourOctetAsn: false, acceptsAsSets });
    const bytes = update({ attributes: [origin, nextHop, ...one.attributes], nlri });
    t.is(outcomeOf(reader, bytes), one.outcome ?? 'kept');
    const decoded = attributes.decode(reader.attr);
    t.is(formatAsPath(decoded.asPath), one.path);
    t.is(decoded.aggregator?.asn.toString(), one.aggregator);
    t.is(decoded.unknown.length, 0);
    if (kind === 'ebgp') t.is(attributes.neighborAsn[reader.attr], 65001);
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

test('two-octet session: an AS_SET in AS4_PATH withdraws as one in AS_PATH does (RFC 9774 §3)', (t) => {
  const attributes = [origin, path2('0202 fde9 5ba0'), nextHop, as4Path('0101 fa56ea01')];
  t.is(outcomeOf(makeReader({ hasFourOctetAsn: false }), update({ attributes, nlri })), 'withdraw 17');
});

test('two-octet session: attributes that grow beyond what a set can hold withdraw', (t) => {
  const segment = concat([2, 255], Array.from({ length: 255 }, () => [0xfd, 0xe9]).flat());
  const value = concat(...Array.from({ length: 70 }, () => segment));
  const reader = makeReader({ hasFourOctetAsn: false });
  t.is(outcomeOf(reader, update({ attributes: [origin, attribute(0x50, 2, value), nextHop], nlri })), 'withdraw 0');
  t.true(reader.attr === 0);
});
