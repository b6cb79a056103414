// Whether a schema is structural (Kubernetes documentation, "Specifying a structural schema"; apiextensions-apiserver,
// pkg/apiserver/schema): a core that says of each field what it is, and junctors that only say which values are good.
// Rules are compiled and patterns parsed here, so that nothing is left to go wrong when an object comes.

import type { OpenApiSchema } from '../api/openapi-schema.ts';
import { checkRules } from './cel/rules.ts';
import { fillDefaults } from './defaults.ts';
import type { Faults } from './faults.ts';
import { pruneValue } from './prune.ts';
import { Re2 } from './re2.ts';
import { PatternError } from './re2-syntax.ts';
import { validateValue } from './validate.ts';

type Level = 'root' | 'field' | 'item';

const emptyType: Readonly<Record<Level, string>> = {
  root: 'must not be empty at the root',
  field: 'must not be empty for specified object fields',
  item: 'must not be empty for specified array items',
};

export function checkStructural(schema: OpenApiSchema, path: string, faults: Faults): void {
  if (schema.type !== undefined && schema.type !== 'object') {
    faults.invalid(`${path}.type`, schema.type, 'must be object at the root');
  }
  checkCore(schema, path, 'root', faults);
  checkMetadata(schema.properties?.['metadata'], `${path}.properties[metadata]`, faults);
  if (faults.causes.length === 0) checkRules(schema, path, faults);
}

function checkCore(schema: OpenApiSchema, path: string, level: Level, faults: Faults): void {
  checkType(schema, path, level, faults);
  checkExtensions(schema, path, level, faults);
  checkValues(schema, path, faults);
  checkJunctors(schema, schema, path, '', faults);
  for (const [name, inner] of Object.entries(schema.properties ?? {})) {
    checkCore(inner, `${path}.properties[${name}]`, 'field', faults);
  }
  if (schema.items !== undefined) checkCore(schema.items, `${path}.items`, 'item', faults);
  if (typeof schema.additionalProperties === 'object') {
    checkCore(schema.additionalProperties, `${path}.additionalProperties`, 'field', faults);
  }
}

function checkType(schema: OpenApiSchema, path: string, level: Level, faults: Faults): void {
  const { type, properties, additionalProperties, items } = schema;
  const isIntOrString = schema['x-kubernetes-int-or-string'] === true;
  if (isIntOrString && type !== undefined) {
    faults.invalid(`${path}.type`, type, 'must be empty if x-kubernetes-int-or-string is true');
  }
  const isOpen = isIntOrString || (schema['x-kubernetes-preserve-unknown-fields'] === true && level !== 'root');
  if (type === undefined && !isOpen) faults.required(`${path}.type`, emptyType[level]);
  if (properties !== undefined && additionalProperties !== undefined) {
    faults.forbidden(`${path}.additionalProperties`, 'additionalProperties and properties are mutual exclusive');
  }
  if (additionalProperties === false) {
    faults.forbidden(`${path}.additionalProperties`, 'additionalProperties cannot be set to false');
  }
  if (additionalProperties !== undefined && level === 'root') {
    faults.forbidden(`${path}.additionalProperties`, 'must not be used at the root');
  }
  if (type === 'array' && items === undefined) faults.required(`${path}.items`, 'must be specified');
  if (schema.nullable === true && level === 'root')
    faults.forbidden(`${path}.nullable`, 'nullable cannot be true at the root');
  if (schema.uniqueItems === true) {
    faults.forbidden(
      `${path}.uniqueItems`,
      'uniqueItems cannot be set to true since the runtime complexity becomes quadratic',
    );
  }
}

function checkExtensions(schema: OpenApiSchema, path: string, level: Level, faults: Faults): void {
  if (schema['x-kubernetes-preserve-unknown-fields'] === false) {
    faults.invalid(`${path}.x-kubernetes-preserve-unknown-fields`, false, 'must be true or undefined');
  }
  if (schema['x-kubernetes-embedded-resource'] === true) {
    if (level === 'root') faults.forbidden(`${path}.x-kubernetes-embedded-resource`, 'must be false at the root');
    if (schema.type !== 'object') {
      faults.invalid(`${path}.type`, schema.type, 'must be object if x-kubernetes-embedded-resource is true');
    }
    if (schema.properties === undefined && schema['x-kubernetes-preserve-unknown-fields'] !== true) {
      faults.required(
        `${path}.properties`,
        'must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields',
      );
    }
  }
  const listType = schema['x-kubernetes-list-type'];
  const keys = schema['x-kubernetes-list-map-keys'];
  if (listType !== undefined && schema.type !== 'array') {
    faults.invalid(`${path}.type`, schema.type, 'must be array if x-kubernetes-list-type is specified');
  }
  if (schema['x-kubernetes-map-type'] !== undefined && schema.type !== 'object') {
    faults.invalid(`${path}.type`, schema.type, 'must be object if x-kubernetes-map-type is specified');
  }
  if (listType === 'map') checkMapKeys(schema.items, keys ?? [], path, faults);
  else if (keys !== undefined)
    faults.forbidden(
      `${path}.x-kubernetes-list-map-keys`,
      'may not be used with x-kubernetes-list-type other than map',
    );
}

function checkMapKeys(items: OpenApiSchema | undefined, keys: readonly string[], path: string, faults: Faults): void {
  const field = `${path}.x-kubernetes-list-map-keys`;
  if (keys.length === 0) faults.required(field, 'must not be empty if x-kubernetes-list-type is map');
  if (items?.type !== 'object')
    faults.invalid(`${path}.items.type`, items?.type, "must be object if parent array's x-kubernetes-list-type is map");
  for (const [at, key] of keys.entries()) {
    if (keys.indexOf(key) !== at) faults.duplicate(`${field}[${at}]`, key);
    const properties = items?.properties ?? {};
    if (!Object.hasOwn(properties, key)) {
      faults.invalid(`${field}[${at}]`, key, 'entries must all be names of item properties');
    } else if (items?.required?.includes(key) !== true && properties[key].default === undefined) {
      faults.required(
        `${path}.items.properties[${key}].default`,
        'this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property',
      );
    }
  }
}

/** Patterns, and values that the schema itself holds. */
function checkValues(schema: OpenApiSchema, path: string, faults: Faults): void {
  if (schema.pattern !== undefined) checkPattern(schema.pattern, `${path}.pattern`, faults);
  const { default: value, ...rest } = schema;
  if (value === undefined || faults.causes.length > 0) return;
  const where = `${path}.default`;
  const pruned = pruneValue(value, schema);
  if (pruned.unknown.length > 0)
    faults.invalid(where, value, `must not have unknown fields: ${pruned.unknown.join(', ')}`);
  const causes = validateValue(fillDefaults(value, rest), rest, where, (pattern) => new Re2(pattern));
  for (const { message } of causes) faults.invalid(where, value, message);
}

function checkPattern(pattern: string, path: string, faults: Faults): void {
  try {
    void new Re2(pattern);
  } catch (error) {
    if (!(error instanceof PatternError)) throw error;
    faults.invalid(path, pattern, `must be a valid regular expression, but isn't: ${error.message}`);
  }
}

/** Within allOf, anyOf, oneOf and not: what a value may be, never what the field is. */
function checkJunctors(core: OpenApiSchema, schema: OpenApiSchema, path: string, trail: string, faults: Faults): void {
  const inner: (readonly [string, OpenApiSchema])[] = [];
  for (const junctor of ['allOf', 'anyOf', 'oneOf'] as const) {
    for (const [at, one] of (schema[junctor] ?? []).entries()) inner.push([`${junctor}[${at}]`, one]);
  }
  if (schema.not !== undefined) inner.push(['not', schema.not]);
  for (const [name, one] of inner) {
    checkJunctor(core, one, path, trail === '' ? name : `${trail}.${name}`, faults);
  }
}

function checkJunctor(core: OpenApiSchema, schema: OpenApiSchema, path: string, trail: string, faults: Faults): void {
  const at = `${path}.${trail}`;
  const isIntOrString = core['x-kubernetes-int-or-string'] === true;
  if (schema.type !== undefined && !(isIntOrString && isIntOrStringAnyOf(trail, schema))) {
    faults.forbidden(`${at}.type`, 'must be empty to be structural');
  }
  if (schema.description !== undefined) faults.forbidden(`${at}.description`, 'must be empty to be structural');
  if (schema.default !== undefined) faults.forbidden(`${at}.default`, 'must be undefined to be structural');
  if (schema.nullable === true) faults.forbidden(`${at}.nullable`, 'must be false to be structural');
  for (const name of [
    'additionalProperties',
    'x-kubernetes-preserve-unknown-fields',
    'x-kubernetes-embedded-resource',
    'x-kubernetes-int-or-string',
    'x-kubernetes-list-type',
    'x-kubernetes-list-map-keys',
    'x-kubernetes-map-type',
    'x-kubernetes-validations',
  ] as const) {
    if (schema[name] !== undefined) faults.forbidden(`${at}.${name}`, 'must be undefined to be structural');
  }
  if (schema.pattern !== undefined) checkPattern(schema.pattern, `${at}.pattern`, faults);
  for (const [name, field] of Object.entries(schema.properties ?? {})) {
    const properties = core.properties ?? {};
    const trailTo = `${trail}.properties[${name}]`;
    if (Object.hasOwn(properties, name)) {
      checkJunctor(properties[name], field, path, trailTo, faults);
    } else if (typeof core.additionalProperties === 'object') {
      checkJunctor(core.additionalProperties, field, path, trailTo, faults);
    } else if (core['x-kubernetes-preserve-unknown-fields'] !== true) {
      faults.required(`${path}.properties[${name}]`, `because it is defined in ${trailTo}`);
    }
  }
  if (schema.items !== undefined) {
    if (core.items === undefined) faults.required(`${path}.items`, `because it is defined in ${trail}.items`);
    else checkJunctor(core.items, schema.items, path, `${trail}.items`, faults);
  }
  checkJunctors(core, schema, path, trail, faults);
}

/** The two types that are written out for clients that know nothing of the extension. */
function isIntOrStringAnyOf(trail: string, { type }: OpenApiSchema): boolean {
  return /(?:^|\.)anyOf\[[01]\]$/.test(trail) && (type === 'integer' || type === 'string');
}

function checkMetadata(schema: OpenApiSchema | undefined, path: string, faults: Faults): void {
  if (schema === undefined) return;
  const { type, description: _, properties = {}, ...rest } = schema;
  if (type !== undefined && type !== 'object') faults.invalid(`${path}.type`, type, 'must be object');
  const isPlain = Object.keys(properties).every((name) => name === 'name' || name === 'generateName');
  if (!isPlain || Object.keys(rest).length > 0) {
    faults.forbidden(
      path,
      'must not specify anything other than name and generateName, but metadata is implicitly specified',
    );
  }
}
