// Fields that a schema does not have: they are dropped, and their paths told (Kubernetes documentation, "Field pruning"). Pure; objects
// have been bounded in depth before, and what loses nothing is answered as the very same value. Metadata of whole objects is the API
// server's own, and passed over.

import { isJsonObject, type Json, type JsonObject } from '../api/object.ts';
import type { OpenApiSchema } from '../api/openapi-schema.ts';
import { pathTo } from './json-path.ts';

export interface Pruned<Value extends Json> {
  readonly value: Value;
  /** `spec.foo`, `spec.list[0].bar` */
  readonly unknown: readonly string[];
}

/** A whole object: apiVersion, kind and metadata stay as they are. */
export function pruneObject<Value extends JsonObject>(object: Value, schema: OpenApiSchema): Pruned<JsonObject> {
  const unknown: string[] = [];
  const { apiVersion, kind, metadata, ...fields } = object;
  const pruned = pruneMap(fields, schema, '', unknown);
  return { value: { apiVersion, kind, metadata, ...pruned }, unknown };
}

/** A value within an object, such as a default. */
export function pruneValue(value: Json, schema: OpenApiSchema): Pruned<Json> {
  const unknown: string[] = [];
  return { value: prune(value, schema, '', unknown), unknown };
}

function prune(value: Json, schema: OpenApiSchema, path: string, unknown: string[]): Json {
  if (Array.isArray(value)) {
    const { items } = schema;
    if (items === undefined) return value;
    const pruned = value.map((item, at) => prune(item, items, `${path}[${at}]`, unknown));
    return pruned.some((item, at) => item !== value[at]) ? pruned : value;
  }
  if (!isJsonObject(value)) return value;
  if (schema['x-kubernetes-embedded-resource'] !== true) return pruneMap(value, schema, path, unknown);
  // An object within the object has what every object has.
  const { apiVersion, kind, metadata, ...fields } = value;
  const common = Object.entries({ apiVersion, kind, metadata }).filter(([, field]) => field !== undefined);
  return { ...Object.fromEntries(common), ...pruneMap(fields, schema, path, unknown) };
}

function pruneMap(value: JsonObject, schema: OpenApiSchema, path: string, unknown: string[]): JsonObject {
  const { properties = {}, additionalProperties } = schema;
  const keepsUnknown = schema['x-kubernetes-preserve-unknown-fields'] === true || additionalProperties === true;
  const kept: [string, Json][] = [];
  let isChanged = false;
  for (const [key, field] of Object.entries(value)) {
    if (field === undefined) continue;
    const inner = Object.hasOwn(properties, key)
      ? properties[key]
      : typeof additionalProperties === 'object'
        ? additionalProperties
        : undefined;
    if (inner === undefined && !keepsUnknown) {
      unknown.push(pathTo(path, key));
      isChanged = true;
      continue;
    }
    // Most fields have nothing below them, and need no path.
    const isDeep = inner !== undefined && typeof field === 'object';
    const after = isDeep ? prune(field, inner, pathTo(path, key), unknown) : field;
    isChanged ||= after !== field;
    kept.push([key, after]);
  }
  return isChanged ? Object.fromEntries(kept) : value;
}
