// JSON patch (RFC 6902): a list of operations, all of them or none. Pure, and bounded: in number here, in what they do to the document
// in working-document.ts.

import { ApiError } from '../api/api-error.ts';
import { isJsonObject, type Json } from '../api/object.ts';
import { PatchFault, toNode, WorkingDocument } from './working-document.ts';

/** As upstream. */
const maxOperations = 10_000;

/** Throws ApiError BadRequest for what is no patch, Invalid for one that cannot be done to this document. */
export function applyJsonPatch(document: Json, patch: Json): Json {
  if (!Array.isArray(patch)) throw new ApiError('BadRequest', 'a JSON patch is a list of operations');
  if (patch.length > maxOperations) {
    throw new ApiError(
      'RequestEntityTooLarge',
      `The allowed maximum operations in a JSON patch is ${maxOperations}, got ${patch.length}`,
    );
  }
  const operations = patch.map(readOperation);
  const working = new WorkingDocument(document);
  for (const [index, operation] of operations.entries()) {
    try {
      apply(working, operation);
    } catch (error) {
      if (!(error instanceof PatchFault)) throw error;
      throw new ApiError(
        'Invalid',
        `the server rejected our request due to an error in our request: operation ${index} (${operation.op}): ${error.message}`,
        undefined,
        { cause: error },
      );
    }
  }
  return working.toJson();
}

type Tokens = readonly string[];
type Operation =
  | { readonly op: 'add' | 'replace' | 'test'; readonly path: Tokens; readonly value: Json }
  | { readonly op: 'remove'; readonly path: Tokens }
  | { readonly op: 'move' | 'copy'; readonly path: Tokens; readonly from: Tokens };

function apply(working: WorkingDocument, operation: Operation): void {
  const { path } = operation;
  switch (operation.op) {
    case 'add':
      return working.add(path, toNode(operation.value));
    case 'remove':
      working.remove(path);
      return;
    case 'replace':
      return working.replace(path, toNode(operation.value));
    case 'copy':
      return working.add(path, working.copyOf(operation.from));
    case 'move':
      return move(working, operation.from, path);
    case 'test':
      if (!working.holds(path, toNode(operation.value)))
        throw new PatchFault('the value there is not the one of the test');
  }
}

function move(working: WorkingDocument, from: Tokens, path: Tokens): void {
  const isWithin = from.every((token, index) => path[index] === token);
  if (!isWithin) return working.add(path, working.remove(from));
  // RFC 6902 §4.4: not into itself; to where it is already is nothing.
  if (from.length !== path.length) throw new PatchFault('a value cannot be moved into itself');
  working.at(from);
}

function readOperation(item: Json, index: number): Operation {
  const refuse = (why: string): ApiError => new ApiError('BadRequest', `operation ${index} of the JSON patch: ${why}`);
  if (!isJsonObject(item)) throw refuse('expected a map');
  const { op, path, from, value } = item;
  const tokensOf = (text: Json | undefined, field: string): Tokens => {
    const tokens = typeof text === 'string' ? parsePointer(text) : undefined;
    if (tokens === undefined) throw refuse(`${field}: expected a JSON pointer, such as /spec/replicas`);
    return tokens;
  };
  switch (op) {
    case 'add':
    case 'replace':
    case 'test':
      if (value === undefined) throw refuse(`${op} has no value`);
      return { op, path: tokensOf(path, 'path'), value };
    case 'remove':
      return { op, path: tokensOf(path, 'path') };
    case 'move':
    case 'copy':
      return { op, path: tokensOf(path, 'path'), from: tokensOf(from, 'from') };
    default:
      throw refuse(`op: expected add, remove, replace, move, copy or test`);
  }
}

/** RFC 6901 §3; undefined: none. */
function parsePointer(text: string): Tokens | undefined {
  if (text === '') return [];
  if (!text.startsWith('/') || /~(?![01])/.test(text)) return undefined;
  return text
    .slice(1)
    .split('/')
    .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'));
}
