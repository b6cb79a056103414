// The soak in small: twenty seconds of churn, falls, refreshes and policy changes, and every table is right.

import test from 'ava';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { takeSeed } from '#support/seed.ts';
import { needs, root } from '#support/skip.ts';
import { Cleanup } from '../bench/cleanup.ts';
import { soak } from './soak.ts';

test.serial(
  'after churn, falling sessions, refreshes and policy changes every table is right',
  needs([root], async (t) => {
    t.timeout(180_000);
    const seed = takeSeed();
    t.log(`seed ${seed}`);
    const directory = mkdtempSync(path.join(tmpdir(), 'waggle-soak-'));
    const cleanup = new Cleanup();
    try {
      const result = await soak({ seconds: 20, warmUpSeconds: 5, seed, directory }, cleanup, () => undefined);
      t.deepEqual(result.faults, []);
      t.is(result.wrong, 0);
      t.true(result.routes > 1000 && result.updates > 1000 && result.policyChanges >= 3);
    } finally {
      cleanup.run();
      rmSync(directory, { recursive: true, force: true });
    }
  }),
);
