// Strategic merge patches, by the examples of Kubernetes' documentation and of the design of their directives.

import test from 'ava';
import { ApiError } from '#kube/api/api-error.ts';
import type { JsonObject } from '#kube/api/object.ts';
import { builtinSchema } from '#kube/builtin/index.ts';
import { applyStrategicMerge } from '#kube/patch/strategic-merge.ts';

const schema = builtinSchema('apps', 'v1', 'Deployment');
const deployment = (spec: JsonObject, more: JsonObject = {}): JsonObject => ({ spec: { ...more, template: { spec } } });
const nginx = { name: 'patch-demo-ctr', image: 'nginx' };
const apply = (live: JsonObject, patch: JsonObject): JsonObject => applyStrategicMerge(live, patch, schema);

test('containers are merged by name, as in the documentation', (t) => {
  const redis = { name: 'patch-demo-ctr-2', image: 'redis' };
  const patched = apply(deployment({ containers: [nginx] }), deployment({ containers: [redis] }));
  t.deepEqual(patched, deployment({ containers: [nginx, redis] }));
  const newer = apply(patched, deployment({ containers: [{ name: 'patch-demo-ctr', image: 'nginx:2' }] }));
  t.deepEqual(newer, deployment({ containers: [{ ...nginx, image: 'nginx:2' }, redis] }));
});

test('tolerations have no key, and are replaced as a whole', (t) => {
  const dedicated = { effect: 'NoSchedule', key: 'dedicated', value: 'test-team' };
  const disk = { effect: 'NoSchedule', key: 'disktype', value: 'ssd' };
  t.deepEqual(
    apply(deployment({ tolerations: [dedicated] }), deployment({ tolerations: [disk] })),
    deployment({ tolerations: [disk] }),
  );
});

test('an item goes by $patch: delete, a list is replaced by $patch: replace, a field goes by null', (t) => {
  const live = deployment({ containers: [nginx, { name: 'b', image: 'b', args: ['x'] }] });
  t.deepEqual(
    apply(live, deployment({ containers: [{ $patch: 'delete', name: 'b' }] })),
    deployment({ containers: [nginx] }),
  );
  t.deepEqual(
    apply(live, deployment({ containers: [{ name: 'c', image: 'c' }, { $patch: 'replace' }] })),
    deployment({ containers: [{ name: 'c', image: 'c' }] }),
  );
  t.deepEqual(
    apply(live, deployment({ containers: [{ name: 'b', args: null }] })),
    deployment({ containers: [nginx, { name: 'b', image: 'b' }] }),
  );
});

test('the strategy of a deployment keeps only the keys that $retainKeys names', (t) => {
  const live = deployment({}, { strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1 } } });
  const patch = { spec: { strategy: { $retainKeys: ['type'], type: 'Recreate' } } };
  t.deepEqual(apply(live, patch), deployment({}, { strategy: { type: 'Recreate' } }));
});

test('lists of plain values are joined, and left by $deleteFromPrimitiveList', (t) => {
  const live = { metadata: { finalizers: ['a', 'b'] } };
  t.deepEqual(apply(live, { metadata: { finalizers: ['b', 'c'] } }), { metadata: { finalizers: ['a', 'b', 'c'] } });
  t.deepEqual(apply(live, { metadata: { '$deleteFromPrimitiveList/finalizers': ['a'] } }), {
    metadata: { finalizers: ['b'] },
  });
});

test('$setElementOrder puts items in order, and leaves those it does not name where they were', (t) => {
  const named = (...names: string[]): JsonObject =>
    deployment({ containers: names.map((name) => ({ name, image: 'i' })) });
  const patch = deployment({
    '$setElementOrder/containers': [{ name: 'c' }, { name: 'a' }],
    containers: [{ name: 'c', image: 'i' }],
  });
  t.deepEqual(apply(named('a', 'server', 'b'), patch), named('c', 'a', 'server', 'b'));
});

test('a map goes by $patch: delete and is made anew by $patch: replace', (t) => {
  const live = { metadata: { labels: { a: '1', b: '2' } } };
  t.deepEqual(apply(live, { metadata: { labels: { $patch: 'replace', c: '3' } } }), {
    metadata: { labels: { c: '3' } },
  });
  t.deepEqual(apply(live, { metadata: { labels: { $patch: 'delete' } } }), { metadata: {} });
});

for (const [what, patch, message] of [
  [
    'an item without its key',
    deployment({ containers: [{ image: 'x' }] }),
    /does not contain declared merge key: name/,
  ],
  [
    'a directive that nobody knows',
    { spec: { $patch: 'twist' } },
    /\$patch: "twist": expected merge, replace or delete/,
  ],
  [
    'an order that is no list',
    deployment({ '$setElementOrder/containers': 'x', containers: [nginx] }),
    /expected a list/,
  ],
] as const) {
  test(`${what} is a bad request`, (t) => {
    const error = t.throws(() => apply(deployment({ containers: [nginx] }), patch), { instanceOf: ApiError });
    t.is(error?.code, 400);
    t.regex(error?.message ?? '', message);
  });
}

test('a key that means something elsewhere is a key like others', (t) => {
  const patch: JsonObject = JSON.parse('{"metadata":{"labels":{"__proto__":"x","constructor":"y"}}}');
  const labels = apply({ metadata: {} }, patch)['metadata'];
  t.is(JSON.stringify(labels), '{"labels":{"__proto__":"x","constructor":"y"}}');
});
