// `npm test` answers --help and refuses what it does not know before it installs anything: its script runs in a folder of its own, where an
// attempt to install leaves a mark.

import { execFile } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';

const script = fileURLToPath(new URL('../../scripts/test.sh', import.meta.url));
const stagesSource = fileURLToPath(new URL('../../scripts/test.ts', import.meta.url));

interface Answer {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly hasTriedToInstall: boolean;
}

function runScript(...args: readonly string[]): Promise<Answer> {
  const folder = mkdtempSync(join(tmpdir(), 'waggle-options-'));
  mkdirSync(join(folder, 'scripts'));
  copyFileSync(script, join(folder, 'scripts', 'test.sh'));
  const installer = join(folder, 'scripts', 'install-node-modules.sh');
  writeFileSync(installer, `#!/bin/sh\ntouch '${folder}/tried'\nexit 1\n`);
  chmodSync(installer, 0o755);
  return new Promise((resolve) => {
    execFile('sh', [join(folder, 'scripts', 'test.sh'), ...args], (error, stdout, stderr) => {
      const hasTriedToInstall = existsSync(join(folder, 'tried'));
      rmSync(folder, { recursive: true, force: true });
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr, hasTriedToInstall });
    });
  });
}

test('--help names every option and stage, and installs nothing', async (t) => {
  const { code, stdout, hasTriedToInstall } = await runScript('--help');
  t.is(code, 0);
  for (const word of ['--no-install', '--stage', '--help', 'unit', 'lab']) t.true(stdout.includes(word), word);
  t.false(hasTriedToInstall);
});

for (const [args, complaint] of [
  [['--fast'], 'unknown option --fast'],
  [['unit'], 'unknown option unit'],
  [['--stage', 'units'], '--stage units: choose from format lint'],
  [['--stage'], '--stage needs a name'],
] as const) {
  test(`${args.join(' ')} is refused before anything is installed`, async (t) => {
    const { code, stderr, hasTriedToInstall } = await runScript(...args);
    t.is(code, 2);
    t.true(stderr.includes(complaint), stderr);
    t.false(hasTriedToInstall);
  });
}

test('a stage that is there goes on to the installation', async (t) => {
  const { hasTriedToInstall } = await runScript('--stage', 'unit');
  t.true(hasTriedToInstall);
});

test('the stages of the script are those of the runner', (t) => {
  const named = /^stages='(.*)'$/m.exec(readFileSync(script, 'utf8'))?.[1].split(' ') ?? [];
  const source = readFileSync(stagesSource, 'utf8');
  const checks = [...source.matchAll(/check\('(\w+)'/g)].map(([, name]) => name);
  const suites = /serialSuites = \[(.*)\]/.exec(source)?.[1].match(/\w+/g) ?? [];
  t.deepEqual(named, [...checks, 'unit', ...suites]);
});
