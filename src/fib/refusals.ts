// Writes that the kernel refused: why, by a small number that a route keeps, when they are tried again, and what an operator is told
// of them. Which routes they are is known to kernel-fib.ts.

import { FailureLog } from './failure-log.ts';

const firstRetryMs = 1_000;
const lastRetryMs = 60_000;
/** Different reasons that are kept; there are about as many as error codes. */
const maxReasons = 256;

export interface Refusal {
  readonly prefix: string;
  readonly reason: string;
  readonly wallMs: number;
}

/** 0: none. */
export type ReasonId = number;

export class Refusals {
  readonly #log: FailureLog;
  readonly #retry: () => void;
  readonly #reasons: string[] = [''];
  readonly #ids = new Map<string, ReasonId>();
  #retryMs = firstRetryMs;
  #timer: NodeJS.Timeout | undefined;
  #isStopped = false;
  #last: Refusal | undefined;
  /** Since the beginning, the same route each time that it is tried. */
  count = 0;

  constructor(told: (prefix: string, reason: string, others: number) => void, retry: () => void) {
    this.#log = new FailureLog(told);
    this.#retry = retry;
  }

  get last(): Refusal | undefined {
    return this.#last;
  }

  /** Tries again later. `isForbidden`: for want of a capability, which is told once. */
  add(prefix: string, reason: string, isForbidden: boolean): ReasonId {
    this.count++;
    this.#last = { prefix, reason, wallMs: Date.now() };
    this.#log.add(prefix, reason, isForbidden);
    this.planRetry();
    let id = this.#ids.get(reason);
    if (id === undefined) {
      id = Math.min(this.#reasons.length, maxReasons - 1);
      // Beyond that many the last one stands for the rest.
      this.#ids.delete(this.#reasons[id] ?? '');
      this.#reasons[id] = reason;
      this.#ids.set(reason, id);
    }
    return id;
  }

  reason(id: ReasonId): string {
    return this.#reasons[id] ?? '';
  }

  /** What was refused before is accepted now: the others may be soon. */
  relent(): void {
    this.#retryMs = firstRetryMs;
    this.#log.relent();
  }

  /** What was refused is tried again after a while. */
  planRetry(): void {
    if (this.#timer !== undefined || this.#isStopped) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#retry();
    }, this.#retryMs);
    this.#timer.unref();
    this.#retryMs = Math.min(this.#retryMs * 2, lastRetryMs);
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    this.#log.stop();
  }
}
