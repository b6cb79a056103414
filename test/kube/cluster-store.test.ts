// The agent's store over a cluster: what it reads of it, what it holds of an object that is not in order, what it says while the API server
// is away. The cluster is the embedded API in this process, with everything that checks objects before they are stored.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { admitManifest } from '#agent/judge-manifest.ts';
import { SystemClock } from '#io/clock.ts';
import type { KubeObject } from '#kube/api/object.ts';
import { type Cluster, ClusterUnreachable, type Collection } from '#kube/cluster/cluster.ts';
import { InProcessCluster } from '#kube/cluster/in-process-cluster.ts';
import { ClusterStore } from '#kube/cluster-store.ts';
import { EmbeddedApi } from '#kube/embedded-api.ts';

const write = { fieldManager: 'test' };
const ciliumNodes: Collection = { group: 'cilium.io', version: 'v2', plural: 'ciliumnodes', namespace: undefined };
const secrets: Collection = { group: '', version: 'v1', plural: 'secrets', namespace: 'kube-system' };
const options = { nodeName: 'n1', secretsNamespace: 'kube-system' };

async function embed(t: ExecutionContext): Promise<Cluster> {
  const directory = mkdtempSync(join(tmpdir(), 'waggle-cluster-store-'));
  const deps = { clock: new SystemClock(() => {}), failed: () => {} };
  const embedded = new EmbeddedApi({ directory, server: undefined }, deps);
  t.teardown(() => {
    embedded.close();
    rmSync(directory, { recursive: true, force: true });
  });
  await embedded.start([]);
  return new InProcessCluster(embedded.api, { user: 'test', groups: ['system:masters'] });
}

function openStore(t: ExecutionContext, cluster: Cluster): ClusterStore {
  const store = new ClusterStore(options, cluster, admitManifest);
  t.teardown(() => store.stop());
  return store;
}

const ciliumNode = (name: string, ...podCIDRs: readonly string[]): KubeObject => ({
  apiVersion: 'cilium.io/v2',
  kind: 'CiliumNode',
  metadata: { name, labels: { rack: '0' } },
  spec: { ipam: { podCIDRs } },
});

async function until(holds: () => boolean): Promise<void> {
  for (let waited = 0; !holds(); waited++) {
    if (waited > 1000) throw new Error('never');
    await pause(5);
  }
}

test('everything is there when start resolves: our own node, and the Secrets of one namespace', async (t) => {
  const cluster = await embed(t);
  for (const name of ['n1', 'n2']) await cluster.create(ciliumNodes, ciliumNode(name, '10.1.0.0/24'), write);
  const secret = (name: string): KubeObject => ({ apiVersion: 'v1', kind: 'Secret', metadata: { name } });
  await cluster.create(secrets, { ...secret('ours'), stringData: { password: 'x' } }, write);
  await cluster.create({ ...secrets, namespace: 'default' }, secret('others'), write);
  const store = openStore(t, cluster);
  await store.start();
  t.deepEqual(
    store.list('CiliumNode').map(({ metadata, spec }) => [metadata.name, metadata.labels, spec.ipam?.podCIDRs]),
    [['n1', { rack: '0' }, ['10.1.0.0/24']]],
  );
  t.deepEqual(
    store.list('Secret').map(({ metadata, data }) => [metadata.name, data]),
    [['ours', { password: 'eA==' }]],
  );
  t.deepEqual(store.faults(), []);
});

test('changes and deletions are told, and seen', async (t) => {
  const cluster = await embed(t);
  const store = openStore(t, cluster);
  await store.start();
  let told = 0;
  store.onChange(() => void told++);
  const made = await cluster.create(ciliumNodes, ciliumNode('n1', '10.1.0.0/24'), write);
  await until(() => store.list('CiliumNode').length === 1);
  await cluster.update(
    { ...ciliumNodes, name: 'n1' },
    { ...made, spec: { ipam: { podCIDRs: ['10.2.0.0/24'] } } },
    write,
  );
  await until(() => store.list('CiliumNode')[0]?.spec.ipam?.podCIDRs?.[0] === '10.2.0.0/24');
  await cluster.delete({ ...ciliumNodes, name: 'n1' }, {});
  await until(() => store.list('CiliumNode').length === 0);
  t.is(told, 3);
});

test('an object that is not in order keeps its last good version and says which field; a new one of the name does not', async (t) => {
  const cluster = await embed(t);
  // What no schema knows: what stands in an annotation.
  const broken = { 'cilium.io/bgp-virtual-router.65001': 'local-port=many' };
  const made = await cluster.create(ciliumNodes, ciliumNode('n1', '10.1.0.0/24'), write);
  const store = openStore(t, cluster);
  await store.start();
  const changed = { ...ciliumNode('n1', '10.2.0.0/24'), metadata: { ...made.metadata, annotations: broken } };
  await cluster.update({ ...ciliumNodes, name: 'n1' }, changed, write);
  await until(() => store.faults().length > 0);
  const [fault] = store.faults();
  t.is(fault.object, 'CiliumNode/n1');
  t.regex(fault.message, /^metadata\.annotations.*65001.*local-port=many/);
  t.deepEqual(store.list('CiliumNode')[0].spec.ipam?.podCIDRs, ['10.1.0.0/24']);
  await cluster.delete({ ...ciliumNodes, name: 'n1' }, {});
  await until(() => store.list('CiliumNode').length === 0);
  const anew = ciliumNode('n1', '10.3.0.0/24');
  await cluster.create(ciliumNodes, { ...anew, metadata: { ...anew.metadata, annotations: broken } }, write);
  await until(() => store.faults().length > 0);
  t.deepEqual(store.list('CiliumNode'), []);
});

test('while the API server is away everything stays, and why is said once, with since when', async (t) => {
  const cluster = await embed(t);
  await cluster.create(ciliumNodes, ciliumNode('n1', '10.1.0.0/24'), write);
  let isAway = false;
  const ends: ((error: Error) => void)[] = [];
  const away = new ClusterUnreachable('connect ECONNREFUSED 192.0.2.1:6443');
  const flaky: Cluster = {
    name: 'https://192.0.2.1:6443',
    get: (item) => cluster.get(item),
    list: (...words) => (isAway ? Promise.reject(away) : cluster.list(...words)),
    watch: (...words) => {
      if (isAway) return Promise.reject(away);
      const ended = new Promise<never>((_, reject) => void ends.push(reject));
      return Promise.race([cluster.watch(...words), ended]);
    },
    create: (...words) => cluster.create(...words),
    update: (...words) => cluster.update(...words),
    patch: (...words) => cluster.patch(...words),
    delete: (...words) => cluster.delete(...words),
  };
  const store = openStore(t, flaky);
  await store.start();
  await until(() => ends.length === 4);
  isAway = true;
  for (const end of ends.splice(0)) end(away);
  await until(() => store.faults().length > 0);
  const faults = store.faults();
  t.is(faults.length, 1);
  t.is(faults[0].where, 'https://192.0.2.1:6443');
  t.regex(
    faults[0].message,
    /^connect ECONNREFUSED 192\.0\.2\.1:6443 \(since \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ; what was known stays in force\)$/,
  );
  t.is(store.list('CiliumNode').length, 1);
  isAway = false;
  await until(() => store.faults().length === 0);
  t.is(store.list('CiliumNode').length, 1);
});

test('before every object is known, the reason is said and start does not resolve', async (t) => {
  const refuse = (): Promise<never> => Promise.reject(new ClusterUnreachable('no route to host'));
  const never: Cluster = {
    name: 'https://192.0.2.1:6443',
    get: refuse,
    list: refuse,
    watch: refuse,
    create: refuse,
    update: refuse,
    patch: refuse,
    delete: refuse,
  };
  const store = openStore(t, never);
  let isStarted = false;
  void store.start().then(() => (isStarted = true));
  await until(() => store.faults().length > 0);
  t.false(isStarted);
  t.regex(store.faults()[0].message, /no route to host .*nothing is configured before every object is known/);
});
