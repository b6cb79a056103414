// How much one slice of work does: as much as takes a few milliseconds. Code that runs for the first time takes ten times as long as
// later, and what is asked for may be cheap or dear; so the slices before say how large the next one is.

/** Prefixes or paths. */
const LEAST = 64;
const FIRST = 256;
const MOST = 2048;
const LONG_MS = 4;

export class SliceBudget {
  units = FIRST;

  /** A slice is done; only one that left something to do says how long a whole one takes. */
  spent(ms: number, hasMore: boolean): void {
    if (ms > LONG_MS) this.units = Math.max(LEAST, this.units >> 1);
    else if (hasMore && ms < LONG_MS / 2) this.units = Math.min(MOST, this.units * 2);
  }
}
