// `show bgp ipv4|ipv6 unicast PREFIX|ADDRESS`: every path of one prefix with all its attributes, and whom it is advertised to,
// as FRR's JSON and text. Our own keys: notBestReason, filtered, asPathLoop, unknownAttributes, aigpMetric, ipv6ExtendedCommunity,
// policyDecisions, fibReason.

import { findAigpMetric, readAigpMetric } from '#bgp/wire/aigp.ts';
import { formatExtendedCommunity } from '#bgp/wire/attribute-text.ts';
import { formatAddress } from '#bgp/net/address.ts';
import type { Family } from '#bgp/net/family.ts';
import { formatRouterId } from '#bgp/net/router-id.ts';
import {
  attributesOfRow,
  type InstanceView,
  type NeighborView,
  PathFlag,
  type PathPeerView,
  type PolicyDecisionView,
} from '#bgp/views.ts';
import { decodePathAttributes } from '#bgp/wire/attributes.ts';
import { countHops, describeCommunities, describeLargeCommunities, describeSegments } from '../attribute-text.ts';
import { formatDate } from '../durations.ts';
import type { ShowContext } from './command.ts';
import { listHostNames } from './hostnames.ts';
import type { FibRouteView } from '#speaker/port.ts';
import { findFamily, isEstablished } from './neighbor-state.ts';
import { describeReason } from './reasons.ts';
import { listShownNextHops, renderAttributes, type RouteAttributes } from './route-attributes.ts';
import { RouteView } from './route-view.ts';

export interface DetailPath {
  readonly attributes: RouteAttributes;
  readonly peer: PathPeerView;
  readonly flags: number;
  readonly reason: number;
  readonly receivedWallSec: number;
  readonly weight: number;
  /** RFC 7911; 0 where the session has none. */
  readonly pathId: number;
}

export interface PrefixDetail {
  readonly prefix: string;
  readonly version: number;
  readonly family: Family;
  readonly routerId: string;
  readonly paths: readonly DetailPath[];
  /** Addresses of neighbors. */
  readonly advertisedTo: readonly string[];
  readonly hostNames: ReadonlyMap<string, string>;
  /** By address. */
  readonly neighbors: ReadonlyMap<string, NeighborView>;
  readonly isConfederation: boolean;
  readonly ownHostName: string;
  /** What the kernel has of the best path; undefined where nothing is wanted there. */
  readonly fib: FibRouteView | undefined;
  /** Which statement decided, for every neighbor and direction. */
  readonly decisions: readonly PolicyDecisionView[];
}

/** undefined: the prefix, or every prefix that holds the address, is not in the table. */
export async function readPrefixDetail(
  context: ShowContext,
  instance: InstanceView,
  family: Family,
  asked: string,
): Promise<PrefixDetail | undefined> {
  const stream = await context.speaker.routes({
    instance: instance.instance,
    family: family.name,
    table: 'loc-rib',
    prefix: asked,
  });
  const view = new RouteView(stream, family);
  const paths: DetailPath[] = [];
  let prefix: string | undefined;
  let version = 0;
  for await (const batch of view.batches()) {
    for (let index = 0; index < batch.count; index++) {
      prefix ??= view.prefixText(batch, index);
      version = batch.versions[index];
      paths.push({
        attributes: renderAttributes(decodePathAttributes(attributesOfRow(batch, index))),
        peer: view.peer(batch.peers[index]),
        flags: batch.flags[index],
        reason: batch.reasons[index],
        receivedWallSec: batch.receivedWallSec[index],
        weight: batch.weights[index],
        pathId: batch.pathIds[index],
      });
    }
  }
  if (prefix === undefined) return undefined;
  return {
    prefix,
    version,
    family,
    routerId: instance.routerId,
    paths,
    advertisedTo: await listAdvertisedTo(context, instance, family, prefix),
    hostNames: listHostNames(instance.neighbors),
    neighbors: new Map(instance.neighbors.map((neighbor) => [neighbor.address, neighbor])),
    isConfederation: instance.confederationId !== undefined,
    ownHostName: context.nodeName,
    fib: await context.speaker.fibRoute({ instance: instance.instance, family: family.name, prefix }),
    decisions: await context.speaker.explain({ instance: instance.instance, family: family.name, prefix }),
  };
}

/** Asks each neighbor's Adj-RIB-Out in turn: one look-up each, and one view open at a time. */
async function listAdvertisedTo(
  context: ShowContext,
  instance: InstanceView,
  family: Family,
  prefix: string,
): Promise<string[]> {
  const addresses: string[] = [];
  for (const neighbor of instance.neighbors) {
    const familyView = findFamily(neighbor, family.name);
    if (!isEstablished(neighbor) || familyView?.isNegotiated !== true || familyView.sent === 0) continue;
    const stream = await context.speaker.routes({
      instance: instance.instance,
      family: family.name,
      table: 'advertised',
      neighbor: neighbor.address,
      prefix,
    });
    try {
      for await (const batch of stream.batches) {
        if (batch.count === 0) continue;
        addresses.push(neighbor.address);
        break;
      }
    } finally {
      stream.close();
    }
  }
  return addresses;
}

export function isLocalPath(path: DetailPath): boolean {
  return (path.flags & PathFlag.Local) !== 0;
}

export function isAccessible(path: DetailPath): boolean {
  return (path.flags & PathFlag.Inaccessible) === 0;
}

export function unspecified(family: Family): string {
  return formatAddress(family.version, 0, 0, 0, 0);
}

export function describePrefix(detail: PrefixDetail): object {
  const named = (address: string): object => {
    const hostname = detail.hostNames.get(address);
    return hostname === undefined ? {} : { hostname };
  };
  return {
    prefix: detail.prefix,
    version: detail.version,
    ...(detail.advertisedTo.length === 0
      ? {}
      : { advertisedTo: Object.fromEntries(detail.advertisedTo.map((address) => [address, named(address)])) }),
    paths: detail.paths.map((path) => describePath(detail, path)),
    ...(detail.decisions.length === 0 ? {} : { policyDecisions: detail.decisions.map(describeDecision) }),
  };
}

function describeDecision(decision: PolicyDecisionView): object {
  const { neighbor, direction, source, pathId, policy, statement, isAccepted } = decision;
  return {
    neighbor,
    direction,
    ...(source === undefined ? {} : { source }),
    ...(pathId === 0 ? {} : { pathId }),
    policy,
    // None decided: what the policy says of everything else.
    statement: statement ?? null,
    accepted: isAccepted,
  };
}

function describePath(detail: PrefixDetail, path: DetailPath): object {
  const { decoded } = path.attributes;
  const isValid = (path.flags & PathFlag.Valid) !== 0;
  const isBest = (path.flags & PathFlag.Best) !== 0;
  return {
    aspath: {
      string: path.attributes.path === '' ? 'Local' : path.attributes.path,
      segments: describeSegments(decoded.asPath),
      length: countHops(decoded.asPath),
    },
    ...(decoded.aggregator === undefined
      ? {}
      : { aggregatorAs: decoded.aggregator.asn, aggregatorId: formatRouterId(decoded.aggregator.address) }),
    ...(clientOf(detail, path) === 'rr' ? { rxedFromRrClient: true } : {}),
    ...(clientOf(detail, path) === 'rs' ? { rxedFromRsClient: true } : {}),
    origin: path.attributes.originWord,
    ...(decoded.med === undefined ? {} : { metric: decoded.med }),
    ...(decoded.localPref === undefined ? {} : { locPrf: decoded.localPref }),
    ...(path.weight === 0 ? {} : { weight: path.weight }),
    valid: isValid,
    version: detail.version,
    ...(isLocalPath(path) ? { sourced: true, local: true } : {}),
    ...(decoded.isAtomicAggregate ? { atomicAggregate: true } : {}),
    ...(isBest ? { bestpath: { overall: true, selectionReason: describeReason(path.reason) } } : {}),
    ...(!isBest && path.reason !== 0 ? { notBestReason: describeReason(path.reason) } : {}),
    ...describeUse(detail, path),
    ...(isBest ? describeFibState(detail, path) : {}),
    ...((path.flags & PathFlag.Filtered) === 0 ? {} : { filtered: true }),
    ...((path.flags & PathFlag.AsLoop) === 0 ? {} : { asPathLoop: true }),
    ...describeCommunityKeys(path.attributes),
    ...describeReflection(path.attributes),
    ...describeRareAttributes(path.attributes),
    ...describeUnknown(path.attributes),
    lastUpdate: { epoch: path.receivedWallSec, string: `${formatDate(path.receivedWallSec)}\n` },
    nexthops: describeNextHops(detail, path),
    peer: describePeer(detail, path),
  };
}

/** What else is known of a path: FRR's keys, and `llgrStale`, which is our own. */
function describeUse(detail: PrefixDetail, path: DetailPath): object {
  const { flags, pathId, peer } = path;
  const remainingSec = staleRemainingSec(detail, path);
  const has = (flag: number): boolean => (flags & flag) !== 0;
  return {
    ...(has(PathFlag.Multipath) ? { multipath: true } : {}),
    ...(has(PathFlag.Stale) ? { stale: true } : {}),
    ...(has(PathFlag.LongLived) ? { llgrStale: true } : {}),
    ...(remainingSec === undefined
      ? {}
      : { [has(PathFlag.LongLived) ? 'llgrSecondsRemaining' : 'gracefulRestartSecondsRemaining']: remainingSec }),
    ...(pathId === 0 || peer.number === 0 ? {} : { addpathRxId: pathId }),
  };
}

/** FRR says `fibPending` also of what the kernel refused; the reason is a key of our own. */
function describeFibState({ fib }: PrefixDetail, path: DetailPath): object {
  if (fib?.state === 'installed') return { fibInstalled: true };
  if (fib === undefined) return (path.flags & PathFlag.NotInstalled) === 0 ? {} : { fibPending: true };
  return { fibPending: true, ...(fib.reason === '' ? {} : { fibReason: fib.reason }) };
}

/** RFC 7311; undefined without the attribute, or without a metric in it. */
export function describeAigp({ decoded: { aigp } }: RouteAttributes): bigint | number | undefined {
  const at = aigp === undefined ? -1 : findAigpMetric(aigp, 0, aigp.length);
  return aigp === undefined || at < 0 ? undefined : readAigpMetric(aigp, at);
}

function describeRareAttributes(attributes: RouteAttributes): object {
  const { decoded } = attributes;
  const aigpMetric = describeAigp(attributes);
  return {
    ...(decoded.otc === undefined ? {} : { otc: decoded.otc }),
    ...(aigpMetric === undefined ? {} : { aigpMetric }),
    ...(decoded.ipv6ExtendedCommunities.length === 0
      ? {}
      : { ipv6ExtendedCommunity: { string: decoded.ipv6ExtendedCommunities.map(toHex).join(' ') } }),
  };
}

function toHex(octets: Uint8Array): string {
  return Buffer.from(octets).toString('hex');
}

function describeCommunityKeys({ decoded }: RouteAttributes): object {
  const { communities, extendedCommunities, largeCommunities } = decoded;
  return {
    ...(communities.length === 0 ? {} : { community: describeCommunities(communities) }),
    ...(extendedCommunities.length === 0
      ? {}
      : { extendedCommunity: { string: extendedCommunities.map(formatExtendedCommunity).join(' ') } }),
    ...(largeCommunities.length === 0 ? {} : { largeCommunity: describeLargeCommunities(largeCommunities) }),
  };
}

function describeReflection({ decoded }: RouteAttributes): object {
  return {
    ...(decoded.originatorId === undefined ? {} : { originatorId: formatRouterId(decoded.originatorId) }),
    ...(decoded.clusterList.length === 0 ? {} : { clusterList: { list: decoded.clusterList.map(formatRouterId) } }),
  };
}

function describeUnknown({ decoded }: RouteAttributes): object {
  if (decoded.unknown.length === 0) return {};
  return {
    unknownAttributes: decoded.unknown.map(({ code, flags, value }) => ({ code, flags, value: toHex(value) })),
  };
}

function describeNextHops(detail: PrefixDetail, path: DetailPath): object[] {
  const hostname = isLocalPath(path) ? detail.ownHostName : detail.hostNames.get(path.peer.address);
  return listShownNextHops(path.attributes, detail.family.version).map((nextHop) => ({
    ip: nextHop.ip,
    ...(hostname === undefined ? {} : { hostname }),
    afi: nextHop.afi,
    ...(nextHop.scope === undefined ? {} : { scope: nextHop.scope }),
    // The resolver knows connected subnets, whose metric is 0.
    ...(isAccessible(path) && nextHop.scope !== 'link-local' ? { metric: 0 } : {}),
    accessible: isAccessible(path),
    ...(nextHop.isUsed ? { used: true } : {}),
  }));
}

/** Whose client the neighbor is that announced the path: the route reflector's, the route server's, nobody's. */
export function clientOf(detail: PrefixDetail, path: DetailPath): 'rr' | 'rs' | undefined {
  if (isLocalPath(path)) return undefined;
  const options = detail.neighbors.get(path.peer.address)?.routeOptions;
  if (options?.isRouteReflectorClient === true) return 'rr';
  return options?.isRouteServerClient === true ? 'rs' : undefined;
}

/** How long a stale path is kept at most; undefined: it is not stale, or nobody waits. */
export function staleRemainingSec(detail: PrefixDetail, { flags, peer }: DetailPath): number | undefined {
  if ((flags & (PathFlag.Stale | PathFlag.LongLived)) === 0) return undefined;
  const neighbor = detail.neighbors.get(peer.address);
  return neighbor === undefined ? undefined : findFamily(neighbor, detail.family.name)?.staleRemainingSec;
}

/** FRR's word for where a path came from. */
export function peerTypeOf(detail: PrefixDetail, { peer }: DetailPath): string {
  if (peer.isIbgp) return detail.isConfederation ? 'confed-internal' : 'internal';
  return detail.neighbors.get(peer.address)?.session.kind === 'confederation' ? 'confed-external' : 'external';
}

function describePeer(detail: PrefixDetail, path: DetailPath): object {
  if (isLocalPath(path)) return { peerId: unspecified(detail.family), routerId: detail.routerId };
  const hostname = detail.hostNames.get(path.peer.address);
  const domainname = detail.neighbors.get(path.peer.address)?.session.peerDomainName;
  return {
    peerId: path.peer.address,
    routerId: path.peer.routerId,
    ...(hostname === undefined ? {} : { hostname }),
    ...(domainname === undefined ? {} : { domainname }),
    type: peerTypeOf(detail, path),
  };
}
