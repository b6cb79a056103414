// What a neighbor shows of itself (views.ts): its session, and of each family what is received, kept, refused and sent.
// Only reads; what it reads belongs to peer.ts and its parts.

import type { MaxPrefixesConfig, NeighborConfig, PolicyRef } from './config.ts';
import type { Family } from './net/family.ts';
import { families } from './net/family.ts';
import type { PeerKind } from './net/peer-kind.ts';
import type { PeerInput } from './peer-input.ts';
import type { Policy } from './policy/policy.ts';
import type { Rib } from './rib/rib.ts';
import type { PeerIndex } from './rib/types.ts';
import type { Neighbor } from './session/neighbor.ts';
import type { NeighborSessionView } from './session/listener.ts';
import type { StaleRoutes } from './stale-routes.ts';
import type {
  DebugKind,
  FamilyOptionsView,
  GracefulRestartView,
  NeighborFamilyView,
  NeighborView,
  RouteOptionsView,
} from './views.ts';
import { MAX_MESSAGE_LENGTH } from './wire/message.ts';

/** One family of a session. */
export interface FamilyState {
  isNegotiated: boolean;
  isJoined: boolean;
  /** Between our BoRR and EoRR (RFC 7313). */
  isRefreshing: boolean;
  importPolicy: Policy | undefined;
  notSentReason: string | undefined;
  disabledReason: string | undefined;
  hasEndOfRibReceived: boolean;
  hasEndOfRibSent: boolean;
  isForwardingPreservedByPeer: boolean | undefined;
}

/** Of a family without a session. */
export function freshFamilyState(): FamilyState {
  return {
    isNegotiated: false,
    isJoined: false,
    isRefreshing: false,
    importPolicy: undefined,
    notSentReason: undefined,
    disabledReason: undefined,
    hasEndOfRibReceived: false,
    hasEndOfRibSent: false,
    isForwardingPreservedByPeer: undefined,
  };
}

export interface PeerFacts {
  readonly index: PeerIndex;
  /** By family index. */
  readonly ribs: readonly Rib[];
  readonly config: NeighborConfig;
  readonly neighbor: Neighbor;
  readonly states: readonly FamilyState[];
  readonly stale: StaleRoutes;
  readonly input: PeerInput;
  readonly limitOf: (family: Family) => MaxPrefixesConfig | undefined;
  readonly dynamicPrefix: string | undefined;
  readonly holdReason: string | undefined;
  readonly isDraining: boolean;
  readonly debug: readonly DebugKind[];
}

export function viewPeer(facts: PeerFacts): NeighborView {
  const { neighbor, input } = facts;
  const session = neighbor.view();
  return {
    ...session,
    families: families.map((family) => viewFamily(family, session.session.kind, facts)),
    // Messages are acted upon as they are decoded. What waits for the peer is known in bytes: counted as full messages.
    inputQueue: 0,
    outputQueue: Math.ceil(neighbor.queuedBytes() / MAX_MESSAGE_LENGTH),
    treatedAsWithdraw: input.treatedAsWithdraw,
    attributesDiscarded: input.attributesDiscarded,
    lastUpdateFault: input.lastFault,
    dynamicPrefix: facts.dynamicPrefix,
    downReason: downReason(session, facts),
    gracefulRestart: viewGracefulRestart(facts),
    isDraining: facts.isDraining,
    debug: facts.debug,
    routeLeaks: input.leaks,
    routeOptions: viewRouteOptions(facts.config),
  };
}

/** The most telling of what is known; the rest stands beside it in the view. */
function downReason(session: NeighborSessionView, { holdReason, config }: PeerFacts): string | undefined {
  if (session.state === 'Established') return undefined;
  if (session.isShutdown) return 'administratively shut down';
  if (holdReason !== undefined) return holdReason;
  if (config.heldDownReason !== undefined) return config.heldDownReason;
  if (session.lastError !== undefined) return session.lastError;
  if (session.lastReset !== undefined) return session.lastReset.reason;
  return session.isPassive ? 'waiting for the neighbor to connect' : 'not connected yet';
}

function viewGracefulRestart({ config, neighbor, stale }: PeerFacts): GracefulRestartView {
  const restart = neighbor.negotiated?.gracefulRestart;
  return {
    mode: config.gracefulRestart?.mode ?? 'off',
    isNegotiated: restart !== undefined,
    peerRestartTimeSec: restart?.restartTimeSec,
    isPeerRestarting: restart?.isPeerRestarting ?? false,
    hasNotification: restart?.hasNotification ?? false,
    restartRemainingSec: stale.restartRemainingSec,
  };
}

function viewFamily(family: Family, kind: PeerKind | undefined, facts: PeerFacts): NeighborFamilyView {
  const { index, config, neighbor, stale } = facts;
  const state = facts.states[family.index];
  const rib = facts.ribs[family.index];
  const { negotiated } = neighbor;
  const options = config.familyOptions?.[family.name];
  const isEbgp = kind === 'ebgp';
  return {
    family: family.name,
    isShown: state.isNegotiated || config.families.includes(family.name),
    isNegotiated: state.isNegotiated,
    receivedPrePolicy: rib.received(index),
    accepted: rib.accepted(index),
    sent: state.isJoined ? rib.groups.sent(index) : 0,
    notSentReason: state.notSentReason,
    disabledReason: state.disabledReason,
    isImportPolicyMissing: isEbgp && (options?.importPolicy ?? config.importPolicy) === 'unset',
    isExportPolicyMissing: isEbgp && (options?.exportPolicy ?? config.exportPolicy) === 'unset',
    hasEndOfRibReceived: state.hasEndOfRibReceived,
    hasEndOfRibSent: state.hasEndOfRibSent,
    updateGroupId: state.isJoined ? rib.groups.idOf(index) : undefined,
    stale: rib.stale(index),
    staleRemainingSec: stale.remainingSec(family),
    isLongLived: stale.isLongLived(family),
    isForwardingPreservedHere: preservedHere(family, neighbor),
    isForwardingPreservedByPeer: state.isForwardingPreservedByPeer,
    maxPrefixes: facts.limitOf(family),
    refusedByLimit: rib.refused(index),
    crowdedPaths: rib.crowded(index),
    receivesAddPath: negotiated?.addPathReceive.includes(family) ?? false,
    sendsAddPath: negotiated?.addPathSend.includes(family) ?? false,
    isDefaultOriginated: options?.defaultOriginate !== undefined,
    isDefaultSent: options?.defaultOriginate !== undefined && state.isJoined && rib.hasSentDefault(index),
    options: viewFamilyOptions(family, config),
  };
}

function viewFamilyOptions(family: Family, config: NeighborConfig): FamilyOptionsView {
  const options = config.familyOptions?.[family.name];
  const { defaultOriginate } = options ?? {};
  return {
    importPolicy: policyName(options?.importPolicy ?? config.importPolicy),
    exportPolicy: policyName(options?.exportPolicy ?? config.exportPolicy),
    defaultPolicy: defaultOriginate?.policy === undefined ? undefined : policyName(defaultOriginate.policy),
    nextHop: options?.nextHop ?? (config.isNextHopSelf ? 'self' : 'default'),
    addPathSend: options?.addPathSend,
  };
}

function policyName(ref: PolicyRef): string {
  return typeof ref === 'string' ? ref : ref.policy;
}

function viewRouteOptions(config: NeighborConfig): RouteOptionsView {
  return {
    isRouteReflectorClient: config.isRouteReflectorClient === true,
    isRouteServerClient: config.isRouteServerClient === true,
    isAsOverride: config.isAsOverride === true,
    removePrivateAs: config.removePrivateAs,
    allowAsIn: config.allowAsIn ?? 0,
    localAs: config.localAs,
  };
}

const GRACEFUL_RESTART_CODE = 64;
const FORWARDING_BIT = 0x80;

/** F as our last OPEN had it (RFC 4724 §3: AFI, SAFI, flags after the first two octets). */
function preservedHere(family: Family, { negotiated }: Neighbor): boolean | undefined {
  const sent = negotiated?.capabilitiesSent.find(({ code }) => code === GRACEFUL_RESTART_CODE);
  if (sent === undefined) return undefined;
  const { value } = sent;
  for (let at = 2; at + 4 <= value.length; at += 4) {
    if (((value[at] << 8) | value[at + 1]) === family.afi && value[at + 2] === family.safi) {
      return (value[at + 3] & FORWARDING_BIT) !== 0;
    }
  }
  return undefined;
}
