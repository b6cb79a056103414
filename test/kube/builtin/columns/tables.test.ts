// What `kubectl get` prints of the other built-in kinds: heads as everybody knows them, and cells.

import test from 'ava';
import type { JsonObject } from '#kube/api/object.ts';
import { builtinColumns } from '#kube/builtin/columns/index.ts';
import { listHeads, showRow } from './show-row.ts';

const metadata = { name: 'x', creationTimestamp: '2026-11-23T11:00:00Z' };

for (const [kind, heads] of [
  ['/Pod', 'READY STATUS RESTARTS AGE'],
  ['/Service', 'TYPE CLUSTER-IP EXTERNAL-IP PORT(S) AGE'],
  ['/Node', 'STATUS ROLES AGE VERSION'],
  ['/Namespace', 'STATUS AGE'],
  ['/Endpoints', 'ENDPOINTS AGE'],
  ['discovery.k8s.io/EndpointSlice', 'ADDRESSTYPE PORTS ENDPOINTS AGE'],
  ['/Secret', 'TYPE DATA AGE'],
  ['/ConfigMap', 'DATA AGE'],
  ['/Event', 'LAST SEEN TYPE REASON OBJECT MESSAGE'],
  ['/ServiceAccount', 'SECRETS AGE'],
  ['coordination.k8s.io/Lease', 'HOLDER AGE'],
  ['networking.k8s.io/NetworkPolicy', 'POD-SELECTOR AGE'],
  ['networking.k8s.io/Ingress', 'CLASS HOSTS ADDRESS PORTS AGE'],
  ['apps/Deployment', 'READY UP-TO-DATE AVAILABLE AGE'],
  ['apps/ReplicaSet', 'DESIRED CURRENT READY AGE'],
  ['/ReplicationController', 'DESIRED CURRENT READY AGE'],
  ['apps/StatefulSet', 'READY AGE'],
  ['apps/ControllerRevision', 'CONTROLLER REVISION AGE'],
  ['apps/DaemonSet', 'DESIRED CURRENT READY UP-TO-DATE AVAILABLE NODE SELECTOR AGE'],
  ['rbac.authorization.k8s.io/Role', 'CREATED AT'],
  ['rbac.authorization.k8s.io/ClusterRole', 'CREATED AT'],
  ['rbac.authorization.k8s.io/RoleBinding', 'ROLE AGE'],
  ['rbac.authorization.k8s.io/ClusterRoleBinding', 'ROLE AGE'],
  ['apiextensions.k8s.io/CustomResourceDefinition', 'CREATED AT'],
] as const) {
  test(`${kind}: ${heads}`, (t) => {
    t.is(listHeads(kind).join(' '), heads);
  });
}

test('of an object without any fields every cell of every kind is a text or a number', (t) => {
  t.true(builtinColumns.size >= 22);
  for (const [kind, columns] of builtinColumns) {
    for (const { name, read } of columns) t.true(['string', 'number'].includes(typeof read({}, 0)), `${kind} ${name}`);
  }
});

const ports = [
  { port: 80, protocol: 'TCP', nodePort: 30080 },
  { port: 53, protocol: 'UDP' },
];
for (const [what, spec, status, cells] of [
  ['inside', { type: 'ClusterIP', clusterIPs: ['10.96.0.1'], ports }, {}, '10.96.0.1 <none> 80:30080/TCP,53/UDP'],
  ['headless', { type: 'ClusterIP', clusterIPs: ['None'] }, {}, 'None <none> <none>'],
  [
    'with addresses of its own',
    { type: 'NodePort', externalIPs: ['192.0.2.1', '192.0.2.2'] },
    {},
    '<none> 192.0.2.1,192.0.2.2 <none>',
  ],
  ['of a balancer that is not there yet', { type: 'LoadBalancer' }, {}, '<none> <pending> <none>'],
  [
    'of a balancer',
    { type: 'LoadBalancer', externalIPs: ['192.0.2.1'] },
    { loadBalancer: { ingress: [{ ip: '198.51.100.9' }, { hostname: 'lb.example' }, { ip: '198.51.100.9' }] } },
    '<none> 198.51.100.9,lb.example,192.0.2.1 <none>',
  ],
  ['of another name', { type: 'ExternalName', externalName: 'db.example.com' }, {}, '<none> db.example.com <none>'],
] as const) {
  test(`a service ${what}: ${cells}`, (t) => {
    const row = showRow('/Service', { metadata, spec, status });
    t.is(`${row['CLUSTER-IP']} ${row['EXTERNAL-IP']} ${row['PORT(S)']}`, cells);
    t.like(row, { TYPE: spec.type, AGE: '60m', SELECTOR: '<none>' });
  });
}

const ready = { type: 'Ready', status: 'True' };
for (const [status, conditions, unschedulable] of [
  ['Ready', [{ type: 'DiskPressure', status: 'False' }, ready], false],
  ['NotReady', [{ type: 'Ready', status: 'Unknown' }], false],
  ['Unknown', [], false],
  ['Ready,SchedulingDisabled', [ready], true],
] as const) {
  test(`a node is ${status}`, (t) => {
    t.is(showRow('/Node', { metadata, spec: { unschedulable }, status: { conditions } })['STATUS'], status);
  });
}

test('a node says its roles, addresses and system', (t) => {
  const labels = {
    'node-role.kubernetes.io/worker': '',
    'node-role.kubernetes.io/control-plane': '',
    'kubernetes.io/role': 'edge',
  };
  const status = {
    addresses: [
      { type: 'Hostname', address: 'n1' },
      { type: 'InternalIP', address: '192.0.2.10' },
    ],
    nodeInfo: { kubeletVersion: 'v1.35.2', osImage: 'Debian GNU/Linux 12', kernelVersion: '6.1.0' },
  };
  t.like(showRow('/Node', { metadata: { ...metadata, labels }, status }), {
    ROLES: 'control-plane,edge,worker',
    VERSION: 'v1.35.2',
    'INTERNAL-IP': '192.0.2.10',
    'EXTERNAL-IP': '<none>',
    'OS-IMAGE': 'Debian GNU/Linux 12',
    'KERNEL-VERSION': '6.1.0',
    'CONTAINER-RUNTIME': '<unknown>',
  });
  t.is(showRow('/Node', { metadata })['ROLES'], '<none>');
});

const template = {
  spec: {
    containers: [
      { name: 'a', image: 'nginx:1' },
      { name: 'b', image: 'redis' },
    ],
    nodeSelector: { disk: 'ssd' },
  },
};
const selector = {
  matchLabels: { tier: 'front', app: 'web' },
  matchExpressions: [
    { key: 'env', operator: 'In', values: ['test', 'dev'] },
    { key: 'zone', operator: 'DoesNotExist' },
  ],
};
const selectorText = 'app=web,env in (dev,test),tier=front,!zone';
for (const [kind, object, cells] of [
  ['/Namespace', { status: { phase: 'Active' } }, { STATUS: 'Active' }],
  ['/Secret', { type: 'Opaque', data: { a: '', b: '' } }, { TYPE: 'Opaque', DATA: 2 }],
  ['/ConfigMap', { data: { a: '' }, binaryData: { b: '' } }, { DATA: 2 }],
  ['/ServiceAccount', {}, { SECRETS: 0 }],
  [
    '/Endpoints',
    { subsets: [{ addresses: [{ ip: '10.0.0.1' }, { ip: 'fd00::1' }], ports: [{ port: 80 }, { port: 443 }] }] },
    { ENDPOINTS: '10.0.0.1:80,[fd00::1]:80,10.0.0.1:443 + 1 more...' },
  ],
  ['/Endpoints', {}, { ENDPOINTS: '<none>' }],
  ['/Endpoints', { subsets: [{ addresses: [{ ip: '10.0.0.1' }] }] }, { ENDPOINTS: '10.0.0.1' }],
  [
    'discovery.k8s.io/EndpointSlice',
    { addressType: 'IPv4', ports: [{ port: 80 }, { name: 'dns' }, {}], endpoints: [{ addresses: ['10.0.0.1'] }] },
    { ADDRESSTYPE: 'IPv4', PORTS: '80,dns,*', ENDPOINTS: '10.0.0.1' },
  ],
  ['discovery.k8s.io/EndpointSlice', {}, { PORTS: '<unset>', ENDPOINTS: '<unset>' }],
  ['coordination.k8s.io/Lease', { spec: { holderIdentity: 'n1' } }, { HOLDER: 'n1' }],
  ['networking.k8s.io/NetworkPolicy', { spec: { podSelector: selector } }, { 'POD-SELECTOR': selectorText }],
  ['networking.k8s.io/NetworkPolicy', { spec: { podSelector: {} } }, { 'POD-SELECTOR': '<none>' }],
  [
    'networking.k8s.io/Ingress',
    {
      spec: { rules: [{ host: 'a.example' }, { host: 'b.example' }], tls: [{}] },
      status: { loadBalancer: { ingress: [{ ip: '192.0.2.1' }] } },
    },
    { CLASS: '<none>', HOSTS: 'a.example,b.example', ADDRESS: '192.0.2.1', PORTS: '80, 443' },
  ],
  ['networking.k8s.io/Ingress', { spec: { rules: [{}] } }, { HOSTS: '*', ADDRESS: '', PORTS: '80' }],
  [
    'apps/Deployment',
    {
      spec: { replicas: 3, template, selector },
      status: { readyReplicas: 2, updatedReplicas: 1, availableReplicas: 2 },
    },
    { READY: '2/3', 'UP-TO-DATE': 1, AVAILABLE: 2, CONTAINERS: 'a,b', IMAGES: 'nginx:1,redis', SELECTOR: selectorText },
  ],
  ['apps/ReplicaSet', { spec: { replicas: 3 }, status: { replicas: 2 } }, { DESIRED: 3, CURRENT: 2, READY: 0 }],
  [
    '/ReplicationController',
    { spec: { replicas: 3, template, selector: { b: '2', a: '1' } }, status: { readyReplicas: 1 } },
    { DESIRED: 3, CURRENT: 0, READY: 1, CONTAINERS: 'a,b', IMAGES: 'nginx:1,redis', SELECTOR: 'a=1,b=2' },
  ],
  [
    'apps/StatefulSet',
    { spec: { replicas: 1, template }, status: { readyReplicas: 1 } },
    { READY: '1/1', IMAGES: 'nginx:1,redis' },
  ],
  [
    'apps/DaemonSet',
    { spec: { template }, status: { desiredNumberScheduled: 4, numberReady: 3 } },
    { DESIRED: 4, CURRENT: 0, READY: 3, 'NODE SELECTOR': 'disk=ssd' },
  ],
  ['rbac.authorization.k8s.io/Role', {}, { 'CREATED AT': '2026-11-23T11:00:00Z' }],
  ['apiextensions.k8s.io/CustomResourceDefinition', {}, { 'CREATED AT': '2026-11-23T11:00:00Z' }],
  [
    'rbac.authorization.k8s.io/RoleBinding',
    {
      roleRef: { kind: 'ClusterRole', name: 'view' },
      subjects: [
        { kind: 'User', name: 'jane' },
        { kind: 'User', name: 'joe' },
        { kind: 'Group', name: 'ops' },
        { kind: 'ServiceAccount', name: 'default', namespace: 'web' },
      ],
    },
    { ROLE: 'ClusterRole/view', USERS: 'jane, joe', GROUPS: 'ops', SERVICEACCOUNTS: 'web/default' },
  ],
] satisfies readonly (readonly [string, JsonObject, JsonObject])[]) {
  test(`${kind}: ${JSON.stringify(cells)}`, (t) => {
    t.like(showRow(kind, { ...object, metadata }), cells);
  });
}

test('a revision names its controller', (t) => {
  const owner = { apiVersion: 'apps/v1', kind: 'StatefulSet', name: 'web', controller: true };
  const object = { metadata: { ...metadata, ownerReferences: [owner] }, revision: 3 };
  t.like(showRow('apps/ControllerRevision', object), { CONTROLLER: 'statefulset.apps/web', REVISION: 3 });
  t.like(showRow('apps/ControllerRevision', { metadata }), { CONTROLLER: '<none>', REVISION: 0 });
});

test('an event is as old as it was last seen, in a series by the series', (t) => {
  const event = {
    metadata,
    involvedObject: { kind: 'Pod', name: 'web-1', fieldPath: 'spec.containers{a}' },
    type: 'Warning',
    reason: 'BackOff',
    message: ' Back-off restarting \n',
    source: { component: 'kubelet', host: 'n1' },
    firstTimestamp: '2026-11-23T11:00:00Z',
    lastTimestamp: '2026-11-23T11:59:00Z',
    count: 7,
  };
  t.deepEqual(showRow('/Event', event), {
    'LAST SEEN': '60s',
    TYPE: 'Warning',
    REASON: 'BackOff',
    OBJECT: 'pod/web-1',
    SUBOBJECT: 'spec.containers{a}',
    SOURCE: 'kubelet, n1',
    MESSAGE: 'Back-off restarting',
    'FIRST SEEN': '60m',
    COUNT: '7',
    NAME: 'x',
  });
  const told = { metadata, eventTime: '2026-11-23T11:58:00.000000Z', reportingComponent: 'c' };
  t.like(showRow('/Event', told), { 'LAST SEEN': '2m', 'FIRST SEEN': '2m', COUNT: '1', SOURCE: 'c' });
  const series = { count: 5, lastObservedTime: '2026-11-23T11:59:50.000000Z' };
  t.like(showRow('/Event', { ...told, series }), { 'LAST SEEN': '10s', COUNT: '5' });
});

test('an event of the newer group is told alike', (t) => {
  const event = {
    metadata,
    regarding: { kind: 'Node', name: 'n1' },
    note: 'gone',
    reportingController: 'c',
    reportingInstance: 'i',
    deprecatedLastTimestamp: '2026-11-23T11:59:00Z',
    deprecatedCount: 3,
  };
  t.like(showRow('events.k8s.io/Event', event), {
    'LAST SEEN': '60s',
    OBJECT: 'node/n1',
    MESSAGE: 'gone',
    SOURCE: 'c, i',
    COUNT: '3',
  });
});
