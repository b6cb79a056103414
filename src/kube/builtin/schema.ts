// Structural schemas of built-in kinds, from data/fields.json and list-keys.ts. Each model is made once and shared by all that name it.
// What a value means beyond its shape is with the rules.

import type { OpenApiSchema } from '../api/openapi-schema.ts';
import table from './data/fields.json' with { type: 'json' };
import { listKeys } from './list-keys.ts';

const fieldsOf: ReadonlyMap<string, Readonly<Record<string, string>>> = new Map(Object.entries(table));
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

const withKeys = (schema: OpenApiSchema, path: string): OpenApiSchema => {
  if (path === 'V1DeploymentSpec.strategy') return { ...schema, 'x-kubernetes-patch-strategy': 'retainKeys' };
  const keys = listKeys.get(path);
  if (keys === undefined) return schema;
  const strategy = { ...schema, 'x-kubernetes-patch-strategy': keys.strategy };
  if (keys.mergeKey === undefined) return { ...strategy, 'x-kubernetes-list-type': 'set' };
  return {
    ...strategy,
    'x-kubernetes-patch-merge-key': keys.mergeKey,
    'x-kubernetes-list-type': 'map',
    'x-kubernetes-list-map-keys': keys.mapKeys,
  };
};

export function modelSchema(model: string): OpenApiSchema {
  const known = made.get(model);
  if (known !== undefined) return known;
  const fields = fieldsOf.get(model);
  if (fields === undefined) throw new Error(`no fields of ${model}: node scripts/generate-kinds.ts`);
  const entries = Object.entries(fields);
  const schema: OpenApiSchema = {
    type: 'object',
    properties: Object.fromEntries(
      entries.map(([name, type]) => [name, withKeys(schemaOf(typeOf(name, type)), `${model}.${name}`)]),
    ),
    required: entries
      .filter(([name, type]) => type.endsWith('!') && !askedElsewhere.has(`${model}.${name}`))
      .map(([name]) => name),
  };
  made.set(model, schema);
  return schema;
}
