// docs/rfcs.md against what it speaks of: every file and test title is there, every RFC and draft that the sources cite has a row, every
// row is cited by them, and `differs` stands exactly where bgp/README.md has a deviation.

import { existsSync, globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import test from 'ava';

const root = fileURLToPath(new URL('../../', import.meta.url));
const read = (path: string): string => readFileSync(root + path, 'utf8');

interface Row {
  /** Numbers of RFCs, or the name of a draft. */
  readonly documents: readonly string[];
  readonly text: string;
  readonly tests: string;
}

/** Cells of the lines of a table, without head and rule. */
function rowsOf(markdown: string): string[][] {
  return markdown
    .split('\n')
    .filter((line) => line.startsWith('| '))
    .map((line) =>
      line
        .slice(1, -1)
        .split(/ \|(?= )/)
        .map((cell) => cell.trim()),
    );
}

const rows: readonly Row[] = rowsOf(read('docs/rfcs.md'))
  .filter(([first]) => first !== 'RFC' && first !== 'draft')
  .map((cells) => ({
    documents: cells[0].split(/,\s*/),
    text: cells.slice(1, -1).join(' | '),
    tests: cells[cells.length - 1],
  }));

interface Proof {
  readonly file: string;
  readonly titles: readonly string[];
}

function proofsOf(tests: string): Proof[] {
  return tests.split('; ').flatMap((part) => {
    const file = /^`([^`]+)`/.exec(part)?.[1];
    if (file === undefined) return [];
    return [{ file, titles: [...part.matchAll(/“([^”]+)”/g)].map(([, title]) => title) }];
  });
}

/** First arguments of the calls that make tests, as they stand in the source. */
function titlesIn(source: string): string[] {
  const calls = /\b(?:test|test\.serial|beside)\(\s*(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"|`((?:[^`\\]|\\.)*)`)/g;
  return [...source.matchAll(calls)].map(([, single, double, template]) => single ?? double ?? template);
}

function holds(titles: readonly string[], quoted: string): boolean {
  if (!quoted.endsWith('…')) return titles.includes(quoted);
  const beginning = quoted.slice(0, -1);
  return titles.some((title) => title.startsWith(beginning));
}

/** What a text cites: `RFC 4271 §6.1`, `RFC 7313 §5, 7606 §3`, `draft-…`. */
function citationsIn(text: string): string[] {
  const found: string[] = [...text.matchAll(/\bdraft-[a-z]+-[a-z-]+[a-z]/g)].map(([name]) => name);
  const list =
    /\bRFCs? (\d{3,5})((?:(?:,? and |,? or |, |\/)(?:\d{4}\b(?! octets| routes)|§[\w.]+(?: [a-z]\b)?)| §[\w.]+(?: \([a-z]\)| [a-z]\b)?)*)/g;
  for (const [, first, rest] of text.matchAll(list)) {
    found.push(first, ...[...rest.matchAll(/(?<![§.\w])\d{4}\b/g)].map(([number]) => number));
  }
  return found;
}

const sources = ['bgp/**/*.ts', 'src/**/*.ts'].flatMap((pattern) => globSync(pattern, { cwd: root })).toSorted();

const wanted = [
  1997, 2385, 2545, 2918, 4271, 4360, 4456, 4486, 4724, 4760, 5004, 5065, 5082, 5492, 5668, 5701, 6286, 6608, 6793,
  6996, 7311, 7313, 7606, 7607, 7611, 7705, 7911, 7947, 7999, 8092, 8212, 8326, 8538, 8642, 8654, 8950, 9003, 9072,
  9234, 9384, 9494, 9687, 9774,
];

test('the table has the RFCs of a complete speaker, each once', (t) => {
  const documents = rows.flatMap((row) => row.documents);
  t.deepEqual(
    wanted.filter((number) => !documents.includes(String(number))),
    [],
  );
  t.deepEqual(
    documents.filter((document, index) => documents.indexOf(document) !== index),
    [],
  );
});

test('every deviation says what the RFC has, what we do and why', (t) => {
  const deviations = rowsOf(read('bgp/README.md')).filter(([first]) => /^\d{4}/.test(first));
  t.true(deviations.length > 50, `${deviations.length} rows`);
  for (const cells of deviations) {
    t.is(cells.length, 4, cells[0]);
    t.false(cells.includes(''), cells[0]);
  }
});

test('every test that the table names is in its file', (t) => {
  let quoted = 0;
  const wrong: string[] = [];
  for (const { documents, tests } of rows) {
    const proofs = proofsOf(tests);
    const row = documents.join(', ');
    if (proofs.length === 0) wrong.push(`${row} has no test`);
    for (const { file, titles } of proofs) {
      if (!existsSync(root + file)) {
        wrong.push(`${row}: ${file} is not there`);
        continue;
      }
      if (titles.length === 0) wrong.push(`${row}: ${file} without a title`);
      const there = titlesIn(read(file));
      for (const title of titles) {
        quoted += 1;
        if (!holds(there, title)) wrong.push(`${row}: no test of ${file} has the title “${title}”`);
      }
    }
    // What is between quotation marks was looked at, all of it.
    t.is(proofs.flatMap(({ titles }) => titles).length, tests.split('“').length - 1, row);
  }
  t.deepEqual(wrong, []);
  t.true(quoted > 80, `${quoted} titles looked up`);
});

test('every RFC and draft that the sources cite stands in the table, and every one of the table is cited', (t) => {
  t.true(sources.length > 200, `${sources.length} sources read`);
  const documents = new Set(rows.flatMap((row) => row.documents));
  const mentioned = new Set(rows.flatMap(({ text }) => citationsIn(text)));
  const cited = new Map<string, string>();
  for (const file of sources) for (const document of citationsIn(read(file))) cited.set(document, file);
  t.deepEqual(
    [...cited].filter(([document]) => !documents.has(document) && !mentioned.has(document) && document !== 'draft-07'),
    [],
  );
  t.deepEqual(
    [...documents].filter((document) => !cited.has(document)),
    [],
  );
});

test('a row says that we differ exactly where bgp/README.md says in what', (t) => {
  const deviations = new Set(
    rowsOf(read('bgp/README.md')).flatMap(([first]) =>
      [...first.matchAll(/(?<![§.\w])\d{4}\b/g)].map(([number]) => number),
    ),
  );
  t.true(deviations.size > 20, `${deviations.size} RFCs with deviations`);
  const documents = new Set(rows.flatMap((row) => row.documents));
  t.deepEqual(
    [...deviations].filter((number) => !documents.has(number)),
    [],
  );
  for (const row of rows) {
    const differs = row.documents.some((document) => deviations.has(document));
    t.is(
      row.text.includes('*differs*'),
      differs,
      `*differs* in the row of ${row.documents.join(', ')} of docs/rfcs.md`,
    );
  }
});

test('the README links the table', (t) => {
  t.true(read('README.md').includes('(docs/rfcs.md)'));
});

test('citations and titles are found in all of their forms', (t) => {
  t.deepEqual(citationsIn('RFC 4271 §8.2.2 (c), 4724 §4.2, §4.3; RFC 7606'), ['4271', '4724', '7606']);
  t.deepEqual(citationsIn('(RFC 1997, 3765, 7611 and 9494)'), ['1997', '3765', '7611', '9494']);
  t.deepEqual(citationsIn('RFC 8654 takes 4096 octets'), ['8654']);
  t.deepEqual(citationsIn('draft-ietf-idr-link-bandwidth §3'), ['draft-ietf-idr-link-bandwidth']);
  const source = ["test('one', (t) => {", 'test.serial(`${kind}: two`, ', 'test(\n  "three’s",'].join('\n');
  t.deepEqual(titlesIn(source), ['one', '${kind}: two', 'three’s']);
  t.true(holds(['one and two'], 'one…'));
  t.false(holds(['one and two'], 'one'));
});
