// The HTTPS server: TLS and its client certificates, limits, octets in and out. What a request means is the handler's business, and
// how an answer looks the renderer's. Kubernetes API concepts.

import { constants } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { fastify, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { ApiError } from '#kube/api/api-error.ts';
import { Bodies } from './bodies.ts';
import type { Admitted, Answer, Handler, Head } from './handler.ts';
import { Identities } from './identity.ts';
import { Admission, type ServerLimits } from './limits.ts';
import { sendPieces } from './piece-stream.ts';
import type { Renderer } from './render.ts';
import { Turns } from './turns.ts';
import { Warnings } from './warnings.ts';
import { streamWatch } from './watch-stream.ts';

/** Who a connection belongs to is asked once. */
const tlsRules = { minVersion: 'TLSv1.2', secureOptions: constants.SSL_OP_NO_RENEGOTIATION } as const;

export interface ServerOptions {
  readonly address: string;
  readonly port: number;
  /** PEM. */
  readonly certificate: string;
  readonly key: string;
  /** PEM: whose clients are known. */
  readonly clientAuthority: string;
  readonly limits: ServerLimits;
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
/** Longer ones fire at once. */
const longestTimerMs = 2 ** 31 - 1;

/** A request that may be made, while its body comes. */
interface Asked {
  readonly head: Head;
  readonly admitted: Admitted;
  readonly reply: FastifyReply['raw'];
}

type Headers = Readonly<Record<string, string | readonly string[]>>;

export class ApiServer {
  readonly #options: ServerOptions;
  readonly #deps: ServerDeps;
  readonly #app: Instance;
  readonly #identities = new Identities(Date.now);
  readonly #admission: Admission;
  readonly #bodies: Bodies;
  readonly #turns = new Turns();
  readonly #asked = new WeakMap<IncomingMessage, Asked>();

  constructor(options: ServerOptions, deps: ServerDeps) {
    this.#options = options;
    this.#deps = deps;
    const { limits } = options;
    this.#admission = new Admission(limits);
    this.#bodies = new Bodies(limits);
    this.#app = fastify({
      https: {
        cert: options.certificate,
        key: options.key,
        ca: options.clientAuthority,
        // Who has none, or a wrong one, is told so by a Status instead of a broken handshake.
        requestCert: true,
        rejectUnauthorized: false,
        ...tlsRules,
        handshakeTimeout: limits.handshakeMs,
        maxHeaderSize: limits.headerBytes,
        headersTimeout: limits.headersMs,
        connectionsCheckingInterval: Math.min(5_000, limits.headersMs),
      },
      requestTimeout: limits.requestMs,
      keepAliveTimeout: limits.keepAliveMs,
      forceCloseConnections: true,
      exposeHeadRoutes: false,
      // Names of objects are longer than what a parameter of a path may be by default.
      routerOptions: { maxParamLength: limits.headerBytes },
      frameworkErrors: (error, _request, reply) => this.#fail(reply, error),
      clientErrorHandler: refuseClient,
    });
    this.#app.server.maxConnections = limits.connections;
    // Node's HTTP parser takes octets of TLS straight from the connection, also after it paused itself because an answer is not sent
    // yet, and then fails (HPE_PAUSED): a client that asks again at once lost its connection. Who listens makes it read in order.
    this.#app.server.on('secureConnection', (socket) => socket.on('data', () => {}));
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
    this.#app.server.setSecureContext({ cert: certificate, key, ca: clientAuthority, ...tlsRules });
  }

  close(): Promise<void> {
    return this.#app.close();
  }

  #route(): void {
    const app = this.#app;
    // Every body stays octets: what they are is said by the verb.
    app.removeAllContentTypeParsers();
    app.addContentTypeParser('*', ({ raw }: HttpRequest) => {
      const { head, reply } = this.#askedOf(raw);
      return this.#bodies.read(raw, reply, userOf(head));
    });
    // Before the body is read: of strangers nothing is, nor of who may not do what he asks.
    app.addHook('onRequest', async (request, reply) => {
      const { raw } = request;
      this.#turns.line(raw, reply.raw);
      const head = this.#readHead(request);
      if (!isRead(head) && typeof head.who === 'string')
        throw new ApiError('Unauthorized', `Unauthorized: ${head.who}`);
      this.#asked.set(raw, { head, admitted: this.#deps.handler.admit(head), reply: reply.raw });
    });
    // Once its body is read: a connection whose body waits is not read at all. What has come whole and may be done is begun, if it is not
    // too much at once.
    app.addHook('preHandler', async (request, reply) => {
      await this.#turns.wait(request.raw);
      const { head } = this.#askedOf(request.raw);
      this.#admission.enter(reply.raw, isRead(head) ? 'reads' : 'changes', userOf(head));
    });
    app.all('/*', (request, reply) => this.#serve(request, reply));
    app.setErrorHandler((error, _request, reply) => this.#fail(reply, error));
    app.setNotFoundHandler((_request, reply) =>
      this.#fail(reply, new ApiError('NotFound', 'the server could not find the requested resource')),
    );
  }

  async #serve(request: HttpRequest, reply: HttpReply): Promise<void> {
    const warnings = new Warnings();
    try {
      const answer = await this.#answer(request, warnings);
      await this.#send(request, reply, answer, warnings);
    } catch (error) {
      if (reply.raw.headersSent) reply.raw.destroy();
      else this.#fail(reply, error, warnings);
    }
  }

  #readHead({ raw, socket }: Pick<HttpRequest, 'raw' | 'socket'>): Head {
    const [path, query = ''] = splitOnce(raw.url ?? '/', '?');
    return {
      method: raw.method ?? 'GET',
      path,
      query: new URLSearchParams(query),
      who: socket instanceof TLSSocket ? this.#identities.of(socket) : 'no TLS',
      headers: raw.headersDistinct,
    };
  }

  #askedOf(raw: IncomingMessage): Asked {
    const asked = this.#asked.get(raw);
    if (asked === undefined) throw new ApiError('InternalError', 'a request that nobody admitted');
    return asked;
  }

  #answer({ raw, body }: HttpRequest, warnings: Warnings): Promise<Answer> {
    const { head, admitted } = this.#askedOf(raw);
    const { headers } = raw;
    const request = {
      ...head,
      accept: headers.accept,
      ifNoneMatch: headers['if-none-match'],
      contentType: headers['content-type'],
      userAgent: headers['user-agent'],
      octets: Buffer.isBuffer(body) ? body : undefined,
    };
    return this.#deps.handler.answer(admitted, request, (text) => warnings.add(text));
  }

  async #send(request: HttpRequest, reply: HttpReply, answer: Answer, warnings: Warnings): Promise<void> {
    const { renderer, report, watchTimeoutMs } = this.#deps;
    const headers = warnings.headers();
    switch (answer.type) {
      case 'watch': {
        const { form, timeoutSeconds, begin, resource } = answer;
        this.#admission.enter(reply.raw, 'watches', userOf(this.#askedOf(request.raw).head));
        // Of an answer that went before on the connection.
        reply.raw.setTimeout(0);
        const askedMs = (timeoutSeconds ?? 0) * 1000;
        const options = {
          media: 'application/json',
          timeoutMs: askedMs === 0 ? watchTimeoutMs() : Math.min(askedMs, longestTimerMs),
          waitingBytes: this.#options.limits.waitingBytes,
          headers,
          render: renderer.watchRenderer(resource, form),
          cut: (why: string) => report(`a watch of ${splitOnce(request.url, '?')[0]} was cut`, new Error(why)),
        };
        const streaming = streamWatch(reply.raw, begin, options);
        reply.hijack();
        return streaming;
      }
      case 'document':
        return this.#sendText(reply, answer.code, answer.media, answer.text, { ...headers, ...answer.headers });
      case 'json':
        return this.#sendText(reply, answer.code, 'application/json', JSON.stringify(answer.value), headers);
      default: {
        const { media, pieces } = renderer.render(answer);
        const code = answer.type === 'object' ? answer.code : 200;
        return sendPieces(reply, { code, media, pieces, headers }, this.#options.limits.stalledMs);
      }
    }
  }

  #sendText(reply: HttpReply, code: number, media: string, text: string | Uint8Array, headers: Headers): void {
    const { raw } = reply;
    raw.setTimeout(this.#options.limits.stalledMs, () => raw.destroy());
    for (const [name, value] of Object.entries(headers)) void reply.header(name, value);
    // As octets: to text Fastify would add a charset.
    void reply.code(code).type(media).header('cache-control', 'no-cache, private').send(Buffer.from(text));
  }

  /** Every error is a Status. */
  #fail(reply: HttpReply, error: unknown, warnings?: Warnings): void {
    const known = toApiError(error);
    if (known.reason === 'InternalError' && !(error instanceof ApiError)) {
      this.#deps.report(`${reply.request.method} ${splitOnce(reply.request.url, '?')[0]}`, error);
    }
    const retry = known.details?.retryAfterSeconds;
    const headers = { ...warnings?.headers(), ...(retry === undefined ? {} : { 'retry-after': String(retry) }) };
    this.#sendText(reply, known.code, 'application/json', JSON.stringify(known.status()), headers);
  }
}

/** What Fastify itself refuses, in the words of Kubernetes. */
function toApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  const status = error instanceof Error && 'statusCode' in error ? Number(error.statusCode) : 500;
  const message = error instanceof Error ? error.message : String(error);
  if (status === 415) return new ApiError('UnsupportedMediaType', message);
  if (status >= 400 && status < 500) return new ApiError('BadRequest', message);
  return new ApiError('InternalError', 'an error of the server: its log says which');
}

const clientErrors: Readonly<Record<string, readonly [number, string]>> = {
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'Request Timeout'],
  HPE_HEADER_OVERFLOW: [431, 'Request Header Fields Too Large'],
};

/** What is no HTTP, too slow, or has too long headers never becomes a request; the connection ends with a Status. */
function refuseClient(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  const [code, text] = clientErrors[error.code ?? ''] ?? [400, 'Bad Request'];
  const status = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message: text, code };
  const body = JSON.stringify(status);
  socket.end(
    `HTTP/1.1 ${code} ${text}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`,
  );
}

function isRead({ method }: Head): boolean {
  return method === 'GET' || method === 'HEAD';
}

/** Whose the connection is, whoever he acts for; '' for nobody's. */
function userOf({ who }: Head): string {
  return typeof who === 'string' ? '' : who.user;
}

function splitOnce(text: string, by: string): readonly [string, string?] {
  const at = text.indexOf(by);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}
