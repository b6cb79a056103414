// The embedded API as a cluster, in the same process: what a client asks goes straight to the verbs, without HTTP. For tests, and for
// whatever runs in the process of an API server.

import { ApiError } from '../api/api-error.ts';
import type { Api, ListAnswer, ObjectTarget, Target, WatchEvent, WriteOptions } from '../api/api-port.ts';
import type { JsonObject, KubeObject } from '../api/object.ts';
import { readStatus } from './read-status.ts';
import type { Cluster, ClusterWatch, ClusterWrite, Collection, Item, WatchListener } from './cluster.ts';

export interface InProcessCaller {
  readonly user: string;
  readonly groups: readonly string[];
}

export class InProcessCluster implements Cluster {
  readonly name = 'the embedded API';
  readonly #api: Api;
  readonly #caller: InProcessCaller;

  constructor(api: Api, caller: InProcessCaller) {
    this.#api = api;
    this.#caller = caller;
  }

  async get(item: Item): Promise<KubeObject> {
    return await Promise.resolve(this.#api.get(this.#itemOf(item)));
  }

  async list(collection: Collection, options: Parameters<Cluster['list']>[1]): Promise<ListAnswer> {
    const { labelSelector, fieldSelector, limit, continueToken, resourceVersion, resourceVersionMatch } = options;
    const whole = { labelSelector, fieldSelector, limit, continueToken, resourceVersion, resourceVersionMatch };
    return await Promise.resolve(this.#api.list(this.#targetOf(collection), whole));
  }

  async watch(
    collection: Collection,
    options: ClusterWatch,
    listener: WatchListener,
    signal: AbortSignal,
  ): Promise<void> {
    const { promise, reject } = Promise.withResolvers<void>();
    const told = (event: WatchEvent): void => {
      if (event.type === 'ERROR') reject(readStatus(undefined, {}, JSON.stringify(event.object)));
      else listener.told(event);
    };
    signal.throwIfAborted();
    const whole = { ...options, allowBookmarks: true, sendInitialEvents: false };
    const watching = this.#api.watch(this.#targetOf(collection), whole, told);
    listener.opened();
    const aborted = (): void => reject(signal.reason as Error);
    signal.addEventListener('abort', aborted);
    try {
      // The embedded API ends no watch of its own accord.
      await promise;
    } finally {
      signal.removeEventListener('abort', aborted);
      watching.close();
    }
  }

  async create(collection: Collection, object: KubeObject, options: ClusterWrite): Promise<KubeObject> {
    return await this.#api.create(this.#targetOf(collection), object, this.#writeOf(options));
  }

  async update(item: Item, object: KubeObject, options: ClusterWrite): Promise<KubeObject> {
    return await this.#api.update(this.#itemOf(item), object, this.#writeOf(options));
  }

  async patch(item: Item, patch: Parameters<Cluster['patch']>[1], options: ClusterWrite): Promise<KubeObject> {
    return (await this.#api.patch(this.#itemOf(item), patch, this.#writeOf(options))).object;
  }

  async delete(item: Item, options: Parameters<Cluster['delete']>[1]): Promise<JsonObject> {
    const { propagationPolicy, gracePeriodSeconds, preconditions } = options;
    const whole = {
      propagationPolicy,
      gracePeriodSeconds,
      preconditions: preconditions ?? { uid: undefined, resourceVersion: undefined },
    };
    return await this.#api.delete(this.#itemOf(item), whole, this.#writeOf({ fieldManager: '' }));
  }

  #targetOf({ group, version, plural, namespace }: Collection): Target {
    const resource = this.#api
      .resources()
      .find((one) => one.group === group && one.version === version && one.plural === plural);
    if (resource === undefined) throw new ApiError('NotFound', 'the server could not find the requested resource');
    return { resource, namespace };
  }

  #itemOf(item: Item): ObjectTarget {
    return { ...this.#targetOf(item), name: item.name, subresource: item.subresource };
  }

  #writeOf({ fieldManager, isDryRun = false, fieldValidation = 'Warn' }: ClusterWrite): WriteOptions {
    return { caller: { ...this.#caller, fieldManager }, isDryRun, fieldValidation, warn: () => {} };
  }
}
