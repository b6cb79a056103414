// Who is told of changes, each at its own place in the history: in order, each change once, never within the call that made it, and in
// slices, so that thousands of watches do not hold up the thread.

import { ApiError } from '../api/api-error.ts';
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

interface Watcher extends WatcherOptions {
  position: number;
}

export class Watchers {
  readonly #history: History;
  readonly #revision: () => number;
  readonly #watchers = new Set<Watcher>();
  /** Behind the newest change, in the order in which they are served. */
  #behind = new Set<Watcher>();
  #isPlanned = false;
  #isClosed = false;

  /** `revision`: of the newest change. */
  constructor(history: History, revision: () => number) {
    this.#history = history;
    this.#revision = revision;
  }

  get count(): number {
    return this.#watchers.size;
  }

  /** Throws ApiError Expired. */
  add(options: WatcherOptions, after: number): StorageWatch {
    this.#history.checkKept(after);
    const watcher: Watcher = { ...options, position: after };
    this.#watchers.add(watcher);
    if (after < this.#revision()) this.#plan(watcher);
    return {
      get position() {
        return watcher.position;
      },
      close: () => {
        this.#watchers.delete(watcher);
        this.#behind.delete(watcher);
      },
    };
  }

  /** There are new changes. */
  notify(): void {
    for (const watcher of this.#watchers) this.#plan(watcher);
  }

  close(): void {
    this.#isClosed = true;
    this.#watchers.clear();
    this.#behind.clear();
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
      // Whoever is not through goes to the end of the row.
      this.#behind.delete(watcher);
      if (this.#watchers.has(watcher) && watcher.position < this.#revision()) this.#behind.add(watcher);
      if (performance.now() > endMs) break;
    }
    if (this.#behind.size === 0 || this.#isClosed) return;
    this.#isPlanned = true;
    setImmediate(this.#turn);
  };

  #serve(watcher: Watcher, endMs: number): void {
    if (watcher.position < this.#history.since) {
      this.#watchers.delete(watcher);
      watcher.ended(new ApiError('Expired', `too old resource version: ${watcher.position} (${this.#history.since})`));
      return;
    }
    let event = this.#history.after(watcher.position);
    while (event !== undefined && this.#watchers.has(watcher)) {
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
