// What a neighbor tells as it happens and remembers for `show`: state changes, NOTIFICATIONs, the last reset and its reason.
// It decides nothing; the neighbor calls it at the right moments.

import type { SpeakerEvent } from '../events.ts';
import type { SessionState } from '../views.ts';
import { CeaseSubcode, NotificationCode, unwrapHardReset } from '../wire/notification.ts';
import { FsmEvent, isPeerMessage, type SessionEvent } from './events.ts';
import type { Effect } from './fsm.ts';
import type { NeighborDeps, NeighborOptions } from './listener.ts';
import type { NeighborHistory } from './neighbor-view.ts';
import { ToldSeldom } from './told-seldom.ts';

export type SentNotification = Extract<Effect, { type: 'send-notification' }>;

/** Octets of a NOTIFICATION's data that are remembered for `show`. */
const MAX_SHOWN_DATA = 260;

type Unstamped<Event> = Event extends unknown ? Omit<Event, 'instance' | 'wallMs'> : never;

export class Chronicle {
  readonly history: NeighborHistory = {
    stateChangedWallMs: undefined,
    establishedWallMs: undefined,
    establishedAtMs: 0,
    connectionsEstablished: 0,
    connectionsDropped: 0,
    failedAttempts: 0,
    lastReset: undefined,
    lastError: undefined,
  };
  readonly #instance: string;
  readonly #address: string;
  readonly #deps: NeighborDeps;
  readonly #refusals: ToldSeldom;
  readonly #collisions: ToldSeldom;
  #shownState: SessionState = 'Idle';

  constructor(options: NeighborOptions, deps: NeighborDeps) {
    this.#instance = options.instance;
    this.#address = options.config.address;
    this.#deps = deps;
    this.#refusals = new ToldSeldom(deps.clock);
    this.#collisions = new ToldSeldom(deps.clock);
  }

  emit(event: Unstamped<SpeakerEvent>): void {
    this.#deps.listener.event({ instance: this.#instance, wallMs: this.#deps.clock.wallMs(), ...event });
  }

  /** Tells the listener when the state that outsiders see has changed. */
  show(to: SessionState, reason: string): void {
    const from = this.#shownState;
    if (from === to) return;
    this.#shownState = to;
    this.emit({ type: 'neighbor-state', neighbor: this.#address, from, to, reason });
  }

  /** The NOTIFICATION that came or went with an event. */
  notification(event: SessionEvent, sent: SentNotification | undefined, text: string): void {
    const neighbor = this.#address;
    if (event.type === FsmEvent.NotificationReceived || event.type === FsmEvent.NotificationVersionError) {
      const { code, subcode } = event;
      this.emit({ type: 'notification-received', neighbor, code, subcode, text });
    }
    if (sent === undefined) return;
    const { code, subcode } = sent;
    const tell = (words: string): void =>
      this.emit({ type: 'notification-sent', neighbor, code, subcode, text: words });
    if (event.type === FsmEvent.OpenCollisionDump) this.#collisions.add(text, tell);
    else tell(text);
  }

  /** A connection of the peer was closed before it was anything. */
  refused(reason: string): void {
    this.#refusals.add(reason, (words) => {
      this.emit({ type: 'connection-refused', remoteAddress: this.#address, reason: words });
    });
  }

  /** The neighbor was stopped: what was only counted is told. */
  stopped(): void {
    this.#refusals.end();
    this.#collisions.end();
  }

  /** A connection over which an OPEN went is no more; `wasTelling`: it carried the session, or what it did says why there is none. */
  ended(event: SessionEvent, sent: SentNotification | undefined, reason: string, wasTelling: boolean): void {
    if (event.type === FsmEvent.OpenCollisionDump) return;
    const atWallMs = this.#deps.clock.wallMs();
    const isReceived = event.type === FsmEvent.NotificationReceived || event.type === FsmEvent.NotificationVersionError;
    const message = sent ?? (isReceived ? event : undefined);
    // Why the session went is not forgotten over attempts to have it back that only say: not now.
    if (!wasTelling && this.history.lastReset !== undefined && !isTelling(message)) return;
    if (message === undefined) {
      this.history.lastReset = { atWallMs, reason, direction: 'local', code: undefined, subcode: undefined };
      return;
    }
    const { code, subcode, data } = message;
    const inner = unwrapHardReset({ code, subcode, data });
    this.history.lastReset = {
      atWallMs,
      reason,
      direction: sent === undefined ? 'received' : 'sent',
      code,
      subcode,
      data: data.slice(0, MAX_SHOWN_DATA),
      ...(inner === undefined ? {} : { hardReset: { code: inner.code, subcode: inner.subcode } }),
    };
  }

  /** The same before our OPEN had gone (DelayOpen): the peer is not answered, so log and `show` alone say what it did. */
  endedBeforeOpen(event: SessionEvent, isInitiatedHere: boolean, reason: string): void {
    if (!isPeerMessage(event)) return;
    const words = `before an OPEN: ${reason}`;
    this.ended(event, undefined, words, true);
    if (isInitiatedHere) this.connectFailed(words);
    else this.refused(words);
  }

  established(): void {
    const { clock } = this.#deps;
    const wallMs = clock.wallMs();
    this.history.stateChangedWallMs = wallMs;
    this.history.establishedWallMs = wallMs;
    this.history.establishedAtMs = clock.nowMs();
    this.history.connectionsEstablished += 1;
    this.history.failedAttempts = 0;
    this.history.lastError = undefined;
  }

  down(): void {
    this.history.stateChangedWallMs = this.#deps.clock.wallMs();
    this.history.establishedWallMs = undefined;
    this.history.connectionsDropped += 1;
  }

  connectFailed(error: string): void {
    this.history.lastError = error;
    this.emit({ type: 'connect-failed', neighbor: this.#address, error });
  }
}

/** Whether the end of an attempt says more than that it came to nothing. */
function isTelling(message: { readonly code: number; readonly subcode: number } | undefined): boolean {
  if (message === undefined) return false;
  const { code, subcode } = message;
  return code !== NotificationCode.Cease || !unansweredSubcodes.includes(subcode);
}

const unansweredSubcodes: readonly number[] = [
  CeaseSubcode.ConnectionRejected,
  CeaseSubcode.ConnectionCollisionResolution,
];
