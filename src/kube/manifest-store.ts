// A KubeStore over a directory of YAML files, for `waggle agent --standalone`. The directory is looked
// at twice a second, which sees every way of changing it (editors, renames, swapped symlinks, network
// file systems). An object whose new text is broken keeps its last good version.

import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { KindName, Kinds, ObjectMeta } from './kinds.ts';
import { ObjectHistory } from './object-history.ts';
import type { KubeStore, StoreFault } from './port.ts';
import { ManifestReader, type ManifestFile, type ReadObject } from './read-manifests.ts';

const POLL_MS = 500;
const MAX_FILES = 1000;

interface Held {
  readonly read: ReadObject;
  readonly resource: Readonly<Record<string, unknown>> & { readonly metadata: ObjectMeta };
}

export interface ManifestStoreOptions {
  readonly directory: string;
  /** File that remembers creation times. */
  readonly historyFile: string;
}

export class ManifestStore implements KubeStore {
  readonly #directory: string;
  readonly #history: ObjectHistory;
  readonly #reader = new ManifestReader();
  #held = new Map<string, Held>();
  #faults: readonly StoreFault[] = [];
  #signature = '';
  #listener: (() => void) | undefined;
  #timer: NodeJS.Timeout | undefined;

  /** Throws HistoryFormatError. */
  constructor(options: ManifestStoreOptions) {
    this.#directory = options.directory;
    this.#history = new ObjectHistory(options.historyFile);
  }

  list<K extends KindName>(kind: K): readonly Kinds[K][] {
    const found: Kinds[K][] = [];
    for (const { read, resource } of this.#held.values()) {
      // The schema of `kind` has made the value a Kinds[K].
      if (read.kind === kind) found.push(resource as unknown as Kinds[K]);
    }
    return found;
  }

  locate(object: string, path: string): string | undefined {
    const read = this.#held.get(object)?.read;
    if (read === undefined) return undefined;
    return `${read.file}:${read.document.lineOf(parseFieldPath(path))}`;
  }

  faults(): readonly StoreFault[] {
    return this.#faults;
  }

  onChange(listener: () => void): void {
    this.#listener = listener;
  }

  async start(): Promise<void> {
    this.#load();
    this.#timer = setInterval(() => {
      if (this.#load()) this.#listener?.();
    }, POLL_MS);
    return Promise.resolve();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** True when something changed. */
  #load(): boolean {
    const { files, signature, faults } = this.#readDirectory();
    if (signature === this.#signature) return false;
    this.#signature = signature;
    if (files === undefined) {
      // The directory cannot be read: keep everything, say so.
      this.#faults = faults;
      return true;
    }
    const reading = this.#reader.read(files);
    const next = new Map<string, Held>();
    for (const read of reading.objects) next.set(read.key, { read, resource: this.#complete(read) });
    for (const [key, held] of this.#held) {
      // Gone from a file that can be read: deleted. Broken, or somewhere in a broken file: kept.
      const isKept = reading.refused.has(key) || reading.unreadable.has(held.read.file);
      if (!next.has(key) && isKept) next.set(key, held);
    }
    this.#held = new Map([...next].toSorted(([a], [b]) => (a < b ? -1 : 1)));
    this.#faults = [...faults, ...reading.faults];
    this.#history.retain(new Set(next.keys()));
    return true;
  }

  #readDirectory(): { files: ManifestFile[] | undefined; signature: string; faults: StoreFault[] } {
    const faults: StoreFault[] = [];
    const files: ManifestFile[] = [];
    let signature = '';
    let names: string[];
    try {
      names = readdirSync(this.#directory)
        .filter((name) => /\.(ya?ml|json)$/.test(name))
        .toSorted();
    } catch (error) {
      const message = `cannot read the directory: ${describe(error)}`;
      return { files: undefined, signature: message, faults: [{ where: this.#directory, object: undefined, message }] };
    }
    if (names.length > MAX_FILES) {
      const message = `${names.length} manifest files: only the first ${MAX_FILES} are read`;
      faults.push({ where: this.#directory, object: undefined, message });
      names.length = MAX_FILES;
    }
    for (const name of names) {
      const path = join(this.#directory, name);
      try {
        const stat = statSync(path, { bigint: true });
        signature += `${name} ${stat.ino} ${stat.size} ${stat.mtimeNs}\n`;
        files.push({ name: path, text: '' });
      } catch (error) {
        signature += `${name} ${describe(error)}\n`;
        faults.push({ where: path, object: undefined, message: describe(error) });
      }
    }
    if (signature === this.#signature) return { files, signature, faults };
    return { files: files.map(({ name }) => readFile(name, faults)), signature, faults };
  }

  #complete(read: ReadObject): Held['resource'] {
    const metadata = Object(read.value.metadata) as Record<string, unknown>;
    const entry = this.#history.entryOf(read.key, Date.now());
    return {
      ...read.value,
      metadata: {
        name: String(metadata.name),
        uid: typeof metadata.uid === 'string' ? metadata.uid : entry.uid,
        creationTimestamp:
          typeof metadata.creationTimestamp === 'string' ? metadata.creationTimestamp : entry.creationTimestamp,
        labels: Object(metadata.labels) as Record<string, string>,
        annotations: Object(metadata.annotations) as Record<string, string>,
      },
    };
  }
}

/** A file that vanished or cannot be read counts as unreadable text, so that its objects are kept. */
function readFile(name: string, faults: StoreFault[]): ManifestFile {
  try {
    return { name, text: readFileSync(name, 'utf8') };
  } catch (error) {
    faults.push({ where: name, object: undefined, message: describe(error) });
    return { name, text: '\u0000' };
  }
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** `spec.neighbors[1].peerASN` as steps. */
function parseFieldPath(path: string): (string | number)[] {
  return [...path.matchAll(/\[(\d+)\]|\[([^\]]*)\]|([^.[\]]+)/g)].map(([, index, quoted, word]) =>
    index === undefined ? (quoted ?? word ?? '') : Number(index),
  );
}
