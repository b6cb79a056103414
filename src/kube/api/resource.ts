// What the API knows of one kind in one version: its names, where it lives, what it has beside the object itself, what a valid one
// looks like and how it is shown in a table. Built-in kinds and CustomResourceDefinitions come down to this.

import type { JsonObject, KubeObject } from './object.ts';
import type { OpenApiSchema } from './openapi-schema.ts';

export interface ScaleSubresource {
  /** JSON paths, `.spec.replicas`. */
  readonly specReplicasPath: string;
  readonly statusReplicasPath: string;
  readonly labelSelectorPath: string | undefined;
}

export interface PrinterColumn {
  readonly name: string;
  readonly type: 'string' | 'integer' | 'number' | 'boolean' | 'date';
  readonly format: string;
  readonly description: string;
  /** 0 is always shown, more only with `-o wide`. */
  readonly priority: number;
  /** The cell, from the object. */
  readonly read: (object: JsonObject, nowMs: number) => string | number | boolean | undefined;
}

export interface Resource {
  /** '' for the core group. */
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly listKind: string;
  readonly plural: string;
  readonly singular: string;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly isNamespaced: boolean;
  /** Objects are stored in one version; the others differ in what their schema lets through. */
  readonly isStorage: boolean;
  /** Said with every request, as an HTTP Warning. */
  readonly deprecationWarning: string | undefined;
  readonly hasStatus: boolean;
  /** Who creates the object also says its first status: of nodes, a kubelet that registers itself. Otherwise it begins without one. */
  readonly isCreatedWithStatus?: boolean;
  readonly scale: ScaleSubresource | undefined;
  /** Of the whole object; undefined keeps everything (no pruning, no validation beyond metadata). */
  readonly schema: OpenApiSchema | undefined;
  /** Without the name, which is always first. */
  readonly columns: readonly PrinterColumn[];
  /** JSON paths beside metadata.name and metadata.namespace that field selectors may name. */
  readonly selectableFields: readonly string[];
  /** Of built-in kinds: selectable fields whose text is not simply what stands at their path; by path. */
  readonly fieldTexts?: ReadonlyMap<string, (object: JsonObject) => string> | undefined;
  /** Of a kind that is another one under other names: how its objects are kept. */
  readonly storedAs?: StoredAs | undefined;
}

/** Nothing is lost either way: there and back again is the same object. */
export interface StoredAs {
  readonly group: string;
  readonly plural: string;
  readonly toStored: (object: KubeObject) => KubeObject;
  readonly fromStored: (object: KubeObject) => KubeObject;
}

/** Groups of somebody have a dot, and are not upstream's own. */
export function isBuiltin({ group }: Pick<Resource, 'group'>): boolean {
  return !group.includes('.') || group.endsWith('.k8s.io');
}
