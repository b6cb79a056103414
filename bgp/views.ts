// What the speaker shows of itself: plain values that can cross a thread boundary, named after what
// they mean, not after any tool's output. src/api turns them into FRR's and Cilium's shapes.
// Large tables come as batches of columns; each batch carries the encoded attribute sets that its rows name.

import type { LocalAsConfig, MaxPrefixesConfig } from './config.ts';
import type { FamilyName } from './net/family.ts';
import type { NeighborSessionDetails } from './session-details.ts';

export type * from './session-details.ts';
export { DecisionReason, PathFlag } from './rib/code-points.ts';

export type SessionState = 'Idle' | 'Connect' | 'Active' | 'OpenSent' | 'OpenConfirm' | 'Established';

export interface MessageCounts {
  open: number;
  update: number;
  notification: number;
  keepalive: number;
  routeRefresh: number;
}

export interface NeighborFamilyView {
  readonly family: FamilyName;
  /** Configured, or carried by the session until its next OPEN. */
  readonly isShown: boolean;
  readonly isNegotiated: boolean;
  /** Routes in the Adj-RIB-In before import policy. */
  readonly receivedPrePolicy: number;
  /** Routes that the import policy accepted. */
  readonly accepted: number;
  readonly sent: number;
  /** Why nothing of this family is sent, e.g. no next hop of the family on the interface. */
  readonly notSentReason: string | undefined;
  /** RFC 7606 §2, AFI/SAFI disable: why nothing of the family is taken until the next session. */
  readonly disabledReason: string | undefined;
  /** RFC 8212: an eBGP neighbor without import / export policy. */
  readonly isImportPolicyMissing: boolean;
  readonly isExportPolicyMissing: boolean;
  readonly hasEndOfRibReceived: boolean;
  readonly hasEndOfRibSent: boolean;
  readonly updateGroupId: number | undefined;
  /** RFC 4724: routes of a session that was lost, kept and not announced again yet. */
  readonly stale: number;
  /** How long they are kept at most; undefined: nothing is stale. */
  readonly staleRemainingSec: number | undefined;
  /** RFC 9494: they are kept as long-lived ones. */
  readonly isLongLived: boolean;
  /** F of the last OPEN of each side (RFC 4724 §3); undefined: the family is not in its capability, or there is none. */
  readonly isForwardingPreservedHere: boolean | undefined;
  readonly isForwardingPreservedByPeer: boolean | undefined;
  readonly maxPrefixes: MaxPrefixesConfig | undefined;
  /** Announcements of prefixes that were not taken because of the limit. */
  readonly refusedByLimit: number;
  /** RFC 7911: paths that were refused because the peer has 256 for that prefix. */
  readonly crowdedPaths: number;
  /** RFC 7911, negotiated. */
  readonly receivesAddPath: boolean;
  readonly sendsAddPath: boolean;
  readonly isDefaultOriginated: boolean;
  /** It is in what the neighbor was sent: a policy may refuse it. */
  readonly isDefaultSent: boolean;
  readonly options: FamilyOptionsView;
}

/** What the configuration says of one family. Policies by name: `accept`, `reject`, `unset` or one of the configuration. */
export interface FamilyOptionsView {
  readonly importPolicy: string;
  readonly exportPolicy: string;
  readonly defaultPolicy: string | undefined;
  readonly nextHop: 'default' | 'self' | 'self-all' | 'unchanged';
  /** RFC 7911: paths a prefix, 0: all; undefined: one, without an identifier. */
  readonly addPathSend: number | undefined;
}

/** What the configuration does to a neighbor's routes, whatever their family. */
export interface RouteOptionsView {
  readonly isRouteReflectorClient: boolean;
  readonly isRouteServerClient: boolean;
  readonly isAsOverride: boolean;
  readonly removePrivateAs: 'remove' | 'replace' | undefined;
  readonly allowAsIn: number;
  readonly localAs: LocalAsConfig | undefined;
}

/** RFC 4724, of one neighbor. */
export interface GracefulRestartView {
  readonly mode: 'off' | 'helper' | 'full';
  /** The peer's OPEN had the capability; its restart time in seconds, and its R-bit. */
  readonly isNegotiated: boolean;
  readonly peerRestartTimeSec: number | undefined;
  readonly isPeerRestarting: boolean;
  /** RFC 8538: N on both sides. */
  readonly hasNotification: boolean;
  /** The session was lost and the peer has this long to come back; undefined: it is not awaited. */
  readonly restartRemainingSec: number | undefined;
}

/** What `debug` shows of a neighbor's messages as they come and go; in words, never octets. */
export type DebugKind = 'open' | 'update' | 'keepalive' | 'notification' | 'route-refresh';
export const debugKinds: readonly DebugKind[] = ['open', 'update', 'keepalive', 'notification', 'route-refresh'];

export interface LastResetView {
  readonly atWallMs: number;
  /** In words, e.g. `Hold timer expired`, `Peer closed the session`. */
  readonly reason: string;
  readonly direction: 'sent' | 'received' | 'local';
  readonly code: number | undefined;
  readonly subcode: number | undefined;
  /** Of the NOTIFICATION, at most 260 octets; not for people before it is escaped. */
  readonly data?: Uint8Array;
  /** RFC 8538: code and subcode are those of a Hard Reset (6/9), which stood for these. */
  readonly hardReset?: { readonly code: number; readonly subcode: number };
}

/** RFC 7606 §2: what of an UPDATE was not taken, though the session goes on. */
export interface UpdateFaultView {
  readonly atWallMs: number;
  readonly action: 'treat-as-withdraw' | 'attribute-discard';
  readonly attribute: number | undefined;
  readonly reason: string;
}

export interface CapabilityView {
  readonly code: number;
  /** The capability's value octets (RFC 5492 §4), e.g. afi, reserved, safi. */
  readonly value: Uint8Array;
}

export interface NeighborView {
  readonly instance: string;
  readonly address: string;
  readonly port: number;
  readonly description: string | undefined;
  /** As configured; `remoteAsn` is what the session uses (0 while unknown). */
  readonly configuredRemoteAsn: number | 'external' | 'internal' | 'any';
  readonly remoteAsn: number;
  readonly localAsn: number;
  readonly isIbgp: boolean;
  readonly isPassive: boolean;
  readonly isShutdown: boolean;
  readonly state: SessionState;
  /** When the session was last Established or last left that state; undefined: never. */
  readonly stateChangedWallMs: number | undefined;
  readonly establishedWallMs: number | undefined;
  readonly remoteRouterId: string | undefined;
  readonly localRouterId: string;
  readonly localAddress: string | undefined;
  readonly localPort: number | undefined;
  readonly remotePort: number | undefined;
  readonly interfaceName: string | undefined;
  readonly isDirectlyConnected: boolean;
  readonly ttl: number | undefined;
  readonly nextHops: {
    readonly ipv4: string | undefined;
    readonly ipv6Global: string | undefined;
    readonly ipv6LinkLocal: string | undefined;
  };
  readonly configuredHoldTimeSec: number;
  readonly configuredKeepaliveSec: number;
  readonly connectRetrySec: number;
  /** Negotiated values; undefined while there is no session. */
  readonly holdTimeSec: number | undefined;
  readonly keepaliveSec: number | undefined;
  readonly capabilitiesSent: readonly CapabilityView[];
  readonly capabilitiesReceived: readonly CapabilityView[];
  readonly sent: Readonly<MessageCounts>;
  readonly received: Readonly<MessageCounts>;
  readonly lastReadWallMs: number | undefined;
  readonly lastWriteWallMs: number | undefined;
  /** Of an UPDATE that came. */
  readonly lastUpdateWallMs: number | undefined;
  /** Messages decoded but not yet acted upon, and messages queued for the peer. */
  readonly inputQueue: number;
  readonly outputQueue: number;
  readonly connectionsEstablished: number;
  readonly connectionsDropped: number;
  readonly connectRetryCounter: number;
  readonly lastReset: LastResetView | undefined;
  /** Why the neighbor cannot even try, e.g. no route, connection refused. */
  readonly lastError: string | undefined;
  readonly session: NeighborSessionDetails;
  readonly families: readonly NeighborFamilyView[];
  /** RFC 7606 counters. */
  readonly treatedAsWithdraw: number;
  readonly attributesDiscarded: number;
  /** The last one that either counted. */
  readonly lastUpdateFault: UpdateFaultView | undefined;
  /** The prefix of the configuration that it was made from when it connected; undefined: it is configured itself. */
  readonly dynamicPrefix: string | undefined;
  /** Why there is no session, in words for people; undefined while there is one. */
  readonly downReason: string | undefined;
  readonly gracefulRestart: GracefulRestartView;
  /** RFC 8326: what is sent has GRACEFUL_SHUTDOWN. */
  readonly isDraining: boolean;
  readonly debug: readonly DebugKind[];
  /** RFC 9234 §5: routes that were leaks: not eligible. */
  readonly routeLeaks: number;
  readonly routeOptions: RouteOptionsView;
}

export interface FamilySummaryView {
  readonly family: FamilyName;
  /** Grows with each change of a best path. */
  readonly tableVersion: number;
  /** Prefixes and paths of the `loc-rib` table: without routes that were received and refused or looped. */
  readonly prefixes: number;
  readonly paths: number;
  /** What all tables of the family take, refused routes included. */
  readonly ribBytes: number;
}

export interface InstanceView {
  readonly instance: string;
  readonly asn: number;
  readonly routerId: string;
  readonly families: readonly FamilySummaryView[];
  readonly neighbors: readonly NeighborView[];
  readonly attributeSets: number;
  readonly attributeBytes: number;
  /** RFC 5065 §3: the AS number that the world outside sees. */
  readonly confederationId: number | undefined;
  readonly clusterId: string;
  readonly dynamicNeighbors: readonly DynamicNeighborsView[];
  readonly restart: RestartView;
  /** Paths of different AS paths of one length are multipath. */
  readonly isMultipathRelax: boolean;
  /** RFC 4724 §4.1: the longest that selection waits, as configured. */
  readonly selectionDeferralSec: number;
  readonly isDraining: boolean;
}

export interface DynamicNeighborsView {
  readonly prefix: string;
  readonly limit: number;
  readonly count: number;
  /** Connections that were refused because of the limit. */
  readonly refused: number;
}

/** RFC 4724 §4.1: this speaker came back, and R is set in its OPENs until it has chosen routes. */
export interface RestartView {
  readonly isRestarting: boolean;
  readonly isDeferring: boolean;
  readonly deferralRemainingSec: number | undefined;
  /** Neighbors and families whose End-of-RIB is awaited, e.g. `192.0.2.1 ipv4-unicast`. */
  readonly awaited: readonly string[];
  /** Our own sources (configuration, Kubernetes, kernel routes) were read. */
  readonly hasSynchronised: boolean;
}

export interface UpdateGroupView {
  readonly instance: string;
  readonly family: FamilyName;
  readonly id: number;
  readonly members: readonly string[];
  /** Routes in its Adj-RIB-Out. */
  readonly routes: number;
  readonly bytes: number;
  /** Everything that makes a neighbor a member of it, in words. */
  readonly options: Readonly<Record<string, string | number | boolean>>;
}

export interface MemoryView {
  readonly instance: string;
  readonly families: readonly {
    readonly family: FamilyName;
    readonly prefixes: number;
    readonly paths: number;
    readonly tableBytes: number;
    readonly updateGroups: number;
    readonly updateGroupBytes: number;
  }[];
  readonly attributeSets: number;
  readonly attributeBytes: number;
  readonly neighbors: number;
}

/** A source of routes, referred to by number in batches of one view. Number 0 is this speaker. */
export interface PathPeerView {
  readonly number: number;
  readonly address: string;
  readonly remoteAsn: number;
  readonly routerId: string;
  readonly isIbgp: boolean;
}

/** Valid until the next batch of the same view is asked for: its memory is used again. */
export interface RouteBatch {
  readonly count: number;
  /** 1 (IPv4) or 4 (IPv6) signed words a route. */
  readonly prefixWords: Int32Array;
  readonly prefixLengths: Uint8Array;
  /** Peer number ({@link PathPeerView}). */
  readonly peers: Uint16Array;
  /** Which of this batch's attribute sets the route has: a row of {@link RouteBatch.setEnds}. */
  readonly attributes: Uint32Array;
  /** {@link PathFlag} */
  readonly flags: Uint16Array;
  readonly reasons: Uint8Array;
  /** When the path was received, in seconds since 1970 UTC. */
  readonly receivedWallSec: Uint32Array;
  /** Table version at which the prefix last changed. */
  readonly versions: Uint32Array;
  /** RFC 7911, as the peer gave it; of routes that began here, where (see rib/types.ts LocalSource). */
  readonly pathIds: Uint32Array;
  /** Rank before LOCAL_PREF: from the import policy; 32768 for routes that began here, as FRR has it. */
  readonly weights: Uint16Array;
  /** Where each attribute set ends in {@link RouteBatch.setBytes}; it begins where the one before ends. */
  readonly setEnds: Uint32Array;
  /** Canonical encoded attributes of the sets, end to end. */
  readonly setBytes: Uint8Array;
}

/** The canonical encoded attributes of a row; valid as long as the batch. */
export function attributesOfRow({ attributes, setEnds, setBytes }: RouteBatch, row: number): Uint8Array {
  const set = attributes[row];
  return setBytes.subarray(set === 0 ? 0 : setEnds[set - 1], setEnds[set]);
}

/** What a view of routes is about. */
export type RouteQuery = {
  readonly instance: string;
  readonly family: FamilyName;
  /** One prefix, or with `isLongerPrefixes` all within it; an address means its longest match. */
  readonly prefix?: string;
  readonly isLongerPrefixes?: boolean;
} & (
  | { readonly table: 'loc-rib' }
  /** Before import policy / what the policy accepted / after export policy. */
  | { readonly table: 'received' | 'accepted' | 'advertised'; readonly neighbor: string }
);

export interface RouteViewHead {
  readonly asn: number;
  readonly routerId: string;
  readonly tableVersion: number;
  readonly peers: readonly PathPeerView[];
  /** Upper bound of the routes that will follow. */
  readonly maxRoutes: number;
}

/** Which statement decided about a prefix (explain.ts). */
export interface PolicyDecisionView {
  readonly neighbor: string;
  readonly direction: 'import' | 'export';
  /** Who announced the path that is exported; undefined: this speaker itself, or an import. */
  readonly source: string | undefined;
  readonly prefix: string;
  /** RFC 7911; 0 without add-path. */
  readonly pathId: number;
  /** Name of the policy: `accept`, `reject`, `unset` or one of the configuration. */
  readonly policy: string;
  /** undefined: no statement did, but what the policy says of everything else. */
  readonly statement: string | undefined;
  readonly isAccepted: boolean;
}

/** What a new configuration changed. */
export interface SpeakerOutcome {
  readonly neighborsAdded: readonly string[];
  readonly neighborsRemoved: readonly string[];
  /** Changed without a reset. */
  readonly neighborsUpdated: readonly string[];
  /** Changed in a way that needs a new session. */
  readonly neighborsReset: readonly string[];
  readonly networksAdded: number;
  readonly networksRemoved: number;
}
