// Requests that a client sends one behind another on a connection, without waiting for answers: each sees what the one before it did,
// since only safe ones might be answered side by side (RFC 9112 §9.3.2), and a change is not over before it is on the disk.

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { ApiError } from '#kube/api/api-error.ts';

export class Turns {
  /** When the last answer on a connection is over. */
  readonly #last = new WeakMap<Socket, Promise<void>>();
  /** When the answer before it is. */
  readonly #before = new WeakMap<IncomingMessage, Promise<void>>();

  /** In the order in which requests come. */
  line(request: IncomingMessage, response: ServerResponse): void {
    const { socket } = request;
    const before = this.#last.get(socket);
    if (before !== undefined) this.#before.set(request, before);
    this.#last.set(socket, new Promise((resolve) => void response.once('close', resolve)));
  }

  /** Throws ApiError when nobody is there any more to be answered. */
  async wait(request: IncomingMessage): Promise<void> {
    await this.#before.get(request);
    if (request.socket.destroyed) throw new ApiError('BadRequest', 'the connection is closed');
  }
}
