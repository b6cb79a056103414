// The RIB against the slow model. WAGGLE_MODEL_HISTORIES asks for more (10,000 is the long run; see
// play-histories.ts), WAGGLE_SEED repeats one.

import test from 'ava';
import { takeSeed } from '#support/seed.ts';
import { playHistories } from './histories.ts';

const HISTORIES = Number(process.env['WAGGLE_MODEL_HISTORIES'] ?? 400);
const EVENTS = 200;

test('the RIB agrees with the slow model after every event of random histories', (t) => {
  t.timeout(3_600_000);
  const seed = takeSeed();
  t.log(`seed ${seed}, ${HISTORIES} histories of ${EVENTS} events`);
  t.notThrows(() => playHistories(seed, HISTORIES, EVENTS));
});
