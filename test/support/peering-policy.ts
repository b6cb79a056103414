// Peering policies for tests, as their schema leaves them: defaults filled in, parts replaced as wanted.

import type { LocalNode } from '#control/bgp/local-node.ts';
import type { PeeringPolicy, PolicyNeighbor, VirtualRouter } from '#control/bgp/peering-policy-types.ts';

export function neighbor(parts: Partial<PolicyNeighbor> = {}): PolicyNeighbor {
  return {
    peerAddress: '192.0.2.1/32',
    peerASN: 65000,
    peerPort: 179,
    eBGPMultihopTTL: 1,
    connectRetryTimeSeconds: 120,
    holdTimeSeconds: 90,
    keepAliveTimeSeconds: 30,
    ...parts,
  };
}

export function router(parts: Partial<VirtualRouter> = {}): VirtualRouter {
  return {
    localASN: 65001,
    exportPodCIDR: true,
    serviceAdvertisements: ['LoadBalancerIP'],
    neighbors: [neighbor()],
    ...parts,
  };
}

export function policy(
  virtualRouters: readonly VirtualRouter[] = [router()],
  parts: { name?: string; createdAt?: string; nodeSelector?: PeeringPolicy['spec']['nodeSelector'] } = {},
): PeeringPolicy {
  const { name = 'rack0', createdAt = '2025-01-01T00:00:00Z', nodeSelector } = parts;
  return {
    name,
    creationTimestamp: createdAt,
    spec: { virtualRouters, ...(nodeSelector === undefined ? {} : { nodeSelector }) },
  };
}

export function localNode(
  parts: Partial<Omit<LocalNode, 'podCIDRs'>> & { podCIDRs?: readonly string[] } = {},
): LocalNode {
  const { podCIDRs = ['10.244.1.0/24', 'fd00:244:1::/64'], annotations = {}, ...rest } = parts;
  return {
    name: 'node1',
    labels: { rack: 'r1' },
    ipv4: '192.0.2.2',
    annotations,
    annotationObjects: Object.fromEntries(Object.keys(annotations).map((key) => [key, 'CiliumNode/node1'])),
    ...rest,
    podCIDRs: podCIDRs.map((text, index) => ({
      text,
      object: 'CiliumNode/node1',
      path: ['spec', 'ipam', 'podCIDRs', index],
    })),
  };
}
