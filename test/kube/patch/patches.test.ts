// Merge patches and JSON patches: the examples of RFC 7386 (appendix A) and RFC 6902 (appendix A), and input that means harm.

import test from 'ava';
import fc from 'fast-check';
import { ApiError } from '#kube/api/api-error.ts';
import type { Json } from '#kube/api/object.ts';
import { applyJsonPatch } from '#kube/patch/json-patch.ts';
import { applyMergePatch } from '#kube/patch/merge-patch.ts';

const merges: readonly (readonly [Json, Json, Json])[] = [
  [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
  [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
  [{ a: 'b' }, { a: null }, {}],
  [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
  [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
  [{ a: 'c' }, { a: ['b'] }, { a: ['b'] }],
  [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
  [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
  [
    ['a', 'b'],
    ['c', 'd'],
    ['c', 'd'],
  ],
  [{ a: 'b' }, ['c'], ['c']],
  [{ a: 'foo' }, null, null],
  [{ a: 'foo' }, 'bar', 'bar'],
  [{ e: null }, { a: 1 }, { e: null, a: 1 }],
  [[1, 2], { a: 'b', c: null }, { a: 'b' }],
  [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
];

test('the fifteen examples of RFC 7386 come out as its appendix says', (t) => {
  t.is(merges.length, 15);
  for (const [target, patch, expected] of merges) t.deepEqual(applyMergePatch(target, patch), expected);
});

const patches: readonly (readonly [name: string, document: Json, patch: readonly Json[], expected: Json])[] = [
  ['A.1 adding a member', { foo: 'bar' }, [{ op: 'add', path: '/baz', value: 'qux' }], { baz: 'qux', foo: 'bar' }],
  [
    'A.2 adding to a list',
    { foo: ['bar', 'baz'] },
    [{ op: 'add', path: '/foo/1', value: 'qux' }],
    { foo: ['bar', 'qux', 'baz'] },
  ],
  ['A.3 removing a member', { baz: 'qux', foo: 'bar' }, [{ op: 'remove', path: '/baz' }], { foo: 'bar' }],
  [
    'A.4 removing from a list',
    { foo: ['bar', 'qux', 'baz'] },
    [{ op: 'remove', path: '/foo/1' }],
    { foo: ['bar', 'baz'] },
  ],
  [
    'A.5 replacing',
    { baz: 'qux', foo: 'bar' },
    [{ op: 'replace', path: '/baz', value: 'boo' }],
    { baz: 'boo', foo: 'bar' },
  ],
  [
    'A.6 moving',
    { foo: { bar: 'baz', waldo: 'fred' }, qux: { corge: 'grault' } },
    [{ op: 'move', from: '/foo/waldo', path: '/qux/thud' }],
    { foo: { bar: 'baz' }, qux: { corge: 'grault', thud: 'fred' } },
  ],
  [
    'A.7 moving in a list',
    { foo: ['all', 'grass', 'cows', 'eat'] },
    [{ op: 'move', from: '/foo/1', path: '/foo/3' }],
    { foo: ['all', 'cows', 'eat', 'grass'] },
  ],
  [
    'A.8 testing',
    { baz: 'qux', foo: ['a', 2, 'c'] },
    [
      { op: 'test', path: '/baz', value: 'qux' },
      { op: 'test', path: '/foo/1', value: 2 },
    ],
    { baz: 'qux', foo: ['a', 2, 'c'] },
  ],
  [
    'A.10 adding a nested member',
    { foo: 'bar' },
    [{ op: 'add', path: '/child', value: { grandchild: {} } }],
    { foo: 'bar', child: { grandchild: {} } },
  ],
  [
    'A.11 a field that is not known',
    { foo: 'bar' },
    [{ op: 'add', path: '/baz', value: 'qux', xyz: 123 }],
    { foo: 'bar', baz: 'qux' },
  ],
  ['A.14 escapes', { '/': 9, '~1': 10 }, [{ op: 'test', path: '/~01', value: 10 }], { '/': 9, '~1': 10 }],
  [
    'A.16 adding a list to a list',
    { foo: ['bar'] },
    [{ op: 'add', path: '/foo/-', value: ['abc', 'def'] }],
    { foo: ['bar', ['abc', 'def']] },
  ],
  ['copying', { a: [1], b: {} }, [{ op: 'copy', from: '/a', path: '/b/c' }], { a: [1], b: { c: [1] } }],
  ['replacing the whole', { a: 1 }, [{ op: 'replace', path: '', value: { b: 2 } }], { b: 2 }],
];

for (const [name, document, patch, expected] of patches) {
  test(`RFC 6902 ${name}`, (t) => {
    const before = structuredClone(document);
    t.deepEqual(applyJsonPatch(document, patch), expected);
    t.deepEqual(document, before, 'the document itself stays');
  });
}

for (const [what, patch, code] of [
  ['A.9 a test that fails', [{ op: 'test', path: '/baz', value: 'bar' }], 422],
  ['A.12 adding where nothing is', [{ op: 'add', path: '/none/bat', value: 1 }], 422],
  ['A.15 a number is not a text', [{ op: 'test', path: '/one', value: '1' }], 422],
  ['removing what is not there', [{ op: 'remove', path: '/none' }], 422],
  ['replacing what is not there', [{ op: 'replace', path: '/none', value: 1 }], 422],
  ['removing everything', [{ op: 'remove', path: '' }], 422],
  ['beyond the end of a list', [{ op: 'add', path: '/list/3', value: 1 }], 422],
  ['an index with a leading zero', [{ op: 'remove', path: '/list/00' }], 422],
  ['into itself', [{ op: 'move', from: '/map', path: '/map/x' }], 422],
  ['an operation that is none', [{ op: 'spread', path: '/a' }], 400],
  ['a path without a slash', [{ op: 'remove', path: 'baz' }], 400],
  ['a bad escape', [{ op: 'remove', path: '/~2' }], 400],
  ['no value', [{ op: 'add', path: '/a' }], 400],
  ['no list', { op: 'add', path: '/a', value: 1 }, 400],
  ['no map', ['x'], 400],
  ['more than 10,000 operations', Array.from({ length: 10_001 }, () => ({ op: 'remove', path: '/a' })), 413],
] as const) {
  test(`a JSON patch is refused: ${what}`, (t) => {
    const document = { baz: 'qux', one: 1, list: [1, 2], map: {} };
    t.is(
      t.throws(() => applyJsonPatch(document, JSON.parse(JSON.stringify(patch))), { instanceOf: ApiError })?.code,
      code,
    );
  });
}

test('copies that double what is there each time end at a limit', (t) => {
  const patch = Array.from({ length: 60 }, () => ({ op: 'copy', from: '/a', path: '/a/-' }));
  t.is(t.throws(() => applyJsonPatch({ a: ['x'] }, patch), { instanceOf: ApiError })?.code, 422);
});

test('copies and moves that nest deeper each time end at 200 levels', (t) => {
  for (const op of ['copy', 'move']) {
    const patch: Json[] = [];
    for (let depth = 1; depth < 600; depth = op === 'copy' ? depth * 2 : depth + 1) {
      const path = '/a'.repeat(op === 'copy' ? depth + 1 : 2);
      patch.push(op === 'copy' ? { op, from: '/a', path } : { op: 'add', path: '/b', value: {} });
      if (op === 'move') patch.push({ op, from: '/a', path: '/b/a' }, { op, from: '/b', path: '/a' });
    }
    const error = t.throws(() => applyJsonPatch({ a: {} }, patch), { instanceOf: ApiError }, op);
    t.regex(error?.message ?? '', /nested more than 200 levels deep$/, op);
  }
  const far = [{ op: 'add', path: '/a'.repeat(10_000), value: 1 }];
  t.is(t.throws(() => applyJsonPatch({ a: {} }, far), { instanceOf: ApiError })?.code, 422);
});

test('ten thousand operations on a map of 50,000 keys and a list of 50,000 cost their paths, or end at a limit', (t) => {
  const wide = Object.fromEntries(Array.from({ length: 50_000 }, (_, index) => [`k${index}`, index]));
  const replaced = applyJsonPatch(
    wide,
    Array.from({ length: 10_000 }, (_, index) => ({ op: 'replace', path: `/k${index}`, value: 'x' })),
  );
  t.deepEqual(Object.values(Object(replaced)).filter((value) => value === 'x').length, 10_000);
  const long = { list: Array.from({ length: 50_000 }, (_, index) => index) };
  const shifts = Array.from({ length: 10_000 }, () => ({ op: 'add', path: '/list/0', value: 1 }));
  t.regex(t.throws(() => applyJsonPatch(long, shifts), { instanceOf: ApiError })?.message ?? '', /too much$/);
  const tests = Array.from({ length: 1_000 }, () => ({ op: 'test', path: '/list', value: long.list }));
  t.regex(t.throws(() => applyJsonPatch(long, tests), { instanceOf: ApiError })?.message ?? '', /too much$/);
});

test('__proto__ and constructor are keys like others', (t) => {
  const hostile: Json = JSON.parse('{"__proto__": {"polluted": true}, "constructor": {"x": 1}}');
  for (const made of [
    applyMergePatch({ a: 1 }, hostile),
    applyJsonPatch({ a: 1 }, [{ op: 'add', path: '/__proto__', value: { polluted: true } }]),
  ]) {
    t.true(Object.hasOwn(Object(made), '__proto__'));
    t.is(Object.getPrototypeOf(made), Object.prototype);
  }
  t.is(Reflect.get({}, 'polluted'), undefined);
  t.throws(() => applyJsonPatch({}, [{ op: 'remove', path: '/constructor' }]), { instanceOf: ApiError });
});

test('a merge patch of what is there changes nothing, and nothing but ApiError is thrown at any patch', (t) => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 4 }), fc.jsonValue({ maxDepth: 4 }), (document, patch) => {
      const [target, change]: [Json, Json] = JSON.parse(JSON.stringify([document, patch]));
      const once = applyMergePatch(target, change);
      t.deepEqual(applyMergePatch(once, change), once);
      try {
        applyJsonPatch(target, change);
      } catch (error) {
        t.true(error instanceof ApiError);
      }
    }),
  );
});
