// deploy/crds beside the source that it is generated from.

import { readdirSync, readFileSync } from 'node:fs';
import test from 'ava';
import { parse } from 'yaml';
import { customResourceDefinitions } from '#kube/crds/index.ts';
import { renderManifests } from '#kube/crds/manifest.ts';

const folder = new URL('../../../deploy/crds/', import.meta.url);
const published = new Map(
  readdirSync(folder)
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => [name, readFileSync(new URL(name, folder), 'utf8')]),
);

test('deploy/crds is what its script writes', (t) => {
  t.is(published.size, 23);
  const rendered = renderManifests();
  t.deepEqual([...published.keys()].toSorted(), [...rendered.keys()].toSorted());
  for (const [name, text] of rendered) {
    t.true(published.get(name) === text, `${name}: write it anew: node scripts/generate-crds.ts`);
  }
});

test('a reader of YAML 1.1, as kubectl is, reads from each file the definition it was written from', (t) => {
  for (const definition of customResourceDefinitions) {
    const text = published.get(`${definition.metadata.name?.split('.')[0]}.yaml`) ?? '';
    t.deepEqual(parse(text, { version: '1.1' }), definition);
    t.notRegex(text, /(?:^|\s)[&*][a-z]\w*$/m, 'no anchors: not every reader takes as many');
  }
});

test('texts that YAML 1.1 would take for true or false are quoted', (t) => {
  const pool = published.get('ciliumloadbalancerippools.yaml') ?? '';
  t.regex(pool, /- "Yes"\n\s+- "No"\n/);
});

test('each definition fits into the annotation that kubectl apply keeps it in (256 KiB)', (t) => {
  for (const definition of customResourceDefinitions) {
    t.true(JSON.stringify(definition).length < 200_000, definition.metadata.name);
  }
});
