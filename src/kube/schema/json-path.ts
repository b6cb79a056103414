// Paths of fields as Kubernetes writes them in messages: `spec.peers[0].address`. What several files of this folder need to walk JSON.
// Not the JSONPath of printer columns.

import type { Json, JsonObject } from '../api/object.ts';

/** `''` is the object itself. A key that is no plain name stands in brackets. */
export function pathTo(path: string, key: string): string {
  if (!/^[A-Za-z_][A-Za-z0-9_-]*$/.test(key)) return `${path}[${key.slice(0, 256)}]`;
  return path === '' ? key : `${path}.${key}`;
}

export function isMap(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
