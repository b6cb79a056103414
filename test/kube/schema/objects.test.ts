// Custom resources against their schemas: what is wrong in upstream's words, what is dropped, what is filled in.

import test from 'ava';
import fc from 'fast-check';
import type { Json } from '#kube/api/object.ts';
import type { OpenApiSchema } from '#kube/api/openapi-schema.ts';
import { fillDefaults } from '#kube/schema/defaults.ts';
import { pruneObject } from '#kube/schema/prune.ts';
import { Re2 } from '#kube/schema/re2.ts';
import { validateValue } from '#kube/schema/validate.ts';

const patternOf = (pattern: string): Re2 => new Re2(pattern);
const faults = (value: Json, schema: OpenApiSchema, path = 'spec.x'): readonly string[] =>
  validateValue(value, schema, path, patternOf).map(({ field, message }) => `${field}: ${message}`);

const peers: OpenApiSchema = {
  type: 'array',
  'x-kubernetes-list-type': 'map',
  'x-kubernetes-list-map-keys': ['name', 'port'],
  items: { type: 'object', properties: { name: { type: 'string' }, port: { type: 'integer', default: 179 } } },
};

for (const [value, schema, expected] of [
  ['x', { type: 'integer' }, 'spec.x: Invalid value: "string": spec.x in body must be of type integer: "string"'],
  [1.5, { type: 'integer' }, 'spec.x: Invalid value: "number": spec.x in body must be of type integer: "number"'],
  [1, { type: 'number' }, ''],
  [null, { type: 'string' }, 'spec.x: Invalid value: "null": spec.x in body must be of type string: "null"'],
  [null, { type: 'string', nullable: true }, ''],
  ['80', { 'x-kubernetes-int-or-string': true }, ''],
  [80, { 'x-kubernetes-int-or-string': true }, ''],
  [
    true,
    { 'x-kubernetes-int-or-string': true },
    'spec.x: Invalid value: "boolean": spec.x in body must be of type integer or string: "boolean"',
  ],
  [0, { type: 'integer', minimum: 1 }, 'spec.x: Invalid value: 0: spec.x in body should be greater than or equal to 1'],
  [
    1,
    { type: 'integer', minimum: 1, exclusiveMinimum: true },
    'spec.x: Invalid value: 1: spec.x in body should be greater than 1',
  ],
  [9, { type: 'integer', maximum: 8 }, 'spec.x: Invalid value: 9: spec.x in body should be less than or equal to 8'],
  [
    2 ** 31,
    { type: 'integer', format: 'int32' },
    'spec.x: Invalid value: 2147483648: spec.x in body must be of type int32: 2147483648',
  ],
  ['c', { type: 'string', enum: ['a', 'b'] }, 'spec.x: Unsupported value: "c": supported values: "a", "b"'],
  ['', { type: 'string', minLength: 1 }, 'spec.x: Invalid value: "": spec.x in body should be at least 1 chars long'],
  ['äöü', { type: 'string', maxLength: 3 }, ''],
  ['abcd', { type: 'string', maxLength: 3 }, 'spec.x: Too long: may not be more than 3 bytes'],
  ['A', { type: 'string', pattern: '^[a-z]$' }, `spec.x: Invalid value: "A": spec.x in body should match '^[a-z]$'`],
  [
    '10.0.0.300',
    { type: 'string', format: 'ipv4' },
    'spec.x: Invalid value: "10.0.0.300": spec.x in body must be of type ipv4: "10.0.0.300"',
  ],
  [
    '10.0.0.0/33',
    { type: 'string', format: 'cidr' },
    'spec.x: Invalid value: "10.0.0.0/33": spec.x in body must be of type cidr: "10.0.0.0/33"',
  ],
  ['anything', { type: 'string', format: 'nobody-knows' }, ''],
  [
    [1, 2, 3],
    { type: 'array', maxItems: 2, items: { type: 'string' } },
    'spec.x: Too many: 3: must have at most 2 items',
  ],
  [[], { type: 'array', minItems: 1 }, 'spec.x: Invalid value: 0: spec.x in body should have at least 1 items'],
  [
    ['a', 'b', 'a'],
    { type: 'array', 'x-kubernetes-list-type': 'set', items: { type: 'string' } },
    'spec.x[2]: Duplicate value: "a"',
  ],
  [[{ name: 'a' }, { name: 'a', port: 1790 }], peers, ''],
  [[{ name: 'a' }, { name: 'a', port: 179 }], peers, 'spec.x[1]: Duplicate value: {"name":"a","port":179}'],
  [{}, { type: 'object', required: ['a'], properties: { a: { type: 'string' } } }, 'spec.x.a: Required value'],
  [
    { a: 1 },
    { type: 'object', additionalProperties: { type: 'string' } },
    'spec.x.a: Invalid value: "integer": spec.x.a in body must be of type string: "integer"',
  ],
  [{ a: 1, b: 2 }, { type: 'object', maxProperties: 1 }, 'spec.x: Too many: 2: must have at most 1 items'],
  [
    'a',
    { oneOf: [{ enum: ['a'] }, { enum: ['a', 'b'] }] },
    'spec.x: Invalid value: "a": spec.x in body must validate one and only one schema (oneOf). Found 2 valid alternatives',
  ],
  [
    'c',
    { oneOf: [{ enum: ['a'] }] },
    'spec.x: Invalid value: "c": spec.x in body must validate one and only one schema (oneOf). Found none valid',
  ],
  [
    'c',
    { anyOf: [{ enum: ['a'] }, { enum: ['b'] }] },
    'spec.x: Invalid value: "c": spec.x in body must validate at least one schema (anyOf)',
  ],
  ['a', { not: { enum: ['a'] } }, 'spec.x: Invalid value: "a": spec.x in body must not validate the schema (not)'],
  [
    'abc',
    { type: 'string', allOf: [{ minLength: 5 }] },
    'spec.x: Invalid value: "abc": spec.x in body should be at least 5 chars long',
  ],
] as const satisfies readonly (readonly [Json, OpenApiSchema, string])[]) {
  test(`${JSON.stringify(value)} against ${JSON.stringify(schema)}`, (t) => {
    t.deepEqual(faults(value, schema), expected === '' ? [] : [expected]);
  });
}

test('every fault is told with its path, up to a hundred', (t) => {
  const list: OpenApiSchema = { type: 'array', items: { type: 'object', properties: { a: { type: 'integer' } } } };
  t.deepEqual(
    faults([{ a: 'x' }, { a: 1 }, { a: true }], list).map((line) => line.split(': ')[0]),
    ['spec.x[0].a', 'spec.x[2].a'],
  );
  t.is(
    faults(
      Array.from({ length: 1_000 }, () => ({ a: 'x' })),
      list,
    ).length,
    100,
  );
});

const schema: OpenApiSchema = {
  type: 'object',
  properties: {
    spec: {
      type: 'object',
      properties: {
        known: { type: 'string' },
        list: { type: 'array', items: { type: 'object', properties: { a: { type: 'string' } } } },
        map: { type: 'object', additionalProperties: { type: 'object', properties: { a: { type: 'string' } } } },
        free: {
          type: 'object',
          'x-kubernetes-preserve-unknown-fields': true,
          properties: { strict: { type: 'object', properties: {} } },
        },
        template: {
          type: 'object',
          'x-kubernetes-embedded-resource': true,
          properties: { spec: { type: 'object', properties: {} } },
        },
      },
    },
  },
};

test('fields that the schema does not have are dropped and told by their path', (t) => {
  const head = { apiVersion: 'x/v1', kind: 'X', metadata: { name: 'n', anything: 1 } };
  const { value, unknown } = pruneObject(
    {
      ...head,
      more: 1,
      spec: {
        known: 'x',
        other: 1,
        list: [{ a: 'x', b: 1 }],
        map: { k: { a: 'x', c: 1 } },
        free: { any: { thing: 1 }, strict: { d: 1 } },
        template: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' }, spec: { e: 1 }, status: {} },
      },
    },
    schema,
  );
  t.deepEqual(value, {
    ...head,
    spec: {
      known: 'x',
      list: [{ a: 'x' }],
      map: { k: { a: 'x' } },
      free: { any: { thing: 1 }, strict: {} },
      template: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' }, spec: {} },
    },
  });
  t.deepEqual(unknown.toSorted(), [
    'more',
    'spec.free.strict.d',
    'spec.list[0].b',
    'spec.map.k.c',
    'spec.other',
    'spec.template.spec.e',
    'spec.template.status',
  ]);
});

test('defaults come in where a field is absent, deep down too, but not into what is absent itself', (t) => {
  const timers: OpenApiSchema = {
    type: 'object',
    properties: { hold: { type: 'integer', default: 90 }, keep: { type: 'integer', default: 30 } },
  };
  const peer: OpenApiSchema = {
    type: 'object',
    properties: {
      timers,
      port: { type: 'integer', default: 179 },
      mode: { type: 'object', default: {}, properties: { on: { type: 'boolean', default: true } } },
    },
  };
  t.deepEqual(fillDefaults({}, peer), { port: 179, mode: { on: true } });
  t.deepEqual(fillDefaults({ timers: { hold: 9 }, port: 1790 }, peer), {
    timers: { hold: 9, keep: 30 },
    port: 1790,
    mode: { on: true },
  });
  t.deepEqual(fillDefaults([{}, { port: 1 }], { type: 'array', items: peer }), [
    { port: 179, mode: { on: true } },
    { port: 1, mode: { on: true } },
  ]);
  t.deepEqual(
    fillDefaults({ port: null }, peer),
    { port: 179, mode: { on: true } },
    'null where it may not be is absent',
  );
  t.deepEqual(fillDefaults({ a: null }, { type: 'object', properties: { a: { type: 'string' } } }), {});
  const nullable: OpenApiSchema = {
    type: 'object',
    properties: { a: { type: 'string', nullable: true, default: 'x' } },
  };
  t.deepEqual(fillDefaults({ a: null }, nullable), { a: null });
  const whole = { port: 1, mode: { on: false } };
  t.is(fillDefaults(whole, peer), whole);
});

test('whatever the value, nothing is thrown, what was pruned is pruned, and what was filled in is full', (t) => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 5 }), (any) => {
      const value: Json = JSON.parse(JSON.stringify(any));
      faults(value, schema);
      const once = pruneObject({ apiVersion: 'x/v1', kind: 'X', metadata: {}, spec: value }, schema).value;
      t.deepEqual(pruneObject(once, schema), { value: once, unknown: [] });
      const full = fillDefaults(once, schema);
      t.is(fillDefaults(full, schema), full);
    }),
  );
});

test('a text that would take a large pattern too long is refused unread', (t) => {
  const schema: OpenApiSchema = { type: 'string', pattern: '^((a{100}){20}){5}$' };
  const [fault] = faults('a'.repeat(1_000_000), schema);
  t.regex(fault, /is too long to be held against its pattern$/);
});
