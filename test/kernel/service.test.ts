// The systemd unit's rights, read from the unit itself: `waggle router` runs with exactly them, as a user that is nobody
// else, and says in one line what is missing without. No systemd runs here: setpriv and prlimit do what it would do; the
// sandboxing directives are only looked at by systemd-analyze.

import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test, { type ExecutionContext } from 'ava';
import { command, needs, root, type Need } from '#support/skip.ts';
import { announce, ChangeWorld, peerAddress } from '../interop/change-world.ts';
import { until } from '../speaker/until.ts';
import { commandOf, openFilesOf, UnitFile } from './unit-file.ts';

const tree = fileURLToPath(new URL('../../', import.meta.url)).replace(/\/$/, '');
const deploy = join(tree, 'deploy', 'systemd');
const unitPath = join(deploy, 'waggle-router.service');
const dropIn = (name: string): string => join(deploy, 'waggle-router.service.d', name);
/** Nobody's. */
const uid = 64_179;

const readableTree: Need = () => {
  for (let folder = tree; folder !== '/'; folder = dirname(folder)) {
    if ((statSync(folder).mode & 0o005) !== 0o005) return `${folder} is closed to other users than root`;
  }
  return undefined;
};
const requirements = [root, command('ip', 'iproute2'), command('setpriv', 'util-linux'), readableTree];
const namespace = `wgt-service-${process.pid}`;

test.before(() => {
  if (requirements.some((need) => need() !== undefined)) return;
  spawnSync('ip', ['netns', 'add', namespace]);
  spawnSync('ip', ['-n', namespace, 'link', 'set', 'lo', 'up']);
});

test.after.always(() => {
  spawnSync('ip', ['netns', 'delete', namespace]);
});

const routerFile = (...more: readonly string[]): string =>
  [
    'router:',
    '  asn: 65001',
    '  routerId: 192.0.2.1',
    '  listen: ["127.0.0.1:179"]',
    ...more.map((line) => `  ${line}`),
    '  neighbors:',
    '    - { address: 127.0.0.2, remoteAsn: 65002 }',
    '',
  ].join('\n');

/** A daemon of the unit in the namespace, with its folders and its log. */
class Service {
  readonly folder = mkdtempSync(join(tmpdir(), 'waggle-service-'));
  log = '';
  #child: ChildProcess | undefined;

  start(unit: UnitFile, config: string): ChildProcess {
    chmodSync(this.folder, 0o755);
    const etc = join(this.folder, 'etc', 'waggle');
    mkdirSync(etc, { recursive: true });
    writeFileSync(join(etc, 'router.yaml'), config, { mode: 0o640 });
    chownSync(join(etc, 'router.yaml'), 0, uid);
    const words = commandOf(unit, { tree, folder: this.folder, uid });
    const child = spawn('ip', ['netns', 'exec', namespace, ...words], { stdio: ['ignore', 'ignore', 'pipe'] });
    child.stderr.setEncoding('utf8').on('data', (text: string) => (this.log += text));
    this.#child = child;
    return child;
  }

  async until(isTrue: () => boolean): Promise<void> {
    for (let tries = 0; tries < 600 && !isTrue(); tries++) await new Promise((resolve) => setTimeout(resolve, 100));
    if (!isTrue()) throw new Error(`not so after 20 s: ${this.log}`);
  }

  async end(): Promise<void> {
    const child = this.#child;
    if (child !== undefined && child.exitCode === null) {
      child.kill('SIGTERM');
      await new Promise((resolve) => child.once('exit', resolve));
    }
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** What the kernel says of the process: its user, its capabilities, its limit of descriptors. */
function rightsOf(pid: number | undefined): Record<string, string> {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const line = (name: string): string => new RegExp(`^${name}:[ \\t]*(.*)$`, 'm').exec(status)?.[1] ?? '';
  return {
    user: line('Uid').split('\t')[0],
    groups: line('Groups').trim(),
    effective: line('CapEff'),
    bounding: line('CapBnd'),
    ambient: line('CapAmb'),
    noNewPrivs: line('NoNewPrivs'),
    files: /Max open files\s+(\d+)/.exec(readFileSync(`/proc/${pid}/limits`, 'utf8'))?.[1] ?? '',
  };
}

const only = (...bits: readonly number[]): string =>
  bits
    .reduce((mask, bit) => mask | (1n << BigInt(bit)), 0n)
    .toString(16)
    .padStart(16, '0');
const [bindService, netAdmin, netRaw] = [10, 12, 13];

async function runs(t: ExecutionContext, unit: UnitFile, capabilities: string): Promise<void> {
  const service = new Service();
  try {
    const { pid } = service.start(unit, routerFile());
    await service.until(() => service.log.includes('"event":"started"'));
    t.deepEqual(rightsOf(pid), {
      user: `${uid}`,
      groups: '',
      effective: capabilities,
      bounding: capabilities,
      ambient: capabilities,
      noNewPrivs: '1',
      files: `${openFilesOf(unit)}`,
    });
    const listening = spawnSync('ip', ['netns', 'exec', namespace, 'ss', '-Hltn'], { encoding: 'utf8' }).stdout;
    t.regex(listening, /127\.0\.0\.1:179/);
    const socket = statSync(join(service.folder, 'run', 'waggle', 'waggle.sock'));
    t.is(socket.mode & 0o777, 0o660);
    t.is(socket.uid, uid);
    const waggle = (...words: readonly string[]): ReturnType<typeof spawnSync> =>
      spawnSync(join(tree, 'bin', 'waggle'), words, {
        encoding: 'utf8',
        env: { ...process.env, WAGGLE_RUN_DIR: join(service.folder, 'run', 'waggle') },
      });
    t.is(waggle('status').status, 0);
    t.true(statSync(join(service.folder, 'lib', 'waggle', 'process.json')).isFile());
    t.is(statSync(join(service.folder, 'lib', 'waggle')).mode & 0o777, 0o700);
  } finally {
    await service.end();
  }
}

test.serial(
  'the router runs as a user of its own with one capability, as the unit says',
  needs(requirements, (t) => runs(t, new UnitFile(unitPath), only(bindService))),
);

test.serial(
  'each drop-in adds its one capability',
  needs(requirements, async (t) => {
    await runs(t, new UnitFile(unitPath, dropIn('fib-kernel.conf')), only(bindService, netAdmin));
    await runs(t, new UnitFile(unitPath, dropIn('bind-interface.conf')), only(bindService, netRaw));
  }),
);

test.serial(
  'without the capability for port 179 it says so in one line, with the option that wants it',
  needs(requirements, async (t) => {
    const service = new Service();
    try {
      const bare = new UnitFile(unitPath);
      bare.drop('CAP_NET_BIND_SERVICE');
      const child = service.start(bare, routerFile());
      t.is(await new Promise((resolve) => child.once('exit', resolve)), 1);
      const lines = service.log.split('\n').filter((line) => line !== '' && !line.startsWith('{'));
      t.is(lines.length, 1, service.log);
      t.regex(lines[0], /^waggle router: cannot listen on 127\.0\.0\.1:179: .*`listen`.* needs CAP_NET_BIND_SERVICE/);
    } finally {
      await service.end();
    }
  }),
);

test.serial(
  'without CAP_NET_ADMIN `fib: kernel` is one line that names both, and sessions stand; with its drop-in the routes are there',
  needs(requirements, async (t) => {
    for (const [unit, isInstalled] of [
      [new UnitFile(unitPath), false],
      [new UnitFile(unitPath, dropIn('fib-kernel.conf')), true],
    ] as const) {
      const world = new ChangeWorld('svc');
      try {
        await world.make();
        chmodSync(world.folder, 0o755);
        const words = commandOf(unit, { tree, folder: world.folder, uid });
        for (const folder of [world.folder, join(world.folder, 'run')]) chownSync(folder, uid, uid);
        const neighbor = `address: ${peerAddress(2)}, remoteAsn: 65102, passive: true, import: accept, export: accept`;
        world.write([neighbor], ['fib: kernel']);
        await world.start(words.slice(0, words.indexOf('--') + 1));
        const peer = await world.establish(2);
        peer.send(announce(2));
        const has = async (): Promise<boolean> => (await world.ip('route')).includes('203.0.113.0/24');
        const listComplaints = (): string[] =>
          world.log.split('\n').filter((line) => /capab|CAP_|EPERM|not permitted/i.test(line));
        if (isInstalled) await until(has, 30_000);
        // The route is tried again after one, two and four seconds.
        else {
          await until(() => listComplaints().length > 0, 30_000);
          await new Promise((resolve) => setTimeout(resolve, 8000));
        }
        t.is(await has(), isInstalled);
        const lines = listComplaints();
        t.is(lines.length, isInstalled ? 0 : 1, lines.join('\n'));
        if (!isInstalled) t.regex(lines[0], /`fib: kernel` needs CAP_NET_ADMIN/);
        t.false(peer.isClosed);
      } finally {
        await world.remove();
      }
    }
  }),
);

test.serial(
  'without the capability to change a device the refusal names it, and the option',
  needs(requirements, (t) => {
    const script = `
      const { SocketOptions } = await import(${JSON.stringify(join(tree, 'src/kernel/socket-options.ts'))});
      const { describeSocketError } = await import(${JSON.stringify(join(tree, 'src/io/socket-errors.ts'))});
      const options = new SocketOptions();
      const fd = options.openClient({ version: 4, sourceAddress: undefined, ttl: 1, deviceName: 'lo', minTtl: 1, key: { peer: '192.0.2.1', password: 'x' } });
      try { options.bindToDevice(fd, 'eth0'); } catch (error) { console.log(describeSocketError(error)); }
    `;
    const words = ['--reuid', `${uid}`, '--regid', `${uid}`, '--clear-groups', '--bounding-set=-all'];
    const { stdout, stderr } = spawnSync('setpriv', [...words, process.execPath, '--input-type=module', '-e', script], {
      encoding: 'utf8',
    });
    t.is(stdout, '`interface: eth0` needs CAP_NET_RAW, which this process does not have\n', stderr);
  }),
);

test('the unit grants what its program needs and nothing else, and the drop-ins one more each', (t) => {
  const unit = new UnitFile(unitPath);
  for (const name of ['CapabilityBoundingSet', 'AmbientCapabilities'] as const) {
    t.deepEqual(unit.capabilities(name), ['CAP_NET_BIND_SERVICE']);
    t.deepEqual(new UnitFile(dropIn('fib-kernel.conf')).capabilities(name), ['CAP_NET_ADMIN']);
    t.deepEqual(new UnitFile(dropIn('bind-interface.conf')).capabilities(name), ['CAP_NET_RAW']);
  }
  t.not(unit.one('User'), 'root');
  t.is(unit.one('NoNewPrivileges'), 'yes');
  t.is(unit.one('ProtectSystem'), 'strict');
});

test(
  'systemd finds nothing wrong with the unit and the user file',
  needs([command('systemd-analyze', 'systemd'), command('systemd-sysusers', 'systemd')], (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'waggle-unit-'));
    try {
      const path = join(folder, 'waggle-router.service');
      // The program is not installed there.
      writeFileSync(path, readFileSync(unitPath, 'utf8').replace('/usr/lib/waggle/bin/waggle', '/bin/true'));
      for (const name of ['fib-kernel.conf', 'bind-interface.conf']) {
        mkdirSync(`${path}.d`, { recursive: true });
        writeFileSync(join(`${path}.d`, name), readFileSync(dropIn(name), 'utf8'));
      }
      const { status, stdout, stderr } = spawnSync('systemd-analyze', ['verify', path], { encoding: 'utf8' });
      t.is(status, 0);
      t.is(stdout + stderr, '');
      const users = spawnSync('systemd-sysusers', ['--dry-run', join(deploy, 'waggle.conf')], { encoding: 'utf8' });
      t.is(users.status, 0);
    } finally {
      rmSync(folder, { recursive: true });
    }
  }),
);
