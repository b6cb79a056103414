// The outer face of the RIB room: what the speaker gives to a Rib and to its update groups, and what it
// gets back. Types and code points only; the classes are in rib.ts, peers.ts, next-hops.ts and
// update-groups.ts.

import type { Address } from '../net/address.ts';
import type { Prefix } from '../net/prefix.ts';
import type { Policy } from '../policy/policy.ts';

/** Number of a source of routes; 0 is this speaker itself. */
export type PeerIndex = number;

/** What {@link Rib.work} has left to do. */
export const WorkState = {
  /** Nothing: call again after the next event. */
  Idle: 0,
  /** More right now: call again in the next slice. */
  More: 1,
  /** Only members whose sockets are full wait: call again when one of them has drained. */
  Blocked: 2,
} as const;
export type WorkState = (typeof WorkState)[keyof typeof WorkState];

/** A session as the update groups see it. */
export interface GroupMember {
  readonly peer: PeerIndex;
  /** Takes whole UPDATE messages; the bytes are shared by members and never change afterwards. */
  send(bytes: Uint8Array, updates: number): void;
  /** Bytes accepted by send and not yet taken by the kernel. */
  queuedBytes(): number;
  /** The initial table (or a refresh) is out and End-of-RIB was handed to send. */
  endOfRibSent(): void;
}

/** Hears of best routes that no message can carry, so that the members of a group do not get them. */
export interface NotSentListener {
  /** Asked first: false while another route of the group would not be told of. */
  isListening(groupId: number): boolean;
  notSent(groupId: number, peers: readonly PeerIndex[], prefix: Prefix): void;
}

/** Everything that decides what a member is sent: members whose values are equal share one group. */
export interface UpdateGroupOptions {
  readonly isIbgp: boolean;
  readonly localAsn: number;
  /** The next hop to write where ours goes out. */
  readonly nextHop: Address;
  /** RFC 2545 §3: added to an IPv6 next hop when the peer shares the link. */
  readonly linkLocalNextHop: Address | undefined;
  /** Write our next hop towards iBGP too. */
  readonly isNextHopSelf: boolean;
  /** AS numbers of four octets were negotiated (RFC 6793). */
  readonly isFourOctetAs: boolean;
  readonly exportPolicy: Policy;
}
