// Fields of a schema as a list of paths with types and limits, in the words of fixtures/upstream-fields.json.
// Selectors of labels and conditions are the same everywhere and stand in the list as one field each.

import { readFileSync } from 'node:fs';
import type { Json } from '#kube/api/object.ts';
import type { OpenApiSchema } from '#kube/api/openapi-schema.ts';
import { isRecord } from '#kube/record.ts';

export interface Field {
  readonly type: string;
  readonly limits: Readonly<Record<string, unknown>>;
}

const sameName = [
  'format',
  'default',
  'enum',
  'minimum',
  'maximum',
  'minLength',
  'maxLength',
  'minItems',
  'maxItems',
] as const;

/** The fixtures hold patterns of more than this many characters by their length alone; definitions.test.ts compares them whole. */
const longestPattern = 40;

function listLimits(schema: OpenApiSchema): Readonly<Record<string, unknown>> {
  const limits: Record<string, unknown> = {};
  for (const name of sameName) if (schema[name] !== undefined) limits[name] = schema[name];
  const { pattern, oneOf } = schema;
  if (pattern !== undefined && pattern.length > longestPattern) limits['patternLength'] = pattern.length;
  else if (pattern !== undefined) limits['pattern'] = pattern;
  if (schema['x-kubernetes-list-type'] !== undefined) limits['listType'] = schema['x-kubernetes-list-type'];
  if (schema['x-kubernetes-list-map-keys'] !== undefined) limits['mapKeys'] = schema['x-kubernetes-list-map-keys'];
  if (schema['x-kubernetes-validations'] !== undefined) {
    limits['cel'] = schema['x-kubernetes-validations'].map(({ rule }) => rule);
  }
  if (oneOf !== undefined) limits['oneOf'] = oneOf.map(({ required }) => required?.[0]);
  if (schema.anyOf !== undefined && schema['x-kubernetes-int-or-string'] !== true) limits['anyOf'] = true;
  return limits;
}

function nameType(schema: OpenApiSchema): string {
  if (schema['x-kubernetes-int-or-string'] === true) return 'int-or-string';
  return isSelector(schema) ? 'LabelSelector' : (schema.type ?? 'none');
}

function isSelector({ properties = {} }: OpenApiSchema): boolean {
  return properties['matchExpressions'] !== undefined && properties['matchLabels'] !== undefined;
}

export function listFields(schema: OpenApiSchema, path = '', found = new Map<string, Field>()): Map<string, Field> {
  const add = (inner: OpenApiSchema, to: string, isRequired: boolean): void => {
    found.set(to, { type: nameType(inner) + (isRequired ? '*' : ''), limits: listLimits(inner) });
    if (!isSelector(inner) && !to.endsWith('conditions[]')) listFields(inner, to, found);
  };
  for (const [name, inner] of Object.entries(schema.properties ?? {})) {
    if (path === '' && ['apiVersion', 'kind', 'metadata'].includes(name)) continue;
    add(inner, path === '' ? name : `${path}.${name}`, schema.required?.includes(name) === true);
  }
  if (schema.items !== undefined) add(schema.items, `${path}[]`, false);
  if (typeof schema.additionalProperties === 'object') add(schema.additionalProperties, `${path}{}`, false);
  return found;
}

/** By `kind/version`. Throws where the fixture is not what it should be. */
export function readUpstreamFields(): Map<string, Map<string, Field>> {
  const lists = new Map<string, Map<string, Field>>();
  for (const group of readList(readFixture('upstream-fields.json'))) {
    if (!isRecord(group)) throw new TypeError('no group');
    const fields = new Map<string, Field>();
    for (const row of readList(group.fields)) {
      const [path, type, limits = {}] = readList(row);
      if (typeof path !== 'string' || typeof type !== 'string' || !isRecord(limits)) throw new TypeError('no field');
      fields.set(path, { type, limits });
    }
    for (const of of readList(group.of)) lists.set(String(of), fields);
  }
  return lists;
}

function readList(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw new TypeError('no list');
  return value;
}

export function readFixture(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`./fixtures/${name}`, import.meta.url), 'utf8'));
}

/** A schema's JSON without descriptions, with its names in order, so that equal schemas have equal texts. */
export function writeCanonical(schema: unknown): string {
  return JSON.stringify(sortSchema(schema));
}

function sortSchema(value: unknown, isFields = false): Json {
  if (Array.isArray(value)) return value.map((item: unknown) => sortSchema(item));
  if (!isRecord(value)) {
    if (value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') {
      return value;
    }
    throw new TypeError(`${typeof value} is not JSON`);
  }
  const names = Object.keys(value).filter((name) => isFields || name !== 'description');
  return Object.fromEntries(
    names.toSorted().map((name) => {
      const inner = value[name];
      const isNames = !isFields && name === 'required' && Array.isArray(inner);
      return [name, isNames ? inner.map(String).toSorted() : sortSchema(inner, !isFields && name === 'properties')];
    }),
  );
}
