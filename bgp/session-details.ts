// What a neighbor shows of its session beyond the basic facts of views.ts: roles, restart capabilities of both sides, names that
// the peer gave, values that wait for the next OPEN, timers. Plain values; texts of the peer are cleaned (wire/peer-text.ts).

import type { BgpRole } from './config.ts';
import type { FamilyName } from './net/family.ts';
import type { PeerKind } from './net/peer-kind.ts';

export interface NeighborSessionDetails {
  /** undefined: only the peer's OPEN can tell. */
  readonly kind: PeerKind | undefined;
  readonly peerGroup: string | undefined;
  /** Why the neighbor is kept down without being shut down, e.g. a missing secret. */
  readonly heldDownReason: string | undefined;
  /** Sent with an administrative shutdown (RFC 9003). */
  readonly shutdownMessage: string | undefined;
  readonly isAuthenticated: boolean;
  readonly gtsmHops: number | undefined;
  readonly sourceAddress: string | undefined;
  /** SO_BINDTODEVICE. */
  readonly boundInterface: string | undefined;
  /** RFC 9234: as configured, and what the peer said when it could be checked. */
  readonly localRole: BgpRole | undefined;
  readonly remoteRole: BgpRole | undefined;
  readonly isRoleStrict: boolean;
  /** FQDN and software version capabilities of the peer. */
  readonly peerHostname: string | undefined;
  readonly peerDomainName: string | undefined;
  readonly peerSoftwareVersion: string | undefined;
  /** undefined while there is no session. */
  readonly agreed: AgreedView | undefined;
  readonly restart: SessionRestartView;
  /** What the configuration has and the session has not: it waits for the next OPEN, `clear` brings it. */
  readonly pending: readonly PendingView[];
  readonly damping: DampingView;
  readonly delayOpenSec: number;
  /** RFC 9687; of the session if there is one. 0: off. */
  readonly sendHoldSec: number;
  /** When the next attempt to connect is made; undefined: none is planned. */
  readonly connectRetryRemainingMs: number | undefined;
}

/** What both OPENs allow; the lists of both sides are `capabilitiesSent` and `capabilitiesReceived`. */
export interface AgreedView {
  readonly localAsn: number;
  readonly hasFourOctetAsn: boolean;
  readonly hasRouteRefresh: boolean;
  readonly hasEnhancedRefresh: boolean;
  readonly hasExtendedMessages: boolean;
  readonly hasExtendedNextHop: boolean;
  readonly addPathReceive: readonly FamilyName[];
  readonly addPathSend: readonly FamilyName[];
  /** RFC 9072: the optional parameters of our OPEN needed the extended form. */
  readonly isOpenExtended: boolean;
}

export type RestartMode = 'off' | 'helper' | 'full';

/** RFC 4724, 8538, 9494: the capabilities of both OPENs. What became of routes is the speaker's to show. */
export interface SessionRestartView {
  readonly localMode: RestartMode;
  /** undefined while there is no session. */
  readonly remoteMode: RestartMode | undefined;
  /** R. */
  readonly isRestartingHere: boolean;
  readonly isRestartingThere: boolean;
  /** N. */
  readonly hasNotificationHere: boolean;
  readonly hasNotificationThere: boolean;
  readonly configuredRestartSec: number | undefined;
  readonly receivedRestartSec: number | undefined;
  readonly configuredStalePathSec: number | undefined;
  readonly configuredLongLivedSec: number | undefined;
  readonly families: readonly {
    readonly family: FamilyName;
    /** F of each side; undefined: that side does not list the family. */
    readonly isPreservedHere: boolean | undefined;
    readonly isPreservedThere: boolean | undefined;
    /** RFC 9494, of the peer, when both sides have it. */
    readonly longLivedSec: number | undefined;
  }[];
}

export interface PendingView {
  readonly field: string;
  /** In words, as the last OPEN had it. */
  readonly running: string;
  readonly configured: string;
}

/** RFC 4271 §8.1.1 DampPeerOscillations. */
export interface DampingView {
  readonly isEnabled: boolean;
  /** Sessions and attempts in a row that fell. */
  readonly falls: number;
  /** The IdleHoldTime that runs; undefined: the neighbor is not held. */
  readonly idleHoldSec: number | undefined;
  readonly remainingMs: number | undefined;
}
