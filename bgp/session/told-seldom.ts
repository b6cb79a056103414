// What a peer can bring about as often as it likes (connections that are refused or lose a collision) is told so many times in a
// while, and when the while is over how many times it was not: a log that a peer can fill hides what matters.

import type { Clock, TimerHandle } from '../ports.ts';

const WINDOW_MS = 10_000;
const MAX_PER_WINDOW = 5;

export class ToldSeldom {
  readonly #clock: Clock;
  #told = 0;
  #untold = 0;
  #tell: (words: string) => void = () => undefined;
  /** Runs while a window is open. */
  #timer: TimerHandle | undefined = undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Tells it now, or counts it; `tell` is also how the number of those that were only counted is told. */
  add(reason: string, tell: (words: string) => void): void {
    this.#timer ??= this.#clock.setTimer(WINDOW_MS, () => this.#close());
    if (this.#told < MAX_PER_WINDOW) {
      this.#told++;
      tell(reason);
      return;
    }
    this.#untold++;
    this.#tell = tell;
  }

  /** Tells what is left to tell; no timer runs afterwards. */
  end(): void {
    if (this.#timer !== undefined) this.#clock.clearTimer(this.#timer);
    this.#close();
  }

  #close(): void {
    const untold = this.#untold;
    this.#timer = undefined;
    this.#told = 0;
    this.#untold = 0;
    if (untold > 0) this.#tell(`${untold} more such connections were not told`);
  }
}
