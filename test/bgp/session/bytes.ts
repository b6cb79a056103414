// Messages written by hand, octet by octet, for peers that do not behave. Nothing here comes from our encoder.

const MARKER = Array.from({ length: 16 }, () => 255);

/** A message whose length field is right unless `length` says otherwise. */
export function message(type: number, body: readonly number[] = [], length = 19 + body.length): Uint8Array {
  return Uint8Array.from([...MARKER, length >> 8, length & 255, type, ...body]);
}

export const KEEPALIVE = message(4);

/** No withdrawn routes, no attributes, no NLRI: End-of-RIB of IPv4 unicast (RFC 4724 §2). */
export const END_OF_RIB = message(2, [0, 0, 0, 0]);

/** An UPDATE of `size` octets, 23 to 4096: withdrawals of 0.0.0.0/0, one octet each. */
export function updateOf(size: number): Uint8Array {
  const withdrawn = size - 23;
  return message(2, [withdrawn >> 8, withdrawn & 255, ...Array.from({ length: withdrawn }, () => 0), 0, 0]);
}

/** RFC 4271 §4.2 with one Capabilities parameter (RFC 5492): IPv4 unicast, route refresh, AS number. */
export function open(
  parts: {
    version?: number;
    asField?: number;
    asn?: number;
    holdTimeSec?: number;
    id?: readonly [number, number, number, number];
    capabilities?: readonly number[];
  } = {},
): Uint8Array {
  const asn = parts.asn ?? 65002;
  const asField = parts.asField ?? asn;
  const hold = parts.holdTimeSec ?? 90;
  const asnOctets = [asn >>> 24, (asn >>> 16) & 255, (asn >>> 8) & 255, asn & 255];
  const capabilities = parts.capabilities ?? [1, 4, 0, 1, 0, 1, 2, 0, 65, 4, ...asnOctets];
  const parameters = capabilities.length === 0 ? [] : [2, capabilities.length, ...capabilities];
  const fixed = [
    parts.version ?? 4,
    asField >> 8,
    asField & 255,
    hold >> 8,
    hold & 255,
    ...(parts.id ?? [10, 0, 0, 2]),
  ];
  return message(1, [...fixed, parameters.length, ...parameters]);
}

export function notification(code: number, subcode: number, data: readonly number[] = []): Uint8Array {
  return message(3, [code, subcode, ...data]);
}

export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
