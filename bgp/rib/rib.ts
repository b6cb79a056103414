// hot: the routing tables of one family (RFC 4271 §3.2): what each peer announced, what is usable and best,
// and the update groups that pass it on. Changes are only noted here; work() decides and sends, slice by
// slice. The family's sessions, timers and sockets are the speaker's business.

import { nextCapacity, growUint8 } from '../net/columns.ts';
import type { Family } from '../net/family.ts';
import type { Policy } from '../policy/policy.ts';
import { type AttributeSets, attrSetId } from '../wire/attribute-sets.ts';
import { PathFlag } from './code-points.ts';
import type { RibCore } from './core.ts';
import { DECIDED_FLAGS, Decision } from './decision.ts';
import { ImportTransform } from './import-transform.ts';
import type { NextHops } from './next-hops.ts';
import { Packer } from './packer.ts';
import { PathTable } from './path-table.ts';
import { Age, PeerRoutes } from './peer-routes.ts';
import type { RibPeers } from './peers.ts';
import { Reclaimer } from './reclaimer.ts';
import { type RouteView, type ViewQuery } from './route-view.ts';
import { RouteViews } from './route-views.ts';
import { SlotQueue } from './slot-queue.ts';
import { Due, Sweeps } from './sweeps.ts';
import { type NotSentListener, type PeerIndex, WorkState } from './types.ts';
import { UpdateGroups } from './update-groups.ts';

export interface RibDeps {
  readonly attributes: AttributeSets;
  readonly peers: RibPeers;
  readonly nextHops: NextHops;
  /** Varies the hash of prefixes, so that peers cannot choose colliding ones. */
  readonly hashSeed?: number;
  /** What one open view may save of a changing table before it must end; 32 MB by default. */
  readonly viewBytes?: number;
  readonly notSent?: NotSentListener;
}

const DEFAULT_VIEW_BYTES = 32 << 20;

/** Prefixes or paths handled by one slice: a few milliseconds. */
const DEFAULT_BUDGET = 2048;
/** Passing a path by in a sweep takes a fraction of the time that changing it does. */
const SWEEP_FACTOR = 4;
/** Paths that one peer may have for one prefix (RFC 7911): more are refused, since each costs a step of every look-up. */
const MAX_PATHS_A_PREFIX = 256;

export class Rib {
  readonly family: Family;
  readonly groups: UpdateGroups;
  /** Grows with each change of a best path. */
  tableVersion: number;
  private readonly core: RibCore;
  private readonly paths: PathTable;
  private readonly nextHops: NextHops;
  private readonly decision: Decision;
  private readonly importTransform: ImportTransform;
  private readonly undecided: SlotQueue;
  /** Bit by prefix slot: the best path changed in place, so that the same slot means another route. */
  private touched: Uint8Array;
  private readonly routes: PeerRoutes;
  private readonly sweeps: Sweeps;
  /** Next hops whose answer changed after this generation are still to be looked at. */
  private nextHopsSince: number;
  private nextHopGeneration: number;
  private isDeferring: boolean;
  private acceptedPaths: number;
  private acceptedPrefixes: number;
  private readonly policies: (Policy | undefined)[];

  constructor(family: Family, deps: RibDeps) {
    this.family = family;
    this.tableVersion = 0;
    this.paths = new PathTable(family.words, deps.hashSeed ?? 0);
    this.routes = new PeerRoutes(this.paths);
    this.nextHops = deps.nextHops;
    this.undecided = new SlotQueue();
    this.core = {
      family,
      attributes: deps.attributes,
      peers: deps.peers,
      paths: this.paths,
      routes: this.routes,
      undecided: this.undecided,
      reclaimer: new Reclaimer(deps.attributes, this.paths, this.undecided),
      packer: new Packer(family, deps.attributes, this.paths.prefixes),
      views: new RouteViews(),
      notSent: deps.notSent,
      viewBytes: deps.viewBytes ?? DEFAULT_VIEW_BYTES,
    };
    this.groups = new UpdateGroups(this.core);
    this.decision = new Decision(this.paths, deps.attributes, deps.peers, deps.nextHops);
    this.importTransform = new ImportTransform(family, deps.attributes);
    this.touched = new Uint8Array(1024);
    this.sweeps = new Sweeps(this.paths, this.routes, {
      remove: (path) => this.removePath(path),
      reevaluate: (path) => this.reevaluate(path),
      becomeLongLived: (path) => this.becomeLongLived(path),
      checkNextHop: (path) => this.checkNextHop(path),
      decideAgain: (path) => this.markUndecided(this.paths.prefixOf[path]),
    });
    this.nextHopsSince = deps.nextHops.generation;
    this.nextHopGeneration = deps.nextHops.generation;
    this.isDeferring = false;
    this.acceptedPaths = 0;
    this.acceptedPrefixes = 0;
    this.policies = [];
    deps.attributes.onFree((attr) => {
      this.importTransform.forget(attr);
      this.groups.forget(attr);
    });
  }

  get prefixCount(): number {
    return this.paths.prefixes.count;
  }

  get pathCount(): number {
    return this.paths.pathCount;
  }

  /** Prefixes with a path that was accepted: those of the loc-rib view. */
  get acceptedPrefixCount(): number {
    return this.acceptedPrefixes;
  }

  /** Paths that the import policies accepted, without those that are loops: the loc-rib view has as many rows. */
  get acceptedPathCount(): number {
    return this.acceptedPaths;
  }

  /** Bytes of all tables of this family, update groups included, attribute sets not. */
  get bytes(): number {
    return this.paths.bytes + this.touched.byteLength + this.undecided.bytes + this.groups.bytes;
  }

  /** Routes of a peer in its Adj-RIB-In, whatever the import policy says. */
  received(peer: PeerIndex): number {
    return peer < this.routes.received.length ? this.routes.received[peer] : 0;
  }

  /** Routes of a peer that the import policy accepted. */
  accepted(peer: PeerIndex): number {
    return peer < this.routes.accepted.length ? this.routes.accepted[peer] : 0;
  }

  /** Routes of a peer that are kept although it has not announced them again (RFC 4724 §4.2, RFC 7313 §4). */
  stale(peer: PeerIndex): number {
    return peer < this.routes.stale.length ? this.routes.stale[peer] : 0;
  }

  /** Announcements that the peer's limit has refused since there was room last. */
  refused(peer: PeerIndex): number {
    return peer < this.routes.refused.length ? this.routes.refused[peer] : 0;
  }

  /**
   * Selection deferral (RFC 4724 §4.1): while true nothing is decided, hence nothing advertised or installed, and no
   * End-of-RIB is sent. Routes come in as always.
   */
  get isDeferred(): boolean {
    return this.isDeferring;
  }

  set isDeferred(isDeferred: boolean) {
    this.isDeferring = isDeferred;
  }

  /** Without a policy everything is accepted. A change re-evaluates the peer's routes: no refresh is needed. */
  setImportPolicy(peer: PeerIndex, policy: Policy): void {
    this.routes.ensure(peer);
    const before = this.policies[peer];
    this.policies[peer] = policy;
    if (before?.fingerprint === policy.fingerprint || this.routes.received[peer] === 0) return;
    this.sweeps.add(Due.ImportPolicy, peer);
  }

  /** Routes beyond the limit are not taken; those that are there stay. undefined: no limit. */
  setLimit(peer: PeerIndex, limit: number | undefined): void {
    this.routes.ensure(peer);
    this.routes.setLimit(peer, limit);
  }

  /** True once when routes were refused and there is room again: a refresh brings them in. */
  takeRoom(peer: PeerIndex): boolean {
    if (this.refused(peer) === 0 || this.routes.isFull(peer)) return false;
    this.routes.refused[peer] = 0;
    return true;
  }

  /**
   * A source announces a prefix (host bits clear); it replaces what it announced before with the same path identifier
   * (RFC 7911 §3; 0 without add-path). For peer 0 that tells where the route began (see LocalSource). Takes its own
   * references to the set. `flags`: PathFlag.AsLoop for a route that must not be used, because our AS number or router
   * ID is in it or it leaked (RFC 9234 §5). False when the peer's limit refused it.
   */
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
    const { paths, routes } = this;
    routes.ensure(peer);
    if (routes.isFull(peer) && !this.isKnown(peer, pathId, w0, w1, w2, w3, length)) {
      routes.refused[peer]++;
      return false;
    }
    const prefix = paths.prefixSlot(w0, w1, w2, w3, length);
    let path = paths.find(prefix, peer, pathId);
    if (path === 0 && pathId !== 0 && paths.countOf(prefix, peer) >= MAX_PATHS_A_PREFIX) {
      routes.refused[peer]++;
      return false;
    }
    const verdict = this.policies[peer]?.evaluate(this.family, w0, w1, w2, w3, length);
    let flags = peer === 0 ? PathFlag.Local : this.core.peers.isIbgp[peer] === 1 ? PathFlag.Internal : 0;
    flags |= receivedFlags & PathFlag.AsLoop;
    if (verdict !== undefined && !verdict.isAccepted) flags |= PathFlag.Filtered;
    if (path !== 0 && paths.attributes[path] === attr && (paths.flags[path] & ~DECIDED_FLAGS) === flags) {
      if (paths.epochs[path] !== routes.epochs[peer]) this.renew(path);
      return true;
    }
    this.beforePathChange(prefix);
    const used =
      verdict === undefined || verdict.additionsIndex === 0
        ? attr
        : this.importTransform.apply(attr, this.policies[peer], verdict.additionsIndex);
    // An import policy whose result is too large for any message refuses the route.
    if (used === 0) flags |= PathFlag.Filtered;
    const { attributes } = this.core;
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
      if (paths.best[prefix] === path) this.touch(prefix);
    }
    if (isAcceptedFlags(flags) !== wasAccepted) this.countAccepted(path, wasAccepted ? -1 : 1);
    paths.attributes[path] = attr;
    paths.usedAttributes[path] = used;
    paths.flags[path] = flags;
    paths.epochs[path] = routes.epochs[peer];
    paths.receivedSec[path] = nowSec;
    this.markUndecided(prefix);
    return true;
  }

  /** A source withdraws a prefix; false when it had not announced it. */
  withdraw(peer: PeerIndex, pathId: number, w0: number, w1: number, w2: number, w3: number, length: number): boolean {
    const prefix = this.paths.prefixes.find(w0, w1, w2, w3, length);
    if (prefix === 0) return false;
    const path = this.paths.find(prefix, peer, pathId);
    if (path === 0) return false;
    this.removePath(path);
    return true;
  }

  /** The peer's session ended: its routes go, slice by slice. It may announce again at once. */
  removePeer(peer: PeerIndex): void {
    this.routes.ensure(peer);
    this.routes.refused[peer] = 0;
    if (this.routes.received[peer] === 0) return;
    this.routes.doomAll(peer);
    this.sweeps.add(Due.Remove, peer);
  }

  /**
   * What is there of the peer counts as stale from now on and stays in use until it is announced again or swept.
   * `lost`: its session was lost and it may come back (RFC 4724 §4.2); what was stale already goes. `refresh`: it began
   * to send everything again (BoRR, RFC 7313 §4).
   */
  keepPeer(peer: PeerIndex, cause: 'lost' | 'refresh' = 'lost'): void {
    this.routes.ensure(peer);
    if (cause === 'lost') this.routes.refused[peer] = 0;
    if (this.routes.keepCurrent(peer, cause === 'lost')) this.sweeps.add(Due.Remove, peer);
  }

  /** What is still stale goes, slice by slice: End-of-RIB, EoRR, or nobody waits any longer. */
  sweepStale(peer: PeerIndex): void {
    if (this.stale(peer) === 0) return;
    this.routes.doomStale(peer);
    this.sweeps.add(Due.Remove, peer);
  }

  /** RFC 9494 §4.2: stale routes become the least preferred ones; those with NO_LLGR go. */
  makeLongLived(peer: PeerIndex): void {
    if (this.stale(peer) === 0) return;
    this.routes.markLongLived(peer);
    this.sweeps.add(Due.LongLived, peer);
  }

  /** NextHops.refresh() found changes: the routes concerned are decided again. */
  nextHopsChanged(): void {
    if (this.nextHops.generation === this.nextHopGeneration) return;
    if (!this.sweeps.isDue(Due.NextHops, 0)) this.nextHopsSince = this.nextHopGeneration;
    this.nextHopGeneration = this.nextHops.generation;
    this.sweeps.add(Due.NextHops, 0);
  }

  /** One slice of whatever is due: decisions, sweeps, messages to members. */
  work(budget: number = DEFAULT_BUDGET): WorkState {
    if (!this.sweeps.isIdle) this.sweeps.work(budget * SWEEP_FACTOR);
    let state: WorkState = WorkState.Idle;
    if (!this.isDeferring) {
      this.decide(budget);
      state = this.groups.work(budget);
    }
    this.core.reclaimer.drain(budget);
    const isDeciding = (this.undecided.length > 0 && !this.isDeferring) || !this.sweeps.isIdle;
    const isTidy = isDeciding || this.importTransform.clear(budget);
    return isDeciding || !isTidy || this.core.reclaimer.hasWork ? WorkState.More : state;
  }

  /** Decides up to `budget` prefixes; true when more are waiting. */
  private decide(budget: number): boolean {
    const { paths, undecided, groups } = this;
    for (let left = budget; left > 0; left--) {
      const prefix = undecided.shift();
      if (prefix === 0) break;
      this.beforePathChange(prefix);
      const before = paths.best[prefix];
      const best = this.decision.choose(prefix);
      const isTouched = prefix < this.touched.length && this.touched[prefix] === 1;
      if (isTouched) this.touched[prefix] = 0;
      if (best !== before || isTouched) {
        paths.best[prefix] = best;
        paths.versions[prefix] = ++this.tableVersion;
        groups.enqueue(prefix);
      }
      if (best === 0) this.core.reclaimer.freePrefix(prefix);
    }
    return undecided.length > 0;
  }

  /** A view of one of the tables as it is now. Throws ViewError when too many are open. */
  openView(query: ViewQuery): RouteView {
    const group = query.table === 'advertised' ? this.groups.groupOf(query.peer) : undefined;
    const maxRoutes = {
      'loc-rib': this.pathCount,
      received: this.received(query.peer),
      accepted: this.accepted(query.peer),
      advertised: group?.sentTo(query.peer) ?? 0,
    }[query.table];
    return this.core.views.open(query, this.core, { tableVersion: this.tableVersion, maxRoutes, group });
  }

  private removePath(path: number): void {
    const { paths } = this;
    const prefix = paths.prefixOf[path];
    const peer = paths.peers[path];
    this.beforePathChange(prefix);
    if (isAcceptedFlags(paths.flags[path])) this.countAccepted(path, -1);
    this.routes.forgetAge(path);
    this.routes.received[peer]--;
    if (paths.best[prefix] === path) {
      paths.best[prefix] = 0;
      this.touch(prefix);
    }
    this.releaseAttributes(path);
    paths.unlink(path);
    this.markUndecided(prefix);
  }

  /** The same route in a new session or refresh: nothing changes but what the peer's OPEN said of it, and its age. */
  private renew(path: number): void {
    const { paths, routes } = this;
    const prefix = paths.prefixOf[path];
    const wasLongLived = routes.isLongLivedStale(path);
    if (wasLongLived) this.beforePathChange(prefix);
    routes.forgetAge(path);
    paths.epochs[path] = routes.epochs[paths.peers[path]];
    // RFC 9494 §4.3: it goes out without LLGR_STALE from now on.
    if (wasLongLived && paths.best[prefix] === path) this.touch(prefix);
    this.markUndecided(prefix);
  }

  private becomeLongLived(path: number): void {
    const { paths } = this;
    const prefix = paths.prefixOf[path];
    this.beforePathChange(prefix);
    if (paths.best[prefix] === path) this.touch(prefix);
    this.markUndecided(prefix);
  }

  private checkNextHop(path: number): void {
    const nextHop = this.core.attributes.nextHop[this.paths.usedAttributes[path]];
    if (this.nextHops.hasChangedSince(nextHop, this.nextHopsSince)) this.markUndecided(this.paths.prefixOf[path]);
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
    const prefix = this.paths.prefixes.find(w0, w1, w2, w3, length);
    if (prefix === 0) return false;
    const path = this.paths.find(prefix, peer, pathId);
    return path !== 0 && this.routes.ageOf(path) !== Age.Doomed;
  }

  /** Runs a route through the import policy again: no refresh from the peer is needed. */
  private reevaluate(path: number): void {
    const { paths } = this;
    const { words, lengths, stride } = paths.prefixes;
    const slot = paths.prefixOf[path];
    const at = slot * stride;
    this.announceAgain(
      path,
      words[at],
      stride === 1 ? 0 : words[at + 1],
      stride === 1 ? 0 : words[at + 2],
      stride === 1 ? 0 : words[at + 3],
      lengths[slot],
    );
  }

  private announceAgain(path: number, w0: number, w1: number, w2: number, w3: number, length: number): void {
    const { paths } = this;
    const prefix = paths.prefixOf[path];
    const peer = paths.peers[path];
    const attr = paths.attributes[path];
    const verdict = this.policies[peer]?.evaluate(this.family, w0, w1, w2, w3, length);
    let flags = paths.flags[path] & ~(DECIDED_FLAGS | PathFlag.Filtered);
    if (verdict !== undefined && !verdict.isAccepted) flags |= PathFlag.Filtered;
    const used =
      verdict === undefined || verdict.additionsIndex === 0
        ? attr
        : this.importTransform.apply(attr, this.policies[peer], verdict.additionsIndex);
    if (used === 0) flags |= PathFlag.Filtered;
    if (flags === (paths.flags[path] & ~DECIDED_FLAGS) && used === paths.usedAttributes[path]) return;
    this.beforePathChange(prefix);
    const isAccepted = isAcceptedFlags(flags);
    if (isAccepted !== isAcceptedFlags(paths.flags[path])) this.countAccepted(path, isAccepted ? 1 : -1);
    const before = paths.usedAttributes[path];
    if (used !== 0) this.core.attributes.retain(attrSetId(used));
    if (before !== 0) this.core.reclaimer.release(before);
    if (paths.best[prefix] === path && used !== before) this.touch(prefix);
    paths.usedAttributes[path] = used;
    paths.flags[path] = flags;
    this.markUndecided(prefix);
  }

  /** A linked path is accepted from now on, or no longer is. The prefix counts as its first accepted path does. */
  private countAccepted(path: number, by: 1 | -1): void {
    const { first, flags, next, peers, prefixOf } = this.paths;
    this.routes.accepted[peers[path]] += by;
    this.acceptedPaths += by;
    for (let other = first[prefixOf[path]]; other !== 0; other = next[other]) {
      if (other !== path && isAcceptedFlags(flags[other])) return;
    }
    this.acceptedPrefixes += by;
  }

  private releaseAttributes(path: number): void {
    const { paths } = this;
    this.core.reclaimer.release(paths.attributes[path]);
    if (paths.usedAttributes[path] !== 0) this.core.reclaimer.release(paths.usedAttributes[path]);
  }

  private beforePathChange(prefix: number): void {
    if (this.core.views.openCount !== 0) this.core.views.beforePathChange(prefix, this.core);
  }

  private markUndecided(prefix: number): void {
    this.undecided.push(prefix);
  }

  private touch(prefix: number): void {
    if (prefix >= this.touched.length) {
      this.touched = growUint8(this.touched, nextCapacity(this.touched.length, prefix + 1));
    }
    this.touched[prefix] = 1;
  }
}

function isAcceptedFlags(flags: number): boolean {
  return (flags & (PathFlag.Filtered | PathFlag.AsLoop)) === 0;
}
