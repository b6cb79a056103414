// `waggle cleanup` as a process against the real kernel: exactly our routes go, in every table or in those of a file, and what the
// state directory says of them; foreign ones stay to the letter. Each test in a namespace of its own.

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test, { type ExecutionContext } from 'ava';
import { command, needs, root } from '#support/skip.ts';
import { NetworkNamespace } from '#support/network-namespace.ts';
import { Driven, until } from './driven.ts';

const requirements = [root, command('ip', 'iproute2')];
const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

interface Outcome {
  readonly code: number | null;
  readonly out: readonly string[];
  readonly err: string;
}

class Machine {
  readonly namespace: NetworkNamespace;
  readonly folder: string;

  constructor(t: ExecutionContext) {
    this.namespace = new NetworkNamespace(t);
    this.namespace.addLink('eth0', '192.0.2.1/24', '2001:db8::1/64');
    this.folder = mkdtempSync(join(tmpdir(), 'waggle-cleanup-'));
    t.teardown(() => rmSync(this.folder, { recursive: true, force: true }));
    mkdirSync(this.stateDir);
    writeFileSync(this.stateFile, '{}');
    writeFileSync(join(this.stateDir, 'other.json'), '{}');
  }

  get stateDir(): string {
    return join(this.folder, 'state');
  }

  get stateFile(): string {
    return join(this.stateDir, 'process.json');
  }

  get directories(): readonly string[] {
    return ['--run-dir', join(this.folder, 'run'), '--state-dir', this.stateDir];
  }

  write(name: string, text: string): string {
    const path = join(this.folder, name);
    writeFileSync(path, text);
    return path;
  }

  /** Routes of ours and of others, with the same prefixes and metrics in part, in three tables. */
  addRoutes(): void {
    const { namespace } = this;
    const add = (...words: string[]): void => void namespace.ip('route', 'add', ...words);
    add('203.0.113.0/24', 'via', '192.0.2.7', 'proto', '87', 'metric', '20');
    add('203.0.113.0/24', 'via', '192.0.2.9', 'proto', 'static', 'metric', '30');
    add('203.0.114.0/24', 'via', '192.0.2.9', 'proto', 'bgp', 'metric', '20');
    add('203.0.115.0/24', 'via', '192.0.2.9', 'proto', '87', 'metric', '30');
    add('blackhole', '203.0.116.0/24', 'proto', '87', 'metric', '20');
    add('203.0.113.0/24', 'via', '192.0.2.7', 'proto', '87', 'metric', '20', 'table', '1000');
    add('203.0.114.0/24', 'via', '192.0.2.9', 'proto', 'static', 'metric', '20', 'table', '1000');
    const add6 = (...words: string[]): void => void namespace.ip('-6', 'route', 'add', ...words);
    add6('2001:db8:a::/48', 'via', '2001:db8::7', 'proto', '87', 'metric', '20');
    add6('2001:db8:a::/48', 'via', '2001:db8::9', 'proto', 'static', 'metric', '30');
    add6('2001:db8:b::/48', 'via', '2001:db8::7', 'proto', '87', 'table', '70000');
    add6(
      '2001:db8:c::/48',
      'metric',
      '20',
      'proto',
      '87',
      'nexthop',
      'via',
      '2001:db8::7',
      'nexthop',
      'via',
      '2001:db8::8',
    );
    // Appended behind ours: the same prefix and metric.
    namespace.ip('route', 'append', '203.0.113.0/24', 'via', '192.0.2.10', 'proto', 'static', 'metric', '20');
  }

  ours(): string[] {
    return this.#list(true);
  }

  foreign(): string[] {
    return this.#list(false);
  }

  cleanup(words: readonly string[] = [], before: readonly string[] = []): Outcome {
    const inside = ['netns', 'exec', this.namespace.name, ...before, process.execPath, main, 'cleanup'];
    const { status, stdout, stderr } = spawnSync('ip', [...inside, ...this.directories, ...words], {
      encoding: 'utf8',
    });
    return { code: status, out: stdout.split('\n').slice(0, -1), err: stderr };
  }

  #list(isOurs: boolean): string[] {
    return ['-4', '-6'].flatMap((family) => {
      // A route of several hops has several lines.
      const text = this.namespace.ip('-o', '-d', family, 'route', 'show', 'table', 'all');
      const lines = text.split('\n').filter((line) => line !== '' && line.includes(' proto 87 ') === isOurs);
      // The kernel's own come when an address has been found to be unique.
      return lines.filter((line) => !line.includes(' proto kernel '));
    });
  }
}

const everything = [
  '203.0.113.0/24 (table 254, metric 20)',
  '203.0.115.0/24 (table 254, metric 30)',
  '203.0.116.0/24 (table 254, metric 20)',
  '203.0.113.0/24 (table 1000, metric 20)',
  '2001:db8:a::/48 (table 254, metric 20)',
  '2001:db8:c::/48 (table 254, metric 20)',
  '2001:db8:b::/48 (table 70000, metric 1024)',
];

test(
  'cleanup takes our routes of every table and the word of the last process, and no foreign route; again it finds nothing',
  needs(requirements, (t) => {
    const machine = new Machine(t);
    machine.addRoutes();
    const foreign = machine.foreign();
    t.is(machine.ours().length, everything.length);

    const dry = machine.cleanup(['--dry-run']);
    t.is(dry.err, '');
    t.is(dry.code, 0);
    t.deepEqual(
      dry.out.toSorted(),
      [
        ...everything.map((route) => `would remove ${route}`),
        `would remove ${machine.stateFile}`,
        'would remove 7 routes and 1 files',
      ].toSorted(),
    );
    t.is(machine.ours().length, everything.length, 'a dry run changes nothing');
    t.true(existsSync(machine.stateFile));

    const done = machine.cleanup();
    t.is(done.err, '');
    t.is(done.code, 0);
    t.deepEqual(
      done.out.toSorted(),
      [
        ...everything.map((route) => `removed ${route}`),
        `removed ${machine.stateFile}`,
        'removed 7 routes and 1 files',
      ].toSorted(),
    );
    t.deepEqual(machine.ours(), []);
    t.deepEqual(machine.foreign(), foreign);
    t.false(existsSync(machine.stateFile));
    t.true(existsSync(join(machine.stateDir, 'other.json')));

    t.deepEqual(machine.cleanup(), { code: 0, out: ['removed 0 routes and 0 files'], err: '' });
    t.deepEqual(machine.foreign(), foreign);
  }),
);

test(
  'with a router file cleanup keeps to the tables that it names; one with faults, or without a table, changes nothing',
  needs(requirements, (t) => {
    const machine = new Machine(t);
    machine.addRoutes();
    const count = machine.ours().length;
    const head = 'router: { asn: 65000, routerId: 198.51.100.1, fib: ';
    const none = machine.write('none.yaml', `${head}none }\n`);
    const without = machine.cleanup(['--config', none]);
    t.is(without.code, 1);
    t.regex(without.err, /^waggle cleanup: \S+none\.yaml names no table \(it has no fib: kernel\): [^\n]+\n$/);
    const broken = machine.cleanup([
      '--config',
      machine.write('broken.yaml', 'router: { asn: bees, routerId: 198.51.100.1 }\n'),
    ]);
    t.is(broken.code, 1);
    t.regex(broken.err, /^waggle cleanup: \S+broken\.yaml:1: router\.asn: /);
    t.is(machine.cleanup(['--config', join(machine.folder, 'absent.yaml')]).code, 1);
    const unknown = machine.cleanup(['--tables', '7']);
    t.is(unknown.code, 2);
    t.regex(unknown.err, /^waggle cleanup: Unknown option '--tables': see [^\n]+\n$/);
    t.is(machine.ours().length, count);
    t.true(existsSync(machine.stateFile));

    const named = machine.write('named.yaml', `${head}{ mode: kernel, table: 1000, metric: 5 } }\n`);
    const done = machine.cleanup(['--config', named]);
    t.deepEqual(done.out, [
      'removed 203.0.113.0/24 (table 1000, metric 20)',
      `removed ${machine.stateFile}`,
      'removed 1 routes and 1 files',
    ]);
    t.is(machine.ours().length, count - 1);
  }),
);

test(
  'cleanup refuses while a waggle runs on the directories, and takes what is left when it was killed',
  needs(requirements, async (t) => {
    const machine = new Machine(t);
    machine.addRoutes();
    rmSync(machine.stateFile);
    const config = machine.write(
      'router.yaml',
      'router: { asn: 65000, routerId: 198.51.100.1, listen: ["192.0.2.1:179"] }\n',
    );
    const words = ['netns', 'exec', machine.namespace.name, process.execPath, main, 'router', '--config', config];
    const router = spawn('ip', [...words, ...machine.directories], { stdio: ['ignore', 'ignore', 'pipe'] });
    let log = '';
    router.stderr.on('data', (data: Buffer) => (log += data.toString()));
    t.true(await until(() => log.includes('"event":"started"'), 90_000), log);
    const foreign = machine.foreign();
    const count = machine.ours().length;
    for (const word of [[], ['--dry-run']]) {
      const { code, out, err } = machine.cleanup(word);
      t.is(code, 1);
      t.deepEqual(out, []);
      t.regex(
        err,
        /^waggle cleanup: a waggle \(process \d+\) runs on \S+, and its routes are in use: stop it first\n$/,
      );
    }
    t.is(machine.ours().length, count);
    const ended = once(router, 'exit');
    router.kill('SIGKILL');
    await ended;
    t.true(existsSync(machine.stateFile), readdirSync(machine.stateDir).join(' '));
    t.is(machine.cleanup().code, 0);
    t.deepEqual(machine.ours(), []);
    t.deepEqual(machine.foreign(), foreign);
    t.false(existsSync(machine.stateFile));
  }),
);

test(
  'without CAP_NET_ADMIN cleanup says in one line that it is missing, and leaves the word of the last process with the routes',
  needs([...requirements, command('setpriv', 'util-linux')], (t) => {
    const machine = new Machine(t);
    const less = ['setpriv', '--bounding-set=-net_admin'];
    machine.addRoutes();
    const count = machine.ours().length;
    const before = readFileSync(machine.stateFile, 'utf8');
    const { code, out, err } = machine.cleanup([], less);
    t.is(code, 1);
    t.deepEqual(out, ['removed 0 routes and 0 files']);
    t.regex(
      err,
      /^waggle cleanup: 7 routes stay, such as 203\.0\.113\.0\/24 \(table \d+, metric 20\): `cleanup` needs CAP_NET_ADMIN, which this process does not have\n$/,
    );
    t.is(machine.ours().length, count);
    t.is(readFileSync(machine.stateFile, 'utf8'), before);
    t.is(machine.cleanup(['--dry-run'], less).out.length, count + 2, 'looking needs none');
    t.is(machine.cleanup().code, 0);
    t.deepEqual(machine.cleanup([], less), { code: 0, out: ['removed 0 routes and 0 files'], err: '' });
  }),
);

test(
  'cleanup takes 20,000 routes that a killed process left',
  needs(requirements, async (t) => {
    const machine = new Machine(t);
    const driven = new Driven(machine.namespace);
    await driven.order('configure', { table: 254, metric: 20 });
    t.is(await driven.order('installMany', { count: 20_000, nextHop: '192.0.2.7' }), 20_000);
    await driven.kill();
    const { code, out } = machine.cleanup();
    t.is(code, 0);
    t.is(out.length, 20_002);
    t.is(out.at(-1), 'removed 20000 routes and 1 files');
    t.deepEqual(machine.ours(), []);
  }),
);
