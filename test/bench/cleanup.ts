// Everything that a bench makes (processes, namespaces, directories) is registered here when it is made, and undone in
// reverse order at the end, after a failure, and on SIGINT or SIGTERM.

import process from 'node:process';

export class Cleanup {
  readonly #undo: (() => void)[] = [];

  readonly #interrupt = (signal: NodeJS.Signals): void => {
    this.run();
    process.exit(signal === 'SIGINT' ? 130 : 143);
  };

  constructor() {
    process.on('SIGINT', this.#interrupt);
    process.on('SIGTERM', this.#interrupt);
  }

  /** Returns a function that undoes it at once. */
  add(undo: () => void): () => void {
    this.#undo.push(undo);
    return () => {
      const index = this.#undo.lastIndexOf(undo);
      if (index < 0) return;
      this.#undo.splice(index, 1);
      undo();
    };
  }

  run(): void {
    process.off('SIGINT', this.#interrupt);
    process.off('SIGTERM', this.#interrupt);
    for (let undo = this.#undo.pop(); undo !== undefined; undo = this.#undo.pop()) {
      try {
        undo();
      } catch (error) {
        process.stderr.write(`cleanup: ${error instanceof Error ? error.message : String(error)}\n`);
      }
    }
  }
}
