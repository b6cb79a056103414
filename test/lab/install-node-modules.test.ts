// The installation of node_modules, interrupted and repeated, with an npm of ours that takes its time.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import test from 'ava';

const repo = fileURLToPath(new URL('../..', import.meta.url));

/** Leaves its process id, one file, and the whole only after `patience` seconds. */
const slowNpm = `#!/bin/bash
echo "$$" >>"$npm_runs"
if [ -e node_modules ] && [ -n "$(ls -A node_modules)" ]; then echo "not empty: $(ls -A node_modules)"; exit 1; fi
mkdir -p node_modules/.bin
: >node_modules/half
sleep "$(cat "$patience")"
ln -s "$real_node" node_modules/.bin/node
echo '{"packages":{"node_modules/a":{"version":"1.0.0"}}}' >node_modules/.package-lock.json
`;

type Place = { readonly directory: string; readonly environment: NodeJS.ProcessEnv; readonly runs: string };

function makePlace(patienceSec: number): Place {
  const directory = mkdtempSync(join(tmpdir(), 'waggle-install-'));
  const runs = join(directory, 'runs');
  const patience = join(directory, 'patience');
  for (const path of ['scripts', 'frr-lab/.run', 'bin']) mkdirSync(join(directory, path), { recursive: true });
  for (const path of ['scripts/install-node-modules.sh', 'frr-lab/lock-check.ts', 'frr-lab/install.sh'])
    cpSync(join(repo, path), join(directory, path));
  writeFileSync(join(directory, 'package-lock.json'), '{"packages":{"node_modules/a":{"version":"1.0.0"}}}');
  writeFileSync(patience, String(patienceSec));
  writeFileSync(join(directory, 'bin/npm'), slowNpm);
  chmodSync(join(directory, 'bin/npm'), 0o755);
  const environment = {
    ...process.env,
    PATH: `${join(directory, 'bin')}:${process.env['PATH'] ?? ''}`,
    npm_runs: runs,
    patience,
    real_node: process.execPath,
  };
  return { directory, environment, runs };
}

/** As `lab` does it: the functions of install.sh in a bash of their own. */
function startLabInstall({ directory, environment }: Place): ChildProcess {
  const script = `set -euo pipefail; lab_dir=$1/frr-lab; . "$lab_dir/install.sh"; install_node_modules "$1"`;
  return spawn('bash', ['-c', script, 'bash', directory], { env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
}

function readRuns({ runs }: Place): readonly number[] {
  return existsSync(runs) ? readFileSync(runs, 'utf8').trim().split('\n').map(Number) : [];
}

async function waitForRun(place: Place): Promise<number> {
  while (readRuns(place).length === 0 || !existsSync(join(place.directory, 'node_modules/half'))) await sleep(20);
  return readRuns(place)[0];
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  test(`${signal} ends npm, and the next installation makes node_modules anew`, async (t) => {
    const place = makePlace(600);
    const interrupted = startLabInstall(place);
    const npm = await waitForRun(place);
    interrupted.kill(signal);
    const [code] = await once(interrupted, 'close');
    t.is(code, signal === 'SIGINT' ? 130 : 143);
    t.false(existsSync(`/proc/${npm}`), 'npm has ended');
    t.true(existsSync(join(place.directory, 'node_modules/half')));
    writeFileSync(join(place.directory, 'patience'), '0');
    const [again] = await once(startLabInstall(place), 'close');
    t.is(again, 0);
    t.is(readRuns(place).length, 2);
    rmSync(place.directory, { recursive: true });
  });
}

test('a second installation waits for the first and finds nothing to do', async (t) => {
  const place = makePlace(1.5);
  const first = startLabInstall(place);
  await waitForRun(place);
  const second = startLabInstall(place);
  const codes = await Promise.all([once(first, 'close'), once(second, 'close')]);
  t.deepEqual(
    codes.map(([code]) => Number(code)),
    [0, 0],
  );
  t.is(readRuns(place).length, 1, 'npm ran once');
  rmSync(place.directory, { recursive: true });
});

test('an npm that a killed installation left behind is waited for', async (t) => {
  const place = makePlace(1.5);
  const killed = startLabInstall(place);
  await waitForRun(place);
  killed.kill('SIGKILL');
  const [code] = await once(startLabInstall(place), 'close');
  t.is(code, 0);
  t.is(readRuns(place).length, 1, 'npm ran once');
  rmSync(place.directory, { recursive: true });
});
