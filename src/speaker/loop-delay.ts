// How late the speaker thread's event loop runs, over a window of the last seconds. A figure covers the
// window before and the one that is running, so that no peak is lost between two readings.

import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { SpeakerFigures } from './port.ts';

type Delay = SpeakerFigures['eventLoopDelaySec'];

/** The monitor's own timer, which wakes an idle thread; what it measures includes this interval. */
const resolutionMs = 10;
const windowMs = 15_000;

export class LoopDelay {
  readonly #histogram: ReturnType<typeof monitorEventLoopDelay>;
  readonly #timer: NodeJS.Timeout;
  #previous: Delay = { p50: 0, p99: 0, max: 0 };

  constructor() {
    this.#histogram = monitorEventLoopDelay({ resolution: resolutionMs });
    this.#histogram.enable();
    this.#timer = setInterval(() => {
      this.#previous = this.#current();
      this.#histogram.reset();
    }, windowMs);
    this.#timer.unref();
  }

  /** The worse of the two windows, figure by figure. */
  read(): Delay {
    const current = this.#current();
    const { p50, p99, max } = this.#previous;
    return { p50: Math.max(p50, current.p50), p99: Math.max(p99, current.p99), max: Math.max(max, current.max) };
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#histogram.disable();
  }

  #current(): Delay {
    const histogram = this.#histogram;
    if (histogram.count === 0) return { p50: 0, p99: 0, max: 0 };
    const seconds = (nanoseconds: number): number => Math.max(0, nanoseconds / 1e9 - resolutionMs / 1e3);
    return {
      p50: seconds(histogram.percentile(50)),
      p99: seconds(histogram.percentile(99)),
      max: seconds(histogram.max),
    };
  }
}
