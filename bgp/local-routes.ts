// Routes that begin at this speaker: networks of the configuration and routes of the kernel that are redistributed, the latter
// through a policy of their own. Announces them to the RIBs as those of peer 0, told apart by their source (rib/types.ts).
// The kernel is watched by the shell; aggregates and default routes are made by the RIBs.

import type { PolicyRef, RedistributeConfig } from './config.ts';
import { type Configuration, type ConfiguredNetwork, isEqual } from './configuration.ts';
import { families, type Family } from './net/family.ts';
import type { Prefix } from './net/prefix.ts';
import type { Policy } from './policy/policy.ts';
import type { PolicySource } from './policy/policy-sources.ts';
import type { Clock } from './ports.ts';
import type { Rib } from './rib/rib.ts';
import { LocalSource } from './rib/types.ts';
import type { AttributeSets, AttrSetId } from './wire/attribute-sets.ts';
import { emptyAttributes, encodePathAttributes, Origin } from './wire/attributes.ts';
import { applyChanges } from './wire/export-transform.ts';

export type RedistributionSource = RedistributeConfig['source'];

/** As the shell tells it. */
export interface KernelRoute {
  /** Becomes the MED, as others do. */
  readonly metric: number;
}

export interface LocalRoutesDeps {
  readonly attributes: AttributeSets;
  /** By family index. */
  readonly ribs: readonly Rib[];
  readonly clock: Clock;
  readonly policyOf: (ref: PolicyRef) => Policy;
}

/** One prefix may be in the kernel from several sources: the first of these is announced. */
const sourceOrder: readonly RedistributionSource[] = ['connected', 'static', 'kernel'];
const LOCAL_PEER = 0;
const POLICY_SOURCE: PolicySource = -LocalSource.Redistributed;

interface Redistributed {
  readonly prefix: Prefix;
  readonly routes: Map<RedistributionSource, KernelRoute>;
  isAnnounced: boolean;
}

export class LocalRoutes {
  private readonly deps: LocalRoutesDeps;
  private networks: ReadonlyMap<string, ConfiguredNetwork> = new Map();
  private redistribution: Configuration['redistribute'] = new Map();
  /** What each source's policy was when its routes were announced. */
  private policies = new Map<RedistributionSource, Policy>();
  /** Everything that the shell told, whether it is redistributed or not. */
  private readonly kernelRoutes = new Map<string, Redistributed>();

  constructor(deps: LocalRoutesDeps) {
    this.deps = deps;
    deps.attributes.onFree((attr) => {
      for (const policy of this.policies.values()) policy.forget(attr);
    });
  }

  /** Only what changed is announced or withdrawn. */
  configure({ networks, redistribute }: Configuration): void {
    this.applyNetworks(networks);
    const before = this.redistribution;
    const policiesBefore = this.policies;
    this.redistribution = redistribute;
    this.policies = new Map();
    for (const [source, { policy }] of redistribute) this.policies.set(source, this.deps.policyOf(policy ?? 'accept'));
    const known = new Set(policiesBefore.values());
    for (const policy of this.policies.values()) if (!known.has(policy)) policy.forgetAll();
    const isChanged = sourceOrder.some(
      (source) =>
        !isEqual(before.get(source)?.families, redistribute.get(source)?.families) ||
        policiesBefore.get(source) !== this.policies.get(source),
    );
    if (isChanged) for (const entry of this.kernelRoutes.values()) this.announceOrWithdraw(entry);
  }

  /** What was told of the kernel before is told again to other tables. */
  adopt(other: LocalRoutes): void {
    for (const [key, { prefix, routes }] of other.kernelRoutes) {
      this.kernelRoutes.set(key, { prefix, routes: new Map(routes), isAnnounced: false });
    }
  }

  originate(source: RedistributionSource, prefix: Prefix, route: KernelRoute): void {
    const key = prefix.toString();
    const entry = this.kernelRoutes.get(key) ?? { prefix, routes: new Map(), isAnnounced: false };
    this.kernelRoutes.set(key, entry);
    entry.routes.set(source, route);
    this.announceOrWithdraw(entry);
  }

  withdrawOriginated(source: RedistributionSource, prefix: Prefix): void {
    const key = prefix.toString();
    const entry = this.kernelRoutes.get(key);
    if (entry === undefined || !entry.routes.delete(source)) return;
    this.announceOrWithdraw(entry);
    if (entry.routes.size === 0) this.kernelRoutes.delete(key);
  }

  private applyNetworks(next: ReadonlyMap<string, ConfiguredNetwork>): void {
    const before = this.networks;
    this.networks = next;
    for (const [key, { prefix }] of before) if (!next.has(key)) this.withdraw(prefix, LocalSource.Network);
    // Made once for all of them.
    const igp = this.internLocal(Origin.Igp, undefined);
    const incomplete = this.internLocal(Origin.Incomplete, undefined);
    for (const [key, { prefix, origin }] of next) {
      if (before.get(key)?.origin === origin) continue;
      this.announce(prefix, LocalSource.Network, origin === 'igp' ? igp : incomplete);
    }
    this.deps.attributes.release(igp);
    this.deps.attributes.release(incomplete);
  }

  private announceOrWithdraw(entry: Redistributed): void {
    const attr = this.attributesOf(entry);
    if (attr === undefined) {
      if (entry.isAnnounced) this.withdraw(entry.prefix, LocalSource.Redistributed);
      entry.isAnnounced = false;
      return;
    }
    this.announce(entry.prefix, LocalSource.Redistributed, attr);
    this.deps.attributes.release(attr);
    entry.isAnnounced = true;
  }

  /** With one reference for the caller; undefined: not to be announced. */
  private attributesOf({ prefix, routes }: Redistributed): AttrSetId | undefined {
    const family = familyOf(prefix);
    for (const source of sourceOrder) {
      const route = routes.get(source);
      const config = this.redistribution.get(source);
      if (route === undefined || config === undefined || !config.families.includes(family.name)) continue;
      const attr = this.internLocal(Origin.Incomplete, route.metric);
      const changed = this.applyPolicy(this.policies.get(source), family, prefix, attr);
      if (changed !== attr) this.deps.attributes.release(attr);
      return changed;
    }
    return undefined;
  }

  private applyPolicy(
    policy: Policy | undefined,
    family: Family,
    prefix: Prefix,
    attr: AttrSetId,
  ): AttrSetId | undefined {
    if (policy === undefined) return attr;
    const { attributes } = this.deps;
    const { w0, w1, w2, w3, length } = prefix;
    const verdict = policy.evaluate(family, w0, w1, w2, w3, length, attributes, attr, POLICY_SOURCE);
    if (!verdict.isAccepted) return undefined;
    if (verdict.changesIndex === 0) return attr;
    const changed = applyChanges(attributes, attr, policy.changes[verdict.changesIndex], {
      shownAsn: 0,
      selfNextHop: undefined,
      peerNextHop: undefined,
      otc: undefined,
      isLocal: true,
    });
    return changed === 0 ? undefined : changed;
  }

  private internLocal(origin: Origin, med: number | undefined): AttrSetId {
    const block = encodePathAttributes({ ...emptyAttributes, origin, med });
    return this.deps.attributes.intern(block, 0, block.length);
  }

  private announce(prefix: Prefix, source: LocalSource, attr: AttrSetId): void {
    const { w0, w1, w2, w3, length } = prefix;
    const nowSec = Math.floor(this.deps.clock.wallMs() / 1000);
    this.deps.ribs[familyOf(prefix).index].announce(LOCAL_PEER, source, w0, w1, w2, w3, length, attr, 0, nowSec);
  }

  private withdraw(prefix: Prefix, source: LocalSource): void {
    const { w0, w1, w2, w3, length } = prefix;
    this.deps.ribs[familyOf(prefix).index].withdraw(LOCAL_PEER, source, w0, w1, w2, w3, length);
  }
}

function familyOf(prefix: Prefix): Family {
  return families[prefix.version === 4 ? 0 : 1];
}
