// Keeps a cache of one collection of a cluster: lists it in pieces, then watches from the version of the list, and goes on from the last
// version it saw when the watch ends. An API server that is away changes nothing in the cache, however long. Upstream: client-go's
// reflector.

import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { ApiError } from '../api/api-error.ts';
import type { WatchEvent } from '../api/api-port.ts';
import { isJsonObject, type JsonObject, type KubeObject } from '../api/object.ts';
import { BackOff } from './back-off.ts';
import { type Cluster, ClusterUnreachable, type Collection } from './cluster.ts';
import { ObjectCache } from './object-cache.ts';

/** Objects of one piece of a list, as client-go asks for them. */
const pageLimit = 500;
/** A server that goes on ending watches at once is not asked again at once. */
const shortWatchMs = 1000;
/**
 * So long a server has to say that it has no such kind before that is believed: one that is just starting, and one whose definition is
 * not established yet, say the same, and whoever takes that for an empty kind withdraws what it has to keep.
 */
const defaultAbsenceMs = 5_000;

export interface InformerOptions extends Collection {
  readonly fieldSelector?: string;
  readonly labelSelector?: string;
}

export interface InformerDeps {
  /** Called after each change of the cache or of `failure`. */
  readonly changed: () => void;
  readonly nowMs?: () => number;
  readonly absenceMs?: number;
  readonly random?: () => number;
}

export interface InformerFailure {
  /** Milliseconds since 1970. */
  readonly sinceMs: number;
  readonly message: string;
}

export class Informer {
  readonly options: InformerOptions;
  readonly cache = new ObjectCache();
  readonly #cluster: Cluster;
  readonly #deps: InformerDeps;
  readonly #nowMs: () => number;
  readonly #backOff: BackOff;
  readonly #stop = new AbortController();
  readonly #synced = Promise.withResolvers<void>();
  #running: Promise<void> | undefined;
  /** What the cache is as of; undefined: it has to be listed. */
  #version: string | undefined;
  #isSynced = false;
  /** Whether the server ever listed it. */
  #hasListed = false;
  /** Since when the server says nothing but that it has no such kind. */
  #absentSinceMs: number | undefined;
  #failure: InformerFailure | undefined;

  constructor(options: InformerOptions, cluster: Cluster, deps: InformerDeps) {
    this.options = options;
    this.#cluster = cluster;
    this.#deps = deps;
    this.#nowMs = deps.nowMs ?? ((): number => performance.now());
    this.#backOff = new BackOff(this.#nowMs, deps.random ?? Math.random);
  }

  /** Whether the cache was ever the whole collection; of a kind that the server does not have, that is nothing. */
  get isSynced(): boolean {
    return this.#isSynced;
  }

  /** Why it is not kept up to date just now. */
  get failure(): InformerFailure | undefined {
    return this.#failure;
  }

  /** Resolves when the cache is the whole collection for the first time; does not when it is closed before. */
  start(): Promise<void> {
    this.#running ??= this.#run();
    return this.#synced.promise;
  }

  /** Nothing changes afterwards. */
  async close(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      try {
        this.#version ??= await this.#list(signal);
        await this.#watch(this.#version, signal);
      } catch (error) {
        if (signal.aborted) return;
        // Anything else is a fault of ours, and no outage.
        if (!(error instanceof ApiError) && !(error instanceof ClusterUnreachable)) throw error;
        await this.#recover(error, signal);
      }
    }
  }

  /** The version that the cache then is of. */
  async #list(signal: AbortSignal): Promise<string> {
    const { options } = this;
    const objects: KubeObject[] = [];
    let continueToken: string | undefined;
    for (;;) {
      const { fieldSelector, labelSelector } = options;
      const page = await this.#cluster.list(
        options,
        { fieldSelector, labelSelector, limit: pageLimit, continueToken },
        signal,
      );
      // One by one: a server that knows no limit sends everything at once, more than a call takes arguments.
      for (const item of page.items) objects.push(item);
      continueToken = page.continueToken;
      if (continueToken !== undefined) continue;
      const isChanged = this.cache.replace(objects, page.resourceVersion);
      this.#hasListed = true;
      this.#arrived(isChanged);
      return page.resourceVersion;
    }
  }

  async #watch(resourceVersion: string, signal: AbortSignal): Promise<void> {
    const { fieldSelector, labelSelector } = this.options;
    const begunMs = performance.now();
    await this.#cluster.watch(
      this.options,
      { fieldSelector, labelSelector, resourceVersion },
      { opened: () => this.#arrived(false), told: (event) => this.#take(event) },
      signal,
    );
    if (performance.now() - begunMs < shortWatchMs) await sleep(shortWatchMs, undefined, { signal });
  }

  #take({ type, object }: WatchEvent): void {
    if (type === 'ERROR') return;
    const version = versionOf(object);
    if (version !== undefined) this.#version = version;
    if (type === 'BOOKMARK' || !isKubeObject(object)) {
      this.#arrived(false);
      return;
    }
    this.#arrived(type === 'DELETED' ? this.cache.remove(object) : this.cache.put(object));
  }

  /** Something came, so the server is there. */
  #arrived(isChanged: boolean): void {
    const wasFailing = this.#failure !== undefined;
    this.#failure = undefined;
    this.#absentSinceMs = undefined;
    this.#finishSync();
    if (isChanged || wasFailing) this.#deps.changed();
  }

  #finishSync(): void {
    if (this.#isSynced) return;
    this.#isSynced = true;
    this.#synced.resolve();
  }

  async #recover(error: ApiError | ClusterUnreachable, signal: AbortSignal): Promise<void> {
    const reason = error instanceof ApiError ? error.reason : undefined;
    // A server that was set up anew does not know the version: it has to be asked for everything, if not at once.
    if (reason === 'BadRequest' || reason === 'Timeout') this.#version = undefined;
    if (reason === 'Expired' || reason === 'Gone') {
      // What happened in between is found by listing anew; until then the cache stays.
      const hadVersion = this.#version !== undefined;
      this.#version = undefined;
      if (hadVersion) return;
    }
    // A kind that the server does not have is an empty one, and may come later.
    if (this.#isAbsent(reason)) this.#arriveAbsent();
    else this.#fail(error);
    const retryAfterMs = error instanceof ApiError ? (error.details?.retryAfterSeconds ?? 0) * 1000 : 0;
    await sleep(this.#backOff.failed(retryAfterMs), undefined, { signal }).catch(() => undefined);
  }

  /** After another failure. One that was listed and is gone stays a failure: nobody told that its objects were deleted. */
  #isAbsent(reason: string | undefined): boolean {
    if (reason !== 'NotFound' || this.#hasListed) {
      this.#absentSinceMs = undefined;
      return false;
    }
    const nowMs = this.#nowMs();
    this.#absentSinceMs ??= nowMs;
    return nowMs - this.#absentSinceMs >= (this.#deps.absenceMs ?? defaultAbsenceMs);
  }

  #arriveAbsent(): void {
    const isNews = !this.#isSynced || this.#failure !== undefined;
    this.#failure = undefined;
    this.#finishSync();
    if (isNews) this.#deps.changed();
  }

  #fail({ message }: Error): void {
    const sinceMs = this.#failure?.sinceMs ?? Date.now();
    if (this.#failure?.message === message) return;
    this.#failure = { sinceMs, message };
    this.#deps.changed();
  }
}

function versionOf(object: JsonObject): string | undefined {
  const { metadata } = object;
  const version = isJsonObject(metadata) ? metadata['resourceVersion'] : undefined;
  return typeof version === 'string' && version !== '' ? version : undefined;
}

function isKubeObject(object: JsonObject): object is KubeObject {
  return typeof object['kind'] === 'string' && isJsonObject(object['metadata']);
}
