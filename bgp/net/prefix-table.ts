// hot: prefixes as dense slots. An open-addressing hash (linear probing) from words and length to a
// slot, with the words and lengths as columns and a free list through freed slots. Slot 0 is "none".
// The hash grows incrementally: a full rehash of a million prefixes would stop the speaker for 100 ms.
// Nothing about routes lives here; tables of routes index their own columns by these slots.

import { firstCapacity, growInt32, growUint8, nextCapacity } from './columns.ts';

/** Bucket entry: slot in the low bits, a tag of the hash above it, so that most misses cost no look at the columns. */
const SLOT_BITS = 26;
const SLOT_MASK = (1 << SLOT_BITS) - 1;
/** An entry of the old buckets whose prefix was removed while they were being moved. */
const TOMBSTONE = 0xfc00_0000;
/** Old buckets moved by each insert while the hash grows: 2 would be enough to be done before the next growth. */
const MOVES_PER_INSERT = 16;
const FREE_LENGTH = 255;

export class PrefixTable {
  /** 32-bit words of a prefix: 1 (IPv4) or 4 (IPv6). */
  readonly stride: 1 | 4;
  /** Words of slot s start at `words[s * stride]`. */
  words: Int32Array;
  lengths: Uint8Array;
  /** Prefixes in the table. */
  count: number;
  /** Every slot in use is below this. */
  limit: number;
  private readonly seed: number;
  private freeHead: number;
  private buckets: Uint32Array;
  private mask: number;
  private old: Uint32Array | undefined;
  private oldMask: number;
  private moved: number;

  /** `seed` varies the hash, so that a peer cannot choose prefixes that collide. */
  constructor(stride: 1 | 4, seed = 0) {
    this.stride = stride;
    this.seed = seed | 0;
    this.words = new Int32Array(firstCapacity(14) * stride);
    this.lengths = new Uint8Array(firstCapacity(15));
    this.count = 0;
    this.limit = 1;
    this.freeHead = 0;
    this.buckets = new Uint32Array(2048);
    this.mask = 2047;
    this.old = undefined;
    this.oldMask = 0;
    this.moved = 0;
  }

  get bytes(): number {
    return this.words.byteLength + this.lengths.byteLength + this.buckets.byteLength + (this.old?.byteLength ?? 0);
  }

  /** The slot of a prefix, 0 when it is not in the table. Host bits must be clear; unused words are 0. */
  find(w0: number, w1: number, w2: number, w3: number, length: number): number {
    const hash = this.hash(w0, w1, w2, w3, length);
    const slot = this.probe(this.buckets, this.mask, hash, w0, w1, w2, w3, length);
    if (slot !== 0 || this.old === undefined) return slot;
    return this.probe(this.old, this.oldMask, hash, w0, w1, w2, w3, length);
  }

  /** The slot of a prefix, which is added when it is missing. Columns may have grown afterwards. */
  insert(w0: number, w1: number, w2: number, w3: number, length: number): number {
    const hash = this.hash(w0, w1, w2, w3, length);
    let slot = this.probe(this.buckets, this.mask, hash, w0, w1, w2, w3, length);
    if (slot !== 0) return slot;
    if (this.old !== undefined) {
      slot = this.probe(this.old, this.oldMask, hash, w0, w1, w2, w3, length);
      if (slot !== 0) return slot;
      this.move(MOVES_PER_INSERT);
    } else if (this.count >= (this.mask + 1) * 0.6) {
      this.startGrowing();
    }
    slot = this.allocate();
    const stride = this.stride;
    this.words[slot * stride] = w0;
    if (stride === 4) {
      this.words[slot * 4 + 1] = w1;
      this.words[slot * 4 + 2] = w2;
      this.words[slot * 4 + 3] = w3;
    }
    this.lengths[slot] = length;
    this.place(hash, slot);
    this.count++;
    return slot;
  }

  /** Frees a slot that is in use; the next insert may hand it out again. */
  remove(slot: number): void {
    const hash = this.hashOf(slot);
    if (!this.removeFrom(this.buckets, this.mask, hash, slot) || this.old !== undefined) {
      this.bury(hash, slot);
    }
    this.lengths[slot] = FREE_LENGTH;
    this.words[slot * this.stride] = this.freeHead;
    this.freeHead = slot;
    this.count--;
  }

  isUsed(slot: number): boolean {
    return slot > 0 && slot < this.limit && this.lengths[slot] !== FREE_LENGTH;
  }

  private allocate(): number {
    const free = this.freeHead;
    if (free !== 0) {
      this.freeHead = this.words[free * this.stride];
      return free;
    }
    const slot = this.limit++;
    if (slot > SLOT_MASK) throw new RangeError(`a table holds at most ${SLOT_MASK} prefixes`);
    const { stride } = this;
    if ((slot + 1) * stride > this.words.length) {
      this.words = growInt32(this.words, nextCapacity(this.words.length / stride, slot + 1) * stride);
    }
    if (slot >= this.lengths.length) {
      this.lengths = growUint8(this.lengths, nextCapacity(this.lengths.length, slot + 1));
    }
    return slot;
  }

  private hash(w0: number, w1: number, w2: number, w3: number, length: number): number {
    let hash = Math.imul(w0 ^ this.seed, 0x9e3779b1) ^ Math.imul(length, 0x27d4eb2f);
    if (this.stride === 4) {
      // Between two words the secret is multiplied in: else the high bits of one could be taken back by the next, whatever the seed.
      const secret = this.seed | 1;
      hash = Math.imul(hash ^ (hash >>> 16), secret);
      hash = Math.imul(hash ^ (hash >>> 13) ^ w1, 0x85ebca6b);
      hash = Math.imul(hash ^ (hash >>> 15), secret);
      hash = Math.imul(hash ^ (hash >>> 13) ^ w2, 0xc2b2ae35);
      hash = Math.imul(hash ^ (hash >>> 14), secret);
      hash = Math.imul(hash ^ (hash >>> 13) ^ w3, 0x165667b1);
    }
    hash = Math.imul(hash ^ (hash >>> 15), 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
    return hash ^ (hash >>> 16);
  }

  private hashOf(slot: number): number {
    const words = this.words;
    const length = this.lengths[slot];
    if (this.stride === 1) return this.hash(words[slot], 0, 0, 0, length);
    const at = slot * 4;
    return this.hash(words[at], words[at + 1], words[at + 2], words[at + 3], length);
  }

  private probe(
    buckets: Uint32Array,
    mask: number,
    hash: number,
    w0: number,
    w1: number,
    w2: number,
    w3: number,
    length: number,
  ): number {
    const tag = hash >>> SLOT_BITS;
    const words = this.words;
    const stride = this.stride;
    for (let index = hash & mask; ; index = (index + 1) & mask) {
      const entry = buckets[index];
      if (entry === 0) return 0;
      if (entry >>> SLOT_BITS !== tag) continue;
      const slot = entry & SLOT_MASK;
      if (slot === 0 || this.lengths[slot] !== length) continue;
      const at = slot * stride;
      if (words[at] !== w0) continue;
      if (stride === 1 || (words[at + 1] === w1 && words[at + 2] === w2 && words[at + 3] === w3)) return slot;
    }
  }

  private place(hash: number, slot: number): void {
    const buckets = this.buckets;
    const mask = this.mask;
    let index = hash & mask;
    while (buckets[index] !== 0) index = (index + 1) & mask;
    buckets[index] = ((hash >>> SLOT_BITS) << SLOT_BITS) | slot;
  }

  private startGrowing(): void {
    this.old = this.buckets;
    this.oldMask = this.mask;
    this.moved = 0;
    this.mask = this.mask * 2 + 1;
    this.buckets = new Uint32Array(this.mask + 1);
  }

  /** Copies the next old buckets; they stay where they are, so that probing through them still works. */
  private move(count: number): void {
    const old = this.old;
    if (old === undefined) return;
    const end = Math.min(this.moved + count, old.length);
    for (let index = this.moved; index < end; index++) {
      const slot = old[index] & SLOT_MASK;
      if (slot !== 0) this.place(this.hashOf(slot), slot);
    }
    this.moved = end;
    if (end === old.length) this.old = undefined;
  }

  /** Removes by shifting back what was displaced past the hole, so that no tombstone stays behind. */
  private removeFrom(buckets: Uint32Array, mask: number, hash: number, slot: number): boolean {
    let hole = hash & mask;
    for (; ; hole = (hole + 1) & mask) {
      const entry = buckets[hole];
      if (entry === 0) return false;
      if ((entry & SLOT_MASK) === slot) break;
    }
    for (let index = (hole + 1) & mask; ; index = (index + 1) & mask) {
      const entry = buckets[index];
      if (entry === 0) break;
      const home = this.hashOf(entry & SLOT_MASK) & mask;
      if (((index - home) & mask) >= ((index - hole) & mask)) {
        buckets[hole] = entry;
        hole = index;
      }
    }
    buckets[hole] = 0;
    return true;
  }

  private bury(hash: number, slot: number): void {
    const old = this.old;
    if (old === undefined) return;
    for (let index = hash & this.oldMask; old[index] !== 0; index = (index + 1) & this.oldMask) {
      if ((old[index] & SLOT_MASK) === slot) {
        old[index] = TOMBSTONE;
        return;
      }
    }
  }
}
