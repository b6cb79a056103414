// IPv4 and IPv6 addresses as 32-bit words: parsing and canonical text (RFC 4291 §2.2, RFC 5952).
// Words are stored signed (`| 0`) so that V8 keeps them as small integers. Zones ("%eth0") belong to
// configuration and sockets, never to an address in a RIB.

/** An address of either family; IPv4 uses only w0. Fields are set in one order: one hidden class. */
export class Address {
  readonly version: 4 | 6;
  readonly w0: number;
  readonly w1: number;
  readonly w2: number;
  readonly w3: number;

  constructor(version: 4 | 6, w0: number, w1: number, w2: number, w3: number) {
    this.version = version;
    this.w0 = w0 | 0;
    this.w1 = w1 | 0;
    this.w2 = w2 | 0;
    this.w3 = w3 | 0;
  }

  toString(): string {
    return formatAddress(this.version, this.w0, this.w1, this.w2, this.w3);
  }

  equals(other: Address): boolean {
    return (
      this.version === other.version &&
      this.w0 === other.w0 &&
      this.w1 === other.w1 &&
      this.w2 === other.w2 &&
      this.w3 === other.w3
    );
  }
}

/** A dotted quad as a signed word; undefined when the text is anything else (no leading zeros). */
export function parseIpv4(text: string): number | undefined {
  const parts = text.split('.');
  if (parts.length !== 4) return undefined;
  let word = 0;
  for (const part of parts) {
    if (!/^(0|[1-9]\d{0,2})$/.test(part)) return undefined;
    const octet = Number(part);
    if (octet > 255) return undefined;
    word = (word << 8) | octet;
  }
  return word | 0;
}

/** IPv6 text as four signed words; undefined when it is not an address. Zones are refused. */
export function parseIpv6(text: string): [number, number, number, number] | undefined {
  let source = text;
  const tail: number[] = [];
  const lastColon = source.lastIndexOf(':');
  if (source.includes('.', lastColon + 1)) {
    const word = parseIpv4(source.slice(lastColon + 1));
    if (word === undefined || lastColon < 0) return undefined;
    tail.push((word >>> 16) & 0xffff, word & 0xffff);
    source = source.slice(0, source[lastColon - 1] === ':' ? lastColon + 1 : lastColon);
  }
  const halves = source.split('::');
  if (halves.length > 2) return undefined;
  const head = parseGroups(halves[0] ?? '');
  const rest = halves.length === 2 ? parseGroups(halves[1] ?? '') : [];
  if (head === undefined || rest === undefined) return undefined;
  rest.push(...tail);
  const missing = 8 - head.length - rest.length;
  const isCompressed = halves.length === 2;
  if (isCompressed ? missing < 1 : missing !== 0) return undefined;
  const groups = [...head, ...Array.from({ length: missing }, () => 0), ...rest];
  const word = (index: number): number => ((groups[index * 2] ?? 0) << 16) | (groups[index * 2 + 1] ?? 0) | 0;
  return [word(0), word(1), word(2), word(3)];
}

function parseGroups(text: string): number[] | undefined {
  if (text === '') return [];
  const groups: number[] = [];
  for (const part of text.split(':')) {
    if (!/^[0-9a-fA-F]{1,4}$/.test(part)) return undefined;
    groups.push(Number.parseInt(part, 16));
  }
  return groups;
}

export function parseAddress(text: string): Address | undefined {
  const word = parseIpv4(text);
  if (word !== undefined) return new Address(4, word, 0, 0, 0);
  const words = parseIpv6(text);
  return words === undefined ? undefined : new Address(6, ...words);
}

export function formatIpv4(w0: number): string {
  return `${w0 >>> 24}.${(w0 >>> 16) & 255}.${(w0 >>> 8) & 255}.${w0 & 255}`;
}

/** Canonical text of RFC 5952: lower case, longest run of two or more zero groups compressed. */
export function formatIpv6(w0: number, w1: number, w2: number, w3: number): string {
  if (w0 === 0 && w1 === 0 && w2 === 0xffff) return `::ffff:${formatIpv4(w3)}`;
  const groups = [w0, w1, w2, w3].flatMap((word) => [word >>> 16, word & 0xffff]);
  let bestStart = -1;
  let bestLength = 1;
  for (let start = 0; start < 8; start++) {
    let length = 0;
    while (start + length < 8 && groups[start + length] === 0) length++;
    if (length > bestLength) {
      bestStart = start;
      bestLength = length;
    }
  }
  const hex = (from: number, to: number): string =>
    groups
      .slice(from, to)
      .map((group) => group.toString(16))
      .join(':');
  if (bestStart < 0) return hex(0, 8);
  return `${hex(0, bestStart)}::${hex(bestStart + bestLength, 8)}`;
}

export function formatAddress(version: 4 | 6, w0: number, w1: number, w2: number, w3: number): string {
  return version === 4 ? formatIpv4(w0) : formatIpv6(w0, w1, w2, w3);
}

/** An IPv6 link-local address, fe80::/10 (RFC 4291 §2.5.6). */
export function isLinkLocal(address: Address): boolean {
  return address.version === 6 && (address.w0 & 0xffc00000) === (0xfe800000 | 0);
}

/** Reads 4 or 16 bytes; the caller has checked that they are there. */
export function readAddress(version: 4 | 6, buffer: Uint8Array, offset: number): Address {
  const word = (at: number): number =>
    (buffer[at] << 24) | (buffer[at + 1] << 16) | (buffer[at + 2] << 8) | buffer[at + 3];
  return version === 4
    ? new Address(4, word(offset), 0, 0, 0)
    : new Address(6, word(offset), word(offset + 4), word(offset + 8), word(offset + 12));
}

/** The 4 or 16 bytes of an address in network order. */
export function addressBytes(address: Address): Uint8Array {
  const words = [address.w0, address.w1, address.w2, address.w3];
  const bytes = new Uint8Array(address.version === 4 ? 4 : 16);
  for (let index = 0; index < bytes.length; index++) {
    bytes[index] = (words[index >> 2] >>> (24 - (index & 3) * 8)) & 255;
  }
  return bytes;
}

/** Numeric order within a family, as RFC 4271 §9.1.2.2 (g) compares peer addresses. */
export function compareAddresses(a: Address, b: Address): number {
  return (
    a.version - b.version ||
    (a.w0 >>> 0) - (b.w0 >>> 0) ||
    (a.w1 >>> 0) - (b.w1 >>> 0) ||
    (a.w2 >>> 0) - (b.w2 >>> 0) ||
    (a.w3 >>> 0) - (b.w3 >>> 0)
  );
}
