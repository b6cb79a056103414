// One address prefix of either family (RFC 4632 notation). RIBs keep prefixes as columns
// (prefix-table.ts); this class is for configuration, policies, views and tests.

import { Address, formatAddress, parseAddress } from './address.ts';

export class Prefix {
  readonly version: 4 | 6;
  readonly length: number;
  readonly w0: number;
  readonly w1: number;
  readonly w2: number;
  readonly w3: number;

  /** Host bits are cleared; `length` is 0..32 or 0..128, checked by the makers below. */
  constructor(version: 4 | 6, length: number, w0: number, w1: number, w2: number, w3: number) {
    this.version = version;
    this.length = length;
    this.w0 = w0 & wordMask(length, 0);
    this.w1 = w1 & wordMask(length, 1);
    this.w2 = w2 & wordMask(length, 2);
    this.w3 = w3 & wordMask(length, 3);
  }

  toString(): string {
    return `${formatAddress(this.version, this.w0, this.w1, this.w2, this.w3)}/${this.length}`;
  }

  equals(other: Prefix): boolean {
    return this.length === other.length && this.contains(other);
  }

  /** True when `other` is this prefix or more specific. */
  contains(other: Prefix): boolean {
    return (
      this.version === other.version &&
      other.length >= this.length &&
      (other.w0 & wordMask(this.length, 0)) === this.w0 &&
      (other.w1 & wordMask(this.length, 1)) === this.w1 &&
      (other.w2 & wordMask(this.length, 2)) === this.w2 &&
      (other.w3 & wordMask(this.length, 3)) === this.w3
    );
  }

  containsAddress(address: Address): boolean {
    const length = address.version === 4 ? 32 : 128;
    return this.contains(new Prefix(address.version, length, address.w0, address.w1, address.w2, address.w3));
  }
}

/** Bits of the `index`-th 32-bit word that belong to a prefix of `length` bits, as a signed word. */
export function wordMask(length: number, index: number): number {
  const bits = length - index * 32;
  if (bits <= 0) return 0;
  return bits >= 32 ? -1 : (-1 << (32 - bits)) | 0;
}

/** `address/length`; undefined when the text is not a prefix. Host bits are cleared. */
export function parsePrefix(text: string): Prefix | undefined {
  const slash = text.indexOf('/');
  if (slash < 0) return undefined;
  const address = parseAddress(text.slice(0, slash));
  const lengthText = text.slice(slash + 1);
  if (address === undefined || !/^(0|[1-9]\d{0,2})$/.test(lengthText)) return undefined;
  const length = Number(lengthText);
  if (length > (address.version === 4 ? 32 : 128)) return undefined;
  return new Prefix(address.version, length, address.w0, address.w1, address.w2, address.w3);
}

/** True when the text has bits set behind the prefix length, e.g. `10.0.0.1/8`. */
export function hasHostBits(text: string): boolean {
  const prefix = parsePrefix(text);
  const address = parseAddress(text.slice(0, Math.max(0, text.indexOf('/'))));
  if (prefix === undefined || address === undefined) return false;
  return prefix.w0 !== address.w0 || prefix.w1 !== address.w1 || prefix.w2 !== address.w2 || prefix.w3 !== address.w3;
}
