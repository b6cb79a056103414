// The octets of a request as a value: JSON or YAML, or protobuf of the kinds that kubectl sends so. Bodies may be long, but not without
// end, and fields that stand twice are found.

import { parseDocument } from 'yaml';
import { ApiError } from '#kube/api/api-error.ts';
import { readProtobuf } from './protobuf.ts';

const jsonTypes = [
  'application/json',
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
];
const yamlTypes = ['application/yaml', 'application/apply-patch+yaml'];

const protobufType = 'application/vnd.kubernetes.protobuf';

export interface Body {
  readonly value: unknown;
  /** Paths of fields that stand twice, the last of which counts. */
  readonly duplicates: readonly string[];
}

/** Without parameters, in small letters; JSON when nothing is said. */
export function mediaTypeOf(contentType: string | undefined): string {
  const [type = ''] = (contentType ?? '').split(';');
  return type.trim().toLowerCase() || 'application/json';
}

/** Throws ApiError UnsupportedMediaType or BadRequest. */
export function readBody(octets: Uint8Array, contentType: string | undefined): Body {
  const type = mediaTypeOf(contentType);
  if (type === protobufType) return { value: readProtobuf(octets), duplicates: [] };
  const isYaml = yamlTypes.includes(type);
  if (!isYaml && !jsonTypes.includes(type)) {
    throw new ApiError(
      'UnsupportedMediaType',
      `the body of the request was in an unknown format - accepted media types include: application/json, application/yaml`,
    );
  }
  const text = decode(octets);
  if (text === '') throw new ApiError('BadRequest', 'the body of the request is empty');
  // What is JSON is JSON also where YAML is allowed: kubectl sends its applied objects so, and this is the fast way.
  const json = parseJson(text);
  if (json.isRead) return { value: json.value, duplicates: findDuplicates(text) };
  if (!isYaml) throw new ApiError('BadRequest', `the body of the request is no JSON: ${json.why}`);
  return { value: parseYaml(text), duplicates: [] };
}

function decode(octets: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(octets);
  } catch (cause) {
    throw new ApiError('BadRequest', 'the body of the request is not UTF-8', undefined, { cause });
  }
}

function parseJson(
  text: string,
): { readonly isRead: true; readonly value: unknown } | { readonly isRead: false; readonly why: string } {
  try {
    return { isRead: true, value: JSON.parse(text) };
  } catch (error) {
    return { isRead: false, why: error instanceof Error ? error.message : String(error) };
  }
}

/** Aliases, which could make much of little, are refused; a field that stands twice is an error of YAML. */
function parseYaml(text: string): unknown {
  const document = parseDocument(text, { version: '1.1', uniqueKeys: true, merge: false, schema: 'core' });
  const [fault] = document.errors;
  if (fault !== undefined) throw new ApiError('BadRequest', `the body of the request is no YAML: ${fault.message}`);
  try {
    const value: unknown = document.toJS({ maxAliasCount: 0 });
    return value;
  } catch (cause) {
    throw new ApiError('BadRequest', 'the body of the request uses YAML aliases: write the values out', undefined, {
      cause,
    });
  }
}

const maxDuplicates = 16;

/** Of valid JSON: every field that stands twice in one map, as `spec.replicas`. One pass, no recursion. */
export function findDuplicates(json: string): readonly string[] {
  const found: string[] = [];
  /** Of the maps and lists that are open: the fields seen, or how many items. */
  const open: { readonly fields: Set<string> | undefined; at: string; index: number }[] = [];
  const tokens = /"(?:[^"\\]|\\.)*"|[[\]{},:]/g;
  let isKey = false;
  for (const [token] of json.matchAll(tokens)) {
    const inner = open.at(-1);
    switch (token) {
      case '{':
        open.push({ fields: new Set(), at: '', index: 0 });
        isKey = true;
        break;
      case '[':
        open.push({ fields: undefined, at: '[0]', index: 0 });
        isKey = false;
        break;
      case '}':
      case ']':
        open.pop();
        isKey = false;
        break;
      case ',':
        isKey = inner?.fields !== undefined;
        if (inner !== undefined && !isKey) inner.at = `[${++inner.index}]`;
        break;
      case ':':
        isKey = false;
        break;
      default:
        if (!isKey || inner?.fields === undefined) break;
        inner.at = String(JSON.parse(token));
        if (inner.fields.has(inner.at) && found.length < maxDuplicates) found.push(pathOf(open));
        inner.fields.add(inner.at);
    }
  }
  return found;
}

function pathOf(open: readonly { readonly at: string }[]): string {
  return open
    .map(({ at }) => (at.startsWith('[') ? at : `.${at}`))
    .join('')
    .replace(/^\./, '');
}
