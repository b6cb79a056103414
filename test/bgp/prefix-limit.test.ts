// The arithmetic of prefix limits at the ends of their range. What they do to routes and sessions is in max-prefixes.test.ts.

import test from 'ava';
import { families } from '#bgp/net/family.ts';
import { type Level, PrefixLimit } from '#bgp/prefix-limit.ts';
import { FakeClock } from '#support/fake-clock.ts';

const [family] = families;

function limited(limit: number, warningPercent: number): { readonly watch: PrefixLimit; readonly told: string[] } {
  const told: string[] = [];
  const clock = new FakeClock();
  const watch = new PrefixLimit({
    clock,
    told: (_family, level: Level, prefixes) => told.push(`${level} ${prefixes}`),
  });
  watch.configure(family, { limit, warningPercent, action: 'shutdown', restartSec: 60 });
  return { watch, told };
}

test('§4.2, integer overflow (FRR, 2025): a limit of 4294967295 is no smaller one, in warning, verdict and the data of the NOTIFICATION', (t) => {
  const { watch, told } = limited(4_294_967_295, 75);
  for (const prefixes of [0, 1, 2_147_483_647, 2_147_483_648, 3_221_225_471]) {
    t.is(watch.check(family, prefixes, 0), undefined);
  }
  t.deepEqual(told, []);
  t.is(watch.check(family, 3_221_225_472, 0), undefined);
  t.deepEqual(told, ['warning 3221225472']);
  t.is(watch.check(family, 4_294_967_295, 0), undefined);
  const fault = watch.check(family, 4_294_967_295, 1);
  t.deepEqual([fault?.code, fault?.subcode, [...(fault?.data ?? [])]], [6, 1, [0, 1, 1, 255, 255, 255, 255]]);
});

test('the share of a warning is rounded up, is one prefix at least, and the whole limit at most', (t) => {
  for (const [limit, percent, at] of [
    [1, 1, 1],
    [3, 50, 2],
    [100, 75, 75],
    [42_949_673, 100, 42_949_673],
    [4_294_967_295, 1, 42_949_673],
    [4_294_967_295, 100, 4_294_967_295],
  ]) {
    const { watch, told } = limited(limit, percent);
    watch.check(family, at - 1, 0);
    t.deepEqual(told, [], `${percent} % of ${limit}`);
    watch.check(family, at, 0);
    t.deepEqual(told, [`warning ${at}`], `${percent} % of ${limit}`);
  }
});
