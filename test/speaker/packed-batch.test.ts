// A batch survives the crossing whole, and what it does not own stays where it is.

import test from 'ava';
import type { RouteBatch } from '#bgp/views.ts';
import { packBatch, unpackBatch } from '#speaker/packed-batch.ts';

test('a batch is the same after it crossed, and only whole buffers are handed over', (t) => {
  const store = new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8]);
  const make = (): RouteBatch => ({
    count: 2,
    prefixWords: new Int32Array([1, -2]),
    prefixLengths: store.subarray(2, 4),
    peers: new Uint16Array([0, 7]),
    attributes: new Uint32Array([5, 6]),
    flags: new Uint8Array([1, 3]),
    reasons: new Uint8Array([0, 1]),
    receivedWallSec: new Uint32Array([9, 10]),
    versions: new Uint32Array([11, 12]),
    newAttributes: [
      { number: 5, bytes: store.subarray(0, 3) },
      { number: 6, bytes: store.subarray(3, 3) },
      { number: 900_000, bytes: store.subarray(4, 8) },
    ],
  });
  const { packed, transfer } = packBatch(make());
  t.false(transfer.includes(store.buffer));
  t.is(transfer.length, 10);
  const crossed = unpackBatch(structuredClone(packed, { transfer }));
  t.deepEqual(crossed, make());
  t.deepEqual([...store], [1, 2, 3, 4, 5, 6, 7, 8]);
});
