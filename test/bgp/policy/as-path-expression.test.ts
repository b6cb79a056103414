// AS path expressions: what FRR documents of `_`, against a backtracking matcher over the same text, and in time that grows with the
// path alone.

import test from 'ava';
import { cpuMs } from '#support/cpu-time.ts';
import fc from 'fast-check';
import { AsPathAutomaton } from '#bgp/policy/as-path-automaton.ts';
import { PolicyError } from '#bgp/policy/policy-error.ts';
import { SegmentType } from '#bgp/wire/attributes.ts';
import { formatAsPath } from '#bgp/wire/attribute-text.ts';
import { path } from './routes.ts';

function bytesOf(text: string): Uint8Array {
  const bytes: number[] = [];
  for (const { type, asns } of path(text)) {
    bytes.push(type, asns.length);
    for (const number of asns) bytes.push(number >>> 24, (number >>> 16) & 255, (number >>> 8) & 255, number & 255);
  }
  return Uint8Array.from(bytes);
}

function isMatched(expression: string, text: string): boolean {
  const bytes = bytesOf(text);
  return AsPathAutomaton.compile(expression, 'asPath').matches(bytes, 0, bytes.length);
}

const claims: readonly (readonly [expression: string, matching: readonly string[], others: readonly string[]])[] = [
  ['^$', [''], ['65001', '{65001}']],
  ['', ['', '65001'], []],
  ['.*', ['', '65001 65002'], []],
  ['.', ['65001'], ['']],
  ['^65001_', ['65001', '65001 65002', '65001 {1,2}'], ['650012', '65002 65001', '']],
  ['_65002$', ['65002', '65001 65002'], ['165002', '65002 65001']],
  ['_65002_', ['65002', '1 65002 3', '1 {65002,3}', '{3,65002}', '(65002 1)', '[65002,1]'], ['650020', '165002', '']],
  ['65002', ['65002', '165002', '650021'], ['65001', '6500 2']],
  ['^65001$', ['65001'], ['65001 65001', '(65001)']],
  ['^6500[0-9]$', ['65000', '65009'], ['65010', '6500']],
  ['^6500[^0-4]$', ['65005', '65009'], ['65000', '65004']],
  ['^65[[:digit:]]{3}( 65[[:digit:]]{3})*$', ['65001', '65001 65002 65003'], ['64999', '65001 1', '']],
  ['^(65001|65002)_', ['65001', '65002 1'], ['65003', '650011']],
  ['^[0-9]+ [0-9]+$', ['1 2'], ['1', '1 2 3', '{1,2}']],
  ['^[0-9]+(_[0-9]+)?$', ['1', '1 2'], ['1 2 3']],
  ['\\{.*\\}', ['1 {2,3}', '{2}'], ['1 2', '(1 2)']],
  ['^\\(64512', ['(64512 64513) 1'], ['64512', '1 (64512)']],
  ['_(1)+_', ['111', '1'], ['12', '21']],
  ['^1{2,3}$', ['11', '111'], ['1', '1111', '1 1']],
  ['^(1 ){2}1$', ['1 1 1'], ['1 1', '1 1 1 1']],
  ['_1_2_', ['1 2', '{1,2}', '3 1 2 3'], ['1 3 2', '12']],
  ['^4294967295_', ['4294967295 1'], ['4294967294']],
  ['[]}]', ['{1}', '[1]'], ['(1)', '1']],
  ['$^', [''], ['1']],
  ['(^|_)$', ['', '1'], []],
];

for (const [expression, matching, others] of claims) {
  test(`the expression ${JSON.stringify(expression)} finds what FRR finds`, (t) => {
    for (const text of matching) t.true(isMatched(expression, text), text);
    for (const text of others) t.false(isMatched(expression, text), text);
  });
}

test('expressions agree with a backtracking matcher over the text of the path', (t) => {
  const piece = fc.constantFrom(
    '1',
    '2',
    '12',
    '.',
    '_',
    '^',
    '$',
    '[12]',
    '[^1]',
    ' ',
    ',',
    '\\{',
    '\\}',
    '\\(',
    '\\)',
  );
  const expression = fc.letrec<{ node: string }>((tie) => ({
    node: fc.oneof(
      { maxDepth: 4 },
      piece,
      fc.tuple(tie('node'), tie('node')).map(([a, b]) => `${a}${b}`),
      fc.tuple(tie('node'), tie('node')).map(([a, b]) => `(${a}|${b})`),
      fc.tuple(tie('node'), fc.constantFrom('*', '+', '?', '{2}', '{0,2}', '{1,}')).map(([a, b]) => `(${a})${b}`),
    ),
  })).node;
  const number = fc.constantFrom('1', '2', '12', '21', '112');
  const segment = fc.oneof(
    fc.array(number, { minLength: 1, maxLength: 3 }).map((numbers) => numbers.join(' ')),
    fc.array(number, { minLength: 1, maxLength: 2 }).map((numbers) => `{${numbers.join(',')}}`),
    fc.array(number, { minLength: 1, maxLength: 2 }).map((numbers) => `(${numbers.join(' ')})`),
  );
  // Sequences beside each other would read as one.
  const whole = fc.array(segment, { maxLength: 3 }).filter((all) => !all.some((one, at) => at > 0 && /^\d/.test(one)));
  let matches = 0;
  fc.assert(
    fc.property(expression, whole, (text, segments) => {
      const shown = formatAsPath(path(segments.join(' ')));
      t.is(shown, segments.join(' '));
      const slow = new RegExp(text.replaceAll('_', '(?:^|[,{}()\\[\\] ]|$)'), 'u');
      const expected = slow.test(shown);
      if (expected) matches++;
      return isMatched(text, shown) === expected;
    }),
    { numRuns: 3000 },
  );
  t.true(matches > 300, `${matches} of the pairs matched`);
});

test('an automaton whose sets of states do not fit forgets them and still agrees', (t) => {
  // Remembers the last 11 digits: 2^11 sets.
  const automaton = AsPathAutomaton.compile('1.{10}$', 'asPath');
  let seed = 12345;
  let matches = 0;
  for (let round = 0; round < 400; round++) {
    const numbers: number[] = [];
    for (let index = 0; index < 40; index++) {
      seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
      numbers.push((seed >>> 16) % 2 === 0 ? 21 : 112);
    }
    const text = numbers.join(' ');
    const bytes = bytesOf(text);
    const expected = /1.{10}$/.test(text);
    if (expected) matches++;
    t.is(automaton.matches(bytes, 0, bytes.length), expected, text);
  }
  t.true(matches > 20);
});

function hostilePath(hops: number): Uint8Array {
  const bytes = new Uint8Array(Math.ceil(hops / 255) * 2 + hops * 4);
  let at = 0;
  for (let left = hops; left > 0; left -= 255) {
    const count = Math.min(255, left);
    bytes[at++] = SegmentType.Sequence;
    bytes[at++] = count;
    for (let index = 0; index < count; index++, at += 4) bytes.set([0x42, 0x3a, 0x35, 0xc7], at); // 1111111111
  }
  return bytes;
}

test('a path of 10,000 hops and an expression that makes others go back forever take a moment', (t) => {
  const bytes = hostilePath(10_000);
  for (const expression of ['^((1+)+ ?)+2$', '(1|11)*2', '(_1+)*_2', '1.{200}2', '(.*1){20}2', '^(1*)*(1*)*(1*)*$']) {
    const automaton = AsPathAutomaton.compile(expression, 'asPath');
    const before = cpuMs();
    t.false(automaton.matches(bytes, 0, bytes.length), expression);
    const took = cpuMs() - before;
    t.true(took < 2000, `${expression} took ${took} ms`);
  }
});

const faults: readonly (readonly [expression: string, reason: RegExp])[] = [
  ['65001)', /\) without a \(.* at position 6$/],
  ['(65001', /\( without a \).* at position 1$/],
  ['[0-9', /\[ without a \] at position 1$/],
  ['*65001', /nothing to repeat before \* at position 1$/],
  ['_{65001}', /\{ that is no \{n\}.* at position 2$/],
  ['{65001}', /nothing to repeat before \{ .* at position 1$/],
  ['65001a', /"a", which no AS path has, at position 6$/],
  ['^[0-9a-f]', /"a", which no AS path has, at position 6$/],
  ['[9-0]', /9-0, which is no range of digits, at position 2$/],
  ['1{3,2}', /\{3,2\}, whose first number is the larger one, at position 2$/],
  ['1{256}', /more than 255 repeats at position 2$/],
  ['65001\\', /nothing after \\ at position 7$/],
  ['((1{100}){100}){100}', /more than 1000 states/],
  ['('.repeat(60), /more than 50 groups/],
  ['1'.repeat(1001), /more than 1000 characters at position 1001$/],
];

for (const [expression, reason] of faults) {
  test(`the expression ${JSON.stringify(expression.slice(0, 30))} is refused with its position`, (t) => {
    const error = t.throws(() => AsPathAutomaton.compile(expression, 'x.match.asPath'), { instanceOf: PolicyError });
    t.is(error?.field, 'x.match.asPath');
    t.regex(error?.message ?? '', reason);
  });
}

test('repeats of nothing are nothing, however deep', (t) => {
  t.true(isMatched(`${'('.repeat(40)}${'){255}'.repeat(40)}`, '1'));
});
