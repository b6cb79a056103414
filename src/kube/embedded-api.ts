// The embedded API, whole: store, kinds, verbs, and the loops that an API server and its controllers owe to what is stored. In process;
// src/apiserver puts it on the network.

import { randomInt, randomUUID } from 'node:crypto';
import type { Clock } from '#bgp/ports.ts';
import type { ApiError } from './api/api-error.ts';
import type { Api, Selection } from './api/api-port.ts';
import { readFieldQuery } from './api/field-query.ts';
import { readLabelQuery } from './api/label-query.ts';
import type { KubeObject } from './api/object.ts';
import type { Resource } from './api/resource.ts';
import { builtinResources } from './builtin/index.ts';
import { keepRules } from './builtin/rules/index.ts';
import { AddressRange, defaultAddressRange, defaultPorts, ServiceAllocator } from './builtin/services/index.ts';
import {
  type Controller,
  type ControllerDeps,
  getIfThere,
  targetOf,
  unlessAlready,
  writeAs,
} from './controllers/controller.ts';
import { EndpointsController } from './controllers/endpoints-controller.ts';
import { EventExpiry } from './controllers/event-expiry.ts';
import { GarbageCollector } from './controllers/garbage-collector.ts';
import { KubernetesService } from './controllers/kubernetes-service.ts';
import { NamespaceController } from './controllers/namespace-controller.ts';
import { RootAuthorityPublisher } from './controllers/root-authority.ts';
import { ServedKinds } from './controllers/served-kinds.ts';
import { customResourceDefinitions } from './crds/index.ts';
import { ObjectStore } from './embedded/object-store.ts';
import { listWarnings } from './notices/notices.ts';
import type { Admit } from './registry/kind-rules.ts';
import { objectPatches } from './registry/object-patches.ts';
import { Registry } from './registry/registry.ts';
import type { Selects } from './registry/selection.ts';
import type { Storage } from './registry/storage.ts';

export interface EmbeddedApiOptions {
  readonly directory: string;
  /** Where pods would reach the server: for the Service `kubernetes`. undefined: only this machine does, and there is none. */
  readonly server: { readonly address: string; readonly port: number } | undefined;
  /** PEM of the authority of the server's certificate: for pods. undefined: there is none. */
  readonly authority?: string | undefined;
}

export interface EmbeddedApiDeps {
  readonly clock: Clock;
  readonly failed: (what: string, error: ApiError) => void;
  readonly admit?: Admit | undefined;
  /** The disk takes nothing more, and why; undefined: it does again. */
  readonly storeFaulted?: (fault: string | undefined) => void;
}

/** Goes up with each change of src/kube/crds. */
const definitionsVersion = 1;
const asController = writeAs('waggle-apiserver');
/** What is there from the start is nobody's to give but the server's. */
const asServer = { ...asController, caller: { ...asController.caller, groups: ['system:masters'] } };
const suffixLetters = 'bcdfghjklmnpqrstvwxz2456789';

export class EmbeddedApi {
  readonly api: Api;
  readonly storage: Storage;
  readonly #options: EmbeddedApiOptions;
  readonly #deps: EmbeddedApiDeps;
  readonly #store: ObjectStore;
  readonly #served: ServedKinds;
  readonly #controllers: Controller[] = [];

  readonly #range: AddressRange;

  /** Reads what is stored. Throws DatabaseError. */
  constructor(options: EmbeddedApiOptions, deps: EmbeddedApiDeps) {
    const { clock } = deps;
    this.#options = options;
    this.#deps = deps;
    const range = AddressRange.parse(defaultAddressRange);
    if (range === undefined) throw new Error(`the default range ${defaultAddressRange} cannot be read`);
    this.#range = range;
    const store = new ObjectStore({ directory: options.directory }, () => clock.wallMs(), deps.storeFaulted);
    this.#store = this.storage = store;
    const allocator = new ServiceAllocator(
      { addresses: [range], ports: defaultPorts },
      {
        listServices: () => store.list('/services', undefined),
        revision: () => store.revision,
        nowMs: () => clock.wallMs(),
        pick: (below) => randomInt(below),
      },
    );
    this.#served = new ServedKinds(
      {
        builtins: builtinResources,
        rulesOfBuiltin: keepRules((service, before) => allocator.allocate(service, before)),
        definitions: customResourceDefinitions,
        definitionsVersion,
      },
      deps,
    );
    this.api = new Registry({
      storage: store,
      resources: () => this.#served.resources(),
      rulesOf: (resource) => this.#served.rulesOf(resource),
      patches: objectPatches,
      admit: deps.admit,
      warningsOf: listWarnings,
      readSelection,
      nowMs: () => clock.wallMs(),
      makeUid: () => randomUUID(),
      makeSuffix: () => Array.from({ length: 5 }, () => suffixLetters[randomInt(suffixLetters.length)]).join(''),
    });
  }

  /** Why nothing can be written now; undefined: everything can. */
  get fault(): string | undefined {
    return this.#store.fault;
  }

  /** Resolves when our kinds are served; `objects` are there then too, and those that were there are left as they are. */
  async start(objects: readonly KubeObject[]): Promise<void> {
    const deps: ControllerDeps = { api: this.api, ...this.#deps };
    await this.#served.start(this.api);
    const { server, authority } = this.#options;
    if (server !== undefined) {
      const where = { serviceRange: this.#range.prefix, serverAddress: server.address, serverPort: server.port };
      this.#controllers.push(new KubernetesService(where, deps));
    }
    if (authority !== undefined) this.#controllers.push(new RootAuthorityPublisher(authority, deps));
    this.#controllers.push(
      new NamespaceController(deps),
      new GarbageCollector({ ...deps, subscribe: (changed) => this.#served.subscribe(changed) }),
      new EndpointsController(deps),
      new EventExpiry(deps),
    );
    for (const controller of this.#controllers) controller.start();
    const homes = [...new Set(['default', ...objects.flatMap(({ metadata }) => metadata.namespace ?? [])])];
    await Promise.all(homes.map((name) => this.#provide({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })));
    await Promise.all(objects.map((object) => this.#provide(object)));
  }

  /** What was acknowledged is on the disk. */
  close(): void {
    for (const controller of this.#controllers) controller.close();
    this.#served.close();
    this.#store.close();
  }

  async #provide(object: KubeObject): Promise<void> {
    const resource = this.api.resources().find((one) => one.kind === object.kind && groupOf(object) === one.group);
    if (resource === undefined || getIfThere(this.api, targetOf(resource, object)) !== undefined) return;
    const target = { resource, namespace: object.metadata.namespace };
    await unlessAlready(this.api.create(target, object, asServer), 'AlreadyExists');
  }
}

/** Both selectors together; undefined: everything. Throws ApiError BadRequest. */
function readSelection(resource: Resource, { labelSelector = '', fieldSelector = '' }: Selection): Selects {
  const byLabel = readLabelQuery(labelSelector);
  const byField = readFieldQuery(fieldSelector, resource);
  if (byLabel === undefined && byField === undefined) return undefined;
  return (object) => byLabel?.(object.metadata.labels ?? {}) !== false && byField?.(object) !== false;
}

function groupOf({ apiVersion }: KubeObject): string {
  return apiVersion.includes('/') ? apiVersion.split('/')[0] : '';
}
