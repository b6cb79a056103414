// Label and field selectors of queries: what they choose, and what is refused. After Kubernetes' documentation of both.

import test from 'ava';
import { ApiError } from '#kube/api/api-error.ts';
import { readFieldQuery } from '#kube/api/field-query.ts';
import { readLabelQuery } from '#kube/api/label-query.ts';

const objects: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  web: { app: 'web', tier: 'front', weight: '7' },
  db: { app: 'db', tier: 'back', 'example.com/zone': 'a' },
  none: {},
};

for (const [query, chosen] of [
  ['', 'web db none'],
  ['app', 'web db'],
  ['!app', 'none'],
  ['! app', 'none'],
  ['app=web', 'web'],
  ['app==web', 'web'],
  ['app = web', 'web'],
  ['app!=web', 'db none'],
  ['app=', ''],
  ['app in (web, db)', 'web db'],
  ['app in (web)', 'web'],
  ['app notin (web)', 'db none'],
  ['tier notin (front,back),!app', 'none'],
  ['example.com/zone=a', 'db'],
  ['weight>6', 'web'],
  ['weight<7', ''],
  ['app,tier=back', 'db'],
] as const) {
  test(`the label selector "${query}" chooses ${chosen === '' ? 'nothing' : chosen}`, (t) => {
    const holds = readLabelQuery(query);
    const found = Object.entries(objects).filter(([, labels]) => holds === undefined || holds(labels));
    t.is(found.map(([name]) => name).join(' '), chosen);
  });
}

for (const query of [
  'app in (a',
  'app in',
  ',app',
  'app=a b',
  '-app',
  'app=-x',
  'app>x',
  'a b',
  `app=${'x'.repeat(64)}`,
  'x'.repeat(20_000),
  'constructor in (',
]) {
  test(`the label selector ${query.slice(0, 20)} is a bad request`, (t) => {
    t.is(t.throws(() => readLabelQuery(query), { instanceOf: ApiError })?.code, 400);
  });
}

test('a label that an object only inherits is none', (t) => {
  t.false(readLabelQuery('constructor')?.({}) ?? true);
});

const pod = (name: string, phase?: string) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'default' },
  ...(phase === undefined ? {} : { status: { phase } }),
});

test('a field selector compares fields that the kind offers, and names and namespaces of every kind', (t) => {
  const choose = (query: string): string =>
    [pod('a', 'Running'), pod('b'), pod('c,d', 'Failed')]
      .filter((object) => readFieldQuery(query, { selectableFields: ['.status.phase'] })?.(object) ?? true)
      .map(({ metadata }) => metadata.name)
      .join(' ');
  t.is(choose(''), 'a b c,d');
  t.is(choose('metadata.name=a'), 'a');
  t.is(choose('metadata.name!=a'), 'b c,d');
  t.is(choose('metadata.name=c\\,d'), 'c,d');
  t.is(choose('status.phase=Running'), 'a');
  t.is(choose('status.phase!=Running,metadata.namespace=default'), 'b c,d');
  t.is(choose('status.phase='), 'b');
});

test('a field that the kind does not offer, and what is no comparison, are bad requests', (t) => {
  for (const [query, message] of [
    ['spec.x=1', 'field label not supported: spec.x'],
    ['metadata.name', "invalid selector: 'metadata.name'; can't understand 'metadata.name'"],
    ['=x', "invalid selector: '=x'; can't understand '=x'"],
  ]) {
    const error = t.throws(() => readFieldQuery(query, { selectableFields: [] }), { instanceOf: ApiError });
    t.deepEqual([error?.code, error?.message], [400, message]);
  }
});
