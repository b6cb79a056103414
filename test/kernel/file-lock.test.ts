// The lock on a directory, between real processes.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { KernelError } from '#kernel/errors.ts';
import { DirectoryLock } from '#kernel/file-lock.ts';

const module = new URL('../../src/kernel/file-lock.ts', import.meta.url).href;

function takeElsewhere(directory: string): string {
  const script = `
    import { DirectoryLock } from ${JSON.stringify(module)};
    try { DirectoryLock.take(${JSON.stringify(directory)}); console.log('taken'); }
    catch (error) { console.log(error.code + ' ' + error.message); }
    process.kill(process.pid, 'SIGKILL');
  `;
  return spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' }).stdout.trim();
}

test('a directory has one holder; the next is told who, and gets it when the holder is gone', (t) => {
  const directory = join(mkdtempSync(join(tmpdir(), 'waggle-lock-')), 'run');
  const lock = DirectoryLock.take(directory);
  t.is(readFileSync(join(directory, 'waggle.lock'), 'utf8'), `${process.pid}\n`);
  t.is(takeElsewhere(directory), `EAGAIN cannot lock ${directory}, which process ${process.pid} holds: EAGAIN`);
  lock.release();
  t.is(takeElsewhere(directory), 'taken');
  // That process was killed without releasing anything.
  DirectoryLock.take(directory).release();
  rmSync(directory, { recursive: true });
});

test('a directory that cannot be made is a KernelError naming it', (t) => {
  const error = t.throws(() => DirectoryLock.take('/dev/null/run'), { instanceOf: KernelError });
  t.regex(error.message, /^cannot use \/dev\/null\/run: ENOTDIR/);
});
