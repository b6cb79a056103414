// Starts of `waggle agent` that the world refuses: one clear line on stderr and exit code 1, and nothing left behind.

import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test, { type ExecutionContext } from 'ava';

const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

interface Ended {
  readonly code: number | null;
  /** What is not JSON: the lines for people. */
  readonly lines: readonly string[];
}

function makeDirectory(t: ExecutionContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'waggle-start-'));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

function start(base: string, ...words: readonly string[]): Promise<Ended> {
  const places = ['--run-dir', join(base, 'run'), '--state-dir', join(base, 'state')];
  const child = spawn(process.execPath, [main, 'agent', ...places, ...words], { stdio: ['ignore', 'ignore', 'pipe'] });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  return new Promise((resolve) => {
    child.on('close', (code) => {
      resolve({ code, lines: stderr.split('\n').filter((line) => line !== '' && !line.startsWith('{')) });
    });
  });
}

test.serial('without a way to Kubernetes objects the agent does not start, and names the three', async (t) => {
  const base = makeDirectory(t);
  const { code, lines } = await start(base);
  t.is(code, 2);
  t.is(lines.length, 1);
  t.regex(
    lines[0],
    /^waggle agent: .*--kubeconfig FILE, the service account of a pod in the cluster, or --standalone: .*--help'$/,
  );
  t.false(existsSync(join(base, 'run')));
});

test.serial('a directory of manifests that is not there is named', async (t) => {
  const base = makeDirectory(t);
  const { code, lines } = await start(base, '--standalone', '--manifests', join(base, 'none'));
  t.is(code, 1);
  t.is(lines.length, 1);
  t.regex(lines[0], /^waggle agent: --manifests \S+\/none: no such directory$/);
  t.false(existsSync(join(base, 'run', 'waggle.sock')));
});

test.serial('a state of a newer program is refused with both versions', async (t) => {
  const base = makeDirectory(t);
  mkdirSync(join(base, 'state'));
  writeFileSync(join(base, 'state', 'objects.json'), '{"formatVersion":7,"objects":{}}');
  const { code, lines } = await start(base, '--standalone', '--manifests', base);
  t.is(code, 1);
  t.is(lines.length, 1);
  t.regex(lines[0], /objects\.json has format version 7, this program knows version 1/);
});
