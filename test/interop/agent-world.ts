// A node with a real `waggle agent`, between a real FRR bgpd and a real `waggle router`: three network namespaces of its own,
// joined by two links, and directories of its own. Nothing of the host's network is touched, and all of it goes with `remove`.

import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { wholeLines } from '../router/router-process.ts';

const run = promisify(execFile);
const waggle = fileURLToPath(new URL('../../bin/waggle', import.meta.url));

const frrConfig = `frr defaults traditional
router bgp 65000
 bgp router-id 203.0.113.1
 no bgp ebgp-requires-policy
 no bgp default ipv4-unicast
 no bgp network import-check
 timers bgp 3 9
 neighbor 192.0.2.2 remote-as 65001
 neighbor 192.0.2.2 timers connect 1
 neighbor 2001:db8:1::2 remote-as 65001
 neighbor 2001:db8:1::2 timers connect 1
 address-family ipv4 unicast
  network 198.51.100.0/24
  neighbor 192.0.2.2 activate
 exit-address-family
 address-family ipv6 unicast
  neighbor 2001:db8:1::2 activate
 exit-address-family
`;

/** The second neighbor, which waits to be connected to. */
const routerFile = `router:
  asn: 65010
  routerId: 203.0.113.5
  listen: ["192.0.2.5:179"]
  neighbors:
    - { address: 192.0.2.6, remoteAsn: 65001, passive: true, families: [ipv4-unicast], import: accept, export: accept }
`;

export interface Answer {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export type Json = Readonly<Record<string, unknown>>;

export class AgentWorld {
  readonly manifests: string;
  readonly #base: string;
  readonly #names: { readonly node: string; readonly tor: string; readonly peer: string };
  readonly #children: ChildProcess[] = [];
  #agent: ChildProcess | undefined;
  #agentLog = '';

  constructor() {
    this.#base = mkdtempSync(join(tmpdir(), 'waggle-agent-'));
    this.manifests = join(this.#base, 'manifests');
    for (const name of ['manifests', 'frr']) mkdirSync(join(this.#base, name));
    const prefix = `wga${process.pid}`;
    this.#names = { node: `${prefix}n`, tor: `${prefix}t`, peer: `${prefix}p` };
  }

  /** Namespaces, links, both neighbors; the agent is started by the test, when its manifests are there. */
  async build(): Promise<void> {
    const { node, tor, peer } = this.#names;
    for (const name of [node, tor, peer]) {
      await run('ip', ['netns', 'add', name]);
      await this.#in(name, 'ip', 'link', 'set', 'lo', 'up');
      await this.#in(name, 'sysctl', '-qw', 'net.ipv6.conf.default.accept_dad=0');
    }
    await this.#link(tor, ['192.0.2.1/30', '2001:db8:1::1/64'], ['192.0.2.2/30', '2001:db8:1::2/64']);
    await this.#link(peer, ['192.0.2.5/30'], ['192.0.2.6/30']);
    writeFileSync(join(this.#base, 'frr', 'frr.conf'), frrConfig);
    writeFileSync(join(this.#base, 'router.yaml'), routerFile);
    // FRR's daemons become the user frr, and get a directory of their own for that. bgpd needs zebra to know its interfaces:
    // without, it drops every route whose next hop comes with a link-local address.
    const home = join(this.#base, 'frr');
    chmodSync(this.#base, 0o755);
    await run('chown', ['frr:frr', home]);
    const zebraSocket = join(home, 'zserv');
    const daemon = (name: string, ...words: readonly string[]): void => {
      const sockets = ['--vty_socket', home, '-z', zebraSocket, '-A', '127.0.0.1', '-P', '0'];
      this.#spawn(tor, `/usr/lib/frr/${name}`, [...words, ...sockets, '-i', join(home, `${name}.pid`)]);
    };
    daemon('zebra');
    await this.until(() => existsSync(zebraSocket), 30_000);
    daemon('bgpd', '-f', join(home, 'frr.conf'));
    this.#spawn(peer, waggle, ['router', '--config', join(this.#base, 'router.yaml'), ...this.#places('router')]);
    await this.until(async () => (await this.frr('show bgp summary')).code === 0, 30_000);
  }

  write(name: string, text: string): void {
    writeFileSync(join(this.manifests, name), text);
  }

  read(name: string): string {
    return readFileSync(join(this.manifests, name), 'utf8');
  }

  /** Resolves when it answers. */
  async startAgent(): Promise<void> {
    this.#agentLog = '';
    const child = this.#spawn(this.#names.node, waggle, this.agentWords());
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.#agentLog += text));
    this.#agent = child;
    await this.until(() => this.log().some(({ event }) => event === 'started') || child.exitCode !== null, 30_000);
    if (child.exitCode !== null) throw new Error(`the agent ended: ${this.#agentLog}`);
  }

  agentWords(): string[] {
    const source = ['--standalone', '--manifests', this.manifests, '--node-name', 'node1'];
    return ['agent', ...source, ...this.#places('agent'), '--api-listen', '127.0.0.1:9880'];
  }

  /** Exit code. */
  async stopAgent(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    const child = this.#agent;
    if (child === undefined) return null;
    this.#agent = undefined;
    // `close`: with everything that it wrote.
    const ended = child.exitCode === null ? once(child, 'close') : undefined;
    child.kill(signal);
    await ended;
    return child.exitCode;
  }

  signalAgent(signal: NodeJS.Signals): void {
    this.#agent?.kill(signal);
  }

  /** The agent's log lines so far. */
  log(): { readonly event: unknown; readonly msg: string }[] {
    return wholeLines(this.#agentLog)
      .filter((line) => line.startsWith('{'))
      .map((line): Json => JSON.parse(line))
      .map(({ event, msg }) => ({ event, msg: String(msg) }));
  }

  /** waggle's own command line, talking to the agent. */
  waggle(...words: readonly string[]): Promise<Answer> {
    return answer(waggle, [...words, '--run-dir', join(this.#base, 'agent-run')]);
  }

  checkConfig(): Promise<Answer> {
    return answer(waggle, ['config', 'check', this.manifests]);
  }

  inNode(command: string, ...words: readonly string[]): Promise<Answer> {
    return answer('ip', ['netns', 'exec', this.#names.node, command, ...words]);
  }

  secondAgent(): Promise<Answer> {
    return this.inNode(waggle, ...this.agentWords());
  }

  /** One of the agent's sessions as it shows it itself. */
  async session(
    address: string,
  ): Promise<{ state: unknown; established: unknown; dropped: unknown; sinceSec: number }> {
    const { code, stdout } = await this.waggle('show', 'bgp', 'neighbors', address, '--json');
    // Until the agent has looked at an edited file, the neighbor does not exist and the command says so.
    const parsed: Readonly<Record<string, Json>> = code === 0 ? JSON.parse(stdout) : {};
    const view = parsed[address] ?? {};
    return {
      state: view['bgpState'],
      established: view['connectionsEstablished'],
      dropped: view['connectionsDropped'],
      sinceSec: Number(view['bgpTimerUpEstablishedEpoch']),
    };
  }

  frr(command: string): Promise<Answer> {
    return answer('vtysh', ['--vty_socket', join(this.#base, 'frr'), '-c', command]);
  }

  /** Lines of configuration for FRR's router. */
  inFrr(...lines: readonly string[]): Promise<Answer> {
    const words = ['configure terminal', 'router bgp 65000', ...lines].flatMap((line) => ['-c', line]);
    return answer('vtysh', ['--vty_socket', join(this.#base, 'frr'), ...words]);
  }

  async frrJson(command: string): Promise<Json> {
    const parsed: Json = JSON.parse((await this.frr(`${command} json`)).stdout);
    return parsed;
  }

  /** What the second neighbor has in its table. */
  async peerTable(): Promise<string> {
    const words = ['show', 'bgp', 'ipv4', 'unicast', '--run-dir', join(this.#base, 'router-run')];
    return (await answer(waggle, words)).stdout;
  }

  async until(claim: () => boolean | Promise<boolean>, limitMs: number): Promise<boolean> {
    const endMs = performance.now() + limitMs;
    while (!(await claim())) {
      if (performance.now() > endMs) return false;
      await sleep(50);
    }
    return true;
  }

  async remove(): Promise<void> {
    for (const child of this.#children) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), 5000);
      await ended;
      clearTimeout(timer);
    }
    for (const name of Object.values(this.#names)) await answer('ip', ['netns', 'delete', name]);
    rmSync(this.#base, { recursive: true, force: true });
  }

  #places(who: string): string[] {
    return ['--run-dir', join(this.#base, `${who}-run`), '--state-dir', join(this.#base, `${who}-state`)];
  }

  #in(namespace: string, ...words: readonly string[]): Promise<unknown> {
    return run('ip', ['netns', 'exec', namespace, ...words]);
  }

  async #link(other: string, theirs: readonly string[], ours: readonly string[]): Promise<void> {
    const { node } = this.#names;
    const ends = [`to-${other}`.slice(0, 15), `to-${node}`.slice(0, 15)];
    const [end, peerEnd] = ends;
    await this.#in(node, 'ip', 'link', 'add', end, 'type', 'veth', 'peer', 'name', peerEnd, 'netns', other);
    for (const [namespace, device, addresses] of [
      [node, end, ours],
      [other, peerEnd, theirs],
    ] as const) {
      for (const address of addresses) {
        const more = address.includes(':') ? ['nodad'] : [];
        await this.#in(namespace, 'ip', 'address', 'add', address, 'dev', device, ...more);
      }
      await this.#in(namespace, 'ip', 'link', 'set', device, 'up');
    }
  }

  /** `ip netns exec` becomes the program itself, so that a signal reaches it. */
  #spawn(namespace: string, command: string, words: readonly string[]): ChildProcess {
    const child = spawn('ip', ['netns', 'exec', namespace, command, ...words], { stdio: ['ignore', 'ignore', 'pipe'] });
    child.stderr?.resume();
    this.#children.push(child);
    return child;
  }
}

function answer(command: string, words: readonly string[]): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, words, { stdio: ['ignore', 'pipe', 'pipe'] });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code: code ?? -1, stdout, stderr }));
  });
}
