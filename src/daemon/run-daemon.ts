// The life of a daemon from its options to its exit code: one of a kind on its directories, start, signals, stop. What it does in
// between is the composition root's; those with a speaker begin in run-speaker-daemon.ts.

import { performance } from 'node:perf_hooks';
import { openLog, type EventLog } from '#io/log.ts';
import { KernelError } from '#kernel/errors.ts';
import { DirectoryInUseError, DirectoryLock } from '#kernel/file-lock.ts';
import type { DaemonOptions } from './options.ts';
import { Signals } from './signals.ts';
import { StartError } from './start-error.ts';

export const exitCodes = { ok: 0, failed: 1, usage: 2 } as const;

export interface Daemon {
  /** Throws StartError; `stop` is called then too. */
  start(): Promise<void>;
  /** SIGHUP. */
  reload(): void;
  /** Ends everything that `start` began, and what was there before it. */
  stop(): Promise<void>;
}

export interface DaemonContext {
  readonly log: EventLog;
}

export interface DaemonIdentity {
  /** `waggle agent`. */
  readonly what: string;
  readonly version: string;
}

export async function runDaemon(
  { what, version }: DaemonIdentity,
  options: DaemonOptions,
  create: (context: DaemonContext) => Daemon | Promise<Daemon>,
): Promise<number> {
  const startMs = performance.now();
  const signals = new Signals(exitCodes.failed);
  const locks: DirectoryLock[] = [];
  try {
    for (const directory of new Set([options.runDir, options.stateDir])) locks.push(DirectoryLock.take(directory));
    const log = await openLog({ format: options.logFormat, level: options.logLevel, nodeName: options.nodeName });
    log.write({ type: 'starting', what, version, runDir: options.runDir });
    await live(create, { log }, signals, () => {
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
  create: (context: DaemonContext) => Daemon | Promise<Daemon>,
  context: DaemonContext,
  signals: Signals,
  started: () => void,
): Promise<void> {
  const daemon = await create(context);
  try {
    await daemon.start();
    started();
    signals.onReload(() => daemon.reload());
    context.log.write({ type: 'stopping', signal: await signals.ended });
  } finally {
    await daemon.stop();
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
