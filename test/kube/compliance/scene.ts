// What a compliance case has to work with: a cluster, a namespace of its own in it, and short ways to say what is asked. Nothing here
// knows which cluster it is: the embedded API in process, the same over HTTPS, or a real one.

import { setTimeout as pause } from 'node:timers/promises';
import type { ExecutionContext } from 'ava';
import { ApiError, type StatusReason } from '#kube/api/api-error.ts';
import type { ListOptions, PatchType, WatchEvent } from '#kube/api/api-port.ts';
import type { Json, JsonObject, KubeObject } from '#kube/api/object.ts';
import type { Cluster, Collection, Item } from '#kube/cluster/cluster.ts';

/** How long anything that a controller does may take. */
const limitMs = 20_000;

export interface Kind {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly kind: string;
  readonly isNamespaced: boolean;
}

const kind = (group: string, version: string, plural: string, name: string, isNamespaced = true): Kind => ({
  group,
  version,
  plural,
  kind: name,
  isNamespaced,
});

export const kinds = {
  configMap: kind('', 'v1', 'configmaps', 'ConfigMap'),
  secret: kind('', 'v1', 'secrets', 'Secret'),
  service: kind('', 'v1', 'services', 'Service'),
  pod: kind('', 'v1', 'pods', 'Pod'),
  endpointSlice: kind('discovery.k8s.io', 'v1', 'endpointslices', 'EndpointSlice'),
  deployment: kind('apps', 'v1', 'deployments', 'Deployment'),
  lease: kind('coordination.k8s.io', 'v1', 'leases', 'Lease'),
  namespace: kind('', 'v1', 'namespaces', 'Namespace', false),
  definition: kind('apiextensions.k8s.io', 'v1', 'customresourcedefinitions', 'CustomResourceDefinition', false),
} as const;

export interface Case {
  readonly title: string;
  readonly run: (t: ExecutionContext, scene: Scene) => Promise<void>;
}

export class Scene {
  readonly cluster: Cluster;
  readonly namespace: string;
  readonly #t: ExecutionContext;
  #made = 0;

  constructor(t: ExecutionContext, cluster: Cluster, namespace: string) {
    this.#t = t;
    this.cluster = cluster;
    this.namespace = namespace;
  }

  /** Where objects of a kind are, for this case. */
  in({ group, version, plural, isNamespaced }: Kind): Collection {
    return { group, version, plural, namespace: isNamespaced ? this.namespace : undefined };
  }

  at(of: Kind, name: string, subresource?: Item['subresource']): Item {
    return { ...this.in(of), name, ...(subresource === undefined ? {} : { subresource }) };
  }

  /** A name that no other case has. */
  name(prefix: string): string {
    return `${prefix}-${++this.#made}-${this.namespace}`;
  }

  object(of: Kind, name: string, fields: JsonObject = {}, metadata: JsonObject = {}): KubeObject {
    const apiVersion = of.group === '' ? of.version : `${of.group}/${of.version}`;
    return { apiVersion, kind: of.kind, metadata: { name, ...metadata }, ...fields };
  }

  async create(of: Kind, name: string, fields: JsonObject = {}, metadata: JsonObject = {}): Promise<KubeObject> {
    return await this.cluster.create(this.in(of), this.object(of, name, fields, metadata), writer);
  }

  async get(of: Kind, name: string): Promise<KubeObject> {
    return await this.cluster.get(this.at(of, name));
  }

  async update(of: Kind, object: KubeObject, subresource?: Item['subresource']): Promise<KubeObject> {
    return await this.cluster.update(this.at(of, object.metadata.name ?? '', subresource), object, writer);
  }

  async patch(
    of: Kind,
    name: string,
    type: PatchType,
    body: Json,
    subresource?: Item['subresource'],
  ): Promise<KubeObject> {
    return await this.cluster.patch(this.at(of, name, subresource), { type, body, isForced: false }, writer);
  }

  async delete(of: Kind, name: string, options: Parameters<Cluster['delete']>[1] = {}): Promise<JsonObject> {
    return await this.cluster.delete(this.at(of, name), options);
  }

  async names(of: Kind, options: Partial<ListOptions> = {}): Promise<readonly string[]> {
    const { items } = await this.cluster.list(this.in(of), options);
    return items.map(({ metadata }) => metadata.name ?? '');
  }

  /** What is refused, and why. */
  async refused(asked: Promise<unknown>, reason: StatusReason, words?: RegExp): Promise<ApiError> {
    const error = await this.#t.throwsAsync(asked, { instanceOf: ApiError });
    this.#t.is(error.reason, reason, error.message);
    if (words !== undefined) this.#t.regex(error.message, words);
    return error;
  }

  /** Until it holds; what a controller does takes its time. */
  async until(what: string, holds: () => Promise<boolean>): Promise<void> {
    const endMs = performance.now() + limitMs;
    while (!(await holds())) {
      if (performance.now() > endMs) throw new Error(`never: ${what}`);
      await pause(25);
    }
    this.#t.pass();
  }

  async gone(of: Kind, name: string): Promise<void> {
    await this.until(`${of.kind} ${name} is gone`, async () => !(await this.isThere(of, name)));
  }

  async isThere(of: Kind, name: string): Promise<boolean> {
    return await this.get(of, name).then(
      () => true,
      (error: unknown) => {
        if (error instanceof ApiError && error.reason === 'NotFound') return false;
        throw error;
      },
    );
  }

  /** The version of a collection just now. */
  async version(of: Kind): Promise<string> {
    return (await this.cluster.list(this.in(of), { limit: 1 })).resourceVersion;
  }

  /** A watch that runs until the case is over. */
  watch(of: Kind, resourceVersion: string, selection: { labelSelector?: string; fieldSelector?: string } = {}): Watch {
    const stop = new AbortController();
    this.#t.teardown(() => stop.abort());
    const { labelSelector, fieldSelector } = selection;
    const watch = new Watch();
    watch.ended = this.cluster
      .watch(
        this.in(of),
        { labelSelector, fieldSelector, resourceVersion },
        { opened: () => watch.opened(), told: (event) => watch.tell(event) },
        stop.signal,
      )
      .catch((error: unknown) => (stop.signal.aborted ? undefined : error));
    return watch;
  }

  /** Type and name of each event but bookmarks, once there are so many. */
  async seen(watch: Watch, count: number): Promise<readonly string[]> {
    await this.until(`${count} events`, () => Promise.resolve(watch.changes().length >= count));
    return watch.changes();
  }
}

export class Watch {
  readonly events: WatchEvent[] = [];
  /** The error that ended it; undefined: the case did. */
  ended: Promise<unknown> = Promise.resolve();
  #opened = Promise.withResolvers<void>();

  opened(): void {
    this.#opened.resolve();
  }

  get isOpen(): Promise<void> {
    return this.#opened.promise;
  }

  /** But for what clusters put into every namespace, soon after it is there. */
  tell(event: WatchEvent): void {
    if ((event.object as KubeObject).metadata.name !== 'kube-root-ca.crt') this.events.push(event);
  }

  changes(): readonly string[] {
    return this.events
      .filter(({ type }) => type !== 'BOOKMARK')
      .map(({ type, object }) => `${type} ${(object as KubeObject).metadata.name}`);
  }
}

export const writer = { fieldManager: 'compliance', fieldValidation: 'Strict' } as const;
