// The embedded API's store: all objects in memory, each change on the disk before anybody sees it or is told that it was done. Changes
// of one turn of the event loop are one transaction. Knows keys and revisions; what an object means is the registry's business.

import { ApiError } from '../api/api-error.ts';
import type { KubeObject, ObjectKey } from '../api/object.ts';
import type { Storage, StorageWatch, StoredEvent } from '../registry/storage.ts';
import { isSameJson } from '../api/same-json.ts';
import { Database, DatabaseError, type EventRow } from './database.ts';
import { History, type HistoryOptions } from './history.ts';
import { ObjectTable } from './object-table.ts';
import { Watchers } from './watchers.ts';

export interface ObjectStoreOptions extends HistoryOptions {
  readonly directory: string;
}

export const defaultHistory: HistoryOptions = { keepEvents: 20_000, keepMs: 3_600_000 };

const probeMs = 1_000;

/** A write that waits for its transaction. */
interface Pending {
  /** undefined: nothing to do but to wait for what it saw. */
  readonly event: (StoredEvent & { readonly wallMs: number; readonly json: string }) | undefined;
  readonly answer: KubeObject | undefined;
  readonly resolve: (object: KubeObject | undefined) => void;
  readonly reject: (error: Error) => void;
}

export class ObjectStore implements Storage {
  readonly #database: Database;
  readonly #nowMs: () => number;
  readonly #table = new ObjectTable();
  readonly #history: History;
  readonly #watchers: Watchers;
  /** Of what is durable. */
  #revision: number;
  /** With what is not yet. */
  #nextRevision: number;
  #pending: Pending[] = [];
  /** By key, what pending writes make of it; undefined: gone. */
  readonly #ahead = new Map<string, KubeObject | undefined>();
  #isPlanned = false;
  /** Since the last write failed. */
  #fault: { readonly why: string; readonly probedMs: number } | undefined;
  #isClosed = false;

  /** Reads the file. Throws DatabaseError. */
  constructor(options: ObjectStoreOptions, nowMs: () => number) {
    this.#nowMs = nowMs;
    this.#database = new Database(options.directory);
    try {
      this.#revision = this.#nextRevision = this.#database.revision;
      for (const { key, json } of this.#database.objects()) this.#table.set(key, parse(json, this.#database.file));
      this.#history = new History(options, this.#revision);
      for (const row of this.#database.events()) this.#history.append(this.#readEvent(row));
    } catch (error) {
      this.#database.close();
      throw error;
    }
    this.#watchers = new Watchers(this.#history, () => this.#revision);
  }

  get revision(): number {
    return this.#revision;
  }

  get count(): number {
    return this.#table.count;
  }

  get watchCount(): number {
    return this.#watchers.count;
  }

  /** Why nothing can be written; undefined: the last write was, or one can be again, which is tried at most every second. */
  fault(): string | undefined {
    if (this.#fault === undefined || this.#isClosed) return this.#fault?.why;
    const probedMs = this.#nowMs();
    if (Math.abs(probedMs - this.#fault.probedMs) < probeMs) return this.#fault.why;
    try {
      this.#database.probe();
      this.#fault = undefined;
    } catch (error) {
      this.#fault = { why: error instanceof Error ? error.message : String(error), probedMs };
    }
    return this.#fault?.why;
  }

  get(key: ObjectKey): KubeObject | undefined {
    return this.#table.get(key);
  }

  list(resource: string, namespace: string | undefined): readonly KubeObject[] {
    return this.#table.list(resource, namespace);
  }

  write(
    key: ObjectKey,
    change: (latest: KubeObject | undefined) => KubeObject | 'delete' | undefined,
  ): Promise<KubeObject | undefined> {
    return new Promise((resolve, reject) => {
      if (this.#isClosed) throw new ApiError('ServiceUnavailable', 'the server is stopping');
      const keyText = textOf(key);
      const isAhead = this.#ahead.has(keyText);
      const latest = isAhead ? this.#ahead.get(keyText) : this.#table.get(key);
      const wanted = change(latest);
      const isSame =
        wanted === undefined || (wanted === 'delete' ? latest === undefined : isSameObject(wanted, latest));
      if (isSame) {
        // What it saw may not be durable yet.
        if (isAhead) this.#plan({ event: undefined, answer: latest, resolve, reject });
        else resolve(latest);
        return;
      }
      this.#plan(this.#makePending(key, wanted, latest, resolve, reject));
    });
  }

  watch(
    resource: string | undefined,
    namespace: string | undefined,
    afterRevision: number,
    told: (event: StoredEvent) => void,
    ended: (error: Error) => void,
  ): StorageWatch {
    return this.#watchers.add({ resource, namespace, told, ended }, afterRevision);
  }

  /** What was written is durable; what comes is refused. */
  close(): void {
    if (this.#isClosed) return;
    this.#flush();
    this.#isClosed = true;
    this.#watchers.close();
    this.#database.close();
  }

  #makePending(
    key: ObjectKey,
    wanted: KubeObject | 'delete',
    latest: KubeObject | undefined,
    resolve: Pending['resolve'],
    reject: Pending['reject'],
  ): Pending {
    const revision = ++this.#nextRevision;
    const last = wanted === 'delete' ? latest : wanted;
    if (last === undefined) throw new ApiError('InternalError', 'nothing is there to be deleted');
    const object: KubeObject = { ...last, metadata: { ...last.metadata, resourceVersion: String(revision) } };
    const type = wanted === 'delete' ? 'DELETED' : latest === undefined ? 'ADDED' : 'MODIFIED';
    this.#ahead.set(textOf(key), wanted === 'delete' ? undefined : object);
    const json = JSON.stringify(object);
    return {
      event: { type, revision, key, object, previous: latest, wallMs: this.#nowMs(), json },
      answer: object,
      resolve,
      reject,
    };
  }

  #plan(pending: Pending): void {
    this.#pending.push(pending);
    if (this.#isPlanned) return;
    this.#isPlanned = true;
    setImmediate(() => {
      this.#isPlanned = false;
      if (!this.#isClosed) this.#flush();
    });
  }

  /** One transaction with everything that waits. Nothing else runs in between. */
  #flush(): void {
    const pending = this.#pending;
    if (pending.length === 0) return;
    this.#pending = [];
    this.#ahead.clear();
    const events = pending.flatMap(({ event }) => event ?? []);
    const outdated = this.#history.outdated(this.#nowMs());
    try {
      if (events.length > 0) this.#database.commit(events.map(rowOf), outdated);
    } catch (error) {
      // None of it happened, and what was to come next was built on it.
      this.#nextRevision = this.#revision;
      const why = error instanceof DatabaseError ? error.message : String(error);
      this.#fault = { why, probedMs: this.#nowMs() };
      for (const { reject } of pending)
        reject(new ApiError('InternalError', `nothing was written: ${why}`, undefined, { cause: error }));
      return;
    }
    if (events.length > 0) this.#fault = undefined;
    for (const event of events) {
      if (event.type === 'DELETED') this.#table.delete(event.key);
      else this.#table.set(event.key, event.object);
      const { json: _, ...kept } = event;
      this.#history.append(kept);
    }
    if (events.length > 0) this.#history.forget(outdated);
    this.#revision = this.#nextRevision;
    for (const { resolve, answer } of pending) resolve(answer);
    if (events.length > 0) this.#watchers.notify();
  }

  #readEvent({ revision, type, key, json, previousJson, wallMs }: EventRow): StoredEvent & { readonly wallMs: number } {
    const { file } = this.#database;
    // Of objects that did not change since, memory has one copy.
    const live = this.#table.get(key);
    const isLive = live?.metadata.resourceVersion === String(revision);
    const object = isLive ? live : parse(json, file);
    const previous = previousJson === undefined ? undefined : parse(previousJson, file);
    return { revision, type, key, object, previous, wallMs };
  }
}

function rowOf({ revision, type, key, json, previous, wallMs }: NonNullable<Pending['event']>): EventRow {
  return {
    revision,
    type,
    key,
    json,
    previousJson: previous === undefined ? undefined : JSON.stringify(previous),
    wallMs,
  };
}

function parse(json: string | undefined, file: string): KubeObject {
  try {
    const value: KubeObject = JSON.parse(json ?? '');
    return value;
  } catch (error) {
    throw new DatabaseError(`${file} holds an object that is no JSON: restore it from a copy`, { cause: error });
  }
}

/** But for the resourceVersion, which says when and not what. */
function isSameObject(one: KubeObject, other: KubeObject | undefined): boolean {
  if (other === undefined) return false;
  const bare = (object: KubeObject): KubeObject => ({
    ...object,
    metadata: { ...object.metadata, resourceVersion: '' },
  });
  return isSameJson(bare(one), bare(other));
}

function textOf({ resource, namespace, name }: ObjectKey): string {
  return `${resource}\n${namespace}\n${name}`;
}
