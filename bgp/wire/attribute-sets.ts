// Interned attribute sets: each distinct canonical block once, named by a number, counted by those who use it, with the values
// that route selection asks for in columns. A canonical block has its attributes ascending by code, normal flags, one-octet
// lengths where they fit, 4-octet AS numbers, an IPv4 next hop as NEXT_HOP in its place, any other as a last attribute of code 14
// holding AFI, SAFI, length and next hop only. Who makes blocks canonical: update-reader.ts, attributes.ts, export-transform.ts.
// hot

import { growInt32, growUint16, growUint32, growUint8 } from '../net/columns.ts';
import { AttributeCode, AttributeFlag, SegmentType } from './attribute.ts';
import { type PathAttributes, decodePathAttributes } from './attributes.ts';
import { ByteArena } from './byte-arena.ts';
import { NextHops, nextHopId } from './next-hops.ts';
import { readUint32 } from './read-uint32.ts';

declare const brand: unique symbol;
/** A row of {@link AttributeSets}; 0 means none. A row is used again after its last reference went. */
export type AttrSetId = number & { readonly [brand]: 'AttrSetId' };

/** For ids read back from typed arrays. */
export function attrSetId(value: number): AttrSetId {
  return value as AttrSetId;
}

/** Bits of {@link AttributeSets.flags}: which attributes are present. */
export const SetFlag = {
  Med: 1,
  LocalPref: 2,
  OriginatorId: 4,
  Communities: 8,
  LargeCommunities: 16,
  AtomicAggregate: 32,
} as const;

export interface AttributeSetsOptions {
  /** Makes the places of sets in the hash table hard to foresee for peers. */
  readonly hashSeed?: number;
}

export class AttributeSets {
  readonly nextHops: NextHops = new NextHops();
  /** Columns by AttrSetId. All are replaced as the table grows: read them through this object each time. */
  origin: Uint8Array = new Uint8Array(INITIAL_ROWS);
  /** See {@link SetFlag}. */
  flags: Uint8Array = new Uint8Array(INITIAL_ROWS);
  /** RFC 4271 §9.1.2.2 (a): an AS_SET counts 1; RFC 5065 §5.3: confederation segments count 0. */
  asPathLength: Uint16Array = new Uint16Array(INITIAL_ROWS);
  /** The first AS number of a path that begins with an AS_SEQUENCE, else 0 (RFC 4271 §9.1.2.2 (c)). */
  neighborAsn: Uint32Array = new Uint32Array(INITIAL_ROWS);
  /** The last AS number of the path, which is the origin AS; 0 for an empty path or one that ends in an AS_SET. */
  originAsn: Uint32Array = new Uint32Array(INITIAL_ROWS);
  /** 0 when absent (RFC 4271 §9.1.2.2 (c)). */
  med: Uint32Array = new Uint32Array(INITIAL_ROWS);
  /** 0 when absent; see SetFlag.LocalPref. */
  localPref: Uint32Array = new Uint32Array(INITIAL_ROWS);
  /** NextHopId; 0 for a local route without one. */
  nextHop: Uint32Array = new Uint32Array(INITIAL_ROWS);
  /** 0 when absent (RFC 4456 §8). */
  originatorId: Uint32Array = new Uint32Array(INITIAL_ROWS);
  /** Number of cluster ids (RFC 4456 §9). */
  clusterListLength: Uint16Array = new Uint16Array(INITIAL_ROWS);

  private readonly arena: ByteArena = new ByteArena();
  private readonly seed: number;
  private readonly freeListeners: ((id: AttrSetId) => void)[] = [];
  private readonly free: number[] = [];
  private addresses: Uint32Array = new Uint32Array(INITIAL_ROWS);
  private lengths: Uint16Array = new Uint16Array(INITIAL_ROWS);
  private references: Uint32Array = new Uint32Array(INITIAL_ROWS);
  private hashes: Int32Array = new Int32Array(INITIAL_ROWS);
  private contexts: Uint8Array = new Uint8Array(INITIAL_ROWS);
  private slots: Uint32Array = new Uint32Array(INITIAL_ROWS * 2);
  private used = 1;
  private live = 0;

  constructor(options: AttributeSetsOptions = {}) {
    this.seed = (options.hashSeed ?? 0) | 0;
  }

  /** Number of sets in use. */
  get size(): number {
    return this.live;
  }

  /** One more than the largest id ever given out: the length that columns by AttrSetId need. */
  get limit(): number {
    return this.used;
  }

  /** Octets of the blocks in use. */
  get bytesUsed(): number {
    return this.arena.bytesUsed;
  }

  /** Octets that the table takes altogether: blocks, columns, hash slots. */
  get bytesReserved(): number {
    return this.arena.bytesReserved + this.origin.length * BYTES_PER_ROW + this.slots.length * 4;
  }

  /** `freed` is called when a set has lost its last reference, while its values can still be read. */
  onFree(freed: (id: AttrSetId) => void): void {
    this.freeListeners.push(freed);
  }

  /** The set of a canonical block, with one reference more, which the caller owns and gives back by release(). */
  intern(buffer: Uint8Array, offset: number, end: number): AttrSetId {
    const hash = hashBytes(buffer, offset, end, this.seed);
    const known = this.find(buffer, offset, end, hash);
    if (known !== 0) {
      this.references[known]++;
      return attrSetId(known);
    }
    if ((this.live + 1) * 2 > this.slots.length) this.growSlots();
    const id = this.free.pop() ?? this.used++;
    if (id >= this.origin.length) this.growRows();
    this.addresses[id] = this.arena.store(buffer, offset, end);
    this.lengths[id] = end - offset;
    this.references[id] = 1;
    this.hashes[id] = hash;
    this.contexts[id] = 0;
    const mask = this.slots.length - 1;
    let slot = hash & mask;
    while (this.slots[slot] !== 0) slot = (slot + 1) & mask;
    this.slots[slot] = id;
    this.live++;
    this.fillColumns(id, buffer, offset, end);
    return attrSetId(id);
  }

  /**
   * The set whose block equals these raw bytes, if such bytes have been accepted before in this context (see markAccepted), with
   * one reference more; else 0. Spares the reader decoding what it has already judged.
   */
  findAccepted(buffer: Uint8Array, offset: number, end: number, context: number): AttrSetId {
    const id = this.find(buffer, offset, end, hashBytes(buffer, offset, end, this.seed));
    if (id === 0 || (this.contexts[id] & context) === 0) return attrSetId(0);
    this.references[id]++;
    return attrSetId(id);
  }

  /** Remembers that an UPDATE carried exactly these bytes and had no fault. `context` is a bit of the reader's choice. */
  markAccepted(id: AttrSetId, context: number): void {
    this.contexts[id] |= context;
  }

  /** Whether the set's block is exactly these bytes. */
  equalsBytes(id: AttrSetId, buffer: Uint8Array, offset: number, end: number): boolean {
    return this.lengths[id] === end - offset && this.isEqual(id, buffer, offset, end);
  }

  retain(id: AttrSetId): void {
    if (id !== 0) this.references[id]++;
  }

  release(id: AttrSetId): void {
    if (id === 0 || --this.references[id] > 0) return;
    for (const freed of this.freeListeners) freed(id);
    this.removeSlot(id);
    this.arena.release(this.addresses[id], this.lengths[id]);
    this.nextHops.release(nextHopId(this.nextHop[id]));
    this.free.push(id);
    this.live--;
  }

  referencesOf(id: AttrSetId): number {
    return this.references[id];
  }

  /** The block's place, for hot readers: chunkOf(id)[offsetOf(id) …+ lengthOf(id)]. Valid while the set is retained. */
  chunkOf(id: AttrSetId): Uint8Array {
    return this.arena.chunkOf(this.addresses[id]);
  }

  offsetOf(id: AttrSetId): number {
    return this.arena.offsetOf(this.addresses[id]);
  }

  lengthOf(id: AttrSetId): number {
    return this.lengths[id];
  }

  /** A copy of the block; empty for 0. */
  bytesOf(id: AttrSetId): Uint8Array {
    if (id === 0) return new Uint8Array(0);
    const offset = this.offsetOf(id);
    return this.chunkOf(id).slice(offset, offset + this.lengths[id]);
  }

  /** Copies the set's block; `target` has room for it. */
  copyTo(id: AttrSetId, target: Uint8Array, at: number): void {
    if (id === 0) return;
    const chunk = this.chunkOf(id);
    const offset = this.offsetOf(id);
    const length = this.lengths[id];
    for (let index = 0; index < length; index++) target[at + index] = chunk[offset + index];
  }

  decode(id: AttrSetId): PathAttributes {
    return decodePathAttributes(this.bytesOf(id));
  }

  /** Whether the AS path names `asn` in any segment: the loop of RFC 4271 §9.1.2. */
  containsAsn(id: AttrSetId, asn: number): boolean {
    const buffer = this.chunkOf(id);
    let at = this.offsetOf(id);
    const blockEnd = at + this.lengths[id];
    while (at < blockEnd) {
      const code = buffer[at + 1];
      const isLong = (buffer[at] & AttributeFlag.ExtendedLength) !== 0;
      const length = isLong ? (buffer[at + 2] << 8) | buffer[at + 3] : buffer[at + 2];
      at += isLong ? 4 : 3;
      if (code > AttributeCode.AsPath) return false;
      if (code === AttributeCode.AsPath) {
        for (const end = at + length; at < end;) {
          const segmentEnd = at + 2 + buffer[at + 1] * 4;
          for (at += 2; at < segmentEnd; at += 4) if (readUint32(buffer, at) === asn) return true;
        }
        return false;
      }
      at += length;
    }
    return false;
  }

  private fillColumns(id: number, buffer: Uint8Array, offset: number, blockEnd: number): void {
    this.origin[id] = 0;
    this.asPathLength[id] = 0;
    this.neighborAsn[id] = 0;
    this.originAsn[id] = 0;
    this.med[id] = 0;
    this.localPref[id] = 0;
    this.nextHop[id] = 0;
    this.originatorId[id] = 0;
    this.clusterListLength[id] = 0;
    let flags = 0;
    let at = offset;
    while (at < blockEnd) {
      const code = buffer[at + 1];
      const isLong = (buffer[at] & AttributeFlag.ExtendedLength) !== 0;
      const length = isLong ? (buffer[at + 2] << 8) | buffer[at + 3] : buffer[at + 2];
      at += isLong ? 4 : 3;
      if (code === AttributeCode.Origin) this.origin[id] = buffer[at];
      else if (code === AttributeCode.AsPath) this.fillAsPath(id, buffer, at, at + length);
      else if (code === AttributeCode.NextHop) this.nextHop[id] = this.nextHops.intern(buffer, at, 4);
      else if (code === AttributeCode.MpReach) this.nextHop[id] = this.nextHops.intern(buffer, at + 4, buffer[at + 3]);
      else if (code === AttributeCode.Med) {
        this.med[id] = readUint32(buffer, at);
        flags |= SetFlag.Med;
      } else if (code === AttributeCode.LocalPref) {
        this.localPref[id] = readUint32(buffer, at);
        flags |= SetFlag.LocalPref;
      } else if (code === AttributeCode.OriginatorId) {
        this.originatorId[id] = readUint32(buffer, at);
        flags |= SetFlag.OriginatorId;
      } else if (code === AttributeCode.ClusterList) this.clusterListLength[id] = length >> 2;
      else if (code === AttributeCode.Communities) flags |= SetFlag.Communities;
      else if (code === AttributeCode.LargeCommunities) flags |= SetFlag.LargeCommunities;
      else if (code === AttributeCode.AtomicAggregate) flags |= SetFlag.AtomicAggregate;
      at += length;
    }
    this.flags[id] = flags;
  }

  private fillAsPath(id: number, buffer: Uint8Array, start: number, end: number): void {
    let hops = 0;
    let at = start;
    if (start < end && buffer[start] === SegmentType.Sequence) this.neighborAsn[id] = readUint32(buffer, start + 2);
    while (at < end) {
      const type = buffer[at];
      const count = buffer[at + 1];
      at += 2 + count * 4;
      if (type === SegmentType.Sequence) {
        hops += count;
        if (at === end) this.originAsn[id] = readUint32(buffer, end - 4);
      } else if (type === SegmentType.Set) hops++;
    }
    this.asPathLength[id] = hops;
  }

  private find(buffer: Uint8Array, start: number, end: number, hash: number): number {
    const slots = this.slots;
    const mask = slots.length - 1;
    const length = end - start;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const id = slots[slot];
      if (id === 0) return 0;
      if (this.hashes[id] === hash && this.lengths[id] === length && this.isEqual(id, buffer, start, end)) return id;
    }
  }

  private isEqual(id: number, buffer: Uint8Array, start: number, end: number): boolean {
    const address = this.addresses[id];
    const chunk = this.arena.chunkOf(address);
    let other = this.arena.offsetOf(address);
    for (let at = start; at < end; at++, other++) if (buffer[at] !== chunk[other]) return false;
    return true;
  }

  private growSlots(): void {
    const slots = new Uint32Array(this.slots.length * 2);
    const mask = slots.length - 1;
    for (const id of this.slots) {
      if (id === 0) continue;
      let slot = this.hashes[id] & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = id;
    }
    this.slots = slots;
  }

  private growRows(): void {
    const rows = this.origin.length * 2;
    this.origin = growUint8(this.origin, rows);
    this.flags = growUint8(this.flags, rows);
    this.asPathLength = growUint16(this.asPathLength, rows);
    this.neighborAsn = growUint32(this.neighborAsn, rows);
    this.originAsn = growUint32(this.originAsn, rows);
    this.med = growUint32(this.med, rows);
    this.localPref = growUint32(this.localPref, rows);
    this.nextHop = growUint32(this.nextHop, rows);
    this.originatorId = growUint32(this.originatorId, rows);
    this.clusterListLength = growUint16(this.clusterListLength, rows);
    this.addresses = growUint32(this.addresses, rows);
    this.lengths = growUint16(this.lengths, rows);
    this.references = growUint32(this.references, rows);
    this.hashes = growInt32(this.hashes, rows);
    this.contexts = growUint8(this.contexts, rows);
  }

  /** Takes the id out and closes the gap, so that searches never meet a dead slot. */
  private removeSlot(id: number): void {
    const slots = this.slots;
    const mask = slots.length - 1;
    let gap = this.hashes[id] & mask;
    while (slots[gap] !== id) gap = (gap + 1) & mask;
    for (let next = (gap + 1) & mask; slots[next] !== 0; next = (next + 1) & mask) {
      const home = this.hashes[slots[next]] & mask;
      if (((next - home) & mask) >= ((next - gap) & mask)) {
        slots[gap] = slots[next];
        gap = next;
      }
    }
    slots[gap] = 0;
  }
}

const INITIAL_ROWS = 1024;
/** Sum of the element sizes of all columns by id. */
const BYTES_PER_ROW = 45;

/** Four octets a step; each step is a bijection of the state, so that no octet gets lost. */
function hashBytes(buffer: Uint8Array, start: number, end: number, seed: number): number {
  let hash = seed ^ (end - start);
  let at = start;
  for (const last = end - 3; at < last; at += 4) {
    const word = buffer[at] | (buffer[at + 1] << 8) | (buffer[at + 2] << 16) | (buffer[at + 3] << 24);
    hash = Math.imul(hash ^ word, 0x85ebca6b);
    hash ^= hash >>> 15;
  }
  for (; at < end; at++) hash = Math.imul(hash ^ buffer[at], 0xc2b2ae35);
  hash = Math.imul(hash ^ (hash >>> 13), 0x9e3779b1);
  return hash ^ (hash >>> 16);
}
