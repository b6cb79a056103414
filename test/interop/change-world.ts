// A real `waggle router` in one network namespace, its file, its directories and its life in the test's hands, and raw peers
// (raw-peers.ts) in another, with one link between them. raw-router.ts is for many peers of a router that stays as it is.

import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { asRecord } from '#lab/json.ts';
import { KEEPALIVE, message, open } from '../bgp/session/bytes.ts';
import { getText, wholeLines } from '../router/router-process.ts';
import { until } from '../speaker/until.ts';
import { octetsOf, RawConnection } from './raw-router.ts';
import type { Order } from './raw-peers.ts';

const execute = promisify(execFile);
const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const rawPeers = fileURLToPath(new URL('./raw-peers.ts', import.meta.url));

export const routerAddress = '10.79.0.1';
/** The n-th peer. */
export const peerAddress = (index: number): string => `10.79.1.${index}`;
const peers = 30;

export class ChangeWorld {
  readonly folder = mkdtempSync(join(tmpdir(), 'waggle-change-'));
  readonly router: string;
  readonly peer: string;
  log = '';
  readonly #connections = new Map<number, RawConnection>();
  #router: ChildProcess | undefined;
  #peers: ChildProcess | undefined;
  #nextId = 1;

  constructor(name: string) {
    this.router = `wgt-${name}-${process.pid}r`;
    this.peer = `wgt-${name}-${process.pid}p`;
  }

  async make(): Promise<void> {
    for (const name of [this.router, this.peer]) {
      await execute('ip', ['netns', 'add', name]);
      await execute('ip', ['-n', name, 'link', 'set', 'lo', 'up']);
    }
    const ends = ['link', 'add', 'e0', 'netns', this.router, 'type', 'veth', 'peer', 'name', 'e0', 'netns', this.peer];
    await execute('ip', ends);
    await execute('ip', ['-n', this.router, 'address', 'add', `${routerAddress}/16`, 'dev', 'e0']);
    const lines = Array.from({ length: peers }, (_, index) => `address add ${peerAddress(index)}/16 dev e0`);
    writeFileSync(join(this.folder, 'addresses'), lines.join('\n'));
    await execute('ip', ['-n', this.peer, '-batch', join(this.folder, 'addresses')]);
    for (const name of [this.router, this.peer]) await execute('ip', ['-n', name, 'link', 'set', 'e0', 'up']);
    const words = ['netns', 'exec', this.peer, process.execPath, rawPeers];
    const stdio = ['ignore', 'inherit', 'inherit', 'ipc'] as const;
    this.#peers = spawn('ip', words, { stdio: [...stdio], serialization: 'advanced' });
    this.#peers.on('message', (message) => this.#reported(message));
  }

  get file(): string {
    return join(this.folder, 'router.yaml');
  }

  /** Fields of `router`, and neighbors in flow style. */
  write(neighbors: readonly string[], more: readonly string[] = []): void {
    const lines = [
      'router:',
      '  asn: 65001',
      `  routerId: ${routerAddress}`,
      `  listen: ["${routerAddress}:179"]`,
      ...more.map((line) => `  ${line}`),
      '  neighbors:',
      ...neighbors.map((words) => `    - {${words}}`),
      '',
    ];
    writeFileSync(this.file, lines.join('\n'));
  }

  /** `words` stand before the program: setpriv, say. */
  async start(words: readonly string[] = [], args: readonly string[] = []): Promise<void> {
    this.log = '';
    const places = ['--run-dir', join(this.folder, 'run'), '--state-dir', join(this.folder, 'state'), ...args];
    const program = [...words, process.execPath, main, 'router', '--config', this.file, ...places];
    const child = spawn('ip', ['netns', 'exec', this.router, ...program], { stdio: ['ignore', 'ignore', 'pipe'] });
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => (this.log += chunk));
    this.#router = child;
    await until(() => this.events('started').length > 0 || child.exitCode !== null, 30_000);
    if (child.exitCode !== null) throw new Error(`the router ended: ${this.log}`);
  }

  events(name: string): Readonly<Record<string, unknown>>[] {
    return wholeLines(this.log)
      .filter((line) => line.startsWith('{'))
      .map((line) => asRecord(JSON.parse(line)))
      .filter((line) => line['event'] === name);
  }

  /** A new file, in force when this resolves. */
  async change(neighbors: readonly string[], more: readonly string[] = []): Promise<void> {
    const known = this.events('configuration-applied').length;
    this.write(neighbors, more);
    this.#router?.kill('SIGHUP');
    await until(() => this.events('configuration-applied').length > known, 30_000);
  }

  async end(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    const child = this.#router;
    this.#router = undefined;
    if (child === undefined) return null;
    // `close`: with everything that it wrote.
    const ended = child.exitCode === null && child.signalCode === null ? once(child, 'close') : undefined;
    child.kill(signal);
    await ended;
    return child.exitCode;
  }

  async get(path: string): Promise<string> {
    return getText({ socketPath: join(this.folder, 'run', 'waggle.sock'), path });
  }

  async ip(...words: readonly string[]): Promise<string> {
    return (await execute('ip', ['-n', this.router, ...words])).stdout;
  }

  connect(index: number): RawConnection {
    const connection = new RawConnection(this.#nextId++, (order) => this.#peers?.send(order));
    this.#connections.set(connection.id, connection);
    const [from, to] = [peerAddress(index), routerAddress];
    this.#peers?.send({ type: 'connect', id: connection.id, from, to, port: 179 } satisfies Order);
    return connection;
  }

  /** A session of the n-th peer (AS 65100 + n) with these capabilities beside families, refresh and AS number. */
  async establish(index: number, capabilities: readonly number[] = []): Promise<RawConnection> {
    const connection = await this.confirm(index, capabilities);
    // At least End-of-RIB.
    await until(() => connection.countOf(2) > 0, 30_000);
    return connection;
  }

  /** The same, without waiting for the router's routes: it may have restarted and wait for ours. */
  async confirm(index: number, capabilities: readonly number[] = []): Promise<RawConnection> {
    const connection = this.connect(index);
    const asn = 65_100 + index;
    const usual = [1, 4, 0, 1, 0, 1, 1, 4, 0, 2, 0, 1, 2, 0, 65, 4, 0, 0, asn >> 8, asn & 255];
    const ours = open({ asn, id: octetsOf(peerAddress(index)), capabilities: [...usual, ...capabilities] });
    await connection.reach('OpenConfirm', ours);
    connection.keepAlive(2000);
    connection.send(KEEPALIVE);
    return connection;
  }

  /** What the process before wrote down, to be changed. */
  editState(change: (state: Record<string, unknown>) => void): void {
    const path = join(this.folder, 'state', 'process.json');
    const state = { ...asRecord(JSON.parse(readFileSync(path, 'utf8'))) };
    change(state);
    writeFileSync(path, JSON.stringify(state));
  }

  /** The next process is the first. */
  forget(): void {
    rmSync(join(this.folder, 'state'), { recursive: true, force: true });
  }

  async remove(): Promise<void> {
    await this.end();
    const child = this.#peers;
    if (child !== undefined && child.exitCode === null) {
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
    }
    for (const name of [this.router, this.peer]) await execute('ip', ['netns', 'del', name]).catch(() => undefined);
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** A Report of raw-peers.ts. */
  #reported(report: unknown): void {
    const { type, id, bytes, atMs } = asRecord(report);
    const connection = typeof id === 'number' ? this.#connections.get(id) : undefined;
    if (connection === undefined) return;
    if (type === 'connected') connection.isConnected = true;
    else if (type === 'closed') connection.isClosed = true;
    else if (bytes instanceof Uint8Array && typeof atMs === 'number') connection.received(bytes, atMs);
  }
}

/** 203.0.113.0/24, from the n-th peer. */
export function announce(index: number): Uint8Array {
  const asn = 65_100 + index;
  const path = [0x40, 2, 6, 2, 1, 0, 0, asn >> 8, asn & 255];
  const attributes = [0x40, 1, 1, 0, ...path, 0x40, 3, 4, 10, 79, 1, index];
  return message(2, [0, 0, 0, attributes.length, ...attributes, 24, 203, 0, 113]);
}

/** RFC 4724 §3: families with F, and RFC 8538 §2: N. */
export function gracefulRestart(options: { readonly hasNotification: boolean }): readonly number[] {
  return [64, 10, options.hasNotification ? 0x40 : 0, 120, 0, 1, 1, 0x80, 0, 2, 1, 0x80];
}

export interface RestartOffer {
  readonly isRestarting: boolean;
  readonly hasNotification: boolean;
  readonly restartTimeSec: number;
  /** `1/1 F`, by AFI and SAFI. */
  readonly families: readonly string[];
}

/** The graceful restart capability of the OPEN that came, read octet by octet. */
export function readRestartOffer(connection: RawConnection): RestartOffer | undefined {
  const message = connection.messages.find((candidate) => candidate[18] === 1);
  if (message === undefined) return undefined;
  // After the header: version, AS number, hold time, identifier, length of the optional parameters.
  for (let at = 29; at < message.length; at += 2 + message[at + 1]) {
    if (message[at] !== 2) continue;
    const end = at + 2 + message[at + 1];
    for (let from = at + 2; from < end; from += 2 + message[from + 1]) {
      if (message[from] !== 64) continue;
      const value = message.subarray(from + 2, from + 2 + message[from + 1]);
      const families: string[] = [];
      for (let next = 2; next < value.length; next += 4) {
        families.push(`${value[next + 1]}/${value[next + 2]}${(value[next + 3] & 0x80) === 0 ? '' : ' F'}`);
      }
      return {
        isRestarting: (value[0] & 0x80) !== 0,
        hasNotification: (value[0] & 0x40) !== 0,
        restartTimeSec: (value[0] & 15) * 256 + value[1],
        families,
      };
    }
  }
  return undefined;
}
