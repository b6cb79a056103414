// The reader of ava's TAP is what the closing line of `npm test` stands on, so each kind of line it must count is here.
// The text is as ava 8 prints it.

import test from 'ava';
import { type Tally, TapReader } from '../../scripts/tap.ts';

function read(text: string): { tally: Tally; shown: string[] } {
  const shown: string[] = [];
  const reader = new TapReader((line) => shown.push(line));
  for (const line of text.split('\n')) reader.readLine(line);
  return { tally: reader.tally(), shown };
}

test('a passed test counts once, with and without logs', (t) => {
  const { tally } = read(
    'TAP version 13\nok 1 - a › one\n#   hello\nok 2 - a › two # not a directive\n\n1..2\n# pass 2',
  );
  t.deepEqual(tally, { passed: 2, failed: 0, skips: [] });
});

test('a SKIP log turns the passed test before it into a skip with that reason', (t) => {
  const { tally } = read('ok 1 - a › one\n#   SKIP: not root\nok 2 - a › two');
  t.deepEqual(tally, { passed: 1, failed: 0, skips: [{ title: 'a › one', reason: 'not root' }] });
});

test("a SKIP log of a hook does not skip the test that was printed before the hook's", (t) => {
  const { tally } = read('ok 1 - a › one\n# a › before hook\n#   SKIP: not root');
  t.deepEqual(tally, { passed: 1, failed: 0, skips: [] });
});

test('a failed test counts as failed though it logged SKIP, and its details are shown', (t) => {
  const { tally, shown } = read('not ok 1 - a › one\n  ---\n    message: no\n  ...\n#   SKIP: not root\nok 2 - b');
  t.deepEqual(tally, { passed: 1, failed: 1, skips: [] });
  t.deepEqual(shown.slice(0, 3), ['  FAILED a › one', '      ---', '        message: no']);
});

test('tests that never ran count as failed', (t) => {
  const { tally } = read(
    'not ok 1 - b › before hook\n# 2 tests remaining in test/b.test.ts\n# 1 test remaining in test/c.test.ts',
  );
  t.is(tally.failed, 4);
});

test('test.skip and test.todo count as failed, because they give no reason', (t) => {
  const { tally } = read('ok 1 - a › s # SKIP\nnot ok 2 - a › td # TODO');
  t.deepEqual(tally, { passed: 0, failed: 2, skips: [] });
});
