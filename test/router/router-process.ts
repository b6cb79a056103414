// A real `waggle router` in a process of its own, with its own directories, ports and loopback addresses.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync, chmodSync } from 'node:fs';
import { request } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { until } from '../speaker/until.ts';

const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

export interface RouterProcessOptions {
  readonly directory: string;
  readonly uid?: number;
  readonly args?: readonly string[];
}

export class RouterProcess {
  readonly directory: string;
  readonly child: ChildProcess;
  stderr = '';
  /** Its end, with everything that it wrote read. */
  readonly #closed: Promise<unknown>;

  constructor({ directory, uid, args = [] }: RouterProcessOptions) {
    this.directory = directory;
    const places = ['--run-dir', join(directory, 'run'), '--state-dir', join(directory, 'state')];
    const words = [main, 'router', '--config', join(directory, 'router.yaml'), ...places, ...args];
    this.child = spawn(process.execPath, words, {
      stdio: ['ignore', 'ignore', 'pipe'],
      ...(uid === undefined ? {} : { uid, gid: uid }),
    });
    this.child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
      this.stderr += chunk;
    });
    this.#closed = once(this.child, 'close');
  }

  /** Log lines by event name. */
  events(name: string): Record<string, unknown>[] {
    return wholeLines(this.stderr)
      .filter((line) => line.startsWith('{'))
      .map((line): Record<string, unknown> => JSON.parse(line))
      .filter((line) => line.event === name);
  }

  async started(): Promise<void> {
    await until(() => this.events('started').length > 0 || this.child.exitCode !== null, 60_000);
    if (this.child.exitCode !== null) throw new Error(`the router ended: ${this.stderr}`);
  }

  async ended(): Promise<number | null> {
    await this.#closed;
    return this.child.exitCode;
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    this.child.kill(signal);
    return this.ended();
  }

  /** GET over the unix socket. */
  get(path: string): Promise<unknown> {
    return getJson({ socketPath: join(this.directory, 'run', 'waggle.sock'), path });
  }

  write(text: string): void {
    writeFileSync(join(this.directory, 'router.yaml'), text);
  }
}

export function makeDirectory(routerFile: string): string {
  const directory = mkdtempSync(join(tmpdir(), 'waggle-router-'));
  chmodSync(directory, 0o777);
  writeFileSync(join(directory, 'router.yaml'), routerFile);
  return directory;
}

export function removeDirectory(directory: string): void {
  rmSync(directory, { recursive: true, force: true });
}

/** Of a text that still grows: its last line may have come in part. */
export function wholeLines(text: string): string[] {
  return text.split('\n').slice(0, -1);
}

const PORTS_A_PROCESS = 100;
let portsTaken = 0;

/** Each once a process, and below what the kernel gives to clients: nobody takes one of them before it is used. */
export async function freePorts(count: number): Promise<number[]> {
  const first = 10_000 + (process.pid % 220) * PORTS_A_PROCESS;
  const ports: number[] = [];
  while (ports.length < count) {
    if (portsTaken === PORTS_A_PROCESS) throw new RangeError(`more than ${PORTS_A_PROCESS} ports in one test file`);
    const port = first + portsTaken++;
    if (await isFree(port)) ports.push(port);
  }
  return ports;
}

/** On every address of ours. */
function isFree(port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(port, '0.0.0.0', () => server.close(() => resolve(true)));
  });
}

export function getText(options: { socketPath?: string; host?: string; port?: number; path: string }): Promise<string> {
  return new Promise((resolve, reject) => {
    const sent = request(options, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (text += chunk));
      response.on('end', () => resolve(text));
    });
    sent.on('error', reject);
    sent.end();
  });
}

async function getJson(options: Parameters<typeof getText>[0]): Promise<unknown> {
  return JSON.parse(await getText(options));
}
