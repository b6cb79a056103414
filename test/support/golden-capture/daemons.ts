// The daemons of Debian 12 as the captures need them: each in a network and a mount namespace of its own, so that its sockets and files
// stand where its tools look for them, and the host has another name than this machine's.

import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const execute = promisify(execFile);

export type DaemonName = 'FRR' | 'BIRD' | 'GoBGP' | 'ExaBGP' | 'OpenBGPD';

interface DaemonKind {
  /** Debian package, whose version names the daemon's. */
  readonly debianPackage: string;
  readonly file: string;
  /** Shell, in which `$D` is the folder of the configuration. */
  readonly script: readonly string[];
}

const kinds: Readonly<Record<DaemonName, DaemonKind>> = {
  FRR: {
    debianPackage: 'frr',
    file: 'bgpd.conf',
    script: [
      'mkdir /run/frr; chown -R frr:frr /run/frr "$D"',
      '/usr/lib/frr/zebra -d -f /dev/null -A 127.0.0.1',
      'sleep 0.5',
      'exec /usr/lib/frr/bgpd -f "$D/bgpd.conf" $WORDS',
    ],
  },
  BIRD: {
    debianPackage: 'bird2',
    file: 'bird.conf',
    script: ['mkdir /run/bird', 'exec /usr/sbin/bird -f -c "$D/bird.conf" $WORDS'],
  },
  GoBGP: {
    debianPackage: 'gobgpd',
    file: 'gobgpd.toml',
    script: ['exec /usr/bin/gobgpd -f "$D/gobgpd.toml" --log-plain --api-hosts 127.0.0.1:50051 $WORDS'],
  },
  ExaBGP: {
    debianPackage: 'exabgp',
    file: 'exabgp.conf',
    script: ['exec env exabgp_daemon_user=root exabgp_log_all=false $WORDS /usr/sbin/exabgp "$D/exabgp.conf"'],
  },
  OpenBGPD: {
    debianPackage: 'openbgpd',
    file: 'bgpd.conf',
    script: [
      'mkdir /run/openbgpd; chmod 600 "$D/bgpd.conf"',
      'cp /etc/passwd /etc/group "$D"; echo "_bgpd:x:64512:64512:OpenBGPD:/run/openbgpd:/usr/sbin/nologin" >> "$D/passwd"',
      'echo "_bgpd:x:64512:" >> "$D/group"; mount --bind "$D/passwd" /etc/passwd; mount --bind "$D/group" /etc/group',
      'exec /usr/sbin/bgpd -d -f "$D/bgpd.conf"',
    ],
  },
};

export class Daemon {
  output = '';
  readonly #child: ChildProcess;
  readonly #folder: string;

  private constructor(child: ChildProcess, folder: string) {
    this.#child = child;
    this.#folder = folder;
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (chunk: Buffer) => (this.output += chunk.toString()));
    }
  }

  /** `words` go to the command line (ExaBGP: the environment). */
  static async start(name: DaemonName, namespace: string, config: string, words = ''): Promise<Daemon> {
    const { file, script } = kinds[name];
    const folder = await mkdtemp(join(tmpdir(), 'waggle-golden-'));
    await writeFile(join(folder, file), config);
    const shell = ['set -e', 'hostname golden', 'mount -t tmpfs -o mode=755 tmpfs /run', ...script].join('\n');
    const child = spawn('ip', ['netns', 'exec', namespace, 'unshare', '-m', '-u', 'sh', '-c', shell], {
      env: { ...process.env, D: folder, WORDS: words },
    });
    return new Daemon(child, folder);
  }

  /** A command of the daemon's own tool, beside the daemon. */
  async run(words: readonly string[]): Promise<string> {
    const { stdout } = await execute('nsenter', ['-t', String(this.#child.pid), '-m', '-n', ...words]);
    return stdout;
  }

  async stop(namespace: string): Promise<void> {
    const { stdout } = await execute('ip', ['netns', 'pids', namespace]);
    for (const pid of stdout.split('\n').filter((line) => line !== '')) {
      try {
        process.kill(Number(pid), 'SIGKILL');
      } catch {
        // It ended by itself.
      }
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
    await rm(this.#folder, { recursive: true, force: true });
  }
}

/** `8.4.4-1.1~deb12u2` */
export async function versionOf(name: DaemonName): Promise<string> {
  const words = ['-W', '-f', '${Version}', kinds[name].debianPackage];
  return (await execute('dpkg-query', words)).stdout;
}
