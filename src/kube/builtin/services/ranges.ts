// The addresses and ports that may be given to services: whether one lies within, and which free one is next. The low end of a range is
// left to those who ask for a number of their own for as long as there are others (Kubernetes documentation, "Service ClusterIP
// allocation"). Pure: chance is handed in.

import { Address, parseAddress } from '#bgp/net/address.ts';
import { parsePrefix, type Prefix } from '#bgp/net/prefix.ts';

/** A number from 0 to less than `below`. */
export type Pick = (below: number) => number;

export const defaultAddressRange = '10.96.0.0/16';
export const defaultPorts: PortRange = { first: 30_000, last: 32_767 };

/** Larger ranges are used this far. */
const maxSize = 65_536;

export interface PortRange {
  readonly first: number;
  readonly last: number;
}

export class AddressRange {
  readonly prefix: Prefix;
  readonly #size: number;

  /** undefined: no prefix, or one without room. */
  static parse(text: string): AddressRange | undefined {
    const prefix = parsePrefix(text);
    return prefix === undefined || prefix.length > (prefix.version === 4 ? 30 : 126)
      ? undefined
      : new AddressRange(prefix);
  }

  private constructor(prefix: Prefix) {
    this.prefix = prefix;
    this.#size = Math.min(maxSize, 2 ** ((prefix.version === 4 ? 32 : 128) - prefix.length));
  }

  get family(): 'IPv4' | 'IPv6' {
    return this.prefix.version === 4 ? 'IPv4' : 'IPv6';
  }

  /** The address of the network, and of IPv4 the one to everybody, are nobody's. */
  has(text: string): boolean {
    const address = parseAddress(text);
    if (address === undefined || !this.prefix.containsAddress(address)) return false;
    if (address.equals(this.#at(0))) return false;
    return address.version === 6 || address.w0 !== (this.prefix.w0 | (2 ** (32 - this.prefix.length) - 1));
  }

  /** undefined: the range is full. */
  next(isTaken: (text: string) => boolean, pick: Pick): string | undefined {
    const usable = this.#size - (this.prefix.version === 4 ? 2 : 1);
    const low = Math.min(Math.max(16, Math.floor(this.#size / 16)), 256);
    const offset = nextFree(usable, low, (index) => isTaken(this.#at(index + 1).toString()), pick);
    return offset === undefined ? undefined : this.#at(offset + 1).toString();
  }

  #at(offset: number): Address {
    const { version, w0, w1, w2, w3 } = this.prefix;
    return version === 4 ? new Address(4, w0 + offset, 0, 0, 0) : new Address(6, w0, w1, w2, w3 + offset);
  }
}

export function hasPort({ first, last }: PortRange, port: number): boolean {
  return port >= first && port <= last;
}

export function nextPort(
  { first, last }: PortRange,
  isTaken: (port: number) => boolean,
  pick: Pick,
): number | undefined {
  const size = last - first + 1;
  const low = Math.min(Math.max(16, Math.floor(size / 32)), 128);
  const offset = nextFree(size, low, (index) => isTaken(first + index), pick);
  return offset === undefined ? undefined : first + offset;
}

/** Of 0 to `size`, the numbers below `low` last; each of the two parts from somewhere by chance, and around. */
function nextFree(size: number, low: number, isTaken: (index: number) => boolean, pick: Pick): number | undefined {
  const parts = size > low ? [[low, size] as const, [0, low] as const] : [[0, size] as const];
  for (const [from, to] of parts) {
    const start = pick(to - from);
    for (let step = 0; step < to - from; step++) {
      const index = from + ((start + step) % (to - from));
      if (!isTaken(index)) return index;
    }
  }
  return undefined;
}
