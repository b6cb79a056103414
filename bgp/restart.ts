// The restarting side of graceful restart (RFC 4724 §4.1): what this process knows of the one before it, whether routes are
// selected already or wait for the peers' End-of-RIB, and what R and F say in our OPENs. Which routes of a peer are kept while
// the peer is away is stale-routes.ts; when the shell's sources are read it says so here.

import type { NeighborConfig, NeighborOptionsConfig } from './config.ts';
import type { Configuration } from './configuration.ts';
import { families, type Family, familyByName } from './net/family.ts';
import type { Clock, TimerHandle } from './ports.ts';
import type { RestartView } from './views.ts';

/** What the shell knows when the process begins. */
export interface RestartOptions {
  readonly isRestarting: boolean;
  /** Families whose forwarding state outlived the last process. */
  readonly preservedFamilies: readonly string[];
}

/** A peer that may still hold our routes, and whose own are awaited before anything is chosen. */
export interface AwaitedPeer {
  readonly address: string;
  readonly families: readonly Family[];
  /** How long it keeps our routes without a session: the restart time that we offered. */
  readonly restartTimeSec: number;
}

export interface RestartDeps {
  readonly clock: Clock;
  /** The family need not wait any more: routes are selected, and updates go out. */
  readonly familyReleased: (family: Family) => void;
  readonly told: (change: 'begun' | 'ended', reason: string) => void;
}

/** RFC 4724 §4.1: the Selection_Deferral_Timer; its default is the upper bound that others use as well. */
export const DEFAULT_SELECTION_DEFERRAL_SEC = 360;

export class Restart {
  private readonly deps: RestartDeps;
  private options: RestartOptions = { isRestarting: false, preservedFamilies: [] };
  /** Without begin() nobody tells of sources: the configuration is all there is. */
  private synchronised = true;
  /** By family index: addresses whose End-of-RIB is awaited; undefined: the family does not wait. */
  private awaited: (Set<string> | undefined)[] = families.map(() => undefined);
  private deferralTimer: TimerHandle | undefined;
  private deferralEndsMs = 0;
  /** By address: how long each keeps our routes. */
  private readonly restartTimes = new Map<string, number>();
  private readonly absenceTimers = new Map<string, TimerHandle>();

  constructor(deps: RestartDeps) {
    this.deps = deps;
  }

  get isRestarting(): boolean {
    return this.options.isRestarting && this.isDeferring;
  }

  get isDeferring(): boolean {
    return this.awaited.some((waiting) => waiting !== undefined);
  }

  get hasSynchronised(): boolean {
    return this.synchronised;
  }

  isDeferred(family: Family): boolean {
    return this.awaited[family.index] !== undefined;
  }

  isPreserved(family: Family): boolean {
    return this.options.preservedFamilies.includes(family.name);
  }

  /** Before the first configuration. */
  begin(options: RestartOptions): void {
    this.options = options;
    this.synchronised = false;
  }

  /** The first configuration is there: who is awaited is known. */
  start(peers: readonly AwaitedPeer[], deferralSec: number): void {
    if (!this.options.isRestarting || peers.length === 0) return;
    const { clock } = this.deps;
    for (const family of families) {
      const waiting = peers.filter((peer) => peer.families.includes(family)).map(({ address }) => address);
      if (waiting.length > 0) this.awaited[family.index] = new Set(waiting);
    }
    this.deferralEndsMs = clock.nowMs() + deferralSec * 1000;
    this.deferralTimer = clock.setTimer(deferralSec * 1000, () => {
      this.deferralTimer = undefined;
      // RFC 4724 §4.1: "... or the Selection_Deferral_Timer expires".
      for (const family of families) this.release(family, 'the selection deferral time is over');
    });
    // A peer that has not come back in the restart time that we offered dropped our routes: there is nothing to protect any more.
    for (const { address, restartTimeSec } of peers) {
      this.restartTimes.set(address, restartTimeSec);
      this.absent(address);
    }
    this.deps.told('begun', `End-of-RIB of ${peers.map(({ address }) => address).join(', ')} is awaited`);
  }

  /** Another configuration: who would not be awaited under it is not awaited any more. */
  reconfigured(peers: readonly AwaitedPeer[]): void {
    const wanted = new Set(peers.map(({ address }) => address));
    for (const address of this.restartTimes.keys()) if (!wanted.has(address)) this.notAwaited(address);
  }

  /** A session is up: only in these families its End-of-RIB is awaited. */
  established(address: string, expected: readonly Family[]): void {
    const timer = this.absenceTimers.get(address);
    if (timer !== undefined) this.deps.clock.clearTimer(timer);
    this.absenceTimers.delete(address);
    for (const family of families) if (!expected.includes(family)) this.received(address, family);
  }

  /** A neighbor that nobody configured one by one is there, one of those that were awaited together under their prefix. */
  expect({ address, families: expected, restartTimeSec }: AwaitedPeer): void {
    for (const family of expected) this.awaited[family.index]?.add(address);
    if (this.isDeferring) this.restartTimes.set(address, restartTimeSec);
  }

  /** The session was lost again before End-of-RIB: the peer has its time once more. */
  absent(address: string): void {
    const sec = this.restartTimes.get(address);
    if (sec === undefined || !this.isDeferring || this.absenceTimers.has(address)) return;
    const timer = this.deps.clock.setTimer(sec * 1000, () => {
      this.absenceTimers.delete(address);
      this.notAwaited(address);
    });
    this.absenceTimers.set(address, timer);
  }

  /** End-of-RIB, or a reason to expect none. */
  received(address: string, family: Family): void {
    this.strike(address, family, 'every peer has sent its routes');
  }

  /** The neighbor is gone, shut down or away for too long. */
  notAwaited(address: string): void {
    for (const family of families)
      this.strike(address, family, `${address} is not awaited any more, and nobody else is`);
  }

  /** False when that was known already. */
  sourcesSynchronised(): boolean {
    if (this.synchronised) return false;
    this.synchronised = true;
    return true;
  }

  stop(): void {
    const { clock } = this.deps;
    if (this.deferralTimer !== undefined) clock.clearTimer(this.deferralTimer);
    for (const timer of this.absenceTimers.values()) clock.clearTimer(timer);
    this.absenceTimers.clear();
    this.restartTimes.clear();
    this.deferralTimer = undefined;
    this.awaited = families.map(() => undefined);
  }

  view(): RestartView {
    const isDeferring = this.isDeferring;
    return {
      isRestarting: this.isRestarting,
      isDeferring,
      deferralRemainingSec: isDeferring
        ? Math.max(0, Math.ceil((this.deferralEndsMs - this.deps.clock.nowMs()) / 1000))
        : undefined,
      awaited: families.flatMap((family) =>
        [...(this.awaited[family.index] ?? [])].map((address) => `${address} ${family.name}`),
      ),
      hasSynchronised: this.synchronised,
    };
  }

  private strike(address: string, family: Family, reason: string): void {
    const waiting = this.awaited[family.index];
    if (waiting === undefined || !waiting.delete(address) || waiting.size > 0) return;
    this.release(family, reason);
  }

  private release(family: Family, reason: string): void {
    if (this.awaited[family.index] === undefined) return;
    this.awaited[family.index] = undefined;
    this.deps.familyReleased(family);
    if (this.isDeferring) return;
    this.stop();
    this.deps.told('ended', reason);
  }
}

/**
 * Neighbors that were asked to wait for us, and may come up; `dynamic`: those that have come since. Who of a prefix was there is not
 * known: the prefix itself is awaited, as long as its neighbors keep our routes.
 */
export function listAwaited(
  { neighbors, ranges }: Configuration,
  dynamic: readonly NeighborConfig[],
): readonly AwaitedPeer[] {
  const configured = [...neighbors.values()].map(({ config }) => config);
  return [
    ...[...configured, ...dynamic].flatMap((config) => awaitedPeer(config.address, config)),
    ...ranges.flatMap(({ config, prefix }) => awaitedPeer(prefix.toString(), config.neighbor)),
  ];
}

export function awaitedPeer(address: string, config: NeighborOptionsConfig): readonly AwaitedPeer[] {
  const { gracefulRestart, heldDownReason, isShutdown } = config;
  if (gracefulRestart?.mode !== 'full' || isShutdown || heldDownReason !== undefined) return [];
  const { restartTimeSec } = gracefulRestart;
  return [{ address, families: config.families.flatMap((name) => familyByName(name) ?? []), restartTimeSec }];
}
