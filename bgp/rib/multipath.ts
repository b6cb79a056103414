// hot: which of the paths that the decision process found equal carry packets together with the best one, and how packets
// are shared among them. The set depends on the paths alone, not on the order in which they came. What a path must have
// in common with the best one is what FRR asks for: the same neighboring AS (eBGP) or AS path (iBGP), unless relaxed.

import { AttributeCode, AttributeFlag } from '../wire/attribute.ts';
import { type AttributeSets, attrSetId, SetFlag } from '../wire/attribute-sets.ts';
import { PathFlag } from './code-points.ts';
import type { Decision } from './decision.ts';
import type { PathTable } from './path-table.ts';
import { KindCode, type RibPeers } from './peers.ts';

export interface MultipathOptions {
  /** Most paths of a set, by the kind of the best one; 1: none but the best. */
  readonly maxPaths: { readonly ebgp: number; readonly ibgp: number };
  readonly isMultipathRelax: boolean;
  readonly weighsByLinkBandwidth: boolean;
}

export const defaultMultipath: MultipathOptions = {
  maxPaths: { ebgp: 1, ibgp: 1 },
  isMultipathRelax: false,
  weighsByLinkBandwidth: true,
};

/** The kernel's weights are octets. */
const MAX_WEIGHT = 256;

export class Multipath {
  options: MultipathOptions;
  private readonly paths: PathTable;
  private readonly attributes: AttributeSets;
  private readonly peers: RibPeers;
  private readonly decision: Decision;
  /** False until there was a set: most speakers never have one, and no flags need to be looked at. */
  private hasMarked: boolean;
  private readonly byTies: (a: number, b: number) => number;
  // scratch: the set being made, the best path first
  private readonly members: number[];

  constructor(
    paths: PathTable,
    attributes: AttributeSets,
    peers: RibPeers,
    decision: Decision,
    options: MultipathOptions,
  ) {
    this.options = options;
    this.paths = paths;
    this.attributes = attributes;
    this.peers = peers;
    this.decision = decision;
    this.hasMarked = false;
    this.byTies = (a, b) => (decision.isBefore(a, b) ? -1 : 1);
    this.members = [];
  }

  /** Marks the set around what {@link Decision.choose} has just chosen; true when the set is another one than before. */
  mark(prefix: number, best: number): boolean {
    const hasEquals = best !== 0 && this.decision.equalCount > 1;
    if (!hasEquals && !this.hasMarked) return false;
    const { members } = this;
    members.length = 0;
    if (hasEquals) this.select(best);
    const isSet = members.length > 1;
    if (isSet) this.hasMarked = true;
    else if (!this.hasMarked) return false;
    const { first, flags, next } = this.paths;
    let hasChanged = false;
    for (let path = first[prefix]; path !== 0; path = next[path]) {
      const flag = isSet && members.includes(path) ? PathFlag.Multipath : 0;
      if ((flags[path] & PathFlag.Multipath) === flag) continue;
      flags[path] ^= PathFlag.Multipath;
      hasChanged = true;
    }
    return hasChanged;
  }

  /**
   * Shares of paths, in the order given: by link bandwidth when each has one (draft-ietf-idr-link-bandwidth §2), else all
   * 1. The smallest numbers that keep the proportions to within the octet that the kernel has.
   */
  weigh(paths: readonly number[], weights: number[]): void {
    const { flags, linkBandwidth } = this.attributes;
    const used = this.paths.usedAttributes;
    weights.length = 0;
    let most = 0;
    let isWeighed = this.options.weighsByLinkBandwidth;
    for (let index = 0; index < paths.length && isWeighed; index++) {
      const attr = used[paths[index]];
      if ((flags[attr] & SetFlag.LinkBandwidth) === 0) isWeighed = false;
      else if (linkBandwidth[attr] > most) most = linkBandwidth[attr];
    }
    let divisor = 0;
    for (let index = 0; index < paths.length; index++) {
      const share = isWeighed && most > 0 ? Math.round((linkBandwidth[used[paths[index]]] * MAX_WEIGHT) / most) : 1;
      weights.push(Math.max(1, share));
      divisor = greatestCommonDivisor(weights[index], divisor);
    }
    for (let index = 0; index < weights.length; index++) weights[index] /= divisor;
  }

  private select(best: number): void {
    const { decision, members } = this;
    const { ebgp, ibgp } = this.options.maxPaths;
    const kind = this.peers.kinds[this.paths.peers[best]];
    const limit = kind === KindCode.ibgp ? ibgp : ebgp;
    // What began here is not spread: it goes nowhere.
    if (limit < 2 || this.paths.peers[best] === 0) return;
    members.push(best);
    const rivals = decision.equals.subarray(0, decision.equalCount).sort(this.byTies);
    for (let index = 0; index < rivals.length && members.length < limit; index++) {
      const path = rivals[index];
      if (path !== best && this.isAlike(path, best) && !this.hasNextHopOf(path)) members.push(path);
    }
  }

  private isAlike(path: number, best: number): boolean {
    if (this.options.isMultipathRelax) return true;
    const { peers: sources, usedAttributes } = this.paths;
    if (this.peers.kinds[sources[best]] !== KindCode.ibgp) {
      return this.peers.asns[sources[path]] === this.peers.asns[sources[best]];
    }
    return haveSameAsPath(this.attributes, usedAttributes[path], usedAttributes[best]);
  }

  /** Two paths to one next hop, as two reflectors send them, are one way. */
  private hasNextHopOf(path: number): boolean {
    const { usedAttributes } = this.paths;
    const { nextHop } = this.attributes;
    for (let index = 0; index < this.members.length; index++) {
      if (nextHop[usedAttributes[this.members[index]]] === nextHop[usedAttributes[path]]) return true;
    }
    return false;
  }
}

function greatestCommonDivisor(a: number, b: number): number {
  let [high, low] = [a, b];
  while (low !== 0) [high, low] = [low, high % low];
  return high;
}

function haveSameAsPath(attributes: AttributeSets, a: number, b: number): boolean {
  if (a === b) return true;
  const bytesA = attributes.chunkOf(attrSetId(a));
  const bytesB = attributes.chunkOf(attrSetId(b));
  const startA = findAsPath(attributes, a);
  const startB = findAsPath(attributes, b);
  const length = attributeLength(bytesA, startA);
  if (length !== attributeLength(bytesB, startB)) return false;
  for (let index = 0; index < length; index++) if (bytesA[startA + index] !== bytesB[startB + index]) return false;
  return true;
}

/** Where AS_PATH begins in a set's block; routes of peers have one (RFC 4271 §5.1.2). */
function findAsPath(attributes: AttributeSets, attr: number): number {
  const bytes = attributes.chunkOf(attrSetId(attr));
  let at = attributes.offsetOf(attrSetId(attr));
  const end = at + attributes.lengthOf(attrSetId(attr));
  while (at < end && bytes[at + 1] < AttributeCode.AsPath) at += attributeLength(bytes, at);
  return at;
}

function attributeLength(bytes: Uint8Array, at: number): number {
  const isLong = (bytes[at] & AttributeFlag.ExtendedLength) !== 0;
  return isLong ? 4 + ((bytes[at + 2] << 8) | bytes[at + 3]) : 3 + bytes[at + 2];
}
