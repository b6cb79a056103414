// A short form of `npm run fuzz`: the seed is printed and can be given to the long one.

import test from 'ava';

import { fuzzWire } from '../../fuzz/wire.ts';

test('mutated messages are answered or refused by a NotificationError, in bounded time and memory', (t) => {
  const seed = Math.floor(Math.random() * 0x7fff_ffff);
  t.log(`seed ${seed}`);
  const result = fuzzWire(60_000, seed);
  t.is(result.messages, 60_000);
  t.true(result.answered > 10_000);
  t.true(result.treatedAsWithdraw > 5_000);
  t.true(result.refused.size >= 12);
});
