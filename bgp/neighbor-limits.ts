// What limits on prefixes do to a neighbor: hands them to the RIBs, fetches what they refused once there is room, and keeps the
// neighbor down after it announced too many, for as long as is configured or until somebody looks (RFC 4271 §8.1.1 leaves it to
// us). When a limit is reached is prefix-limit.ts.

import type { MaxPrefixesConfig, NeighborConfig } from './config.ts';
import { families, type Family } from './net/family.ts';
import type { Clock, TimerHandle } from './ports.ts';
import { type Level, PrefixLimit } from './prefix-limit.ts';
import type { Rib } from './rib/rib.ts';
import type { PeerIndex } from './rib/types.ts';
import type { NotificationError } from './wire/notification.ts';

export interface NeighborLimitsDeps {
  readonly index: PeerIndex;
  /** By family index. */
  readonly ribs: readonly Rib[];
  readonly clock: Clock;
  readonly told: (family: Family, level: Level, prefixes: number, config: MaxPrefixesConfig) => void;
  /** Asks the peer for its routes again. */
  readonly fetch: (family: Family) => void;
  /** The neighbor is to stay down, or need not any more: effective() has changed. */
  readonly holdChanged: () => void;
}

interface Hold {
  readonly reason: string;
  /** undefined: until somebody clears it. */
  readonly timer: TimerHandle | undefined;
  readonly endsMs: number;
}

/** A refresh costs the peer its whole table; routes that come and go beside a full one would ask for it each time. */
const FETCH_INTERVAL_MS = 30_000;

interface Fetch {
  lastMs: number;
  timer: TimerHandle | undefined;
}

export class NeighborLimits {
  readonly counter: PrefixLimit;
  private readonly deps: NeighborLimitsDeps;
  private readonly fetches: readonly Fetch[];
  private hold: Hold | undefined;

  constructor(deps: NeighborLimitsDeps) {
    this.deps = deps;
    this.fetches = families.map(() => ({ lastMs: Number.NEGATIVE_INFINITY, timer: undefined }));
    this.counter = new PrefixLimit(deps);
  }

  /** Why the neighbor stays down, and for how long; undefined: it need not for our sake. */
  get holdReason(): string | undefined {
    const { hold } = this;
    if (hold?.timer === undefined) return hold?.reason;
    const sec = Math.max(0, Math.ceil((hold.endsMs - this.deps.clock.nowMs()) / 1000));
    return `${hold.reason}; tried again in ${sec} s`;
  }

  /** The configuration as the session shall see it. */
  effective(config: NeighborConfig): NeighborConfig {
    const { hold } = this;
    return hold === undefined ? config : { ...config, heldDownReason: config.heldDownReason ?? hold.reason };
  }

  configure(config: NeighborConfig): void {
    const { index, ribs } = this.deps;
    for (const family of families) {
      const limits = config.familyOptions?.[family.name]?.maxPrefixes;
      this.counter.configure(family, limits);
      // Beyond the limit nothing is taken, whatever follows: a peer cannot fill the table before its session has ended.
      const isBounded = limits !== undefined && limits.action !== 'warn';
      ribs[family.index].setLimit(index, isBounded ? limits.limit : undefined);
    }
    this.forgetFetches();
  }

  /** The session ended: the next one is told of anew, and fetches as soon as it has reason to. */
  sessionEnded(): void {
    this.counter.reset();
    this.forgetFetches();
  }

  /** Routes have come: what the session must end with, for too many of them. */
  announced(family: Family): NotificationError | undefined {
    const { index, ribs } = this.deps;
    const rib = ribs[family.index];
    const fault = this.counter.check(family, rib.announced(index), rib.refused(index));
    const limits = this.counter.configOf(family);
    if (fault !== undefined && limits !== undefined) this.holdDown(family, limits);
    return fault;
  }

  withdrawn(family: Family): void {
    const { index, ribs } = this.deps;
    const rib = ribs[family.index];
    if (rib.refused(index) > 0) this.fetchRefused(family);
    this.counter.fell(family, rib.announced(index), rib.refused(index));
  }

  /** Where routes were refused and there is room again they are fetched, now or once the last time is long enough ago. */
  fetchRefused(family: Family): void {
    const { clock, fetch, index, ribs } = this.deps;
    const known = this.fetches[family.index];
    if (known.timer !== undefined || ribs[family.index].refused(index) === 0) return;
    const waitMs = known.lastMs + FETCH_INTERVAL_MS - clock.nowMs();
    if (waitMs > 0) {
      known.timer = clock.setTimer(waitMs, () => {
        known.timer = undefined;
        this.fetchRefused(family);
      });
      return;
    }
    if (!ribs[family.index].takeRoom(index)) return;
    known.lastMs = clock.nowMs();
    fetch(family);
  }

  /** A lower limit may have been passed long ago: what the session is to be ended with. */
  enforce(carried: readonly Family[]): NotificationError | undefined {
    for (const family of carried) {
      const fault = this.announced(family);
      if (fault !== undefined) return fault;
    }
    return undefined;
  }

  /** Somebody looked, or the limits are others. */
  release(): void {
    if (this.hold === undefined) return;
    this.endHold();
    this.deps.holdChanged();
  }

  /** The neighbor is gone. */
  stop(): void {
    this.endHold();
    this.forgetFetches();
  }

  private forgetFetches(): void {
    for (const known of this.fetches) {
      if (known.timer !== undefined) this.deps.clock.clearTimer(known.timer);
      known.timer = undefined;
      known.lastMs = Number.NEGATIVE_INFINITY;
    }
  }

  private endHold(): void {
    if (this.hold?.timer !== undefined) this.deps.clock.clearTimer(this.hold.timer);
    this.hold = undefined;
  }

  private holdDown(family: Family, { action, limit, restartSec }: MaxPrefixesConfig): void {
    const { clock, holdChanged } = this.deps;
    this.endHold();
    const sec = action === 'restart' ? restartSec : undefined;
    const timer = sec === undefined ? undefined : clock.setTimer(sec * 1000, () => this.release());
    const reason = `more than ${limit} prefixes of ${family.name}`;
    const hold: Hold = { reason, timer, endsMs: clock.nowMs() + (sec ?? 0) * 1000 };
    this.hold = hold;
    // The session ends with its NOTIFICATION first; it must not be taken up again after that.
    clock.setTimer(0, () => {
      if (this.hold === hold) holdChanged();
    });
  }
}
