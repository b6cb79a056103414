// SendHoldTimer (RFC 9687): how long bytes may wait for a peer that does not read, or whose window stays closed. The transport
// takes bytes at once and tells how many the system has not taken yet; the timer runs while some wait and none goes.
// hot

import type { Clock } from '../ports.ts';
import { RestartableTimer } from './timer.ts';

/** The queue is looked at this often in the time that it may stand still. */
const LOOKS = 8;

export class SendHold {
  readonly #clock: Clock;
  readonly #queuedBytes: () => number;
  readonly #expired: () => void;
  readonly #timer: RestartableTimer;
  /** 0: off. */
  #sec = 0;
  #sentBytes = 0;
  #takenBytes = 0;
  #progressAtMs = 0;

  constructor(clock: Clock, queuedBytes: () => number, expired: () => void) {
    this.#clock = clock;
    this.#queuedBytes = queuedBytes;
    this.#expired = expired;
    this.#timer = new RestartableTimer(clock, () => this.#look());
  }

  /** From now on, or with another time. */
  start(sec: number): void {
    this.#sec = sec;
    this.#timer.stop();
    if (sec !== 0) this.#watch();
  }

  stop(): void {
    this.#sec = 0;
    this.#timer.stop();
  }

  sent(lengthBytes: number): void {
    if (this.#sec === 0) return;
    this.#sentBytes += lengthBytes;
    if (!this.#timer.isRunning) this.#watch();
  }

  #watch(): void {
    const queued = this.#queuedBytes();
    if (queued === 0) return;
    this.#takenBytes = this.#sentBytes - queued;
    this.#progressAtMs = this.#clock.nowMs();
    this.#timer.start((this.#sec * 1000) / LOOKS);
  }

  #look(): void {
    const queued = this.#queuedBytes();
    if (queued === 0) return;
    const now = this.#clock.nowMs();
    const taken = this.#sentBytes - queued;
    if (taken !== this.#takenBytes) {
      this.#takenBytes = taken;
      this.#progressAtMs = now;
    }
    const leftMs = this.#progressAtMs + this.#sec * 1000 - now;
    if (leftMs <= 0) this.#expired();
    else this.#timer.start(Math.min(leftMs, (this.#sec * 1000) / LOOKS));
  }
}
