// What becomes of dependents when their owners go. After Kubernetes' documentation, "Garbage Collection" and "Owners and Dependents",
// and the events of upstream's garbage collector.

import test, { type ExecutionContext } from 'ava';
import type { KubeObject, ObjectMeta, OwnerReference } from '#kube/api/object.ts';
import { mapAt, textAt } from '#kube/builtin/read-fields.ts';
import { GarbageCollector } from '#kube/controllers/garbage-collector.ts';
import { type Named, Setting } from './setting.ts';

const configMaps = { plural: 'configmaps', namespace: 'home' };
const nodes = { plural: 'nodes' };

function collect(t: ExecutionContext, setting: Setting): GarbageCollector {
  const collector = new GarbageCollector({ ...setting.deps, subscribe: (told) => setting.served.subscribe(told) });
  t.teardown(() => collector.close());
  collector.start();
  return collector;
}

async function begin(t: ExecutionContext): Promise<Setting> {
  const setting = new Setting(t);
  await setting.makeNamespace('home');
  collect(t, setting);
  return setting;
}

function ownedBy(owner: KubeObject, fields: Partial<OwnerReference> = {}): OwnerReference {
  const { apiVersion, kind, metadata } = owner;
  return { apiVersion, kind, name: metadata.name ?? '', uid: metadata.uid ?? '', ...fields };
}

function make(
  setting: Setting,
  name: string,
  owners: readonly OwnerReference[],
  fields: ObjectMeta = {},
  where: Named = configMaps,
): Promise<KubeObject> {
  return setting.create(where, { name, ...(owners.length === 0 ? {} : { ownerReferences: owners }), ...fields });
}

const isThere = (setting: Setting, name: string): boolean => setting.list(configMaps).includes(`home/${name}`);
const unhold = (setting: Setting, name: string): Promise<KubeObject> =>
  setting.change(configMaps, name, (live) => ({ ...live, metadata: { ...live.metadata, finalizers: [] } }));

test('dependents of all generations follow their owner', async (t) => {
  const setting = await begin(t);
  const owner = await make(setting, 'owner', []);
  const child = await make(setting, 'child', [ownedBy(owner)]);
  await make(setting, 'grandchild', [ownedBy(child)]);
  await make(setting, 'stranger', []);
  await setting.settle();
  t.is(setting.list(configMaps).length, 4);
  await setting.delete(configMaps, 'owner', 'Background');
  await setting.until(() => !isThere(setting, 'grandchild'), 'all are gone');
  t.deepEqual(setting.list(configMaps), ['home/stranger']);
});

test('an object that one of its owners is left to stays, and forgets the other', async (t) => {
  const setting = await begin(t);
  const [one, other] = [await make(setting, 'one', []), await make(setting, 'other', [])];
  await make(setting, 'child', [ownedBy(one), ownedBy(other)]);
  await setting.delete(configMaps, 'one');
  await setting.settle();
  t.deepEqual(setting.get(configMaps, 'child').metadata.ownerReferences, [ownedBy(other)]);
});

test('an owner that was never there, or only shares the name, does not keep anything', async (t) => {
  const setting = await begin(t);
  const owner = await make(setting, 'owner', []);
  await make(setting, 'lost', [ownedBy(owner, { name: 'nobody' })]);
  await make(setting, 'mistaken', [ownedBy(owner, { uid: 'another' })]);
  await make(setting, 'right', [ownedBy(owner)]);
  await setting.settle();
  t.deepEqual(setting.list(configMaps), ['home/owner', 'home/right']);
});

test('a foreground deletion waits for the dependents that block it', async (t) => {
  const setting = await begin(t);
  const owner = await make(setting, 'owner', []);
  await make(setting, 'blocking', [ownedBy(owner, { blockOwnerDeletion: true })], { finalizers: ['example.com/hold'] });
  await make(setting, 'other', [ownedBy(owner)], { finalizers: ['example.com/hold'] });
  await setting.settle();
  const deleted = await setting.delete(configMaps, 'owner', 'Foreground');
  t.deepEqual(deleted.metadata.finalizers, ['foregroundDeletion']);
  await setting.settle();
  t.true(isThere(setting, 'owner'));
  for (const name of ['blocking', 'other']) {
    t.truthy(setting.get(configMaps, name).metadata.deletionTimestamp, `${name} is being deleted`);
  }
  await unhold(setting, 'blocking');
  await setting.until(() => !isThere(setting, 'owner'), 'the owner is gone');
  t.deepEqual(setting.list(configMaps), ['home/other']);
});

test('a foreground deletion goes through all generations, the last one first', async (t) => {
  const setting = await begin(t);
  const owner = await make(setting, 'owner', []);
  const child = await make(setting, 'child', [ownedBy(owner, { blockOwnerDeletion: true })]);
  await make(setting, 'grandchild', [ownedBy(child, { blockOwnerDeletion: true })], {
    finalizers: ['example.com/hold'],
  });
  await setting.settle();
  await setting.delete(configMaps, 'owner', 'Foreground');
  await setting.settle();
  t.deepEqual(setting.get(configMaps, 'child').metadata.finalizers, ['foregroundDeletion']);
  t.is(setting.list(configMaps).length, 3);
  await unhold(setting, 'grandchild');
  await setting.until(() => !isThere(setting, 'owner'), 'the owner is gone');
  t.deepEqual(setting.list(configMaps), []);
});

test('two that own each other go when one is deleted in the foreground', async (t) => {
  const setting = await begin(t);
  const one = await make(setting, 'one', []);
  const other = await make(setting, 'other', [ownedBy(one, { blockOwnerDeletion: true })]);
  await setting.change(configMaps, 'one', (live) => ({
    ...live,
    metadata: { ...live.metadata, ownerReferences: [ownedBy(other, { blockOwnerDeletion: true })] },
  }));
  await setting.settle();
  await setting.delete(configMaps, 'one', 'Foreground');
  await setting.until(() => setting.list(configMaps).length === 0, 'both are gone');
  t.pass();
});

test('an orphaning deletion leaves dependents that nobody owns', async (t) => {
  const setting = await begin(t);
  const [owner, other] = [await make(setting, 'owner', []), await make(setting, 'other', [])];
  await make(setting, 'child', [ownedBy(owner)]);
  await make(setting, 'shared', [ownedBy(owner), ownedBy(other)]);
  // What was made a moment ago may not have been observed.
  await setting.delete(configMaps, 'owner', 'Orphan');
  await setting.until(() => !isThere(setting, 'owner'), 'the owner is gone');
  await setting.settle();
  t.is(setting.get(configMaps, 'child').metadata.ownerReferences, undefined);
  t.deepEqual(setting.get(configMaps, 'shared').metadata.ownerReferences, [ownedBy(other)]);
});

test('an object of no namespace that a namespaced one owns is left alone, and told of', async (t) => {
  const setting = await begin(t);
  await setting.makeNamespace('default');
  const owner = await make(setting, 'owner', []);
  const node = await make(setting, 'worker', [ownedBy(owner)], {}, nodes);
  await setting.delete(configMaps, 'owner');
  await setting.settle();
  t.deepEqual(setting.list(nodes), ['worker']);
  const [event, ...more] = setting.objects({ plural: 'events' });
  t.deepEqual(more, []);
  t.is(event.metadata.namespace, 'default');
  t.is(textAt(event, 'reason'), 'OwnerRefInvalidNamespace');
  t.is(
    textAt(event, 'message'),
    `ownerRef [v1/ConfigMap, namespace: , name: owner, uid: ${owner.metadata.uid}] does not exist in namespace ""`,
  );
  t.deepEqual(mapAt(event, 'involvedObject'), {
    apiVersion: 'v1',
    kind: 'Node',
    name: 'worker',
    uid: node.metadata.uid,
  });
});

test('an owner of another namespace is absent, which is told', async (t) => {
  const setting = await begin(t);
  await setting.makeNamespace('away');
  const owner = await make(setting, 'owner', [], {}, { ...configMaps, namespace: 'away' });
  await setting.settle();
  await make(setting, 'child', [ownedBy(owner)]);
  await setting.until(() => !isThere(setting, 'child'), 'the child is gone');
  t.deepEqual(
    setting.objects({ plural: 'events' }).map((event) => textAt(event, 'message')),
    [
      `ownerRef [v1/ConfigMap, namespace: home, name: owner, uid: ${owner.metadata.uid}] does not exist in namespace "home"`,
    ],
  );
});

test('objects without a namespace own those of any', async (t) => {
  const setting = await begin(t);
  const node = await make(setting, 'worker', [], {}, nodes);
  await make(setting, 'child', [ownedBy(node)]);
  await setting.settle();
  t.true(isThere(setting, 'child'));
  await setting.delete(nodes, 'worker');
  await setting.until(() => !isThere(setting, 'child'), 'the child is gone');
  t.deepEqual(setting.failures, []);
});

test('owners of a kind that is not served keep what they own, until it is served', async (t) => {
  const setting = await begin(t);
  await setting.served.start(setting.registry);
  const reference = { apiVersion: 'example.com/v1', kind: 'Widget', name: 'w', uid: 'nobody' };
  await make(setting, 'child', [reference]);
  await setting.settle();
  t.true(isThere(setting, 'child'));
  const schema = { openAPIV3Schema: { type: 'object' } };
  const spec = {
    group: 'example.com',
    scope: 'Namespaced',
    names: { plural: 'widgets', kind: 'Widget' },
    versions: [{ name: 'v1', served: true, storage: true, schema }],
  };
  await setting.create(
    { plural: 'customresourcedefinitions', group: 'apiextensions.k8s.io' },
    { name: 'widgets.example.com' },
    { spec },
  );
  await setting.until(() => !isThere(setting, 'child'), 'the child is gone');
  t.pass();
});

test('what was deleted while nobody collected is collected afterwards', async (t) => {
  const setting = new Setting(t);
  await setting.makeNamespace('home');
  const owner = await make(setting, 'owner', []);
  await make(setting, 'child', [ownedBy(owner)]);
  const before = collect(t, setting);
  await setting.settle();
  before.close();
  await setting.delete(configMaps, 'owner');
  await setting.settle();
  t.true(isThere(setting, 'child'));
  collect(t, setting);
  await setting.until(() => !isThere(setting, 'child'), 'the child is gone');
  t.pass();
});

test('of thousands of dependents none is left', async (t) => {
  const setting = await begin(t);
  const owner = await make(setting, 'owner', []);
  const count = 2_000;
  await Promise.all(
    Array.from({ length: count }, (_, index) =>
      make(setting, `child-${index}`, [ownedBy(owner, { blockOwnerDeletion: true })]),
    ),
  );
  t.is(setting.list(configMaps).length, count + 1);
  await setting.delete(configMaps, 'owner', 'Foreground');
  await setting.until(() => setting.list(configMaps).length === 0, 'all are gone');
  t.deepEqual(setting.failures, []);
});
