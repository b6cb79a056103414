// Deletes what belonged to objects that are gone, and keeps the promises of deletions that wait: foreground ones for what blocks them,
// orphaning ones for dependents to be nobody's. Who belongs to whom is observed of every kind that is served (owner-graph.ts); whether
// an owner is there is asked before anything is deleted. Kubernetes documentation, "Garbage Collection".

import { ApiError } from '../api/api-error.ts';
import type { Api, ObjectTarget, Watching } from '../api/api-port.ts';
import type { KubeObject, OwnerReference } from '../api/object.ts';
import type { Resource } from '../api/resource.ts';
import { isSameJson } from '../api/same-json.ts';
import {
  type Controller,
  type ControllerDeps,
  deleteOnly,
  everything,
  findResource,
  getIfThere,
  isEventKind,
  listKinds,
  targetOf,
  timeText,
  unlessAlready,
  writeAs,
} from './controller.ts';
import { type JudgedOwner, judgeOwners } from './judge-owners.ts';
import { ObservedKind } from './observed-kind.ts';
import { foregroundFinalizer, type OwnedObject, OwnerGraph, orphanFinalizer, readOwned } from './owner-graph.ts';
import { makeOwnerEvent } from './owner-event.ts';
import { WorkQueue } from './work-queue.ts';

export interface GarbageCollectorDeps extends ControllerDeps {
  /** Tells when other kinds are served. */
  readonly subscribe: (changed: () => void) => Watching;
}

const asUs = writeAs('generic-garbage-collector');

export class GarbageCollector implements Controller {
  readonly #deps: GarbageCollectorDeps;
  readonly #queue: WorkQueue;
  readonly #graph = new OwnerGraph();
  readonly #observed = new Map<string, ObservedKind>();
  /** Whose owners are of kinds that are not served: looked at again when others are. */
  readonly #unresolved = new Set<string>();
  #subscription: Watching | undefined;

  constructor(deps: GarbageCollectorDeps) {
    this.#deps = deps;
    this.#queue = new WorkQueue({
      clock: deps.clock,
      work: (uid) => this.#sync(uid),
      failed: (uid, error) => deps.failed(`garbage collection of ${this.#describe(uid)}`, error),
    });
  }

  start(): void {
    this.#subscription = this.#deps.subscribe(() => this.#observe());
    this.#observe();
  }

  close(): void {
    this.#subscription?.close();
    this.#queue.close();
    for (const kind of this.#observed.values()) kind.close();
  }

  // --- what is observed -------------------------------------------------------------------------------

  #observe(): void {
    const kinds = listOwning(this.#deps.api);
    for (const [key, kind] of this.#observed) {
      if (kinds.has(key)) continue;
      kind.close();
      this.#observed.delete(key);
      for (const object of kind.objects) this.#lose(object);
    }
    for (const [key, resource] of kinds) {
      if (this.#observed.has(key)) continue;
      const changed = (now: KubeObject | undefined, before: KubeObject | undefined): void => {
        if (now === undefined) {
          if (before !== undefined) this.#lose(before);
          return;
        }
        // Another one of the same name.
        if (before !== undefined && before.metadata.uid !== now.metadata.uid) this.#lose(before);
        this.#see(readOwned(now, resource));
      };
      const kind = new ObservedKind({ resource, namespace: undefined }, this.#deps, changed);
      this.#observed.set(key, kind);
      kind.start();
    }
    for (const uid of this.#unresolved) this.#queue.add(uid);
  }

  #see(node: OwnedObject): void {
    const before = this.#graph.get(node.uid);
    this.#graph.set(node);
    if (before !== undefined && isSameJson(marksOf(before), marksOf(node))) return;
    if (node.owners.length > 0 || node.isForeground || node.isOrphaning) this.#queue.add(node.uid);
    // Those that wait for it may wait no more.
    for (const { uid } of before?.owners ?? []) this.#addIfWaiting(uid);
    if (node.isForeground) for (const { uid } of this.#graph.dependentsOf(node.uid)) this.#queue.add(uid);
  }

  #lose({ metadata: { uid = '' } }: KubeObject): void {
    const node = this.#graph.get(uid);
    this.#graph.delete(uid);
    this.#unresolved.delete(uid);
    for (const owner of node?.owners ?? []) this.#addIfWaiting(owner.uid);
    for (const dependent of this.#graph.dependentsOf(uid)) this.#queue.add(dependent.uid);
  }

  #addIfWaiting(uid: string): void {
    if (this.#graph.get(uid)?.isForeground === true) this.#queue.add(uid);
  }

  // --- what is done about it --------------------------------------------------------------------------

  async #sync(uid: string): Promise<void> {
    const { api } = this.#deps;
    const node = this.#graph.get(uid);
    if (node === undefined) return;
    const { resource, name } = node;
    const namespace = resource.isNamespaced ? node.namespace : undefined;
    const target: ObjectTarget = { resource, namespace, name, subresource: undefined };
    const live = getIfThere(api, target);
    // The watch will tell.
    if (live === undefined || live.metadata.uid !== uid) return;
    const { isForeground, isOrphaning } = readOwned(live, resource);
    if (isOrphaning) await this.#orphan(live, target);
    else if (isForeground) await this.#release(live, target);
    else if (live.metadata.deletionTimestamp === undefined) await this.#judge(live, target);
  }

  /** All of them, also those that were not observed yet: they would be deleted afterwards. */
  async #orphan(owner: KubeObject, target: ObjectTarget): Promise<void> {
    const { uid = '' } = owner.metadata;
    const changes = this.#listOwned(uid).map(([dependent, resource]) => {
      const others = dependent.metadata.ownerReferences?.filter((one) => one.uid !== uid) ?? [];
      return unlessAlready(this.#setOwners(dependent, targetOf(resource, dependent), others), 'NotFound');
    });
    await Promise.all(changes);
    await this.#dropFinalizer(owner, target, orphanFinalizer);
  }

  async #release(owner: KubeObject, target: ObjectTarget): Promise<void> {
    const { uid = '' } = owner.metadata;
    const isBlocking = (owners: readonly OwnerReference[]): boolean =>
      owners.some((one) => one.uid === uid && one.blockOwnerDeletion === true);
    const blocking = this.#graph.dependentsOf(uid).filter(({ owners }) => isBlocking(owners));
    for (const dependent of blocking) if (!dependent.isForeground) this.#queue.add(dependent.uid);
    if (blocking.length > 0) return;
    // One that was made just now may not have been observed yet; when it is, it is looked at with its owner.
    const isHeld = this.#listOwned(uid).some(([{ metadata }]) => isBlocking(metadata.ownerReferences ?? []));
    if (!isHeld) await this.#dropFinalizer(owner, target, foregroundFinalizer);
  }

  /** What the store has of an owner, observed or not. */
  #listOwned(uid: string): readonly (readonly [dependent: KubeObject, resource: Resource])[] {
    const { api } = this.#deps;
    return [...listOwning(api).values()].flatMap((resource) =>
      api
        .list({ resource, namespace: undefined }, everything)
        .items.filter(({ metadata }) => metadata.ownerReferences?.some((one) => one.uid === uid) === true)
        .map((dependent) => [dependent, resource] as const),
    );
  }

  async #judge(object: KubeObject, target: ObjectTarget): Promise<void> {
    const { uid = '', ownerReferences = [] } = object.metadata;
    if (ownerReferences.length === 0) return;
    const owners: JudgedOwner[] = [];
    for (const reference of ownerReferences) {
      const judged = await this.#findOwner(object, reference);
      // What cannot be looked up is not known to be gone.
      if (judged === undefined) return;
      owners.push(judged);
    }
    this.#unresolved.delete(uid);
    const verdict = judgeOwners(object, owners, this.#graph.dependentsOf(uid));
    switch (verdict.type) {
      case 'keep':
        return;
      case 'disown':
        await this.#setOwners(object, target, verdict.owners);
        return;
      case 'delete': {
        const unblocked = ownerReferences.map((one) => ({ ...one, blockOwnerDeletion: false }));
        const live = verdict.isUnblocking ? await this.#setOwners(object, target, unblocked) : object;
        const options = deleteOnly(live, verdict.policy);
        const { resourceVersion } = live.metadata;
        // It may have found another owner meanwhile.
        const preconditions = { ...options.preconditions, resourceVersion };
        await unlessAlready(this.#deps.api.delete(target, { ...options, preconditions }, asUs), 'NotFound');
      }
    }
  }

  /** undefined: it cannot be told. */
  async #findOwner(dependent: KubeObject, reference: OwnerReference): Promise<JudgedOwner | undefined> {
    const { api } = this.#deps;
    const { namespace, uid = '' } = dependent.metadata;
    const resource = findKind(api, reference);
    if (resource === undefined) {
      this.#unresolved.add(uid);
      return undefined;
    }
    if (resource.isNamespaced && namespace === undefined) {
      await this.#tell(dependent, reference);
      return undefined;
    }
    const place = resource.isNamespaced ? namespace : undefined;
    const owner = getIfThere(api, { resource, namespace: place, name: reference.name, subresource: undefined });
    if (owner === undefined || owner.metadata.uid !== reference.uid) {
      const elsewhere = this.#graph.get(reference.uid);
      if (elsewhere !== undefined && elsewhere.namespace !== (place ?? '')) await this.#tell(dependent, reference);
      return { reference, state: 'absent' };
    }
    return { reference, state: readOwned(owner, resource).isForeground ? 'waiting' : 'there' };
  }

  /** What cannot be told is done all the same. */
  async #tell(dependent: KubeObject, owner: OwnerReference): Promise<void> {
    const { api, clock, failed } = this.#deps;
    const event = makeOwnerEvent(dependent, owner, timeText(clock.wallMs()));
    try {
      const target = { resource: findResource(api, '', 'events'), namespace: event.metadata.namespace };
      await unlessAlready(api.create(target, event, asUs), 'AlreadyExists');
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      failed(`event of ${event.metadata.name}`, error);
    }
  }

  #setOwners(object: KubeObject, target: ObjectTarget, owners: readonly OwnerReference[]): Promise<KubeObject> {
    const metadata = { ...object.metadata, ownerReferences: owners };
    return this.#deps.api.update(target, { ...object, metadata }, asUs);
  }

  async #dropFinalizer(object: KubeObject, target: ObjectTarget, finalizer: string): Promise<void> {
    const finalizers = object.metadata.finalizers?.filter((one) => one !== finalizer) ?? [];
    const freed = { ...object, metadata: { ...object.metadata, finalizers } };
    await unlessAlready(this.#deps.api.update(target, freed, asUs), 'NotFound');
  }

  #describe(uid: string): string {
    const node = this.#graph.get(uid);
    return node === undefined ? uid : `${node.resource.plural} ${node.namespace}/${node.name}`;
  }
}

/** What a change of an object is to us. */
function marksOf({ owners, isForeground, isOrphaning }: OwnedObject): object {
  return { owners, isForeground, isOrphaning };
}

/** By group, version and plural. Nobody owns by events, and there are many. */
function listOwning(api: Api): ReadonlyMap<string, Resource> {
  const kinds = listKinds(api).filter((resource) => !isEventKind(resource));
  return new Map(kinds.map((resource) => [`${resource.group}/${resource.version}/${resource.plural}`, resource]));
}

/** The version does not matter: an object is the same in all. */
function findKind(api: Api, { apiVersion, kind }: OwnerReference): Resource | undefined {
  const group = apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';
  return api.resources().find((resource) => resource.group === group && resource.kind === kind);
}
