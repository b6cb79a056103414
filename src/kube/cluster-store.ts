// A KubeStore over a cluster, for `waggle agent` with a kubeconfig or in a pod: informers for what the agent reads, each object checked
// as those of files are. An object that does not pass keeps its last good version, and an API server that is away changes nothing.

import { formatFieldPath } from '#control/yaml/field-path.ts';
import type { KubeObject } from './api/object.ts';
import type { Cluster } from './cluster/cluster.ts';
import { Informer, type InformerOptions } from './cluster/informer.ts';
import { type AnyManifest, type AnyResource, apiVersions, type KindName, kindNames, type Kinds } from './kinds.ts';
import { formatTime } from './object-history.ts';
import type { KubeStore, StoreFault } from './port.ts';
import type { Admit } from './read-manifests.ts';
import { describeSchemaErrors, type FieldFault } from './schema-faults.ts';
import { KindValidators } from './validators.ts';

/** The listener is called so often even when nothing changes: whatever was missed is made good. */
const resyncMs = 300_000;
const maxFaultsPerObject = 20;

export interface ClusterStoreOptions {
  /** Of nodes, only our own is read. */
  readonly nodeName: string;
  /** Secrets are read in this namespace alone. */
  readonly secretsNamespace: string;
}

/** What is held of one object. */
interface Held {
  readonly object: KubeObject;
  /** undefined: no version of it was ever in order. */
  readonly resource: AnyResource | undefined;
  readonly faults: readonly StoreFault[];
}

export class ClusterStore implements KubeStore {
  readonly #cluster: Cluster;
  readonly #admit: Admit;
  readonly #validators = new KindValidators();
  readonly #informers: ReadonlyMap<KindName, Informer>;
  readonly #held = new Map<KindName, Map<string, Held>>(kindNames.map((kind) => [kind, new Map()]));
  readonly #stale = new Set<KindName>();
  #listener: (() => void) | undefined;
  #resync: NodeJS.Timeout | undefined;

  constructor(options: ClusterStoreOptions, cluster: Cluster, admit: Admit) {
    this.#cluster = cluster;
    this.#admit = admit;
    this.#informers = new Map(kindNames.map((kind) => [kind, this.#inform(kind, options)]));
  }

  list<K extends KindName>(kind: K): readonly Kinds[K][] {
    const found: Kinds[K][] = [];
    for (const { resource } of this.#current(kind)) {
      if (resource !== undefined && isOfKind(resource, kind)) found.push(resource);
    }
    return found;
  }

  /** Objects of a cluster stand in no file. */
  locate(): undefined {
    return undefined;
  }

  faults(): readonly StoreFault[] {
    const objects = kindNames.flatMap((kind) => this.#current(kind).flatMap(({ faults }) => faults));
    return [...this.#outages(), ...objects];
  }

  onChange(listener: () => void): void {
    this.#listener = listener;
  }

  async start(): Promise<void> {
    this.#resync = setInterval(() => this.#listener?.(), resyncMs);
    await Promise.all([...this.#informers.values()].map((informer) => informer.start()));
  }

  stop(): void {
    clearInterval(this.#resync);
    // Whoever waits for the server need not be waited for.
    for (const informer of this.#informers.values()) void informer.close();
  }

  #inform(kind: KindName, options: ClusterStoreOptions): Informer {
    const changed = (): void => {
      this.#stale.add(kind);
      this.#listener?.();
    };
    return new Informer(collectionOf(kind, options), this.#cluster, { changed });
  }

  /** Of one kind, in the order of names; what changed is read anew. */
  #current(kind: KindName): readonly Held[] {
    const held = this.#held.get(kind) ?? new Map<string, Held>();
    if (this.#stale.delete(kind)) {
      const objects = [...(this.#informers.get(kind)?.cache.list() ?? [])];
      const next = new Map<string, Held>();
      for (const object of objects) {
        const key = keyOf(kind, object);
        next.set(key, this.#read(kind, key, object, held.get(key)));
      }
      this.#held.set(kind, new Map([...next].toSorted(([a], [b]) => (a < b ? -1 : 1))));
    }
    return [...(this.#held.get(kind)?.values() ?? [])];
  }

  #read(kind: KindName, key: string, object: KubeObject, before: Held | undefined): Held {
    if (before?.object === object) return before;
    // Defaults are written into the copy.
    const validation = this.#validators.validate(kind, structuredClone(object));
    const found = validation.isValid
      ? this.#admit(validation.manifest)
      : describeSchemaErrors(validation.errors, kind === 'Secret');
    if (validation.isValid && found.length === 0) {
      return { object, resource: complete(validation.manifest, object), faults: [] };
    }
    // An object of the same name that was made anew is another one.
    const isSame = before?.object.metadata.uid === object.metadata.uid;
    return { object, resource: isSame ? before?.resource : undefined, faults: describe(key, found) };
  }

  /** Each reason once, since it was first met. */
  #outages(): readonly StoreFault[] {
    const since = new Map<string, number>();
    for (const { failure } of this.#informers.values()) {
      if (failure === undefined) continue;
      since.set(failure.message, Math.min(failure.sinceMs, since.get(failure.message) ?? Infinity));
    }
    const isWaiting = [...this.#informers.values()].some(({ isSynced }) => !isSynced);
    const rest = isWaiting ? 'nothing is configured before every object is known' : 'what was known stays in force';
    return [...since].map(([message, sinceMs]) => ({
      where: this.#cluster.name,
      object: undefined,
      message: `${message} (since ${formatTime(sinceMs)}; ${rest})`,
    }));
  }
}

const plurals: Readonly<Record<KindName, string>> = {
  CiliumBGPPeeringPolicy: 'ciliumbgppeeringpolicies',
  CiliumNode: 'ciliumnodes',
  Node: 'nodes',
  Secret: 'secrets',
};

function collectionOf(kind: KindName, { nodeName, secretsNamespace }: ClusterStoreOptions): InformerOptions {
  const [group, version] = ['', ...apiVersions[kind].split('/')].slice(-2);
  const isNode = kind === 'Node' || kind === 'CiliumNode';
  return {
    group,
    version,
    plural: plurals[kind],
    namespace: kind === 'Secret' ? secretsNamespace : undefined,
    ...(isNode ? { fieldSelector: `metadata.name=${nodeName}` } : {}),
  };
}

/** As the reader of files names objects. */
function keyOf(kind: KindName, { metadata }: KubeObject): string {
  return kind === 'Secret' ? `${kind}/${metadata.namespace}/${metadata.name}` : `${kind}/${metadata.name}`;
}

function describe(key: string, faults: readonly FieldFault[]): readonly StoreFault[] {
  const told = faults.slice(0, maxFaultsPerObject).map(({ path, message }) => {
    const field = formatFieldPath(path);
    return { where: key, object: key, message: field === '' ? message : `${field}: ${message}` };
  });
  const rest = faults.length - told.length;
  return rest === 0 ? told : [...told, { where: key, object: key, message: `and ${rest} more faults` }];
}

function complete(manifest: AnyManifest, { metadata }: KubeObject): AnyResource {
  const { name, namespace, uid = '', creationTimestamp = '', labels = {}, annotations = {} } = metadata;
  const common = { name: name ?? '', uid, creationTimestamp, labels, annotations };
  return { ...manifest, metadata: namespace === undefined ? common : { ...common, namespace } };
}

function isOfKind<K extends KindName>(resource: AnyResource, kind: K): resource is Kinds[K] {
  return resource.kind === kind;
}
