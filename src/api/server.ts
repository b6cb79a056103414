// One Fastify server: the routes, the limits, and every error as a problem document. createApi (api.ts) makes one for the unix
// socket and one for each TCP address; they differ only in who may ask what (access.ts).

import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { type FastifyInstance, type FastifyReply, type FastifyRequest, fastify } from 'fastify';
import { checkTcpRequest, methodNotAllowed } from './access.ts';
import { formatProblem, ProblemError, problemTypes } from './problem.ts';
import { type ApiRoute, checkQuery, type RouteContext } from './route.ts';
import { apiRoutes } from './routes.ts';
import { toProblem } from './server-faults.ts';
import { findNearest } from './show/pattern.ts';
import { chooseFormat, type Format } from './show-route.ts';

/** At the limit: 413, 431, the connection is closed, or it is not accepted. */
const limits = {
  bodyBytes: 16 * 1024,
  headerBytes: 16 * 1024,
  /** A request must have arrived whole. */
  requestMs: 10_000,
  /** No byte moved in either direction: a reader that stopped reading holds a view of the table. */
  silentMs: 60_000,
  keepAliveMs: 5_000,
  connections: 128,
};

export function createServer(context: RouteContext, kind: 'unix' | 'tcp'): FastifyInstance {
  const app = fastify({
    bodyLimit: limits.bodyBytes,
    requestTimeout: limits.requestMs,
    connectionTimeout: limits.silentMs,
    keepAliveTimeout: limits.keepAliveMs,
    forceCloseConnections: true,
    exposeHeadRoutes: true,
    http: { maxHeaderSize: limits.headerBytes },
    clientErrorHandler: refuseConnection,
    frameworkErrors: (error, request, reply) => void sendError(context, error, request, reply),
  });
  // A text body would reach handlers that expect JSON.
  app.removeContentTypeParser('text/plain');
  app.server.maxConnections = limits.connections;
  if (kind === 'tcp') {
    app.addHook('onRequest', async (request) => checkTcpRequest(request.method, request.headers.host));
  }
  for (const route of apiRoutes) {
    app.route({
      method: route.method,
      url: route.path,
      handler: (request, reply) => {
        checkQuery(route, request);
        return route.handle(context, request, reply);
      },
    });
  }
  app.setErrorHandler((error, request, reply) => sendError(context, error, request, reply));
  app.setNotFoundHandler((request, reply) => sendError(context, judgeUnknown(request), request, reply));
  return app;
}

/** What is not even a request: answered by hand, because there is no reply object yet. */
function refuseConnection(error: NodeJS.ErrnoException, socket: Socket): void {
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const statuses: Readonly<Record<string, number>> = { HPE_HEADER_OVERFLOW: 431, ERR_HTTP_REQUEST_TIMEOUT: 408 };
  const status = statuses[error.code ?? ''] ?? 400;
  const title = STATUS_CODES[status] ?? 'Error';
  const body = JSON.stringify({ type: problemTypes.blank, title, status, detail: 'the request cannot be read' });
  const head = `HTTP/1.1 ${status} ${title}\r\ncontent-type: application/problem+json\r\ncontent-length: ${body.length}\r\nconnection: close`;
  socket.end(`${head}\r\n\r\n${body}`);
}

/** A known path with another method is 405, everything else 404 with the nearest path. */
function judgeUnknown(request: FastifyRequest): ProblemError {
  const path = request.url.split('?')[0];
  const allowed = apiRoutes
    .filter((route) => isMatch(route, path))
    .flatMap((route) => (route.method === 'GET' ? ['GET', 'HEAD'] : route.method));
  if (allowed.length > 0) return methodNotAllowed(request.method, allowed);
  const nearest = findNearest(
    path,
    apiRoutes.map((route) => route.path),
  );
  return new ProblemError({
    type: problemTypes.unknownPath,
    title: 'No such path',
    status: 404,
    detail: `No such path: ${path}`,
    suggestions: [...(nearest === undefined ? [] : [nearest]), '/openapi.json'],
  });
}

function isMatch(route: ApiRoute, path: string): boolean {
  const pattern = route.path.replaceAll('.', '\\.').replaceAll(/:\w+/g, '[^/]+').replace('*', '.*');
  return new RegExp(`^${pattern}$`).test(path);
}

function sendError(context: RouteContext, error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const problem = { ...toProblem(error, request.headers['content-type']), instance: request.url };
  if (problem.status === 500) context.deps.reportFault(error, `${request.method} ${request.url}`);
  if (error instanceof ProblemError) void reply.headers(error.headers);
  void reply.status(problem.status).header('cache-control', 'no-store');
  if (wantsText(request)) return reply.type('text/plain; charset=utf-8').send(formatProblem(problem));
  // As octets: to text Fastify would add a charset, which this type does not have (RFC 9457 §7.1).
  return reply.type('application/problem+json').send(Buffer.from(JSON.stringify(problem)));
}

/** A client that reads problem documents gets them, whatever it wants answers in. */
function wantsText(request: FastifyRequest): boolean {
  if (request.headers.accept?.includes('application/problem+json') === true) return false;
  const asked = new URLSearchParams(request.url.split('?')[1]).get('format');
  let format: Format = 'json';
  try {
    format = chooseFormat(asked === 'text' ? 'text' : undefined, request.headers.accept);
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
  }
  return format === 'text';
}
