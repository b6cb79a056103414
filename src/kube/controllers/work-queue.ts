// Work by the key of an object: each key waits once, however often it is asked for, is never worked on twice at a time, and is tried
// again, later each time, when the API refuses. What there is to do is found out by who works; so what waits is bounded by what exists.

import type { Clock, TimerHandle } from '#bgp/ports.ts';
import { ApiError } from '../api/api-error.ts';

export interface WorkQueueDeps {
  readonly clock: Clock;
  /** Brings one object to what it should be. Rejects with ApiError to be asked again. */
  readonly work: (key: string) => Promise<void>;
  /** It will be tried again. */
  readonly failed: (key: string, error: ApiError) => void;
}

const workers = 4;
const firstRetryMs = 50;
const maxRetryMs = 60_000;

export class WorkQueue {
  readonly #deps: WorkQueueDeps;
  /** In the order in which they are worked on. */
  readonly #waiting = new Set<string>();
  readonly #running = new Set<string>();
  /** Asked for while they were worked on. */
  readonly #again = new Set<string>();
  readonly #failures = new Map<string, number>();
  readonly #timers = new Map<string, { readonly handle: TimerHandle; readonly atMs: number }>();
  #isPlanned = false;
  #isClosed = false;

  constructor(deps: WorkQueueDeps) {
    this.#deps = deps;
  }

  add(key: string): void {
    if (this.#isClosed) return;
    if (this.#running.has(key)) this.#again.add(key);
    else this.#waiting.add(key);
    this.#go();
  }

  /** The earliest of what was asked for counts. */
  addAfter(key: string, delayMs: number): void {
    if (this.#isClosed) return;
    const { clock } = this.#deps;
    const atMs = clock.nowMs() + delayMs;
    const before = this.#timers.get(key);
    if (before !== undefined) {
      if (before.atMs <= atMs) return;
      clock.clearTimer(before.handle);
    }
    const handle = clock.setTimer(delayMs, () => {
      this.#timers.delete(key);
      this.add(key);
    });
    this.#timers.set(key, { handle, atMs });
  }

  /** Nothing waits, runs, or is to be tried again. */
  get isIdle(): boolean {
    return this.#waiting.size + this.#running.size + this.#timers.size === 0;
  }

  /** What runs comes to its end; nothing else is begun. */
  close(): void {
    this.#isClosed = true;
    this.#waiting.clear();
    this.#again.clear();
    for (const { handle } of this.#timers.values()) this.#deps.clock.clearTimer(handle);
    this.#timers.clear();
  }

  /** In a turn of its own: whoever asks goes through with what it observes first. */
  #go(): void {
    if (this.#isPlanned) return;
    this.#isPlanned = true;
    setImmediate(() => {
      this.#isPlanned = false;
      this.#begin();
    });
  }

  #begin(): void {
    for (const key of this.#waiting) {
      if (this.#running.size >= workers) return;
      this.#waiting.delete(key);
      this.#running.add(key);
      // Anything but an ApiError is a fault of ours, and ends the process.
      void this.#run(key);
    }
  }

  async #run(key: string): Promise<void> {
    try {
      await this.#deps.work(key);
      this.#failures.delete(key);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.#retry(key, error);
    } finally {
      this.#running.delete(key);
    }
    if (this.#again.delete(key)) this.add(key);
    this.#go();
  }

  #retry(key: string, error: ApiError): void {
    if (this.#isClosed) return;
    const failures = (this.#failures.get(key) ?? 0) + 1;
    this.#failures.set(key, failures);
    this.#deps.failed(key, error);
    const delayMs = Math.min(maxRetryMs, firstRetryMs * 2 ** Math.min(failures - 1, 20));
    this.addAfter(key, delayMs * (1 + 0.1 * this.#deps.clock.random()));
  }
}
