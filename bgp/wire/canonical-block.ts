// From the attributes of an UPDATE, already judged, to a canonical block (what that is: attribute-sets.ts).
// hot

import { AS_TRANS } from '../net/asn.ts';
import { Afi, Safi } from '../net/family.ts';
import {
  AttributeCode,
  AttributeFlag,
  OPTIONAL,
  WELL_KNOWN,
  attributeRows,
  closeAttribute,
  writeAttributeHeader,
} from './attribute.ts';
import type { AttributeList } from './attribute-list.ts';
import { widenAsPath } from './as-path.ts';

/** Room that writeCanonicalBlock needs: attributes of one UPDATE, a path of which may become twice as long, and a next hop. */
export const CANONICAL_SCRATCH = 3 * 65_536;

/**
 * Writes the block to the start of `out` (CANONICAL_SCRATCH octets) and answers its length; 0 when a widened AS_PATH is longer than an
 * attribute can be. With nextHopLength 0 the next hop is the list's NEXT_HOP; else it
 * stands at nextHopStart (from MP_REACH_NLRI) and NEXT_HOP is left out (RFC 4760 §3: ignored).
 */
export function writeCanonicalBlock(
  buffer: Uint8Array,
  list: AttributeList,
  asnSize: 2 | 4,
  nextHopStart: number,
  nextHopLength: number,
  out: Uint8Array,
): number {
  let at = 0;
  let needsNextHop = nextHopLength === 4;
  for (let index = 0; index < list.count; index++) {
    const code = list.codes[index];
    if (needsNextHop && code >= AttributeCode.NextHop) {
      needsNextHop = false;
      at = writeAttributeHeader(out, at, WELL_KNOWN, AttributeCode.NextHop, 4);
      at = copy(buffer, nextHopStart, nextHopStart + 4, out, at);
    }
    if (!list.has(code) || isLeftOut(code, nextHopLength)) continue;
    const start = list.startOf(code);
    const end = list.endOf(code);
    const row = attributeRows[code];
    const received = list.flagsOf(code);
    // RFC 4271 §4.3: Partial means something only with optional transitive attributes. The four lower bits are no part of them.
    const isTransitiveOptional = (received & 0xc0) === 0xc0;
    const flags =
      (row === undefined ? received & 0xc0 : row.flags) | (isTransitiveOptional ? received & AttributeFlag.Partial : 0);
    if (asnSize === 2 && code === AttributeCode.AsPath) {
      const valueStart = at;
      at = writeWidenedAsPath(buffer, list, start, end, out, at);
      if (at - valueStart > 0xffff) return 0;
    } else if (asnSize === 2 && code === AttributeCode.Aggregator)
      at = writeWidenedAggregator(buffer, list, start, flags, out, at);
    else if (code === AttributeCode.LargeCommunities) at = writeLargeCommunities(buffer, start, end, flags, out, at);
    else {
      at = writeAttributeHeader(out, at, flags, code, end - start);
      at = copy(buffer, start, end, out, at);
    }
  }
  return nextHopLength > 4 ? writeMpNextHop(buffer, nextHopStart, nextHopLength, out, at) : at;
}

function isLeftOut(code: number, nextHopLength: number): boolean {
  return (
    code === AttributeCode.MpReach ||
    code === AttributeCode.MpUnreach ||
    code === AttributeCode.As4Path ||
    code === AttributeCode.As4Aggregator ||
    (code === AttributeCode.NextHop && nextHopLength !== 0)
  );
}

/** The last attribute of a set whose next hop is not IPv4: AFI, SAFI, length, next hop. */
function writeMpNextHop(
  buffer: Uint8Array,
  start: number,
  lengthBytes: number,
  out: Uint8Array,
  offset: number,
): number {
  // RFC 2545 §3: the second address is a link-local one; senders that have none are known to fill in something else.
  const hasLinkLocal = lengthBytes === 32 && buffer[start + 16] === 0xfe && (buffer[start + 17] & 0xc0) === 0x80;
  const length = hasLinkLocal ? 32 : 16;
  let at = writeAttributeHeader(out, offset, OPTIONAL, AttributeCode.MpReach, 4 + length);
  out[at++] = Afi.Ipv6 >>> 8;
  out[at++] = Afi.Ipv6 & 255;
  out[at++] = Safi.Unicast;
  out[at++] = length;
  return copy(buffer, start, start + length, out, at);
}

/** RFC 6793 §4.2.3: beside AS4_AGGREGATOR, an AGGREGATOR that an old speaker made itself shows that both AS4 attributes are stale. */
function hasStaleAs4(buffer: Uint8Array, list: AttributeList): boolean {
  if (!list.has(AttributeCode.Aggregator) || !list.has(AttributeCode.As4Aggregator)) return false;
  const at = list.startOf(AttributeCode.Aggregator);
  return ((buffer[at] << 8) | buffer[at + 1]) !== AS_TRANS;
}

function writeWidenedAsPath(
  buffer: Uint8Array,
  list: AttributeList,
  start: number,
  end: number,
  out: Uint8Array,
  at: number,
): number {
  const isMerged = list.has(AttributeCode.As4Path) && !hasStaleAs4(buffer, list);
  const as4Start = isMerged ? list.startOf(AttributeCode.As4Path) : 0;
  const as4End = isMerged ? list.endOf(AttributeCode.As4Path) : 0;
  // The value comes first, behind the place of a long header, as its length decides how long the header is.
  const valueStart = at + 4;
  const valueEnd = widenAsPath(buffer, start, end, as4Start, as4End, out, valueStart);
  return closeAttribute(out, at, WELL_KNOWN, AttributeCode.AsPath, valueStart, valueEnd);
}

function writeWidenedAggregator(
  buffer: Uint8Array,
  list: AttributeList,
  start: number,
  flags: number,
  out: Uint8Array,
  offset: number,
): number {
  const at = writeAttributeHeader(out, offset, flags, AttributeCode.Aggregator, 8);
  if (list.has(AttributeCode.As4Aggregator) && !hasStaleAs4(buffer, list)) {
    const as4Start = list.startOf(AttributeCode.As4Aggregator);
    return copy(buffer, as4Start, as4Start + 8, out, at);
  }
  out[at] = 0;
  out[at + 1] = 0;
  return copy(buffer, start, start + 6, out, at + 2);
}

/** RFC 8092 §5: a receiver silently removes values that it has already seen. */
function writeLargeCommunities(
  buffer: Uint8Array,
  start: number,
  end: number,
  flags: number,
  out: Uint8Array,
  offset: number,
): number {
  const valueStart = offset + 4;
  let to = valueStart;
  for (let from = start; from < end; from += 12) {
    if (!containsTwelve(out, valueStart, to, buffer, from)) to = copy(buffer, from, from + 12, out, to);
  }
  return closeAttribute(out, offset, flags, AttributeCode.LargeCommunities, valueStart, to);
}

function containsTwelve(list: Uint8Array, start: number, end: number, buffer: Uint8Array, from: number): boolean {
  for (let at = start; at < end; at += 12) {
    let index = 0;
    while (index < 12 && list[at + index] === buffer[from + index]) index++;
    if (index === 12) return true;
  }
  return false;
}

function copy(buffer: Uint8Array, start: number, end: number, out: Uint8Array, offset: number): number {
  let at = offset;
  for (let from = start; from < end; from++) out[at++] = buffer[from];
  return at;
}
