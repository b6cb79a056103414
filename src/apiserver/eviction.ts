// Evictions: what `kubectl drain` creates below a pod so that it goes (policy/v1, Eviction). PodDisruptionBudgets, which could stand
// against one, are not kept here: an eviction deletes the pod, under the conditions that its DeleteOptions name.

import { ApiError } from '#kube/api/api-error.ts';
import { isJsonObject, type Json, type JsonObject } from '#kube/api/object.ts';
import type { ResourceRequest } from './request-info.ts';

/** As discovery lists it, below pods: clients look there for whether they may evict. */
export const eviction = {
  name: 'eviction',
  group: 'policy',
  version: 'v1',
  kind: 'Eviction',
  verbs: ['create'],
} as const;

export function isEviction({ group, version, plural, name, subresource }: ResourceRequest): boolean {
  return hasEviction({ group, version, plural }) && name !== undefined && subresource === eviction.name;
}

export function hasEviction({
  group,
  version,
  plural,
}: {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
}): boolean {
  return group === '' && version === 'v1' && plural === 'pods';
}

/** Its DeleteOptions. `asked`: what the path names. Throws ApiError BadRequest. */
export function readEviction(
  body: Json | undefined,
  asked: Pick<ResourceRequest, 'namespace' | 'name'>,
): Json | undefined {
  const { apiVersion, kind, metadata, deleteOptions } = isJsonObject(body) ? body : {};
  if (apiVersion !== `${eviction.group}/${eviction.version}` || kind !== eviction.kind) {
    throw new ApiError('BadRequest', 'the body of this request is an Eviction of policy/v1');
  }
  const { name, namespace }: JsonObject = isJsonObject(metadata) ? metadata : {};
  if (name !== asked.name) throw new ApiError('BadRequest', 'name in URL does not match name in Eviction object');
  if (namespace !== undefined && namespace !== '' && namespace !== asked.namespace) {
    throw new ApiError(
      'BadRequest',
      'the namespace of the provided object does not match the namespace sent on the request',
    );
  }
  return deleteOptions;
}
