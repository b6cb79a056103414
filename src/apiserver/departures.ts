// When a request is over, one way or the other: its answer is closed, or its connection is. Of an answer that waited for its turn on the
// connection nothing but the connection tells.

import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

export class Departures {
  /** Of each connection, who leaves with it: one listener for all its requests. */
  readonly #aboard = new WeakMap<Socket, Set<() => void>>();

  /** `left` is called once: when the request is over, or by the function that comes back. */
  follow(response: ServerResponse, left: () => void): () => void {
    const aboard = this.#aboardOf(response.req.socket);
    const leave = (): void => {
      if (aboard.delete(leave)) left();
    };
    aboard.add(leave);
    response.once('close', leave);
    return leave;
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
