// `waggle apiserver` as a process of its own, with directories and a port of its own, and requests to it over HTTPS with a client's
// certificate. Ended by pid when the test is over, whatever became of it.

import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { request, type RequestOptions } from 'node:https';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';

const program = join(import.meta.dirname, '../../src/main.ts');

export interface Answer {
  readonly code: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly text: string;
  readonly json: Readonly<Record<string, unknown>>;
}

export interface Credentials {
  readonly ca: string;
  readonly cert?: string;
  readonly key?: string;
}

export class ServerProcess {
  readonly home: string;
  port = 0;
  /** What runs it: `nsenter …` puts it into a namespace. */
  readonly #prefix: readonly string[];
  #child: ChildProcess | undefined;
  #output = '';

  /** `teardown` is called with what is to be done in the end: an ExecutionContext, or a bench. */
  constructor(owner: { readonly teardown: (end: () => Promise<void>) => void }, prefix: readonly string[] = []) {
    this.#prefix = prefix;
    this.home = mkdtempSync(join(tmpdir(), 'waggle-apiserver-'));
    owner.teardown(() => this.remove());
  }

  async remove(): Promise<void> {
    await this.stop('SIGKILL');
    rmSync(this.home, { recursive: true, force: true });
  }

  get words(): readonly string[] {
    return ['--state-dir', join(this.home, 'state'), '--run-dir', join(this.home, 'run')];
  }

  /** Resolves when it serves; throws with what it said when it ends before. */
  async start(): Promise<void> {
    this.#output = '';
    const args = [
      program,
      'apiserver',
      ...this.words,
      '--listen',
      `127.0.0.1:${this.port === 0 ? await freePort() : this.port}`,
    ];
    const [command, ...words] = [...this.#prefix, process.execPath, ...args];
    const child = spawn(command, words, { stdio: ['ignore', 'ignore', 'pipe'] });
    this.#child = child;
    await new Promise<void>((resolve, reject) => {
      const giveUp = setTimeout(() => reject(new Error(`it does not serve: ${this.#output}`)), 60_000);
      child.once('exit', () => {
        clearTimeout(giveUp);
        reject(new Error(`it ended: ${this.#output}`));
      });
      child.stderr.on('data', (data: Buffer) => {
        this.#output += data.toString();
        const [, port] = /Kubernetes API listens on 127\.0\.0\.1:(\d+)/.exec(this.#output) ?? [];
        if (port === undefined || !this.#output.includes('runs after')) return;
        this.port = Number(port);
        clearTimeout(giveUp);
        resolve();
      });
    });
  }

  get kubeconfig(): string {
    return join(this.home, 'state/apiserver/admin.kubeconfig');
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  get output(): string {
    return this.#output;
  }

  /** Answers the exit code. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return child?.exitCode ?? null;
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
    return child.exitCode;
  }

  get admin(): Credentials {
    return credentialsOf(readFileSync(this.kubeconfig, 'utf8'));
  }

  /** What `waggle apiserver kubeconfig` prints. */
  async kubeconfigOf(role: string, user: string): Promise<string> {
    const { output } = await run(process.execPath, [
      program,
      'apiserver',
      'kubeconfig',
      '--role',
      role,
      '--user',
      user,
      '--server',
      `https://127.0.0.1:${this.port}`,
      '--state-dir',
      join(this.home, 'state'),
    ]);
    return output;
  }

  ask(
    method: string,
    path: string,
    {
      body,
      headers = {},
      as = this.admin,
    }: { body?: string | Uint8Array; headers?: Readonly<Record<string, string>>; as?: Credentials } = {},
  ): Promise<Answer> {
    const type = body === undefined ? {} : { 'content-type': 'application/json' };
    const options: RequestOptions = {
      host: '127.0.0.1',
      port: this.port,
      method,
      path,
      agent: false,
      headers: { ...type, ...headers },
      ...as,
    };
    return new Promise((resolve, reject) => {
      const asking = request(options, (response) => {
        const pieces: Buffer[] = [];
        response.on('data', (piece: Buffer) => pieces.push(piece));
        response.on('end', () => {
          const text = Buffer.concat(pieces).toString();
          resolve({ code: response.statusCode ?? 0, headers: response.headers, text, json: parseJson(text) });
        });
        response.on('error', reject);
      });
      asking.on('error', reject);
      asking.end(body);
    });
  }
}

export function credentialsOf(kubeconfig: string): Credentials {
  const { clusters, users } = parse(kubeconfig);
  const pem = (text: string): string => Buffer.from(text, 'base64').toString();
  return {
    ca: pem(clusters[0].cluster['certificate-authority-data']),
    cert: pem(users[0].user['client-certificate-data']),
    key: pem(users[0].user['client-key-data']),
  };
}

/** Standard output and standard error together; never throws. */
export function run(
  command: string,
  args: readonly string[],
  { input = '', environment = {} }: { input?: string; environment?: Readonly<Record<string, string>> } = {},
): Promise<{ readonly code: number; readonly output: string }> {
  return new Promise((resolve) => {
    const child = execFile(
      command,
      args,
      { env: { ...process.env, ...environment }, timeout: 60_000 },
      (error, out, err) => {
        resolve({ code: error === null ? 0 : Number(error.code ?? 1), output: out + err });
      },
    );
    child.stdin?.end(input);
  });
}

function parseJson(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}

/** The kernel's choice, which it does not make again soon. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}
