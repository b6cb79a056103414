// hot: who may be sent which route (RFC 4271 §9.2), before any policy: by the kind of its source and of the receiver (RFC 4456 §6,
// RFC 5065 §4), by communities that keep a route at home, by roles (RFC 9234 §5), by what the receiver understands (RFC 9494 §4.3).
// Decided from columns alone. Never back to the peer it came from: update groups see to that.

import type { BgpRole } from '../config.ts';
import { SetFlag } from '../wire/attribute-sets.ts';
import { ClientFlag, KindCode } from './peers.ts';
import type { UpdateGroupOptions } from './types.ts';

/** Where a route came from: a value of {@link KindCode}, or one more for this speaker itself. */
export const LOCAL_SOURCE = 3;

/** Whether we pass a route from one internal peer on to another: we do as reflectors alone. */
export function isReflected(options: UpdateGroupOptions, sourceClients: number): boolean {
  // RFC 4456 §6: from a non-client to clients; from a client to everyone.
  return options.isReflectorClient || (sourceClients & ClientFlag.Reflector) !== 0;
}

/** True when the route stays away from these peers, whatever policies say. */
export function isWithheld(
  options: UpdateGroupOptions,
  source: number,
  sourceClients: number,
  setFlags: number,
  isLongLivedStale: boolean,
): boolean {
  // RFC 4271 §9.2: a route from an internal peer is not passed on to another internal peer.
  if (source === KindCode.ibgp && options.kind === 'ibgp' && !isReflected(options, sourceClients)) return true;
  if (isLongLivedStale && !options.hasLongLived) return true;
  return (setFlags & LIMITING) !== 0 && isLimited(options, source, setFlags);
}

const LIMITING =
  SetFlag.NoAdvertise |
  SetFlag.NoExport |
  SetFlag.NoExportSubconfed |
  SetFlag.Blackhole |
  SetFlag.LlgrStale |
  SetFlag.Otc;

function isLimited(options: UpdateGroupOptions, source: number, setFlags: number): boolean {
  // RFC 9494 §4.3: "SHOULD NOT be advertised to any neighbor from which the Long-lived Graceful Restart Capability has not been received".
  if ((setFlags & SetFlag.LlgrStale) !== 0 && !options.hasLongLived) return true;
  // RFC 9234 §5: with OTC "it MUST NOT be propagated to Providers, Peers, or RSes".
  if ((setFlags & SetFlag.Otc) !== 0 && hasPeerAbove(options.role)) return true;
  // RFC 7947 §2.2.4: a route server does not act upon communities that are meant for its clients.
  if (options.isRouteServerClient) return false;
  // RFC 1997: NO_ADVERTISE "MUST NOT be advertised to other BGP peers".
  if ((setFlags & SetFlag.NoAdvertise) !== 0) return true;
  if (options.kind === 'ibgp') return false;
  // RFC 1997: NO_EXPORT_SUBCONFED not "to external BGP peers (this includes peers in other members autonomous systems inside a BGP confederation)".
  if ((setFlags & SetFlag.NoExportSubconfed) !== 0) return true;
  if (options.kind === 'confederation') return false;
  // RFC 1997: NO_EXPORT not "outside a BGP confederation boundary".
  if ((setFlags & SetFlag.NoExport) !== 0) return true;
  // RFC 7999 §3.2: what was received with BLACKHOLE goes no further than the local AS; our own is meant for the neighbor.
  return (setFlags & SetFlag.Blackhole) !== 0 && source !== LOCAL_SOURCE;
}

/** The peer is our provider, our peer or a route server whose client we are. */
function hasPeerAbove(role: BgpRole | undefined): boolean {
  return role === 'customer' || role === 'peer' || role === 'rs-client';
}

/** RFC 9234 §5: OTC to add to what has none, when the route goes to a customer, a peer or a client of our route server. */
export function addedOtc(options: UpdateGroupOptions): number | undefined {
  const { role, shownAsn } = options;
  return role === 'provider' || role === 'peer' || role === 'rs-server' ? shownAsn : undefined;
}

/** Whether our own address stands for the next hop when no policy says otherwise (RFC 4271 §5.1.3). */
export function hasOwnNextHop(options: UpdateGroupOptions, source: number): boolean {
  switch (options.nextHopMode) {
    case 'unchanged':
      return false;
    case 'self-all':
      return true;
    case 'self':
      // RFC 4456 §10: a reflector does not modify the next hop of what it reflects.
      return options.kind === 'ebgp' || source !== KindCode.ibgp || options.kind !== 'ibgp';
    case 'default':
      // RFC 5065 §4: the next hop stays within the confederation. RFC 7947 §2.2.1: a route server leaves it.
      return options.kind === 'ebgp' && !options.isRouteServerClient;
  }
}
