// Holds a parsed router.yaml against its schema and says every fault in words: field, value, what would
// be right. ajv finds them; here its errors become sentences, and those that repeat each other go.

import { Ajv } from 'ajv';
import type { ErrorObject } from 'ajv';
import type { FieldPath } from '../yaml/document.ts';
import { findNearest, formatValue } from '../yaml/field-path.ts';
import { hiddenValue, isSecretKey } from '../yaml/secret-key.ts';
import { isLaterField } from './later-fields.ts';
import { routerFileSchema } from './schema.ts';
import type { RouterFile } from './schema.ts';
import { formats } from './text-formats.ts';

/** A fault in a value, before it is known on which line the value stands. */
export interface FieldFault {
  readonly path: FieldPath;
  readonly message: string;
}

export type Validated = { readonly file: RouterFile } | { readonly faults: readonly FieldFault[] };

export class RouterFileValidator {
  readonly #validate;

  constructor() {
    const ajv = new Ajv({ allErrors: true, verbose: true, strict: true, allowUnionTypes: true });
    for (const [name, validate] of Object.entries(formats)) ajv.addFormat(name, { type: 'string', validate });
    this.#validate = ajv.compile<RouterFile>(routerFileSchema);
  }

  validate(value: unknown): Validated {
    if (this.#validate(value)) return { file: value };
    const errors = this.#validate.errors ?? [];
    return { faults: explainErrors(errors, value) };
  }
}

function explainErrors(errors: readonly ErrorObject[], root: unknown): FieldFault[] {
  const faults: FieldFault[] = [];
  const unions = errors.filter((error) => error.keyword === 'anyOf');
  for (const error of errors) {
    if (isExplainedByUnion(error, unions) || isMisspelt(error, errors)) continue;
    const fault = explainError(error, root);
    const isRepeated = faults.some(
      ({ path, message }) => message === fault.message && path.join('\0') === fault.path.join('\0'),
    );
    if (!isRepeated) faults.push(fault);
  }
  return faults;
}

/** What a branch that takes the kind of value complains of: the value as a whole, but not that it is of another kind. */
const wholeKeywords = new Set(['required', 'additionalProperties', 'minItems', 'maxItems', 'uniqueItems']);

/**
 * Each branch of a union complains, and the union too. For a map or a list the branch that takes such says it best; for anything else
 * the union does. Unions may stand within each other.
 */
function isExplainedByUnion(error: ErrorObject, unions: readonly ErrorObject[]): boolean {
  if (error.keyword === 'anyOf' && hasBranchFor(error)) return true;
  return unions.some((union) => {
    if (!error.schemaPath.startsWith(`${union.schemaPath}/`)) return false;
    if (!error.instancePath.startsWith(union.instancePath)) return false;
    if (!hasBranchFor(union)) return true;
    return error.instancePath === union.instancePath && !wholeKeywords.has(error.keyword);
  });
}

/** A key is missing because it stands there misspelt; the wrong key says it. */
function isMisspelt(missing: ErrorObject, errors: readonly ErrorObject[]): boolean {
  if (missing.keyword !== 'required') return false;
  return errors.some(
    ({ keyword, instancePath, params, parentSchema }) =>
      keyword === 'additionalProperties' &&
      instancePath === missing.instancePath &&
      findNearest(String(params.additionalProperty), keysOf(parentSchema)) === missing.params.missingProperty,
  );
}

function hasBranchFor(union: ErrorObject): boolean {
  const { data } = union;
  if (typeof data !== 'object' || data === null) return false;
  const type = Array.isArray(data) ? 'array' : 'object';
  const branches: unknown = union.schema;
  return Array.isArray(branches) && branches.some((branch: unknown) => fieldOf(branch, 'type') === type);
}

function explainError(error: ErrorObject, root: unknown): FieldFault {
  const path = parsePointer(error.instancePath, root);
  if (error.keyword === 'additionalProperties') {
    const key = String(error.params.additionalProperty);
    return {
      path: [...path, key],
      message: explainUnknownKey([...path, key], fieldOf(error.data, key), keysOf(error.parentSchema)),
    };
  }
  if (error.keyword === 'required') {
    const key = String(error.params.missingProperty);
    const expected = descriptionOf(fieldOf(fieldOf(error.parentSchema, 'properties'), key)) ?? 'a value';
    return { path: [...path, key], message: `is missing: expected ${expected}` };
  }
  const expected = descriptionOf(error.parentSchema) ?? error.message ?? error.keyword;
  const key = path.findLast((step) => typeof step === 'string');
  if (key === 'password' || key === 'passwordFile') {
    return { path, message: `is not right ${hiddenValue}: expected ${expected}` };
  }
  const quoted = isQuotedNumber(error) ? ' is text because of its quotes' : '';
  return {
    path,
    message: `${describeData(error)}${quoted}: expected ${quoted === '' ? '' : 'without them '}${expected}`,
  };
}

/** To YAML `"65100"` is text, to whoever wrote it a number. */
function isQuotedNumber({ data, keyword, schema, parentSchema }: ErrorObject): boolean {
  if (typeof data !== 'string' || !/^\d+$/.test(data)) return false;
  const branches: readonly unknown[] = keyword === 'anyOf' && Array.isArray(schema) ? schema : [parentSchema];
  return branches.some((branch) => fieldOf(branch, 'type') === 'integer');
}

function describeData(error: ErrorObject): string {
  const value: unknown = error.data;
  if (error.keyword === 'uniqueItems' && Array.isArray(value)) {
    return `${formatValue(value[Number(error.params.i)])} stands twice`;
  }
  return describeValue(value);
}

function describeValue(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (typeof value === 'object' && value !== null) return 'a map';
  return value === null ? 'no value' : formatValue(value);
}

/** Fields of a neighbor that a group cannot have. */
const ownFields = ['address', 'prefix', 'limit', 'peerGroup'];

function explainUnknownKey(path: FieldPath, value: unknown, known: readonly string[]): string {
  const key = String(path.at(-1));
  const say = (what: string): string =>
    isSecretKey(key) ? `${what} ${hiddenValue}` : `${describeValue(value)} ${what}`;
  if (isLaterField(path)) return `${say('is not supported yet')}: remove it`;
  if (path[1] === 'peerGroups' && ownFields.includes(key)) {
    return `${say('belongs to a neighbor')}: remove it from the group`;
  }
  const nearest = findNearest(key, known);
  const hint = nearest === undefined ? `expected ${known.join(', ')}` : `did you mean ${nearest}?`;
  return `${say('is not a known key')}: ${hint}`;
}

function keysOf(schema: unknown): readonly string[] {
  const properties = fieldOf(schema, 'properties');
  return typeof properties === 'object' && properties !== null ? Object.keys(properties) : [];
}

function descriptionOf(schema: unknown): string | undefined {
  const description = fieldOf(schema, 'description');
  return typeof description === 'string' ? description : undefined;
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}

/** A JSON pointer as steps; a number is a position only where the value is a list. */
function parsePointer(pointer: string, root: unknown): (string | number)[] {
  const path: (string | number)[] = [];
  let value = root;
  for (const raw of pointer.split('/').slice(1)) {
    const step = raw.replaceAll('~1', '/').replaceAll('~0', '~');
    path.push(Array.isArray(value) ? Number(step) : step);
    value = fieldOf(value, step);
  }
  return path;
}
