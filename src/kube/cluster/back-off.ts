// How long a client waits before it asks again after a failure: doubled each time, with a random part, so that clients of a server that
// comes back do not come all at once. The figures are client-go's reflector's.

const firstMs = 800;
const longestMs = 30_000;
/** A server may ask for more patience than that, but not for hours. */
const longestAskedMs = 120_000;
/** So long without a failure, and it begins anew. */
const forgetAfterMs = 120_000;

export class BackOff {
  readonly #nowMs: () => number;
  readonly #random: () => number;
  #nextMs = firstMs;
  #failedAtMs = Number.NEGATIVE_INFINITY;

  /** `random`: 0 to 1. */
  constructor(nowMs: () => number, random: () => number) {
    this.#nowMs = nowMs;
    this.#random = random;
  }

  /** Something failed; milliseconds to wait, and not less than the server asked for, up to two minutes. */
  failed(retryAfterMs = 0): number {
    const now = this.#nowMs();
    if (now - this.#failedAtMs > forgetAfterMs) this.#nextMs = firstMs;
    const delay = this.#nextMs * (1 + this.#random());
    this.#failedAtMs = now;
    this.#nextMs = Math.min(this.#nextMs * 2, longestMs);
    return Math.max(delay, Math.min(retryAfterMs, longestAskedMs));
  }
}
