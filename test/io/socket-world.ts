// Three network namespaces in a row, near – router – far, with an endpoint (endpoint.ts) in each: what the far one
// sends arrives at the near one with a TTL smaller by one. Names carry the process number; everything goes at the end.

import { execFile, spawn, type ChildProcessByStdio } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Command, Happening } from './endpoint.ts';

const execute = promisify(execFile);
const endpointFile = fileURLToPath(new URL('./endpoint.ts', import.meta.url));

/** Longer than any answer takes, the endpoints' own time limits included. */
const patienceMs = 90_000;

export const addresses = {
  near: { ipv4: '10.66.1.1', ipv6: '2001:db8:66:1::1' },
  router: { ipv4: '10.66.1.2', ipv6: '2001:db8:66:1::2' },
  far: { ipv4: '10.66.2.1', ipv6: '2001:db8:66:2::1' },
} as const;

export async function run(program: string, ...words: string[]): Promise<string> {
  const { stdout } = await execute(program, words, { maxBuffer: 16 << 20 });
  return stdout;
}

export class Endpoint {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #seen: Happening[] = [];
  readonly #waiting: (() => void)[] = [];

  constructor(namespace: string, connectTimeoutMs: number) {
    const words = [process.execPath, endpointFile, `${connectTimeoutMs}`];
    this.#child = spawn('ip', ['netns', 'exec', namespace, ...words], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    createInterface({ input: this.#child.stdout }).on('line', (line) => {
      const happening: Happening = JSON.parse(line);
      this.#seen.push(happening);
      this.#wake();
    });
  }

  /** The problems that it answers. */
  async do(command: Command): Promise<readonly string[]> {
    this.#child.stdin.write(`${JSON.stringify(command)}\n`);
    return (await this.next('done')).problems ?? [];
  }

  /** The next one of its kind, of one connection if given. */
  next(type: Happening['type'], connection?: number): Promise<Happening> {
    return this.nextOf([type], connection);
  }

  /** The next one of any of these kinds; an error when nothing of the kind happens for long. */
  async nextOf(types: readonly Happening['type'][], connection?: number): Promise<Happening> {
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      this.#wake();
    }, patienceMs);
    try {
      for (;;) {
        const found = types.map((type) => this.peek(type, connection)).find((happening) => happening !== undefined);
        if (found !== undefined) {
          this.#seen.splice(this.#seen.indexOf(found), 1);
          return found;
        }
        if (isLate)
          throw new Error(`no ${types.join(' or ')} of connection ${connection ?? 'any'} in ${patienceMs} ms`);
        await new Promise<void>((resolve) => this.#waiting.push(resolve));
      }
    } finally {
      clearTimeout(timer);
    }
  }

  /** Everything that was received on a connection, once it is this long. */
  async text(connection: number, length: number): Promise<string> {
    let text = '';
    while (text.length < length) text += (await this.next('received', connection)).text ?? '';
    return text;
  }

  peek(type: Happening['type'], connection?: number): Happening | undefined {
    return this.#seen.find((entry) => entry.type === type && (connection ?? entry.connection) === entry.connection);
  }

  #wake(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }

  stop(): Promise<void> {
    return new Promise((resolve) => {
      this.#child.once('exit', () => resolve());
      this.#child.stdin.end();
    });
  }
}

export class SocketWorld {
  readonly names: { readonly near: string; readonly router: string; readonly far: string };
  readonly #endpoints: Endpoint[] = [];

  constructor(suffix: string) {
    const base = `wgt-sock-${process.pid}-${suffix}`;
    this.names = { near: `${base}-n`, router: `${base}-r`, far: `${base}-f` };
  }

  async make(): Promise<void> {
    const { near, router, far } = this.names;
    for (const name of [near, router, far]) {
      await run('ip', 'netns', 'add', name);
      await run('ip', '-n', name, 'link', 'set', 'lo', 'up');
      await this.set(name, 'net.ipv6.conf.all.accept_dad', '0');
      await this.set(name, 'net.ipv6.conf.default.accept_dad', '0');
    }
    await run('ip', '-n', near, 'link', 'add', 'eth0', 'type', 'veth', 'peer', 'name', 'eth0', 'netns', router);
    await run('ip', '-n', router, 'link', 'add', 'eth1', 'type', 'veth', 'peer', 'name', 'eth0', 'netns', far);
    const links: [string, string, string, string][] = [
      [near, 'eth0', '10.66.1.1/24', '2001:db8:66:1::1/64'],
      [router, 'eth0', '10.66.1.2/24', '2001:db8:66:1::2/64'],
      [router, 'eth1', '10.66.2.2/24', '2001:db8:66:2::2/64'],
      [far, 'eth0', '10.66.2.1/24', '2001:db8:66:2::1/64'],
    ];
    for (const [name, link, ipv4, ipv6] of links) {
      await run('ip', '-n', name, 'address', 'add', ipv4, 'dev', link);
      await run('ip', '-n', name, 'address', 'add', ipv6, 'dev', link, 'nodad');
      await run('ip', '-n', name, 'link', 'set', link, 'up');
    }
    for (const [name, ipv4, ipv6] of [
      [near, '10.66.1.2', '2001:db8:66:1::2'],
      [far, '10.66.2.2', '2001:db8:66:2::2'],
    ]) {
      await run('ip', '-n', name, 'route', 'add', 'default', 'via', ipv4);
      await run('ip', '-n', name, '-6', 'route', 'add', 'default', 'via', ipv6);
    }
    await this.set(router, 'net.ipv4.ip_forward', '1');
    await this.set(router, 'net.ipv6.conf.all.forwarding', '1');
  }

  set(namespace: string, sysctl: string, value: string): Promise<string> {
    return run('ip', 'netns', 'exec', namespace, 'sysctl', '-q', '-w', `${sysctl}=${value}`);
  }

  /** Short, so that a test of silence is; long for an endpoint whose attempts are all answered. */
  async endpoint(namespace: string, connectTimeoutMs = 1500): Promise<Endpoint> {
    const endpoint = new Endpoint(namespace, connectTimeoutMs);
    this.#endpoints.push(endpoint);
    await endpoint.next('ready');
    return endpoint;
  }

  /** A counter of the namespace's TCP, as `nstat` names it. */
  async counter(namespace: string, name: string): Promise<number> {
    const text = await run('ip', 'netns', 'exec', namespace, 'nstat', '-asz', name);
    return Number(new RegExp(`${name}\\s+(\\d+)`).exec(text)?.[1] ?? Number.NaN);
  }

  async linkLocal(namespace: string, link: string): Promise<string> {
    const text = await run('ip', '-n', namespace, '-6', '-o', 'address', 'show', 'dev', link, 'scope', 'link');
    return /inet6 (fe80:[^/]+)\//.exec(text)?.[1] ?? '';
  }

  async remove(): Promise<void> {
    await Promise.all(this.#endpoints.map((endpoint) => endpoint.stop()));
    for (const name of Object.values(this.names)) await run('ip', 'netns', 'delete', name).catch(() => '');
  }
}
