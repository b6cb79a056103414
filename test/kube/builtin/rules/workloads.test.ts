// Deployments and their like: defaults of the API reference, and what is refused in which words.

import test from 'ava';
import type { JsonObject } from '#kube/api/object.ts';
import { specOf, writeObject } from './write-object.ts';

const selector = { matchLabels: { app: 'web' } };
const template = {
  metadata: { labels: { app: 'web', tier: 'front' } },
  spec: { containers: [{ name: 'web', image: 'nginx:1' }] },
};
const filled = {
  metadata: { labels: { app: 'web', tier: 'front' } },
  spec: {
    containers: [
      {
        name: 'web',
        image: 'nginx:1',
        resources: {},
        terminationMessagePath: '/dev/termination-log',
        terminationMessagePolicy: 'File',
        imagePullPolicy: 'IfNotPresent',
      },
    ],
    restartPolicy: 'Always',
    terminationGracePeriodSeconds: 30,
    dnsPolicy: 'ClusterFirst',
    securityContext: {},
    schedulerName: 'default-scheduler',
  },
};

for (const [kind, spec, status] of [
  [
    'Deployment',
    {
      replicas: 1,
      revisionHistoryLimit: 10,
      progressDeadlineSeconds: 600,
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: '25%', maxSurge: '25%' } },
    },
    {},
  ],
  ['ReplicaSet', { replicas: 1 }, { replicas: 0 }],
  [
    'StatefulSet',
    {
      replicas: 1,
      revisionHistoryLimit: 10,
      podManagementPolicy: 'OrderedReady',
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 0 } },
      persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain', whenScaled: 'Retain' },
    },
    { replicas: 0, availableReplicas: 0 },
  ],
  [
    'DaemonSet',
    {
      revisionHistoryLimit: 10,
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1, maxSurge: 0 } },
    },
    { currentNumberScheduled: 0, numberMisscheduled: 0, desiredNumberScheduled: 0, numberReady: 0 },
  ],
] as const) {
  test(`a ${kind} that says only its pods`, (t) => {
    const { object, faults } = writeObject(`apps/${kind}`, { spec: { selector, template } });
    t.deepEqual(faults, []);
    t.deepEqual(specOf(object), { selector, template: filled, ...spec });
    t.deepEqual(object['status'], status);
  });
}

const labelled = JSON.stringify(template.metadata.labels);
for (const [kind, spec, faults] of [
  ['Deployment', { template }, ['spec.selector: Required value']],
  [
    'Deployment',
    { selector: {}, template },
    ['spec.selector: Invalid value: {}: empty selector is invalid for deployment'],
  ],
  [
    'DaemonSet',
    { selector: {}, template },
    ['spec.selector: Invalid value: {}: empty selector is invalid for daemonset'],
  ],
  [
    'Deployment',
    { selector: { matchLabels: { app: 'db' } }, template },
    [`spec.template.metadata.labels: Invalid value: ${labelled}: \`selector\` does not match template \`labels\``],
  ],
  [
    'Deployment',
    {
      selector: {
        matchExpressions: [
          { key: 'tier', operator: 'In', values: ['front', 'back'] },
          { key: 'x', operator: 'DoesNotExist' },
        ],
      },
      template,
    },
    [],
  ],
  [
    'Deployment',
    {
      selector: {
        matchExpressions: [
          { key: 'app', operator: 'In' },
          { key: 'app', operator: 'Exists', values: ['a'] },
          { key: 'app', operator: 'Like' },
        ],
      },
      template,
    },
    [
      "spec.selector.matchExpressions[0].values: Required value: must be specified when `operator` is 'In' or 'NotIn'",
      "spec.selector.matchExpressions[1].values: Forbidden: may not be specified when `operator` is 'Exists' or 'DoesNotExist'",
      'spec.selector.matchExpressions[2].operator: Invalid value: "Like": not a valid selector operator',
      `spec.template.metadata.labels: Invalid value: ${labelled}: \`selector\` does not match template \`labels\``,
    ],
  ],
  [
    'Deployment',
    { selector, template, replicas: -1 },
    ['spec.replicas: Invalid value: -1: must be greater than or equal to 0'],
  ],
  [
    'Deployment',
    {
      selector,
      template: { ...template, spec: { ...template.spec, restartPolicy: 'Never', activeDeadlineSeconds: 5 } },
    },
    [
      'spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"',
      'spec.template.spec.activeDeadlineSeconds: Forbidden: activeDeadlineSeconds in Deployment is not Supported',
    ],
  ],
  ['Deployment', { selector, template: { ...template, spec: {} } }, ['spec.template.spec.containers: Required value']],
  [
    'Deployment',
    { selector, template, strategy: { type: 'Recreate', rollingUpdate: { maxSurge: 1 } } },
    ["spec.strategy.rollingUpdate: Forbidden: may not be specified when strategy `type` is 'Recreate'"],
  ],
  [
    'Deployment',
    { selector, template, strategy: { rollingUpdate: { maxSurge: 0, maxUnavailable: '0%' } } },
    ['spec.strategy.rollingUpdate.maxUnavailable: Invalid value: "0%": may not be 0 when `maxSurge` is 0'],
  ],
  [
    'Deployment',
    { selector, template, strategy: { rollingUpdate: { maxSurge: '1', maxUnavailable: '101%' } } },
    [
      'spec.strategy.rollingUpdate.maxUnavailable: Invalid value: "101%": must not be greater than 100%',
      `spec.strategy.rollingUpdate.maxSurge: Invalid value: "1": a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')`,
    ],
  ],
  [
    'Deployment',
    { selector, template, minReadySeconds: 600 },
    ['spec.progressDeadlineSeconds: Invalid value: 600: must be greater than minReadySeconds'],
  ],
  [
    'DaemonSet',
    { selector, template, updateStrategy: { rollingUpdate: { maxUnavailable: 1, maxSurge: 1 } } },
    ['spec.updateStrategy.rollingUpdate.maxSurge: Invalid value: 1: may not be set when maxUnavailable is non-zero'],
  ],
  [
    'StatefulSet',
    { selector, template, podManagementPolicy: 'Any' },
    ["spec.podManagementPolicy: Invalid value: \"Any\": must be 'OrderedReady' or 'Parallel'"],
  ],
] satisfies readonly (readonly [string, JsonObject, readonly string[]])[]) {
  test(`${kind} ${JSON.stringify(spec).slice(0, 90)}: ${faults.length === 0 ? 'good' : faults.join('; ').slice(0, 160)}`, (t) => {
    t.deepEqual(writeObject(`apps/${kind}`, { spec }).faults, faults);
  });
}

test('a selector stays', (t) => {
  const before = writeObject('apps/Deployment', { spec: { selector, template } }).object;
  const changed = { matchLabels: { tier: 'front' } };
  t.deepEqual(writeObject('apps/Deployment', { spec: { selector: changed, template } }, before).faults, [
    'spec.selector: Invalid value: {"matchLabels":{"tier":"front"}}: field is immutable',
  ]);
});

test('a stateful set changes in few of its fields', (t) => {
  const before = writeObject('apps/StatefulSet', { spec: { selector, template, serviceName: 'a' } }).object;
  t.deepEqual(
    writeObject('apps/StatefulSet', { spec: { selector, template, serviceName: 'a', replicas: 3 } }, before).faults,
    [],
  );
  t.deepEqual(writeObject('apps/StatefulSet', { spec: { selector, template, serviceName: 'b' } }, before).faults, [
    "spec: Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden",
  ]);
});

test('a revision says what it is of, once', (t) => {
  t.deepEqual(writeObject('apps/ControllerRevision', { revision: -1 }).faults, [
    'data: Required value: data is mandatory',
    'revision: Invalid value: -1: must be greater than or equal to 0',
  ]);
  const before = writeObject('apps/ControllerRevision', { revision: 1, data: { a: 1 } }).object;
  t.deepEqual(writeObject('apps/ControllerRevision', { revision: 2, data: { a: 2 } }, before).faults, [
    'data: Invalid value: {"a":2}: field is immutable',
  ]);
});
