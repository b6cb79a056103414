// The life of a daemon from its options to its exit code: one of a kind on its directories, the speaker's
// thread, start, signals, stop. What it does in between is the composition root's.

import { performance } from 'node:perf_hooks';
import { openLog, type EventLog } from '#io/log.ts';
import { KernelError } from '#kernel/errors.ts';
import { DirectoryInUseError, DirectoryLock } from '#kernel/file-lock.ts';
import type { SpeakerPort } from '#speaker/port.ts';
import { SpeakerThreadClient } from '#speaker/worker-client.ts';
import type { DaemonOptions } from './options.ts';
import { Signals } from './signals.ts';
import { StartError } from './start-error.ts';

export const exitCodes = { ok: 0, failed: 1, usage: 2 } as const;

export interface Daemon {
  /** Throws StartError; `stop` is called then too. */
  start(): Promise<void>;
  /** SIGHUP. */
  reload(): void;
  /** Ends everything that `start` began, the speaker too. */
  stop(): Promise<void>;
}

export interface DaemonContext {
  readonly log: EventLog;
  readonly speaker: SpeakerPort;
}

export interface DaemonIdentity {
  /** `waggle agent`. */
  readonly what: string;
  readonly version: string;
}

export async function runDaemon(
  { what, version }: DaemonIdentity,
  options: DaemonOptions,
  create: (context: DaemonContext) => Daemon,
): Promise<number> {
  const startMs = performance.now();
  const signals = new Signals(exitCodes.failed);
  const locks: DirectoryLock[] = [];
  try {
    for (const directory of new Set([options.runDir, options.stateDir])) locks.push(DirectoryLock.take(directory));
    const log = await openLog({ format: options.logFormat, level: options.logLevel, nodeName: options.nodeName });
    log.write({ type: 'starting', what, version, runDir: options.runDir });
    const speaker = new SpeakerThreadClient({ crashed: (error) => crash(log, error) });
    await live(create, { log, speaker }, signals, () => {
      log.write({ type: 'started', what, startMs: performance.now() - startMs });
    });
    log.write({ type: 'stopped' });
    return exitCodes.ok;
  } catch (error) {
    const line = explainStart(error);
    if (line === undefined) throw error;
    process.stderr.write(`${what}: ${line}\n`);
    return exitCodes.failed;
  } finally {
    for (const lock of locks) lock.release();
  }
}

/** From start to stop, whatever ends it. */
async function live(
  create: (context: DaemonContext) => Daemon,
  context: DaemonContext,
  signals: Signals,
  started: () => void,
): Promise<void> {
  let daemon: Daemon | undefined;
  try {
    const running = create(context);
    daemon = running;
    await running.start();
    started();
    signals.onReload(() => running.reload());
    context.log.write({ type: 'stopping', signal: await signals.ended });
  } finally {
    // What could not even be made has begun nothing but the thread.
    await (daemon ?? context.speaker).stop();
  }
}

/** A start that the world refused, in one line; undefined for faults of our own. */
function explainStart(error: unknown): string | undefined {
  if (error instanceof StartError) return error.message;
  if (error instanceof DirectoryInUseError) {
    const who = error.holder === undefined ? 'another waggle' : `another waggle (process ${error.holder})`;
    return `${who} uses ${error.directory}: stop it, or give this one its own --run-dir and --state-dir`;
  }
  if (error instanceof KernelError) {
    return `${error.message}: run as root, or give a --run-dir and --state-dir that can be written`;
  }
  return undefined;
}

/** Nothing is left to do without the speaker: forwarding goes on in the kernel, a supervisor starts us again. */
function crash(log: EventLog, error: Error): void {
  const { cause } = error;
  const text = cause instanceof Error ? (cause.stack ?? cause.message) : error.message;
  log.write({ type: 'speaker-crashed', error: text });
  process.exit(exitCodes.failed);
}
