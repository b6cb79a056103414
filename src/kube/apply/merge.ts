// What is applied, put into what is there: maps field by field, lists item by item where items are told apart, everything else as a whole.
// Upstream: structured-merge-diff, typed.Merge.

import { ApiError } from '../api/api-error.ts';
import type { Json, JsonObject } from '../api/object.ts';
import { formatPath } from './fields-v1.ts';
import { fieldSchema, type Schema, type Shape, shapeOf } from './shape.ts';

/** Throws ApiError BadRequest for items of what is applied that are named twice. */
export function merge(live: Json | undefined, applied: Json, schema: Schema, path: readonly string[] = []): Json {
  const [old, now] = [shapeOf(live, schema), shapeOf(applied, schema)];
  if (now.type === 'map') {
    // Not a plain object: `__proto__` is a key like others.
    const merged = new Map<string, Json>();
    const before: JsonObject = old.type === 'map' ? old.map : {};
    for (const [name, value] of Object.entries(before)) if (value !== undefined) merged.set(name, value);
    for (const [name, value] of Object.entries(now.map)) {
      const under = fieldSchema(schema, name);
      if (value === undefined || (value === null && !allowsNull(under))) continue;
      merged.set(name, merge(merged.get(name), value, under, [...path, `f:${name}`]));
    }
    return Object.fromEntries(merged);
  }
  if (now.type === 'leaf') return applied === null && hasParts(old) ? (live ?? null) : applied;
  if (!now.isUnique) {
    const seen = new Set<string>();
    const twice = now.elements.find((element) => seen.size === seen.add(element).size) ?? '';
    throw new ApiError('BadRequest', `${formatPath(path)}: duplicate entries for key ${formatPath([twice])}`);
  }
  // An item that stands twice in what is there cannot be told from its twin.
  if (old.type !== 'list' || !old.isUnique) return applied;
  const { items, elements } = old;
  const [olds, news] = [placesOf(elements), placesOf(now.elements)];
  return inOrder(elements, now.elements, news).map((element) => {
    const [from, to] = [olds.get(element), news.get(element)];
    const before = from === undefined ? undefined : items[from];
    if (to !== undefined) return merge(before, now.items[to], schema?.items, [...path, element]);
    return before ?? null;
  });
}

/** Elsewhere null is absent, as when an object is created. */
function allowsNull(schema: Schema): boolean {
  return schema === undefined || schema.nullable === true;
}

/** null takes nothing away that somebody may own for himself. */
function hasParts(shape: Shape): boolean {
  if (shape.type === 'map') return Object.keys(shape.map).length > 0;
  return shape.type === 'list' && shape.items.length > 0;
}

function placesOf(elements: readonly string[]): ReadonlyMap<string, number> {
  return new Map(elements.map((element, place) => [element, place]));
}

/** The order of what is applied, with the others where they were among it. */
function inOrder(
  before: readonly string[],
  applied: readonly string[],
  places: ReadonlyMap<string, number>,
): readonly string[] {
  const order: string[] = [];
  let next = 0;
  for (const element of before) {
    if (!places.has(element)) {
      order.push(element);
      continue;
    }
    if (next < applied.length) order.push(applied[next++]);
  }
  return [...order, ...applied.slice(next)];
}
