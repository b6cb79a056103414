// An object against the structural schema of its kind: every fault with its field, in upstream's words (apiextensions-apiserver,
// validation of custom resources). Rules in CEL are judged elsewhere. Pure, and bounded: patterns are matched in linear time, and
// after a hundred faults nobody reads on.

import type { StatusCause } from '../api/api-error.ts';
import { isJsonObject, type Json, type JsonObject } from '../api/object.ts';
import type { OpenApiSchema } from '../api/openapi-schema.ts';
import { isSameJson } from '../api/same-json.ts';
import { hasFormat } from './formats.ts';
import { pathTo } from './json-path.ts';
import type { Re2 } from './re2.ts';

const maxFaults = 100;
/** States of patterns times characters matched: seconds at the very worst. */
const maxPatternWork = 200_000_000;
/** Characters of a value that a message shows. */
const maxShown = 256;

/** Compiled patterns, made once for a kind: whoever holds the schema holds them. Throws PatternError for what was not checked before. */
export type PatternOf = (pattern: string) => Re2;

export function validateValue(
  value: Json,
  schema: OpenApiSchema,
  path: string,
  patternOf: PatternOf,
): readonly StatusCause[] {
  return new Validation(patternOf).run(value, schema, path);
}

class Validation {
  readonly #patternOf: PatternOf;
  #faults: StatusCause[] = [];
  #patternWork = 0;

  constructor(patternOf: PatternOf) {
    this.#patternOf = patternOf;
  }

  run(value: Json, schema: OpenApiSchema, path: string): readonly StatusCause[] {
    this.#check(value, schema, path);
    return this.#faults;
  }

  #check(value: Json, schema: OpenApiSchema, path: string): void {
    if (this.#faults.length >= maxFaults) return;
    if (value === null && schema.nullable === true) return;
    if (!this.#checkType(value, schema, path)) return;
    if (schema.enum !== undefined) this.#checkEnum(value, schema.enum, path);
    if (typeof value === 'string') this.#checkText(value, schema, path);
    else if (typeof value === 'number') this.#checkNumber(value, schema, path);
    else if (Array.isArray(value)) this.#checkList(value, schema, path);
    else if (isJsonObject(value)) this.#checkMap(value, schema, path);
    this.#checkLogic(value, schema, path);
  }

  /** False when there is no use in looking further. */
  #checkType(value: Json, schema: OpenApiSchema, path: string): boolean {
    const { type } = schema;
    if (schema['x-kubernetes-int-or-string'] === true) {
      if (typeof value === 'string' || isWhole(value)) return true;
      this.#invalid(path, nameOf(value), `must be of type integer or string: "${nameOf(value)}"`);
      return false;
    }
    if (type === undefined || nameOf(value) === type) return true;
    // Every whole number is a number.
    if (type === 'number' && typeof value === 'number') return true;
    this.#invalid(path, nameOf(value), `must be of type ${type}: "${nameOf(value)}"`);
    return false;
  }

  #checkEnum(value: Json, allowed: readonly Json[], path: string): void {
    if (allowed.some((one) => isSameJson(one, value))) return;
    const supported = allowed.map((one) => JSON.stringify(one)).join(', ');
    this.#tell('FieldValueNotSupported', path, `Unsupported value: ${show(value)}: supported values: ${supported}`);
  }

  #checkText(value: string, { minLength, maxLength, pattern, format }: OpenApiSchema, path: string): void {
    const length = lengthOf(value);
    if (maxLength !== undefined && length > maxLength) {
      this.#tell('FieldValueTooLong', path, `Too long: may not be more than ${maxLength} bytes`);
    }
    if (minLength !== undefined && length < minLength) {
      this.#invalid(path, value, `should be at least ${minLength} chars long`);
    }
    if (pattern !== undefined) this.#checkPattern(value, pattern, path);
    if (format !== undefined && !hasFormat(value, format)) {
      this.#invalid(path, value, `must be of type ${format}: ${show(value)}`);
    }
  }

  #checkPattern(value: string, pattern: string, path: string): void {
    const compiled = this.#patternOf(pattern);
    this.#patternWork += compiled.size * value.length;
    if (this.#patternWork > maxPatternWork) this.#invalid(path, value, 'is too long to be held against its pattern');
    else if (!compiled.test(value)) this.#invalid(path, value, `should match '${pattern}'`);
  }

  #checkNumber(value: number, schema: OpenApiSchema, path: string): void {
    const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf, format } = schema;
    if (minimum !== undefined && (exclusiveMinimum === true ? value <= minimum : value < minimum)) {
      this.#invalid(path, value, `should be greater than${exclusiveMinimum === true ? '' : ' or equal to'} ${minimum}`);
    }
    if (maximum !== undefined && (exclusiveMaximum === true ? value >= maximum : value > maximum)) {
      this.#invalid(path, value, `should be less than${exclusiveMaximum === true ? '' : ' or equal to'} ${maximum}`);
    }
    if (multipleOf !== undefined && !Number.isInteger(value / multipleOf)) {
      this.#invalid(path, value, `should be a multiple of ${multipleOf}`);
    }
    if (format === 'int32' && (value < -0x8000_0000 || value > 0x7fff_ffff)) {
      this.#invalid(path, value, `must be of type int32: ${show(value)}`);
    }
  }

  #checkList(value: readonly Json[], schema: OpenApiSchema, path: string): void {
    const { items, minItems, maxItems, uniqueItems } = schema;
    if (maxItems !== undefined && value.length > maxItems) {
      this.#tell('FieldValueTooMany', path, `Too many: ${value.length}: must have at most ${maxItems} items`);
      // Each of too many would be a fault of its own.
      return;
    }
    if (minItems !== undefined && value.length < minItems) {
      this.#invalid(path, value.length, `should have at least ${minItems} items`);
    }
    const listType = schema['x-kubernetes-list-type'];
    if (uniqueItems === true || listType === 'set') this.#checkUnique(value, (item) => item, path);
    const keys = schema['x-kubernetes-list-map-keys'] ?? [];
    if (listType === 'map') {
      const properties = items?.properties ?? {};
      this.#checkUnique(value, (item) => (isJsonObject(item) ? keysOf(item, keys, properties) : item), path);
    }
    if (items === undefined) return;
    for (const [at, item] of value.entries()) this.#check(item, items, `${path}[${at}]`);
  }

  #checkUnique(value: readonly Json[], identify: (item: Json) => Json, path: string): void {
    const seen = new Set<string>();
    for (const [at, item] of value.entries()) {
      const identity = identify(item);
      const text = canonical(identity);
      if (seen.has(text)) this.#tell('FieldValueDuplicate', `${path}[${at}]`, `Duplicate value: ${show(identity)}`);
      seen.add(text);
    }
  }

  #checkMap(value: JsonObject, schema: OpenApiSchema, path: string): void {
    const { properties = {}, additionalProperties, required = [], minProperties, maxProperties } = schema;
    for (const name of required) {
      if (!Object.hasOwn(value, name) || value[name] === undefined) {
        this.#tell('FieldValueRequired', pathTo(path, name), 'Required value');
      }
    }
    const entries = Object.entries(value);
    if (maxProperties !== undefined && entries.length > maxProperties) {
      this.#tell('FieldValueTooMany', path, `Too many: ${entries.length}: must have at most ${maxProperties} items`);
      return;
    }
    if (minProperties !== undefined && entries.length < minProperties) {
      this.#invalid(path, entries.length, `should have at least ${minProperties} properties`);
    }
    for (const [key, field] of entries) {
      if (field === undefined) continue;
      if (Object.hasOwn(properties, key)) this.#check(field, properties[key], pathTo(path, key));
      else if (typeof additionalProperties === 'object') this.#check(field, additionalProperties, pathTo(path, key));
    }
  }

  #checkLogic(value: Json, { allOf = [], anyOf, oneOf, not }: OpenApiSchema, path: string): void {
    for (const schema of allOf) this.#check(value, schema, path);
    const isValid = (schema: OpenApiSchema): boolean =>
      new Validation(this.#patternOf).run(value, schema, path).length === 0;
    if (anyOf !== undefined && !anyOf.some(isValid)) {
      this.#invalid(path, value, 'must validate at least one schema (anyOf)');
    }
    if (oneOf !== undefined) {
      const count = oneOf.filter(isValid).length;
      if (count !== 1) {
        const found = count === 0 ? 'Found none valid' : `Found ${count} valid alternatives`;
        this.#invalid(path, value, `must validate one and only one schema (oneOf). ${found}`);
      }
    }
    if (not !== undefined && isValid(not)) this.#invalid(path, value, 'must not validate the schema (not)');
  }

  /** Upstream names the field once more in front of its words. */
  #invalid(path: string, value: Json, words: string): void {
    const where = path === '' ? 'body' : `${path} in body`;
    this.#tell('FieldValueInvalid', path, `Invalid value: ${show(value)}: ${where} ${words}`);
  }

  #tell(reason: StatusCause['reason'], field: string, message: string): void {
    if (this.#faults.length < maxFaults) this.#faults.push({ reason, message, field: field === '' ? '<nil>' : field });
  }
}

/** A key that is absent counts with its default. */
function keysOf(
  item: JsonObject,
  keys: readonly string[],
  properties: Readonly<Record<string, OpenApiSchema>>,
): JsonObject {
  return Object.fromEntries(
    keys.flatMap((key) => {
      const value = item[key] ?? (Object.hasOwn(properties, key) ? properties[key].default : undefined);
      return value === undefined ? [] : [[key, value]];
    }),
  );
}

/** JSON text in which equal values are equal texts. */
function canonical(value: Json): string {
  if (Array.isArray(value)) return `[${value.map((item) => canonical(item)).join(',')}]`;
  if (!isJsonObject(value)) return JSON.stringify(value);
  const fields = Object.entries(value).flatMap(([key, field]) =>
    field === undefined ? [] : [`${JSON.stringify(key)}:${canonical(field)}`],
  );
  return `{${fields.toSorted().join(',')}}`;
}

function isWhole(value: Json): boolean {
  return typeof value === 'number' && Number.isInteger(value);
}

/** What upstream calls the type of a value. */
function nameOf(value: Json): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value;
}

/** Unicode characters, as upstream counts them. */
function lengthOf(text: string): number {
  let count = 0;
  for (const _ of text) count++;
  return count;
}

function show(value: Json): string {
  const text = JSON.stringify(value);
  return text.length > maxShown ? `${text.slice(0, maxShown)}…` : text;
}
