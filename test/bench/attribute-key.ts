// One attribute set as one comparable string: origin, next hop, MED, AS path hop by hop, the set of communities, and
// everything else byte for byte. The expected key is made from the workload's values, the received one from bytes; two
// sets are equal if and only if their keys are. Order of communities and the cut of a path into segments do not count.

import { readUint16, readUint32 } from './frame-log.ts';
import { formatAddressWord } from './plan.ts';

/** More than any message can fill: 65,535 bytes, five for four in an AS path. */
const maxKeyBytes = 1 << 18;
const asSequence = 2;
/** Type → flags without the extended-length bit: well-known, optional, optional transitive (RFC 4271 §5, RFC 1997). */
const rightFlags = new Map([
  [1, 0x40],
  [2, 0x40],
  [3, 0x40],
  [4, 0x80],
  [8, 0xc0],
]);

export class AttributeKey {
  readonly #scratch = Buffer.alloc(maxKeyBytes);
  #origin = 255;
  #nextHop = 0;
  #med = -1;
  readonly #hops: number[] = [];
  readonly #communities: number[] = [];
  #other = '';

  clear(): void {
    this.#origin = 255;
    this.#nextHop = 0;
    this.#med = -1;
    this.#hops.length = 0;
    this.#communities.length = 0;
    this.#other = '';
  }

  setOrigin(origin: number): void {
    this.#origin = origin;
  }

  setNextHop(nextHop: number): void {
    this.#nextHop = nextHop;
  }

  setMed(med: number): void {
    this.#med = med;
  }

  addHop(asn: number, segmentType = asSequence): void {
    this.#hops.push(segmentType, asn);
  }

  addCommunity(community: number): void {
    this.#communities.push(community);
  }

  /** Reads the path attributes of one UPDATE between the two offsets (RFC 4271 §4.3). */
  read(bytes: Buffer, start: number, end: number): void {
    let at = start;
    while (at + 3 <= end) {
      const flags = bytes[at];
      const type = bytes[at + 1];
      const isLong = (flags & 0x10) !== 0;
      const length = isLong ? readUint16(bytes, at + 2) : bytes[at + 2];
      const value = at + (isLong ? 4 : 3);
      const next = value + length;
      if ((flags & ~0x10) !== rightFlags.get(type)) this.#other += `attribute ${type} has flags ${flags};`;
      if (type === 1 && length === 1) this.setOrigin(bytes[value]);
      else if (type === 2) this.#readPath(bytes, value, next);
      else if (type === 3 && length === 4) this.setNextHop(readUint32(bytes, value));
      else if (type === 4 && length === 4) this.setMed(readUint32(bytes, value));
      else if (type === 8 && length % 4 === 0) this.#readCommunities(bytes, value, next);
      else this.#other += `attribute ${type} ${bytes.toString('hex', value, next)};`;
      at = next;
    }
    if (at !== end) this.#other += `attributes end at ${at - start} instead of ${end - start};`;
  }

  build(): string {
    const hops = this.#hops;
    const communities = this.#communities;
    communities.sort((left, right) => left - right);
    const scratch = this.#scratch;
    scratch[0] = this.#origin;
    scratch.writeUInt32BE(this.#nextHop, 1);
    scratch.writeDoubleBE(this.#med, 5);
    scratch.writeUInt16BE(hops.length / 2, 13);
    let at = 15;
    for (let index = 0; index < hops.length; index += 2) {
      scratch[at] = hops[index];
      at = scratch.writeUInt32BE(hops[index + 1], at + 1);
    }
    let previous = -1;
    for (const community of communities) {
      if (community === previous) continue;
      at = scratch.writeUInt32BE(community, at);
      previous = community;
    }
    const key = scratch.toString('latin1', 0, at);
    return this.#other === '' ? key : `${key}|${this.#other}`;
  }

  #readPath(bytes: Buffer, start: number, end: number): void {
    let at = start;
    while (at + 2 <= end) {
      const type = bytes[at];
      const count = bytes[at + 1];
      at += 2;
      for (let hop = 0; hop < count && at + 4 <= end; hop += 1, at += 4) this.addHop(readUint32(bytes, at), type);
    }
    if (at !== end) this.#other += 'AS_PATH cut short;';
  }

  #readCommunities(bytes: Buffer, start: number, end: number): void {
    for (let at = start; at < end; at += 4) this.addCommunity(readUint32(bytes, at));
  }
}

/** A key in words, for the report of a wrong route. */
export function describeKey(key: string): string {
  const bar = key.search(/\|(attribute|AS_PATH)/);
  const other = bar < 0 ? '' : ` ${key.slice(bar + 1)}`;
  const bytes = Buffer.from(bar < 0 ? key : key.slice(0, bar), 'latin1');
  const path: string[] = [];
  const hops = readUint16(bytes, 13);
  for (let hop = 0; hop < hops; hop += 1) {
    const at = 15 + hop * 5;
    path.push(bytes[at] === asSequence ? String(readUint32(bytes, at + 1)) : `{${readUint32(bytes, at + 1)}}`);
  }
  const communities: string[] = [];
  for (let at = 15 + hops * 5; at + 4 <= bytes.length; at += 4) {
    communities.push(`${readUint16(bytes, at)}:${readUint16(bytes, at + 2)}`);
  }
  const med = bytes.readDoubleBE(5);
  return (
    `origin ${bytes[0]} next hop ${formatAddressWord(readUint32(bytes, 1))} MED ${med < 0 ? 'none' : med} ` +
    `path ${path.join(' ')} communities ${communities.join(' ')}${other}`
  );
}
