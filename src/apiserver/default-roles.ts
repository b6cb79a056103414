// The roles and bindings that every server has from its start: admin, agent, operator and read-only, by the groups that our client
// certificates name. They are objects like others: whoever may, changes them, and what was changed stays.

import type { KubeObject } from '#kube/api/object.ts';
import type { PolicyRule } from './rbac.ts';

/** Groups of client certificates. */
export const roleGroups = {
  admin: 'system:masters',
  agent: 'waggle:agents',
  operator: 'waggle:operators',
  viewer: 'waggle:viewers',
} as const;

export type RoleName = keyof typeof roleGroups;

const readVerbs = ['get', 'list', 'watch'];
const writeVerbs = ['create', 'update', 'patch', 'delete'];
const allVerbs = [...readVerbs, ...writeVerbs, 'deletecollection'];

/** What both halves of the control plane read. */
const readByDaemons: readonly PolicyRule[] = [
  on([''], ['namespaces', 'nodes', 'pods', 'services', 'endpoints', 'configmaps'], readVerbs),
  on(['discovery.k8s.io'], ['endpointslices'], readVerbs),
  on(['networking.k8s.io'], ['networkpolicies'], readVerbs),
  on(['apiextensions.k8s.io'], ['customresourcedefinitions'], readVerbs),
  on(['cilium.io'], ['*'], readVerbs),
  on(['', 'events.k8s.io'], ['events'], ['create', 'update', 'patch']),
  on(['coordination.k8s.io'], ['leases'], [...readVerbs, ...writeVerbs]),
];

const clusterRoles: Readonly<Record<string, readonly PolicyRule[]>> = {
  'cluster-admin': [on(['*'], ['*'], ['*']), onPaths(['*'], ['*'])],
  'system:discovery': [
    onPaths(
      [
        '/api',
        '/api/*',
        '/apis',
        '/apis/*',
        '/openapi',
        '/openapi/*',
        '/healthz',
        '/livez',
        '/readyz',
        '/version',
        '/version/',
      ],
      ['get'],
    ),
  ],
  'system:basic-user': [
    on(['authorization.k8s.io'], ['selfsubjectaccessreviews', 'selfsubjectrulesreviews'], ['create']),
    on(['authentication.k8s.io'], ['selfsubjectreviews'], ['create']),
  ],
  'waggle:viewer': [
    // Without Secrets, and without roles: who may do what is a secret too.
    on(
      [''],
      ['namespaces', 'nodes', 'pods', 'services', 'endpoints', 'configmaps', 'events', 'serviceaccounts'],
      readVerbs,
    ),
    on(
      [
        'apps',
        'discovery.k8s.io',
        'coordination.k8s.io',
        'networking.k8s.io',
        'events.k8s.io',
        'apiextensions.k8s.io',
        'cilium.io',
      ],
      ['*'],
      readVerbs,
    ),
  ],
  'waggle:agent': [
    ...readByDaemons,
    on([''], ['nodes', 'nodes/status'], ['update', 'patch']),
    on(['cilium.io'], ['ciliumnodes', 'ciliumendpoints', 'ciliumidentities'], writeVerbs),
    on(['cilium.io'], ['*/status'], ['update', 'patch']),
  ],
  'waggle:operator': [
    ...readByDaemons,
    // Its own, of which it raises the count.
    on(['', 'events.k8s.io'], ['events'], readVerbs),
    on([''], ['services/status', 'nodes', 'nodes/status'], ['update', 'patch']),
    on(['apiextensions.k8s.io'], ['customresourcedefinitions'], ['create', 'update', 'patch']),
    on(['cilium.io'], ['*'], allVerbs),
  ],
};

const clusterBindings: readonly (readonly [name: string, role: string, group: string])[] = [
  ['cluster-admin', 'cluster-admin', roleGroups.admin],
  ['system:discovery', 'system:discovery', 'system:authenticated'],
  ['system:basic-user', 'system:basic-user', 'system:authenticated'],
  ['waggle:viewer', 'waggle:viewer', roleGroups.viewer],
  ['waggle:agent', 'waggle:agent', roleGroups.agent],
  ['waggle:operator', 'waggle:operator', roleGroups.operator],
];

const apiVersion = 'rbac.authorization.k8s.io/v1';
const apiGroup = 'rbac.authorization.k8s.io';
const labels = { 'kubernetes.io/bootstrapping': 'rbac-defaults' };

/** The passwords of BGP sessions are in one namespace, and an agent reads no other's Secrets. */
export function defaultRoles(secretsNamespace: string): readonly KubeObject[] {
  const roleName = 'waggle:bgp-secrets';
  const secrets = { namespace: secretsNamespace, name: roleName, labels };
  return [
    ...Object.entries(clusterRoles).map(([name, rules]) => ({
      apiVersion,
      kind: 'ClusterRole',
      metadata: { name, labels },
      rules: rules.map(writeRule),
    })),
    ...clusterBindings.map(([name, role, group]) => ({
      apiVersion,
      kind: 'ClusterRoleBinding',
      metadata: { name, labels },
      roleRef: { apiGroup, kind: 'ClusterRole', name: role },
      subjects: [{ apiGroup, kind: 'Group', name: group }],
    })),
    { apiVersion, kind: 'Role', metadata: secrets, rules: [writeRule(on([''], ['secrets'], readVerbs))] },
    {
      apiVersion,
      kind: 'RoleBinding',
      metadata: secrets,
      roleRef: { apiGroup, kind: 'Role', name: roleName },
      subjects: [{ apiGroup, kind: 'Group', name: roleGroups.agent }],
    },
  ];
}

function on(apiGroups: readonly string[], resources: readonly string[], verbs: readonly string[]): PolicyRule {
  return { verbs, apiGroups, resources, resourceNames: [], nonResourceURLs: [] };
}

function onPaths(nonResourceURLs: readonly string[], verbs: readonly string[]): PolicyRule {
  return { verbs, apiGroups: [], resources: [], resourceNames: [], nonResourceURLs };
}

function writeRule({ verbs, apiGroups, resources, nonResourceURLs }: PolicyRule): {
  readonly [field: string]: readonly string[];
} {
  return nonResourceURLs.length > 0 ? { verbs, nonResourceURLs } : { verbs, apiGroups, resources };
}
