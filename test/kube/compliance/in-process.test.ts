// The compliance cases through the embedded API in this process: the store on a disk, every controller running, no HTTP.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { SystemClock } from '#io/clock.ts';
import { InProcessCluster } from '#kube/cluster/in-process-cluster.ts';
import { EmbeddedApi } from '#kube/embedded-api.ts';
import { testCases } from './run-cases.ts';

const directory = mkdtempSync(join(tmpdir(), 'waggle-compliance-'));
const failures: string[] = [];
const embedded = new EmbeddedApi(
  { directory, server: undefined },
  { clock: new SystemClock(() => {}), failed: (what, error) => void failures.push(`${what}: ${error.message}`) },
);

test.before(async () => await embedded.start([]));

test.after.always('nothing failed on the way', (t) => {
  embedded.close();
  rmSync(directory, { recursive: true, force: true });
  t.deepEqual(failures, []);
});

testCases(test, () => new InProcessCluster(embedded.api, { user: 'compliance', groups: ['system:masters'] }));
