// BGP Identifiers (RFC 4271 §4.2, RFC 6286): a non-zero 32-bit number, written like an IPv4 address.

import { formatIpv4, parseIpv4 } from './address.ts';

declare const brand: unique symbol;
/** An unsigned 32-bit BGP Identifier. */
export type RouterId = number & { readonly [brand]: 'RouterId' };

export function routerId(value: number): RouterId {
  return (value >>> 0) as RouterId;
}

/** The identifier written as a dotted quad; undefined when it is not one or is 0.0.0.0. */
export function parseRouterId(text: string): RouterId | undefined {
  const word = parseIpv4(text);
  return word === undefined || word === 0 ? undefined : routerId(word);
}

export function formatRouterId(id: RouterId): string {
  return formatIpv4(id);
}
