// What a lab could leave behind on the host, as one snapshot, and the difference between two. A lab that was up and is down
// again must make none.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { listMountPoints } from './namespaces.ts';
import { labDir, labPaths, labVariable, listDirectory, netnsPrefix, runRoot } from './paths.ts';
import { run } from './run.ts';
import { listTopologies } from './topologies/index.ts';

export type Snapshot = Readonly<Record<string, readonly string[]>>;

/** Directories in which a lab's daemons would leave files if they were not kept in their nodes. */
const watchedDirectories = [
  '/etc',
  '/etc/frr',
  '/run',
  '/run/netns',
  runRoot,
  '/run/frr',
  '/run/waggle',
  '/var/lib',
  '/var/log',
];

export async function takeSnapshot(): Promise<Snapshot> {
  const isOurs = (path: string): boolean => !isOfOthers(path);
  const units = await run(['systemctl', 'list-units', '--state=active', '--no-legend', '--plain', '--no-pager']);
  const files = await run(['git', '-C', labDir, 'status', '--porcelain', '--', '.']);
  return {
    mounts: listMountPoints().filter(isOurs).toSorted(),
    links: listDirectory('/sys/class/net'),
    processes: listMarkedProcesses(),
    // A machine without a running systemd has no units; what systemctl says then is the same both times.
    units: units.stdout
      .split('\n')
      .map((line) => line.split(' ')[0])
      .toSorted(),
    'files in the checkout': files.stdout.split('\n'),
    ...Object.fromEntries(
      watchedDirectories.map((directory) => [
        directory,
        listDirectory(directory).filter((name) => isOurs(join(directory, name))),
      ]),
    ),
  };
}

/** Named namespaces and labs of other spaces come and go without us. */
function isOfOthers(path: string): boolean {
  if (path.startsWith('/run/waggle-lab')) return path !== runRoot && !path.startsWith(`${runRoot}/`);
  const prefixes = listTopologies().map((topology) => `/run/netns/${netnsPrefix(labPaths(topology.name))}`);
  return path.startsWith('/run/netns/') && !prefixes.some((prefix) => path.startsWith(prefix));
}

/** One line for everything that is there now and was not before, or the other way round. */
export function compareSnapshots(before: Snapshot, after: Snapshot): readonly string[] {
  return Object.keys(before).flatMap((what) => [
    ...surplus(after[what], before[what]).map((name) => `${what}: ${name} is left`),
    ...surplus(before[what], after[what]).map((name) => `${what}: ${name} is gone`),
  ]);
}

/** Entries that the first list has more often than the second: two mounts on one place are two. */
function surplus(first: readonly string[], second: readonly string[]): readonly string[] {
  const rest = [...second];
  return first.filter((entry) => {
    const index = rest.indexOf(entry);
    if (index >= 0) rest.splice(index, 1);
    return index < 0;
  });
}

/** Processes that a lab of this space started, by the mark in their environment. */
function listMarkedProcesses(): readonly string[] {
  const marks = new Set(listTopologies().map((topology) => `${labVariable}=${labPaths(topology.name).mark}`));
  return readdirSync('/proc').filter((entry) => {
    if (!/^\d+$/.test(entry)) return false;
    try {
      return readFileSync(`/proc/${entry}/environ`, 'utf8')
        .split('\0')
        .some((line) => marks.has(line));
    } catch {
      // It ended while we looked.
      return false;
    }
  });
}
