// Asks an installed program for its version.

import { spawnSync } from 'node:child_process';

/** The first number with dots that the program prints, or undefined if it is not there or fails. */
export function askVersion(file: string, ...args: string[]): string | undefined {
  const result = spawnSync(file, args, { encoding: 'utf8' });
  if (result.error !== undefined || result.status !== 0) return undefined;
  return /\d+\.\d+(\.\d+)?/.exec(`${result.stdout}${result.stderr}`)?.[0] ?? 'version unknown';
}
