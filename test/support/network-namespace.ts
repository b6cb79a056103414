// A network namespace of a test's own, with links that lead nowhere, removed at the end with all that runs in it. Made and
// changed with iproute2, so that what the product does to the kernel is checked by another program.

import { execFileSync, spawnSync } from 'node:child_process';
import type { ExecutionContext } from 'ava';

let made = 0;

export class NetworkNamespace {
  readonly name: string;

  constructor(t: ExecutionContext<unknown>) {
    this.name = `wgt-fib-${process.pid}-${++made}`;
    run('ip', 'netns', 'add', this.name);
    t.teardown(() => this.#remove());
    this.ip('link', 'set', 'lo', 'up');
  }

  /** An interface that is up, has a carrier, and the addresses given; its other end is `<name>-far`. */
  addLink(name: string, ...addresses: string[]): void {
    this.ip('link', 'add', name, 'type', 'veth', 'peer', 'name', `${name}-far`);
    for (const address of addresses) {
      this.ip('addr', 'add', address, 'dev', name, ...(address.includes(':') ? ['nodad'] : []));
    }
    this.ip('link', 'set', `${name}-far`, 'up');
    this.ip('link', 'set', name, 'up');
  }

  ip(...words: string[]): string {
    return run('ip', '-n', this.name, ...words);
  }

  /** Commands of ip in one go; what is there already, or gone already, is no reason to stop. */
  batch(lines: readonly string[]): void {
    spawnSync('ip', ['-n', this.name, '-force', '-batch', '-'], { input: lines.join('\n') });
  }

  /** Lines of `ip route`, without what differs from run to run. */
  routes(...words: string[]): string[] {
    return this.ip('-d', ...words)
      .replaceAll(/ +/g, ' ')
      .split('\n')
      .map((line) => line.trimEnd())
      .filter((line) => line !== '');
  }

  #remove(): void {
    for (const pid of run('ip', 'netns', 'pids', this.name).split('\n')) {
      if (pid !== '') process.kill(Number(pid), 'SIGKILL');
    }
    run('ip', 'netns', 'del', this.name);
  }
}

function run(command: string, ...words: string[]): string {
  return execFileSync(command, words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], maxBuffer: 1 << 26 });
}
