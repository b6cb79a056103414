// The part of an object whose fields have owners: without what the server writes itself, and of a kind with a status subresource either the
// status or everything but it.

import { type Json, type JsonObject, type KubeObject, type ObjectMeta } from '../api/object.ts';
import type { OpenApiSchema } from '../api/openapi-schema.ts';
import type { Resource } from '../api/resource.ts';

type Subresource = 'status' | 'scale' | 'finalize' | undefined;

/** Of metadata, what callers say. */
const ownedMetadata = ['generateName', 'labels', 'annotations', 'finalizers', 'ownerReferences'] as const;

const textMap: OpenApiSchema = { type: 'object', additionalProperties: { type: 'string' } };
const metadataSchema: OpenApiSchema = {
  type: 'object',
  isEmbedded: true,
  properties: {
    generateName: { type: 'string' },
    labels: textMap,
    annotations: textMap,
    finalizers: { type: 'array', items: { type: 'string' }, 'x-kubernetes-list-type': 'set' },
    ownerReferences: {
      type: 'array',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['uid'],
      items: { type: 'object', 'x-kubernetes-map-type': 'atomic' },
    },
  },
};

const schemas = new WeakMap<Resource, OpenApiSchema>();

/** Of the owned part: that of the kind, with the metadata of every kind. */
export function ownedSchema(resource: Resource): OpenApiSchema {
  const known = schemas.get(resource);
  if (known !== undefined) return known;
  const { properties = {}, ...schema } = resource.schema ?? {};
  const made = { ...schema, properties: { ...properties, metadata: metadataSchema } };
  schemas.set(resource, made);
  return made;
}

export function ownedPart(object: KubeObject | undefined, resource: Resource, subresource: Subresource): JsonObject {
  if (object === undefined) return {};
  const { apiVersion: _version, kind: _kind, metadata, status, ...rest } = object;
  if (subresource === 'status') return status === undefined ? {} : { status };
  const named: Record<string, Json> = {};
  for (const name of ownedMetadata) {
    const value = metadata[name];
    if (value !== undefined) named[name] = value as Json;
  }
  const whole = Object.keys(named).length === 0 ? rest : { ...rest, metadata: named };
  return resource.hasStatus || status === undefined ? whole : { ...whole, status };
}

/** The object with another owned part. `applied` may name the version and the object that its caller saw. */
export function withOwnedPart(
  live: KubeObject,
  part: Json,
  applied: ObjectMeta,
  resource: Resource,
  subresource: Subresource,
): KubeObject {
  const { metadata = {}, ...fields } = part as JsonObject & { readonly metadata?: JsonObject };
  const { resourceVersion, uid } = applied;
  const seen = {
    ...(resourceVersion === undefined ? {} : { resourceVersion }),
    ...(uid === undefined ? {} : { uid }),
  };
  if (subresource === 'status') return { ...live, ...fields, metadata: { ...live.metadata, ...seen } };
  const kept = Object.fromEntries(
    Object.entries(live.metadata).filter(([name]) => !(ownedMetadata as readonly string[]).includes(name)),
  );
  const { apiVersion, kind, status } = live;
  const whole = { ...fields, apiVersion, kind, metadata: { ...kept, ...metadata, ...seen } };
  return resource.hasStatus && status !== undefined ? { ...whole, status } : whole;
}
