// hot: what of a prefix may be passed on to peers: its best path, or its best few (RFC 7911), unless the prefix is held
// back until the kernel has it. What the update groups ask; deciding is decision.ts's.

import type { Decision } from './decision.ts';
import type { FibFeed } from './fib-feed.ts';
import type { PathTable } from './path-table.ts';

export class Ranking {
  private readonly paths: PathTable;
  private readonly decision: Decision;
  private readonly feed: () => FibFeed | undefined;

  constructor(paths: PathTable, decision: Decision, feed: () => FibFeed | undefined) {
    this.paths = paths;
    this.decision = decision;
    this.feed = feed;
  }

  /** Paths by {@link rank}, best first. */
  get ranked(): Uint32Array {
    return this.decision.ranked;
  }

  /** The kernel was asked for a route and does not have it. */
  isMissing(slot: number): boolean {
    return this.feed()?.isMissing(slot) === true;
  }

  /** The path to advertise, 0 for none. */
  best(slot: number): number {
    return this.feed()?.isOpen(slot) === false ? 0 : this.paths.best[slot];
  }

  /** Fills `ranked` with the `limit` best paths (0: all); answers how many. */
  rank(slot: number, limit: number): number {
    return this.feed()?.isOpen(slot) === false ? 0 : this.decision.rank(slot, limit);
  }
}
