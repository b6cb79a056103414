// Network policies, ingresses, roles and definitions: defaults, and what is refused in which words.

import test from 'ava';
import type { JsonObject } from '#kube/api/object.ts';
import { specOf, writeObject } from './write-object.ts';

const policy = 'networking.k8s.io/NetworkPolicy';
const ingress = 'networking.k8s.io/Ingress';
const ingressClass = 'networking.k8s.io/IngressClass';
const rbac = 'rbac.authorization.k8s.io';
const crd = 'apiextensions.k8s.io/CustomResourceDefinition';

test('a policy is for what comes in, and for what goes out when it says how', (t) => {
  t.deepEqual(specOf(writeObject(policy, { spec: {} }).object), { podSelector: {}, policyTypes: ['Ingress'] });
  const { object } = writeObject(policy, { spec: { podSelector: {}, egress: [{ ports: [{ port: 53 }] }] } });
  t.deepEqual(specOf(object), {
    podSelector: {},
    egress: [{ ports: [{ port: 53, protocol: 'TCP' }] }],
    policyTypes: ['Ingress', 'Egress'],
  });
});

const from = 'spec.ingress[0].from[0]';
const port = 'spec.ingress[0].ports[0]';
const backend = { service: { name: 'web', port: { number: 80 } } };
const path = 'spec.rules[0].http.paths[0]';
const ref = { kind: 'Role', name: 'view' };
for (const [kind, fields, faults] of [
  [policy, { spec: { ingress: [{ from: [{ ipBlock: { cidr: '10.0.0.0/8', except: ['10.1.0.0/16'] } }] }] } }, []],
  [policy, { spec: { ingress: [{ from: [{}] }] } }, [`${from}: Required value: must specify a peer`]],
  [
    policy,
    { spec: { ingress: [{ from: [{ podSelector: {}, ipBlock: { cidr: '10.0.0.0/8' } }] }] } },
    [`${from}: Forbidden: may not specify both ipBlock and another peer`],
  ],
  [
    policy,
    { spec: { ingress: [{ from: [{ ipBlock: { cidr: '10.0.0.0/8', except: ['10.0.0.0/8', '11.0.0.0/16'] } }] }] } },
    [
      `${from}.ipBlock.except[0]: Invalid value: "10.0.0.0/8": must be a strict subset of \`cidr\``,
      `${from}.ipBlock.except[1]: Invalid value: "11.0.0.0/16": must be a strict subset of \`cidr\``,
    ],
  ],
  [policy, { spec: { ingress: [{ from: [{ ipBlock: {} }] }] } }, [`${from}.ipBlock.cidr: Required value`]],
  [policy, { spec: { ingress: [{ ports: [{ port: 80, endPort: 90 }] }] } }, []],
  [
    policy,
    { spec: { ingress: [{ ports: [{ port: 80, endPort: 79 }] }] } },
    [`${port}.endPort: Invalid value: 79: must be greater than or equal to \`port\``],
  ],
  [
    policy,
    { spec: { ingress: [{ ports: [{ port: 'web', endPort: 79 }] }] } },
    [`${port}.endPort: Invalid value: 79: may not be specified when \`port\` is non-numeric`],
  ],
  [
    policy,
    { spec: { ingress: [{ ports: [{ endPort: 79, protocol: 'ICMP' }] }] } },
    [
      `${port}.protocol: Unsupported value: "ICMP": supported values: "TCP", "UDP", "SCTP"`,
      `${port}.endPort: Invalid value: 79: may not be specified when \`port\` is not specified`,
    ],
  ],
  [
    policy,
    { spec: { policyTypes: ['Both'] } },
    ['spec.policyTypes[0]: Unsupported value: "Both": supported values: "Ingress", "Egress"'],
  ],
  [ingress, { spec: {} }, ['spec: Invalid value: null: either `defaultBackend` or `rules` must be specified']],
  [ingress, { spec: { defaultBackend: backend } }, []],
  [
    ingress,
    { spec: { rules: [{ host: '*.example.com', http: { paths: [{ pathType: 'Prefix', path: '/', backend }] } }] } },
    [],
  ],
  [
    ingress,
    { spec: { rules: [{ host: '10.0.0.1' }] } },
    ['spec.rules[0].host: Invalid value: "10.0.0.1": must be a DNS name, not an IP address'],
  ],
  [
    ingress,
    { spec: { rules: [{ http: { paths: [{ path: '/' }, { pathType: 'Exact', path: 'a//b', backend: {} }] } }] } },
    [
      `${path}.pathType: Required value: pathType must be specified`,
      'spec.rules[0].http.paths[1].path: Invalid value: "a//b": must be an absolute path',
      `spec.rules[0].http.paths[1].path: Invalid value: "a//b": must not contain '//'`,
      'spec.rules[0].http.paths[1].backend: Invalid value: "": resource or service backend is required',
    ],
  ],
  [
    ingress,
    { spec: { defaultBackend: { service: { name: 'web' } } } },
    ['spec.defaultBackend: Required value: port name or number is required'],
  ],
  [ingressClass, { spec: { controller: 'example.com/c', parameters: { kind: 'A', name: 'b' } } }, []],
  [ingressClass, { spec: {} }, ['spec.controller: Required value']],
  [
    ingressClass,
    { spec: { controller: 'c', parameters: { kind: 'A', name: 'b', scope: 'Namespace' } } },
    [
      "spec.parameters.namespace: Required value: `parameters.scope` is set to 'Namespace'",
      'spec.controller: Invalid value: "c": must be a domain-prefixed path (such as "acme.io/foo")',
    ].toReversed(),
  ],
  [`${rbac}/Role`, { rules: [{ verbs: ['get'], apiGroups: [''], resources: ['pods'] }] }, []],
  [`${rbac}/Role`, { metadata: { name: 'system:a.B' }, rules: [] }, []],
  [
    `${rbac}/Role`,
    { metadata: { name: 'a%b' }, rules: [] },
    [`metadata.name: Invalid value: "a%b": may not contain '%'`],
  ],
  [
    `${rbac}/Role`,
    { rules: [{}] },
    [
      'rules[0].verbs: Required value: verbs must contain at least one value',
      'rules[0].apiGroups: Required value: resource rules must supply at least one api group',
      'rules[0].resources: Required value: resource rules must supply at least one resource',
    ],
  ],
  [
    `${rbac}/Role`,
    { rules: [{ verbs: ['get'], nonResourceURLs: ['/healthz'] }] },
    ['rules[0].nonResourceURLs: Invalid value: ["/healthz"]: namespaced rules cannot apply to non-resource URLs'],
  ],
  [`${rbac}/ClusterRole`, { rules: [{ verbs: ['get'], nonResourceURLs: ['/healthz'] }] }, []],
  [
    `${rbac}/ClusterRole`,
    { rules: [{ verbs: ['get'], nonResourceURLs: ['/healthz'], resources: ['pods'] }] },
    [
      'rules[0].nonResourceURLs: Invalid value: ["/healthz"]: rules cannot apply to both regular resources and non-resource URLs',
    ],
  ],
  [
    `${rbac}/ClusterRole`,
    { aggregationRule: {} },
    [
      'aggregationRule.clusterRoleSelectors: Required value: at least one clusterRoleSelector required if aggregationRule is non-nil',
    ],
  ],
  [
    `${rbac}/RoleBinding`,
    {
      roleRef: ref,
      subjects: [
        { kind: 'User', name: 'jane' },
        { kind: 'ServiceAccount', name: 'a' },
      ],
    },
    [],
  ],
  [
    `${rbac}/ClusterRoleBinding`,
    {
      roleRef: ref,
      subjects: [
        { kind: 'ServiceAccount', name: 'a' },
        { kind: 'Robot', name: 'r' },
      ],
    },
    [
      'roleRef.kind: Unsupported value: "Role": supported values: "ClusterRole"',
      'subjects[0].namespace: Required value',
      'subjects[1].kind: Unsupported value: "Robot": supported values: "ServiceAccount", "User", "Group"',
    ],
  ],
] satisfies readonly (readonly [string, JsonObject, readonly string[]])[]) {
  test(`${kind} ${JSON.stringify(fields).slice(0, 120)}: ${faults.join('; ').slice(0, 80) || 'good'}`, (t) => {
    t.deepEqual(writeObject(kind, fields).faults, faults);
  });
}

test('a binding speaks of the group of roles, and its role stays', (t) => {
  const subjects = [{ kind: 'Group', name: 'ops' }];
  const before = writeObject(`${rbac}/RoleBinding`, { roleRef: ref, subjects }).object;
  t.like(before, { roleRef: { ...ref, apiGroup: rbac }, subjects: [{ kind: 'Group', name: 'ops', apiGroup: rbac }] });
  t.deepEqual(writeObject(`${rbac}/RoleBinding`, { roleRef: { ...ref, name: 'edit' } }, before).faults, [
    'roleRef: Invalid value: {"kind":"Role","name":"edit","apiGroup":"rbac.authorization.k8s.io"}: cannot change roleRef',
  ]);
});

const schema = { openAPIV3Schema: { type: 'object' } };
const version = { name: 'v1', served: true, storage: true, schema };
const definition = {
  metadata: { name: 'widgets.example.com' },
  spec: {
    group: 'example.com',
    scope: 'Namespaced',
    names: { plural: 'widgets', kind: 'Widget' },
    versions: [version],
  },
};

test('a definition names what follows from its kind, and remembers what it stores', (t) => {
  const { object, faults } = writeObject(crd, definition);
  t.deepEqual(faults, []);
  t.like(object, {
    spec: {
      names: { plural: 'widgets', kind: 'Widget', singular: 'widget', listKind: 'WidgetList' },
      conversion: { strategy: 'None' },
    },
    status: { storedVersions: ['v1'] },
  });
  const next = { ...version, name: 'v2' };
  const versions = [{ ...version, storage: false }, next];
  const both = writeObject(
    crd,
    { ...definition, spec: { ...definition.spec, versions }, status: object['status'] },
    object,
  );
  t.deepEqual(both.faults, []);
  t.deepEqual(both.object['status'], { storedVersions: ['v1', 'v2'] });
  const { faults: lost } = writeObject(
    crd,
    { ...definition, spec: { ...definition.spec, versions: [next] }, status: both.object['status'] },
    both.object,
  );
  t.deepEqual(lost, [
    'status.storedVersions[0]: Invalid value: "v1": missing from spec.versions; v1 was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in v1 and removes v1 from status.storedVersions',
  ]);
});

test('a definition that is established keeps its scope and its kind', (t) => {
  const { object } = writeObject(crd, definition);
  const before = { ...object, status: { conditions: [{ type: 'Established', status: 'True' }] } };
  const names = { plural: 'widgets', kind: 'Gadget' };
  const { faults } = writeObject(crd, { ...definition, spec: { ...definition.spec, scope: 'Cluster', names } }, before);
  t.deepEqual(faults, [
    'spec.scope: Invalid value: "Cluster": field is immutable',
    'spec.names.kind: Invalid value: "Gadget": field is immutable',
  ]);
});

test('a definition in a group of the Kubernetes project says who approved it, and one that was let in stays', (t) => {
  const named = {
    ...definition,
    metadata: { name: `${definition.spec.names.plural}.x.k8s.io` },
    spec: { ...definition.spec, group: 'x.k8s.io' },
  };
  const key = 'metadata.annotations[api-approved.kubernetes.io]';
  const { object, faults } = writeObject(crd, named);
  t.deepEqual(
    faults.map((fault) => fault.slice(0, key.length + 16)),
    [`${key}: Required value`],
  );
  t.deepEqual(writeObject(crd, named, object).faults, []);
  const approved = (by: string): readonly string[] =>
    writeObject(crd, { ...named, metadata: { ...named.metadata, annotations: { 'api-approved.kubernetes.io': by } } })
      .faults;
  t.deepEqual(approved('unapproved, for a test'), []);
  t.regex(approved('me')[0] ?? '', /Invalid value: "me": protected groups must have approval annotation/);
});

test('a definition is judged field by field', (t) => {
  const { faults } = writeObject(crd, { ...definition, metadata: { name: 'gadgets.example.com' } });
  t.deepEqual(faults, [
    'metadata.name: Invalid value: "gadgets.example.com": must be spec.names.plural+"."+spec.group',
  ]);
});
