// Messages written by hand for the tests of the codec: bytes put together as RFC 4271 §4 draws them, without our encoders.

import { families, type Family } from '#bgp/net/family.ts';
import { AttributeSets } from '#bgp/wire/attribute-sets.ts';
import { NotificationError } from '#bgp/wire/notification.ts';
import { NlriCursor } from '#bgp/wire/nlri.ts';
import { Prefix } from '#bgp/net/prefix.ts';
import { UpdateReader, type UpdateReaderOptions } from '#bgp/wire/update-reader.ts';

export function fromHex(text: string): Uint8Array {
  return Uint8Array.from(text.replaceAll(/\s/g, '').match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

export function concat(...parts: readonly (Uint8Array | readonly number[])[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => Array.from(part)));
}

/** Marker, length, type and body. */
export function message(type: number, body: Uint8Array | readonly number[]): Uint8Array {
  const length = 19 + body.length;
  return concat(
    Array.from({ length: 16 }, () => 0xff),
    [length >> 8, length & 255, type],
    body,
  );
}

/** One path attribute with a one-octet length, or two when flags say so. */
export function attribute(flags: number, code: number, value: Uint8Array | readonly number[]): Uint8Array {
  const length = (flags & 0x10) === 0 ? [value.length] : [value.length >> 8, value.length & 255];
  return concat([flags, code], length, value);
}

/** An UPDATE of withdrawn routes, attributes and NLRI, each already in bytes. */
export function update(parts: {
  readonly withdrawn?: Uint8Array | readonly number[];
  readonly attributes?: readonly Uint8Array[];
  readonly nlri?: Uint8Array | readonly number[];
}): Uint8Array {
  const withdrawn = parts.withdrawn ?? [];
  const attributes = concat(...(parts.attributes ?? []));
  const lengths = (size: number): number[] => [size >> 8, size & 255];
  return message(
    2,
    concat(lengths(withdrawn.length), withdrawn, lengths(attributes.length), attributes, parts.nlri ?? []),
  );
}

export const origin: Uint8Array = fromHex('40 01 01 00');
/** AS_SEQUENCE 65001 65002, four octets each. */
export const asPath: Uint8Array = fromHex('40 02 0a 02 02 0000fde9 0000fdea');
export const nextHop: Uint8Array = fromHex('40 03 04 c0000201');
export const localPref: Uint8Array = fromHex('40 05 04 00000064');
/** 198.51.100.0/24 */
export const nlri: Uint8Array = fromHex('18 c63364');
/** 2001:db8:1::/48 by 2001:db8::1 */
export const mpReach: Uint8Array = attribute(
  0x80,
  14,
  fromHex('0002 01 10 20010db8000000000000000000000001 00 30 20010db80001'),
);

export const REMOTE_ASN = 65001;

export function makeReader(options: Partial<UpdateReaderOptions> = {}): UpdateReader {
  return new UpdateReader({
    attributes: new AttributeSets(),
    kind: 'ebgp',
    hasFourOctetAsn: true,
    families,
    remoteAsn: REMOTE_ASN,
    ...options,
  });
}

/** Reads one whole message. */
export function readUpdate(reader: UpdateReader, bytes: Uint8Array): UpdateReader {
  reader.read(bytes, 0, bytes.length);
  return reader;
}

/** Code and subcode of the NotificationError that `run` throws, as `3/1`; `none` when it throws nothing. */
export function notificationOf(run: () => void): string {
  try {
    run();
  } catch (error) {
    if (error instanceof NotificationError) return `${error.code}/${error.subcode}`;
    throw error;
  }
  return 'none';
}

export function prefixesIn(
  bytes: Uint8Array,
  start: number,
  end: number,
  family: Family,
  hasPathIds = false,
): string[] {
  const cursor = new NlriCursor();
  cursor.reset(bytes, start, end, family, hasPathIds);
  const found: string[] = [];
  while (cursor.next()) {
    const prefix = new Prefix(family.version, cursor.length, cursor.w0, cursor.w1, cursor.w2, cursor.w3).toString();
    found.push(hasPathIds ? `${cursor.pathId} ${prefix}` : prefix);
  }
  return found;
}
