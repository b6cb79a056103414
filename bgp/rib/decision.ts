// hot: the decision process (RFC 4271 §9.1.2) over the paths of one prefix, rule after rule, each rule
// taking out the paths that are worse; what took a path out is its reason. Rules and their order are FRR's
// (which puts routes originated here before AS path length), except that the older of two external paths is
// preferred only when asked for (RFC 5004): else the choice would depend on the order of arrival.
// Which of the equals carry packets together is multipath.ts's.

import type { BestPathConfig } from '../config.ts';
import { type AttributeSets, SetFlag } from '../wire/attribute-sets.ts';
import { DecisionReason, PathFlag } from './code-points.ts';
import { NeighborMeds } from './neighbor-meds.ts';
import type { NextHops } from './next-hops.ts';
import type { PathTable } from './path-table.ts';
import type { PeerRoutes } from './peer-routes.ts';
import { KindCode, type RibPeers } from './peers.ts';
import type { PeerIndex } from './types.ts';

/** RFC 4271 leaves the degree of preference to local configuration; 100 is what everyone uses. */
const DEFAULT_LOCAL_PREFERENCE = 100;
/** What routes originated here have, as FRR gives them. */
export const LOCAL_WEIGHT = 32_768;
const LOCAL_PEER: PeerIndex = 0;

const rulesBeforeMed = [
  DecisionReason.LongLivedStale,
  DecisionReason.Weight,
  DecisionReason.LocalPreference,
  DecisionReason.LocallyOriginated,
  DecisionReason.Aigp,
  DecisionReason.AsPathLength,
  DecisionReason.Origin,
] as const;
const rulesAfterMed = [
  DecisionReason.EbgpOverIbgp,
  DecisionReason.IgpMetric,
  DecisionReason.ConfederationOverIbgp,
] as const;
/** Paths that are equal up to here may be used together. */
const rulesAmongEquals = [
  DecisionReason.OldestPath,
  DecisionReason.RouterId,
  DecisionReason.ClusterLength,
  DecisionReason.PeerAddress,
  DecisionReason.PathId,
] as const;

/** Rules that compare what every path has, as bits; the others are left out where no candidate has what they look at. */
const ALWAYS =
  (1 << DecisionReason.AsPathLength) |
  (1 << DecisionReason.Origin) |
  (1 << DecisionReason.IgpMetric) |
  (1 << DecisionReason.OldestPath) |
  (1 << DecisionReason.RouterId) |
  (1 << DecisionReason.ClusterLength) |
  (1 << DecisionReason.PeerAddress) |
  (1 << DecisionReason.PathId);

/** Flags of a path that the decision process sets; the others come with the route. */
export const DECIDED_FLAGS = PathFlag.Valid | PathFlag.Inaccessible | PathFlag.Multipath;

export type DecisionOptions = Pick<BestPathConfig, 'prefersOldest' | 'comparesMedAlways'>;

export class Decision {
  options: DecisionOptions;
  /** What {@link rank} answered: paths, best first. */
  ranked: Uint32Array;
  /** What {@link choose} left when only ties were to be broken, for multipath. */
  equals: Uint32Array;
  equalCount: number;
  /** Whether somebody wants `equals`. */
  keepsEquals: boolean;
  private readonly paths: PathTable;
  private readonly attributes: AttributeSets;
  private readonly peers: RibPeers;
  private readonly nextHops: NextHops;
  private readonly routes: PeerRoutes;
  private readonly meds: NeighborMeds;
  /** Whether reasons are written. */
  private isTelling: boolean;
  // scratch
  private candidates: Uint32Array;
  private keys: Float64Array;
  private count: number;
  private lastReason: number;
  private current: number;
  /** Bits of the rules that can tell the candidates apart. */
  private rules: number;

  constructor(
    paths: PathTable,
    attributes: AttributeSets,
    peers: RibPeers,
    nextHops: NextHops,
    routes: PeerRoutes,
    options: DecisionOptions,
  ) {
    this.options = options;
    this.ranked = new Uint32Array(64);
    this.equals = new Uint32Array(64);
    this.equalCount = 0;
    this.keepsEquals = false;
    this.paths = paths;
    this.attributes = attributes;
    this.peers = peers;
    this.nextHops = nextHops;
    this.routes = routes;
    this.meds = new NeighborMeds();
    this.isTelling = true;
    this.candidates = new Uint32Array(64);
    this.keys = new Float64Array(64);
    this.count = 0;
    this.lastReason = DecisionReason.None;
    this.current = 0;
    this.rules = 0;
  }

  /**
   * The best path of the prefix, 0 when none is usable. Writes the reason of every path; `equals` are those that only ties
   * told apart, the best one among them.
   */
  choose(prefix: number): number {
    const { next, reasons } = this.paths;
    const only = this.paths.first[prefix];
    this.equalCount = 0;
    if (only === 0) return 0;
    if (next[only] === 0) {
      const isUsable = this.checkUsable(only);
      reasons[only] = isUsable ? DecisionReason.OnlyPath : DecisionReason.None;
      return isUsable ? only : 0;
    }
    this.isTelling = true;
    this.count = 0;
    for (let path = only; path !== 0; path = next[path]) {
      reasons[path] = DecisionReason.None;
      if (!this.checkUsable(path)) continue;
      if (this.count === this.candidates.length) this.growScratch();
      this.candidates[this.count++] = path;
    }
    if (this.count === 0) return 0;
    const best = this.decide(this.paths.best[prefix]);
    // What took out the last rival is what made it the best.
    reasons[best] = this.lastReason;
    return best;
  }

  /** The `limit` best paths of a prefix (0: all) go to `ranked`, by what was last decided; answers how many. */
  rank(prefix: number, limit: number): number {
    const { best, first, flags, next } = this.paths;
    let usable = 0;
    for (let path = first[prefix]; path !== 0; path = next[path]) {
      // Accepted anew and not decided yet, or decided against.
      if ((flags[path] & PathFlag.Valid) === 0) continue;
      if (usable === this.ranked.length) this.ranked = grown(this.ranked);
      this.ranked[usable++] = path;
    }
    const wanted = limit === 0 || limit > usable ? usable : limit;
    const top = best[prefix];
    this.isTelling = false;
    for (let place = 0; place < wanted; place++) {
      let path = place === 0 ? top : 0;
      // The order among all of them is worth nothing to anyone: the best one comes first.
      if (wanted === usable && place > 0) break;
      if (path === 0) {
        this.count = 0;
        for (let index = place; index < usable; index++) {
          if (this.count === this.candidates.length) this.growScratch();
          this.candidates[this.count++] = this.ranked[index];
        }
        path = this.decide(0);
      }
      const at = this.ranked.indexOf(path, place);
      if (at >= usable || at < 0) continue;
      this.ranked[at] = this.ranked[place];
      this.ranked[place] = path;
    }
    return wanted;
  }

  /** Whether `a` comes before `b` among equals, by router id, cluster list, address and identifier. */
  isBefore(a: number, b: number): boolean {
    for (let index = 1; index < rulesAmongEquals.length; index++) {
      const rule = rulesAmongEquals[index];
      const keyA = this.keyOf(a, rule);
      const keyB = this.keyOf(b, rule);
      if (keyA !== keyB) return keyA < keyB;
    }
    return false;
  }

  /** Accepted by policy, without a loop and with a next hop that can be reached (RFC 4271 §9.1.2). Notes it in the flags. */
  private checkUsable(path: number): boolean {
    const flags = this.paths.flags[path];
    const isReachable = this.nextHops.isReachable(this.attributes.nextHop[this.paths.usedAttributes[path]]);
    const isUsable = isReachable && (flags & (PathFlag.Filtered | PathFlag.AsLoop)) === 0;
    const now =
      (flags & ~(PathFlag.Valid | PathFlag.Inaccessible)) |
      (isUsable ? PathFlag.Valid : 0) |
      (isReachable ? 0 : PathFlag.Inaccessible);
    if (now !== flags) this.paths.flags[path] = now;
    return isUsable;
  }

  /** The best of the candidates, of which there is at least one. */
  private decide(current: number): number {
    this.current = current;
    this.lastReason = DecisionReason.OnlyPath;
    this.rules = this.count > 1 ? this.findRules() : 0;
    for (let index = 0; index < rulesBeforeMed.length && this.count > 1; index++) this.apply(rulesBeforeMed[index]);
    if (this.count > 1 && (this.rules & (1 << DecisionReason.Med)) !== 0) this.applyMed();
    for (let index = 0; index < rulesAfterMed.length && this.count > 1; index++) this.apply(rulesAfterMed[index]);
    if (this.isTelling && this.keepsEquals) this.keepEquals();
    for (let index = 0; index < rulesAmongEquals.length && this.count > 1; index++) this.apply(rulesAmongEquals[index]);
    return this.candidates[0];
  }

  private keepEquals(): void {
    while (this.count > this.equals.length) this.equals = grown(this.equals);
    for (let index = 0; index < this.count; index++) this.equals[index] = this.candidates[index];
    this.equalCount = this.count;
  }

  /** One look at each candidate saves most of the rules. */
  private findRules(): number {
    const { candidates, count } = this;
    const { peers: sources, usedAttributes, weights } = this.paths;
    const { flags } = this.attributes;
    const { kinds } = this.peers;
    let present = 0;
    let isLocal = false;
    let kindBits = 0;
    for (let index = 0; index < count; index++) {
      const path = candidates[index];
      const peer = sources[path];
      present |= flags[usedAttributes[path]];
      kindBits |= 1 << kinds[peer];
      if (peer === LOCAL_PEER) isLocal = true;
    }
    let rules = ALWAYS;
    if ((present & SetFlag.LlgrStale) !== 0 || this.routes.longLivedPeers > 0) {
      rules |= 1 << DecisionReason.LongLivedStale;
    }
    if (isLocal) rules |= 1 << DecisionReason.LocallyOriginated;
    if (isLocal || weights.length > 0) rules |= 1 << DecisionReason.Weight;
    if ((present & SetFlag.LocalPref) !== 0) rules |= 1 << DecisionReason.LocalPreference;
    if ((present & SetFlag.Aigp) !== 0) rules |= 1 << DecisionReason.Aigp;
    if ((present & SetFlag.Med) !== 0) rules |= 1 << DecisionReason.Med;
    // More than one kind.
    if ((kindBits & (kindBits - 1)) !== 0) {
      rules |= (1 << DecisionReason.EbgpOverIbgp) | (1 << DecisionReason.ConfederationOverIbgp);
    }
    return rules;
  }

  private apply(rule: number): void {
    if ((this.rules & (1 << rule)) === 0) return;
    if (rule === DecisionReason.OldestPath && !this.prefersCurrent()) return;
    const { candidates, keys } = this;
    let least = Infinity;
    for (let index = 0; index < this.count; index++) {
      const key = this.keyOf(candidates[index], rule);
      keys[index] = key;
      if (key < least) least = key;
    }
    this.keepLeast(least, rule);
  }

  /** Takes out the candidates whose key is not the least. */
  private keepLeast(least: number, rule: number): void {
    const { candidates, isTelling, keys } = this;
    let kept = 0;
    for (let index = 0; index < this.count; index++) {
      if (keys[index] === least) candidates[kept++] = candidates[index];
      else if (isTelling) this.paths.reasons[candidates[index]] = rule;
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
      // RFC 9494 §4.2, §4.3: stale here, or said to be stale by whoever passed it on.
      case DecisionReason.LongLivedStale:
        return (attributes.flags[attr] & SetFlag.LlgrStale) !== 0 || this.routes.isLongLivedStale(path) ? 1 : 0;
      case DecisionReason.Weight:
        return peer === LOCAL_PEER ? -LOCAL_WEIGHT : -this.paths.weightOf(path);
      case DecisionReason.LocalPreference:
        return (attributes.flags[attr] & SetFlag.LocalPref) !== 0
          ? -attributes.localPref[attr]
          : -DEFAULT_LOCAL_PREFERENCE;
      case DecisionReason.LocallyOriginated:
        return peer === LOCAL_PEER ? 0 : 1;
      // RFC 7311 §4.1: a path without the attribute loses to one that has it; the distance to the next hop is added.
      case DecisionReason.Aigp:
        return (attributes.flags[attr] & SetFlag.Aigp) !== 0
          ? attributes.aigpMetric[attr] + this.nextHops.metric(attributes.nextHop[attr])
          : Infinity;
      // RFC 4271 §9.1.2.2 (a)
      case DecisionReason.AsPathLength:
        return attributes.asPathLength[attr];
      // RFC 4271 §9.1.2.2 (b)
      case DecisionReason.Origin:
        return attributes.origin[attr];
      // RFC 4271 §9.1.2.2 (d); RFC 5065 §5.3: within the confederation is internal.
      case DecisionReason.EbgpOverIbgp:
        return this.peers.kinds[peer] === KindCode.ebgp ? 0 : 1;
      // RFC 4271 §9.1.2.2 (e)
      case DecisionReason.IgpMetric:
        return this.nextHops.metric(attributes.nextHop[attr]);
      case DecisionReason.ConfederationOverIbgp:
        return this.peers.kinds[peer];
      // RFC 5004 §3: the present choice stays, unless the other one comes from the same router.
      case DecisionReason.OldestPath:
        return path === this.current || this.routerIdOf(path) === this.routerIdOf(this.current) ? 0 : 1;
      // RFC 4271 §9.1.2.2 (f)
      case DecisionReason.RouterId:
        return this.routerIdOf(path);
      // RFC 4456 §9
      case DecisionReason.ClusterLength:
        return attributes.clusterListLength[attr];
      // RFC 4271 §9.1.2.2 (g)
      case DecisionReason.PeerAddress:
        return this.peers.addressRanks[peer];
      default:
        return this.paths.pathIdOf(path);
    }
  }

  /** RFC 4456 §9: ORIGINATOR_ID stands for the router id when present. */
  private routerIdOf(path: number): number {
    const attr = this.paths.usedAttributes[path];
    return (this.attributes.flags[attr] & SetFlag.OriginatorId) !== 0
      ? this.attributes.originatorId[attr]
      : this.peers.routerIds[this.paths.peers[path]];
  }

  /** Whether the present best path is external and one of the candidates, and stays then. */
  private prefersCurrent(): boolean {
    const { candidates, count, current } = this;
    if (!this.options.prefersOldest || current === 0) return false;
    if (this.peers.kinds[this.paths.peers[current]] !== KindCode.ebgp) return false;
    for (let index = 0; index < count; index++) if (candidates[index] === current) return true;
    return false;
  }

  /**
   * RFC 4271 §9.1.2.2 (c): MULTI_EXIT_DISC is compared only between routes of the same neighboring AS, each
   * against the least of its AS, so that the outcome does not depend on their order. A missing one is 0.
   */
  private applyMed(): void {
    const { attributes, candidates, count, keys, meds } = this;
    const used = this.paths.usedAttributes;
    const comparesAlways = this.options.comparesMedAlways;
    meds.begin(count);
    for (let index = 0; index < count; index++) {
      const attr = used[candidates[index]];
      meds.note(comparesAlways ? 0 : attributes.neighborAsn[attr], attributes.med[attr]);
    }
    for (let index = 0; index < count; index++) {
      const attr = used[candidates[index]];
      const least = meds.leastOf(comparesAlways ? 0 : attributes.neighborAsn[attr]);
      keys[index] = attributes.med[attr] === least ? 0 : 1;
    }
    this.keepLeast(0, DecisionReason.Med);
  }

  private growScratch(): void {
    this.candidates = grown(this.candidates);
    this.keys = new Float64Array(this.candidates.length);
  }
}

function grown(column: Uint32Array): Uint32Array {
  const larger = new Uint32Array(column.length * 2);
  larger.set(column);
  return larger;
}
