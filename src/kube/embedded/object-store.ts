// The embedded API's store: all objects in memory, each change on the disk before anybody sees it or is told that it was done. Changes
// of one turn of the event loop are one transaction. Knows keys and revisions; what an object means is the registry's business.

import { ApiError, qualify } from '../api/api-error.ts';
import type { KubeObject, ObjectKey } from '../api/object.ts';
import type { Storage, StorageWatch, StoredEvent } from '../registry/storage.ts';
import { isSameJson } from '../api/same-json.ts';
import { Database, type EventRow } from './database.ts';
import { describe } from './database-error.ts';
import { type DatedEvent, History, type HistoryOptions } from './history.ts';
import { ObjectTable } from './object-table.ts';
import { readStored } from './read-stored.ts';
import { Watchers } from './watchers.ts';

export interface ObjectStoreOptions extends Partial<HistoryOptions> {
  readonly directory: string;
}

export const defaultHistory: HistoryOptions = { keepEvents: 20_000, keepLength: 64 * 2 ** 20, keepMs: 3_600_000 };

/** Of the objects of one transaction, in UTF-16 code units: more do not wait for the end of the turn. */
const maxBatchLength = 8 * 2 ** 20;
/** How often the disk is asked whether it takes anything again. */
const probeMs = 1_000;

/** A write that waits for its transaction. */
interface Pending {
  readonly key: ObjectKey;
  /** undefined: nothing to do but to wait for what it saw. */
  readonly change: { readonly event: DatedEvent; readonly row: EventRow } | undefined;
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
  /** Of what is pending. */
  #pendingLength = 0;
  /** By key, what pending writes make of it; undefined: gone. */
  readonly #ahead = new Map<string, KubeObject | undefined>();
  #isPlanned = false;
  #isClosed = false;
  /** Why the last transaction was none. */
  #fault: string | undefined;
  #probedMs = -Infinity;
  readonly #faulted: (fault: string | undefined) => void;

  /** Reads the file. `faulted` hears when the disk takes nothing more, and (undefined) when it does again. Throws DatabaseError. */
  constructor(
    options: ObjectStoreOptions,
    nowMs: () => number,
    faulted: (fault: string | undefined) => void = () => {},
  ) {
    this.#nowMs = nowMs;
    this.#faulted = faulted;
    this.#database = new Database(options.directory);
    try {
      const { file } = this.#database;
      this.#revision = this.#nextRevision = this.#database.revision;
      for (const { key, revision, json } of this.#database.objects()) {
        this.#table.set(key, readStored(json, revision, file));
      }
      this.#history = new History({ ...defaultHistory, ...options }, this.#revision);
      this.#readHistory();
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

  /** Why nothing can be written now; undefined: everything can. Asks the disk when it took nothing the last time. */
  get fault(): string | undefined {
    const nowMs = this.#nowMs();
    if (this.#fault === undefined || this.#isClosed || nowMs < this.#probedMs + probeMs) return this.#fault;
    this.#probedMs = nowMs;
    try {
      this.#database.probe();
      this.#setFault(undefined);
    } catch (error) {
      this.#setFault(describe(error, this.#database.file).message);
    }
    return this.#fault;
  }

  get(key: ObjectKey): KubeObject | undefined {
    return this.#table.get(key);
  }

  list(resource: string, namespace: string | undefined): readonly KubeObject[] {
    return this.#table.list(resource, namespace);
  }

  listAt(resource: string, namespace: string | undefined, revision: number): readonly KubeObject[] {
    this.#history.checkKept(revision);
    // The first change after the revision says what was there before it.
    const before = new Map<string, StoredEvent>();
    for (let next = this.#history.after(revision); next !== undefined; next = this.#history.after(next.revision)) {
      const { key } = next;
      const isAsked = key.resource === resource && (namespace === undefined || key.namespace === namespace);
      if (isAsked && !before.has(textOf(key))) before.set(textOf(key), next);
    }
    if (before.size === 0) return this.list(resource, namespace);
    const then = new ObjectTable();
    for (const object of this.list(resource, namespace)) {
      const { namespace: home = '', name = '' } = object.metadata;
      then.set({ resource, namespace: home, name }, object);
    }
    for (const { key, previous } of before.values()) {
      if (previous === undefined) then.delete(key);
      else then.set(key, previous);
    }
    return then.list(resource, namespace);
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
        if (isAhead) this.#plan({ key, change: undefined, answer: latest, resolve, reject });
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
    const previousJson = latest === undefined ? undefined : JSON.stringify(latest);
    const row: EventRow = { type, revision, key, json, previousJson, wallMs: this.#nowMs() };
    return { key, change: { event: datedOf(row, object, latest), row }, answer: object, resolve, reject };
  }

  #plan(pending: Pending): void {
    this.#pending.push(pending);
    this.#pendingLength += pending.change?.event.length ?? 0;
    if (this.#pendingLength >= maxBatchLength) return this.#flush();
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
    this.#pendingLength = 0;
    this.#ahead.clear();
    const changes = pending.flatMap(({ change }) => change ?? []);
    const events = changes.map(({ event }) => event);
    const outdated = this.#history.outdated(this.#nowMs(), events);
    try {
      if (changes.length > 0) {
        this.#database.commit(
          changes.map(({ row }) => row),
          outdated,
        );
        this.#setFault(undefined);
      }
    } catch (error) {
      this.#refuse(pending, error);
      return;
    }
    for (const event of events) {
      if (event.type === 'DELETED') this.#table.delete(event.key);
      else this.#table.set(event.key, event.object);
      this.#history.append(event);
    }
    this.#history.forget(outdated);
    this.#revision = this.#nextRevision;
    for (const { resolve, answer } of pending) resolve(answer);
    this.#watchers.notify(events);
  }

  /** None of it happened, and what was to come next was built on it. */
  #refuse(pending: readonly Pending[], cause: unknown): void {
    this.#nextRevision = this.#revision;
    const why = describe(cause, this.#database.file).message;
    this.#setFault(why);
    for (const { key, reject } of pending) {
      reject(new ApiError('InternalError', `${nameOf(key)} was not written: ${why}`, undefined, { cause }));
    }
  }

  #setFault(fault: string | undefined): void {
    if (fault !== undefined) this.#probedMs = this.#nowMs();
    if ((fault === undefined) !== (this.#fault === undefined)) this.#faulted(fault);
    this.#fault = fault;
  }

  /** Of what two changes of an object have in common, and of objects that did not change since, memory has one copy. */
  #readHistory(): void {
    const { file } = this.#database;
    const last = new Map<string, KubeObject>();
    for (const row of this.#database.events()) {
      const { type, revision, key, json, previousJson } = row;
      const keyText = textOf(key);
      const live = this.#table.get(key);
      const object = live?.metadata.resourceVersion === String(revision) ? live : readStored(json, revision, file);
      // The change before this one says what was there, unless it is no longer kept.
      const isKnown = previousJson !== undefined && last.has(keyText);
      const previous = isKnown
        ? last.get(keyText)
        : previousJson === undefined
          ? undefined
          : readStored(previousJson, undefined, file);
      if (type === 'DELETED') last.delete(keyText);
      else last.set(keyText, object);
      this.#history.append(datedOf(row, object, previous));
    }
  }
}

function datedOf(
  { revision, type, key, json, previousJson, wallMs }: EventRow,
  object: KubeObject,
  previous: KubeObject | undefined,
): DatedEvent {
  return { revision, type, key, object, previous, wallMs, length: json.length + (previousJson?.length ?? 0) };
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

/** `configmaps "x" in namespace "default"` */
function nameOf({ resource, namespace, name }: ObjectKey): string {
  const [group, plural] = resource.split('/');
  return `${qualify(group, plural)} "${name}"${namespace === '' ? '' : ` in namespace "${namespace}"`}`;
}
