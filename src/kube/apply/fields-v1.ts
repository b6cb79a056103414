// FieldSet ↔ FieldsV1, the JSON of metadata.managedFields (API reference, FieldsV1): a member without fields under it is `{}`, one with
// fields under it has `.` among them. And the path of a field in words, `.spec.ports[port=80].targetPort`.

import { isJsonObject, type Json, type JsonObject } from '../api/object.ts';
import { type FieldSet, isEmpty, noFields } from './field-set.ts';

/** By the set, which is never changed: most of an object's fields stay whose they are. */
const written = new WeakMap<FieldSet, JsonObject>();

export function writeFields(set: FieldSet): JsonObject {
  const known = written.get(set);
  if (known !== undefined) return known;
  const fields: Record<string, JsonObject> = {};
  for (const element of set.members) if (!set.children.has(element)) fields[element] = {};
  for (const [element, child] of set.children) {
    fields[element] = set.members.has(element) ? { '.': {}, ...writeFields(child) } : writeFields(child);
  }
  // One set has one text.
  const sorted = Object.fromEntries(Object.entries(fields).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  written.set(set, sorted);
  return sorted;
}

/** undefined: it is no FieldsV1. */
export function readFields(fields: Json | undefined): FieldSet | undefined {
  if (!isJsonObject(fields)) return undefined;
  const members = new Set<string>();
  const children = new Map<string, FieldSet>();
  for (const [element, value] of Object.entries(fields)) {
    if (element === '.') continue;
    if (!/^(f:|[kv]:.|i:\d)/.test(element) || !isJsonObject(value)) return undefined;
    const child = readFields(value);
    if (child === undefined) return undefined;
    if (isEmpty(child) || value['.'] !== undefined) members.add(element);
    if (!isEmpty(child)) children.set(element, child);
  }
  return members.size + children.size === 0 ? noFields : { members, children };
}

export function formatPath(path: readonly string[]): string {
  return path.map(formatElement).join('');
}

function formatElement(element: string): string {
  const rest = element.slice(2);
  if (element.startsWith('f:')) return `.${rest}`;
  if (element.startsWith('v:')) return `[=${rest}]`;
  if (element.startsWith('i:')) return `[${rest}]`;
  const keys: unknown = JSON.parse(rest);
  const words = Object.entries(Object(keys) as object).map(([key, value]) => `${key}=${JSON.stringify(value)}`);
  return `[${words.join(',')}]`;
}
