// The test's end of driver.ts: a process in the namespace, its orders as methods that resolve to the answers.

import { spawn } from 'node:child_process';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { FamilyName } from '#bgp/net/family.ts';
import type { RedistributionSource } from '#fib/redistribution.ts';
import type { NetworkNamespace } from '#support/network-namespace.ts';

/** What the driver can be told to do, and what it answers. */
export interface Orders {
  /** Answers the families that an earlier run left routes of. */
  configure(config: { readonly table: number; readonly metric: number } | undefined): Promise<FamilyName[]>;
  /** `[prefix, hop, hop, …]`, a hop as `address%interface*weight`; without hops a blackhole. Answers what the kernel said. */
  install(routes: readonly (readonly [string, ...string[]])[]): Promise<string[]>;
  /** The same with the thread busy between the wish and the first write: what the kernel tells meanwhile waits. */
  installLate(ask: {
    readonly routes: readonly (readonly [string, ...string[]])[];
    readonly ms: number;
  }): Promise<string[]>;
  /** `state reason`, or nothing when nothing is wanted. */
  route(prefix: string): Promise<string>;
  installMany(ask: { readonly count: number; readonly nextHop: string }): Promise<number>;
  remove(prefixes: readonly string[]): Promise<string[]>;
  sweep(ask: undefined): Promise<string[]>;
  answers(ask: undefined): Promise<string[]>;
  refused(ask: undefined): Promise<string[]>;
  figures(ask: undefined): Promise<{ installed: number; stale: number; failed: number; foreign: number }>;
  /** `metric interface gateway%interface*weight …` or `unreachable`. */
  resolve(ask: readonly [address: string, interfaceName?: string]): Promise<string>;
  redistribute(sources: readonly RedistributionSource[]): Promise<string[]>;
  told(ask: undefined): Promise<string[]>;
  /** What is originated now: `source prefix metric`; and whatever was told that cannot be, such as the end of what never began. */
  originated(ask: undefined): Promise<string[]>;
  changes(ask: undefined): Promise<number>;
  preserved(table: number): Promise<FamilyName[]>;
  served(prefixes: readonly string[]): Promise<string[]>;
  descriptors(ask: undefined): Promise<number>;
  block(ms: number): Promise<undefined>;
  /** Takes every descriptor that is left, or gives them back. */
  hog(isOn: boolean): Promise<undefined>;
  stop(how: { readonly keep: boolean }): Promise<undefined>;
}

export type Order = keyof Orders;

export interface DrivenOptions {
  readonly inThread?: boolean;
  /** Without any capability. */
  readonly asNobody?: boolean;
  /** Descriptors that the process may have. */
  readonly maxFiles?: number;
}

export class Driven {
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #waiting: ((line: string) => void)[] = [];

  constructor(namespace: NetworkNamespace, { inThread = false, asNobody = false, maxFiles }: DrivenOptions = {}) {
    const script = fileURLToPath(new URL('./driver.ts', import.meta.url));
    const drop = asNobody ? ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'] : [];
    const limit = maxFiles === undefined ? [] : ['prlimit', `--nofile=${maxFiles}:${maxFiles}`];
    const words = [...drop, ...limit, process.execPath, script, ...(inThread ? ['--thread'] : [])];
    this.#process = spawn('ip', ['netns', 'exec', namespace.name, ...words]);
    this.#process.stderr.on('data', (data: Buffer) => process.stderr.write(data));
    createInterface({ input: this.#process.stdout }).on('line', (line) => this.#waiting.shift()?.(line));
    this.#process.on('exit', () => {
      for (const answer of this.#waiting.splice(0)) answer(JSON.stringify({ error: 'the driver has ended' }));
    });
  }

  async order<Name extends Order>(
    order: Name,
    ask: Parameters<Orders[Name]>[0],
  ): Promise<Awaited<ReturnType<Orders[Name]>>> {
    const line = await new Promise<string>((resolve) => {
      this.#waiting.push(resolve);
      this.#process.stdin.write(`${JSON.stringify({ order, ask })}\n`);
    });
    const { answer, error }: { answer: Awaited<ReturnType<Orders[Name]>>; error?: string } = JSON.parse(line);
    if (error !== undefined) throw new Error(error);
    return answer;
  }

  /** As kill -9 does it. */
  async kill(): Promise<void> {
    const ended = once(this.#process, 'exit');
    this.#process.kill('SIGKILL');
    await ended;
  }

  /** The process ends by itself once it was stopped and has no input. */
  async end(): Promise<number | null> {
    const ended = once(this.#process, 'exit');
    this.#process.stdin.end();
    const [code] = await ended;
    return typeof code === 'number' ? code : null;
  }
}

/** Waits until the condition holds; false when the time is over. */
export async function until(condition: () => boolean | Promise<boolean>, limitMs = 30_000): Promise<boolean> {
  const end = performance.now() + limitMs;
  while (performance.now() < end) {
    if (await condition()) return true;
    await new Promise((resolve) => {
      setTimeout(resolve, 5);
    });
  }
  return false;
}
