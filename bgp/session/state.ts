// The state record of one FSM (RFC 4271 §8), changed only by step (fsm.ts). A neighbor has one for its own attempts and, while two
// connections race, one more. Timers that run and sockets belong to whoever carries out the effects, not to this record.

import type { SessionState } from '../views.ts';
import type { Negotiated } from './negotiation.ts';

export type { SessionState };

/** RFC 4271 §8.2.2: the "large value" of the HoldTimer while waiting for the peer's OPEN. */
export const OPEN_HOLD_TIME_SEC = 240;

/** Timers of RFC 4271 §8.1.3 that exist here. DelayOpen, IdleHold and SendHold (RFC 9687) would be further names. */
export type TimerName = 'connect-retry' | 'hold' | 'keepalive';

export interface Session {
  state: SessionState;
  /** RFC 4271 §8.1.1: attempts that failed since the last start event. */
  connectRetryCounter: number;
  /** Initial value of the ConnectRetryTimer, before jitter. */
  connectRetrySec: number;
  /** PassiveTcpEstablishment (RFC 4271 §8.1.1): never initiates a TCP connection. */
  isPassive: boolean;
  /** Set by the peer's OPEN; the owner of the record clears it when it has dealt with the end of the session. */
  negotiated: Negotiated | undefined;
}

export function createSession(connectRetrySec: number, isPassive: boolean, state: SessionState = 'Idle'): Session {
  return { state, connectRetryCounter: 0, connectRetrySec, isPassive, negotiated: undefined };
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
