// Where a lab lives. /run/waggle-lab/<topology> holds what dies with the machine: namespaces and process records. It alone
// says whether a lab exists, whatever checkout made it. frr-lab/.run/<topology> (git-ignored) holds logs and generated files.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { LabError } from './lab-error.ts';

export const labDir = import.meta.dirname;
export const repoDir = join(labDir, '..');
/**
 * Labs of different spaces know nothing of each other, even under the same names: tests build theirs beside one that a person
 * works in. Letters and digits; empty for people.
 */
const space = process.env['WAGGLE_LAB_SPACE'] ?? '';
// Taken for none, it would be somebody's own labs that are meant.
if (!/^[a-z0-9]*$/.test(space))
  throw new LabError(`WAGGLE_LAB_SPACE is ${space}; it takes lower-case letters and digits`);
const spaceSuffix = space === '' ? '' : `-${space}`;
export const runRoot = `/run/waggle-lab${spaceSuffix}`;
/** Carried by every process a lab starts, so that it is found even before it has entered its namespaces. */
export const labVariable = 'WAGGLE_LAB';

export type LabPaths = {
  readonly topology: string;
  /** The value of `labVariable` in every process of this lab. */
  readonly mark: string;
  /** Private mount point that holds the namespaces. */
  readonly run: string;
  /** Written last by `up`: the lab is complete. */
  readonly completeMark: string;
  /** Who is building or tearing down just now. */
  readonly busyMark: string;
  readonly files: string;
  /** The folder in the checkout with configurations, manifests and what is expected. */
  readonly source: string;
};

export type NodePaths = {
  readonly run: string;
  readonly net: string;
  readonly mnt: string;
  readonly uts: string;
  readonly daemons: string;
  /** The name under which `ip netns` shows the node. */
  readonly netnsName: string;
  readonly config: string;
  readonly logs: string;
  readonly mounts: string;
  readonly configSource: string;
};

export function labPaths(topology: string): LabPaths {
  const run = join(runRoot, topology);
  const files = join(labDir, '.run', space, topology);
  return {
    topology,
    mark: `${topology}${spaceSuffix}`,
    run,
    completeMark: join(run, 'complete'),
    busyMark: join(run, 'busy'),
    files,
    source: join(labDir, topology),
  };
}

export function nodePaths(lab: LabPaths, node: string): NodePaths {
  const run = join(lab.run, node);
  const files = join(lab.files, node);
  return {
    run,
    net: join(run, 'net'),
    mnt: join(run, 'mnt'),
    uts: join(run, 'uts'),
    daemons: join(run, 'daemons'),
    netnsName: `${netnsPrefix(lab)}${node}`,
    config: join(files, 'config'),
    logs: join(files, 'log'),
    mounts: join(files, 'mounts'),
    configSource: join(lab.source, node),
  };
}

/** What the names in /run/netns of a lab's nodes begin with. */
export function netnsPrefix(lab: LabPaths): string {
  return `waggle${spaceSuffix}-${lab.topology}-`;
}

/** Labs of which anything exists, complete or not. */
export function listLabs(): readonly string[] {
  return listDirectory(runRoot).filter((name) => !name.startsWith('.'));
}

/** Names in a directory; none if there is no such directory. */
export function listDirectory(path: string): readonly string[] {
  try {
    return readdirSync(path).toSorted();
  } catch {
    return [];
  }
}
