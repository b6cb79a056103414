// How an object is changed in part, and who owns which of its fields afterwards: what the registry needs of src/kube/patch.

import type { ObjectTarget, Patch, WriteOptions } from '../api/api-port.ts';
import type { Json, KubeObject } from '../api/object.ts';
import type { Resource } from '../api/resource.ts';

type Subresource = ObjectTarget['subresource'];

export interface Patches {
  /** JSON, merge and strategic merge patches; throws ApiError. */
  patch(live: KubeObject, patch: Patch, resource: Resource): Json;
  /** Server-side apply, with its managedFields; throws ApiError Conflict. */
  apply(
    live: KubeObject | undefined,
    applied: KubeObject,
    resource: Resource,
    subresource: Subresource,
    patch: Patch,
    options: WriteOptions,
    nowText: string,
  ): KubeObject;
  /** `next` with managedFields in which the caller owns what changed. */
  track(
    live: KubeObject | undefined,
    next: KubeObject,
    resource: Resource,
    subresource: Subresource,
    options: WriteOptions,
    nowText: string,
  ): KubeObject;
}
