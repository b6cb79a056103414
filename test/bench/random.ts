// The workload's random numbers: a small generator with a seed (mulberry32), so that every run of every device sees the
// same bytes. Not for anything secret.

export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed | 0;
  }

  /** A number in [0, 1). */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let word = this.#state;
    word = Math.imul(word ^ (word >>> 15), word | 1);
    word ^= word + Math.imul(word ^ (word >>> 7), word | 61);
    return ((word ^ (word >>> 14)) >>> 0) / 0x1_0000_0000;
  }

  /** An integer in [0, limit). */
  below(limit: number): number {
    return Math.floor(this.next() * limit);
  }

  /** An integer in [0, limit), small ones much more often: a few networks carry most routes. */
  skewedBelow(limit: number): number {
    const unit = this.next();
    return Math.floor(unit * unit * unit * limit);
  }
}
