// JSON pointers (RFC 6901), and values changed at one: what they share with the old value stays shared. Pure. Which changes there are
// is json-patch.ts.

import type { Json, JsonObject } from '../api/object.ts';

/** A pointer leads nowhere, or where nothing can be. */
export class PointerError extends Error {
  override readonly name = 'PointerError';
}

/** Throws PointerError. */
export function parsePointer(text: string): readonly string[] {
  if (text === '') return [];
  if (!text.startsWith('/')) throw new PointerError(`the path ${quote(text)} does not begin with a slash`);
  if (/~(?![01])/.test(text)) throw new PointerError(`the path ${quote(text)} has a ~ without 0 or 1 behind it`);
  return text
    .slice(1)
    .split('/')
    .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** Throws PointerError when nothing is there. */
export function valueAt(value: Json, tokens: readonly string[]): Json {
  let found = value;
  for (const token of tokens) {
    const next = stepInto(found, token);
    if (next === undefined) throw new PointerError(`nothing is at ${quote(formatPointer(tokens))}`);
    found = next;
  }
  return found;
}

/**
 * `change` gets what is there, undefined for nothing, and answers what shall be there, undefined to remove it. In a list it `inserts`
 * before the index, or replaces. Throws PointerError.
 */
export function changeAt(
  value: Json,
  tokens: readonly string[],
  inserts: boolean,
  change: (before: Json | undefined) => Json | undefined,
): Json {
  const [token, ...rest] = tokens;
  if (token === undefined) {
    const whole = change(value);
    if (whole === undefined) throw new PointerError('the whole document cannot be removed');
    return whole;
  }
  if (rest.length > 0) {
    const inner = stepInto(value, token);
    if (inner === undefined) throw new PointerError(`nothing is at ${quote(formatPointer(tokens))}`);
    return put(value, token, changeAt(inner, rest, inserts, change));
  }
  if (Array.isArray(value)) return changeList(value, token, inserts, change);
  if (!isMap(value)) throw new PointerError(`what ${quote(token)} should be in is neither a map nor a list`);
  const after = change(Object.hasOwn(value, token) ? value[token] : undefined);
  if (after !== undefined) return put(value, token, after);
  return Object.fromEntries(Object.entries(value).filter(([key]) => key !== token));
}

export function formatPointer(tokens: readonly string[]): string {
  return tokens.map((token) => `/${token.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

function changeList(
  list: readonly Json[],
  token: string,
  inserts: boolean,
  change: (before: Json | undefined) => Json | undefined,
): Json {
  const at = token === '-' ? list.length : indexOf(token);
  if (at === undefined || at > list.length || (at === list.length && !inserts)) {
    throw new PointerError(`${quote(token)} is no place in a list of ${list.length}`);
  }
  const after = change(inserts ? undefined : list[at]);
  return list.toSpliced(at, inserts ? 0 : 1, ...(after === undefined ? [] : [after]));
}

function stepInto(value: Json, token: string): Json | undefined {
  if (Array.isArray(value)) {
    const at = indexOf(token);
    return at === undefined ? undefined : value[at];
  }
  return isMap(value) && Object.hasOwn(value, token) ? value[token] : undefined;
}

function put(value: Json, token: string, inner: Json): Json {
  if (Array.isArray(value)) return value.with(Number(token), inner);
  // Not a spread: `__proto__` is a key like others.
  const entries = new Map(Object.entries(isMap(value) ? value : {}));
  return Object.fromEntries(entries.set(token, inner));
}

/** RFC 6901 §4: digits without leading zeros. */
function indexOf(token: string): number | undefined {
  return /^(?:0|[1-9]\d{0,8})$/.test(token) ? Number(token) : undefined;
}

function isMap(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function quote(text: string): string {
  return JSON.stringify(text.slice(0, 256));
}
