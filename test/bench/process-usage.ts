// What a process and its children have used so far, from /proc: CPU time, resident memory, and the most that it ever was.

import { readdirSync, readFileSync } from 'node:fs';

export interface Usage {
  readonly cpuSec: number;
  readonly rssBytes: number;
  readonly peakRssBytes: number;
}

/** USER_HZ, 100 on every Linux that runs Node. */
const ticksPerSec = 100;

export function readUsage(rootPid: number): Usage {
  let cpuSec = 0;
  let rssBytes = 0;
  let peakRssBytes = 0;
  for (const pid of processTree(rootPid)) {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    rssBytes += statusBytes(status, 'VmRSS');
    peakRssBytes += statusBytes(status, 'VmHWM');
    const fields = statFields(pid);
    // utime and stime are fields 14 and 15 of proc(5), the first two of these are left out.
    cpuSec += (Number(fields[11]) + Number(fields[12])) / ticksPerSec;
  }
  return { cpuSec, rssBytes, peakRssBytes };
}

function processTree(rootPid: number): number[] {
  const tree = [rootPid];
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      parents.set(Number(name), Number(statFields(Number(name))[1]));
    } catch (error) {
      // A process that ended while we were reading is nobody's child.
      if (!(error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ESRCH')))
        throw error;
    }
  }
  for (let index = 0; index < tree.length; index += 1) {
    for (const [pid, parent] of parents) if (parent === tree[index]) tree.push(pid);
  }
  return tree;
}

/** The fields after the name, which may contain spaces: state, parent, … */
function statFields(pid: number): string[] {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}

function statusBytes(status: string, name: string): number {
  return Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? 0) * 1024;
}
