// Long lists in pieces: the first request makes the list, the others take their part of the very same one, so that what changes
// meanwhile neither repeats nor hides an object (Kubernetes API concepts, "Retrieving large results sets in chunks"). Lists are
// kept for a while and in bounded number; whoever comes too late has to begin anew.

import { ApiError } from '../api/api-error.ts';
import type { KubeObject } from '../api/object.ts';

export interface ListPagesOptions {
  readonly keepMs: number;
  readonly maxLists: number;
}

export interface Page {
  readonly items: readonly KubeObject[];
  readonly revision: number;
  readonly continueToken: string | undefined;
  readonly remainingItemCount: number | undefined;
}

interface Kept {
  readonly items: readonly KubeObject[];
  readonly revision: number;
  readonly untilMs: number;
}

export class ListPages {
  readonly #options: ListPagesOptions;
  readonly #nowMs: () => number;
  /** In the order of their making. */
  readonly #lists = new Map<number, Kept>();
  #next = 1;

  constructor(options: ListPagesOptions, nowMs: () => number) {
    this.#options = options;
    this.#nowMs = nowMs;
  }

  first(items: readonly KubeObject[], revision: number, limit: number | undefined): Page {
    if (limit === undefined || limit === 0 || items.length <= limit) {
      return { items, revision, continueToken: undefined, remainingItemCount: undefined };
    }
    const id = this.#next++;
    this.#forget();
    this.#lists.set(id, { items, revision, untilMs: this.#nowMs() + this.#options.keepMs });
    return this.#cut(id, items, revision, 0, limit);
  }

  /** Throws ApiError Expired when the list is no longer there, BadRequest when the token is none of ours. */
  next(token: string, limit: number | undefined): Page {
    const [, id, from] = /^v1\.(\d{1,15})\.(\d{1,15})$/.exec(Buffer.from(token, 'base64url').toString('latin1')) ?? [];
    if (id === undefined || from === undefined) throw new ApiError('BadRequest', 'continue key is not valid');
    this.#forget();
    const kept = this.#lists.get(Number(id));
    if (kept === undefined) {
      throw new ApiError(
        'Expired',
        'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter.',
      );
    }
    const { items, revision } = kept;
    const count = limit === undefined || limit === 0 ? items.length : limit;
    return this.#cut(Number(id), items, revision, Number(from), count);
  }

  #cut(id: number, items: readonly KubeObject[], revision: number, from: number, limit: number): Page {
    const end = Math.min(items.length, from + limit);
    const isLast = end === items.length;
    return {
      items: items.slice(from, end),
      revision,
      continueToken: isLast ? undefined : Buffer.from(`v1.${id}.${end}`, 'latin1').toString('base64url'),
      remainingItemCount: isLast ? undefined : items.length - end,
    };
  }

  #forget(): void {
    const nowMs = this.#nowMs();
    for (const [id, { untilMs }] of this.#lists) {
      if (untilMs > nowMs && this.#lists.size <= this.#options.maxLists) return;
      this.#lists.delete(id);
    }
  }
}
