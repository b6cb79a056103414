// Whether JSON is a schema at all: each keyword known, and of the type that it has (apiextensions.k8s.io/v1, JSONSchemaProps). What
// the keywords may say together is structural.ts.

import { isJsonObject, type Json, type JsonObject } from '../api/object.ts';
import type { OpenApiSchema } from '../api/openapi-schema.ts';
import type { Faults } from './faults.ts';

const maxDepth = 100;
const types = ['array', 'boolean', 'integer', 'number', 'object', 'string'];

/** Where a value stands; `depth` counts schemas within schemas. */
interface Place {
  readonly path: string;
  readonly depth: number;
  readonly faults: Faults;
}

type Check = (value: Json, place: Place) => boolean;

function typed(words: string, holds: (value: Json) => boolean): Check {
  return (value, { path, faults }) => {
    if (!holds(value)) faults.invalid(path, value, `must be ${words}`);
    return holds(value);
  };
}

const text = typed('a string', (value) => typeof value === 'string');
const number = typed('a number', (value) => typeof value === 'number');
const count = typed('a whole number of 0 or more', (value) => Number.isSafeInteger(value) && Number(value) >= 0);
const flag = typed('true or false', (value) => typeof value === 'boolean');
const anything: Check = () => true;

function oneOf(supported: readonly string[]): Check {
  return (value, { path, faults }) => {
    if (typeof value === 'string' && supported.includes(value)) return true;
    faults.unsupported(path, value, supported);
    return false;
  };
}

function listOf(check: Check): Check {
  return (value, place) => {
    if (!Array.isArray(value)) {
      place.faults.invalid(place.path, value, 'must be a list');
      return false;
    }
    return value.map((item, at) => check(item, { ...place, path: `${place.path}[${at}]` })).every(Boolean);
  };
}

function fieldsOf(checks: Readonly<Record<string, Check>>, required: readonly string[]): Check {
  return (value, place) => {
    if (!isJsonObject(value)) {
      place.faults.invalid(place.path, value, 'must be an object');
      return false;
    }
    let isRight = true;
    for (const name of required) {
      if (value[name] !== undefined) continue;
      place.faults.required(`${place.path}.${name}`);
      isRight = false;
    }
    for (const [name, field] of Object.entries(value)) {
      if (field === undefined) continue;
      const path = `${place.path}.${name}`;
      if (Object.hasOwn(checks, name)) {
        isRight = checks[name](field, { ...place, path }) && isRight;
        continue;
      }
      place.faults.forbidden(path, `${name} is not supported`);
      isRight = false;
    }
    return isRight;
  };
}

const schemaMap: Check = (value, place) => {
  if (!isJsonObject(value)) {
    place.faults.invalid(place.path, value, 'must be an object');
    return false;
  }
  return Object.entries(value)
    .map(([name, inner]) => inner === undefined || schema(inner, { ...place, path: `${place.path}[${name}]` }))
    .every(Boolean);
};

const rule = fieldsOf(
  {
    rule: text,
    message: text,
    messageExpression: text,
    reason: oneOf(['FieldValueInvalid', 'FieldValueForbidden', 'FieldValueRequired', 'FieldValueDuplicate']),
    fieldPath: text,
    optionalOldSelf: flag,
  },
  ['rule'],
);

const keywords: Readonly<Record<string, Check>> = {
  title: text,
  description: text,
  example: anything,
  externalDocs: anything,
  type: oneOf(types),
  format: text,
  default: anything,
  enum: listOf(anything),
  nullable: flag,
  properties: schemaMap,
  additionalProperties: (value, place) => typeof value === 'boolean' || schema(value, place),
  required: listOf(text),
  items: (value, place) => schema(value, place),
  minimum: number,
  maximum: number,
  exclusiveMinimum: flag,
  exclusiveMaximum: flag,
  multipleOf: typed('a number above 0', (value) => typeof value === 'number' && value > 0),
  minLength: count,
  maxLength: count,
  pattern: text,
  minItems: count,
  maxItems: count,
  uniqueItems: flag,
  minProperties: count,
  maxProperties: count,
  allOf: listOf((value, place) => schema(value, place)),
  anyOf: listOf((value, place) => schema(value, place)),
  oneOf: listOf((value, place) => schema(value, place)),
  not: (value, place) => schema(value, place),
  'x-kubernetes-preserve-unknown-fields': flag,
  'x-kubernetes-embedded-resource': flag,
  'x-kubernetes-int-or-string': flag,
  'x-kubernetes-list-type': oneOf(['atomic', 'set', 'map']),
  'x-kubernetes-list-map-keys': listOf(text),
  'x-kubernetes-map-type': oneOf(['atomic', 'granular']),
  'x-kubernetes-validations': listOf(rule),
};

const schemaFields = fieldsOf(keywords, []);

const schema: Check = (value, place) => {
  if (place.depth >= maxDepth) {
    place.faults.forbidden(place.path, `schemas may not nest deeper than ${maxDepth}`);
    return false;
  }
  return schemaFields(value, { ...place, depth: place.depth + 1 });
};

/** Faults are told with their paths below `path`. */
export function isSchema(value: Json, path: string, faults: Faults): value is OpenApiSchema & JsonObject {
  return schema(value, { path, depth: 0, faults });
}
