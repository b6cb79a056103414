// JSON merge patch (RFC 7386): maps are merged, null removes, everything else replaces. Pure; the depth of both is bounded by whoever
// reads them.

import { isJsonObject, type Json } from '../api/object.ts';

/** Answers a new value; shares what did not change. */
export function applyMergePatch(target: Json | undefined, patch: Json): Json {
  if (!isJsonObject(patch)) return patch;
  const merged = new Map(Object.entries(isJsonObject(target) ? target : {}));
  for (const [key, value] of Object.entries(patch)) {
    if (value === null || value === undefined) merged.delete(key);
    else merged.set(key, applyMergePatch(merged.get(key), value));
  }
  // Object.fromEntries makes a field of every key, `__proto__` included.
  return Object.fromEntries(merged);
}
