// Which kinds the API serves: the built-in ones, and those of the CustomResourceDefinitions whose names are accepted. A kind is served
// before its definition says so, so that whoever sees that may use it. A definition that is deleted has its objects deleted first.
// Our own definitions are there from the start.

import { invalid } from '../api/api-error.ts';
import type { Api, ObjectTarget, Watching } from '../api/api-port.ts';
import type { Json, KubeObject } from '../api/object.ts';
import type { Resource } from '../api/resource.ts';
import { isSameJson } from '../api/same-json.ts';
import { mapAt, mapsAt } from '../builtin/read-fields.ts';
import { CustomRules } from '../registry/custom-rules.ts';
import { cleanupFinalizer } from '../registry/endings.ts';
import type { KindRules } from '../registry/kind-rules.ts';
import { toResources } from '../schema/crd-resources.ts';
import { type Definition, type DefinitionNames, readDefinition } from '../schema/definition.ts';
import { type Condition, setCondition } from './conditions.ts';
import {
  type ControllerDeps,
  everything,
  findResource,
  getIfThere,
  targetOf,
  timeText,
  unlessAlready,
  writeAs,
} from './controller.ts';
import { isEstablished, judgeStatus, readAcceptedNames } from './definition-status.ts';
import { refuseNew } from './ending-rules.ts';
import { ObservedKind } from './observed-kind.ts';
import { WorkQueue } from './work-queue.ts';

export interface ServedKindsOptions {
  readonly builtins: readonly Resource[];
  readonly rulesOfBuiltin: (resource: Resource) => KindRules;
  /** Ours. */
  readonly definitions: readonly KubeObject[];
  /** Goes up with each change of them: what an older version of us wrote is replaced, what a newer one wrote is left alone. */
  readonly definitionsVersion: number;
}

/** A definition as it was read last, and what is served of it. */
interface Entry {
  readonly uid: string | undefined;
  readonly spec: Json | undefined;
  readonly definition: Definition;
  /** undefined: they are not accepted, and nothing is served. */
  readonly names: DefinitionNames | undefined;
  readonly isEnding: boolean;
  readonly resources: readonly Resource[];
}

const versionAnnotation = 'waggle/definitions-version';
/** Until what finalizers hold is looked at again. */
const emptyingMs = 1_000;
const asUs = writeAs('customresourcedefinition-controller');
const deletion = {
  propagationPolicy: undefined,
  gracePeriodSeconds: undefined,
  preconditions: { uid: undefined, resourceVersion: undefined },
};

export class ServedKinds {
  readonly #options: ServedKindsOptions;
  readonly #deps: Omit<ControllerDeps, 'api'>;
  readonly #entries = new Map<string, Entry>();
  readonly #rules = new Map<string, KindRules>();
  readonly #subscribers = new Set<() => void>();
  #resources: readonly Resource[];
  #running: { readonly observed: ObservedKind; readonly queue: WorkQueue } | undefined;

  constructor(options: ServedKindsOptions, deps: Omit<ControllerDeps, 'api'>) {
    this.#options = options;
    this.#deps = deps;
    this.#resources = options.builtins;
  }

  /** The same list until something changes. */
  resources(): readonly Resource[] {
    return this.#resources;
  }

  rulesOf(resource: Resource): KindRules {
    return this.#rules.get(textOf(resource)) ?? this.#options.rulesOfBuiltin(resource);
  }

  /** `changed` is called when resources() has changed. */
  subscribe(changed: () => void): Watching {
    this.#subscribers.add(changed);
    return { close: () => void this.#subscribers.delete(changed) };
  }

  /** What was served before is served again when this returns, ours when what it returns resolves. */
  async start(api: Api): Promise<void> {
    const deps = { api, ...this.#deps };
    const queue = new WorkQueue({
      clock: deps.clock,
      work: async (name) => {
        if ((await this.#sync(api, name)) === 'again') queue.addAfter(name, emptyingMs);
      },
      failed: (name, error) => deps.failed(`definition ${name}`, error),
    });
    const target = { resource: findDefinitions(api), namespace: undefined };
    const observed = new ObservedKind(target, deps, (now, before) => {
      const { name = '' } = (now ?? before)?.metadata ?? {};
      if (now !== undefined && !this.#entries.has(name)) this.#resume(name, now);
      queue.add(name);
      // Names may have become free.
      for (const [other, { names }] of this.#entries) if (names === undefined && now === undefined) queue.add(other);
    });
    this.#running = { observed, queue };
    observed.start();
    await Promise.all(this.#options.definitions.map((definition) => this.#provide(api, definition)));
  }

  close(): void {
    this.#running?.queue.close();
    this.#running?.observed.close();
    this.#subscribers.clear();
  }

  /** As it was before a restart: by the names that it was given then. */
  #resume(name: string, object: KubeObject): void {
    const names = readAcceptedNames(object);
    if (!isEstablished(object) || names === undefined) return;
    const { definition } = readDefinition(object);
    if (definition !== undefined) this.#serve(name, object, definition, names);
  }

  async #provide(api: Api, ours: KubeObject): Promise<void> {
    const version = this.#options.definitionsVersion;
    const resource = findDefinitions(api);
    const target = targetOf(resource, ours);
    const marks = { ...ours.metadata.annotations, [versionAnnotation]: String(version) };
    const live = getIfThere(api, target);
    if (live === undefined) {
      const wanted = { ...ours, metadata: { ...ours.metadata, annotations: marks } };
      await unlessAlready(api.create({ resource, namespace: undefined }, wanted, asUs), 'AlreadyExists');
    } else if (Number(live.metadata.annotations?.[versionAnnotation] ?? 0) < version) {
      const annotations = { ...live.metadata.annotations, ...marks };
      await api.update(target, { ...ours, metadata: { ...live.metadata, annotations } }, asUs);
    }
    // The queue may be at it as well.
    await unlessAlready(this.#sync(api, target.name), 'Conflict');
  }

  async #sync(api: Api, name: string): Promise<'done' | 'again'> {
    const resource = findDefinitions(api);
    const target: ObjectTarget = { resource, namespace: undefined, name, subresource: undefined };
    const object = getIfThere(api, target);
    if (object === undefined) {
      this.#forget(name);
      return 'done';
    }
    const known = this.#entries.get(name);
    const { definition, causes } = this.#read(known, object);
    if (definition === undefined) {
      // Written under other rules: nothing of it can be served, and to try again does not help.
      this.#deps.failed(`definition ${name}`, invalid(resource.group, resource.kind, name, causes));
      this.#forget(name);
      return 'done';
    }
    const others = this.#resources.filter(
      (one) => one.group === definition.group && known?.resources.includes(one) !== true,
    );
    const isEnding = object.metadata.deletionTimestamp !== undefined;
    const status = judgeStatus(object, definition, others, timeText(this.#deps.clock.wallMs()));
    const judged = isEnding ? object : { ...object, status };
    // Deleted before it was told that it is served: it was, and may have objects.
    const served = isEnding && known?.uid === object.metadata.uid ? known?.names : undefined;
    const names = isEstablished(judged) ? readAcceptedNames(judged) : served;
    this.#serve(name, object, definition, names);
    if (isEnding) return this.#empty(api, target, object, names === undefined ? undefined : definition);
    if (!isSameJson(status, object['status'])) {
      await api.update({ ...target, subresource: 'status' }, judged, asUs);
    }
    return 'done';
  }

  #read(known: Entry | undefined, object: KubeObject): ReturnType<typeof readDefinition> {
    const isKnown = known !== undefined && isSameJson(known.spec, object['spec']);
    return isKnown ? { definition: known.definition, causes: [] } : readDefinition(object);
  }

  /** Its objects go, then what holds it. `definition` undefined: none were ever served. */
  async #empty(
    api: Api,
    target: ObjectTarget,
    object: KubeObject,
    definition: Definition | undefined,
  ): Promise<'done' | 'again'> {
    if (object.metadata.finalizers?.includes(cleanupFinalizer) !== true) return 'done';
    let [reason, message] = ['NeverEstablished', 'resource was never established'];
    let live = object;
    if (definition !== undefined) {
      const words = 'CustomResource deletion is in progress';
      live = await this.#tell(api, target, live, 'True', 'InstanceDeletionInProgress', words);
      // The stored version has all objects, whether it is served or not.
      const versions = definition.versions.map((version) => ({ ...version, isServed: true }));
      const stored = toResources({ ...definition, versions }).find(({ isStorage }) => isStorage);
      const content = stored === undefined ? undefined : { resource: stored, namespace: undefined };
      if (content !== undefined) {
        await api.deleteCollection(content, everything, deletion, asUs);
        if (api.list(content, everything).items.length > 0) return 'again';
      }
      [reason, message] = ['InstanceDeletionCompleted', 'removed all instances'];
    }
    live = await this.#tell(api, target, live, 'False', reason, message);
    const finalizers = live.metadata.finalizers?.filter((one) => one !== cleanupFinalizer) ?? [];
    await api.update(target, { ...live, metadata: { ...live.metadata, finalizers } }, asUs);
    return 'done';
  }

  #tell(
    api: Api,
    target: ObjectTarget,
    object: KubeObject,
    status: Condition['status'],
    reason: string,
    message: string,
  ): Promise<KubeObject> {
    const before = mapsAt(object, 'status', 'conditions');
    const condition: Condition = { type: 'Terminating', status, reason, message };
    const conditions = setCondition(before, condition, timeText(this.#deps.clock.wallMs()));
    const next = { ...object, status: { ...mapAt(object, 'status'), conditions } };
    return api.update({ ...target, subresource: 'status' }, next, asUs);
  }

  /** At once: what was judged is what is served, and nobody is judged in between. */
  #serve(name: string, object: KubeObject, definition: Definition, names: DefinitionNames | undefined): void {
    const { uid, deletionTimestamp } = object.metadata;
    const isEnding = deletionTimestamp !== undefined;
    const known = this.#entries.get(name);
    const isSame =
      known !== undefined &&
      known.definition === definition &&
      known.uid === uid &&
      known.isEnding === isEnding &&
      isSameJson(known.names, names);
    if (isSame) return;
    const resources = names === undefined ? [] : toResources({ ...definition, names });
    this.#entries.set(name, { uid, spec: object['spec'], definition, names, isEnding, resources });
    this.#publish();
  }

  #forget(name: string): void {
    if (this.#entries.delete(name)) this.#publish();
  }

  #publish(): void {
    this.#rules.clear();
    const customs: Resource[] = [];
    for (const { resources, isEnding } of this.#entries.values()) {
      for (const resource of resources) {
        const rules = this.#customRules(resource);
        this.#rules.set(textOf(resource), isEnding ? refuseNew(rules) : rules);
        customs.push(resource);
      }
    }
    this.#resources = [...this.#options.builtins, ...customs];
    for (const changed of this.#subscribers) changed();
  }

  readonly #compiled = new WeakMap<Resource, KindRules>();

  #customRules(resource: Resource): KindRules {
    let rules = this.#compiled.get(resource);
    if (rules === undefined) this.#compiled.set(resource, (rules = new CustomRules(resource.schema ?? {})));
    return rules;
  }
}

function findDefinitions(api: Api): Resource {
  return findResource(api, 'apiextensions.k8s.io', 'customresourcedefinitions');
}

function textOf({ group, version, plural }: Resource): string {
  return `${group}/${version}/${plural}`;
}
