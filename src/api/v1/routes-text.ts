// The routes of /v1/bgp/routes as Cilium's table: [VRouter, Peer] Prefix, NextHop, Age, Attrs in GoBGP's notation. Widths are fixed
// by the family, because rows are written as they come.

import { formatCommunity, formatExtendedCommunity, sortCommunities } from '#bgp/wire/attribute-text.ts';
import type { Family } from '#bgp/net/family.ts';
import { attributesOfRow } from '#bgp/views.ts';
import { type AsPathSegment, decodePathAttributes, type PathAttributes, SegmentType } from '#bgp/wire/attributes.ts';
import { formatIpv4 } from '#bgp/net/address.ts';
import { originLetters } from '../attribute-text.ts';
import { formatGoDuration } from '../durations.ts';
import { unspecifiedNextHop } from '../show/route-attributes.ts';
import type { RouteView } from '../show/route-view.ts';
import type { SliceWriter } from '../slice-writer.ts';

const gap = 3;

function widthsOf(family: Family): { readonly prefix: number; readonly address: number } {
  return family.version === 4 ? { prefix: 18 + gap, address: 15 + gap } : { prefix: 43 + gap, address: 39 + gap };
}

interface Columns {
  readonly node: string;
  readonly routerAsn: number;
  readonly neighbor: string | undefined;
}

const asnWidth = 10 + gap;
const peerWidth = 39 + gap;
const ageWidth = 10 + gap;

export function renderRoutesHead(family: Family, hasPeer: boolean, node: string): string {
  const { prefix, address } = widthsOf(family);
  const peer = hasPeer ? 'Peer'.padEnd(peerWidth) : '';
  const nodeColumn = 'Node'.padEnd(Math.max(4, node.length) + gap);
  return `${nodeColumn}${'VRouter'.padEnd(asnWidth)}${peer}${'Prefix'.padEnd(prefix)}${'NextHop'.padEnd(address)}${'Age'.padEnd(ageWidth)}Attrs\n`;
}

export interface RouteText {
  readonly nextHop: string;
  readonly attributes: string;
}

export function renderRouteText(decoded: PathAttributes): RouteText {
  const parts = [`{Origin: ${originLetters[decoded.origin]}}`];
  if (decoded.asPath.length > 0) parts.push(`{AsPath: ${decoded.asPath.map(formatSegment).join(' ')}}`);
  const nextHop = decoded.nextHop?.toString() ?? '';
  if (nextHop !== '') parts.push(`{Nexthop: ${nextHop}}`);
  if (decoded.med !== undefined) parts.push(`{Med: ${decoded.med}}`);
  if (decoded.localPref !== undefined) parts.push(`{LocalPref: ${decoded.localPref}}`);
  if (decoded.isAtomicAggregate) parts.push('{AtomicAggregate}');
  if (decoded.aggregator !== undefined) {
    parts.push(`{Aggregate: {AS: ${decoded.aggregator.asn}, Address: ${formatIpv4(decoded.aggregator.address)}}}`);
  }
  if (decoded.communities.length > 0) {
    parts.push(`{Communities: ${sortCommunities(decoded.communities).map(formatCommunity).join(', ')}}`);
  }
  if (decoded.extendedCommunities.length > 0) {
    parts.push(`{Extcomms: [${decoded.extendedCommunities.map(formatExtendedCommunity).join(', ')}]}`);
  }
  if (decoded.largeCommunities.length > 0) {
    parts.push(`{LargeCommunity: [ ${decoded.largeCommunities.map((value) => value.join(':')).join(', ')}]}`);
  }
  if (decoded.originatorId !== undefined) parts.push(`{Originator: ${formatIpv4(decoded.originatorId)}}`);
  if (decoded.clusterList.length > 0) parts.push(`{ClusterList: [${decoded.clusterList.map(formatIpv4).join(' ')}]}`);
  return { nextHop, attributes: `[${parts.join(' ')}]` };
}

function formatSegment({ type, asns }: AsPathSegment): string {
  return type === SegmentType.Set ? `{${asns.join(',')}}` : asns.join(' ');
}

export async function writeRoutesText(
  out: SliceWriter,
  view: RouteView,
  { node, routerAsn, neighbor }: Columns,
  nowSec: number,
): Promise<void> {
  const { prefix: prefixWidth, address: addressWidth } = widthsOf(view.family);
  const peer = neighbor === undefined ? '' : neighbor.padEnd(peerWidth);
  const start = `${node.padEnd(Math.max(4, node.length) + gap)}${String(routerAsn).padEnd(asnWidth)}${peer}`;
  const ownNextHop = unspecifiedNextHop(view.family.version).ip;
  for await (const batch of view.batches()) {
    for (let index = 0; index < batch.count; index++) {
      const { nextHop, attributes } = renderRouteText(decodePathAttributes(attributesOfRow(batch, index)));
      const prefix = view.prefixText(batch, index);
      const age = formatGoDuration(nowSec - batch.receivedWallSec[index]);
      await out.writeText(
        `${start}${prefix.padEnd(prefixWidth)}${(nextHop === '' ? ownNextHop : nextHop).padEnd(addressWidth)}${age.padEnd(ageWidth)}${attributes}\n`,
      );
    }
  }
}
