// One process a directory: an advisory lock (flock) on a file in it, which the kernel lets go when the
// process ends, however it ends. The file tells the holder's process number for the message to the next.

import { closeSync, constants, ftruncateSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { KernelError } from './errors.ts';
import { loadLibc } from './libc.ts';

const lockExclusiveNonBlocking = 2 | 4;
const lockName = 'waggle.lock';

/** Another process has the directory. */
export class DirectoryInUseError extends KernelError {
  override readonly name = 'DirectoryInUseError';
  readonly directory: string;
  /** undefined when the holder has not written its number yet. */
  readonly holder: number | undefined;

  constructor(directory: string, holder: number | undefined) {
    super('EAGAIN', `lock ${directory}, which ${holder === undefined ? 'another process' : `process ${holder}`} holds`);
    this.directory = directory;
    this.holder = holder;
  }
}

export class DirectoryLock {
  readonly #fd: number;

  private constructor(fd: number) {
    this.#fd = fd;
  }

  /** Makes the directory if it is missing. Throws DirectoryInUseError or KernelError. */
  static take(directory: string): DirectoryLock {
    const path = join(directory, lockName);
    const fd = openLock(directory, path);
    const libc = loadLibc();
    if (libc.flock(fd, lockExclusiveNonBlocking) !== 0) {
      const holder = Number.parseInt(readFileSync(path, 'utf8'), 10);
      closeSync(fd);
      throw new DirectoryInUseError(directory, Number.isNaN(holder) ? undefined : holder);
    }
    ftruncateSync(fd);
    writeSync(fd, `${process.pid}\n`, 0);
    return new DirectoryLock(fd);
  }

  release(): void {
    closeSync(this.#fd);
  }
}

function openLock(directory: string, path: string): number {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o755 });
    return openSync(path, constants.O_RDWR | constants.O_CREAT, 0o644);
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'EIO';
    throw new KernelError(code, `use ${directory}`, { cause });
  }
}
