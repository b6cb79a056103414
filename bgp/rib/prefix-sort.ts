// hot: sorts prefix slots into the order of their prefixes (address, then length) by radix, a slice at a
// time. The keys are read from the prefix table, where the slots being sorted must stay in use meanwhile.

import { freeColumn } from '../net/columns.ts';
import type { PrefixTable } from '../net/prefix-table.ts';

const DIGIT_BITS = 11;
const BUCKETS = 1 << DIGIT_BITS;
const DIGITS_PER_WORD = 3;

export class PrefixSort {
  /** The slots; in order once step() has answered true. */
  slots: Uint32Array;
  private readonly prefixes: PrefixTable;
  private readonly count: number;
  private other: Uint32Array;
  private readonly offsets: Uint32Array;
  private readonly passes: number;
  private pass: number;
  private isCounting: boolean;
  private cursor: number;

  constructor(prefixes: PrefixTable, slots: Uint32Array) {
    this.prefixes = prefixes;
    this.slots = slots;
    this.count = slots.length;
    this.other = new Uint32Array(slots.length);
    this.offsets = new Uint32Array(BUCKETS);
    // The least significant key comes first: the length, then the words from the last to the first.
    this.passes = 1 + prefixes.stride * DIGITS_PER_WORD;
    this.pass = this.count > 1 ? 0 : this.passes;
    this.isCounting = true;
    this.cursor = 0;
  }

  /** Handles up to `budget` slots; true when the order is complete. */
  step(budget: number): boolean {
    if (this.pass === this.passes) return true;
    const end = Math.min(this.count, this.cursor + budget);
    if (this.isCounting) {
      for (let index = this.cursor; index < end; index++) this.offsets[this.digit(this.slots[index])]++;
    } else {
      for (let index = this.cursor; index < end; index++) {
        const slot = this.slots[index];
        this.other[this.offsets[this.digit(slot)]++] = slot;
      }
    }
    this.cursor = end;
    if (end === this.count) this.endPhase();
    return this.pass === this.passes;
  }

  /** Gives back what only the sorting needed. */
  end(): void {
    freeColumn(this.other);
  }

  private endPhase(): void {
    this.cursor = 0;
    if (this.isCounting && !this.startOffsets()) {
      this.isCounting = false;
      return;
    }
    if (!this.isCounting) [this.slots, this.other] = [this.other, this.slots];
    this.isCounting = true;
    this.offsets.fill(0);
    this.pass++;
  }

  /** Turns counts into offsets; true when all slots have the same digit, so that there is nothing to move. */
  private startOffsets(): boolean {
    let offset = 0;
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      const size = this.offsets[bucket];
      if (size === this.count) return true;
      this.offsets[bucket] = offset;
      offset += size;
    }
    return false;
  }

  private digit(slot: number): number {
    if (this.pass === 0) return this.prefixes.lengths[slot];
    const { stride, words } = this.prefixes;
    const word = stride - 1 - Math.floor((this.pass - 1) / DIGITS_PER_WORD);
    const shift = ((this.pass - 1) % DIGITS_PER_WORD) * DIGIT_BITS;
    return (words[slot * stride + word] >>> shift) & (BUCKETS - 1);
  }
}
