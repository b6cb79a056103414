// The finite state machine of RFC 4271 §8.2.2: step(session, event) changes the state record and answers with what is to be done.
// It knows no socket, clock or message byte beyond codes and data. FSM error subcodes are those of RFC 6608.
// Always off, so their branches of the RFC are absent: SendNotificationWithoutOpen, CollisionDetectEstablishedState, TrackTcpState.
// How long Idle lasts (DampPeerOscillations) is idle-hold.ts. The whole table is test/bgp/session/fsm-table.ts.

import { MessageType } from '../wire/message.ts';
import { CeaseSubcode, explainNotification, FsmSubcode, NotificationCode } from '../wire/notification.ts';
import { assertNever, describeEvent, FsmEvent, type SessionEvent, type StopEvent } from './events.ts';
import type { Negotiated } from './negotiation.ts';
import { OPEN_HOLD_TIME_SEC, sendHoldSec, type Session, type TimerName } from './state.ts';

export type Effect =
  /** Starts anew if it runs. Jitter (RFC 4271 §10) is added by who keeps the time. */
  | { readonly type: 'start-timer'; readonly timer: TimerName; readonly sec: number }
  | { readonly type: 'stop-timer'; readonly timer: TimerName }
  | { readonly type: 'connect' }
  /** Closes the connection, or ends the attempt to make one, if there is either. */
  | { readonly type: 'close' }
  | { readonly type: 'send-open' }
  | { readonly type: 'send-keepalive' }
  | { readonly type: 'send-notification'; readonly code: number; readonly subcode: number; readonly data: Uint8Array }
  | { readonly type: 'established' }
  /** The session was Established and no longer is. */
  | { readonly type: 'down'; readonly reason: string };

const NO_DATA = new Uint8Array(0);
const NOTHING: readonly Effect[] = [];
const STOP_CONNECT_RETRY: Effect = { type: 'stop-timer', timer: 'connect-retry' };
const STOP_DELAY_OPEN: Effect = { type: 'stop-timer', timer: 'delay-open' };

/** `established` and `down` are always the last effect, so that whoever is told may already start the next step. */
export function step(session: Session, event: SessionEvent): readonly Effect[] {
  switch (session.state) {
    case 'Idle':
      return stepIdle(session, event);
    case 'Connect':
    case 'Active':
      return stepWithoutOpen(session, event);
    case 'OpenSent':
      return stepOpenSent(session, event);
    case 'OpenConfirm':
      return stepOpenConfirm(session, event);
    case 'Established':
      return stepEstablished(session, event);
    default:
      return assertNever(session.state);
  }
}

function stepIdle(session: Session, event: SessionEvent): readonly Effect[] {
  switch (event.type) {
    case FsmEvent.ManualStart:
    case FsmEvent.AutomaticStart:
    case FsmEvent.AutomaticStartDamped:
      session.connectRetryCounter = 0;
      session.state = 'Connect';
      return [startConnectRetry(session), { type: 'connect' }];
    case FsmEvent.ManualStartPassive:
    case FsmEvent.AutomaticStartPassive:
    case FsmEvent.AutomaticStartDampedPassive:
      session.connectRetryCounter = 0;
      session.state = 'Active';
      return [startConnectRetry(session)];
    default:
      // IdleHoldTimerExpires too: who keeps that timer answers with a start (RFC 4271 §8.2.2 leaves the method open).
      return NOTHING;
  }
}

/** Connect and Active: the RFC treats them alike but for the expiry of the ConnectRetryTimer and for TcpConnectionFails. */
function stepWithoutOpen(session: Session, event: SessionEvent): readonly Effect[] {
  if (isStart(event)) return NOTHING;
  switch (event.type) {
    case FsmEvent.ManualStop:
      return toIdle(session, event, 'zero');
    case FsmEvent.ConnectRetryTimerExpires:
      if (session.state === 'Connect') {
        return [{ type: 'close' }, startConnectRetry(session), ...stopDelayOpen(session), { type: 'connect' }];
      }
      // RFC: Active initiates a connection whenever the ConnectRetryTimer expires, also when it was started passively.
      // Ours: a passive neighbor never does; it goes on listening.
      if (session.settings.isPassive) return [startConnectRetry(session)];
      session.state = 'Connect';
      return [startConnectRetry(session), { type: 'connect' }];
    case FsmEvent.TcpConnectionRequestAcked:
    case FsmEvent.TcpConnectionConfirmed: {
      const sec = session.settings.delayOpenSec;
      if (sec === 0) return openNow(session);
      session.isDelayingOpen = true;
      return [STOP_CONNECT_RETRY, { type: 'start-timer', timer: 'delay-open', sec }];
    }
    case FsmEvent.DelayOpenTimerExpires:
      return openNow(session);
    case FsmEvent.BgpOpenWithDelayOpenTimer:
      return [...stopDelayOpen(session), { type: 'send-open' }, ...confirm(session, event.negotiated)];
    case FsmEvent.NotificationVersionError:
      // RFC 4271 §8.2.2: while the DelayOpenTimer runs it is no failure; else it could not have come.
      return toIdle(session, event, session.isDelayingOpen ? 'keep' : 'increment');
    case FsmEvent.TcpConnectionFails:
      if (session.state === 'Active') {
        // RFC 4271 §8.2.2 restarts the ConnectRetryTimer on the way from Active to Idle, where its expiry means nothing.
        return [...toIdle(session, event, 'increment'), startConnectRetry(session)];
      }
      if (!session.isDelayingOpen) return toIdle(session, event, 'keep');
      session.state = 'Active';
      return [startConnectRetry(session), ...stopDelayOpen(session), { type: 'close' }];
    default:
      return toIdle(session, event, 'increment');
  }
}

function openNow(session: Session): readonly Effect[] {
  session.state = 'OpenSent';
  return [
    STOP_CONNECT_RETRY,
    ...stopDelayOpen(session),
    { type: 'send-open' },
    { type: 'start-timer', timer: 'hold', sec: OPEN_HOLD_TIME_SEC },
  ];
}

function stopDelayOpen(session: Session): readonly Effect[] {
  if (!session.isDelayingOpen) return NOTHING;
  session.isDelayingOpen = false;
  return [STOP_DELAY_OPEN];
}

/** The peer's OPEN is acceptable. */
function confirm(session: Session, negotiated: Negotiated): readonly Effect[] {
  session.negotiated = negotiated;
  session.state = 'OpenConfirm';
  return [STOP_CONNECT_RETRY, { type: 'send-keepalive' }, ...restartKeepalive(session), restartHold(session)];
}

function stepOpenSent(session: Session, event: SessionEvent): readonly Effect[] {
  if (isStart(event)) return NOTHING;
  switch (event.type) {
    case FsmEvent.ManualStop:
      return toIdle(session, event, 'zero', stopMessage(event));
    case FsmEvent.AutomaticStop:
      return toIdle(session, event, 'increment', cease(event.subcode, event.data));
    case FsmEvent.HoldTimerExpires:
      return toIdle(session, event, 'increment', notification(NotificationCode.HoldTimerExpired, 0));
    case FsmEvent.TcpConnectionRequestAcked:
    case FsmEvent.TcpConnectionConfirmed:
      // A second connection is followed by a second FSM (neighbor.ts).
      return NOTHING;
    case FsmEvent.TcpConnectionFails:
      session.state = 'Active';
      return [{ type: 'stop-timer', timer: 'hold' }, { type: 'close' }, startConnectRetry(session)];
    case FsmEvent.BgpOpen:
      return confirm(session, event.negotiated);
    case FsmEvent.BgpHeaderError:
    case FsmEvent.BgpOpenError:
      return toIdle(session, event, 'increment', fromError(event.error));
    case FsmEvent.OpenCollisionDump:
      return toIdle(session, event, 'increment', cease(CeaseSubcode.ConnectionCollisionResolution));
    case FsmEvent.NotificationVersionError:
      return toIdle(session, event, 'keep');
    case FsmEvent.NotificationReceived:
      // RFC: a NOTIFICATION other than a version error is an FSM error here, answered by a NOTIFICATION.
      // Ours: it is never answered (as §6.4 has it for every other state), the session just ends.
      return toIdle(session, event, 'increment');
    default:
      return toIdle(session, event, 'increment', fsmError(event, FsmSubcode.UnexpectedMessageInOpenSent));
  }
}

function stepOpenConfirm(session: Session, event: SessionEvent): readonly Effect[] {
  if (isStart(event)) return NOTHING;
  switch (event.type) {
    case FsmEvent.ManualStop:
      return toIdle(session, event, 'zero', stopMessage(event));
    case FsmEvent.AutomaticStop:
      return toIdle(session, event, 'increment', cease(event.subcode, event.data));
    case FsmEvent.HoldTimerExpires:
      return toIdle(session, event, 'increment', notification(NotificationCode.HoldTimerExpired, 0));
    case FsmEvent.KeepaliveTimerExpires:
      return [{ type: 'send-keepalive' }, ...restartKeepalive(session)];
    case FsmEvent.TcpConnectionRequestAcked:
    case FsmEvent.TcpConnectionConfirmed:
      return NOTHING;
    case FsmEvent.TcpConnectionFails:
    case FsmEvent.NotificationReceived:
      return toIdle(session, event, 'increment');
    case FsmEvent.NotificationVersionError:
      return toIdle(session, event, 'keep');
    case FsmEvent.BgpHeaderError:
    case FsmEvent.BgpOpenError:
      return toIdle(session, event, 'increment', fromError(event.error));
    case FsmEvent.OpenCollisionDump:
      return toIdle(session, event, 'increment', cease(CeaseSubcode.ConnectionCollisionResolution));
    case FsmEvent.KeepaliveReceived:
      session.state = 'Established';
      return [restartHold(session), ...startSendHold(session), { type: 'established' }];
    default:
      // RFC: an OPEN in OpenConfirm is looked at for collisions only. Ours: those are decided before the event is made, so this
      // is a second OPEN on the same connection: unexpected (RFC 6608 §4).
      return toIdle(session, event, 'increment', fsmError(event, FsmSubcode.UnexpectedMessageInOpenConfirm));
  }
}

function stepEstablished(session: Session, event: SessionEvent): readonly Effect[] {
  if (isStart(event)) return NOTHING;
  switch (event.type) {
    case FsmEvent.ManualStop:
      return toIdle(session, event, 'zero', stopMessage(event));
    case FsmEvent.AutomaticStop:
      return toIdle(session, event, 'increment', cease(event.subcode, event.data));
    case FsmEvent.HoldTimerExpires:
      return toIdle(session, event, 'increment', notification(NotificationCode.HoldTimerExpired, 0));
    case FsmEvent.KeepaliveTimerExpires:
      return [{ type: 'send-keepalive' }, ...restartKeepalive(session)];
    case FsmEvent.TcpConnectionRequestAcked:
    case FsmEvent.TcpConnectionConfirmed:
      return NOTHING;
    case FsmEvent.TcpConnectionFails:
    case FsmEvent.NotificationVersionError:
    case FsmEvent.NotificationReceived:
      return toIdle(session, event, 'increment');
    case FsmEvent.SendHoldTimerExpires:
      // RFC 9687 §3; the NOTIFICATION will hardly get through, the connection ends with or without it.
      return toIdle(session, event, 'increment', notification(NotificationCode.SendHoldTimerExpired, 0));
    case FsmEvent.OpenCollisionDump:
      return toIdle(session, event, 'increment', cease(CeaseSubcode.ConnectionCollisionResolution));
    case FsmEvent.KeepaliveReceived:
    case FsmEvent.UpdateReceived:
      return isHoldTimeZero(session) ? NOTHING : [restartHold(session)];
    case FsmEvent.UpdateError:
      return toIdle(session, event, 'increment', fromError(event.error));
    case FsmEvent.BgpHeaderError:
      // RFC: a header error in Established is answered with an FSM error. Ours: with the header error itself, as §6.1 says and
      // every implementation does; otherwise the peer's operator would not learn what was wrong.
      return toIdle(session, event, 'increment', fromError(event.error));
    default:
      return toIdle(session, event, 'increment', fsmError(event, FsmSubcode.UnexpectedMessageInEstablished));
  }
}

/** RFC 4271 §8.2.2: events 1 and 3 to 7 are ignored in every state but Idle. */
function isStart(event: SessionEvent): boolean {
  return (
    event.type === FsmEvent.ManualStart ||
    event.type === FsmEvent.AutomaticStart ||
    event.type === FsmEvent.ManualStartPassive ||
    event.type === FsmEvent.AutomaticStartPassive ||
    event.type === FsmEvent.AutomaticStartDamped ||
    event.type === FsmEvent.AutomaticStartDampedPassive
  );
}

type NotificationEffect = Extract<Effect, { type: 'send-notification' }>;

/** "Sets the ConnectRetryTimer to zero, releases all BGP resources, drops the TCP connection … changes its state to Idle." */
function toIdle(
  session: Session,
  event: SessionEvent,
  counter: 'zero' | 'increment' | 'keep',
  message?: NotificationEffect,
): readonly Effect[] {
  const wasEstablished = session.state === 'Established';
  if (counter === 'zero') session.connectRetryCounter = 0;
  if (counter === 'increment') session.connectRetryCounter += 1;
  session.state = 'Idle';
  session.isDelayingOpen = false;
  const effects: Effect[] = message === undefined ? [] : [message];
  effects.push(
    STOP_CONNECT_RETRY,
    STOP_DELAY_OPEN,
    { type: 'stop-timer', timer: 'hold' },
    { type: 'stop-timer', timer: 'keepalive' },
    { type: 'stop-timer', timer: 'send-hold' },
    { type: 'close' },
  );
  if (wasEstablished) effects.push({ type: 'down', reason: describeEnd(event, message) });
  return effects;
}

/** Why a session ended, in the words of `show`. */
export function describeEnd(event: SessionEvent, message: NotificationEffect | undefined): string {
  const words = message === undefined ? '' : explainNotification(message);
  switch (event.type) {
    case FsmEvent.ManualStop:
    case FsmEvent.AutomaticStop:
    case FsmEvent.OpenCollisionDump:
      return words === '' ? describeEvent(event) : words;
    default: {
      const happened = describeEvent(event);
      return words === '' || happened.startsWith(words) ? happened : words;
    }
  }
}

function startConnectRetry(session: Session): Effect {
  return { type: 'start-timer', timer: 'connect-retry', sec: session.settings.connectRetrySec };
}

function isHoldTimeZero(session: Session): boolean {
  return session.negotiated === undefined || session.negotiated.holdTimeSec === 0;
}

/** RFC 4271 §4.2, §8.2.2: with a negotiated hold time of zero neither timer runs; the one of OpenSent is stopped. */
function restartHold(session: Session): Effect {
  const sec = session.negotiated?.holdTimeSec ?? 0;
  return sec === 0 ? { type: 'stop-timer', timer: 'hold' } : { type: 'start-timer', timer: 'hold', sec };
}

function startSendHold(session: Session): readonly Effect[] {
  const sec = sendHoldSec(session.settings.sendHoldSec, session.negotiated?.holdTimeSec ?? 0);
  return sec === 0 ? NOTHING : [{ type: 'start-timer', timer: 'send-hold', sec }];
}

function restartKeepalive(session: Session): readonly Effect[] {
  const sec = session.negotiated?.keepaliveSec ?? 0;
  return isHoldTimeZero(session) || sec === 0 ? NOTHING : [{ type: 'start-timer', timer: 'keepalive', sec }];
}

function notification(code: number, subcode: number, data: Uint8Array = NO_DATA): NotificationEffect {
  return { type: 'send-notification', code, subcode, data };
}

function cease(subcode: number, data: Uint8Array = NO_DATA): NotificationEffect {
  return notification(NotificationCode.Cease, subcode, data);
}

function stopMessage(event: StopEvent): NotificationEffect | undefined {
  return event.isSilent === true ? undefined : cease(event.subcode, event.data);
}

function fromError(error: {
  readonly code: number;
  readonly subcode: number;
  readonly data: Uint8Array;
}): NotificationEffect {
  return notification(error.code, error.subcode, error.data);
}

/** RFC 6608 §4: an unexpected message has a subcode of the state, its type as data; timers and the like are unspecific. */
function fsmError(event: SessionEvent, subcode: number): NotificationEffect {
  const type = messageTypeOf(event);
  if (type === undefined) return notification(NotificationCode.FsmError, FsmSubcode.Unspecific);
  return notification(NotificationCode.FsmError, subcode, Uint8Array.of(type));
}

function messageTypeOf(event: SessionEvent): number | undefined {
  switch (event.type) {
    case FsmEvent.BgpOpen:
    case FsmEvent.BgpOpenWithDelayOpenTimer:
    case FsmEvent.BgpOpenError:
      return MessageType.Open;
    case FsmEvent.KeepaliveReceived:
      return MessageType.Keepalive;
    case FsmEvent.UpdateReceived:
      return event.messageType;
    case FsmEvent.UpdateError:
      return MessageType.Update;
    default:
      return undefined;
  }
}
