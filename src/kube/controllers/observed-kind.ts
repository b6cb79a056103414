// What a controller has observed of one kind: a copy kept by a watch, listed anew when the watch ends and now and then besides, so that
// a change that was lost is found. Objects are shared with whoever told of them; there are as many as the API has.

import type { TimerHandle } from '#bgp/ports.ts';
import { ApiError } from '../api/api-error.ts';
import type { Target, WatchEvent, Watching } from '../api/api-port.ts';
import { isJsonObject, type JsonObject, type KubeObject } from '../api/object.ts';
import { type ControllerDeps, everything, keyOf } from './controller.ts';

/** `before` undefined: new; `now` undefined: gone. */
export type Changed = (now: KubeObject | undefined, before: KubeObject | undefined) => void;

const relistMs = 600_000;
const retryMs = 1_000;

export class ObservedKind {
  readonly #target: Target;
  readonly #deps: ControllerDeps;
  readonly #changed: Changed;
  readonly #objects = new Map<string, KubeObject>();
  /** The newest change that is known. */
  #position = 0;
  #watching: Watching | undefined;
  #timer: TimerHandle | undefined;
  #isClosed = false;

  constructor(target: Target, deps: ControllerDeps, changed: Changed) {
    this.#target = target;
    this.#deps = deps;
    this.#changed = changed;
  }

  /** What there is has been told of when this returns. */
  start(): void {
    this.#list();
  }

  get(namespace: string, name: string): KubeObject | undefined {
    return this.#objects.get(`${namespace}/${name}`);
  }

  get objects(): Iterable<KubeObject> {
    return this.#objects.values();
  }

  close(): void {
    this.#isClosed = true;
    this.#watching?.close();
    if (this.#timer !== undefined) this.#deps.clock.clearTimer(this.#timer);
  }

  #list(): void {
    if (this.#isClosed) return;
    this.#watching?.close();
    this.#watching = undefined;
    try {
      const { items, resourceVersion } = this.#deps.api.list(this.#target, everything);
      const options = { ...everything, resourceVersion, allowBookmarks: false, sendInitialEvents: false };
      this.#watching = this.#deps.api.watch(this.#target, options, (event) => this.#told(event));
      this.#position = Number(resourceVersion);
      this.#replace(items);
      this.#listAfter(relistMs);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.#deps.failed(`listing ${this.#target.resource.plural}`, error);
      this.#listAfter(retryMs);
    }
  }

  #listAfter(delayMs: number): void {
    if (this.#timer !== undefined) this.#deps.clock.clearTimer(this.#timer);
    this.#timer = this.#deps.clock.setTimer(delayMs, () => this.#list());
  }

  #replace(items: readonly KubeObject[]): void {
    const there = new Set(items.map((item) => keyOf(item)));
    for (const [key, before] of this.#objects) {
      if (there.has(key)) continue;
      this.#objects.delete(key);
      this.#changed(undefined, before);
    }
    for (const item of items) this.#set(item);
  }

  #told({ type, object }: WatchEvent): void {
    if (this.#isClosed || type === 'BOOKMARK') return;
    if (type === 'ERROR') {
      this.#listAfter(0);
      return;
    }
    if (!isKubeObject(object)) return;
    const version = Number(object.metadata.resourceVersion ?? 0);
    // Told again, or late: something newer is known.
    if (version <= this.#position) return;
    this.#position = version;
    if (type !== 'DELETED') {
      this.#set(object);
      return;
    }
    const before = this.#objects.get(keyOf(object));
    if (before === undefined) return;
    this.#objects.delete(keyOf(object));
    this.#changed(undefined, before);
  }

  #set(object: KubeObject): void {
    const key = keyOf(object);
    const before = this.#objects.get(key);
    this.#objects.set(key, object);
    if (before?.metadata.resourceVersion !== object.metadata.resourceVersion) this.#changed(object, before);
  }
}

function isKubeObject(object: JsonObject): object is KubeObject {
  return (
    typeof object['apiVersion'] === 'string' && typeof object['kind'] === 'string' && isJsonObject(object['metadata'])
  );
}
