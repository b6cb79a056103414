// Who is told of changes, each at its own place in the history: in order, each change once, never within the call that made it, and in
// slices, so that thousands of watches do not hold up the thread. A change wakes those alone that look at its resource and namespace.

import { ApiError } from '../api/api-error.ts';
import type { ObjectKey } from '../api/object.ts';
import type { StorageWatch, StoredEvent } from '../registry/storage.ts';
import type { History } from './history.ts';

/** How long one turn tells before sockets and timers are looked at again. */
const turnBudgetMs = 4;

export interface WatcherOptions {
  /** undefined: of every resource. */
  readonly resource: string | undefined;
  readonly namespace: string | undefined;
  readonly told: (event: StoredEvent) => void;
  /** The changes that come next are no longer kept. */
  readonly ended: (error: Error) => void;
}

/** What is still known of the changes. */
export type KeptChanges = Pick<History, 'after' | 'since' | 'checkKept'>;

interface Watcher extends WatcherOptions {
  /** Told up to here. Nothing until the newest change concerns a watcher that is not behind. */
  position: number;
}

export class Watchers {
  readonly #history: KeptChanges;
  readonly #revision: () => number;
  /** By what they look at. */
  readonly #watchers = new Map<string, Set<Watcher>>();
  #count = 0;
  /** Behind the newest change that concerns them, in the order in which they are served. */
  readonly #behind = new Set<Watcher>();
  #isPlanned = false;
  #isClosed = false;

  /** `revision`: of the newest change. */
  constructor(history: KeptChanges, revision: () => number) {
    this.#history = history;
    this.#revision = revision;
  }

  get count(): number {
    return this.#count;
  }

  /** `after` may be a revision that is still to come. Throws ApiError Expired. */
  add(options: WatcherOptions, after: number): StorageWatch {
    this.#history.checkKept(after);
    const watcher: Watcher = { ...options, position: after };
    const topic = topicOf(options.resource, options.namespace);
    const alike = this.#watchers.get(topic);
    if (alike === undefined) this.#watchers.set(topic, new Set([watcher]));
    else alike.add(watcher);
    this.#count++;
    if (after < this.#revision()) this.#plan(watcher);
    const positionOf = (): number => this.#positionOf(watcher);
    return {
      get position() {
        return positionOf();
      },
      close: () => this.#remove(watcher),
    };
  }

  /** These changes are new, and in the history. */
  notify(events: readonly StoredEvent[]): void {
    if (events.length === 0) return;
    const topics = new Set(events.flatMap(({ key }) => topicsOf(key)));
    for (const topic of topics) {
      for (const watcher of this.#watchers.get(topic) ?? []) {
        // What came between concerned it not.
        if (!this.#behind.has(watcher)) watcher.position = Math.max(watcher.position, events[0].revision - 1);
        this.#plan(watcher);
      }
    }
  }

  close(): void {
    this.#isClosed = true;
    this.#watchers.clear();
    this.#behind.clear();
    this.#count = 0;
  }

  #positionOf(watcher: Watcher): number {
    return this.#behind.has(watcher) ? watcher.position : Math.max(watcher.position, this.#revision());
  }

  #remove(watcher: Watcher): void {
    const topic = topicOf(watcher.resource, watcher.namespace);
    const alike = this.#watchers.get(topic);
    this.#behind.delete(watcher);
    if (alike?.delete(watcher) !== true) return;
    this.#count--;
    if (alike.size === 0) this.#watchers.delete(topic);
  }

  #plan(watcher: Watcher): void {
    this.#behind.add(watcher);
    if (this.#isPlanned || this.#isClosed) return;
    this.#isPlanned = true;
    setImmediate(this.#turn);
  }

  readonly #turn = (): void => {
    this.#isPlanned = false;
    const endMs = performance.now() + turnBudgetMs;
    for (const watcher of this.#behind) {
      this.#serve(watcher, endMs);
      // Whoever is not through goes to the end of the row; whoever was closed meanwhile is not in it any more.
      if (this.#behind.delete(watcher) && watcher.position < this.#revision()) this.#behind.add(watcher);
      if (performance.now() > endMs) break;
    }
    if (this.#behind.size === 0 || this.#isClosed) return;
    this.#isPlanned = true;
    setImmediate(this.#turn);
  };

  #serve(watcher: Watcher, endMs: number): void {
    if (watcher.position < this.#history.since) {
      this.#remove(watcher);
      watcher.ended(new ApiError('Expired', `too old resource version: ${watcher.position} (${this.#history.since})`));
      return;
    }
    let event = this.#history.after(watcher.position);
    while (event !== undefined && this.#behind.has(watcher)) {
      watcher.position = event.revision;
      if (isWatched(watcher, event)) watcher.told(event);
      if (performance.now() > endMs) return;
      event = this.#history.after(watcher.position);
    }
  }
}

function isWatched({ resource, namespace }: Watcher, { key }: StoredEvent): boolean {
  return (
    (resource === undefined || resource === key.resource) && (namespace === undefined || namespace === key.namespace)
  );
}

/** Everything that may look at an object. */
function topicsOf({ resource, namespace }: ObjectKey): readonly string[] {
  return [
    topicOf(resource, namespace),
    topicOf(resource, undefined),
    topicOf(undefined, namespace),
    topicOf(undefined, undefined),
  ];
}

/** Neither may contain a line break; undefined is not the empty namespace. */
function topicOf(resource: string | undefined, namespace: string | undefined): string {
  return `${resource ?? '*'}\n${namespace ?? '*'}`;
}
