// Writing to stdout from a command that may be piped into `head`: back-pressure is kept, and a reader that closed its end ends the
// command quietly with the code of success, as other tools do.

import type { IncomingMessage } from 'node:http';
import { once } from 'node:events';
import type { Writable } from 'node:stream';
import { NoDaemonError } from './http.ts';

export interface Output {
  readonly stdout: Writable;
  readonly stderr: Writable;
}

/** The reader of stdout is gone; there is nothing left to do. */
export class ClosedOutputError extends Error {
  constructor() {
    super('stdout was closed by its reader');
    this.name = 'ClosedOutputError';
  }
}

export async function write(stream: Writable, chunk: string | Buffer): Promise<void> {
  if (stream.destroyed || stream.writableEnded) throw new ClosedOutputError();
  await new Promise<void>((resolve, reject) => {
    const failed = (error: NodeJS.ErrnoException): void =>
      reject(error.code === 'EPIPE' ? new ClosedOutputError() : error);
    stream.once('error', failed);
    stream.write(chunk, (error) => {
      // The 'error' event follows this call; the listener stays so that it does not go unheard.
      if (error) return failed(error);
      stream.off('error', failed);
      resolve();
    });
  });
}

/** Passes a body on as it comes. Throws when the daemon broke it off: what was printed is not all. */
export async function pass(response: IncomingMessage, stream: Writable): Promise<void> {
  try {
    for await (const chunk of response) await write(stream, Buffer.from(chunk));
  } catch (error) {
    response.destroy();
    if (error instanceof ClosedOutputError) throw error;
    throw new NoDaemonError('the daemon broke off its answer', { cause: error });
  }
}

export async function end(stream: Writable): Promise<void> {
  if (stream.writableLength > 0) await once(stream, 'drain');
}

/** Columns aligned by their longest cell, two spaces apart, as kubectl and cilium print them. */
export function renderColumns(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows) row.forEach((cell, index) => (widths[index] = Math.max(widths[index] ?? 0, cell.length)));
  return rows
    .map(
      (row) =>
        `${row.map((cell, index) => (index === row.length - 1 ? cell : cell.padEnd(widths[index] + 2))).join('')}`,
    )
    .map((line) => `${line.trimEnd()}\n`)
    .join('');
}
