// What the server keeps beside its objects: the certificate authority whose clients it knows, in one file that only its owner may read.
// What follows from it (the server's certificate, kubeconfigs) is made anew whenever it is wanted.

import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Certified, makeAuthority } from './certificates.ts';

const formatVersion = 1;
const authorityName = 'waggle-apiserver';

/** A file cannot be used as it is: what is wrong, and what to do. */
export class StateError extends Error {
  override readonly name = 'StateError';
}

/** Everything of the server is in it; what the others here call the state directory. */
export function stateDirectory(stateDir: string): string {
  return join(stateDir, 'apiserver');
}

export function authorityFile(stateDir: string): string {
  return join(stateDir, 'authority.json');
}

/** Throws StateError. undefined: there is none yet. */
export function readAuthority(stateDir: string): Certified | undefined {
  const path = authorityFile(stateDir);
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw new StateError(`${path} cannot be read: ${describe(error)}`, { cause: error });
  }
  const found = parse(text);
  if (found === undefined) {
    throw new StateError(`${path} is damaged: restore it from a copy, or remove it and hand out new kubeconfigs`);
  }
  if (found['formatVersion'] !== formatVersion) {
    throw new StateError(
      `${path} has format version ${JSON.stringify(found['formatVersion']) ?? 'none'}, this program knows ${formatVersion}: run the version that wrote it`,
    );
  }
  const { certificate, key } = found;
  if (typeof certificate === 'string' && typeof key === 'string') return { certificate, key };
  throw new StateError(`${path} is damaged: restore it from a copy, or remove it and hand out new kubeconfigs`);
}

/** Throws StateError. */
export function ensureAuthority(stateDir: string, nowMs: number): Certified {
  const found = readAuthority(stateDir);
  if (found !== undefined) return found;
  const made = makeAuthority(authorityName, nowMs);
  writePrivate(authorityFile(stateDir), `${JSON.stringify({ formatVersion, ...made }, undefined, 2)}\n`);
  return made;
}

/** Whole, synced, and read by its owner alone. Throws StateError. */
export function writePrivate(path: string, text: string): void {
  const next = `${path}.next`;
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    const descriptor = openSync(next, 'w', 0o600);
    try {
      writeSync(descriptor, text);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameSync(next, path);
  } catch (cause) {
    throw new StateError(`${path} cannot be written: ${describe(cause)}`, { cause });
  }
}

function parse(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
