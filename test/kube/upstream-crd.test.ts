// Our schema of CiliumBGPPeeringPolicy beside upstream's, where a copy lies at WAGGLE_UPSTREAM: every field
// with its type, limits, default and whether it is required; and texts that upstream's patterns judge.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { parseDocument } from 'yaml';
import { parseLargeCommunity, parseStandardCommunity } from '#control/bgp/communities.ts';
import { isRecord } from '#kube/record.ts';
import { peeringPolicySchema } from '#kube/schemas/peering-policy.ts';
import { environmentPath, needs } from '#support/skip.ts';

const upstream = environmentPath('WAGGLE_UPSTREAM');
const crdFile = 'crds/legacy/ciliumbgppeeringpolicies.yaml';

/** One field of a schema; two are equal when they take the same values. */
interface Field {
  readonly type: string;
  readonly isRequired: boolean;
  readonly limits: string;
}

const limitNames = [
  'pattern',
  'minimum',
  'maximum',
  'minItems',
  'maxItems',
  'minLength',
  'maxLength',
  'enum',
  'default',
] as const;

function listFields(
  schema: unknown,
  path = 'spec',
  isRequired = true,
  found = new Map<string, Field>(),
): Map<string, Field> {
  if (!isRecord(schema)) return found;
  // Communities are read at admission instead, which can say what would be right; the next test compares that.
  const isCommunity = /communities\.(standard|large)\[\]$/.test(path);
  const limits = limitNames
    .filter((name) => schema[name] !== undefined && !(isCommunity && name === 'pattern'))
    .map((name) => [name, schema[name]]);
  const type = typeof schema.type === 'string' ? schema.type : Array.isArray(schema.enum) ? 'string' : '?';
  found.set(path, { type, isRequired, limits: JSON.stringify(limits) });
  const required: unknown[] = Array.isArray(schema.required) ? schema.required : [];
  for (const [name, field] of Object.entries(isRecord(schema.properties) ? schema.properties : {})) {
    // A default makes a field present, however it is declared.
    const isThere = required.includes(name) && !(isRecord(field) && field.default !== undefined);
    listFields(field, `${path}.${name}`, isThere, found);
  }
  listFields(schema.items, `${path}[]`, true, found);
  const values = isRecord(schema.patternProperties) ? Object.values(schema.patternProperties)[0] : undefined;
  listFields(values ?? schema.additionalProperties, `${path}{}`, true, found);
  return found;
}

function readUpstreamSpec(): unknown {
  const text = readFileSync(join(process.env['WAGGLE_UPSTREAM'] ?? '', crdFile), 'utf8');
  return parseDocument(text).getIn(['spec', 'versions', 0, 'schema', 'openAPIV3Schema', 'properties', 'spec']);
}

function toPlain(node: unknown): unknown {
  const plain: unknown =
    typeof node === 'object' && node !== null && 'toJSON' in node && typeof node.toJSON === 'function'
      ? node.toJSON()
      : node;
  return plain;
}

test(
  'the schema of CiliumBGPPeeringPolicy takes what the last CRD took, field by field',
  needs([upstream], (t) => {
    const theirs = listFields(toPlain(readUpstreamSpec()));
    const ours = listFields(peeringPolicySchema.properties.spec);
    t.log(`${theirs.size} fields compared`);
    t.true(theirs.size >= 50, `${theirs.size} fields read`);
    t.deepEqual([...ours.keys()].toSorted(), [...theirs.keys()].toSorted());
    for (const [path, field] of theirs) {
      // Upstream limits the length of a label's value in matchLabels as we do; the key of an expression we also want present.
      if (path.endsWith('matchExpressions[].key')) continue;
      t.deepEqual(ours.get(path), field, path);
    }
  }),
);

test(
  'communities are read exactly as the patterns of the CRD say',
  needs([upstream], (t) => {
    const text = readFileSync(join(process.env['WAGGLE_UPSTREAM'] ?? '', crdFile), 'utf8');
    const patterns = [...text.matchAll(/pattern: (\^\(\[0-9\].*)\n/g)].map(([, pattern]) => new RegExp(pattern));
    t.is(patterns.length, 2, 'patterns of large and standard communities');
    const [large, standard] = patterns;
    const numbers = ['0', '1', '9', '10', '65535', '65536', '99999', '4294967295', '4294967296', '', '-1', '1a', '+1'];
    let compared = 0;
    for (const a of numbers) {
      t.is(parseStandardCommunity(a) !== undefined, standard.test(a), a);
      for (const b of numbers) {
        const two = `${a}:${b}`;
        t.is(parseStandardCommunity(two) !== undefined, standard.test(two), two);
        for (const c of numbers) {
          const three = `${two}:${c}`;
          t.is(parseLargeCommunity(three) !== undefined, large.test(three), three);
          compared++;
        }
      }
    }
    t.is(compared, numbers.length ** 3);
  }),
);

test(
  'the list of fields that comes with the reference names no field that we do not know',
  needs([upstream], (t) => {
    const content: unknown = JSON.parse(
      readFileSync(join(process.env['WAGGLE_UPSTREAM'] ?? '', 'crd-fields.json'), 'utf8'),
    );
    const rows = (Array.isArray(content) ? content : [])
      .filter((row: unknown) => isRecord(row))
      .filter(({ kind }) => kind === 'CiliumBGPPeeringPolicy');
    t.true(rows.length >= 35, `${rows.length} rows read`);
    const ours = listFields(peeringPolicySchema.properties.spec);
    for (const { path, type } of rows) {
      const field = ours.get(String(path));
      t.truthy(field, String(path));
      const named = String(type).replace('*', '').replace('LabelSelector', 'object');
      t.is(field?.type, named, String(path));
    }
  }),
);
