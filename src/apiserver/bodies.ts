// The octets of bodies, as they come: each of a bounded length, and all that are here at once, so that who sends his slowly holds
// octets that are counted, and nothing that others wait for. What they mean is body.ts's.

import type { IncomingMessage, ServerResponse } from 'node:http';
import { ApiError } from '#kube/api/api-error.ts';
import { Departures } from './departures.ts';
import { type ServerLimits, tooMany } from './limits.ts';
import { Shares } from './shares.ts';

export class Bodies {
  readonly #maxLength: number;
  readonly #octets: Shares;
  readonly #departures = new Departures();

  constructor({ bodyBytes, bodiesBytes }: Pick<ServerLimits, 'bodyBytes' | 'bodiesBytes'>) {
    this.#maxLength = bodyBytes;
    this.#octets = new Shares(bodiesBytes);
  }

  /**
   * The whole body; its octets count until the request is over. Rejects with ApiError RequestEntityTooLarge, TooManyRequests, or
   * BadRequest for one that breaks off.
   */
  read(request: IncomingMessage, response: ServerResponse, user: string): Promise<Buffer> {
    // Said beforehand, it is refused before it comes.
    if (Number(request.headers['content-length'] ?? 0) > this.#maxLength) return Promise.reject(this.#tooLong());
    const pieces: Buffer[] = [];
    let length = 0;
    this.#departures.follow(response, () => this.#octets.give(user, length));
    return new Promise((resolve, reject) => {
      const end = (): void => resolve(pieces.length === 1 ? pieces[0] : Buffer.concat(pieces));
      const refuse = (error: ApiError): void => {
        request.off('data', take).off('end', end);
        reject(error);
      };
      const take = (piece: Buffer): void => {
        if (length + piece.length > this.#maxLength) return refuse(this.#tooLong());
        const reached = this.#octets.take(user, piece.length);
        if (reached !== undefined) return refuse(tooMany(this.#octets, reached, 'octets of bodies'));
        length += piece.length;
        pieces.push(piece);
      };
      request.on('data', take).on('end', end);
      const close = (): void => {
        if (!request.complete) refuse(new ApiError('BadRequest', 'the body of the request broke off'));
      };
      if (request.destroyed) close();
      else request.on('close', close);
    });
  }

  #tooLong(): ApiError {
    return new ApiError('RequestEntityTooLarge', `Request entity too large: limit is ${this.#maxLength}`);
  }
}
