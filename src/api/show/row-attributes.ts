// hot: the attributes that a row of a table shows, found in an encoded canonical block without decoding it to objects. The same for
// one route in full is route-attributes.ts; test/api/rows.test.ts holds the two against each other.

import { AttributeCode, AttributeFlag, SegmentType } from '#bgp/wire/attribute.ts';
import type { RouteBatch } from '#bgp/views.ts';
import type { SliceWriter } from '../slice-writer.ts';

const SPACE = 32;
const COMMA = 44;

/** Octets of text that a block of so many octets takes at most: an AS number of four octets has ten digits and a separator. */
const TEXT_FACTOR = 3;

export class RowAttributes {
  /** What the longest of its texts takes at most. */
  textBytes = 0;
  /** 0 IGP, 1 EGP, 2 incomplete. */
  origin = 0;
  hasMed = false;
  med = 0;
  hasLocalPref = false;
  localPref = 0;
  /** 0: a route of this speaker whose next hop is set when it is sent. */
  nextHopVersion: 0 | 4 | 6 = 0;
  hasLinkLocal = false;
  #bytes: Uint8Array = new Uint8Array(0);
  #nextHop = 0;
  #linkLocal = 0;
  #path = 0;
  #pathEnd = 0;

  get hasPath(): boolean {
    return this.#pathEnd > this.#path;
  }

  read(batch: RouteBatch, row: number): void {
    const bytes = batch.setBytes;
    const set = batch.attributes[row];
    let at = set === 0 ? 0 : batch.setEnds[set - 1];
    const blockEnd = batch.setEnds[set];
    this.#bytes = bytes;
    this.textBytes = (blockEnd - at) * TEXT_FACTOR;
    this.origin = 0;
    this.hasMed = false;
    this.hasLocalPref = false;
    this.nextHopVersion = 0;
    this.hasLinkLocal = false;
    this.#path = 0;
    this.#pathEnd = 0;
    while (at < blockEnd) {
      const isLong = (bytes[at] & AttributeFlag.ExtendedLength) !== 0;
      const start = at + (isLong ? 4 : 3);
      const end = start + (isLong ? (bytes[at + 2] << 8) | bytes[at + 3] : bytes[at + 2]);
      switch (bytes[at + 1]) {
        case AttributeCode.Origin:
          this.origin = Math.min(bytes[start], 2);
          break;
        case AttributeCode.AsPath:
          this.#path = start;
          this.#pathEnd = end;
          break;
        case AttributeCode.NextHop:
          this.nextHopVersion = 4;
          this.#nextHop = start;
          break;
        case AttributeCode.Med:
          this.hasMed = true;
          this.med = readWord(bytes, start) >>> 0;
          break;
        case AttributeCode.LocalPref:
          this.hasLocalPref = true;
          this.localPref = readWord(bytes, start) >>> 0;
          break;
        case AttributeCode.MpReach:
          this.nextHopVersion = 6;
          this.#nextHop = start + 4;
          // RFC 2545 §3: a link-local address may follow the global one.
          this.hasLinkLocal = bytes[start + 3] === 32;
          this.#linkLocal = start + 20;
          break;
        default:
      }
      at = end;
    }
  }

  writeNextHop(out: SliceWriter): void {
    if (this.nextHopVersion === 4) out.writeIpv4(readWord(this.#bytes, this.#nextHop));
    else this.#writeIpv6(out, this.#nextHop);
  }

  writeLinkLocal(out: SliceWriter): void {
    this.#writeIpv6(out, this.#linkLocal);
  }

  #writeIpv6(out: SliceWriter, at: number): void {
    const bytes = this.#bytes;
    out.writeIpv6(readWord(bytes, at), readWord(bytes, at + 4), readWord(bytes, at + 8), readWord(bytes, at + 12));
  }

  /** As formatAsPath() does: `65001 {65002,65003} (65100)`. */
  writePath(out: SliceWriter): void {
    const bytes = this.#bytes;
    for (let at = this.#path; at < this.#pathEnd;) {
      const type = bytes[at];
      const end = at + 2 + bytes[at + 1] * 4;
      const separator = type === SegmentType.Sequence || type === SegmentType.ConfedSequence ? SPACE : COMMA;
      if (at > this.#path) out.writeByte(SPACE);
      if (type !== SegmentType.Sequence) out.writeByte(opening[type]);
      for (let hop = at + 2; hop < end; hop += 4) {
        if (hop > at + 2) out.writeByte(separator);
        out.writeNumber(readWord(bytes, hop) >>> 0);
      }
      if (type !== SegmentType.Sequence) out.writeByte(closing[type]);
      at = end;
    }
  }
}

/** By segment type: sets in braces, confederation segments in parentheses and brackets. */
const opening = [0x5b, 0x7b, 0, 0x28, 0x5b];
const closing = [0x5d, 0x7d, 0, 0x29, 0x5d];

function readWord(bytes: Uint8Array, at: number): number {
  return (bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3];
}
