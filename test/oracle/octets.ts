// Numbers and addresses in lists of octets, for the oracle.

export function word16(octets: readonly number[], at: number): number {
  return octets[at] * 256 + octets[at + 1];
}

/** RFC 4271 §6.3: a next hop is an address of a host. */
export function faultOfIpv4(address: readonly number[]): string | undefined {
  const [first] = address;
  if (first === 0 || first === 127 || first >= 224) return `next hop ${address.join('.')}`;
  return undefined;
}

export function faultOfIpv6(address: readonly number[]): string | undefined {
  const isZeroUntil = address.slice(0, 15).every((octet) => octet === 0);
  if (isZeroUntil && address[15] <= 1) return 'next hop :: or ::1';
  return address[0] === 255 ? 'a multicast next hop' : undefined;
}
