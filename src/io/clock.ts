// The real clock behind bgp/ports.ts. Timers are numbers to the speaker; here is the map from them to
// Node's. `fired` runs after each expiry, so that the host can go on with the work it caused.

import { performance } from 'node:perf_hooks';
import type { Clock, TimerHandle } from '#bgp/ports.ts';

export class SystemClock implements Clock {
  readonly #fired: () => void;
  readonly #timers = new Map<TimerHandle, NodeJS.Timeout>();
  #nextHandle = 1;

  constructor(fired: () => void) {
    this.#fired = fired;
  }

  nowMs(): number {
    return performance.now();
  }

  wallMs(): number {
    return Date.now();
  }

  setTimer(delayMs: number, expired: () => void): TimerHandle {
    const handle = this.#nextHandle++;
    const timer = setTimeout(() => {
      this.#timers.delete(handle);
      expired();
      this.#fired();
    }, delayMs);
    this.#timers.set(handle, timer);
    return handle;
  }

  clearTimer(handle: TimerHandle): void {
    clearTimeout(this.#timers.get(handle));
    this.#timers.delete(handle);
  }

  random(): number {
    return Math.random();
  }

  /** Drops every timer; nothing fires afterwards. */
  stop(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
  }
}
