// hot: the routing tables of one family (RFC 4271 §3.2): what each peer announced, what is usable and best,
// the update groups that pass it on and the feed of the kernel. Changes are only noted here; work() decides and
// sends, slice by slice. The family's sessions, timers and sockets are the speaker's business.

import type { BestPathConfig } from '../config.ts';
import type { Family } from '../net/family.ts';
import type { Prefix } from '../net/prefix.ts';
import type { Decision as PolicyDecision, Policy } from '../policy/policy.ts';
import type { Fib } from '../ports.ts';
import type { AttributeSets } from '../wire/attribute-sets.ts';
import type { ImportContext } from '../wire/export-transform.ts';
import { AdjRibIn, Touch } from './adj-rib-in.ts';
import { Aggregates } from './aggregates.ts';
import type { RibCore } from './core.ts';
import { Decision } from './decision.ts';
import { FibFeed, type FibFeedOptions } from './fib-feed.ts';
import { defaultMultipath, Multipath, type MultipathOptions } from './multipath.ts';
import type { NextHops } from './next-hops.ts';
import { Packer } from './packer.ts';
import { PathTable } from './path-table.ts';
import { PeerRoutes } from './peer-routes.ts';
import type { RibPeers } from './peers.ts';
import { Ranking } from './ranking.ts';
import { Reclaimer } from './reclaimer.ts';
import { type RouteView, type ViewQuery } from './route-view.ts';
import { RouteViews } from './route-views.ts';
import { SlotQueue } from './slot-queue.ts';
import { Due, Sweeps } from './sweeps.ts';
import { LocalSource, type NotSentListener, type PeerIndex, WorkState } from './types.ts';
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
  /** Where best routes go when setFib() has switched that on. */
  readonly fib?: Fib;
  /** The kernel refused a route that it had not refused before. */
  readonly routeRejected?: (family: Family, prefix: Prefix) => void;
}

const DEFAULT_VIEW_BYTES = 32 << 20;

/** Prefixes or paths handled by one slice: a few milliseconds. */
const DEFAULT_BUDGET = 2048;
/** Passing a path by in a sweep takes a fraction of the time that changing it does. */
const SWEEP_FACTOR = 4;

export class Rib {
  readonly family: Family;
  readonly groups: UpdateGroups;
  readonly aggregates: Aggregates;
  /** Grows with each change of a best path. */
  tableVersion: number;
  private readonly core: RibCore;
  private readonly paths: PathTable;
  private readonly routes: PeerRoutes;
  private readonly adjRibIn: AdjRibIn;
  private readonly decision: Decision;
  private readonly multipath: Multipath;
  private readonly feed: FibFeed | undefined;
  private readonly sweeps: Sweeps;
  private readonly undecided: SlotQueue;
  private nextHopGeneration: number;
  private isDeferring: boolean;
  /** When the last route was announced. */
  private nowSec: number;
  private readonly enqueue: (slot: number) => void;

  constructor(family: Family, deps: RibDeps) {
    const { attributes, nextHops, peers } = deps;
    const paths = new PathTable(family.words, deps.hashSeed ?? 0);
    const undecided = new SlotQueue();
    const reclaimer = new Reclaimer(attributes, paths, undecided);
    this.family = family;
    this.tableVersion = 0;
    this.paths = paths;
    this.undecided = undecided;
    this.isDeferring = false;
    this.nowSec = 0;
    this.enqueue = (slot) => this.groups.enqueue(slot);
    this.routes = new PeerRoutes(paths);
    this.decision = new Decision(paths, attributes, peers, nextHops, this.routes, {
      prefersOldest: false,
      comparesMedAlways: false,
    });
    this.multipath = new Multipath(paths, attributes, peers, this.decision, defaultMultipath);
    this.aggregates = new Aggregates({
      family,
      attributes,
      paths,
      announce: (prefix, attr) => {
        const { w0, w1, w2, w3, length } = prefix;
        this.announce(0, LocalSource.Aggregate, w0, w1, w2, w3, length, attr, 0, this.nowSec);
      },
      withdraw: ({ w0, w1, w2, w3, length }) => void this.withdraw(0, LocalSource.Aggregate, w0, w1, w2, w3, length),
      review: this.enqueue,
    });
    this.core = {
      family,
      attributes,
      peers,
      paths,
      routes: this.routes,
      nextHops,
      ranking: new Ranking(paths, this.decision, () => this.feed),
      aggregates: this.aggregates,
      undecided,
      reclaimer,
      forthcoming: {
        isPossible: () => this.aggregates.isInUse || this.feed?.isSelective === true,
        isBeingMade: () => undecided.length > 0 || !this.aggregates.isIdle || this.feed?.isIdle === false,
        isAwaited: () => this.feed?.isAwaited === true,
      },
      packer: new Packer(family, attributes, paths.prefixes),
      views: new RouteViews(),
      notSent: deps.notSent,
      viewBytes: deps.viewBytes ?? DEFAULT_VIEW_BYTES,
    };
    this.groups = new UpdateGroups(this.core);
    attributes.onFree((attr) => {
      this.adjRibIn.forget(attr);
      this.groups.forget(attr);
    });
    this.adjRibIn = new AdjRibIn(this.core);
    const { fib, routeRejected } = deps;
    this.feed =
      fib === undefined
        ? undefined
        : new FibFeed(
            this.core,
            { fib, rejected: (prefix) => routeRejected?.(family, prefix) },
            this.decision,
            this.multipath,
          );
    this.sweeps = new Sweeps(paths, this.routes, {
      remove: (path) => this.adjRibIn.remove(path),
      reevaluate: (path) => this.adjRibIn.reevaluate(path),
      becomeLongLived: (path) => this.adjRibIn.becomeLongLived(path),
      checkNextHop: (path) => this.adjRibIn.checkNextHop(path),
      decideAgain: (path) => void undecided.push(paths.prefixOf[path]),
      renewSource: (path) => this.adjRibIn.renewSource(path),
    });
    this.nextHopGeneration = nextHops.generation;
  }

  get prefixCount(): number {
    return this.paths.prefixes.count;
  }

  get pathCount(): number {
    return this.paths.pathCount;
  }

  /** Prefixes with a path that was accepted: those of the loc-rib view. */
  get acceptedPrefixCount(): number {
    return this.adjRibIn.acceptedPrefixes;
  }

  /** Paths that the import policies accepted, without those that are loops: the loc-rib view has as many rows. */
  get acceptedPathCount(): number {
    return this.adjRibIn.acceptedPaths;
  }

  /** Bytes of all tables of this family, update groups included, attribute sets not. */
  get bytes(): number {
    const { adjRibIn, feed, groups, paths, undecided } = this;
    return paths.bytes + adjRibIn.bytes + undecided.bytes + groups.bytes + (feed?.bytes ?? 0);
  }

  /** Routes of a peer in its Adj-RIB-In, whatever the import policy says; without those that only wait for being swept. */
  received(peer: PeerIndex): number {
    const { doomed, received } = this.routes;
    return peer < received.length ? received[peer] - doomed[peer] : 0;
  }

  /** Those that the peer has announced in its present session, or since BoRR: what limits count. */
  announced(peer: PeerIndex): number {
    return peer < this.routes.received.length ? this.routes.announced(peer) : 0;
  }

  /** Whether anything of a peer is left, also what waits for being swept: its number is taken until then. */
  hasRoutesOf(peer: PeerIndex): boolean {
    const { received } = this.routes;
    return peer < received.length && received[peer] > 0;
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

  /** Announcements that were refused because a prefix has as many paths of the peer as it may have (RFC 7911). */
  crowded(peer: PeerIndex): number {
    return peer < this.routes.crowded.length ? this.routes.crowded[peer] : 0;
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
    // What came in the meantime is to be told before End-of-RIB too.
    if (!isDeferred) this.groups.expectDecisions();
  }

  /** Without a policy everything is accepted. A change re-evaluates the peer's routes: no refresh is needed. */
  setImportPolicy(peer: PeerIndex, policy: Policy): void {
    this.routes.ensure(peer);
    if (this.adjRibIn.setPolicy(peer, policy)) this.reevaluate(peer);
  }

  /** What a session's routes get besides the policy's changes, and what these mean there. Before its first route. */
  setImportContext(peer: PeerIndex, context: ImportContext): void {
    this.routes.ensure(peer);
    if (this.adjRibIn.setContext(peer, context)) this.reevaluate(peer);
  }

  /** How paths are compared and which of them are used together. A change decides every prefix again. */
  setBestPath(config: BestPathConfig, maxPaths: MultipathOptions['maxPaths']): void {
    const { comparesMedAlways, isMultipathRelax, prefersOldest, weighsByLinkBandwidth } = config;
    const options = { comparesMedAlways, prefersOldest };
    const multipath = { isMultipathRelax, maxPaths, weighsByLinkBandwidth };
    const before = JSON.stringify([this.decision.options, this.multipath.options]);
    this.decision.options = options;
    this.multipath.options = multipath;
    this.decision.keepsEquals = maxPaths.ebgp > 1 || maxPaths.ibgp > 1;
    if (JSON.stringify([options, multipath]) === before) return;
    this.sweeps.add(Due.Decide, 0);
  }

  /** Switches the feed of the kernel on (undefined: off, which removes what it has). Needs RibDeps.fib. */
  setFib(options: FibFeedOptions | undefined): void {
    this.feed?.setOptions(options);
  }

  /** RFC 4724 §4.1: what the kernel still has of an earlier run goes once everything that is chosen now is on its way. */
  sweepFib(): void {
    this.feed?.sweepWhenIdle();
  }

  /** The kernel's answer to Fib.install, for a prefix. */
  routeInstalled(w0: number, w1: number, w2: number, w3: number, length: number, isInstalled: boolean): void {
    const slot = this.paths.prefixes.find(w0, w1, w2, w3, length);
    if (slot !== 0 && this.feed?.answered(slot, isInstalled) === true) this.groups.enqueue(slot);
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

  /** The number will mean another peer: its policy, context and limit are forgotten. Only without routes of it. */
  forgetPeer(peer: PeerIndex): void {
    this.setLimit(peer, undefined);
    this.routes.crowded[peer] = 0;
    this.adjRibIn.forgetPeer(peer);
  }

  /** Which statement of the import policy decided about a path, by evaluating it again; undefined without such a path or without a policy. */
  explainImport(peer: PeerIndex, pathId: number, { w0, w1, w2, w3, length }: Prefix): PolicyDecision | undefined {
    const slot = this.paths.prefixes.find(w0, w1, w2, w3, length);
    const path = slot === 0 ? 0 : this.paths.find(slot, peer, pathId);
    return path === 0 ? undefined : this.adjRibIn.explain(path);
  }

  hasSentDefault(member: PeerIndex): boolean {
    const slot = this.paths.prefixes.find(0, 0, 0, 0, 0);
    return slot !== 0 && this.groups.groupOf(member)?.out.has(slot) === true;
  }

  /** Whether a path is among those that a member may be sent, as far as policies let it: the best one or the best few (RFC 7911). */
  isOffered(member: PeerIndex, { w0, w1, w2, w3, length }: Prefix, peer: PeerIndex, pathId: number): boolean {
    const slot = this.paths.prefixes.find(w0, w1, w2, w3, length);
    const path = slot === 0 ? 0 : this.paths.find(slot, peer, pathId);
    if (path === 0) return false;
    const { ranking } = this.core;
    const count = ranking.rank(slot, this.groups.groupOf(member)?.options.addPathLimit ?? 1);
    return ranking.ranked.subarray(0, count).includes(path);
  }

  /**
   * A source announces a prefix (host bits clear); it replaces what it announced before with the same path identifier
   * (RFC 7911 §3; 0 without add-path). For peer 0 that tells where the route began (see LocalSource). Takes its own
   * references to the set. `flags`: PathFlag.AsLoop for a route that must not be used, because our AS number or router
   * ID is in it or it leaked (RFC 9234 §5). False when it was refused: the peer's limit, or too many paths for one prefix.
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
    this.nowSec = nowSec;
    return this.adjRibIn.announce(peer, pathId, w0, w1, w2, w3, length, attr, receivedFlags, nowSec);
  }

  /** A source withdraws a prefix; false when it had not announced it. */
  withdraw(peer: PeerIndex, pathId: number, w0: number, w1: number, w2: number, w3: number, length: number): boolean {
    const prefix = this.paths.prefixes.find(w0, w1, w2, w3, length);
    if (prefix === 0) return false;
    const path = this.paths.find(prefix, peer, pathId);
    if (path === 0) return false;
    this.adjRibIn.remove(path);
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
   * What is there of the peer counts as stale from now on and stays in use until it is announced again or swept: its session
   * was lost and it may come back (RFC 4724 §4.2; who wants what was stale already to go sweeps it before), or it begins to
   * send everything again (BoRR, RFC 7313 §4).
   */
  keepPeer(peer: PeerIndex): void {
    this.routes.ensure(peer);
    this.routes.refused[peer] = 0;
    this.routes.keepCurrent(peer);
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

  /** The peer has another router ID, or is another kind of client: what is kept of it is decided again, and told as it is now. */
  sourceChanged(peer: PeerIndex): void {
    if (this.received(peer) > 0) this.sweeps.add(Due.Source, peer);
  }

  /** NextHops.refresh() found changes: the routes concerned are decided again, and the kernel hears of them. */
  nextHopsChanged(): void {
    const { generation } = this.core.nextHops;
    if (generation === this.nextHopGeneration) return;
    if (!this.sweeps.isDue(Due.NextHops, 0)) this.adjRibIn.nextHopsSince = this.nextHopGeneration;
    this.nextHopGeneration = generation;
    this.sweeps.add(Due.NextHops, 0);
  }

  /** One slice of whatever is due: decisions, sweeps, routes for the kernel, messages to members. */
  work(budget: number = DEFAULT_BUDGET): WorkState {
    const { feed, groups, sweeps, undecided } = this;
    if (!sweeps.isIdle) sweeps.work(budget * SWEEP_FACTOR);
    let state: WorkState = WorkState.Idle;
    let isAggregating = false;
    if (!this.isDeferring) {
      this.decide(budget);
      isAggregating = this.aggregates.work(budget);
      feed?.work(budget, undecided.length > 0 || isAggregating, this.enqueue);
      state = groups.work(budget);
    }
    this.core.reclaimer.drain(budget);
    const isDeciding =
      !sweeps.isIdle || isAggregating || (!this.isDeferring && (undecided.length > 0 || feed?.isIdle === false));
    const isTidy = isDeciding || this.adjRibIn.tidy(budget);
    return isDeciding || !isTidy || this.core.reclaimer.hasWork ? WorkState.More : state;
  }

  /** A view of one of the tables as it is now. Throws ViewError when too many are open. */
  openView(query: ViewQuery): RouteView {
    const group = query.table === 'advertised' ? this.groups.groupOf(query.peer) : undefined;
    const maxRoutes = {
      'loc-rib': this.pathCount,
      received: this.routes.received[query.peer] ?? 0,
      accepted: this.accepted(query.peer),
      advertised: group?.sentTo(query.peer) ?? 0,
    }[query.table];
    return this.core.views.open(query, this.core, { tableVersion: this.tableVersion, maxRoutes, group });
  }

  /** Decides up to `budget` prefixes. */
  private decide(budget: number): void {
    const { adjRibIn, core, decision, feed, groups, multipath, paths, undecided } = this;
    for (let left = budget; left > 0; left--) {
      const slot = undecided.shift();
      if (slot === 0) return;
      if (core.views.openCount !== 0) core.views.beforePathChange(slot, core);
      const best = decision.choose(slot);
      const hasSetChanged = multipath.mark(slot, best);
      const touched = adjRibIn.takeTouched(slot);
      if (best !== paths.best[slot] || (touched & Touch.Best) !== 0) {
        paths.best[slot] = best;
        paths.versions[slot] = ++this.tableVersion;
        this.aggregates.bestChanged(slot);
        groups.enqueue(slot);
        feed?.changed(slot);
      } else {
        if (groups.hasAddPath) groups.pathsChanged(slot);
        if (hasSetChanged || touched !== 0) feed?.changed(slot);
      }
      if (best === 0) core.reclaimer.freePrefix(slot);
    }
  }

  private reevaluate(peer: PeerIndex): void {
    if (this.routes.received[peer] > 0) this.sweeps.add(Due.ImportPolicy, peer);
  }
}
