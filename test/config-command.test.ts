// `waggle config check` as a process: which reader each file gets, and that every line says file, line, field, value
// and what would be right.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test, { type ExecutionContext } from 'ava';

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));

interface Checked {
  readonly code: number | null;
  readonly stdout: string;
  readonly lines: readonly string[];
}

function check(t: ExecutionContext, files: Readonly<Record<string, string>>, name = ''): Checked {
  const directory = mkdtempSync(join(tmpdir(), 'waggle-config-'));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  for (const [file, text] of Object.entries(files)) writeFileSync(join(directory, file), text);
  const path = name === '' ? directory : join(directory, name);
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, 'config', 'check', path], { encoding: 'utf8' });
  return { code: status, stdout, lines: stderr.replaceAll(`${directory}/`, '').split('\n').slice(0, -1) };
}

const router = 'router: { asn: 65000, routerId: 198.51.100.1 }\n';
const node = 'apiVersion: v1\nkind: Node\nmetadata: { name: n1 }\n';

test('a router file among manifests is read as one', (t) => {
  const good = check(t, { 'router.yaml': router, 'node.yaml': node });
  t.deepEqual(good, { code: 0, stdout: '1 router file, 1 object in 1 manifest: no fault\n', lines: [] });
  const alone = check(t, { 'router.yaml': router });
  t.deepEqual(alone, { code: 0, stdout: '1 router file: no fault\n', lines: [] });
  const wrong = check(t, { 'router.yaml': router.replace('65000', '0'), 'node.yaml': node.replace('name:', 'nam:') });
  t.is(wrong.code, 1);
  t.deepEqual(wrong.lines, [
    'router.yaml:1: router.asn: 0: expected an AS number, 1 to 4294967295',
    'node.yaml:3: metadata.name: missing: required',
  ]);
});

test('what is not there is said in words', (t) => {
  const { code, lines } = check(t, {}, 'none');
  t.is(code, 1);
  t.deepEqual(lines, ['none: no such file']);
});

test('a reader that wants no more than the first line of the schema gets no trace', (t) => {
  const words = ['-o', 'pipefail', '-c', '"$0" "$1" config schema | head -1', process.execPath, main];
  const { status, stdout, stderr } = spawnSync('bash', words, { encoding: 'utf8' });
  t.deepEqual([status, stdout, stderr], [0, '{\n', '']);
});
