// What a route from a neighbor is before any policy looks at it: whether it has been here before (RFC 4271 §9.1.2, RFC 4456 §8,
// RFC 5065 §4, RFC 7705), whether it leaks (RFC 9234 §5), and the local AS number of a migration in its path. Decided once an
// attribute set, never once a route. What else a session adds is the RIB's (rib/import-transform.ts).
// hot

import type { BgpRole, ConfederationConfig } from './config.ts';
import type { PeerKind } from './net/peer-kind.ts';
import { PathFlag } from './rib/code-points.ts';
import { type AttributeChanges, noChanges } from './wire/attribute-changes.ts';
import { type AttributeSets, type AttrSetId, SetFlag } from './wire/attribute-sets.ts';
import { applyChanges, type ImportContext } from './wire/export-transform.ts';

export interface IngressOptions {
  readonly kind: PeerKind;
  /** Within a confederation: of the member AS. */
  readonly localAsn: number;
  readonly localRouterId: number;
  readonly clusterId: number;
  readonly confederation: ConfederationConfig | undefined;
  readonly remoteAsn: number;
  readonly allowAsIn: number;
  /** What we are to the peer. */
  readonly role: BgpRole | undefined;
  /** RFC 7705: the number that the session shows, and whether it is put before received paths. */
  readonly localAs: { readonly asn: number; readonly isPrepended: boolean } | undefined;
}

const plainContext: ImportContext = {
  shownAsn: 0,
  selfNextHop: undefined,
  peerNextHop: undefined,
  otc: undefined,
};

export class Ingress {
  /** Announced attribute sets with routes that leaked. */
  leaks = 0;
  private readonly attributes: AttributeSets;
  private readonly options: IngressOptions;
  private readonly changes: AttributeChanges | undefined;
  /** AS numbers whose presence in a path is a loop, ours first. */
  private readonly ownAsns: readonly number[];

  constructor(attributes: AttributeSets, options: IngressOptions) {
    this.attributes = attributes;
    this.options = options;
    const { confederation, kind, localAs, localAsn } = options;
    this.changes = localAs?.isPrepended === true ? { ...noChanges, prepend: [localAs.asn] } : undefined;
    const own = [localAsn];
    // RFC 5065 §4: the confederation's identifier from outside, and within it too.
    if (confederation !== undefined) own.push(confederation.identifier);
    if (localAs !== undefined && kind === 'ebgp') own.push(localAs.asn);
    this.ownAsns = own;
  }

  /** PathFlag.AsLoop for what must not be used, else 0. */
  flagsOf(attr: AttrSetId): number {
    const { attributes } = this;
    const { allowAsIn, kind, clusterId, localRouterId } = this.options;
    for (let index = 0; index < this.ownAsns.length; index++) {
      if (attributes.countAsn(attr, this.ownAsns[index]) > allowAsIn) return PathFlag.AsLoop;
    }
    if (kind === 'ibgp') {
      // RFC 4456 §8: "A router that recognizes the ORIGINATOR_ID attribute SHOULD ignore a route received with its BGP Identifier as
      // the ORIGINATOR_ID"; the same of the local CLUSTER_ID in the CLUSTER_LIST.
      const flags = attributes.flags[attr];
      if ((flags & SetFlag.OriginatorId) !== 0 && attributes.originatorId[attr] === localRouterId) {
        return PathFlag.AsLoop;
      }
      if (attributes.clusterListLength[attr] > 0 && attributes.containsCluster(attr, clusterId)) return PathFlag.AsLoop;
    }
    if (this.isLeak(attr)) {
      this.leaks++;
      return PathFlag.AsLoop;
    }
    return 0;
  }

  /** The set as it enters the Adj-RIB-In, with one reference for the caller; 0 when it would be too large. */
  rewrite(attr: AttrSetId): AttrSetId {
    if (this.changes === undefined) {
      this.attributes.retain(attr);
      return attr;
    }
    return applyChanges(this.attributes, attr, this.changes, plainContext);
  }

  /** RFC 9234 §5, ingress 1 and 2. */
  private isLeak(attr: AttrSetId): boolean {
    const { role, remoteAsn } = this.options;
    if (role === undefined || (this.attributes.flags[attr] & SetFlag.Otc) === 0) return false;
    if (role === 'provider' || role === 'rs-server') return true;
    return role === 'peer' && this.attributes.otc[attr] !== remoteAsn;
  }
}
