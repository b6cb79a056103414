// A batch of routes as it crosses between threads: columns are handed over, not copied, and the bytes of
// all new attribute sets lie in one block, because thousands of small buffers cost more than their content.

import type { RouteBatch } from '#bgp/views.ts';

export interface PackedBatch {
  /** The batch without its new attribute sets. */
  readonly columns: RouteBatch;
  readonly numbers: Uint32Array;
  readonly lengths: Uint16Array;
  /** The sets' bytes, end to end. */
  readonly bytes: Uint8Array;
}

export function packBatch(batch: RouteBatch): { readonly packed: PackedBatch; readonly transfer: ArrayBuffer[] } {
  const sets = batch.newAttributes;
  const numbers = new Uint32Array(sets.length);
  const lengths = new Uint16Array(sets.length);
  const bytes = new Uint8Array(sets.reduce((sum, set) => sum + set.bytes.length, 0));
  let at = 0;
  for (let index = 0; index < sets.length; index++) {
    const set = sets[index];
    numbers[index] = set.number;
    lengths[index] = set.bytes.length;
    bytes.set(set.bytes, at);
    at += set.bytes.length;
  }
  const packed = { columns: { ...batch, newAttributes: [] }, numbers, lengths, bytes };
  const columns = [
    batch.prefixWords,
    batch.prefixLengths,
    batch.peers,
    batch.attributes,
    batch.flags,
    batch.reasons,
    batch.receivedWallSec,
    batch.versions,
    numbers,
    lengths,
    bytes,
  ];
  // A column that is a window into something larger is cloned: what it lies in is not ours to give away.
  const transfer = columns.flatMap(({ buffer, byteLength }) =>
    buffer instanceof ArrayBuffer && buffer.byteLength === byteLength ? [buffer] : [],
  );
  return { packed, transfer };
}

export function unpackBatch({ columns, numbers, lengths, bytes }: PackedBatch): RouteBatch {
  const newAttributes: { readonly number: number; readonly bytes: Uint8Array }[] = [];
  let at = 0;
  for (let index = 0; index < numbers.length; index++) {
    const end = at + lengths[index];
    newAttributes.push({ number: numbers[index], bytes: bytes.subarray(at, end) });
    at = end;
  }
  return { ...columns, newAttributes };
}
