// What both OPENs agree upon.

import type { Asn } from '../net/asn.ts';
import type { Family } from '../net/family.ts';
import type { RouterId } from '../net/router-id.ts';
import type { CapabilityView } from '../views.ts';

/** What the two OPENs agreed upon; it holds for the life of the session. */
export interface Negotiated {
  readonly families: readonly Family[];
  /** Both sides sent the capability: AS_PATH and AGGREGATOR carry four octets (RFC 6793). */
  readonly hasFourOctetAsn: boolean;
  /** The peer takes ROUTE-REFRESH (RFC 2918). */
  readonly hasRouteRefresh: boolean;
  /** min(ours, theirs); 0: no hold timer, no keepalives. */
  readonly holdTimeSec: number;
  readonly keepaliveSec: number;
  readonly remoteAsn: Asn;
  readonly remoteRouterId: RouterId;
  readonly isIbgp: boolean;
  readonly capabilitiesSent: readonly CapabilityView[];
  readonly capabilitiesReceived: readonly CapabilityView[];
}
