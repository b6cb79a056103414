// What the server bears at most, and what happens then. src/kube/README.md says the same to whoever runs it. And the account of requests
// that are under way, by what they cost: changes, reads, watches.

import type { ServerResponse } from 'node:http';
import { ApiError } from '#kube/api/api-error.ts';
import { Departures } from './departures.ts';
import { Shares } from './shares.ts';

export interface ServerLimits {
  /** One more is closed as soon as it comes. */
  readonly connections: number;
  /** At the same time, from when their bodies are here: one more gets 429. Of this and the next two, and of bodies, one user gets 3/4. */
  readonly changes: number;
  /** At the same time, until the answer is read: one more gets 429. */
  readonly reads: number;
  /** At the same time: one more gets 429. */
  readonly watches: number;
  /** Longer ones get 413. */
  readonly bodyBytes: number;
  /** Of all bodies that are here: beyond it 429. */
  readonly bodiesBytes: number;
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
  bodiesBytes: 256 * 1024 * 1024,
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
  readonly #running: Readonly<Record<Class, Shares>>;
  readonly #departures = new Departures();
  readonly #leave = new WeakMap<ServerResponse, () => void>();

  constructor({ changes, reads, watches }: Pick<ServerLimits, Class>) {
    this.#running = { changes: new Shares(changes), reads: new Shares(reads), watches: new Shares(watches) };
  }

  /**
   * Until the response or its connection is closed, or it is counted as another class. `user`: '' for nobody. Throws ApiError
   * TooManyRequests.
   */
  enter(response: ServerResponse, as: Class, user: string): void {
    const running = this.#running[as];
    const reached = running.take(user, 1);
    if (reached !== undefined) throw tooMany(running, reached, as);
    this.#leave.get(response)?.();
    this.#leave.set(
      response,
      this.#departures.follow(response, () => running.give(user, 1)),
    );
  }
}

/** `what` there is too much of, in the plural. */
export function tooMany({ limit, ownLimit }: Shares, reached: 'all' | 'own', what: string): ApiError {
  const words = reached === 'all' ? `${limit} ${what}` : `${ownLimit} ${what} of one user`;
  return new ApiError('TooManyRequests', `Too many requests, please try again later: ${words} at once`, {
    retryAfterSeconds: 1,
  });
}
