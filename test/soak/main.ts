// `npm run soak -- [--minutes N] [--seed S]` (root: it makes network namespaces): what soak.ts plays, an hour by default. Exits 1 when
// a table is wrong in the end, or when the memory after a collection is more than 5 % above that of minute 10.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { BenchError } from '../bench/bench-error.ts';
import { Cleanup } from '../bench/cleanup.ts';
import { mebibytes, soak } from './soak.ts';

const growthLimit = 1.05;

const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '60' }, seed: { type: 'string', default: '1' } },
});
const [minutes, seed] = [Number(values.minutes), Number(values.seed)];
if (!(minutes > 0) || !Number.isInteger(seed)) {
  process.stderr.write(`soak: --minutes ${values.minutes} and --seed ${values.seed} must be numbers\n`);
  process.exit(2);
}
const directory = mkdtempSync(path.join(tmpdir(), 'waggle-soak-'));
const cleanup = new Cleanup();
try {
  const warmUpSeconds = Math.min(600, (minutes * 60) / 6);
  const progress = (line: string): void => void process.stderr.write(`${line}\n`);
  const result = await soak({ seconds: minutes * 60, warmUpSeconds, seed, directory }, cleanup, progress);
  const growth = result.lastRssBytes / result.warmRssBytes;
  process.stdout.write(
    `soak: ${minutes} minutes, seed ${seed}: ${result.updates} UPDATEs received, ${result.falls} sessions fell, ` +
      `${result.policyChanges} policy changes\n` +
      `tables: ${result.routes} routes compared, ${result.wrong} wrong${result.faults.map((fault) => `\n  ${fault}`).join('')}\n` +
      `memory: ${mebibytes(result.warmRssBytes)} MiB after ${(warmUpSeconds / 60).toFixed(1)} minutes, ` +
      `${mebibytes(result.lastRssBytes)} MiB at the end (${((growth - 1) * 100).toFixed(1)} %)\n`,
  );
  process.exitCode = result.wrong === 0 && growth <= growthLimit ? 0 : 1;
} catch (error) {
  if (!(error instanceof BenchError)) throw error;
  process.stderr.write(`soak: ${error.message}\n${error.details}\n`);
  process.exitCode = 2;
} finally {
  cleanup.run();
  rmSync(directory, { recursive: true, force: true });
}
