// What the registry needs of a store of objects: the embedded one (src/kube/embedded) keeps them on disk. It knows keys and
// revisions, not kinds.

import type { KubeObject, ObjectKey } from '../api/object.ts';

export interface StoredEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly revision: number;
  readonly key: ObjectKey;
  /** Of DELETED: as it was last, with the resourceVersion of the deletion. */
  readonly object: KubeObject;
  /** Before the change; undefined for ADDED. */
  readonly previous: KubeObject | undefined;
}

export interface StorageWatch {
  /** Everything up to this revision was told, or was not for this watch. */
  readonly position: number;
  close(): void;
}

export interface Storage {
  /** Of what is durable. */
  readonly revision: number;
  get(key: ObjectKey): KubeObject | undefined;
  /** In the order of namespace and name; undefined: of every namespace. */
  list(resource: string, namespace: string | undefined): readonly KubeObject[];
  /** The same as it was at a revision that was. Throws ApiError Expired. */
  listAt(resource: string, namespace: string | undefined, revision: number): readonly KubeObject[];
  /**
   * `change` runs at once against the latest state, writes that are not acknowledged yet included, and may throw; undefined means
   * that there is nothing to do. Resolves when it is durable, with the object and its resourceVersion (of a deletion: the last).
   */
  write(
    key: ObjectKey,
    change: (latest: KubeObject | undefined) => KubeObject | 'delete' | undefined,
  ): Promise<KubeObject | undefined>;
  /**
   * Events after the revision, which may be still to come, in order, each once, never within this call. `ended`: too far behind.
   * Throws ApiError Expired.
   */
  watch(
    resource: string | undefined,
    namespace: string | undefined,
    afterRevision: number,
    told: (event: StoredEvent) => void,
    ended: (error: Error) => void,
  ): StorageWatch;
}
