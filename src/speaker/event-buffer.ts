// Events on their way to the one subscriber: kept, up to a limit, until it has come.

import type { SpeakerEvent } from '#bgp/events.ts';

const maxKept = 1000;

export class EventBuffer {
  #listener: ((event: SpeakerEvent) => void) | undefined;
  #kept: SpeakerEvent[] = [];

  add(event: SpeakerEvent): void {
    if (this.#listener !== undefined) this.#listener(event);
    else if (this.#kept.length < maxKept) this.#kept.push(event);
  }

  subscribe(listener: (event: SpeakerEvent) => void): void {
    this.#listener = listener;
    const kept = this.#kept;
    this.#kept = [];
    for (const event of kept) listener(event);
  }
}
