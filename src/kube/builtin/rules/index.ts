// The rules of each built-in kind, by its group and kind: defaults and validation beyond what its schema says.

import type { Resource } from '../../api/resource.ts';
import type { KindRules } from '../../registry/kind-rules.ts';
import { BuiltinRules, type KindDetail } from './builtin-rules.ts';
import { configMapDetail, secretDetail } from './config-data.ts';
import { definitionDetail } from './definition.ts';
import { endpointsDetail, endpointSliceDetail } from './endpoints.ts';
import { ingressClassDetail, ingressDetail } from './ingress.ts';
import { eventDetail, leaseDetail, newerEventDetail } from './lease-and-event.ts';
import { namespaceDetail } from './namespace.ts';
import { networkPolicyDetail } from './network-policy.ts';
import { nodeDetail } from './node.ts';
import { podDetail } from './pod.ts';
import { replicationControllerDetail } from './replication-controller.ts';
import { roleDetails } from './roles.ts';
import { serviceDetail } from './service.ts';
import {
  controllerRevisionDetail,
  daemonSetDetail,
  deploymentDetail,
  replicaSetDetail,
  statefulSetDetail,
} from './workloads.ts';

const details: ReadonlyMap<string, KindDetail> = new Map([
  ['/ConfigMap', configMapDetail],
  ['/Endpoints', endpointsDetail],
  ['/Event', eventDetail],
  ['/Namespace', namespaceDetail],
  ['/Node', nodeDetail],
  ['/Pod', podDetail],
  ['/ReplicationController', replicationControllerDetail],
  ['/Secret', secretDetail],
  ['/Service', serviceDetail],
  ['apps/ControllerRevision', controllerRevisionDetail],
  ['apps/DaemonSet', daemonSetDetail],
  ['apps/Deployment', deploymentDetail],
  ['apps/ReplicaSet', replicaSetDetail],
  ['apps/StatefulSet', statefulSetDetail],
  ['apiextensions.k8s.io/CustomResourceDefinition', definitionDetail],
  ['coordination.k8s.io/Lease', leaseDetail],
  ['discovery.k8s.io/EndpointSlice', endpointSliceDetail],
  ['events.k8s.io/Event', newerEventDetail],
  ['networking.k8s.io/Ingress', ingressDetail],
  ['networking.k8s.io/IngressClass', ingressClassDetail],
  ['networking.k8s.io/NetworkPolicy', networkPolicyDetail],
  ...roleDetails,
]);

type Allocate = NonNullable<KindDetail['allocate']>;

/** Of a kind that is not named here: its schema and the rules of metadata. `allocateService` gives services what they need. */
export function rulesOf(
  { group, kind, schema }: Pick<Resource, 'group' | 'kind' | 'schema'>,
  allocateService?: Allocate,
): KindRules {
  const detail = details.get(`${group}/${kind}`) ?? {};
  const isService = group === '' && kind === 'Service' && allocateService !== undefined;
  return new BuiltinRules(schema, isService ? { ...detail, allocate: allocateService } : detail);
}

/** The same for each resource once: patterns of schemas are compiled when they are first met. */
export function keepRules(allocateService?: Allocate): (resource: Resource) => KindRules {
  const kept = new WeakMap<Resource, KindRules>();
  return (resource) => {
    let rules = kept.get(resource);
    if (rules === undefined) kept.set(resource, (rules = rulesOf(resource, allocateService)));
    return rules;
  };
}
