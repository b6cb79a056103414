// Sends an answer whose text comes in pieces: a short one whole, a long one slice by slice, each when the client has taken the one before,
// with a turn of the event loop in between, so that a list of everything holds up nobody else. A client that stops reading is cut off.

import type { FastifyReply } from 'fastify';

/** Roughly, and what an answer in one piece has at most. */
const sliceLength = 64 * 1024;

export interface PieceAnswer {
  readonly code: number;
  readonly media: string;
  readonly pieces: Iterable<string>;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
}

/** Resolves when it is sent, or when nobody takes it any more. */
export async function sendPieces(
  reply: Pick<FastifyReply, 'raw' | 'hijack' | 'code' | 'header'>,
  { code, media, pieces, headers }: PieceAnswer,
  stalledMs: number,
): Promise<void> {
  const { raw } = reply;
  raw.setTimeout(stalledMs, () => raw.destroy());
  const slices = slicesOf(pieces);
  const first = slices.next().value ?? '';
  let next = slices.next().value;
  const all = { ...headers, 'content-type': media, 'cache-control': 'no-cache, private' };
  if (next === undefined) {
    for (const [name, value] of Object.entries(all)) void reply.header(name, value);
    // As octets: to text Fastify would add a charset.
    void reply.code(code).send(Buffer.from(first));
    return;
  }
  reply.hijack();
  raw.writeHead(code, all);
  raw.write(first);
  for (; next !== undefined; next = slices.next().value) {
    await (raw.write(next) ? nextTurn() : drained(raw));
    if (raw.destroyed) return;
  }
  raw.end();
}

function* slicesOf(pieces: Iterable<string>): Generator<string, undefined> {
  let slice = '';
  for (const piece of pieces) {
    slice += piece;
    if (slice.length < sliceLength) continue;
    yield slice;
    slice = '';
  }
  if (slice !== '') yield slice;
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}

/** Or closed. */
function drained(raw: FastifyReply['raw']): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      raw.off('drain', done);
      raw.off('close', done);
      resolve();
    };
    raw.on('drain', done);
    raw.on('close', done);
    if (raw.destroyed) done();
  });
}
