// The crash test over HTTPS in small, and its ledger, which must find each fault that it is there to find.

import test from 'ava';
import { randomFrom, takeSeed } from '#support/seed.ts';
import { ServerProcess } from '../server-process.ts';
import { runCrashes } from './crash-run.ts';
import { type Change, Ledger } from './ledger.ts';

test('after kill -9 of the server at any moment what was acknowledged is there, and each watch that resumes is told each change once and in order', async (t) => {
  const seed = takeSeed();
  t.log(`seed ${seed}`);
  const report = await runCrashes(new ServerProcess(t), {
    seconds: 8,
    writesPerSecond: 200,
    random: randomFrom(seed),
  });
  t.deepEqual(report.faults, []);
  t.true(report.kills >= 1 && report.acknowledged > 50, JSON.stringify(report));
  t.is(report.told, report.changes * 5);
});

const changeOf = (type: Change['type'], revision: number, id: string, name = 'a'): Change => ({
  type,
  revision,
  id,
  name,
  uid: 'u',
});

for (const [what, play, fault] of [
  ['a write that is gone', () => {}, /create w1 of a acknowledged \(1\), and no watch was told/],
  [
    'a change that comes twice',
    (ledger) => {
      ledger.see('x', 0, changeOf('ADDED', 1, 'w1'));
      ledger.see('x', 1, changeOf('ADDED', 2, 'w1'));
    },
    /ADDED a \(w1\) at 2 was told before, at 1/,
  ],
  ['another version', (ledger) => ledger.see('x', 0, changeOf('ADDED', 7, 'w1')), /acknowledged as 1 and told as 7/],
  [
    'a version that goes back',
    (ledger) => {
      ledger.see('x', 0, changeOf('ADDED', 1, 'w1'));
      ledger.see('x', 1, changeOf('MODIFIED', 1, 'w2'));
    },
    /MODIFIED a \(w2\) at 1 after 1/,
  ],
  [
    'a watch that was told otherwise',
    (ledger) => {
      ledger.see('x', 0, changeOf('ADDED', 1, 'w1'));
      ledger.see('y', 0, changeOf('MODIFIED', 2, 'w2'));
    },
    /y was told MODIFIED a \(w2\) at 2 where another watch was told ADDED a \(w1\) at 1/,
  ],
  [
    'a change of nobody',
    (ledger) => ledger.see('x', 0, changeOf('ADDED', 1, 'w9')),
    /\(w9\) at 1 was written by nobody/,
  ],
  [
    'writes in another order',
    (ledger) => {
      ledger.send('change', 'a', undefined, 1);
      ledger.send('change', 'a', undefined, 1);
      ledger.see('x', 0, changeOf('ADDED', 1, 'w1'));
      ledger.see('x', 1, changeOf('MODIFIED', 2, 'w3'));
      ledger.see('x', 2, changeOf('MODIFIED', 3, 'w2'));
    },
    /MODIFIED a \(w2\) at 3 came after a later write/,
  ],
  [
    'a list that lacks an object',
    (ledger) => {
      ledger.see('x', 0, changeOf('ADDED', 1, 'w1'));
      ledger.list({ revision: 1, ids: new Map() });
    },
    /at 1 a was undefined, and by what was told it is w1/,
  ],
  ['a list of old', (ledger) => ledger.list({ revision: 0, ids: new Map() }), /a list of 0 after 1 was told/],
  [
    'a write that was not there and came later',
    (ledger) => {
      ledger.send('change', 'a', undefined, 1).state = 'lost';
      ledger.see('x', 0, changeOf('ADDED', 1, 'w1'));
      ledger.see('x', 1, changeOf('MODIFIED', 2, 'w2'));
    },
    /change w2 of a was not there, and came at 2/,
  ],
] satisfies readonly (readonly [string, (ledger: Ledger) => void, RegExp])[]) {
  test(`the ledger of the crash test finds ${what}`, (t) => {
    const ledger = new Ledger();
    ledger.acknowledge(ledger.send('create', 'a', undefined, 1), 1);
    play(ledger);
    ledger.check();
    t.regex(ledger.faults.join('\n'), fault);
  });
}

test('the ledger of the crash test finds nothing wrong where nothing is', (t) => {
  const ledger = new Ledger();
  ledger.acknowledge(ledger.send('create', 'a', undefined, 1), 1);
  ledger.send('change', 'a', undefined, 1).state = 'landed';
  ledger.acknowledge(ledger.send('delete', 'a', 'u', 1), undefined);
  for (const watch of ['x', 'y']) {
    ledger.see(watch, 0, changeOf('ADDED', 1, 'w1'));
    ledger.see(watch, 1, changeOf('MODIFIED', 2, 'w2'));
    ledger.see(watch, 2, changeOf('DELETED', 5, 'w2'));
  }
  ledger.list({ revision: 4, ids: new Map([['a', 'w2']]) });
  ledger.list({ revision: 5, ids: new Map() });
  ledger.check();
  t.deepEqual(ledger.faults, []);
});
