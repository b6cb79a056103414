// `show bgp neighbors` as FRR's JSON: session, timers, capabilities, counters, families, connection. FRR's keys that would have
// to be invented here (its internal reset codes, round trip time of its own probe) are left out; test/interop lists them.
// Our own keys stand in docs/show.md.

import { familyByName } from '#bgp/net/family.ts';
import type { LastResetView, NeighborView } from '#bgp/views.ts';
import { describeNotification as nameNotification } from '#bgp/wire/notification.ts';
import { formatUptime } from '../durations.ts';
import { describeCapabilities } from './capabilities.ts';
import { describeGracefulRestart } from './graceful-restart.ts';
import { describeNeighborFamily } from './neighbor-family.ts';
import { countMessages, isEstablished } from './neighbor-state.ts';

export function describeNeighborDetail(neighbor: NeighborView, wallMs: number, selectionDeferralSec: number): object {
  const { session } = neighbor;
  return {
    remoteAs: neighbor.remoteAsn,
    localAs: neighbor.localAsn,
    ...describeLocalAs(neighbor),
    ...(neighbor.isIbgp ? { nbrInternalLink: true } : { nbrExternalLink: true }),
    ...(session.kind === 'confederation' ? { nbrCommonAdmin: true } : {}),
    localRole: session.localRole ?? 'undefined',
    remoteRole: session.remoteRole ?? 'undefined',
    ...(neighbor.description === undefined ? {} : { nbrDesc: neighbor.description }),
    ...defined({ hostname: session.peerHostname, domainname: session.peerDomainName, peerGroup: session.peerGroup }),
    ...(neighbor.isShutdown ? { adminShutDown: true } : {}),
    ...describeOwn(neighbor),
    bgpVersion: 4,
    remoteRouterId: neighbor.remoteRouterId ?? '0.0.0.0',
    localRouterId: neighbor.localRouterId,
    bgpState: neighbor.state,
    ...describeTimers(neighbor, wallMs),
    ...(isEstablished(neighbor) ? { neighborCapabilities: describeCapabilities(neighbor) } : {}),
    gracefulRestartInfo: describeGracefulRestart(neighbor, selectionDeferralSec),
    messageStats: describeMessages(neighbor),
    minBtwnAdvertisementRunsTimerMsecs: 0,
    treatedAsWithdraw: neighbor.treatedAsWithdraw,
    attributesDiscarded: neighbor.attributesDiscarded,
    ...describeLastFault(neighbor, wallMs),
    routeLeaks: neighbor.routeLeaks,
    addressFamilyInfo: Object.fromEntries(
      neighbor.families
        .filter((view) => view.isShown)
        .map((view) => [familyByName(view.family)?.jsonKey ?? view.family, describeNeighborFamily(neighbor, view)]),
    ),
    connectionsEstablished: neighbor.connectionsEstablished,
    connectionsDropped: neighbor.connectionsDropped,
    ...describeLastReset(neighbor, wallMs),
    ...describeConnection(neighbor),
  };
}

/** RFC 7705. */
function describeLocalAs({ routeOptions: { localAs } }: NeighborView): object {
  return {
    ...(localAs?.isNoPrepend === true ? { localAsNoPrepend: true } : {}),
    ...(localAs?.isReplaceAs === true ? { localAsReplaceAs: true } : {}),
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
    ...since(neighbor.lastUpdateWallMs, 'bgpInUpdateElapsedTimeMsecs'),
    bgpTimerConfiguredHoldTimeMsecs: neighbor.configuredHoldTimeSec * 1000,
    bgpTimerConfiguredKeepAliveIntervalMsecs: neighbor.configuredKeepaliveSec * 1000,
    bgpTimerHoldTimeMsecs: (neighbor.holdTimeSec ?? neighbor.configuredHoldTimeSec) * 1000,
    bgpTimerKeepAliveIntervalMsecs: (neighbor.keepaliveSec ?? neighbor.configuredKeepaliveSec) * 1000,
    extendedOptionalParametersLength: neighbor.session.agreed?.isOpenExtended === true,
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

/** What FRR has no key for: why the session is down, what waits for the next one, damping, what is asked of the other side. */
function describeOwn(neighbor: NeighborView): object {
  const { session, dynamicPrefix, downReason, isDraining } = neighbor;
  return {
    ...(dynamicPrefix === undefined ? {} : { dynamicNeighbor: true, listenRange: dynamicPrefix }),
    ...defined({ downReason, heldDownReason: session.heldDownReason, shutdownMessage: session.shutdownMessage }),
    ...(session.pending.length === 0 ? {} : { pending: session.pending }),
    ...(session.damping.idleHoldSec === undefined
      ? {}
      : {
          idleHoldTimeMsecs: session.damping.idleHoldSec * 1000,
          idleHoldRemainingMsecs: Math.round(session.damping.remainingMs ?? 0),
          nextStartTimerDueInMsecs: Math.round(session.damping.remainingMs ?? 0),
        }),
    ...(isDraining ? { gracefulShutdown: true } : {}),
    sendHoldTimeMsecs: session.sendHoldSec * 1000,
    ...(session.delayOpenSec === 0 ? {} : { delayOpenTimeMsecs: session.delayOpenSec * 1000 }),
    ...(neighbor.debug.length === 0 ? {} : { debug: neighbor.debug }),
  };
}

/** Without what is undefined. */
function defined(record: Readonly<Record<string, unknown>>): object {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined));
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
    ...describeNotification(reset),
    ...lastError,
  };
}

/** As FRR: of a Hard Reset (RFC 8538) what it stands for. */
function describeNotification({ code, subcode = 0, hardReset }: LastResetView): object {
  if (code === undefined) return {};
  const { code: shown, subcode: shownSub } = hardReset ?? { code, subcode };
  return {
    lastErrorCodeSubcode: `${two(shown)}${two(shownSub)}`,
    lastNotificationReason: nameNotification(shown, shownSub),
    lastNotificationHardReset: hardReset !== undefined,
  };
}

function describeLastFault({ lastUpdateFault: fault }: NeighborView, wallMs: number): object {
  if (fault === undefined) return {};
  return {
    lastUpdateFault: `${fault.reason} (${fault.action})`,
    lastUpdateFaultTimerMsecs: Math.max(0, wallMs - fault.atWallMs),
  };
}

/** How far away the neighbor may be: GTSM's limit, the TTL of what we send, or what is usual for its kind. */
export function countHopsAllowed({ ttl, isIbgp, session }: NeighborView): number {
  return session.gtsmHops ?? ttl ?? (isIbgp ? 255 : 1);
}

function describeConnection(neighbor: NeighborView): object {
  const hops = countHopsAllowed(neighbor);
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
    ...(neighbor.session.connectRetryRemainingMs === undefined
      ? {}
      : { nextConnectTimerDueInMsecs: Math.round(neighbor.session.connectRetryRemainingMs) }),
    ...(neighbor.session.isAuthenticated ? { authenticationEnabled: 1 } : {}),
    ...(neighbor.session.sourceAddress === undefined ? {} : { updateSource: neighbor.session.sourceAddress }),
    ...(neighbor.session.boundInterface === undefined ? {} : { boundInterface: neighbor.session.boundInterface }),
  };
}
