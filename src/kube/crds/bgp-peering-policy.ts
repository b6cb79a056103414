// CiliumBGPPeeringPolicy: the first generation of BGP policies, which Cilium served up to 1.18 and we still do.
// What the manifests' reader makes of it is kube/schemas/peering-policy.ts.

import { cidr } from './address-patterns.ts';
import { communities, family, gracefulRestart, serviceAddress, timers } from './bgp-fields.ts';
import { ageColumn, type CustomResourceDefinition, defineKind, kindSchema, storedAs } from './custom-resource.ts';
import { asn, choice, flag, int32, int64, list, object, text } from './field.ts';
import { labelSelector } from './label-selector.ts';

const pathAttributes = object(
  'Attributes for some of the routes.',
  {
    communities,
    localPreference: int64('LOCAL_PREF of the routes; only IBGP peers see it.', 0, 4_294_967_295),
    selector: labelSelector('Objects of the type whose routes get them; absent, all.'),
    selectorType: choice('Which sort of object the routes come from.', [
      'PodCIDR',
      'CiliumLoadBalancerIPPool',
      'CiliumPodIPPool',
    ]),
  },
  ['selectorType'],
);

const neighbor = object(
  'A peer.',
  {
    advertisedPathAttributes: list('Attributes that routes are sent with.', pathAttributes),
    authSecretRef: text('Secret with the TCP MD5 password.'),
    eBGPMultihopTTL: int32('TTL of packets to an EBGP peer.', 1, 255, 1),
    families: list(
      'Families to negotiate; absent, IPv4 and IPv6 unicast.',
      object('A family.', family, ['afi', 'safi']),
    ),
    gracefulRestart,
    ...timers,
    peerASN: asn('AS number of the peer.', 0),
    peerAddress: cidr('Address of the peer, as a host prefix.'),
    peerPort: int32('Port of the peer.', 1, 65_535, 179),
  },
  ['peerASN', 'peerAddress'],
);

const virtualRouter = object(
  'A BGP instance, as every chosen node runs it.',
  {
    exportPodCIDR: flag("Whether the node's pod prefixes are told.", { default: false }),
    localASN: asn('AS number of the instance.', 0),
    neighbors: list('Peers of the instance.', neighbor, { minItems: 1 }),
    podIPPoolSelector: labelSelector('Pools whose prefixes are told; absent, none.'),
    serviceAdvertisements: list('Which addresses of Services are told.', serviceAddress, {
      default: ['LoadBalancerIP'],
    }),
    serviceSelector: labelSelector('Services that are told; absent, none.'),
  },
  ['localASN', 'neighbors'],
);

const spec = object(
  'What nodes should run.',
  {
    nodeSelector: labelSelector('Nodes that run it; absent, all.'),
    virtualRouters: list('BGP instances.', virtualRouter, { minItems: 1 }),
  },
  ['virtualRouters'],
);

export const bgpPeeringPolicy: CustomResourceDefinition = defineKind(
  {
    kind: 'CiliumBGPPeeringPolicy',
    plural: 'ciliumbgppeeringpolicies',
    shortNames: ['bgpp'],
    categories: ['cilium', 'ciliumbgp'],
  },
  'Cluster',
  [
    {
      ...storedAs(
        'v2alpha1',
        kindSchema('BGP instances and peers of nodes, first generation.', { spec }, ['metadata']),
      ),
      deprecated: true,
      deprecationWarning:
        'cilium.io/v2alpha1 CiliumBGPPeeringPolicy is deprecated; use cilium.io/v2 CRDs (CiliumBGPClusterConfig, CiliumBGPPeerConfig, CiliumBGPAdvertisement, CiliumBGPNodeConfigOverride) to configure BGP.',
      additionalPrinterColumns: [ageColumn],
    },
  ],
);
