// The operator's loop over the embedded API in process: what it does when writes fail, when it does not lead, when there are two of it.

import { setTimeout as pause } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { ApiError } from '#kube/api/api-error.ts';
import type { KubeObject } from '#kube/api/object.ts';
import { type Cluster, ClusterUnreachable } from '#kube/cluster/cluster.ts';
import { InProcessCluster } from '#kube/cluster/in-process-cluster.ts';
import { NoticeController } from '#operator/notice-controller.ts';
import { noticedKinds } from '#operator/noticed-kinds.ts';
import { openEmbedded } from '../kube/examples/apply-documents.ts';

const policies = { group: 'cilium.io', version: 'v2', plural: 'ciliumnetworkpolicies', namespace: 'default' } as const;
const events = { group: '', version: 'v1', plural: 'events', namespace: 'default' } as const;
const write = { fieldManager: 'test' };
const policy: KubeObject = {
  apiVersion: 'cilium.io/v2',
  kind: 'CiliumNetworkPolicy',
  metadata: { name: 'web' },
  spec: { endpointSelector: {}, ingress: [{}] },
};

interface Setting {
  readonly cluster: Cluster;
  readonly failures: string[];
  readonly writes: string[];
  readonly control: (cluster?: Cluster, isLeader?: () => boolean, maxEvents?: number) => Promise<NoticeController>;
  readonly events: () => Promise<readonly KubeObject[]>;
  readonly until: (what: string, holds: () => Promise<boolean>) => Promise<void>;
}

async function begin(t: ExecutionContext): Promise<Setting> {
  const { api } = await openEmbedded(t);
  const cluster = new InProcessCluster(api, { user: 'operator', groups: ['system:masters'] });
  const [failures, writes]: readonly string[][] = [[], []];
  return {
    cluster,
    failures,
    writes,
    control: async (over = cluster, isLeader = () => true, maxEvents?: number) => {
      const controller = new NoticeController({
        cluster: over,
        kinds: noticedKinds,
        maxEvents,
        isLeader,
        wallMs: () => Date.now(),
        nowMs: () => performance.now(),
        random: () => 0,
        written: (type) => void writes.push(type),
        failed: (what, error) => void failures.push(`${what}: ${error.message}`),
        settled: () => {},
        watchFailed: (_kind, message) => void (message === undefined || failures.push(message)),
      });
      t.teardown(() => controller.close());
      await controller.start();
      return controller;
    },
    events: async () => (await cluster.list(events, { fieldSelector: 'reason=NotEnforced' })).items,
    until: async (what, holds) => {
      for (let tries = 0; tries < 400; tries++) {
        if (await holds()) return;
        await pause(25);
      }
      t.fail(`never: ${what}; ${failures.join('; ')}`);
    },
  };
}

test('a write that fails is told and tried again until it is done', async (t) => {
  const { cluster, control, events: told, failures, until } = await begin(t);
  let failing = 2;
  const flaky: Cluster = {
    name: cluster.name,
    get: (...words) => cluster.get(...words),
    list: (...words) => cluster.list(...words),
    watch: (...words) => cluster.watch(...words),
    create: (...words) =>
      failing-- > 0 ? Promise.reject(new ClusterUnreachable('connect ECONNREFUSED')) : cluster.create(...words),
    update: (...words) => cluster.update(...words),
    patch: (...words) => cluster.patch(...words),
    delete: (...words) => cluster.delete(...words),
  };
  await cluster.create(policies, policy, write);
  await control(flaky);
  await until('an Event', async () => (await told()).length === 1);
  t.is(failures.length, 2);
  t.regex(failures[0], /^Event default\/web\.[0-9a-f]{16}: connect ECONNREFUSED$/);
});

test('who does not lead writes nothing, and everything once it does', async (t) => {
  const { cluster, control, events: told, writes, until } = await begin(t);
  let isLeader = false;
  await cluster.create(policies, policy, write);
  const controller = await control(cluster, () => isLeader);
  await cluster.create(policies, { ...policy, metadata: { name: 'other' } }, write);
  t.deepEqual(writes, []);
  isLeader = true;
  controller.wake();
  await until('two Events', async () => (await told()).length === 2);
});

test('two that work at the same time make one Event and one condition', async (t) => {
  const { cluster, control, events: told, failures, until } = await begin(t);
  await cluster.create(policies, policy, write);
  await Promise.all([control(), control()]);
  const item = { ...policies, name: 'web' };
  await until('a status', async () => (await cluster.get(item))['status'] !== undefined);
  await until('an Event', async () => (await told()).length === 1);
  t.is((await told())[0]['count'], 1);
  t.like((await cluster.get(item))['status'], { conditions: { length: 1 } });
  t.deepEqual(failures, []);
});

test('an Event that expired is told again while it holds; one of an object that is gone is not', async (t) => {
  const { cluster, control, events: told, until } = await begin(t);
  await cluster.create(policies, policy, write);
  await control();
  await until('an Event', async () => (await told()).length === 1);
  const [{ metadata }] = await told();
  const item = { ...events, name: metadata.name ?? '' };
  await cluster.delete(item, {});
  await until('it is back', async () => (await told()).some((one) => one.metadata.uid !== metadata.uid));
  await cluster.delete({ ...policies, name: 'web' }, {});
  await until('the policy is gone', async () => (await cluster.list(policies, {})).items.length === 0);
  await cluster.delete(item, {});
  // Another policy shows that everything was looked at since.
  await cluster.create(policies, { ...policy, metadata: { name: 'next' } }, write);
  await until('the next', async () => (await told()).some(({ metadata: { name = '' } }) => name.startsWith('next.')));
  t.is((await told()).length, 1);
});

test('a kind that may not be read is told, and nothing is written before it can be', async (t) => {
  const { cluster, control, failures, writes, until } = await begin(t);
  let isForbidden = true;
  const words = 'egress policies are forbidden';
  const strict: Cluster = {
    name: cluster.name,
    get: (...asked) => cluster.get(...asked),
    list: (...asked) =>
      isForbidden && asked[0].plural === 'ciliumegressgatewaypolicies'
        ? Promise.reject(new ApiError('Forbidden', words))
        : cluster.list(...asked),
    watch: (...asked) => cluster.watch(...asked),
    create: (...asked) => cluster.create(...asked),
    update: (...asked) => cluster.update(...asked),
    patch: (...asked) => cluster.patch(...asked),
    delete: (...asked) => cluster.delete(...asked),
  };
  await cluster.create(policies, policy, write);
  const started = control(strict);
  await until('it is told', () => Promise.resolve(failures.includes(words)));
  t.deepEqual(writes, []);
  isForbidden = false;
  const controller = await started;
  await until('it is written', () => Promise.resolve(writes.length === 2));
  t.deepEqual(controller.failures, []);
});

test('where there are more objects than Events may be, some have one and nothing is made and dropped in turns', async (t) => {
  const { cluster, control, events: told, writes, until } = await begin(t);
  const names = ['a', 'b', 'c', 'd'];
  for (const name of names) await cluster.create(policies, { ...policy, metadata: { name } }, write);
  const controller = await control(cluster, () => true, 2);
  await until('two Events and four conditions', () => Promise.resolve(writes.length === 6));
  controller.wake();
  // A fifth object shows that everything was looked at since.
  await cluster.create(policies, { ...policy, metadata: { name: 'e' } }, write);
  await until('its condition', () => Promise.resolve(writes.length === 7));
  t.is((await told()).length, 2);
});

test('a kind that could not be watched and can be again is told both times, each once', async (t) => {
  const { api } = await openEmbedded(t);
  const cluster: Cluster = new InProcessCluster(api, { user: 'operator', groups: ['system:masters'] });
  const told: string[] = [];
  let isForbidden = true;
  const strict: Cluster = {
    name: cluster.name,
    list: (...asked) =>
      isForbidden && asked[0].plural === 'ciliumegressgatewaypolicies'
        ? Promise.reject(new ApiError('Forbidden', 'no'))
        : cluster.list(...asked),
    get: (item) => cluster.get(item),
    watch: (...asked) => cluster.watch(...asked),
    create: (...asked) => cluster.create(...asked),
    update: (...asked) => cluster.update(...asked),
    patch: (...asked) => cluster.patch(...asked),
    delete: (...asked) => cluster.delete(...asked),
  };
  const controller = new NoticeController({
    cluster: strict,
    kinds: noticedKinds,
    isLeader: () => true,
    wallMs: () => Date.now(),
    nowMs: () => performance.now(),
    random: () => 0,
    written: () => {},
    failed: () => {},
    settled: () => {},
    watchFailed: (kind, message) => void told.push(`${kind}: ${message ?? 'over'}`),
  });
  t.teardown(() => controller.close());
  const started = controller.start();
  while (told.length === 0) await pause(10);
  isForbidden = false;
  await started;
  t.deepEqual(told, ['ciliumegressgatewaypolicies: no', 'ciliumegressgatewaypolicies: over']);
});
