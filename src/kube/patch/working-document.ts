// A JSON document while a patch changes it: made once, changed in place, turned back into JSON at the end, so that an operation costs
// its path and not the maps on it. Bounded in depth, and in what all operations together look at or copy. Pure.

import { isJsonObject, type Json } from '../api/object.ts';

/** Maps are Maps: `__proto__` is a key like others. */
export type Node = null | boolean | number | string | Node[] | Map<string, Node>;

/** An operation leads nowhere, or where nothing can be, or too far. */
export class PatchFault extends Error {
  override readonly name = 'PatchFault';
}

/** Of a whole object, as the registry has it for bodies. */
const maxDepth = 200;
/** Values that the operations of one patch may copy, move, compare or shift in lists: a second's work at most. */
const maxWork = 5_000_000;

export class WorkingDocument {
  #root: Node;
  #work = 0;

  constructor(document: Json) {
    this.#root = toNode(document);
  }

  toJson(): Json {
    return fromNode(this.#root);
  }

  /** Throws PatchFault when nothing is there. */
  at(path: readonly string[]): Node {
    let found = this.#root;
    for (const token of path) found = step(found, token) ?? nothing(path);
    return found;
  }

  /** RFC 6902 §4.1: into a list before the index, into a map in the place of what is there. */
  add(path: readonly string[], value: Node): void {
    this.#checkDepth(value, path.length);
    const token = path.at(-1);
    if (token === undefined) {
      this.#root = value;
      return;
    }
    const parent = this.#parent(path);
    if (parent instanceof Map) {
      parent.set(token, value);
      return;
    }
    const at = token === '-' ? parent.length : indexOf(token);
    if (at === undefined || at > parent.length) throw noPlace(token, parent);
    this.#spend(parent.length - at);
    parent.splice(at, 0, value);
  }

  /** Answers what was there. */
  remove(path: readonly string[]): Node {
    const token = path.at(-1);
    if (token === undefined) throw new PatchFault('the whole document cannot be removed');
    const removed = this.at(path);
    const parent = this.#parent(path);
    if (parent instanceof Map) parent.delete(token);
    else {
      const at = indexOf(token) ?? 0;
      this.#spend(parent.length - at);
      parent.splice(at, 1);
    }
    return removed;
  }

  replace(path: readonly string[], value: Node): void {
    this.at(path);
    this.#checkDepth(value, path.length);
    const token = path.at(-1);
    if (token === undefined) {
      this.#root = value;
      return;
    }
    const parent = this.#parent(path);
    if (parent instanceof Map) parent.set(token, value);
    else parent[indexOf(token) ?? 0] = value;
  }

  copyOf(path: readonly string[]): Node {
    return this.#clone(this.at(path));
  }

  /** Equal as JSON (RFC 6902 §4.6). */
  holds(path: readonly string[], value: Node): boolean {
    return this.#isSame(this.at(path), value);
  }

  #parent(path: readonly string[]): Node[] | Map<string, Node> {
    const parent = this.at(path.slice(0, -1));
    if (parent instanceof Map || Array.isArray(parent)) return parent;
    throw new PatchFault(`what ${quote(path.at(-1) ?? '')} should be in is neither a map nor a list`);
  }

  #clone(node: Node): Node {
    this.#spend(1);
    if (Array.isArray(node)) return node.map((item) => this.#clone(item));
    if (!(node instanceof Map)) return node;
    return new Map([...node].map(([key, value]) => [key, this.#clone(value)]));
  }

  #isSame(one: Node, other: Node): boolean {
    this.#spend(1);
    if (Array.isArray(one)) {
      if (!Array.isArray(other) || one.length !== other.length) return false;
      return one.every((item, at) => this.#isSame(item, other[at]));
    }
    if (!(one instanceof Map)) return one === other;
    if (!(other instanceof Map) || one.size !== other.size) return false;
    for (const [key, value] of one) {
      const found = other.get(key);
      if (found === undefined || !this.#isSame(value, found)) return false;
    }
    return true;
  }

  /** Of what is put below `above` levels. */
  #checkDepth(node: Node, above: number): void {
    if (above > maxDepth) throw new PatchFault(`the document would be nested more than ${maxDepth} levels deep`);
    this.#spend(1);
    if (node instanceof Map) for (const value of node.values()) this.#checkDepth(value, above + 1);
    else if (Array.isArray(node)) for (const item of node) this.#checkDepth(item, above + 1);
  }

  #spend(work: number): void {
    this.#work += work;
    if (this.#work > maxWork) throw new PatchFault('the operations of this patch copy, compare or move too much');
  }
}

export function toNode(json: Json): Node {
  if (typeof json !== 'object' || json === null) return json;
  if (!isJsonObject(json)) return json.map((item) => toNode(item));
  const fields = new Map<string, Node>();
  for (const [key, value] of Object.entries(json)) if (value !== undefined) fields.set(key, toNode(value));
  return fields;
}

function fromNode(node: Node): Json {
  if (Array.isArray(node)) return node.map((item) => fromNode(item));
  if (!(node instanceof Map)) return node;
  // A field of every key, unlike an assignment.
  return Object.fromEntries([...node].map(([key, value]) => [key, fromNode(value)]));
}

function step(node: Node, token: string): Node | undefined {
  if (node instanceof Map) return node.get(token);
  const at = Array.isArray(node) ? indexOf(token) : undefined;
  return Array.isArray(node) && at !== undefined ? node[at] : undefined;
}

/** RFC 6901 §4: digits without leading zeros. */
function indexOf(token: string): number | undefined {
  return /^(?:0|[1-9]\d{0,8})$/.test(token) ? Number(token) : undefined;
}

function nothing(path: readonly string[]): never {
  const pointer = path.map((token) => `/${token.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
  throw new PatchFault(`nothing is at ${quote(pointer)}`);
}

function noPlace(token: string, list: readonly Node[]): PatchFault {
  return new PatchFault(`${quote(token)} is no place in a list of ${list.length}`);
}

function quote(text: string): string {
  return JSON.stringify(text.slice(0, 256));
}
