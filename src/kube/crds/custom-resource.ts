// The frame of a CustomResourceDefinition (apiextensions.k8s.io/v1) around a kind's schemas: names, scope, versions, columns. All
// kinds here are of the group cilium.io. What a kind's fields are is in the kind's own file.

import type { OpenApiSchema } from '../api/openapi-schema.ts';
import { type Fields, type Limits, object, text } from './field.ts';

export interface Column {
  readonly name: string;
  readonly type: 'string' | 'integer' | 'boolean' | 'date';
  readonly jsonPath: string;
  readonly description?: string;
  /** 1: only in wide tables. */
  readonly priority?: 1;
}

export interface KindVersion {
  readonly name: 'v2' | 'v2alpha1';
  readonly served: boolean;
  readonly storage: boolean;
  readonly deprecated?: true;
  readonly deprecationWarning?: string;
  readonly schema: { readonly openAPIV3Schema: OpenApiSchema };
  readonly subresources?: { readonly status: Readonly<Record<string, never>> };
  readonly additionalPrinterColumns?: readonly Column[];
}

export interface KindNames {
  readonly kind: string;
  readonly plural: string;
  readonly shortNames?: readonly string[];
  readonly categories: readonly string[];
}

export interface CustomResourceDefinition {
  readonly apiVersion: 'apiextensions.k8s.io/v1';
  readonly kind: 'CustomResourceDefinition';
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly group: 'cilium.io';
    readonly names: KindNames & { readonly listKind: string; readonly singular: string };
    readonly scope: 'Cluster' | 'Namespaced';
    readonly versions: readonly KindVersion[];
  };
}

export const ageColumn: Column = { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' };
export const statusSubresource = { status: {} } as const;

export function defineKind(
  names: KindNames,
  scope: 'Cluster' | 'Namespaced',
  versions: readonly KindVersion[],
): CustomResourceDefinition {
  const { kind } = names;
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${names.plural}.cilium.io` },
    spec: {
      group: 'cilium.io',
      names: { ...names, listKind: `${kind}List`, singular: kind.toLowerCase() },
      scope,
      versions,
    },
  };
}

/** The version that is stored. */
export function storedAs(name: KindVersion['name'], openAPIV3Schema: OpenApiSchema): KindVersion {
  return { name, served: true, storage: true, schema: { openAPIV3Schema } };
}

/** An older version, which still works. */
export function deprecatedAs(name: KindVersion['name'], openAPIV3Schema: OpenApiSchema): KindVersion {
  return { name, served: true, storage: false, deprecated: true, schema: { openAPIV3Schema } };
}

/** A whole object: `fields` beside what every object has. */
export function kindSchema(
  description: string,
  fields: Fields,
  required: readonly string[] = ['metadata', 'spec'],
  limits: Limits = {},
): OpenApiSchema {
  const all: Fields = {
    apiVersion: text('Group and version of this object.'),
    kind: text('Kind of this object.'),
    metadata: { type: 'object' },
    ...fields,
  };
  return object(description, all, required, limits);
}
