// AS paths as bytes: widening what an old speaker sent with the help of AS4_PATH, narrowing what one shall get (RFC 6793 §4.2), numbers
// in front (RFC 4271 §5.1.2, RFC 5065 §4), numbers replaced and taken out. Values are known to be well formed here (attribute.ts).
// All functions that write do so at `at` into `out` and answer the offset behind what they wrote.
// hot

import { AS_TRANS } from '../net/asn.ts';
import { SegmentType } from './attribute.ts';
import { readUint32, writeUint32 } from './uint32.ts';

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
  for (let from = start; from < end;) {
    const type = buffer[from];
    // RFC 6793 §4.2.3: confederation segments that lead, or stand next to what is put in front, stay.
    if (left <= 0 && type < SegmentType.ConfedSequence) break;
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

/**
 * Whether a 4-octet path holds a number that does not fit into two octets: then AS4_PATH must go along (RFC 6793 §4.2.2), which has
 * no room for confederation segments.
 */
export function needsAs4Path(buffer: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end;) {
    const segmentEnd = at + 2 + buffer[at + 1] * 4;
    if (buffer[at] >= SegmentType.ConfedSequence) {
      at = segmentEnd;
      continue;
    }
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

/** Where the leading confederation segments of a path end (RFC 5065 §3). */
export function skipConfederation(buffer: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end && buffer[at] >= SegmentType.ConfedSequence) at += 2 + buffer[at + 1] * 4;
  return at;
}

/**
 * A 4-octet path with numbers in front, leftmost first: those of `first`, then those of `second`, where 0 stands for `own`. They go
 * into the first segment while it is of this type and has room, else into new segments (RFC 4271 §5.1.2: more than 255 "SHOULD
 * prepend a new segment"; RFC 5065 §4 for AS_CONFED_SEQUENCE), as if they had been put there one by one.
 */
export function prependAsns(
  buffer: Uint8Array,
  start: number,
  end: number,
  type: SegmentType,
  first: readonly number[],
  second: readonly number[],
  own: number,
  out: Uint8Array,
  at: number,
): number {
  const total = first.length + second.length;
  const present = start < end && buffer[start] === type ? buffer[start + 1] : 0;
  const joined = present > 0 ? Math.min(MAX_SEGMENT - present, total) : 0;
  let to = at;
  // The leftmost of the new segments takes what does not fill the others.
  let size = ((total - joined - 1) % MAX_SEGMENT) + 1;
  for (let index = 0; index < total - joined; size = MAX_SEGMENT) {
    to = writeAsns(type, size, first, second, index, index + size, own, out, to);
    index += size;
  }
  if (joined > 0) to = writeAsns(type, present + joined, first, second, total - joined, total, own, out, to);
  for (let from = joined > 0 ? start + 2 : start; from < end; from++) out[to++] = buffer[from];
  return to;
}

/** The head of a segment and the numbers `from`..`until` of both lists together. */
function writeAsns(
  type: SegmentType,
  count: number,
  first: readonly number[],
  second: readonly number[],
  from: number,
  until: number,
  own: number,
  out: Uint8Array,
  at: number,
): number {
  out[at] = type;
  out[at + 1] = count;
  let to = at + 2;
  for (let index = from; index < until; index++, to += 4) {
    const listed = index < first.length ? first[index] : second[index - first.length];
    writeUint32(listed === 0 ? own : listed, out, to);
  }
  return to;
}

/** What becomes of the numbers that are in a path already. */
export interface PathCleaning {
  /** RFC 5065 §4 (b): towards peers outside of the confederation its segments go. */
  readonly dropsConfederation: boolean;
  readonly override: { readonly from: number; readonly to: number } | undefined;
  /** RFC 6996 §5; `replace` writes `own` in their place. */
  readonly privateAsns: 'remove' | 'replace' | undefined;
  /** A private number that stays: the receiver's own, by which it knows a loop. */
  readonly kept?: number | undefined;
  readonly own: number;
}

/** A 4-octet path after the cleaning; segments that lost all their numbers are left out. */
export function cleanAsPath(
  buffer: Uint8Array,
  start: number,
  end: number,
  cleaning: PathCleaning,
  out: Uint8Array,
  at: number,
): number {
  const { override, privateAsns } = cleaning;
  let to = at;
  for (let from = start; from < end;) {
    const type = buffer[from];
    const next = from + 2 + buffer[from + 1] * 4;
    if (cleaning.dropsConfederation && type >= SegmentType.ConfedSequence) {
      from = next;
      continue;
    }
    const head = to;
    out[to] = type;
    to += 2;
    for (from += 2; from < next; from += 4) {
      let asn = readUint32(buffer, from);
      if (override !== undefined && asn === override.from) asn = override.to;
      if (privateAsns !== undefined && isPrivateAsn(asn) && asn !== cleaning.kept) {
        if (privateAsns === 'remove') continue;
        asn = cleaning.own;
      }
      writeUint32(asn, out, to);
      to += 4;
    }
    out[head + 1] = (to - head - 2) >> 2;
    if (out[head + 1] === 0) to = head;
  }
  return to;
}

/** RFC 6996 §5. */
export function isPrivateAsn(asn: number): boolean {
  return (asn >= 64_512 && asn <= 65_534) || (asn >= 4_200_000_000 && asn <= 4_294_967_294);
}
