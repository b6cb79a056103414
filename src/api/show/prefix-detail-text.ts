// `show bgp ipv4|ipv6 unicast PREFIX` as FRR's text. What a path is made of is read in prefix-detail.ts; lines of our own say why a
// path lost or was refused.

import { formatExtendedCommunity } from '#bgp/wire/attribute-text.ts';
import { formatRouterId } from '#bgp/net/router-id.ts';
import { PathFlag, type PolicyDecisionView } from '#bgp/views.ts';
import { describeCommunities, describeLargeCommunities, localAs, noAdvertise, noExport } from '../attribute-text.ts';
import { formatDate } from '../durations.ts';
import { escapeText } from '../escape.ts';
import {
  clientOf,
  describeAigp,
  type DetailPath,
  isAccessible,
  isLocalPath,
  peerTypeOf,
  type PrefixDetail,
  staleRemainingSec,
  unspecified,
} from './prefix-detail.ts';
import type { FibRouteView } from '#speaker/port.ts';
import { describeReason } from './reasons.ts';
import { listShownNextHops } from './route-attributes.ts';

export function renderPrefix(detail: PrefixDetail): string {
  const best = detail.paths.findIndex((path) => (path.flags & PathFlag.Best) !== 0);
  const choice = best < 0 ? 'no best path' : `best #${best + 1}, table default${renderScope(detail.paths[best])}`;
  const lines = [
    `BGP routing table entry for ${detail.prefix}, version ${detail.version}`,
    `Paths: (${detail.paths.length} available, ${choice})`,
    ...(detail.advertisedTo.length === 0
      ? ['  Not advertised to any peer']
      : ['  Advertised to non peer-group peers:', `  ${detail.advertisedTo.join(' ')}`]),
    ...detail.paths.flatMap((path) => renderPath(detail, path)),
    ...(detail.decisions.length === 0 ? [] : ['  Policies:', ...detail.decisions.map(renderDecision)]),
  ];
  return `${lines.join('\n')}\n`;
}

/** `    import from 192.0.2.1: accepted by statement ours of policy own` */
function renderDecision(decision: PolicyDecisionView): string {
  const { neighbor, direction, source, policy, statement, isAccepted } = decision;
  const origin = source === undefined ? '' : `, path of ${source}`;
  const who = `${direction} ${direction === 'import' ? 'from' : 'to'} ${escapeText(neighbor + origin)}`;
  const by = statement === undefined ? `policy ${policy}` : `statement ${statement} of policy ${policy}`;
  return `    ${who}: ${isAccepted ? 'accepted' : 'rejected'} by ${escapeText(by)}`;
}

/** RFC 1997: what well-known communities of the best path keep from being sent. */
function renderScope(path: DetailPath): string {
  const { communities } = path.attributes.decoded;
  if (communities.includes(noAdvertise)) return ', not advertised to any peer';
  if (communities.includes(noExport)) return ', not advertised to EBGP peer';
  return communities.includes(localAs) ? ', not advertised outside local AS' : '';
}

function renderPath(detail: PrefixDetail, path: DetailPath): string[] {
  const { decoded } = path.attributes;
  const aggregated =
    decoded.aggregator === undefined
      ? ''
      : `, (aggregated by ${decoded.aggregator.asn} ${formatRouterId(decoded.aggregator.address)})`;
  const client = clientOf(detail, path);
  const received = client === undefined ? '' : `, (Received from a ${client.toUpperCase()}-client)`;
  const lines = [`  ${path.attributes.path === '' ? 'Local' : path.attributes.path}${aggregated}${received}`];
  const [first, second] = listShownNextHops(path.attributes, detail.family.version);
  const from = isLocalPath(path)
    ? `${unspecified(detail.family)} (${detail.routerId})`
    : `${path.peer.address} (${path.peer.routerId})`;
  lines.push(`    ${first.ip}${isAccessible(path) ? '' : ' (inaccessible)'} from ${from}`);
  if (second !== undefined) lines.push(`    (${second.ip})${second.isUsed ? ' (used)' : ''}`);
  const isBest = (path.flags & PathFlag.Best) !== 0;
  lines.push(`      ${renderFacts(detail, path, isBest ? detail.fib : undefined)}`, ...renderCommunities(path));
  if (isBest && detail.fib !== undefined && detail.fib.reason !== '') {
    lines.push(`      Not in the kernel: ${escapeText(detail.fib.reason)}`);
  }
  if (decoded.originatorId !== undefined || decoded.clusterList.length > 0) lines.push(renderReflection(path));
  const remainingSec = staleRemainingSec(detail, path);
  if (remainingSec !== undefined) {
    const kind = (path.flags & PathFlag.LongLived) === 0 ? 'Graceful Restart' : 'Long-lived';
    lines.push(`      Time until ${kind} stale route deleted: ${remainingSec}`);
  }
  lines.push(...renderRareAttributes(path));
  lines.push(`      Last update: ${formatDate(path.receivedWallSec)}`);
  return lines;
}

function renderFacts(detail: PrefixDetail, path: DetailPath, fib: FibRouteView | undefined): string {
  const { decoded, originWord } = path.attributes;
  const has = (flag: number): boolean => (path.flags & flag) !== 0;
  const facts = [`Origin ${originWord}`];
  if (decoded.med !== undefined) facts.push(`metric ${decoded.med}`);
  if (decoded.localPref !== undefined) facts.push(`localpref ${decoded.localPref}`);
  const aigp = describeAigp(path.attributes);
  if (aigp !== undefined) facts.push(`aigp-metric ${aigp}`);
  if (path.weight !== 0) facts.push(`weight ${path.weight}`);
  if (decoded.otc !== undefined) facts.push(`otc ${decoded.otc}`);
  facts.push(has(PathFlag.Valid) ? 'valid' : 'invalid');
  if (isLocalPath(path)) facts.push('sourced', 'local');
  else facts.push(peerTypeOf(detail, path));
  if (decoded.isAtomicAggregate) facts.push('atomic-aggregate');
  if (has(PathFlag.Filtered)) facts.push('refused by import policy');
  if (has(PathFlag.AsLoop)) facts.push('own AS in path');
  if (has(PathFlag.Multipath)) facts.push('multipath');
  if (has(PathFlag.Stale)) facts.push('stale');
  if (has(PathFlag.LongLived)) facts.push('llgr-stale');
  if (fib?.state === 'installed') facts.push('in the kernel');
  else if (has(PathFlag.Best) && (fib !== undefined || has(PathFlag.NotInstalled))) facts.push('not in the kernel');
  if (has(PathFlag.Best)) facts.push(`best (${describeReason(path.reason)})`);
  else if (path.reason !== 0) facts.push(`not best (${describeReason(path.reason)})`);
  return facts.join(', ');
}

function renderCommunities({ attributes }: DetailPath): string[] {
  const { communities, extendedCommunities, largeCommunities } = attributes.decoded;
  const lines: string[] = [];
  if (communities.length > 0) lines.push(`      Community: ${describeCommunities(communities).string}`);
  if (extendedCommunities.length > 0) {
    lines.push(`      Extended Community: ${extendedCommunities.map(formatExtendedCommunity).join(' ')}`);
  }
  if (largeCommunities.length > 0)
    lines.push(`      Large Community: ${describeLargeCommunities(largeCommunities).string}`);
  return lines;
}

/** Of octets that nobody here can read so many are shown. */
const SHOWN_OCTETS = 32;

function renderOctets(octets: Uint8Array): string {
  const more = octets.length > SHOWN_OCTETS ? '…' : '';
  return Buffer.from(octets.subarray(0, SHOWN_OCTETS)).toString('hex') + more;
}

/** RFC 7911's identifier as FRR has it, and what FRR does not show. */
function renderRareAttributes({ attributes, pathId, peer }: DetailPath): string[] {
  const { ipv6ExtendedCommunities, unknown } = attributes.decoded;
  return [
    ...(pathId === 0 || peer.number === 0 ? [] : [`      AddPath ID: RX ${pathId}`]),
    ...(ipv6ExtendedCommunities.length === 0
      ? []
      : [`      IPv6 Extended Community: ${ipv6ExtendedCommunities.map(renderOctets).join(' ')}`]),
    ...unknown.map(
      ({ code, flags, value }) =>
        `      Unknown attribute ${code}: flags 0x${flags.toString(16).padStart(2, '0')}, ${value.length} octets ${renderOctets(value)}`,
    ),
  ];
}

function renderReflection({ attributes }: DetailPath): string {
  const { originatorId, clusterList } = attributes.decoded;
  const parts: string[] = [];
  if (originatorId !== undefined) parts.push(`Originator: ${formatRouterId(originatorId)}`);
  if (clusterList.length > 0) parts.push(`Cluster list: ${clusterList.map(formatRouterId).join(' ')}`);
  return `      ${parts.join(', ')}`;
}
