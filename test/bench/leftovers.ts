// What a bench that was killed could not remove: namespaces with the processes in them, and directories. Their names carry the
// pid of their bench; the next bench removes those whose owner is gone.

import { existsSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { ip, removeNamespace } from './netns.ts';

const ownedName = /^waggle-bench-(\d+)-/;

export function sweepLeftovers(): void {
  for (const line of ip('netns', 'list').split('\n')) {
    const name = line.split(' ')[0];
    if (isLeftover(name)) removeNamespace(name);
  }
  for (const name of readdirSync(tmpdir())) {
    if (isLeftover(name)) rmSync(path.join(tmpdir(), name), { recursive: true, force: true });
  }
}

function isLeftover(name: string): boolean {
  const owner = ownedName.exec(name)?.[1];
  return owner !== undefined && !existsSync(`/proc/${owner}`);
}
