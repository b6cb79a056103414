// `show bgp summary` as FRR's JSON: one object a family, keyed `ipv4Unicast`, `ipv6Unicast`. Our own keys are pfxRcdPrePolicy
// (routes received before the import policy; FRR has only what it accepted, pfxRcd) and notSentReason.

import { parseAddress } from '#bgp/net/address.ts';
import { type Family, families } from '#bgp/net/family.ts';
import type { InstanceView, NeighborView } from '#bgp/views.ts';
import { formatUptime } from '../durations.ts';
import {
  countMessages,
  describePeerState,
  describeReset,
  describeState,
  findFamily,
  isFailed,
  secondsInState,
  stateSinceMs,
} from './neighbor-state.ts';

export type SummaryFilter = 'all' | 'established' | 'failed';

/** What one neighbor takes beside its routes: session state, columns and timers. An estimate, as FRR's size of its structure is. */
export const NEIGHBOR_BYTES = 16 * 1024;

export function listNeighbors(instance: InstanceView, family: Family): readonly NeighborView[] {
  return instance.neighbors.filter((neighbor) => findFamily(neighbor, family.name)?.isShown === true);
}

/** Families that at least one neighbor is configured for. */
export function listFamilies(instance: InstanceView): readonly Family[] {
  return families.filter((family) => listNeighbors(instance, family).length > 0);
}

export function isShown(neighbor: NeighborView, family: Family, filter: SummaryFilter): boolean {
  return filter === 'all' || isFailed(neighbor, family.name) === (filter === 'failed');
}

export function describeSummary(instance: InstanceView, family: Family, filter: SummaryFilter, wallMs: number): object {
  const neighbors = listNeighbors(instance, family);
  const failed = neighbors.filter((neighbor) => isFailed(neighbor, family.name));
  const shown = neighbors.filter((neighbor) => isShown(neighbor, family, filter));
  if (filter === 'failed' && failed.length === 0) {
    return { failedPeersCount: 0, dynamicPeers: countDynamic(neighbors), totalPeers: neighbors.length };
  }
  const table = instance.families.find((view) => view.family === family.name);
  const describe = filter === 'failed' ? describeFailed : describeNeighbor;
  const groups = countGroups(instance.neighbors);
  return {
    routerId: instance.routerId,
    as: instance.asn,
    vrfId: 0,
    vrfName: 'default',
    tableVersion: table?.tableVersion ?? 0,
    // FRR counts the nodes of its trie, which has some between the prefixes. There is no trie here: these are the prefixes.
    ribCount: table?.prefixes ?? 0,
    ribMemory: table?.ribBytes ?? 0,
    peerCount: neighbors.length,
    peerMemory: neighbors.length * NEIGHBOR_BYTES,
    // What a group says is merged into its neighbors: it takes nothing of its own.
    ...(groups === 0 ? {} : { peerGroupCount: groups, peerGroupMemory: 0 }),
    peers: Object.fromEntries(
      shown.map((neighbor) => [neighbor.address, describe(neighbor, family, table?.tableVersion ?? 0, wallMs)]),
    ),
    failedPeers: failed.length,
    // FRR filters for `established` only; with `failed` it counts every neighbor as displayed.
    displayedPeers: filter === 'established' ? shown.length : neighbors.length,
    totalPeers: neighbors.length,
    dynamicPeers: countDynamic(neighbors),
    ...(filter === 'failed' ? {} : { bestPath: { multiPathRelax: String(instance.isMultipathRelax) } }),
  };
}

/** Groups that a neighbor belongs to, whatever its families, as FRR counts. */
export function countGroups(neighbors: readonly NeighborView[]): number {
  return new Set(neighbors.flatMap(({ session }) => session.peerGroup ?? [])).size;
}

function countDynamic(neighbors: readonly NeighborView[]): number {
  return neighbors.filter((neighbor) => neighbor.dynamicPrefix !== undefined).length;
}

function describeUptime(neighbor: NeighborView, wallMs: number): object {
  const since = stateSinceMs(neighbor);
  const seconds = secondsInState(neighbor, wallMs);
  if (since === undefined || seconds === undefined) return { peerUptime: 'never', peerUptimeMsec: 0 };
  return {
    peerUptime: formatUptime(seconds),
    peerUptimeMsec: seconds * 1000,
    // From the moment itself: taken from the uptime it would wobble by a second.
    peerUptimeEstablishedEpoch: Math.floor(since / 1000),
  };
}

function describeHost(neighbor: NeighborView): object {
  const { peerHostname: hostname, peerDomainName: domainname } = neighbor.session;
  if (hostname === undefined) return {};
  return { hostname, ...(domainname === undefined ? {} : { domainname }) };
}

function describeNeighbor(neighbor: NeighborView, family: Family, tableVersion: number, wallMs: number): object {
  const view = findFamily(neighbor, family.name);
  return {
    ...describeHost(neighbor),
    softwareVersion: neighbor.session.peerSoftwareVersion ?? 'n/a',
    remoteAs: neighbor.remoteAsn,
    localAs: neighbor.localAsn,
    version: 4,
    msgRcvd: countMessages(neighbor.received),
    msgSent: countMessages(neighbor.sent),
    tableVersion: isFailed(neighbor, family.name) ? 0 : tableVersion,
    outq: neighbor.outputQueue,
    inq: neighbor.inputQueue,
    ...describeUptime(neighbor, wallMs),
    pfxRcd: view?.accepted ?? 0,
    pfxRcdPrePolicy: view?.receivedPrePolicy ?? 0,
    pfxSnt: view?.sent ?? 0,
    ...(view?.notSentReason === undefined ? {} : { notSentReason: view.notSentReason }),
    state: describeState(neighbor),
    peerState: describePeerState(neighbor, family.name),
    connectionsEstablished: neighbor.connectionsEstablished,
    connectionsDropped: neighbor.connectionsDropped,
    ...(neighbor.description === undefined ? {} : { desc: neighbor.description }),
    ...(neighbor.dynamicPrefix === undefined ? {} : { dynamicPeer: true }),
    idType: idType(neighbor),
  };
}

function describeFailed(neighbor: NeighborView, _family: Family, _tableVersion: number, wallMs: number): object {
  return {
    ...describeHost(neighbor),
    connectionsEstablished: neighbor.connectionsEstablished,
    connectionsDropped: neighbor.connectionsDropped,
    ...describeUptime(neighbor, wallMs),
    lastResetDueTo: describeReset(neighbor),
    idType: idType(neighbor),
  };
}

function idType(neighbor: NeighborView): string {
  return parseAddress(neighbor.address.split('%')[0])?.version === 4 ? 'ipv4' : 'ipv6';
}
