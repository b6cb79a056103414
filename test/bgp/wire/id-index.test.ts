// The hash index of rows against a plain map, with hashes that collide.

import test from 'ava';
import fc from 'fast-check';

import { IdIndex } from '#bgp/wire/id-index.ts';

function has(index: IdIndex, id: number, hashes: Int32Array): boolean {
  const mask = index.slots.length - 1;
  for (let slot = hashes[id] & mask; index.slots[slot] !== 0; slot = (slot + 1) & mask) {
    if (index.slots[slot] === id) return true;
  }
  return false;
}

test('whatever is added and removed, exactly what is there is found', (t) => {
  const ids = 200;
  const step = fc.record({ id: fc.integer({ min: 1, max: ids - 1 }) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 400 }), fc.integer({ min: 1, max: 64 }), (steps, spread) => {
      const hashes = Int32Array.from({ length: ids }, (_, id) => (id % spread) * 7 - 3);
      const index = new IdIndex(8);
      const present = new Set<number>();
      for (const { id } of steps) {
        if (present.delete(id)) index.remove(id, hashes);
        else {
          present.add(id);
          index.add(id, hashes);
        }
      }
      t.is(index.size, present.size);
      for (let id = 1; id < ids; id++) t.is(has(index, id, hashes), present.has(id));
    }),
    { numRuns: 200 },
  );
});
