// The last changes, from which watches resume: one for each revision without a gap, bounded by number, length and age. What is on the
// disk is the same; the store forgets in both places at once.

import { ApiError } from '../api/api-error.ts';
import type { StoredEvent } from '../registry/storage.ts';

export interface HistoryOptions {
  readonly keepEvents: number;
  /** Of their objects as JSON, before and after, in UTF-16 code units. */
  readonly keepLength: number;
  readonly keepMs: number;
}

export interface DatedEvent extends StoredEvent {
  readonly wallMs: number;
  /** As in HistoryOptions. */
  readonly length: number;
}

export class History {
  readonly #options: HistoryOptions;
  #events: DatedEvent[] = [];
  /** Index of the oldest that is kept. */
  #start = 0;
  /** Of all that are kept. */
  #length = 0;
  /** Of the last change that was ever appended. */
  #revision: number;

  constructor(options: HistoryOptions, revision: number) {
    this.#options = options;
    this.#revision = revision;
  }

  /** Changes after this revision are kept. */
  get since(): number {
    return this.#events.length === this.#start ? this.#revision : this.#events[this.#start].revision - 1;
  }

  append(event: DatedEvent): void {
    this.#events.push(event);
    this.#length += event.length;
    this.#revision = event.revision;
  }

  /** The first change after the revision that is kept, undefined when there is none yet. */
  after(revision: number): DatedEvent | undefined {
    return this.#events[this.#start + Math.max(0, revision - this.since)];
  }

  /** The revision up to which changes are too many, too large or too old to be kept when these come; 0: none is. */
  outdated(nowMs: number, coming: readonly DatedEvent[]): number {
    const { keepEvents, keepLength, keepMs } = this.#options;
    let count = this.#events.length - this.#start + coming.length;
    let length = coming.reduce((sum, event) => sum + event.length, this.#length);
    let at = this.#start;
    for (; at < this.#events.length; at++) {
      const oldest = this.#events[at];
      if (count <= keepEvents && length <= keepLength && oldest.wallMs >= nowMs - keepMs) break;
      count--;
      length -= oldest.length;
    }
    return at === this.#start ? 0 : this.#events[at - 1].revision;
  }

  forget(revision: number): void {
    for (; this.#start < this.#events.length; this.#start++) {
      const oldest = this.#events[this.#start];
      if (oldest.revision > revision) break;
      this.#length -= oldest.length;
    }
    // Moved to the front when half of it is empty.
    if (this.#start * 2 < this.#events.length) return;
    this.#events = this.#events.slice(this.#start);
    this.#start = 0;
  }

  /** Throws ApiError when changes after the revision are not all kept. */
  checkKept(revision: number): void {
    if (revision >= this.since) return;
    throw new ApiError('Expired', `too old resource version: ${revision} (${this.since})`);
  }
}
