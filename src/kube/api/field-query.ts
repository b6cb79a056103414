// Field selectors: `metadata.name=x,spec.nodeName!=y`. Which fields may be named is the resource's business; name and namespace always
// may. Kubernetes documentation, "Field Selectors".

import { ApiError } from './api-error.ts';
import type { Json, KubeObject } from './object.ts';
import type { Resource } from './resource.ts';

type Selectable = Pick<Resource, 'selectableFields' | 'fieldTexts'>;
export type ObjectTest = (object: KubeObject) => boolean;

const maxLength = 16_384;

/** undefined: everything matches. Throws ApiError BadRequest. */
export function readFieldQuery(text: string, resource: Selectable): ObjectTest | undefined {
  if (text.length > maxLength) {
    throw new ApiError('BadRequest', `the field selector has ${text.length} characters: expected at most ${maxLength}`);
  }
  const terms = splitTerms(text).map((term) => parseTerm(term, resource));
  if (terms.length === 0) return undefined;
  return (object) => terms.every((holds) => holds(object));
}

/** Commas, signs and backslashes in values are escaped by a backslash. */
function splitTerms(text: string): readonly string[] {
  return (text.match(/(?:\\.|[^,\\])+/g) ?? []).filter((term) => term.trim() !== '');
}

function parseTerm(term: string, { selectableFields, fieldTexts }: Selectable): ObjectTest {
  const parts = /^\s*([^=!\\]+?)\s*(!=|==|=)((?:\\.|[^\\=])*)$/.exec(term);
  if (parts === null) {
    throw new ApiError(
      'BadRequest',
      `invalid selector: '${term.slice(0, 256)}'; can't understand '${term.slice(0, 256)}'`,
    );
  }
  const [, field, sign, escaped] = parts;
  const value = escaped.replaceAll(/\\(.)/g, '$1');
  const known = ['metadata.name', 'metadata.namespace', ...selectableFields.map((path) => path.replace(/^\./, ''))];
  if (!known.includes(field)) throw new ApiError('BadRequest', `field label not supported: ${field}`);
  const path = field.split('.');
  const read = fieldTexts?.get(`.${field}`) ?? ((object: KubeObject) => textAt(object, path));
  return (object) => (read(object) === value) === (sign !== '!=');
}

/** What is absent is the empty text, as upstream has it. */
function textAt(object: KubeObject, path: readonly string[]): string {
  let value: Json | undefined = object;
  for (const name of path) {
    if (typeof value !== 'object' || value === null || Array.isArray(value) || !Object.hasOwn(value, name)) return '';
    value = Object.entries(value).find(([key]) => key === name)?.[1];
  }
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
}
