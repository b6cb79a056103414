// FRR's bgpd alone, without zebra, in a network namespace that somebody else made: its configuration, its vtysh, its end by process
// id. FRR beside a whole `waggle router`: frr-pair.ts.

import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from '../speaker/until.ts';

export class FrrBgpd {
  readonly #folder: string;
  readonly pid: number;

  constructor(folder: string, pid: number) {
    this.#folder = folder;
    this.pid = pid;
  }

  static async start(namespace: string, config: string): Promise<FrrBgpd> {
    const folder = mkdtempSync(join(tmpdir(), 'waggle-bgpd-'));
    const [file, pidFile] = [join(folder, 'bgpd.conf'), join(folder, 'bgpd.pid')];
    writeFileSync(file, config);
    // FRR gives up root for its own user, who must be able to write its sockets and read its file.
    const [uid, gid] = ['-u', '-g'].map((which) => Number(execFileSync('id', [which, 'frr'], { encoding: 'utf8' })));
    chmodSync(folder, 0o755);
    for (const path of [folder, file]) chownSync(path, uid, gid);
    const words = ['-d', '-n', '-Z', '-P', '0', '--vty_socket', folder, '-f', file, '-i', pidFile];
    execFileSync('ip', ['netns', 'exec', namespace, '/usr/lib/frr/bgpd', ...words]);
    await until(() => existsSync(pidFile) && readFileSync(pidFile, 'utf8') !== '', 20_000);
    return new FrrBgpd(folder, Number(readFileSync(pidFile, 'utf8')));
  }

  /** What it answers to commands of the enable mode. */
  vtysh(...commands: readonly string[]): string {
    const words = commands.flatMap((text) => ['-c', text]);
    return spawnSync('vtysh', ['--vty_socket', this.#folder, ...words], { encoding: 'utf8' }).stdout;
  }

  stop(): void {
    if (this.pid > 1) process.kill(this.pid);
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
