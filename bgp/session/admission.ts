// Whether a connection that a peer opened is taken: why not, in words, and what the peer hears then (RFC 4486 §4). Whose neighbor it
// is was decided before; which of two connections lives is decided later, by their OPENs (collision.ts).

import type { ConnectionId, Transport } from '../ports.ts';
import { CeaseSubcode, encodeNotification, NotificationCode } from '../wire/notification.ts';
import type { Connection } from './connection.ts';
import { progressOf, type SessionState } from './state.ts';

export interface Admission {
  readonly heldDownReason: string | undefined;
  readonly isStarted: boolean;
  readonly isShutdown: boolean;
  /** Of the neighbor's own FSM. */
  readonly state: SessionState;
  /** The neighbor rests after an error, and connections do not end the rest (idle-hold.ts). */
  readonly refusesInIdle: boolean;
  /** A connection of the peer beside the neighbor's own. */
  readonly extra: Connection | undefined;
}

/** Why the connection is not taken; undefined: it is. */
export function refuseConnection(admission: Admission): string | undefined {
  const { heldDownReason, extra } = admission;
  if (heldDownReason !== undefined) return heldDownReason;
  if (!admission.isStarted || admission.isShutdown) return 'the neighbor is shut down';
  if (admission.state === 'Idle' && admission.refusesInIdle)
    return 'the neighbor is idle: its last session ended with an error';
  // A peer that opens another connection has given up one that it never used, so such a one makes room.
  const isBusy =
    extra !== undefined && (extra.hasHeardPeer || progressOf(extra.session.state) > progressOf('OpenSent'));
  return isBusy ? 'another connection of the peer is being set up' : undefined;
}

/** RFC 4486 §4: a connection that is not wanted SHOULD be told so with Connection Rejected. */
export function turnAway(transport: Transport, connection: ConnectionId): void {
  transport.send(connection, encodeNotification(NotificationCode.Cease, CeaseSubcode.ConnectionRejected));
  transport.close(connection);
}
