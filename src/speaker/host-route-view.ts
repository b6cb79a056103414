// One open view of routes on the host: hands out batches, gives the event loop back between slices that
// found nothing, and closes itself when nobody asks for a while, so that a stalled reader holds no memory.

import { performance } from 'node:perf_hooks';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { RouteCursor } from '#bgp/route-cursor.ts';
import type { RouteBatch, RouteViewHead } from '#bgp/views.ts';
import { PortError } from './port-error.ts';

/** A reader that asks for nothing this long has gone away. */
const idleLimitMs = 60_000;
const sliceBudgetMs = 2;

export class HostRouteView {
  readonly #cursor: RouteCursor;
  readonly #closed: (view: HostRouteView) => void;
  #idle: NodeJS.Timeout | undefined;
  #isClosed = false;
  #isExpired = false;

  constructor(cursor: RouteCursor, closed: (view: HostRouteView) => void) {
    this.#cursor = cursor;
    this.#closed = closed;
    this.#watch();
  }

  get head(): RouteViewHead {
    return this.#cursor.head;
  }

  /** The next batch that has routes; undefined at the end. */
  async nextBatch(): Promise<RouteBatch | undefined> {
    if (this.#isExpired)
      throw new PortError('ViewError', 'the view was closed: nobody read from it for a minute', 'expired');
    clearTimeout(this.#idle);
    // Requests that come while others are answered would be taken on without end, before any socket or timer.
    await nextTurn();
    let sliceStartMs = performance.now();
    while (!this.#isClosed) {
      const batch = this.#cursor.next();
      if (batch !== undefined && batch.count > 0) {
        this.#watch();
        return batch;
      }
      if (this.#cursor.isDone) this.close();
      else if (performance.now() - sliceStartMs > sliceBudgetMs) {
        await nextTurn();
        sliceStartMs = performance.now();
      }
    }
    return undefined;
  }

  close(): void {
    clearTimeout(this.#idle);
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#cursor.close();
    this.#closed(this);
  }

  #watch(): void {
    this.#idle = setTimeout(() => {
      this.#isExpired = true;
      this.close();
    }, idleLimitMs);
    this.#idle.unref();
  }
}
