// Pods: defaults of the API reference, and what is refused in which words.

import test from 'ava';
import type { JsonObject, KubeObject } from '#kube/api/object.ts';
import { specOf, writeObject } from './write-object.ts';

const web = { name: 'web', image: 'nginx' };

function write(spec: JsonObject, before?: KubeObject): readonly string[] {
  return writeObject('/Pod', { spec: { containers: [web], ...spec } }, before).faults;
}

function fill(spec: JsonObject): JsonObject {
  return specOf(writeObject('/Pod', { spec }).object);
}

test('a pod that says only its image', (t) => {
  const { object, faults } = writeObject('/Pod', { spec: { containers: [web] } });
  t.deepEqual(faults, []);
  t.deepEqual(object, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'x' },
    spec: {
      containers: [
        {
          name: 'web',
          image: 'nginx',
          resources: {},
          terminationMessagePath: '/dev/termination-log',
          terminationMessagePolicy: 'File',
          imagePullPolicy: 'Always',
        },
      ],
      restartPolicy: 'Always',
      terminationGracePeriodSeconds: 30,
      dnsPolicy: 'ClusterFirst',
      securityContext: {},
      schedulerName: 'default-scheduler',
      enableServiceLinks: true,
    },
    status: { phase: 'Pending', qosClass: 'BestEffort' },
  });
});

for (const [image, policy] of [
  ['nginx', 'Always'],
  ['nginx:latest', 'Always'],
  ['nginx:1.27', 'IfNotPresent'],
  ['localhost:5000/nginx', 'Always'],
  ['localhost:5000/nginx:1', 'IfNotPresent'],
  ['nginx@sha256:0000', 'IfNotPresent'],
] as const) {
  test(`the image ${image} is pulled ${policy}`, (t) => {
    t.like(fill({ containers: [{ name: 'a', image }] })['containers'], [{ imagePullPolicy: policy }]);
  });
}

test('what is there stays', (t) => {
  const spec = {
    containers: [{ ...web, imagePullPolicy: 'Never' }],
    restartPolicy: 'Never',
    enableServiceLinks: false,
  };
  t.like(fill(spec), { containers: [{ imagePullPolicy: 'Never' }], restartPolicy: 'Never', enableServiceLinks: false });
});

test('ports, probes, variables and hooks have defaults of their own', (t) => {
  const container = {
    ...web,
    ports: [{ containerPort: 80 }],
    env: [{ name: 'IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } }],
    livenessProbe: { httpGet: { port: 80 } },
    readinessProbe: { grpc: { port: 1 }, periodSeconds: 3 },
    lifecycle: { preStop: { httpGet: { port: 81, path: '/stop' } } },
  };
  t.like(fill({ containers: [container] })['containers'], [
    {
      ports: [{ containerPort: 80, protocol: 'TCP' }],
      env: [{ name: 'IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP', apiVersion: 'v1' } } }],
      livenessProbe: {
        httpGet: { port: 80, path: '/', scheme: 'HTTP' },
        timeoutSeconds: 1,
        periodSeconds: 10,
        successThreshold: 1,
        failureThreshold: 3,
      },
      readinessProbe: {
        grpc: { port: 1, service: '' },
        periodSeconds: 3,
        timeoutSeconds: 1,
        successThreshold: 1,
        failureThreshold: 3,
      },
      lifecycle: { preStop: { httpGet: { port: 81, path: '/stop', scheme: 'HTTP' } } },
    },
  ]);
});

test('on the network of its node a port is a port of the node', (t) => {
  const spec = { hostNetwork: true, containers: [{ ...web, ports: [{ containerPort: 80 }] }] };
  t.like(fill(spec)['containers'], [{ ports: [{ containerPort: 80, hostPort: 80, protocol: 'TCP' }] }]);
});

test('volumes', (t) => {
  const volumes = [
    { name: 'a' },
    { name: 'b', secret: { secretName: 's' } },
    { name: 'c', configMap: { name: 'm', defaultMode: 256 } },
    { name: 'd', hostPath: { path: '/x' } },
    { name: 'e', projected: { sources: [{ serviceAccountToken: { path: 't' } }] } },
  ];
  t.deepEqual(fill({ containers: [web], volumes })['volumes'], [
    { name: 'a', emptyDir: {} },
    { name: 'b', secret: { secretName: 's', defaultMode: 420 } },
    { name: 'c', configMap: { name: 'm', defaultMode: 256 } },
    { name: 'd', hostPath: { path: '/x', type: '' } },
    {
      name: 'e',
      projected: { defaultMode: 420, sources: [{ serviceAccountToken: { path: 't', expirationSeconds: 3_600 } }] },
    },
  ]);
});

for (const [resources, qosClass] of [
  [{}, 'BestEffort'],
  [{ requests: { cpu: '1' } }, 'Burstable'],
  [{ limits: { cpu: '1' } }, 'Burstable'],
  [{ limits: { cpu: '1', memory: '1Gi' } }, 'Guaranteed'],
  [{ limits: { cpu: '1', memory: '1Gi' }, requests: { cpu: '500m' } }, 'Burstable'],
] as const) {
  test(`resources ${JSON.stringify(resources)}: ${qosClass}`, (t) => {
    const { object } = writeObject('/Pod', { spec: { containers: [{ ...web, resources }] } });
    t.deepEqual(object['status'], { phase: 'Pending', qosClass });
  });
}

test('limits are requests, too', (t) => {
  const resources = { limits: { cpu: '1', memory: '1Gi' }, requests: { cpu: '500m' } };
  t.like(fill({ containers: [{ ...web, resources }] })['containers'], [
    { resources: { ...resources, requests: { cpu: '500m', memory: '1Gi' } } },
  ]);
});

test('a pod without containers', (t) => {
  t.deepEqual(write({ containers: [] }), ['spec.containers: Required value']);
});

const one = 'spec.containers[0]';
for (const [spec, faults] of [
  [{ containers: [{}] }, [`${one}.name: Required value`, `${one}.image: Required value`]],
  [
    { containers: [{ ...web, image: ' nginx' }] },
    [`${one}.image: Invalid value: " nginx": must not have leading or trailing whitespace`],
  ],
  [{ containers: [web, web] }, ['spec.containers[1].name: Duplicate value: "web"']],
  [{ initContainers: [web], containers: [web] }, [`${one}.name: Duplicate value: "web"`]],
  [
    { containers: [{ ...web, imagePullPolicy: 'Once' }] },
    [`${one}.imagePullPolicy: Unsupported value: "Once": supported values: "Always", "IfNotPresent", "Never"`],
  ],
  [
    {
      containers: [
        { ...web, ports: [{}, { containerPort: 70_000, name: 'a', hostPort: -1 }, { containerPort: 1, name: 'a' }] },
      ],
    },
    [
      `${one}.ports[0].containerPort: Required value`,
      `${one}.ports[1].containerPort: Invalid value: 70000: must be between 1 and 65535, inclusive`,
      `${one}.ports[1].hostPort: Invalid value: -1: must be between 1 and 65535, inclusive`,
      `${one}.ports[2].name: Duplicate value: "a"`,
    ],
  ],
  [
    { containers: [{ ...web, volumeMounts: [{ name: 'v', mountPath: '/a' }] }] },
    [`${one}.volumeMounts[0].name: Not found: "v"`],
  ],
  [
    {
      volumes: [{ name: 'v' }],
      containers: [
        {
          ...web,
          volumeMounts: [
            { name: 'v', mountPath: '/a' },
            { name: 'v', mountPath: '/a' },
          ],
        },
      ],
    },
    [`${one}.volumeMounts[1].mountPath: Invalid value: "/a": must be unique`],
  ],
  [
    { volumes: [{ name: 'v', emptyDir: {}, hostPath: { path: '/' } }, { name: 'v' }] },
    [
      'spec.volumes[0].hostPath: Forbidden: may not specify more than 1 volume type',
      'spec.volumes[1].name: Duplicate value: "v"',
    ],
  ],
  [
    {
      containers: [
        { ...web, env: [{ name: 'A=B' }, { name: 'C', value: 'x', valueFrom: { fieldRef: { fieldPath: 'a' } } }] },
      ],
    },
    [
      `${one}.env[0].name: Invalid value: "A=B": a valid environment variable name must consist only of printable ASCII characters other than '='`,
      `${one}.env[1].valueFrom: Invalid value: "": may not be specified when \`value\` is not empty`,
    ],
  ],
  [
    {
      containers: [
        { ...web, resources: { limits: { cpu: '1', memory: '1Gi' }, requests: { cpu: '1500m', memory: '1025Mi' } } },
      ],
    },
    [
      `${one}.resources.requests: Invalid value: "1500m": must be less than or equal to cpu limit of 1`,
      `${one}.resources.requests: Invalid value: "1025Mi": must be less than or equal to memory limit of 1Gi`,
    ],
  ],
  [{ containers: [{ ...web, resources: { limits: { cpu: '1000m' }, requests: { cpu: 1 } } }] }, []],
  [
    { containers: [{ ...web, resources: { requests: { cpu: 'viel', memory: '-1' } } }] },
    [
      `${one}.resources.requests[cpu]: Invalid value: "viel": quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'`,
      `${one}.resources.requests[memory]: Invalid value: "-1": must be greater than or equal to 0`,
    ],
  ],
  [
    { containers: [{ ...web, livenessProbe: {}, readinessProbe: { httpGet: { port: 0 }, tcpSocket: { port: 1 } } }] },
    [
      `${one}.livenessProbe: Required value: must specify a handler type`,
      `${one}.readinessProbe.tcpSocket: Forbidden: may not specify more than 1 handler type`,
      `${one}.readinessProbe.httpGet.port: Invalid value: 0: must be between 1 and 65535, inclusive`,
    ],
  ],
  [
    { containers: [{ ...web, startupProbe: { exec: {}, successThreshold: 2 }, lifecycle: { preStop: {} } }] },
    [
      `${one}.startupProbe.exec.command: Required value`,
      `${one}.startupProbe.successThreshold: Invalid value: 2: must be 1`,
      `${one}.lifecycle.preStop: Required value: must specify a handler type`,
    ],
  ],
  [
    { hostNetwork: true, containers: [{ ...web, ports: [{ containerPort: 80, hostPort: 81 }] }] },
    [`${one}.ports[0].containerPort: Invalid value: 80: must match \`hostPort\` when \`hostNetwork\` is true`],
  ],
  [
    {
      containers: [
        {
          ...web,
          ports: [
            { containerPort: 1, hostPort: 80 },
            { containerPort: 2, hostPort: 80 },
          ],
        },
      ],
    },
    [`${one}.ports[1].hostPort: Duplicate value: "TCP//80"`],
  ],
  [
    { restartPolicy: 'Maybe', dnsPolicy: 'Any', terminationGracePeriodSeconds: -1, activeDeadlineSeconds: 0 },
    [
      'spec.restartPolicy: Unsupported value: "Maybe": supported values: "Always", "Never", "OnFailure"',
      'spec.dnsPolicy: Unsupported value: "Any": supported values: "ClusterFirst", "ClusterFirstWithHostNet", "Default", "None"',
      'spec.terminationGracePeriodSeconds: Invalid value: -1: must be greater than or equal to 0',
      'spec.activeDeadlineSeconds: Invalid value: 0: must be between 1 and 2147483647, inclusive',
    ],
  ],
  [
    {
      tolerations: [
        {},
        { operator: 'Exists', value: 'x', key: 'a' },
        { operator: 'Exists', tolerationSeconds: 3 },
        { operator: 'Exists' },
      ],
    },
    [
      'spec.tolerations[0].operator: Invalid value: "": operator must be Exists when `key` is empty, which means "match all values and all keys"',
      'spec.tolerations[1].operator: Invalid value: "x": value must be empty when `operator` is \'Exists\'',
      'spec.tolerations[2].effect: Invalid value: "": effect must be \'NoExecute\' when `tolerationSeconds` is set',
    ],
  ],
] satisfies readonly (readonly [JsonObject, readonly string[]])[]) {
  test(`${JSON.stringify(spec).slice(0, 100)}: ${faults.length === 0 ? 'good' : faults[0].slice(0, 60)}`, (t) => {
    t.deepEqual(write(spec), faults);
  });
}

const required = 'requiredDuringSchedulingIgnoredDuringExecution';
const preferred = 'preferredDuringSchedulingIgnoredDuringExecution';
const zone = { key: 'zone', operator: 'In', values: ['a'] };
for (const [spec, faults] of [
  [{ affinity: { nodeAffinity: { [required]: { nodeSelectorTerms: [{ matchExpressions: [zone] }] } } } }, []],
  [
    { affinity: { nodeAffinity: { [required]: {} } } },
    [
      `spec.affinity.nodeAffinity.${required}.nodeSelectorTerms: Required value: must have at least one node selector term`,
    ],
  ],
  [
    {
      affinity: {
        nodeAffinity: {
          [preferred]: [{ weight: 0, preference: { matchExpressions: [{ ...zone, operator: 'Gt', values: [] }] } }],
        },
      },
    },
    [
      `spec.affinity.nodeAffinity.${preferred}[0].weight: Invalid value: 0: must be in the range 1-100`,
      `spec.affinity.nodeAffinity.${preferred}[0].preference.matchExpressions[0].values: Required value: must be specified single value when \`operator\` is 'Lt' or 'Gt'`,
    ],
  ],
  [
    {
      affinity: {
        podAntiAffinity: { [required]: [{ labelSelector: { matchExpressions: [{ ...zone, operator: 'Gt' }] } }] },
      },
    },
    [
      `spec.affinity.podAntiAffinity.${required}[0].labelSelector.matchExpressions[0].operator: Invalid value: "Gt": not a valid selector operator`,
      `spec.affinity.podAntiAffinity.${required}[0].topologyKey: Required value: can not be empty`,
    ],
  ],
  [
    {
      topologySpreadConstraints: [
        { maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'DoNotSchedule' },
        { maxSkew: 0 },
      ],
    },
    [
      'spec.topologySpreadConstraints[1].maxSkew: Invalid value: 0: must be greater than zero',
      'spec.topologySpreadConstraints[1].topologyKey: Required value: can not be empty',
      'spec.topologySpreadConstraints[1].whenUnsatisfiable: Unsupported value: "": supported values: "DoNotSchedule", "ScheduleAnyway"',
    ],
  ],
] satisfies readonly (readonly [JsonObject, readonly string[]])[]) {
  test(`where a pod wants to be: ${JSON.stringify(spec).slice(0, 120)}: ${faults.length} faults`, (t) => {
    t.deepEqual(write(spec), faults);
  });
}

const words =
  'spec: Forbidden: pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)';
const tolerations = [{ key: 'a', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 5 }];
const before = writeObject('/Pod', {
  spec: { containers: [{ ...web, imagePullPolicy: 'Never' }], tolerations, activeDeadlineSeconds: 10 },
}).object;
const old = specOf(before);

for (const [what, change, faults] of [
  ['nothing', {}, []],
  ['an image', { containers: [{ ...web, image: 'nginx:2', imagePullPolicy: 'Never' }] }, []],
  ['more tolerations', { tolerations: [...tolerations, { key: 'b', operator: 'Exists' }] }, []],
  ['the time of a toleration', { tolerations: [{ ...tolerations[0], tolerationSeconds: 9 }] }, []],
  ['an earlier deadline', { activeDeadlineSeconds: 5 }, []],
  ['the node', { nodeName: 'n1' }, [words]],
  ['a policy', { restartPolicy: 'Never' }, [words]],
  ['a variable', { containers: [{ ...web, imagePullPolicy: 'Never', env: [{ name: 'A', value: 'b' }] }] }, [words]],
  [
    'another container',
    { containers: [web, { ...web, name: 'b' }] },
    ['spec.containers: Forbidden: pod updates may not add or remove containers'],
  ],
  [
    'fewer tolerations',
    { tolerations: [] },
    ['spec.tolerations: Forbidden: existing toleration can not be modified except its tolerationSeconds'],
  ],
  [
    'a new gate',
    { schedulingGates: [{ name: 'g' }] },
    ["spec.schedulingGates[0].name: Forbidden: only deletion is allowed, but found new scheduling gate 'g'"],
  ],
  [
    'a later deadline',
    { activeDeadlineSeconds: 11 },
    ['spec.activeDeadlineSeconds: Invalid value: 11: must be less than or equal to previous value'],
  ],
  [
    'no deadline',
    { activeDeadlineSeconds: undefined },
    ['spec.activeDeadlineSeconds: Invalid value: null: must not update from a positive integer to nil value'],
  ],
] satisfies readonly (readonly [string, JsonObject, readonly string[]])[]) {
  test(`a pod that lives is changed in ${what}: ${faults.length === 0 ? 'good' : 'refused'}`, (t) => {
    t.deepEqual(write({ ...old, ...change }, before), faults);
  });
}
