// Takes out of an object what a manager applied before and applies no more, unless somebody else owns it or something within it.

import { isJsonObject, type Json } from '../api/object.ts';
import { type FieldSet, noFields } from './field-set.ts';
import { fieldSchema, type Schema, shapeOf } from './shape.ts';

/** `owned`: by anybody, whoever applies now among them. */
export function removeFields(value: Json, schema: Schema, gone: FieldSet, owned: FieldSet): Json {
  const shape = shapeOf(value, schema);
  const keep = (element: string, part: Json, under: Schema): Json | undefined => {
    const isOwned = owned.members.has(element) || owned.children.has(element);
    if (gone.members.has(element) && !isOwned) return undefined;
    const inner = gone.children.get(element);
    if (inner === undefined) return part;
    const left = removeFields(part, under, inner, owned.children.get(element) ?? noFields);
    return !isOwned && isBare(left) && !isBare(part) ? undefined : left;
  };
  if (shape.type === 'map') {
    // Not a plain object: `__proto__` is a key like others.
    const kept = new Map<string, Json>();
    for (const [name, field] of Object.entries(shape.map)) {
      const left = field === undefined ? undefined : keep(`f:${name}`, field, fieldSchema(schema, name));
      if (left !== undefined) kept.set(name, left);
    }
    return Object.fromEntries(kept);
  }
  if (shape.type === 'leaf') return value;
  return shape.elements.flatMap((element, index) => {
    const item = shape.items[index];
    const left = keep(element, item, schema?.items);
    return left === undefined ? [] : [withKeys(left, item, schema?.['x-kubernetes-list-map-keys'] ?? [])];
  });
}

/** An item that stays keeps what it is told apart by, whoever said it. */
function withKeys(left: Json, item: Json, keys: readonly string[]): Json {
  if (left === item || !isJsonObject(left) || !isJsonObject(item)) return left;
  const missing = keys.filter((key) => left[key] === undefined && item[key] !== undefined);
  if (missing.length === 0) return left;
  return { ...Object.fromEntries(missing.map((key) => [key, item[key]])), ...left };
}

/** A container that holds nothing. */
function isBare(value: Json): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}
