// The path attributes that we understand, one row each: code, name, flags, and what makes a value malformed together with what
// RFC 7606 wants done about it. MP_REACH_NLRI and MP_UNREACH_NLRI are rows too, but hold routes: update-reader.ts reads them.
// RFC 4271 §5; RFC 1997, 4360, 4456, 4760, 6793, 8092; errors: RFC 7606 §7, RFC 6793 §6, RFC 7607 §2, RFC 8092 §5.
// hot

import { UpdateSubcode } from './notification.ts';

/** RFC 4271 §4.3. */
export const AttributeFlag = { Optional: 0x80, Transitive: 0x40, Partial: 0x20, ExtendedLength: 0x10 } as const;

export const AttributeCode = {
  Origin: 1,
  AsPath: 2,
  NextHop: 3,
  Med: 4,
  LocalPref: 5,
  AtomicAggregate: 6,
  Aggregator: 7,
  Communities: 8,
  OriginatorId: 9,
  ClusterList: 10,
  MpReach: 14,
  MpUnreach: 15,
  ExtendedCommunities: 16,
  As4Path: 17,
  As4Aggregator: 18,
  LargeCommunities: 32,
} as const;

/** RFC 4271 §4.3; confederation types RFC 5065 §3. */
export const SegmentType = { Set: 1, Sequence: 2, ConfedSequence: 3, ConfedSet: 4 } as const;
export type SegmentType = (typeof SegmentType)[keyof typeof SegmentType];

/** What is wrong with an attribute and what follows (RFC 7606 §2). Made once, never per message. */
export interface AttributeFault {
  readonly action: 'discard' | 'withdraw';
  /** UPDATE error subcode, for when the session must be reset after all (RFC 7606 §5.2). */
  readonly subcode: number;
  readonly reason: string;
}

export interface AttributeRow {
  readonly code: number;
  readonly name: string;
  /** The Optional and Transitive bits that the attribute must have. */
  readonly flags: number;
  /** Means nothing when it comes from an external peer and is discarded unseen (RFC 7606 §7.5, §7.9, §7.10). */
  readonly isInternal: boolean;
  /** Judges the value between start and end; AS numbers take `asnSize` octets. */
  readonly findFault: (buffer: Uint8Array, start: number, end: number, asnSize: number) => AttributeFault | undefined;
}

export const WELL_KNOWN: number = AttributeFlag.Transitive;
export const OPTIONAL_TRANSITIVE: number = AttributeFlag.Optional | AttributeFlag.Transitive;
export const OPTIONAL: number = AttributeFlag.Optional;

function fault(action: 'discard' | 'withdraw', subcode: number, reason: string): AttributeFault {
  return { action, subcode, reason };
}

const badLength = fault('withdraw', UpdateSubcode.AttributeLengthError, 'wrong length');
const badLengthDiscard = fault('discard', UpdateSubcode.AttributeLengthError, 'wrong length');
const badOptionalLength = fault('withdraw', UpdateSubcode.OptionalAttributeError, 'wrong length');
const badOrigin = fault('withdraw', UpdateSubcode.InvalidOrigin, 'undefined value');
const badNextHop = fault('withdraw', UpdateSubcode.InvalidNextHop, 'not an address of a host');
const badSegmentType = fault('withdraw', UpdateSubcode.MalformedAsPath, 'unknown segment type');
const confedSegment = fault(
  'withdraw',
  UpdateSubcode.MalformedAsPath,
  'confederation segment from outside of a confederation',
);
const emptySegment = fault('withdraw', UpdateSubcode.MalformedAsPath, 'segment without AS numbers');
const cutSegment = fault('withdraw', UpdateSubcode.MalformedAsPath, 'segment runs past the attribute');
const zeroAsn = fault('withdraw', UpdateSubcode.MalformedAsPath, 'AS number 0');
const zeroAsnDiscard = fault('discard', UpdateSubcode.OptionalAttributeError, 'AS number 0');
const badAs4Path = fault('discard', UpdateSubcode.OptionalAttributeError, 'malformed');

/** RFC 7606 §7.2: unknown segment type, overrun, underrun or empty segment. */
function findAsPathFault(
  buffer: Uint8Array,
  start: number,
  end: number,
  asnSize: number,
  lastType: number,
): AttributeFault | undefined {
  let at = start;
  while (at < end) {
    if (end - at < 2) return cutSegment;
    const type = buffer[at];
    const segmentEnd = at + 2 + buffer[at + 1] * asnSize;
    if (type < SegmentType.Set || type > SegmentType.ConfedSet) return badSegmentType;
    if (type > lastType) return confedSegment;
    if (buffer[at + 1] === 0) return emptySegment;
    if (segmentEnd > end) return cutSegment;
    // RFC 7607 §2: AS 0 makes the attribute malformed.
    for (at += 2; at < segmentEnd; at += asnSize) {
      if (
        buffer[at] === 0 &&
        buffer[at + 1] === 0 &&
        (asnSize === 2 || (buffer[at + 2] === 0 && buffer[at + 3] === 0))
      ) {
        return zeroAsn;
      }
    }
  }
  return undefined;
}

/** RFC 4271 §6.3: the NEXT_HOP must be a valid IP host address. */
function findIpv4HostFault(buffer: Uint8Array, start: number): AttributeFault | undefined {
  const first = buffer[start];
  // 0/8 and 127/8 (RFC 6890 §2.2.2), multicast and class E.
  return first === 0 || first === 127 || first >= 224 ? badNextHop : undefined;
}

function isMultipleOf(step: number): (buffer: Uint8Array, start: number, end: number) => AttributeFault | undefined {
  // A list without members is malformed too: RFC 7606 §7.8, §7.10, §7.14; RFC 8092 §5.
  return (_buffer, start, end) => (end === start || (end - start) % step !== 0 ? badOptionalLength : undefined);
}

const rows: readonly AttributeRow[] = [
  {
    code: AttributeCode.Origin,
    name: 'ORIGIN',
    flags: WELL_KNOWN,
    isInternal: false,
    // RFC 7606 §7.1
    findFault: (buffer, start, end) => (end - start !== 1 ? badLength : buffer[start] > 2 ? badOrigin : undefined),
  },
  {
    code: AttributeCode.AsPath,
    name: 'AS_PATH',
    flags: WELL_KNOWN,
    isInternal: false,
    // RFC 7606 §7.2. RFC 5065 §5: we are in no confederation, so no peer may send its segments.
    findFault: (buffer, start, end, asnSize) => findAsPathFault(buffer, start, end, asnSize, SegmentType.Sequence),
  },
  {
    code: AttributeCode.NextHop,
    name: 'NEXT_HOP',
    flags: WELL_KNOWN,
    isInternal: false,
    // RFC 7606 §7.3
    findFault: (buffer, start, end) => (end - start !== 4 ? badLength : findIpv4HostFault(buffer, start)),
  },
  {
    code: AttributeCode.Med,
    name: 'MULTI_EXIT_DISC',
    flags: OPTIONAL,
    isInternal: false,
    // RFC 7606 §7.4
    findFault: (_buffer, start, end) => (end - start !== 4 ? badLength : undefined),
  },
  {
    code: AttributeCode.LocalPref,
    name: 'LOCAL_PREF',
    flags: WELL_KNOWN,
    isInternal: true,
    // RFC 7606 §7.5
    findFault: (_buffer, start, end) => (end - start !== 4 ? badLength : undefined),
  },
  {
    code: AttributeCode.AtomicAggregate,
    name: 'ATOMIC_AGGREGATE',
    flags: WELL_KNOWN,
    isInternal: false,
    // RFC 7606 §7.6
    findFault: (_buffer, start, end) => (end !== start ? badLengthDiscard : undefined),
  },
  {
    code: AttributeCode.Aggregator,
    name: 'AGGREGATOR',
    flags: OPTIONAL_TRANSITIVE,
    isInternal: false,
    // RFC 7606 §7.7; AS 0: RFC 7607 §2
    findFault: (buffer, start, end, asnSize) => {
      if (end - start !== asnSize + 4) return badLengthDiscard;
      for (let at = start; at < start + asnSize; at++) if (buffer[at] !== 0) return undefined;
      return zeroAsnDiscard;
    },
  },
  {
    code: AttributeCode.Communities,
    name: 'COMMUNITIES',
    flags: OPTIONAL_TRANSITIVE,
    isInternal: false,
    // RFC 7606 §7.8
    findFault: isMultipleOf(4),
  },
  {
    code: AttributeCode.OriginatorId,
    name: 'ORIGINATOR_ID',
    flags: OPTIONAL,
    isInternal: true,
    // RFC 7606 §7.9
    findFault: (_buffer, start, end) => (end - start !== 4 ? badOptionalLength : undefined),
  },
  {
    code: AttributeCode.ClusterList,
    name: 'CLUSTER_LIST',
    flags: OPTIONAL,
    isInternal: true,
    // RFC 7606 §7.10
    findFault: isMultipleOf(4),
  },
  {
    code: AttributeCode.MpReach,
    name: 'MP_REACH_NLRI',
    flags: OPTIONAL,
    isInternal: false,
    findFault: () => undefined,
  },
  {
    code: AttributeCode.MpUnreach,
    name: 'MP_UNREACH_NLRI',
    flags: OPTIONAL,
    isInternal: false,
    findFault: () => undefined,
  },
  {
    code: AttributeCode.ExtendedCommunities,
    name: 'EXTENDED_COMMUNITIES',
    flags: OPTIONAL_TRANSITIVE,
    isInternal: false,
    // RFC 7606 §7.14
    findFault: isMultipleOf(8),
  },
  {
    code: AttributeCode.As4Path,
    name: 'AS4_PATH',
    flags: OPTIONAL_TRANSITIVE,
    isInternal: false,
    // RFC 6793 §6: a malformed AS4_PATH is discarded. Its confederation segments are no fault: they are left out when merging.
    findFault: (buffer, start, end) =>
      start === end || findAsPathFault(buffer, start, end, 4, SegmentType.ConfedSet) !== undefined
        ? badAs4Path
        : undefined,
  },
  {
    code: AttributeCode.As4Aggregator,
    name: 'AS4_AGGREGATOR',
    flags: OPTIONAL_TRANSITIVE,
    isInternal: false,
    // RFC 6793 §6; AS 0: RFC 7607 §2
    findFault: (buffer, start, end) => {
      if (end - start !== 8) return badLengthDiscard;
      const isZero = (buffer[start] | buffer[start + 1] | buffer[start + 2] | buffer[start + 3]) === 0;
      return isZero ? zeroAsnDiscard : undefined;
    },
  },
  {
    code: AttributeCode.LargeCommunities,
    name: 'LARGE_COMMUNITY',
    flags: OPTIONAL_TRANSITIVE,
    isInternal: false,
    // RFC 8092 §5
    findFault: isMultipleOf(12),
  },
];

/** Rows by code; undefined for what we do not know. */
export const attributeRows: readonly (AttributeRow | undefined)[] = Array.from({ length: 256 }, (_, code) =>
  rows.find((row) => row.code === code),
);

export function attributeName(code: number): string {
  return attributeRows[code]?.name ?? `attribute ${code}`;
}

/** Writes flags, code and length (two octets only when it must) and answers the offset of the value. */
export function writeAttributeHeader(out: Uint8Array, at: number, flags: number, code: number, length: number): number {
  const isLong = length > 255;
  out[at] = isLong ? flags | AttributeFlag.ExtendedLength : flags & ~AttributeFlag.ExtendedLength;
  out[at + 1] = code;
  if (!isLong) {
    out[at + 2] = length;
    return at + 3;
  }
  out[at + 2] = length >>> 8;
  out[at + 3] = length & 255;
  return at + 4;
}
