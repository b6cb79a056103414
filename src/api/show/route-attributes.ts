// One attribute set in words, for the details of a prefix. The rows of large tables are written from the encoded bytes instead
// (row-attributes.ts); test/api/rows.test.ts holds the two against each other.

import { formatAsPath } from '#bgp/wire/attribute-text.ts';
import type { Address } from '#bgp/net/address.ts';
import type { PathAttributes } from '#bgp/wire/attributes.ts';
import { originLetters, originWords } from '../attribute-text.ts';

export interface NextHopText {
  readonly ip: string;
  readonly afi: 'ipv4' | 'ipv6';
  /** IPv6 only, as in FRR. */
  readonly scope: 'global' | 'link-local' | undefined;
  readonly isUsed: boolean;
}

export interface RouteAttributes {
  readonly decoded: PathAttributes;
  readonly path: string;
  readonly originLetter: string;
  readonly originWord: string;
  /** Empty for a route of this speaker whose next hop is set when it is sent. */
  readonly nextHops: readonly NextHopText[];
}

export function renderAttributes(decoded: PathAttributes): RouteAttributes {
  return {
    decoded,
    path: formatAsPath(decoded.asPath),
    originLetter: originLetters[decoded.origin],
    originWord: originWords[decoded.origin],
    nextHops: listNextHops(decoded),
  };
}

function listNextHops({ nextHop, linkLocalNextHop }: PathAttributes): NextHopText[] {
  if (nextHop === undefined) return [];
  if (nextHop.version === 4) return [{ ip: nextHop.toString(), afi: 'ipv4', scope: undefined, isUsed: true }];
  const list: NextHopText[] = [describeIpv6(nextHop, 'global', linkLocalNextHop === undefined)];
  // RFC 2545 §2: where there are two, packets go to the link-local address.
  if (linkLocalNextHop !== undefined) list.push(describeIpv6(linkLocalNextHop, 'link-local', true));
  return list;
}

function describeIpv6(address: Address, scope: 'global' | 'link-local', isUsed: boolean): NextHopText {
  return { ip: address.toString(), afi: 'ipv6', scope, isUsed };
}

/** What FRR shows for a route of its own: 0.0.0.0 or ::. */
export function unspecifiedNextHop(version: 4 | 6): NextHopText {
  return version === 4
    ? { ip: '0.0.0.0', afi: 'ipv4', scope: undefined, isUsed: true }
    : { ip: '::', afi: 'ipv6', scope: 'global', isUsed: true };
}

export function listShownNextHops(attributes: RouteAttributes, version: 4 | 6): readonly NextHopText[] {
  return attributes.nextHops.length > 0 ? attributes.nextHops : [unspecifiedNextHop(version)];
}

/** The one that the Next Hop column shows. */
export function findUsedNextHop(attributes: RouteAttributes, version: 4 | 6): string {
  const list = listShownNextHops(attributes, version);
  return (list.find((nextHop) => nextHop.isUsed) ?? list[0]).ip;
}
