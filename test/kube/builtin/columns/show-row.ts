// A row of a table as kubectl prints it: `NAME: cell` for each column, the wide ones included.

import type { JsonObject } from '#kube/api/object.ts';
import { builtinColumns } from '#kube/builtin/columns/index.ts';

export const now = Date.parse('2026-11-23T12:00:00Z');

export function showRow(kind: string, object: JsonObject): Readonly<Record<string, string | number | boolean>> {
  const columns = builtinColumns.get(kind) ?? [];
  return Object.fromEntries(columns.map(({ name, read }) => [name.toUpperCase(), read(object, now) ?? '']));
}

/** What is shown without `-o wide`, in order. */
export function listHeads(kind: string): readonly string[] {
  return (builtinColumns.get(kind) ?? [])
    .filter(({ priority }) => priority === 0)
    .map(({ name }) => name.toUpperCase());
}
