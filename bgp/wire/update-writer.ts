// UPDATE to the wire (RFC 4271 §4.3, RFC 4760, RFC 7911, RFC 8950): prefixes packed into as few messages as their attribute set allows, written straight
// into chunks that go to sockets as they are. Several peers may get the same chunk. Which routes go out, and with which set
// (export-transform.ts), is the RIB's business; call begin once per set, then addPrefix for each prefix of it.
// hot

import { AS_TRANS } from '../net/asn.ts';
import { type Family, ipv4Unicast } from '../net/family.ts';
import { type PathCleaning, cleanAsPath, needsAs4Path, narrowAsPath } from './as-path.ts';
import {
  AttributeCode,
  AttributeFlag,
  OPTIONAL,
  OPTIONAL_TRANSITIVE,
  WELL_KNOWN,
  closeAttribute,
  writeAttributeHeader,
} from './attribute.ts';
import type { AttrSetId, AttributeSets } from './attribute-sets.ts';
import { MAX_BLOCK_LENGTH } from './byte-arena.ts';
import { HEADER_LENGTH, MAX_MESSAGE_LENGTH, MessageType, writeHeader } from './message.ts';
import { PATH_ID_SIZE, prefixSize, writePrefix } from './nlri.ts';
import { writeUint32 } from './uint32.ts';

export interface UpdateWriterOptions {
  readonly attributes: AttributeSets;
  /** The receivers negotiated 4-octet AS numbers (RFC 6793). */
  readonly hasFourOctetAsn: boolean;
  /** They take path identifiers with the prefixes of this writer's families (RFC 7911 §4); false when absent. */
  readonly hasPathIds?: boolean;
  /** They take IPv6 next hops for IPv4 routes (RFC 8950 §4); false when absent. */
  readonly hasExtendedNextHop?: boolean;
  /** Longest message that they take: 4,096, which is the default, or 65,535 (RFC 8654). */
  readonly maxMessageLength?: number;
  /** Takes a chunk of whole messages; its bytes never change again. */
  readonly emit: (chunk: Uint8Array, messages: number) => void;
  /** Octets of one chunk; at least one message. */
  readonly chunkBytes?: number;
}

const DEFAULT_CHUNK = 65_536;

/** What the open message announces or withdraws, and where its prefixes stand. */
const Shape = { Closed: 0, Nlri: 1, MpReach: 2, Withdrawn: 3, MpUnreach: 4 } as const;

/** Flags, code, two octets of length: MP attributes are written with the long form, as their length is known last. */
const MP_HEADER = 4;

export class UpdateWriter {
  private readonly attributes: AttributeSets;
  private readonly hasFourOctetAsn: boolean;
  private readonly emit: (chunk: Uint8Array, messages: number) => void;
  private readonly chunkBytes: number;
  private readonly idSize: number;
  private readonly hasExtendedNextHop: boolean;
  private readonly maxMessageLength: number;
  private chunk: Uint8Array = NOTHING;
  /** First octet of the chunk that was not handed out yet, start of the open message, and the next octet to write. */
  private handedOut = 0;
  private messageStart = 0;
  private at = 0;
  private messages = 0;
  private shape: number = Shape.Closed;
  private isOpen = false;
  /** Where prefixes of the open message must end. */
  private limit = 0;
  /** Octets of the shortest message for what was begun. */
  private needed = 0;
  /** Offset of the MP attribute's header in the open message. */
  private mpStart = 0;
  private family: Family = ipv4Unicast;
  /** Attributes as sent, without MP_REACH_NLRI, and its next hop. */
  private readonly block: Uint8Array = new Uint8Array(2 * MAX_BLOCK_LENGTH);
  private blockLength = 0;
  private readonly nextHop: Uint8Array = new Uint8Array(32);
  private nextHopLength = 0;

  constructor(options: UpdateWriterOptions) {
    this.attributes = options.attributes;
    this.hasFourOctetAsn = options.hasFourOctetAsn;
    this.emit = options.emit;
    this.idSize = options.hasPathIds === true ? PATH_ID_SIZE : 0;
    this.hasExtendedNextHop = options.hasExtendedNextHop === true;
    this.maxMessageLength = options.maxMessageLength ?? MAX_MESSAGE_LENGTH;
    this.chunkBytes = Math.max(options.chunkBytes ?? DEFAULT_CHUNK, this.maxMessageLength);
  }

  /**
   * Starts announcing prefixes with this set. False when the attributes leave no room for one prefix of the greatest length (then
   * nothing may be added), or when the set has no next hop that the family can have.
   */
  beginReach(id: AttrSetId, family: Family): boolean {
    this.closeMessage();
    this.family = family;
    this.shape = Shape.Closed;
    this.takeBlock(id);
    const isClassic = family === ipv4Unicast && this.nextHopLength === 4;
    const isLong = this.nextHopLength === 16 || this.nextHopLength === 32;
    if (!isClassic && !(isLong && (family.version === 6 || this.hasExtendedNextHop))) return false;
    const mpSize = isClassic ? 0 : MP_HEADER + 5 + this.nextHopLength;
    this.needed = HEADER_LENGTH + 4 + mpSize + this.blockLength + this.idSize + prefixSize(family.maxLength);
    if (this.needed > this.maxMessageLength) return false;
    this.shape = isClassic ? Shape.Nlri : Shape.MpReach;
    return true;
  }

  /** Starts withdrawing prefixes. */
  beginWithdraw(family: Family): void {
    this.closeMessage();
    this.family = family;
    this.shape = family === ipv4Unicast ? Shape.Withdrawn : Shape.MpUnreach;
    this.needed = 0;
  }

  /** Adds a prefix to what was begun; the path identifier counts only with `hasPathIds`. */
  addPrefix(w0: number, w1: number, w2: number, w3: number, length: number, pathId = 0): void {
    if (!this.isOpen) this.openMessage();
    else if (this.at + this.idSize + prefixSize(length) > this.limit) {
      this.closeMessage();
      this.openMessage();
    }
    if (this.idSize !== 0) this.at = writeUint32(pathId, this.chunk, this.at);
    this.at = writePrefix(this.chunk, this.at, w0, w1, w2, w3, length);
  }

  /** RFC 4724 §2: an UPDATE without anything, or with an empty MP_UNREACH_NLRI. */
  addEndOfRib(family: Family): void {
    this.beginWithdraw(family);
    this.openMessage();
    this.closeMessage();
    this.shape = Shape.Closed;
  }

  /** Closes the open message and hands out all that was not handed out. Goes on with what was begun. */
  flush(): void {
    this.closeMessage();
    if (this.messages === 0) return;
    const chunk = this.chunk.subarray(this.handedOut, this.at);
    const messages = this.messages;
    this.handedOut = this.at;
    this.messages = 0;
    this.emit(chunk, messages);
  }

  private openMessage(): void {
    if (this.shape === Shape.Closed) throw new RangeError('a prefix was added before anything was begun');
    // Near the end of a chunk messages of more than 4,096 octets are cut shorter, so that not each of them takes a chunk of its own.
    if (this.at + Math.max(MAX_MESSAGE_LENGTH, this.needed) > this.chunk.length) {
      this.flush();
      this.chunk = new Uint8Array(this.chunkBytes);
      this.handedOut = 0;
      this.at = 0;
    }
    const start = this.at;
    this.messageStart = start;
    this.isOpen = true;
    // Lengths are filled in when the message is closed; a fresh chunk is zero.
    let at = start + HEADER_LENGTH + 4;
    this.limit = Math.min(start + this.maxMessageLength, this.chunk.length);
    if (this.shape === Shape.Nlri) at = this.copyBlock(at);
    else if (this.shape === Shape.Withdrawn) {
      at = start + HEADER_LENGTH + 2;
      this.limit -= 2;
    } else {
      // RFC 7606 §5.1: MP_REACH_NLRI or MP_UNREACH_NLRI comes first. The other attributes follow when the prefixes are known.
      this.mpStart = at;
      const isReach = this.shape === Shape.MpReach;
      this.chunk[at] = OPTIONAL | AttributeFlag.ExtendedLength;
      this.chunk[at + 1] = isReach ? AttributeCode.MpReach : AttributeCode.MpUnreach;
      at += MP_HEADER;
      this.chunk[at++] = this.family.afi >>> 8;
      this.chunk[at++] = this.family.afi & 255;
      this.chunk[at++] = this.family.safi;
      if (isReach) {
        this.chunk[at++] = this.nextHopLength;
        for (let index = 0; index < this.nextHopLength; index++) this.chunk[at++] = this.nextHop[index];
        this.chunk[at++] = 0;
        this.limit -= this.blockLength;
      }
    }
    this.at = at;
  }

  private closeMessage(): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    const start = this.messageStart;
    if (this.shape === Shape.Nlri) this.writeUint16(start + HEADER_LENGTH + 2, this.blockLength);
    else if (this.shape === Shape.Withdrawn) {
      this.writeUint16(start + HEADER_LENGTH, this.at - start - HEADER_LENGTH - 2);
      this.writeUint16(this.at, 0);
      this.at += 2;
    } else {
      this.writeUint16(this.mpStart + 2, this.at - this.mpStart - MP_HEADER);
      if (this.shape === Shape.MpReach) this.at = this.copyBlock(this.at);
      this.writeUint16(start + HEADER_LENGTH + 2, this.at - this.mpStart);
    }
    writeHeader(this.chunk, start, this.at - start, MessageType.Update);
    this.messages++;
  }

  private copyBlock(offset: number): number {
    const { chunk, block, blockLength } = this;
    for (let index = 0; index < blockLength; index++) chunk[offset + index] = block[index];
    return offset + blockLength;
  }

  private writeUint16(at: number, value: number): void {
    this.chunk[at] = value >>> 8;
    this.chunk[at + 1] = value & 255;
  }

  /** Copies the set's attributes as they go out, all but the next hop of code 14, which goes into MP_REACH_NLRI. */
  private takeBlock(id: AttrSetId): void {
    const buffer = this.attributes.chunkOf(id);
    let at = this.attributes.offsetOf(id);
    const end = at + this.attributes.lengthOf(id);
    this.nextHopLength = 0;
    let to = 0;
    let as4Start = 0;
    let as4End = 0;
    let as4AggregatorStart = 0;
    while (at < end) {
      const code = buffer[at + 1];
      const isLong = (buffer[at] & AttributeFlag.ExtendedLength) !== 0;
      const start = at + (isLong ? 4 : 3);
      const valueEnd = start + (isLong ? (buffer[at + 2] << 8) | buffer[at + 3] : buffer[at + 2]);
      // Behind AGGREGATOR, AS4_PATH and AS4_AGGREGATOR keep their place in the order of codes.
      if (code > AttributeCode.As4Aggregator && (as4Start !== as4End || as4AggregatorStart !== 0)) {
        to = this.writeAs4(buffer, as4Start, as4End, as4AggregatorStart, to);
        as4Start = as4End = as4AggregatorStart = 0;
      }
      if (code === AttributeCode.MpReach) {
        this.nextHopLength = buffer[start + 3];
        for (let index = 0; index < this.nextHopLength; index++) this.nextHop[index] = buffer[start + 4 + index];
      } else if (!this.hasFourOctetAsn && code === AttributeCode.AsPath) {
        if (needsAs4Path(buffer, start, valueEnd)) {
          as4Start = start;
          as4End = valueEnd;
        }
        to = this.writeNarrowAsPath(buffer, start, valueEnd, to);
      } else if (!this.hasFourOctetAsn && code === AttributeCode.Aggregator) {
        if ((buffer[start] | buffer[start + 1]) !== 0) as4AggregatorStart = start;
        to = this.writeNarrowAggregator(buffer, buffer[at], start, to);
      } else {
        if (code === AttributeCode.NextHop) this.nextHopLength = 4;
        for (let from = at; from < valueEnd; from++) this.block[to++] = buffer[from];
      }
      at = valueEnd;
    }
    if (as4Start !== as4End || as4AggregatorStart !== 0) {
      to = this.writeAs4(buffer, as4Start, as4End, as4AggregatorStart, to);
    }
    this.blockLength = to;
  }

  private writeNarrowAsPath(buffer: Uint8Array, start: number, end: number, offset: number): number {
    const valueStart = offset + 4;
    const valueEnd = narrowAsPath(buffer, start, end, this.block, valueStart);
    return closeAttribute(this.block, offset, WELL_KNOWN, AttributeCode.AsPath, valueStart, valueEnd);
  }

  private writeNarrowAggregator(buffer: Uint8Array, flags: number, start: number, offset: number): number {
    const at = writeAttributeHeader(this.block, offset, flags, AttributeCode.Aggregator, 6);
    const fits = (buffer[start] | buffer[start + 1]) === 0;
    this.block[at] = fits ? buffer[start + 2] : AS_TRANS >>> 8;
    this.block[at + 1] = fits ? buffer[start + 3] : AS_TRANS & 255;
    for (let index = 0; index < 4; index++) this.block[at + 2 + index] = buffer[start + 4 + index];
    return at + 6;
  }

  /** RFC 6793 §4.2.2: the numbers that did not fit, for the next speaker that knows them. */
  private writeAs4(buffer: Uint8Array, pathStart: number, pathEnd: number, aggregator: number, offset: number): number {
    let at = offset;
    if (pathStart !== pathEnd) {
      const valueStart = at + 4;
      const valueEnd = cleanAsPath(buffer, pathStart, pathEnd, withoutConfederation, this.block, valueStart);
      at = closeAttribute(this.block, at, OPTIONAL_TRANSITIVE, AttributeCode.As4Path, valueStart, valueEnd);
    }
    if (aggregator !== 0) {
      at = writeAttributeHeader(this.block, at, OPTIONAL_TRANSITIVE, AttributeCode.As4Aggregator, 8);
      for (let from = aggregator; from < aggregator + 8; from++) this.block[at++] = buffer[from];
    }
    return at;
  }
}

const NOTHING = new Uint8Array(0);
/** RFC 6793 §3: AS4_PATH has no confederation segments. */
const withoutConfederation: PathCleaning = {
  dropsConfederation: true,
  override: undefined,
  privateAsns: undefined,
  own: 0,
};
