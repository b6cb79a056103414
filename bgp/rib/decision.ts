// hot: the decision process (RFC 4271 §9.1.2) over the paths of one prefix, rule after rule, each rule
// taking out the paths that are worse; what took a path out is its reason. The order of the rules is FRR's
// (which puts routes originated here before AS path length), except that FRR prefers the older of two
// external paths before comparing router ids: that would make the choice depend on the order of arrival.

import type { AttributeSets } from '../wire/attribute-sets.ts';
import { SetFlag } from '../wire/attribute-sets.ts';
import { DecisionReason, PathFlag } from './code-points.ts';
import type { NextHops } from './next-hops.ts';
import type { PathTable } from './path-table.ts';
import type { RibPeers } from './peers.ts';

/** RFC 4271 leaves the degree of preference to local configuration; 100 is what everyone uses. */
const DEFAULT_LOCAL_PREFERENCE = 100;

const rulesBeforeMed = [
  DecisionReason.LocalPreference,
  DecisionReason.LocallyOriginated,
  DecisionReason.AsPathLength,
  DecisionReason.Origin,
] as const;
const rulesAfterMed = [
  DecisionReason.EbgpOverIbgp,
  DecisionReason.IgpMetric,
  DecisionReason.RouterId,
  DecisionReason.ClusterLength,
  DecisionReason.PeerAddress,
] as const;

/** Flags of a path that the decision process sets; the others come with the route. */
export const DECIDED_FLAGS = PathFlag.Valid | PathFlag.Inaccessible;

export class Decision {
  private readonly paths: PathTable;
  private readonly attributes: AttributeSets;
  private readonly peers: RibPeers;
  private readonly nextHops: NextHops;
  // scratch
  private candidates: Uint32Array;
  private keys: Float64Array;
  private count: number;
  private lastReason: number;

  constructor(paths: PathTable, attributes: AttributeSets, peers: RibPeers, nextHops: NextHops) {
    this.paths = paths;
    this.attributes = attributes;
    this.peers = peers;
    this.nextHops = nextHops;
    this.candidates = new Uint32Array(64);
    this.keys = new Float64Array(64);
    this.count = 0;
    this.lastReason = DecisionReason.None;
  }

  /** Accepted by policy, without a loop and with a next hop that can be reached (RFC 4271 §9.1.2). Notes it in the flags. */
  private checkUsable(path: number): boolean {
    const flags = this.paths.flags[path];
    const isReachable = this.nextHops.isReachable(this.attributes.nextHop[this.paths.usedAttributes[path]]);
    const isUsable = isReachable && (flags & (PathFlag.Filtered | PathFlag.AsLoop)) === 0;
    const now = (flags & ~DECIDED_FLAGS) | (isUsable ? PathFlag.Valid : 0) | (isReachable ? 0 : PathFlag.Inaccessible);
    if (now !== flags) this.paths.flags[path] = now;
    return isUsable;
  }

  /** The best path of the prefix, 0 when none is usable. Writes the reason of every path. */
  choose(prefix: number): number {
    const { next, reasons } = this.paths;
    this.count = 0;
    for (let path = this.paths.first[prefix]; path !== 0; path = next[path]) {
      reasons[path] = DecisionReason.None;
      if (!this.checkUsable(path)) continue;
      if (this.count === this.candidates.length) this.growScratch();
      this.candidates[this.count++] = path;
    }
    if (this.count === 0) return 0;
    this.lastReason = DecisionReason.OnlyPath;
    for (let index = 0; index < rulesBeforeMed.length && this.count > 1; index++) this.apply(rulesBeforeMed[index]);
    if (this.count > 1) this.applyMed();
    for (let index = 0; index < rulesAfterMed.length && this.count > 1; index++) this.apply(rulesAfterMed[index]);
    const best = this.candidates[0];
    // What took out the last rival is what made it the best.
    reasons[best] = this.lastReason;
    return best;
  }

  private apply(rule: number): void {
    const { candidates, keys } = this;
    let least = Infinity;
    for (let index = 0; index < this.count; index++) {
      const key = this.keyOf(candidates[index], rule);
      keys[index] = key;
      if (key < least) least = key;
    }
    let kept = 0;
    for (let index = 0; index < this.count; index++) {
      if (keys[index] === least) candidates[kept++] = candidates[index];
      else this.paths.reasons[candidates[index]] = rule;
    }
    if (kept < this.count) this.lastReason = rule;
    this.count = kept;
  }

  /** What a rule compares: less is better. */
  private keyOf(path: number, rule: number): number {
    const attr = this.paths.usedAttributes[path];
    const peer = this.paths.peers[path];
    const attributes = this.attributes;
    switch (rule) {
      case DecisionReason.LocalPreference:
        return (attributes.flags[attr] & SetFlag.LocalPref) !== 0
          ? -attributes.localPref[attr]
          : -DEFAULT_LOCAL_PREFERENCE;
      case DecisionReason.LocallyOriginated:
        return peer === 0 ? 0 : 1;
      // RFC 4271 §9.1.2.2 (a)
      case DecisionReason.AsPathLength:
        return attributes.asPathLength[attr];
      // RFC 4271 §9.1.2.2 (b)
      case DecisionReason.Origin:
        return attributes.origin[attr];
      // RFC 4271 §9.1.2.2 (d)
      case DecisionReason.EbgpOverIbgp:
        return this.peers.isIbgp[peer];
      // RFC 4271 §9.1.2.2 (e)
      case DecisionReason.IgpMetric:
        return this.nextHops.metric(attributes.nextHop[attr]);
      // RFC 4271 §9.1.2.2 (f); RFC 4456 §9: ORIGINATOR_ID stands for the router id when present.
      case DecisionReason.RouterId:
        return (attributes.flags[attr] & SetFlag.OriginatorId) !== 0
          ? attributes.originatorId[attr]
          : this.peers.routerIds[peer];
      // RFC 4456 §9
      case DecisionReason.ClusterLength:
        return attributes.clusterListLength[attr];
      // RFC 4271 §9.1.2.2 (g)
      default:
        return this.peers.addressRanks[peer];
    }
  }

  /**
   * RFC 4271 §9.1.2.2 (c): MULTI_EXIT_DISC is compared only between routes of the same neighboring AS, each
   * against the least of its AS, so that the outcome does not depend on their order. A missing one is 0.
   */
  private applyMed(): void {
    const { candidates, keys, attributes, count } = this;
    const used = this.paths.usedAttributes;
    for (let index = 0; index < count; index++) {
      const attr = used[candidates[index]];
      const med = this.medOf(attr);
      keys[index] = 0;
      for (let other = 0; other < count; other++) {
        const rival = used[candidates[other]];
        if (attributes.neighborAsn[rival] === attributes.neighborAsn[attr] && this.medOf(rival) < med) {
          keys[index] = 1;
          break;
        }
      }
    }
    let kept = 0;
    for (let index = 0; index < count; index++) {
      if (keys[index] === 0) candidates[kept++] = candidates[index];
      else this.paths.reasons[candidates[index]] = DecisionReason.Med;
    }
    if (kept < count) this.lastReason = DecisionReason.Med;
    this.count = kept;
  }

  private medOf(attr: number): number {
    return (this.attributes.flags[attr] & SetFlag.Med) !== 0 ? this.attributes.med[attr] : 0;
  }

  private growScratch(): void {
    const candidates = new Uint32Array(this.candidates.length * 2);
    candidates.set(this.candidates);
    this.candidates = candidates;
    this.keys = new Float64Array(candidates.length);
  }
}
