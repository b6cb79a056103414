// The verbs of the API over the embedded store: what a client of Kubernetes relies on. After the API conventions and the API concepts
// of Kubernetes' documentation.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { ApiError } from '#kube/api/api-error.ts';
import type {
  ListOptions,
  ObjectTarget,
  Selection,
  WatchEvent,
  WatchOptions,
  WriteOptions,
} from '#kube/api/api-port.ts';
import type { KubeObject } from '#kube/api/object.ts';
import type { Resource } from '#kube/api/resource.ts';
import { readFieldQuery } from '#kube/api/field-query.ts';
import { readLabelQuery } from '#kube/api/label-query.ts';
import { ObjectStore } from '#kube/embedded/object-store.ts';
import { CustomRules } from '#kube/registry/custom-rules.ts';
import { objectPatches } from '#kube/registry/object-patches.ts';
import { isJsonObject } from '#kube/api/object.ts';
import { compareVersions, Registry } from '#kube/registry/registry.ts';

const schema = {
  type: 'object',
  properties: {
    spec: {
      type: 'object',
      required: ['replicas'],
      properties: {
        replicas: { type: 'integer', minimum: 0 },
        mode: { type: 'string', default: 'auto' },
        selector: { type: 'string' },
      },
    },
    status: { type: 'object', properties: { replicas: { type: 'integer' } } },
  },
} as const;

const widgets: Resource = {
  group: 'example.com',
  version: 'v1',
  kind: 'Widget',
  listKind: 'WidgetList',
  plural: 'widgets',
  singular: 'widget',
  shortNames: ['wd'],
  categories: [],
  isNamespaced: true,
  isStorage: true,
  deprecationWarning: undefined,
  hasStatus: true,
  scale: {
    specReplicasPath: '.spec.replicas',
    statusReplicasPath: '.status.replicas',
    labelSelectorPath: '.spec.selector',
  },
  schema,
  columns: [],
  selectableFields: ['.spec.mode'],
};
const older: Resource = {
  ...widgets,
  version: 'v1beta1',
  isStorage: false,
  deprecationWarning: 'example.com/v1beta1 Widget is deprecated',
};
const namespaces: Resource = {
  ...widgets,
  group: '',
  kind: 'Namespace',
  listKind: 'NamespaceList',
  plural: 'namespaces',
  singular: 'namespace',
  isNamespaced: false,
  scale: undefined,
  schema: { type: 'object', properties: { spec: { type: 'object' }, status: { type: 'object' } } },
};
const all = [widgets, older, namespaces];

class Setting {
  readonly registry: Registry;
  readonly warnings: string[] = [];
  readonly options: WriteOptions = {
    caller: { user: 'alice', groups: [], fieldManager: 'test' },
    isDryRun: false,
    fieldValidation: 'Strict',
    warn: (text) => this.warnings.push(text),
  };
  #suffix = 0;
  #uid = 0;

  constructor(t: ExecutionContext) {
    const directory = mkdtempSync(join(tmpdir(), 'waggle-registry-'));
    const storage = new ObjectStore({ directory, keepEvents: 1_000, keepMs: 1e12 }, () => 1);
    t.teardown(() => {
      storage.close();
      rmSync(directory, { recursive: true, force: true });
    });
    const rules = new Map(all.map((resource) => [resource, new CustomRules(resource.schema ?? {})]));
    this.registry = new Registry({
      storage,
      resources: () => all,
      rulesOf: (resource) => rules.get(resource) ?? new CustomRules({}),
      patches: objectPatches,
      readSelection: (resource, { labelSelector = '', fieldSelector = '' }: Selection) => {
        const byLabel = readLabelQuery(labelSelector);
        const byField = readFieldQuery(fieldSelector, resource);
        if (byLabel === undefined && byField === undefined) return undefined;
        return (object) => byLabel?.(object.metadata.labels ?? {}) !== false && byField?.(object) !== false;
      },
      nowMs: () => Date.parse('2026-11-23T12:00:00.789Z'),
      makeUid: () => `uid-${++this.#uid}`,
      makeSuffix: () => `s${++this.#suffix}`,
    });
  }

  async begin(): Promise<void> {
    const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'default' } };
    await this.registry.create({ resource: namespaces, namespace: undefined }, namespace, this.options);
  }

  create(name: string, fields: object = {}, options: Partial<WriteOptions> = {}): Promise<KubeObject> {
    return this.registry.create(inDefault, widgetOf(name, fields), { ...this.options, ...options });
  }

  get names(): string {
    return this.registry
      .list(inDefault, everything)
      .items.map(({ metadata }) => metadata.name)
      .join(' ');
  }

  watch(options: Partial<WatchOptions> = {}): readonly string[] {
    const lines: string[] = [];
    const told = ({ type, object }: WatchEvent): void => {
      const metadata = isJsonObject(object['metadata']) ? object['metadata'] : {};
      const { name, annotations } = metadata;
      const words = [type, ...(typeof name === 'string' ? [name] : []), ...(annotations === undefined ? [] : ['*'])];
      lines.push(words.join(' '));
    };
    this.registry.watch(
      inDefault,
      { ...everything, resourceVersion: undefined, allowBookmarks: false, sendInitialEvents: false, ...options },
      told,
    );
    return lines;
  }
}

const inDefault = { resource: widgets, namespace: 'default' };
const at = (name: string, subresource?: 'status' | 'scale'): ObjectTarget => ({ ...inDefault, name, subresource });
const everything: ListOptions = {
  labelSelector: undefined,
  fieldSelector: undefined,
  limit: undefined,
  continueToken: undefined,
  resourceVersion: undefined,
  resourceVersionMatch: undefined,
};
const deletion = {
  propagationPolicy: undefined,
  gracePeriodSeconds: undefined,
  preconditions: { uid: undefined, resourceVersion: undefined },
};
const widgetOf = (name: string, fields: object): object => ({
  apiVersion: 'example.com/v1',
  kind: 'Widget',
  metadata: { name },
  spec: { replicas: 1 },
  ...fields,
});
const settle = async (): Promise<void> => {
  for (let count = 0; count < 10; count++) await new Promise<void>((resolve) => void setImmediate(resolve));
};
const refused = async (t: ExecutionContext, act: Promise<unknown>): Promise<string> => {
  const error = await t.throwsAsync(act, { instanceOf: ApiError });
  return `${error?.code} ${error?.reason}: ${error?.message}`;
};

test('what is created is read as it was answered, with identity, defaults and generation of the server', async (t) => {
  const setting = new Setting(t);
  await setting.begin();
  const made = await setting.create('a', { metadata: { name: 'a', labels: { x: 'y' } }, status: { replicas: 9 } });
  t.deepEqual(made, {
    apiVersion: 'example.com/v1',
    kind: 'Widget',
    metadata: {
      name: 'a',
      namespace: 'default',
      uid: 'uid-2',
      resourceVersion: '2',
      generation: 1,
      creationTimestamp: '2026-11-23T12:00:00Z',
      labels: { x: 'y' },
      managedFields: made.metadata.managedFields ?? [],
    },
    spec: { replicas: 1, mode: 'auto' },
  });
  // With the defaults: who creates an object owns all of it.
  const fieldsV1 = {
    'f:metadata': { 'f:labels': { '.': {}, 'f:x': {} } },
    'f:spec': { 'f:mode': {}, 'f:replicas': {} },
  };
  t.like(made.metadata.managedFields?.[0], { manager: 'test', operation: 'Update', fieldsV1 });
  t.deepEqual(setting.registry.get(at('a')), made);
});

test('what cannot be created says why, as a real API server does', async (t) => {
  const setting = new Setting(t);
  t.is(await refused(t, setting.create('a')), '404 NotFound: namespaces "default" not found');
  await setting.begin();
  await setting.create('a');
  t.is(await refused(t, setting.create('a')), '409 AlreadyExists: widgets.example.com "a" already exists');
  t.is(
    await refused(t, setting.create('b', { spec: { replicas: 'x' } })),
    '422 Invalid: Widget.example.com "b" is invalid: spec.replicas: Invalid value: "string": spec.replicas in body must be of type integer: "string"',
  );
  t.is(
    await refused(t, setting.create('b', { spec: {} })),
    '422 Invalid: Widget.example.com "b" is invalid: spec.replicas: Required value',
  );
  t.is(
    await refused(t, setting.create('b', { spec: { replicas: 1, more: 1 } })),
    '400 BadRequest: Widget in version "v1" cannot be handled as a Widget: strict decoding error: unknown field "spec.more"',
  );
  t.is(
    await refused(t, setting.create('', { metadata: {} })),
    '422 Invalid: Widget.example.com "" is invalid: metadata.name: Required value: name or generateName is required',
  );
  t.is(setting.names, 'a');
});

test('unknown fields are refused, told or passed over as the caller wishes, and never kept', async (t) => {
  const setting = new Setting(t);
  await setting.begin();
  const spec = { replicas: 1, more: 1 };
  t.deepEqual((await setting.create('a', { spec }, { fieldValidation: 'Warn' }))['spec'], {
    replicas: 1,
    mode: 'auto',
  });
  t.deepEqual(setting.warnings, ['unknown field "spec.more"']);
  t.deepEqual((await setting.create('b', { spec }, { fieldValidation: 'Ignore' }))['spec'], {
    replicas: 1,
    mode: 'auto',
  });
  t.is(setting.warnings.length, 1);
});

test('a generated name is made of the prefix and something that is free', async (t) => {
  const setting = new Setting(t);
  await setting.begin();
  await setting.create('pre-s1');
  const made = await setting.create('', { metadata: { generateName: 'pre-' } });
  t.like(made.metadata, { name: 'pre-s2', generateName: 'pre-' });
});

test('a dry run answers what would be, and keeps nothing', async (t) => {
  const setting = new Setting(t);
  await setting.begin();
  t.like(await setting.create('a', {}, { isDryRun: true }), { spec: { mode: 'auto' } });
  t.is(setting.names, '');
  await setting.create('a');
  await setting.registry.delete(at('a'), deletion, { ...setting.options, isDryRun: true });
  t.is(setting.names, 'a');
});

test('who writes the same again without the defaults has changed nothing', async (t) => {
  const setting = new Setting(t);
  await setting.begin();
  const seen = await setting.create('a', { spec: { replicas: 1 } });
  t.deepEqual(await setting.registry.update(at('a'), widgetOf('a', { spec: { replicas: 1 } }), setting.options), seen);
});

test('of two writers who saw the same version the second is told of the conflict', async (t) => {
  const setting = new Setting(t);
  await setting.begin();
  const seen = await setting.create('a');
  const first = setting.registry.update(at('a'), { ...seen, spec: { replicas: 2 } }, setting.options);
  const second = refused(t, setting.registry.update(at('a'), { ...seen, spec: { replicas: 3 } }, setting.options));
  t.like(await first, { spec: { replicas: 2 }, metadata: { generation: 2 } });
  t.regex(
    await second,
    /^409 Conflict: Operation cannot be fulfilled on widgets\.example\.com "a": the object has been modified/,
  );
});

test('an update that changes nothing makes no new version', async (t) => {
  const setting = new Setting(t);
  await setting.begin();
  const seen = await setting.create('a');
  t.is(
    (await setting.registry.update(at('a'), seen, setting.options)).metadata.resourceVersion,
    seen.metadata.resourceVersion,
  );
});

test('JSON and merge patches change what they name; others are refused by their media type', async (t) => {
  const setting = new Setting(t);
  await setting.begin();
  await setting.create('a');
  const patch = (
    type: 'application/merge-patch+json' | 'application/json-patch+json' | 'application/strategic-merge-patch+json',
    body: unknown,
  ) => setting.registry.patch(at('a'), { type, body, isForced: false }, setting.options);
  t.like((await patch('application/merge-patch+json', { spec: { replicas: 5 } })).object, {
    spec: { replicas: 5, mode: 'auto' },
  });
  const replace = [{ op: 'replace', path: '/spec/mode', value: 'manual' }];
  t.like((await patch('application/json-patch+json', replace)).object, { spec: { replicas: 5, mode: 'manual' } });
  t.regex(
    await refused(t, patch('application/merge-patch+json', { spec: { replicas: -1 } })),
    /^422 Invalid: .* should be greater than or equal to 0$/,
  );
  t.regex(await refused(t, patch('application/merge-patch+json', { metadata: { name: 'b' } })), /^400 BadRequest/);
  t.regex(
    await refused(t, patch('application/strategic-merge-patch+json', { spec: { replicas: 5 } })),
    /^415 UnsupportedMediaType: .*application\/merge-patch\+json/,
  );
});

test('the status has a door of its own, and so has the scale', async (t) => {
  const setting = new Setting(t);
  await setting.begin();
  const seen = await setting.create('a', { spec: { replicas: 1, selector: 'app=a' } });
  const told = await setting.registry.update(
    at('a', 'status'),
    { ...seen, spec: { replicas: 7 }, status: { replicas: 1 } },
    setting.options,
  );
  t.like(told, { spec: { replicas: 1 }, status: { replicas: 1 }, metadata: { generation: 1 } });
  t.like(setting.registry.get(at('a', 'scale')), {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    spec: { replicas: 1 },
    status: { replicas: 1, selector: 'app=a' },
  });
  const patch = { type: 'application/merge-patch+json', body: { spec: { replicas: 4 } }, isForced: false } as const;
  t.like((await setting.registry.patch(at('a', 'scale'), patch, setting.options)).object, { spec: { replicas: 4 } });
  t.like(setting.registry.get(at('a')), { spec: { replicas: 4 }, metadata: { generation: 2 } });
  t.is(
    t.throws(
      () => setting.registry.get({ resource: namespaces, namespace: undefined, name: 'default', subresource: 'scale' }),
      { instanceOf: ApiError },
    )?.code,
    404,
  );
});

test('what is deleted is gone; what has finalizers waits for the last of them', async (t) => {
  const setting = new Setting(t);
  await setting.begin();
  await setting.create('a');
  await setting.create('b', { metadata: { name: 'b', finalizers: ['example.com/hold'] } });
  await setting.registry.delete(at('a'), deletion, setting.options);
  t.is(
    await refused(t, setting.registry.delete(at('a'), deletion, setting.options)),
    '404 NotFound: widgets.example.com "a" not found',
  );
  const held = await setting.registry.delete(at('b'), deletion, setting.options);
  t.is(held.metadata.deletionTimestamp, '2026-11-23T12:00:00Z');
  t.is(setting.names, 'b');
  await setting.registry.update(at('b'), { ...held, metadata: { ...held.metadata, finalizers: [] } }, setting.options);
  t.is(setting.names, '');
});

test('a collection is deleted as far as it is selected', async (t) => {
  const setting = new Setting(t);
  await setting.begin();
  for (const name of ['a', 'b', 'c'])
    await setting.create(name, { metadata: { name, labels: { odd: String(name !== 'b') } } });
  const deleted = await setting.registry.deleteCollection(
    inDefault,
    { labelSelector: 'odd=true', fieldSelector: undefined },
    deletion,
    setting.options,
  );
  t.deepEqual(
    deleted.map(({ metadata }) => metadata.name),
    ['a', 'c'],
  );
  t.is(setting.names, 'b');
});

test('an object is the same in every version that is served, and an old version warns', async (t) => {
  const setting = new Setting(t);
  await setting.begin();
  await setting.registry.create(
    { ...inDefault, resource: older },
    { ...widgetOf('a', {}), apiVersion: 'example.com/v1beta1' },
    setting.options,
  );
  t.deepEqual(setting.warnings, ['example.com/v1beta1 Widget is deprecated']);
  t.is(setting.registry.get(at('a')).apiVersion, 'example.com/v1');
  t.is(setting.registry.preferredVersion('example.com'), 'v1');
  t.deepEqual(['v1alpha1', 'v2', 'foo', 'v1', 'v2beta1', 'v2beta2', 'v10'].toSorted(compareVersions), [
    'v10',
    'v2',
    'v1',
    'v2beta2',
    'v2beta1',
    'v1alpha1',
    'foo',
  ]);
});

test('a list is selected by labels and fields, and comes in pieces', async (t) => {
  const setting = new Setting(t);
  await setting.begin();
  for (const name of ['a', 'b', 'c']) {
    await setting.create(name, {
      metadata: { name, labels: { n: name } },
      spec: { replicas: 1, mode: name === 'c' ? 'manual' : 'auto' },
    });
  }
  const names = (options: Partial<ListOptions>): string =>
    setting.registry
      .list(inDefault, { ...everything, ...options })
      .items.map(({ metadata }) => metadata.name)
      .join(' ');
  t.is(names({ labelSelector: 'n in (a,c)' }), 'a c');
  t.is(names({ fieldSelector: 'spec.mode=auto' }), 'a b');
  const { continueToken, remainingItemCount } = setting.registry.list(inDefault, { ...everything, limit: 2 });
  t.is(remainingItemCount, 1);
  t.is(names({ limit: 2, continueToken }), 'c');
  t.is(
    t.throws(() => names({ resourceVersion: '99' }), { instanceOf: ApiError })?.message,
    'Too large resource version: 99, current: 4',
  );
});

test('a watch tells first what there is, or what came after a version, and then every change', async (t) => {
  const setting = new Setting(t);
  await setting.begin();
  const made = await setting.create('a');
  const fromNow = setting.watch();
  const withList = setting.watch({ sendInitialEvents: true, allowBookmarks: true });
  const fromVersion = setting.watch({ resourceVersion: made.metadata.resourceVersion });
  await setting.create('b');
  await setting.registry.delete(at('a'), deletion, setting.options);
  await settle();
  t.deepEqual(fromNow, ['ADDED a', 'ADDED b', 'DELETED a']);
  t.deepEqual(withList, ['ADDED a', 'BOOKMARK *', 'ADDED b', 'DELETED a']);
  t.deepEqual(fromVersion, ['ADDED b', 'DELETED a']);
});

test('who watches a part is told what comes into it and what leaves it', async (t) => {
  const setting = new Setting(t);
  await setting.begin();
  const lines = setting.watch({ labelSelector: 'on=yes' });
  const relabel = async (on: string): Promise<void> => {
    const patch = {
      type: 'application/merge-patch+json',
      body: { metadata: { labels: { on } } },
      isForced: false,
    } as const;
    await setting.registry.patch(at('a'), patch, setting.options);
  };
  await setting.create('a', { metadata: { name: 'a', labels: { on: 'no' } } });
  await relabel('yes');
  await setting.registry.patch(
    at('a'),
    { type: 'application/merge-patch+json', body: { spec: { replicas: 2 } }, isForced: false },
    setting.options,
  );
  await relabel('no');
  await setting.registry.delete(at('a'), deletion, setting.options);
  await settle();
  t.deepEqual(lines, ['ADDED a', 'MODIFIED a', 'DELETED a']);
});

test('nothing new comes into a namespace that is going', async (t) => {
  const setting = new Setting(t);
  const space = {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: 'going', finalizers: ['example.com/hold'] },
  };
  await setting.registry.create({ resource: namespaces, namespace: undefined }, space, setting.options);
  const create = (name: string): Promise<KubeObject> =>
    setting.registry.create({ resource: widgets, namespace: 'going' }, widgetOf(name, {}), setting.options);
  await create('a');
  await setting.registry.delete(
    { resource: namespaces, namespace: undefined, name: 'going', subresource: undefined },
    deletion,
    setting.options,
  );
  t.is(
    await refused(t, create('b')),
    '403 Forbidden: widgets.example.com is forbidden: unable to create new content in namespace going because it is being terminated',
  );
});
