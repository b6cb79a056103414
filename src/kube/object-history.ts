// Remembers when objects of files were first seen, across restarts: an API server would have given each
// a uid and a creation time, and "the older one stays in force" needs it. A small file in the state
// directory, written whole, synced and renamed into place.

import { randomUUID } from 'node:crypto';
import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { isRecord } from './record.ts';

const FORMAT_VERSION = 1;

interface Entry {
  readonly uid: string;
  readonly creationTimestamp: string;
}

/** The file has a newer format than this program knows, is damaged or cannot be read. */
export class HistoryError extends Error {
  readonly code: 'format' | 'damaged' | 'unreadable';

  constructor(code: HistoryError['code'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'HistoryError';
    this.code = code;
  }
}

export class ObjectHistory {
  readonly #file: string;
  readonly #entries: Map<string, Entry>;
  #isChanged = false;
  /** No object seen from now on is as old as the ones that are there. */
  #notBeforeMs = 0;

  /** Throws HistoryError; a missing file is an empty history. */
  constructor(file: string) {
    this.#file = file;
    this.#entries = readEntries(file);
    this.#closeGeneration();
  }

  /** The entry of an object, made now if it is new. `nowMs`: milliseconds since 1970. */
  entryOf(key: string, nowMs: number): Entry {
    const known = this.#entries.get(key);
    if (known !== undefined) return known;
    const creationTimestamp = formatTime(Math.max(nowMs, this.#notBeforeMs));
    const entry = { uid: randomUUID(), creationTimestamp };
    this.#entries.set(key, entry);
    this.#isChanged = true;
    return entry;
  }

  /** Forgets the objects that are gone. */
  retain(keys: ReadonlySet<string>): void {
    for (const key of this.#entries.keys()) {
      if (keys.has(key)) continue;
      this.#entries.delete(key);
      this.#isChanged = true;
    }
  }

  /** Writes the file if anything changed; throws what the file system says, and can be called again. */
  save(): void {
    this.#closeGeneration();
    if (!this.#isChanged) return;
    mkdirSync(dirname(this.#file), { recursive: true });
    const next = `${this.#file}.next`;
    const text = JSON.stringify({ formatVersion: FORMAT_VERSION, objects: Object.fromEntries(this.#entries) }, null, 2);
    const descriptor = openSync(next, 'w', 0o640);
    try {
      writeSync(descriptor, `${text}\n`);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameSync(next, this.#file);
    this.#isChanged = false;
  }

  /**
   * Times have whole seconds, as in Kubernetes. Objects that come together are equally old; one that comes later, if in the
   * same second, is given the next.
   */
  #closeGeneration(): void {
    for (const { creationTimestamp } of this.#entries.values()) {
      this.#notBeforeMs = Math.max(this.#notBeforeMs, Date.parse(creationTimestamp) + 1000);
    }
  }
}

/** UTC in whole seconds. */
export function formatTime(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}

function readEntries(file: string): Map<string, Entry> {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return new Map();
    const why = error instanceof Error ? error.message : String(error);
    throw new HistoryError('unreadable', `${file} cannot be read: ${why}`, { cause: error });
  }
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (error) {
    throw new HistoryError('damaged', `${file} is not JSON: remove it to begin anew`, { cause: error });
  }
  if (!isRecord(content)) {
    throw new HistoryError('damaged', `${file} is no history of objects: remove it to begin anew`);
  }
  if (content.formatVersion !== FORMAT_VERSION) {
    const found = JSON.stringify(content.formatVersion) ?? 'none';
    throw new HistoryError(
      'format',
      `${file} has format version ${found}, this program knows version ${FORMAT_VERSION}: run the newer program, or remove the file to begin anew`,
    );
  }
  const entries = new Map<string, Entry>();
  if (!isRecord(content.objects)) {
    throw new HistoryError('damaged', `${file} is no history of objects: remove it to begin anew`);
  }
  for (const [key, entry] of Object.entries(content.objects)) {
    if (!isRecord(entry)) continue;
    const { uid, creationTimestamp } = entry;
    if (typeof uid !== 'string' || typeof creationTimestamp !== 'string') continue;
    if (!Number.isNaN(Date.parse(creationTimestamp))) entries.set(key, { uid, creationTimestamp });
  }
  return entries;
}
