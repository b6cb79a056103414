// A batch survives the crossing whole, and the block that came back is used again.

import test from 'ava';
import { attributesOfRow, type RouteBatch } from '#bgp/views.ts';
import { type PackedBatch, packBatch, unpackBatch } from '#speaker/packed-batch.ts';

function makeBatch(stride: 1 | 4): RouteBatch {
  return {
    count: 3,
    prefixWords: Int32Array.from({ length: 3 * stride }, (_, index) => -index),
    prefixLengths: new Uint8Array([8, 16, 24]),
    peers: new Uint16Array([0, 7, 60_000]),
    attributes: new Uint32Array([1, 0, 2]),
    flags: new Uint16Array([1, 3, 1025]),
    weights: new Uint16Array([0, 32_768, 1]),
    pathIds: new Uint32Array([0, 4_000_000_001, 2]),
    reasons: new Uint8Array([0, 1, 2]),
    receivedWallSec: new Uint32Array([9, 10, 4_000_000_000]),
    versions: new Uint32Array([11, 12, 13]),
    setEnds: new Uint32Array([3, 3, 7]),
    setBytes: new Uint8Array([1, 2, 3, 4, 5, 6, 7]),
  };
}

function cross(packed: PackedBatch): RouteBatch {
  return unpackBatch(structuredClone(packed, { transfer: [packed.block] }));
}

for (const stride of [1, 4] as const) {
  test(`a batch of ${stride} words a prefix is the same after it crossed`, (t) => {
    const packed = packBatch(makeBatch(stride), undefined);
    const crossed = cross(packed);
    t.is(packed.block.byteLength, 0, 'the block changed owner');
    t.deepEqual(crossed, makeBatch(stride));
    t.deepEqual(
      [0, 1, 2].map((row) => [...attributesOfRow(crossed, row)]),
      [[], [1, 2, 3], [4, 5, 6, 7]],
    );
  });
}

test('a block that came back is written again if the batch fits, else a new one is made', (t) => {
  const spare = new ArrayBuffer(1000);
  new Uint8Array(spare).fill(0xaa);
  const packed = packBatch(makeBatch(4), spare);
  t.is(packed.block, spare);
  t.deepEqual(cross(packed), makeBatch(4));
  const small = new ArrayBuffer(50);
  const other = packBatch(makeBatch(4), small);
  t.not(other.block, small);
  t.deepEqual(cross(other), makeBatch(4));
});
