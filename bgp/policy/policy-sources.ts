// Where a route came from, as a number that policies take: the peer's number, or for routes of this speaker itself (peer 0) the kind
// of source as 0, -1, -2. What stands behind a peer's number the RIB's table of peers tells.

import type { RouteSource } from '../config.ts';
import type { Address } from '../net/address.ts';
import type { PeerKind } from '../net/peer-kind.ts';

/** See {@link policySource}. */
export type PolicySource = number;

/** The part of the RIB's table of peers that policies need. */
export interface PolicySources {
  get(peer: number): { readonly kind: PeerKind; readonly address: Address };
}

/** Local routes carry the kind of their source as path identifier: rib/types.ts. */
const localSources: readonly RouteSource[] = ['network', 'redistributed', 'aggregate'];

export function policySource(peer: number, pathId: number): PolicySource {
  return peer === 0 ? -pathId : peer;
}

export function routeSourceOf(source: PolicySource, sources: PolicySources): RouteSource {
  return source > 0 ? sources.get(source).kind : localSources[-source];
}

/** For policies that never ask. */
export const noSources: PolicySources = {
  get(peer) {
    throw new RangeError(`a policy that asks for neighbors was compiled without the table that knows number ${peer}`);
  },
};
