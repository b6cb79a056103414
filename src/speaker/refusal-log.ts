// Connections that are closed before any neighbor takes them, most of them from addresses that are nobody's: told as
// events, but only so many in a while, since strangers decide how many there are.

import type { SpeakerEvent } from '#bgp/events.ts';
import type { Clock, ConnectionInfo } from '#bgp/ports.ts';
import { ToldSeldom } from '#bgp/session/told-seldom.ts';

export class RefusalLog {
  readonly #clock: Clock;
  readonly #onEvent: (event: SpeakerEvent) => void;
  readonly #seldom: ToldSeldom;

  constructor(clock: Clock, onEvent: (event: SpeakerEvent) => void) {
    this.#clock = clock;
    this.#onEvent = onEvent;
    this.#seldom = new ToldSeldom(clock);
  }

  add({ remoteAddress }: Pick<ConnectionInfo, 'remoteAddress'>, why: string): void {
    this.#seldom.add(why, (reason) => {
      this.#onEvent({ type: 'connection-refused', instance: '', wallMs: this.#clock.wallMs(), remoteAddress, reason });
    });
  }

  /** Nothing more is refused: what was only counted is told. */
  end(): void {
    this.#seldom.end();
  }
}
