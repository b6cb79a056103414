// What a changed configuration asks of a running session: nothing, a new timer value, a new attempt to connect, or a new session.
// Fields that only the RIB looks at (policies, next-hop-self) are `updated` here and acted upon by the speaker.

import type { NeighborConfig, NeighborOptionsConfig } from '../config.ts';
import type { Asn } from '../net/asn.ts';
import { isExpectedAsn } from './negotiation.ts';

export interface Reconfiguration {
  readonly isChanged: boolean;
  /** AS number, families, source address, TTL: the session cannot go on as it is. */
  readonly needsNewSession: boolean;
  /** Where and whether to connect: a session that stands keeps standing, an attempt begins anew. */
  readonly needsNewAttempt: boolean;
}

export interface RunningSession {
  readonly localAsn: Asn;
  /** Of the Established session; undefined when there is none. */
  readonly remoteAsn: Asn | undefined;
}

/** The hold time is no reason for a new session: it is offered in the next OPEN. */
export function planReconfiguration(
  from: NeighborConfig,
  to: NeighborConfig,
  running: RunningSession,
): Reconfiguration {
  const { localAsn, remoteAsn } = running;
  const hasRightPeer = remoteAsn !== undefined && isExpectedAsn(to, localAsn, remoteAsn);
  const needsNewSession =
    (from.remoteAsn !== to.remoteAsn && !hasRightPeer) ||
    !hasSameMembers(from.families, to.families) ||
    from.sourceAddress !== to.sourceAddress ||
    // A TTL that only follows from the kind of peer is right as long as the session stands.
    (from.ttl !== to.ttl && sendingTtl(from, localAsn) !== sendingTtl(to, localAsn));
  return {
    isChanged: JSON.stringify(from) !== JSON.stringify(to),
    needsNewSession,
    needsNewAttempt: from.port !== to.port || from.isPassive !== to.isPassive,
  };
}

/** undefined: the system's. An eBGP neighbor is expected on a connected network unless told otherwise. */
export function sendingTtl(config: NeighborOptionsConfig, localAsn: Asn): number | undefined {
  // RFC 5082 §3: the largest, whatever else was asked for.
  if (config.gtsmHops !== undefined) return 255;
  if (config.ttl !== undefined) return config.ttl;
  const isEbgp =
    config.remoteAsn === 'external' || (typeof config.remoteAsn === 'number' && config.remoteAsn !== localAsn);
  return isEbgp ? 1 : undefined;
}

function hasSameMembers(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((member) => b.includes(member));
}
