// `waggle config check` as a process: which reader each file gets, and that every line says file, line, field, value
// and what would be right.

import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
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
  for (const [file, text] of Object.entries(files)) {
    writeFileSync(join(directory, file), text);
    chmodSync(join(directory, file), file === 'key' || file === 'empty' ? 0o600 : 0o644);
  }
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

test('password files that a router file names are looked at, and none is printed', (t) => {
  const neighbor = (path: string, address: string): string =>
    `    - { address: ${address}, remoteAsn: 65001, passwordFile: ${path} }\n`;
  const head = 'router:\n  asn: 65000\n  routerId: 198.51.100.1\n';
  const group = '  peerGroups:\n    - { name: edge, passwordFile: gone }\n';
  const text = `${head}${group}  neighbors:\n${neighbor('empty', '192.0.2.1')}${neighbor('open', '192.0.2.2')}`;
  const found = check(t, { 'router.yaml': text, empty: '', open: 'hunter2' }, 'router.yaml');
  t.deepEqual([found.code, found.stdout], [1, '']);
  const mode = 'its mode is 0644, so that others may read or change it: expected 0600 or 0640';
  t.deepEqual(found.lines, [
    'router.yaml:5: router.peerGroups[0].passwordFile: password file gone: no such file',
    'router.yaml:7: router.neighbors[0].passwordFile: password file empty: is empty',
    `router.yaml:8: router.neighbors[1].passwordFile: password file open: ${mode}`,
  ]);
  const good = check(t, { 'router.yaml': `${head}  neighbors:\n${neighbor('key', '192.0.2.1')}`, key: 'hunter2' });
  t.deepEqual(good, { code: 0, stdout: '1 router file: no fault\n', lines: [] });
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
