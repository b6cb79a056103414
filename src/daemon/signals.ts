// The signals of a daemon, taken from its first moment on: SIGHUP reloads, SIGTERM and SIGINT end it. What comes while
// it starts is kept until it runs, so that a start is never cut in half and its sessions end with Cease.

export class Signals {
  /** The first SIGTERM or SIGINT; a second one ends the process at once. */
  readonly ended: Promise<string>;
  #reload: (() => void) | undefined;
  #isReloadWanted = false;
  #isEnded = false;

  constructor(exitCode: number) {
    process.on('SIGHUP', () => {
      this.#isReloadWanted = true;
      this.#reloadIfWanted();
    });
    this.ended = new Promise((resolve) => {
      for (const signal of ['SIGTERM', 'SIGINT'] as const) {
        process.on(signal, () => {
          if (this.#isEnded) process.exit(exitCode);
          this.#isEnded = true;
          resolve(signal);
        });
      }
    });
  }

  /** From now on a SIGHUP can be acted on, and one that came before is. */
  onReload(reload: () => void): void {
    this.#reload = reload;
    this.#reloadIfWanted();
  }

  #reloadIfWanted(): void {
    // Who is stopping takes up nothing new.
    if (!this.#isReloadWanted || this.#isEnded || this.#reload === undefined) return;
    this.#isReloadWanted = false;
    this.#reload();
  }
}
