// Our definitions beside the list of all fields of upstream's: none is missing, none is added, and all take the same.

import test from 'ava';
import { ciliumKinds } from '#kube/crds/index.ts';
import { type Field, listFields, readUpstreamFields } from './field-lists.ts';

const upstream = readUpstreamFields();
const ours = new Map<string, ReadonlyMap<string, Field>>(
  ciliumKinds.flatMap(({ spec }) =>
    spec.versions.map(
      ({ name, schema }) => [`${spec.names.kind}/${name}`, listFields(schema.openAPIV3Schema)] as const,
    ),
  ),
);

test('23 kinds in 31 versions are compared, by 1954 fields', (t) => {
  const fields = [...upstream.values()].reduce((sum, { size }) => sum + size, 0);
  t.is(fields, 1954);
  t.is(upstream.size, 31);
  t.is(new Set([...upstream.keys()].map((key) => key.split('/')[0])).size, 23);
  t.deepEqual([...ours.keys()].toSorted(), [...upstream.keys()].toSorted());
});

for (const [key, fields] of upstream) {
  test(`${key} has upstream's ${fields.size} fields and no others, with the same types and limits`, (t) => {
    const here = ours.get(key) ?? new Map<string, Field>();
    t.deepEqual([...here.keys()].toSorted(), [...fields.keys()].toSorted());
    for (const [path, field] of fields) t.deepEqual(here.get(path), field, path);
  });
}

test('a selector of CiliumNodeConfig takes any operator and value, any other only the known ones', (t) => {
  const selectors: string[] = [];
  const visit = (value: unknown, kind: string): void => {
    if (typeof value !== 'object' || value === null) return;
    if ('matchExpressions' in value)
      selectors.push(`${kind} ${JSON.stringify(value).includes('"enum":["In","NotIn"')}`);
    else for (const inner of Object.values(value)) visit(inner, kind);
  };
  for (const { spec } of ciliumKinds) visit(spec.versions, spec.names.kind);
  t.true(selectors.length > 80, `${selectors.length} selectors seen`);
  t.deepEqual(
    selectors.filter((one) => one.endsWith('false')),
    ['CiliumNodeConfig false'],
  );
});
