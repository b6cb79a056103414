// The table of prefixes against a plain map: slots, freed slots, growth, hostile keys.

import test from 'ava';
import { PrefixTable } from '#bgp/net/prefix-table.ts';
import { wordMask } from '#bgp/net/prefix.ts';
import { randomFrom, takeSeed } from '#support/seed.ts';

type Key = [number, number, number, number, number];

function randomKey(random: () => number, stride: 1 | 4, spread: number): Key {
  const length = Math.floor(random() * (stride * 32 + 1));
  const word = (index: number): number =>
    index < stride ? Math.floor(random() * spread) & wordMask(length, index) : 0;
  // Few bits set: many prefixes that differ in their length alone.
  return [word(0) | (random() < 0.5 ? 0x0a000000 & wordMask(length, 0) : 0), word(1), word(2), word(3), length];
}

for (const stride of [1, 4] as const) {
  test(`a table of ${stride}-word prefixes agrees with a Map over random inserts and removals`, (t) => {
    const seed = takeSeed();
    t.log(`seed ${seed}`);
    const random = randomFrom(seed);
    const table = new PrefixTable(stride, seed);
    const map = new Map<string, { key: Key; slot: number }>();
    let removals = 0;
    for (let step = 0; step < 60_000; step++) {
      const key = randomKey(random, stride, 0xffff_ffff);
      const text = key.join(' ');
      const known = map.get(text);
      // It grows first, so that the hash moves while prefixes come and go, and shrinks in the end.
      if (random() < (step < 40_000 ? 0.75 : 0.2)) {
        const slot = table.insert(...key);
        if (known !== undefined && known.slot !== slot) return t.fail(`${text} moved from ${known.slot} to ${slot}`);
        map.set(text, { key, slot });
      } else {
        const victim = map.values().next().value;
        if (victim === undefined) continue;
        table.remove(victim.slot);
        map.delete(victim.key.join(' '));
        if (table.find(...victim.key) !== 0) return t.fail(`${victim.key.join(' ')} is still found`);
        removals++;
      }
      if (table.count !== map.size) return t.fail(`count ${table.count}, expected ${map.size}`);
    }
    t.true(removals > 10_000);
    const slots = new Set<number>();
    for (const { key, slot } of map.values()) {
      t.is(table.find(...key), slot);
      t.true(table.isUsed(slot));
      t.is(table.lengths[slot], key[4]);
      for (let word = 0; word < stride; word++) t.is(table.words[slot * stride + word], key[word]);
      slots.add(slot);
    }
    t.is(slots.size, map.size, 'no two prefixes share a slot');
  });
}

test('a prefix and a longer one with the same words are different', (t) => {
  const table = new PrefixTable(1);
  const short = table.insert(0x0a000000, 0, 0, 0, 8);
  const long = table.insert(0x0a000000, 0, 0, 0, 24);
  t.not(short, long);
  t.is(table.find(0x0a000000, 0, 0, 0, 8), short);
  t.is(table.find(0x0a000000, 0, 0, 0, 16), 0);
  t.is(table.find(0x0a000000, 0, 0, 0, 24), long);
});

test('a freed slot is handed out again, and slot 0 never', (t) => {
  const table = new PrefixTable(4);
  const first = table.insert(1, 2, 3, 4, 128);
  t.true(first > 0);
  table.remove(first);
  t.false(table.isUsed(first));
  t.is(table.insert(5, 6, 7, 8, 128), first);
  t.is(table.limit, 2, 'the table did not grow');
});

test('tables with different seeds hold the same prefixes in the same slots', (t) => {
  const random = randomFrom(3);
  const a = new PrefixTable(1, 1);
  const b = new PrefixTable(1, 0x5eed);
  for (let index = 0; index < 5000; index++) {
    const key = randomKey(random, 1, 0xffff_ffff);
    if (a.insert(...key) !== b.insert(...key)) return t.fail(`slots of ${key.join(' ')} differ`);
  }
  t.is(a.count, b.count);
});
