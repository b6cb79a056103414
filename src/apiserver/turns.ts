// Requests that a client sends one behind another on a connection, without waiting for answers: each sees what the one before it did,
// since only safe ones might be answered side by side (RFC 9112 §9.3.2), and a change is not over before it is on the disk.

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { ApiError } from '#kube/api/api-error.ts';

/** Of one connection, with the one that is being answered. */
const maxInLine = 256;

interface Line {
  /** When the last answer is over. */
  last: Promise<void>;
  length: number;
}

export class Turns {
  readonly #lines = new WeakMap<Socket, Line>();
  /** When the answer before it is over. */
  readonly #before = new WeakMap<IncomingMessage, Promise<void>>();

  /** In the order in which requests come. Throws ApiError TooManyRequests when too many wait on the connection. */
  line(request: IncomingMessage, response: ServerResponse): void {
    const { socket } = request;
    let line = this.#lines.get(socket);
    if (line === undefined) this.#lines.set(socket, (line = { last: Promise.resolve(), length: 0 }));
    if (line.length >= maxInLine) {
      throw new ApiError('TooManyRequests', `Too many requests: ${maxInLine} wait on this connection`, {
        retryAfterSeconds: 1,
      });
    }
    const ours = line;
    if (ours.length++ > 0) this.#before.set(request, ours.last);
    ours.last = new Promise((resolve) => {
      response.once('close', () => {
        ours.length--;
        resolve();
      });
    });
  }

  /** Throws ApiError when nobody is there any more to be answered. */
  async wait(request: IncomingMessage): Promise<void> {
    await this.#before.get(request);
    if (request.socket.destroyed) throw new ApiError('BadRequest', 'the connection is closed');
  }
}
