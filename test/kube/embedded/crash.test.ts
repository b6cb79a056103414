// The short form of the crash test; the long one: node test/kube/embedded/crash.ts --minutes 5.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { randomFrom, takeSeed } from '#support/seed.ts';
import { runCrashes } from './crash-rounds.ts';

test('after kill -9 at any moment what was acknowledged is there, versions never go back, and a watch goes on where it was', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'waggle-crash-'));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  const seed = takeSeed();
  t.log(`seed ${seed}`);
  const report = await runCrashes({ directory, seconds: 6, writesPerSecond: 200, random: randomFrom(seed) });
  t.deepEqual(report.faults, []);
  t.true(report.kills > 2 && report.acknowledged > 100, JSON.stringify(report));
  t.true(report.watched >= report.acknowledged);
});
