// The path attributes that we understand, one row each: code, name, flags, who may send it, and what makes a value malformed together
// with what RFC 7606 wants done about it. MP_REACH_NLRI and MP_UNREACH_NLRI are rows too, but hold routes: update-reader.ts reads them.
// RFC 4271 §5; 1997, 4360, 4456, 4760, 5065, 5701, 6793, 7311, 8092, 9234; errors: RFC 7606 §7, 6793 §6, 7607 §2, 9774 §3.
// hot

import { isMalformedAigp } from './aigp.ts';
import { AttributeCode, OPTIONAL, OPTIONAL_TRANSITIVE, SegmentType, WELL_KNOWN } from './attribute-header.ts';
import { UpdateSubcode } from './notification.ts';

export {
  AttributeCode,
  AttributeFlag,
  OPTIONAL,
  OPTIONAL_TRANSITIVE,
  SegmentType,
  WELL_KNOWN,
  closeAttribute,
  writeAttributeHeader,
} from './attribute-header.ts';

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
  /** From peers further away it means nothing and is discarded unseen (RFC 7606 §7.5, §7.9, §7.10). */
  readonly scope: AttributeScope;
  /** Judges the value between start and end. */
  readonly findFault: (
    buffer: Uint8Array,
    start: number,
    end: number,
    rules: AttributeRules,
  ) => AttributeFault | undefined;
}

/** Peers that an attribute is taken from: all, those of the same confederation (RFC 5065 §4), those of the same AS. */
export const AttributeScope = { Any: 0, Confederation: 1, Internal: 2 } as const;
export type AttributeScope = (typeof AttributeScope)[keyof typeof AttributeScope];

/** What the session decides about values. */
export interface AttributeRules {
  /** Octets of an AS number. */
  readonly asnSize: 2 | 4;
  /** RFC 5065 §5: confederation segments are malformed from outside, and must come first from another member AS. */
  readonly confederation: 'none' | 'allowed' | 'needed';
  /** RFC 9774 §3 wants them treated as withdrawals. */
  readonly acceptsAsSets: boolean;
}

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
const asSet = fault('withdraw', UpdateSubcode.MalformedAsPath, 'AS_SET');
const confedMissing = fault('withdraw', UpdateSubcode.MalformedAsPath, 'does not begin with an AS_CONFED_SEQUENCE');
const badAigp = fault('discard', UpdateSubcode.OptionalAttributeError, 'malformed');
const badAs4Path = fault('discard', UpdateSubcode.OptionalAttributeError, 'malformed');

/** RFC 7606 §7.2: unknown segment type, overrun, underrun or empty segment. */
function findAsPathFault(
  buffer: Uint8Array,
  start: number,
  end: number,
  asnSize: number,
  allowsConfederation: boolean,
  acceptsAsSets: boolean,
): AttributeFault | undefined {
  let at = start;
  let hasSet = false;
  while (at < end) {
    if (end - at < 2) return cutSegment;
    const type = buffer[at];
    const segmentEnd = at + 2 + buffer[at + 1] * asnSize;
    if (type < SegmentType.Set || type > SegmentType.ConfedSet) return badSegmentType;
    if (type >= SegmentType.ConfedSequence && !allowsConfederation) return confedSegment;
    if (buffer[at + 1] === 0) return emptySegment;
    if (segmentEnd > end) return cutSegment;
    if (type === SegmentType.Set || type === SegmentType.ConfedSet) hasSet = true;
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
  // RFC 9774 §3
  return hasSet && !acceptsAsSets ? asSet : undefined;
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
    scope: AttributeScope.Any,
    // RFC 7606 §7.1
    findFault: (buffer, start, end) => (end - start !== 1 ? badLength : buffer[start] > 2 ? badOrigin : undefined),
  },
  {
    code: AttributeCode.AsPath,
    name: 'AS_PATH',
    flags: WELL_KNOWN,
    scope: AttributeScope.Any,
    // RFC 7606 §7.2
    findFault: (buffer, start, end, { asnSize, confederation, acceptsAsSets }) =>
      findAsPathFault(buffer, start, end, asnSize, confederation !== 'none', acceptsAsSets) ??
      // RFC 5065 §5: "It is an error" for another member AS not to begin with an AS_CONFED_SEQUENCE.
      (confederation === 'needed' && (start === end || buffer[start] !== SegmentType.ConfedSequence)
        ? confedMissing
        : undefined),
  },
  {
    code: AttributeCode.NextHop,
    name: 'NEXT_HOP',
    flags: WELL_KNOWN,
    scope: AttributeScope.Any,
    // RFC 7606 §7.3
    findFault: (buffer, start, end) => (end - start !== 4 ? badLength : findIpv4HostFault(buffer, start)),
  },
  {
    code: AttributeCode.Med,
    name: 'MULTI_EXIT_DISC',
    flags: OPTIONAL,
    scope: AttributeScope.Any,
    // RFC 7606 §7.4
    findFault: (_buffer, start, end) => (end - start !== 4 ? badLength : undefined),
  },
  {
    code: AttributeCode.LocalPref,
    name: 'LOCAL_PREF',
    flags: WELL_KNOWN,
    scope: AttributeScope.Confederation,
    // RFC 7606 §7.5
    findFault: (_buffer, start, end) => (end - start !== 4 ? badLength : undefined),
  },
  {
    code: AttributeCode.AtomicAggregate,
    name: 'ATOMIC_AGGREGATE',
    flags: WELL_KNOWN,
    scope: AttributeScope.Any,
    // RFC 7606 §7.6
    findFault: (_buffer, start, end) => (end !== start ? badLengthDiscard : undefined),
  },
  {
    code: AttributeCode.Aggregator,
    name: 'AGGREGATOR',
    flags: OPTIONAL_TRANSITIVE,
    scope: AttributeScope.Any,
    // RFC 7606 §7.7; AS 0: RFC 7607 §2
    findFault: (buffer, start, end, { asnSize }) => {
      if (end - start !== asnSize + 4) return badLengthDiscard;
      for (let at = start; at < start + asnSize; at++) if (buffer[at] !== 0) return undefined;
      return zeroAsnDiscard;
    },
  },
  {
    code: AttributeCode.Communities,
    name: 'COMMUNITIES',
    flags: OPTIONAL_TRANSITIVE,
    scope: AttributeScope.Any,
    // RFC 7606 §7.8
    findFault: isMultipleOf(4),
  },
  {
    code: AttributeCode.OriginatorId,
    name: 'ORIGINATOR_ID',
    flags: OPTIONAL,
    scope: AttributeScope.Internal,
    // RFC 7606 §7.9
    findFault: (_buffer, start, end) => (end - start !== 4 ? badOptionalLength : undefined),
  },
  {
    code: AttributeCode.ClusterList,
    name: 'CLUSTER_LIST',
    flags: OPTIONAL,
    scope: AttributeScope.Internal,
    // RFC 7606 §7.10
    findFault: isMultipleOf(4),
  },
  {
    code: AttributeCode.MpReach,
    name: 'MP_REACH_NLRI',
    flags: OPTIONAL,
    scope: AttributeScope.Any,
    findFault: () => undefined,
  },
  {
    code: AttributeCode.MpUnreach,
    name: 'MP_UNREACH_NLRI',
    flags: OPTIONAL,
    scope: AttributeScope.Any,
    findFault: () => undefined,
  },
  {
    code: AttributeCode.ExtendedCommunities,
    name: 'EXTENDED_COMMUNITIES',
    flags: OPTIONAL_TRANSITIVE,
    scope: AttributeScope.Any,
    // RFC 7606 §7.14
    findFault: isMultipleOf(8),
  },
  {
    code: AttributeCode.As4Path,
    name: 'AS4_PATH',
    flags: OPTIONAL_TRANSITIVE,
    scope: AttributeScope.Any,
    // RFC 6793 §6: a malformed AS4_PATH is discarded. Its confederation segments are no fault: they are left out when merging.
    // RFC 9774 §3: its sets are treated as those of AS_PATH.
    findFault: (buffer, start, end, { acceptsAsSets }) => {
      const found = start === end ? badAs4Path : findAsPathFault(buffer, start, end, 4, true, acceptsAsSets);
      return found === undefined || found === asSet ? found : badAs4Path;
    },
  },
  {
    code: AttributeCode.As4Aggregator,
    name: 'AS4_AGGREGATOR',
    flags: OPTIONAL_TRANSITIVE,
    scope: AttributeScope.Any,
    // RFC 6793 §6; AS 0: RFC 7607 §2
    findFault: (buffer, start, end) => {
      if (end - start !== 8) return badLengthDiscard;
      const isZero = (buffer[start] | buffer[start + 1] | buffer[start + 2] | buffer[start + 3]) === 0;
      return isZero ? zeroAsnDiscard : undefined;
    },
  },
  {
    code: AttributeCode.Ipv6ExtendedCommunities,
    name: 'IPV6_EXTENDED_COMMUNITIES',
    flags: OPTIONAL_TRANSITIVE,
    scope: AttributeScope.Any,
    // RFC 7606 §7.15
    findFault: isMultipleOf(20),
  },
  {
    code: AttributeCode.Aigp,
    name: 'AIGP',
    flags: OPTIONAL,
    scope: AttributeScope.Any,
    // RFC 7311 §3.2: malformed it is ignored and not passed on, and does no harm to the route.
    findFault: (buffer, start, end) => (isMalformedAigp(buffer, start, end) ? badAigp : undefined),
  },
  {
    code: AttributeCode.LargeCommunities,
    name: 'LARGE_COMMUNITY',
    flags: OPTIONAL_TRANSITIVE,
    scope: AttributeScope.Any,
    // RFC 8092 §5
    findFault: isMultipleOf(12),
  },
  {
    code: AttributeCode.Otc,
    name: 'ONLY_TO_CUSTOMER',
    flags: OPTIONAL_TRANSITIVE,
    scope: AttributeScope.Any,
    // RFC 9234 §5
    findFault: (_buffer, start, end) => (end - start !== 4 ? badOptionalLength : undefined),
  },
];

/** Rows by code; undefined for what we do not know. */
export const attributeRows: readonly (AttributeRow | undefined)[] = Array.from({ length: 256 }, (_, code) =>
  rows.find((row) => row.code === code),
);

export function attributeName(code: number): string {
  return attributeRows[code]?.name ?? `attribute ${code}`;
}
