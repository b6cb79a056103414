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
  }

  /** Log lines by event name. */
  events(name: string): Record<string, unknown>[] {
    return this.stderr
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line): Record<string, unknown> => JSON.parse(line))
      .filter((line) => line.event === name);
  }

  async started(): Promise<void> {
    await until(() => this.events('started').length > 0 || this.child.exitCode !== null, 20_000);
    if (this.child.exitCode !== null) throw new Error(`the router ended: ${this.stderr}`);
  }

  async ended(): Promise<number | null> {
    if (this.child.exitCode === null && this.child.signalCode === null) await once(this.child, 'exit');
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

/** Taken together and let go together, so that they differ. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  return Promise.all(
    servers.map(async (server) => {
      await once(server, 'listening');
      const address = server.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      server.close();
      await once(server, 'close');
      return port;
    }),
  );
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
