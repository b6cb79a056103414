// What one session received, kept as it came: the raw bytes in one block and the time of every read. While the clock runs
// nothing is decoded but message boundaries and the number of prefixes, because a slow reader would be measured as a slow
// device; verify.ts reads the block afterwards.

import { MessageType } from './encode.ts';
import { BenchError } from './bench-error.ts';

export class FrameLog {
  readonly #keepsBytes: boolean;
  readonly #onMessage: (type: number, bytes: Buffer, start: number, end: number) => void;
  readonly #capacityBytes: number;
  #bytes = Buffer.alloc(0);
  #end = 0;
  #parsed = 0;
  #prefixes = 0;
  #readEnds = new Float64Array(4096);
  #readTimes = new Float64Array(4096);
  #reads = 0;

  /** `onMessage` is called for every message but UPDATE. */
  constructor(
    keepsBytes: boolean,
    capacityBytes: number,
    onMessage: (type: number, bytes: Buffer, start: number, end: number) => void,
  ) {
    this.#keepsBytes = keepsBytes;
    this.#capacityBytes = capacityBytes;
    this.#onMessage = onMessage;
  }

  /** Prefixes announced so far, counted without looking whether one came twice. */
  get prefixes(): number {
    return this.#prefixes;
  }

  get received(): Buffer {
    return this.#bytes.subarray(0, this.#end);
  }

  append(chunk: Uint8Array, atMs: number): void {
    if (!this.#keepsBytes && this.#parsed > 0) {
      this.#bytes.copyWithin(0, this.#parsed, this.#end);
      this.#end -= this.#parsed;
      this.#parsed = 0;
    }
    if (this.#end + chunk.length > this.#bytes.length) this.#grow(this.#end + chunk.length);
    this.#bytes.set(chunk, this.#end);
    this.#end += chunk.length;
    if (this.#keepsBytes) this.#recordRead(atMs);
    this.#scan();
  }

  /** When the byte before `offset` arrived. */
  arrivalMs(offset: number): number {
    let low = 0;
    let high = this.#reads - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#readEnds[middle] >= offset) high = middle;
      else low = middle + 1;
    }
    return this.#readTimes[low];
  }

  #recordRead(atMs: number): void {
    if (this.#reads === this.#readEnds.length) {
      this.#readEnds = doubled(this.#readEnds);
      this.#readTimes = doubled(this.#readTimes);
    }
    this.#readEnds[this.#reads] = this.#end;
    this.#readTimes[this.#reads] = atMs;
    this.#reads += 1;
  }

  #scan(): void {
    const bytes = this.#bytes;
    let at = this.#parsed;
    while (this.#end - at >= 19) {
      const length = readUint16(bytes, at + 16);
      if (length < 19) throw new BenchError(`a message of ${length} bytes cannot be: 19 is the least`);
      const end = at + length;
      if (end > this.#end) break;
      const type = bytes[at + 18];
      if (type === MessageType.Update) this.#countPrefixes(bytes, at, end);
      else this.#onMessage(type, bytes, at, end);
      at = end;
    }
    this.#parsed = at;
  }

  #countPrefixes(bytes: Buffer, start: number, end: number): void {
    const attributes = start + 21 + readUint16(bytes, start + 19);
    let at = attributes + 2 + readUint16(bytes, attributes);
    let count = 0;
    while (at < end) {
      at += 1 + ((bytes[at] + 7) >> 3);
      count += 1;
    }
    this.#prefixes += count;
  }

  #grow(neededBytes: number): void {
    const larger = Buffer.allocUnsafeSlow(Math.max(neededBytes, this.#bytes.length * 2, this.#capacityBytes));
    this.#bytes.copy(larger, 0, 0, this.#end);
    this.#bytes = larger;
  }
}

export function readUint16(bytes: Uint8Array, at: number): number {
  return (bytes[at] << 8) | bytes[at + 1];
}

export function readUint32(bytes: Uint8Array, at: number): number {
  return ((readUint16(bytes, at) << 16) | readUint16(bytes, at + 2)) >>> 0;
}

function doubled(column: Float64Array): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(column.length * 2);
  larger.set(column);
  return larger;
}
