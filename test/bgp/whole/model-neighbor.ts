// The slow model of one neighbor: its session, and what graceful restart keeps of it. Written from the text of RFC 4724 §4.2,
// RFC 8538 §4, RFC 9494 §4.2 and RFC 7313 §4; of the speaker it knows only what bgp/README.md says where these leave a choice. Each
// family has a plain list of routes with an age (../rib/model.ts), a phase and a deadline. What routes mean is ../rib/model.ts.

import type { BgpRole } from '#bgp/config.ts';
import type { FamilyName } from '#bgp/net/family.ts';
import type { PeerKind } from '#bgp/net/peer-kind.ts';
import { Known, type Model, type ModelPeer } from '../rib/model.ts';
import type { FarOpen } from './octets-out.ts';

export const familyNames = ['ipv4-unicast', 'ipv6-unicast'] as const satisfies readonly FamilyName[];

/** What is configured of a neighbor for the whole of a history. */
export interface Neighborhood {
  readonly address: string;
  readonly kind: PeerKind;
  readonly asn: number;
  readonly isClient: boolean;
  readonly isRouteServerClient: boolean;
  readonly role: BgpRole | undefined;
  readonly restart: 'off' | 'helper' | 'full';
  readonly restartTimeSec: number;
  readonly stalePathSec: number;
  readonly hasNotification: boolean;
  readonly longLivedStaleSec: number | undefined;
  readonly takesPaths: boolean;
  readonly sendsPaths: boolean;
}

/** How a session ends: without a word, by a NOTIFICATION of either side, or for good. */
export type End = 'broken' | 'notification' | 'hard';

/**
 * `away`: within the restart time; `long-lived`: after it; `resending`: back, End-of-RIB has not come; `refreshing`: between BoRR
 * and EoRR.
 */
export type Phase = 'none' | 'away' | 'long-lived' | 'resending' | 'refreshing';

export class ModelFamily {
  readonly name: FamilyName;
  readonly model: Model;
  readonly peer: ModelPeer;
  phase: Phase = 'none';
  deadlineMs = Infinity;
  /** RFC 9494 §4.2: the session is back, but the long-lived time goes on until End-of-RIB. */
  wasLongLived = false;
  longLivedSec = 0;
  /** In this session, before End-of-RIB. */
  hasTimeRunOut = false;
  /** In this session. */
  hasEndOfRib = false;

  constructor(name: FamilyName, model: Model, peer: ModelPeer) {
    this.name = name;
    this.model = model;
    this.peer = peer;
  }

  forget(): void {
    this.model.removePeer(this.peer);
    this.rest();
  }

  rest(): void {
    this.phase = 'none';
    this.wasLongLived = false;
    this.deadlineMs = Infinity;
  }

  /** What the peer did not announce again goes. */
  sweep(): void {
    this.model.removePeer(this.peer, ['stale', 'long-lived', 'refreshing']);
    this.rest();
  }

  stale(): number {
    return this.model.pathsOf(this.peer).filter(({ path }) => path.age !== 'current').length;
  }

  becomeLongLived(): void {
    for (const { prefix, path } of this.model.pathsOf(this.peer)) {
      // RFC 9494 §4.2: "any routes ... that have the NO_LLGR community" are not retained.
      if (path.attributes.communities.includes(Known.NoLlgr)) this.model.withdraw(this.peer, prefix, path.pathId);
      else path.age = 'long-lived';
    }
    this.phase = 'long-lived';
    this.wasLongLived = true;
  }
}

export class ModelNeighbor {
  readonly setting: Neighborhood;
  readonly families: readonly ModelFamily[];
  session: FarOpen | undefined;
  establishedMs = 0;
  /** In the life of this process. */
  hadSession = false;
  isShutdown = false;
  /** How often our number may stand in a path, for what comes from now on. */
  allowAsIn = 0;

  constructor(setting: Neighborhood, families: readonly ModelFamily[]) {
    this.setting = setting;
    this.families = families;
  }

  has(family: FamilyName): boolean {
    return this.session?.families.includes(family) === true;
  }

  /** RFC 7911 §4: the peer's paths have identifiers. */
  hasPathIds(family: FamilyName): boolean {
    return this.setting.takesPaths && this.has(family) && this.session?.sendsPaths.includes(family) === true;
  }

  /** RFC 4724 §3: the capability counts where both sides sent it; RFC 9494 §4.1: and only beside it the other one does. */
  restartOf(open: FarOpen): FarOpen['restart'] {
    return this.setting.restart === 'off' ? undefined : open.restart;
  }

  longLivedOf(open: FarOpen, family: FamilyName): { isForwardingPreserved: boolean; staleSec: number } | undefined {
    const isAgreed = this.setting.longLivedStaleSec !== undefined && this.restartOf(open) !== undefined;
    return isAgreed && open.families.includes(family) ? open.longLived?.get(family) : undefined;
  }

  established(open: FarOpen, nowMs: number): void {
    this.session = open;
    this.establishedMs = nowMs;
    this.hadSession = true;
    for (const family of this.families) {
      family.hasEndOfRib = false;
      family.hasTimeRunOut = false;
      family.peer.routerId = open.routerId;
      if (family.phase === 'none') continue;
      // RFC 4724 §4.2 and RFC 9494 §4.2, which has F bits of its own: routes go at once "if the F-bit is not set", "if a specific
      // address family is not included", "or if the capability isn't received in the re-established session at all".
      const isLongLived = family.phase === 'long-lived';
      const isPreserved = isLongLived
        ? this.longLivedOf(open, family.name)?.isForwardingPreserved
        : open.families.includes(family.name) && this.restartOf(open)?.families.get(family.name);
      if (isPreserved !== true) {
        family.forget();
        continue;
      }
      family.phase = 'resending';
      family.wasLongLived = isLongLived;
      if (!isLongLived) family.deadlineMs = nowMs + this.setting.stalePathSec * 1000;
    }
  }

  lost(end: End, nowMs: number): void {
    const { session } = this;
    this.session = undefined;
    if (session === undefined) return;
    const restart = this.restartOf(session);
    // RFC 8538 §4: a NOTIFICATION is survived where both sides have set N, a Hard Reset never.
    const hasNotification = this.setting.hasNotification && restart?.hasNotification === true;
    const isKept = restart !== undefined && (end === 'broken' || (end === 'notification' && hasNotification));
    for (const family of this.families) {
      family.peer.session = undefined;
      const isListed = session.families.includes(family.name) && restart?.families.has(family.name) === true;
      const longLivedSec = this.longLivedOf(session, family.name)?.staleSec ?? 0;
      // RFC 9494 §4.2: whose long-lived time is over has nothing left when the peer goes again before it has sent everything.
      if (!isKept || (!isListed && longLivedSec === 0) || (family.hasTimeRunOut && !family.hasEndOfRib)) {
        family.forget();
        continue;
      }
      family.longLivedSec = longLivedSec;
      if (family.phase === 'resending' && family.wasLongLived) {
        // RFC 9494 §4.2: the timer goes on. Ours: it counts for what came in between as well.
        family.becomeLongLived();
        continue;
      }
      // RFC 4724 §4.2: "a route (from the peer) previously marked as stale MUST be deleted".
      family.model.removePeer(family.peer, ['stale', 'long-lived']);
      for (const { path } of family.model.pathsOf(family.peer)) path.age = 'stale';
      family.wasLongLived = false;
      family.phase = 'away';
      // RFC 9494 §4.2: "the GR Restart Time shall be deemed zero" for families that are not listed.
      family.deadlineMs = nowMs + (isListed && restart !== undefined ? restart.timeSec : 0) * 1000;
      if (family.deadlineMs <= nowMs) this.expired(family);
    }
  }

  /** Somebody ended it here, whether there is a session or not. */
  forget(nowMs: number): void {
    this.lost('hard', nowMs);
    for (const family of this.families) family.forget();
  }

  endOfRib(family: ModelFamily): void {
    family.hasEndOfRib = true;
    if (family.phase === 'resending') family.sweep();
  }

  /** BoRR. */
  refreshBegun(family: ModelFamily, nowMs: number): void {
    const { session } = this;
    // RFC 7313 §4: of a peer with graceful restart it is ignored before End-of-RIB. Ours: where both sides have it.
    if (session !== undefined && this.restartOf(session) !== undefined && !family.hasEndOfRib) return;
    if (family.phase === 'resending') return;
    for (const { path } of family.model.pathsOf(family.peer)) path.age = 'refreshing';
    family.phase = 'refreshing';
    family.deadlineMs = nowMs + (this.setting.restart === 'off' ? 360 : this.setting.stalePathSec) * 1000;
  }

  /** EoRR. */
  refreshEnded(family: ModelFamily): void {
    if (family.phase === 'refreshing') family.sweep();
  }

  /** A deadline has come. */
  expired(family: ModelFamily): void {
    const { deadlineMs, longLivedSec, phase } = family;
    family.deadlineMs = Infinity;
    // RFC 9494 §4.2: the long-lived time begins where the restart time ends.
    if (phase === 'away' && longLivedSec > 0) {
      family.becomeLongLived();
      family.deadlineMs = deadlineMs + longLivedSec * 1000;
    } else if (phase === 'away' || phase === 'long-lived') family.forget();
    else {
      family.hasTimeRunOut = phase === 'resending' && family.wasLongLived;
      family.sweep();
    }
  }
}
