// Patterns of RE2 against JavaScript's own regular expressions where both mean the same, and against patterns that mean harm.

import test from 'ava';
import fc from 'fast-check';
import { Re2 } from '#kube/schema/re2.ts';
import { PatternError } from '#kube/schema/re2-syntax.ts';

const texts = [
  '',
  'a',
  'ab',
  'abc',
  'aab',
  'a-b',
  'A1',
  '192.0.2.1',
  '1921.0.2.1',
  '10.0.0.0/8',
  'x\ny',
  'foo bar',
  'ä',
  '-',
  '9',
  'a.b.c',
  '{1}',
  ' ',
];
const patterns = [
  '^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$',
  '^(([0-9]{1,3}\\.){3}[0-9]{1,3})(/[0-9]{1,2})?$',
  'a|b',
  '^a$|^$',
  'a{2}',
  'a{0,1}b',
  'a{2,}',
  '^(?:a|b)*?c$',
  '^(?<name>a+)b',
  '[^a-z]',
  '[]a]',
  '[a-]',
  '^\\w+\\s\\w+$',
  '\\bbar\\b',
  'a\\Bb',
  '^.$',
  '^\\S*$',
  '^()a?$',
  '\\x61',
  '^\\p{L}$',
  '^\\PC*$',
  '{1}',
  '^[\\w.-]+$',
  '^[[:alpha:]]+$',
];

for (const pattern of patterns) {
  test(`${pattern} matches what it matches elsewhere`, (t) => {
    const own = new Re2(pattern);
    const js = new RegExp(
      pattern
        .replaceAll('[[:alpha:]]', '[A-Za-z]')
        .replaceAll('\\PC', '\\P{C}')
        .replace('[]a]', '[\\]a]')
        .replace(/^\{1\}$/, '\\{1\\}'),
      pattern.includes('\\p') || pattern.includes('\\P') ? 'u' : '',
    );
    for (const text of texts) t.is(own.test(text), js.test(text), JSON.stringify(text));
  });
}

test('random texts match random patterns as JavaScript says', (t) => {
  const atom = fc.constantFrom('a', 'b', '[ab]', '[^a]', '.', '(a|b)', '(?:ab)', '\\d', '^', '$', '\\b');
  const piece = fc
    .tuple(atom, fc.constantFrom('', '', '*', '+', '?', '{2}', '{0,2}'))
    .map(([one, more]) => (['^', '$', '\\b'].includes(one) ? one : one + more));
  const pattern = fc
    .array(
      fc.array(piece, { maxLength: 5 }).map((parts) => parts.join('')),
      { minLength: 1, maxLength: 3 },
    )
    .map((parts) => parts.join('|'));
  fc.assert(
    fc.property(pattern, fc.string({ unit: fc.constantFrom('a', 'b', '1', ' '), maxLength: 8 }), (source, text) => {
      t.is(new Re2(source).test(text), new RegExp(source).test(text), `${source} ${JSON.stringify(text)}`);
    }),
    { numRuns: 2_000 },
  );
});

for (const pattern of [
  '(a',
  'a)',
  '[a',
  'a{1001}',
  'a{2,1}',
  '(?=a)',
  '(?<!a)b',
  '(a)\\1',
  'a**',
  '*a',
  '\\',
  '[b-a]',
  '\\p{Nothing}',
  '[[:none:]]',
  '\\y',
  '(a{1000}){1000}',
  '('.repeat(300),
]) {
  test(`RE2 refuses ${pattern.slice(0, 20)}, and so do we`, (t) => {
    t.throws(() => new Re2(pattern), { instanceOf: PatternError });
  });
}

test('patterns that take others exponential time look at each character once', (t) => {
  const text = `${'a'.repeat(20_000)}!`;
  for (const pattern of ['^(a+)+$', '^(a|a)*$', '^(a|aa)+$', '^([a-zA-Z0-9]-?)*[a-z](-?[a-z0-9])*$'])
    t.false(new Re2(pattern).test(text));
});
