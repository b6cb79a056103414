// Starts of `waggle router` that the world refuses, in one line each with exit code 1 and nothing left behind, and what
// signals do while it starts.

import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { needs, root } from '#support/skip.ts';
import { until } from '../speaker/until.ts';
import { freePorts, makeDirectory, removeDirectory, RouterProcess } from './router-process.ts';

const nobody = 65_534;

async function goodFile(address: string): Promise<string> {
  const [bgp, api, metrics, health] = await freePorts(4);
  return [
    `router: {asn: 65000, routerId: 198.51.100.1, listen: ["${address}:${bgp}"]}`,
    `api: {listen: "127.0.0.1:${api}"}`,
    `prometheus: {listen: "127.0.0.1:${metrics}"}`,
    `health: {listen: "127.0.0.1:${health}"}`,
    '',
  ].join('\n');
}

/** The lines for people. */
function linesOf({ stderr }: RouterProcess): string[] {
  return stderr.split('\n').filter((line) => line !== '' && !line.startsWith('{'));
}

test.serial('a file that is missing, empty, a directory, a pipe or huge is refused in one line', async (t) => {
  t.timeout(60_000);
  const cases: readonly (readonly [string, (path: string) => void, RegExp])[] = [
    ['missing', (path) => rmSync(path), /router\.yaml: no such file$/],
    ['empty', (path) => writeFileSync(path, ''), /router\.yaml:1: the file is empty: expected a map with router$/],
    [
      'comments',
      (path) => writeFileSync(path, '# nothing\n'),
      /router\.yaml:1: the file is empty: expected a map with router$/,
    ],
    ['directory', (path) => [rmSync(path), mkdirSync(path)], /router\.yaml: is a directory$/],
    ['pipe', (path) => [rmSync(path), execFileSync('mkfifo', [path])], /router\.yaml: is not a regular file$/],
    ['huge', (path) => truncateSync(path, 2 ** 40), /router\.yaml: has 1099511627776 bytes: at most \d+ are read$/],
    ['binary', (path) => writeFileSync(path, Buffer.from([0, 1, 2, 0xff])), /router\.yaml:1: /],
  ];
  for (const [name, spoil, line] of cases) {
    const directory = makeDirectory('router: {}\n');
    spoil(join(directory, 'router.yaml'));
    const router = new RouterProcess({ directory });
    t.is(await router.ended(), 1, name);
    t.is(linesOf(router).length, 1, `${name}: ${router.stderr}`);
    t.regex(linesOf(router)[0], line, name);
    t.false(existsSync(join(directory, 'run')), name);
    removeDirectory(directory);
  }
});

test.serial(
  'a file, a run directory and a state directory without permission are each refused in one line',
  needs([root], async (t) => {
    t.timeout(60_000);
    const cases: readonly (readonly [string, (directory: string) => void, RegExp])[] = [
      ['file', (directory) => chmodSync(join(directory, 'router.yaml'), 0o600), /router\.yaml: permission denied$/],
      [
        'run',
        (directory) => mkdirSync(join(directory, 'run'), { mode: 0o700 }),
        /^waggle router: .*\/run: .*EACCES.*: run as root, or give a --run-dir and --state-dir that can be written$/,
      ],
      [
        'state',
        (directory) => mkdirSync(join(directory, 'state'), { mode: 0o700 }),
        /^waggle router: .*\/state: .*EACCES.*: run as root, or give a --run-dir and --state-dir that can be written$/,
      ],
    ];
    for (const [name, spoil, line] of cases) {
      const directory = makeDirectory(await goodFile('127.75.1.1'));
      spoil(directory);
      const router = new RouterProcess({ directory, uid: nobody });
      t.is(await router.ended(), 1, name);
      t.is(linesOf(router).length, 1, `${name}: ${router.stderr}`);
      t.regex(linesOf(router)[0], line, name);
      removeDirectory(directory);
    }
  }),
);

test.serial('a run directory that cannot be one is refused in one line', async (t) => {
  t.timeout(60_000);
  const cases: readonly (readonly [string, string, RegExp])[] = [
    ['a file is in the way', 'file', /^waggle router: .*\/file: .*(ENOTDIR|EEXIST)/],
    [
      'its path is too long for a socket',
      'x'.repeat(100),
      /bytes are too long for a socket's path, 107 fit: give a shorter --run-dir$/,
    ],
  ];
  for (const [name, runDir, line] of cases) {
    const directory = makeDirectory(await goodFile('127.75.2.1'));
    writeFileSync(join(directory, 'file'), '');
    const router = new RouterProcess({ directory, args: ['--run-dir', join(directory, runDir)] });
    t.is(await router.ended(), 1, name);
    t.is(linesOf(router).length, 1, `${name}: ${router.stderr}`);
    t.regex(linesOf(router)[0], line, name);
    removeDirectory(directory);
  }
});

test.serial('what is no socket under the name of the socket is left alone and named', async (t) => {
  t.timeout(60_000);
  const directory = makeDirectory(await goodFile('127.75.3.1'));
  mkdirSync(join(directory, 'run'));
  writeFileSync(join(directory, 'run', 'waggle.sock'), 'mine');
  const router = new RouterProcess({ directory });
  t.is(await router.ended(), 1);
  t.deepEqual(linesOf(router), [
    `waggle router: ${join(directory, 'run', 'waggle.sock')} exists and is not a socket: remove it, or give another --run-dir`,
  ]);
  t.true(existsSync(join(directory, 'run', 'waggle.sock')));
  removeDirectory(directory);
});

test.serial('SIGTERM and SIGHUP while it starts do not cut the start in half', async (t) => {
  t.timeout(60_000);
  for (const signal of ['SIGTERM', 'SIGHUP'] as const) {
    const directory = makeDirectory(await goodFile('127.75.4.1'));
    const router = new RouterProcess({ directory });
    // In the same turn as the line is read: a start takes some hundred milliseconds from there.
    await new Promise<void>((resolve) => {
      let isSent = false;
      router.child.stderr?.on('data', () => {
        if (isSent || router.events('starting').length === 0) return;
        isSent = true;
        router.child.kill(signal);
        resolve();
      });
    });
    t.log(router.events('started').length === 0 ? 'sent while it started' : 'sent too late');
    if (signal === 'SIGHUP') {
      await until(() => router.events('configuration-unchanged').length === 1, 30_000);
      t.is(await router.stop(), 0);
    } else t.is(await router.ended(), 0);
    t.deepEqual(linesOf(router), []);
    t.is(router.events('stopped').length, 1);
    t.false(existsSync(join(directory, 'run', 'waggle.sock')));
    removeDirectory(directory);
  }
});

test.serial('a second instance that shares only one of the directories is refused in one line too', async (t) => {
  t.timeout(60_000);
  const directory = makeDirectory(await goodFile('127.75.5.1'));
  const first = new RouterProcess({ directory });
  await first.started();
  for (const [option, shared] of [
    ['--run-dir', 'state'],
    ['--state-dir', 'run'],
  ]) {
    const second = new RouterProcess({ directory, args: [option, join(directory, 'other')] });
    t.is(await second.ended(), 1);
    t.deepEqual(linesOf(second), [
      `waggle router: another waggle (process ${first.child.pid}) uses ${join(directory, shared)}: stop it, or give this one its own --run-dir and --state-dir`,
    ]);
  }
  t.is(await first.stop(), 0);
  removeDirectory(directory);
});
