// What a neighbor shows of itself (views.ts), out of its parts, and what it remembers for that from session to session. Details
// of the session: session-view.ts.
// The speaker adds families, queues and RFC 7606 counters.

import type { NeighborConfig } from '../config.ts';
import { formatRouterId } from '../net/router-id.ts';
import type { ConnectionInfo } from '../ports.ts';
import type { OpenMessage } from '../wire/open.ts';
import type { LastResetView, NeighborView, SessionState } from '../views.ts';
import type { Traffic } from './connection.ts';
import type { IdleHold } from './idle-hold.ts';
import type { NeighborOptions, NeighborSessionView, SpeakerIdentity } from './listener.ts';
import type { Negotiated } from './negotiation.ts';
import { sendingTtl } from './reconfiguration.ts';
import { configuredKind, sessionAsn } from './session-asn.ts';
import { viewSession } from './session-view.ts';

/** What is remembered from session to session. */
export interface NeighborHistory {
  stateChangedWallMs: number | undefined;
  establishedWallMs: number | undefined;
  /** On the clock that never goes back. */
  establishedAtMs: number;
  connectionsEstablished: number;
  connectionsDropped: number;
  /** Failures since the last Established session; the ConnectRetryCounter of the RFC is zeroed by every start. */
  failedAttempts: number;
  lastReset: LastResetView | undefined;
  lastError: string | undefined;
}

export interface NeighborParts {
  readonly options: NeighborOptions;
  readonly config: NeighborConfig;
  readonly identity: SpeakerIdentity;
  readonly isShutdown: boolean;
  readonly state: SessionState;
  readonly negotiated: Negotiated | undefined;
  /** Of the Established session. */
  readonly openSent: OpenMessage | undefined;
  readonly info: ConnectionInfo | undefined;
  readonly traffic: Traffic;
  readonly history: NeighborHistory;
  readonly idleHold: IdleHold;
  readonly retryRemainingMs: number | undefined;
}

export function viewNeighbor(parts: NeighborParts): NeighborSessionView {
  const { options, config, negotiated, info, traffic, history } = parts;
  const configuredAsn = typeof config.remoteAsn === 'number' ? config.remoteAsn : undefined;
  const impliedAsn = config.remoteAsn === 'internal' ? options.localAsn : 0;
  const remoteAsn = negotiated?.remoteAsn ?? configuredAsn ?? impliedAsn;
  const localAsn = negotiated?.localAsn ?? sessionAsn(options, config);
  return {
    instance: options.instance,
    address: config.address,
    port: config.port,
    description: config.description,
    configuredRemoteAsn: config.remoteAsn,
    remoteAsn,
    localAsn,
    isIbgp: (negotiated?.kind ?? configuredKind(options, config)) === 'ibgp',
    isPassive: config.isPassive,
    isShutdown: parts.isShutdown,
    state: parts.state,
    stateChangedWallMs: history.stateChangedWallMs,
    establishedWallMs: history.establishedWallMs,
    remoteRouterId: negotiated === undefined ? undefined : formatRouterId(negotiated.remoteRouterId),
    localRouterId: formatRouterId(options.localRouterId),
    localAddress: info?.localAddress,
    localPort: info?.localPort,
    remotePort: info?.remotePort,
    interfaceName: info?.interfaceName,
    isDirectlyConnected: info?.isDirectlyConnected ?? false,
    ttl: sendingTtl(config, options.localAsn),
    nextHops: viewNextHops(info),
    configuredHoldTimeSec: config.timers.holdTimeSec,
    configuredKeepaliveSec: config.timers.keepaliveSec,
    connectRetrySec: config.timers.connectRetrySec,
    holdTimeSec: negotiated?.holdTimeSec,
    keepaliveSec: negotiated?.keepaliveSec,
    capabilitiesSent: negotiated?.capabilitiesSent ?? [],
    capabilitiesReceived: negotiated?.capabilitiesReceived ?? [],
    sent: { ...traffic.sent },
    received: { ...traffic.received },
    lastReadWallMs: traffic.lastReadWallMs,
    lastWriteWallMs: traffic.lastWriteWallMs,
    lastUpdateWallMs: traffic.lastUpdateWallMs,
    connectionsEstablished: history.connectionsEstablished,
    connectionsDropped: history.connectionsDropped,
    connectRetryCounter: history.failedAttempts,
    lastReset: history.lastReset,
    lastError: history.lastError,
    session: viewSession(parts),
  };
}

/** The session's own address for its family, the interface's for the other one. */
function viewNextHops(info: ConnectionInfo | undefined): NeighborView['nextHops'] {
  if (info === undefined) return { ipv4: undefined, ipv6Global: undefined, ipv6LinkLocal: undefined };
  const isIpv6 = info.localAddress.includes(':');
  const isLinkLocal = isIpv6 && /^fe[89ab]/i.test(info.localAddress);
  return {
    ipv4: isIpv6 ? info.interfaceIpv4 : info.localAddress,
    ipv6Global: isIpv6 && !isLinkLocal ? info.localAddress : info.interfaceIpv6Global,
    ipv6LinkLocal: info.interfaceIpv6LinkLocal,
  };
}
