// Schema of CiliumBGPPeeringPolicy (cilium.io/v2alpha1): types, limits and defaults of the CRD that
// Cilium served up to 1.18. Fields that waggle does not act on yet are valid here and refused by the
// reconciler, which knows the rest of the object.

import { Type, type TObject, type TProperties } from 'typebox';
import { labelSelectorSchema, metadataSchema } from './metadata.ts';

const MAX_UINT32 = 4_294_967_295;
const MAX_INT32 = 2_147_483_647;

function closed<T extends TProperties>(properties: T): TObject<T> {
  return Type.Object(properties, { additionalProperties: false });
}

const asn = Type.Integer({ minimum: 0, maximum: MAX_UINT32 });
const list = Type.Optional(Type.Array(Type.String()));

const wellKnown = [
  'internet',
  'planned-shut',
  'accept-own',
  'route-filter-translated-v4',
  'route-filter-v4',
  'route-filter-translated-v6',
  'route-filter-v6',
  'llgr-stale',
  'no-llgr',
  'blackhole',
  'no-export',
  'no-advertise',
  'no-export-subconfed',
  'no-peer',
] as const;

const pathAttributes = closed({
  selectorType: Type.Enum(['PodCIDR', 'CiliumLoadBalancerIPPool', 'CiliumPodIPPool']),
  selector: Type.Optional(labelSelectorSchema),
  // What a community may look like is said at admission, in words instead of a long pattern.
  communities: Type.Optional(
    closed({ standard: list, wellKnown: Type.Optional(Type.Array(Type.Enum(wellKnown))), large: list }),
  ),
  localPreference: Type.Optional(Type.Integer({ minimum: 0, maximum: MAX_UINT32 })),
});

const neighbor = closed({
  peerAddress: Type.String(),
  peerASN: asn,
  peerPort: Type.Integer({ minimum: 1, maximum: 65_535, default: 179 }),
  authSecretRef: Type.Optional(Type.String()),
  eBGPMultihopTTL: Type.Integer({ minimum: 1, maximum: 255, default: 1 }),
  connectRetryTimeSeconds: Type.Integer({ minimum: 1, maximum: MAX_INT32, default: 120 }),
  holdTimeSeconds: Type.Integer({ minimum: 3, maximum: 65_535, default: 90 }),
  keepAliveTimeSeconds: Type.Integer({ minimum: 1, maximum: 65_535, default: 30 }),
  gracefulRestart: Type.Optional(
    closed({
      enabled: Type.Boolean(),
      restartTimeSeconds: Type.Integer({ minimum: 1, maximum: 4095, default: 120 }),
    }),
  ),
  families: Type.Optional(
    Type.Array(
      closed({
        afi: Type.Enum(['ipv4', 'ipv6', 'l2vpn', 'ls', 'opaque']),
        safi: Type.Enum([
          'unicast',
          'multicast',
          'mpls_label',
          'encapsulation',
          'vpls',
          'evpn',
          'ls',
          'sr_policy',
          'mup',
          'mpls_vpn',
          'mpls_vpn_multicast',
          'route_target_constraints',
          'flowspec_unicast',
          'flowspec_vpn',
          'key_value',
        ]),
      }),
    ),
  ),
  advertisedPathAttributes: Type.Optional(Type.Array(pathAttributes)),
});

const virtualRouter = closed({
  localASN: asn,
  exportPodCIDR: Type.Boolean({ default: false }),
  podIPPoolSelector: Type.Optional(labelSelectorSchema),
  serviceSelector: Type.Optional(labelSelectorSchema),
  serviceAdvertisements: Type.Array(Type.Enum(['LoadBalancerIP', 'ClusterIP', 'ExternalIP']), {
    default: ['LoadBalancerIP'],
  }),
  neighbors: Type.Array(neighbor, { minItems: 1 }),
});

export const peeringPolicySchema = closed({
  apiVersion: Type.Literal('cilium.io/v2alpha1'),
  kind: Type.Literal('CiliumBGPPeeringPolicy'),
  metadata: metadataSchema,
  spec: closed({
    nodeSelector: Type.Optional(labelSelectorSchema),
    virtualRouters: Type.Array(virtualRouter, { minItems: 1 }),
  }),
});
