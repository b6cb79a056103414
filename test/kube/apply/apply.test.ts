// Server-side apply and whose fields are whose, by the rules of the documentation ("Server-Side Apply"): each case is a history of writes
// by several managers, and what is left of it.

import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import { ApiError } from '#kube/api/api-error.ts';
import type { Json, JsonObject, KubeObject } from '#kube/api/object.ts';
import type { OpenApiSchema } from '#kube/api/openapi-schema.ts';
import type { Resource } from '#kube/api/resource.ts';
import { apply } from '#kube/apply/apply.ts';
import { difference, intersection, isSameSet, paths, union } from '#kube/apply/field-set.ts';
import { formatPath, readFields, writeFields } from '#kube/apply/fields-v1.ts';
import { track } from '#kube/apply/track.ts';
import { builtinResources } from '#kube/builtin/index.ts';

const resourceOf = (kind: string): Resource => {
  const found = builtinResources.find((one) => one.kind === kind);
  if (found === undefined) throw new Error(kind);
  return found;
};
const deployments = resourceOf('Deployment');
const configMaps = resourceOf('ConfigMap');
const services = resourceOf('Service');
const nodes = resourceOf('Node');

/** One object, and everybody who writes it. */
class Story {
  live: KubeObject | undefined;
  readonly #resource: Resource;
  #second = 0;

  constructor(resource: Resource) {
    this.#resource = resource;
  }

  apply(name: string, fields: JsonObject, isForced = false, subresource?: 'status'): this {
    this.live = apply(this.live, this.#object(fields), this.#resource, this.#writer(name, subresource), isForced);
    return this;
  }

  update(name: string, fields: JsonObject, subresource?: 'status'): this {
    const { managedFields } = this.live?.metadata ?? {};
    const given = this.#object(fields);
    const metadata = { ...given.metadata, ...(managedFields === undefined ? {} : { managedFields }) };
    this.live = track(this.live, { ...given, metadata }, this.#resource, this.#writer(name, subresource));
    return this;
  }

  get fields(): JsonObject {
    const { apiVersion: _a, kind: _k, metadata, ...rest } = this.live ?? this.#object({});
    const { name: _n, managedFields: _m, ...named } = metadata;
    return Object.keys(named).length === 0 ? rest : { ...rest, metadata: named };
  }

  /** `manager: path path`, as an apply or an update. */
  get owners(): readonly string[] {
    return (this.live?.metadata.managedFields ?? []).map((entry) => {
      const set = readFields(entry['fieldsV1']);
      const all = set === undefined ? [] : [...paths(set)].map(formatPath).toSorted();
      return `${entry['manager'] as string} ${entry['operation'] as string}: ${all.join(' ')}`;
    });
  }

  #object({ metadata = {}, ...fields }: JsonObject): KubeObject {
    const { group, version, kind } = this.#resource;
    const named = { name: 'x', ...(metadata as JsonObject) };
    return { apiVersion: group === '' ? version : `${group}/${version}`, kind, metadata: named, ...fields };
  }

  #writer(name: string, subresource: 'status' | undefined): Parameters<typeof track>[3] {
    this.#second++;
    return { name, subresource, nowText: `2026-11-23T12:00:${String(this.#second).padStart(2, '0')}Z` };
  }
}

function refused(t: ExecutionContext, act: () => unknown): ApiError {
  const error = t.throws(act, { instanceOf: ApiError });
  return error;
}

const pod = (containers: Json, more: JsonObject = {}): JsonObject => ({
  spec: { ...more, template: { spec: { containers } } },
});

test('what is applied first is owned by who applied it', (t) => {
  const story = new Story(configMaps).apply('one', { data: { a: '1', b: '2' } });
  t.deepEqual(story.fields, { data: { a: '1', b: '2' } });
  t.deepEqual(story.owners, ['one Apply: .data.a .data.b']);
});

test('a field that is applied no more goes when nobody else owns it', (t) => {
  const story = new Story(configMaps).apply('one', { data: { a: '1', b: '2' } }).apply('one', { data: { a: '1' } });
  t.deepEqual(story.fields, { data: { a: '1' } });
  t.deepEqual(story.owners, ['one Apply: .data.a']);
});

test('a field that is applied no more stays when somebody else owns it', (t) => {
  const story = new Story(configMaps)
    .apply('one', { data: { a: '1', b: '2' } })
    .apply('two', { data: { b: '2' } })
    .apply('one', { data: { a: '1' } });
  t.deepEqual(story.fields, { data: { a: '1', b: '2' } });
  t.deepEqual(story.owners, ['two Apply: .data.b', 'one Apply: .data.a']);
});

test('what nobody but one applied goes with him, the rest stays', (t) => {
  const story = new Story(configMaps).apply('one', { data: { a: '1' } }).apply('two', { data: { b: '2' } });
  t.deepEqual(story.apply('one', {}).fields, { data: { b: '2' } });
  t.deepEqual(story.owners, ['two Apply: .data.b']);
});

test('another value of what somebody else applied is a conflict, which names him and the field', (t) => {
  const story = new Story(configMaps).apply('one', { data: { a: '1' } });
  const error = refused(t, () => story.apply('two', { data: { a: '2' } }));
  t.is(error.message, 'Apply failed with 1 conflict: conflict with "one": .data.a');
  t.is(error.reason, 'Conflict');
  t.deepEqual(error.details?.causes, [
    { reason: 'FieldManagerConflict', message: 'conflict with "one"', field: '.data.a' },
  ]);
  t.deepEqual(story.fields, { data: { a: '1' } });
});

test('several conflicts are listed by manager; of who updated, the version is told', (t) => {
  const story = new Story(deployments)
    .update('kubectl-client-side-apply', { spec: { replicas: 1, paused: true } })
    .apply('other', { spec: { minReadySeconds: 5 } });
  const error = refused(t, () => story.apply('me', { spec: { replicas: 2, paused: false, minReadySeconds: 6 } }));
  t.is(
    error.message,
    'Apply failed with 3 conflicts: conflicts with "kubectl-client-side-apply" using apps/v1:\n' +
      '- .spec.replicas\n- .spec.paused\nconflicts with "other":\n- .spec.minReadySeconds\n',
  );
  t.is(error.details?.causes?.length, 3);
});

test('the same value is no conflict: both own it, and either may leave it', (t) => {
  const story = new Story(configMaps).apply('one', { data: { a: '1' } }).apply('two', { data: { a: '1' } });
  t.deepEqual(story.owners, ['one Apply: .data.a', 'two Apply: .data.a']);
  t.deepEqual(story.apply('one', {}).fields, { data: { a: '1' } });
  t.deepEqual(story.apply('two', {}).fields, {});
});

test('force takes the field over, and the other owns it no more', (t) => {
  const story = new Story(configMaps)
    .apply('one', { data: { a: '1', b: '1' } })
    .apply('two', { data: { a: '2' } }, true);
  t.deepEqual(story.fields, { data: { a: '2', b: '1' } });
  t.deepEqual(story.owners, ['one Apply: .data.b', 'two Apply: .data.a']);
});

test('who updates takes what he changes, and nothing that he leaves as it is', (t) => {
  const story = new Story(configMaps)
    .apply('one', { data: { a: '1', b: '1' } })
    .update('kubectl-edit', { data: { a: '2', b: '1', c: '3' } });
  t.deepEqual(story.owners, ['one Apply: .data.b', 'kubectl-edit Update: .data.a .data.c']);
});

test('a field that an update removes is nobody’s', (t) => {
  const story = new Story(configMaps).apply('one', { data: { a: '1', b: '1' } }).update('two', { data: { b: '1' } });
  t.deepEqual(story.owners, ['one Apply: .data.b']);
});

test('one name that applies and updates is two managers', (t) => {
  const story = new Story(configMaps)
    .apply('kubectl', { data: { a: '1' } })
    .update('kubectl', { data: { a: '1', b: '2' } });
  t.deepEqual(story.owners, ['kubectl Apply: .data.a', 'kubectl Update: .data.b']);
});

test('the same again changes nothing, not even the time', (t) => {
  const story = new Story(deployments).apply('one', pod([{ name: 'web', image: 'i' }], { replicas: 1 }));
  const before = story.live;
  t.deepEqual(story.apply('one', pod([{ name: 'web', image: 'i' }], { replicas: 1 })).live, before);
  t.deepEqual(story.update('two', story.fields).live, before);
});

test('items of a list with keys belong to whoever applied them, and are merged by their keys', (t) => {
  const story = new Story(deployments).apply('one', pod([{ name: 'web', image: 'i' }])).apply(
    'two',
    pod([
      { name: 'side', image: 's' },
      { name: 'web', workingDir: '/w' },
    ]),
  );
  t.deepEqual(
    story.fields,
    pod([
      { name: 'side', image: 's' },
      { name: 'web', image: 'i', workingDir: '/w' },
    ]),
  );
  t.deepEqual(story.owners, [
    'one Apply: .spec.template.spec.containers[name="web"] .spec.template.spec.containers[name="web"].image .spec.template.spec.containers[name="web"].name',
    'two Apply: .spec.template.spec.containers[name="side"] .spec.template.spec.containers[name="side"].image .spec.template.spec.containers[name="side"].name .spec.template.spec.containers[name="web"] .spec.template.spec.containers[name="web"].name .spec.template.spec.containers[name="web"].workingDir',
  ]);
  t.deepEqual(
    story.apply('one', {}).fields,
    pod([
      { name: 'side', image: 's' },
      { name: 'web', workingDir: '/w' },
    ]),
  );
  t.deepEqual(story.apply('two', pod([{ name: 'side', image: 's' }])).fields, pod([{ name: 'side', image: 's' }]));
});

test('an item that goes takes along what nobody said of it, such as defaults', (t) => {
  const story = new Story(deployments).apply(
    'one',
    pod([
      { name: 'web', image: 'i' },
      { name: 'b', image: 'j' },
    ]),
  );
  story.live = {
    ...story.live,
    ...pod([
      { name: 'web', image: 'i' },
      { name: 'b', image: 'j', imagePullPolicy: 'Always' },
    ]),
  } as KubeObject;
  t.deepEqual(story.apply('one', pod([{ name: 'web', image: 'i' }])).fields, pod([{ name: 'web', image: 'i' }]));
});

test('a key that is absent counts as its usual value', (t) => {
  const story = new Story(services)
    .update('kubectl-create', { spec: { ports: [{ port: 80, protocol: 'TCP' }] } })
    .apply('one', { spec: { ports: [{ port: 80, name: 'http' }] } });
  t.deepEqual(story.fields, { spec: { ports: [{ port: 80, protocol: 'TCP', name: 'http' }] } });
  t.deepEqual(
    story.owners[0],
    'one Apply: .spec.ports[port=80,protocol="TCP"] .spec.ports[port=80,protocol="TCP"].name .spec.ports[port=80,protocol="TCP"].port',
  );
});

test('an item that is applied twice is refused by its key', (t) => {
  const story = new Story(services);
  const ports = [{ port: 80 }, { port: 80, protocol: 'TCP' }];
  const error = refused(t, () => story.apply('one', { spec: { ports } }));
  t.is(error.message, '.spec.ports: duplicate entries for key [port=80,protocol="TCP"]');
});

test('a list that has an item twice already is one thing: a node’s two addresses of one type', (t) => {
  const addresses = [
    { type: 'InternalIP', address: '192.0.2.1' },
    { type: 'InternalIP', address: '2001:db8::1' },
  ];
  const story = new Story(nodes).update('kubelet', { status: { addresses } }, 'status');
  t.deepEqual(story.fields, { status: { addresses } });
  const changed = [addresses[0], { type: 'InternalIP', address: '2001:db8::2' }];
  t.deepEqual(story.update('other', { status: { addresses: changed } }, 'status').fields, {
    status: { addresses: changed },
  });
});

test('finalizers are a set: each is somebody’s', (t) => {
  const story = new Story(configMaps)
    .apply('one', { metadata: { finalizers: ['a/x'] } })
    .apply('two', { metadata: { finalizers: ['b/y'] } });
  t.deepEqual(story.fields, { metadata: { finalizers: ['a/x', 'b/y'] } });
  t.deepEqual(story.apply('one', {}).fields, { metadata: { finalizers: ['b/y'] } });
});

test('a selector is one thing: whoever owns it owns all of it', (t) => {
  const story = new Story(services).apply('one', { spec: { selector: { app: 'a', tier: 'x' } } });
  t.deepEqual(story.owners, ['one Apply: .spec.selector']);
  const error = refused(t, () => story.apply('two', { spec: { selector: { app: 'a' } } }));
  t.regex(error.message, /: \.spec\.selector$/);
});

test('a list without keys is one thing', (t) => {
  const story = new Story(services).apply('one', { spec: { externalIPs: ['192.0.2.1'] } });
  t.throws(() => story.apply('two', { spec: { externalIPs: ['192.0.2.2'] } }), { message: /\.spec\.externalIPs$/ });
});

test('null is absent', (t) => {
  const story = new Story(configMaps).apply('one', { data: { a: '1', b: null } });
  t.deepEqual(story.fields, { data: { a: '1' } });
  t.deepEqual(story.owners, ['one Apply: .data.a']);
});

test('where a definition allows null, or anything, null is a value like others, and owned', (t) => {
  const spec: OpenApiSchema = {
    type: 'object',
    properties: {
      plain: { type: 'string' },
      text: { type: 'string', nullable: true },
      map: { type: 'object', nullable: true, additionalProperties: { type: 'string' } },
      free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
    },
  };
  const widgets: Resource = {
    ...configMaps,
    group: 'example.com',
    kind: 'Widget',
    schema: { type: 'object', properties: { spec } },
  };
  const said = { text: null, map: null, free: { any: null } };
  const story = new Story(widgets).apply('one', { spec: { ...said, plain: null } });
  t.deepEqual(story.fields, { spec: said });
  t.deepEqual(story.owners, ['one Apply: .spec.free.any .spec.map .spec.text']);
  const { message } = refused(t, () => story.apply('two', { spec: { text: 'a' } }));
  t.regex(message, /conflict with "one": \.spec\.text$/);
  // Over a text it is another value; a map that others have put something into stays.
  story.apply('two', { spec: { text: 'a', map: { a: '1' } } }, true);
  t.deepEqual(story.fields, { spec: { text: 'a', map: { a: '1' }, free: { any: null } } });
  story.apply('three', { spec: { text: null, map: null } }, true);
  t.deepEqual(story.fields, { spec: { text: null, map: { a: '1' }, free: { any: null } } });
});

test('an object whose fields nobody is known to own has belonged to before-first-apply', (t) => {
  const story = new Story(configMaps);
  story.live = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'x', creationTimestamp: '2020-01-01T00:00:00Z' },
    data: { a: '1' },
  };
  const error = refused(t, () => story.apply('one', { data: { a: '2' } }));
  t.is(error.message, 'Apply failed with 1 conflict: conflict with "before-first-apply" using v1: .data.a');
  t.deepEqual(story.apply('one', { data: { b: '2' } }).owners, [
    'one Apply: .data.b',
    'before-first-apply Update: .data.a',
  ]);
});

test('of a kind with a status, the object’s owners and the status’ are told apart', (t) => {
  const story = new Story(deployments)
    .apply('one', { spec: { replicas: 1 } })
    .apply('controller', { status: { replicas: 1 } }, false, 'status');
  t.deepEqual(story.fields, { spec: { replicas: 1 }, status: { replicas: 1 } });
  const [, entry] = story.live?.metadata.managedFields ?? [];
  t.like(entry, { manager: 'controller', subresource: 'status' });
  t.deepEqual(story.apply('one', {}).fields, { status: { replicas: 1 } });
});

test('managedFields are not applied, are kept when they are left out, and are forgotten when they are emptied', (t) => {
  const story = new Story(configMaps).apply('one', { data: { a: '1' } });
  t.throws(() => story.apply('one', { metadata: { managedFields: [{}] } }), {
    message: 'metadata.managedFields must be nil',
  });
  const live = story.live as KubeObject;
  const writer = { name: 'two', subresource: undefined, nowText: '2026-11-23T13:00:00Z' };
  const plain = { ...live, metadata: { name: 'x' }, data: { a: '1', b: '2' } };
  t.is(track(live, plain, configMaps, writer).metadata.managedFields?.length, 2);
  const emptied = track(live, { ...live, metadata: { name: 'x', managedFields: [{}] } }, configMaps, writer);
  t.is(emptied.metadata.managedFields, undefined);
});

test('managedFields that cannot be read are refused by their field', (t) => {
  const live: KubeObject = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'x' } };
  const writer = { name: 'two', subresource: undefined, nowText: '2026-11-23T13:00:00Z' };
  for (const [entry, words] of [
    [
      { manager: 'm', operation: 'Write', fieldsType: 'FieldsV1' },
      /managedFields\[0\]\.operation: .*"Write".*must be `Apply` or `Update`/,
    ],
    [
      { manager: 'm', operation: 'Apply', fieldsType: 'FieldsV2' },
      /managedFields\[0\]\.fieldsType: .*must be `FieldsV1`/,
    ],
    [
      { manager: 'm', operation: 'Apply', fieldsType: 'FieldsV1', fieldsV1: { data: {} } },
      /managedFields\[0\]\.fieldsV1/,
    ],
  ] as const) {
    const next = { ...live, metadata: { name: 'x', managedFields: [entry] } };
    t.throws(() => track(live, next, configMaps, writer), { instanceOf: ApiError, message: words });
  }
});

test('of more than ten who update, the oldest become one', (t) => {
  const story = new Story(configMaps);
  const data: Record<string, string> = {};
  for (let index = 0; index < 15; index++) {
    data[`k${index}`] = 'v';
    story.update(`manager-${index}`, { data: { ...data } });
  }
  const managers = story.live?.metadata.managedFields?.map((entry) => entry['manager']) ?? [];
  t.is(managers.length, 10);
  t.true(managers.includes('ancient-changes'));
  t.true(managers.includes('manager-14'));
  t.false(managers.includes('manager-0'));
});

test('a set of fields is the same after it was written and read', (t) => {
  const fields = {
    'f:metadata': { 'f:labels': { '.': {}, 'f:app': {} } },
    'f:spec': {
      'f:ports': { '.': {}, 'k:{"port":80,"protocol":"TCP"}': { '.': {}, 'f:port': {} } },
      'f:x': { 'v:"a"': {} },
    },
  };
  const set = readFields(fields);
  t.deepEqual(set === undefined ? undefined : writeFields(set), fields);
});

// --- in general -------------------------------------------------------------------------------------------

const key = fc.constantFrom('a', 'b', 'c');
const data = fc.dictionary(key, fc.constantFrom('1', '2'), { maxKeys: 3 });
const containers = fc
  .uniqueArray(fc.record({ name: key, image: fc.constantFrom('i', 'j') }), {
    selector: ({ name }) => name,
    maxLength: 3,
  })
  .map((list) => pod(list));
const writes = fc.array(fc.tuple(fc.constantFrom('one', 'two', 'three'), fc.boolean(), containers), { maxLength: 6 });

/** With force nobody is refused. */
function play(history: readonly (readonly [string, boolean, JsonObject])[]): Story {
  const story = new Story(deployments);
  for (const [name, isApply, fields] of history) {
    if (isApply) story.apply(name, fields, true);
    else story.update(name, fields);
  }
  return story;
}

test('applying the same twice is applying it once', (t) => {
  fc.assert(
    fc.property(writes, containers, (history, fields) => {
      const story = play(history).apply('one', fields, true);
      const once = story.live;
      t.deepEqual(story.apply('one', fields, true).live, once);
    }),
    { numRuns: 200 },
  );
});

test('who applies owns exactly what he applied, and it has his values', (t) => {
  fc.assert(
    fc.property(writes, containers, (history, fields) => {
      const story = play(history).apply('one', fields, true);
      const entry = story.live?.metadata.managedFields?.find(
        (one) => one['manager'] === 'one' && one['operation'] === 'Apply',
      );
      const { spec } = fields as { spec: { template: { spec: { containers: { name: string; image: string }[] } } } };
      const mine = spec.template.spec.containers;
      const set = readFields(entry?.['fieldsV1'] ?? {});
      const owned = set === undefined ? [] : [...paths(set)].map(formatPath).filter((path) => path.endsWith('.image'));
      t.deepEqual(
        owned.toSorted(),
        mine.map(({ name }) => `.spec.template.spec.containers[name="${name}"].image`).toSorted(),
      );
      const live = (story.fields as typeof fields & { spec: typeof spec }).spec.template.spec.containers;
      for (const container of mine)
        t.true(live.some((one) => one.name === container.name && one.image === container.image));
    }),
    { numRuns: 200 },
  );
});

test('who applies nothing any more leaves what others own and takes along the rest', (t) => {
  fc.assert(
    fc.property(data, data, (mine, theirs) => {
      const story = new Story(configMaps).apply('one', { data: mine }).apply('two', { data: theirs }, true);
      t.deepEqual(story.apply('one', {}).fields['data'] ?? {}, theirs);
    }),
    { numRuns: 200 },
  );
});

test('sets of fields obey the algebra of sets', (t) => {
  const leaf = fc.constantFrom({}, { 'f:x': {} }, { '.': {}, 'f:y': {} });
  const set = fc
    .dictionary(fc.constantFrom('f:a', 'f:b', 'v:"c"'), leaf)
    .map((fields) => readFields(fields))
    .filter((read) => read !== undefined);
  fc.assert(
    fc.property(set, set, (a, b) => {
      t.true(isSameSet(union(a, b), union(b, a)));
      t.true(isSameSet(union(difference(a, b), intersection(a, b)), a));
      t.true(isSameSet(difference(a, union(a, b)), difference(a, a)));
    }),
  );
});
