// What goes out to external and internal peers, attribute by attribute (RFC 4271 §5).

import test from 'ava';
import fc from 'fast-check';

import { addressBytes, parseAddress } from '#bgp/net/address.ts';
import { asn } from '#bgp/net/asn.ts';
import { AttributeSets } from '#bgp/wire/attribute-sets.ts';
import { formatAsPath } from '#bgp/wire/attribute-text.ts';
import {
  type PathAttributes,
  SegmentType,
  decodePathAttributes,
  emptyAttributes,
  encodePathAttributes,
} from '#bgp/wire/attributes.ts';
import { type AttributeChanges, type ListChange, noChanges } from '#bgp/wire/attribute-changes.ts';
import { type ExportOptions, deriveExport, plainExport } from '#bgp/wire/export-transform.ts';
import { fromHex, toHex } from './bytes.ts';
import { pathAttributes } from './attribute-values.ts';

const LOCAL_ASN = 4_200_000_009;
const ours = addressBytes(parseAddress('192.0.2.99') ?? unreachable());

function unreachable(): never {
  throw new Error('not an address');
}

const ebgp: ExportOptions = {
  ...plainExport,
  kind: 'ebgp',
  shownAsn: LOCAL_ASN,
  prepend: [LOCAL_ASN],
  nextHop: ours,
};
const changed = (options: ExportOptions, changes: Partial<AttributeChanges>): ExportOptions => ({
  ...options,
  changes: { ...noChanges, ...changes },
});
const adding = (...add: readonly (readonly number[])[]): ListChange => ({ isReplaced: false, remove: [], add });
const ibgp: ExportOptions = { ...ebgp, kind: 'ibgp', prepend: [], nextHop: undefined };

/** The transformed attributes, whose block must also be canonical: decoding and encoding gives the same bytes. */
function derive(value: Partial<PathAttributes>, options: ExportOptions): PathAttributes {
  const sets = new AttributeSets();
  const bytes = encodePathAttributes({ ...emptyAttributes, ...value });
  const id = sets.intern(bytes, 0, bytes.length);
  const out = sets.bytesOf(deriveExport(sets, id, options));
  const decoded = decodePathAttributes(out);
  if (toHex(encodePathAttributes(decoded)) !== toHex(out)) throw new Error(`not canonical: ${toHex(out)}`);
  return decoded;
}

const sequence = (...numbers: number[]) => ({ type: SegmentType.Sequence, asns: numbers.map(asn) });

const received: Partial<PathAttributes> = {
  asPath: [sequence(65001, 65002)],
  nextHop: parseAddress('10.0.0.1'),
  med: 5,
  localPref: 150,
};

test('an external peer gets our AS in front, our next hop, no LOCAL_PREF and no foreign MED (RFC 4271 §5.1)', (t) => {
  const out = derive(received, ebgp);
  t.is(formatAsPath(out.asPath), `${LOCAL_ASN} 65001 65002`);
  t.is(String(out.nextHop), '192.0.2.99');
  t.deepEqual([out.med, out.localPref], [undefined, undefined]);
});

test('an external peer gets the MED of a local route (RFC 4271 §5.1.4)', (t) => {
  t.is(derive({ med: 7 }, { ...ebgp, isLocal: true }).med, 7);
});

test('an internal peer gets path, next hop and MED as they are, and LOCAL_PREF always (RFC 4271 §5.1)', (t) => {
  const out = derive(received, ibgp);
  t.deepEqual(out, { ...emptyAttributes, ...received });
  t.is(derive({ ...received, localPref: undefined }, ibgp).localPref, 100);
  t.is(derive({}, { ...ibgp, defaultLocalPref: 77 }).localPref, 77);
  t.is(derive(received, changed(ibgp, { localPreference: 300 })).localPref, 300);
  t.is(derive({}, changed(ibgp, { localPreference: 300 })).localPref, 300);
});

test('a next hop that stays goes to internal peers without the link-local address of its link (RFC 2545 §3)', (t) => {
  const linkLocalNextHop = parseAddress('fe80::1');
  const learned = { ...received, nextHop: parseAddress('2001:db8::1'), linkLocalNextHop };
  t.deepEqual(derive(learned, ibgp), { ...emptyAttributes, ...learned, linkLocalNextHop: undefined });
  t.deepEqual(derive(learned, { ...ibgp, keepsLinkLocal: true }), { ...emptyAttributes, ...learned });
});

test("a policy's LOCAL_PREF does not leave the AS (RFC 4271 §5.1.5)", (t) => {
  t.is(derive(received, changed(ebgp, { localPreference: 300 })).localPref, undefined);
});

test('a local route gets a path of our AS and the next hop it lacks', (t) => {
  const out = derive({}, ebgp);
  t.is(formatAsPath(out.asPath), String(LOCAL_ASN));
  t.is(String(out.nextHop), '192.0.2.99');
  const six = derive(
    {},
    { ...ebgp, nextHop: fromHex('20010db8000000000000000000000001 fe800000000000000000000000000002') },
  );
  t.deepEqual([String(six.nextHop), String(six.linkLocalNextHop)], ['2001:db8::1', 'fe80::2']);
});

test('a next hop of another length takes the place of the old one', (t) => {
  const long = { ...received, nextHop: parseAddress('2001:db8::5'), linkLocalNextHop: parseAddress('fe80::5') };
  const six = derive(long, { ...ebgp, nextHop: fromHex('20010db8000000000000000000000001') });
  t.deepEqual([String(six.nextHop), six.linkLocalNextHop], ['2001:db8::1', undefined]);
  t.is(String(derive(long, { ...ibgp, keepsLinkLocal: true }).linkLocalNextHop), 'fe80::5');
  t.is(String(derive(long, { ...ibgp, nextHop: ours }).nextHop), '192.0.2.99');
  t.is(
    String(derive(received, { ...ibgp, nextHop: fromHex('20010db8000000000000000000000001') }).nextHop),
    '2001:db8::1',
  );
});

test('a full AS_SEQUENCE gets a new segment before it, an AS_SET too (RFC 4271 §5.1.2 b)', (t) => {
  const full = Array.from({ length: 255 }, () => 65001);
  const out = derive({ asPath: [sequence(...full)] }, ebgp);
  t.deepEqual(
    out.asPath.map(({ asns }) => asns.length),
    [1, 255],
  );
  const almost = derive({ asPath: [sequence(...full.slice(1))] }, ebgp);
  t.deepEqual(
    almost.asPath.map(({ asns }) => asns.length),
    [255],
  );
  const set = derive({ asPath: [{ type: SegmentType.Set, asns: [asn(1), asn(2)] }] }, ebgp);
  t.is(formatAsPath(set.asPath), `${LOCAL_ASN} {1,2}`);
});

test('reflection attributes stay inside of the AS (RFC 4456 §8)', (t) => {
  const decoded = decodePathAttributes(fromHex('40010100 400200 800904 0a000001 800a04 0a000002'));
  t.deepEqual([derive(decoded, ebgp).originatorId, derive(decoded, ebgp).clusterList], [undefined, []]);
  t.is(derive(decoded, ibgp).originatorId, decoded.originatorId);
  t.deepEqual(derive(decoded, ibgp).clusterList, decoded.clusterList);
});

test('non-transitive extended communities stay inside of the AS (RFC 4360 §3)', (t) => {
  const [kept, dropped] = [fromHex('0002fde900000001'), fromHex('4004fde900000001')];
  t.deepEqual(derive({ extendedCommunities: [kept, dropped] }, ebgp).extendedCommunities, [kept]);
  t.deepEqual(derive({ extendedCommunities: [dropped] }, ebgp).extendedCommunities, []);
  t.deepEqual(derive({ extendedCommunities: [kept, dropped] }, ibgp).extendedCommunities, [kept, dropped]);
});

test('an unknown optional transitive attribute goes on with the Partial bit (RFC 4271 §5)', (t) => {
  for (const length of [0, 3, 255, 256, 3000]) {
    const value = new Uint8Array(length).fill(5);
    const extended = length > 255 ? 0x10 : 0;
    for (const options of [ebgp, ibgp]) {
      const out = derive({ ...received, unknown: [{ flags: 0xc0, code: 99, value }] }, options);
      t.deepEqual(out.unknown, [{ flags: 0xe0 | extended, code: 99, value }]);
    }
  }
});

test('communities of the policy are added once each, behind those that are there', (t) => {
  const options = changed(ebgp, {
    communities: adding([5], [0xffff_ff01]),
    largeCommunities: adding([1, 2, 3], [4_200_000_001, 0, 0]),
  });
  const out = derive({ communities: [9, 5], largeCommunities: [[1, 2, 3]] }, options);
  t.deepEqual(out.communities, [9, 5, 0xffff_ff01]);
  t.deepEqual(out.largeCommunities, [
    [1, 2, 3],
    [4_200_000_001, 0, 0],
  ]);
  t.deepEqual(out.partial, []);
});

test('communities that the originator did not attach are Partial, those of a local route are not (RFC 4271 §5)', (t) => {
  const options = changed(ebgp, { communities: adding([5], [5]), largeCommunities: adding([1, 2, 3]) });
  t.deepEqual(derive(received, options).partial, [8, 32]);
  const local = derive({}, { ...options, isLocal: true });
  t.deepEqual([local.partial, local.communities, local.largeCommunities], [[], [5], [[1, 2, 3]]]);
});

test('the Partial bit of a known attribute is passed on (RFC 4271 §4.3)', (t) => {
  t.deepEqual(derive({ communities: [1], partial: [8] }, ebgp).partial, [8]);
});

test('what no message could carry is no set', (t) => {
  const sets = new AttributeSets();
  const bytes = encodePathAttributes({
    ...emptyAttributes,
    communities: Array.from({ length: 16_000 }, (_, index) => index),
  });
  const id = sets.intern(bytes, 0, bytes.length);
  const communities = adding(...Array.from({ length: 400 }, (_, index) => [70_000 + index]));
  t.true(deriveExport(sets, id, changed(ebgp, { communities })) === 0);
  t.is(sets.size, 1);
});

test('any attributes come out canonical and as the rules say', (t) => {
  fc.assert(
    fc.property(pathAttributes, fc.constantFrom(ebgp, ibgp), fc.boolean(), (value, base, isLocal) => {
      const options = changed(
        { ...base, isLocal },
        { communities: adding([1], [2]), largeCommunities: adding([1, 1, 1]) },
      );
      const out = derive(value, options);
      const isEbgp = options.kind === 'ebgp';
      t.is(out.origin, value.origin);
      t.is(
        formatAsPath(out.asPath),
        isEbgp ? `${LOCAL_ASN} ${formatAsPath(value.asPath)}`.trim() : formatAsPath(value.asPath),
      );
      t.is(out.med, isEbgp && !isLocal ? undefined : value.med);
      t.is(out.localPref, isEbgp ? undefined : value.localPref);
      t.deepEqual(out.aggregator, value.aggregator);
      t.is(out.isAtomicAggregate, value.isAtomicAggregate);
      t.deepEqual(new Set(out.communities), new Set([...value.communities, 1, 2]));
      t.is(out.unknown.length, value.unknown.length);
      t.is(String(out.nextHop), isEbgp ? '192.0.2.99' : String(value.nextHop));
    }),
    { numRuns: 300 },
  );
});
