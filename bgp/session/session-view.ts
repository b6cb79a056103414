// The details of a session for `show` (session-details.ts), out of the parts of a neighbor: restart capabilities of both sides, what
// both agreed upon, what waits for the next OPEN. The basic facts are neighbor-view.ts.

import { families } from '../net/family.ts';
import type { AgreedView, CapabilityView, NeighborSessionDetails, RestartMode, SessionRestartView } from '../views.ts';
import { type Capability, decodeCapability } from '../wire/capability.ts';
import { isExtendedOpen, type OpenMessage } from '../wire/open.ts';
import type { Negotiated } from './negotiation.ts';
import type { NeighborParts } from './neighbor-view.ts';
import { buildOpen } from './offer.ts';
import { listPending } from './pending.ts';
import { configuredKind } from './session-asn.ts';
import { sendHoldSec } from './state.ts';

export function viewSession(parts: NeighborParts): NeighborSessionDetails {
  const { options, config, identity, negotiated, openSent, idleHold } = parts;
  const received = decodeAll(negotiated?.capabilitiesReceived ?? []);
  const name = find(received, 'fqdn');
  return {
    kind: negotiated?.kind ?? configuredKind(options, config),
    peerGroup: config.peerGroup,
    heldDownReason: config.heldDownReason,
    shutdownMessage: config.shutdownMessage,
    isAuthenticated: config.password !== undefined,
    gtsmHops: config.gtsmHops,
    sourceAddress: config.sourceAddress,
    boundInterface: config.interfaceName,
    localRole: negotiated === undefined ? config.role : negotiated.localRole,
    remoteRole: negotiated?.remoteRole,
    isRoleStrict: config.isRoleStrict === true,
    peerHostname: name?.hostname,
    peerDomainName: name?.domainName,
    peerSoftwareVersion: find(received, 'software-version')?.version,
    agreed: negotiated === undefined ? undefined : viewAgreed(negotiated, openSent),
    restart: viewRestart(parts, received),
    pending: openSent === undefined ? [] : listPending(openSent, buildOpen(options, config, identity)),
    damping: {
      isEnabled: config.dampsPeerOscillations !== false,
      falls: idleHold.falls,
      idleHoldSec: idleHold.holdSec,
      remainingMs: idleHold.remainingMs,
    },
    delayOpenSec: config.timers.delayOpenSec ?? 0,
    sendHoldSec: sendHoldSec(config.timers.sendHoldSec, negotiated?.holdTimeSec ?? config.timers.holdTimeSec),
    connectRetryRemainingMs: parts.retryRemainingMs,
  };
}

function viewAgreed(negotiated: Negotiated, openSent: OpenMessage | undefined): AgreedView {
  return {
    localAsn: negotiated.localAsn,
    hasFourOctetAsn: negotiated.hasFourOctetAsn,
    hasRouteRefresh: negotiated.hasRouteRefresh,
    hasEnhancedRefresh: negotiated.hasEnhancedRefresh,
    hasExtendedMessages: negotiated.canSendExtended,
    hasExtendedNextHop: negotiated.hasExtendedNextHop,
    addPathReceive: negotiated.addPathReceive.map((family) => family.name),
    addPathSend: negotiated.addPathSend.map((family) => family.name),
    isOpenExtended: openSent !== undefined && isExtendedOpen(openSent),
  };
}

function viewRestart(parts: NeighborParts, received: readonly Capability[]): SessionRestartView {
  const { config, negotiated, openSent } = parts;
  const here = find(openSent?.capabilities ?? [], 'graceful-restart');
  const there = find(received, 'graceful-restart');
  const preserved = (of: typeof here, afi: number, safi: number): boolean | undefined =>
    of?.families.findLast((listed) => listed.afi === afi && listed.safi === safi)?.isForwardingPreserved;
  return {
    localMode: config.gracefulRestart?.mode ?? 'off',
    remoteMode: negotiated === undefined ? undefined : modeOf(there),
    isRestartingHere: here?.isRestarting === true,
    isRestartingThere: there?.isRestarting === true,
    hasNotificationHere: here?.hasNotification === true,
    hasNotificationThere: there?.hasNotification === true,
    configuredRestartSec: config.gracefulRestart?.restartTimeSec,
    receivedRestartSec: there?.restartTimeSec,
    configuredStalePathSec: config.gracefulRestart?.stalePathSec,
    configuredLongLivedSec: config.longLivedStaleSec,
    families: families
      .filter((family) => config.families.includes(family.name) || negotiated?.families.includes(family) === true)
      .map((family) => ({
        family: family.name,
        isPreservedHere: preserved(here, family.afi, family.safi),
        isPreservedThere: preserved(there, family.afi, family.safi),
        longLivedSec: negotiated?.longLived.find((listed) => listed.family === family)?.staleSec,
      })),
  };
}

function modeOf(capability: Extract<Capability, { type: 'graceful-restart' }> | undefined): RestartMode {
  if (capability === undefined) return 'off';
  return capability.families.length === 0 ? 'helper' : 'full';
}

function decodeAll(views: readonly CapabilityView[]): readonly Capability[] {
  return views.flatMap(({ code, value }) => decodeCapability(code, value) ?? []);
}

function find<Type extends Capability['type']>(
  list: readonly Capability[],
  type: Type,
): Extract<Capability, { type: Type }> | undefined {
  return list.findLast((one): one is Extract<Capability, { type: Type }> => one.type === type);
}
