// JSON patch (RFC 6902): a list of operations, all of them or none. Pure, and bounded in number and in what copies may grow to.
// What a path means is json-pointer.ts.

import { ApiError } from '../api/api-error.ts';
import type { Json, JsonObject } from '../api/object.ts';
import { isSameJson } from '../registry/same-json.ts';
import { changeAt, formatPointer, parsePointer, PointerError, valueAt } from './json-pointer.ts';

/** As upstream. */
const maxOperations = 10_000;
/** Characters of JSON that all copies of a patch may make: each may double what is there. */
const maxCopied = 3 * 1024 * 1024;

/** Throws ApiError BadRequest for what is no patch, Invalid for one that cannot be done to this document. */
export function applyJsonPatch(document: Json, patch: unknown): Json {
  if (!Array.isArray(patch)) throw new ApiError('BadRequest', 'a JSON patch is a list of operations');
  if (patch.length > maxOperations) {
    throw new ApiError(
      'RequestEntityTooLarge',
      `The allowed maximum operations in a JSON patch is ${maxOperations}, got ${patch.length}`,
    );
  }
  let value = document;
  let copied = 0;
  for (const [index, item] of patch.entries()) {
    const operation = readOperation(item, index);
    try {
      if (operation.op === 'copy') {
        copied += JSON.stringify(valueAt(value, operation.from)).length;
        if (copied > maxCopied)
          throw new PointerError(`the copies of this patch have more than ${maxCopied} characters`);
      }
      value = apply(value, operation);
    } catch (error) {
      if (!(error instanceof PointerError)) throw error;
      throw new ApiError(
        'Invalid',
        `the server rejected our request due to an error in our request: operation ${index} (${operation.op}): ${error.message}`,
        undefined,
        { cause: error },
      );
    }
  }
  return value;
}

type Tokens = readonly string[];
type Operation =
  | { readonly op: 'add' | 'replace' | 'test'; readonly path: Tokens; readonly value: Json }
  | { readonly op: 'remove'; readonly path: Tokens }
  | { readonly op: 'move' | 'copy'; readonly path: Tokens; readonly from: Tokens };

function apply(document: Json, operation: Operation): Json {
  switch (operation.op) {
    case 'add':
      return changeAt(document, operation.path, true, () => operation.value);
    case 'remove':
      return remove(document, operation.path);
    case 'replace':
      return changeAt(document, operation.path, false, (before) => {
        if (before === undefined) throw new PointerError(`nothing is at "${formatPointer(operation.path)}"`);
        return operation.value;
      });
    case 'copy':
      return changeAt(document, operation.path, true, () => valueAt(document, operation.from));
    case 'move': {
      const { from, path } = operation;
      const moved = valueAt(document, from);
      if (isSameJson(from, path)) return document;
      // RFC 6902 §4.4: not into itself.
      if (from.every((token, index) => path[index] === token))
        throw new PointerError('a value cannot be moved into itself');
      return changeAt(remove(document, from), path, true, () => moved);
    }
    case 'test':
      if (isSameJson(valueAt(document, operation.path), operation.value)) return document;
      throw new PointerError(`the value at "${formatPointer(operation.path)}" is not the one of the test`);
  }
}

function remove(document: Json, path: Tokens): Json {
  return changeAt(document, path, false, (before) => {
    if (before === undefined) throw new PointerError(`nothing is at "${formatPointer(path)}"`);
    return undefined;
  });
}

function readOperation(item: unknown, index: number): Operation {
  const refuse = (why: string): ApiError => new ApiError('BadRequest', `operation ${index} of the JSON patch: ${why}`);
  if (!isMap(item)) throw refuse('expected a map');
  const { op, path, from, value } = item;
  const tokensOf = (text: unknown, field: string): Tokens => {
    if (typeof text !== 'string') throw refuse(`${field}: expected a JSON pointer`);
    try {
      return parsePointer(text);
    } catch (error) {
      throw error instanceof PointerError ? refuse(`${field}: ${error.message}`) : error;
    }
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

function isMap(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
