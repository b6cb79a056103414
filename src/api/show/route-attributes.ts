// One attribute set, rendered once for all the rows that share it: the fixed parts of a JSON row and of a table row.

import type { Address } from '#bgp/net/address.ts';
import type { PathAttributes } from '#bgp/wire/attributes.ts';
import { formatAsPath, originLetters, originWords } from '../attribute-text.ts';

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
  /** `"metric":0,"locPrf":100,` or parts of it. */
  readonly jsonMetrics: string;
  /** `"path":"65001","origin":"IGP",` */
  readonly jsonPath: string;
  /** Metric and LocPrf columns. */
  readonly metricColumns: string;
  /** Path and origin: `65001 i`. */
  readonly pathColumn: string;
}

export function renderAttributes(decoded: PathAttributes): RouteAttributes {
  const path = formatAsPath(decoded.asPath);
  const { med, localPref } = decoded;
  return {
    decoded,
    path,
    originLetter: originLetters[decoded.origin],
    originWord: originWords[decoded.origin],
    nextHops: listNextHops(decoded),
    jsonMetrics: `${med === undefined ? '' : `"metric":${med},`}${localPref === undefined ? '' : `"locPrf":${localPref},`}`,
    jsonPath: `"path":"${path}","origin":"${originWords[decoded.origin]}",`,
    metricColumns: (med === undefined ? '' : String(med)).padStart(10) + (localPref ?? '').toString().padStart(7),
    pathColumn: path === '' ? originLetters[decoded.origin] : `${path} ${originLetters[decoded.origin]}`,
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
