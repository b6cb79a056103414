// The state record of one FSM (RFC 4271 §8), changed only by step (fsm.ts). A neighbor has one for its own attempts and, while two
// connections race, one more. Timers that run and sockets belong to whoever carries out the effects, not to this record.

import type { SessionState } from '../views.ts';
import type { Negotiated } from './negotiation.ts';

export type { SessionState };

/** RFC 4271 §8.2.2: the "large value" of the HoldTimer while waiting for the peer's OPEN. */
export const OPEN_HOLD_TIME_SEC = 240;

/** Timers of RFC 4271 §8.1.3 and RFC 9687 that belong to a connection; the IdleHoldTimer is the neighbor's (idle-hold.ts). */
export type TimerName = 'connect-retry' | 'hold' | 'keepalive' | 'delay-open' | 'send-hold';

/** RFC 9687 §4: SendHoldTime when none is configured: eight minutes, or twice the hold time if that is longer. */
const MIN_SEND_HOLD_SEC = 480;

export function sendHoldSec(configured: number | undefined, holdTimeSec: number): number {
  // RFC 9687 §3: without a hold time there is no send hold timer either.
  if (holdTimeSec === 0) return 0;
  return configured ?? Math.max(MIN_SEND_HOLD_SEC, 2 * holdTimeSec);
}

/** What the FSM takes from the configuration; may change while a session stands. */
export interface SessionSettings {
  /** Initial value of the ConnectRetryTimer, before jitter. */
  readonly connectRetrySec: number;
  /** PassiveTcpEstablishment (RFC 4271 §8.1.1): never initiates a TCP connection. */
  readonly isPassive: boolean;
  /** DelayOpenTime (RFC 4271 §8.1.1); 0: DelayOpen is off. */
  readonly delayOpenSec: number;
  /** undefined: the default of RFC 9687 §4; 0: off. */
  readonly sendHoldSec: number | undefined;
}

export interface Session {
  state: SessionState;
  /** RFC 4271 §8.1.1: attempts that failed since the last start event. */
  connectRetryCounter: number;
  settings: SessionSettings;
  /** The DelayOpenTimer runs: there is a TCP connection, and our OPEN waits for the peer's. */
  isDelayingOpen: boolean;
  /** Set by the peer's OPEN; the owner of the record clears it when it has dealt with the end of the session. */
  negotiated: Negotiated | undefined;
}

export function createSession(settings: SessionSettings, state: SessionState = 'Idle'): Session {
  return { state, connectRetryCounter: 0, settings, isDelayingOpen: false, negotiated: undefined };
}

const progress: Readonly<Record<SessionState, number>> = {
  Idle: 0,
  Connect: 1,
  Active: 1,
  OpenSent: 2,
  OpenConfirm: 3,
  Established: 4,
};

/** How far a session has come; Connect and Active are equally far. */
export function progressOf(state: SessionState): number {
  return progress[state];
}

/** True from OpenSent on: there is a TCP connection over which an OPEN went out. */
export function hasSentOpen(state: SessionState): boolean {
  return progress[state] >= progress.OpenSent;
}

/** True while a TCP connection stands, whether or not an OPEN went over it. */
export function hasConnection(session: Session): boolean {
  return session.isDelayingOpen || hasSentOpen(session.state);
}
