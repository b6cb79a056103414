// Code points and header of path attributes (RFC 4271 §4.3, IANA "BGP Path Attributes"); what makes each malformed: attribute.ts.
// hot

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
  Ipv6ExtendedCommunities: 25,
  Aigp: 26,
  LargeCommunities: 32,
  Otc: 35,
} as const;

/** RFC 4271 §4.3; confederation types RFC 5065 §3. */
export const SegmentType = { Set: 1, Sequence: 2, ConfedSequence: 3, ConfedSet: 4 } as const;
export type SegmentType = (typeof SegmentType)[keyof typeof SegmentType];

export const WELL_KNOWN: number = AttributeFlag.Transitive;
export const OPTIONAL_TRANSITIVE: number = AttributeFlag.Optional | AttributeFlag.Transitive;
export const OPTIONAL: number = AttributeFlag.Optional;

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

/**
 * Puts the header before a value that was written four octets behind `offset`, the room of the longest one, and closes the gap.
 * Answers the offset behind the value.
 */
export function closeAttribute(
  out: Uint8Array,
  offset: number,
  flags: number,
  code: number,
  valueStart: number,
  valueEnd: number,
): number {
  const at = writeAttributeHeader(out, offset, flags, code, valueEnd - valueStart);
  if (at !== valueStart) out.copyWithin(at, valueStart, valueEnd);
  return at + valueEnd - valueStart;
}
