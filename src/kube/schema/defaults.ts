// Defaults of a schema, filled in where a field is absent, or null and may not be (Kubernetes documentation, "Defaulting" and
// "Defaulting and Nullable"). Pure: answers a new value, and the very same one when there is nothing to fill in.

import { isJsonObject, type Json, type JsonObject } from '../api/object.ts';
import type { OpenApiSchema } from '../api/openapi-schema.ts';

export function fillDefaults(value: Json, schema: OpenApiSchema): Json {
  if (Array.isArray(value)) {
    const { items } = schema;
    if (items === undefined) return value;
    const filled = value.map((item) => fillDefaults(item, items));
    return filled.some((item, at) => item !== value[at]) ? filled : value;
  }
  return isJsonObject(value) ? fillMap(value, schema) : value;
}

function fillMap(value: JsonObject, schema: OpenApiSchema): JsonObject {
  const { properties = {}, additionalProperties } = schema;
  const filled = new Map<string, Json>();
  let isChanged = false;
  for (const [key, field] of Object.entries(value)) {
    if (field === undefined) continue;
    const inner = Object.hasOwn(properties, key)
      ? properties[key]
      : typeof additionalProperties === 'object'
        ? additionalProperties
        : undefined;
    // A null that may not be is absent: its default comes below, if it has one.
    if (field === null && inner !== undefined && inner.nullable !== true) {
      isChanged = true;
      continue;
    }
    const after = inner === undefined ? field : fillDefaults(field, inner);
    isChanged ||= after !== field;
    filled.set(key, after);
  }
  for (const [key, inner] of Object.entries(properties)) {
    if (inner.default === undefined || filled.has(key)) continue;
    filled.set(key, fillDefaults(inner.default, inner));
    isChanged = true;
  }
  return isChanged ? Object.fromEntries(filled) : value;
}
