// Interning: same bytes same number, references, reuse, columns; compared with an obvious model on random histories.

import test from 'ava';
import fc from 'fast-check';

import { Address } from '#bgp/net/address.ts';
import { asn } from '#bgp/net/asn.ts';
import { routerId } from '#bgp/net/router-id.ts';
import { type AttrSetId, AttributeSets, SetFlag, attrSetId } from '#bgp/wire/attribute-sets.ts';
import {
  Origin,
  SegmentType,
  emptyAttributes,
  encodePathAttributes,
  type PathAttributes,
} from '#bgp/wire/attributes.ts';
import { nextHopId } from '#bgp/wire/next-hops.ts';
import { concat, fromHex, toHex } from './bytes.ts';

function intern(sets: AttributeSets, attributes: Partial<PathAttributes>): AttrSetId {
  const bytes = encodePathAttributes({ ...emptyAttributes, ...attributes });
  return sets.intern(concat([7, 7, 7], bytes), 3, 3 + bytes.length);
}

const ipv4 = (low: number): Address => new Address(4, 0x0a000000 | low, 0, 0, 0);

test('the same bytes are the same set, other bytes another', (t) => {
  const sets = new AttributeSets();
  const a = intern(sets, { med: 1 });
  t.is(intern(sets, { med: 1 }), a);
  const b = intern(sets, { med: 2 });
  t.not(b, a);
  t.deepEqual([sets.size, sets.referencesOf(a), sets.referencesOf(b)], [2, 2, 1]);
  t.is(toHex(sets.bytesOf(a)), toHex(encodePathAttributes({ ...emptyAttributes, med: 1 })));
});

test('a set is freed with its last reference, told of before, and its number used again', (t) => {
  const sets = new AttributeSets();
  const told: string[] = [];
  sets.onFree((id) => told.push(`${id} med ${sets.med[id]}`));
  const a = intern(sets, { med: 5, nextHop: ipv4(1) });
  sets.retain(a);
  sets.release(a);
  t.deepEqual(told, []);
  sets.release(a);
  t.deepEqual(told, [`${a} med 5`]);
  t.deepEqual([sets.size, sets.bytesUsed, sets.nextHops.size], [0, 0, 0]);
  const b = intern(sets, { localPref: 9 });
  t.is(b, a);
  t.deepEqual([sets.med[b], sets.localPref[b], sets.flags[b], sets.nextHop[b]], [0, 9, SetFlag.LocalPref, 0]);
  sets.release(attrSetId(0));
  t.is(sets.size, 1);
  t.is(sets.bytesOf(attrSetId(0)).length, 0);
});

test('columns hold what route selection asks for', (t) => {
  const sets = new AttributeSets();
  const sequence = (...numbers: number[]) => ({ type: SegmentType.Sequence, asns: numbers.map(asn) });
  const set = (...numbers: number[]) => ({ type: SegmentType.Set, asns: numbers.map(asn) });
  const id = intern(sets, {
    origin: Origin.Egp,
    asPath: [sequence(4_200_000_001, 2), set(3, 4, 5), sequence(6)],
    nextHop: new Address(6, 0x20010db8, 0, 0, 1),
    linkLocalNextHop: new Address(6, 0xfe800000, 0, 0, 2),
    med: 0xffff_ffff,
    localPref: 200,
    originatorId: routerId(0xffff_fffe),
    clusterList: [routerId(1), routerId(2)],
    communities: [1],
    isAtomicAggregate: true,
  });
  t.is(sets.origin[id], 1);
  t.is(sets.asPathLength[id], 4);
  t.is(sets.neighborAsn[id], 4_200_000_001);
  t.is(sets.originAsn[id], 6);
  t.is(sets.med[id], 0xffff_ffff);
  t.is(sets.localPref[id], 200);
  t.is(sets.originatorId[id], 0xffff_fffe);
  t.is(sets.clusterListLength[id], 2);
  t.is(
    sets.flags[id],
    SetFlag.Med |
      SetFlag.LocalPref |
      SetFlag.OriginatorId |
      SetFlag.Communities |
      SetFlag.AtomicAggregate |
      SetFlag.AsSet,
  );
  const hop = nextHopId(sets.nextHop[id]);
  t.is(String(sets.nextHops.addressOf(hop)), '2001:db8::1');
  t.is(String(sets.nextHops.linkLocalOf(hop)), 'fe80::2');
  t.is(sets.nextHops.versionOf(hop), 6);
  const confed = intern(sets, { asPath: [{ type: SegmentType.ConfedSequence, asns: [asn(1), asn(2)] }, sequence(7)] });
  t.deepEqual([sets.asPathLength[confed], sets.neighborAsn[confed], sets.originAsn[confed]], [1, 7, 7]);
  t.is(sets.flags[confed], SetFlag.ConfederationPath);
  const bySet = intern(sets, { asPath: [set(1, 2)] });
  t.deepEqual([sets.neighborAsn[bySet], sets.originAsn[bySet], sets.asPathLength[bySet]], [0, 0, 1]);
});

test('loops are found in every segment (RFC 4271 §9.1.2)', (t) => {
  const sets = new AttributeSets();
  const many = Array.from({ length: 200 }, (_, index) => asn(index + 1));
  const id = intern(sets, {
    asPath: [
      { type: SegmentType.Sequence, asns: many },
      { type: SegmentType.Set, asns: [asn(4_200_000_001), asn(9000)] },
    ],
    med: 7777,
  });
  for (const inside of [1, 100, 200, 9000, 4_200_000_001]) t.true(sets.containsAsn(id, inside));
  for (const outside of [201, 7777, 0, 4_200_000_002]) t.false(sets.containsAsn(id, outside));
  t.false(sets.containsAsn(intern(sets, {}), 1));
});

test('sets of every length are kept apart and their space is used again', (t) => {
  const sets = new AttributeSets();
  const lengths = [0, 1, 7, 8, 100, 120, 125, 126, 127, 128, 500, 1000, 4000];
  const ids = lengths.map((count) => intern(sets, { communities: Array.from({ length: count }, (_, index) => index) }));
  for (const [index, count] of lengths.entries()) t.is(sets.decode(ids[index]).communities.length, count);
  const reserved = sets.bytesReserved;
  for (let round = 0; round < 300; round++) {
    for (const id of ids) sets.release(id);
    t.is(sets.bytesUsed, 0);
    for (const [index, count] of lengths.entries()) {
      ids[index] = intern(sets, { communities: Array.from({ length: count }, (_, at) => at + round) });
    }
  }
  t.is(sets.bytesReserved, reserved);
});

test('random histories end as a plain map would', (t) => {
  const sets = new AttributeSets({ hashSeed: 12345 });
  const model = new Map<number, { id: AttrSetId; references: number }>();
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.constantFrom('intern', 'intern', 'release', 'retain'), fc.nat({ max: 3000 })), {
        minLength: 500,
        maxLength: 2000,
        size: 'max',
      }),
      (steps) => {
        for (const [step, key] of steps) {
          const known = model.get(key);
          if (step === 'intern') {
            const id = intern(sets, {
              med: key,
              nextHop: ipv4(key % 300),
              communities: Array.from({ length: key % 17 }, () => key),
            });
            t.is(id, known?.id ?? id);
            model.set(key, { id, references: (known?.references ?? 0) + 1 });
          } else if (known !== undefined) {
            if (step === 'retain') sets.retain(known.id);
            else sets.release(known.id);
            known.references += step === 'retain' ? 1 : -1;
            if (known.references === 0) model.delete(key);
          }
        }
        t.is(sets.size, model.size);
        t.is(new Set([...model.values()].map(({ id }) => id)).size, model.size);
        t.is(sets.nextHops.size, new Set([...model.keys()].map((key) => key % 300)).size);
        for (const [key, { id, references }] of model) {
          t.is(sets.med[id], key);
          t.is(sets.referencesOf(id), references);
          t.is(String(sets.nextHops.addressOf(nextHopId(sets.nextHop[id]))), String(ipv4(key % 300)));
        }
      },
    ),
    { numRuns: 30 },
  );
  for (const { id, references } of model.values()) for (let left = references; left > 0; left--) sets.release(id);
  t.deepEqual([sets.size, sets.bytesUsed, sets.nextHops.size], [0, 0, 0]);
});

test('communities that the speaker acts upon are flags of the set (RFC 1997, 3765, 7611, 7999, 8326, 9494)', (t) => {
  const sets = new AttributeSets();
  for (const [community, flag] of [
    [0xffff_ff01, SetFlag.NoExport],
    [0xffff_ff02, SetFlag.NoAdvertise],
    [0xffff_ff03, SetFlag.NoExportSubconfed],
    [0xffff_ff04, SetFlag.NoPeer],
    [0xffff_0000, SetFlag.GracefulShutdown],
    [0xffff_0001, SetFlag.AcceptOwn],
    [0xffff_0006, SetFlag.LlgrStale],
    [0xffff_0007, SetFlag.NoLlgr],
    [0xffff_029a, SetFlag.Blackhole],
    [0xffff_1234, 0],
    [0x00ff_ff01, 0],
  ] as const) {
    t.is(sets.flags[intern(sets, { communities: [5, community, 9] })], SetFlag.Communities | flag, String(community));
  }
  const all = intern(sets, { communities: [0xffff_ff01, 0xffff_029a, 0xffff_0006] });
  t.is(sets.flags[all], SetFlag.Communities | SetFlag.NoExport | SetFlag.Blackhole | SetFlag.LlgrStale);
});

test('metric, bandwidth and OTC have columns once a set has them', (t) => {
  const sets = new AttributeSets();
  intern(sets, {});
  t.deepEqual([sets.aigpMetric.length, sets.linkBandwidth.length, sets.otc.length], [0, 0, 0]);
  const id = intern(sets, {
    aigp: fromHex('09 0004 00 01 000b 0000000100000002 01 000b 0000000000000007'),
    extendedCommunities: [fromHex('0002 fde9 00000001'), fromHex('4004 fde9 4cee6b28'), fromHex('4004 fde9 3f800000')],
    otc: asn(4_200_000_001),
  });
  t.is(
    sets.flags[id],
    SetFlag.Aigp | SetFlag.AigpAttribute | SetFlag.LinkBandwidth | SetFlag.Otc | SetFlag.ExtendedCommunities,
  );
  t.deepEqual([sets.aigpMetric[id], sets.linkBandwidth[id], sets.otc[id]], [2 ** 32 + 2, 125_000_000, 4_200_000_001]);
  const others = Array.from({ length: 3000 }, (_, index) =>
    intern(sets, { aigp: fromHex('01 000b 0000000000000009'), med: index, otc: asn(index + 1) }),
  );
  for (const [index, other] of others.entries()) t.deepEqual([sets.aigpMetric[other], sets.otc[other]], [9, index + 1]);
  t.is(sets.linkBandwidth[id], 125_000_000);
});

test('bandwidths that are no number of octets a second do not count', (t) => {
  const sets = new AttributeSets();
  for (const float of ['7fc00000', '7f800000', 'ff800000', 'bf800000']) {
    t.is(
      sets.flags[intern(sets, { extendedCommunities: [fromHex(`4004 fde9 ${float}`)] })],
      SetFlag.ExtendedCommunities,
    );
  }
  const idle = intern(sets, { extendedCommunities: [fromHex('0004 fde9 00000000')] });
  t.deepEqual([sets.linkBandwidth[idle], sets.flags[idle]], [0, SetFlag.ExtendedCommunities | SetFlag.LinkBandwidth]);
  t.is(sets.flags[intern(sets, { extendedCommunities: [fromHex('8004 fde9 4cee6b28')] })], SetFlag.ExtendedCommunities);
});

test('an AIGP attribute without a metric has none', (t) => {
  const sets = new AttributeSets();
  t.is(sets.flags[intern(sets, { aigp: fromHex('09 0004 00') })], SetFlag.AigpAttribute);
});

test('own numbers and clusters are counted and found where loops show (RFC 4271 §9.1.2, RFC 4456 §8, RFC 5065 §4)', (t) => {
  const sets = new AttributeSets();
  const id = intern(sets, {
    asPath: [
      { type: SegmentType.ConfedSequence, asns: [asn(65001), asn(7)] },
      { type: SegmentType.Sequence, asns: [asn(7), asn(8), asn(7)] },
    ],
    clusterList: [routerId(1), routerId(0xffff_fffe)],
  });
  t.deepEqual([sets.countAsn(id, 7), sets.countAsn(id, 8), sets.countAsn(id, 9)], [3, 1, 0]);
  t.deepEqual([sets.containsCluster(id, 0xffff_fffe), sets.containsCluster(id, 2)], [true, false]);
  t.deepEqual([sets.leftmostAsn(id), sets.neighborAsn[id]], [65001, 7]);
  const empty = intern(sets, {});
  t.deepEqual([sets.leftmostAsn(empty), sets.countAsn(empty, 7), sets.containsCluster(empty, 0)], [0, 0, false]);
});
