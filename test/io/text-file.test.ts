// What may lie where a file of configuration is expected.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { readTextFile } from '#io/text-file.ts';

test('what is no regular file, or too large, is refused at once and never read', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'waggle-text-file-'));
  t.teardown(() => rmSync(directory, { recursive: true }));
  const path = (name: string): string => join(directory, name);
  writeFileSync(path('text'), 'router: {}\n');
  t.is(await readTextFile(path('text'), 11), 'router: {}\n');
  await t.throwsAsync(readTextFile(path('text'), 10), { message: 'has 11 bytes: at most 10 are read' });
  writeFileSync(path('huge'), '');
  truncateSync(path('huge'), 2 ** 40);
  await t.throwsAsync(readTextFile(path('huge'), 1_000_000), { message: /has 1099511627776 bytes/ });
  execFileSync('mkfifo', [path('pipe')]);
  await t.throwsAsync(readTextFile(path('pipe'), 10), { message: 'is not a regular file' });
  await t.throwsAsync(readTextFile('/dev/zero', 10), { message: 'is not a regular file' });
  await t.throwsAsync(readTextFile(directory, 10), { message: 'is a directory' });
  await t.throwsAsync(readTextFile(path('none'), 10), { code: 'ENOENT' });
});
