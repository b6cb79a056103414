// Rules of custom resources: the examples of Kubernetes' documentation and cel-spec's laws, and rules that mean harm.

import test from 'ava';
import fc from 'fast-check';
import type { Json, JsonObject } from '#kube/api/object.ts';
import type { OpenApiSchema, ValidationRule } from '#kube/api/openapi-schema.ts';
import { Faults } from '#kube/schema/faults.ts';
import { Budget, evaluate } from '#kube/schema/cel/evaluate.ts';
import { parseRule } from '#kube/schema/cel/parse.ts';
import { checkRules, SchemaRules } from '#kube/schema/cel/rules.ts';
import { CelError, toValue } from '#kube/schema/cel/values.ts';

const run = (rule: string, self: Json = null): unknown =>
  evaluate(parseRule(rule), new Map([['self', toValue(self, undefined)]]), new Budget(1_000_000));

const self = {
  minReplicas: 1,
  replicas: 3,
  maxReplicas: 5,
  ratio: 0.5,
  health: 'ok',
  components: { a: 1, b: 2 },
  set1: ['a', 'b'],
  set2: ['c'],
  names: [{ key: 'x', name: 'x1' }, { key: 'y' }],
};

for (const rule of [
  'self.minReplicas <= self.replicas && self.replicas <= self.maxReplicas',
  "'a' in self.components",
  "!('z' in self.components)",
  'size(self.names) == 2 && self.names.size() == 2',
  'self.set1.all(e, !(e in self.set2))',
  "self.names.exists(n, n.key == 'x') && self.names.exists_one(n, has(n.name))",
  "self.names.filter(n, has(n.name)).map(n, n.name) == ['x1']",
  "self.names.map(n, has(n.name), n.name) == ['x1']",
  "self.components.all(k, k in ['a', 'b'])",
  "has(self.health) ? self.health.startsWith('o') : false",
  "self.health.endsWith('k') && self.health.contains('o') && self.health.matches('^o.$')",
  '!has(self.missing) || self.missing == 1',
  'self.missing == 1 || true',
  'true || self.missing == 1',
  '[1, 2, 3].exists(i, i / (i - 1) > 0)',
  '1 + 2 * 3 == 7 && (1 + 2) * 3 == 9 && 7 % 4 == 3 && -7 / 2 == -3',
  '-9223372036854775808 < 0 && 0x10 == 16',
  '1 == 1.0 && 1u == 1 && 2 > 1.5',
  "'äöü'.size() == 3 && 'abc'.substring(1) == 'bc' && 'abc'.charAt(1) == 'b'",
  "'a,b,c'.split(',') == ['a', 'b', 'c'] && 'a,b,c'.split(',', 2) == ['a', 'b,c']",
  "['a', 'b'].join('-') == 'a-b' && 'AbÄ'.lowerAscii() == 'abÄ' && 'ab'.upperAscii() == 'AB'",
  "'aXbX'.replace('X', '-') == 'a-b-' && 'aXbX'.replace('X', '-', 1) == 'a-bX' && ' a '.trim() == 'a'",
  "'hello'.indexOf('l') == 2 && 'hello'.lastIndexOf('l') == 3 && 'hello'.indexOf('z') == -1",
  "duration('90s') > duration('1m') && duration('1h30m').getMinutes() == 90",
  "timestamp('2026-01-01T00:00:00Z') + duration('24h') == timestamp('2026-01-02T00:00:00Z')",
  "timestamp('2026-11-23T12:00:00Z').getFullYear() == 2026 && timestamp('2026-11-23T12:00:00Z').getMonth() == 10",
  "int('42') == 42 && string(42) == '42' && double('1.5') == 1.5 && bool('true') && int(2.9) == 2",
  "isIP('192.0.2.1') && isIP('2001:db8::1') && !isIP('192.0.2.256') && ip('2001:db8::1').family() == 6",
  "cidr('192.0.2.0/24').containsIP('192.0.2.9') && !cidr('192.0.2.0/24').containsCIDR('192.0.2.0/23')",
  "isCIDR('10.0.0.0/8') && cidr('10.0.0.0/8').prefixLength() == 8 && ip('127.0.0.1').isLoopback()",
  "{'a': 1, 'b': [1]} == {'b': [1], 'a': 1} && {'a': 1}['a'] == 1",
  "r'\\d' == '\\\\d' && \"\\x41\\u0042\" == 'AB' && '''a'b''' == \"a'b\"",
  '[3, 1, 2].max() == 3 && [1, 2].sum() == 3 && [1, 2].isSorted() && [1] + [2] == [1, 2]',
  '// a comment\n true',
]) {
  test(`holds: ${rule.slice(0, 110)}`, (t) => {
    t.is(run(rule, self), true);
  });
}

for (const [rule, message] of [
  ['9223372036854775807 + 1 > 0', /integer overflow/],
  ['-(-9223372036854775808) > 0', /integer overflow/],
  ['0u - 1u == 0u', /unsigned integer overflow/],
  ['1 / 0 == 1', /division by zero/],
  ['self.missing == 1', /no such key: missing/],
  ['self.missing == 1 || false', /no such key: missing/],
  ['[1][1] == 1', /index out of bounds: 1/],
  ["1 + 'a' == 1", /no such overload: _\+_/],
  ["'a'.matches('(')", /error parsing regexp/],
  ["cidr('x') == cidr('y')", /parse error/],
  ['1 +', /Syntax error: mismatched input '<EOF>'/],
  ['self.a = 1', /Syntax error/],
  ['9223372036854775808 > 0', /invalid int literal/],
  ['has(self)', /invalid argument to has\(\) macro/],
  ['('.repeat(1_000), /nests too deeply/],
  ['!'.repeat(1_000) + 'true', /nests too deeply/],
  ['self' + '.a'.repeat(1_000), /nests too deeply/],
  [`'${'a'.repeat(20_000)}' == ''`, /longer than/],
] as const) {
  test(`fails: ${rule.slice(0, 60)}`, (t) => {
    t.throws(() => run(rule, self), { instanceOf: CelError, message });
  });
}

test('rules that take others forever run out of their budget', (t) => {
  const list = `[${Array.from({ length: 100 }, (_, at) => at).join(',')}]`;
  for (const rule of [
    `${list}.all(a, ${list}.all(b, ${list}.all(c, ${list}.all(d, true))))`,
    `${list}.map(a, ${list}).map(b, b + b + b).map(c, ${list}.map(d, c + c)).size() > 0`,
    `${list}.all(a, '${'a'.repeat(1_000)}'.matches('^((a{100}){20}){5}$') || true)`,
    `${list}.all(a, self.text == self.text + self.text || true)`,
  ]) {
    t.throws(() => run(rule, { text: 'x'.repeat(1_000_000) }), { instanceOf: CelError, message: /took more steps/ });
  }
});

test('whatever the rule, nothing but CelError is thrown', (t) => {
  const word = fc.constantFrom(
    ...'self . ( ) [ ] { } && || ! - + * / % == < in ? : , 1 2u 1.5 "a" name has( .all( .map( x size( ip( null true'.split(
      ' ',
    ),
  );
  fc.assert(
    fc.property(fc.array(word, { maxLength: 12 }), (words) => {
      try {
        run(words.join(' '), self);
        t.pass();
      } catch (error) {
        t.true(error instanceof CelError, words.join(' '));
      }
    }),
    { numRuns: 2_000 },
  );
});

const ruled = (spec: OpenApiSchema, ...rules: readonly ValidationRule[]): OpenApiSchema => ({
  type: 'object',
  properties: { spec: { ...spec, 'x-kubernetes-validations': rules } },
});
const judge = (schema: OpenApiSchema, spec: Json, before?: Json): readonly string[] =>
  new SchemaRules(schema)
    .validate(object(spec), before === undefined ? undefined : object(before))
    .map(({ field, message }) => `${field}: ${message}`);
const object = (spec: Json): JsonObject => ({ apiVersion: 'x/v1', kind: 'X', metadata: { name: 'n', uid: 'u' }, spec });
const faultsOf = (schema: OpenApiSchema): readonly string[] => {
  const faults = new Faults();
  checkRules(schema, 'schema', faults);
  return faults.causes.map(({ field, message }) => `${field}: ${message}`);
};

const timers: OpenApiSchema = {
  type: 'object',
  properties: {
    keep: { type: 'integer' },
    hold: { type: 'integer' },
    'dash-ed': { type: 'string' },
    namespace: { type: 'string' },
    pool: { type: 'array', items: { type: 'object', properties: { cidr: { type: 'string' } } } },
    cidrs: { type: 'array', items: { type: 'string' } },
  },
};

test('a broken rule tells its message, its expression’s, or itself', (t) => {
  const rule = 'self.keep <= self.hold';
  const says = (extra: Partial<ValidationRule>): readonly string[] =>
    judge(ruled(timers, { rule, ...extra }), { keep: 9, hold: 3 });
  t.deepEqual(judge(ruled(timers, { rule }), { keep: 1, hold: 3 }), []);
  t.deepEqual(says({}), [`spec: Invalid value: "object": failed rule: ${rule}`]);
  t.deepEqual(says({ message: 'keep must not exceed hold' }), [
    'spec: Invalid value: "object": keep must not exceed hold',
  ]);
  t.deepEqual(says({ messageExpression: "'at most ' + string(self.hold)" }), [
    'spec: Invalid value: "object": at most 3',
  ]);
  t.deepEqual(says({ message: 'fixed', messageExpression: 'string(1 / 0)' }), ['spec: Invalid value: "object": fixed']);
  t.deepEqual(says({ reason: 'FieldValueForbidden', fieldPath: '.keep', message: 'no' }), ['spec.keep: Forbidden: no']);
  t.deepEqual(judge(ruled(timers, { rule, message: 'm' }), { keep: 9 }), [
    'spec: Invalid value: "object": no such key: hold evaluating rule: m',
  ]);
});

test('a rule that names oldSelf waits for an old one', (t) => {
  const schema = ruled(timers, { rule: 'self == oldSelf', message: 'immutable' });
  t.deepEqual(judge(schema, { keep: 1 }), []);
  t.deepEqual(judge(schema, { keep: 1 }, { keep: 1 }), []);
  t.deepEqual(judge(schema, { keep: 2 }, { keep: 1 }), ['spec: Invalid value: "object": immutable']);
});

test('items of a list by keys are compared with the item of the same keys', (t) => {
  const schema: OpenApiSchema = {
    type: 'object',
    properties: {
      spec: {
        type: 'array',
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-list-map-keys': ['name'],
        items: {
          type: 'object',
          properties: { name: { type: 'string' }, port: { type: 'integer' } },
          'x-kubernetes-validations': [{ rule: 'self.port >= oldSelf.port', message: 'only up' }],
        },
      },
    },
  };
  const [a, b] = [
    { name: 'a', port: 1 },
    { name: 'b', port: 5 },
  ];
  t.deepEqual(judge(schema, [b, a], [a, b]), []);
  t.deepEqual(judge(schema, [{ name: 'b', port: 4 }, a], [a, b]), ['spec[0]: Invalid value: "object": only up']);
});

test('names that CEL reserves or cannot write are escaped', (t) => {
  const schema = ruled(timers, { rule: "self.dash__dash__ed == 'x' && self.__namespace__ == 'y'" });
  t.deepEqual(judge(schema, { 'dash-ed': 'x', namespace: 'y' }), []);
});

test('rules see of metadata the name alone', (t) => {
  const schema: OpenApiSchema = {
    type: 'object',
    properties: { spec: timers },
    'x-kubernetes-validations': [{ rule: "self.metadata.name == 'n' && (has(self.spec) || self.kind == 'Y')" }],
  };
  t.deepEqual(judge(schema, {}), []);
  t.deepEqual(faultsOf({ ...schema, 'x-kubernetes-validations': [{ rule: "self.metadata.uid == 'u'" }] }), [
    `schema.x-kubernetes-validations[0].rule: Invalid value: "self.metadata.uid == 'u'": compilation failed: undefined field 'uid'`,
  ]);
});

test('what operators of networks write is understood', (t) => {
  for (const rule of [
    '!has(self.pool) || self.pool.all(p, p.cidr in self.cidrs)',
    "!has(self.__namespace__) || self.__namespace__ == '' || isIP(self.__namespace__)",
    'self.keep <= self.hold || has(self.pool)',
  ]) {
    t.deepEqual(faultsOf(ruled(timers, { rule })), []);
    t.deepEqual(judge(ruled(timers, { rule }), { keep: 1, hold: 1, pool: [{ cidr: 'a' }], cidrs: ['a'] }), []);
  }
  t.is(
    judge(ruled(timers, { rule: 'self.pool.all(p, p.cidr in self.cidrs)' }), { pool: [{ cidr: 'a' }], cidrs: [] })
      .length,
    1,
  );
});

for (const [rule, fault] of [
  [{ rule: 'self.nothing == 1' }, /undefined field 'nothing'/],
  [{ rule: 'other == 1' }, /undeclared reference to 'other'/],
  [{ rule: 'self.keep.quantity()' }, /undeclared reference to 'quantity'/],
  [{ rule: 'size(1, 2) == 1' }, /found no matching overload for 'size'/],
  [{ rule: 'self.keep.x == 1' }, /type 'integer' does not support field selection/],
  [{ rule: '  ' }, /rule is not specified/],
  [{ rule: 'true &&\ntrue' }, /message must be specified if rule contains line breaks/],
  [{ rule: 'true', fieldPath: '.nothing' }, /fieldPath names a field/],
  [{ rule: 'true', optionalOldSelf: true }, /optional types are not supported/],
  [{ rule: 'self.pool.all(p, p.nothing == 1)' }, /undefined field 'nothing'/],
] as const satisfies readonly (readonly [ValidationRule, RegExp])[]) {
  test(`a definition is refused for ${JSON.stringify(rule)}`, (t) => {
    t.regex(faultsOf(ruled(timers, rule)).join(), fault);
  });
}
