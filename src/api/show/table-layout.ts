// FRR 10's route table: the lines above it, and how one row is laid out. A prefix or next hop too long for its column goes on
// a line of its own, and the row continues below at FRR's columns (which are those of FRR 8: two to the left).

import type { RouteViewHead } from '#bgp/views.ts';

export const DEFAULT_LOCAL_PREFERENCE = 100;
/** FRR's weight of routes that it originates; received ones have 0. */
export const LOCAL_WEIGHT = 32768;

export function renderTableHead(head: RouteViewHead): string {
  return `BGP table version is ${head.tableVersion}, local router ID is ${head.routerId}, vrf id 0
Default local pref ${DEFAULT_LOCAL_PREFERENCE}, local AS ${head.asn}
Status codes:  s suppressed, d damped, h history, u unsorted, * valid, > best, = multipath,
               i internal, r RIB-failure, S Stale, R Removed
Nexthop codes: @NNN nexthop's vrf id, < announce-nh-self
Origin codes:  i - IGP, e - EGP, ? - incomplete
RPKI validation codes: V valid, I invalid, N Not found

     Network          Next Hop            Metric LocPrf Weight Path
`;
}

const networkWidth = 17;
const nextHopWidth = 16;
const belowNetwork = `\n${' '.repeat(20)}`;
const belowNextHop = `\n${' '.repeat(36)}`;
const noNetwork = ' '.repeat(networkWidth);

/** `network` is empty for a further path of the same prefix; `status` is three characters. */
export function renderRow(
  status: string,
  network: string,
  nextHop: string,
  metricColumns: string,
  weight: number,
  pathColumn: string,
): string {
  let networkColumn = noNetwork;
  if (network.length >= networkWidth) networkColumn = network + belowNetwork;
  else if (network !== '') networkColumn = network.padEnd(networkWidth);
  const nextHopColumn = nextHop.length >= nextHopWidth ? nextHop + belowNextHop : nextHop.padEnd(nextHopWidth);
  return ` ${status} ${networkColumn}${nextHopColumn}${metricColumns}${String(weight).padStart(7)} ${pathColumn}\n`;
}
