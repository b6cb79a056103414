// Refreshes of one peer follow each other family by family, each from its BoRR to its EoRR (RFC 7313 §4): a peer may have one timer
// for all of them, as FRR has, and take the second BoRR for a fault.

import type { Family } from './net/family.ts';

export class RefreshTurns {
  private readonly start: (family: Family) => void;
  private turn: Family | undefined;
  private readonly waiting = new Set<Family>();

  /** `start` sends a family again: begins() when its marks are due, at once or later, and ended(). */
  constructor(start: (family: Family) => void) {
    this.start = start;
    this.turn = undefined;
  }

  /** Now, or when those before it are through; asked for several times while it waits it is sent once. */
  ask(family: Family): void {
    if (this.turn === undefined) this.start(family);
    else this.waiting.add(family);
  }

  /** False: another family is between its marks, and this one goes without. */
  begins(family: Family): boolean {
    this.turn ??= family;
    return this.turn === family;
  }

  ended(family: Family): void {
    if (this.turn !== family) return;
    this.turn = undefined;
    for (const next of this.waiting) {
      // One that has nothing to mark takes no turn.
      if (this.turn !== undefined) return;
      this.waiting.delete(next);
      this.start(next);
    }
  }

  /** The session is over. */
  forget(): void {
    this.turn = undefined;
    this.waiting.clear();
  }
}
