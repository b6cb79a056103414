// A Kubernetes object as JSON, before anybody knows its kind: what the API's own machinery (stores, patches, watches) works on.
// Values are never changed in place: a change makes a new object.

/** JSON as it comes from a body; `null` only where JSON says so. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [field: string]: Json | undefined;
}

export function isJsonObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Kubernetes API reference, OwnerReference. */
export interface OwnerReference extends JsonObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly controller?: boolean;
  readonly blockOwnerDeletion?: boolean;
}

/** Kubernetes API reference, ObjectMeta. Times are RFC 3339 in UTC with whole seconds. */
export interface ObjectMeta extends JsonObject {
  readonly name?: string;
  readonly generateName?: string;
  readonly namespace?: string;
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly generation?: number;
  readonly creationTimestamp?: string;
  readonly deletionTimestamp?: string;
  readonly deletionGracePeriodSeconds?: number;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly finalizers?: readonly string[];
  readonly ownerReferences?: readonly OwnerReference[];
  readonly managedFields?: readonly JsonObject[];
}

export interface KubeObject extends JsonObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMeta;
}

/** Names one object for its whole life in the store. */
export interface ObjectKey {
  /** `group/plural`, of the core group `/plural`: `/pods`, `apps/deployments`. The version is not part of it. */
  readonly resource: string;
  /** '' for kinds that live in none. */
  readonly namespace: string;
  readonly name: string;
}
