// What the HTTP face (src/apiserver) and clients within the process ask of an API: the verbs of Kubernetes on objects of any kind,
// without HTTP. The registry over the embedded store answers it; a test may hold both it and a real cluster against it.

import type { ApiError } from './api-error.ts';
import type { JsonObject, KubeObject } from './object.ts';
import type { Resource } from './resource.ts';

/** Who asks, and how far what is written is to be believed. */
export interface Caller {
  readonly user: string;
  readonly groups: readonly string[];
  /** Of managedFields; the first part of the User-Agent when the request names none. */
  readonly fieldManager: string;
}

export type FieldValidation = 'Strict' | 'Warn' | 'Ignore';

export interface WriteOptions {
  readonly caller: Caller;
  /** Everything is checked and answered, nothing is kept. */
  readonly isDryRun: boolean;
  readonly fieldValidation: FieldValidation;
  /** Collects what is answered in Warning headers. */
  readonly warn: (text: string) => void;
}

/** Where a request goes: a resource that is served, in the version asked for. */
export interface Target {
  readonly resource: Resource;
  /** undefined: all namespaces, or none for kinds that live in none. */
  readonly namespace: string | undefined;
}

export interface ObjectTarget extends Target {
  readonly name: string;
  /** `finalize`: of namespaces, their spec.finalizers, which nothing else changes. */
  readonly subresource: 'status' | 'scale' | 'finalize' | undefined;
}

export interface Selection {
  /** `app=web,tier in (a,b)`; undefined: everything. */
  readonly labelSelector: string | undefined;
  /** `metadata.name=x,status.phase!=Running` */
  readonly fieldSelector: string | undefined;
}

export interface ListOptions extends Selection {
  /** At most so many; undefined or 0: all. */
  readonly limit: number | undefined;
  readonly continueToken: string | undefined;
  readonly resourceVersion: string | undefined;
  readonly resourceVersionMatch: 'Exact' | 'NotOlderThan' | undefined;
}

export interface ListAnswer {
  readonly items: readonly KubeObject[];
  readonly resourceVersion: string;
  readonly continueToken: string | undefined;
  readonly remainingItemCount: number | undefined;
}

export interface DeleteOptions {
  readonly propagationPolicy: 'Background' | 'Foreground' | 'Orphan' | undefined;
  readonly gracePeriodSeconds: number | undefined;
  readonly preconditions: { readonly uid: string | undefined; readonly resourceVersion: string | undefined };
}

export type PatchType =
  | 'application/json-patch+json'
  | 'application/merge-patch+json'
  | 'application/strategic-merge-patch+json'
  | 'application/apply-patch+yaml';

export interface Patch {
  readonly type: PatchType;
  readonly body: unknown;
  /** Of apply: fields of other managers are taken over. */
  readonly isForced: boolean;
  /** Of apply: why the caller may not make an object that is not there; undefined: the caller may. */
  readonly cannotCreate?: ApiError | undefined;
}

export interface WatchEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  /** Of ERROR: a Status; of BOOKMARK: an object with kind, apiVersion and metadata.resourceVersion alone. */
  readonly object: JsonObject;
}

export interface WatchOptions extends Selection {
  /** Changes after it; undefined or '0': first everything there is, as ADDED. */
  readonly resourceVersion: string | undefined;
  readonly allowBookmarks: boolean;
  /** The list first, then a bookmark that says so (`k8s.io/initial-events-end`). */
  readonly sendInitialEvents: boolean;
}

/** A running watch; close() ends it, and nothing is told afterwards. */
export interface Watching {
  close(): void;
}

/** Every method throws ApiError, or rejects with one. */
export interface Api {
  /** What is served now: built-in kinds and the CustomResourceDefinitions that are there. */
  resources(): readonly Resource[];
  /** Kubernetes names versions by precedence (v2 before v2alpha1); this is the one that clients should take. */
  preferredVersion(group: string): string | undefined;
  get(target: ObjectTarget): KubeObject;
  list(target: Target, options: ListOptions): ListAnswer;
  /** `told` is called in order, never within this call. Throws ApiError `Expired` when the version is no longer kept. */
  watch(target: Target, options: WatchOptions, told: (event: WatchEvent) => void): Watching;
  create(target: Target, object: unknown, options: WriteOptions): Promise<KubeObject>;
  update(target: ObjectTarget, object: unknown, options: WriteOptions): Promise<KubeObject>;
  /** `isCreated`: apply made the object. */
  patch(
    target: ObjectTarget,
    patch: Patch,
    options: WriteOptions,
  ): Promise<{ readonly object: KubeObject; readonly isCreated: boolean }>;
  /** The object as it was last, or with a deletionTimestamp while finalizers hold it. */
  delete(target: ObjectTarget, options: DeleteOptions, write: WriteOptions): Promise<KubeObject>;
  deleteCollection(
    target: Target,
    selection: Selection,
    options: DeleteOptions,
    write: WriteOptions,
  ): Promise<readonly KubeObject[]>;
}
