// Addresses and prefixes in fields of built-in kinds: whether they are any, and whether they may be where they are.

import { type Address, isLinkLocal, parseAddress } from '#bgp/net/address.ts';
import { hasHostBits, parsePrefix } from '#bgp/net/prefix.ts';
import type { Faults } from '../../schema/faults.ts';

export function checkAddress(field: string, text: string, faults: Faults): boolean {
  if (parseAddress(text) !== undefined) return true;
  faults.invalid(field, text, 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)');
  return false;
}

/** Bits behind the length are let through: others wrote them for years. */
export function checkPrefix(field: string, text: string, faults: Faults): boolean {
  if (parsePrefix(text) !== undefined) return true;
  faults.invalid(field, text, 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)');
  return false;
}

export function isWholePrefix(text: string): boolean {
  return parsePrefix(text) !== undefined && !hasHostBits(text);
}

/** Addresses that mean this host or this link alone cannot be anybody's endpoint. */
export function checkNonSpecialAddress(field: string, text: string, faults: Faults): void {
  const address = parseAddress(text);
  if (address === undefined) return;
  const { version, w0, w3 } = address;
  const isV4 = version === 4;
  if (isV4 ? w0 === 0 : isZero(address) && w3 === 0) {
    faults.invalid(field, text, 'may not be unspecified (0.0.0.0 or ::)');
  }
  if (isV4 ? w0 >>> 24 === 127 : isZero(address) && w3 === 1) {
    faults.invalid(field, text, 'may not be in the loopback range (127.0.0.0/8, ::1/128)');
  }
  if (isV4 ? w0 >>> 16 === 0xa9fe : isLinkLocal(address)) {
    faults.invalid(field, text, 'may not be in the link-local range (169.254.0.0/16, fe80::/10)');
  }
  if (isV4 ? w0 >>> 8 === 0xe00000 : (w0 & 0xffff0000) === (0xff020000 | 0)) {
    faults.invalid(field, text, 'may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)');
  }
}

function isZero({ w0, w1, w2 }: Address): boolean {
  return w0 === 0 && w1 === 0 && w2 === 0;
}
