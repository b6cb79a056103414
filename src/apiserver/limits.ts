// What the server bears at most, and what happens then. src/kube/README.md says the same to whoever runs it. And the account of requests
// that are under way, by what they cost: changes, reads, watches.

import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { ApiError } from '#kube/api/api-error.ts';

export interface ServerLimits {
  /** One more is closed as soon as it comes. */
  readonly connections: number;
  /** At the same time, each at most a body: one more gets 429. */
  readonly changes: number;
  /** At the same time, until the answer is read: one more gets 429. */
  readonly reads: number;
  /** At the same time: one more gets 429. */
  readonly watches: number;
  /** Longer ones get 413. */
  readonly bodyBytes: number;
  /** More of them get 431. */
  readonly headerBytes: number;
  /** Of events that wait for one watch: beyond it the connection is closed. */
  readonly waitingBytes: number;
  /** TLS must stand by then, else the connection is closed. */
  readonly handshakeMs: number;
  /** The headers must have arrived, else 408. */
  readonly headersMs: number;
  /** A request must have arrived whole, its body too, else 408. */
  readonly requestMs: number;
  /** Of an answer that is no watch nothing was read for so long: the connection is closed. */
  readonly stalledMs: number;
  /** A connection without a request is closed. */
  readonly keepAliveMs: number;
}

/** Requests at the same time as upstream's --max-mutating-requests-inflight and --max-requests-inflight. */
export const defaultLimits: ServerLimits = {
  connections: 10_000,
  changes: 200,
  reads: 400,
  watches: 5_000,
  bodyBytes: 3 * 1024 * 1024,
  headerBytes: 64 * 1024,
  waitingBytes: 8 * 1024 * 1024,
  handshakeMs: 10_000,
  headersMs: 20_000,
  requestMs: 60_000,
  stalledMs: 60_000,
  keepAliveMs: 90_000,
};

type Class = 'changes' | 'reads' | 'watches';

export class Admission {
  readonly #limits: Pick<ServerLimits, Class>;
  readonly #running: Record<Class, number> = { changes: 0, reads: 0, watches: 0 };
  readonly #leave = new WeakMap<ServerResponse, () => void>();
  /** Of each connection, who leaves with it: of an answer that waited for its turn nothing else tells. */
  readonly #aboard = new WeakMap<Socket, Set<() => void>>();

  constructor(limits: Pick<ServerLimits, Class>) {
    this.#limits = limits;
  }

  /** Until the response or its connection is closed, or it is counted as another class. Throws ApiError TooManyRequests. */
  enter(response: ServerResponse, as: Class): void {
    if (this.#running[as] >= this.#limits[as]) {
      throw new ApiError(
        'TooManyRequests',
        `Too many requests, please try again later: ${this.#limits[as]} ${as} at once`,
        { retryAfterSeconds: 1 },
      );
    }
    this.#leave.get(response)?.();
    const aboard = this.#aboardOf(response.req.socket);
    this.#running[as]++;
    const leave = (): void => {
      if (aboard.delete(leave)) this.#running[as]--;
    };
    aboard.add(leave);
    this.#leave.set(response, leave);
    response.once('close', leave);
  }

  #aboardOf(socket: Socket): Set<() => void> {
    const known = this.#aboard.get(socket);
    if (known !== undefined) return known;
    const aboard = new Set<() => void>();
    this.#aboard.set(socket, aboard);
    socket.once('close', () => {
      for (const leave of aboard) leave();
    });
    return aboard;
  }
}
