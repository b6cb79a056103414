// Strategic merge patch: a merge patch that knows by the schema which lists are merged, and by which key, and that carries its own
// directives. Of built-in kinds alone. Pure. Kubernetes documentation, "Update API Objects in Place Using kubectl patch";
// community/contributors/devel/sig-api-machinery/strategic-merge-patch.md.

import { ApiError } from '../api/api-error.ts';
import { isJsonObject, type Json, type JsonObject } from '../api/object.ts';
import type { OpenApiSchema } from '../api/openapi-schema.ts';

type Schema = OpenApiSchema | undefined;

const directive = '$patch';
const retainKeys = '$retainKeys';
const setOrder = '$setElementOrder/';
const deleteFrom = '$deleteFromPrimitiveList/';

/** Throws ApiError BadRequest for a directive that cannot be followed. */
export function applyStrategicMerge(live: JsonObject, patch: JsonObject, schema: Schema): JsonObject {
  switch (patch[directive]) {
    case undefined:
    case 'merge':
      return mergeMaps(live, patch, schema);
    case 'replace':
      return withoutDirectives(patch);
    case 'delete':
      return {};
    default:
      throw new ApiError(
        'BadRequest',
        `${directive}: ${JSON.stringify(patch[directive])}: expected merge, replace or delete`,
      );
  }
}

function mergeMaps(live: JsonObject, patch: JsonObject, schema: Schema): JsonObject {
  const fields = new Map(Object.entries(retained(live, patch[retainKeys])));
  for (const [key, value] of Object.entries(patch)) {
    if (!key.startsWith(deleteFrom)) continue;
    const name = key.slice(deleteFrom.length);
    const gone = new Set(listOf(value, key).map((item) => JSON.stringify(item)));
    const list = fields.get(name);
    if (Array.isArray(list))
      fields.set(
        name,
        list.filter((item) => !gone.has(JSON.stringify(item))),
      );
  }
  for (const [key, value] of Object.entries(patch)) {
    if (key.startsWith('$') || value === undefined) continue;
    const merged = value === null ? undefined : mergeValue(fields.get(key), value, fieldSchema(schema, key));
    if (merged === undefined) fields.delete(key);
    else fields.set(key, merged);
  }
  for (const [key, value] of Object.entries(patch)) {
    if (!key.startsWith(setOrder)) continue;
    const name = key.slice(setOrder.length);
    const list = fields.get(name);
    const mergeKey = fieldSchema(schema, name)?.['x-kubernetes-patch-merge-key'];
    if (Array.isArray(list)) fields.set(name, inOrder(list, listOf(value, key), mergeKey));
  }
  return Object.fromEntries(fields);
}

/** undefined: it is taken away. */
function mergeValue(live: Json | undefined, value: Json, schema: Schema): Json | undefined {
  if (Array.isArray(value)) return mergeLists(Array.isArray(live) ? live : [], value, schema);
  if (!isJsonObject(value)) return value;
  if (value[directive] === 'delete') return undefined;
  return applyStrategicMerge(isJsonObject(live) ? live : {}, value, schema);
}

function mergeLists(live: readonly Json[], patch: readonly Json[], schema: Schema): readonly Json[] {
  const isReplaced = patch.some(
    (item) => isJsonObject(item) && item[directive] === 'replace' && Object.keys(item).length === 1,
  );
  const isMerged = schema?.['x-kubernetes-patch-strategy']?.split(',').includes('merge') === true;
  if (isReplaced || !isMerged) {
    return patch
      .filter((item) => !(isJsonObject(item) && item[directive] !== undefined))
      .map((item) => (isJsonObject(item) ? withoutDirectives(item) : item));
  }
  const mergeKey = schema?.['x-kubernetes-patch-merge-key'];
  if (mergeKey === undefined) {
    const known = new Set(live.map((item) => JSON.stringify(item)));
    return [...live, ...patch.filter((item) => !known.has(JSON.stringify(item)))];
  }
  // In the order of what is there, new ones behind; of several with one key the first is meant.
  const merged: (Json | undefined)[] = [...live];
  const places = new Map<string, number>();
  for (const [place, item] of live.entries()) {
    const key = keyOf(item, mergeKey);
    if (key !== undefined && !places.has(key)) places.set(key, place);
  }
  for (const item of patch) {
    const key = keyOf(item, mergeKey);
    if (!isJsonObject(item) || key === undefined) {
      throw new ApiError(
        'BadRequest',
        `map: ${JSON.stringify(item).slice(0, 256)} does not contain declared merge key: ${mergeKey}`,
      );
    }
    const place = places.get(key);
    const before = place === undefined ? undefined : merged[place];
    if (item[directive] === 'delete') {
      if (place !== undefined) merged[place] = undefined;
      continue;
    }
    const next = applyStrategicMerge(isJsonObject(before) ? before : {}, item, schema?.items);
    if (place === undefined) places.set(key, merged.push(next) - 1);
    else merged[place] = next;
  }
  return merged.filter((item) => item !== undefined);
}

/** What the order names comes in that order; what it does not name stays behind what it stood behind. */
function inOrder(list: readonly Json[], order: readonly Json[], mergeKey: string | undefined): readonly Json[] {
  const textOf = (item: Json): string =>
    (mergeKey === undefined ? undefined : keyOf(item, mergeKey)) ?? JSON.stringify(item);
  const ranks = new Map(order.map((item, rank): [string, number] => [textOf(item), rank]));
  const named = list.filter((item) => ranks.has(textOf(item)));
  named.sort((a, b) => (ranks.get(textOf(a)) ?? 0) - (ranks.get(textOf(b)) ?? 0));
  const after = new Map<string, Json[]>();
  let before = '';
  for (const item of list) {
    if (ranks.has(textOf(item))) before = textOf(item);
    else {
      const followers = after.get(before);
      if (followers === undefined) after.set(before, [item]);
      else followers.push(item);
    }
  }
  return [...(after.get('') ?? []), ...named.flatMap((item) => [item, ...(after.get(textOf(item)) ?? [])])];
}

function retained(live: JsonObject, keys: Json | undefined): JsonObject {
  if (keys === undefined) return live;
  const names = new Set(listOf(keys, retainKeys));
  return Object.fromEntries(Object.entries(live).filter(([name]) => names.has(name)));
}

function fieldSchema(schema: Schema, name: string): Schema {
  const properties = schema?.properties;
  if (properties !== undefined && Object.hasOwn(properties, name)) return properties[name];
  const others = schema?.additionalProperties;
  return typeof others === 'object' ? others : undefined;
}

function keyOf(item: Json, mergeKey: string): string | undefined {
  const key = isJsonObject(item) && Object.hasOwn(item, mergeKey) ? item[mergeKey] : undefined;
  return key === undefined ? undefined : JSON.stringify(key);
}

function listOf(value: Json | undefined, name: string): readonly Json[] {
  if (Array.isArray(value)) return value;
  throw new ApiError('BadRequest', `${name.slice(0, 256)}: expected a list`);
}

/** What is put where nothing was: nulls and directives mean nothing there. */
function withoutDirectives(patch: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(patch)
      .filter(([key, value]) => !key.startsWith('$') && value !== null)
      .map(([key, value]) => [key, isJsonObject(value) ? withoutDirectives(value) : value]),
  );
}
