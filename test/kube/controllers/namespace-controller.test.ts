// Namespaces as clients see them come and go. Conditions and messages as upstream's namespace controller writes them.

import test, { type ExecutionContext } from 'ava';
import { ApiError } from '#kube/api/api-error.ts';
import { at, mapsAt, textAt } from '#kube/builtin/read-fields.ts';
import { NamespaceController } from '#kube/controllers/namespace-controller.ts';
import { Setting } from './setting.ts';

const namespaces = { plural: 'namespaces' };
const configMaps = { plural: 'configmaps', namespace: 'home' };
const accounts = { plural: 'serviceaccounts' };

async function begin(t: ExecutionContext): Promise<Setting> {
  const setting = new Setting(t);
  const controller = new NamespaceController(setting.deps);
  t.teardown(() => controller.close());
  controller.start();
  await setting.settle();
  return setting;
}

test('the namespaces that every cluster has are there, with a service account each', async (t) => {
  const setting = await begin(t);
  const names = ['default', 'kube-node-lease', 'kube-public', 'kube-system'];
  t.deepEqual(setting.list(namespaces), names);
  t.deepEqual(
    setting.list(accounts),
    names.map((name) => `${name}/default`),
  );
  t.is(textAt(setting.get(namespaces, 'default'), 'status', 'phase'), 'Active');
});

test('a service account that is deleted comes back', async (t) => {
  const setting = await begin(t);
  const { uid } = setting.get({ ...accounts, namespace: 'default' }, 'default').metadata;
  await setting.delete({ ...accounts, namespace: 'default' }, 'default');
  await setting.until(() => setting.list(accounts).includes('default/default'), 'it is there again');
  t.not(setting.get({ ...accounts, namespace: 'default' }, 'default').metadata.uid, uid);
});

test('an empty namespace goes at once, and its name is free again', async (t) => {
  const setting = await begin(t);
  await setting.makeNamespace('home');
  await setting.settle();
  const deleted = await setting.delete(namespaces, 'home');
  t.is(textAt(deleted, 'status', 'phase'), 'Terminating');
  await setting.until(() => !setting.list(namespaces).includes('home'), 'home is gone');
  t.deepEqual(
    setting.list(accounts).filter((name) => name.startsWith('home/')),
    [],
  );
  await setting.makeNamespace('home');
  await setting.until(() => setting.list(accounts).includes('home/default'), 'the new one has an account');
  t.deepEqual(setting.failures, []);
});

test('a namespace waits for what finalizers hold, says so, and goes after it', async (t) => {
  const setting = await begin(t);
  await setting.makeNamespace('home');
  await setting.create(configMaps, { name: 'held', finalizers: ['example.com/wait'] });
  await setting.create(configMaps, { name: 'free' });
  await setting.delete(namespaces, 'home');
  await setting.settle();
  const going = setting.get(namespaces, 'home');
  t.deepEqual(at(going, 'spec', 'finalizers'), ['kubernetes']);
  t.deepEqual(setting.list(configMaps), ['home/held']);
  t.deepEqual(
    mapsAt(going, 'status', 'conditions').map(({ type, status, reason, message }) => [type, status, reason, message]),
    [
      ['NamespaceDeletionDiscoveryFailure', 'False', 'ResourcesDiscovered', 'All resources successfully discovered'],
      [
        'NamespaceDeletionGroupVersionParsingFailure',
        'False',
        'ParsedGroupVersions',
        'All legacy kube types successfully parsed',
      ],
      [
        'NamespaceDeletionContentFailure',
        'False',
        'ContentDeleted',
        'All content successfully deleted, may be waiting on finalization',
      ],
      [
        'NamespaceContentRemaining',
        'True',
        'SomeResourcesRemain',
        'Some resources are remaining: configmaps. has 1 resource instances',
      ],
      [
        'NamespaceFinalizersRemaining',
        'True',
        'SomeFinalizerRemain',
        'Some finalizers are remaining: example.com/wait in 1 resource instances',
      ],
    ],
  );
  await setting.change(configMaps, 'held', (live) => ({ ...live, metadata: { ...live.metadata, finalizers: [] } }));
  setting.clock.advance(1_000);
  await setting.until(() => !setting.list(namespaces).includes('home'), 'home is gone');
  t.deepEqual(setting.failures, []);
});

test('finalizers of a spec that are not ours are left to whoever set them', async (t) => {
  const setting = await begin(t);
  await setting.makeNamespace('home');
  const target = { ...setting.at(namespaces, 'home'), subresource: 'finalize' } as const;
  const finalize = async (...finalizers: readonly string[]): Promise<void> => {
    const live = setting.get(namespaces, 'home');
    await setting.registry.update(target, { ...live, spec: { finalizers } }, setting.writeOptions);
  };
  await finalize('kubernetes', 'example.com/theirs');
  await setting.delete(namespaces, 'home');
  await setting.settle();
  t.deepEqual(at(setting.get(namespaces, 'home'), 'spec', 'finalizers'), ['example.com/theirs']);
  await finalize();
  t.false(setting.list(namespaces).includes('home'));
});

test('the namespaces that a cluster cannot do without may not be deleted', async (t) => {
  const setting = await begin(t);
  for (const name of ['default', 'kube-system', 'kube-public']) {
    const error = await t.throwsAsync(setting.delete(namespaces, name), { instanceOf: ApiError });
    t.is(error?.message, `namespaces "${name}" is forbidden: this namespace may not be deleted`);
    t.is(error?.code, 403);
  }
});

test('who deletes a namespace while it is being emptied changes nothing', async (t) => {
  const setting = await begin(t);
  await setting.makeNamespace('home');
  await setting.create(configMaps, { name: 'held', finalizers: ['example.com/wait'] });
  await setting.delete(namespaces, 'home');
  const { deletionTimestamp } = setting.get(namespaces, 'home').metadata;
  setting.clock.advance(5_000);
  await setting.delete(namespaces, 'home');
  await setting.settle();
  t.is(setting.get(namespaces, 'home').metadata.deletionTimestamp, deletionTimestamp);
});
