// What is applied, put into what is there: maps field by field, lists item by item where items are told apart, everything else as a whole.
// Upstream: structured-merge-diff, typed.Merge.

import { ApiError } from '../api/api-error.ts';
import type { Json, JsonObject } from '../api/object.ts';
import { formatPath } from './fields-v1.ts';
import { fieldSchema, type Schema, shapeOf } from './shape.ts';

/** Throws ApiError BadRequest for items of what is applied that are named twice. */
export function merge(live: Json | undefined, applied: Json, schema: Schema, path: readonly string[] = []): Json {
  const [old, now] = [shapeOf(live, schema), shapeOf(applied, schema)];
  if (now.type === 'map') {
    const merged: Record<string, Json> = {};
    const before: JsonObject = old.type === 'map' ? old.map : {};
    for (const [name, value] of Object.entries(before)) if (value !== undefined) merged[name] = value;
    for (const [name, value] of Object.entries(now.map)) {
      // null is absent.
      if (value === undefined || value === null) continue;
      merged[name] = merge(merged[name], value, fieldSchema(schema, name), [...path, `f:${name}`]);
    }
    return merged;
  }
  if (now.type === 'leaf') return applied;
  if (!now.isUnique) {
    const twice = now.elements.find((element, index) => now.elements.indexOf(element) !== index) ?? '';
    throw new ApiError('BadRequest', `${formatPath(path)}: duplicate entries for key ${formatPath([twice])}`);
  }
  // An item that stands twice in what is there cannot be told from its twin.
  if (old.type !== 'list' || !old.isUnique) return applied;
  const { items, elements } = old;
  const mergeItem = (element: string, item: Json): Json =>
    merge(items[elements.indexOf(element)], item, schema?.items, [...path, element]);
  return inOrder(elements, now.elements).map((element) => {
    const at = now.elements.indexOf(element);
    return at < 0 ? items[elements.indexOf(element)] : mergeItem(element, now.items[at]);
  });
}

/** The order of what is applied, with the others where they were among it. */
function inOrder(before: readonly string[], applied: readonly string[]): readonly string[] {
  const order: string[] = [];
  let next = 0;
  for (const element of before) {
    if (!applied.includes(element)) {
      order.push(element);
      continue;
    }
    if (next < applied.length) order.push(applied[next++]);
  }
  return [...order, ...applied.slice(next)];
}
