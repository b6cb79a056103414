// Two network namespaces a run, one for the device and one for our peers, and the links between them. Names carry the
// bench's pid: leftovers.ts needs it.

import { execFileSync } from 'node:child_process';

import type { Cleanup } from './cleanup.ts';
import type { BenchPlan } from './plan.ts';

export interface Namespaces {
  readonly device: string;
  readonly peers: string;
  readonly remove: () => void;
}

export function createNamespaces(plan: BenchPlan, cleanup: Cleanup): Namespaces {
  const device = `waggle-bench-${process.pid}-device`;
  const peers = `waggle-bench-${process.pid}-peers`;
  const removals: (() => void)[] = [];
  for (const name of [device, peers]) {
    ip('netns', 'add', name);
    removals.push(cleanup.add(() => removeNamespace(name)));
    ip('-n', name, 'link', 'set', 'lo', 'up');
  }
  for (const [index, peer] of plan.peers.entries()) {
    const isNewLink = plan.links === 'each' || index === 0;
    const link = plan.links === 'each' ? `link${index}` : 'link0';
    if (isNewLink) {
      ip('-n', device, 'link', 'add', link, 'type', 'veth', 'peer', 'name', link, 'netns', peers);
      ip('-n', device, 'addr', 'add', `${peer.deviceAddress}/${plan.prefixLength}`, 'dev', link);
    }
    ip('-n', peers, 'addr', 'add', `${peer.address}/${plan.prefixLength}`, 'dev', link);
    if (!isNewLink) continue;
    ip('-n', device, 'link', 'set', link, 'up');
    ip('-n', peers, 'link', 'set', link, 'up');
  }
  return {
    device,
    peers,
    remove: () => {
      for (const remove of removals) remove();
    },
  };
}

export function removeNamespace(name: string): void {
  for (const pid of ip('netns', 'pids', name).split('\n')) {
    if (pid !== '') killPid(Number(pid));
  }
  ip('netns', 'del', name);
}

function killPid(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    // It may have ended between the listing and now.
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}

export function ip(...words: string[]): string {
  return execFileSync('ip', words, { encoding: 'utf8' });
}
