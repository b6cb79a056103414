// hot: what a slice of work has to say, gathered by attribute set and receivers, packed into as few UPDATE
// messages as fit and handed to the members: bytes are made once however many receive them. All scratch
// lives for one slice; one packer serves every update group of a family.

import type { Family } from '../net/family.ts';
import type { PrefixTable } from '../net/prefix-table.ts';
import { type AttributeSets, attrSetId } from '../wire/attribute-sets.ts';
import { MAX_MESSAGE_LENGTH } from '../wire/message.ts';
import { UpdateWriter } from '../wire/update-writer.ts';
import { NextHopFiller } from './next-hop-filler.ts';
import type { GroupMember, PeerIndex, UpdateGroupOptions } from './types.ts';

/** What of a group's options decides how its messages are written. */
type Format = Pick<UpdateGroupOptions, 'isFourOctetAs' | 'addPathLimit' | 'hasExtendedNextHop' | 'maxMessageLength'>;

/** Who gets messages, with its own next hop where they have zeros in its place. */
export interface Receiver {
  readonly member: GroupMember;
  readonly nextHop: Uint8Array | undefined;
}

/** Receivers of a message among the members given to send(): all, all but one, or one. */
export const EVERYONE = 0;
export const everyoneBut = (peer: PeerIndex): number => peer + 1;
export const only = (peer: PeerIndex): number => peer + ONLY;
const ONLY = 0x1_0000;

/** Bucket key of withdrawals; no attribute set has this id. */
const WITHDRAW = 0;
const NONE = 0;

export class Packer {
  /** Entries that were not sent because their attributes leave no room for a prefix: set id and slot in pairs. */
  readonly failed: number[];
  private readonly family: Family;
  private readonly prefixes: PrefixTable;
  private readonly attributes: AttributeSets;
  /** By the bits of a format; made when first needed. */
  private readonly writers: (UpdateWriter | undefined)[];
  private members: readonly Receiver[];
  private readonly filler: NextHopFiller;
  private target: number;
  // scratch: entries (1-based), chained in the order of arrival
  private slots: Uint32Array;
  private nextEntry: Uint32Array;
  /** Path identifiers; of length 0 until an entry has one. */
  private pathIds: Uint32Array;
  private entryCount: number;
  // scratch: buckets (1-based)
  private bucketAttr: Uint32Array;
  private bucketTarget: Uint32Array;
  private bucketFirst: Uint32Array;
  private bucketLast: Uint32Array;
  /** Next bucket for the same receivers. */
  private bucketNext: Uint32Array;
  private bucketCount: number;
  private lastBucket: number;
  // scratch: hash from attribute set and receivers to a bucket; cleared after each slice
  private hash: Uint32Array;
  private readonly firstByTarget: Map<number, number>;
  private readonly lastByTarget: Map<number, number>;

  constructor(family: Family, attributes: AttributeSets, prefixes: PrefixTable) {
    this.failed = [];
    this.family = family;
    this.prefixes = prefixes;
    this.attributes = attributes;
    this.writers = [];
    this.members = [];
    this.filler = new NextHopFiller();
    this.target = EVERYONE;
    this.slots = new Uint32Array(1024);
    this.nextEntry = new Uint32Array(1024);
    this.pathIds = new Uint32Array(0);
    this.entryCount = 0;
    this.bucketAttr = new Uint32Array(1024);
    this.bucketTarget = new Uint32Array(1024);
    this.bucketFirst = new Uint32Array(1024);
    this.bucketLast = new Uint32Array(1024);
    this.bucketNext = new Uint32Array(1024);
    this.bucketCount = 0;
    this.lastBucket = NONE;
    this.hash = new Uint32Array(4096);
    this.firstByTarget = new Map();
    this.lastByTarget = new Map();
  }

  announce(slot: number, attr: number, target: number, pathId = 0): void {
    this.add(slot, attr, target, pathId);
  }

  withdraw(slot: number, target: number, pathId = 0): void {
    this.add(slot, WITHDRAW, target, pathId);
  }

  /** Sends what was gathered and forgets it. */
  send(members: readonly Receiver[], format: Format): void {
    if (this.entryCount === 0) return;
    this.members = members;
    const writer = this.writerOf(format);
    for (const [target, first] of this.firstByTarget) {
      this.target = target;
      for (let bucket = first; bucket !== NONE; bucket = this.bucketNext[bucket]) this.write(writer, bucket);
      writer.flush();
    }
    this.clear();
  }

  sendEndOfRib(members: readonly Receiver[], format: Format): void {
    this.members = members;
    this.target = EVERYONE;
    const writer = this.writerOf(format);
    writer.addEndOfRib(this.family);
    writer.flush();
    this.members = [];
  }

  private writerOf(format: Format): UpdateWriter {
    const hasPathIds = format.addPathLimit !== undefined;
    const key =
      (format.isFourOctetAs ? 1 : 0) |
      (hasPathIds ? 2 : 0) |
      (format.hasExtendedNextHop ? 4 : 0) |
      (format.maxMessageLength > MAX_MESSAGE_LENGTH ? 8 : 0);
    return (this.writers[key] ??= new UpdateWriter({
      attributes: this.attributes,
      hasFourOctetAsn: format.isFourOctetAs,
      hasPathIds,
      hasExtendedNextHop: format.hasExtendedNextHop,
      maxMessageLength: format.maxMessageLength,
      emit: (chunk, messages) => this.deliver(chunk, messages),
    }));
  }

  private write(writer: UpdateWriter, bucket: number): void {
    const attr = this.bucketAttr[bucket];
    const { slots, nextEntry, pathIds } = this;
    const hasPathIds = pathIds.length > 0;
    const { words, lengths } = this.prefixes;
    const isIpv4 = this.family.version === 4;
    if (attr === WITHDRAW) writer.beginWithdraw(this.family);
    else if (!writer.beginReach(attrSetId(attr), this.family)) {
      for (let entry = this.bucketFirst[bucket]; entry !== NONE; entry = nextEntry[entry]) {
        this.failed.push(attr, slots[entry]);
      }
      return;
    }
    for (let entry = this.bucketFirst[bucket]; entry !== NONE; entry = nextEntry[entry]) {
      const slot = slots[entry];
      const pathId = hasPathIds ? pathIds[entry] : 0;
      if (isIpv4) writer.addPrefix(words[slot], 0, 0, 0, lengths[slot], pathId);
      else {
        const at = slot * 4;
        writer.addPrefix(words[at], words[at + 1], words[at + 2], words[at + 3], lengths[slot], pathId);
      }
    }
  }

  private deliver(chunk: Uint8Array, messages: number): void {
    const { filler, members, target } = this;
    let isFilled = false;
    for (let index = 0; index < members.length; index++) {
      const { member, nextHop } = members[index];
      const isReceiver =
        target === EVERYONE || (target >= ONLY ? member.peer === target - ONLY : member.peer !== target - 1);
      if (!isReceiver) continue;
      if (nextHop === undefined) member.send(chunk, messages);
      else {
        if (!isFilled) filler.begin(chunk);
        isFilled = true;
        member.send(filler.fill(nextHop), messages);
      }
    }
    if (isFilled) filler.end();
  }

  private add(slot: number, attr: number, target: number, pathId: number): void {
    let bucket = this.lastBucket;
    if (bucket === NONE || this.bucketAttr[bucket] !== attr || this.bucketTarget[bucket] !== target) {
      bucket = this.findBucket(attr, target);
      this.lastBucket = bucket;
    }
    const entry = ++this.entryCount;
    if (entry >= this.slots.length) {
      this.slots = grow(this.slots);
      this.nextEntry = grow(this.nextEntry);
      if (this.pathIds.length > 0) this.pathIds = grow(this.pathIds);
    }
    if (this.pathIds.length > 0) this.pathIds[entry] = pathId;
    else if (pathId !== 0) {
      this.pathIds = new Uint32Array(this.slots.length);
      this.pathIds[entry] = pathId;
    }
    this.slots[entry] = slot;
    this.nextEntry[entry] = NONE;
    if (this.bucketFirst[bucket] === NONE) this.bucketFirst[bucket] = entry;
    else this.nextEntry[this.bucketLast[bucket]] = entry;
    this.bucketLast[bucket] = entry;
  }

  private findBucket(attr: number, target: number): number {
    if ((this.bucketCount + 1) * 2 > this.hash.length) this.growHash();
    const mask = this.hash.length - 1;
    let index = hashOf(attr, target) & mask;
    for (; this.hash[index] !== NONE; index = (index + 1) & mask) {
      const bucket = this.hash[index];
      if (this.bucketAttr[bucket] === attr && this.bucketTarget[bucket] === target) return bucket;
    }
    const bucket = ++this.bucketCount;
    if (bucket >= this.bucketAttr.length) {
      this.bucketAttr = grow(this.bucketAttr);
      this.bucketTarget = grow(this.bucketTarget);
      this.bucketFirst = grow(this.bucketFirst);
      this.bucketLast = grow(this.bucketLast);
      this.bucketNext = grow(this.bucketNext);
    }
    this.hash[index] = bucket;
    this.bucketAttr[bucket] = attr;
    this.bucketTarget[bucket] = target;
    this.bucketFirst[bucket] = NONE;
    this.bucketNext[bucket] = NONE;
    this.chain(bucket, attr, target);
    return bucket;
  }

  /** Puts a bucket among those for the same receivers; withdrawals go first, they make room. */
  private chain(bucket: number, attr: number, target: number): void {
    const first = this.firstByTarget.get(target);
    if (first === undefined) {
      this.firstByTarget.set(target, bucket);
      this.lastByTarget.set(target, bucket);
    } else if (attr === WITHDRAW) {
      this.bucketNext[bucket] = first;
      this.firstByTarget.set(target, bucket);
    } else {
      this.bucketNext[this.lastByTarget.get(target) ?? first] = bucket;
      this.lastByTarget.set(target, bucket);
    }
  }

  private growHash(): void {
    this.hash = new Uint32Array(this.hash.length * 2);
    const mask = this.hash.length - 1;
    for (let bucket = 1; bucket <= this.bucketCount; bucket++) {
      let index = hashOf(this.bucketAttr[bucket], this.bucketTarget[bucket]) & mask;
      while (this.hash[index] !== NONE) index = (index + 1) & mask;
      this.hash[index] = bucket;
    }
  }

  private clear(): void {
    if (this.bucketCount * 8 > this.hash.length) this.hash.fill(NONE);
    else {
      const mask = this.hash.length - 1;
      for (let bucket = 1; bucket <= this.bucketCount; bucket++) {
        let index = hashOf(this.bucketAttr[bucket], this.bucketTarget[bucket]) & mask;
        for (; this.hash[index] !== NONE; index = (index + 1) & mask) this.hash[index] = NONE;
      }
    }
    this.entryCount = 0;
    this.bucketCount = 0;
    this.lastBucket = NONE;
    this.firstByTarget.clear();
    this.lastByTarget.clear();
    this.members = [];
  }
}

function hashOf(attr: number, target: number): number {
  const hash = Math.imul(attr, 0x9e3779b1) ^ Math.imul(target, 0x85ebca6b);
  return hash ^ (hash >>> 15);
}

function grow(column: Uint32Array): Uint32Array {
  const grown = new Uint32Array(column.length * 2);
  grown.set(column);
  return grown;
}
