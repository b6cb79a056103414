// What a policy changes about attributes, on the way in (applyChanges) and out (deriveExport): both are one pass over the same bytes.

import test from 'ava';
import fc from 'fast-check';

import { addressBytes, parseAddress } from '#bgp/net/address.ts';
import { asn } from '#bgp/net/asn.ts';
import { type AttributeChanges, type ListChange, noChanges } from '#bgp/wire/attribute-changes.ts';
import { AttributeSets } from '#bgp/wire/attribute-sets.ts';
import { formatAsPath } from '#bgp/wire/attribute-text.ts';
import {
  type PathAttributes,
  SegmentType,
  aigpMetric,
  decodePathAttributes,
  emptyAttributes,
  encodePathAttributes,
} from '#bgp/wire/attributes.ts';
import { type ImportContext, applyChanges, deriveExport, plainExport } from '#bgp/wire/export-transform.ts';
import { fromHex, toHex } from './bytes.ts';
import { pathAttributes } from './attribute-values.ts';

const bytesOf = (text: string): Uint8Array => {
  const address = parseAddress(text);
  return address === undefined ? new Uint8Array(0) : addressBytes(address);
};

const context: ImportContext = {
  shownAsn: 65_000,
  selfNextHop: bytesOf('192.0.2.1'),
  peerNextHop: bytesOf('192.0.2.2'),
  otc: undefined,
};

function taken(
  value: Partial<PathAttributes>,
  changes: Partial<AttributeChanges>,
  other: Partial<ImportContext> = {},
): PathAttributes {
  const sets = new AttributeSets();
  const bytes = encodePathAttributes({ ...emptyAttributes, ...value });
  const id = sets.intern(bytes, 0, bytes.length);
  const out = sets.bytesOf(applyChanges(sets, id, { ...noChanges, ...changes }, { ...context, ...other }));
  const decoded = decodePathAttributes(out);
  if (toHex(encodePathAttributes(decoded)) !== toHex(out)) throw new Error(`not canonical: ${toHex(out)}`);
  return decoded;
}

const list = (change: Partial<ListChange>): ListChange => ({ isReplaced: false, remove: [], add: [], ...change });
const ANY = 0;
const EXACT = 0xffff_ffff;

test('no changes change nothing on the way in', (t) => {
  fc.assert(
    fc.property(pathAttributes, (value) => {
      t.deepEqual(taken(value, {}), value);
    }),
    { numRuns: 200 },
  );
});

test('a route from an external peer gets no LOCAL_PREF on the way in but a policy’s', (t) => {
  t.is(taken({}, { origin: 1 }).localPref, undefined);
  t.is(taken({}, { localPreference: 300 }).localPref, 300);
  t.is(taken({ localPref: 5 }, { localPreference: 0 }).localPref, 0);
});

test('ORIGIN is set', (t) => {
  t.is(taken({}, { origin: 2 }).origin, 2);
});

test('MED is set, added to within its bounds, and removed', (t) => {
  t.is(taken({ med: 5 }, { med: { set: 7 } }).med, 7);
  t.is(taken({}, { med: { set: 7 } }).med, 7);
  t.is(taken({ med: 5 }, { med: { add: 7 } }).med, 12);
  t.is(taken({}, { med: { add: 7 } }).med, 7);
  t.is(taken({ med: 5 }, { med: { add: -7 } }).med, 0);
  t.is(taken({ med: 0xffff_fff0 }, { med: { add: 100 } }).med, 0xffff_ffff);
  t.is(taken({ med: 5 }, { med: 'remove' }).med, undefined);
});

test('towards external peers a policy adds to the MED of local routes and to none of others (RFC 4271 §5.1.4)', (t) => {
  const sets = new AttributeSets();
  const bytes = encodePathAttributes({ ...emptyAttributes, med: 5 });
  const id = sets.intern(bytes, 0, bytes.length);
  const options = { ...plainExport, kind: 'ebgp', shownAsn: 1, prepend: [1], nextHop: undefined } as const;
  const med = (isLocal: boolean, keepsMed: boolean): number | undefined => {
    const changes = { ...noChanges, med: { add: 7 } };
    return sets.decode(deriveExport(sets, id, { ...options, isLocal, keepsMed, changes })).med;
  };
  t.deepEqual([med(true, false), med(false, true), med(false, false)], [12, 12, 7]);
});

test('communities are removed by pattern, then added, once each', (t) => {
  const value = { communities: [0x0001_0001, 0x0001_0002, 0x0002_0001] };
  const remove = [{ words: [0x0001_0000], masks: [0xffff_0000] }];
  t.deepEqual(taken(value, { communities: list({ remove }) }).communities, [0x0002_0001]);
  t.deepEqual(
    taken(value, { communities: list({ remove, add: [[0x0001_0001], [0x0002_0001]] }) }).communities,
    [0x0002_0001, 0x0001_0001],
  );
  t.deepEqual(taken(value, { communities: list({ remove: [{ words: [0], masks: [ANY] }] }) }).communities, []);
});

test('communities are replaced, by nothing too', (t) => {
  const value = { communities: [1], largeCommunities: [[1, 2, 3]] as const, extendedCommunities: [new Uint8Array(8)] };
  const replaced = taken(value, {
    communities: list({ isReplaced: true, add: [[7], [8]] }),
    largeCommunities: list({ isReplaced: true }),
    extendedCommunities: list({ isReplaced: true, add: [[0x0002_fde8, 5]] }),
  });
  t.deepEqual(replaced.communities, [7, 8]);
  t.deepEqual(replaced.largeCommunities, []);
  t.deepEqual(replaced.extendedCommunities, [fromHex('0002 fde8 00000005')]);
});

test('extended and large communities are removed by patterns of two and three words', (t) => {
  const value = {
    extendedCommunities: [fromHex('0002 fde8 00000005'), fromHex('0002 fde8 00000006'), fromHex('0003 fde8 00000005')],
    largeCommunities: [
      [1, 2, 3],
      [1, 9, 3],
      [2, 2, 3],
    ] as const,
  };
  const out = taken(value, {
    extendedCommunities: list({ remove: [{ words: [0x0002_fde8, 5], masks: [EXACT, EXACT] }] }),
    largeCommunities: list({ remove: [{ words: [1, 0, 3], masks: [EXACT, ANY, EXACT] }] }),
  });
  t.deepEqual(out.extendedCommunities, [fromHex('0002 fde8 00000006'), fromHex('0003 fde8 00000005')]);
  t.deepEqual(out.largeCommunities, [[2, 2, 3]]);
});

test('numbers are put before the path, behind confederation segments', (t) => {
  const asPath = [{ type: SegmentType.Sequence, asns: [asn(1)] }];
  t.is(formatAsPath(taken({ asPath }, { prepend: [7, 0] }).asPath), '7 65000 1');
  const confederated = [{ type: SegmentType.ConfedSequence, asns: [asn(9)] }, ...asPath];
  t.is(formatAsPath(taken({ asPath: confederated }, { prepend: [7] }).asPath), '(9) 7 1');
});

test('the next hop becomes ours, the peer’s, an address, or stays', (t) => {
  const value = { nextHop: parseAddress('10.0.0.1') };
  const given = (nextHop: AttributeChanges['nextHop']): string => String(taken(value, { nextHop }).nextHop);
  t.deepEqual([given('self'), given('peer'), given('unchanged')], ['192.0.2.1', '192.0.2.2', '10.0.0.1']);
  t.deepEqual([given(bytesOf('192.0.2.9')), given(bytesOf('2001:db8::9'))], ['192.0.2.9', '2001:db8::9']);
  t.is(String(taken(value, { nextHop: 'peer' }, { peerNextHop: undefined }).nextHop), '10.0.0.1');
});

test('a link-local next hop stays on the way in (RFC 2545 §3)', (t) => {
  const value = { nextHop: parseAddress('2001:db8::1'), linkLocalNextHop: parseAddress('fe80::1') };
  t.deepEqual(taken(value, { med: { set: 1 } }).linkLocalNextHop, parseAddress('fe80::1'));
});

test('AIGP is set and removed on the way in', (t) => {
  t.is(aigpMetric(taken({}, { aigp: 2 ** 33 }).aigp ?? new Uint8Array(0)), 2n ** 33n);
  t.is(taken({ aigp: fromHex('01 000b 0000000000000005') }, { aigp: 'remove' }).aigp, undefined);
});

test('OTC is added to what comes without it (RFC 9234 §5)', (t) => {
  t.is(taken({}, {}, { otc: 64_500 }).otc, asn(64_500));
  t.is(taken({ otc: asn(1) }, {}, { otc: 64_500 }).otc, asn(1));
});

test('unknown attributes get no Partial bit on the way in', (t) => {
  const unknown = [{ flags: 0xc0, code: 99, value: Uint8Array.of(1) }];
  t.deepEqual(taken({ unknown }, { med: { set: 1 } }).unknown, unknown);
});

test('a policy’s address is the next hop on the way out, whatever the session would write', (t) => {
  const sets = new AttributeSets();
  const bytes = encodePathAttributes({ ...emptyAttributes, nextHop: parseAddress('10.0.0.1') });
  const id = sets.intern(bytes, 0, bytes.length);
  const out = deriveExport(sets, id, {
    ...plainExport,
    kind: 'ebgp',
    shownAsn: 1,
    prepend: [1],
    nextHop: bytesOf('192.0.2.1'),
    changes: { ...noChanges, nextHop: bytesOf('192.0.2.77') },
  });
  t.is(String(sets.decode(out).nextHop), '192.0.2.77');
});

test('what would be longer than a set can be is refused on the way in', (t) => {
  const sets = new AttributeSets();
  const communities = Array.from({ length: 16_000 }, (_, index) => index);
  const bytes = encodePathAttributes({ ...emptyAttributes, communities });
  const id = sets.intern(bytes, 0, bytes.length);
  const add = Array.from({ length: 400 }, (_, index) => [70_000 + index]);
  t.true(applyChanges(sets, id, { ...noChanges, communities: list({ add }) }, context) === 0);
});
