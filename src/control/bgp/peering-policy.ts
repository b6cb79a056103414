// CiliumBGPPeeringPolicy → what this node's speaker shall be. Pure: the same snapshot gives the same
// answer. What cannot be done is refused by path, and everything else stays in force.
// Semantics follow Cilium 1.18: received routes are never accepted, nothing but the PodCIDRs goes out,
// one policy a node. Sessions, files and Kubernetes itself are not known here.

import type { NeighborConfig, PolicyConfig, SpeakerConfig, StatementConfig } from '#bgp/config.ts';
import type { FamilyName } from '#bgp/net/family.ts';
import { hasHostBits, parsePrefix } from '#bgp/net/prefix.ts';
import { matchesSelector } from '../kubernetes/label-selector.ts';
import { readRouterAnnotation } from './router-annotation.ts';
import { parseLargeCommunity, parseStandardCommunity, wellKnownCommunities } from './communities.ts';
import type {
  LocalNode,
  ObjectProblem,
  PathAttributesSpec,
  PeeringPolicy,
  PolicyNeighbor,
  VirtualRouter,
} from './peering-policy-types.ts';

export interface DesiredBgp {
  readonly instances: readonly DesiredInstance[];
  /** Name of the policy in force; undefined when none selects this node. */
  readonly policy: string | undefined;
  readonly problems: readonly ObjectProblem[];
}

export interface DesiredInstance {
  readonly speaker: SpeakerConfig;
  /** Port to accept connections on; undefined: only active opens, as Cilium does without the annotation. */
  readonly localPort: number | undefined;
}

export function desiredBgp(policies: readonly PeeringPolicy[], node: LocalNode): DesiredBgp {
  const problems: ObjectProblem[] = [];
  const matching = policies
    .filter(({ spec }) => spec.nodeSelector === undefined || matchesSelector(spec.nodeSelector, node.labels))
    .toSorted((a, b) => compareText(a.creationTimestamp, b.creationTimestamp) || compareText(a.name, b.name));
  const [inForce, ...others] = matching;
  if (inForce === undefined) return { instances: [], policy: undefined, problems };
  for (const other of others) {
    problems.push({
      object: objectName(other),
      path: 'spec.nodeSelector',
      value: JSON.stringify(other.spec.nodeSelector ?? {}),
      message: `also selects node ${node.name}, where the older ${objectName(inForce)} stays in force; a node takes one policy`,
    });
  }
  const builder = new PolicyBuilder(inForce, node, problems);
  return { instances: builder.build(), policy: inForce.name, problems };
}

function objectName(policy: PeeringPolicy): string {
  return `CiliumBGPPeeringPolicy/${policy.name}`;
}

/** Code-point order, the same everywhere. */
function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

class PolicyBuilder {
  readonly #policy: PeeringPolicy;
  readonly #node: LocalNode;
  readonly #problems: ObjectProblem[];

  constructor(policy: PeeringPolicy, node: LocalNode, problems: ObjectProblem[]) {
    this.#policy = policy;
    this.#node = node;
    this.#problems = problems;
  }

  build(): DesiredInstance[] {
    const instances: DesiredInstance[] = [];
    const localAsns = new Set<number>();
    for (const [index, router] of this.#policy.spec.virtualRouters.entries()) {
      const path = `spec.virtualRouters[${index}]`;
      if (localAsns.has(router.localASN)) {
        this.#refuse(`${path}.localASN`, router.localASN, 'another virtual router has this ASN; each needs its own');
        continue;
      }
      localAsns.add(router.localASN);
      const instance = this.#instance(router, path);
      if (instance !== undefined) instances.push(instance);
    }
    return instances;
  }

  #instance(router: VirtualRouter, path: string): DesiredInstance | undefined {
    if (router.localASN === 0) {
      this.#refuse(`${path}.localASN`, 0, 'expected 1..4294967295 (AS 0 is reserved, RFC 7607)');
      return undefined;
    }
    for (const field of ['podIPPoolSelector', 'serviceSelector'] as const) {
      if (router[field] !== undefined) this.#refuse(`${path}.${field}`, router[field], 'not supported yet');
    }
    const annotation = readRouterAnnotation(this.#node.annotations, router.localASN);
    for (const problem of annotation.problems) {
      this.#problems.push({ object: `Node/${this.#node.name}`, ...problem });
    }
    const routerId = annotation.routerId ?? this.#node.ipv4;
    if (routerId === undefined) {
      this.#refuse(
        `${path}.localASN`,
        router.localASN,
        `no router ID: node ${this.#node.name} has no IPv4 InternalIP; annotate it with cilium.io/bgp-virtual-router.${router.localASN}="router-id=192.0.2.1"`,
      );
      return undefined;
    }
    const podCIDRs = router.exportPodCIDR ? this.#podCIDRs() : [];
    const neighbors: NeighborConfig[] = [];
    const policies: PolicyConfig[] = [];
    const addresses = new Set<string>();
    for (const [index, neighbor] of router.neighbors.entries()) {
      const at = `${path}.neighbors[${index}]`;
      const made = this.#neighbor(neighbor, router, podCIDRs, at);
      if (made === undefined) continue;
      if (addresses.has(made.config.address)) {
        this.#refuse(`${at}.peerAddress`, neighbor.peerAddress, 'another neighbor has this address');
        continue;
      }
      addresses.add(made.config.address);
      neighbors.push(made.config);
      policies.push(made.policy);
    }
    return {
      localPort: annotation.localPort,
      speaker: {
        instance: `${router.localASN}`,
        asn: router.localASN,
        routerId,
        neighbors,
        policies,
        networks: podCIDRs.map((prefix) => ({ prefix, origin: 'igp' })),
      },
    };
  }

  #podCIDRs(): string[] {
    const prefixes = new Set<string>();
    for (const text of this.#node.podCIDRs) {
      const prefix = parsePrefix(text);
      if (prefix === undefined || hasHostBits(text)) {
        this.#problems.push({
          object: `CiliumNode/${this.#node.name}`,
          path: 'spec.ipam.podCIDRs',
          value: JSON.stringify(text),
          message: 'expected a prefix without host bits, such as 10.244.1.0/24',
        });
      } else prefixes.add(prefix.toString());
    }
    return [...prefixes];
  }

  #neighbor(
    neighbor: PolicyNeighbor,
    router: VirtualRouter,
    podCIDRs: readonly string[],
    path: string,
  ): { config: NeighborConfig; policy: PolicyConfig } | undefined {
    const before = this.#problems.length;
    const address = this.#peerAddress(neighbor.peerAddress, `${path}.peerAddress`);
    if (neighbor.authSecretRef !== undefined) {
      this.#refuse(`${path}.authSecretRef`, neighbor.authSecretRef, 'not supported yet');
    }
    if (neighbor.gracefulRestart?.enabled === true) {
      this.#refuse(`${path}.gracefulRestart.enabled`, true, 'not supported yet');
    }
    if (neighbor.keepAliveTimeSeconds > neighbor.holdTimeSeconds) {
      this.#refuse(
        `${path}.keepAliveTimeSeconds`,
        neighbor.keepAliveTimeSeconds,
        `expected at most holdTimeSeconds, which is ${neighbor.holdTimeSeconds}`,
      );
    }
    const families = this.#families(neighbor, path);
    const statements = this.#statements(neighbor, podCIDRs, path);
    // A neighbor is configured as written or not at all: half of what was asked for is no answer.
    if (this.#problems.length > before || address === undefined) return undefined;
    const policy: PolicyConfig = {
      name: `${this.#policy.name}-${router.localASN}-${address}-export`,
      statements,
      otherwise: 'reject',
    };
    const isIbgp = neighbor.peerASN === router.localASN;
    return {
      policy,
      config: {
        address,
        port: neighbor.peerPort,
        remoteAsn: neighbor.peerASN === 0 ? 'any' : neighbor.peerASN,
        description: undefined,
        isPassive: false,
        families,
        importPolicy: 'reject',
        exportPolicy: { policy: policy.name },
        isNextHopSelf: true,
        ttl: isIbgp ? undefined : neighbor.eBGPMultihopTTL,
        sourceAddress: undefined,
        isShutdown: false,
        timers: {
          connectRetrySec: neighbor.connectRetryTimeSeconds,
          holdTimeSec: neighbor.holdTimeSeconds,
          keepaliveSec: neighbor.keepAliveTimeSeconds,
        },
      },
    };
  }

  #peerAddress(text: string, path: string): string | undefined {
    const prefix = parsePrefix(text);
    if (prefix !== undefined && prefix.length === (prefix.version === 4 ? 32 : 128)) {
      return prefix.toString().slice(0, prefix.toString().indexOf('/'));
    }
    this.#refuse(path, text, 'expected one address as a host prefix: 192.0.2.1/32 or 2001:db8::1/128');
    return undefined;
  }

  #families(neighbor: PolicyNeighbor, path: string): FamilyName[] {
    // Cilium negotiates both when none are named.
    if (neighbor.families === undefined || neighbor.families.length === 0) return ['ipv4-unicast', 'ipv6-unicast'];
    const names = new Set<FamilyName>();
    for (const [index, { afi, safi }] of neighbor.families.entries()) {
      if (safi === 'unicast' && afi === 'ipv4') names.add('ipv4-unicast');
      else if (safi === 'unicast' && afi === 'ipv6') names.add('ipv6-unicast');
      else {
        this.#refuse(`${path}.families[${index}]`, { afi, safi }, 'not supported yet; expected ipv4 or ipv6, unicast');
      }
    }
    return [...names];
  }

  /** One statement for the PodCIDRs; several path attributes for them add up (Cilium: union, highest preference). */
  #statements(neighbor: PolicyNeighbor, podCIDRs: readonly string[], path: string): StatementConfig[] {
    const communities = new Set<number>();
    const large = new Map<string, readonly [number, number, number]>();
    let localPreference: number | undefined;
    for (const [index, attributes] of (neighbor.advertisedPathAttributes ?? []).entries()) {
      const at = `${path}.advertisedPathAttributes[${index}]`;
      if (attributes.selectorType !== 'PodCIDR') {
        this.#refuse(`${at}.selectorType`, attributes.selectorType, 'not supported yet; expected PodCIDR');
        continue;
      }
      const parsed = this.#parseAttributes(attributes, at);
      if (attributes.selector !== undefined && !matchesSelector(attributes.selector, this.#node.labels)) continue;
      for (const community of parsed.standard) communities.add(community);
      for (const community of parsed.large) large.set(community.join(':'), community);
      if (attributes.localPreference !== undefined) {
        localPreference = Math.max(localPreference ?? 0, attributes.localPreference);
      }
    }
    if (podCIDRs.length === 0) return [];
    return [
      {
        name: 'PodCIDR',
        match: {
          prefixes: podCIDRs.map((prefix) => {
            const length = Number(prefix.slice(prefix.indexOf('/') + 1));
            return { prefix, minLength: length, maxLength: length };
          }),
        },
        set: {
          ...(communities.size > 0 ? { addCommunities: [...communities].toSorted((a, b) => a - b) } : {}),
          ...(large.size > 0 ? { addLargeCommunities: [...large.values()] } : {}),
          ...(localPreference === undefined ? {} : { localPreference }),
        },
        action: 'accept',
      },
    ];
  }

  #parseAttributes(
    attributes: PathAttributesSpec,
    path: string,
  ): { standard: number[]; large: (readonly [number, number, number])[] } {
    const { standard = [], wellKnown = [], large = [] } = attributes.communities ?? {};
    const result: { standard: number[]; large: (readonly [number, number, number])[] } = { standard: [], large: [] };
    for (const [index, text] of standard.entries()) {
      const community = parseStandardCommunity(text);
      if (community !== undefined) result.standard.push(community);
      else this.#refuse(`${path}.communities.standard[${index}]`, text, 'expected 65000:100 or 0..4294967295');
    }
    for (const [index, name] of wellKnown.entries()) {
      if (Object.hasOwn(wellKnownCommunities, name)) result.standard.push(wellKnownCommunities[name]);
      else {
        const names = Object.keys(wellKnownCommunities).join(', ');
        this.#refuse(`${path}.communities.wellKnown[${index}]`, name, `expected one of ${names}`);
      }
    }
    for (const [index, text] of large.entries()) {
      const community = parseLargeCommunity(text);
      if (community !== undefined) result.large.push(community);
      else this.#refuse(`${path}.communities.large[${index}]`, text, 'expected three numbers, such as 65000:1:2');
    }
    return result;
  }

  #refuse(path: string, value: unknown, message: string): void {
    this.#problems.push({ object: objectName(this.#policy), path, value: JSON.stringify(value), message });
  }
}
