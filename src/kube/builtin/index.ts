// The built-in kinds as the registry takes them: descriptions with schema and columns. Rules are in rules/.

import type { OpenApiSchema } from '../api/openapi-schema.ts';
import type { Resource } from '../api/resource.ts';
import { builtinColumns } from './columns/index.ts';
import { builtinKinds, type BuiltinKind } from './kinds.ts';
import { modelSchema } from './schema.ts';

const scale = {
  specReplicasPath: '.spec.replicas',
  statusReplicasPath: '.status.replicas',
  labelSelectorPath: '.spec.selector',
};

const describe = (kind: BuiltinKind): Resource => ({
  group: kind.group,
  version: 'v1',
  kind: kind.kind,
  listKind: `${kind.kind}List`,
  plural: kind.plural,
  singular: kind.kind.toLowerCase(),
  shortNames: kind.shortNames,
  categories: kind.isInAll ? ['all'] : kind.group === 'apiextensions.k8s.io' ? ['api-extensions'] : [],
  isNamespaced: kind.isNamespaced,
  isStorage: true,
  deprecationWarning: undefined,
  hasStatus: kind.hasStatus,
  isCreatedWithStatus: kind.isCreatedWithStatus,
  scale: kind.hasScale ? scale : undefined,
  schema: modelSchema(kind.model),
  columns: builtinColumns.get(`${kind.group}/${kind.kind}`) ?? [],
  selectableFields: kind.selectableFields,
});

export const builtinResources: readonly Resource[] = builtinKinds.map(describe);

export const builtinSchema = (group: string, version: string, kind: string): OpenApiSchema | undefined =>
  builtinResources.find((one) => one.group === group && one.version === version && one.kind === kind)?.schema;
