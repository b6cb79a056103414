// The values by which members of update groups are told apart: what most sessions have, and when two are equal. What each of them
// does to a route is in export-rules.ts and exporter.ts.

import { type Address, addressBytes } from '../net/address.ts';
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

/**
 * Whether members with different next hops of their own may share a group: what goes out carries ours or a policy's, never the
 * route's, so that each member's own is filled into the finished messages (next-hop-filler.ts).
 */
export function sharesNextHop(options: UpdateGroupOptions): boolean {
  return options.kind === 'ebgp' && options.nextHopMode !== 'unchanged' && !options.isRouteServerClient;
}

/** Our next hop as it goes out: 4, 16 or 32 octets. */
export function nextHopBytes({ nextHop, linkLocalNextHop }: UpdateGroupOptions): Uint8Array {
  const global = addressBytes(nextHop);
  if (linkLocalNextHop === undefined) return global;
  const both = new Uint8Array(32);
  both.set(global);
  both.set(addressBytes(linkLocalNextHop), 16);
  return both;
}

/** Whether a member with these options belongs into a group with those. */
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
    a.keptPrivateAs === b.keptPrivateAs &&
    areSameNextHops(a, b) &&
    a.nextHopMode === b.nextHopMode &&
    a.linkName === b.linkName &&
    a.hasExtendedNextHop === b.hasExtendedNextHop &&
    a.isFourOctetAs === b.isFourOctetAs &&
    a.maxMessageLength === b.maxMessageLength &&
    a.isReflectorClient === b.isReflectorClient &&
    a.clusterId === b.clusterId &&
    a.isRouteServerClient === b.isRouteServerClient &&
    a.role === b.role &&
    a.isAigpSession === b.isAigpSession &&
    a.hasLongLived === b.hasLongLived &&
    a.isGracefulShutdown === b.isGracefulShutdown &&
    a.addPathLimit === b.addPathLimit &&
    a.defaultOriginate?.fingerprint === b.defaultOriginate?.fingerprint &&
    a.exportPolicy.fingerprint === b.exportPolicy.fingerprint
  );
}

function areSameNextHops(a: UpdateGroupOptions, b: UpdateGroupOptions): boolean {
  if (sharesNextHop(a) && sharesNextHop(b)) {
    const isBesideLinkLocal = (a.linkLocalNextHop === undefined) === (b.linkLocalNextHop === undefined);
    return a.nextHop.version === b.nextHop.version && isBesideLinkLocal;
  }
  return isSameAddress(a.nextHop, b.nextHop) && isSameAddress(a.linkLocalNextHop, b.linkLocalNextHop);
}

function isSameAddress(a: Address | undefined, b: Address | undefined): boolean {
  return a === undefined || b === undefined ? a === b : a.equals(b);
}
