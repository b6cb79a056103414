// One client of the crash test that watches: from the version it saw last, over every crash and every end of its own choosing, and hands
// everything to the ledger.

import { setTimeout as pause } from 'node:timers/promises';
import type { HttpsClient } from '../https-client.ts';
import { configMaps, ours, readChange } from './config-maps.ts';
import type { Ledger } from './ledger.ts';

export class Observer {
  readonly #name: string;
  readonly #client: HttpsClient;
  readonly #ledger: Ledger;
  readonly #random: () => number;
  #position: number;
  /** How many changes it was told. */
  seen = 0;
  #isOver = false;
  #stop: () => void = () => {};

  constructor(name: string, position: number, client: HttpsClient, ledger: Ledger, random: () => number) {
    this.#name = name;
    this.#position = position;
    this.#client = client;
    this.#ledger = ledger;
    this.#random = random;
  }

  async run(isUp: () => Promise<void>): Promise<void> {
    while (!this.#isOver) {
      await isUp();
      // Some ends are the server's, at the time asked for, some come with a crash, some are the client's own.
      const timeoutSeconds = 1 + Math.floor(this.#random() * 5);
      const query = `watch=1&allowWatchBookmarks=true&resourceVersion=${this.#position}&timeoutSeconds=${timeoutSeconds}`;
      try {
        const stream = await this.#client.watch(`${configMaps}?${ours}&${query}`, (line) => this.#take(line));
        this.#stop = () => stream.close();
        if (this.#isOver) stream.close();
        const own = this.#random() < 0.3 ? setTimeout(() => stream.close(), this.#random() * 1_000) : undefined;
        await stream.ended;
        clearTimeout(own);
      } catch (error) {
        const answered = error instanceof Error && /^\d{3} /.test(error.message) ? error.message : undefined;
        if (answered !== undefined) this.#ledger.faults.push(`${this.#name}: a watch was answered ${answered}`);
        await pause(20);
      }
    }
  }

  end(): void {
    this.#isOver = true;
    this.#stop();
  }

  #take(line: string): void {
    try {
      const change = readChange(line);
      if (change.revision < this.#position || (change.type !== 'BOOKMARK' && change.revision === this.#position)) {
        this.#ledger.faults.push(`${this.#name}: version ${change.revision} came after ${this.#position}`);
      }
      this.#position = change.revision;
      if (change.type === 'BOOKMARK') return;
      this.#ledger.see(this.#name, this.seen, change);
      this.seen++;
    } catch (error) {
      this.#ledger.faults.push(`${this.#name}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}
