// Who owns whom, as far as it was observed: by uid, in both directions. As large as what was observed: an object is one node, a
// reference one entry; owners that were not observed have dependents, and no node.

import type { KubeObject, OwnerReference } from '../api/object.ts';
import type { Resource } from '../api/resource.ts';

export interface OwnedObject {
  readonly uid: string;
  readonly resource: Resource;
  readonly namespace: string;
  readonly name: string;
  readonly owners: readonly OwnerReference[];
  /** It waits until those of its dependents are gone that block it. */
  readonly isForeground: boolean;
  /** It waits until its dependents are nobody's. */
  readonly isOrphaning: boolean;
}

export const foregroundFinalizer = 'foregroundDeletion';
export const orphanFinalizer = 'orphan';

export class OwnerGraph {
  readonly #nodes = new Map<string, OwnedObject>();
  readonly #dependents = new Map<string, Set<string>>();

  get(uid: string): OwnedObject | undefined {
    return this.#nodes.get(uid);
  }

  set(node: OwnedObject): void {
    this.delete(node.uid);
    this.#nodes.set(node.uid, node);
    for (const { uid: owner } of node.owners) {
      const dependents = this.#dependents.get(owner);
      if (dependents === undefined) this.#dependents.set(owner, new Set([node.uid]));
      else dependents.add(node.uid);
    }
  }

  delete(uid: string): void {
    const node = this.#nodes.get(uid);
    if (node === undefined) return;
    this.#nodes.delete(uid);
    for (const { uid: owner } of node.owners) {
      const dependents = this.#dependents.get(owner);
      dependents?.delete(uid);
      if (dependents?.size === 0) this.#dependents.delete(owner);
    }
  }

  dependentsOf(uid: string): readonly OwnedObject[] {
    return [...(this.#dependents.get(uid) ?? [])].flatMap((one) => this.#nodes.get(one) ?? []);
  }
}

export function readOwned(object: KubeObject, resource: Resource): OwnedObject {
  const { uid = '', namespace = '', name = '', ownerReferences, finalizers, deletionTimestamp } = object.metadata;
  const isEnding = deletionTimestamp !== undefined;
  return {
    uid,
    resource,
    namespace,
    name,
    owners: ownerReferences ?? [],
    isForeground: isEnding && finalizers?.includes(foregroundFinalizer) === true,
    isOrphaning: isEnding && finalizers?.includes(orphanFinalizer) === true,
  };
}
