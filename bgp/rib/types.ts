// The outer face of the RIB room: what the speaker gives to a Rib and to its update groups, and what it
// gets back. Types and code points only; the classes are in rib.ts, peers.ts, next-hops.ts and
// update-groups.ts.

import type { BgpRole } from '../config.ts';
import type { Address } from '../net/address.ts';
import type { PeerKind } from '../net/peer-kind.ts';
import type { Prefix } from '../net/prefix.ts';
import type { Policy } from '../policy/policy.ts';

/** Number of a source of routes; 0 is this speaker itself. */
export type PeerIndex = number;

/** Path identifiers of this speaker's own routes tell where they began; less is preferred. */
export const LocalSource = { Network: 0, Redistributed: 1, Aggregate: 2 } as const;
export type LocalSource = (typeof LocalSource)[keyof typeof LocalSource];

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
  /** End-of-RIB went out before there was a way to send it routes; none follows the table. */
  readonly hasEndOfRib?: boolean;
  /** Takes whole UPDATE messages; the bytes are shared by members and never change afterwards. */
  send(bytes: Uint8Array, updates: number): void;
  /** Bytes accepted by send and not yet taken by the kernel. */
  queuedBytes(): number;
  /** The initial table is out and End-of-RIB was handed to send: once a session. */
  endOfRibSent(): void;
  /**
   * What a refresh asked for follows, then refreshEnded. `hasMarks`: between BoRR and EoRR where they were negotiated; not before
   * End-of-RIB, when a peer would not heed them (RFC 7313 §4).
   */
  refreshBegins(hasMarks: boolean): void;
  refreshEnded(): void;
}

/** Hears of best routes that no message can carry, so that the members of a group do not get them. */
export interface NotSentListener {
  /** Asked first: false while another route of the group would not be told of. */
  isListening(groupId: number): boolean;
  notSent(groupId: number, peers: readonly PeerIndex[], prefix: Prefix): void;
}

/** Everything that decides what a member is sent: members whose values are equal share one group (group-options.ts). */
export interface UpdateGroupOptions {
  readonly kind: PeerKind;
  /** Our AS number; within a confederation that of the member AS. */
  readonly localAsn: number;
  /** The number that the session shows as ours: local-as, the confederation's identifier, or `localAsn`. Prepends of `own`, OTC. */
  readonly shownAsn: number;
  /** Put before the AS path, leftmost first: confederation peers get it as AS_CONFED_SEQUENCE; empty towards iBGP and route-server clients. */
  readonly prepend: readonly number[];
  /** Written in place of another number in the path (as-override). */
  readonly asOverride: { readonly from: number; readonly to: number } | undefined;
  readonly removePrivateAs: 'remove' | 'replace' | undefined;
  /** The members' AS number where it is a private one that would be removed: without it they would not know a loop. */
  readonly keptPrivateAs?: number | undefined;
  /** The next hop to write where ours goes out. IPv6 for IPv4 routes only with `hasExtendedNextHop`. */
  readonly nextHop: Address;
  /** RFC 2545 §3: added to an IPv6 next hop of ours when the peer shares the link. */
  readonly linkLocalNextHop: Address | undefined;
  readonly nextHopMode: NextHopMode;
  /** The link shared with the peer: next hops on it keep their link-local half where they stay (RFC 2545 §3). */
  readonly linkName: string | undefined;
  /** RFC 8950: the peer takes IPv6 next hops for IPv4 routes. */
  readonly hasExtendedNextHop: boolean;
  /** AS numbers of four octets were negotiated (RFC 6793). */
  readonly isFourOctetAs: boolean;
  /** RFC 8654: 4,096, or 65,535 when the peer takes extended messages. */
  readonly maxMessageLength: number;
  /** RFC 4456: an iBGP peer that is our client. */
  readonly isReflectorClient: boolean;
  /** RFC 4456 §7. */
  readonly clusterId: number;
  /** RFC 7947: AS path, next hop and MED pass as they are. */
  readonly isRouteServerClient: boolean;
  /** RFC 9234: what we are to the peer. */
  readonly role: BgpRole | undefined;
  /** RFC 7311 §3.3; absent: on for all but external peers. */
  readonly isAigpSession?: boolean;
  /** RFC 9494 §4.3: the peer takes stale routes. */
  readonly hasLongLived: boolean;
  /** RFC 8326: everything goes out with GRACEFUL_SHUTDOWN. */
  readonly isGracefulShutdown: boolean;
  /** RFC 7911: this many paths a prefix, 0: all; undefined: the best one without path identifiers. */
  readonly addPathLimit: number | undefined;
  /** The default route is announced whether the table has one or not, changed by this policy. */
  readonly defaultOriginate: Policy | undefined;
  readonly exportPolicy: Policy;
}

/** See NeighborFamilyConfig.nextHop. */
export type NextHopMode = 'default' | 'self' | 'self-all' | 'unchanged';
