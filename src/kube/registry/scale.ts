// The scale subresource: how many replicas an object has and should have, as autoscaling/v1 Scale, whatever the kind calls them.
// Kubernetes API reference, Scale; CustomResourceDefinition, "Scale subresource".

import { ApiError, invalid } from '../api/api-error.ts';
import { isJsonObject, type Json, type JsonObject, type KubeObject } from '../api/object.ts';
import type { Resource, ScaleSubresource } from '../api/resource.ts';
import { readObject } from './read-object.ts';

/** Throws ApiError NotFound where the kind has none. */
export function scaleOf(object: KubeObject, resource: Resource): KubeObject {
  const paths = pathsOf(resource);
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  const selector = paths.labelSelectorPath === undefined ? undefined : read(object, paths.labelSelectorPath);
  const metadata = { name, namespace, uid, resourceVersion, creationTimestamp };
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: Object.fromEntries(Object.entries(metadata).filter(([, value]) => value !== undefined)),
    spec: { replicas: countOf(read(object, paths.specReplicasPath)) },
    status: {
      replicas: countOf(read(object, paths.statusReplicasPath)),
      ...(selector === undefined ? {} : { selector: selectorText(selector) }),
    },
  };
}

/** A body that claims to be a Scale. Throws ApiError BadRequest. */
export function readScale(body: unknown): KubeObject {
  return readObject(body, { group: 'autoscaling', version: 'v1', kind: 'Scale', isNamespaced: false }, undefined);
}

/** The object with as many replicas as the Scale asks for. Throws ApiError. */
export function withScale(object: KubeObject, scale: JsonObject, resource: Resource): KubeObject {
  const { specReplicasPath } = pathsOf(resource);
  const spec = scale['spec'];
  const replicas = isJsonObject(spec) ? (spec['replicas'] ?? 0) : 0;
  if (typeof replicas !== 'number' || !Number.isSafeInteger(replicas) || replicas < 0) {
    const message = `Invalid value: ${JSON.stringify(replicas)}: must be greater than or equal to 0`;
    throw invalid('autoscaling', 'Scale', object.metadata.name ?? '', [
      { reason: 'FieldValueInvalid', message, field: 'spec.replicas' },
    ]);
  }
  const changed = write(object, specReplicasPath.split('.').slice(1), replicas);
  return { ...object, ...changed };
}

function pathsOf({ scale, plural, group }: Resource): ScaleSubresource {
  if (scale !== undefined) return scale;
  throw new ApiError('NotFound', `the server could not find the requested resource`, {
    ...(group === '' ? {} : { group }),
    kind: plural,
  });
}

/** `.spec.replicas`: plain field names, as upstream demands of these paths. */
function read(object: JsonObject, path: string): Json | undefined {
  let value: Json | undefined = object;
  for (const field of path.split('.').slice(1)) value = isJsonObject(value) ? value[field] : undefined;
  return value;
}

function write(object: JsonObject, [field, ...rest]: readonly string[], value: Json): JsonObject {
  const before = object[field];
  const next = rest.length === 0 ? value : write(isJsonObject(before) ? before : {}, rest, value);
  return { ...object, [field]: next };
}

function countOf(value: Json | undefined): number {
  return typeof value === 'number' ? value : 0;
}

/** A text as it is; a LabelSelector as clients write one: `app=web,tier in (a,b)`. */
function selectorText(selector: Json): string {
  if (typeof selector === 'string') return selector;
  if (!isJsonObject(selector)) return '';
  const { matchLabels, matchExpressions } = isLabels(selector) ? { matchLabels: selector } : selector;
  const equal = isJsonObject(matchLabels)
    ? Object.entries(matchLabels).map(([key, value]) => `${key}=${typeof value === 'string' ? value : ''}`)
    : [];
  const expressions = Array.isArray(matchExpressions) ? matchExpressions.filter((entry) => isJsonObject(entry)) : [];
  return [...equal.toSorted(), ...expressions.map((entry) => requirementText(entry))].join(',');
}

/** Of ReplicationControllers, the selector is the labels themselves. */
function isLabels(selector: JsonObject): boolean {
  return Object.values(selector).every((value) => typeof value === 'string');
}

function requirementText({ key, operator, values }: JsonObject): string {
  const name = typeof key === 'string' ? key : '';
  const listed = Array.isArray(values) ? values.filter((value) => typeof value === 'string').join(',') : '';
  if (operator === 'In') return `${name} in (${listed})`;
  if (operator === 'NotIn') return `${name} notin (${listed})`;
  return operator === 'DoesNotExist' ? `!${name}` : name;
}
