// A slow, obvious routing table: plain objects, maps and text, written from the RFCs without looking at bgp/rib. Everything is
// computed anew from what was announced whenever somebody asks. It knows the decision process (RFC 4271 §9.1), what is passed on to
// whom (§9.2), reflection (RFC 4456), confederations (RFC 5065), route-server clients (RFC 7947), add-path (RFC 7911), roles and OTC
// (RFC 9234), AIGP (RFC 7311), NO_EXPORT and its kin, BLACKHOLE (RFC 7999), GRACEFUL_SHUTDOWN (RFC 8326), long-lived stale routes
// (RFC 9494 §4.3). It does not know: aggregates, multipath and the kernel, weights and MED options, RFC 5004, local-as, as-override,
// private AS numbers, next hops "unchanged", limits on prefixes. Who uses it: histories.ts, and ../whole for speakers with sessions.

import type { BgpRole } from '#bgp/config.ts';
import type { PeerKind } from '#bgp/net/peer-kind.ts';
import { applyPolicy, describe, type ModelAttributes, type ModelPolicy, withCommunities } from './model-route.ts';

export interface ModelPeer {
  /** 0: this speaker itself. */
  readonly number: number;
  readonly kind: PeerKind | 'local';
  readonly asn: number;
  /** RFC 4456. */
  readonly isClient: boolean;
  /** RFC 7947. */
  readonly isRouteServerClient: boolean;
  /** RFC 9234: what we are to the peer. */
  readonly role: BgpRole | undefined;
  routerId: number;
  /** Order of peer addresses. */
  readonly address: number;
  importPolicy: ModelPolicy;
  /** Undefined while there is no session. */
  session: ModelSession | undefined;
}

export interface ModelSession {
  exportPolicy: ModelPolicy;
  nextHop: string;
  isNextHopSelf: boolean;
  /** RFC 7911: how many paths a prefix, 0 for all; undefined: the best one. */
  addPathLimit: number | undefined;
  /** The peer has sent the capability of RFC 9494. */
  isLongLivedAware: boolean;
}

/** `refreshing`: from before BoRR; `stale`: of a session that was lost; `long-lived`: for longer than a restart takes. */
export type ModelAge = 'current' | 'refreshing' | 'stale' | 'long-lived';

export interface ModelPath {
  readonly peer: ModelPeer;
  readonly pathId: number;
  readonly attributes: ModelAttributes;
  /** Must not be used: a loop or a leak. */
  readonly isLoop: boolean;
  age: ModelAge;
}

interface Candidate {
  readonly path: ModelPath;
  readonly attributes: ModelAttributes;
}

export interface ModelRoute extends Candidate {
  readonly isBest: boolean;
  readonly reason: string;
}

export interface ModelSpeaker {
  readonly localAsn: number;
  readonly clusterId: number;
  /** RFC 5065: what the world outside sees. */
  readonly confederation: number | undefined;
}

export const Known = {
  Blackhole: 0xffff029a,
  GracefulShutdown: 0xffff0000,
  LlgrStale: 0xffff0006,
  NoLlgr: 0xffff0007,
  NoExport: 0xffffff01,
  NoAdvertise: 0xffffff02,
  NoExportSubconfed: 0xffffff03,
} as const;

export class Model {
  readonly speaker: ModelSpeaker;
  readonly peers: ModelPeer[] = [];
  /** By prefix, then by peer and path identifier. */
  readonly table = new Map<string, Map<string, ModelPath>>();
  readonly unreachable: Set<string>;
  readonly metrics: Map<string, number>;
  /** RFC 4724 §4.1: nothing is selected yet. */
  isDeferred = false;
  /** RFC 8326 §4. */
  isDraining = false;

  constructor(speaker: ModelSpeaker, unreachable = new Set<string>(), metrics = new Map<string, number>()) {
    this.speaker = speaker;
    this.unreachable = unreachable;
    this.metrics = metrics;
  }

  announce(peer: ModelPeer, prefix: string, attributes: ModelAttributes, isLoop: boolean, pathId = 0): void {
    const paths = this.table.get(prefix) ?? new Map<string, ModelPath>();
    paths.set(keyOf(peer, pathId), { peer, pathId, attributes, isLoop, age: 'current' });
    this.table.set(prefix, paths);
  }

  withdraw(peer: ModelPeer, prefix: string, pathId = 0): boolean {
    return this.table.get(prefix)?.delete(keyOf(peer, pathId)) ?? false;
  }

  /** Everything of a peer, or its paths of some ages. */
  removePeer(peer: ModelPeer, ages?: readonly ModelAge[]): void {
    for (const paths of this.table.values()) {
      for (const [key, path] of paths) {
        if (path.peer === peer && (ages === undefined || ages.includes(path.age))) paths.delete(key);
      }
    }
  }

  pathsOf(peer: ModelPeer): { readonly prefix: string; readonly path: ModelPath }[] {
    return [...this.table].flatMap(([prefix, paths]) =>
      [...paths.values()].filter((path) => path.peer === peer).map((path) => ({ prefix, path })),
    );
  }

  received(peer: ModelPeer): string[] {
    return this.pathsOf(peer).map(({ prefix }) => prefix);
  }

  /** What the import policy made of a peer's routes; those that it refused are missing. */
  accepted(peer: ModelPeer): string[] {
    return this.pathsOf(peer).flatMap(({ prefix, path }) => (imported(path, prefix) === undefined ? [] : [prefix]));
  }

  /** The accepted routes of a prefix with what the decision process says of each (RFC 4271 §9.1). */
  locRib(prefix: string): ModelRoute[] {
    const routes = this.routesOf(prefix);
    const reasons = new Map<ModelPath, string>(routes.map(({ path }) => [path, 'None']));
    const best = this.isDeferred ? undefined : this.choose(routes, reasons)?.path;
    return routes.map(({ path, attributes }) => ({
      path,
      attributes,
      isBest: path === best,
      reason: reasons.get(path) ?? 'None',
    }));
  }

  /** What a peer with a session must have from us: texts of the attributes by prefix (RFC 4271 §9.2 and §5). */
  advertised(to: ModelPeer): Map<string, string[]> {
    const sent = new Map<string, string[]>();
    const { session } = to;
    if (session === undefined || this.isDeferred) return sent;
    for (const prefix of this.table.keys()) {
      const texts = this.ranked(prefix, session.addPathLimit ?? 1)
        .map((route) => this.passOn(route, to, session, prefix))
        .filter((text) => text !== undefined);
      if (texts.length > 0) sent.set(prefix, texts.toSorted());
    }
    return sent;
  }

  private passOn(route: Candidate, to: ModelPeer, session: ModelSession, prefix: string): string | undefined {
    const { peer: from } = route.path;
    if (from === to || isWithheld(route, to, session)) return undefined;
    const allowed = applyPolicy(session.exportPolicy, prefix, route.attributes);
    if (allowed === undefined) return undefined;
    const marks = [
      ...(this.isDraining ? [Known.GracefulShutdown] : []),
      ...(route.path.age === 'long-lived' ? [Known.LlgrStale] : []),
    ];
    const marked = { ...allowed, communities: withCommunities(allowed.communities, marks) };
    return describe(
      to.kind === 'ebgp' ? this.outward(marked, from, to, session) : this.inward(marked, from, to, session),
    );
  }

  /** To an external peer. */
  private outward(
    attributes: ModelAttributes,
    { kind }: ModelPeer,
    to: ModelPeer,
    { isNextHopSelf, nextHop }: ModelSession,
  ): ModelAttributes {
    const isLocal = kind === 'local';
    const ownAsn = this.speaker.confederation ?? this.speaker.localAsn;
    // RFC 7947 §2.2: a route server leaves path, next hop and MED as they are. What begins in its AS has no path yet, and needs one
    // (RFC 4271 §5.1.2).
    const isTransparent = to.isRouteServerClient;
    const keepsPath = isTransparent && !isLocal && attributes.asPath.length > 0;
    const keepsNextHop = isTransparent && !isLocal && !isNextHopSelf;
    // RFC 9234 §5
    const marksOtc = to.role === 'provider' || to.role === 'peer' || to.role === 'rs-server';
    return {
      ...attributes,
      // RFC 5065 §4
      confederation: [],
      asPath: keepsPath ? attributes.asPath : [ownAsn, ...attributes.asPath],
      nextHop: keepsNextHop ? attributes.nextHop : nextHop,
      // RFC 4271 §5.1.4: MED received from one neighboring AS is not passed on to another one.
      med: isLocal || isTransparent ? attributes.med : undefined,
      // RFC 4271 §5.1.5
      localPref: undefined,
      // RFC 4456 §8: both stay within the AS.
      originatorId: undefined,
      clusterList: [],
      // RFC 7311 §3.3
      aigp: undefined,
      otc: attributes.otc ?? (marksOtc ? ownAsn : undefined),
    };
  }

  /** Within the AS or the confederation. */
  private inward(
    attributes: ModelAttributes,
    from: ModelPeer,
    to: ModelPeer,
    { isNextHopSelf, nextHop }: ModelSession,
  ): ModelAttributes {
    const isReflected = from.kind === 'ibgp' && to.kind === 'ibgp';
    const hasOwnNextHop = from.kind === 'local' || (isNextHopSelf && !isReflected);
    const { aigp } = attributes;
    // RFC 7311 §3.4.1: the distance to the next hop that is replaced is added.
    const distance = hasOwnNextHop ? this.metricOf(attributes.nextHop) : 0;
    return {
      ...attributes,
      // RFC 5065 §4
      confederation:
        to.kind === 'ibgp' ? attributes.confederation : [this.speaker.localAsn, ...attributes.confederation],
      nextHop: hasOwnNextHop ? nextHop : attributes.nextHop,
      localPref: this.isDraining ? 0 : (attributes.localPref ?? 100),
      aigp: aigp === undefined ? undefined : aigp + distance,
      // RFC 4456 §8
      originatorId: isReflected ? (attributes.originatorId ?? from.routerId) : originatorWithin(attributes, to),
      clusterList: isReflected
        ? [this.speaker.clusterId, ...attributes.clusterList]
        : to.kind === 'ibgp'
          ? attributes.clusterList
          : [],
    };
  }

  private routesOf(prefix: string): Candidate[] {
    const routes: Candidate[] = [];
    for (const path of this.table.get(prefix)?.values() ?? []) {
      const attributes = imported(path, prefix);
      if (attributes !== undefined) routes.push({ path, attributes });
    }
    return routes;
  }

  /** The best of some routes and why each of them lost (RFC 4271 §9.1.2). */
  private choose(routes: Candidate[], reasons: Map<ModelPath, string>): Candidate | undefined {
    let candidates = routes.filter(({ attributes }) => this.isReachable(attributes.nextHop));
    let last = 'OnlyPath';
    const keepBest = (rule: string, isWorse: (one: Candidate, other: Candidate) => boolean): void => {
      const worse = candidates.filter((one) => candidates.some((other) => isWorse(one, other)));
      for (const { path } of worse) reasons.set(path, rule);
      if (worse.length > 0) last = rule;
      candidates = candidates.filter((one) => !worse.includes(one));
    };
    const byLeast = (rule: string, value: (route: Candidate) => number): void =>
      keepBest(rule, (one, other) => value(one) > value(other));
    // RFC 9494 §4.2, §4.3
    byLeast('LongLivedStale', (route) => (isLongLived(route) ? 1 : 0));
    // FRR gives what began here a weight of 32768.
    byLeast('Weight', ({ path }) => (path.peer.kind === 'local' ? 0 : 1));
    byLeast('LocalPreference', ({ attributes }) => -(attributes.localPref ?? 100));
    byLeast('LocallyOriginated', ({ path }) => (path.peer.kind === 'local' ? 0 : 1));
    // RFC 7311 §4.1
    byLeast('Aigp', ({ attributes: { aigp, nextHop } }) =>
      aigp === undefined ? Infinity : aigp + this.metricOf(nextHop),
    );
    // RFC 5065 §5.3: what stands in AS_CONFED_SEQUENCE does not count.
    byLeast('AsPathLength', ({ attributes }) => attributes.asPath.length);
    byLeast('Origin', ({ attributes }) => attributes.origin);
    // RFC 4271 §9.1.2.2 (c), in the words of its pseudo-code: m and n, neighborAS(m) == neighborAS(n), MED(n) < MED(m).
    keepBest(
      'Med',
      (m, n) =>
        (m.attributes.asPath[0] ?? 'none') === (n.attributes.asPath[0] ?? 'none') &&
        (n.attributes.med ?? 0) < (m.attributes.med ?? 0),
    );
    byLeast('EbgpOverIbgp', ({ path }) => (isInternal(path.peer) ? 1 : 0));
    byLeast('IgpMetric', ({ attributes }) => this.metricOf(attributes.nextHop));
    byLeast('ConfederationOverIbgp', ({ path }) => (path.peer.kind === 'ibgp' ? 1 : 0));
    byLeast('RouterId', ({ path, attributes }) => attributes.originatorId ?? path.peer.routerId);
    byLeast('ClusterLength', ({ attributes }) => attributes.clusterList.length);
    byLeast('PeerAddress', ({ path }) => path.peer.address);
    byLeast('PathId', ({ path }) => path.pathId);
    const best = candidates[0];
    if (candidates.length > 1) throw new Error('the model could not decide');
    if (best !== undefined) reasons.set(best.path, last);
    return best;
  }

  /** The best, then the best of the others, and so on. */
  private ranked(prefix: string, limit: number): Candidate[] {
    const left = this.routesOf(prefix);
    const found: Candidate[] = [];
    while (limit === 0 || found.length < limit) {
      const next = this.choose(left, new Map());
      if (next === undefined) break;
      found.push(next);
      left.splice(left.indexOf(next), 1);
    }
    return found;
  }

  private isReachable(nextHop: string | undefined): boolean {
    return nextHop === undefined || !this.unreachable.has(nextHop);
  }

  private metricOf(nextHop: string | undefined): number {
    return this.metrics.get(nextHop ?? '') ?? 0;
  }
}

function keyOf({ number }: ModelPeer, pathId: number): string {
  return `${number}#${pathId}`;
}

/** RFC 5065 §5.3: the other members of the confederation are internal. */
function isInternal({ kind }: ModelPeer): boolean {
  return kind === 'ibgp' || kind === 'confederation';
}

function isLongLived({ path, attributes }: Candidate): boolean {
  return path.age === 'long-lived' || attributes.communities.includes(Known.LlgrStale);
}

function originatorWithin({ originatorId }: ModelAttributes, { kind }: ModelPeer): number | undefined {
  return kind === 'ibgp' ? originatorId : undefined;
}

/** The route stays away from the peer, whatever policies say. */
function isWithheld(route: Candidate, to: ModelPeer, session: ModelSession): boolean {
  const { path, attributes } = route;
  const from = path.peer;
  // RFC 4456 §6
  if (from.kind === 'ibgp' && to.kind === 'ibgp' && !from.isClient && !to.isClient) return true;
  // RFC 9494 §4.3
  if (isLongLived(route) && !session.isLongLivedAware) return true;
  // RFC 9234 §5: not to providers, peers and route servers.
  const isAbove = to.role === 'customer' || to.role === 'peer' || to.role === 'rs-client';
  if (attributes.otc !== undefined && isAbove) return true;
  // RFC 7947 §2.2.4
  if (to.isRouteServerClient) return false;
  const has = (community: number): boolean => attributes.communities.includes(community);
  // RFC 1997
  if (has(Known.NoAdvertise)) return true;
  if (to.kind === 'ibgp') return false;
  if (has(Known.NoExportSubconfed)) return true;
  if (to.kind === 'confederation') return false;
  // RFC 7999 §3.2: our own are for the neighbor.
  return has(Known.NoExport) || (has(Known.Blackhole) && from.kind !== 'local');
}

/** What is used of a received route, undefined when it is not. */
function imported({ attributes, isLoop, peer }: ModelPath, prefix: string): ModelAttributes | undefined {
  if (isLoop) return undefined;
  const allowed = applyPolicy(peer.importPolicy, prefix, attributes);
  if (allowed === undefined) return undefined;
  // RFC 9234 §5: from a provider, a peer or a route server.
  const marksOtc = peer.role === 'customer' || peer.role === 'peer' || peer.role === 'rs-client';
  // RFC 8326 §4
  const isLeaving = peer.kind === 'ebgp' && allowed.communities.includes(Known.GracefulShutdown);
  return {
    ...allowed,
    otc: allowed.otc ?? (marksOtc ? peer.asn : undefined),
    localPref: isLeaving ? 0 : allowed.localPref,
  };
}
