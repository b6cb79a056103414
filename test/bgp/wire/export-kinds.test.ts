// What goes out to each kind of peer beside the plain rules of RFC 4271 (export-transform.test.ts): confederations (RFC 5065), reflection
// (RFC 4456), private and replaced AS numbers (RFC 6996), OTC (RFC 9234), restarts and shutdowns (RFC 8326, 9494), AIGP (RFC 7311).

import test from 'ava';
import fc from 'fast-check';

import { addressBytes, parseAddress } from '#bgp/net/address.ts';
import { asn } from '#bgp/net/asn.ts';
import type { PeerKind } from '#bgp/net/peer-kind.ts';
import { routerId } from '#bgp/net/router-id.ts';
import { noChanges } from '#bgp/wire/attribute-changes.ts';
import { AttributeSets } from '#bgp/wire/attribute-sets.ts';
import { formatAsPath } from '#bgp/wire/attribute-text.ts';
import {
  type AsPathSegment,
  type PathAttributes,
  SegmentType,
  aigpMetric,
  aigpOf,
  decodePathAttributes,
  emptyAttributes,
  encodePathAttributes,
} from '#bgp/wire/attributes.ts';
import { type ExportOptions, deriveExport, plainExport } from '#bgp/wire/export-transform.ts';
import { fromHex, toHex } from './bytes.ts';

const OWN = 65_000;
const address = parseAddress('192.0.2.99');
const ours = address === undefined ? new Uint8Array(4) : addressBytes(address);

/** What a peer of that kind gets from us, in member AS 65000 where there is a confederation. */
function towards(kind: PeerKind, options: Partial<ExportOptions> = {}): ExportOptions {
  const prepend = kind === 'ibgp' ? [] : [OWN];
  return { ...plainExport, kind, shownAsn: OWN, prepend, nextHop: kind === 'ebgp' ? ours : undefined, ...options };
}

function derive(value: Partial<PathAttributes>, options: ExportOptions): PathAttributes {
  const sets = new AttributeSets();
  const bytes = encodePathAttributes({ ...emptyAttributes, ...value });
  const id = sets.intern(bytes, 0, bytes.length);
  const out = sets.bytesOf(deriveExport(sets, id, options));
  const decoded = decodePathAttributes(out);
  if (toHex(encodePathAttributes(decoded)) !== toHex(out)) throw new Error(`not canonical: ${toHex(out)}`);
  return decoded;
}

const segment =
  (type: SegmentType) =>
  (...numbers: number[]): AsPathSegment => ({ type, asns: numbers.map(asn) });
const sequence = segment(SegmentType.Sequence);
const confederation = segment(SegmentType.ConfedSequence);

const pathOf = (asPath: readonly AsPathSegment[], options: ExportOptions): string =>
  formatAsPath(derive({ asPath }, options).asPath);

test('our member AS goes in front of confederation segments towards another member (RFC 5065 §4 c)', (t) => {
  t.is(pathOf([], towards('confederation')), '(65000)');
  t.is(pathOf([sequence(1, 2)], towards('confederation')), '(65000) 1 2');
  t.is(pathOf([confederation(65001), sequence(1)], towards('confederation')), '(65000 65001) 1');
});

test('confederation segments stay within the member AS and leave it for nobody outside (RFC 5065 §4 b)', (t) => {
  const path = [confederation(65001, 65002), sequence(1)];
  t.is(pathOf(path, towards('ibgp')), '(65001 65002) 1');
  t.is(pathOf(path, towards('ebgp', { prepend: [100] })), '100 1');
  t.is(pathOf([confederation(65001), sequence(1), confederation(65002)], towards('ebgp')), '65000 1');
  t.is(pathOf([confederation(65001)], towards('ebgp')), '65000');
});

test('several own numbers go out in the order given (RFC 7705 §3)', (t) => {
  t.is(pathOf([sequence(1)], towards('ebgp', { prepend: [64999, 65000] })), '64999 65000 1');
  t.is(pathOf([confederation(3), sequence(1)], towards('confederation', { prepend: [7, 8] })), '(7 8 3) 1');
});

test('a route-server client gets path, MED and next hop as they are (RFC 7947 §2.2)', (t) => {
  const client = towards('ebgp', { prepend: [], keepsMed: true, nextHop: undefined });
  const received = { asPath: [sequence(1, 2)], med: 9, nextHop: parseAddress('192.0.2.7'), localPref: 5 };
  t.deepEqual(derive(received, client), { ...emptyAttributes, ...received, localPref: undefined });
});

test('numbers of a policy stand between our own and the path, 0 for the number that the session shows', (t) => {
  const changes = { ...noChanges, prepend: [0, 7] };
  t.is(pathOf([sequence(1)], towards('ebgp', { changes, shownAsn: 64999, prepend: [64999] })), '64999 64999 7 1');
  t.is(pathOf([sequence(1)], towards('ibgp', { changes })), '65000 7 1');
  t.is(pathOf([confederation(9), sequence(1)], towards('ibgp', { changes })), '(9) 65000 7 1');
  t.is(pathOf([confederation(9), sequence(1)], towards('confederation', { changes })), '(65000 9) 65000 7 1');
});

test('numbers in front fill segments as if they were put there one by one (RFC 4271 §5.1.2)', (t) => {
  const counts = fc.record({ present: fc.integer({ min: 0, max: 255 }), own: fc.integer({ min: 0, max: 600 }) });
  fc.assert(
    fc.property(counts, fc.boolean(), ({ present, own }, isConfederation) => {
      const make = isConfederation ? confederation : sequence;
      const path = present === 0 ? [] : [make(...Array.from({ length: present }, (_, index) => index + 1))];
      const prepend = Array.from({ length: own }, (_, index) => 1000 + index);
      const expected: number[][] = path.map(({ asns }) => [...asns]);
      for (const number of prepend.toReversed()) {
        if (expected.length === 0 || expected[0].length === 255) expected.unshift([]);
        expected[0].unshift(number);
      }
      const out = derive({ asPath: path }, towards(isConfederation ? 'confederation' : 'ebgp', { prepend }));
      t.deepEqual(
        out.asPath.map(({ asns }) => asns.map(Number)),
        expected,
      );
    }),
    { numRuns: 100 },
  );
});

test('private numbers are removed or replaced, our own ones excepted (RFC 6996 §5)', (t) => {
  const path = [sequence(64_512, 1, 65_534, 4_200_000_000), sequence(4_294_967_294), sequence(65_535, 64_511)];
  t.is(pathOf(path, towards('ebgp', { removePrivateAs: 'remove' })), '65000 1 65535 64511');
  t.is(
    pathOf(path, towards('ebgp', { removePrivateAs: 'replace', shownAsn: 5, prepend: [5] })),
    '5 5 1 5 5 5 65535 64511',
  );
});

test('a path of which nothing is left leaves the AS with our number, also where none is put in front (RFC 4271 §5.1.2)', (t) => {
  const transparent = towards('ebgp', { removePrivateAs: 'remove', prepend: [] });
  t.is(pathOf([sequence(64_512)], transparent), '65000');
  t.is(pathOf([sequence(64_512, 1)], transparent), '1', 'a route server stays out of what has a number');
  t.is(pathOf([confederation(65_001)], towards('ebgp', { prepend: [] })), '65000');
});

test("the neighbor's number is overridden wherever it stands", (t) => {
  const asOverride = { from: 7, to: OWN };
  t.is(pathOf([sequence(7, 1, 7)], towards('ebgp', { asOverride })), '65000 65000 1 65000');
});

test('a reflector adds ORIGINATOR_ID once and its cluster in front (RFC 4456 §8)', (t) => {
  const reflection = { originatorId: 0x0a00_0001, clusterId: 0xc000_0201 };
  const first = derive({ asPath: [sequence(1)], med: 5, communities: [1] }, towards('ibgp', { reflection }));
  t.deepEqual([first.originatorId, first.clusterList], [routerId(0x0a00_0001), [routerId(0xc000_0201)]]);
  const again = derive(
    { originatorId: routerId(3), clusterList: [routerId(4), routerId(5)] },
    towards('ibgp', { reflection }),
  );
  t.deepEqual([again.originatorId, again.clusterList.map(Number)], [routerId(3), [0xc000_0201, 4, 5]]);
});

test('reflection attributes go to no other member AS of a confederation (RFC 4456 §8, RFC 5065 §4)', (t) => {
  const value = { originatorId: routerId(3), clusterList: [routerId(4)] };
  const out = derive(value, towards('confederation'));
  t.deepEqual([out.originatorId, out.clusterList], [undefined, []]);
});

test('LOCAL_PREF and MED go to confederation peers as to internal ones (RFC 5065 §4)', (t) => {
  const out = derive({ localPref: 150, med: 5, nextHop: parseAddress('10.0.0.1') }, towards('confederation'));
  t.deepEqual([out.localPref, out.med, String(out.nextHop)], [150, 5, '10.0.0.1']);
  t.is(derive({}, towards('confederation')).localPref, 100);
});

test('OTC is added where it is missing and stays what it was (RFC 9234 §5)', (t) => {
  t.is(derive({}, towards('ebgp', { otc: OWN })).otc, asn(OWN));
  t.is(derive({ otc: asn(7) }, towards('ebgp', { otc: OWN })).otc, asn(7));
  t.is(derive({ otc: asn(7) }, towards('ebgp')).otc, asn(7));
  t.is(derive({}, towards('ebgp')).otc, undefined);
  t.deepEqual(derive({}, towards('ebgp', { otc: OWN })).partial, [35]);
  t.deepEqual(derive({}, towards('ebgp', { otc: OWN, isLocal: true })).partial, []);
});

test('a drained speaker marks routes and makes them the last choice within its AS (RFC 8326 §4)', (t) => {
  const options = { isGracefulShutdown: true };
  const value = { localPref: 200, communities: [5] };
  t.deepEqual(derive(value, towards('ebgp', options)).communities, [5, 0xffff_0000]);
  t.is(derive(value, towards('ebgp', options)).localPref, undefined);
  t.is(derive(value, towards('ibgp', options)).localPref, 0);
  t.is(derive({}, towards('confederation', options)).localPref, 0);
  t.deepEqual(derive({ communities: [0xffff_0000] }, towards('ibgp', options)).communities, [0xffff_0000]);
});

test('stale routes are marked (RFC 9494 §4.3)', (t) => {
  t.deepEqual(derive({}, towards('ebgp', { addsLlgrStale: true })).communities, [0xffff_0006]);
  const out = derive({ localPref: 200, communities: [0xffff_0006, 5] }, towards('ibgp', { addsLlgrStale: true }));
  t.deepEqual([out.communities, out.localPref], [[0xffff_0006, 5], 200]);
});

test('communities that are for the AS alone stay in it (RFC 4360 §6, RFC 5701 §2)', (t) => {
  const [kept, dropped] = [fromHex('0002fde900000001'), fromHex('4004fde900000001')];
  const [kept6, dropped6] = [fromHex(`0002${'00'.repeat(18)}`), fromHex(`4002${'00'.repeat(18)}`)];
  const value = { extendedCommunities: [kept, dropped], ipv6ExtendedCommunities: [dropped6, kept6] };
  for (const kind of ['ibgp', 'confederation'] as const) {
    const out = derive(value, towards(kind));
    t.deepEqual(
      [out.extendedCommunities, out.ipv6ExtendedCommunities],
      [
        [kept, dropped],
        [dropped6, kept6],
      ],
    );
  }
  const out = derive(value, towards('ebgp'));
  t.deepEqual([out.extendedCommunities, out.ipv6ExtendedCommunities], [[kept], [kept6]]);
  const none = derive({ ipv6ExtendedCommunities: [dropped6] }, towards('ebgp'));
  t.deepEqual(none.ipv6ExtendedCommunities, []);
});

test('a bandwidth that a policy sets for an external peer goes out to it', (t) => {
  const [high, low] = [0x4004_fde8, 0x4cee_6b28];
  const changes = { ...noChanges, extendedCommunities: { isReplaced: false, remove: [], add: [[high, low]] } };
  t.deepEqual(derive({}, towards('ebgp', { changes })).extendedCommunities, [fromHex('4004fde84cee6b28')]);
});

test('AIGP goes only where it is wanted, grows by the distance and stops at its greatest valid value (RFC 7311 §3.2, §3.4)', (t) => {
  const of = (metric: bigint, options: Partial<ExportOptions>): bigint | undefined => {
    const { aigp } = derive({ aigp: aigpOf(metric) }, towards('ibgp', options));
    return aigp && aigpMetric(aigp);
  };
  t.is(of(5n, {}), undefined);
  t.is(of(5n, { aigp: 'keep' }), 5n);
  t.is(of(5n, { aigp: 10 }), 15n);
  t.is(of(0xffff_ffffn, { aigp: 1 }), 0x1_0000_0000n);
  t.is(of(0x1_ffff_ffffn, { aigp: 0xffff_ffff }), 0x2_ffff_fffen);
  t.is(of(0xffff_ffff_ffff_fff0n, { aigp: 100 }), 0xffff_ffff_ffff_fffen);
  t.is(of(0xffff_ffff_ffff_fff0n, { aigp: 15 }), 0xffff_ffff_ffff_fffen);
  const set = (aigp: number | 'remove'): Partial<ExportOptions> => ({ aigp: 'keep', changes: { ...noChanges, aigp } });
  t.is(of(5n, set(2 ** 40)), 2n ** 40n);
  t.is(of(5n, set('remove')), undefined);
  t.is(of(5n, { ...set(7), aigp: 'drop' }), undefined);
});

test('of several AIGP TLVs the first counts and all pass (RFC 7311 §3.2)', (t) => {
  const aigp = fromHex('07 0004 ee 01 000b 0000000000000005 01 000b 0000000000000001');
  const out = derive({ aigp }, towards('ibgp', { aigp: 3 })).aigp ?? new Uint8Array(0);
  t.is(toHex(out), toHex(fromHex('07 0004 ee 01 000b 0000000000000008 01 000b 0000000000000001')));
});
