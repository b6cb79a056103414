// hot: what we want of and have in the kernel, one family, one table and metric: columns by the slot of a prefix, and the queue
// of slots that are to be looked at. No kernel and no next hops here.

import { randomInt } from 'node:crypto';
import { formatAddress } from '#bgp/net/address.ts';
import { firstCapacity, growUint32, growUint8, nextCapacity } from '#bgp/net/columns.ts';
import { PrefixTable } from '#bgp/net/prefix-table.ts';

/** Bits of `flags`. */
export const RouteState = {
  /** In the queue. */
  Queued: 1,
  /** Found at the start, not wanted by this run so far. */
  Stale: 2,
  /** Refused by the kernel; tried again later. */
  Failed: 4,
  /** The speaker was told that it is installed. */
  ToldInstalled: 8,
  /** The speaker was told that it is not. */
  ToldMissing: 16,
  /** Seen, or written, since all routes began to be read. */
  Seen: 32,
  /** Goes before another one comes: a replacement was refused. */
  Yields: 64,
  /** A foreign route has the same prefix and metric, and a replacement might hit it: ours goes before another one comes. */
  Beside: 128,
} as const;

export class RouteColumns {
  readonly version: 4 | 6;
  readonly prefixes: PrefixTable;
  /** Hop set that BGP wants, 0: none. */
  wanted: Uint32Array = new Uint32Array(firstCapacity(1));
  /** Path that the kernel has from us, 0: none. */
  installed: Uint32Array = new Uint32Array(firstCapacity(2));
  flags: Uint8Array = new Uint8Array(firstCapacity(3));
  /** Why the kernel refused it, while RouteState.Failed. */
  reasons: Uint8Array = new Uint8Array(firstCapacity(5));
  /** Prefixes that the kernel has from us. */
  installedCount = 0;
  #queue: Uint32Array = new Uint32Array(firstCapacity(4));
  #head = 0;
  #tail = 0;

  constructor(version: 4 | 6) {
    this.version = version;
    // Peers choose the prefixes, and must not know where they fall.
    this.prefixes = new PrefixTable(version === 4 ? 1 : 4, randomInt(2 ** 32));
  }

  get queued(): number {
    return this.#tail - this.#head;
  }

  find(w0: number, w1: number, w2: number, w3: number, length: number): number {
    return this.prefixes.find(w0, w1, w2, w3, length);
  }

  insert(w0: number, w1: number, w2: number, w3: number, length: number): number {
    const before = this.prefixes.count;
    const slot = this.prefixes.insert(w0, w1, w2, w3, length);
    if (slot >= this.wanted.length) this.wanted = growUint32(this.wanted, nextCapacity(this.wanted.length, slot + 1));
    if (slot >= this.installed.length) {
      this.installed = growUint32(this.installed, nextCapacity(this.installed.length, slot + 1));
    }
    if (slot >= this.flags.length) this.flags = growUint8(this.flags, nextCapacity(this.flags.length, slot + 1));
    if (slot >= this.reasons.length)
      this.reasons = growUint8(this.reasons, nextCapacity(this.reasons.length, slot + 1));
    if (this.prefixes.count !== before) {
      this.wanted[slot] = 0;
      this.installed[slot] = 0;
      this.flags[slot] = 0;
    }
    return slot;
  }

  /** A word of the slot's prefix. */
  word(slot: number, index: number): number {
    const { stride, words } = this.prefixes;
    return index < stride ? words[slot * stride + index] : 0;
  }

  words(slot: number): readonly [number, number, number, number] {
    return [this.word(slot, 0), this.word(slot, 1), this.word(slot, 2), this.word(slot, 3)];
  }

  format(slot: number): string {
    return `${formatAddress(this.version, ...this.words(slot))}/${this.prefixes.lengths[slot]}`;
  }

  clearFlag(flag: number): void {
    for (let slot = 1; slot < this.prefixes.limit; slot++) this.flags[slot] &= ~flag;
  }

  setInstalled(slot: number, path: number): void {
    const before = this.installed[slot];
    if (before === 0 && path !== 0) this.installedCount++;
    if (before !== 0 && path === 0) this.installedCount--;
    this.installed[slot] = path;
  }

  enqueue(slot: number): void {
    if ((this.flags[slot] & RouteState.Queued) !== 0) return;
    this.flags[slot] |= RouteState.Queued;
    if (this.#tail === this.#queue.length) this.#makeRoom();
    this.#queue[this.#tail++] = slot;
  }

  /** The next slot of the queue, 0 when it is empty. */
  peek(): number {
    return this.#head === this.#tail ? 0 : this.#queue[this.#head];
  }

  shift(): void {
    this.flags[this.#queue[this.#head++]] &= ~RouteState.Queued;
    if (this.#head === this.#tail) this.#head = this.#tail = 0;
  }

  /** Gives the slot back when nothing is wanted, nothing is installed and nothing is to be done. */
  releaseIfEmpty(slot: number): void {
    if (this.wanted[slot] === 0 && this.installed[slot] === 0 && (this.flags[slot] & RouteState.Queued) === 0) {
      this.prefixes.remove(slot);
    }
  }

  #makeRoom(): void {
    const count = this.#tail - this.#head;
    // Half empty: move to the front. A slot is in the queue once, so it never outgrows the table for long.
    const target =
      count * 2 > this.#queue.length
        ? new Uint32Array(nextCapacity(this.#queue.length, this.#queue.length + 1))
        : this.#queue;
    target.set(this.#queue.subarray(this.#head, this.#tail));
    this.#queue = target;
    this.#head = 0;
    this.#tail = count;
  }
}
