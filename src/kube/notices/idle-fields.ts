// The fields that are set in an object and that nothing acts on, by their paths. Only what the table knows is walked, so that the work
// is bounded by it whatever somebody writes.

import { isJsonObject, type Json, type KubeObject } from '../api/object.ts';
import { isSameJson } from '../api/same-json.ts';
import type { ActedField } from './table.ts';

/** `spec.virtualRouters[0].serviceSelector`; with the value where others would be acted on: `spec.….afi: "l2vpn"`. */
export function listIdleFields(object: KubeObject, acted: readonly ActedField[]): readonly string[] {
  const found: string[] = [];
  walk(object['spec'], 'spec', 'spec', acted, found);
  return found;
}

/** `pattern` is the path without the places in lists: `spec.virtualRouters[].localASN`. */
function walk(
  value: Json | undefined,
  path: string,
  pattern: string,
  acted: readonly ActedField[],
  found: string[],
): void {
  if (value === undefined) return;
  const row = acted.find((field) => field.path === pattern);
  if (row !== undefined) {
    const isActedOn = row.values === undefined || row.values.some((one) => isSameJson(one, value));
    if (!isActedOn) found.push(`${path}: ${JSON.stringify(value).slice(0, 64)}`);
    return;
  }
  const isOnTheWay = acted.some(
    (field) => field.path.startsWith(`${pattern}.`) || field.path.startsWith(`${pattern}[]`),
  );
  if (isOnTheWay && Array.isArray(value)) {
    value.forEach((item: Json, index) => walk(item, `${path}[${index}]`, `${pattern}[]`, acted, found));
  } else if (isOnTheWay && isJsonObject(value)) {
    for (const [name, field] of Object.entries(value))
      walk(field, `${path}.${name}`, `${pattern}.${name}`, acted, found);
  } else found.push(path);
}
