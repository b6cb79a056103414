// The built-in kinds as resources: names, scope, subresources, columns, fields that selectors may name. Kubernetes API reference.
// Their fields are not described yet: whatever an object has is kept, and judged by the kind's rules alone.

import type { OpenApiSchema } from '../api/openapi-schema.ts';
import type { Resource, ScaleSubresource } from '../api/resource.ts';
import { builtinColumns } from './columns/index.ts';

/** What is particular to a kind; the rest follows from its name. */
interface Kind {
  readonly kind: string;
  readonly plural?: string;
  readonly shortNames?: readonly string[];
  readonly isOfCluster?: true;
  readonly hasStatus?: true;
  readonly isOfAll?: true;
  readonly hasScale?: true;
  readonly fields?: readonly string[];
}

const scale: ScaleSubresource = {
  specReplicasPath: '.spec.replicas',
  statusReplicasPath: '.status.replicas',
  labelSelectorPath: undefined,
};
const podFields = ['nodeName', 'restartPolicy', 'schedulerName', 'serviceAccountName', 'hostNetwork'].map(
  (name) => `spec.${name}`,
);
const involved = ['kind', 'namespace', 'name', 'uid', 'apiVersion', 'resourceVersion', 'fieldPath'];

const groups: Readonly<Record<string, readonly Kind[]>> = {
  '': [
    { kind: 'ConfigMap', shortNames: ['cm'] },
    { kind: 'Endpoints', plural: 'endpoints', shortNames: ['ep'] },
    {
      kind: 'Event',
      shortNames: ['ev'],
      fields: [...involved.map((name) => `involvedObject.${name}`), 'reason', 'reportingComponent', 'source', 'type'],
    },
    { kind: 'Namespace', shortNames: ['ns'], isOfCluster: true, hasStatus: true, fields: ['status.phase'] },
    { kind: 'Node', shortNames: ['no'], isOfCluster: true, hasStatus: true, fields: ['spec.unschedulable'] },
    {
      kind: 'Pod',
      shortNames: ['po'],
      hasStatus: true,
      isOfAll: true,
      fields: [...podFields, 'status.phase', 'status.podIP', 'status.nominatedNodeName'],
    },
    { kind: 'Secret', fields: ['type'] },
    { kind: 'Service', shortNames: ['svc'], hasStatus: true, isOfAll: true, fields: ['spec.clusterIP', 'spec.type'] },
    { kind: 'ServiceAccount', shortNames: ['sa'] },
  ],
  'apiextensions.k8s.io': [
    { kind: 'CustomResourceDefinition', shortNames: ['crd', 'crds'], isOfCluster: true, hasStatus: true },
  ],
  apps: [
    { kind: 'ControllerRevision' },
    { kind: 'DaemonSet', shortNames: ['ds'], hasStatus: true, isOfAll: true },
    { kind: 'Deployment', shortNames: ['deploy'], hasStatus: true, isOfAll: true, hasScale: true },
    {
      kind: 'ReplicaSet',
      shortNames: ['rs'],
      hasStatus: true,
      isOfAll: true,
      hasScale: true,
      fields: ['status.replicas'],
    },
    { kind: 'StatefulSet', shortNames: ['sts'], hasStatus: true, isOfAll: true, hasScale: true },
  ],
  'coordination.k8s.io': [{ kind: 'Lease' }],
  'discovery.k8s.io': [{ kind: 'EndpointSlice' }],
  'networking.k8s.io': [
    { kind: 'Ingress', plural: 'ingresses', shortNames: ['ing'], hasStatus: true },
    { kind: 'IngressClass', plural: 'ingressclasses', isOfCluster: true },
    { kind: 'NetworkPolicy', plural: 'networkpolicies', shortNames: ['netpol'] },
  ],
  'rbac.authorization.k8s.io': [
    { kind: 'ClusterRole', isOfCluster: true },
    { kind: 'ClusterRoleBinding', isOfCluster: true },
    { kind: 'Role' },
    { kind: 'RoleBinding' },
  ],
};

const anything: OpenApiSchema = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };

export const builtinResources: readonly Resource[] = Object.entries(groups).flatMap(([group, kinds]) =>
  kinds.map((kind) => toResource(group, kind)),
);

function toResource(group: string, { kind, plural, shortNames = [], fields = [], ...rest }: Kind): Resource {
  return {
    group,
    version: 'v1',
    kind,
    listKind: `${kind}List`,
    plural: plural ?? `${kind.toLowerCase()}s`,
    singular: kind.toLowerCase(),
    shortNames,
    categories: rest.isOfAll === true ? ['all'] : [],
    isNamespaced: rest.isOfCluster !== true,
    isStorage: true,
    deprecationWarning: undefined,
    hasStatus: rest.hasStatus === true,
    scale: rest.hasScale === true ? scale : undefined,
    schema: rest.hasStatus === true ? { ...anything, properties: { spec: anything } } : anything,
    columns: builtinColumns.get(`${group}/${kind}`) ?? [],
    selectableFields: fields.map((path) => `.${path}`),
  };
}
