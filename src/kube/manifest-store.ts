// A KubeStore over a directory of YAML files, for `waggle agent --standalone`. The directory is looked
// at four times a second, which sees every way of changing it (editors, renames, swapped symlinks, network
// file systems). An object whose new text is broken keeps its last good version.

import type { FieldPath } from '#control/yaml/document.ts';
import type { AnyManifest, AnyResource, KindName, Kinds, ObjectMeta } from './kinds.ts';
import { describeError, lookAtDirectory, readManifestFile, type DirectoryLook } from './manifest-directory.ts';
import { formatTime, ObjectHistory } from './object-history.ts';
import type { KubeStore, StoreFault } from './port.ts';
import { ManifestReader, type Admit, type ManifestFile, type ReadObject } from './read-manifests.ts';

const LOOK_MS = 250;
/** A directory that never comes to rest is read after so many looks all the same. */
const MAX_UNSETTLED_LOOKS = 6;

interface Held {
  readonly read: ReadObject;
  readonly resource: AnyResource;
}

export interface ManifestStoreOptions {
  readonly directory: string;
  /** File that remembers creation times. */
  readonly historyFile: string;
}

export interface ManifestStoreDeps {
  readonly admit: Admit;
  /** Milliseconds since 1970. */
  readonly nowMs: () => number;
}

export class ManifestStore implements KubeStore {
  readonly #options: ManifestStoreOptions;
  readonly #deps: ManifestStoreDeps;
  readonly #history: ObjectHistory;
  readonly #reader: ManifestReader;
  #held = new Map<string, Held>();
  #manifestFaults: readonly StoreFault[] = [];
  #historyFault: StoreFault | undefined;
  #signature: string | undefined;
  #unsettled: string | undefined;
  #unsettledLooks = 0;
  #listener: (() => void) | undefined;
  #timer: NodeJS.Timeout | undefined;

  /** Throws HistoryError. */
  constructor(options: ManifestStoreOptions, deps: ManifestStoreDeps) {
    this.#options = options;
    this.#deps = deps;
    this.#reader = new ManifestReader(deps.admit);
    this.#history = new ObjectHistory(options.historyFile);
  }

  list<K extends KindName>(kind: K): readonly Kinds[K][] {
    const found: Kinds[K][] = [];
    for (const { resource } of this.#held.values()) {
      if (isOfKind(resource, kind)) found.push(resource);
    }
    return found;
  }

  locate(object: string, path: FieldPath): string | undefined {
    return this.#held.get(object)?.read.locate(path);
  }

  faults(): readonly StoreFault[] {
    return this.#historyFault === undefined ? this.#manifestFaults : [...this.#manifestFaults, this.#historyFault];
  }

  onChange(listener: () => void): void {
    this.#listener = listener;
  }

  start(): Promise<void> {
    this.#apply(lookAtDirectory(this.#options.directory));
    this.#timer = setInterval(() => {
      if (this.#look()) this.#listener?.();
    }, LOOK_MS);
    return Promise.resolve();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** True when objects or faults changed. */
  #look(): boolean {
    const look = lookAtDirectory(this.#options.directory);
    if (look.signature === this.#signature) {
      this.#unsettled = undefined;
      this.#unsettledLooks = 0;
      return this.#historyFault !== undefined && this.#saveHistory();
    }
    // A file that is being written, or replaced by way of its absence, is left alone until two looks agree.
    const isSettled = look.signature === this.#unsettled;
    this.#unsettled = look.signature;
    this.#unsettledLooks++;
    if (!isSettled && this.#unsettledLooks < MAX_UNSETTLED_LOOKS) return false;
    this.#apply(look);
    return true;
  }

  #apply(look: DirectoryLook): void {
    this.#signature = look.signature;
    this.#unsettled = undefined;
    this.#unsettledLooks = 0;
    if (look.failure !== undefined) {
      // Everything stays as it was.
      this.#manifestFaults = [{ where: this.#options.directory, object: undefined, message: look.failure }];
      return;
    }
    const files: ManifestFile[] = [];
    const unreadable = [...look.unreadable];
    for (const path of look.paths) {
      const file = readManifestFile(path);
      if ('text' in file) files.push(file);
      else unreadable.push(file);
    }
    const preferred = new Map([...this.#held].map(([key, { read }]) => [key, read.file]));
    const reading = this.#reader.read(files, preferred);
    const doubtful = new Set([...reading.doubtful, ...unreadable.map(({ path }) => path)]);
    const next = new Map<string, Held>();
    for (const read of reading.objects) next.set(read.key, { read, resource: this.#complete(read) });
    const emptied = new Set<string>();
    for (const [key, { read }] of this.#held) {
      // An editor that writes slowly leaves the file empty for a while: only its removal says that the objects go.
      if (!next.has(key) && reading.empty.has(read.file)) emptied.add(read.file);
    }
    for (const file of emptied) doubtful.add(file);
    for (const [key, held] of this.#held) {
      // Gone from a file that is in order: deleted. Refused, or once part of a file that is not in order: kept.
      const isKept = reading.refused.has(key) || doubtful.has(held.read.file);
      if (!next.has(key) && isKept) next.set(key, held);
    }
    this.#held = new Map([...next].toSorted(([a], [b]) => (a < b ? -1 : 1)));
    this.#manifestFaults = [
      ...unreadable.map(({ path, message }) => ({ where: path, object: undefined, message })),
      ...[...emptied].map((file) => ({
        where: `${file}:1`,
        object: undefined,
        message: 'holds no object: remove the file to remove what it held',
      })),
      ...reading.faults,
    ];
    // What a file in disorder holds is not known, so nobody's age is forgotten until it is.
    if (doubtful.size === 0) this.#history.retain(new Set(next.keys()));
    this.#saveHistory();
  }

  /** True when it became possible or impossible. */
  #saveHistory(): boolean {
    const before = this.#historyFault?.message;
    try {
      this.#history.save();
      this.#historyFault = undefined;
    } catch (error) {
      const message = `ages of objects will be forgotten by a restart: ${describeError(error)}`;
      this.#historyFault = { where: this.#options.historyFile, object: undefined, message };
    }
    return this.#historyFault?.message !== before;
  }

  #complete(read: ReadObject): AnyResource {
    const { metadata } = read.manifest;
    const entry = this.#history.entryOf(read.key, this.#deps.nowMs());
    const { creationTimestamp } = metadata;
    return withMetadata(read.manifest, {
      name: metadata.name,
      ...('namespace' in metadata ? { namespace: metadata.namespace } : {}),
      uid: metadata.uid ?? entry.uid,
      creationTimestamp:
        creationTimestamp === undefined ? entry.creationTimestamp : formatTime(Date.parse(creationTimestamp)),
      labels: metadata.labels ?? {},
      annotations: metadata.annotations ?? {},
    });
  }
}

function withMetadata(manifest: AnyManifest, metadata: ObjectMeta): AnyResource {
  return { ...manifest, metadata };
}

function isOfKind<K extends KindName>(resource: AnyResource, kind: K): resource is Kinds[K] {
  return resource.kind === kind;
}
