// Following a real file through the ways in which people and programs change one.

import { mkdtempSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { FileWatch } from '#io/file-watch.ts';
import { until } from '../speaker/until.ts';

function makeDirectory(): string {
  return mkdtempSync(join(tmpdir(), 'waggle-file-watch-'));
}

function follow(path: string, text: string, restMs = 50): { texts: string[]; errors: Error[]; watch: FileWatch } {
  const texts: string[] = [];
  const errors: Error[] = [];
  const watch = new FileWatch(
    { path, text, maxBytes: 1_000, pollMs: 200, restMs },
    { changed: (read) => texts.push(read), unreadable: (error) => errors.push(error) },
  );
  return { texts, errors, watch };
}

test('a file written in place, replaced by rename, gone and back is told each time with its text', async (t) => {
  const directory = makeDirectory();
  const path = join(directory, 'router.yaml');
  writeFileSync(path, 'one');
  const { texts, errors, watch } = follow(path, 'one');
  writeFileSync(path, 'two');
  await until(() => texts.length === 1, 30_000);
  writeFileSync(`${path}.new`, 'three');
  renameSync(`${path}.new`, path);
  await until(() => texts.length === 2, 30_000);
  rmSync(path);
  await until(() => errors.length === 1, 30_000);
  writeFileSync(path, 'three');
  await until(() => texts.length === 3, 30_000);
  t.deepEqual(texts, ['two', 'three', 'three']);
  writeFileSync(path, 'three');
  await new Promise((resolve) => setTimeout(resolve, 400));
  t.is(texts.length, 3, 'the same text is no change');
  t.is(errors.length, 1);
  watch.stop();
  rmSync(directory, { recursive: true });
});

test('a symlink that is swapped far away, as a mounted ConfigMap, is followed', async (t) => {
  const directory = makeDirectory();
  for (const version of ['v1', 'v2']) {
    mkdirSync(join(directory, version));
    writeFileSync(join(directory, version, 'router.yaml'), version);
  }
  mkdirSync(join(directory, 'etc'));
  symlinkSync('v1', join(directory, 'data'));
  const path = join(directory, 'etc', 'router.yaml');
  symlinkSync('../data/router.yaml', path);
  const { texts, watch } = follow(path, 'v1');
  symlinkSync('v2', join(directory, 'data-new'));
  renameSync(join(directory, 'data-new'), join(directory, 'data'));
  await until(() => texts.length === 1, 30_000);
  t.deepEqual(texts, ['v2']);
  watch.stop();
  rmSync(directory, { recursive: true });
});

test('a file that is still being written is not read halfway', async (t) => {
  const directory = makeDirectory();
  const path = join(directory, 'router.yaml');
  writeFileSync(path, '');
  // Far more than lies between two writes, however late timers are.
  const { texts, watch } = follow(path, '', 500);
  for (let part = 1; part <= 20; part++) {
    writeFileSync(path, 'x'.repeat(part));
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  await until(() => texts.at(-1) === 'x'.repeat(20), 30_000);
  t.true(texts.length <= 2, `${texts.length} versions were told`);
  watch.stop();
  rmSync(directory, { recursive: true });
});

test('a file that grows beyond the limit is unreadable, not read', async (t) => {
  const directory = makeDirectory();
  const path = join(directory, 'router.yaml');
  writeFileSync(path, 'one');
  const { texts, errors, watch } = follow(path, 'one');
  writeFileSync(path, 'x'.repeat(1_001));
  await until(() => errors.length === 1, 30_000);
  t.is(errors[0].message, 'has 1001 bytes: at most 1000 are read');
  writeFileSync(path, 'two');
  await until(() => texts.length === 1, 30_000);
  t.deepEqual(texts, ['two']);
  watch.stop();
  rmSync(directory, { recursive: true });
});
