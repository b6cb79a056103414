// DER, as far as an X.509 certificate needs it: each function makes one encoded value. Knows nothing of certificates.
// ITU-T X.690.

export const Tag = {
  Boolean: 0x01,
  Integer: 0x02,
  BitString: 0x03,
  OctetString: 0x04,
  ObjectIdentifier: 0x06,
  Utf8String: 0x0c,
  Sequence: 0x30,
  Set: 0x31,
  GeneralizedTime: 0x18,
} as const;

/** A context-specific tag. */
export function contextTag(number: number, isConstructed: boolean): number {
  return 0x80 | (isConstructed ? 0x20 : 0) | number;
}

export function encode(tag: number, ...contents: readonly Uint8Array[]): Uint8Array {
  const length = contents.reduce((sum, { length: octets }) => sum + octets, 0);
  const head = [tag, ...encodeLength(length)];
  const bytes = new Uint8Array(head.length + length);
  bytes.set(head);
  let at = head.length;
  for (const content of contents) {
    bytes.set(content, at);
    at += content.length;
  }
  return bytes;
}

export function sequence(...values: readonly Uint8Array[]): Uint8Array {
  return encode(Tag.Sequence, ...values);
}

export function set(...values: readonly Uint8Array[]): Uint8Array {
  return encode(Tag.Set, ...values);
}

/** Of the octets of a number that is not negative, the highest first. */
export function integer(octets: Uint8Array): Uint8Array {
  let from = 0;
  while (from < octets.length - 1 && octets[from] === 0) from++;
  const shortest = octets.subarray(from);
  // A leading one bit would make it negative.
  return (shortest[0] & 0x80) === 0 ? encode(Tag.Integer, shortest) : encode(Tag.Integer, Uint8Array.of(0), shortest);
}

export function boolean(value: boolean): Uint8Array {
  return encode(Tag.Boolean, Uint8Array.of(value ? 0xff : 0));
}

/** `unused`: bits at the end that are none. */
export function bitString(bytes: Uint8Array, unused = 0): Uint8Array {
  return encode(Tag.BitString, Uint8Array.of(unused), bytes);
}

export function octetString(bytes: Uint8Array): Uint8Array {
  return encode(Tag.OctetString, bytes);
}

export function utf8String(text: string): Uint8Array {
  return encode(Tag.Utf8String, new TextEncoder().encode(text));
}

/** `2.5.29.17` */
export function objectIdentifier(dotted: string): Uint8Array {
  const [first, second, ...rest] = dotted.split('.').map(Number);
  const octets = [first * 40 + second, ...rest].flatMap((part) => {
    const groups = [part & 0x7f];
    for (let left = part >>> 7; left > 0; left >>>= 7) groups.unshift(0x80 | (left & 0x7f));
    return groups;
  });
  return encode(Tag.ObjectIdentifier, Uint8Array.from(octets));
}

/** UTC, whole seconds. */
export function generalizedTime(ms: number): Uint8Array {
  const text = `${new Date(ms).toISOString().replaceAll(/[-:T]/g, '').slice(0, 14)}Z`;
  return encode(Tag.GeneralizedTime, new TextEncoder().encode(text));
}

function encodeLength(length: number): readonly number[] {
  if (length < 0x80) return [length];
  const octets: number[] = [];
  for (let left = length; left > 0; left = Math.floor(left / 256)) octets.unshift(left & 0xff);
  return [0x80 | octets.length, ...octets];
}
