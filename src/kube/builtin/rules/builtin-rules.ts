// The rules of a built-in kind: what its schema says, what holds for the metadata of every kind, and what only code can say (a
// KindDetail of the kind's own file). Details may take the types of fields for granted: the schema is asked first.

import type { StatusCause } from '../../api/api-error.ts';
import { isJsonObject, type JsonObject, type KubeObject } from '../../api/object.ts';
import type { OpenApiSchema } from '../../api/openapi-schema.ts';
import type { KindRules } from '../../registry/kind-rules.ts';
import { validateMetadata } from '../../registry/metadata-rules.ts';
import { checkSubdomain, type NameRule } from '../../registry/name-rules.ts';
import { fillDefaults } from '../../schema/defaults.ts';
import { Faults } from '../../schema/faults.ts';
import { pruneObject } from '../../schema/prune.ts';
import { Re2 } from '../../schema/re2.ts';
import { validateValue } from '../../schema/validate.ts';

export interface KindDetail {
  /** undefined: an RFC 1123 subdomain. */
  readonly nameRule?: NameRule;
  /** Defaults, and what the server itself writes. Throws ApiError BadRequest for what cannot even be read. */
  readonly fill?: (object: KubeObject, before: KubeObject | undefined) => KubeObject;
  readonly check?: (object: KubeObject, before: KubeObject | undefined, faults: Faults) => void;
  /** Of an object that is valid: what is given out by the server, such as addresses. Throws ApiError. */
  readonly allocate?: (object: KubeObject, before: KubeObject | undefined) => KubeObject;
}

export class BuiltinRules implements KindRules {
  readonly #schema: OpenApiSchema | undefined;
  readonly #detail: KindDetail;
  readonly #patterns = new Map<string, Re2>();

  constructor(schema: OpenApiSchema | undefined, detail: KindDetail) {
    this.#schema = schema;
    this.#detail = detail;
  }

  prune(object: KubeObject): { readonly object: KubeObject; readonly unknown: readonly string[] } {
    if (this.#schema === undefined) return { object, unknown: [] };
    const { value, unknown } = pruneObject(object, this.#schema);
    return { object: asObject(value, object), unknown };
  }

  prepare(object: KubeObject, before: KubeObject | undefined): KubeObject {
    const { fill, allocate } = this.#detail;
    const defaulted = this.#schema === undefined ? object : fillDefaults(object, this.#schema);
    const filled = asObject(isJsonObject(defaulted) ? defaulted : object, object);
    // Code reads fields of the types that the schema says; what is missing it may fill in.
    if (this.#checkSchema(filled).some(({ reason }) => reason !== 'FieldValueRequired')) return filled;
    const prepared = fill === undefined ? filled : fill(filled, before);
    if (allocate === undefined || this.validate(prepared, before).length > 0) return prepared;
    return allocate(prepared, before);
  }

  validate(object: KubeObject, before: KubeObject | undefined): readonly StatusCause[] {
    const { nameRule = checkSubdomain, check } = this.#detail;
    const metadata = validateMetadata(object, before, nameRule);
    const ofSchema = this.#checkSchema(object);
    if (ofSchema.length > 0 || check === undefined) return [...metadata, ...ofSchema];
    const faults = new Faults();
    check(object, before, faults);
    return [...metadata, ...faults.causes];
  }

  #checkSchema(object: KubeObject): readonly StatusCause[] {
    if (this.#schema === undefined) return [];
    // Metadata is the same for all kinds, and no schema's business.
    const { metadata: _, ...rest } = object;
    const { properties = {}, required = [], ...schema } = this.#schema;
    const fields = Object.fromEntries(Object.entries(properties).filter(([name]) => name !== 'metadata'));
    const whole = { ...schema, properties: fields, required: required.filter((name) => name !== 'metadata') };
    const causes = validateValue(rest, whole, '', (pattern) => this.#compile(pattern));
    // Keys of lists are for merging: a node has two addresses of one type. What may not stand twice, the kind says itself.
    return causes.filter(({ reason }) => reason !== 'FieldValueDuplicate');
  }

  #compile(pattern: string): Re2 {
    let compiled = this.#patterns.get(pattern);
    if (compiled === undefined) this.#patterns.set(pattern, (compiled = new Re2(pattern)));
    return compiled;
  }
}

/** The fields of one, with what makes the other an object. */
function asObject(fields: JsonObject, { apiVersion, kind, metadata }: KubeObject): KubeObject {
  return { ...fields, apiVersion, kind, metadata };
}
