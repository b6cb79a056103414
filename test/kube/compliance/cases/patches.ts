// Patches of every kind (Kubernetes documentation, "Update API Objects in Place Using kubectl patch"; RFC 6902, RFC 7386).

import { type Case, kinds } from '../scene.ts';
import { deploymentSpec } from './verbs.ts';

const { configMap, deployment, service } = kinds;
const json = 'application/json-patch+json';
const merge = 'application/merge-patch+json';
const strategic = 'application/strategic-merge-patch+json';

export const patches: readonly Case[] = [
  {
    title: 'a merge patch sets, replaces and removes fields',
    run: async (t, scene) => {
      await scene.create(configMap, 'a', { data: { keep: '1', change: '1', remove: '1' } });
      const body = { data: { change: '2', remove: null, add: '1' } };
      t.deepEqual((await scene.patch(configMap, 'a', merge, body))['data'], { keep: '1', change: '2', add: '1' });
    },
  },
  {
    title: 'a merge patch replaces a list as a whole',
    run: async (t, scene) => {
      await scene.create(deployment, 'd', { spec: deploymentSpec(1) });
      const body = { spec: { template: { spec: { containers: [{ name: 'other', image: 'example.com/o:1' }] } } } };
      const changed = await scene.patch(deployment, 'd', merge, body);
      t.like(changed, { spec: { template: { spec: { containers: { length: 1, 0: { name: 'other' } } } } } } as never);
    },
  },
  {
    title: 'a JSON patch carries out its operations in order',
    run: async (t, scene) => {
      await scene.create(configMap, 'a', { data: { x: '1' } });
      const body = [
        { op: 'test', path: '/data/x', value: '1' },
        { op: 'move', from: '/data/x', path: '/data/y' },
        { op: 'add', path: '/metadata/labels', value: { 'example.com/l': 'v' } },
        { op: 'replace', path: '/metadata/labels/example.com~1l', value: 'w' },
      ];
      const changed = await scene.patch(configMap, 'a', json, body);
      t.deepEqual(changed['data'], { y: '1' });
      t.deepEqual(changed.metadata.labels, { 'example.com/l': 'w' });
    },
  },
  {
    title: 'a JSON patch whose test fails changes nothing',
    run: async (t, scene) => {
      await scene.create(configMap, 'a', { data: { x: '1' } });
      const body = [
        { op: 'replace', path: '/data/x', value: '2' },
        { op: 'test', path: '/data/x', value: '1' },
      ];
      await scene.refused(scene.patch(configMap, 'a', json, body), 'Invalid');
      t.deepEqual((await scene.get(configMap, 'a'))['data'], { x: '1' });
    },
  },
  {
    title: 'a strategic merge patch merges lists by their keys',
    run: async (t, scene) => {
      await scene.create(deployment, 'd', { spec: deploymentSpec(1) });
      const containers = [{ name: 'side', image: 'example.com/s:1' }];
      const changed = await scene.patch(deployment, 'd', strategic, { spec: { template: { spec: { containers } } } });
      const { spec } = changed as never as { spec: { template: { spec: { containers: { name: string }[] } } } };
      t.deepEqual(spec.template.spec.containers.map(({ name }) => name).toSorted(), ['side', 'web']);
    },
  },
  {
    title: 'a strategic merge patch removes by $patch: delete',
    run: async (t, scene) => {
      const ports = [
        { name: 'http', port: 80, protocol: 'TCP' },
        { name: 'https', port: 443, protocol: 'TCP' },
      ];
      await scene.create(service, 's', { spec: { selector: { app: 'x' }, ports } });
      const body = { spec: { ports: [{ port: 80, $patch: 'delete' }] } };
      const changed = await scene.patch(service, 's', strategic, body);
      const { spec } = changed as never as { spec: { ports: { port: number }[] } };
      t.deepEqual(
        spec.ports.map(({ port }) => port),
        [443],
      );
    },
  },
  {
    title: 'a patch that makes the object invalid is refused, with the field',
    run: async (t, scene) => {
      await scene.create(deployment, 'd', { spec: deploymentSpec(1) });
      const error = await scene.refused(scene.patch(deployment, 'd', merge, { spec: { replicas: -1 } }), 'Invalid');
      t.is(error.details?.causes?.[0]?.field, 'spec.replicas');
    },
  },
  {
    title: 'a patch of what is not there is NotFound',
    run: async (_t, scene) => {
      await scene.refused(scene.patch(configMap, 'none', merge, { data: { a: 'b' } }), 'NotFound');
    },
  },
  {
    title: 'a patch with an older resourceVersion is a Conflict',
    run: async (_t, scene) => {
      const made = await scene.create(configMap, 'a', { data: { k: '1' } });
      await scene.patch(configMap, 'a', merge, { data: { k: '2' } });
      const { resourceVersion = '' } = made.metadata;
      await scene.refused(
        scene.patch(configMap, 'a', merge, { metadata: { resourceVersion }, data: { k: '3' } }),
        'Conflict',
      );
    },
  },
  {
    title: 'a patch of the status subresource changes the status alone',
    run: async (t, scene) => {
      await scene.create(deployment, 'd', { spec: deploymentSpec(1) });
      const body = { spec: { replicas: 9 }, status: { replicas: 2 } };
      const changed = await scene.patch(deployment, 'd', merge, body, 'status');
      t.like(changed, { spec: { replicas: 1 }, status: { replicas: 2 } });
    },
  },
  {
    title: 'the scale subresource changes the replicas',
    run: async (t, scene) => {
      await scene.create(deployment, 'd', { spec: deploymentSpec(1) });
      const scale = await scene.patch(deployment, 'd', merge, { spec: { replicas: 4 } }, 'scale');
      t.like(scale, { kind: 'Scale', spec: { replicas: 4 } });
      t.like(await scene.get(deployment, 'd'), { spec: { replicas: 4 } });
    },
  },
  {
    title: 'concurrent patches of other fields all arrive',
    run: async (t, scene) => {
      await scene.create(configMap, 'a', { data: {} });
      const keys = Array.from({ length: 10 }, (_, index) => `k${index}`);
      await Promise.all(keys.map((key) => scene.patch(configMap, 'a', merge, { data: { [key]: 'v' } })));
      t.deepEqual(Object.keys((await scene.get(configMap, 'a'))['data'] as object).toSorted(), keys);
    },
  },
];
