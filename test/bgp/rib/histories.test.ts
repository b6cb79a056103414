// The RIB against the slow model. WAGGLE_MODEL_HISTORIES asks for more (10,000 is the long run; see
// play-histories.ts), WAGGLE_SEED repeats one.

import { setImmediate } from 'node:timers/promises';
import test from 'ava';
import { takeSeed } from '#support/seed.ts';
import { playHistories } from './histories.ts';

const HISTORIES = Number(process.env['WAGGLE_MODEL_HISTORIES'] ?? 400);
const EVENTS = 200;
/** Between batches the test runner hears of us. */
const BATCH = 20;

const seed = takeSeed();

for (let start = 0; start < HISTORIES; start += BATCH) {
  const count = Math.min(BATCH, HISTORIES - start);
  test.serial(
    `after every event of random histories ${start + 1} to ${start + count} the RIB equals the slow model`,
    async (t) => {
      await setImmediate();
      t.log(`seed ${seed + start}, ${EVENTS} events each`);
      t.notThrows(() => playHistories(seed + start, count, EVENTS));
      await setImmediate();
    },
  );
}
