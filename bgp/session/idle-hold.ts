// What a neighbor does after its FSM came to rest in Idle without having been told to stop: RFC 4271 §8.1.2 leaves to the local
// system when it generates the next AutomaticStart. Damping that grows with repetition (§8.1.1) would be another rule here.

import { CeaseSubcode, NotificationCode } from '../wire/notification.ts';
import { FsmEvent, type SessionEvent } from './events.ts';
import type { SessionState } from './state.ts';

/**
 * After a session that stood for a while: the peer or the path has probably just come back. Also after a collision in which each
 * side closed the connection that the other kept, which happens when their messages cross.
 */
const SHORT_IDLE_HOLD_SEC = 1;
/** After an attempt that failed, or a session that fell at once. */
const IDLE_HOLD_SEC = 5;
const STOOD_FOR_A_WHILE_SEC = 10;

export type Restart =
  /** Listen, and connect when the ConnectRetryTimer expires: nobody answered, so there is no hurry. */
  | { readonly type: 'listen' }
  | {
      readonly type: 'hold';
      readonly sec: number;
      /**
       * RFC 4271 §8.2.2: Idle refuses connections. Ours: only after an error of the peer's; otherwise a connection that arrives
       * ends the hold, or two speakers could go on refusing each other in turn.
       */
      readonly refusesConnections: boolean;
    };

export interface End {
  readonly from: SessionState;
  readonly event: SessionEvent;
  /** The code of the NOTIFICATION that we sent, if we sent one. */
  readonly sentCode: number | undefined;
  readonly establishedForMs: number;
}

export function planRestart(end: End): Restart {
  const { event } = end;
  // RFC 4271 §8.2.2: a connection attempt that fails leads from Connect to Idle; the next start is a passive one (event 5).
  if (end.from === 'Connect' && event.type === FsmEvent.TcpConnectionFails) return { type: 'listen' };
  const isCollision =
    event.type === FsmEvent.NotificationReceived &&
    event.code === NotificationCode.Cease &&
    event.subcode === CeaseSubcode.ConnectionCollisionResolution;
  const stood = end.from === 'Established' && end.establishedForMs >= STOOD_FOR_A_WHILE_SEC * 1000;
  return {
    type: 'hold',
    sec: stood || isCollision ? SHORT_IDLE_HOLD_SEC : IDLE_HOLD_SEC,
    refusesConnections:
      end.sentCode !== undefined &&
      end.sentCode !== NotificationCode.Cease &&
      end.sentCode !== NotificationCode.HoldTimerExpired,
  };
}
