// CiliumBGPPeeringPolicy → what this node's speaker shall be. Pure: the same snapshot gives the same
// answer. What cannot be done is refused by path, and everything else stays in force.
// Semantics follow Cilium 1.18: received routes are never accepted, nothing but the PodCIDRs goes out,
// one policy a node. Where we differ: of two policies the older stays in force, Cilium then drops both.
// Sessions, files and Kubernetes itself are not known here.

import type { NeighborConfig, PolicyConfig, SpeakerConfig } from '#bgp/config.ts';
import { hasHostBits, parsePrefix } from '#bgp/net/prefix.ts';
import { matchesSelector } from '../kubernetes/label-selector.ts';
import type { FieldPath } from '../yaml/document.ts';
import type { LocalNode } from './local-node.ts';
import { ProblemList, type ObjectProblem } from './object-problem.ts';
import type { PeeringPolicy, PolicyNeighbor, VirtualRouter } from './peering-policy-types.ts';
import { buildNeighbor, readPeerAddress, type BuiltNeighbor, type RouterFacts } from './policy-neighbor.ts';
import { readRouterAnnotation, ROUTER_ANNOTATION } from './router-annotation.ts';
import { noSecrets, type PasswordSource } from './secrets.ts';

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
  /** Each neighbor as its policy wrote it when it could last be done, by address. */
  readonly sources: ReadonlyMap<string, PolicyNeighbor>;
}

export const noBgp: DesiredBgp = { instances: [], policy: undefined, problems: [] };

/**
 * `previous` is what was in force before: a neighbor that runs and whose new text cannot be done goes on as it was,
 * and one that never ran is left out.
 */
export function desiredBgp(
  policies: readonly PeeringPolicy[],
  node: LocalNode,
  previous: DesiredBgp = noBgp,
  secrets: PasswordSource = noSecrets,
): DesiredBgp {
  const problems = new ProblemList();
  const [inForce, ...others] = policies
    .filter(({ spec }) => spec.nodeSelector === undefined || matchesSelector(spec.nodeSelector, node.labels))
    .toSorted((a, b) => compareText(a.creationTimestamp, b.creationTimestamp) || compareText(a.name, b.name));
  if (inForce === undefined) return noBgp;
  for (const other of others) {
    problems.add(
      'conflict',
      objectName(other),
      ['spec', 'nodeSelector'],
      other.spec.nodeSelector ?? {},
      `also selects node ${node.name}, where the older ${objectName(inForce)} is in force; a node takes one policy`,
    );
  }
  const builder = new PolicyBuilder(inForce, node, secrets, previous, problems);
  return { instances: builder.build(), policy: inForce.name, problems: problems.problems };
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
  readonly #secrets: PasswordSource;
  readonly #previous: DesiredBgp;
  readonly #problems: ProblemList;

  constructor(
    policy: PeeringPolicy,
    node: LocalNode,
    secrets: PasswordSource,
    previous: DesiredBgp,
    problems: ProblemList,
  ) {
    this.#policy = policy;
    this.#node = node;
    this.#secrets = secrets;
    this.#previous = previous;
    this.#problems = problems;
  }

  build(): DesiredInstance[] {
    const instances: DesiredInstance[] = [];
    const localAsns = new Set<number>();
    for (const [index, router] of this.#policy.spec.virtualRouters.entries()) {
      const path: FieldPath = ['spec', 'virtualRouters', index];
      if (router.localASN === 0) {
        this.#refuse([...path, 'localASN'], 0, 'expected 1..4294967295 (AS 0 is reserved, RFC 7607)');
        continue;
      }
      if (localAsns.has(router.localASN)) {
        const message = 'another virtual router has this number; each needs its own';
        this.#refuse([...path, 'localASN'], router.localASN, message);
        continue;
      }
      localAsns.add(router.localASN);
      const instance = this.#instance(router, path);
      if (instance !== undefined) instances.push(instance);
    }
    return instances;
  }

  #instance(router: VirtualRouter, path: FieldPath): DesiredInstance | undefined {
    this.#refuseUnsupported(router, path);
    const annotation = this.#annotation(router.localASN);
    const routerId = annotation.routerId ?? this.#node.ipv4;
    if (routerId === undefined) {
      this.#problems.add(
        'node',
        objectName(this.#policy),
        [...path, 'localASN'],
        router.localASN,
        `no router ID: node ${this.#node.name} has no InternalIP of IPv4; annotate it with ` +
          `${ROUTER_ANNOTATION}${router.localASN}: "router-id=192.0.2.1"`,
      );
      return undefined;
    }
    const podCidrs = router.exportPodCIDR ? this.#podCidrs() : [];
    const neighbors: NeighborConfig[] = [];
    const policies: PolicyConfig[] = [];
    const sources = new Map<string, PolicyNeighbor>();
    const facts: RouterFacts = {
      policyName: this.#policy.name,
      localAsn: router.localASN,
      podCidrs,
      nodeLabels: this.#node.labels,
      secrets: this.#secrets,
    };
    for (const [index, neighbor] of router.neighbors.entries()) {
      const at = [...path, 'neighbors', index];
      const address = readPeerAddress(neighbor.peerAddress);
      if (address !== undefined && sources.has(address)) {
        this.#refuse(
          [...at, 'peerAddress'],
          neighbor.peerAddress,
          'another neighbor has this address: remove one of them',
        );
        continue;
      }
      const report = { problems: this.#problems, object: objectName(this.#policy), path: at };
      const before = this.#problems.count;
      const built = buildNeighbor(neighbor, facts, report);
      const kept = built === undefined ? this.#keep(address, facts) : { built, source: neighbor };
      if (kept === undefined) continue;
      if (built === undefined) this.#problems.explain(before, 'the neighbor goes on as it was');
      neighbors.push(kept.built.config);
      policies.push(kept.built.exportPolicy);
      sources.set(kept.built.config.address, kept.source);
    }
    return {
      localPort: annotation.localPort,
      sources,
      speaker: {
        instance: `${router.localASN}`,
        asn: router.localASN,
        routerId,
        neighbors,
        policies,
        networks: podCidrs.map((prefix) => ({ prefix, origin: 'igp' })),
      },
    };
  }

  /** A running neighbor whose new text is refused, made once more from the text that was in force. */
  #keep(address: string | undefined, facts: RouterFacts): { built: BuiltNeighbor; source: PolicyNeighbor } | undefined {
    const instance = this.#previous.instances.find(({ speaker }) => speaker.asn === facts.localAsn);
    const source = address === undefined ? undefined : instance?.sources.get(address);
    if (source === undefined) return undefined;
    const built = buildNeighbor(source, facts, { problems: new ProblemList(), object: '', path: [] });
    return built === undefined ? undefined : { built, source };
  }

  #refuseUnsupported(router: VirtualRouter, path: FieldPath): void {
    const refuse = (field: string, value: unknown, message: string): void => {
      this.#problems.add('unsupported', objectName(this.#policy), [...path, field], value, message);
    };
    for (const field of ['podIPPoolSelector', 'serviceSelector'] as const) {
      if (router[field] !== undefined) refuse(field, router[field], 'not supported yet');
    }
    // The schema's default asks for nothing: without serviceSelector no service is announced.
    if (router.serviceAdvertisements.some((type) => type !== 'LoadBalancerIP')) {
      refuse('serviceAdvertisements', router.serviceAdvertisements, 'not supported yet; leave it out');
    }
  }

  #annotation(localAsn: number): { routerId: string | undefined; localPort: number | undefined } {
    const key = `${ROUTER_ANNOTATION}${localAsn}`;
    const annotation = readRouterAnnotation(this.#node.annotations, localAsn);
    for (const { part, message } of annotation.faults) {
      const object = this.#node.annotationObjects[key];
      this.#problems.add('invalid', object, ['metadata', 'annotations', key], part, message);
    }
    return annotation;
  }

  #podCidrs(): string[] {
    const prefixes = new Set<string>();
    for (const { text, object, path } of this.#node.podCIDRs) {
      const prefix = parsePrefix(text);
      if (prefix === undefined || hasHostBits(text)) {
        const message = 'expected a prefix without host bits, such as 10.244.1.0/24';
        this.#problems.add('invalid', object, path, text, message);
      } else prefixes.add(prefix.toString());
    }
    return [...prefixes];
  }

  #refuse(path: FieldPath, value: unknown, message: string): void {
    this.#problems.add('invalid', objectName(this.#policy), path, value, message);
  }
}
