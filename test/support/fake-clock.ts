// A clock that moves only when a test says so (bgp/ports.ts). Timers expire in the order of their deadlines, equal ones in the order
// in which they were set.

import type { Clock, TimerHandle } from '#bgp/ports.ts';

interface PendingTimer {
  readonly handle: TimerHandle;
  readonly atMs: number;
  readonly expired: () => void;
}

export class FakeClock implements Clock {
  /** What random() answers; 0.5 unless a test wants another jitter. */
  random: () => number = () => 0.5;
  readonly #startWallMs: number;
  #nowMs = 0;
  #timers: PendingTimer[] = [];
  #lastHandle = 0;

  constructor(startWallMs = Date.UTC(2026, 0, 1)) {
    this.#startWallMs = startWallMs;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  wallMs(): number {
    return this.#startWallMs + this.#nowMs;
  }

  setTimer(delayMs: number, expired: () => void): TimerHandle {
    this.#lastHandle += 1;
    this.#timers.push({ handle: this.#lastHandle, atMs: this.#nowMs + Math.max(0, delayMs), expired });
    return this.#lastHandle;
  }

  clearTimer(timer: TimerHandle): void {
    this.#timers = this.#timers.filter(({ handle }) => handle !== timer);
  }

  get pendingTimers(): number {
    return this.#timers.length;
  }

  /** When the next timer expires; undefined: none is set. */
  nextAtMs(): number | undefined {
    return this.#next()?.atMs;
  }

  /** Moves on, expiring what is due on the way; `after` runs after each timer (deliver the network's bytes there). */
  advance(ms: number, after?: () => void): void {
    const target = this.#nowMs + ms;
    for (let next = this.#next(); next !== undefined && next.atMs <= target; next = this.#next()) {
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      this.clearTimer(next.handle);
      next.expired();
      after?.();
    }
    this.#nowMs = target;
  }

  /** Time passes while nothing runs, as when the thread is busy: timers that fell due expire late, at the next advance. */
  stall(ms: number): void {
    this.#nowMs += ms;
  }

  #next(): PendingTimer | undefined {
    let next: PendingTimer | undefined;
    for (const timer of this.#timers) if (next === undefined || timer.atMs < next.atMs) next = timer;
    return next;
  }
}
