// How long a neighbor rests in Idle without having been told to stop: the IdleHoldTimer of RFC 4271 §8.1.3, and its doubling for a
// peer that comes and goes (DampPeerOscillations, §8.1.1). Which event ends the rest, and with which start, is the neighbor's.

import type { Clock } from '../ports.ts';
import { CeaseSubcode, NotificationCode } from '../wire/notification.ts';
import { FsmEvent, type SessionEvent } from './events.ts';
import type { SessionState } from './state.ts';
import { RestartableTimer } from './timer.ts';

/**
 * After a session that stood for a while: the peer or the path has probably just come back. Also after a collision in which each
 * side closed the connection that the other kept, which happens when their messages cross.
 */
const SHORT_IDLE_HOLD_SEC = 1;
/** After an attempt that failed, or a session that fell at once. */
const IDLE_HOLD_SEC = 5;
const STOOD_FOR_A_WHILE_SEC = 10;
/** A session that stood this long is no oscillation: the IdleHoldTime is the shortest again. */
const STEADY_SEC = 300;
/** Doubling ends here: as long as the ConnectRetryTime that RFC 4271 §10 suggests. */
const MAX_IDLE_HOLD_SEC = 120;

export interface End {
  readonly from: SessionState;
  readonly event: SessionEvent;
  /** The code of the NOTIFICATION that we sent, if we sent one. */
  readonly sentCode: number | undefined;
  readonly establishedForMs: number;
}

export type Restart =
  /** Listen, and connect when the ConnectRetryTimer expires: nobody answered, so there is no hurry. */
  | { readonly type: 'listen' }
  | {
      readonly type: 'hold';
      readonly sec: number;
      /**
       * RFC 4271 §8.2.2: Idle refuses connections. Ours: only after an error of the peer's, and when it found one of ours again and
       * again; otherwise a connection that arrives ends the hold, or two speakers could go on refusing each other in turn.
       */
      readonly refusesConnections: boolean;
      /** Sessions and attempts in a row that fell; each doubles the next hold. */
      readonly falls: number;
    };

/** `falls` counts those before this one; undefined: DampPeerOscillations is off. */
export function planRestart(end: End, falls: number | undefined): Restart {
  const { event } = end;
  // RFC 4271 §8.2.2: a connection attempt that fails leads from Connect to Idle; the next start is a passive one (event 5).
  if (end.from === 'Connect' && event.type === FsmEvent.TcpConnectionFails) return { type: 'listen' };
  const isCollision =
    event.type === FsmEvent.NotificationReceived &&
    event.code === NotificationCode.Cease &&
    event.subcode === CeaseSubcode.ConnectionCollisionResolution;
  const stoodSec = end.from === 'Established' ? end.establishedForMs / 1000 : 0;
  const before = falls === undefined || stoodSec >= STEADY_SEC ? 0 : falls;
  const shortest = stoodSec >= STOOD_FOR_A_WHILE_SEC || isCollision ? SHORT_IDLE_HOLD_SEC : IDLE_HOLD_SEC;
  return {
    type: 'hold',
    sec: isCollision ? shortest : Math.min(MAX_IDLE_HOLD_SEC, shortest * 2 ** Math.min(before, 10)),
    refusesConnections: isError(end.sentCode) || (before > 0 && isError(receivedCode(event))),
    falls: isCollision ? before : before + 1,
  };
}

function receivedCode(event: SessionEvent): number | undefined {
  return event.type === FsmEvent.NotificationReceived ? event.code : undefined;
}

/** Of a NOTIFICATION: somebody said what should not be said. The others say that it is over, or that nobody was heard. */
function isError(code: number | undefined): boolean {
  return (
    code !== undefined &&
    code !== NotificationCode.Cease &&
    code !== NotificationCode.HoldTimerExpired &&
    code !== NotificationCode.SendHoldTimerExpired
  );
}

/** The rest itself. */
export class IdleHold {
  readonly #clock: Clock;
  readonly #timer: RestartableTimer;
  #falls = 0;
  #holdSec = 0;
  #refuses = false;

  constructor(clock: Clock, expired: () => void) {
    this.#clock = clock;
    this.#timer = new RestartableTimer(clock, expired);
  }

  /** An incoming connection is not taken now. */
  get refuses(): boolean {
    return this.#refuses;
  }

  get falls(): number {
    return this.#falls;
  }

  /** Before jitter; undefined: not resting. */
  get holdSec(): number | undefined {
    return this.#timer.isRunning ? this.#holdSec : undefined;
  }

  get remainingMs(): number | undefined {
    return this.#timer.remainingMs;
  }

  plan(end: End, isDamped: boolean): Restart {
    return planRestart(end, isDamped ? this.#falls : undefined);
  }

  begin(plan: Extract<Restart, { type: 'hold' }>): void {
    this.#falls = plan.falls;
    this.#holdSec = plan.sec;
    this.#refuses = plan.refusesConnections;
    this.#timer.start(plan.sec * 1000 * (0.75 + this.#clock.random() / 4));
  }

  /** Something else goes on: a start, a connection of the peer. */
  end(): void {
    this.#timer.stop();
    this.#refuses = false;
  }

  /** Somebody decided: what was before does not count. */
  forget(): void {
    this.end();
    this.#falls = 0;
  }
}
