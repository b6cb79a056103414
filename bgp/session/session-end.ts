// What becomes of the peer's routes when a session ends (RFC 4724 §4.2, RFC 8538 §3–§4), and with which message a session is ended
// from here, so that both sides come to the same answer. Keeping and sweeping the routes is the speaker's business.

import type { NeighborConfig } from '../config.ts';
import {
  carriesShutdownText,
  CeaseSubcode,
  encodeShutdownText,
  isHardReset,
  NotificationCode,
  wrapInHardReset,
} from '../wire/notification.ts';
import { FsmEvent, type SessionEvent, type StopEvent } from './events.ts';
import type { Cease, SessionEnd, StopHow } from './listener.ts';
import type { Negotiated } from './negotiation.ts';

interface Sent {
  readonly code: number;
  readonly subcode: number;
}

/** `sent`: the NOTIFICATION that ended it from here, if one did. */
export function classifyEnd(
  event: SessionEvent,
  sent: Sent | undefined,
  negotiated: Negotiated | undefined,
): SessionEnd {
  const restart = negotiated?.gracefulRestart;
  if (negotiated === undefined || restart === undefined) return 'ended';
  // RFC 4724 §4.2: routes are kept for the families that the peer listed; RFC 9494 §4.2 for those with a long-lived time.
  if (restart.families.length === 0 && negotiated.longLived.length === 0) return 'ended';
  // RFC 8538 §4: any NOTIFICATION but a Hard Reset, sent or received, is survived when both sides have set N.
  const survives = ({ code, subcode }: Sent): SessionEnd =>
    restart.hasNotification && !isHardReset(code, subcode) ? 'lost' : 'ended';
  if (sent !== undefined) return survives(sent);
  switch (event.type) {
    case FsmEvent.NotificationReceived:
    case FsmEvent.NotificationVersionError:
      return survives(event);
    case FsmEvent.TcpConnectionFails:
      return 'lost';
    case FsmEvent.ManualStop:
      // Without a message: this side restarts, and its own forwarding goes on with these routes meanwhile.
      return event.isSilent === true ? 'lost' : 'ended';
    default:
      return 'ended';
  }
}

/** RFC 8538 §3.1: what fully ends a session. Others leave the routes to graceful restart. */
const hardSubcodes: readonly number[] = [
  CeaseSubcode.MaximumPrefixesReached,
  CeaseSubcode.AdministrativeShutdown,
  CeaseSubcode.PeerDeconfigured,
  CeaseSubcode.AdministrativeReset,
  CeaseSubcode.BfdDown,
];

/** The event that ends one connection as asked; `negotiated` is that connection's. */
export function planStop(how: StopHow, config: NeighborConfig, negotiated: Negotiated | undefined): StopEvent {
  if (how === 'restart' && negotiated?.gracefulRestart !== undefined && negotiated.offersGracefulRestart) {
    return { type: FsmEvent.ManualStop, subcode: CeaseSubcode.AdministrativeShutdown, data: NO_DATA, isSilent: true };
  }
  return { type: FsmEvent.ManualStop, ...encodeCease(toCease(how, config), negotiated) };
}

/** Subcode and data as they go out: with the text of RFC 9003, within a Hard Reset where RFC 8538 asks for one. */
export function encodeCease(cease: Cease, negotiated: Negotiated | undefined): { subcode: number; data: Uint8Array } {
  const { subcode, message } = cease;
  const hasText = message !== undefined && carriesShutdownText(NotificationCode.Cease, subcode);
  const data = hasText ? encodeShutdownText(message) : (cease.data ?? NO_DATA);
  const isHard = cease.isHard ?? hardSubcodes.includes(subcode);
  if (!isHard || negotiated?.gracefulRestart?.hasNotification !== true) return { subcode, data };
  const wrapped = wrapInHardReset({ code: NotificationCode.Cease, subcode, data });
  return { subcode: wrapped.subcode, data: wrapped.data };
}

function toCease(how: StopHow, config: NeighborConfig): Cease {
  const message = config.shutdownMessage;
  const text = message === undefined ? {} : { message };
  switch (how) {
    case 'restart':
      return { subcode: CeaseSubcode.AdministrativeShutdown, message: message ?? 'restarting' };
    case 'final':
      return { subcode: CeaseSubcode.AdministrativeShutdown, ...text };
    case 'deconfigured':
      return { subcode: CeaseSubcode.PeerDeconfigured };
    default:
      return how;
  }
}

const NO_DATA = new Uint8Array(0);
