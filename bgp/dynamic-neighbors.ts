// Neighbors that nobody configured one by one: whoever connects from within a configured prefix gets a neighbor made from the
// prefix's template, up to a limit, and loses it a while after the session ended. Decides only; speaker.ts makes and removes them.

import type { DynamicNeighborConfig, NeighborConfig } from './config.ts';
import { parseAddress } from './net/address.ts';
import type { Prefix } from './net/prefix.ts';
import type { Clock, TimerHandle } from './ports.ts';
import type { DynamicNeighborsView } from './views.ts';

export interface ConfiguredRange {
  readonly config: DynamicNeighborConfig;
  readonly prefix: Prefix;
}

export interface DynamicNeighborsDeps {
  readonly clock: Clock;
  readonly remove: (address: string, prefix: string) => void;
}

/** What a stranger is: a neighbor to be, one too many, or nobody (undefined). */
export type Candidate =
  | { readonly type: 'welcome'; readonly prefix: string; readonly config: NeighborConfig }
  | { readonly type: 'full'; readonly prefix: string; readonly limit: number; readonly isTold: boolean };

/** A neighbor without a session is kept this long: a short outage keeps its counters, its history and its place. */
const KEEP_MS = 60_000;
/** Strangers decide how often they connect: told once in this time. */
const TELL_MS = 10_000;

interface Range {
  readonly configured: ConfiguredRange;
  /** Addresses, each with the timer that removes it while it has no session. */
  readonly members: Map<string, TimerHandle | undefined>;
  refused: number;
  toldMs: number;
}

export class DynamicNeighbors {
  private readonly deps: DynamicNeighborsDeps;
  private ranges: readonly Range[] = [];

  constructor(deps: DynamicNeighborsDeps) {
    this.deps = deps;
  }

  /** Answers the addresses whose prefix is gone; their neighbors are the caller's to remove. */
  configure(configured: readonly ConfiguredRange[]): readonly string[] {
    const before = this.ranges;
    this.ranges = configured.map((range) => {
      const known = before.find((other) => other.configured.prefix.toString() === range.prefix.toString());
      return known === undefined
        ? { configured: range, members: new Map(), refused: 0, toldMs: Number.NEGATIVE_INFINITY }
        : { ...known, configured: range };
    });
    const kept = new Set(this.ranges.flatMap(({ members }) => [...members.keys()]));
    const gone = before.filter((range) => !this.ranges.some(({ members }) => members === range.members));
    for (const { members } of gone) for (const timer of members.values()) this.clear(timer);
    return gone.flatMap(({ members }) => [...members.keys()]).filter((address) => !kept.has(address));
  }

  /** Of every member, as it is now. */
  configs(): readonly NeighborConfig[] {
    return this.ranges.flatMap((range) => [...range.members.keys()].map((address) => configFor(range, address)));
  }

  prefixOf(address: string): string | undefined {
    return this.rangeOf(address)?.configured.prefix.toString();
  }

  /** Whether a connection from this address would be taken; nothing changes. */
  candidate(remoteAddress: string): Candidate | undefined {
    const range = this.find(remoteAddress);
    if (range === undefined) return undefined;
    const prefix = range.configured.prefix.toString();
    const { limit } = range.configured.config;
    if (range.members.size < limit) return { type: 'welcome', prefix, config: configFor(range, remoteAddress) };
    return { type: 'full', prefix, limit, isTold: this.deps.clock.nowMs() - range.toldMs < TELL_MS };
  }

  /** A connection was refused for the limit. */
  refused(remoteAddress: string): void {
    const range = this.find(remoteAddress);
    if (range === undefined) return;
    range.refused++;
    const nowMs = this.deps.clock.nowMs();
    if (nowMs - range.toldMs >= TELL_MS) range.toldMs = nowMs;
  }

  added(address: string): void {
    const range = this.find(address);
    if (range === undefined) return;
    range.members.set(address, undefined);
    this.idle(address);
  }

  /** The session is up, or routes of it are still kept: it stays. */
  busy(address: string): void {
    const range = this.rangeOf(address);
    if (range === undefined) return;
    this.clear(range.members.get(address));
    range.members.set(address, undefined);
  }

  /** There is no session and nothing is kept: it goes unless it comes back. */
  idle(address: string): void {
    const range = this.rangeOf(address);
    if (range === undefined) return;
    this.clear(range.members.get(address));
    const timer = this.deps.clock.setTimer(KEEP_MS, () => {
      range.members.delete(address);
      this.deps.remove(address, range.configured.prefix.toString());
    });
    range.members.set(address, timer);
  }

  /** Its neighbor was removed by somebody else. */
  removed(address: string): void {
    const range = this.rangeOf(address);
    this.clear(range?.members.get(address));
    range?.members.delete(address);
  }

  stop(): void {
    for (const { members } of this.ranges) {
      for (const timer of members.values()) this.clear(timer);
      members.clear();
    }
  }

  view(): readonly DynamicNeighborsView[] {
    return this.ranges.map(({ configured, members, refused }) => ({
      prefix: configured.prefix.toString(),
      limit: configured.config.limit,
      count: members.size,
      refused,
    }));
  }

  private find(remoteAddress: string): Range | undefined {
    const address = parseAddress(remoteAddress.replace(/%.*$/, ''));
    if (address === undefined) return undefined;
    return this.ranges.find(({ configured }) => configured.prefix.containsAddress(address));
  }

  private rangeOf(address: string): Range | undefined {
    return this.ranges.find(({ members }) => members.has(address));
  }

  private clear(timer: TimerHandle | undefined): void {
    if (timer !== undefined) this.deps.clock.clearTimer(timer);
  }
}

function configFor(range: Range, address: string): NeighborConfig {
  // It is known only because it connected: the other direction is not tried (its port may be anything).
  return { ...range.configured.config.neighbor, address, isPassive: true };
}
