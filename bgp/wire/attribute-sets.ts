// Interned attribute sets: each distinct canonical block once, named by a number, counted by those who use it, with the values
// that route selection asks for in columns. A canonical block has its attributes ascending by code, normal flags, one-octet
// lengths where they fit, 4-octet AS numbers, an IPv4 next hop as NEXT_HOP in its place, any other as a last attribute of code 14
// holding AFI, SAFI, length and next hop only. Who makes blocks canonical: update-reader.ts, attributes.ts, export-transform.ts.
// hot

import { growFloat32, growFloat64, growInt32, growUint16, growUint32, growUint8 } from '../net/columns.ts';
import { findAigpMetric, readAigpMetric } from './aigp.ts';
import { AttributeCode, AttributeFlag, SegmentType } from './attribute.ts';
import { type PathAttributes, decodePathAttributes } from './attributes.ts';
import { ByteArena } from './byte-arena.ts';
import { Community } from './community.ts';
import { IdIndex } from './id-index.ts';
import { hashBytes } from './keyed-hash.ts';
import { NextHops, nextHopId } from './next-hops.ts';
import { readUint32 } from './uint32.ts';

declare const brand: unique symbol;
/** A row of {@link AttributeSets}; 0 means none. A row is used again after its last reference went. */
export type AttrSetId = number & { readonly [brand]: 'AttrSetId' };

/** For ids read back from typed arrays. */
export function attrSetId(value: number): AttrSetId {
  return value as AttrSetId;
}

/** Bits of {@link AttributeSets.flags}: which attributes are present, and which communities that the speaker acts upon. */
export const SetFlag = {
  Med: 1 << 0,
  LocalPref: 1 << 1,
  OriginatorId: 1 << 2,
  Communities: 1 << 3,
  LargeCommunities: 1 << 4,
  AtomicAggregate: 1 << 5,
  ExtendedCommunities: 1 << 6,
  /** There is a metric: see {@link AttributeSets.aigpMetric}. */
  Aigp: 1 << 7,
  /** See {@link AttributeSets.linkBandwidth}. */
  LinkBandwidth: 1 << 8,
  /** See {@link AttributeSets.otc}. */
  Otc: 1 << 9,
  /** The path has confederation segments (RFC 5065). */
  ConfederationPath: 1 << 10,
  /** The path has an AS_SET or AS_CONFED_SET (RFC 9774). */
  AsSet: 1 << 11,
  // Well-known communities: community.ts
  NoExport: 1 << 12,
  NoAdvertise: 1 << 13,
  NoExportSubconfed: 1 << 14,
  NoPeer: 1 << 15,
  GracefulShutdown: 1 << 16,
  Blackhole: 1 << 17,
  LlgrStale: 1 << 18,
  NoLlgr: 1 << 19,
  AcceptOwn: 1 << 20,
  /** AIGP is present, with or without a metric. */
  AigpAttribute: 1 << 21,
} as const;

export interface AttributeSetsOptions {
  /** Makes the places of sets in the hash table hard to foresee for peers. */
  readonly hashSeed?: number;
}

export class AttributeSets {
  readonly nextHops: NextHops;
  /** Columns by AttrSetId. All are replaced as the table grows: read them through this object each time. */
  origin: Uint8Array = new Uint8Array(INITIAL_ROWS);
  /** See {@link SetFlag}. */
  flags: Uint32Array = new Uint32Array(INITIAL_ROWS);
  /** RFC 4271 §9.1.2.2 (a): an AS_SET counts 1; RFC 5065 §5.3: confederation segments count 0. */
  asPathLength: Uint16Array = new Uint16Array(INITIAL_ROWS);
  /**
   * The neighboring AS (RFC 4271 §9.1.2.2 (c)): the first number behind confederation segments (RFC 5065 §5.3), 0 where no
   * AS_SEQUENCE follows.
   */
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
  /** RFC 7311 §3, only with SetFlag.Aigp: else there may be no such row. Exact up to 2^53. */
  aigpMetric: Float64Array = new Float64Array(0);
  /** Octets a second (draft-ietf-idr-link-bandwidth §3), only with SetFlag.LinkBandwidth: else there may be no such row. */
  linkBandwidth: Float32Array = new Float32Array(0);
  /** The AS number of ONLY_TO_CUSTOMER (RFC 9234 §5), only with SetFlag.Otc: else there may be no such row. */
  otc: Uint32Array = new Uint32Array(0);

  private readonly arena: ByteArena = new ByteArena();
  private readonly seed: number;
  private readonly freeListeners: ((id: AttrSetId) => void)[] = [];
  private readonly free: number[] = [];
  private addresses: Uint32Array = new Uint32Array(INITIAL_ROWS);
  private lengths: Uint16Array = new Uint16Array(INITIAL_ROWS);
  private references: Uint32Array = new Uint32Array(INITIAL_ROWS);
  private hashes: Int32Array = new Int32Array(INITIAL_ROWS);
  private contexts: Uint8Array = new Uint8Array(INITIAL_ROWS);
  private readonly index: IdIndex = new IdIndex(INITIAL_ROWS * 2);
  private used = 1;
  /** See findValue. */
  private foundEnd = 0;

  constructor(options: AttributeSetsOptions = {}) {
    this.seed = (options.hashSeed ?? 0) | 0;
    this.nextHops = new NextHops(this.seed);
  }

  /** Number of sets in use. */
  get size(): number {
    return this.index.size;
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
    const rare = this.aigpMetric.byteLength + this.linkBandwidth.byteLength + this.otc.byteLength;
    return this.arena.bytesReserved + this.origin.length * BYTES_PER_ROW + rare + this.index.slots.length * 4;
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
    const id = this.free.pop() ?? this.used++;
    if (id >= this.origin.length) this.growRows();
    this.addresses[id] = this.arena.store(buffer, offset, end);
    this.lengths[id] = end - offset;
    this.references[id] = 1;
    this.hashes[id] = hash;
    this.contexts[id] = 0;
    this.index.add(id, this.hashes);
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
    this.index.remove(id, this.hashes);
    this.arena.release(this.addresses[id], this.lengths[id]);
    this.nextHops.release(nextHopId(this.nextHop[id]));
    this.free.push(id);
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
    return this.countAsn(id, asn) > 0;
  }

  /** How often the AS path names `asn`, confederation segments included (RFC 5065 §4). */
  countAsn(id: AttrSetId, asn: number): number {
    const start = this.findValue(id, AttributeCode.AsPath);
    if (start < 0) return 0;
    const buffer = this.chunkOf(id);
    let count = 0;
    for (let at = start; at < this.foundEnd;) {
      const segmentEnd = at + 2 + buffer[at + 1] * 4;
      for (at += 2; at < segmentEnd; at += 4) if (readUint32(buffer, at) === asn) count++;
    }
    return count;
  }

  /** Whether CLUSTER_LIST names the cluster: the loop of RFC 4456 §8. */
  containsCluster(id: AttrSetId, clusterId: number): boolean {
    if (this.clusterListLength[id] === 0) return false;
    const buffer = this.chunkOf(id);
    for (let at = this.findValue(id, AttributeCode.ClusterList); at < this.foundEnd; at += 4) {
      if (readUint32(buffer, at) === clusterId >>> 0) return true;
    }
    return false;
  }

  /** The leftmost number of the path, whatever its segment; 0 for an empty path. */
  leftmostAsn(id: AttrSetId): number {
    const start = this.findValue(id, AttributeCode.AsPath);
    return start < 0 || start === this.foundEnd ? 0 : readUint32(this.chunkOf(id), start + 2);
  }

  /** Offset of an attribute's value in chunkOf(id), which ends at `foundEnd`; -1 when there is none. */
  private findValue(id: AttrSetId, wanted: number): number {
    const buffer = this.chunkOf(id);
    let at = this.offsetOf(id);
    const blockEnd = at + this.lengths[id];
    while (at < blockEnd) {
      const code = buffer[at + 1];
      const isLong = (buffer[at] & AttributeFlag.ExtendedLength) !== 0;
      const length = isLong ? (buffer[at + 2] << 8) | buffer[at + 3] : buffer[at + 2];
      at += isLong ? 4 : 3;
      if (code === wanted) {
        this.foundEnd = at + length;
        return at;
      }
      at += length;
    }
    return -1;
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
      else if (code === AttributeCode.AsPath) flags |= this.fillAsPath(id, buffer, at, at + length);
      else if (code === AttributeCode.NextHop) this.nextHop[id] = this.nextHops.intern(buffer, at, 4);
      else if (code === AttributeCode.MpReach) this.nextHop[id] = this.nextHops.intern(buffer, at + 4, buffer[at + 3]);
      else if (code === AttributeCode.Med) {
        this.med[id] = readUint32(buffer, at);
        flags |= SetFlag.Med;
      } else if (code === AttributeCode.LocalPref) {
        this.localPref[id] = readUint32(buffer, at);
        flags |= SetFlag.LocalPref;
      } else if (code === AttributeCode.Communities)
        flags |= SetFlag.Communities | wellKnownFlags(buffer, at, at + length);
      else if (code >= AttributeCode.AtomicAggregate) flags |= this.fillRare(id, code, buffer, at, at + length);
      at += length;
    }
    this.flags[id] = flags;
  }

  /** Attributes that most sets do not have. Answers their flags. */
  private fillRare(id: number, code: number, buffer: Uint8Array, start: number, end: number): number {
    switch (code) {
      case AttributeCode.AtomicAggregate:
        return SetFlag.AtomicAggregate;
      case AttributeCode.OriginatorId:
        this.originatorId[id] = readUint32(buffer, start);
        return SetFlag.OriginatorId;
      case AttributeCode.ClusterList:
        this.clusterListLength[id] = (end - start) >> 2;
        return 0;
      case AttributeCode.ExtendedCommunities:
        return SetFlag.ExtendedCommunities | this.fillLinkBandwidth(id, buffer, start, end);
      case AttributeCode.LargeCommunities:
        return SetFlag.LargeCommunities;
      case AttributeCode.Aigp: {
        const at = findAigpMetric(buffer, start, end);
        if (at < 0) return SetFlag.AigpAttribute;
        if (id >= this.aigpMetric.length) this.aigpMetric = growFloat64(this.aigpMetric, this.origin.length);
        this.aigpMetric[id] = readAigpMetric(buffer, at);
        return SetFlag.AigpAttribute | SetFlag.Aigp;
      }
      case AttributeCode.Otc:
        if (id >= this.otc.length) this.otc = growUint32(this.otc, this.origin.length);
        this.otc[id] = readUint32(buffer, start);
        return SetFlag.Otc;
      default:
        return 0;
    }
  }

  /** draft-ietf-idr-link-bandwidth §3: type 0x00 or 0x40, subtype 4, AS number, a float of octets a second. The first one counts. */
  private fillLinkBandwidth(id: number, buffer: Uint8Array, start: number, end: number): number {
    for (let at = start; at < end; at += 8) {
      if ((buffer[at] & 0xbf) !== 0 || buffer[at + 1] !== 4) continue;
      const bandwidth = readFloat32(buffer, at + 4);
      // Nothing to weigh by: below zero, infinite, or no number at all.
      if (!(bandwidth >= 0) || bandwidth === Infinity) continue;
      if (id >= this.linkBandwidth.length) this.linkBandwidth = growFloat32(this.linkBandwidth, this.origin.length);
      this.linkBandwidth[id] = bandwidth;
      return SetFlag.LinkBandwidth;
    }
    return 0;
  }

  private fillAsPath(id: number, buffer: Uint8Array, start: number, end: number): number {
    let hops = 0;
    let flags = 0;
    let at = start;
    while (at < end && buffer[at] >= SegmentType.ConfedSequence) {
      flags |= SetFlag.ConfederationPath | (buffer[at] === SegmentType.ConfedSet ? SetFlag.AsSet : 0);
      at += 2 + buffer[at + 1] * 4;
    }
    if (at < end && buffer[at] === SegmentType.Sequence) this.neighborAsn[id] = readUint32(buffer, at + 2);
    while (at < end) {
      const type = buffer[at];
      const count = buffer[at + 1];
      at += 2 + count * 4;
      if (type === SegmentType.Sequence) {
        hops += count;
        if (at === end) this.originAsn[id] = readUint32(buffer, end - 4);
      } else if (type === SegmentType.Set) {
        hops++;
        flags |= SetFlag.AsSet;
      } else flags |= SetFlag.ConfederationPath | (type === SegmentType.ConfedSet ? SetFlag.AsSet : 0);
    }
    this.asPathLength[id] = hops;
    return flags;
  }

  private find(buffer: Uint8Array, start: number, end: number, hash: number): number {
    const { slots } = this.index;
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

  private growRows(): void {
    const rows = this.origin.length * 2;
    this.origin = growUint8(this.origin, rows);
    this.flags = growUint32(this.flags, rows);
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
}

/** Flags of the communities that the speaker acts upon; all of them begin with 0xffff. */
function wellKnownFlags(buffer: Uint8Array, start: number, end: number): number {
  let flags = 0;
  for (let at = start; at < end; at += 4) {
    if (buffer[at] === 0xff && buffer[at + 1] === 0xff) flags |= flagOfCommunity(readUint32(buffer, at));
  }
  return flags;
}

function flagOfCommunity(community: number): number {
  switch (community) {
    case Community.NoExport:
      return SetFlag.NoExport;
    case Community.NoAdvertise:
      return SetFlag.NoAdvertise;
    case Community.NoExportSubconfed:
      return SetFlag.NoExportSubconfed;
    case Community.NoPeer:
      return SetFlag.NoPeer;
    case Community.GracefulShutdown:
      return SetFlag.GracefulShutdown;
    case Community.Blackhole:
      return SetFlag.Blackhole;
    case Community.LlgrStale:
      return SetFlag.LlgrStale;
    case Community.NoLlgr:
      return SetFlag.NoLlgr;
    case Community.AcceptOwn:
      return SetFlag.AcceptOwn;
    default:
      return 0;
  }
}

const floatWord = new Uint32Array(1); // scratch
const floatValue = new Float32Array(floatWord.buffer);

function readFloat32(buffer: Uint8Array, at: number): number {
  floatWord[0] = readUint32(buffer, at);
  return floatValue[0];
}

const INITIAL_ROWS = 1024;
/** Sum of the element sizes of all columns by id. */
const BYTES_PER_ROW = 48;
