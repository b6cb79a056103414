// `node test/kube/embedded/crash.ts [--minutes 5] [--rate 200]`: kill -9 of a process that writes to the embedded store, for so long.
// Exit code 1 when something that was acknowledged is not there, or a watch saw a change twice, never or out of order.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { randomFrom, takeSeed } from '#support/seed.ts';
import { runCrashes } from './crash-rounds.ts';

const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '5' }, rate: { type: 'string', default: '200' } },
});
const directory = mkdtempSync(join(tmpdir(), 'waggle-crash-'));
const seed = takeSeed();
process.stdout.write(`seed ${seed}\n`);
try {
  const { kills, acknowledged, watched, faults } = await runCrashes({
    directory,
    seconds: Number(values.minutes) * 60,
    writesPerSecond: Number(values.rate),
    random: randomFrom(seed),
  });
  for (const fault of faults) process.stdout.write(`${fault}\n`);
  process.stdout.write(
    `${kills} kills, ${acknowledged} writes acknowledged, ${watched} changes watched, ${faults.length} faults\n`,
  );
  process.exitCode = faults.length === 0 ? 0 : 1;
} finally {
  rmSync(directory, { recursive: true, force: true });
}
