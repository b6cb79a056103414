// Autonomous system numbers: 32-bit (RFC 6793), written as a decimal number ("asplain", RFC 5396).

declare const brand: unique symbol;
/** An AS number, 0..4294967295. 0 never identifies a speaker (RFC 7607). */
export type Asn = number & { readonly [brand]: 'Asn' };

/** Stands for an AS number above 65535 in two-octet fields (RFC 6793 §9). */
export const AS_TRANS = 23456;

const MAX_ASN = 0xffff_ffff;

/** Throws RangeError when `value` is not a whole number in 0..4294967295. */
export function asn(value: number): Asn {
  if (!Number.isInteger(value) || value < 0 || value > MAX_ASN) {
    throw new RangeError(`not an AS number: ${value}; expected 0..${MAX_ASN}`);
  }
  return value as Asn;
}
