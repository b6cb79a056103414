// The built-in kinds: names, scope and what belongs to each. Their fields are in data/fields.json, by the model named here;
// their columns and rules have folders of their own.

import { coreEventFields, newerEventFields } from './event-names.ts';

export interface BuiltinKind {
  readonly model: string;
  readonly group: string;
  readonly kind: string;
  readonly plural: string;
  readonly shortNames: readonly string[];
  readonly isNamespaced: boolean;
  readonly hasStatus: boolean;
  readonly isCreatedWithStatus: boolean;
  readonly isInAll: boolean;
  readonly hasScale: boolean;
  readonly selectableFields: readonly string[];
}

/** `flags`: c of the cluster, s status, S status from its creation on, a in `all`, r scale. */
const kind = (
  group: string,
  name: string,
  plural: string,
  shortNames: readonly string[],
  flags: string,
  selectableFields: readonly string[] = [],
  model = `V1${name}`,
): BuiltinKind => ({
  model,
  group,
  kind: name,
  plural,
  shortNames,
  isNamespaced: !flags.includes('c'),
  hasStatus: /s/i.test(flags),
  isCreatedWithStatus: flags.includes('S'),
  isInAll: flags.includes('a'),
  hasScale: flags.includes('r'),
  selectableFields,
});

const podFields = ['nodeName', 'restartPolicy', 'schedulerName', 'serviceAccountName', 'hostNetwork'];
const rbac = 'rbac.authorization.k8s.io';

export const builtinKinds: readonly BuiltinKind[] = [
  kind('', 'Namespace', 'namespaces', ['ns'], 'cs', ['.status.phase']),
  kind('', 'Node', 'nodes', ['no'], 'cS', ['.spec.unschedulable']),
  kind('', 'Pod', 'pods', ['po'], 'sa', [
    ...podFields.map((name) => `.spec.${name}`),
    '.status.phase',
    '.status.podIP',
    '.status.nominatedNodeName',
  ]),
  kind('', 'ReplicationController', 'replicationcontrollers', ['rc'], 'sar', ['.status.replicas']),
  kind('', 'Service', 'services', ['svc'], 'sa', ['.spec.clusterIP', '.spec.type']),
  kind('', 'Endpoints', 'endpoints', ['ep'], ''),
  kind('', 'Secret', 'secrets', [], '', ['.type']),
  kind('', 'ConfigMap', 'configmaps', ['cm'], ''),
  kind('', 'ServiceAccount', 'serviceaccounts', ['sa'], ''),
  kind('', 'Event', 'events', ['ev'], '', coreEventFields, 'CoreV1Event'),
  kind('events.k8s.io', 'Event', 'events', ['ev'], '', newerEventFields, 'EventsV1Event'),
  kind('discovery.k8s.io', 'EndpointSlice', 'endpointslices', [], ''),
  kind('coordination.k8s.io', 'Lease', 'leases', [], ''),
  kind('networking.k8s.io', 'NetworkPolicy', 'networkpolicies', ['netpol'], ''),
  kind('networking.k8s.io', 'Ingress', 'ingresses', ['ing'], 's'),
  kind('networking.k8s.io', 'IngressClass', 'ingressclasses', [], 'c'),
  kind('apps', 'Deployment', 'deployments', ['deploy'], 'sar'),
  kind('apps', 'ReplicaSet', 'replicasets', ['rs'], 'sar', ['.status.replicas']),
  kind('apps', 'StatefulSet', 'statefulsets', ['sts'], 'sar'),
  kind('apps', 'DaemonSet', 'daemonsets', ['ds'], 'sa'),
  kind('apps', 'ControllerRevision', 'controllerrevisions', [], ''),
  kind(rbac, 'Role', 'roles', [], ''),
  kind(rbac, 'RoleBinding', 'rolebindings', [], ''),
  kind(rbac, 'ClusterRole', 'clusterroles', [], 'c'),
  kind(rbac, 'ClusterRoleBinding', 'clusterrolebindings', [], 'c'),
  kind('apiextensions.k8s.io', 'CustomResourceDefinition', 'customresourcedefinitions', ['crd', 'crds'], 'cs'),
];

export const builtinModels: readonly string[] = builtinKinds.map(({ model }) => model);
