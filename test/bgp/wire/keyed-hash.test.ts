// What a peer may choose must not be what the time depends on: attribute sets, next hops and prefixes made to fall together in a hash
// that takes a secret at its start only, and what ordinary ones take.

import test from 'ava';
import { PrefixTable } from '#bgp/net/prefix-table.ts';
import { AttributeSets } from '#bgp/wire/attribute-sets.ts';
import { hashBytes } from '#bgp/wire/keyed-hash.ts';
import { cpuMs } from '#support/cpu-time.ts';
import { randomFrom, takeSeed } from '#support/seed.ts';

const PAIRS = 15;

/**
 * An unknown attribute of 120 octets. A set bit of `choice` flips the highest bit of one word and, in the next one, the two bits that a
 * multiplication and a shift by 15 make of it: with `hash = (hash ^ word) * odd; hash ^= hash >>> 15` all of them are one number.
 */
function chosen(choice: number): Uint8Array {
  const block = new Uint8Array(8 + PAIRS * 8);
  block.set([0x40, 1, 1, 0, 0xc0, 99, PAIRS * 8 + 1, 0]);
  const view = new DataView(block.buffer);
  for (let pair = 0; pair < PAIRS; pair++) {
    const isFlipped = ((choice >>> pair) & 1) !== 0;
    view.setUint32(8 + pair * 8, isFlipped ? 0x8000_0000 : 0, true);
    view.setUint32(12 + pair * 8, isFlipped ? 0x8001_0000 : 0, true);
  }
  return block;
}

test('32,768 attribute sets that a peer chose to fall together have hashes of their own, whatever the secret', (t) => {
  const seed = takeSeed();
  t.log(`seed ${seed}`);
  const random = randomFrom(seed);
  for (let round = 0; round < 5; round++) {
    const secret = Math.floor(random() * 2 ** 32) | 0;
    const hashes = new Set<number>();
    const count = 1 << PAIRS;
    for (let choice = 0; choice < count; choice++) {
      const block = chosen(choice);
      hashes.add(hashBytes(block, 0, block.length, secret));
    }
    // Of 2^15 numbers of 32 bits some 0.1 are there twice.
    t.true(hashes.size > count - 200, `${hashes.size} of ${count}, secret ${secret}`);
  }
});

test('a set that is one octet or one bit away has another hash', (t) => {
  const block = chosen(0);
  const known = new Set([hashBytes(block, 0, block.length, 12_345)]);
  for (let bit = 0; bit < block.length * 8; bit++) {
    const other = Uint8Array.from(block);
    other[bit >> 3] ^= 1 << (bit & 7);
    known.add(hashBytes(other, 0, other.length, 12_345));
  }
  for (let length = 1; length < block.length; length++) known.add(hashBytes(block, 0, length, 12_345));
  t.is(known.size, 1 + block.length * 8 + block.length - 1);
});

test('next hops and sets that a peer chose are found again, and nothing is left when they go', (t) => {
  const sets = new AttributeSets({ hashSeed: 0x5eed_5eed });
  const ids = Array.from({ length: 2000 }, (_, choice) => {
    const block = chosen(choice);
    return sets.intern(block, 0, block.length);
  });
  t.is(new Set(ids).size, 2000);
  for (const [choice, id] of ids.entries()) {
    const block = chosen(choice);
    t.is(sets.intern(block, 0, block.length), id);
    sets.release(id);
    sets.release(id);
  }
  t.is(sets.size, 0);
});

test('262,144 IPv6 prefixes that a peer chose to fall together take about as long as any others', (t) => {
  const bits = 9;
  const time = (prefixOf: (a: number, b: number) => readonly [number, number]): number => {
    const table = new PrefixTable(4, 0x7ea5_e11a);
    const startMs = cpuMs();
    for (let value = 0; value < 1 << (2 * bits); value++) {
      const [w0, w1] = prefixOf(value >> bits, value & ((1 << bits) - 1));
      table.insert(w0, w1, 0, 0, 64);
    }
    t.is(table.count, 1 << (2 * bits));
    return cpuMs() - startMs;
  };
  const plain = time((a, b) => [0x2001_0db8, (a << 16) | b]);
  // The high bits of a product hang on the high bits of its factors alone; a shift by 16 brings them down, and the next word takes
  // both back: of all these 512 at a time would be one number, and each would be compared with all of its kind.
  const hostile = time((a, b) => [a << (32 - bits), (b << (32 - bits)) | (b << (16 - bits))]);
  t.log(`${plain.toFixed(0)} ms, chosen ones ${hostile.toFixed(0)} ms`);
  t.true(hostile < 10 * plain + 300);
});
