// The fuzz run of whole speakers in small, and that the second decoder can tell right from wrong.

import test from 'ava';
import { takeSeed } from '#support/seed.ts';

import { judgeUpdate } from '../oracle/update-oracle.ts';
import { message } from '../bgp/whole/octets-out.ts';
import { livePeers } from './live-peer.ts';
import { fuzzSessions } from './sessions.ts';

test('no session falls that RFC 7606 keeps, and the tables hold what a second decoder counts', (t) => {
  t.timeout(120_000);
  const seed = takeSeed();
  t.log(`seed ${seed}`);
  const result = fuzzSessions(12_000, seed);
  t.true(result.kept > 8000 && result.treatedAsWithdraw > 1000 && result.disabled > 50, 'what happened to messages');
  t.true(result.comparedRoutes > 3000 && result.comparedStale > 200 && result.passedOn > 5000, 'what was compared');
  t.true(result.badBeginnings > 100 && result.longMessages > 0, 'what else was tried');
});

const [external, , addPath] = livePeers;
const origin = [0x40, 1, 1, 0];
const path = [0x40, 2, 6, 2, 1, 0, 0, 0xfd, 0xe9];
const nextHop = [0x40, 3, 4, 192, 0, 2, 1];
const route = [24, 198, 51, 100];

function update(attributes: readonly number[], nlri: readonly number[], withdrawn: readonly number[] = []): Uint8Array {
  const two = (value: number): number[] => [value >> 8, value & 255];
  return message(2, [...two(withdrawn.length), ...withdrawn, ...two(attributes.length), ...attributes, ...nlri]);
}

test('the second decoder reads a good UPDATE: what is gone, what is there, a route in both is there', (t) => {
  const verdict = judgeUpdate(update([...origin, ...path, ...nextHop], route, [...route, 8, 10]), external.session);
  t.deepEqual(verdict, {
    type: 'kept',
    withdrawn: new Set(['1/1 0a000000/8']),
    announced: new Set(['1/1 c6336400/24']),
    endOfRib: undefined,
    disabled: undefined,
    withdrawnBecause: undefined,
  });
});

test('the second decoder withdraws for a bad attribute, resets where routes cannot be found', (t) => {
  const bad = judgeUpdate(update([0x40, 1, 1, 3, ...path, ...nextHop], route), external.session);
  t.like(bad, { type: 'kept', announced: new Set(), withdrawn: new Set(['1/1 c6336400/24']) });
  t.is(judgeUpdate(update([...origin, ...path, ...nextHop], [33, 1, 2, 3, 4, 5]), external.session).type, 'reset');
  t.is(judgeUpdate(update([...origin, ...path, ...nextHop], route), addPath.session).type, 'reset');
});
