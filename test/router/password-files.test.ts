// Password files on disk: what is read, what holds a neighbor down, and that a change is told once it rests.

import { chmodSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { PasswordFiles } from '#router/password-files.ts';
import { until } from '../speaker/until.ts';
import { makeDirectory, removeDirectory } from './router-process.ts';

const ref = (path: string): { neighbor: string; path: string } => ({ neighbor: '192.0.2.1', path });

test('each file is read from where router.yaml lies, and what is wrong with one is said', async (t) => {
  const directory = makeDirectory('');
  t.teardown(() => removeDirectory(directory));
  writeFileSync(join(directory, 'good'), 'hunter2\n', { mode: 0o600 });
  writeFileSync(join(directory, 'open'), 'hunter2\n', { mode: 0o644 });
  chmodSync(join(directory, 'open'), 0o644);
  writeFileSync(join(directory, 'large'), 'x'.repeat(5000), { mode: 0o600 });
  mkdirSync(join(directory, 'folder'));
  const files = new PasswordFiles(join(directory, 'router.yaml'), () => {});
  t.teardown(() => files.stop());
  const found = await files.read(['good', 'open', 'large', 'folder', 'missing', join(directory, 'good')].map(ref));
  t.deepEqual(Object.fromEntries(found), {
    good: { password: 'hunter2' },
    open: {
      heldDownReason:
        'password file open: its mode is 0644, so that others may read or change it: expected 0600 or 0640',
    },
    large: { heldDownReason: 'password file large: has 5000 bytes, which no password has' },
    folder: { heldDownReason: 'password file folder: is not a regular file' },
    missing: { heldDownReason: 'password file missing: no such file' },
    [join(directory, 'good')]: { password: 'hunter2' },
  });
  t.is(files.problems.length, 4);
  t.false(files.problems.join().includes('hunter2'));
});

test('a new content, a new mode, a replaced and a removed file are told; the same content is not', async (t) => {
  const directory = makeDirectory('');
  t.teardown(() => removeDirectory(directory));
  const path = join(directory, 'key');
  writeFileSync(path, 'one\n', { mode: 0o600 });
  let changes = 0;
  const files = new PasswordFiles(join(directory, 'router.yaml'), () => {
    changes++;
  });
  t.teardown(() => files.stop());
  await files.read([ref('key')]);
  const next = async (change: () => void): Promise<unknown> => {
    changes = 0;
    change();
    await until(() => changes > 0, 30_000);
    return (await files.read([ref('key')])).get('key');
  };
  t.deepEqual(await next(() => writeFileSync(path, 'two\n')), { password: 'two' });
  const other = join(directory, 'other');
  writeFileSync(other, 'three', { mode: 0o600 });
  t.deepEqual(await next(() => renameSync(other, path)), { password: 'three' });
  t.regex(JSON.stringify(await next(() => chmodSync(path, 0o644))), /heldDownReason.*mode is 0644/);
  t.deepEqual(await next(() => chmodSync(path, 0o600)), { password: 'three' });
  t.deepEqual(await next(() => rmSync(path)), { heldDownReason: 'password file key: no such file' });
  t.deepEqual(await next(() => writeFileSync(path, 'four', { mode: 0o600 })), { password: 'four' });
  changes = 0;
  writeFileSync(path, 'four');
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  t.is(changes, 0);
});
