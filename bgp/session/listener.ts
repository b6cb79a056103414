// What a Neighbor is given and whom it tells: options, dependencies and the listener (the speaker).
// The class itself is in neighbor.ts. Nothing here runs.

import type { NeighborConfig } from '../config.ts';
import type { SpeakerEvent } from '../events.ts';
import type { Asn } from '../net/asn.ts';
import type { RouterId } from '../net/router-id.ts';
import type { Clock, ConnectionId, Transport } from '../ports.ts';
import type { NeighborView } from '../views.ts';
import type { Neighbor } from './neighbor.ts';

/** Called synchronously, in the order of the peer's messages. A listener may call any method of the neighbor. */
export interface NeighborListener {
  /** The session is Established; `neighbor.negotiated` and `neighbor.connectionInfo` are set. */
  established(neighbor: Neighbor): void;
  /** Exactly once for each `established`, while `neighbor.negotiated` still holds its last value. */
  down(neighbor: Neighbor, reason: string): void;
  /**
   * One whole UPDATE with its header, in `buffer[offset, end)`, which is good only during the call. Throw NotificationError (or
   * call resetByFault) to end the session; any other error is our fault: the session is reset and the message kept.
   */
  update(neighbor: Neighbor, buffer: Uint8Array, offset: number, end: number): void;
  /** `subtype` as in RFC 7313 §3.2: 0 is a plain request. */
  routeRefresh(neighbor: Neighbor, afi: number, safi: number, subtype: number): void;
  event(event: SpeakerEvent): void;
}

export interface NeighborOptions {
  readonly instance: string;
  readonly localAsn: Asn;
  readonly localRouterId: RouterId;
  readonly config: NeighborConfig;
}

export interface NeighborDeps {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly listener: NeighborListener;
  readonly nextConnectionId: () => ConnectionId;
}

/** Why and with which Cease subcode (RFC 4486) a session is ended from here; `message` is sent as RFC 9003 says. */
export interface Cease {
  readonly subcode: number;
  readonly message?: string;
}

/** The part of NeighborView that the session knows; the speaker adds families, queues and RFC 7606 counters. */
export type NeighborSessionView = Omit<
  NeighborView,
  'families' | 'treatedAsWithdraw' | 'attributesDiscarded' | 'inputQueue' | 'outputQueue'
>;

/** A message that made our own code fail (see fault-ring.ts). */
export interface KeptMessage {
  readonly wallMs: number;
  readonly error: string;
  readonly bytes: Uint8Array;
}
