// Reading YAML: lines, limits, and what is refused.

import test from 'ava';
import { readYaml } from '#control/yaml/document.ts';
import { findNearest, formatFieldPath, formatValue } from '#control/yaml/field-path.ts';

const limits = { maxBytes: 1000, maxDocuments: 3, maxAliases: 10, maxDepth: 8 };

test('every field has the line on which it stands, a missing one that of its parent', (t) => {
  const { documents, faults } = readYaml(
    'router:\n  asn: 1\n  neighbors:\n    - address: 192.0.2.1\n      port: 7\n    - {address: 192.0.2.2}\n',
  );
  t.deepEqual(faults, []);
  t.is(documents.length, 1);
  const [document] = documents;
  t.is(document.lineOf([]), 1);
  t.is(document.lineOf(['router', 'asn']), 2);
  t.is(document.lineOf(['router', 'neighbors']), 3);
  t.is(document.lineOf(['router', 'neighbors', 0, 'port']), 5);
  t.is(document.lineOf(['router', 'neighbors', 1]), 6);
  t.is(document.lineOf(['router', 'neighbors', 1, 'remoteAsn']), 6);
  t.is(document.lineOf(['router', 'nothing', 'below']), 1);
});

test('a duplicate key is a fault on the line of its second appearance', (t) => {
  const { documents, faults } = readYaml('a: 1\nb: 2\na: 3\n');
  t.is(documents.length, 0);
  t.deepEqual(faults, [{ line: 3, message: 'a: the same key stands twice in one map: remove one of them' }]);
});

test('each key that stands twice is a fault of its own, with its path', (t) => {
  const { faults } = readYaml('a:\n  - b: 1\n    b: 2\nc: 3\nc: 4\n');
  t.deepEqual(
    faults.map(({ line, message }) => `${line} ${message.split(': ')[0]}`),
    ['3 a[0].b', '5 c'],
  );
});

const list = Array.from({ length: 20 }, (_, index) => `    - localASN: ${index}\n      neighbors: []\n`).join('');
const slips: readonly (readonly [title: string, text: string, line: number, message: RegExp])[] = [
  [
    'a bracket that is not closed',
    `spec:\n  virtualRouters: [\n${list}`,
    3,
    /within flow collections: close the bracket before it$/,
  ],
  ['a tab', `spec:\n  a:\n\t- b: 1\n\t  c: 2\n${list}`, 3, /^a tab is used as indentation: use spaces$/],
  ['a value above a list', `spec:\n  neighbors: {}\n${list}`, 3, /key above has no other value$/],
  ['a quote that is not closed', `spec:\n  a: "b\n${list}`, 43, /Missing closing "quote.*every quote/],
  ['a missing colon', `spec:\n  a: 1\n  neighbors\n${list}`, 3, /every key has its colon/],
];
for (const [title, text, line, message] of slips) {
  test(`${title} is one fault, on the line where reading stumbled first`, (t) => {
    const { documents, faults } = readYaml(text);
    t.is(documents.length, 0);
    t.deepEqual(
      faults.map((fault) => fault.line),
      [line],
      JSON.stringify(faults),
    );
    t.regex(faults[0].message, message);
  });
}

test('each document has its own first fault', (t) => {
  const { faults } = readYaml(`v: [\n- a: 1\n  b: 2\n---\na: 1\na: 2\nv: [\n- a: 1\n  b: 2\n`);
  t.deepEqual(
    faults.map(({ line }) => line),
    [2, 6, 8],
  );
});

test('several documents keep the lines of the file, empty ones are left out, a broken one spoils only itself', (t) => {
  const { documents, faults } = readYaml('---\nkind: A\n---\n---\nkind: [\n---\nkind: C\n', {
    ...limits,
    maxDocuments: 10,
  });
  t.deepEqual(
    documents.map((document) => [document.line, document.value]),
    [
      [2, { kind: 'A' }],
      [7, { kind: 'C' }],
    ],
  );
  t.true(faults.length > 0);
  t.true(faults.every((fault) => fault.line >= 5 && fault.line <= 6 && fault.message.startsWith('not valid YAML')));
});

test('aliases that multiply are refused, a few are resolved', (t) => {
  const bomb = readYaml(
    'a: &a [x, x, x, x, x]\nb: &b [*a, *a, *a, *a, *a]\nc: &c [*b, *b, *b, *b, *b]\nd: [*c, *c, *c, *c, *c]\n',
    limits,
  );
  t.is(bomb.documents.length, 0);
  t.regex(bomb.faults[0].message, /^aliases are refused/);
  const few = readYaml('a: &a [x]\nb: *a\n', limits);
  t.deepEqual(few.documents[0].value, { a: ['x'], b: ['x'] });
  t.is(few.documents[0].lineOf(['b', 0]), 2);
});

test('an alias without its anchor is a fault', (t) => {
  const { documents, faults } = readYaml('a: *nowhere\n');
  t.is(documents.length, 0);
  t.is(faults[0].line, 1);
});

test('text beyond the limits of size, documents and nesting is refused with the limit named', (t) => {
  t.regex(readYaml('x'.repeat(1001), limits).faults[0].message, /1001 characters: at most 1000/);
  t.regex(readYaml('---\na\n---\nb\n---\nc\n---\nd\n', limits).faults[0].message, /4 documents: at most 3/);
  t.regex(readYaml(`a: ${'['.repeat(9)}${']'.repeat(9)}`, limits).faults[0].message, /more than 8 levels/);
  t.regex(readYaml('['.repeat(900_000)).faults[0].message, /more than 64 levels/);
  const blocks = Array.from({ length: 90 }, (_, index) => `${' '.repeat(index)}a:`).join('\n');
  t.regex(readYaml(`${blocks} 1\n`).faults[0].message, /more than 64 levels/);
});

test('a key named __proto__ is a plain key', (t) => {
  const { documents } = readYaml('__proto__: {polluted: true}\n');
  t.is(Reflect.get({}, 'polluted'), undefined);
  t.deepEqual(Object.keys(documents[0].value ?? {}), ['__proto__']);
});

test('unknown tags and tabs are faults', (t) => {
  t.true(readYaml('a: !!nothing 1\n').faults.length > 0);
  t.true(readYaml('a:\n\tb: 1\n').faults.length > 0);
});

test('an empty text has no document and no fault', (t) => {
  t.deepEqual(readYaml(''), { documents: [], faults: [] });
  t.deepEqual(readYaml('# only a comment\n'), { documents: [], faults: [] });
});

test('paths are written as people write them', (t) => {
  t.is(formatFieldPath(['router', 'neighbors', 2, 'families', 0]), 'router.neighbors[2].families[0]');
  t.is(formatFieldPath(['metadata', 'labels', 'a/b']), 'metadata.labels["a/b"]');
  t.is(formatFieldPath([]), '');
});

test('the nearest word is found when it is near, and none when it is not', (t) => {
  t.is(findNearest('neigbors', ['neighbors', 'networks']), 'neighbors');
  t.is(findNearest('remoteASN', ['remoteAsn', 'port']), 'remoteAsn');
  t.is(findNearest('colour', ['neighbors', 'networks']), undefined);
});

test('a value in a message is one short harmless line', (t) => {
  t.is(formatValue('a\nb\u001b[31m\u202e'), '"a\\nb\\u001b[31m\\u202e"');
  t.is(formatValue('x'.repeat(200)).length, 80);
  t.is(formatValue(undefined), 'nothing');
});
