// What a value is to server-side apply, by its schema: a map whose fields have owners of their own, a list whose items have, or one thing
// as a whole (Kubernetes documentation, "Server-Side Apply", "Merge strategy"). Without a schema maps are granular and lists atomic.

import { isJsonObject, type Json, type JsonObject } from '../api/object.ts';
import type { OpenApiSchema } from '../api/openapi-schema.ts';

export type Schema = OpenApiSchema | undefined;

export type Shape =
  | { readonly type: 'leaf' }
  | { readonly type: 'map'; readonly map: JsonObject }
  /** A list whose items are told apart: `elements` is one for each item, in order. */
  | {
      readonly type: 'list';
      readonly items: readonly Json[];
      readonly elements: readonly string[];
      readonly isUnique: boolean;
    };

const leaf: Shape = { type: 'leaf' };

export function shapeOf(value: Json | undefined, schema: Schema): Shape {
  if (Array.isArray(value)) return shapeOfList(value as readonly Json[], schema);
  if (!isJsonObject(value) || schema?.['x-kubernetes-map-type'] === 'atomic') return leaf;
  return { type: 'map', map: value };
}

function shapeOfList(items: readonly Json[], schema: Schema): Shape {
  const type = schema?.['x-kubernetes-list-type'];
  if (type !== 'map' && type !== 'set') return leaf;
  const keys = schema?.['x-kubernetes-list-map-keys'] ?? [];
  const elements: string[] = [];
  for (const item of items) {
    const element = type === 'set' ? `v:${JSON.stringify(item)}` : keyElement(item, keys, schema?.items);
    // An item that lacks a key can be nobody's.
    if (element === undefined) return leaf;
    elements.push(element);
  }
  return { type: 'list', items, elements, isUnique: new Set(elements).size === elements.length };
}

/** `k:{"port":80,"protocol":"TCP"}`, keys in order. */
function keyElement(item: Json, keys: readonly string[], schema: Schema): string | undefined {
  if (!isJsonObject(item)) return undefined;
  const found: Record<string, Json> = {};
  for (const key of keys.toSorted()) {
    const value = item[key] ?? schema?.properties?.[key]?.default ?? usualKeys.get(key);
    if (value === undefined || value === null) {
      // One of several keys may be absent.
      if (keys.length === 1) return undefined;
      continue;
    }
    found[key] = value;
  }
  return `k:${JSON.stringify(found)}`;
}

/** Of built-in kinds, whose schemas have no defaults. */
const usualKeys: ReadonlyMap<string, Json> = new Map<string, Json>([['protocol', 'TCP']]);

/** Whether a field is one of many that nobody declared: a label, a key of data. */
export function isFreeField(schema: Schema, name: string): boolean {
  return schema?.properties?.[name] === undefined;
}

export function fieldSchema(schema: Schema, name: string): Schema {
  const declared = schema?.properties?.[name];
  if (declared !== undefined) return declared;
  const { additionalProperties } = schema ?? {};
  return typeof additionalProperties === 'object' ? additionalProperties : undefined;
}
