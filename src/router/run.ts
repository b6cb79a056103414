// `waggle router` from its arguments to its exit code: locks, thread, router, signals.

import { performance } from 'node:perf_hooks';
import { openLog } from '#io/log.ts';
import type { EventLog } from '#io/log.ts';
import { DirectoryInUseError, DirectoryLock } from '#kernel/file-lock.ts';
import { KernelError } from '#kernel/errors.ts';
import { SpeakerThreadClient } from '#speaker/worker-client.ts';
import { ConfigFile } from './config-file.ts';
import { parseRouterOptions, routerHelp } from './options.ts';
import type { RouterOptions } from './options.ts';
import { Router } from './router.ts';
import { StartError } from './start-error.ts';

const exitCodes = { ok: 0, failed: 1, usage: 2 };

export async function runRouter(args: readonly string[], version: string): Promise<number> {
  const parsed = parseRouterOptions(args, process.env);
  switch (parsed.type) {
    case 'help':
      process.stdout.write(routerHelp);
      return exitCodes.ok;
    case 'wrong':
      process.stderr.write(`waggle router: ${parsed.message}: see 'waggle router --help'\n`);
      return exitCodes.usage;
    case 'run':
      return run(parsed.options, version);
  }
}

async function run(options: RouterOptions, version: string): Promise<number> {
  const startMs = performance.now();
  const file = new ConfigFile(options.configFile);
  const read = await file.read();
  const checked = 'fault' in read ? { faults: [read.fault] } : file.check(read.text);
  if ('faults' in checked || 'fault' in read) {
    const faults = 'faults' in checked ? checked.faults : [];
    for (const fault of faults) process.stderr.write(`${fault}\n`);
    return exitCodes.failed;
  }
  const locks: DirectoryLock[] = [];
  try {
    for (const directory of new Set([options.runDir, options.stateDir])) locks.push(DirectoryLock.take(directory));
    const log = await openLog({ format: options.logFormat, level: options.logLevel, nodeName: options.nodeName });
    log.write({ type: 'starting', what: 'waggle router', version, runDir: options.runDir });
    const speaker = new SpeakerThreadClient({ crashed: (error) => crash(log, error) });
    const router = new Router(options, { speaker, log, file, version });
    try {
      await router.start(checked.settings, read.text);
    } catch (error) {
      await router.stop();
      throw error;
    }
    log.write({ type: 'started', what: 'waggle router', startMs: performance.now() - startMs });
    const signal = await untilSignal(() => router.reload());
    log.write({ type: 'stopping', signal });
    await router.stop();
    log.write({ type: 'stopped' });
    return exitCodes.ok;
  } catch (error) {
    const line = explainStart(error);
    if (line === undefined) throw error;
    process.stderr.write(`waggle router: ${line}\n`);
    return exitCodes.failed;
  } finally {
    for (const lock of locks) lock.release();
  }
}

/** A start that the world refused, in one line; undefined for faults of our own. */
function explainStart(error: unknown): string | undefined {
  if (error instanceof StartError) return error.message;
  if (error instanceof DirectoryInUseError) {
    const who = error.holder === undefined ? 'another waggle' : `another waggle (process ${error.holder})`;
    return `${who} uses ${error.directory}: stop it, or give this one its own --run-dir and --state-dir`;
  }
  if (error instanceof KernelError)
    return `${error.message}: run as root, or give a --run-dir and --state-dir that can be written`;
  return undefined;
}

/** Nothing is left to do without the speaker: forwarding goes on in the kernel, a supervisor starts us again. */
function crash(log: EventLog, error: Error): void {
  const { cause } = error;
  const text = cause instanceof Error ? (cause.stack ?? cause.message) : error.message;
  log.write({ type: 'speaker-crashed', error: text });
  process.exit(exitCodes.failed);
}

/** SIGHUP reloads; the first SIGTERM or SIGINT resolves, a second one ends the process at once. */
function untilSignal(reload: () => void): Promise<string> {
  return new Promise((resolve) => {
    process.on('SIGHUP', reload);
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      process.once(signal, () => {
        process.once(signal, () => process.exit(exitCodes.failed));
        resolve(signal);
      });
    }
  });
}
