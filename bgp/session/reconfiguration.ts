// What a changed configuration asks of a running session: nothing, a new timer value, a new attempt to connect, or a new session.
// Fields that only the RIB looks at (policies, next-hop-self) are `updated` here and acted upon by the speaker; what only the next
// OPEN can carry (hold time, capabilities) is listed by pending.ts.

import type { NeighborConfig, NeighborOptionsConfig } from '../config.ts';
import type { Asn } from '../net/asn.ts';
import type { ConnectionId, ConnectRequest } from '../ports.ts';
import { type LocalSpeaker, refusePeerAsn, sessionAsn } from './session-asn.ts';

export interface Reconfiguration {
  readonly isChanged: boolean;
  /** Another peer is meant, or we are another to it: what the session brought is not worth keeping. */
  readonly isOtherPeering: boolean;
  /** AS number, source address, interface, TTL: the session cannot go on as it is. */
  readonly needsNewSession: boolean;
  /** Where and whether to connect: a session that stands keeps standing, an attempt begins anew. */
  readonly needsNewAttempt: boolean;
}

export interface RunningSession {
  readonly local: LocalSpeaker;
  /** Of the Established session; undefined when there is none. */
  readonly remoteAsn: Asn | undefined;
}

/** The hold time and what capabilities carry are no reason for a new session: they are offered in the next OPEN. */
export function planReconfiguration(
  from: NeighborConfig,
  to: NeighborConfig,
  running: RunningSession,
): Reconfiguration {
  const { local, remoteAsn } = running;
  const hasRightPeer = remoteAsn !== undefined && refusePeerAsn(local, to, remoteAsn) === undefined;
  const isOtherPeering =
    sessionAsn(local, from) !== sessionAsn(local, to) || (from.remoteAsn !== to.remoteAsn && !hasRightPeer);
  const needsNewSession =
    isOtherPeering ||
    from.sourceAddress !== to.sourceAddress ||
    from.interfaceName !== to.interfaceName ||
    from.gtsmHops !== to.gtsmHops ||
    // A TTL that only follows from the kind of peer is right as long as the session stands.
    (from.ttl !== to.ttl && sendingTtl(from, local.localAsn) !== sendingTtl(to, local.localAsn));
  return {
    isChanged: JSON.stringify(from) !== JSON.stringify(to),
    isOtherPeering,
    needsNewSession,
    needsNewAttempt:
      from.port !== to.port ||
      from.isPassive !== to.isPassive ||
      from.password !== to.password ||
      from.timers.delayOpenSec !== to.timers.delayOpenSec,
  };
}

/** undefined: the system's. An eBGP neighbor is expected on a connected network unless told otherwise. */
export function sendingTtl(config: NeighborOptionsConfig, localAsn: Asn): number | undefined {
  // RFC 5082 §3: what goes out carries the largest value there is.
  if (config.gtsmHops !== undefined) return 255;
  if (config.ttl !== undefined) return config.ttl;
  const isEbgp =
    config.remoteAsn === 'external' || (typeof config.remoteAsn === 'number' && config.remoteAsn !== localAsn);
  return isEbgp ? 1 : undefined;
}

export function connectRequestOf(config: NeighborConfig, localAsn: Asn, connection: ConnectionId): ConnectRequest {
  const { address, port, sourceAddress, gtsmHops, interfaceName, password } = config;
  return {
    connection,
    address,
    port,
    sourceAddress,
    ttl: sendingTtl(config, localAsn),
    ...(gtsmHops === undefined ? {} : { gtsmHops }),
    ...(interfaceName === undefined ? {} : { deviceName: interfaceName }),
    ...(password === undefined ? {} : { password }),
  };
}
