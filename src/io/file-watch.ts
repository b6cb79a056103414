// Follows one file of configuration by its content: written in place, replaced by rename, or swapped behind
// a symlink. Directory events make it quick, looking every second makes it certain; a file that is being
// written is left until it rests.

import { watch } from 'node:fs';
import type { FSWatcher } from 'node:fs';
import { dirname } from 'node:path';
import { readTextFile } from './text-file.ts';

export interface FileWatchOptions {
  readonly path: string;
  /** What was read before; only something else is a change. */
  readonly text: string;
  readonly maxBytes: number;
  readonly pollMs?: number;
  readonly restMs?: number;
}

export interface FileWatchDeps {
  readonly changed: (text: string) => void;
  /** The file cannot be read; told once until it can be again. */
  readonly unreadable: (error: Error) => void;
}

export class FileWatch {
  readonly #path: string;
  readonly #maxBytes: number;
  readonly #restMs: number;
  readonly #deps: FileWatchDeps;
  readonly #watcher: FSWatcher | undefined;
  readonly #poll: NodeJS.Timeout;
  #rest: NodeJS.Timeout | undefined;
  /** Taken over by the reader of the file. */
  #known: string;
  /** Seen once, not yet resting. */
  #seen: string | undefined;
  #isUnreadable = false;
  #isLooking = false;
  #isStopped = false;

  constructor(options: FileWatchOptions, deps: FileWatchDeps) {
    this.#path = options.path;
    this.#maxBytes = options.maxBytes;
    this.#known = options.text;
    this.#restMs = options.restMs ?? 100;
    this.#deps = deps;
    this.#watcher = openWatcher(dirname(options.path), () => this.#lookSoon());
    this.#poll = setInterval(() => void this.#look(), options.pollMs ?? 1_000);
    this.#poll.unref();
  }

  /** The text was taken over by another way (SIGHUP). */
  accept(text: string): void {
    this.#known = text;
  }

  stop(): void {
    this.#isStopped = true;
    this.#watcher?.close();
    clearInterval(this.#poll);
    clearTimeout(this.#rest);
  }

  #lookSoon(): void {
    clearTimeout(this.#rest);
    this.#rest = setTimeout(() => void this.#look(), this.#restMs);
    this.#rest.unref();
  }

  async #look(): Promise<void> {
    if (this.#isLooking || this.#isStopped) return;
    this.#isLooking = true;
    const read = await readText(this.#path, this.#maxBytes);
    this.#isLooking = false;
    if (this.#isStopped) return;
    if (typeof read !== 'string') {
      if (!this.#isUnreadable) this.#deps.unreadable(read);
      this.#isUnreadable = true;
      return;
    }
    const wasUnreadable = this.#isUnreadable;
    this.#isUnreadable = false;
    if (read === this.#known && !wasUnreadable) {
      this.#seen = undefined;
      return;
    }
    // Two looks that see the same: nobody is writing any more.
    if (read !== this.#seen) {
      this.#seen = read;
      this.#lookSoon();
      this.#isUnreadable = wasUnreadable;
      return;
    }
    this.#seen = undefined;
    this.#known = read;
    this.#deps.changed(read);
  }
}

async function readText(path: string, maxBytes: number): Promise<string | Error> {
  try {
    return await readTextFile(path, maxBytes);
  } catch (error) {
    return error instanceof Error ? error : new TypeError(String(error));
  }
}

/** undefined where the directory cannot be watched (limits of inotify): looking every second does without. */
function openWatcher(directory: string, moved: () => void): FSWatcher | undefined {
  try {
    const watcher = watch(directory, { persistent: false }, moved);
    watcher.on('error', () => watcher.close());
    return watcher;
  } catch (error) {
    if (error instanceof Error && 'code' in error) return undefined;
    throw error;
  }
}
