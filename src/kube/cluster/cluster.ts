// A cluster as its clients see it: the verbs of Kubernetes on objects of any kind, asynchronous, because an API server may be anywhere.
// Two stand behind it: a real API server (remote-cluster.ts) and the embedded one in the same process (in-process-cluster.ts).

import type { JsonObject, KubeObject } from '../api/object.ts';
import type { DeleteOptions, FieldValidation, ListAnswer, ListOptions, Patch, WatchEvent } from '../api/api-port.ts';

/** A kind as it stands in paths, and where: `/apis/cilium.io/v2/ciliumnodes`, `/api/v1/namespaces/kube-system/secrets`. */
export interface Collection {
  /** '' for the core group. */
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  /** undefined: all namespaces, or none for kinds that live in none. */
  readonly namespace: string | undefined;
}

export interface Item extends Collection {
  readonly name: string;
  readonly subresource?: 'status' | 'scale';
}

export interface ClusterWrite {
  readonly fieldManager: string;
  readonly isDryRun?: boolean;
  /** What becomes of fields that nobody knows; `Warn` unless it is said, as of every API server. */
  readonly fieldValidation?: FieldValidation;
}

export interface ClusterWatch {
  readonly labelSelector: string | undefined;
  readonly fieldSelector: string | undefined;
  /** Changes after it. */
  readonly resourceVersion: string;
}

export interface WatchListener {
  /** The server has taken the watch. */
  opened(): void;
  told(event: WatchEvent): void;
}

/** Every method rejects with ApiError for what the API server answers, and with ClusterUnreachable when it does not. */
export interface Cluster {
  /** For people: `https://192.0.2.10:6443`. */
  readonly name: string;
  get(item: Item, signal?: AbortSignal): Promise<KubeObject>;
  list(collection: Collection, options: Partial<ListOptions>, signal?: AbortSignal): Promise<ListAnswer>;
  /**
   * Every event in order, bookmarks too; ends when the server ends it, rejects with ApiError `Expired` when the version is no longer
   * kept. Nothing is told after `signal` is aborted; then it rejects.
   */
  watch(collection: Collection, options: ClusterWatch, listener: WatchListener, signal: AbortSignal): Promise<void>;
  create(collection: Collection, object: KubeObject, options: ClusterWrite): Promise<KubeObject>;
  update(item: Item, object: KubeObject, options: ClusterWrite): Promise<KubeObject>;
  patch(item: Item, patch: Patch, options: ClusterWrite): Promise<KubeObject>;
  /** The object as it was last, or still with a deletionTimestamp; a real API server may answer a Status instead. */
  delete(item: Item, options: Partial<DeleteOptions>): Promise<JsonObject>;
}

/** The API server is not there, or what answers is none: TCP, TLS, HTTP, or a body that is no JSON. */
export class ClusterUnreachable extends Error {
  override readonly name = 'ClusterUnreachable';
}

/** `/apis/cilium.io/v2/ciliumnodes/a/status` */
export function pathOf({ group, version, plural, namespace, ...item }: Collection | Item): string {
  const root = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
  const place = namespace === undefined ? root : `${root}/namespaces/${encodeURIComponent(namespace)}`;
  if (!('name' in item)) return `${place}/${plural}`;
  const { name, subresource } = item;
  return `${place}/${plural}/${encodeURIComponent(name)}${subresource === undefined ? '' : `/${subresource}`}`;
}
