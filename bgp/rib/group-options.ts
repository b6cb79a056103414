// The values by which members of update groups are told apart: what most sessions have, and when two are equal. What each of them
// does to a route is in export-rules.ts and exporter.ts.

import type { Address } from '../net/address.ts';
import type { UpdateGroupOptions } from './types.ts';

/** What an eBGP session without any special option has, but for the numbers, addresses and policies of its own. */
export const plainGroupOptions = {
  kind: 'ebgp',
  asOverride: undefined,
  removePrivateAs: undefined,
  linkLocalNextHop: undefined,
  nextHopMode: 'default',
  linkName: undefined,
  hasExtendedNextHop: false,
  isFourOctetAs: true,
  maxMessageLength: 4096,
  isReflectorClient: false,
  clusterId: 0,
  isRouteServerClient: false,
  role: undefined,
  hasLongLived: false,
  isGracefulShutdown: false,
  addPathLimit: undefined,
  defaultOriginate: undefined,
} as const satisfies Partial<UpdateGroupOptions>;

export function areSameOptions(a: UpdateGroupOptions, b: UpdateGroupOptions): boolean {
  return (
    a.kind === b.kind &&
    a.localAsn === b.localAsn &&
    a.shownAsn === b.shownAsn &&
    a.prepend.length === b.prepend.length &&
    a.prepend.every((asn, index) => asn === b.prepend[index]) &&
    a.asOverride?.from === b.asOverride?.from &&
    a.asOverride?.to === b.asOverride?.to &&
    a.removePrivateAs === b.removePrivateAs &&
    isSameAddress(a.nextHop, b.nextHop) &&
    isSameAddress(a.linkLocalNextHop, b.linkLocalNextHop) &&
    a.nextHopMode === b.nextHopMode &&
    a.linkName === b.linkName &&
    a.hasExtendedNextHop === b.hasExtendedNextHop &&
    a.isFourOctetAs === b.isFourOctetAs &&
    a.maxMessageLength === b.maxMessageLength &&
    a.isReflectorClient === b.isReflectorClient &&
    a.clusterId === b.clusterId &&
    a.isRouteServerClient === b.isRouteServerClient &&
    a.role === b.role &&
    a.hasLongLived === b.hasLongLived &&
    a.isGracefulShutdown === b.isGracefulShutdown &&
    a.addPathLimit === b.addPathLimit &&
    a.defaultOriginate?.fingerprint === b.defaultOriginate?.fingerprint &&
    a.exportPolicy.fingerprint === b.exportPolicy.fingerprint
  );
}

function isSameAddress(a: Address | undefined, b: Address | undefined): boolean {
  return a === undefined || b === undefined ? a === b : a.equals(b);
}
