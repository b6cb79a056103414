// Which AS number our OPEN tells a neighbor, and what the neighbor is to us by its own: RFC 4271 §1, local AS (RFC 7705 §3),
// confederations (RFC 5065 §4). Whether an OPEN is accepted is negotiation.ts.

import type { ConfederationConfig, NeighborConfig } from '../config.ts';
import { type Asn, asn } from '../net/asn.ts';
import type { PeerKind } from '../net/peer-kind.ts';
import type { RouterId } from '../net/router-id.ts';

export interface LocalSpeaker {
  /** Within a confederation: of the member AS. */
  readonly localAsn: Asn;
  readonly localRouterId: RouterId;
  readonly confederation?: ConfederationConfig | undefined;
}

/**
 * The number in "My Autonomous System". RFC 7705 §3: the local AS of the neighbor if it has one. RFC 5065 §4.1: outside the
 * confederation its identifier, within it the member AS. A neighbor of AS `external` or `any` is taken to be outside.
 */
export function sessionAsn(local: LocalSpeaker, config: NeighborConfig): Asn {
  if (config.localAs !== undefined) return asn(config.localAs.asn);
  const { confederation, localAsn } = local;
  if (confederation === undefined || config.remoteAsn === 'internal') return localAsn;
  const isMember = typeof config.remoteAsn === 'number' && isWithin(local, config.remoteAsn);
  return isMember ? localAsn : asn(confederation.identifier);
}

/** What a neighbor with this AS number is to us. */
export function kindOf(local: LocalSpeaker, config: NeighborConfig, remoteAsn: number): PeerKind {
  if (remoteAsn === sessionAsn(local, config)) return 'ibgp';
  return local.confederation?.members.includes(remoteAsn) === true ? 'confederation' : 'ebgp';
}

/** What the configuration alone says; undefined while only the OPEN can tell. */
export function configuredKind(local: LocalSpeaker, config: NeighborConfig): PeerKind | undefined {
  if (config.remoteAsn === 'internal') return 'ibgp';
  if (config.remoteAsn === 'external') return 'ebgp';
  return config.remoteAsn === 'any' ? undefined : kindOf(local, config, config.remoteAsn);
}

/** Why a peer with this AS number is not the one that the configuration means; undefined: it is. */
export function refusePeerAsn(local: LocalSpeaker, config: NeighborConfig, remoteAsn: Asn): string | undefined {
  const { confederation } = local;
  if (confederation !== undefined && config.localAs === undefined) {
    if (remoteAsn === confederation.identifier) return `AS ${remoteAsn} is our own confederation`;
    // It was told the identifier, which RFC 5065 §4.1 has for the world outside only.
    if (typeof config.remoteAsn !== 'number' && config.remoteAsn !== 'internal' && isWithin(local, remoteAsn)) {
      return `AS ${remoteAsn} is a member of our confederation: remoteAsn must be that number`;
    }
  }
  const kind = kindOf(local, config, remoteAsn);
  switch (config.remoteAsn) {
    case 'any':
      return undefined;
    case 'internal':
      return kind === 'ibgp' ? undefined : `AS ${remoteAsn}, expected internal`;
    case 'external':
      return kind === 'ibgp' ? `AS ${remoteAsn}, expected external` : undefined;
    default:
      return remoteAsn === config.remoteAsn ? undefined : `AS ${remoteAsn}, expected ${config.remoteAsn}`;
  }
}

function isWithin(local: LocalSpeaker, number: number): boolean {
  return number === local.localAsn || local.confederation?.members.includes(number) === true;
}
