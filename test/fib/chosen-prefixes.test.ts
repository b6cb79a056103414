// Prefixes that a peer chose to fall together in a table whose secret it knew: in those of the FIB they fall as any others do.

import test from 'ava';
import { PrefixTable } from '#bgp/net/prefix-table.ts';
import { RouteColumns } from '#fib/route-columns.ts';
import { cpuMs } from '#support/cpu-time.ts';

/** As PrefixTable places an IPv4 prefix of 32 bits when its seed is 0. */
function placeWithoutSecret(w0: number): number {
  let hash = Math.imul(w0, 0x9e3779b1) ^ Math.imul(32, 0x27d4eb2f);
  hash = Math.imul(hash ^ (hash >>> 15), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) & 0xffff;
}

function timeToFill(table: PrefixTable, words: readonly number[]): number {
  const startMs = cpuMs();
  for (const word of words) table.insert(word, 0, 0, 0, 32);
  return cpuMs() - startMs;
}

test('25,000 host routes that a peer chose to fall together take the FIB about as long as any others', (t) => {
  const chosen: number[] = [];
  for (let word = 0x0a00_0000; chosen.length < 25_000; word++) if (placeWithoutSecret(word) < 512) chosen.push(word);
  const plain = timeToFill(
    new RouteColumns(4).prefixes,
    chosen.map((_, index) => 0x0a00_0000 + index),
  );
  const hostile = timeToFill(new RouteColumns(4).prefixes, chosen);
  const known = timeToFill(new PrefixTable(1, 0), chosen);
  t.log(
    `${plain.toFixed(0)} ms, chosen ones ${hostile.toFixed(0)} ms, with a secret that they know ${known.toFixed(0)} ms`,
  );
  t.true(hostile < 5 * plain + 50);
  t.true(known > 3 * hostile, 'the choice was a hostile one');
});
