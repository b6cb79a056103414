// After the clock has stopped: reads everything that the receiver got, and compares every prefix of the table with what an
// eBGP speaker has to make of it. Shares no code with the speaker.
//
// Expected at an external receiver: own AS in front (RFC 4271 §5.1.2), own address as next hop (§5.1.3), no MED of another
// AS (§5.1.4), no LOCAL_PREF (§5.1.5), ORIGIN and communities as they were.

import { AttributeKey, describeKey } from './attribute-key.ts';
import { MessageType } from './encode.ts';
import { readUint16 } from './frame-log.ts';
import type { FrameLog } from './frame-log.ts';
import { addressWord, deviceAsn, formatAddressWord, generatorPlan, receiverPlan } from './plan.ts';
import type { Workload } from './workload.ts';

/** `unchanged` is for the relay that shows the harness's own speed: it passes bytes through. */
export type Transit = 'ebgp' | 'unchanged';

export interface Verdict {
  /** Prefixes of the table that are there at the end with the right attributes. */
  readonly correct: number;
  readonly wrong: number;
  readonly missing: number;
  /** Announced but not in the table. */
  readonly foreign: number;
  /** Announced again after the first time. */
  readonly repeated: number;
  readonly withdrawn: number;
  /** UPDATEs that carry at least one prefix. */
  readonly updates: number;
  readonly firstPrefixMs: number;
  /** When the last prefix that was still missing came. */
  readonly lastPrefixMs: number;
  /** The first few faults in words. */
  readonly faults: readonly string[];
}

const maxFaults = 5;
const absent = 0xffff_ffff;

export class Verifier {
  readonly #workload: Workload;
  readonly #keys: string[] = [];
  readonly #setOfKey = new Map<string, number>();
  /** Route → number of its expected key. */
  readonly #expected: Uint32Array;
  /** Open addressing: slot → route + 1. */
  readonly #slots: Uint32Array;
  readonly #mask: number;
  readonly #seen: Uint32Array;

  constructor(workload: Workload, transit: Transit) {
    this.#workload = workload;
    this.#expected = new Uint32Array(workload.routeCount);
    this.#seen = new Uint32Array(workload.routeCount);
    let capacity = 1024;
    while (capacity < workload.routeCount * 2) capacity *= 2;
    this.#slots = new Uint32Array(capacity);
    this.#mask = capacity - 1;
    this.#fillSlots();
    this.#fillExpected(transit);
  }

  verify(log: FrameLog): Verdict {
    const bytes = log.received;
    const key = new AttributeKey();
    this.#seen.fill(absent);
    const faults: string[] = [];
    let updates = 0;
    let present = 0;
    let foreign = 0;
    let repeated = 0;
    let withdrawn = 0;
    let firstEnd = -1;
    let lastEnd = -1;
    let at = 0;
    while (at + 19 <= bytes.length) {
      const end = at + readUint16(bytes, at + 16);
      if (end > bytes.length) break;
      if (bytes[at + 18] !== MessageType.Update) {
        at = end;
        continue;
      }
      const withdrawnEnd = at + 21 + readUint16(bytes, at + 19);
      let prefix = at + 21;
      while (prefix < withdrawnEnd) {
        const route = this.#routeAt(bytes, prefix);
        if (route >= 0 && this.#seen[route] !== absent) {
          this.#seen[route] = absent;
          present -= 1;
        }
        withdrawn += 1;
        prefix += 1 + ((bytes[prefix] + 7) >> 3);
      }
      prefix = withdrawnEnd + 2 + readUint16(bytes, withdrawnEnd);
      if (prefix < end) {
        updates += 1;
        if (firstEnd < 0) firstEnd = end;
        key.clear();
        key.read(bytes, withdrawnEnd + 2, prefix);
        const number = this.#numberOf(key.build());
        while (prefix < end) {
          const route = this.#routeAt(bytes, prefix);
          if (route < 0) {
            foreign += 1;
            if (faults.length < maxFaults) faults.push(`${describePrefix(bytes, prefix)}: not in the table`);
          } else if (this.#seen[route] === absent) {
            present += 1;
            lastEnd = end;
          } else repeated += 1;
          if (route >= 0) this.#seen[route] = number;
          prefix += 1 + ((bytes[prefix] + 7) >> 3);
        }
      }
      at = end;
    }
    const wrong = this.#countWrong(faults);
    return {
      correct: present - wrong,
      wrong,
      missing: this.#workload.routeCount - present,
      foreign,
      repeated,
      withdrawn,
      updates,
      firstPrefixMs: firstEnd < 0 ? 0 : log.arrivalMs(firstEnd),
      lastPrefixMs: lastEnd < 0 ? 0 : log.arrivalMs(lastEnd),
      faults,
    };
  }

  #countWrong(faults: string[]): number {
    let wrong = 0;
    for (let route = 0; route < this.#workload.routeCount; route += 1) {
      const seen = this.#seen[route];
      const expected = this.#expected[route];
      if (seen === expected) continue;
      if (seen !== absent) wrong += 1;
      if (faults.length >= maxFaults) continue;
      const address = formatAddressWord(this.#workload.address[route]);
      const got = seen === absent ? 'nothing' : describeKey(this.#keys[seen] ?? '');
      faults.push(
        `${address}/${this.#workload.length[route]}: expected ${describeKey(this.#keys[expected] ?? '')}, got ${got}`,
      );
    }
    return wrong;
  }

  #numberOf(key: string): number {
    const known = this.#setOfKey.get(key);
    if (known !== undefined) return known;
    const number = this.#keys.length;
    this.#keys.push(key);
    this.#setOfKey.set(key, number);
    return number;
  }

  #fillExpected(transit: Transit): void {
    const { setCount, firstRoute, origin, med, firstHop, hops, firstCommunity, communities } = this.#workload;
    const isExternal = transit === 'ebgp';
    const nextHop = addressWord(isExternal ? receiverPlan.deviceAddress : generatorPlan.address);
    const key = new AttributeKey();
    for (let set = 0; set < setCount; set += 1) {
      key.clear();
      key.setOrigin(origin[set]);
      key.setNextHop(nextHop);
      if (!isExternal) key.setMed(med[set]);
      if (isExternal) key.addHop(deviceAsn);
      for (const asn of hops.subarray(firstHop[set], firstHop[set + 1])) key.addHop(asn);
      for (const community of communities.subarray(firstCommunity[set], firstCommunity[set + 1])) {
        key.addCommunity(community);
      }
      this.#expected.fill(this.#numberOf(key.build()), firstRoute[set], firstRoute[set + 1]);
    }
  }

  #fillSlots(): void {
    for (let route = 0; route < this.#workload.routeCount; route += 1) {
      let slot = this.#slotOf(this.#workload.address[route], this.#workload.length[route]);
      while (this.#slots[slot] !== 0) slot = (slot + 1) & this.#mask;
      this.#slots[slot] = route + 1;
    }
  }

  #routeAt(bytes: Buffer, at: number): number {
    const length = bytes[at];
    const address = readPrefixAddress(bytes, at);
    let slot = this.#slotOf(address, length);
    for (;;) {
      const route = this.#slots[slot] - 1;
      if (route < 0) return -1;
      if (this.#workload.address[route] === address && this.#workload.length[route] === length) return route;
      slot = (slot + 1) & this.#mask;
    }
  }

  #slotOf(address: number, length: number): number {
    let word = Math.imul(address ^ (length << 3), 0x9e3779b1);
    word ^= word >>> 15;
    return (Math.imul(word, 0x85ebca6b) >>> 7) & this.#mask;
  }
}

function readPrefixAddress(bytes: Buffer, at: number): number {
  const octets = (bytes[at] + 7) >> 3;
  let address = 0;
  for (let index = 0; index < octets; index += 1) address |= bytes[at + 1 + index] << (24 - 8 * index);
  return address >>> 0;
}

function describePrefix(bytes: Buffer, at: number): string {
  return `${formatAddressWord(readPrefixAddress(bytes, at))}/${bytes[at]}`;
}
