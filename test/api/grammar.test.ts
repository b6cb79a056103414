// How typed words find their show command: abbreviations, prefixes in one or two segments, and what is said when they do not.

import test from 'ava';
import { ProblemError } from '#api/problem.ts';
import { expandPattern, findCommand } from '#api/show/pattern.ts';
import { showCommands, showTree } from '#api/show/tree.ts';
import { readWords } from '#api/show-route.ts';

function find(words: string): string {
  return findCommand(showTree, words.split(' ')).request.words.join(' ');
}

function refuse(words: string): { type: string; status: number; suggestions: readonly string[] } {
  try {
    find(words);
  } catch (error) {
    if (error instanceof ProblemError) {
      const { type, status, suggestions } = error.problem;
      return { type: type.replace('urn:waggle:problem:', ''), status, suggestions: suggestions ?? [] };
    }
    throw error;
  }
  throw new Error(`${words} was accepted`);
}

test('words may be cut short while they stay unique', (t) => {
  t.is(find('b su'), 'bgp summary');
  t.is(find('bgp s e'), 'bgp summary established');
  t.is(find('bgp ipv4 u 10.0.0.0/8 l'), 'bgp ipv4 unicast 10.0.0.0/8 longer-prefixes');
  t.is(find('ip b n 10.0.0.1 a'), 'ip bgp neighbors 10.0.0.1 advertised-routes');
  t.is(find('bgp n 10.0.0.1 ro'), 'bgp neighbors 10.0.0.1 routes');
});

test('an ambiguous word lists its candidates', (t) => {
  const candidates = ['show bgp ipv4', 'show bgp ipv6'];
  t.deepEqual(refuse('bgp ipv'), { type: 'ambiguous-command', status: 400, suggestions: candidates });
});

test('an unknown word names the nearest one', (t) => {
  t.deepEqual(refuse('bgp sumary'), { type: 'unknown-command', status: 404, suggestions: ['show bgp summary'] });
  t.is(refuse('bgp zzzzzz').status, 404);
});

test('an incomplete command says how it may go on', (t) => {
  const { type, status, suggestions } = refuse('ip');
  t.is(type, 'incomplete-command');
  t.is(status, 400);
  t.true(suggestions.includes('show ip bgp'));
});

test('an argument of the wrong kind is named', (t) => {
  t.is(refuse('bgp neighbors 10.0.0.300').type, 'bad-argument');
  t.is(refuse('bgp ipv4 unicast 10.0.0.0/33').type, 'bad-argument');
});

test('a prefix in a path may stand in one segment or in two', (t) => {
  t.deepEqual(readWords('/show/bgp/ipv4/unicast/203.0.113.0%2F24?format=text'), [
    'bgp',
    'ipv4',
    'unicast',
    '203.0.113.0/24',
  ]);
  t.is(find(readWords('/show/bgp/ipv6/unicast/2001:db8::/32').join(' ')), 'bgp ipv6 unicast 2001:db8::/32');
  t.throws(() => readWords('/show/%ff'), { instanceOf: ProblemError });
});

test('no sequence of words belongs to two commands', (t) => {
  const seen = new Map<string, string>();
  for (const { pattern } of showCommands) {
    for (const words of expandPattern(pattern)) {
      const key = words.join(' ');
      t.is(seen.get(key), undefined, key);
      seen.set(key, pattern);
    }
  }
  t.true(seen.size > 50);
});
