// Tells the log of each BGP address once it is listened on: at the start, after a reload, and when what the
// world refused at first works at last.

import type { LogEvent } from '#io/log.ts';
import { formatEndpoint, isListenProblemOf, type ListenEndpoint } from '#io/tcp-listeners.ts';

export class ListenLog {
  readonly #write: (event: LogEvent) => void;
  #open: ReadonlySet<string> = new Set();

  constructor(write: (event: LogEvent) => void) {
    this.#write = write;
  }

  /** What was wanted of the speaker, and what the world refused of it. */
  update(wanted: readonly ListenEndpoint[], problems: readonly string[]): void {
    const open = wanted.filter((endpoint) => !problems.some((problem) => isListenProblemOf(endpoint, problem)));
    const addresses = open.map(formatEndpoint);
    for (const address of addresses) {
      if (!this.#open.has(address)) this.#write({ type: 'listening', what: 'BGP', address });
    }
    this.#open = new Set(addresses);
  }
}
