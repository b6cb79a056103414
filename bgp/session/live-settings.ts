// Settings that take effect on connections that stand: timers (all but the hold time, which is agreed upon) and the TCP MD5 key
// (RFC 2385). What waits for the next OPEN is in pending.ts, what needs a new session in reconfiguration.ts.

import type { NeighborConfig } from '../config.ts';
import type { Transport } from '../ports.ts';
import type { Connection } from './connection.ts';
import { keepaliveSec } from './negotiation.ts';
import { sendHoldSec, type SessionSettings } from './state.ts';

/** Its routes are kept for a restart time that may be as short as a ConnectRetryTime: a passive peer must not wait for us. */
const AWAITED_CONNECT_RETRY_SEC = 5;

export function settingsOf(config: NeighborConfig, isPeerAwaited: boolean): SessionSettings {
  const { connectRetrySec } = config.timers;
  return {
    connectRetrySec: isPeerAwaited ? Math.min(connectRetrySec, AWAITED_CONNECT_RETRY_SEC) : connectRetrySec,
    isPassive: config.isPassive,
    delayOpenSec: config.timers.delayOpenSec ?? 0,
    sendHoldSec: config.timers.sendHoldSec,
  };
}

/** `settings` are those of `to`. */
export function applyTimers(
  connection: Connection,
  settings: SessionSettings,
  from: NeighborConfig,
  to: NeighborConfig,
): void {
  const { session } = connection;
  const { connectRetrySec } = session.settings;
  session.settings = settings;
  if (settings.connectRetrySec !== connectRetrySec && connection.retryRemainingMs !== undefined) {
    connection.startTimer('connect-retry', settings.connectRetrySec);
  }
  const { negotiated } = session;
  if (negotiated === undefined) return;
  const { holdTimeSec } = negotiated;
  if (from.timers.keepaliveSec !== to.timers.keepaliveSec && holdTimeSec !== 0) {
    const sec = keepaliveSec(to, holdTimeSec);
    session.negotiated = { ...negotiated, keepaliveSec: sec };
    connection.startTimer('keepalive', sec);
  }
  if (from.timers.sendHoldSec !== to.timers.sendHoldSec && session.state === 'Established') {
    connection.startTimer('send-hold', sendHoldSec(to.timers.sendHoldSec, holdTimeSec));
  }
}

/** Another key on a live connection; the session goes on when the peer follows within the hold time. Answers what went wrong. */
export function applyPassword(
  transport: Transport,
  connection: Connection,
  password: string | undefined,
): string | undefined {
  // Without `info` TCP is not up yet: the attempt is made anew with the new key.
  if (connection.id === undefined || connection.info === undefined) return undefined;
  return transport.setPassword(connection.id, password);
}
