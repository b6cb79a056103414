// The HTTPS server: TLS and its client certificates, limits, octets in and out. What a request means is the handler's business, and
// how an answer looks the renderer's. Kubernetes API concepts.

import type { Server as HttpsServer } from 'node:https';
import { TLSSocket } from 'node:tls';
import { fastify, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { ApiError } from '#kube/api/api-error.ts';
import { maxBodyBytes } from './body.ts';
import type { Answer, Handler } from './handler.ts';
import { readIdentity } from './identity.ts';
import type { Renderer } from './render.ts';
import { streamWatch } from './watch-stream.ts';

/** At the limit: the connection is closed, or not accepted; a body that is too long gets 413. */
export const limits = {
  connections: 10_000,
  headerBytes: 64 * 1024,
  handshakeMs: 10_000,
  /** A request must have arrived whole, its body too. */
  requestMs: 60_000,
  keepAliveMs: 90_000,
  /** Requests with bodies that are read or answered at the same time. */
  requests: 512,
} as const;

export interface ServerOptions {
  readonly address: string;
  readonly port: number;
  /** PEM. */
  readonly certificate: string;
  readonly key: string;
  /** PEM: whose clients are known. */
  readonly clientAuthority: string;
}

export interface ServerDeps {
  readonly handler: Handler;
  readonly renderer: Renderer;
  /** A fault of our own, or a client that had to be cut off. */
  readonly report: (what: string, error: unknown) => void;
  /** Between 30 and 60 minutes, so that clients do not all come back at once. */
  readonly watchTimeoutMs: () => number;
}

/** The world's fault: it cannot listen where it was told to. */
export class ListenError extends Error {
  override readonly name = 'ListenError';
}

type Instance = FastifyInstance<HttpsServer>;
type HttpRequest = Pick<FastifyRequest, 'raw' | 'body' | 'socket' | 'url'>;
type HttpReply = Pick<FastifyReply, 'raw' | 'hijack' | 'code' | 'header' | 'request'>;
type Headers = Readonly<Record<string, string | readonly string[]>>;

export class ApiServer {
  readonly #options: ServerOptions;
  readonly #deps: ServerDeps;
  readonly #app: Instance;
  #running = 0;

  constructor(options: ServerOptions, deps: ServerDeps) {
    this.#options = options;
    this.#deps = deps;
    this.#app = fastify({
      https: {
        cert: options.certificate,
        key: options.key,
        ca: options.clientAuthority,
        // Who has none, or a wrong one, is told so by a Status instead of a broken handshake.
        requestCert: true,
        rejectUnauthorized: false,
        minVersion: 'TLSv1.2',
        handshakeTimeout: limits.handshakeMs,
        maxHeaderSize: limits.headerBytes,
      },
      bodyLimit: maxBodyBytes,
      requestTimeout: limits.requestMs,
      keepAliveTimeout: limits.keepAliveMs,
      forceCloseConnections: true,
      exposeHeadRoutes: false,
      // Names of objects are longer than what a parameter of a path may be by default.
      routerOptions: { maxParamLength: limits.headerBytes },
      frameworkErrors: (error, _request, reply) => this.#fail(reply, error, []),
    });
    this.#app.server.maxConnections = limits.connections;
    // Who goes away, or speaks no TLS, is no fault of anybody's here.
    this.#app.server.on('tlsClientError', (_error, socket) => socket.destroy());
    this.#route();
  }

  /** Resolves to the port. Throws ListenError. */
  async listen(): Promise<number> {
    const { address, port } = this.#options;
    try {
      await this.#app.listen({ host: address, port });
    } catch (cause) {
      const isInUse = cause instanceof Error && 'code' in cause && cause.code === 'EADDRINUSE';
      const why = isInUse ? 'the address is in use' : String(cause instanceof Error ? cause.message : cause);
      throw new ListenError(`cannot listen on ${address} port ${port}: ${why}`, { cause });
    }
    const bound = this.#app.server.address();
    return typeof bound === 'object' && bound !== null ? bound.port : port;
  }

  /** For connections that come from now on. */
  renew(certificate: string, key: string): void {
    const { clientAuthority } = this.#options;
    this.#app.server.setSecureContext({ cert: certificate, key, ca: clientAuthority, minVersion: 'TLSv1.2' });
  }

  close(): Promise<void> {
    return this.#app.close();
  }

  #route(): void {
    const app = this.#app;
    // Every body stays octets: what they are is said by the verb.
    app.removeAllContentTypeParsers();
    app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
    // Before the body is read: of strangers nothing is, and what is too much at once is not begun.
    app.addHook('onRequest', async (request) => {
      const { method } = request.raw;
      const who = identityOf(request);
      if (method !== 'GET' && method !== 'HEAD' && typeof who === 'string')
        throw new ApiError('Unauthorized', `Unauthorized: ${who}`);
      if (this.#running >= limits.requests) {
        throw new ApiError('TooManyRequests', 'Too many requests, please try again later.', { retryAfterSeconds: 1 });
      }
    });
    app.all('/*', (request, reply) => this.#serve(request, reply));
    app.setErrorHandler((error, _request, reply) => this.#fail(reply, error, []));
    app.setNotFoundHandler((_request, reply) =>
      this.#fail(reply, new ApiError('NotFound', 'the server could not find the requested resource'), []),
    );
  }

  async #serve(request: HttpRequest, reply: HttpReply): Promise<void> {
    const warnings: string[] = [];
    try {
      this.#running++;
      const answer = await this.#answer(request, warnings).finally(() => this.#running--);
      await this.#send(request, reply, answer, warnings);
    } catch (error) {
      if (reply.raw.headersSent) reply.raw.destroy();
      else this.#fail(reply, error, warnings);
    }
  }

  #answer(request: HttpRequest, warnings: string[]): Promise<Answer> {
    const { raw, body } = request;
    const [path, query = ''] = splitOnce(raw.url ?? '/', '?');
    const { headers } = raw;
    return this.#deps.handler.answer(
      {
        method: raw.method ?? 'GET',
        path,
        query: new URLSearchParams(query),
        accept: headers.accept,
        ifNoneMatch: headers['if-none-match'],
        contentType: headers['content-type'],
        userAgent: headers['user-agent'],
        octets: Buffer.isBuffer(body) ? body : undefined,
        who: identityOf(request),
      },
      (text) => {
        if (warnings.length < 32 && !warnings.includes(text)) warnings.push(text);
      },
    );
  }

  async #send(request: HttpRequest, reply: HttpReply, answer: Answer, warnings: readonly string[]): Promise<void> {
    const { renderer, report, watchTimeoutMs } = this.#deps;
    const headers = warningHeaders(warnings);
    switch (answer.type) {
      case 'watch': {
        const { form, timeoutSeconds, begin, resource } = answer;
        const options = {
          media: 'application/json',
          timeoutMs: timeoutSeconds === undefined || timeoutSeconds === 0 ? watchTimeoutMs() : timeoutSeconds * 1000,
          headers,
          render: renderer.watchRenderer(resource, form),
          cut: (why: string) => report(`a watch of ${splitOnce(request.url, '?')[0]} was cut`, new Error(why)),
        };
        const streaming = streamWatch(reply.raw, begin, options);
        reply.hijack();
        return streaming;
      }
      case 'document':
        return sendText(reply, answer.code, answer.media, answer.text, { ...headers, ...answer.headers });
      case 'json':
        return sendText(reply, answer.code, 'application/json', JSON.stringify(answer.value), headers);
      default: {
        const { media, text } = renderer.render(answer);
        return sendText(reply, answer.type === 'object' ? answer.code : 200, media, text, headers);
      }
    }
  }

  /** Every error is a Status. */
  #fail(reply: HttpReply, error: unknown, warnings: readonly string[]): void {
    const known = toApiError(error);
    if (known.reason === 'InternalError' && !(error instanceof ApiError)) {
      this.#deps.report(`${reply.request.method} ${splitOnce(reply.request.url, '?')[0]}`, error);
    }
    const retry = known.details?.retryAfterSeconds;
    const headers = { ...warningHeaders(warnings), ...(retry === undefined ? {} : { 'retry-after': String(retry) }) };
    sendText(reply, known.code, 'application/json', JSON.stringify(known.status()), headers);
  }
}

/** What Fastify itself refuses, in the words of Kubernetes. */
function toApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  const status = error instanceof Error && 'statusCode' in error ? Number(error.statusCode) : 500;
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') {
    return new ApiError('RequestEntityTooLarge', `Request entity too large: limit is ${maxBodyBytes}`);
  }
  const message = error instanceof Error ? error.message : String(error);
  if (status === 415) return new ApiError('UnsupportedMediaType', message);
  if (status >= 400 && status < 500) return new ApiError('BadRequest', message);
  return new ApiError('InternalError', 'an error of the server: its log says which');
}

function identityOf({ socket }: Pick<HttpRequest, 'socket'>): ReturnType<typeof readIdentity> {
  return socket instanceof TLSSocket ? readIdentity(socket) : 'no TLS';
}

function sendText(reply: HttpReply, code: number, media: string, text: string | Uint8Array, headers: Headers): void {
  for (const [name, value] of Object.entries(headers)) void reply.header(name, value);
  // As octets: to text Fastify would add a charset.
  void reply.code(code).type(media).header('cache-control', 'no-cache, private').send(Buffer.from(text));
}

/** As Kubernetes uses the header: `299 - "text"`. */
function warningHeaders(warnings: readonly string[]): Headers {
  if (warnings.length === 0) return {};
  const quote = (text: string): string => text.replaceAll(/[^\x20-\x7e]/g, '?').replaceAll(/["\\]/g, String.raw`\$&`);
  return { warning: warnings.map((text) => `299 - "${quote(text.slice(0, 1024))}"`) };
}

function splitOnce(text: string, by: string): readonly [string, string?] {
  const at = text.indexOf(by);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}
