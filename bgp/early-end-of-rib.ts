// An End-of-RIB before any route while route selection waits for it (RFC 4724 §4.1). A peer that comes back itself may say it before
// its own routes are there: who believed that would select without them, and take away what still forwards. So it counts a little
// later; a peer that indeed has nothing costs that much of the selection deferral. The same goes for peers of which no End-of-RIB is
// awaited, since they have no graceful restart or say that they restart themselves (FRR sets its R-bit for a while after its start).

import { families, type Family } from './net/family.ts';
import type { Clock, TimerHandle } from './ports.ts';

const PATIENCE_MS = 3000;

export class EarlyEndOfRib {
  private readonly clock: Clock;
  private readonly counts: (family: Family) => void;
  private readonly timers: (TimerHandle | undefined)[] = families.map(() => undefined);

  constructor(clock: Clock, counts: (family: Family) => void) {
    this.clock = clock;
    this.counts = counts;
  }

  received(family: Family): void {
    if (this.timers[family.index] !== undefined) return;
    this.timers[family.index] = this.clock.setTimer(PATIENCE_MS, () => {
      this.timers[family.index] = undefined;
      this.counts(family);
    });
  }

  /** The session that said it is over. */
  forget(): void {
    for (const { index } of families) {
      const timer = this.timers[index];
      if (timer !== undefined) this.clock.clearTimer(timer);
      this.timers[index] = undefined;
    }
  }
}
