// AIGP (RFC 7311): a list of TLVs, of which the first of type 1 holds the accumulated metric, 64 bits. Checking, reading and changing
// its octets; all other TLVs pass as they are (§3.2). Whether a peer may send or get it, others decide.
// hot

import { AttributeCode, OPTIONAL, writeAttributeHeader } from './attribute-header.ts';
import { readUint32, writeUint32 } from './uint32.ts';

/** RFC 7311 §3: type, two octets of length that count the whole TLV, value. */
const METRIC_TYPE = 1;
const METRIC_LENGTH = 11;
const HEAD_LENGTH = 3;
const WORD = 0x1_0000_0000;

/** RFC 7311 §3.2: TLVs that do not fill the value exactly, an AIGP TLV of another length than 11, or the greatest metric in the first. */
export function isMalformedAigp(buffer: Uint8Array, start: number, end: number): boolean {
  if (hasWrongLengths(buffer, start, end)) return true;
  const metric = findAigpMetric(buffer, start, end);
  return metric >= 0 && (readUint32(buffer, metric) & readUint32(buffer, metric + 4)) === -1;
}

function hasWrongLengths(buffer: Uint8Array, start: number, end: number): boolean {
  let at = start;
  while (at < end) {
    if (end - at < HEAD_LENGTH) return true;
    const length = (buffer[at + 1] << 8) | buffer[at + 2];
    if (length < HEAD_LENGTH || at + length > end) return true;
    if (buffer[at] === METRIC_TYPE && length !== METRIC_LENGTH) return true;
    at += length;
  }
  return false;
}

/** Offset of the metric's eight octets: of the first AIGP TLV (RFC 7311 §3.2); -1 when there is none. */
export function findAigpMetric(buffer: Uint8Array, start: number, end: number): number {
  for (let at = start; at < end; at += (buffer[at + 1] << 8) | buffer[at + 2]) {
    if (buffer[at] === METRIC_TYPE) return at + HEAD_LENGTH;
  }
  return -1;
}

/** Above 2^53 the nearest number that there is. */
export function readAigpMetric(buffer: Uint8Array, at: number): number {
  return readUint32(buffer, at) * WORD + readUint32(buffer, at + 4);
}

/** A whole attribute with nothing but a metric of up to 2^53. */
export function writeNewAigp(metric: number, out: Uint8Array, offset: number): number {
  let at = writeAttributeHeader(out, offset, OPTIONAL, AttributeCode.Aigp, METRIC_LENGTH);
  out[at++] = METRIC_TYPE;
  out[at++] = 0;
  out[at++] = METRIC_LENGTH;
  return writeMetric(metric, out, at);
}

/** Copies a value with another metric in its first AIGP TLV; without one it stays as it is. */
export function writeChangedAigp(
  metric: number,
  buffer: Uint8Array,
  start: number,
  end: number,
  out: Uint8Array,
  at: number,
): number {
  const to = copyValue(buffer, start, end, out, at);
  const found = findAigpMetric(out, at, to);
  if (found >= 0) writeMetric(metric, out, found);
  return to;
}

/** Copies a value with a distance of up to 2^32 - 1 added to its metric. */
export function writeAddedAigp(
  distance: number,
  buffer: Uint8Array,
  start: number,
  end: number,
  out: Uint8Array,
  at: number,
): number {
  const to = copyValue(buffer, start, end, out, at);
  const found = distance === 0 ? -1 : findAigpMetric(out, at, to);
  if (found < 0) return to;
  const low = readUint32(out, found + 4) + distance;
  const high = readUint32(out, found) + (low >= WORD ? 1 : 0);
  // RFC 7311 §3.2: the greatest number of 64 bits is malformed, so that sums stop one before it.
  const isTooLarge = high >= WORD || (high === WORD - 1 && low % WORD === WORD - 1);
  writeUint32(isTooLarge ? WORD - 1 : high, out, found);
  writeUint32(isTooLarge ? WORD - 2 : low % WORD, out, found + 4);
  return to;
}

function writeMetric(metric: number, out: Uint8Array, at: number): number {
  return writeUint32(metric % WORD, out, writeUint32(Math.floor(metric / WORD), out, at));
}

function copyValue(buffer: Uint8Array, start: number, end: number, out: Uint8Array, offset: number): number {
  let at = offset;
  for (let from = start; from < end; from++) out[at++] = buffer[from];
  return at;
}
