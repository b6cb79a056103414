// Starts, finds and ends the processes of a lab. A daemon runs in the foreground in a session of its own with its output in a
// log file; nobody supervises it. It is ended by process id only after its start time shows that the id is still its own.
import { spawn } from 'node:child_process';
import { closeSync, openSync, readdirSync, readFileSync, readlinkSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { LabError } from './lab-error.ts';
import { asRecord, parseJson, readNumber } from './json.ts';
import { type LabPaths, labVariable, listDirectory, type NodePaths, nodePaths } from './paths.ts';
import { inside, nodeEnvironment } from './run.ts';

/** A process and when it began, in clock ticks since boot: together they name one process, an id alone does not. */
export type ProcessRecord = { readonly pid: number; readonly startTicks: number };

export type StartOptions = { readonly node: string; readonly name: string; readonly command: readonly string[] };

export async function startDaemon(lab: LabPaths, options: StartOptions): Promise<ProcessRecord> {
  const node = nodePaths(lab, options.node);
  const log = openSync(join(node.logs, `${options.name}.log`), 'a');
  const [program = '', ...args] = inside(node, options.command);
  const child = spawn(program, args, {
    detached: true,
    stdio: ['ignore', log, log],
    env: { ...nodeEnvironment(lab, options.node), NO_COLOR: '1' },
  });
  const failed = new Promise<never>((_, reject) => {
    child.on('error', (cause) => reject(new LabError(`cannot start ${options.name}: ${cause.message}`, { cause })));
  });
  await Promise.race([failed, new Promise((resolve) => child.on('spawn', resolve))]);
  closeSync(log);
  child.unref();
  const pid = child.pid ?? 0;
  const record = { pid, startTicks: startTicksOf(pid) ?? 0 };
  writeFileSync(join(node.daemons, `${options.name}.json`), JSON.stringify(record));
  return record;
}

/** The record of a daemon that runs; undefined when it was never started, has ended, or its id now belongs to another. */
export function findDaemon(node: NodePaths, name: string): ProcessRecord | undefined {
  let text: string;
  try {
    text = readFileSync(join(node.daemons, `${name}.json`), 'utf8');
  } catch {
    return undefined;
  }
  const value = asRecord(parseJson(text));
  const record = { pid: readNumber(value, 'pid') ?? 0, startTicks: readNumber(value, 'startTicks') ?? 0 };
  return isAlive(record) ? record : undefined;
}

export function listDaemons(node: NodePaths): readonly string[] {
  return listDirectory(node.daemons).map((file) => file.replace(/\.json$/, ''));
}

/** Ends a daemon and what it started: asks first, insists after the limit. */
export async function stopDaemon(node: NodePaths, name: string, limitMs = 5_000): Promise<void> {
  const record = findDaemon(node, name);
  if (record !== undefined) await endAll([record], limitMs);
  rmSync(join(node.daemons, `${name}.json`), { force: true });
}

/** Ends a daemon as a crash does: without a chance to say anything. Returns when it is gone. */
export async function killDaemon(node: NodePaths, name: string): Promise<void> {
  const record = findDaemon(node, name);
  if (record === undefined) throw new LabError(`${name} does not run`);
  signalAll([record], 'SIGKILL');
  const giveUpAt = performance.now() + 5_000;
  while (isAlive(record)) {
    if (performance.now() > giveUpAt) throw new LabError(`process ${record.pid} does not end`);
    await sleep(5);
  }
  rmSync(join(node.daemons, `${name}.json`), { force: true });
}

/** Every process that belongs to the lab: started by it, or living in a namespace of one of its nodes. */
export function findProcesses(lab: LabPaths): readonly ProcessRecord[] {
  const namespaces = namespaceIds(lab);
  const mark = `${labVariable}=${lab.mark}`;
  const found: ProcessRecord[] = [];
  for (const entry of readdirSync('/proc')) {
    const pid = Number(entry);
    if (!Number.isInteger(pid) || pid === process.pid) continue;
    const isOurs = ['net', 'mnt', 'uts'].some((type) => namespaces.has(readLink(`/proc/${entry}/ns/${type}`)));
    if (!isOurs && !readText(`/proc/${entry}/environ`).split('\0').includes(mark)) continue;
    const startTicks = startTicksOf(pid);
    if (startTicks !== undefined) found.push({ pid, startTicks });
  }
  return found;
}

/** Ends processes and the members of their process groups. Returns when the last is gone. */
export async function endAll(records: readonly ProcessRecord[], limitMs = 5_000): Promise<void> {
  const alive = (): readonly ProcessRecord[] => records.filter(isAlive);
  const insistAt = performance.now() + limitMs;
  const giveUpAt = insistAt + 5_000;
  signalAll(alive(), 'SIGTERM');
  while (alive().length > 0) {
    if (performance.now() > insistAt) signalAll(alive(), 'SIGKILL');
    if (performance.now() > giveUpAt) {
      throw new LabError(
        `these processes do not end: ${alive()
          .map((record) => record.pid)
          .join(' ')}`,
      );
    }
    await sleep(20);
  }
}

function signalAll(records: readonly ProcessRecord[], signal: NodeJS.Signals): void {
  for (const { pid } of records) {
    // A daemon leads a group of its own (setsid) and is reached with its helpers; others lead none. Never both: many a program
    // takes a second signal for impatience and leaves without a word to its peers.
    if (!trySignal(-pid, signal)) trySignal(pid, signal);
  }
}

/** Whether there was somebody to signal. */
function trySignal(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch (error) {
    // ESRCH: it has ended, which is what we want, or it leads no group.
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
    return false;
  }
}

function isAlive(record: ProcessRecord): boolean {
  return record.pid > 1 && startTicksOf(record.pid) === record.startTicks;
}

/** Field 22 of /proc/PID/stat; undefined for a process that is gone or only waits to be reaped. */
export function startTicksOf(pid: number): number | undefined {
  const text = readText(`/proc/${pid}/stat`);
  // The name in field 2 may contain spaces and brackets; what follows the last bracket is regular.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  if (fields.length < 20 || fields[0] === 'Z' || fields[0] === 'X') return undefined;
  return Number(fields[19]);
}

/** `net:[4026532000]` and so on for every namespace file of the lab that exists. */
function namespaceIds(lab: LabPaths): Set<string> {
  const ids = new Set<string>();
  for (const name of listDirectory(lab.run)) {
    const node = nodePaths(lab, name);
    for (const [type, file] of [
      ['net', node.net],
      ['mnt', node.mnt],
      ['uts', node.uts],
    ] as const) {
      const inode = namespaceInode(file);
      if (inode !== undefined) ids.add(`${type}:[${inode}]`);
    }
  }
  return ids;
}

/** The inode of a namespace that is bound to a file; undefined if the file is missing or an ordinary one. */
export function namespaceInode(file: string): number | undefined {
  const status = statSync(file, { throwIfNoEntry: false });
  const plain = statSync('/proc/self/ns/net');
  return status !== undefined && status.dev === plain.dev ? status.ino : undefined;
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

function readLink(file: string): string {
  try {
    return readlinkSync(file);
  } catch {
    return '';
  }
}
