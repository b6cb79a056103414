// What a Neighbor is given and whom it tells: options, dependencies and the listener (the speaker).
// The class itself is in neighbor.ts.

import type { NeighborConfig } from '../config.ts';
import type { SpeakerEvent } from '../events.ts';
import type { Family } from '../net/family.ts';
import type { Clock, ConnectionId, Transport } from '../ports.ts';
import type { NeighborView } from '../views.ts';
import type { Neighbor } from './neighbor.ts';
import type { LocalSpeaker } from './session-asn.ts';

/** Called synchronously, in the order of the peer's messages. A listener may call any method of the neighbor. */
export interface NeighborListener {
  /** The session is Established; `neighbor.negotiated` and `neighbor.connectionInfo` are set. */
  established(neighbor: Neighbor): void;
  /** Exactly once for each `established`, while `neighbor.negotiated` still holds its last value. */
  down(neighbor: Neighbor, reason: string, how: SessionEnd): void;
  /** Asked for each OPEN: what the capabilities of RFC 4724 and RFC 9494 say about our own restart. */
  openCapabilities(neighbor: Neighbor): OpenRestartFlags;
  /**
   * One whole UPDATE with its header, in `buffer[offset, end)`, which is good only during the call. Throw NotificationError (or
   * call resetByFault) to end the session; any other error is our fault: the session is reset and the message kept.
   */
  update(neighbor: Neighbor, buffer: Uint8Array, offset: number, end: number): void;
  /** `subtype` as in RFC 7313 §3.2: 0 is a plain request; 1 and 2 come only when enhanced refresh was negotiated. */
  routeRefresh(neighbor: Neighbor, afi: number, safi: number, subtype: number): void;
  event(event: SpeakerEvent): void;
}

/**
 * `lost`: RFC 4724 §4.2 and RFC 8538 §4 say that the peer's routes are kept for the families it listed; `ended`: they go.
 */
export type SessionEnd = 'lost' | 'ended';

/**
 * How a neighbor is stopped. `restart`: we come back; closed by FIN alone when graceful restart was negotiated and we offered to
 * be waited for (RFC 4724 §4.1), else Cease 6/2. `deconfigured`: Cease 6/3; `final`: Cease 6/2; both within a Hard Reset when
 * RFC 8538 was negotiated. Or a Cease of one's own choice.
 */
export type StopHow = 'restart' | 'deconfigured' | 'final' | Cease;

/** RFC 4724 §3: R, and the families with F. */
export interface OpenRestartFlags {
  readonly isRestarting: boolean;
  readonly preserved: readonly Family[];
}

export const noRestart: OpenRestartFlags = { isRestarting: false, preserved: [] };

/** What the OPEN tells people about this speaker; a change waits for the next OPEN. */
export interface SpeakerIdentity {
  /** draft-walton-bgp-hostname-capability; absent: not sent. */
  readonly hostname?: string | undefined;
  readonly domainName?: string | undefined;
  /** draft-ietf-idr-software-version; absent: not sent. */
  readonly softwareVersion?: string | undefined;
}

export interface NeighborOptions extends LocalSpeaker {
  readonly instance: string;
  readonly config: NeighborConfig;
  readonly identity?: SpeakerIdentity | undefined;
}

export interface NeighborDeps {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly listener: NeighborListener;
  readonly nextConnectionId: () => ConnectionId;
}

/** Why and with which Cease subcode (RFC 4486) a session is ended from here. */
export interface Cease {
  readonly subcode: number;
  /** Sent as RFC 9003 says, with the subcodes that it is for. */
  readonly message?: string;
  /** Of a subcode without a text, e.g. family and limit of RFC 4486 §4. */
  readonly data?: Uint8Array;
  /** Within a Hard Reset where RFC 8538 was negotiated; absent: as the subcode asks (session-end.ts). */
  readonly isHard?: boolean;
}

/** The part of NeighborView that the session knows; the rest is the speaker's. */
export type NeighborSessionView = Omit<
  NeighborView,
  | 'families'
  | 'treatedAsWithdraw'
  | 'attributesDiscarded'
  | 'lastUpdateFault'
  | 'inputQueue'
  | 'outputQueue'
  | 'dynamicPrefix'
  | 'downReason'
  | 'gracefulRestart'
  | 'isDraining'
  | 'debug'
  | 'routeLeaks'
  | 'routeOptions'
>;

/** A message that made our own code fail (see fault-ring.ts). */
export interface KeptMessage {
  readonly wallMs: number;
  readonly error: string;
  readonly bytes: Uint8Array;
}
