// AS paths as bytes, between the 2-octet and the 4-octet form (RFC 6793 §4.2): widening what an old speaker sent with the help of
// AS4_PATH, narrowing what one shall get, and putting our own AS number in front (RFC 4271 §5.1.2). Values are known to be well
// formed here (attribute.ts). All functions write at `at` into `out` and answer the offset behind what they wrote.
// hot

import { AS_TRANS } from '../net/asn.ts';
import { SegmentType } from './attribute.ts';

const MAX_SEGMENT = 255;

/** Path length as RFC 6793 §4.2.3 counts it: an AS_SET is one, confederation segments are nothing. */
function countHops(buffer: Uint8Array, start: number, end: number, asnSize: number): number {
  let hops = 0;
  for (let at = start; at < end; at += 2 + buffer[at + 1] * asnSize) {
    if (buffer[at] === SegmentType.Sequence) hops += buffer[at + 1];
    else if (buffer[at] === SegmentType.Set) hops++;
  }
  return hops;
}

/**
 * The 4-octet value of a 2-octet AS_PATH and its AS4_PATH (as4Start === as4End when there is none): as many leading AS numbers of
 * AS_PATH as it has more, then AS4_PATH (RFC 6793 §4.2.3).
 */
export function widenAsPath(
  buffer: Uint8Array,
  start: number,
  end: number,
  as4Start: number,
  as4End: number,
  out: Uint8Array,
  at: number,
): number {
  const hops = countHops(buffer, start, end, 2);
  const as4Hops = countHops(buffer, as4Start, as4End, 4);
  // RFC 6793 §4.2.3: an AS4_PATH that is longer than AS_PATH is ignored. (Shorter ones come through old speakers in between.)
  const isMerged = as4Hops > 0 && as4Hops <= hops;
  let left = isMerged ? hops - as4Hops : Number.POSITIVE_INFINITY;
  let lastSegment = -1;
  let to = at;
  for (let from = start; from < end && left > 0;) {
    const type = buffer[from];
    const all = buffer[from + 1];
    const taken = type === SegmentType.Sequence ? Math.min(all, left) : all;
    lastSegment = to;
    out[to] = type;
    out[to + 1] = taken;
    to += 2;
    for (let index = 0; index < taken; index++, to += 4) {
      out[to] = 0;
      out[to + 1] = 0;
      out[to + 2] = buffer[from + 2 + index * 2];
      out[to + 3] = buffer[from + 3 + index * 2];
    }
    left -= type === SegmentType.Sequence ? taken : type === SegmentType.Set ? 1 : 0;
    from += 2 + all * 2;
  }
  if (!isMerged) return to;
  for (let from = as4Start; from < as4End;) {
    const type = buffer[from];
    const count = buffer[from + 1];
    const next = from + 2 + count * 4;
    // RFC 6793 §6: confederation segments in AS4_PATH are left out.
    if (type === SegmentType.Sequence || type === SegmentType.Set) {
      const isJoined =
        type === SegmentType.Sequence &&
        lastSegment >= 0 &&
        out[lastSegment] === SegmentType.Sequence &&
        out[lastSegment + 1] + count <= MAX_SEGMENT;
      if (isJoined) out[lastSegment + 1] += count;
      else {
        lastSegment = to;
        out[to++] = type;
        out[to++] = count;
      }
      for (let index = from + 2; index < next; index++) out[to++] = buffer[index];
    }
    from = next;
  }
  return to;
}

/** Whether a 4-octet path holds a number that does not fit into two octets: then AS4_PATH must go along (RFC 6793 §4.2.2). */
export function needsAs4Path(buffer: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end;) {
    const segmentEnd = at + 2 + buffer[at + 1] * 4;
    for (at += 2; at < segmentEnd; at += 4) if ((buffer[at] | buffer[at + 1]) !== 0) return true;
  }
  return false;
}

/** The 2-octet value of a 4-octet AS_PATH, with AS_TRANS for what does not fit. */
export function narrowAsPath(buffer: Uint8Array, start: number, end: number, out: Uint8Array, at: number): number {
  let to = at;
  for (let from = start; from < end;) {
    const count = buffer[from + 1];
    out[to] = buffer[from];
    out[to + 1] = count;
    to += 2;
    from += 2;
    for (let index = 0; index < count; index++, from += 4, to += 2) {
      const fits = (buffer[from] | buffer[from + 1]) === 0;
      out[to] = fits ? buffer[from + 2] : AS_TRANS >>> 8;
      out[to + 1] = fits ? buffer[from + 3] : AS_TRANS & 255;
    }
  }
  return to;
}

/**
 * A 4-octet path with `asn` in front (RFC 4271 §5.1.2 (b)): in the first AS_SEQUENCE, or in a new segment before an AS_SET, before a
 * full AS_SEQUENCE (more than 255 "SHOULD prepend a new segment"), or in an empty path.
 */
export function prependAsPath(
  buffer: Uint8Array,
  start: number,
  end: number,
  asn: number,
  out: Uint8Array,
  at: number,
): number {
  const hasRoom = start < end && buffer[start] === SegmentType.Sequence && buffer[start + 1] < MAX_SEGMENT;
  out[at] = SegmentType.Sequence;
  out[at + 1] = hasRoom ? buffer[start + 1] + 1 : 1;
  out[at + 2] = asn >>> 24;
  out[at + 3] = (asn >>> 16) & 255;
  out[at + 4] = (asn >>> 8) & 255;
  out[at + 5] = asn & 255;
  let to = at + 6;
  for (let from = hasRoom ? start + 2 : start; from < end; from++) out[to++] = buffer[from];
  return to;
}
