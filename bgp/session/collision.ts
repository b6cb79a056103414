// Connection collision (RFC 4271 §6.8, RFC 6286 §2.3, RFC 4724 §5): which of two connections with one peer is kept, decided when a valid OPEN
// arrives on one of them. Pure; the neighbor carries it out with OpenCollisionDump.

import type { Asn } from '../net/asn.ts';
import type { RouterId } from '../net/router-id.ts';
import type { OpenMessage } from '../wire/open.ts';
import type { Connection } from './connection.ts';
import type { SessionState } from './state.ts';

export interface Speakers {
  readonly localRouterId: RouterId;
  readonly localAsn: Asn;
  /** From the OPEN that has just arrived. */
  readonly remoteRouterId: RouterId;
  readonly remoteAsn: Asn;
}

export interface Rival {
  readonly state: SessionState;
  /** We opened the TCP connection. */
  readonly isInitiatedHere: boolean;
  /** Established, and the peer told us that it may restart and come back (RFC 4724). */
  readonly mayBeReplaced: boolean;
}

/**
 * `fresh` is the connection whose OPEN has just arrived, `existing` the other one. `replace-existing`: the peer has restarted, and
 * the old connection goes without a NOTIFICATION.
 */
export type CollisionVerdict = 'keep-both' | 'close-fresh' | 'close-existing' | 'replace-existing';

/**
 * A connection that comes this soon after a session has begun was opened before it, and is an ordinary collision: the peer has not
 * restarted meanwhile.
 */
const YOUNG_MS = 5000;

/** The OPEN `theirs` has just come on `fresh`; `establishedForMs` is how long the session on `existing` stands, if there is one. */
export function judgeCollision(
  fresh: Connection,
  existing: Connection,
  ours: OpenMessage,
  theirs: OpenMessage,
  establishedForMs: number,
): CollisionVerdict {
  const { state, negotiated } = existing.session;
  return decideCollision(
    {
      localRouterId: ours.routerId,
      localAsn: ours.asn,
      remoteRouterId: theirs.routerId,
      remoteAsn: theirs.asn,
    },
    fresh.isInitiatedHere,
    {
      state,
      isInitiatedHere: existing.isInitiatedHere,
      mayBeReplaced: (negotiated?.gracefulRestart?.families.length ?? 0) > 0 && establishedForMs >= YOUNG_MS,
    },
  );
}

export function decideCollision(speakers: Speakers, isFreshInitiatedHere: boolean, existing: Rival): CollisionVerdict {
  switch (existing.state) {
    case 'Idle':
    case 'Connect':
    case 'Active':
    case 'OpenSent':
      // RFC 4271 §6.8: a collision cannot be detected with connections in Idle, Connect or Active; those in OpenSent only by
      // knowing the identifier from elsewhere. Whichever hears its OPEN later decides.
      return 'keep-both';
    case 'Established':
      // RFC 4724 §5: a new connection of a peer that had graceful restart takes the place of the old one, at once.
      // Ours: when its OPEN has come, so that a connection which says nothing ends no session.
      if (existing.mayBeReplaced && !isFreshInitiatedHere) return 'replace-existing';
      // RFC 4271 §6.8: unless configured otherwise, an Established connection closes the newly created one.
      return 'close-fresh';
    case 'OpenConfirm':
      break;
  }
  // Two connections from the same side are no collision of initiators: the one that is further along stays.
  if (isFreshInitiatedHere === existing.isInitiatedHere) return 'close-fresh';
  // RFC 4271 §6.8 (1), (2) speak of the existing connection as ours and of the new one as the peer's.
  // Ours: the connection opened by the speaker with the higher identifier is kept, whichever OPEN came first, which is the same
  // in that case and lets both sides reach one verdict in the others.
  return isFreshInitiatedHere === isLocalHigher(speakers) ? 'close-existing' : 'close-fresh';
}

/** RFC 4271 §6.8: identifiers as unsigned numbers; RFC 6286 §2.3: equal ones are settled by the larger AS number. */
function isLocalHigher(speakers: Speakers): boolean {
  if (speakers.localRouterId !== speakers.remoteRouterId) return speakers.localRouterId > speakers.remoteRouterId;
  return speakers.localAsn > speakers.remoteAsn;
}
