// The two small servers beside the API: health (9879) and metrics (9962). GET of fixed paths, one answer in one piece, no framework,
// because a probe must be answered also when the API's server is at its limits.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { ApiListenError } from './unix-socket.ts';

export interface PlainAnswer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

export interface ListeningServer {
  /** Resolves to the port. Throws ApiListenError. */
  listen(): Promise<number>;
  close(): Promise<void>;
}

const MAX_CONNECTIONS = 32;
const SILENT_MS = 10_000;

export function createPlainServer(
  options: { readonly address: string; readonly port: number },
  answers: ReadonlyMap<string, () => Promise<PlainAnswer>>,
): ListeningServer {
  const server = createServer(
    { maxHeaderSize: 8192, requestTimeout: SILENT_MS, keepAliveTimeout: 5000 },
    (request, response) => {
      void answer(request, response, answers);
    },
  );
  server.maxConnections = MAX_CONNECTIONS;
  server.setTimeout(SILENT_MS);
  const where = `${options.address.includes(':') ? `[${options.address}]` : options.address}:${options.port}`;
  return {
    listen: () =>
      new Promise((resolve, reject) => {
        server.once('error', (cause: NodeJS.ErrnoException) => {
          const reason = cause.code === 'EADDRINUSE' ? 'address in use' : cause.message;
          reject(new ApiListenError('LISTEN_FAILED', `cannot listen on ${where}: ${reason}`, { cause }));
        });
        server.listen(options.port, options.address, () => {
          const bound = server.address();
          resolve(typeof bound === 'object' && bound !== null ? bound.port : options.port);
        });
      }),
    close: () =>
      new Promise((resolve) => {
        if (!server.listening) return resolve();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  answers: ReadonlyMap<string, () => Promise<PlainAnswer>>,
): Promise<void> {
  const { status, type, body } = await decide(request, answers);
  response.writeHead(status, {
    'content-type': type,
    'cache-control': 'no-store',
    ...(status === 405 ? { allow: 'GET, HEAD' } : {}),
  });
  response.end(request.method === 'HEAD' ? undefined : body);
}

async function decide(
  request: IncomingMessage,
  answers: ReadonlyMap<string, () => Promise<PlainAnswer>>,
): Promise<PlainAnswer> {
  const path = (request.url ?? '').split('?')[0];
  const make = answers.get(path);
  if (make === undefined) return problem(404, 'No such path', `no ${path} here; try ${[...answers.keys()].join(', ')}`);
  if (request.method !== 'GET' && request.method !== 'HEAD')
    return problem(405, 'Method not allowed', 'GET and HEAD only');
  try {
    return await make();
  } catch (error) {
    return problem(500, 'Internal Server Error', error instanceof Error ? error.message : 'a fault of our own');
  }
}

function problem(status: number, title: string, detail: string): PlainAnswer {
  const body = JSON.stringify({ type: 'about:blank', title, status, detail });
  return { status, type: 'application/problem+json', body };
}
