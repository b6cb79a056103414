// Services through the verbs of the API, over the store: what is given out is given once, whoever writes at the same moment.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { WriteOptions } from '#kube/api/api-port.ts';
import { ApiError } from '#kube/api/api-error.ts';
import type { JsonObject, KubeObject } from '#kube/api/object.ts';
import type { Resource } from '#kube/api/resource.ts';
import { builtinColumns } from '#kube/builtin/columns/index.ts';
import { mapAt, mapsAt, textAt } from '#kube/builtin/read-fields.ts';
import { keepRules } from '#kube/builtin/rules/index.ts';
import { AddressRange, defaultPorts, ServiceAllocator } from '#kube/builtin/services/index.ts';
import { ObjectStore } from '#kube/embedded/object-store.ts';
import { objectPatches } from '#kube/registry/object-patches.ts';
import { Registry } from '#kube/registry/registry.ts';

function makeResource(kind: string, plural: string, isNamespaced: boolean): Resource {
  return {
    group: '',
    version: 'v1',
    kind,
    listKind: `${kind}List`,
    plural,
    singular: kind.toLowerCase(),
    shortNames: [],
    categories: [],
    isNamespaced,
    isStorage: true,
    deprecationWarning: undefined,
    hasStatus: true,
    scale: undefined,
    schema: undefined,
    columns: builtinColumns.get(`/${kind}`) ?? [],
    selectableFields: [],
  };
}

const namespaces = makeResource('Namespace', 'namespaces', false);
const services = makeResource('Service', 'services', true);
const inWeb = { resource: services, namespace: 'web' };
const options: WriteOptions = {
  caller: { user: 'alice', groups: [], fieldManager: 'test' },
  isDryRun: false,
  fieldValidation: 'Strict',
  warn: () => undefined,
};

async function begin(t: ExecutionContext, range: string): Promise<Registry> {
  const directory = mkdtempSync(join(tmpdir(), 'waggle-services-'));
  const storage = new ObjectStore({ directory, keepEvents: 1_000, keepMs: 1e12 }, () => 1);
  t.teardown(() => {
    storage.close();
    rmSync(directory, { recursive: true, force: true });
  });
  const addresses = [AddressRange.parse(range)].filter((one) => one !== undefined);
  let [count, nowMs] = [0, Date.parse('2026-11-23T12:00:00Z')];
  const allocator = new ServiceAllocator(
    { addresses, ports: defaultPorts },
    {
      listServices: () => storage.list('/services', undefined),
      revision: () => storage.revision,
      nowMs: () => (nowMs += 1),
      pick: (below) => (count += 7) % below,
    },
  );
  const registry = new Registry({
    storage,
    resources: () => [namespaces, services],
    rulesOf: keepRules((service, before) => allocator.allocate(service, before)),
    patches: objectPatches,
    readSelection: () => undefined,
    nowMs: () => nowMs,
    makeUid: () => `uid-${++count}`,
    makeSuffix: () => 'abcde',
  });
  const web = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'web' } };
  await registry.create({ resource: namespaces, namespace: undefined }, web, options);
  return registry;
}

function make(name: string, spec: JsonObject): JsonObject {
  return { apiVersion: 'v1', kind: 'Service', metadata: { name }, spec };
}

test('a hundred services of one moment have a hundred addresses and two hundred ports', async (t) => {
  const registry = await begin(t, '10.96.0.0/16');
  const ports = [
    { name: 'a', port: 80 },
    { name: 'b', port: 81 },
  ];
  const made = await Promise.all(
    Array.from({ length: 100 }, (_, at) =>
      registry.create(inWeb, make(`s${at}`, { type: 'NodePort', ports }), options),
    ),
  );
  t.is(new Set(made.map((service) => textAt(service, 'spec', 'clusterIP'))).size, 100);
  t.is(new Set(made.flatMap((service) => mapsAt(service, 'spec', 'ports').map((port) => port['nodePort']))).size, 200);
});

test('an address is free again when its service is gone, and not before', async (t) => {
  const registry = await begin(t, '192.0.2.0/30');
  const ports = [{ port: 80 }];
  await registry.create(inWeb, make('a', { ports }), options);
  await registry.create(inWeb, make('b', { ports }), options);
  const full = await t.throwsAsync(registry.create(inWeb, make('c', { ports }), options), { instanceOf: ApiError });
  t.is(full?.message, 'failed to allocate a serviceIP: range is full');
  t.is(full?.code, 500);
  const target = { ...inWeb, name: 'a', subresource: undefined };
  const propagation = {
    propagationPolicy: undefined,
    gracePeriodSeconds: undefined,
    preconditions: { uid: undefined, resourceVersion: undefined },
  };
  await registry.delete(target, propagation, options);
  t.not(textAt(await registry.create(inWeb, make('c', { ports }), options), 'spec', 'clusterIP'), '');
});

test('a service that is applied again, and whose status is told, keeps everything', async (t) => {
  const registry = await begin(t, '10.96.0.0/16');
  const spec = { type: 'LoadBalancer', externalTrafficPolicy: 'Local', ports: [{ port: 80 }] };
  const first = await registry.create(inWeb, make('a', spec), options);
  const target = { ...inWeb, name: 'a', subresource: undefined };
  const again = await registry.update(target, make('a', spec), options);
  t.deepEqual(again['spec'], first['spec']);
  const told: KubeObject = { ...again, status: { loadBalancer: { ingress: [{ ip: '198.51.100.1' }] } } };
  const after = await registry.update({ ...target, subresource: 'status' }, told, options);
  t.deepEqual(after['spec'], first['spec']);
  t.deepEqual(mapAt(after, 'status'), { loadBalancer: { ingress: [{ ip: '198.51.100.1', ipMode: 'VIP' }] } });
});

test('what is refused is a Status of many causes', async (t) => {
  const registry = await begin(t, '10.96.0.0/16');
  const error = await t.throwsAsync(registry.create(inWeb, make('1a', { type: 'Other' }), options), {
    instanceOf: ApiError,
  });
  t.is(error?.code, 422);
  t.deepEqual(
    error?.details?.causes?.map(({ field }) => field),
    ['metadata.name', 'spec.ports', 'spec.type'],
  );
});
