// Address families that a session can carry, one row each. A new family is a new row here and a
// row in wire/ (RFC 4760 §3 for the code points, IANA "Address Family Numbers").
// What a family's NLRI looks like on the wire does not live here but in wire/.

/** IANA address family numbers (RFC 4760 §3). */
export const Afi = { Ipv4: 1, Ipv6: 2 } as const;
/** IANA subsequent address family identifiers (RFC 4760 §6). */
export const Safi = { Unicast: 1 } as const;

export type FamilyName = 'ipv4-unicast' | 'ipv6-unicast';

export interface Family {
  /** Position in {@link families} and in every per-family array of the speaker. */
  readonly index: number;
  readonly name: FamilyName;
  readonly afi: number;
  readonly safi: number;
  readonly version: 4 | 6;
  /** Length of an address in bytes: 4 or 16. */
  readonly addressBytes: 4 | 16;
  /** Length of an address in 32-bit words: 1 or 4. */
  readonly words: 1 | 4;
  /** Longest prefix in bits. */
  readonly maxLength: 32 | 128;
  /** Key in FRR's JSON, e.g. `ipv4Unicast`. */
  readonly jsonKey: string;
  /** Title in FRR's tables, e.g. `IPv4 Unicast`. */
  readonly title: string;
}

export const ipv4Unicast: Family = {
  index: 0,
  name: 'ipv4-unicast',
  afi: Afi.Ipv4,
  safi: Safi.Unicast,
  version: 4,
  addressBytes: 4,
  words: 1,
  maxLength: 32,
  jsonKey: 'ipv4Unicast',
  title: 'IPv4 Unicast',
};

export const ipv6Unicast: Family = {
  index: 1,
  name: 'ipv6-unicast',
  afi: Afi.Ipv6,
  safi: Safi.Unicast,
  version: 6,
  addressBytes: 16,
  words: 4,
  maxLength: 128,
  jsonKey: 'ipv6Unicast',
  title: 'IPv6 Unicast',
};

/** Every family this speaker knows, by index. */
export const families: readonly Family[] = [ipv4Unicast, ipv6Unicast];

export function familyByName(name: string): Family | undefined {
  return families.find((family) => family.name === name);
}

export function familyByCode(afi: number, safi: number): Family | undefined {
  return families.find((family) => family.afi === afi && family.safi === safi);
}

/** Its name, or the two numbers of one that nobody here knows. */
export function nameFamily({ afi, safi }: { readonly afi: number; readonly safi: number }): string {
  return familyByCode(afi, safi)?.name ?? `AFI ${afi}, SAFI ${safi}`;
}
