// What a kind says of its own objects: built-in ones in code (src/kube/builtin), custom ones by the schema of their definition
// (src/kube/schema). The registry applies them in this order on each write.

import type { StatusCause } from '../api/api-error.ts';
import type { Caller } from '../api/api-port.ts';
import type { KubeObject } from '../api/object.ts';
import type { Resource } from '../api/resource.ts';

export interface KindRules {
  /** Without the fields that the kind does not have; `unknown` are their paths, as `spec.foo`. */
  prune(object: KubeObject): { readonly object: KubeObject; readonly unknown: readonly string[] };
  /** Defaults filled in. `before`: what is in its place, undefined for a new one. */
  prepare(object: KubeObject, before: KubeObject | undefined): KubeObject;
  /** Every fault; empty: it is valid. */
  validate(object: KubeObject, before: KubeObject | undefined): readonly StatusCause[];
}

/** What is asked of who writes, beyond what the verb asks: throws ApiError Forbidden. `before` undefined: it is new. */
export type Admit = (resource: Resource, object: KubeObject, before: KubeObject | undefined, caller: Caller) => void;
