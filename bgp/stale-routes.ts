// The helper side of graceful restart for one neighbor: which of its routes are kept when a session is lost, for how long, and
// when the rest goes (RFC 4724 §4.2, RFC 8538 §4.2, RFC 9494 §4.2 and §4.3). Also the clock of a route refresh with markers
// (RFC 7313), since both leave stale routes behind. What "stale" means to the decision process is rib/'s.

import { families, type Family } from './net/family.ts';
import type { Clock, TimerHandle } from './ports.ts';
import type { PeerIndex } from './rib/types.ts';

/** What of a Rib is needed here. */
export interface StaleTable {
  received(peer: PeerIndex): number;
  stale(peer: PeerIndex): number;
  /** What is stale already stays so. */
  keepPeer(peer: PeerIndex): void;
  sweepStale(peer: PeerIndex): void;
  makeLongLived(peer: PeerIndex): void;
  removePeer(peer: PeerIndex): void;
}

/** The peer's side of one family, from its last OPEN. */
export interface PeerRestartFamily {
  readonly family: Family;
  readonly isForwardingPreserved: boolean;
}

export interface PeerLongLivedFamily extends PeerRestartFamily {
  readonly staleSec: number;
}

/** From the two OPENs of a session; undefined where graceful restart does not apply to it. */
export interface PeerRestart {
  readonly restartTimeSec: number;
  readonly families: readonly PeerRestartFamily[];
  readonly longLived: readonly PeerLongLivedFamily[];
}

export interface StaleRoutesDeps {
  readonly index: PeerIndex;
  readonly clock: Clock;
  /** By family index. */
  readonly tables: readonly StaleTable[];
  readonly told: (family: Family, change: 'kept' | 'long-lived' | 'removed', routes: number, reason: string) => void;
  readonly refreshTold: (family: Family, change: 'begun' | 'ended' | 'timed-out', removed: number) => void;
  /** Nothing is stale any more and no session is awaited. */
  readonly forgotten: () => void;
}

/**
 * `away`: the session is lost and the peer has its restart time to come back; `long-lived`: it had, and RFC 9494 goes on;
 * `resending`: it is back and sends its routes; `refreshing`: between BoRR and EoRR.
 */
type Phase = 'none' | 'away' | 'long-lived' | 'resending' | 'refreshing';

interface FamilyPhase {
  phase: Phase;
  /** The session is back, but the routes are still those of the long-lived phase. */
  isLongLived: boolean;
  /** The long-lived time ended while the peer was sending its routes again, and End-of-RIB has not come yet. */
  isTimeOver: boolean;
  timer: TimerHandle | undefined;
  endsMs: number;
  longLivedSec: number;
}

export class StaleRoutes {
  private readonly deps: StaleRoutesDeps;
  private readonly phases: readonly FamilyPhase[];

  constructor(deps: StaleRoutesDeps) {
    this.deps = deps;
    this.phases = families.map(() => ({
      phase: 'none',
      isLongLived: false,
      isTimeOver: false,
      timer: undefined,
      endsMs: 0,
      longLivedSec: 0,
    }));
  }

  /** The peer is away and routes of it are kept. */
  get isAway(): boolean {
    return this.phases.some(({ phase }) => phase === 'away' || phase === 'long-lived');
  }

  /** The session ended, and what the RFCs say in such a case is to keep the routes of these families. */
  lost(negotiated: readonly Family[], restart: PeerRestart, reason: string): void {
    const { index, tables } = this.deps;
    for (const family of families) {
      const state = this.phases[family.index];
      const table = tables[family.index];
      const isListed = restart.families.some((entry) => entry.family === family);
      const longLivedSec = restart.longLived.find((entry) => entry.family === family)?.staleSec ?? 0;
      if (!negotiated.includes(family) || (!isListed && longLivedSec === 0)) {
        if (negotiated.includes(family) || state.phase !== 'none') this.drop(family, 'not kept by graceful restart');
        continue;
      }
      // RFC 9494 §4.2: lost "prior to becoming synchronized, any remaining routes (for the AFI/SAFI whose timer expired) MUST
      // be removed immediately".
      if (state.isTimeOver) {
        table.keepPeer(index);
        this.drop(family, 'the long-lived stale time was over before End-of-RIB');
        continue;
      }
      const { phase, isLongLived } = state;
      // RFC 4724 §4.2: "a route (from the peer) previously marked as stale MUST be deleted". RFC 9494 §4.2 excepts long-lived
      // ones: their timer goes on running.
      const goesOnLongLived = phase === 'resending' && isLongLived;
      state.longLivedSec = longLivedSec;
      if (goesOnLongLived) {
        table.keepPeer(index);
        table.makeLongLived(index);
        state.phase = 'long-lived';
        continue;
      }
      if (phase === 'refreshing') this.clearTimer(state);
      // What a refresh had not come to yet is not stale in that sense.
      if (phase === 'resending') table.sweepStale(index);
      table.keepPeer(index);
      if (table.stale(index) > 0) this.deps.told(family, 'kept', table.stale(index), reason);
      state.isLongLived = false;
      // RFC 9494 §4.2: "the GR Restart Time shall be deemed zero" for families that the peer's other capability does not list.
      if (isListed && restart.restartTimeSec > 0) {
        state.phase = 'away';
        this.setTimer(family, restart.restartTimeSec, () => this.restartTimeOver(family));
      } else {
        // RFC 9494 §4.2: a Restart Time of zero begins with the long-lived phase.
        this.restartTimeOver(family);
      }
    }
  }

  /** The session ended for good: nothing is kept. */
  ended(negotiated: readonly Family[]): void {
    for (const family of families) {
      const state = this.phases[family.index];
      if (!negotiated.includes(family) && state.phase === 'none') continue;
      this.clearTimer(state);
      state.phase = 'none';
      state.isLongLived = false;
      state.isTimeOver = false;
      this.deps.tables[family.index].removePeer(this.deps.index);
    }
  }

  /** The neighbor was shut down, cleared or removed: routes of a session that is gone already go now. */
  dropAll(reason: string): void {
    const wasAway = this.isAway;
    for (const family of families) {
      if (this.phases[family.index].phase !== 'none') this.drop(family, reason);
    }
    if (wasAway) this.deps.forgotten();
  }

  /** The session is back; what its OPEN says decides what remains (RFC 4724 §4.2). */
  established(negotiated: readonly Family[], restart: PeerRestart | undefined, stalePathSec: number): void {
    for (const family of families) {
      const state = this.phases[family.index];
      if (state.phase === 'none') continue;
      const wasLongLived = state.phase === 'long-lived';
      const entries = wasLongLived ? restart?.longLived : restart?.families;
      const entry = entries?.find((candidate) => candidate.family === family);
      if (entry === undefined || !negotiated.includes(family)) {
        this.drop(family, 'the new session does not have the family with graceful restart');
      } else if (!entry.isForwardingPreserved) {
        // RFC 4724 §4.2: "immediately remove all the stale routes"; RFC 9494 §4.2 the same of its own F bit.
        this.drop(family, 'the peer did not preserve its forwarding state');
      } else {
        state.phase = 'resending';
        state.isLongLived = wasLongLived;
        // The long-lived timer goes on until End-of-RIB (RFC 9494 §4.2); otherwise ours bounds the wait.
        if (!wasLongLived) {
          this.setTimer(family, stalePathSec, () => this.drop(family, 'End-of-RIB did not come in time', true));
        }
      }
    }
  }

  /** What the peer did not send again goes. */
  endOfRib(family: Family): void {
    this.phases[family.index].isTimeOver = false;
    if (this.phases[family.index].phase === 'resending') this.drop(family, 'not announced again by End-of-RIB', true);
  }

  /** BoRR (RFC 7313 §4); false when it has no place here. */
  refreshBegun(family: Family, limitSec: number): boolean {
    const state = this.phases[family.index];
    // Before End-of-RIB the peer must not send it: the routes that are stale then are those of the session before.
    if (state.phase !== 'none' && state.phase !== 'refreshing') return false;
    this.deps.tables[family.index].keepPeer(this.deps.index);
    state.phase = 'refreshing';
    this.setTimer(family, limitSec, () => this.refreshOver(family, 'timed-out'));
    this.deps.refreshTold(family, 'begun', 0);
    return true;
  }

  /** EoRR without BoRR says nothing. */
  refreshEnded(family: Family): void {
    if (this.phases[family.index].phase === 'refreshing') this.refreshOver(family, 'ended');
  }

  stop(): void {
    for (const state of this.phases) this.clearTimer(state);
  }

  remainingSec(family: Family): number | undefined {
    const state = this.phases[family.index];
    if (state.timer === undefined) return undefined;
    return Math.max(0, Math.ceil((state.endsMs - this.deps.clock.nowMs()) / 1000));
  }

  /** How long the peer still has to come back; undefined: it is not awaited. */
  get restartRemainingSec(): number | undefined {
    const family = families.find(({ index }) => this.phases[index].phase === 'away');
    return family === undefined ? undefined : this.remainingSec(family);
  }

  isLongLived(family: Family): boolean {
    const { phase, isLongLived } = this.phases[family.index];
    return phase === 'long-lived' || isLongLived;
  }

  private restartTimeOver(family: Family): void {
    const state = this.phases[family.index];
    const { index, tables } = this.deps;
    this.clearTimer(state);
    if (state.longLivedSec === 0) {
      this.drop(family, 'the peer did not come back in its restart time');
      return;
    }
    state.phase = 'long-lived';
    tables[family.index].makeLongLived(index);
    const routes = tables[family.index].stale(index);
    if (routes > 0) this.deps.told(family, 'long-lived', routes, `for ${state.longLivedSec} s`);
    this.setTimer(family, state.longLivedSec, () => {
      const isBack = state.phase === 'resending';
      this.drop(family, 'the long-lived stale time is over', isBack);
      state.isTimeOver = isBack;
    });
  }

  private refreshOver(family: Family, change: 'ended' | 'timed-out'): void {
    const state = this.phases[family.index];
    const { index, tables } = this.deps;
    const removed = tables[family.index].stale(index);
    this.clearTimer(state);
    state.phase = 'none';
    tables[family.index].sweepStale(index);
    this.deps.refreshTold(family, change, removed);
  }

  /** `isBack`: a session stands, and only what it did not announce again goes. */
  private drop(family: Family, reason: string, isBack = false): void {
    const state = this.phases[family.index];
    const { index, tables, told } = this.deps;
    const table = tables[family.index];
    const routes = table.stale(index);
    this.clearTimer(state);
    state.phase = 'none';
    state.isLongLived = false;
    state.isTimeOver = false;
    if (isBack) table.sweepStale(index);
    else table.removePeer(index);
    if (routes > 0) told(family, 'removed', routes, reason);
  }

  private setTimer(family: Family, sec: number, expired: () => void): void {
    const state = this.phases[family.index];
    const { clock } = this.deps;
    this.clearTimer(state);
    state.endsMs = clock.nowMs() + sec * 1000;
    state.timer = clock.setTimer(sec * 1000, () => {
      state.timer = undefined;
      expired();
      if (!this.isAway) this.deps.forgotten();
    });
  }

  private clearTimer(state: FamilyPhase): void {
    if (state.timer !== undefined) this.deps.clock.clearTimer(state.timer);
    state.timer = undefined;
  }
}
