// hot: each member's own next hop in messages that a group has made once: they carry zeros in its place, which no route of others has
// (RFC 4271 §6.3: not an address of a host). Also for attribute sets that are shown. When members share: group-options.ts.

import { AttributeCode, AttributeFlag } from '../wire/attribute-header.ts';
import { HEADER_LENGTH } from '../wire/message.ts';

/** AFI, SAFI and length before the next hop of MP_REACH_NLRI (RFC 4760 §3). */
const MP_PREFIX = 4;

export class NextHopFiller {
  private chunk: Uint8Array;
  /** Where zeros stand for a next hop in the chunk. */
  private readonly places: number[];
  /** The chunk by the next hop that was filled in; the first one got the chunk itself. */
  private readonly filled: Map<Uint8Array, Uint8Array>;

  constructor() {
    this.chunk = new Uint8Array(0);
    this.places = [];
    this.filled = new Map();
  }

  /** Takes whole UPDATE messages that nobody has seen yet. */
  begin(chunk: Uint8Array): void {
    this.chunk = chunk;
    this.places.length = 0;
    this.filled.clear();
    for (let at = 0; at < chunk.length; at += (chunk[at + 16] << 8) | chunk[at + 17]) {
      const attributes = at + HEADER_LENGTH + 2 + ((chunk[at + HEADER_LENGTH] << 8) | chunk[at + HEADER_LENGTH + 1]);
      const end = attributes + 2 + ((chunk[attributes] << 8) | chunk[attributes + 1]);
      const place = findZeroNextHop(chunk, attributes + 2, end);
      if (place > 0) this.places.push(place);
    }
  }

  /** The messages with this next hop; the same bytes for the same array. */
  fill(nextHop: Uint8Array): Uint8Array {
    if (this.places.length === 0) return this.chunk;
    const known = this.filled.get(nextHop);
    if (known !== undefined) return known;
    const bytes = this.filled.size === 0 ? this.chunk : this.chunk.slice();
    for (let index = 0; index < this.places.length; index++) bytes.set(nextHop, this.places[index]);
    this.filled.set(nextHop, bytes);
    return bytes;
  }

  end(): void {
    this.filled.clear();
  }
}

/** Fills zeros in an attribute list, if they stand for the next hop. */
export function fillNextHop(bytes: Uint8Array, start: number, end: number, nextHop: Uint8Array): void {
  const place = findZeroNextHop(bytes, start, end);
  if (place > 0) bytes.set(nextHop, place);
}

/** Where the next hop of an attribute list stands when it is all zeros; 0 when it is not or there is none. */
function findZeroNextHop(bytes: Uint8Array, start: number, end: number): number {
  for (let at = start; at < end;) {
    const code = bytes[at + 1];
    const isLong = (bytes[at] & AttributeFlag.ExtendedLength) !== 0;
    const value = at + (isLong ? 4 : 3);
    const lengthBytes = isLong ? (bytes[at + 2] << 8) | bytes[at + 3] : bytes[at + 2];
    if (code === AttributeCode.NextHop) return isZero(bytes, value, 4) ? value : 0;
    if (code === AttributeCode.MpReach) {
      return isZero(bytes, value + MP_PREFIX, bytes[value + 3]) ? value + MP_PREFIX : 0;
    }
    at = value + lengthBytes;
  }
  return 0;
}

function isZero(bytes: Uint8Array, start: number, lengthBytes: number): boolean {
  for (let at = start; at < start + lengthBytes; at++) if (bytes[at] !== 0) return false;
  return true;
}
