// Next hops as numbers: one row per distinct next hop of all attribute sets, counted by those that use it. A row is an address
// and, for IPv6, possibly the link-local address that came with it (RFC 2545 §3). Whether it can be reached is the resolver's
// business; the table tells when a row is freed so that others may drop what they keep for it.
// hot

import { Address } from '../net/address.ts';
import { growInt32, growUint32, growUint8 } from '../net/columns.ts';
import { IdIndex } from './id-index.ts';
import { hashBytes } from './keyed-hash.ts';

declare const brand: unique symbol;
/** A row of {@link NextHops}; 0 means no next hop. A row is used again after its last reference went. */
export type NextHopId = number & { readonly [brand]: 'NextHopId' };

/** For ids read back from typed arrays. */
export function nextHopId(value: number): NextHopId {
  return value as NextHopId;
}

/** Words of a row: the address (four), then the link-local address (four). */
const WORDS = 8;

export class NextHops {
  /** Octets of the next hop on the wire by id: 4, 16, 32; 0 for a free row. Replaced as the table grows: do not keep it. */
  lengths: Uint8Array = new Uint8Array(64);
  /** Eight words by id: w0..w3 of the address, then of the link-local one. Replaced as the table grows. */
  words: Int32Array = new Int32Array(64 * WORDS);
  private references: Uint32Array = new Uint32Array(64);
  private hashes: Int32Array = new Int32Array(64);
  private readonly index: IdIndex = new IdIndex(128);
  private readonly free: number[] = [];
  private readonly freeListeners: ((id: NextHopId) => void)[] = [];
  private used = 1;
  private readonly seed: number;

  /** `seed`: as AttributeSetsOptions.hashSeed. */
  constructor(seed: number) {
    this.seed = seed;
  }

  /** Number of rows in use. */
  get size(): number {
    return this.index.size;
  }

  /** One more than the largest id ever given out: the length that columns by NextHopId need. */
  get limit(): number {
    return this.used;
  }

  /** `freed` is called when a row has lost its last reference, before its id is used again. */
  onFree(freed: (id: NextHopId) => void): void {
    this.freeListeners.push(freed);
  }

  /** The row for the 4, 16 or 32 octets at `offset`, with one reference more, which the caller owns. */
  intern(buffer: Uint8Array, offset: number, lengthBytes: number): NextHopId {
    const count = lengthBytes >> 2;
    for (let index = 0; index < WORDS; index++) {
      const at = offset + index * 4;
      // Row 0 is nobody's: it serves as the place where the candidate's words stand.
      this.words[index] =
        index < count ? (buffer[at] << 24) | (buffer[at + 1] << 16) | (buffer[at + 2] << 8) | buffer[at + 3] : 0;
    }
    const hash = hashBytes(buffer, offset, offset + lengthBytes, this.seed);
    const { slots } = this.index;
    const mask = slots.length - 1;
    for (let slot = hash & mask; slots[slot] !== 0; slot = (slot + 1) & mask) {
      const id = slots[slot];
      if (this.hashes[id] === hash && this.isCandidate(id, lengthBytes)) {
        this.references[id]++;
        return nextHopId(id);
      }
    }
    const id = this.free.pop() ?? this.used++;
    if (id >= this.lengths.length) this.growRows();
    this.words.copyWithin(id * WORDS, 0, WORDS);
    this.lengths[id] = lengthBytes;
    this.references[id] = 1;
    this.hashes[id] = hash;
    this.index.add(id, this.hashes);
    return nextHopId(id);
  }

  retain(id: NextHopId): void {
    if (id !== 0) this.references[id]++;
  }

  release(id: NextHopId): void {
    if (id === 0 || --this.references[id] > 0) return;
    for (const freed of this.freeListeners) freed(id);
    this.index.remove(id, this.hashes);
    this.lengths[id] = 0;
    this.free.push(id);
  }

  versionOf(id: NextHopId): 4 | 6 {
    return this.lengths[id] === 4 ? 4 : 6;
  }

  /** The address to forward to; undefined for 0. */
  addressOf(id: NextHopId): Address | undefined {
    if (id === 0 || this.lengths[id] === 0) return undefined;
    const at = id * WORDS;
    return new Address(this.versionOf(id), this.words[at], this.words[at + 1], this.words[at + 2], this.words[at + 3]);
  }

  linkLocalOf(id: NextHopId): Address | undefined {
    if (this.lengths[id] !== 32) return undefined;
    const at = id * WORDS + 4;
    return new Address(6, this.words[at], this.words[at + 1], this.words[at + 2], this.words[at + 3]);
  }

  private isCandidate(id: number, lengthBytes: number): boolean {
    if (this.lengths[id] !== lengthBytes) return false;
    const at = id * WORDS;
    for (let index = 0; index < WORDS; index++) {
      if (this.words[at + index] !== this.words[index]) return false;
    }
    return true;
  }

  private growRows(): void {
    const rows = this.lengths.length * 2;
    this.lengths = growUint8(this.lengths, rows);
    this.words = growInt32(this.words, rows * WORDS);
    this.references = growUint32(this.references, rows);
    this.hashes = growInt32(this.hashes, rows);
  }
}
