// Structural schemas of built-in kinds, from data/fields.json and list-keys.ts. Each model is made once and shared by all that name it.
// What a value means beyond its shape is with the rules.

import type { OpenApiSchema } from '../api/openapi-schema.ts';
import words from './data/descriptions.json' with { type: 'json' };
import table from './data/fields.json' with { type: 'json' };
import { atomicMaps, atomicModels, embeddedStructs, listKeys } from './list-keys.ts';

const fieldsOf: ReadonlyMap<string, Readonly<Record<string, string>>> = new Map(Object.entries(table));
/** Our own words, by model and field; '' is the model itself. What everybody knows or nobody uses here has none. */
const wordsOf: ReadonlyMap<string, Readonly<Record<string, string>>> = new Map(Object.entries(words));
const made = new Map<string, OpenApiSchema>();

const scalars: ReadonlyMap<string, OpenApiSchema> = new Map<string, OpenApiSchema>([
  ['string', { type: 'string' }],
  ['boolean', { type: 'boolean' }],
  ['int32', { type: 'integer', format: 'int32' }],
  ['int64', { type: 'integer', format: 'int64' }],
  ['double', { type: 'number', format: 'double' }],
  ['byte', { type: 'string', format: 'byte' }],
  ['date-time', { type: 'string', format: 'date-time' }],
  ['int-or-string', { 'x-kubernetes-int-or-string': true }],
  // Clients write quantities as numbers too, also with a fraction.
  ['quantity', { 'x-kubernetes-preserve-unknown-fields': true, anyOf: [{ type: 'string' }, { type: 'number' }] }],
  ['any', { 'x-kubernetes-preserve-unknown-fields': true }],
  // Schemas nest without end; the reader of definitions checks them.
  ['V1JSONSchemaProps', { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }],
]);

/** Of these the models say no more than that they are text. */
const quantities = new Set([
  'limits',
  'requests',
  'overhead',
  'allocatedResources',
  'capacity',
  'allocatable',
  'sizeLimit',
  'divisor',
]);
const typeOf = (name: string, type: string): string =>
  quantities.has(name) ? type.replace(/string!?$/, 'quantity') : type.replace('!', '');

/** Asked for when one is made, which its rules say: what comes from the core group may do without. */
const askedElsewhere = new Set(['EventsV1Event.eventTime']);

const schemaOf = (type: string): OpenApiSchema => {
  if (type.startsWith('[]'))
    return { type: 'array', items: schemaOf(type.slice(2)), 'x-kubernetes-list-type': 'atomic' };
  if (type.startsWith('{}')) return { type: 'object', additionalProperties: schemaOf(type.slice(2)) };
  return scalars.get(type) ?? modelSchema(type);
};

/** Fields of every kind, and of what it makes. */
const isOfEveryKind = (path: string): boolean => /\.(metadata|spec|status)$/.test(path);

const withKeys = (schema: OpenApiSchema, path: string): OpenApiSchema => {
  const isEmbedded = schema.type === 'object' && (isOfEveryKind(path) || embeddedStructs.has(path));
  return withMergeKeys(isEmbedded ? { ...schema, isEmbedded } : schema, path);
};

const withMergeKeys = (schema: OpenApiSchema, path: string): OpenApiSchema => {
  if (path === 'V1DeploymentSpec.strategy') return { ...schema, 'x-kubernetes-patch-strategy': 'retainKeys' };
  if (atomicMaps.has(path)) return { ...schema, 'x-kubernetes-map-type': 'atomic' };
  const keys = listKeys.get(path);
  if (keys === undefined) return schema;
  const strategy = { ...schema, 'x-kubernetes-patch-strategy': keys.strategy };
  if (keys.mergeKey === undefined) return { ...strategy, 'x-kubernetes-list-type': 'set' };
  return {
    ...strategy,
    'x-kubernetes-patch-merge-key': keys.mergeKey,
    ...(keys.mapKeys.length === 0
      ? { 'x-kubernetes-list-type': 'atomic' }
      : { 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': keys.mapKeys }),
  };
};

const describe = (schema: OpenApiSchema, model: string, field: string): OpenApiSchema => {
  const description = wordsOf.get(model)?.[field];
  return description === undefined ? schema : { ...schema, description };
};

export function modelSchema(model: string): OpenApiSchema {
  const known = made.get(model);
  if (known !== undefined) return known;
  const fields = fieldsOf.get(model);
  if (fields === undefined) throw new Error(`no fields of ${model}: node scripts/generate-kinds.ts`);
  const entries = Object.entries(fields);
  const propertyOf = (name: string, type: string): OpenApiSchema =>
    withKeys(describe(schemaOf(typeOf(name, type)), model, name), `${model}.${name}`);
  const shape: OpenApiSchema = {
    type: 'object',
    ...(atomicModels.has(model) ? { 'x-kubernetes-map-type': 'atomic' } : {}),
    properties: Object.fromEntries(entries.map(([name, type]) => [name, propertyOf(name, type)])),
    required: entries
      .filter(([name, type]) => type.endsWith('!') && !askedElsewhere.has(`${model}.${name}`))
      .map(([name]) => name),
  };
  const schema = describe(shape, model, '');
  made.set(model, schema);
  return schema;
}
