// An API to try controllers on: the registry over a store in a directory of its own, with the kinds that controllers speak of, a clock
// that moves only when it is told to, and rules that let everything through but for kinds that have their own.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import type { ApiError } from '#kube/api/api-error.ts';
import type { ObjectTarget, Selection, WriteOptions } from '#kube/api/api-port.ts';
import { readFieldQuery } from '#kube/api/field-query.ts';
import { readLabelQuery } from '#kube/api/label-query.ts';
import type { JsonObject, KubeObject, ObjectMeta } from '#kube/api/object.ts';
import type { Resource } from '#kube/api/resource.ts';
import { rulesOf } from '#kube/builtin/rules/index.ts';
import { type ControllerDeps, everything, findResource, writeAs } from '#kube/controllers/controller.ts';
import { ServedKinds } from '#kube/controllers/served-kinds.ts';
import { ObjectStore } from '#kube/embedded/object-store.ts';
import { objectPatches } from '#kube/registry/object-patches.ts';
import { apiVersionOf } from '#kube/registry/read-object.ts';
import { Registry } from '#kube/registry/registry.ts';
import { FakeClock } from '#support/fake-clock.ts';

const anything = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } as const;

function describe(group: string, kind: string, plural: string, isNamespaced: boolean): Resource {
  return {
    group,
    version: 'v1',
    kind,
    listKind: `${kind}List`,
    plural,
    singular: kind.toLowerCase(),
    shortNames: [],
    categories: [],
    isNamespaced,
    isStorage: true,
    deprecationWarning: undefined,
    hasStatus: ['Namespace', 'Pod', 'Service', 'CustomResourceDefinition'].includes(kind),
    scale: undefined,
    schema: { ...anything, properties: { spec: anything } },
    columns: [],
    selectableFields: [],
  };
}

const builtins: readonly Resource[] = [
  describe('', 'Namespace', 'namespaces', false),
  describe('', 'Node', 'nodes', false),
  describe('', 'Pod', 'pods', true),
  describe('', 'Service', 'services', true),
  describe('', 'Endpoints', 'endpoints', true),
  describe('', 'ServiceAccount', 'serviceaccounts', true),
  describe('', 'ConfigMap', 'configmaps', true),
  describe('', 'Event', 'events', true),
  describe('discovery.k8s.io', 'EndpointSlice', 'endpointslices', true),
  describe('apiextensions.k8s.io', 'CustomResourceDefinition', 'customresourcedefinitions', false),
];

export interface Named {
  readonly plural: string;
  readonly group?: string;
  readonly namespace?: string;
}

export class Setting {
  readonly clock = new FakeClock(Date.UTC(2026, 10, 23, 12));
  readonly failures: string[] = [];
  readonly served: ServedKinds;
  readonly registry: Registry;
  readonly deps: ControllerDeps;
  readonly store: ObjectStore;
  readonly writeOptions: WriteOptions = { ...writeAs('test'), fieldValidation: 'Strict' };
  readonly #t: ExecutionContext;
  #uid = 0;

  constructor(
    t: ExecutionContext,
    definitions: readonly KubeObject[] = [],
    definitionsVersion = 1,
    directory?: string,
  ) {
    this.#t = t;
    const home = directory ?? temporaryDirectory(t);
    this.store = new ObjectStore({ directory: home, keepEvents: 5_000, keepMs: 1e12 }, () => this.clock.wallMs());
    t.teardown(() => this.store.close());
    const failed = (what: string, error: ApiError): void => void this.failures.push(`${what}: ${error.message}`);
    this.served = new ServedKinds(
      { builtins, rulesOfBuiltin: (resource) => rulesOf(resource), definitions, definitionsVersion },
      { clock: this.clock, failed },
    );
    t.teardown(() => this.served.close());
    this.registry = new Registry({
      storage: this.store,
      resources: () => this.served.resources(),
      rulesOf: (resource) => this.served.rulesOf(resource),
      patches: objectPatches,
      readSelection: (resource, { labelSelector = '', fieldSelector = '' }: Selection) => {
        const byLabel = readLabelQuery(labelSelector);
        const byField = readFieldQuery(fieldSelector, resource);
        if (byLabel === undefined && byField === undefined) return undefined;
        return (object) => byLabel?.(object.metadata.labels ?? {}) !== false && byField?.(object) !== false;
      },
      nowMs: () => this.clock.wallMs(),
      makeUid: () => `uid-${++this.#uid}-${home.slice(-4)}`,
      makeSuffix: () => `s${++this.#uid}`,
    });
    this.deps = { api: this.registry, clock: this.clock, failed };
  }

  at({ plural, group = '', namespace }: Named, name: string): ObjectTarget {
    return { resource: findResource(this.registry, group, plural), namespace, name, subresource: undefined };
  }

  create(where: Named, metadata: ObjectMeta, fields: JsonObject = {}): Promise<KubeObject> {
    const target = this.at(where, '');
    const { kind } = target.resource;
    const object = { apiVersion: apiVersionOf(target.resource), kind, metadata, ...fields };
    return this.registry.create(target, object, this.writeOptions);
  }

  async setStatus(where: Named, name: string, status: JsonObject): Promise<KubeObject> {
    const target = this.at(where, name);
    const live = this.registry.get(target);
    return this.registry.update({ ...target, subresource: 'status' }, { ...live, status }, this.writeOptions);
  }

  async change(where: Named, name: string, change: (live: KubeObject) => JsonObject): Promise<KubeObject> {
    const target = this.at(where, name);
    return this.registry.update(target, change(this.registry.get(target)), this.writeOptions);
  }

  delete(where: Named, name: string, propagationPolicy?: 'Background' | 'Foreground' | 'Orphan'): Promise<KubeObject> {
    const preconditions = { uid: undefined, resourceVersion: undefined };
    const options = { propagationPolicy, gracePeriodSeconds: undefined, preconditions };
    return this.registry.delete(this.at(where, name), options, this.writeOptions);
  }

  get(where: Named, name: string): KubeObject {
    return this.registry.get(this.at(where, name));
  }

  /** `namespace/name` of each. */
  list(where: Named): readonly string[] {
    return this.objects(where).map(({ metadata: { namespace = '', name = '' } }) =>
      namespace === '' ? name : `${namespace}/${name}`,
    );
  }

  objects(where: Named): readonly KubeObject[] {
    const target = this.at(where, '');
    return this.registry.list(target, everything).items;
  }

  async makeNamespace(name: string): Promise<void> {
    await this.create({ plural: 'namespaces' }, { name });
  }

  /** Until it holds, for a hundred turns of the event loop that nothing is written in. */
  async until(holds: () => boolean, what: string): Promise<void> {
    let quiet = 0;
    for (let revision = this.store.revision; quiet < 100; quiet++) {
      if (holds()) return;
      await turn();
      if (this.store.revision !== revision) quiet = 0;
      ({ revision } = this.store);
    }
    this.#t.fail(`never: ${what}; failures: ${this.failures.join('; ')}`);
  }

  /** Until nothing is written any more. */
  async settle(): Promise<void> {
    let quiet = 0;
    for (let revision = this.store.revision; quiet < 50; quiet++) {
      await turn();
      if (this.store.revision !== revision) quiet = 0;
      ({ revision } = this.store);
    }
  }
}

export function temporaryDirectory(t: ExecutionContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'waggle-controllers-'));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

function turn(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}
