// Reads YAML text into plain values while remembering on which line each field stands, so that every
// complaint about a file can name it. One reader for router.yaml and for Kubernetes manifests.
// Bounded in size, nesting, aliases and documents; says what is wrong instead of throwing.
// What a value means is not decided here.

import { isAlias, isMap, isPair, isScalar, isSeq, LineCounter, parseAllDocuments } from 'yaml';
import type { Document, ParsedNode, YAMLError } from 'yaml';
import { formatFieldPath } from './field-path.ts';

/** Names of keys and positions in lists, from the root of a document. */
export type FieldPath = readonly (string | number)[];

export interface YamlFault {
  /** Line in the text, from 1. */
  readonly line: number;
  readonly message: string;
}

export interface YamlLimits {
  readonly maxBytes: number;
  readonly maxDocuments: number;
  /** How many values aliases (`*name`) may stand for in one document. */
  readonly maxAliases: number;
  readonly maxDepth: number;
}

export const defaultYamlLimits: YamlLimits = {
  maxBytes: 4 * 1024 * 1024,
  maxDocuments: 10_000,
  maxAliases: 100,
  maxDepth: 64,
};

export interface YamlDocument {
  /** Plain maps, lists, strings, numbers, booleans and null. */
  readonly value: unknown;
  /** Line on which the document begins. */
  readonly line: number;
  /** Line of the field, or of its nearest parent that the text has (a missing field has no line of its own). */
  lineOf(path: FieldPath): number;
}

export interface YamlReading {
  /** Documents that hold something; empty ones (`---` twice) are left out. */
  readonly documents: readonly YamlDocument[];
  readonly faults: readonly YamlFault[];
}

export function readYaml(text: string, limits: YamlLimits = defaultYamlLimits): YamlReading {
  const refused = (line: number, message: string): YamlReading => ({ documents: [], faults: [{ line, message }] });
  // UTF-8 takes at most three bytes a UTF-16 unit; exact counting would need an encoder.
  if (text.length > limits.maxBytes) {
    return refused(1, `the file has ${text.length} characters: at most ${limits.maxBytes} are read`);
  }
  const deep = findTooDeepFlow(text, limits.maxDepth);
  if (deep !== undefined) return refused(deep, `nested more than ${limits.maxDepth} levels deep`);
  const lines = new LineCounter();
  const parsed = parseAllDocuments(text, { lineCounter: lines, uniqueKeys: true, strict: true, prettyErrors: false });
  if (!Array.isArray(parsed)) return { documents: [], faults: [] };
  if (parsed.length > limits.maxDocuments) {
    return refused(1, `the file has ${parsed.length} documents: at most ${limits.maxDocuments} are read`);
  }
  const documents: YamlDocument[] = [];
  const faults: YamlFault[] = [];
  for (const document of parsed) {
    const own = chooseErrors([...document.errors, ...document.warnings]);
    if (own.length > 0) {
      faults.push(...own.map((error) => describeError(error, document, lines)));
      continue;
    }
    if (document.contents === null || (isScalar(document.contents) && document.contents.value === null)) continue;
    const badKey = findCollectionKey(document.contents);
    if (badKey !== undefined) {
      faults.push({ line: lineAt(lines, badKey), message: 'a map or list stands as a key: expected a text' });
      continue;
    }
    const tooDeep = findTooDeep(document.contents, limits.maxDepth);
    if (tooDeep !== undefined) {
      faults.push({ line: lineAt(lines, tooDeep), message: `nested more than ${limits.maxDepth} levels deep` });
      continue;
    }
    const value = resolve(document, limits);
    if (value instanceof Resolved) documents.push(new ParsedDocument(document.contents, value.value, lines));
    else faults.push({ line: lineAt(lines, document.contents.range[0]), message: value });
  }
  return { documents, faults };
}

class Resolved {
  readonly value: unknown;
  constructor(value: unknown) {
    this.value = value;
  }
}

/** The document's value, or why its aliases are refused. */
function resolve(document: Document.Parsed, limits: YamlLimits): Resolved | string {
  try {
    return new Resolved(document.toJS({ maxAliasCount: limits.maxAliases }));
  } catch (error) {
    // The library throws ReferenceError when aliases expand to more than allowed or name nothing.
    if (error instanceof ReferenceError) return `aliases are refused: ${hideNames(error.message)}`;
    throw error;
  }
}

class ParsedDocument implements YamlDocument {
  readonly value: unknown;
  readonly line: number;
  readonly #root: ParsedNode;
  readonly #lines: LineCounter;

  constructor(root: ParsedNode, value: unknown, lines: LineCounter) {
    this.#root = root;
    this.#lines = lines;
    this.value = value;
    this.line = lineAt(lines, root.range[0]);
  }

  lineOf(path: FieldPath): number {
    let node: unknown = this.#root;
    let offset = this.#root.range[0];
    for (const step of path) {
      if (isMap(node)) {
        const pair: unknown = node.items.find((item) => keyText(item.key) === String(step));
        if (!isPair(pair)) break;
        offset = offsetOf(pair.key) ?? offset;
        node = pair.value;
      } else if (isSeq(node) && typeof step === 'number') {
        const item: unknown = node.items[step];
        if (item === undefined) break;
        offset = offsetOf(item) ?? offset;
        node = item;
      } else {
        // A scalar, or an alias whose text stands elsewhere: the line of the alias is what a person edits.
        break;
      }
    }
    return lineAt(this.#lines, offset);
  }
}

function keyText(key: unknown): string | undefined {
  return isScalar(key) ? String(key.value) : undefined;
}

function offsetOf(node: unknown): number | undefined {
  if (isScalar(node) || isMap(node) || isSeq(node) || isAlias(node)) return node.range?.[0];
  return undefined;
}

function lineAt(lines: LineCounter, offset: number): number {
  return lines.linePos(offset).line;
}

/**
 * Whatever is wrong with the grammar, the parser stumbles on over all that follows: only the first such error is a
 * fault, or the first tab, because indentation goes wrong around it on both sides. Keys that stand twice are faults of
 * their own, as far as the text before it goes.
 */
function chooseErrors(errors: readonly YAMLError[]): readonly YAMLError[] {
  const sorted = errors.toSorted((a, b) => a.pos[0] - b.pos[0]);
  const isDuplicate = ({ code }: YAMLError): boolean => code === 'DUPLICATE_KEY';
  const first = sorted.find(({ code }) => code === 'TAB_AS_INDENT') ?? sorted.find((error) => !isDuplicate(error));
  if (first === undefined) return sorted;
  return [...sorted.filter((error) => isDuplicate(error) && error.pos[0] < first.pos[0]), first];
}

const advice: Readonly<Partial<Record<YAMLError['code'], string>>> = {
  BAD_INDENT: 'check the indentation, and that every bracket is closed',
  BAD_SCALAR_START: 'put the text in quotes',
  BLOCK_AS_IMPLICIT_KEY: 'check the indentation, and that the key above has no other value',
  BLOCK_IN_FLOW: 'close the bracket before it',
  MISSING_CHAR: 'check that every key has its colon, and every quote and bracket its end',
  MULTILINE_IMPLICIT_KEY: 'check that every key has its colon, and every quote and bracket its end',
  UNEXPECTED_TOKEN: 'check the indentation, or put the text in quotes',
};

function describeError(error: YAMLError, document: Document.Parsed, lines: LineCounter): YamlFault {
  const line = lineAt(lines, error.pos[0]);
  if (error.code === 'DUPLICATE_KEY') {
    const field = formatFieldPath(findKey(document.contents, error.pos[0]) ?? []);
    const message = 'the same key stands twice in one map: remove one of them';
    return { line, message: field === '' ? message : `${field}: ${message}` };
  }
  if (error.code === 'TAB_AS_INDENT') return { line, message: 'a tab is used as indentation: use spaces' };
  const message = hideNames(error.message.split('\n')[0].replace(/ at line \d+, column \d+:?$/, ''));
  const hint = advice[error.code];
  return { line, message: `not valid YAML: ${message}${hint === undefined ? '' : `: ${hint}`}` };
}

/** The path of the key that begins at an offset; walks with a stack of its own. */
function findKey(root: ParsedNode | null, offset: number): FieldPath | undefined {
  const stack: { readonly node: unknown; readonly path: FieldPath }[] = [{ node: root, path: [] }];
  for (let entry = stack.pop(); entry !== undefined; entry = stack.pop()) {
    const { node, path } = entry;
    if (isSeq(node)) stack.push(...node.items.map((item, index) => ({ node: item, path: [...path, index] })));
    if (!isMap(node)) continue;
    for (const { key, value } of node.items) {
      const inner = [...path, keyText(key) ?? '?'];
      if (offsetOf(key) === offset) return inner;
      stack.push({ node: value, path: inner });
    }
  }
  return undefined;
}

/**
 * The line where flow collections (`[[[[`) open more levels than allowed. The parser recurses once a level, so this is
 * looked at before it runs; brackets within quotes and comments count too, which a real file never notices.
 */
function findTooDeepFlow(text: string, maxDepth: number): number | undefined {
  let depth = 0;
  let line = 1;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    if (unit === 10) line++;
    else if (unit === 91 || unit === 123) depth++;
    else if (unit === 93 || unit === 125) depth = Math.max(0, depth - 1);
    if (depth > maxDepth * 4) return line;
  }
  return undefined;
}

/** The library would make a text of it, and print that as a warning of the process, whatever stands there. */
function findCollectionKey(root: ParsedNode): number | undefined {
  const stack: unknown[] = [root];
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    if (isSeq(node)) stack.push(...node.items);
    if (!isMap(node)) continue;
    for (const { key, value } of node.items) {
      if (isMap(key) || isSeq(key)) return offsetOf(key);
      if (value !== null) stack.push(value);
    }
  }
  return undefined;
}

/** Offset of the first node that lies deeper than allowed; walks with a stack of its own. */
function findTooDeep(root: ParsedNode, maxDepth: number): number | undefined {
  const stack: { readonly node: unknown; readonly depth: number }[] = [{ node: root, depth: 0 }];
  for (let entry = stack.pop(); entry !== undefined; entry = stack.pop()) {
    const { node, depth } = entry;
    if (depth > maxDepth) return offsetOf(node) ?? root.range[0];
    if (isMap(node)) {
      for (const pair of node.items)
        stack.push({ node: pair.key, depth: depth + 1 }, { node: pair.value, depth: depth + 1 });
    } else if (isSeq(node)) {
      for (const item of node.items) stack.push({ node: item, depth: depth + 1 });
    }
  }
  return undefined;
}

/** A password with a backslash in double quotes is an escape to YAML. A password without quotes reads as an alias when it begins with `*`, as something else with `&`, `!`, `|` or `>`: no such text is said. */
function hideNames(message: string): string {
  if (message.startsWith('Invalid escape sequence')) {
    return 'Invalid escape sequence (a backslash in double quotes is written twice)';
  }
  if (!/\b(alias|anchor|tag|header)/i.test(message)) return message;
  const [what] = message.split(/:\s| [!*&]|["'`]/);
  return `${what} (text that begins with * & ! | or > needs quotes)`;
}
