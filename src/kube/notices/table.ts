// What of each kind is acted on today, as data: everything else that is set is stored and does nothing, and whoever sets it is told.
// A step that makes a field work moves its row here; the refusals of the agent itself are src/control/bgp's.

import type { Json } from '../api/object.ts';

export interface ActedField {
  /** `spec.virtualRouters[].localASN`; everything below it is acted on too. */
  readonly path: string;
  /** undefined: every value is acted on. */
  readonly values?: readonly Json[];
}

export type Coverage =
  /** These fields of its spec. */
  | { readonly type: 'fields'; readonly acted: readonly ActedField[] }
  /** None of it, and people write it. */
  | { readonly type: 'nothing' }
  /** None of it, and agents write it: thousands of Events would help nobody. */
  | { readonly type: 'nothing-of-agents' }
  /** A network policy that is not enforced. */
  | { readonly type: 'policy' }
  /** Something that makes Pods, where nobody does that: of the embedded API alone. */
  | { readonly type: 'workload' };

const neighbor = 'spec.virtualRouters[].neighbors[]';
const attributes = `${neighbor}.advertisedPathAttributes[]`;

const peeringPolicy: readonly ActedField[] = [
  { path: 'spec.nodeSelector' },
  { path: 'spec.virtualRouters[].localASN' },
  { path: 'spec.virtualRouters[].exportPodCIDR' },
  // The default, which asks for nothing while there is no serviceSelector.
  { path: 'spec.virtualRouters[].serviceAdvertisements', values: [['LoadBalancerIP']] },
  { path: `${neighbor}.peerAddress` },
  { path: `${neighbor}.peerASN` },
  { path: `${neighbor}.peerPort` },
  { path: `${neighbor}.eBGPMultihopTTL` },
  { path: `${neighbor}.connectRetryTimeSeconds` },
  { path: `${neighbor}.holdTimeSeconds` },
  { path: `${neighbor}.keepAliveTimeSeconds` },
  { path: `${neighbor}.authSecretRef` },
  { path: `${neighbor}.gracefulRestart` },
  { path: `${neighbor}.families[].afi`, values: ['ipv4', 'ipv6'] },
  { path: `${neighbor}.families[].safi`, values: ['unicast'] },
  { path: `${attributes}.selectorType`, values: ['PodCIDR'] },
  { path: `${attributes}.selector` },
  { path: `${attributes}.communities` },
  { path: `${attributes}.localPreference` },
];

const node: readonly ActedField[] = [{ path: 'spec.addresses' }, { path: 'spec.ipam.podCIDRs' }];

const nothing: Coverage = { type: 'nothing' };
const ofAgents: Coverage = { type: 'nothing-of-agents' };
const policy: Coverage = { type: 'policy' };
const workload: Coverage = { type: 'workload' };

/** By group and plural, as in ObjectKey.resource. A kind that is not here is not spoken of. */
export const coverages: Readonly<Record<string, Coverage>> = {
  '/replicationcontrollers': workload,
  'apps/daemonsets': workload,
  'apps/deployments': workload,
  'apps/replicasets': workload,
  'apps/statefulsets': workload,
  'cilium.io/ciliumbgpadvertisements': nothing,
  'cilium.io/ciliumbgpclusterconfigs': nothing,
  'cilium.io/ciliumbgpnodeconfigoverrides': nothing,
  'cilium.io/ciliumbgpnodeconfigs': ofAgents,
  'cilium.io/ciliumbgppeerconfigs': nothing,
  'cilium.io/ciliumbgppeeringpolicies': { type: 'fields', acted: peeringPolicy },
  'cilium.io/ciliumcidrgroups': nothing,
  'cilium.io/ciliumclusterwideenvoyconfigs': nothing,
  'cilium.io/ciliumclusterwidenetworkpolicies': policy,
  'cilium.io/ciliumdatapathplugins': nothing,
  'cilium.io/ciliumegressgatewaypolicies': nothing,
  'cilium.io/ciliumendpoints': ofAgents,
  'cilium.io/ciliumendpointslices': ofAgents,
  'cilium.io/ciliumenvoyconfigs': nothing,
  'cilium.io/ciliumgatewayclassconfigs': nothing,
  'cilium.io/ciliumidentities': ofAgents,
  'cilium.io/ciliuml2announcementpolicies': nothing,
  'cilium.io/ciliumloadbalancerippools': nothing,
  'cilium.io/ciliumlocalredirectpolicies': nothing,
  'cilium.io/ciliumnetworkpolicies': policy,
  'cilium.io/ciliumnodeconfigs': nothing,
  'cilium.io/ciliumnodes': { type: 'fields', acted: node },
  'cilium.io/ciliumpodippools': nothing,
  'networking.k8s.io/networkpolicies': policy,
};
