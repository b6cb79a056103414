// hot: the text of a large answer, written as bytes straight into slices of SLICE_BYTES. Two slices take turns, one being filled while
// the other is on its way to the socket, so that an answer of any length needs the memory of two and leaves no garbage behind. What
// an answer says is its renderer's business; how a slice is sent is slices.ts'.

import { setImmediate as yieldToLoop } from 'node:timers/promises';

export const SLICE_BYTES = 64 * 1024;

/** Resolves when the slice was written and its memory may be used again. */
export type SendSlice = (slice: Uint8Array) => Promise<void>;

const encoder = new TextEncoder();

/** Fixed text, prepared once. */
export function encodeText(text: string): Uint8Array {
  return encoder.encode(text);
}

const ZERO = 48;
const SPACE = 32;
const COLON = 58;
const DOT = 46;
/** Below this a loop is faster than a call into the engine. */
const LOOP_BYTES = 24;

// scratch
const groups = new Uint16Array(8);

export class SliceWriter {
  /** The slice being filled; `at` of its bytes are. Room is made first (hasRoom, makeRoom), the writers do not look. */
  bytes: Buffer = Buffer.allocUnsafeSlow(SLICE_BYTES);
  at = 0;
  readonly #send: SendSlice;
  #other: Buffer | undefined;
  #sending: Promise<void> = Promise.resolve();

  constructor(send: SendSlice) {
    this.#send = send;
  }

  hasRoom(bytes: number): boolean {
    return this.at + bytes <= this.bytes.length;
  }

  /** Sends what there is, and gives an empty slice of at least `bytes`. */
  async makeRoom(bytes: number): Promise<void> {
    await this.#flush();
    if (bytes > this.bytes.length) this.bytes = Buffer.allocUnsafeSlow(bytes);
  }

  /** Text of any length. */
  async writeText(text: string): Promise<void> {
    const most = text.length * 3;
    if (!this.hasRoom(most)) await this.makeRoom(most);
    this.at += this.bytes.write(text, this.at, 'utf8');
  }

  /** Sends the rest; everything is sent when it resolves. */
  async end(): Promise<void> {
    await this.#flush();
    await this.#sending;
  }

  async #flush(): Promise<void> {
    await this.#sending;
    if (this.at === 0) return;
    if (this.at > this.bytes.length) throw new RangeError(`${this.at} bytes in a slice of ${this.bytes.length}`);
    const full = this.bytes.subarray(0, this.at);
    this.#sending = this.#sendInParts(full);
    // Whoever writes next awaits it; until then its failure is not a surprise.
    this.#sending.catch(() => undefined);
    const empty = this.#other ?? Buffer.allocUnsafeSlow(SLICE_BYTES);
    this.#other = this.bytes;
    this.bytes = empty;
    this.at = 0;
    await yieldToLoop();
  }

  /** A row that is larger than a slice is sent in several. */
  async #sendInParts(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length; at += SLICE_BYTES) await this.#send(bytes.subarray(at, at + SLICE_BYTES));
  }

  writeBytes(source: Uint8Array, length: number = source.length): void {
    const { bytes, at } = this;
    if (length < LOOP_BYTES || length !== source.length) {
      for (let index = 0; index < length; index++) bytes[at + index] = source[index];
    } else bytes.set(source, at);
    this.at = at + length;
  }

  writeByte(byte: number): void {
    this.bytes[this.at++] = byte;
  }

  writeSpaces(count: number): void {
    for (let index = 0; index < count; index++) this.bytes[this.at++] = SPACE;
  }

  /** An unsigned 32-bit number in decimal digits. */
  writeNumber(value: number): void {
    const { bytes } = this;
    let rest = value;
    let at = this.at + countDigits(value);
    this.at = at;
    while (rest >= 10) {
      const tenth = (rest / 10) >>> 0;
      bytes[--at] = ZERO + rest - tenth * 10;
      rest = tenth;
    }
    bytes[--at] = ZERO + rest;
  }

  /** In a column, to the right. */
  writePaddedNumber(value: number, width: number): void {
    this.writeSpaces(width - countDigits(value));
    this.writeNumber(value);
  }

  writeAddress(version: 4 | 6, words: Int32Array, at: number): void {
    if (version === 4) this.writeIpv4(words[at]);
    else this.writeIpv6(words[at], words[at + 1], words[at + 2], words[at + 3]);
  }

  writeIpv4(word: number): void {
    this.writeNumber(word >>> 24);
    this.bytes[this.at++] = DOT;
    this.writeNumber((word >>> 16) & 255);
    this.bytes[this.at++] = DOT;
    this.writeNumber((word >>> 8) & 255);
    this.bytes[this.at++] = DOT;
    this.writeNumber(word & 255);
  }

  /** RFC 5952 §4: lower case, no leading zeros, the first longest run of two or more zero groups as `::`. */
  writeIpv6(w0: number, w1: number, w2: number, w3: number): void {
    if (w0 === 0 && w1 === 0 && w2 === 0xffff) {
      for (const byte of mappedHead) this.bytes[this.at++] = byte;
      this.writeIpv4(w3);
      return;
    }
    groups[0] = w0 >>> 16;
    groups[1] = w0;
    groups[2] = w1 >>> 16;
    groups[3] = w1;
    groups[4] = w2 >>> 16;
    groups[5] = w2;
    groups[6] = w3 >>> 16;
    groups[7] = w3;
    let runStart = 8;
    let runLength = 1;
    for (let start = 0; start < 8; start++) {
      let length = 0;
      while (start + length < 8 && groups[start + length] === 0) length++;
      if (length > runLength) {
        runStart = start;
        runLength = length;
      }
      if (length > 0) start += length;
    }
    for (let group = 0; group < 8; group++) {
      if (group === runStart) {
        this.bytes[this.at++] = COLON;
        group += runLength - 1;
        if (group === 7) this.bytes[this.at++] = COLON;
        continue;
      }
      if (group > 0) this.bytes[this.at++] = COLON;
      this.#writeHex(groups[group]);
    }
  }

  #writeHex(group: number): void {
    let shift = group > 0xfff ? 12 : group > 0xff ? 8 : group > 0xf ? 4 : 0;
    for (; shift >= 0; shift -= 4) {
      const digit = (group >>> shift) & 15;
      this.bytes[this.at++] = digit < 10 ? ZERO + digit : 87 + digit;
    }
  }
}

const mappedHead = encodeText('::ffff:');

function countDigits(value: number): number {
  let digits = 1;
  for (let limit = 10; value >= limit && digits < 10; limit *= 10) digits++;
  return digits;
}
