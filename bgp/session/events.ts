// The events of RFC 4271 §8.1 and RFC 9687, by the RFCs' numbers and names. What each does stands in fsm.ts.
// All 29 are named; those that cannot happen here are in `absentEvents` with the reason, and have no member in SessionEvent.

import { MessageType } from '../wire/header.ts';
import type { NotificationError } from '../wire/notification.ts';
import type { Negotiated } from './negotiation.ts';

export const FsmEvent = {
  ManualStart: 1,
  ManualStop: 2,
  AutomaticStart: 3,
  ManualStartPassive: 4,
  AutomaticStartPassive: 5,
  AutomaticStartDamped: 6,
  AutomaticStartDampedPassive: 7,
  AutomaticStop: 8,
  ConnectRetryTimerExpires: 9,
  HoldTimerExpires: 10,
  KeepaliveTimerExpires: 11,
  DelayOpenTimerExpires: 12,
  IdleHoldTimerExpires: 13,
  TcpConnectionValid: 14,
  TcpConnectionRequestInvalid: 15,
  TcpConnectionRequestAcked: 16,
  TcpConnectionConfirmed: 17,
  TcpConnectionFails: 18,
  BgpOpen: 19,
  BgpOpenWithDelayOpenTimer: 20,
  BgpHeaderError: 21,
  BgpOpenError: 22,
  OpenCollisionDump: 23,
  NotificationVersionError: 24,
  NotificationReceived: 25,
  KeepaliveReceived: 26,
  UpdateReceived: 27,
  UpdateError: 28,
  /** RFC 9687 §3. */
  SendHoldTimerExpires: 29,
} as const;
export type FsmEvent = (typeof FsmEvent)[keyof typeof FsmEvent];

/** Optional events (RFC 4271 §8.1.1: "MAY") that nothing here can cause. */
export const absentEvents: ReadonlyMap<FsmEvent, string> = new Map<FsmEvent, string>([
  [FsmEvent.TcpConnectionValid, 'sockets tell of connections only after the handshake, as TcpConnectionConfirmed'],
  [FsmEvent.TcpConnectionRequestInvalid, 'sockets tell of connections only after the handshake'],
]);

export type SessionEvent =
  | {
      readonly type:
        | typeof FsmEvent.ManualStart
        | typeof FsmEvent.AutomaticStart
        | typeof FsmEvent.ManualStartPassive
        | typeof FsmEvent.AutomaticStartPassive
        | typeof FsmEvent.AutomaticStartDamped
        | typeof FsmEvent.AutomaticStartDampedPassive
        | typeof FsmEvent.ConnectRetryTimerExpires
        | typeof FsmEvent.HoldTimerExpires
        | typeof FsmEvent.KeepaliveTimerExpires
        | typeof FsmEvent.DelayOpenTimerExpires
        | typeof FsmEvent.IdleHoldTimerExpires
        | typeof FsmEvent.SendHoldTimerExpires
        | typeof FsmEvent.TcpConnectionRequestAcked
        | typeof FsmEvent.TcpConnectionConfirmed
        | typeof FsmEvent.OpenCollisionDump
        | typeof FsmEvent.KeepaliveReceived;
    }
  /** Ends the session with Cease; `subcode` as in RFC 4486. */
  | {
      readonly type: typeof FsmEvent.ManualStop | typeof FsmEvent.AutomaticStop;
      readonly subcode: number;
      readonly data: Uint8Array;
      /** RFC 4724 §4.1: we come back, so the connection ends without a NOTIFICATION. */
      readonly isSilent?: boolean;
    }
  | { readonly type: typeof FsmEvent.TcpConnectionFails; readonly reason: string }
  | {
      readonly type: typeof FsmEvent.BgpOpen | typeof FsmEvent.BgpOpenWithDelayOpenTimer;
      readonly negotiated: Negotiated;
    }
  /** UpdateError carries any error of a message that only Established takes, 7/1 of RFC 7313 too. */
  | {
      readonly type: typeof FsmEvent.BgpHeaderError | typeof FsmEvent.BgpOpenError | typeof FsmEvent.UpdateError;
      readonly error: NotificationError;
    }
  | {
      readonly type: typeof FsmEvent.NotificationVersionError | typeof FsmEvent.NotificationReceived;
      readonly code: number;
      readonly subcode: number;
      readonly data: Uint8Array;
      /** In words, with the peer's shutdown text. */
      readonly reason: string;
    }
  /** A message that only Established takes: UPDATE, or ROUTE-REFRESH, which is younger than the RFC's list of events. */
  | { readonly type: typeof FsmEvent.UpdateReceived; readonly messageType: number };

export type StopEvent = Extract<SessionEvent, { readonly isSilent?: boolean }>;

export type StartType =
  | typeof FsmEvent.ManualStart
  | typeof FsmEvent.ManualStartPassive
  | typeof FsmEvent.AutomaticStart
  | typeof FsmEvent.AutomaticStartPassive
  | typeof FsmEvent.AutomaticStartDamped
  | typeof FsmEvent.AutomaticStartDampedPassive;

/** RFC 4271 §8.1.2: which of the six starts it is. */
export function startType(kind: 'manual' | 'automatic' | 'damped', isPassive: boolean): StartType {
  switch (kind) {
    case 'manual':
      return isPassive ? FsmEvent.ManualStartPassive : FsmEvent.ManualStart;
    case 'automatic':
      return isPassive ? FsmEvent.AutomaticStartPassive : FsmEvent.AutomaticStart;
    case 'damped':
      return isPassive ? FsmEvent.AutomaticStartDampedPassive : FsmEvent.AutomaticStartDamped;
    default:
      return assertNever(kind);
  }
}

/** Something that the peer said, and that has no answer but the end of the connection where no OPEN of ours has gone. */
export function isPeerMessage(event: SessionEvent): boolean {
  switch (event.type) {
    case FsmEvent.BgpHeaderError:
    case FsmEvent.BgpOpenError:
    case FsmEvent.UpdateError:
    case FsmEvent.KeepaliveReceived:
    case FsmEvent.UpdateReceived:
    case FsmEvent.NotificationReceived:
    case FsmEvent.NotificationVersionError:
      return true;
    default:
      return false;
  }
}

/** What happened, for the log and `show`. */
export function describeEvent(event: SessionEvent): string {
  switch (event.type) {
    case FsmEvent.ManualStart:
    case FsmEvent.ManualStartPassive:
      return 'started';
    case FsmEvent.AutomaticStart:
    case FsmEvent.AutomaticStartPassive:
    case FsmEvent.AutomaticStartDamped:
    case FsmEvent.AutomaticStartDampedPassive:
      return 'started again';
    case FsmEvent.ManualStop:
      return event.isSilent === true ? 'stopped to be restarted' : 'stopped';
    case FsmEvent.AutomaticStop:
      return 'stopped because of a fault';
    case FsmEvent.ConnectRetryTimerExpires:
      return 'time to connect again';
    case FsmEvent.HoldTimerExpires:
      return 'Hold Timer Expired';
    case FsmEvent.KeepaliveTimerExpires:
      return 'time for a keepalive';
    case FsmEvent.DelayOpenTimerExpires:
      return 'the peer sent no OPEN first';
    case FsmEvent.IdleHoldTimerExpires:
      return 'held idle for long enough';
    case FsmEvent.SendHoldTimerExpires:
      return 'Send Hold Timer Expired';
    case FsmEvent.TcpConnectionRequestAcked:
      return 'TCP connection established';
    case FsmEvent.TcpConnectionConfirmed:
      return 'TCP connection accepted';
    case FsmEvent.BgpOpen:
    case FsmEvent.BgpOpenWithDelayOpenTimer:
      return 'OPEN received';
    case FsmEvent.OpenCollisionDump:
      return 'lost a connection collision';
    case FsmEvent.KeepaliveReceived:
      return 'KEEPALIVE received';
    case FsmEvent.UpdateReceived:
      return event.messageType === MessageType.RouteRefresh ? 'ROUTE-REFRESH received' : 'UPDATE received';
    case FsmEvent.TcpConnectionFails:
    case FsmEvent.NotificationVersionError:
    case FsmEvent.NotificationReceived:
      return event.reason;
    case FsmEvent.BgpHeaderError:
    case FsmEvent.BgpOpenError:
    case FsmEvent.UpdateError:
      return event.error.message;
    default:
      return assertNever(event);
  }
}

export function assertNever(value: never): never {
  throw new TypeError(`unexpected value ${String(value)}`);
}
