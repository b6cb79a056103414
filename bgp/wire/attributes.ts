// Path attributes as plain values: decoding a canonical block (what that is: attribute-sets.ts) for views and policies, and encoding
// one for local routes. Reading attributes from the wire, where they may be malformed, is update-reader.ts; words: attribute-text.ts.

import { Address, addressBytes, readAddress } from '../net/address.ts';
import { type Asn, asn } from '../net/asn.ts';
import { Afi, Safi } from '../net/family.ts';
import { type RouterId, routerId } from '../net/router-id.ts';
import {
  AttributeCode,
  AttributeFlag,
  OPTIONAL,
  OPTIONAL_TRANSITIVE,
  SegmentType,
  WELL_KNOWN,
  attributeRows,
  writeAttributeHeader,
} from './attribute.ts';
import { findAigpMetric } from './aigp.ts';
import { MAX_BLOCK_LENGTH } from './byte-arena.ts';
import { readUint32 } from './uint32.ts';

export { SegmentType };

/** RFC 4271 §4.3 and §5.1.1. */
export const Origin = { Igp: 0, Egp: 1, Incomplete: 2 } as const;
export type Origin = (typeof Origin)[keyof typeof Origin];

export interface AsPathSegment {
  readonly type: SegmentType;
  /** 1..255 of them. */
  readonly asns: readonly Asn[];
}

export interface Aggregator {
  readonly asn: Asn;
  readonly address: RouterId;
}

/** RFC 8092 §3: Global Administrator, Local Data Part 1 and 2; each 0..4294967295. */
export type LargeCommunity = readonly [number, number, number];

export interface UnknownAttribute {
  readonly flags: number;
  readonly code: number;
  readonly value: Uint8Array;
}

export interface PathAttributes {
  readonly origin: Origin;
  readonly asPath: readonly AsPathSegment[];
  /** undefined for a local route whose next hop is set on export. */
  readonly nextHop: Address | undefined;
  /** Second address of an IPv6 next hop of 32 octets (RFC 2545 §3). */
  readonly linkLocalNextHop: Address | undefined;
  readonly med: number | undefined;
  readonly localPref: number | undefined;
  readonly isAtomicAggregate: boolean;
  readonly aggregator: Aggregator | undefined;
  /** Unsigned 32-bit (RFC 1997). */
  readonly communities: readonly number[];
  /** Eight octets each (RFC 4360). */
  readonly extendedCommunities: readonly Uint8Array[];
  readonly largeCommunities: readonly LargeCommunity[];
  /** Twenty octets each (RFC 5701). */
  readonly ipv6ExtendedCommunities: readonly Uint8Array[];
  /** The TLVs (RFC 7311 §3); their metric: aigpMetric(). */
  readonly aigp: Uint8Array | undefined;
  /** ONLY_TO_CUSTOMER (RFC 9234 §5). */
  readonly otc: Asn | undefined;
  readonly originatorId: RouterId | undefined;
  readonly clusterList: readonly RouterId[];
  /** Codes of known optional transitive attributes that came with the Partial bit (RFC 4271 §4.3). */
  readonly partial: readonly number[];
  /** Optional transitive attributes that we do not know, ascending by code. */
  readonly unknown: readonly UnknownAttribute[];
}

/** A route that says nothing but its origin; for building others by spread. */
export const emptyAttributes: PathAttributes = {
  origin: Origin.Igp,
  asPath: [],
  nextHop: undefined,
  linkLocalNextHop: undefined,
  med: undefined,
  localPref: undefined,
  isAtomicAggregate: false,
  aggregator: undefined,
  communities: [],
  extendedCommunities: [],
  largeCommunities: [],
  ipv6ExtendedCommunities: [],
  aigp: undefined,
  otc: undefined,
  originatorId: undefined,
  clusterList: [],
  partial: [],
  unknown: [],
};

type Mutable<Shape> = { -readonly [Key in keyof Shape]: Shape[Key] };

/** Reads a canonical block, as AttributeSets.bytesOf gives it and RouteBatch carries it. */
export function decodePathAttributes(bytes: Uint8Array): PathAttributes {
  const result: Mutable<PathAttributes> = { ...emptyAttributes };
  const partial: number[] = [];
  const unknown: UnknownAttribute[] = [];
  let at = 0;
  while (at < bytes.length) {
    const flags = bytes[at];
    const code = bytes[at + 1];
    const isLong = (flags & AttributeFlag.ExtendedLength) !== 0;
    const start = at + (isLong ? 4 : 3);
    const end = start + (isLong ? (bytes[at + 2] << 8) | bytes[at + 3] : bytes[at + 2]);
    if (attributeRows[code] === undefined) unknown.push({ flags, code, value: bytes.slice(start, end) });
    else {
      decodeKnown(result, code, bytes, start, end);
      if ((flags & AttributeFlag.Partial) !== 0) partial.push(code);
    }
    at = end;
  }
  if (partial.length > 0) result.partial = partial;
  if (unknown.length > 0) result.unknown = unknown;
  return result;
}

function decodeKnown(into: Mutable<PathAttributes>, code: number, bytes: Uint8Array, start: number, end: number): void {
  switch (code) {
    case AttributeCode.Origin:
      into.origin = bytes[start] === 0 ? Origin.Igp : bytes[start] === 1 ? Origin.Egp : Origin.Incomplete;
      break;
    case AttributeCode.AsPath:
      into.asPath = decodeAsPath(bytes, start, end);
      break;
    case AttributeCode.NextHop:
      into.nextHop = readAddress(4, bytes, start);
      break;
    case AttributeCode.Med:
      into.med = readUint32(bytes, start);
      break;
    case AttributeCode.LocalPref:
      into.localPref = readUint32(bytes, start);
      break;
    case AttributeCode.AtomicAggregate:
      into.isAtomicAggregate = true;
      break;
    case AttributeCode.Aggregator:
      into.aggregator = { asn: asn(readUint32(bytes, start)), address: routerId(readUint32(bytes, start + 4)) };
      break;
    case AttributeCode.Communities:
      into.communities = readEach(start, end, 4, (at) => readUint32(bytes, at));
      break;
    case AttributeCode.OriginatorId:
      into.originatorId = routerId(readUint32(bytes, start));
      break;
    case AttributeCode.ClusterList:
      into.clusterList = readEach(start, end, 4, (at) => routerId(readUint32(bytes, at)));
      break;
    case AttributeCode.MpReach:
      into.nextHop = readAddress(6, bytes, start + 4);
      if (bytes[start + 3] === 32) into.linkLocalNextHop = readAddress(6, bytes, start + 20);
      break;
    case AttributeCode.ExtendedCommunities:
      into.extendedCommunities = readEach(start, end, 8, (at) => bytes.slice(at, at + 8));
      break;
    case AttributeCode.Ipv6ExtendedCommunities:
      into.ipv6ExtendedCommunities = readEach(start, end, 20, (at) => bytes.slice(at, at + 20));
      break;
    case AttributeCode.Aigp:
      into.aigp = bytes.slice(start, end);
      break;
    case AttributeCode.Otc:
      into.otc = asn(readUint32(bytes, start));
      break;
    case AttributeCode.LargeCommunities:
      into.largeCommunities = readEach(start, end, 12, (at) => [
        readUint32(bytes, at),
        readUint32(bytes, at + 4),
        readUint32(bytes, at + 8),
      ]);
      break;
    default:
      // MP_UNREACH_NLRI, AS4_PATH and AS4_AGGREGATOR are never part of a canonical block.
      throw new RangeError(`attribute ${code} in a canonical block`);
  }
}

/** The accumulated metric (RFC 7311 §3) of an AIGP value; undefined when no TLV of it is one. */
export function aigpMetric(value: Uint8Array): bigint | undefined {
  const at = findAigpMetric(value, 0, value.length);
  return at < 0 ? undefined : (BigInt(readUint32(value, at)) << 32n) | BigInt(readUint32(value, at + 4));
}

/** The AIGP value that says nothing but this metric. */
export function aigpOf(metric: bigint): Uint8Array {
  return Uint8Array.of(1, 0, 11, ...wordBytes(Number(metric >> 32n)), ...wordBytes(Number(metric & 0xffff_ffffn)));
}

function decodeAsPath(bytes: Uint8Array, start: number, end: number): AsPathSegment[] {
  const segments: AsPathSegment[] = [];
  for (let at = start; at < end;) {
    const segmentEnd = at + 2 + bytes[at + 1] * 4;
    const asns = readEach(at + 2, segmentEnd, 4, (from) => asn(readUint32(bytes, from)));
    segments.push({ type: segmentType(bytes[at]), asns });
    at = segmentEnd;
  }
  return segments;
}

function segmentType(code: number): SegmentType {
  if (code === SegmentType.Set || code === SegmentType.Sequence || code === SegmentType.ConfedSequence) return code;
  return SegmentType.ConfedSet;
}

function readEach<Item>(start: number, end: number, step: number, read: (at: number) => Item): Item[] {
  const items: Item[] = [];
  for (let at = start; at < end; at += step) items.push(read(at));
  return items;
}

/** The canonical block. Throws RangeError for what no block can hold: more than MAX_BLOCK_LENGTH octets, a segment of 0 or 256 AS numbers. */
export function encodePathAttributes(attributes: PathAttributes): Uint8Array {
  const rows: { code: number; flags: number; value: readonly number[] | Uint8Array }[] = [];
  const add = (code: number, flags: number, value: readonly number[] | Uint8Array): void => {
    const isPartial = attributes.partial.includes(code) && flags === OPTIONAL_TRANSITIVE;
    rows.push({ code, flags: isPartial ? flags | AttributeFlag.Partial : flags, value });
  };
  add(AttributeCode.Origin, WELL_KNOWN, [attributes.origin]);
  add(AttributeCode.AsPath, WELL_KNOWN, attributes.asPath.flatMap(segmentBytes));
  if (attributes.nextHop?.version === 4) add(AttributeCode.NextHop, WELL_KNOWN, addressBytes(attributes.nextHop));
  if (attributes.med !== undefined) add(AttributeCode.Med, OPTIONAL, wordBytes(attributes.med));
  if (attributes.localPref !== undefined) add(AttributeCode.LocalPref, WELL_KNOWN, wordBytes(attributes.localPref));
  if (attributes.isAtomicAggregate) add(AttributeCode.AtomicAggregate, WELL_KNOWN, []);
  if (attributes.aggregator !== undefined) {
    const { asn: number, address } = attributes.aggregator;
    add(AttributeCode.Aggregator, OPTIONAL_TRANSITIVE, [...wordBytes(number), ...wordBytes(address)]);
  }
  if (attributes.communities.length > 0) {
    add(AttributeCode.Communities, OPTIONAL_TRANSITIVE, attributes.communities.flatMap(wordBytes));
  }
  if (attributes.originatorId !== undefined)
    add(AttributeCode.OriginatorId, OPTIONAL, wordBytes(attributes.originatorId));
  if (attributes.clusterList.length > 0) {
    add(
      AttributeCode.ClusterList,
      OPTIONAL,
      attributes.clusterList.flatMap((id) => wordBytes(id)),
    );
  }
  if (attributes.extendedCommunities.length > 0) {
    add(
      AttributeCode.ExtendedCommunities,
      OPTIONAL_TRANSITIVE,
      attributes.extendedCommunities.flatMap((value) => [...value]),
    );
  }
  if (attributes.largeCommunities.length > 0) {
    const words = attributes.largeCommunities.flatMap((community) => community.flatMap(wordBytes));
    add(AttributeCode.LargeCommunities, OPTIONAL_TRANSITIVE, words);
  }
  if (attributes.ipv6ExtendedCommunities.length > 0) {
    const octets = attributes.ipv6ExtendedCommunities.flatMap((value) => [...value]);
    add(AttributeCode.Ipv6ExtendedCommunities, OPTIONAL_TRANSITIVE, octets);
  }
  if (attributes.aigp !== undefined) add(AttributeCode.Aigp, OPTIONAL, attributes.aigp);
  if (attributes.otc !== undefined) add(AttributeCode.Otc, OPTIONAL_TRANSITIVE, wordBytes(attributes.otc));
  for (const { code, flags, value } of attributes.unknown) add(code, flags & 0xe0, value);
  rows.sort((a, b) => a.code - b.code);
  if (attributes.nextHop?.version === 6) {
    const local = attributes.linkLocalNextHop === undefined ? [] : addressBytes(attributes.linkLocalNextHop);
    const head = [Afi.Ipv6 >>> 8, Afi.Ipv6 & 255, Safi.Unicast, 16 + local.length];
    add(AttributeCode.MpReach, OPTIONAL, [...head, ...addressBytes(attributes.nextHop), ...local]);
  }
  const size = rows.reduce((sum, row) => sum + 4 + row.value.length, 0);
  if (size > MAX_BLOCK_LENGTH) throw new RangeError(`attributes of ${size} octets; at most ${MAX_BLOCK_LENGTH}`);
  const out = new Uint8Array(size);
  let at = 0;
  for (const { code, flags, value } of rows) {
    at = writeAttributeHeader(out, at, flags, code, value.length);
    out.set(value, at);
    at += value.length;
  }
  return out.slice(0, at);
}

function segmentBytes(segment: AsPathSegment): number[] {
  const count = segment.asns.length;
  if (count === 0 || count > 255) throw new RangeError(`AS path segment of ${count} AS numbers; expected 1..255`);
  return [segment.type, count, ...segment.asns.flatMap((number) => wordBytes(number))];
}

function wordBytes(word: number): number[] {
  return [(word >>> 24) & 255, (word >>> 16) & 255, (word >>> 8) & 255, word & 255];
}
