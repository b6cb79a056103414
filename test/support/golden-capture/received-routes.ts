// UPDATEs that the captures' peers send, written by hand: what a daemon is to pass on, because its configuration has no words for it.

import { attribute, fromHex, update } from '../../bgp/wire/bytes.ts';

const four = (number: number): string => number.toString(16).padStart(8, '0');
const origin = attribute(0x40, 1, fromHex('00'));
const localPref = attribute(0x40, 5, fromHex('00000064'));

/** AS_SEQUENCE, or the segments given in hexadecimal digits. */
export function path(...parts: readonly (number | string)[]): Uint8Array {
  const numbers = parts.filter((part) => typeof part === 'number');
  const segments = parts.filter((part) => typeof part === 'string').join('');
  const sequence =
    numbers.length === 0 ? '' : `02${numbers.length.toString(16).padStart(2, '0')}${numbers.map(four).join('')}`;
  return attribute(0x40, 2, fromHex(segments + sequence));
}

/** An IPv4 route of ours by 10.91.0.HOST. */
export function route(host: number, prefix: string, asPath: Uint8Array, ...more: readonly Uint8Array[]): Uint8Array {
  const nextHop = attribute(0x40, 3, [10, 91, 0, host]);
  return update({ attributes: [origin, asPath, nextHop, ...more], nlri: fromHex(prefix) });
}

export const internal = (
  host: number,
  prefix: string,
  asPath: Uint8Array,
  ...more: readonly Uint8Array[]
): Uint8Array => route(host, prefix, asPath, localPref, ...more);

export const withdrawal = (prefix: string): Uint8Array => update({ withdrawn: fromHex(prefix) });

/** Optional transitive, not known to anybody. */
export const unknownAttribute: Uint8Array = attribute(0xc0, 213, fromHex('0102030405'));
/** Opaque (0x03) transitive, and a route target, in the order of their octets. */
export const opaqueCommunities: Uint8Array = attribute(0xc0, 16, fromHex('0002fde900000064 030b0a0b0c0d0e0f'));
/** RFC 5701: route target 2001:db8::1:100. */
export const ipv6Communities: Uint8Array = attribute(0xc0, 25, fromHex('0002 20010db8000000000000000000000001 0064'));
export const aigp = (metric: number): Uint8Array => attribute(0x80, 26, fromHex(`01000b00000000${four(metric)}`));
