// All our CustomResourceDefinitions, as JSON like that of anybody's: what the embedded API serves from its start, and what
// deploy/crds is generated from.

import type { KubeObject } from '../api/object.ts';
import { readObject } from '../registry/read-object.ts';
import { bgpAdvertisement } from './bgp-advertisement.ts';
import { bgpClusterConfig } from './bgp-cluster-config.ts';
import { bgpNodeConfigOverride } from './bgp-node-config-override.ts';
import { bgpNodeConfig } from './bgp-node-config.ts';
import { bgpPeerConfig } from './bgp-peer-config.ts';
import { bgpPeeringPolicy } from './bgp-peering-policy.ts';
import { cidrGroup } from './cidr-group.ts';
import type { CustomResourceDefinition } from './custom-resource.ts';
import { datapathPlugin } from './datapath-plugin.ts';
import { egressGatewayPolicy } from './egress-gateway-policy.ts';
import { endpointSlice } from './endpoint-slice.ts';
import { endpoint } from './endpoint.ts';
import { clusterwideEnvoyConfig, envoyConfig } from './envoy-config.ts';
import { gatewayClassConfig } from './gateway-class-config.ts';
import { identity } from './identity.ts';
import { l2AnnouncementPolicy } from './l2-announcement-policy.ts';
import { loadBalancerIpPool } from './load-balancer-ip-pool.ts';
import { localRedirectPolicy } from './local-redirect-policy.ts';
import { clusterwideNetworkPolicy, networkPolicy } from './network-policy.ts';
import { nodeConfig } from './node-config.ts';
import { node } from './node.ts';
import { podIpPool } from './pod-ip-pool.ts';

export const ciliumKinds: readonly CustomResourceDefinition[] = [
  bgpAdvertisement,
  bgpClusterConfig,
  bgpNodeConfig,
  bgpNodeConfigOverride,
  bgpPeerConfig,
  bgpPeeringPolicy,
  cidrGroup,
  clusterwideEnvoyConfig,
  clusterwideNetworkPolicy,
  datapathPlugin,
  egressGatewayPolicy,
  endpoint,
  endpointSlice,
  envoyConfig,
  gatewayClassConfig,
  identity,
  l2AnnouncementPolicy,
  loadBalancerIpPool,
  localRedirectPolicy,
  networkPolicy,
  node,
  nodeConfig,
  podIpPool,
];

const resource = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  kind: 'CustomResourceDefinition',
  isNamespaced: false,
} as const;

export const customResourceDefinitions: readonly KubeObject[] = ciliumKinds.map((definition) =>
  readObject(definition, resource, undefined),
);
