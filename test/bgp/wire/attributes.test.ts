// Path attributes as values: round trips through canonical blocks, through UPDATE messages, and in words.

import test from 'ava';
import fc from 'fast-check';

import { ipv4Unicast, ipv6Unicast } from '#bgp/net/family.ts';
import { AttributeSets } from '#bgp/wire/attribute-sets.ts';
import {
  formatAigp,
  formatAsPath,
  formatCommunities,
  formatCommunity,
  formatExtendedCommunity,
  formatIpv6ExtendedCommunity,
  formatLargeCommunity,
  formatUnknownAttribute,
  sortLargeCommunities,
} from '#bgp/wire/attribute-text.ts';
import { SegmentType, decodePathAttributes, emptyAttributes, encodePathAttributes } from '#bgp/wire/attributes.ts';
import { UpdateWriter } from '#bgp/wire/update-writer.ts';
import { asn } from '#bgp/net/asn.ts';
import { REMOTE_ASN, fromHex, makeReader, prefixesIn, toHex } from './bytes.ts';
import { pathAttributes, withFirstAsn } from './attribute-values.ts';

test('path attributes survive a canonical block', (t) => {
  fc.assert(
    fc.property(pathAttributes, (attributes) => {
      const bytes = encodePathAttributes(attributes);
      t.deepEqual(decodePathAttributes(bytes), attributes);
      t.is(toHex(encodePathAttributes(decodePathAttributes(bytes))), toHex(bytes));
    }),
    { numRuns: 300 },
  );
});

for (const hasFourOctetAsn of [true, false]) {
  test(`path attributes survive an UPDATE of a ${hasFourOctetAsn ? 'four' : 'two'}-octet session`, (t) => {
    const attributes = new AttributeSets();
    let sent = 0;
    fc.assert(
      fc.property(pathAttributes, (value) => {
        const given = withFirstAsn(value, REMOTE_ASN);
        const id = attributes.intern(encodePathAttributes(given), 0, encodePathAttributes(given).length);
        const family = given.nextHop?.version === 4 ? ipv4Unicast : ipv6Unicast;
        const chunks: Uint8Array[] = [];
        const writer = new UpdateWriter({ attributes, hasFourOctetAsn, emit: (chunk) => chunks.push(chunk) });
        t.is(writer.beginReach(id, family), given.nextHop !== undefined);
        if (given.nextHop === undefined) return;
        writer.addPrefix(0x20010db8, 0, 0, 0, 32);
        writer.flush();
        sent++;
        // From an internal peer, where nothing is dropped; LOCAL_PREF is there for it.
        const reader = makeReader({
          attributes,
          kind: 'ibgp',
          hasFourOctetAsn,
          acceptsAsSets: true,
        });
        const [bytes] = chunks;
        reader.read(bytes, 0, bytes.length);
        t.false(reader.isTreatAsWithdraw, reader.faultReason);
        t.deepEqual(reader.discarded, []);
        t.is(family === ipv4Unicast ? reader.attr : reader.mpAttr, id);
        const [start, end] =
          family === ipv4Unicast ? [reader.nlriStart, reader.nlriEnd] : [reader.reachStart, reader.reachEnd];
        t.deepEqual(prefixesIn(bytes, start, end, family), [
          family === ipv4Unicast ? '32.1.13.184/32' : '2001:db8::/32',
        ]);
        reader.close();
        attributes.release(id);
      }),
      { numRuns: 300 },
    );
    t.true(sent > 100);
    t.is(attributes.nextHops.size <= attributes.size, true);
  });
}

test('what no block can hold is refused', (t) => {
  const asns = Array.from({ length: 256 }, () => asn(1));
  t.throws(() => encodePathAttributes({ ...emptyAttributes, asPath: [{ type: SegmentType.Sequence, asns }] }), {
    instanceOf: RangeError,
  });
  t.throws(() => encodePathAttributes({ ...emptyAttributes, asPath: [{ type: SegmentType.Set, asns: [] }] }), {
    instanceOf: RangeError,
  });
  t.throws(() => encodePathAttributes({ ...emptyAttributes, communities: Array.from({ length: 20_000 }, () => 1) }), {
    instanceOf: RangeError,
  });
});

test('AS paths read as FRR prints them', (t) => {
  const of = (type: SegmentType, ...numbers: number[]) => ({ type, asns: numbers.map(asn) });
  t.is(formatAsPath([]), '');
  t.is(formatAsPath([of(SegmentType.Sequence, 65001, 4_200_000_001)]), '65001 4200000001');
  t.is(formatAsPath([of(SegmentType.Sequence, 1, 2), of(SegmentType.Set, 3, 4)]), '1 2 {3,4}');
  t.is(formatAsPath([of(SegmentType.ConfedSequence, 1, 2), of(SegmentType.ConfedSet, 3, 4)]), '(1 2) [3,4]');
});

test('communities read as FRR prints them: well-known names, ascending, once each', (t) => {
  t.is(formatCommunity(0xffff_ff01), 'no-export');
  t.is(formatCommunity(0xffff_ff02), 'no-advertise');
  t.is(formatCommunity(0xffff_ff03), 'local-AS');
  t.is(formatCommunity(0xffff_029a), 'blackhole');
  t.is(formatCommunity(0xffff_0000), 'graceful-shutdown');
  t.is(formatCommunity(0xffff_0006), 'llgr-stale');
  t.is(formatCommunities([0xffff_ff01, 0xfde9_0064, 0xfde9_0001, 0xfde9_0064]), '65001:1 65001:100 no-export');
  t.is(formatLargeCommunity([4_200_000_001, 2, 3]), '4200000001:2:3');
  t.deepEqual(
    sortLargeCommunities([
      [2, 0, 0],
      [1, 2, 3],
      [1, 2, 0],
      [2, 0, 0],
    ]),
    [
      [1, 2, 0],
      [1, 2, 3],
      [2, 0, 0],
    ],
  );
});

test('extended communities read as FRR prints them', (t) => {
  t.is(formatExtendedCommunity(fromHex('0002 fde9 00000064')), 'RT:65001:100');
  t.is(formatExtendedCommunity(fromHex('0102 c0000201 0005')), 'RT:192.0.2.1:5');
  t.is(formatExtendedCommunity(fromHex('0202 fa56ea01 0005')), 'RT:4200000001:5');
  t.is(formatExtendedCommunity(fromHex('0003 fde9 00000064')), 'SoO:65001:100');
  t.is(formatExtendedCommunity(fromHex('4004 fde9 4cee6b28')), 'LB:65001:125000000 (1.000 Gbps)');
  t.is(formatExtendedCommunity(fromHex('0004 fbf4 4773 5940')), 'LB:64500:62297 (498.378 Kbps)');
  t.is(formatExtendedCommunity(fromHex('4004 fbf4 4a989680')), 'LB:64500:5000000 (40.000 Mbps)');
  t.is(formatExtendedCommunity(fromHex('4004 fbf4 42480000')), 'LB:64500:50 (400 bps)');
  t.is(formatExtendedCommunity(fromHex('0677 0000 00000000')), 'UNK:6, 119');
});

test('attributes that FRR has no words for read as numbers and octets', (t) => {
  t.is(
    formatIpv6ExtendedCommunity(fromHex(`0002 20010db8${'00'.repeat(12)} 0005`)),
    `000220010db8${'00'.repeat(12)}0005`,
  );
  t.is(formatAigp(fromHex('01 000b fffffffffffffffe')), '18446744073709551614');
  t.is(formatAigp(fromHex('02 0003')), 'none');
  t.is(formatUnknownAttribute({ code: 99, flags: 0xe0, value: Uint8Array.of(1, 2, 255) }), '99/0xe0/0102ff');
  t.is(formatUnknownAttribute({ code: 4, flags: 0, value: new Uint8Array(0) }), '4/0x00/');
});
