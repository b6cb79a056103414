// A real FRR (zebra and bgpd) and a real `waggle router`, each in a network namespace of its own with one link between them. Everything
// started is ended by its process id, the namespaces and the folder are removed; names are unique to this process.

import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { chmod, chown, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const execute = promisify(execFile);
const waggle = fileURLToPath(new URL('../../bin/waggle', import.meta.url));
const frrFolder = '/usr/lib/frr';

export interface PairConfig {
  /** bgpd's configuration. */
  readonly frr: string;
  /** router.yaml */
  readonly waggle: string;
}

export const pairAddresses = {
  frr: { ipv4: '10.77.0.2', ipv6: '2001:db8:77::2' },
  waggle: { ipv4: '10.77.0.1', ipv6: '2001:db8:77::1' },
} as const;

async function must(program: string, ...words: string[]): Promise<string> {
  const { stdout } = await execute(program, words, { maxBuffer: 16 << 20 });
  return stdout;
}

export class FrrPair {
  readonly #folder: string;
  readonly #names: { readonly frr: string; readonly waggle: string };
  #router: ChildProcess | undefined;
  /** What the router wrote to stderr. */
  log = '';

  constructor(folder: string, suffix: string) {
    this.#folder = folder;
    this.#names = { frr: `wgfrr${suffix}`, waggle: `wgown${suffix}` };
  }

  static async start(config: PairConfig): Promise<FrrPair> {
    const pair = new FrrPair(await mkdtemp(join(tmpdir(), 'waggle-pair-')), String(process.pid));
    try {
      await pair.#makeLink();
      await pair.#startFrr(config.frr);
      await pair.#startWaggle(config.waggle);
    } catch (error) {
      await pair.stop();
      throw error;
    }
    return pair;
  }

  async #makeLink(): Promise<void> {
    const { frr, waggle: own } = this.#names;
    for (const name of [frr, own]) {
      await must('ip', 'netns', 'add', name);
      await must('ip', '-n', name, 'link', 'set', 'lo', 'up');
    }
    await must('ip', 'link', 'add', 'p0', 'netns', own, 'type', 'veth', 'peer', 'name', 'p0', 'netns', frr);
    for (const [name, { ipv4, ipv6 }] of [
      [own, pairAddresses.waggle],
      [frr, pairAddresses.frr],
    ] as const) {
      await must('ip', '-n', name, 'address', 'add', `${ipv4}/24`, 'dev', 'p0');
      await must('ip', '-n', name, 'address', 'add', `${ipv6}/64`, 'dev', 'p0', 'nodad');
      await must('ip', '-n', name, 'link', 'set', 'p0', 'up');
    }
  }

  async #startFrr(config: string): Promise<void> {
    // FRR gives up root for its own user, who must be able to write its sockets and read its file.
    const uid = Number(await must('id', '-u', 'frr'));
    const gid = Number(await must('id', '-g', 'frr'));
    const run = join(this.#folder, 'frr');
    const file = join(run, 'bgpd.conf');
    await chmod(this.#folder, 0o755);
    await mkdir(run);
    await writeFile(file, config);
    for (const path of [run, file]) await chown(path, uid, gid);
    const common = ['-d', '-z', join(run, 'zserv'), '--vty_socket', run, '-P', '0'];
    for (const [name, conf] of [
      ['zebra', '/dev/null'],
      ['bgpd', file],
    ] as const) {
      const words = [join(frrFolder, name), ...common, '-i', join(run, `${name}.pid`), '-f', conf];
      await must('ip', 'netns', 'exec', this.#names.frr, ...words);
    }
  }

  async #startWaggle(config: string): Promise<void> {
    const file = join(this.#folder, 'router.yaml');
    await writeFile(file, config);
    const words = ['netns', 'exec', this.#names.waggle, waggle, 'router', '--config', file, '--run-dir', this.runDir];
    const router = spawn('ip', [...words, '--state-dir', join(this.#folder, 'state')], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    router.stderr.on('data', (chunk: Buffer) => (this.log += chunk.toString()));
    this.#router = router;
  }

  get runDir(): string {
    return join(this.#folder, 'run');
  }

  /** What `vtysh -c COMMAND` prints. */
  frr(command: string): Promise<string> {
    return must('vtysh', '--vty_socket', join(this.#folder, 'frr'), '-c', command);
  }

  /** What `waggle WORDS` prints; throws when its exit code is not 0. */
  waggle(...words: string[]): Promise<string> {
    return must(waggle, ...words, '--run-dir', this.runDir);
  }

  async stop(): Promise<void> {
    const router = this.#router;
    if (router !== undefined && router.exitCode === null) {
      const ended = new Promise((resolve) => router.once('exit', resolve));
      router.kill('SIGTERM');
      await ended;
    }
    for (const name of ['bgpd', 'zebra']) {
      const text = await readFile(join(this.#folder, 'frr', `${name}.pid`), 'utf8').catch(() => '');
      const pid = Number(text.trim());
      if (text === '' || !(pid > 1)) continue;
      process.kill(pid);
      await ended(pid);
    }
    for (const name of Object.values(this.#names)) await execute('ip', ['netns', 'del', name]).catch(() => undefined);
    await rm(this.#folder, { recursive: true, force: true });
  }
}

async function ended(pid: number): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    try {
      process.kill(pid, 0);
    } catch {
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
