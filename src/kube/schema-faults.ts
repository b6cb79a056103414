// What a schema found wrong, in words for the person who wrote the file: path, value, what would be
// right. The schemas themselves are in schemas/.

import type { ErrorObject } from 'ajv';
import type { FieldPath } from '#control/yaml/document.ts';
import { findNearest, formatValue } from '#control/yaml/field-path.ts';
import { hiddenValue, isSecretKey } from '#control/yaml/secret-key.ts';
import { isRecord } from './record.ts';
import { LABEL_VALUE_PATTERN, NAME_PATTERN } from './schemas/metadata.ts';

export interface FieldFault {
  readonly path: FieldPath;
  /** `value: what would be right`. */
  readonly message: string;
}

const typeWords: Readonly<Record<string, string>> = {
  string: 'a text',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a map',
};

const patternWords: Readonly<Record<string, string>> = {
  [NAME_PATTERN]: "lower-case letters, digits, '-' and '.', with a letter or digit at each end",
  [LABEL_VALUE_PATTERN]: "letters, digits, '-', '_' and '.', with a letter or digit at each end",
};

/** Every fault once: a key that stands there misspelt is not missing too. `isSecret`: no value is shown, whatever it is. */
export function describeSchemaErrors(errors: readonly ErrorObject[], isSecret: boolean): readonly FieldFault[] {
  return errors.filter((error) => !isMisspelt(error, errors)).map((error) => describeSchemaError(error, isSecret));
}

function isMisspelt(missing: ErrorObject, errors: readonly ErrorObject[]): boolean {
  if (missing.keyword !== 'required') return false;
  return errors.some(
    ({ keyword, instancePath, params, parentSchema }) =>
      keyword === 'additionalProperties' &&
      instancePath === missing.instancePath &&
      findNearest(String(params.additionalProperty), keysOf(parentSchema)) === missing.params.missingProperty,
  );
}

function keysOf(schema: unknown): readonly string[] {
  return isRecord(schema) && isRecord(schema.properties) ? Object.keys(schema.properties) : [];
}

function describeSchemaError(error: ErrorObject, isSecret: boolean): FieldFault {
  const path = readPointer(error.instancePath);
  const value = isSecret ? hiddenValue : formatValue(error.data);
  const { parentSchema } = error;
  switch (error.keyword) {
    case 'additionalProperties': {
      const unknown = String(error.params.additionalProperty);
      const known = keysOf(parentSchema);
      const nearest = findNearest(unknown, known);
      const own: unknown = isRecord(error.data) ? error.data[unknown] : undefined;
      // A map may hold a secret deeper down; its key is wrong whatever it holds.
      const shown = isRecord(own) ? 'a map' : Array.isArray(own) ? 'a list' : formatValue(own);
      const found = isSecret || isSecretKey(unknown) ? hiddenValue : shown;
      const hint = nearest === undefined ? `known are ${known.join(', ')}` : `did you mean ${nearest}?`;
      return { path: [...path, unknown], message: `${found}: no such field; ${hint}` };
    }
    case 'required':
      return { path: [...path, String(error.params.missingProperty)], message: 'missing: required' };
    case 'enum':
      return { path, message: `${value}: expected one of ${error.params.allowedValues.join(', ')}` };
    case 'const':
      return { path, message: `${value}: expected ${formatValue(error.params.allowedValue)}` };
    case 'type': {
      const wanted = String(error.params.type);
      // YAML reads 65000 and true as number and boolean, where Kubernetes wants text.
      const isScalar = typeof error.data === 'number' || typeof error.data === 'boolean';
      const quoted =
        wanted === 'string' && isScalar && !isSecret ? `, in quotes: ${formatValue(String(error.data))}` : '';
      return { path, message: `${value}: expected ${typeWords[wanted] ?? wanted}${quoted}` };
    }
    case 'minimum':
    case 'maximum':
      return {
        path,
        message: `${value}: expected ${String(parentSchema?.minimum)}..${String(parentSchema?.maximum)}`,
      };
    case 'minItems':
      return { path, message: `${value}: expected at least ${error.params.limit} of them` };
    case 'minLength':
      return { path, message: `${value}: expected at least ${error.params.limit} characters` };
    case 'maxLength':
      return { path, message: `${value}: expected at most ${error.params.limit} characters` };
    case 'format':
      return { path, message: `${value}: expected a time, such as 2025-01-31T12:00:00Z` };
    case 'pattern':
      return { path, message: `${value}: expected ${patternWords[String(error.params.pattern)] ?? 'another form'}` };
    default:
      return { path, message: `${value}: ${error.message ?? error.keyword}` };
  }
}

/** A JSON pointer (RFC 6901) as steps. */
function readPointer(pointer: string): (string | number)[] {
  return pointer
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .map((part) => (/^\d+$/.test(part) ? Number(part) : part));
}
