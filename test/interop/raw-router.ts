// A real `waggle router` in one network namespace and raw peers (raw-peers.ts) in another, with one link between them. Everything
// started is ended by its process, the namespaces and the folder are removed; names are unique to this process.

import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { asRecord, at } from '#lab/json.ts';
import { KEEPALIVE, open } from '../bgp/session/bytes.ts';
import { getText } from '../router/router-process.ts';
import { until } from '../speaker/until.ts';
import type { Order } from './raw-peers.ts';

const execute = promisify(execFile);
const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const rawPeers = fileURLToPath(new URL('./raw-peers.ts', import.meta.url));
const collector = new URL('../soak/collect.ts', import.meta.url).href;

export const ROUTER_ADDRESS = '10.78.255.1';
export const LOCAL_ASN = 65_001;
/** What open() of session/bytes.ts says of the peer. */
export const PEER_ASN = 65_002;

export interface RawNeighbor {
  readonly address: string;
  readonly asn: number;
  /** 9 s when absent. */
  readonly holdTimeSec?: number;
  readonly sendHoldSec?: number;
  /** Whether it gets routes; true when absent. */
  readonly getsRoutes?: boolean;
  readonly description?: string;
}

/** Neighbors behind another one: the kernel's table of link addresses holds 1,024 for all namespaces together. */
export interface FarAway {
  readonly prefix: string;
  readonly gateway: string;
}

export interface RawWorld {
  readonly neighbors: readonly RawNeighbor[];
  /** LOCAL_ASN when absent; of a confederation (RFC 5065) the member's number. */
  readonly asn?: number;
  readonly confederation?: { readonly identifier: number; readonly members: readonly number[] };
  /** They have addresses but are no neighbors. */
  readonly strangers?: readonly RawNeighbor[];
  readonly farAway?: FarAway;
  /** JSON when absent. */
  readonly logFormat?: 'json' | 'text';
}

function describeNeighbor(neighbor: RawNeighbor): string {
  const { address, asn, holdTimeSec = 9, sendHoldSec, getsRoutes = true, description } = neighbor;
  const timers = `{holdTimeSec: ${holdTimeSec}${sendHoldSec === undefined ? '' : `, sendHoldSec: ${sendHoldSec}`}}`;
  const fields = [
    `address: ${address}, remoteAsn: ${asn}, passive: true, families: [ipv4-unicast, ipv6-unicast]`,
    `import: accept, export: ${getsRoutes ? 'accept' : 'reject'}, timers: ${timers}`,
    ...(description === undefined ? [] : [`description: ${JSON.stringify(description)}`]),
  ];
  return `    - {${fields.join(', ')}}`;
}

/** 10.78.0.1, 10.78.0.2 …: neighbors of one AS. */
export function manyNeighbors(count: number, asn: number, firstHost = 1): readonly RawNeighbor[] {
  return Array.from({ length: count }, (_, index) => {
    const host = firstHost + index;
    return { address: `10.78.${host >> 8}.${host & 255}`, asn };
  });
}

/** One TCP connection of a raw peer. */
export class RawConnection {
  readonly id: number;
  readonly #order: (order: Order) => void;
  isConnected = false;
  isClosed = false;
  receivedBytes = 0;
  /** Messages that came, each with its header; UPDATEs are only counted. */
  readonly messages: Uint8Array[] = [];
  /** Longest time between two messages. */
  longestSilenceMs = 0;
  #lastMs: number | undefined = undefined;
  readonly #counts = new Uint32Array(256);
  #rest: Uint8Array = new Uint8Array(0);

  constructor(id: number, order: (order: Order) => void) {
    this.id = id;
    this.#order = order;
  }

  send(bytes: Uint8Array, segmentBytes?: number): void {
    this.#order({ type: 'send', id: this.id, bytes, ...(segmentBytes === undefined ? {} : { segmentBytes }) });
  }

  keepAlive(everyMs: number): void {
    this.#order({ type: 'repeat', id: this.id, bytes: KEEPALIVE, everyMs });
  }

  stopReading(): void {
    this.#order({ type: 'pause', id: this.id });
  }

  reset(): void {
    this.#order({ type: 'reset', id: this.id });
  }

  /** `atMs` by the clock of the process that has the socket. */
  received(bytes: Uint8Array, atMs: number): void {
    this.longestSilenceMs = Math.max(this.longestSilenceMs, atMs - (this.#lastMs ?? atMs));
    this.#lastMs = atMs;
    this.receivedBytes += bytes.length;
    const all = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    let from = 0;
    while (all.length - from >= 19) {
      const length = all[from + 16] * 256 + all[from + 17];
      if (all.length - from < length) break;
      const type = all[from + 18];
      this.#counts[type]++;
      if (type !== 2) this.messages.push(all.slice(from, from + length));
      from += length;
    }
    this.#rest = all.slice(from);
  }

  countOf(type: number): number {
    return this.#counts[type];
  }

  /** Code, subcode and data of the NOTIFICATION that came. */
  get notification(): readonly number[] | undefined {
    const found = this.messages.find((message) => message[18] === 3);
    return found === undefined ? undefined : [...found.subarray(19)];
  }

  /** To the state in which the router has sent its OPEN, has also taken ours, or has an Established session. */
  async reach(state: 'OpenSent' | 'OpenConfirm' | 'Established', ours: Uint8Array): Promise<void> {
    await until(() => this.countOf(1) === 1, 60_000);
    if (state === 'OpenSent') return;
    this.send(ours);
    await until(() => this.countOf(4) >= 1, 60_000);
    if (state === 'OpenConfirm') return;
    this.send(KEEPALIVE);
    // The first UPDATE of the router: at least End-of-RIB.
    await until(() => this.countOf(2) >= 1, 60_000);
  }
}

let made = 0;

export class RawRouter {
  readonly #folder: string;
  readonly #names: { readonly router: string; readonly peers: string };
  readonly #connections = new Map<number, RawConnection>();
  #router: ChildProcess | undefined;
  #peers: ChildProcess | undefined;
  #nextId = 1;
  /** What the router wrote to stderr. */
  log = '';

  constructor(folder: string) {
    this.#folder = folder;
    const name = `wgraw${process.pid}-${++made}`;
    this.#names = { router: `${name}r`, peers: `${name}p` };
  }

  static async start(world: RawWorld): Promise<RawRouter> {
    const pair = new RawRouter(await mkdtemp(join(tmpdir(), 'waggle-raw-')));
    try {
      await pair.#makeLink([...world.neighbors, ...(world.strangers ?? [])], world.farAway);
      pair.#startPeers();
      await pair.#startRouter(world);
    } catch (error) {
      await pair.stop();
      throw error;
    }
    return pair;
  }

  async #makeLink(neighbors: readonly RawNeighbor[], farAway: FarAway | undefined): Promise<void> {
    const { router, peers } = this.#names;
    for (const name of [router, peers]) {
      await execute('ip', ['netns', 'add', name]);
      await execute('ip', ['-n', name, 'link', 'set', 'lo', 'up']);
    }
    await execute('ip', ['link', 'add', 'p0', 'netns', router, 'type', 'veth', 'peer', 'name', 'p0', 'netns', peers]);
    await execute('ip', ['-n', router, 'address', 'add', `${ROUTER_ADDRESS}/16`, 'dev', 'p0']);
    // A global IPv6 address, so that IPv6 routes can be sent over these sessions (RFC 2545).
    await execute('ip', ['-n', router, 'address', 'add', '2001:db8:78::1/64', 'dev', 'p0', 'nodad']);
    const lines = neighbors.map(({ address }) => `address add ${address}/16 dev p0`);
    const batch = join(this.#folder, 'addresses');
    await writeFile(batch, lines.join('\n'));
    await execute('ip', ['-n', peers, '-batch', batch]);
    for (const name of [router, peers]) await execute('ip', ['-n', name, 'link', 'set', 'p0', 'up']);
    if (farAway === undefined) return;
    await execute('ip', ['-n', router, 'route', 'add', farAway.prefix, 'via', farAway.gateway]);
  }

  #startPeers(): void {
    const child = spawn('ip', ['netns', 'exec', this.#names.peers, process.execPath, rawPeers], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      serialization: 'advanced',
    });
    child.on('message', (message) => this.#reported(message));
    this.#peers = child;
  }

  async #startRouter({ neighbors, asn = LOCAL_ASN, confederation, logFormat = 'json' }: RawWorld): Promise<void> {
    const file = join(this.#folder, 'router.yaml');
    const text = [
      'router:',
      `  asn: ${asn}`,
      ...(confederation === undefined ? [] : [`  confederation: ${JSON.stringify(confederation)}`]),
      '  routerId: 10.78.255.1',
      `  listen: ["${ROUTER_ADDRESS}:179"]`,
      '  neighbors:',
      ...neighbors.map(describeNeighbor),
      '',
    ];
    await writeFile(file, text.join('\n'));
    const words = ['router', '--config', file, '--run-dir', join(this.#folder, 'run'), '--log-format', logFormat];
    this.#router = spawn(
      'ip',
      [
        'netns',
        'exec',
        this.#names.router,
        process.execPath,
        `--import=${collector}`,
        main,
        ...words,
        '--state-dir',
        join(this.#folder, 'state'),
      ],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    );
    this.#router.stderr?.setEncoding('utf8').on('data', (chunk: string) => (this.log += chunk));
    await until(() => / runs after \d+ ms/.test(this.log) || this.#router?.exitCode !== null, 60_000);
    if (this.#router.exitCode !== null) throw new Error(`the router ended: ${this.log}`);
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

  connect(from: string): RawConnection {
    const connection = new RawConnection(this.#nextId++, (order) => this.#peers?.send(order));
    this.#connections.set(connection.id, connection);
    this.#peers?.send({ type: 'connect', id: connection.id, from, to: ROUTER_ADDRESS, port: 179 } satisfies Order);
    return connection;
  }

  /** A session that does everything right, with the hold time of the configuration (9 s). */
  async establish(neighbor: RawNeighbor): Promise<RawConnection> {
    const connection = this.connect(neighbor.address);
    const { asn } = neighbor;
    const families = [1, 4, 0, 1, 0, 1, 1, 4, 0, 2, 0, 1];
    const capabilities = [...families, 2, 0, 65, 4, asn >>> 24, (asn >>> 16) & 255, (asn >>> 8) & 255, asn & 255];
    await connection.reach('Established', open({ asn, id: octetsOf(neighbor.address), capabilities }));
    connection.keepAlive(2000);
    connection.longestSilenceMs = 0;
    return connection;
  }

  get isRunning(): boolean {
    return this.#router !== undefined && this.#router.exitCode === null && this.#router.signalCode === null;
  }

  get pid(): number {
    return this.#router?.pid ?? 0;
  }

  get rssBytes(): number {
    const status = readFileSync(`/proc/${this.pid}/status`, 'utf8');
    return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) * 1024;
  }

  /** Whether no more than this is kept beyond what there was: what is above that may be garbage, which is collected then. */
  async keepsLessThan(bytes: number, beforeBytes: number): Promise<boolean> {
    for (let tries = 0; tries < 15 && this.rssBytes - beforeBytes >= bytes; tries++) await this.collect();
    return this.rssBytes - beforeBytes < bytes;
  }

  /** The garbage of every thread, with time to do it and for the allocator to give pages back. */
  async collect(): Promise<void> {
    process.kill(this.pid, 'SIGUSR2');
    await new Promise((resolve) => setTimeout(resolve, 2000));
  }

  async get(path: string): Promise<unknown> {
    return JSON.parse(await getText({ socketPath: join(this.#folder, 'run', 'waggle.sock'), path }));
  }

  /** As people read it. */
  async getText(path: string): Promise<string> {
    return getText({ socketPath: join(this.#folder, 'run', 'waggle.sock'), path: `${path}?format=text` });
  }

  /** What Prometheus reads, from within the router's namespace. */
  async metrics(): Promise<string> {
    const script =
      "fetch('http://127.0.0.1:9962/metrics').then((r) => r.text()).then((text) => process.stdout.write(text))";
    const words = ['netns', 'exec', this.#names.router, process.execPath, '-e', script];
    return (await execute('ip', words, { maxBuffer: 1 << 26 })).stdout;
  }

  /** The row of a neighbor in FRR's summary of IPv4 unicast. */
  async summaryOf(address: string): Promise<Readonly<Record<string, unknown>>> {
    return asRecord(at(await this.get('/show/bgp/summary'), 'ipv4Unicast', 'peers', address));
  }

  async stop(): Promise<void> {
    for (const child of [this.#router, this.#peers]) {
      if (child === undefined || child.exitCode !== null || child.signalCode !== null) continue;
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
    }
    for (const name of Object.values(this.#names)) await execute('ip', ['netns', 'del', name]).catch(() => undefined);
    await rm(this.#folder, { recursive: true, force: true });
  }
}

export function octetsOf(address: string): readonly [number, number, number, number] {
  const [a = 0, b = 0, c = 0, d = 0] = address.split('.').map(Number);
  return [a, b, c, d];
}
