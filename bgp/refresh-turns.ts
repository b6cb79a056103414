// Refreshes of one peer follow each other family by family, each from its BoRR to its EoRR (RFC 7313 §4): a peer may have one timer
// for all of them, as FRR has, and take the second BoRR for a fault.

import type { Family } from './net/family.ts';

export class RefreshTurns {
  private readonly start: (family: Family) => void;
  private turn: Family | undefined;
  private readonly waiting = new Set<Family>();

  /** `start` has a family sent again; ended() follows, at once or later. */
  constructor(start: (family: Family) => void) {
    this.start = start;
    this.turn = undefined;
  }

  /** Now, or when those before it are through; asked for several times while it waits it is sent once. */
  ask(family: Family): void {
    if (this.turn === undefined) this.begin(family);
    else this.waiting.add(family);
  }

  ended(family: Family): void {
    this.turn = undefined;
    // One that is wanted again comes after the others.
    if (this.waiting.delete(family)) this.waiting.add(family);
    const [next] = this.waiting;
    if (next !== undefined) this.begin(next);
  }

  /** The session is over. */
  forget(): void {
    this.turn = undefined;
    this.waiting.clear();
  }

  private begin(family: Family): void {
    this.waiting.delete(family);
    this.turn = family;
    this.start(family);
  }
}
