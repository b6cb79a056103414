// What the deletion of a namespace or of a CustomResourceDefinition means beside what it means for every object: what is in it goes
// first. Who empties it (src/kube/controllers) is told by what is written here. Upstream: the storages of the two kinds.

import { ApiError } from '../api/api-error.ts';
import { isJsonObject, type Json, type JsonObject, type KubeObject } from '../api/object.ts';
import type { Resource } from '../api/resource.ts';

export const cleanupFinalizer = 'customresourcecleanup.apiextensions.k8s.io';
const immortal: readonly string[] = ['default', 'kube-system', 'kube-public'];

/** As it is when its deletion begins. Throws ApiError Forbidden for what may not be deleted. */
export function markEnding(live: KubeObject, resource: Resource, nowText: string): KubeObject {
  if (isNamespace(resource)) {
    const { name = '' } = live.metadata;
    if (immortal.includes(name)) {
      throw new ApiError('Forbidden', `namespaces "${name}" is forbidden: this namespace may not be deleted`, {
        name,
        kind: 'namespaces',
      });
    }
    return { ...live, status: { ...mapOf(live['status']), phase: 'Terminating' } };
  }
  const { deletionTimestamp, finalizers = [] } = live.metadata;
  if (!isDefinition(resource) || deletionTimestamp !== undefined) return live;
  const status = mapOf(live['status']);
  const conditions = Array.isArray(status['conditions']) ? status['conditions'] : [];
  const pending = {
    type: 'Terminating',
    status: 'True',
    lastTransitionTime: nowText,
    reason: 'InstanceDeletionPending',
    message: 'CustomResource marked for deletion; CustomResource deletion will begin soon',
  };
  const others = conditions.filter((one: Json) => !isJsonObject(one) || one['type'] !== 'Terminating');
  return {
    ...live,
    metadata: { ...live.metadata, finalizers: [...new Set([...finalizers, cleanupFinalizer])] },
    status: { ...status, conditions: [...others, pending] },
  };
}

/** By what is not in its metadata. */
export function isHeld(object: KubeObject, resource: Resource): boolean {
  return isNamespace(resource) && finalizersOf(object).length > 0;
}

/** The namespace with the finalizers of the other one. */
export function withFinalizers(live: KubeObject, given: KubeObject): KubeObject {
  return { ...live, spec: { ...mapOf(live['spec']), finalizers: finalizersOf(given) } };
}

function finalizersOf(namespace: KubeObject): readonly Json[] {
  const { finalizers } = mapOf(namespace['spec']);
  return Array.isArray(finalizers) ? finalizers : [];
}

function isNamespace({ group, plural }: Resource): boolean {
  return group === '' && plural === 'namespaces';
}

function isDefinition({ group, plural }: Resource): boolean {
  return group === 'apiextensions.k8s.io' && plural === 'customresourcedefinitions';
}

function mapOf(value: Json | undefined): JsonObject {
  return isJsonObject(value) ? value : {};
}
