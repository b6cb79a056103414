// ReplicationControllers as upstream takes them: defaults from the template, and what is wrong with one (API reference,
// ReplicationController v1; upstream: SetDefaults_ReplicationController, ValidateReplicationControllerSpec).

import test from 'ava';
import { scaleOf } from '#kube/registry/scale.ts';
import { builtinResources } from '#kube/builtin/index.ts';
import { specOf, writeObject } from './write-object.ts';

const labels = { app: 'web', tier: 'front' };
const template = { metadata: { labels }, spec: { containers: [{ name: 'a', image: 'x:1' }] } };

test('a ReplicationController that says only its pods has their labels, as its selector too', (t) => {
  const { object, faults } = writeObject('/ReplicationController', { spec: { template } });
  t.deepEqual(faults, []);
  t.like(specOf(object), { replicas: 1, selector: labels });
  t.deepEqual(object.metadata.labels, labels);
  t.deepEqual(object['status'], { replicas: 0 });
  const own = writeObject('/ReplicationController', { spec: { template, selector: { app: 'web' }, replicas: 2 } });
  t.deepEqual(own.faults, []);
  t.like(specOf(own.object), { replicas: 2, selector: { app: 'web' } });
});

test('the scale of a ReplicationController has its labels as a selector', (t) => {
  const { object } = writeObject('/ReplicationController', { spec: { template } });
  const resource = builtinResources.find(({ kind }) => kind === 'ReplicationController');
  if (resource === undefined) throw new Error('there is no such kind');
  t.like(scaleOf(object, resource), { spec: { replicas: 1 }, status: { selector: 'app=web,tier=front' } });
});

for (const [spec, faults] of [
  [{}, ['spec.selector: Required value', 'spec.template: Required value']],
  [{ selector: labels }, ['spec.template: Required value']],
  [
    { template, selector: { app: 'db' } },
    [
      `spec.template.metadata.labels: Invalid value: ${JSON.stringify(labels)}: \`selector\` does not match template \`labels\``,
    ],
  ],
  [
    { template, replicas: -1, minReadySeconds: -2 },
    [
      'spec.minReadySeconds: Invalid value: -2: must be greater than or equal to 0',
      'spec.replicas: Invalid value: -1: must be greater than or equal to 0',
    ],
  ],
  [
    { template: { ...template, spec: { ...template.spec, restartPolicy: 'Never' } } },
    ['spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"'],
  ],
  [{ template: { metadata: { labels } } }, ['spec.template.spec.containers: Required value']],
] as const) {
  test(`a ReplicationController of ${JSON.stringify(spec)} is refused`, (t) => {
    t.deepEqual(writeObject('/ReplicationController', { spec }).faults, [...faults]);
  });
}
