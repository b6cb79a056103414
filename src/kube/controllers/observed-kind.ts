// What a controller has observed of one kind: a copy kept by a watch, listed anew when the watch ends and now and then besides, so that
// a change that was lost is found. Objects are shared with whoever told of them; there are as many as the API has.

import type { TimerHandle } from '#bgp/ports.ts';
import { ApiError } from '../api/api-error.ts';
import type { Api, Target, WatchEvent, Watching } from '../api/api-port.ts';
import { isJsonObject, type JsonObject, type KubeObject } from '../api/object.ts';
import { type ControllerDeps, everything, keyOf } from './controller.ts';

/** `before` undefined: new; `now` undefined: gone. */
export type Changed = (now: KubeObject | undefined, before: KubeObject | undefined) => void;

export interface ObserverDeps extends Omit<ControllerDeps, 'api'> {
  readonly api: Pick<Api, 'list' | 'watch'>;
}

const relistMs = 600_000;
const retryMs = 1_000;

export class ObservedKind {
  readonly #target: Target;
  readonly #deps: ObserverDeps;
  readonly #changed: Changed;
  /** By namespace and name. */
  readonly #objects = new Map<string, Map<string, KubeObject>>();
  /** The newest change that is known. */
  #position = 0;
  #watching: Watching | undefined;
  #timer: TimerHandle | undefined;
  #isClosed = false;

  constructor(target: Target, deps: ObserverDeps, changed: Changed) {
    this.#target = target;
    this.#deps = deps;
    this.#changed = changed;
  }

  /** What there is has been told of when this returns. */
  start(): void {
    this.#list();
  }

  get objects(): readonly KubeObject[] {
    return [...this.#objects.values()].flatMap((named) => [...named.values()]);
  }

  get(namespace: string, name: string): KubeObject | undefined {
    return this.#objects.get(namespace)?.get(name);
  }

  inNamespace(namespace: string): Iterable<KubeObject> {
    return this.#objects.get(namespace)?.values() ?? [];
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
    for (const before of this.objects) if (!there.has(keyOf(before))) this.#drop(before);
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
    if (type === 'DELETED') this.#drop(object);
    else this.#set(object);
  }

  #drop({ metadata: { namespace = '', name = '' } }: KubeObject): void {
    const named = this.#objects.get(namespace);
    const before = named?.get(name);
    if (named === undefined || before === undefined) return;
    named.delete(name);
    if (named.size === 0) this.#objects.delete(namespace);
    this.#changed(undefined, before);
  }

  #set(object: KubeObject): void {
    const { namespace = '', name = '' } = object.metadata;
    const named = this.#objects.get(namespace) ?? new Map<string, KubeObject>();
    const before = named.get(name);
    this.#objects.set(namespace, named.set(name, object));
    if (before?.metadata.resourceVersion !== object.metadata.resourceVersion) this.#changed(object, before);
  }
}

function isKubeObject(object: JsonObject): object is KubeObject {
  return (
    typeof object['apiVersion'] === 'string' && typeof object['kind'] === 'string' && isJsonObject(object['metadata'])
  );
}
