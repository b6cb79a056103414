// What one process leaves for the next (RFC 4724 §4.1): that it ran, in which boot and network namespace, and how
// it ended. A small file in the state directory, written whole, synced and renamed into place. A file that cannot be
// understood is told and counts as none: who wrongly says that it restarts would keep dead routes alive at its peers.

import { closeSync, existsSync, fsyncSync, openSync, readFileSync, readlinkSync, renameSync, rmSync } from 'node:fs';
import { writeSync } from 'node:fs';
import { join } from 'node:path';
import { KernelError } from '#kernel/errors.ts';

const formatVersion = 1;
const fileName = 'process.json';

/** `running`: it has not said how it ends, so it was killed. `final`: nobody is to expect it back. */
export type RunEnd = 'running' | 'restart' | 'final';

/** Where forwarding state lives: it outlives a process here, and nothing outlives these. */
export interface Habitat {
  /** Changes with every start of the kernel. */
  readonly bootId: string;
  /** Its interfaces and routes are those of one network namespace. */
  readonly networkNamespace: string;
}

export interface EarlierRun extends Habitat {
  /** RFC 3339. */
  readonly startedAt: string;
  readonly end: RunEnd;
}

/** What is known of the process before this one. */
export interface Past {
  readonly isRestarting: boolean;
  /** In words, for the log. */
  readonly reason: string;
  /** The file was there and could not be understood. */
  readonly problem: string | undefined;
}

export class StateFile {
  readonly #path: string;
  readonly #habitat: Habitat;
  readonly #startedAt: string;

  constructor(stateDir: string, startedAtMs: number, habitat: Habitat = readHabitat()) {
    this.#path = join(stateDir, fileName);
    this.#habitat = habitat;
    this.#startedAt = new Date(startedAtMs).toISOString();
  }

  /** Before the first `write`. */
  read(): Past {
    const found = readRun(this.#path);
    if (found === undefined) return { isRestarting: false, reason: 'the first start here', problem: undefined };
    if (typeof found === 'string') {
      return { isRestarting: false, reason: 'nothing is known of an earlier process', problem: found };
    }
    return { ...this.#judge(found), problem: undefined };
  }

  /** The answer says why it could not be written; then the next process takes itself for the first. */
  write(end: RunEnd): string | undefined {
    const content = { formatVersion, ...this.#habitat, startedAt: this.#startedAt, end };
    const next = `${this.#path}.next`;
    try {
      const descriptor = openSync(next, 'w', 0o640);
      try {
        writeSync(descriptor, `${JSON.stringify(content, null, 2)}\n`);
        fsyncSync(descriptor);
      } finally {
        closeSync(descriptor);
      }
      renameSync(next, this.#path);
      return undefined;
    } catch (error) {
      return `${this.#path} cannot be written: ${describe(error)}: the next start will not be taken for a restart`;
    }
  }

  #judge({ bootId, networkNamespace, startedAt, end }: EarlierRun): { isRestarting: boolean; reason: string } {
    if (bootId !== this.#habitat.bootId) return { isRestarting: false, reason: 'the machine was started since' };
    if (networkNamespace !== this.#habitat.networkNamespace) {
      return { isRestarting: false, reason: 'the last process ran in another network namespace' };
    }
    if (end === 'final') return { isRestarting: false, reason: 'the last process ended for good' };
    const how = end === 'restart' ? 'ended for a restart' : 'ended without a word';
    return { isRestarting: true, reason: `the last process, started at ${startedAt}, ${how}` };
  }
}

/** Forgets the earlier run, so that the next start is a first one. Answers the files. Throws KernelError. */
export function removeStateFiles(stateDir: string, isDry: boolean): readonly string[] {
  const found = [fileName, `${fileName}.next`].map((name) => join(stateDir, name)).filter((path) => existsSync(path));
  if (isDry) return found;
  for (const path of found) {
    try {
      rmSync(path, { force: true });
    } catch (cause) {
      const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'EIO';
      throw new KernelError(code, `remove ${path}`, { cause });
    }
  }
  return found;
}

export function readHabitat(): Habitat {
  return {
    bootId: readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim(),
    networkNamespace: readlinkSync('/proc/self/ns/net'),
  };
}

/** The run, what is wrong with the file in words, or undefined when there is none. */
function readRun(path: string): EarlierRun | string | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    return `${path} cannot be read: ${describe(error)}`;
  }
  const content = parse(text);
  if (content === undefined) return `${path} is damaged: counted as a first start, and written anew`;
  if (content.formatVersion !== formatVersion) {
    const found = JSON.stringify(content.formatVersion) ?? 'none';
    return `${path} has format version ${found}, this program knows ${formatVersion}: counted as a first start, and written anew`;
  }
  const { bootId, networkNamespace, startedAt, end } = content;
  const isTime = typeof startedAt === 'string' && !Number.isNaN(Date.parse(startedAt));
  if (typeof bootId !== 'string' || typeof networkNamespace !== 'string' || !isTime || !isEnd(end)) {
    return `${path} is damaged: counted as a first start, and written anew`;
  }
  return { bootId, networkNamespace, startedAt, end };
}

function isEnd(value: unknown): value is RunEnd {
  return value === 'running' || value === 'restart' || value === 'final';
}

function parse(text: string): Record<string, unknown> | undefined {
  try {
    const content: unknown = JSON.parse(text);
    return typeof content === 'object' && content !== null && !Array.isArray(content) ? { ...content } : undefined;
  } catch {
    return undefined;
  }
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
