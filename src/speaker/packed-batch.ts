// hot: a batch of routes as it crosses between threads: every column in one block of memory that changes owner. The reader hands
// the block back when it asks for a batch later, and the next one is written into it: however long a view is, its batches live in
// two blocks, and no garbage collector has to find out that a hundred others are not needed any more.

import type { RouteBatch } from '#bgp/views.ts';

export interface PackedBatch {
  readonly block: ArrayBuffer;
  readonly count: number;
  /** Words of a prefix. */
  readonly stride: number;
  readonly sets: number;
  readonly setBytes: number;
}

/** Room for the following batches, which are seldom of the same size. */
const SPARE_FACTOR = 1.25;

/** `spare` is used if it is large enough. */
export function packBatch(batch: RouteBatch, spare: ArrayBuffer | undefined): PackedBatch {
  const { count } = batch;
  const sets = batch.setEnds.length;
  const setBytes = batch.setBytes.length;
  const stride = count === 0 ? 1 : batch.prefixWords.length / count;
  const needed = count * (4 * stride + 4 * 4 + 2 * 3 + 2) + sets * 4 + setBytes;
  const block =
    spare !== undefined && spare.byteLength >= needed ? spare : new ArrayBuffer(Math.ceil(needed * SPARE_FACTOR));
  const packed = { block, count, stride, sets, setBytes };
  const columns = unpackBatch(packed);
  columns.prefixWords.set(batch.prefixWords);
  columns.attributes.set(batch.attributes);
  columns.receivedWallSec.set(batch.receivedWallSec);
  columns.versions.set(batch.versions);
  columns.pathIds.set(batch.pathIds);
  columns.setEnds.set(batch.setEnds);
  columns.peers.set(batch.peers);
  columns.prefixLengths.set(batch.prefixLengths);
  columns.flags.set(batch.flags);
  columns.weights.set(batch.weights);
  columns.reasons.set(batch.reasons);
  columns.setBytes.set(batch.setBytes);
  return packed;
}

/** The columns where they lie in the block: the wider ones first, so that each begins at a multiple of its width. */
export function unpackBatch({ block, count, stride, sets, setBytes }: PackedBatch): RouteBatch {
  const attributes = count * stride * 4;
  const received = attributes + count * 4;
  const versions = received + count * 4;
  const pathIds = versions + count * 4;
  const ends = pathIds + count * 4;
  const peers = ends + sets * 4;
  const flags = peers + count * 2;
  const weights = flags + count * 2;
  const lengths = weights + count * 2;
  return {
    count,
    prefixWords: new Int32Array(block, 0, count * stride),
    attributes: new Uint32Array(block, attributes, count),
    receivedWallSec: new Uint32Array(block, received, count),
    versions: new Uint32Array(block, versions, count),
    pathIds: new Uint32Array(block, pathIds, count),
    setEnds: new Uint32Array(block, ends, sets),
    peers: new Uint16Array(block, peers, count),
    prefixLengths: new Uint8Array(block, lengths, count),
    flags: new Uint16Array(block, flags, count),
    weights: new Uint16Array(block, weights, count),
    reasons: new Uint8Array(block, lengths + count, count),
    setBytes: new Uint8Array(block, lengths + count * 2, setBytes),
  };
}
