// Routes that the kernel refused, told in bounded measure: the first at once, then once in a while one of them and how many others
// there were. The routes themselves are known to kernel-fib.ts.

const tellEveryMs = 5_000;

export class FailureLog {
  readonly #told: (prefix: string, reason: string, others: number) => void;
  #last: { readonly prefix: string; readonly reason: string } | undefined;
  #count = 0;
  #isForbiddenTold = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(told: (prefix: string, reason: string, others: number) => void) {
    this.#told = told;
  }

  /** `isForbidden`: what the process may not do is told once, for it will be the same with every route and every try. */
  add(prefix: string, reason: string, isForbidden: boolean): void {
    if (isForbidden && this.#isForbiddenTold) return;
    this.#isForbiddenTold = isForbidden;
    if (this.#timer === undefined) {
      this.#told(prefix, reason, 0);
      this.#wait();
      return;
    }
    this.#last = { prefix, reason };
    this.#count++;
  }

  /** What was refused is accepted now. */
  relent(): void {
    this.#isForbiddenTold = false;
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #wait(): void {
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      const last = this.#last;
      if (last === undefined) return;
      this.#told(last.prefix, last.reason, this.#count - 1);
      this.#last = undefined;
      this.#count = 0;
      this.#wait();
    }, tellEveryMs);
    this.#timer.unref();
  }
}
