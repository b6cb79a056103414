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
import { concat, toHex } from './bytes.ts';

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
    SetFlag.Med | SetFlag.LocalPref | SetFlag.OriginatorId | SetFlag.Communities | SetFlag.AtomicAggregate,
  );
  const hop = nextHopId(sets.nextHop[id]);
  t.is(String(sets.nextHops.addressOf(hop)), '2001:db8::1');
  t.is(String(sets.nextHops.linkLocalOf(hop)), 'fe80::2');
  t.is(sets.nextHops.versionOf(hop), 6);
  const confed = intern(sets, { asPath: [{ type: SegmentType.ConfedSequence, asns: [asn(1), asn(2)] }, sequence(7)] });
  t.is(sets.asPathLength[confed], 1);
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
