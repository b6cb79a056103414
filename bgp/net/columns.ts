// Columns: typed arrays indexed by slot that grow by copying. Slot 0 always means "none", so a fresh,
// zero-filled tail is a valid one. Growth is by half above a quarter million slots to bound waste.

const DOUBLE_UNTIL = 1 << 18;

/** The capacity to grow to so that `needed` slots fit. */
export function nextCapacity(current: number, needed: number): number {
  let capacity = Math.max(current, 16);
  while (capacity < needed) capacity += capacity < DOUBLE_UNTIL ? capacity : capacity >> 1;
  return capacity;
}

/**
 * A first capacity for the `index`-th of several columns that grow together: no two have the same, so that they
 * are copied one at a time, thousands of slots apart, instead of all at once.
 */
export function firstCapacity(index: number): number {
  return Math.floor(1024 * 1.5 ** (index / 16));
}

/** Gives a large column's memory back now instead of when garbage is collected; the column is empty afterwards. */
export function freeColumn(column: Uint32Array): void {
  if (column.buffer instanceof ArrayBuffer && !column.buffer.detached) column.buffer.transfer(0);
}

export function growInt32(column: Int32Array, capacity: number): Int32Array {
  const grown = new Int32Array(capacity);
  grown.set(column);
  return grown;
}

export function growUint32(column: Uint32Array, capacity: number): Uint32Array {
  const grown = new Uint32Array(capacity);
  grown.set(column);
  return grown;
}

export function growUint16(column: Uint16Array, capacity: number): Uint16Array {
  const grown = new Uint16Array(capacity);
  grown.set(column);
  return grown;
}

export function growUint8(column: Uint8Array, capacity: number): Uint8Array {
  const grown = new Uint8Array(capacity);
  grown.set(column);
  return grown;
}

export function growFloat32(column: Float32Array, capacity: number): Float32Array {
  const grown = new Float32Array(capacity);
  grown.set(column);
  return grown;
}

export function growFloat64(column: Float64Array, capacity: number): Float64Array {
  const grown = new Float64Array(capacity);
  grown.set(column);
  return grown;
}
