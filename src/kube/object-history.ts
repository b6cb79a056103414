// Remembers when objects of files were first seen, across restarts: an API server would have given each
// a uid and a creation time, and "the older one stays in force" needs it. A small file in the state
// directory, written whole and renamed into place.

import { randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

const FORMAT_VERSION = 1;

interface Entry {
  readonly uid: string;
  readonly creationTimestamp: string;
}

/** The file has a newer format than this program knows, or none at all. */
export class HistoryFormatError extends Error {}

export class ObjectHistory {
  readonly #file: string;
  #entries: Map<string, Entry>;
  #isChanged = false;

  /** Throws HistoryFormatError; a missing file is an empty history. */
  constructor(file: string) {
    this.#file = file;
    this.#entries = readEntries(file);
  }

  /** The entry of an object, made now if it is new. `nowMs`: milliseconds since 1970. */
  entryOf(key: string, nowMs: number): Entry {
    const known = this.#entries.get(key);
    if (known !== undefined) return known;
    const creationTimestamp = `${new Date(nowMs).toISOString().slice(0, 19)}Z`;
    const entry = { uid: randomUUID(), creationTimestamp };
    this.#entries.set(key, entry);
    this.#isChanged = true;
    return entry;
  }

  /** Forgets objects that are gone, and writes the file if anything changed. */
  retain(keys: ReadonlySet<string>): void {
    for (const key of this.#entries.keys()) {
      if (keys.has(key)) continue;
      this.#entries.delete(key);
      this.#isChanged = true;
    }
    if (!this.#isChanged) return;
    mkdirSync(dirname(this.#file), { recursive: true });
    const next = `${this.#file}.next`;
    const text = JSON.stringify({ formatVersion: FORMAT_VERSION, objects: Object.fromEntries(this.#entries) }, null, 2);
    writeFileSync(next, `${text}\n`, { mode: 0o640 });
    renameSync(next, this.#file);
    this.#isChanged = false;
  }
}

function readEntries(file: string): Map<string, Entry> {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return new Map();
    throw error;
  }
  const entries = new Map<string, Entry>();
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (error) {
    throw new HistoryFormatError(`${file} is not JSON: remove it to begin anew`, { cause: error });
  }
  const { formatVersion, objects } = Object(content) as Record<string, unknown>;
  if (formatVersion !== FORMAT_VERSION) {
    throw new HistoryFormatError(
      `${file} has format version ${String(formatVersion)}; this program knows version ${FORMAT_VERSION}`,
    );
  }
  for (const [key, entry] of Object.entries(Object(objects) as Record<string, unknown>)) {
    const { uid, creationTimestamp } = Object(entry) as Record<string, unknown>;
    if (typeof uid === 'string' && typeof creationTimestamp === 'string') entries.set(key, { uid, creationTimestamp });
  }
  return entries;
}
