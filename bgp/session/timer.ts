// A timer that is restarted far more often than it expires: restarting writes a deadline; the clock's timer is set again only when
// it fires too early. RFC 4271 §10 jitter is applied by whoever starts it.

import type { Clock, TimerHandle } from '../ports.ts';

/** A timer that fires this much too late shows that the thread was busy: see `isPatient`. */
const LATE_MS = 500;
const GRACE_MS = 20;

export class RestartableTimer {
  readonly #clock: Clock;
  readonly #expired: () => void;
  readonly #isPatient: boolean;
  #handle: TimerHandle | undefined = undefined;
  #deadlineMs: number | undefined = undefined;
  /** When the clock's timer fires; at most the deadline. */
  #firesAtMs = 0;
  #hasGrace = false;

  /**
   * A patient timer that fires late puts its expiry off once, so that what arrived meanwhile is read first: a peer must not lose
   * its session because we were busy.
   */
  constructor(clock: Clock, expired: () => void, isPatient = false) {
    this.#clock = clock;
    this.#expired = expired;
    this.#isPatient = isPatient;
  }

  get isRunning(): boolean {
    return this.#deadlineMs !== undefined;
  }

  /** Until it expires; undefined: it does not run. */
  get remainingMs(): number | undefined {
    return this.#deadlineMs === undefined ? undefined : Math.max(0, this.#deadlineMs - this.#clock.nowMs());
  }

  start(delayMs: number): void {
    const deadline = this.#clock.nowMs() + delayMs;
    this.#deadlineMs = deadline;
    this.#hasGrace = false;
    if (this.#handle !== undefined) {
      if (this.#firesAtMs <= deadline) return;
      this.#clock.clearTimer(this.#handle);
    }
    this.#set(deadline, delayMs);
  }

  stop(): void {
    this.#deadlineMs = undefined;
    if (this.#handle === undefined) return;
    this.#clock.clearTimer(this.#handle);
    this.#handle = undefined;
  }

  #set(atMs: number, delayMs: number): void {
    this.#firesAtMs = atMs;
    this.#handle = this.#clock.setTimer(delayMs, () => this.#fired());
  }

  #fired(): void {
    this.#handle = undefined;
    const deadline = this.#deadlineMs;
    if (deadline === undefined) return;
    const now = this.#clock.nowMs();
    if (now < deadline) {
      this.#set(deadline, deadline - now);
      return;
    }
    if (this.#isPatient && !this.#hasGrace && now - deadline >= LATE_MS) {
      this.#hasGrace = true;
      this.#set(now + GRACE_MS, GRACE_MS);
      return;
    }
    this.#deadlineMs = undefined;
    this.#expired();
  }
}
