// Whole speakers against the slow one. WAGGLE_WHOLE_HISTORIES asks for more (play.ts is the long run), WAGGLE_SEED repeats one.

import { setImmediate } from 'node:timers/promises';
import test from 'ava';
import { takeSeed } from '#support/seed.ts';
import { playWholeHistories } from './history.ts';
import type { Tally } from './stage.ts';

const HISTORIES = Number(process.env['WAGGLE_WHOLE_HISTORIES'] ?? 120);
const EVENTS = 100;
/** Between batches the test runner hears of us. */
const BATCH = 10;

const seed = takeSeed();
const tally: Tally = {};

for (let start = 0; start < HISTORIES; start += BATCH) {
  const count = Math.min(BATCH, HISTORIES - start);
  test.serial(
    `in random histories ${start + 1} to ${start + count} of sessions, restarts, routes and policies the speaker equals the slow model`,
    async (t) => {
      await setImmediate();
      t.log(`seed ${seed + start}, ${EVENTS} events each`);
      t.notThrows(() => playWholeHistories(seed + start, count, EVENTS, tally));
      await setImmediate();
    },
  );
}

test.serial(
  'the histories had sessions that fell, routes that were kept, peers that came back, and restarts of our own',
  (t) => {
    t.log(tally);
    for (const what of [
      'compared',
      'lost: broken',
      'lost: notification',
      'lost: hard',
      'kept',
      'came back',
      'restarts here',
    ]) {
      t.true((tally[what] ?? 0) >= HISTORIES / 8, what);
    }
  },
);
