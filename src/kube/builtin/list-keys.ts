// How lists and maps of built-in kinds are merged: what the models of data/fields.json do not say. By `Model.field`; lists that are not
// here are replaced as a whole, and maps field by field. Upstream: the patch and list markers of k8s.io/api, and the schemas of client-go's
// apply configurations, with which this was compared.

export interface ListKeys {
  readonly strategy: string;
  /** The key of strategic merge patches; undefined for lists of plain values. */
  readonly mergeKey: string | undefined;
  /** Of server-side apply. None: a set of plain values; of maps, one thing as a whole. */
  readonly mapKeys: readonly string[];
}

const by = (mergeKey: string, ...more: readonly string[]): ListKeys => ({
  strategy: 'merge',
  mergeKey,
  mapKeys: [mergeKey, ...more],
});
const retaining = (mergeKey: string): ListKeys => ({ ...by(mergeKey), strategy: 'merge,retainKeys' });
const merging = (mergeKey: string): ListKeys => ({ ...by(mergeKey), mapKeys: [] });
const set: ListKeys = { strategy: 'merge', mergeKey: undefined, mapKeys: [] };

const containers = ['V1Container', 'V1EphemeralContainer'].flatMap(
  (model): readonly (readonly [string, ListKeys])[] => [
    [`${model}.ports`, by('containerPort', 'protocol')],
    [`${model}.env`, by('name')],
    [`${model}.volumeMounts`, by('mountPath')],
    [`${model}.volumeDevices`, by('devicePath')],
  ],
);

const conditionKinds = ['Pod', 'Service', 'Node', 'Namespace', 'ReplicationController'];
const conditions = [...conditionKinds, 'Deployment', 'ReplicaSet', 'StatefulSet', 'DaemonSet'].map(
  (kind): readonly [string, ListKeys] => [`V1${kind}Status.conditions`, by('type')],
);

export const listKeys: ReadonlyMap<string, ListKeys> = new Map([
  ...containers,
  ...conditions,
  ['V1ObjectMeta.ownerReferences', by('uid')],
  ['V1ObjectMeta.finalizers', set],
  ['V1PodSpec.containers', by('name')],
  ['V1PodSpec.initContainers', by('name')],
  ['V1PodSpec.ephemeralContainers', by('name')],
  ['V1PodSpec.imagePullSecrets', by('name')],
  ['V1PodSpec.schedulingGates', by('name')],
  ['V1PodSpec.hostAliases', by('ip')],
  ['V1PodSpec.volumes', retaining('name')],
  ['V1PodSpec.resourceClaims', retaining('name')],
  ['V1PodSpec.topologySpreadConstraints', by('topologyKey', 'whenUnsatisfiable')],
  ['V1PodStatus.podIPs', by('ip')],
  ['V1PodStatus.hostIPs', merging('ip')],
  ['V1PodStatus.resourceClaimStatuses', retaining('name')],
  ['V1ResourceRequirements.claims', by('name')],
  ['V1CustomResourceDefinitionStatus.conditions', by('type')],
  ['V1Endpoint.addresses', set],
  ['V1ServiceSpec.ports', by('port', 'protocol')],
  ['V1NodeSpec.podCIDRs', set],
  ['V1NodeStatus.addresses', by('type')],
  ['V1ServiceAccount.secrets', by('name')],
]);

/** References and selectors: whoever owns one owns all of it. */
export const atomicModels: ReadonlySet<string> = new Set([
  'V1ConfigMapKeySelector',
  'V1FileKeySelector',
  'V1LabelSelector',
  'V1LocalObjectReference',
  'V1NodeSelector',
  'V1NodeSelectorTerm',
  'V1ObjectFieldSelector',
  'V1ObjectReference',
  'V1ResourceFieldSelector',
  'V1RoleRef',
  'V1SecretKeySelector',
  'V1SecretReference',
  'V1TypedLocalObjectReference',
  'RbacV1Subject',
]);

/** Maps of free fields of which the same holds. */
export const atomicMaps: ReadonlySet<string> = new Set(['V1ServiceSpec.selector', 'V1PodSpec.nodeSelector']);

/**
 * Structs that an object has even where nobody wrote them: upstream's types hold them by value, and its schemas give them the default {}.
 * Of every kind these are metadata, spec and status.
 */
export const embeddedStructs: ReadonlySet<string> = new Set([
  'CoreV1Event.involvedObject',
  'CoreV1Event.source',
  'EventsV1Event.deprecatedSource',
  'EventsV1Event.regarding',
  'V1Container.resources',
  'V1ContainerStatus.lastState',
  'V1ContainerStatus.state',
  'V1CustomResourceDefinitionSpec.names',
  'V1CustomResourceDefinitionStatus.acceptedNames',
  'V1DaemonSetSpec.template',
  'V1DaemonSetSpec.updateStrategy',
  'V1DeploymentSpec.strategy',
  'V1DeploymentSpec.template',
  'V1Endpoint.conditions',
  'V1EphemeralContainer.resources',
  'V1IngressServiceBackend.port',
  'V1IngressStatus.loadBalancer',
  'V1NodeDaemonEndpoints.kubeletEndpoint',
  'V1NodeStatus.daemonEndpoints',
  'V1NodeStatus.nodeInfo',
  'V1PersistentVolumeClaimSpec.resources',
  'V1ReplicaSetSpec.template',
  'V1ServiceStatus.loadBalancer',
  'V1StatefulSetSpec.template',
  'V1StatefulSetSpec.updateStrategy',
]);
