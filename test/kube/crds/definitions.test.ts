// Our definitions as a whole: the API takes them, they are upstream's but for their words, and their words are ours.

import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { parse } from 'yaml';
import { ciliumKinds, customResourceDefinitions } from '#kube/crds/index.ts';
import { isRecord } from '#kube/record.ts';
import { readDefinition } from '#kube/schema/definition.ts';
import { environmentPath, needs } from '#support/skip.ts';
import { readFixture, writeCanonical } from './field-lists.ts';

for (const definition of customResourceDefinitions) {
  test(`${definition.metadata.name} is a structural definition whose patterns and rules compile`, (t) => {
    const { definition: read, causes } = readDefinition(definition);
    t.deepEqual(causes, []);
    t.is(read?.group, 'cilium.io');
  });
}

/** Columns have descriptions too, and ours are our own. */
function withoutDescriptions(value: unknown): unknown {
  const text = JSON.stringify(value, (name, inner: unknown) => (name === 'description' ? undefined : inner));
  return JSON.parse(text);
}

test('names, scopes, versions, columns and schemas are those of the fixture', (t) => {
  const upstream = readFixture('upstream-definitions.json');
  const ours = ciliumKinds.map(({ spec }) => {
    const versions = spec.versions.map(({ schema, ...version }) => ({
      ...version,
      sha256: createHash('sha256').update(writeCanonical(schema.openAPIV3Schema)).digest('hex'),
    }));
    return [spec.names.kind, withoutDescriptions({ ...spec, versions })] as const;
  });
  t.is(ours.length, 23);
  t.deepEqual(Object.fromEntries(ours), upstream);
});

/** All schemas within a schema, with their paths; names of fields are no keywords. */
function listSchemas(schema: unknown, path = '', found = new Map<string, Record<string, unknown>>()) {
  if (!isRecord(schema)) return found;
  found.set(path, schema);
  for (const [name, inner] of Object.entries(isRecord(schema.properties) ? schema.properties : {})) {
    listSchemas(inner, `${path}.${name}`, found);
  }
  listSchemas(schema.items, `${path}[]`, found);
  listSchemas(schema.additionalProperties, `${path}{}`, found);
  return found;
}

test('every field is described, in a line', (t) => {
  let described = 0;
  for (const { spec } of ciliumKinds) {
    for (const { schema } of spec.versions) {
      for (const [path, { description }] of listSchemas(schema.openAPIV3Schema)) {
        if (path === '.metadata') continue;
        t.regex(String(description), /^[^\n]{4,110}\.$/, `${spec.names.kind}${path}`);
        described++;
      }
    }
  }
  t.true(described > 2000, `${described} fields seen`);
});

const upstreamFolder = process.env['WAGGLE_UPSTREAM'] ?? '';

function readUpstreamDefinitions(): readonly unknown[] {
  return readdirSync(join(upstreamFolder, 'crds'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.yaml'))
    .map((name): unknown => parse(readFileSync(join(upstreamFolder, 'crds', name), 'utf8')));
}

test(
  'every schema is that of upstream to the letter but for descriptions, and no description is upstream’s',
  needs([environmentPath('WAGGLE_UPSTREAM')], (t) => {
    const ours = new Map(ciliumKinds.map(({ metadata, spec }) => [metadata.name, spec]));
    let compared = 0;
    for (const theirs of readUpstreamDefinitions()) {
      if (!isRecord(theirs) || !isRecord(theirs.metadata) || !isRecord(theirs.spec)) return t.fail('no definition');
      const name = String(theirs.metadata.name);
      const versions: readonly unknown[] = Array.isArray(theirs.spec.versions) ? theirs.spec.versions : [];
      for (const [at, version] of versions.entries()) {
        const here = ours.get(name)?.versions[at]?.schema.openAPIV3Schema;
        const there = isRecord(version) && isRecord(version.schema) ? version.schema.openAPIV3Schema : undefined;
        t.is(writeCanonical(here), writeCanonical(there), name);
        const words = listSchemas(there);
        for (const [path, { description }] of listSchemas(here)) {
          if (description !== undefined) t.not(description, words.get(path)?.description, `${name}${path}`);
        }
        compared++;
      }
    }
    t.is(compared, 31);
  }),
);
