// Filling defaults into values that are never changed in place: an absent field gets one, a field that is there keeps its own.

import { isJsonObject, type Json, type JsonObject, type KubeObject } from '../../api/object.ts';
import { isSameJson } from '../../api/same-json.ts';
import type { Faults } from '../../schema/faults.ts';
import { at } from '../read-fields.ts';

/** Defaults behind, so that what is there wins; null is absent. */
export function fillFields(value: Json | undefined, defaults: JsonObject): JsonObject {
  const given = isJsonObject(value) ? value : {};
  const filled = new Map<string, Json>();
  for (const [key, field] of Object.entries(given)) if (field !== undefined && field !== null) filled.set(key, field);
  for (const [key, field] of Object.entries(defaults)) {
    if (field !== undefined && !filled.has(key)) filled.set(key, field);
  }
  return Object.fromEntries(filled);
}

/** Each item that is a map, changed. */
export function mapItems(
  list: Json | undefined,
  change: (item: JsonObject) => JsonObject,
): readonly Json[] | undefined {
  return Array.isArray(list) ? list.map((item) => (isJsonObject(item) ? change(item) : item)) : undefined;
}

export function withSpec(object: KubeObject, change: (spec: JsonObject) => JsonObject): KubeObject {
  const spec = object['spec'];
  return { ...object, spec: change(isJsonObject(spec) ? spec : {}) };
}

/** Without the fields that are undefined. */
export function withoutAbsent(fields: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

/** A field that may not be other than it was. */
export function checkImmutable(
  object: KubeObject,
  before: KubeObject | undefined,
  path: readonly string[],
  faults: Faults,
  words = 'field is immutable',
): void {
  if (before === undefined) return;
  const now = at(object, ...path);
  if (!isSameJson(now, at(before, ...path))) faults.invalid(path.join('.'), now, words);
}
