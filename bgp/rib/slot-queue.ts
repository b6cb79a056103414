// hot: a first-in first-out queue of slots in which a slot stands at most once: work that is due for a
// prefix, however often the prefix changed. Bounded by the number of slots; gives memory back when empty.

const SMALL = 1024;

export class SlotQueue {
  length: number;
  /** Slots ever pushed and shifted: a marker of how far the queue has got. */
  pushed: number;
  shifted: number;
  private ring: Uint32Array;
  private head: number;
  private bits: Uint32Array;

  constructor() {
    this.length = 0;
    this.pushed = 0;
    this.shifted = 0;
    this.ring = new Uint32Array(SMALL);
    this.head = 0;
    this.bits = new Uint32Array(SMALL >> 5);
  }

  get bytes(): number {
    return this.ring.byteLength + this.bits.byteLength;
  }

  has(slot: number): boolean {
    const word = slot >>> 5;
    return word < this.bits.length && (this.bits[word] & (1 << (slot & 31))) !== 0;
  }

  /** False when the slot is queued already. */
  push(slot: number): boolean {
    const word = slot >>> 5;
    if (word >= this.bits.length) this.growBits(word);
    const bit = 1 << (slot & 31);
    if ((this.bits[word] & bit) !== 0) return false;
    this.bits[word] |= bit;
    if (this.length === this.ring.length) this.resize(this.ring.length * 2);
    this.ring[(this.head + this.length) & (this.ring.length - 1)] = slot;
    this.length++;
    this.pushed++;
    return true;
  }

  /** The oldest slot, 0 when there is none. */
  shift(): number {
    if (this.length === 0) return 0;
    const slot = this.ring[this.head];
    this.head = (this.head + 1) & (this.ring.length - 1);
    this.length--;
    this.shifted++;
    this.bits[slot >>> 5] &= ~(1 << (slot & 31));
    if (this.length === 0 && this.ring.length > SMALL * 64) this.resize(SMALL);
    return slot;
  }

  /** The slot at a position counted from the oldest. */
  at(position: number): number {
    return this.ring[(this.head + position) & (this.ring.length - 1)];
  }

  private growBits(word: number): void {
    const bits = new Uint32Array(Math.max(this.bits.length * 2, word + 1));
    bits.set(this.bits);
    this.bits = bits;
  }

  private resize(capacity: number): void {
    const ring = new Uint32Array(capacity);
    const untilEnd = Math.min(this.length, this.ring.length - this.head);
    ring.set(this.ring.subarray(this.head, this.head + untilEnd));
    ring.set(this.ring.subarray(0, this.length - untilEnd), untilEnd);
    this.ring = ring;
    this.head = 0;
  }
}
