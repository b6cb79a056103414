// Services and their endpoints (Kubernetes documentation, "Service", "EndpointSlices", "IPv4/IPv6 dual-stack"; API reference, ServiceSpec).

import { type Case, kinds, type Scene } from '../scene.ts';
import type { Json, JsonObject, KubeObject } from '#kube/api/object.ts';

const { service, pod, endpointSlice } = kinds;
const http = [{ name: 'http', port: 80, targetPort: 8080, protocol: 'TCP' }];

function specOf(object: KubeObject): JsonObject {
  return object['spec'] as JsonObject;
}

async function readyPod(scene: Scene, name: string, address: string): Promise<void> {
  const containers = [{ name: 'c', image: 'example.com/c:1' }];
  const made = await scene.create(pod, name, { spec: { containers } }, { labels: { app: 'web' } });
  const status = {
    phase: 'Running',
    podIP: address,
    podIPs: [{ ip: address }],
    conditions: [{ type: 'Ready', status: 'True' }],
  };
  await scene.update(pod, { ...made, status }, 'status');
}

async function addresses(scene: Scene, name: string): Promise<readonly string[]> {
  const labelSelector = `kubernetes.io/service-name=${name}`;
  const { items } = await scene.cluster.list(scene.in(endpointSlice), { labelSelector });
  const endpoints = items.flatMap(
    (slice) => (slice['endpoints'] ?? []) as readonly { addresses: string[]; conditions: { ready?: boolean } }[],
  );
  return endpoints.flatMap(({ addresses: all, conditions }) => (conditions.ready === true ? all : [])).toSorted();
}

export const services: readonly Case[] = [
  {
    title: 'a Service gets an address, families, and the defaults of its spec',
    run: async (t, scene) => {
      const spec = specOf(await scene.create(service, 's', { spec: { selector: { app: 'web' }, ports: http } }));
      t.regex(spec['clusterIP'] as string, /^\d+\.\d+\.\d+\.\d+$|:/);
      t.deepEqual(spec['clusterIPs'], [spec['clusterIP'] as Json]);
      t.like(spec, {
        type: 'ClusterIP',
        sessionAffinity: 'None',
        internalTrafficPolicy: 'Cluster',
        ipFamilyPolicy: 'SingleStack',
      });
    },
  },
  {
    title: 'a headless Service has no address',
    run: async (t, scene) => {
      const spec = specOf(await scene.create(service, 's', { spec: { clusterIP: 'None', selector: { app: 'web' } } }));
      t.like(spec, { clusterIP: 'None', clusterIPs: ['None'] as never });
    },
  },
  {
    title: 'a NodePort Service gets a port of the range for each of its ports',
    run: async (t, scene) => {
      const ports = [...http, { name: 'https', port: 443, protocol: 'TCP' }];
      const spec = specOf(await scene.create(service, 's', { spec: { type: 'NodePort', ports } }));
      const given = (spec['ports'] as readonly { nodePort: number }[]).map(({ nodePort }) => nodePort);
      t.true(
        given.every((port) => port >= 30_000 && port <= 32_767),
        String(given),
      );
      t.is(new Set(given).size, 2);
    },
  },
  {
    title: 'externalTrafficPolicy Local of a LoadBalancer gets a healthCheckNodePort',
    run: async (t, scene) => {
      const given = { type: 'LoadBalancer', externalTrafficPolicy: 'Local', ports: http };
      const spec = specOf(await scene.create(service, 's', { spec: given }));
      t.true(Number(spec['healthCheckNodePort']) >= 30_000);
      t.is(spec['allocateLoadBalancerNodePorts'], true);
    },
  },
  {
    title: 'an address that another Service has is refused',
    run: async (_t, scene) => {
      const { clusterIP = '' } = specOf(await scene.create(service, 's', { spec: { ports: http } }));
      const asked = scene.create(service, 'twin', { spec: { clusterIP, ports: http } });
      await scene.refused(asked, 'Invalid', /spec\.clusterIPs: Invalid value: .*provided IP is already allocated/);
    },
  },
  {
    title: 'the address of a Service does not change',
    run: async (_t, scene) => {
      const made = await scene.create(service, 's', { spec: { ports: http } });
      const changed = { ...specOf(made), clusterIP: '10.96.200.200', clusterIPs: ['10.96.200.200'] };
      await scene.refused(scene.update(service, { ...made, spec: changed }), 'Invalid', /may not change once set/);
    },
  },
  {
    title: 'ports of several need names, and no two are the same',
    run: async (_t, scene) => {
      const ports = [{ port: 80 }, { port: 81 }];
      await scene.refused(
        scene.create(service, 's', { spec: { ports } }),
        'Invalid',
        /spec\.ports\[0\]\.name: Required value/,
      );
    },
  },
  {
    title: 'an ExternalName Service has a name and no address',
    run: async (t, scene) => {
      const given = { type: 'ExternalName', externalName: 'db.example.com' };
      const spec = specOf(await scene.create(service, 's', { spec: given }));
      t.is(spec['clusterIP'], undefined);
      const asked = scene.create(service, 't', { spec: { type: 'ExternalName' } });
      await scene.refused(asked, 'Invalid', /spec\.externalName/);
    },
  },
  {
    title: 'ready pods that the selector finds become endpoints, and go with their readiness',
    run: async (t, scene) => {
      await scene.create(service, 's', { spec: { selector: { app: 'web' }, ports: http } });
      await readyPod(scene, 'one', '192.0.2.11');
      await readyPod(scene, 'two', '192.0.2.12');
      await scene.until('both are there', async () => String(await addresses(scene, 's')) === '192.0.2.11,192.0.2.12');
      const made = await scene.get(pod, 'one');
      const conditions = [{ type: 'Ready', status: 'False' }];
      await scene.update(pod, { ...made, status: { ...(made['status'] as JsonObject), conditions } }, 'status');
      await scene.until('one is left', async () => String(await addresses(scene, 's')) === '192.0.2.12');
      await scene.delete(service, 's');
      await scene.until('no slice is left', async () => {
        const labelSelector = 'kubernetes.io/service-name=s';
        return (await scene.names(endpointSlice, { labelSelector })).length === 0;
      });
      t.pass();
    },
  },
];
