// Asks an installed program for its version.

import { spawnSync } from 'node:child_process';

/** The first number with dots that the program prints, or undefined if there is no such program. */
export function askVersion(file: string, ...args: string[]): string | undefined {
  const result = spawnSync(file, args, { encoding: 'utf8' });
  if (result.error !== undefined) return undefined;
  return /\d+\.\d+(\.\d+)?/.exec(`${result.stdout}${result.stderr}`)?.[0] ?? 'version unknown';
}
