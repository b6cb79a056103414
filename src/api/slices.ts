// Sending large answers: what a renderer writes goes to the socket slice by slice, each when the one before it is gone (back-pressure),
// with a turn of the event loop in between. How many may be under way at once is limited.

import type { FastifyReply } from 'fastify';
import { ProblemError, problemTypes } from './problem.ts';
import { SliceWriter } from './slice-writer.ts';

/** A large answer: writes itself. */
export type WriteBody = (out: SliceWriter) => Promise<void>;

/** The client went away: nobody is to be told. */
class ClientGoneError extends Error {
  constructor(options?: ErrorOptions) {
    super('the client went away', options);
    this.name = 'ClientGoneError';
  }
}

/**
 * Sends a body, of which HEAD asks only for the head: then nothing is read (RFC 9110 §9.3.2). `ended` is called at its end, at an error, or when the client goes away, perhaps twice. An error before the first
 * slice is thrown: the client gets a problem document. Later the status has been sent already: then the last line of what the
 * client gets is `describeFault`'s, and the connection is closed without the mark of a whole answer.
 */
export async function sendSlices(
  reply: FastifyReply,
  write: WriteBody,
  ended: () => void,
  describeFault: (error: unknown) => string,
): Promise<void> {
  const { raw } = reply;
  if (reply.request.method === 'HEAD') {
    ended();
    sendHead(reply);
    raw.end();
    return;
  }
  let isHeadSent = false;
  let giveUp: (error: Error) => void = () => undefined;
  raw.once('close', () => {
    ended();
    giveUp(new ClientGoneError());
  });
  const send = (slice: Uint8Array): Promise<void> =>
    new Promise((resolve, reject) => {
      if (raw.destroyed) throw new ClientGoneError();
      if (!isHeadSent) sendHead(reply);
      isHeadSent = true;
      giveUp = reject;
      raw.write(slice, (cause) => (cause ? reject(new ClientGoneError({ cause })) : resolve()));
    });
  try {
    const out = new SliceWriter(send);
    await write(out);
    await out.end();
    raw.end();
  } catch (error) {
    if (error instanceof ClientGoneError || raw.destroyed) {
      if (!isHeadSent) reply.hijack();
      raw.destroy();
    } else if (isHeadSent) raw.write(`\n% This answer is incomplete: ${describeFault(error)}\n`, () => raw.destroy());
    else throw error;
  } finally {
    ended();
  }
}

/** From here on Fastify leaves the answer to us. */
function sendHead(reply: FastifyReply): void {
  reply.hijack();
  reply.raw.statusCode = reply.statusCode;
  for (const [name, value] of Object.entries(reply.getHeaders())) {
    if (value !== undefined) reply.raw.setHeader(name, value);
  }
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
