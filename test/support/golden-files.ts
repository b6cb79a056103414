// The golden messages that are told in full words: what daemons sent (test/golden/bgp/captured) and the few that none could be made to
// send (by-hand/messages.json, where the file says so).

import { readdirSync, readFileSync } from 'node:fs';

import type { CapturedMessage } from './golden-words.ts';

export interface GoldenFile {
  readonly name: string;
  /** `FRR 8.4.4-1.1~deb12u2 (Debian 12), captured 2026-11-23` */
  readonly source: string;
  readonly what: string;
  readonly configuration: readonly string[];
  /** What was said to the daemon meanwhile. */
  readonly commands: readonly string[];
  readonly messages: readonly CapturedMessage[];
}

const folder = new URL('../golden/bgp/', import.meta.url);

function read(path: string): GoldenFile {
  const file: Omit<GoldenFile, 'name'> = JSON.parse(readFileSync(new URL(path, folder), 'utf8'));
  return { name: path.replace(/^.*\/|\.json$/g, ''), ...file };
}

export const capturedFiles: readonly GoldenFile[] = readdirSync(new URL('captured/', folder))
  .toSorted()
  .map((name) => read(`captured/${name}`));

export const handmadeFile: GoldenFile = read('by-hand/messages.json');
