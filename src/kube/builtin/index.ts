// The built-in kinds as the registry takes them: descriptions with schema and columns. Rules are in rules/.

import type { JsonObject } from '../api/object.ts';
import type { OpenApiSchema } from '../api/openapi-schema.ts';
import type { Resource } from '../api/resource.ts';
import { builtinColumns } from './columns/index.ts';
import { builtinKinds, type BuiltinKind } from './kinds.ts';
import { eventStoredAs, readEventSource } from './event-names.ts';
import { at } from './read-fields.ts';
import { modelSchema } from './schema.ts';

const scale = {
  specReplicasPath: '.spec.replicas',
  statusReplicasPath: '.status.replicas',
  labelSelectorPath: '.spec.selector',
};

/** What is absent is what Go has for it: false, 0. */
const orElse = (absent: string, ...path: readonly string[]): ((object: JsonObject) => string) => {
  return (object) => {
    const value = at(object, ...path);
    return value === undefined ? absent : JSON.stringify(value);
  };
};

/** Upstream: the fields of each kind's strategy; all others are texts at their paths. */
const fieldTexts: ReadonlyMap<string, ReadonlyMap<string, (object: JsonObject) => string>> = new Map([
  ['/Node', new Map([['.spec.unschedulable', orElse('false', 'spec', 'unschedulable')]])],
  ['/Pod', new Map([['.spec.hostNetwork', orElse('false', 'spec', 'hostNetwork')]])],
  ['/ReplicationController', new Map([['.status.replicas', orElse('0', 'status', 'replicas')]])],
  ['apps/ReplicaSet', new Map([['.status.replicas', orElse('0', 'status', 'replicas')]])],
  ['/Event', new Map([['.source', readEventSource]])],
  ['events.k8s.io/Event', new Map([['.source', readEventSource]])],
]);

const isNewerEvent = ({ group, kind }: BuiltinKind): boolean => group === 'events.k8s.io' && kind === 'Event';

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
  isStorage: !isNewerEvent(kind),
  deprecationWarning: undefined,
  hasStatus: kind.hasStatus,
  isCreatedWithStatus: kind.isCreatedWithStatus,
  scale: kind.hasScale ? scale : undefined,
  schema: modelSchema(kind.model),
  columns: builtinColumns.get(`${kind.group}/${kind.kind}`) ?? [],
  selectableFields: kind.selectableFields,
  fieldTexts: fieldTexts.get(`${kind.group}/${kind.kind}`),
  storedAs: isNewerEvent(kind) ? eventStoredAs : undefined,
});

export const builtinResources: readonly Resource[] = builtinKinds.map(describe);

export const builtinSchema = (group: string, version: string, kind: string): OpenApiSchema | undefined =>
  builtinResources.find((one) => one.group === group && one.version === version && one.kind === kind)?.schema;
