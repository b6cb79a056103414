// One process a directory: an advisory lock (flock) on a file in it, which the kernel lets go when the
// process ends, however it ends. The file tells the holder's process number for the message to the next.

import { closeSync, constants, ftruncateSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { errnoCode, KernelError } from './errors.ts';
import { loadLibc } from './libc.ts';

const lockExclusiveNonBlocking = 2 | 4;
const lockName = 'waggle.lock';

export class DirectoryLock {
  readonly #fd: number;

  private constructor(fd: number) {
    this.#fd = fd;
  }

  /** Makes the directory if it is missing. Throws KernelError `EWOULDBLOCK` while another process holds it. */
  static take(directory: string): DirectoryLock {
    const path = join(directory, lockName);
    const fd = openLock(directory, path);
    const libc = loadLibc();
    if (libc.flock(fd, lockExclusiveNonBlocking) !== 0) {
      const errno = libc.errno();
      const holder = readFileSync(path, 'utf8').trim();
      closeSync(fd);
      const who = /^\d+$/.test(holder) ? `another waggle, process ${holder}, uses it` : 'another waggle uses it';
      throw new KernelError(errnoCode(errno), `use ${directory}: ${who}`);
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
