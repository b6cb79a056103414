// Messages that made our own code fail, kept for whoever mends it: at most 16 of a peer and 64 KiB, the oldest go first.
// They are never logged; `show` and dumps read them from here.

import type { KeptMessage } from './listener.ts';

const MAX_MESSAGES = 16;
const MAX_BYTES = 64 * 1024;

export class FaultRing {
  readonly #kept: KeptMessage[] = [];
  #bytes = 0;

  /** Copies `buffer[offset, end)`. */
  keep(wallMs: number, error: string, buffer: Uint8Array, offset: number, end: number): void {
    const bytes = buffer.slice(offset, Math.min(end, offset + MAX_BYTES));
    this.#kept.push({ wallMs, error, bytes });
    this.#bytes += bytes.length;
    while (this.#kept.length > MAX_MESSAGES || this.#bytes > MAX_BYTES) {
      this.#bytes -= this.#kept.shift()?.bytes.length ?? 0;
    }
  }

  messages(): readonly KeptMessage[] {
    return [...this.#kept];
  }
}
