// The rules of a custom kind: what its schema says, and what holds for the metadata of every kind. Patterns are compiled once for all
// of its objects. Built-in kinds have rules in code.

import type { StatusCause } from '../api/api-error.ts';
import { isJsonObject, type KubeObject } from '../api/object.ts';
import type { OpenApiSchema } from '../api/openapi-schema.ts';
import { SchemaRules } from '../schema/cel/rules.ts';
import { fillDefaults } from '../schema/defaults.ts';
import { pruneObject } from '../schema/prune.ts';
import { Re2 } from '../schema/re2.ts';
import { validateValue } from '../schema/validate.ts';
import type { KindRules } from './kind-rules.ts';
import { validateMetadata } from './metadata-rules.ts';

export class CustomRules implements KindRules {
  readonly #schema: OpenApiSchema;
  /** Of everything but metadata, which is the same for all kinds and no schema's business. */
  readonly #fields: OpenApiSchema;
  readonly #rules: SchemaRules;
  readonly #patterns = new Map<string, Re2>();

  constructor(schema: OpenApiSchema) {
    this.#schema = schema;
    const { properties = {}, required = [] } = schema;
    const fields = Object.fromEntries(Object.entries(properties).filter(([name]) => name !== 'metadata'));
    this.#fields = { ...schema, properties: fields, required: required.filter((name) => name !== 'metadata') };
    this.#rules = new SchemaRules(schema);
  }

  prune(object: KubeObject): { readonly object: KubeObject; readonly unknown: readonly string[] } {
    const { value, unknown } = pruneObject(object, this.#schema);
    const { apiVersion, kind, metadata } = object;
    return { object: { ...value, apiVersion, kind, metadata }, unknown };
  }

  prepare(object: KubeObject): KubeObject {
    const filled = fillDefaults(object, this.#schema);
    if (filled === object || !isJsonObject(filled)) return object;
    const { apiVersion, kind, metadata } = object;
    return { ...filled, apiVersion, kind, metadata };
  }

  validate(object: KubeObject, before: KubeObject | undefined): readonly StatusCause[] {
    const { metadata: _, ...rest } = object;
    const causes = validateValue(rest, this.#fields, '', (pattern) => this.#compile(pattern));
    // Rules take the types of fields for granted.
    const ofFields = causes.length > 0 ? causes : this.#rules.validate(object, before);
    return [...validateMetadata(object, before), ...ofFields];
  }

  #compile(pattern: string): Re2 {
    let compiled = this.#patterns.get(pattern);
    if (compiled === undefined) this.#patterns.set(pattern, (compiled = new Re2(pattern)));
    return compiled;
  }
}
