// A real API server, over HTTPS. @kubernetes/client-node reads kubeconfigs and service accounts and knows who we are in all the ways that
// there are (certificates, tokens that are renewed, programs to run, proxies); requests are Node's own, because lists in pieces,
// bookmarks, Status bodies and an end to a watch that has gone silent are not to be had from its generated client.

import { Agent, request, type RequestOptions } from 'node:https';
import type { IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import type { KubeConfig } from '@kubernetes/client-node';
import { ApiError } from '../api/api-error.ts';
import type { ListAnswer, WatchEvent } from '../api/api-port.ts';
import { isJsonObject, type Json, type JsonObject, type KubeObject } from '../api/object.ts';
import {
  type Cluster,
  ClusterUnreachable,
  type ClusterWatch,
  type ClusterWrite,
  type Collection,
  type Item,
  pathOf,
  type WatchListener,
} from './cluster.ts';
import { JsonLines } from './json-lines.ts';
import { RateLimit } from './rate-limit.ts';
import { readStatus } from './read-status.ts';

const keepAliveMs = 30_000;
const defaultSilence: SilenceLimits = { answerMs: 30_000, watchMs: 150_000 };
/** How long the server is asked to keep a watch, in seconds: at least, and at most so much more. */
const watchSeconds = { least: 300, more: 300 } as const;
/** A page of 500 objects of the greatest size that is usual. */
const longestAnswer = 512 * 1024 * 1024;
/** Of an answer, in octets. Upstream's warnings are 4 KiB of texts, each in a line of its own: more than Node takes by default. */
const longestHeaders = 256 * 1024;

export interface SilenceLimits {
  /** An answer that does not begin, or does not go on, for so long is none. */
  readonly answerMs: number;
  /** A server sends bookmarks once a minute: a watch that is silent for longer than this may hang on a connection that is dead. */
  readonly watchMs: number;
}

export interface RemoteOptions {
  readonly userAgent: string;
  readonly silence?: SilenceLimits;
  readonly rate: { readonly perSecond: number; readonly burst: number };
}

interface Question {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  readonly body?: { readonly type: string; readonly text: string };
  readonly signal?: AbortSignal | undefined;
}

export class RemoteCluster implements Cluster {
  readonly name: string;
  readonly #config: KubeConfig;
  readonly #options: RemoteOptions;
  readonly #rate: RateLimit;
  readonly #silence: SilenceLimits;
  #agent: { readonly material: string; readonly agent: Agent } | undefined;

  /** `server`: of the current context. */
  constructor(config: KubeConfig, server: string, options: RemoteOptions) {
    this.name = server.replace(/\/$/, '');
    this.#config = config;
    this.#options = options;
    this.#silence = options.silence ?? defaultSilence;
    this.#rate = new RateLimit(options.rate, () => performance.now());
  }

  async get(item: Item, signal?: AbortSignal): Promise<KubeObject> {
    return readObject(await this.#ask({ method: 'GET', path: pathOf(item), signal }));
  }

  async list(
    collection: Collection,
    options: Parameters<Cluster['list']>[1],
    signal?: AbortSignal,
  ): Promise<ListAnswer> {
    const { labelSelector, fieldSelector, limit, continueToken, resourceVersion, resourceVersionMatch } = options;
    const query = {
      labelSelector,
      fieldSelector,
      limit,
      continue: continueToken,
      resourceVersion,
      resourceVersionMatch,
    };
    return readList(await this.#ask({ method: 'GET', path: pathOf(collection), query, signal }));
  }

  async watch(
    collection: Collection,
    { labelSelector, fieldSelector, resourceVersion }: ClusterWatch,
    listener: WatchListener,
    signal: AbortSignal,
  ): Promise<void> {
    const timeoutSeconds = Math.round(watchSeconds.least + Math.random() * watchSeconds.more);
    const options = { labelSelector, fieldSelector, resourceVersion, timeoutSeconds };
    const query = { ...options, watch: 'true', allowWatchBookmarks: 'true' };
    await this.#rate.wait(signal);
    const response = await this.#send(
      { method: 'GET', path: pathOf(collection), query, signal },
      this.#silence.watchMs,
    );
    if (response.statusCode !== 200) throw readStatus(response.statusCode, response.headers, await readText(response));
    listener.opened();
    const lines = new JsonLines((line) => {
      const event = readEvent(line);
      if (event.type === 'ERROR') throw readStatus(undefined, {}, JSON.stringify(event.object));
      if (!signal.aborted) listener.told(event);
    });
    try {
      for await (const chunk of chunksOf(response, signal)) lines.push(chunk);
    } finally {
      response.destroy();
    }
  }

  async create(collection: Collection, object: KubeObject, options: ClusterWrite): Promise<KubeObject> {
    return readObject(await this.#write('POST', pathOf(collection), object, options));
  }

  async update(item: Item, object: KubeObject, options: ClusterWrite): Promise<KubeObject> {
    return readObject(await this.#write('PUT', pathOf(item), object, options));
  }

  async patch(item: Item, patch: Parameters<Cluster['patch']>[1], options: ClusterWrite): Promise<KubeObject> {
    const query = { ...queryOf(options), force: patch.isForced ? 'true' : undefined };
    // JSON is YAML.
    const body = { type: patch.type, text: JSON.stringify(patch.body) };
    return readObject(await this.#ask({ method: 'PATCH', path: pathOf(item), query, body }));
  }

  async delete(item: Item, options: Parameters<Cluster['delete']>[1]): Promise<JsonObject> {
    const body = JSON.stringify({ kind: 'DeleteOptions', apiVersion: 'v1', ...options });
    const answer = await this.#ask({
      method: 'DELETE',
      path: pathOf(item),
      body: { type: 'application/json', text: body },
    });
    if (isJsonObject(answer)) return answer;
    throw new ClusterUnreachable('the answer to a deletion is no object');
  }

  /** Ends every connection. */
  close(): void {
    this.#agent?.agent.destroy();
  }

  #write(method: 'POST' | 'PUT', path: string, object: KubeObject, options: ClusterWrite): Promise<Json> {
    const body = { type: 'application/json', text: JSON.stringify(object) };
    return this.#ask({ method, path, query: queryOf(options), body });
  }

  /** One request and its whole answer. */
  async #ask(question: Question): Promise<Json> {
    await this.#rate.wait(question.signal);
    const response = await this.#send(question, this.#silence.answerMs);
    const body = await readText(response).catch((error: unknown) => {
      throw asReason(error, question.signal);
    });
    const code = response.statusCode ?? 0;
    if (code < 200 || code > 299) throw readStatus(code, response.headers, body);
    return readJson(body);
  }

  async #send({ method, path, query = {}, body, signal }: Question, silentMs: number): Promise<IncomingMessage> {
    const url = new URL(this.name + path);
    for (const [name, value] of Object.entries(query)) {
      if (value !== undefined && value !== '') url.searchParams.set(name, String(value));
    }
    const options = await this.#authenticate();
    options.method = method;
    options.maxHeaderSize = longestHeaders;
    options.headers = {
      ...Object.fromEntries(Object.entries(options.headers ?? {})),
      accept: 'application/json',
      'user-agent': this.#options.userAgent,
      ...(body === undefined ? {} : { 'content-type': body.type, 'content-length': Buffer.byteLength(body.text) }),
    };
    if (signal !== undefined) options.signal = signal;
    return await new Promise((resolve, reject) => {
      const ask = (isRepeated: boolean): void => {
        let answer: IncomingMessage | undefined;
        const asked = request(url, options, (response) => {
          answer = response;
          resolve(response);
        });
        // Whoever reads the answer is told why it ended.
        asked.setTimeout(silentMs, () => (answer ?? asked).destroy(new Error(`no answer for ${silentMs / 1000} s`)));
        asked.on('socket', (socket) => socket.setKeepAlive(true, keepAliveMs));
        asked.on('error', (error) => {
          // The server closed a connection that was kept just when it was used again; reading twice harms nobody.
          const isStale = asked.reusedSocket && answer === undefined && isReset(error);
          const isOurs = options.agent === this.#agent?.agent;
          if (method === 'GET' && isStale && isOurs && !isRepeated) {
            options.agent = false;
            ask(true);
          } else reject(asReason(error, signal));
        });
        asked.end(body?.text);
      };
      ask(false);
    });
  }

  /** Anew for each request: tokens and certificates are renewed in their files. */
  async #authenticate(): Promise<RequestOptions> {
    const options: RequestOptions = {};
    try {
      await this.#config.applyToHTTPSOptions(options);
    } catch (error) {
      throw new ClusterUnreachable(`who we are cannot be told: ${wordsOf(error)}`, { cause: error });
    }
    const { ca, cert, key } = options;
    if (this.#config.getCurrentCluster()?.proxyUrl === undefined) {
      // Of connections that stay open: the package's own agent makes one for each request.
      const material = [ca, cert, key].map(String).join();
      if (this.#agent?.material !== material) {
        this.#agent?.agent.destroy();
        const { rejectUnauthorized = true, servername } = options;
        const agent = new Agent({
          keepAlive: true,
          ca,
          cert,
          key,
          rejectUnauthorized,
          ...(servername === undefined ? {} : { servername }),
        });
        this.#agent = { material, agent };
      }
      options.agent = this.#agent.agent;
    }
    return options;
  }
}

function queryOf({ fieldManager, isDryRun, fieldValidation = 'Warn' }: ClusterWrite): NonNullable<Question['query']> {
  return { fieldManager, fieldValidation, dryRun: isDryRun === true ? 'All' : undefined };
}

/** What ends the stream is the world's fault; what whoever reads it throws is not. */
async function* chunksOf(response: IncomingMessage, signal: AbortSignal): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of response) yield chunk as Buffer;
  } catch (error) {
    throw asReason(error, signal);
  }
}

async function readText(response: IncomingMessage): Promise<string> {
  let length = 0;
  response.on('data', (chunk: Buffer) => {
    length += chunk.length;
    if (length > longestAnswer) response.destroy(new Error(`an answer is longer than ${longestAnswer} octets`));
  });
  return await text(response);
}

function readJson(body: string): Json {
  try {
    return JSON.parse(body) as Json;
  } catch {
    throw new ClusterUnreachable(`the answer is no JSON: ${body.slice(0, 60).replaceAll(/\s+/g, ' ')}`);
  }
}

function readObject(value: Json): KubeObject {
  if (isKubeObject(value)) return value;
  throw new ClusterUnreachable('the answer is no Kubernetes object');
}

function readList(value: Json): ListAnswer {
  if (!isJsonObject(value) || typeof value['kind'] !== 'string' || !value['kind'].endsWith('List')) {
    throw new ClusterUnreachable('the answer is no list');
  }
  const { apiVersion, kind, metadata, items } = value;
  if (!isJsonObject(metadata) || typeof apiVersion !== 'string')
    throw new ClusterUnreachable('the list has no metadata');
  // Items of built-in kinds do not say what they are.
  const common = { apiVersion, kind: kind.slice(0, -'List'.length) };
  const { resourceVersion, continue: token, remainingItemCount } = metadata;
  return {
    items: (Array.isArray(items) ? items : []).map((item: Json) =>
      readObject(isJsonObject(item) ? { ...common, ...item } : item),
    ),
    resourceVersion: typeof resourceVersion === 'string' ? resourceVersion : '',
    continueToken: typeof token === 'string' && token !== '' ? token : undefined,
    remainingItemCount: typeof remainingItemCount === 'number' ? remainingItemCount : undefined,
  };
}

const eventTypes: readonly WatchEvent['type'][] = ['ADDED', 'MODIFIED', 'DELETED', 'BOOKMARK', 'ERROR'];

function readEvent(line: string): WatchEvent {
  const value = readJson(line);
  const object = isJsonObject(value) ? value['object'] : undefined;
  const type = isJsonObject(value) ? eventTypes.find((known) => known === value['type']) : undefined;
  if (type === undefined || !isJsonObject(object)) throw new ClusterUnreachable('an event of a watch cannot be read');
  return { type, object };
}

function isKubeObject(value: Json): value is KubeObject {
  return isJsonObject(value) && typeof value['kind'] === 'string' && isJsonObject(value['metadata']);
}

function isReset(error: Error): boolean {
  return 'code' in error && (error.code === 'ECONNRESET' || error.code === 'EPIPE');
}

/** What a stream or a request ended with, unless it was us. */
function asReason(error: unknown, signal: AbortSignal | undefined): Error {
  if (signal?.aborted === true || error instanceof ApiError || error instanceof ClusterUnreachable)
    return error as Error;
  return new ClusterUnreachable(wordsOf(error), { cause: error });
}

function wordsOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return wordsOf(error.errors[0]);
  return error instanceof Error ? error.message : String(error);
}
