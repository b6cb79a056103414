// The files that neighbors' passwords stand in: read before a configuration is applied, and followed from then on, so that a new
// password is in force at once. Directory events make it quick, looking every second makes it certain (a changed mode has no event
// that can be relied on); a file that is being written is left until it rests. What the bytes mean: control/router/passwords.ts.

import { constants, type FSWatcher, watch } from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { type Password, type PasswordFileRef, readPassword } from '#control/router/passwords.ts';
import { formatFault, type PasswordField } from '#control/router/settings.ts';
import { describeReadError } from './config-file.ts';

/** More than any password has: what is longer is told by its length. */
const maxBytes = 4096;
const pollMs = 1_000;
const restMs = 100;

type Passwords = ReadonlyMap<string, Password>;

export class PasswordFiles {
  readonly #directory: string;
  readonly #changed: () => void;
  /** What was read last, by path as it is written; what a look saw that differs, until it rests. */
  #known: Passwords = new Map();
  #seen: Passwords | undefined;
  #watchers: readonly FSWatcher[] = [];
  #poll: NodeJS.Timeout | undefined;
  #rest: NodeJS.Timeout | undefined;
  #isLooking = false;
  #isStopped = false;

  /** Relative paths begin where the configuration's file lies. `changed` asks for another read(). */
  constructor(configFile: string, changed: () => void) {
    this.#directory = dirname(resolve(configFile));
    this.#changed = changed;
  }

  /** Why neighbors are held down, each file once. */
  get problems(): readonly string[] {
    return [...this.#known.values()].flatMap((found) => ('heldDownReason' in found ? [found.heldDownReason] : []));
  }

  /** Reads these files, and follows them and no others from now on. */
  async read(refs: readonly PasswordFileRef[]): Promise<Passwords> {
    const paths = new Set(refs.map(({ path }) => path));
    const isSame = isDeepStrictEqual(paths, new Set(this.#known.keys()));
    this.#known = await this.#readAll(paths);
    this.#seen = undefined;
    if (!isSame && !this.#isStopped) this.#follow(paths);
    return this.#known;
  }

  stop(): void {
    this.#isStopped = true;
    this.#follow(new Set());
    clearTimeout(this.#rest);
  }

  #follow(paths: ReadonlySet<string>): void {
    for (const watcher of this.#watchers) watcher.close();
    clearInterval(this.#poll);
    const directories = new Set([...paths].map((path) => dirname(resolve(this.#directory, path))));
    this.#watchers = [...directories].flatMap((directory) => openWatcher(directory, () => this.#lookSoon()));
    if (paths.size === 0) return;
    this.#poll = setInterval(() => void this.#look(), pollMs);
    this.#poll.unref();
  }

  #lookSoon(): void {
    clearTimeout(this.#rest);
    this.#rest = setTimeout(() => void this.#look(), restMs);
    this.#rest.unref();
  }

  async #look(): Promise<void> {
    if (this.#isLooking || this.#isStopped) return;
    this.#isLooking = true;
    const known = this.#known;
    const now = await this.#readAll(new Set(known.keys()));
    this.#isLooking = false;
    // Another configuration was read meanwhile.
    if (this.#isStopped || known !== this.#known) return;
    const isSeen = isDeepStrictEqual(now, this.#seen);
    this.#seen = isDeepStrictEqual(now, known) ? undefined : now;
    if (this.#seen === undefined) return;
    if (isSeen) this.#changed();
    else this.#lookSoon();
  }

  async #readAll(paths: ReadonlySet<string>): Promise<Passwords> {
    const read = async (path: string): Promise<[string, Password]> => [
      path,
      await readPasswordFile(path, resolve(this.#directory, path)),
    ];
    return new Map(await Promise.all([...paths].map(read)));
  }
}

/** What is wrong with the files that these fields of a router file name, for whoever checks it: a router runs, but without the neighbors. */
export async function findPasswordFaults(configFile: string, fields: readonly PasswordField[]): Promise<string[]> {
  const directory = dirname(resolve(configFile));
  const faults = await Promise.all(
    fields.map(async ({ line, field, path }) => {
      const found = await readPasswordFile(path, resolve(directory, path));
      return 'password' in found ? [] : [formatFault(configFile, { line, field, message: found.heldDownReason })];
    }),
  );
  return faults.flat();
}

/** `shown` is the path in what is said; every fault is one of the file and holds the neighbor down. */
async function readPasswordFile(shown: string, path: string): Promise<Password> {
  const held = (reason: string): Password => ({ heldDownReason: `password file ${reason}` });
  try {
    // Without O_NONBLOCK opening a pipe waits until somebody writes.
    const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const found = await file.stat();
      if (!found.isFile()) return held(`${shown}: is not a regular file`);
      if (found.size > maxBytes) return held(`${shown}: has ${found.size} bytes, which no password has`);
      return readPassword(shown, await file.readFile(), found.mode);
    } finally {
      await file.close();
    }
  } catch (error) {
    return held(describeReadError(shown, error));
  }
}

/** Empty where the directory cannot be watched: looking every second does without. */
function openWatcher(directory: string, moved: () => void): FSWatcher[] {
  try {
    const watcher = watch(directory, { persistent: false }, moved);
    watcher.on('error', () => watcher.close());
    return [watcher];
  } catch (error) {
    if (error instanceof Error && 'code' in error) return [];
    throw error;
  }
}
