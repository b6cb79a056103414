// Which kinds are served as CustomResourceDefinitions come, contradict each other and go. Conditions after the documentation of
// apiextensions.k8s.io/v1 and what upstream's servers write.

import test from 'ava';
import { ApiError } from '#kube/api/api-error.ts';
import type { JsonObject, KubeObject } from '#kube/api/object.ts';
import { at, mapsAt, textAt } from '#kube/builtin/read-fields.ts';
import { customResourceDefinitions } from '#kube/crds/index.ts';
import { Setting, temporaryDirectory } from './setting.ts';

const definitions = { plural: 'customresourcedefinitions', group: 'apiextensions.k8s.io' };
const widgets = { plural: 'widgets', group: 'example.com', namespace: 'home' };

function specOf(plural: string, kind: string, fields: JsonObject = {}): JsonObject {
  const spec = { type: 'object', properties: { size: { type: 'integer', minimum: 1 } } };
  const openAPIV3Schema = { type: 'object', properties: { spec } };
  return {
    spec: {
      group: 'example.com',
      scope: 'Namespaced',
      names: { plural, kind },
      versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema } }],
      ...fields,
    },
  };
}

const define = (setting: Setting, plural = 'widgets', kind = 'Widget'): Promise<KubeObject> =>
  setting.create(definitions, { name: `${plural}.example.com` }, specOf(plural, kind));

function condition(object: KubeObject, type: string): JsonObject | undefined {
  return mapsAt(object, 'status', 'conditions').find((one) => one['type'] === type);
}

const isServed = (setting: Setting, plural: string): boolean =>
  setting.served.resources().some((resource) => resource.plural === plural);

test('a definition is told that its names are accepted and that it is established, and since when', async (t) => {
  const setting = new Setting(t);
  await setting.served.start(setting.registry);
  await define(setting);
  await setting.until(
    () => condition(setting.get(definitions, 'widgets.example.com'), 'Established') !== undefined,
    'conditions',
  );
  t.deepEqual(setting.get(definitions, 'widgets.example.com')['status'], {
    conditions: [
      {
        type: 'NamesAccepted',
        status: 'True',
        lastTransitionTime: '2026-11-23T12:00:00Z',
        reason: 'NoConflicts',
        message: 'no conflicts found',
      },
      {
        type: 'Established',
        status: 'True',
        lastTransitionTime: '2026-11-23T12:00:00Z',
        reason: 'InitialNamesAccepted',
        message: 'the initial names have been accepted',
      },
    ],
    acceptedNames: { plural: 'widgets', singular: 'widget', kind: 'Widget', listKind: 'WidgetList' },
    storedVersions: ['v1'],
  });
});

test('whoever sees Established may create an object at once, and it is held against the schema', async (t) => {
  const setting = new Setting(t);
  await setting.served.start(setting.registry);
  await setting.makeNamespace('home');
  const { resource } = setting.at(definitions, '');
  const created = new Promise<KubeObject>((resolve, reject) => {
    const options = {
      labelSelector: undefined,
      fieldSelector: undefined,
      resourceVersion: undefined,
      allowBookmarks: false,
      sendInitialEvents: false,
    };
    setting.registry.watch({ resource, namespace: undefined }, options, ({ object }) => {
      const isEstablished = mapsAt(object, 'status', 'conditions').some(
        ({ type, status }) => type === 'Established' && status === 'True',
      );
      if (isEstablished) setting.create(widgets, { name: 'a' }, { spec: { size: 2 } }).then(resolve, reject);
    });
  });
  await define(setting);
  t.is(at(await created, 'spec', 'size'), 2);
  const error = await t.throwsAsync(setting.create(widgets, { name: 'b' }, { spec: { size: 0 } }), {
    instanceOf: ApiError,
  });
  t.is(error?.reason, 'Invalid');
});

test('who comes later with a name that is taken is not served, until that is free', async (t) => {
  const setting = new Setting(t);
  await setting.served.start(setting.registry);
  await define(setting);
  await define(setting, 'gadgets', 'Widget');
  await setting.settle();
  const refused = setting.get(definitions, 'gadgets.example.com');
  t.is(condition(refused, 'NamesAccepted')?.['status'], 'False');
  t.is(condition(refused, 'Established')?.['status'], 'False');
  t.is(condition(refused, 'Established')?.['message'], 'not all names are accepted');
  t.false(isServed(setting, 'gadgets'));
  await setting.delete(definitions, 'widgets.example.com');
  await setting.until(() => isServed(setting, 'gadgets'), 'gadgets are served');
  t.false(isServed(setting, 'widgets'));
});

test('an established definition keeps being served by its old names when it asks for taken ones', async (t) => {
  const setting = new Setting(t);
  await setting.served.start(setting.registry);
  await define(setting);
  await define(setting, 'gadgets', 'Gadget');
  await setting.settle();
  const names = { plural: 'gadgets', kind: 'Gadget', singular: 'widget' };
  const wanted = specOf('gadgets', 'Gadget', { names });
  await setting.change(definitions, 'gadgets.example.com', (live) => ({ ...live, ...wanted }));
  await setting.settle();
  const conflicting = setting.get(definitions, 'gadgets.example.com');
  t.is(condition(conflicting, 'NamesAccepted')?.['status'], 'False');
  t.is(condition(conflicting, 'Established')?.['status'], 'True');
  t.is(setting.served.resources().find(({ plural }) => plural === 'gadgets')?.singular, 'gadget');
});

test('a deleted definition has its objects deleted before it goes, and takes no new ones meanwhile', async (t) => {
  const setting = new Setting(t);
  await setting.served.start(setting.registry);
  await setting.makeNamespace('home');
  await define(setting);
  await setting.until(() => isServed(setting, 'widgets'), 'widgets are served');
  await setting.create(widgets, { name: 'free' });
  await setting.create(widgets, { name: 'held', finalizers: ['example.com/wait'] });
  await setting.delete(definitions, 'widgets.example.com');
  await setting.settle();
  const ending = setting.get(definitions, 'widgets.example.com');
  t.deepEqual(ending.metadata.finalizers, ['customresourcecleanup.apiextensions.k8s.io']);
  t.is(condition(ending, 'Terminating')?.['reason'], 'InstanceDeletionInProgress');
  t.deepEqual(setting.list(widgets), ['home/held']);
  const error = await t.throwsAsync(setting.create(widgets, { name: 'new' }), { instanceOf: ApiError });
  t.is(error?.message, 'create not allowed while custom resource definition is terminating');
  t.is(error?.code, 405);
  await setting.change(widgets, 'held', (live) => ({ ...live, metadata: { ...live.metadata, finalizers: [] } }));
  setting.clock.advance(1_000);
  await setting.until(() => !isServed(setting, 'widgets'), 'widgets are served no more');
  t.deepEqual(setting.list(definitions), []);
  t.deepEqual(setting.failures, []);
});

test('after a restart what was established is served before anything is written', async (t) => {
  const directory = temporaryDirectory(t);
  const before = new Setting(t, [], 1, directory);
  await before.served.start(before.registry);
  await define(before);
  await before.settle();
  before.served.close();
  before.store.close();
  const after = new Setting(t, [], 1, directory);
  t.false(isServed(after, 'widgets'));
  const { revision } = after.store;
  const started = after.served.start(after.registry);
  t.true(isServed(after, 'widgets'));
  await started;
  await after.settle();
  t.is(after.store.revision, revision);
});

test('our definitions are served when the start is over, and those of an older version are replaced', async (t) => {
  const directory = temporaryDirectory(t);
  const before = new Setting(t, customResourceDefinitions, 1, directory);
  await before.served.start(before.registry);
  t.is(before.list(definitions).length, customResourceDefinitions.length);
  for (const { metadata } of customResourceDefinitions) {
    t.true(isServed(before, metadata.name?.split('.')[0] ?? ''), metadata.name);
  }
  await before.settle();
  before.served.close();
  before.store.close();
  const [first] = customResourceDefinitions;
  const name = first.metadata.name ?? '';
  const change = (shortName: string): KubeObject => {
    const { names, ...spec } = JSON.parse(JSON.stringify(first['spec']));
    return { ...first, spec: { ...spec, names: { ...names, shortNames: [shortName] } } };
  };
  const newer = new Setting(t, [change('newer')], 2, directory);
  await newer.served.start(newer.registry);
  await newer.settle();
  t.deepEqual(at(newer.get(definitions, name), 'status', 'acceptedNames', 'shortNames'), ['newer']);
  newer.served.close();
  newer.store.close();
  const older = new Setting(t, [change('older')], 1, directory);
  await older.served.start(older.registry);
  await older.settle();
  t.deepEqual(at(older.get(definitions, name), 'spec', 'names', 'shortNames'), ['newer']);
  t.is(textAt(older.get(definitions, name), 'metadata', 'annotations', 'waggle/definitions-version'), '2');
});
