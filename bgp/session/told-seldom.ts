// What a peer can bring about as often as it likes (connections that are refused or lose a collision) is told so many times in a while,
// and then how many times it was not: a log that a peer can fill hides what matters.

import type { Clock } from '../ports.ts';

const WINDOW_MS = 10_000;
const MAX_PER_WINDOW = 5;

export class ToldSeldom {
  readonly #clock: Clock;
  #windowStartMs = Number.NEGATIVE_INFINITY;
  #told = 0;
  #untold = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The words to tell it with; undefined: not now. */
  words(reason: string): string | undefined {
    const nowMs = this.#clock.nowMs();
    if (nowMs - this.#windowStartMs > WINDOW_MS) {
      this.#windowStartMs = nowMs;
      this.#told = 0;
    }
    if (this.#told >= MAX_PER_WINDOW) {
      this.#untold++;
      return undefined;
    }
    this.#told++;
    const more = this.#untold === 0 ? '' : ` (${this.#untold} more such connections were not told)`;
    this.#untold = 0;
    return `${reason}${more}`;
  }
}
