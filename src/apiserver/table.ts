// Objects as rows of a table, with the columns of their kind, and as metadata alone: what kubectl prints without knowing a kind.
// meta.k8s.io/v1, Table and PartialObjectMetadata.

import type { ListAnswer } from '#kube/api/api-port.ts';
import type { Json, JsonObject, KubeObject } from '#kube/api/object.ts';
import type { Resource } from '#kube/api/resource.ts';

export interface TableOptions {
  /** `v1` or `v1beta1`. */
  readonly version: string;
  /** What stands beside the cells of a row. */
  readonly includeObject: 'None' | 'Metadata' | 'Object';
  /** Of a watch, only the first table says what its columns are. */
  readonly hasDefinitions: boolean;
  readonly nowMs: number;
}

export function toTable(
  objects: readonly KubeObject[],
  resource: Resource,
  metadata: JsonObject,
  options: TableOptions,
): JsonObject {
  return {
    kind: 'Table',
    apiVersion: `meta.k8s.io/${options.version}`,
    metadata,
    columnDefinitions: options.hasDefinitions ? definitionsOf(resource) : [],
    rows: objects.map((object) => toRow(object, resource, options)),
  };
}

export function toRow(
  object: KubeObject,
  resource: Resource,
  { version, includeObject, nowMs }: TableOptions,
): JsonObject {
  const cells = resource.columns.map(({ read }) => read(object, nowMs) ?? null);
  const row = { cells: hasOwnName(resource) ? cells : [object.metadata.name ?? '', ...cells] };
  switch (includeObject) {
    case 'None':
      return row;
    case 'Metadata':
      return { ...row, object: toPartial(object, version) };
    case 'Object':
      return { ...row, object };
  }
}

export function toPartial(object: KubeObject, version: string): JsonObject {
  return { kind: 'PartialObjectMetadata', apiVersion: `meta.k8s.io/${version}`, metadata: object.metadata };
}

/** ListMeta. */
export function listMetadata({ resourceVersion, continueToken, remainingItemCount }: ListAnswer): JsonObject {
  return {
    resourceVersion,
    ...(continueToken === undefined ? {} : { continue: continueToken }),
    ...(remainingItemCount === undefined ? {} : { remainingItemCount }),
  };
}

function definitionsOf(resource: Resource): readonly Json[] {
  const own = resource.columns.map(({ name, type, format, description, priority }) => ({
    name,
    type,
    format,
    description,
    priority,
  }));
  if (hasOwnName(resource)) return own;
  return [{ name: 'Name', type: 'string', format: 'name', description: 'Name of the object.', priority: 0 }, ...own];
}

/** Of events the name says little, and does not come first. */
function hasOwnName({ columns }: Resource): boolean {
  return columns.some(({ name }) => name === 'Name');
}
