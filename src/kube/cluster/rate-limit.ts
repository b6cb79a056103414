// How often a client may ask an API server: a token bucket, as client-go's. Whoever comes when it is empty waits in line.

import { setTimeout as sleep } from 'node:timers/promises';

/** Upstream's defaults of k8s-client-qps and k8s-client-burst. */
export const defaultRate = { perSecond: 10, burst: 20 } as const;

export class RateLimit {
  readonly #perSecond: number;
  readonly #burst: number;
  readonly #nowMs: () => number;
  /** When the bucket would be full again, in milliseconds of `nowMs`. */
  #fullAtMs = Number.NEGATIVE_INFINITY;

  constructor({ perSecond, burst }: { readonly perSecond: number; readonly burst: number }, nowMs: () => number) {
    this.#perSecond = perSecond;
    this.#burst = burst;
    this.#nowMs = nowMs;
  }

  /** Takes a token, now or in advance; milliseconds until it is there. */
  take(): number {
    const now = this.#nowMs();
    const tokenMs = 1000 / this.#perSecond;
    this.#fullAtMs = Math.max(this.#fullAtMs, now) + tokenMs;
    return Math.max(0, this.#fullAtMs - now - this.#burst * tokenMs);
  }

  async wait(signal: AbortSignal | undefined): Promise<void> {
    const ms = this.take();
    if (ms > 0) await sleep(ms, undefined, signal === undefined ? {} : { signal });
  }
}
