// NLRI of the unicast families (RFC 4271 §4.3, RFC 4760 §5, RFC 7911 §3): checking, walking and writing prefixes without an object each.
// Which bytes of an UPDATE are NLRI is found by update-reader.ts.
// hot

import type { Family } from '../net/family.ts';
import { wordMask } from '../net/prefix.ts';
import { readUint32 } from './uint32.ts';

/** Octets of a path identifier (RFC 7911 §3). */
export const PATH_ID_SIZE = 4;

/**
 * Whether the bytes are whole prefixes of at most `maxLength` bits, each behind a path identifier when `hasPathIds`: undefined when
 * they are, else what is wrong, in words. The cursor relies on it: it is checked before anything of a message is applied.
 */
export function findNlriFault(
  buffer: Uint8Array,
  start: number,
  end: number,
  maxLength: number,
  hasPathIds: boolean,
): string | undefined {
  const idSize = hasPathIds ? PATH_ID_SIZE : 0;
  let at = start;
  while (at < end) {
    at += idSize;
    if (at >= end) return 'path identifier without prefix';
    const length = buffer[at];
    if (length > maxLength) return `prefix length ${length}`;
    at += 1 + ((length + 7) >> 3);
  }
  return at === end ? undefined : 'prefix cut short';
}

/** Walks the prefixes of a range that findNlriFault has accepted. Host bits are cleared (RFC 4271 §4.3: "irrelevant"). */
export class NlriCursor {
  w0 = 0;
  w1 = 0;
  w2 = 0;
  w3 = 0;
  length = 0;
  /** RFC 7911 §3; 0 without add-path. */
  pathId = 0;
  private hasPathIds = false;
  private buffer: Uint8Array = EMPTY;
  private at = 0;
  private end = 0;
  private isIpv4 = true;

  /** `hasPathIds`: UpdateReader.hasPathIds(family). */
  reset(buffer: Uint8Array, start: number, end: number, family: Family, hasPathIds = false): void {
    this.hasPathIds = hasPathIds;
    this.pathId = 0;
    this.buffer = buffer;
    this.at = start;
    this.end = end;
    this.isIpv4 = family.version === 4;
    this.w1 = 0;
    this.w2 = 0;
    this.w3 = 0;
  }

  /** Moves to the next prefix; false at the end. */
  next(): boolean {
    let at = this.at;
    if (at >= this.end) return false;
    if (this.hasPathIds) {
      this.pathId = readUint32(this.buffer, at);
      at += PATH_ID_SIZE;
    }
    const length = this.buffer[at];
    this.length = length;
    this.at = at + 1 + ((length + 7) >> 3);
    this.w0 = this.readWord(at + 1, length);
    if (!this.isIpv4) {
      this.w1 = this.readWord(at + 5, length - 32);
      this.w2 = this.readWord(at + 9, length - 64);
      this.w3 = this.readWord(at + 13, length - 96);
    }
    return true;
  }

  /** The word whose first octet stands at `at`, of which `bits` bits belong to the prefix. */
  private readWord(at: number, bits: number): number {
    if (bits <= 0) return 0;
    const buffer = this.buffer;
    let word = buffer[at] << 24;
    if (bits > 8) word |= buffer[at + 1] << 16;
    if (bits > 16) word |= buffer[at + 2] << 8;
    if (bits > 24) word |= buffer[at + 3];
    return bits >= 32 ? word : word & (-1 << (32 - bits));
  }
}

const EMPTY = new Uint8Array(0);

/** Octets that a prefix of `length` bits takes on the wire. */
export function prefixSize(length: number): number {
  return 1 + ((length + 7) >> 3);
}

/** Writes one prefix and answers the offset behind it. Host bits are cleared. */
export function writePrefix(
  buffer: Uint8Array,
  offset: number,
  w0: number,
  w1: number,
  w2: number,
  w3: number,
  length: number,
): number {
  buffer[offset] = length;
  let at = offset + 1;
  let left = length;
  for (let index = 0; left > 0; index++, left -= 32) {
    const word = (index === 0 ? w0 : index === 1 ? w1 : index === 2 ? w2 : w3) & wordMask(left, 0);
    buffer[at++] = word >>> 24;
    if (left > 8) buffer[at++] = (word >>> 16) & 255;
    if (left > 16) buffer[at++] = (word >>> 8) & 255;
    if (left > 24) buffer[at++] = word & 255;
  }
  return at;
}
