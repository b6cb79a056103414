// hot: what each source announced (RFC 4271 §3.2), what the import policy made of it, and how long it is kept: changes of
// paths are made here and nowhere else. A change only marks its prefix; deciding is rib.ts's. Nothing is stored twice:
// another policy is applied to what was received (soft reconfiguration).

import { growUint8, nextCapacity } from '../net/columns.ts';
import { PoliciesInUse } from '../policy/policies-in-use.ts';
import type { Decision as PolicyDecision, Policy, Verdict } from '../policy/policy.ts';
import { policySource } from '../policy/policy-sources.ts';
import { attrSetId, SetFlag } from '../wire/attribute-sets.ts';
import type { ImportContext } from '../wire/export-transform.ts';
import { PathFlag } from './code-points.ts';
import type { RibCore } from './core.ts';
import { DECIDED_FLAGS } from './decision.ts';
import { ImportTransform } from './import-transform.ts';
import { Age } from './peer-routes.ts';
import type { PeerIndex } from './types.ts';

/** Paths that one peer may have for one prefix (RFC 7911): more are refused, since each costs a step of every look-up. */
const MAX_PATHS_A_PREFIX = 256;

/** Octets of a global and a link-local next hop (RFC 2545 §3). */
const BOTH_LENGTH = 32;

/** Bits by prefix slot: something about a path in use changed in place, so that the same slot means another route. */
export const Touch = {
  /** For the peers. */
  Best: 1,
  /** For the kernel: next hops of the best path or of one that is used with it. */
  Hops: 2,
} as const;

export class AdjRibIn {
  private readonly core: RibCore;
  private readonly transform: ImportTransform;
  private readonly policies: (Policy | undefined)[];
  private readonly policiesInUse: PoliciesInUse;
  private touched: Uint8Array;
  /** Next hops that changed after this generation are to be looked at. */
  nextHopsSince: number;
  acceptedPaths: number;
  acceptedPrefixes: number;

  constructor(core: RibCore) {
    this.core = core;
    this.transform = new ImportTransform(core.attributes, core.peers);
    this.policies = [];
    this.policiesInUse = new PoliciesInUse();
    this.touched = new Uint8Array(1024);
    this.nextHopsSince = core.nextHops.generation;
    this.acceptedPaths = 0;
    this.acceptedPrefixes = 0;
  }

  get bytes(): number {
    return this.touched.byteLength + this.transform.bytes;
  }

  /** True when routes that are there have to be evaluated again. */
  setPolicy(peer: PeerIndex, policy: Policy): boolean {
    const before = this.policies[peer];
    this.policies[peer] = policy;
    this.policiesInUse.replace(before, policy);
    return before?.fingerprint !== policy.fingerprint;
  }

  /** What the session adds to the peer's routes; true when routes that are there have to be evaluated again. */
  setContext(peer: PeerIndex, context: ImportContext): boolean {
    return this.transform.setContext(peer, context);
  }

  /** An attribute set was freed: its number will mean another one. */
  forget(attr: number): void {
    this.policiesInUse.forget(attrSetId(attr));
  }

  /** The number will mean another peer. */
  forgetPeer(peer: PeerIndex): void {
    this.policiesInUse.replace(this.policies[peer], undefined);
    this.policies[peer] = undefined;
    this.transform.forgetPeer(peer);
  }

  /** What the import policy says of a path, found by evaluating it again; undefined without a policy. */
  explain(path: number): PolicyDecision | undefined {
    const policy = this.policies[this.core.paths.peers[path]];
    return policy?.describe(this.evaluate(path, policy));
  }

  /** Forgets what a burst of routes made it remember; true when nothing is left. */
  tidy(budget: number): boolean {
    return this.transform.clear(budget);
  }

  /** See Rib.announce. */
  announce(
    peer: PeerIndex,
    pathId: number,
    w0: number,
    w1: number,
    w2: number,
    w3: number,
    length: number,
    attr: number,
    receivedFlags: number,
    nowSec: number,
  ): boolean {
    const { attributes, family, paths, peers, routes, undecided } = this.core;
    routes.ensure(peer);
    if (routes.isFull(peer) && !this.isKnown(peer, pathId, w0, w1, w2, w3, length)) {
      routes.refused[peer]++;
      return false;
    }
    const prefix = paths.prefixSlot(w0, w1, w2, w3, length);
    let path = paths.find(prefix, peer, pathId);
    if (path === 0 && pathId !== 0 && paths.countOf(prefix, peer) >= MAX_PATHS_A_PREFIX) {
      routes.crowded[peer]++;
      return false;
    }
    const policy = this.policies[peer];
    const verdict = policy?.evaluate(
      family,
      w0,
      w1,
      w2,
      w3,
      length,
      attributes,
      attrSetId(attr),
      policySource(peer, pathId),
    );
    let flags = peer === 0 ? PathFlag.Local : peers.isIbgp[peer] === 1 ? PathFlag.Internal : 0;
    flags |= receivedFlags & PathFlag.AsLoop;
    if (verdict !== undefined && !verdict.isAccepted) flags |= PathFlag.Filtered;
    if (path !== 0 && paths.attributes[path] === attr && (paths.flags[path] & ~DECIDED_FLAGS) === flags) {
      if (paths.epochs[path] !== routes.epochs[peer]) this.renew(path);
      return true;
    }
    this.beforeChange(prefix);
    const used = this.transform.apply(peer, attr, policy, verdict);
    // An import policy whose result is too large for any message refuses the route.
    if (used === 0) flags |= PathFlag.Filtered;
    attributes.retain(attrSetId(attr));
    if (used !== 0) attributes.retain(attrSetId(used));
    let wasAccepted = false;
    if (path === 0) {
      path = paths.link(prefix, peer, pathId);
      routes.received[peer]++;
    } else {
      wasAccepted = isAcceptedFlags(paths.flags[path]);
      routes.forgetAge(path);
      this.releaseAttributes(path);
      this.touch(path);
    }
    if (isAcceptedFlags(flags) !== wasAccepted) this.countAccepted(path, wasAccepted ? -1 : 1);
    paths.attributes[path] = attr;
    paths.usedAttributes[path] = used;
    paths.flags[path] = flags;
    paths.epochs[path] = routes.epochs[peer];
    paths.receivedSec[path] = nowSec;
    paths.setWeight(path, this.transform.weightOf(policy, verdict));
    undecided.push(prefix);
    return true;
  }

  remove(path: number): void {
    const { paths, routes, undecided } = this.core;
    const prefix = paths.prefixOf[path];
    this.beforeChange(prefix);
    if (isAcceptedFlags(paths.flags[path])) this.countAccepted(path, -1);
    routes.forgetAge(path);
    routes.received[paths.peers[path]]--;
    this.touch(path);
    if (paths.best[prefix] === path) paths.best[prefix] = 0;
    this.releaseAttributes(path);
    paths.unlink(path);
    undecided.push(prefix);
  }

  /** Runs a route through the import policy again: no refresh from the peer is needed. */
  reevaluate(path: number): void {
    const { attributes, paths, reclaimer, undecided } = this.core;
    const peer = paths.peers[path];
    const policy = this.policies[peer];
    const verdict = policy === undefined ? undefined : this.evaluate(path, policy);
    let flags = paths.flags[path] & ~(DECIDED_FLAGS | PathFlag.Filtered);
    if (verdict !== undefined && !verdict.isAccepted) flags |= PathFlag.Filtered;
    const used = this.transform.apply(peer, paths.attributes[path], policy, verdict);
    if (used === 0) flags |= PathFlag.Filtered;
    const weight = this.transform.weightOf(policy, verdict);
    const before = paths.usedAttributes[path];
    const hasSameFlags = flags === (paths.flags[path] & ~DECIDED_FLAGS);
    if (hasSameFlags && used === before && weight === paths.weightOf(path)) return;
    this.beforeChange(paths.prefixOf[path]);
    const isAccepted = isAcceptedFlags(flags);
    if (isAccepted !== isAcceptedFlags(paths.flags[path])) this.countAccepted(path, isAccepted ? 1 : -1);
    if (used !== 0) attributes.retain(attrSetId(used));
    if (before !== 0) reclaimer.release(before);
    if (used !== before) this.touch(path);
    paths.usedAttributes[path] = used;
    paths.flags[path] = flags | (paths.flags[path] & PathFlag.Multipath);
    paths.setWeight(path, weight);
    undecided.push(paths.prefixOf[path]);
  }

  /** RFC 9494 §4.2: a stale route becomes one of the least preferred, unless it says that it must not be kept. */
  becomeLongLived(path: number): void {
    const { attributes, paths, undecided } = this.core;
    // As the import policy left it: it may put the community on or take it away.
    const used = paths.usedAttributes[path];
    if ((attributes.flags[used === 0 ? paths.attributes[path] : used] & SetFlag.NoLlgr) !== 0) {
      this.remove(path);
      return;
    }
    this.beforeChange(paths.prefixOf[path]);
    this.touch(path);
    undecided.push(paths.prefixOf[path]);
  }

  /** What decides about the path beside its attributes is another now: ties (RFC 4271 §9.1.2.2 f), ORIGINATOR_ID (RFC 4456 §8). */
  renewSource(path: number): void {
    this.beforeChange(this.core.paths.prefixOf[path]);
    this.touch(path);
    this.core.undecided.push(this.core.paths.prefixOf[path]);
  }

  checkNextHop(path: number): void {
    const { attributes, nextHops, paths, undecided } = this.core;
    const used = paths.usedAttributes[path];
    if (!nextHops.hasChangedSince(attributes.nextHop[used], this.nextHopsSince)) return;
    this.note(path, Touch.Hops);
    // RFC 7311 §3.4.1: the distance may be in what goes out. RFC 2545 §3: so may the link-local half, by the link.
    const hasLinkLocal = attributes.nextHops.lengths[attributes.nextHop[used]] === BOTH_LENGTH;
    if (hasLinkLocal || (attributes.flags[used] & SetFlag.Aigp) !== 0) this.touch(path);
    undecided.push(paths.prefixOf[path]);
  }

  /** Bits of {@link Touch}, which are forgotten. */
  takeTouched(prefix: number): number {
    if (prefix >= this.touched.length) return 0;
    const bits = this.touched[prefix];
    if (bits !== 0) this.touched[prefix] = 0;
    return bits;
  }

  /** The same route in a new session or refresh: nothing changes but what the peer's OPEN said of it, and its age. */
  private renew(path: number): void {
    const { paths, routes, undecided } = this.core;
    this.beforeChange(paths.prefixOf[path]);
    // RFC 9494 §4.3: it goes out without LLGR_STALE from now on.
    if (routes.isLongLivedStale(path)) this.touch(path);
    routes.forgetAge(path);
    paths.epochs[path] = routes.epochs[paths.peers[path]];
    undecided.push(paths.prefixOf[path]);
  }

  private isKnown(
    peer: PeerIndex,
    pathId: number,
    w0: number,
    w1: number,
    w2: number,
    w3: number,
    length: number,
  ): boolean {
    const { paths, routes } = this.core;
    const prefix = paths.prefixes.find(w0, w1, w2, w3, length);
    if (prefix === 0) return false;
    const path = paths.find(prefix, peer, pathId);
    return path !== 0 && routes.ageOf(path) === Age.Current;
  }

  private evaluate(path: number, policy: Policy): Verdict {
    const { attributes, family, paths } = this.core;
    const { words, lengths, stride } = paths.prefixes;
    const slot = paths.prefixOf[path];
    const at = slot * stride;
    return policy.evaluate(
      family,
      words[at],
      stride === 1 ? 0 : words[at + 1],
      stride === 1 ? 0 : words[at + 2],
      stride === 1 ? 0 : words[at + 3],
      lengths[slot],
      attributes,
      attrSetId(paths.attributes[path]),
      policySource(paths.peers[path], paths.pathIdOf(path)),
    );
  }

  /** A linked path is accepted from now on, or no longer is. The prefix counts as its first accepted path does. */
  private countAccepted(path: number, by: 1 | -1): void {
    const { paths, routes } = this.core;
    const { first, flags, next, peers, prefixOf } = paths;
    routes.accepted[peers[path]] += by;
    this.acceptedPaths += by;
    for (let other = first[prefixOf[path]]; other !== 0; other = next[other]) {
      if (other !== path && isAcceptedFlags(flags[other])) return;
    }
    this.acceptedPrefixes += by;
  }

  private releaseAttributes(path: number): void {
    const { paths, reclaimer } = this.core;
    reclaimer.release(paths.attributes[path]);
    if (paths.usedAttributes[path] !== 0) reclaimer.release(paths.usedAttributes[path]);
  }

  private beforeChange(prefix: number): void {
    if (this.core.views.openCount !== 0) this.core.views.beforePathChange(prefix, this.core);
  }

  /** A path that peers or the kernel may have got means another route from now on. */
  private touch(path: number): void {
    const { best, flags, prefixOf } = this.core.paths;
    if (best[prefixOf[path]] === path) this.note(path, Touch.Best | Touch.Hops);
    else if ((flags[path] & PathFlag.Multipath) !== 0) this.note(path, Touch.Hops);
  }

  private note(path: number, bits: number): void {
    const prefix = this.core.paths.prefixOf[path];
    if (prefix >= this.touched.length) {
      this.touched = growUint8(this.touched, nextCapacity(this.touched.length, prefix + 1));
    }
    this.touched[prefix] |= bits;
  }
}

export function isAcceptedFlags(flags: number): boolean {
  return (flags & (PathFlag.Filtered | PathFlag.AsLoop)) === 0;
}
