// A slow, obvious routing table: plain objects, maps and text, written from the RFCs without looking at
// bgp/rib. Everything is computed anew from what was announced whenever somebody asks. The histories in
// histories.ts compare the real one with it.

export interface ModelAttributes {
  origin: number;
  /** AS_SEQUENCE only. */
  asPath: number[];
  /** undefined: our own route. */
  nextHop: string | undefined;
  med: number | undefined;
  localPref: number | undefined;
  communities: number[];
  originatorId: number | undefined;
  clusterList: number[];
}

export interface ModelPolicy {
  /** Text of prefixes that match exactly; undefined matches all. */
  prefixes: string[] | undefined;
  addCommunities: number[];
  localPreference: number | undefined;
  isAccepting: boolean;
  isOtherwiseAccepting: boolean;
}

export interface ModelPeer {
  number: number;
  isIbgp: boolean;
  /** RFC 4456. */
  isClient: boolean;
  routerId: number;
  /** Order of peer addresses. */
  address: number;
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
}

interface ModelPath {
  peer: ModelPeer;
  attributes: ModelAttributes;
  isLoop: boolean;
}

interface Candidate {
  path: ModelPath;
  attributes: ModelAttributes;
}

export interface ModelRoute {
  peer: number;
  isBest: boolean;
  reason: string;
  attributes: ModelAttributes;
}

export const CLUSTER_ID = 99;
const NO_EXPORT = 0xffffff01;
const NO_ADVERTISE = 0xffffff02;
const NO_EXPORT_SUBCONFED = 0xffffff03;

export class Model {
  readonly localAsn: number;
  readonly peers: ModelPeer[] = [];
  /** By prefix, then by peer. */
  readonly table = new Map<string, Map<ModelPeer, ModelPath>>();
  readonly unreachable = new Set<string>();
  readonly metrics = new Map<string, number>();

  constructor(localAsn: number) {
    this.localAsn = localAsn;
  }

  announce(peer: ModelPeer, prefix: string, attributes: ModelAttributes, isLoop: boolean): void {
    const paths = this.table.get(prefix) ?? new Map<ModelPeer, ModelPath>();
    paths.set(peer, { peer, attributes, isLoop });
    this.table.set(prefix, paths);
  }

  withdraw(peer: ModelPeer, prefix: string): boolean {
    return this.table.get(prefix)?.delete(peer) ?? false;
  }

  removePeer(peer: ModelPeer): void {
    for (const paths of this.table.values()) paths.delete(peer);
  }

  received(peer: ModelPeer): string[] {
    return [...this.table].filter(([, paths]) => paths.has(peer)).map(([prefix]) => prefix);
  }

  /** What the import policy made of a peer's routes; those that it refused are missing. */
  accepted(peer: ModelPeer): string[] {
    return this.received(peer).filter((prefix) => {
      const path = this.table.get(prefix)?.get(peer);
      return path !== undefined && imported(path, prefix) !== undefined;
    });
  }

  /** The accepted routes of a prefix with what the decision process says of each (RFC 4271 §9.1). */
  locRib(prefix: string): ModelRoute[] {
    const routes = this.routesOf(prefix);
    const reasons = new Map<ModelPath, string>(routes.map(({ path }) => [path, 'None']));
    const best = this.choose(routes, reasons)?.path;
    return routes.map(({ path, attributes }) => ({
      peer: path.peer.number,
      isBest: path === best,
      reason: reasons.get(path) ?? 'None',
      attributes,
    }));
  }

  /** What a peer with a session must have from us: texts of the attributes by prefix (RFC 4271 §9.2 and §5). */
  advertised(to: ModelPeer): Map<string, string[]> {
    const sent = new Map<string, string[]>();
    const { session } = to;
    if (session === undefined) return sent;
    for (const prefix of this.table.keys()) {
      const texts = this.ranked(prefix, session.addPathLimit ?? 1)
        .map(({ path, attributes }) => this.passOn(path.peer, to, session, prefix, attributes))
        .filter((text) => text !== undefined);
      if (texts.length > 0) sent.set(prefix, texts.toSorted());
    }
    return sent;
  }

  private passOn(
    from: ModelPeer,
    to: ModelPeer,
    session: ModelSession,
    prefix: string,
    received: ModelAttributes,
  ): string | undefined {
    if (from === to) return undefined;
    const isReflected = from.isIbgp && to.isIbgp;
    // RFC 4456 §6
    if (isReflected && !from.isClient && !to.isClient) return undefined;
    const { communities } = received;
    if (communities.includes(NO_ADVERTISE)) return undefined;
    if (!to.isIbgp && (communities.includes(NO_EXPORT) || communities.includes(NO_EXPORT_SUBCONFED))) return undefined;
    const sent = exported(received, prefix, session, to.isIbgp, from.number === 0, isReflected, this.localAsn);
    if (sent === undefined) return undefined;
    if (!isReflected) return describe(sent);
    // RFC 4456 §8
    return describe({
      ...sent,
      originatorId: received.originatorId ?? from.routerId,
      clusterList: [CLUSTER_ID, ...received.clusterList],
    });
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
    // FRR gives what began here a weight of 32768.
    byLeast('Weight', ({ path }) => (path.peer.number === 0 ? 0 : 1));
    byLeast('LocalPreference', ({ attributes }) => -(attributes.localPref ?? 100));
    byLeast('LocallyOriginated', ({ path }) => (path.peer.number === 0 ? 0 : 1));
    byLeast('AsPathLength', ({ attributes }) => attributes.asPath.length);
    byLeast('Origin', ({ attributes }) => attributes.origin);
    // RFC 4271 §9.1.2.2 (c), in the words of its pseudo-code: m and n, neighborAS(m) == neighborAS(n), MED(n) < MED(m).
    keepBest(
      'Med',
      (m, n) =>
        (m.attributes.asPath[0] ?? 'none') === (n.attributes.asPath[0] ?? 'none') &&
        (n.attributes.med ?? 0) < (m.attributes.med ?? 0),
    );
    byLeast('EbgpOverIbgp', ({ path }) => (path.peer.isIbgp ? 1 : 0));
    byLeast('IgpMetric', ({ attributes }) => this.metrics.get(attributes.nextHop ?? '') ?? 0);
    byLeast('RouterId', ({ path, attributes }) => attributes.originatorId ?? path.peer.routerId);
    byLeast('ClusterLength', ({ attributes }) => attributes.clusterList.length);
    byLeast('PeerAddress', ({ path }) => path.peer.address);
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
}

/** The verdict of a policy: what it makes of the attributes, undefined for a refusal. */
function applyPolicy(policy: ModelPolicy, prefix: string, attributes: ModelAttributes): ModelAttributes | undefined {
  const isMatch = policy.prefixes === undefined || policy.prefixes.includes(prefix);
  if (!isMatch) return policy.isOtherwiseAccepting ? attributes : undefined;
  if (!policy.isAccepting) return undefined;
  return {
    ...attributes,
    communities: [...new Set([...attributes.communities, ...policy.addCommunities])],
    localPref: policy.localPreference ?? attributes.localPref,
  };
}

function imported(path: ModelPath, prefix: string): ModelAttributes | undefined {
  return path.isLoop ? undefined : applyPolicy(path.peer.importPolicy, prefix, path.attributes);
}

function exported(
  attributes: ModelAttributes,
  prefix: string,
  session: ModelSession,
  isIbgp: boolean,
  isLocal: boolean,
  isReflected: boolean,
  localAsn: number,
): ModelAttributes | undefined {
  const allowed = applyPolicy(session.exportPolicy, prefix, attributes);
  if (allowed === undefined) return undefined;
  if (isIbgp) {
    return {
      ...allowed,
      nextHop: (session.isNextHopSelf && !isReflected) || isLocal ? session.nextHop : allowed.nextHop,
      localPref: allowed.localPref ?? 100,
    };
  }
  return {
    ...allowed,
    asPath: [localAsn, ...allowed.asPath],
    nextHop: session.nextHop,
    // RFC 4271 §5.1.4: MED received from one neighboring AS is not passed on to another one.
    med: isLocal ? allowed.med : undefined,
    // RFC 4271 §5.1.5
    localPref: undefined,
    // RFC 4456 §8: both stay within the AS.
    originatorId: undefined,
    clusterList: [],
  };
}

/** One text for equal attributes; the order of communities does not count. */
export function describe(attributes: ModelAttributes): string {
  const { origin, asPath, nextHop, med, localPref, communities, originatorId, clusterList } = attributes;
  const sorted = [...communities].toSorted((a, b) => a - b);
  return JSON.stringify({
    origin,
    asPath,
    nextHop,
    med: med ?? null,
    localPref: localPref ?? null,
    communities: sorted,
    originatorId: originatorId ?? null,
    clusterList,
  });
}
