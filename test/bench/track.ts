// `node test/bench/track.ts`: what the owners of fields cost a write, without store and network. One value of a ConfigMap, a Service and a
// CiliumNode changes with each write, as a client writes that read the object, with its owners, before. Prints microseconds a write.

import { track } from '#kube/apply/track.ts';
import type { JsonObject, KubeObject } from '#kube/api/object.ts';
import type { Resource } from '#kube/api/resource.ts';
import { builtinResources } from '#kube/builtin/index.ts';
import { customResourceDefinitions } from '#kube/crds/index.ts';
import { readDefinition } from '#kube/schema/definition.ts';
import { toResources } from '#kube/schema/crd-resources.ts';

const writes = 20_000;
const definitions = customResourceDefinitions.flatMap((object) => readDefinition(object).definition ?? []);
const resources: readonly Resource[] = [...builtinResources, ...definitions.flatMap(toResources)];
const objects: Readonly<Record<string, (round: number) => JsonObject>> = {
  ConfigMap: (round) => ({
    data: {
      ...Object.fromEntries(Array.from({ length: 10 }, (_, at) => [`key-${at}`, 'value'])),
      round: String(round),
    },
  }),
  Service: (round) => ({
    spec: {
      type: 'ClusterIP',
      clusterIP: '10.96.0.10',
      clusterIPs: ['10.96.0.10'],
      selector: { app: 'web' },
      ports: [80, 443].map((port) => ({ name: `p${port}`, port, protocol: 'TCP', targetPort: port + (round % 100) })),
    },
  }),
  CiliumNode: (round) => ({
    spec: {
      addresses: Array.from({ length: 4 }, (_, at) => ({ ip: `192.0.2.${at}`, type: 'InternalIP' })),
      ipam: { podCIDRs: ['10.0.0.0/24', 'fd00::/112'] },
      health: { ipv4: `10.0.0.${round % 250}` },
    },
  }),
};

console.log('| kind | µs a write |\n|---|---|');
for (const [kind, fieldsOf] of Object.entries(objects)) {
  const resource = resources.find((one) => one.kind === kind);
  if (resource === undefined) throw new Error(`no ${kind}`);
  const apiVersion = resource.group === '' ? 'v1' : `${resource.group}/${resource.version}`;
  const given = Array.from({ length: writes }, (_, round): KubeObject => {
    const metadata = { name: 'o', labels: { app: 'web', zone: 'a' }, annotations: { note: 'n' } };
    return { apiVersion, kind, metadata, ...fieldsOf(round) };
  });
  let live = track(undefined, given[0], resource, {
    name: 'bench',
    subresource: undefined,
    nowText: '2026-01-01T00:00:00Z',
  });
  let took = 0n;
  for (const [round, next] of given.entries()) {
    const { managedFields = [] } = live.metadata;
    const metadata = { ...next.metadata, managedFields };
    const read: KubeObject = JSON.parse(JSON.stringify({ ...next, metadata }));
    const began = process.hrtime.bigint();
    live = track(live, read, resource, {
      name: 'bench',
      subresource: undefined,
      nowText: `2026-01-01T00:00:0${round % 10}Z`,
    });
    took += process.hrtime.bigint() - began;
  }
  console.log(`| ${kind} | ${(Number(took) / 1000 / writes).toFixed(1)} |`);
}
