// `show bgp neighbors` as FRR's JSON: session, timers, capabilities, counters, families, connection. FRR's keys that would have
// to be invented here (its internal reset codes, round trip time of its own probe) are left out; test/interop lists them.
// Our own keys: lastError, treatedAsWithdraw, attributesDiscarded, and in each family receivedPrePolicyCounter, notSentReason.

import { familyByName } from '#bgp/net/family.ts';
import type { NeighborFamilyView, NeighborView } from '#bgp/views.ts';
import { formatUptime } from '../durations.ts';
import { describeCapabilities, findRestartTimeSec } from './capabilities.ts';
import { findHostName } from './hostnames.ts';
import { countMessages, isEstablished } from './neighbor-state.ts';

export const missingPolicy = {
  inbound: 'Inbound updates discarded due to missing policy',
  outbound: 'Outbound updates discarded due to missing policy',
} as const;

export function describeNeighborDetail(neighbor: NeighborView, wallMs: number): object {
  const host = findHostName(neighbor.capabilitiesReceived);
  return {
    remoteAs: neighbor.remoteAsn,
    localAs: neighbor.localAsn,
    ...(neighbor.isIbgp ? { nbrInternalLink: true } : { nbrExternalLink: true }),
    localRole: 'undefined',
    remoteRole: 'undefined',
    ...(neighbor.description === undefined ? {} : { nbrDesc: neighbor.description }),
    ...(host === undefined ? {} : { hostname: host.hostName }),
    ...(host === undefined || host.domainName === '' ? {} : { domainname: host.domainName }),
    ...(neighbor.isShutdown ? { adminShutDown: true } : {}),
    bgpVersion: 4,
    remoteRouterId: neighbor.remoteRouterId ?? '0.0.0.0',
    localRouterId: neighbor.localRouterId,
    bgpState: neighbor.state,
    ...describeTimers(neighbor, wallMs),
    ...(isEstablished(neighbor) ? { neighborCapabilities: describeCapabilities(neighbor) } : {}),
    gracefulRestartInfo: describeRestart(neighbor),
    messageStats: describeMessages(neighbor),
    minBtwnAdvertisementRunsTimerMsecs: 0,
    treatedAsWithdraw: neighbor.treatedAsWithdraw,
    attributesDiscarded: neighbor.attributesDiscarded,
    addressFamilyInfo: Object.fromEntries(
      neighbor.families
        .filter((view) => view.isConfigured)
        .map((view) => [familyByName(view.family)?.jsonKey ?? view.family, describeFamily(view)]),
    ),
    connectionsEstablished: neighbor.connectionsEstablished,
    connectionsDropped: neighbor.connectionsDropped,
    ...describeLastReset(neighbor, wallMs),
    ...describeConnection(neighbor),
  };
}

function describeTimers(neighbor: NeighborView, wallMs: number): object {
  const { establishedWallMs = wallMs } = neighbor;
  const upSec = Math.floor((wallMs - establishedWallMs) / 1000);
  const since = (moment: number | undefined, key: string): object =>
    moment === undefined ? {} : { [key]: Math.max(0, wallMs - moment) };
  return {
    ...(isEstablished(neighbor)
      ? {
          bgpTimerUpMsec: upSec * 1000,
          bgpTimerUpString: formatUptime(upSec),
          bgpTimerUpEstablishedEpoch: Math.floor(establishedWallMs / 1000),
        }
      : {}),
    ...since(neighbor.lastReadWallMs, 'bgpTimerLastRead'),
    ...since(neighbor.lastWriteWallMs, 'bgpTimerLastWrite'),
    bgpTimerConfiguredHoldTimeMsecs: neighbor.configuredHoldTimeSec * 1000,
    bgpTimerConfiguredKeepAliveIntervalMsecs: neighbor.configuredKeepaliveSec * 1000,
    bgpTimerHoldTimeMsecs: (neighbor.holdTimeSec ?? neighbor.configuredHoldTimeSec) * 1000,
    bgpTimerKeepAliveIntervalMsecs: (neighbor.keepaliveSec ?? neighbor.configuredKeepaliveSec) * 1000,
    extendedOptionalParametersLength: false,
  };
}

/** End-of-RIB is exchanged without graceful restart too (RFC 4724 §2); we keep no routes over a restart of the peer. */
function describeRestart(neighbor: NeighborView): object {
  const listMarked = (isMarked: (view: NeighborFamilyView) => boolean): object =>
    Object.fromEntries(
      neighbor.families
        .filter((view) => view.isNegotiated && isMarked(view))
        .map((view) => [familyByName(view.family)?.jsonKey ?? view.family, true]),
    );
  return {
    endOfRibSend: listMarked((view) => view.hasEndOfRibSent),
    endOfRibRecv: listMarked((view) => view.hasEndOfRibReceived),
    localGrMode: 'Disable',
    remoteGrMode: 'NotApplicable',
    rBit: false,
    nBit: false,
    timers: {
      configuredRestartTimer: findRestartTimeSec(neighbor.capabilitiesSent),
      receivedRestartTimer: findRestartTimeSec(neighbor.capabilitiesReceived),
    },
  };
}

function describeMessages(neighbor: NeighborView): object {
  const { sent, received } = neighbor;
  return {
    depthInq: neighbor.inputQueue,
    depthOutq: neighbor.outputQueue,
    opensSent: sent.open,
    opensRecv: received.open,
    notificationsSent: sent.notification,
    notificationsRecv: received.notification,
    updatesSent: sent.update,
    updatesRecv: received.update,
    keepalivesSent: sent.keepalive,
    keepalivesRecv: received.keepalive,
    routeRefreshSent: sent.routeRefresh,
    routeRefreshRecv: received.routeRefresh,
    // The CAPABILITY message (draft-ietf-idr-dynamic-cap) is neither sent nor understood.
    capabilitySent: 0,
    capabilityRecv: 0,
    totalSent: countMessages(sent),
    totalRecv: countMessages(received),
  };
}

function describeFamily(view: NeighborFamilyView): object {
  return {
    ...(view.updateGroupId === undefined
      ? {}
      : { updateGroupId: view.updateGroupId, subGroupId: view.updateGroupId, packetQueueLength: 0 }),
    // The Adj-RIB-In is kept before policy, so a changed policy asks the peer for nothing.
    inboundSoftConfigPermit: true,
    commAttriSentToNbr: 'extendedAndStandard',
    ...(view.isImportPolicyMissing ? { inboundEbgpRequiresPolicy: missingPolicy.inbound } : {}),
    ...(view.isExportPolicyMissing ? { outboundEbgpRequiresPolicy: missingPolicy.outbound } : {}),
    acceptedPrefixCounter: view.accepted,
    receivedPrePolicyCounter: view.receivedPrePolicy,
    ...(view.isNegotiated ? { sentPrefixCounter: view.sent } : {}),
    ...(view.notSentReason === undefined ? {} : { notSentReason: view.notSentReason }),
  };
}

function two(value: number): string {
  return value.toString(16).padStart(2, '0').toUpperCase();
}

function describeLastReset(neighbor: NeighborView, wallMs: number): object {
  const reset = neighbor.lastReset;
  const lastError = neighbor.lastError === undefined ? {} : { lastError: neighbor.lastError };
  if (reset === undefined) return { lastReset: 'never', ...lastError };
  return {
    lastResetTimerMsecs: Math.max(0, wallMs - reset.atWallMs),
    lastResetDueTo: reset.reason,
    ...(reset.code === undefined
      ? {}
      : {
          lastErrorCodeSubcode: `${two(reset.code)}${two(reset.subcode ?? 0)}`,
          lastNotificationReason: reset.reason,
          lastNotificationHardReset: false,
        }),
    ...lastError,
  };
}

function describeConnection(neighbor: NeighborView): object {
  const hops = neighbor.ttl ?? (neighbor.isIbgp ? 255 : 1);
  const { ipv4, ipv6Global, ipv6LinkLocal } = neighbor.nextHops;
  const isConnected = neighbor.localAddress !== undefined && neighbor.remotePort !== undefined;
  return {
    ...(neighbor.isIbgp ? { internalBgpNbrMaxHopsAway: hops } : { externalBgpNbrMaxHopsAway: hops }),
    hostLocal: neighbor.localAddress ?? 'Unknown',
    portLocal: neighbor.localPort ?? -1,
    hostForeign: isConnected ? neighbor.address : 'Unknown',
    portForeign: neighbor.remotePort ?? -1,
    ...(isConnected
      ? {
          nexthop: ipv4 ?? '0.0.0.0',
          nexthopGlobal: ipv6Global ?? '::',
          nexthopLocal: ipv6LinkLocal ?? '::',
          bgpConnection: neighbor.isDirectlyConnected ? 'sharedNetwork' : 'nonSharedNetwork',
        }
      : {}),
    connectRetryTimer: neighbor.connectRetrySec,
  };
}
