// Large answers as HTTP bodies: text that is made piece by piece becomes a stream of slices of at most SLICE_BYTES. Reading is
// pulled by the socket (back-pressure), and between two slices the event loop gets its turn. How many may run at once is limited.

import { Readable } from 'node:stream';
import { setImmediate as yieldToLoop } from 'node:timers/promises';
import { ProblemError, problemTypes } from './problem.ts';

export const SLICE_BYTES = 64 * 1024;

async function* cutSlices(pieces: AsyncIterable<string>): AsyncGenerator<Buffer, void, undefined> {
  for await (const piece of pieces) {
    const bytes = Buffer.from(piece, 'utf8');
    for (let at = 0; at < bytes.length; at += SLICE_BYTES) {
      yield bytes.subarray(at, at + SLICE_BYTES);
      await yieldToLoop();
    }
  }
}

/** `ended` runs once: at the end, at an error, or when the client went away. */
export function createSliceStream(pieces: AsyncIterable<string>, ended: () => void): Readable {
  const stream = Readable.from(cutSlices(pieces), { objectMode: false, highWaterMark: SLICE_BYTES });
  return stream.once('close', ended);
}

/** How many large answers are under way; one more than `limit` is refused with 503. */
export class StreamLimit {
  readonly #limit: number;
  #open = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Returns what to call when the answer has ended. */
  enter(): () => void {
    if (this.#open >= this.#limit) {
      throw new ProblemError(
        {
          type: problemTypes.busy,
          title: 'Too many large answers at once',
          status: 503,
          detail: `${this.#limit} large answers are being sent; try again in a second`,
        },
        { 'retry-after': '1' },
      );
    }
    this.#open++;
    let isOpen = true;
    return () => {
      if (isOpen) this.#open--;
      isOpen = false;
    };
  }
}
