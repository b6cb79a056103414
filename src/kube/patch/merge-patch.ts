// JSON merge patch (RFC 7386): maps are merged, null removes, everything else replaces. Pure.

import type { Json, JsonObject } from '../api/object.ts';

/** Answers a new value; shares what did not change. */
export function applyMergePatch(target: Json | undefined, patch: Json): Json {
  if (!isMap(patch)) return patch;
  const merged = new Map(Object.entries(isMap(target) ? target : {}));
  for (const [key, value] of Object.entries(patch)) {
    if (value === null || value === undefined) merged.delete(key);
    else merged.set(key, applyMergePatch(merged.get(key), value));
  }
  // Object.fromEntries makes a field of every key, `__proto__` included.
  return Object.fromEntries(merged);
}

function isMap(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
