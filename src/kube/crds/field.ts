// Words for the fields of our definitions: each makes one piece of a structural schema, described, with what limits it. They add
// nothing of their own, so that what a definition says is what stands in it.

import type { OpenApiSchema, ValidationRule } from '../api/openapi-schema.ts';

export type Limits = Omit<OpenApiSchema, 'type' | 'description' | 'properties' | 'items' | 'additionalProperties'>;
export type Fields = Readonly<Record<string, OpenApiSchema>>;

const maxUint32 = 4_294_967_295;

export function text(description: string, limits: Limits = {}): OpenApiSchema {
  return { type: 'string', description, ...limits };
}

export function choice(description: string, values: readonly string[], limits: Limits = {}): OpenApiSchema {
  return { type: 'string', description, enum: values, ...limits };
}

export function flag(description: string, limits: Limits = {}): OpenApiSchema {
  return { type: 'boolean', description, ...limits };
}

export function integer(description: string, limits: Limits = {}): OpenApiSchema {
  return { type: 'integer', description, ...limits };
}

export function int32(description: string, minimum?: number, maximum?: number, initial?: number): OpenApiSchema {
  return { type: 'integer', format: 'int32', description, ...range(minimum, maximum, initial) };
}

export function int64(description: string, minimum?: number, maximum?: number, initial?: number): OpenApiSchema {
  return { type: 'integer', format: 'int64', description, ...range(minimum, maximum, initial) };
}

/** AS numbers; upstream allows 0 where it stands for "any". */
export function asn(description: string, minimum: 0 | 1, initial?: number): OpenApiSchema {
  return int64(description, minimum, maxUint32, initial);
}

function range(minimum?: number, maximum?: number, initial?: number): Limits {
  return {
    ...(minimum === undefined ? {} : { minimum }),
    ...(maximum === undefined ? {} : { maximum }),
    ...(initial === undefined ? {} : { default: initial }),
  };
}

export function list(description: string, items: OpenApiSchema, limits: Limits = {}): OpenApiSchema {
  return { type: 'array', description, items, ...limits };
}

/** A list whose entries are told apart by one of their fields. */
export function listBy(key: string, description: string, items: OpenApiSchema, limits: Limits = {}): OpenApiSchema {
  return list(description, items, {
    ...limits,
    'x-kubernetes-list-type': 'map',
    'x-kubernetes-list-map-keys': [key],
  });
}

export function map(description: string, values: OpenApiSchema): OpenApiSchema {
  return { type: 'object', description, additionalProperties: values };
}

export function object(
  description: string,
  fields: Fields,
  required: readonly string[] = [],
  limits: Limits = {},
): OpenApiSchema {
  return { type: 'object', description, properties: fields, ...(required.length === 0 ? {} : { required }), ...limits };
}

/** Of these fields exactly one, or at least one, is there. */
export function present(names: readonly string[]): readonly OpenApiSchema[] {
  return names.map((name) => ({ properties: { [name]: {} }, required: [name] }));
}

export function rule(cel: string, message: string): ValidationRule {
  return { rule: cel, message };
}

/** What may not change once it is set. */
export function immutable(name: string): Limits {
  return { 'x-kubernetes-validations': [rule('self == oldSelf', `${name} is immutable`)] };
}

export function strings(description: string): OpenApiSchema {
  return list(description, text('One of them.'));
}

/** Names with values, of any number. */
export function tags(description: string): OpenApiSchema {
  return map(description, text('The value.'));
}
