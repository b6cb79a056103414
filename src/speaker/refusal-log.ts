// Connections that are closed before any neighbor takes them, most of them from addresses that are nobody's: told as
// events, but only so many in a while, since strangers decide how many there are.

import type { SpeakerEvent } from '#bgp/events.ts';
import type { Clock, ConnectionInfo } from '#bgp/ports.ts';

const windowMs = 10_000;
const maxPerWindow = 5;

export class RefusalLog {
  readonly #clock: Clock;
  readonly #onEvent: (event: SpeakerEvent) => void;
  #windowStartMs = Number.NEGATIVE_INFINITY;
  #told = 0;
  #untold = 0;

  constructor(clock: Clock, onEvent: (event: SpeakerEvent) => void) {
    this.#clock = clock;
    this.#onEvent = onEvent;
  }

  add({ remoteAddress }: Pick<ConnectionInfo, 'remoteAddress'>, reason: string): void {
    const nowMs = this.#clock.nowMs();
    if (nowMs - this.#windowStartMs > windowMs) {
      this.#windowStartMs = nowMs;
      this.#told = 0;
    }
    if (this.#told >= maxPerWindow) {
      this.#untold++;
      return;
    }
    this.#told++;
    const more = this.#untold === 0 ? '' : ` (${this.#untold} more such connections were not told)`;
    this.#untold = 0;
    this.#onEvent({
      type: 'connection-refused',
      instance: '',
      wallMs: this.#clock.wallMs(),
      remoteAddress,
      reason: `${reason}${more}`,
    });
  }
}
