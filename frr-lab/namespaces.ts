// Makes and removes a node's namespaces: network, mount and UTS, kept alive by bind mounts under /run/waggle-lab, the network
// also under the name that `ip netns` shows. Everything made here is found again by where it is mounted, not by memory.
import { copyFileSync, cpSync, existsSync, mkdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import type { Mount } from './daemons/daemon.ts';
import { planOf } from './daemons/index.ts';
import { LabError } from './lab-error.ts';
import {
  labDir,
  type LabPaths,
  listDirectory,
  listLabs,
  netnsPrefix,
  type NodePaths,
  nodePaths,
  repoDir,
  runRoot,
} from './paths.ts';
import { mustRun, nodeEnvironment, run } from './run.ts';
import type { LabNode } from './topology.ts';

const netnsDirectory = '/run/netns';
/** Says that /run/netns did not exist before the first lab. */
const netnsDirectoryMark = join(runRoot, '.made-run-netns');

/** The place for a lab's namespaces: a private mount, without which the kernel refuses to keep a mount namespace there. */
export async function prepareLab(lab: LabPaths): Promise<void> {
  if (repoDir.startsWith('/run/'))
    throw new LabError(`the checkout lies in /run, which lab nodes do not share: ${repoDir}`);
  mkdirSync(lab.run, { recursive: true });
  if (!existsSync(netnsDirectory)) {
    writeFileSync(netnsDirectoryMark, '');
    mkdirSync(netnsDirectory);
  }
  await mustRun(['mount', '--bind', lab.run, lab.run]);
  await mustRun(['mount', '--make-private', lab.run]);
}

export async function makeNode(lab: LabPaths, node: LabNode): Promise<void> {
  const paths = nodePaths(lab, node.name);
  writeNodeFiles(node, paths);
  mkdirSync(paths.daemons, { recursive: true });
  for (const file of [paths.net, paths.mnt, paths.uts]) writeFileSync(file, '');
  await unshareNode(lab, node, paths);
  const named = join(netnsDirectory, paths.netnsName);
  writeFileSync(named, '');
  await mustRun(['mount', '--bind', paths.net, named]);
}

/**
 * Linux 6.18 refuses to bind a mount namespace whose number is not above our own (EINVAL, against loops), and hands numbers out in
 * batches a CPU: a namespace made on one CPU may be numbered below one that was made earlier on another. Seen only where we live in a
 * young mount namespace ourselves, as in a container. On the CPU that made ours, later ones are above it.
 */
async function unshareNode(lab: LabPaths, node: LabNode, paths: NodePaths): Promise<void> {
  const files = [`--net=${paths.net}`, `--uts=${paths.uts}`, `--mount=${paths.mnt}`];
  const command = ['unshare', ...files, 'sh', join(labDir, 'node-root.sh'), node.name, paths.mounts];
  const environment = nodeEnvironment(lab, node.name);
  for (const cpu of cpus().keys()) {
    const pinned = await run(['taskset', '-c', String(cpu), ...command], { environment });
    if (pinned.code === 0) return;
    if (!/Invalid argument|taskset/.test(pinned.stderr)) break;
    for (const file of [paths.net, paths.uts, paths.mnt]) await run(['umount', '-q', file]);
  }
  // Not that: let it fail once more, with its message.
  await mustRun(command, { environment });
}

/** Copies the node's folder of the checkout, so that nothing a daemon or a person does in a node changes the checkout. */
function writeNodeFiles(node: LabNode, paths: NodePaths): void {
  rmSync(paths.config, { recursive: true, force: true });
  rmSync(paths.logs, { recursive: true, force: true });
  mkdirSync(paths.config, { recursive: true });
  mkdirSync(paths.logs, { recursive: true });
  if (existsSync(paths.configSource)) cpSync(paths.configSource, paths.config, { recursive: true });
  const plan = planOf(node);
  for (const [name, text] of Object.entries(plan.extraFiles ?? {})) writeFileSync(join(paths.config, name), text);
  for (const account of plan.accounts ?? []) {
    for (const [file, line] of [
      ['passwd', account.passwd],
      ['group', account.group],
    ] as const) {
      copyFileSync(join('/etc', file), join(paths.config, file));
      const text = readFileSync(join('/etc', file), 'utf8');
      if (!text.split('\n').some((entry) => entry.startsWith(`${account.name}:`))) {
        writeFileSync(join(paths.config, file), `${text.trimEnd()}\n${line}\n`);
      }
    }
  }
  const mounts: readonly Mount[] = [
    ...plan.directories.map(({ path, owner }): Mount => ['dir', owner, path]),
    ['bind', paths.config, plan.configTarget],
    ...(plan.accounts ?? []).flatMap((): readonly Mount[] => [
      ['bind', join(paths.config, 'passwd'), '/etc/passwd'],
      ['bind', join(paths.config, 'group'), '/etc/group'],
    ]),
  ];
  writeFileSync(paths.mounts, mounts.map((line) => `${line.join(' ')}\n`).join(''));
}

/** Removes what prepareLab and makeNode made, however far they came. Its processes have to be gone. */
export async function removeNamespaces(lab: LabPaths): Promise<void> {
  const prefix = netnsPrefix(lab);
  const isOurs = (path: string): boolean =>
    path === lab.run || path.startsWith(`${lab.run}/`) || path.startsWith(join(netnsDirectory, prefix));
  for (const path of listMountPoints().filter(isOurs).toReversed()) await run(['umount', '-l', path]);
  for (const name of listDirectory(netnsDirectory)) {
    if (name.startsWith(prefix)) rmSync(join(netnsDirectory, name), { force: true });
  }
  rmSync(lab.run, { recursive: true, force: true });
  if (listLabs().length > 0) return;
  if (existsSync(netnsDirectoryMark)) {
    rmSync(netnsDirectoryMark);
    if (listDirectory(netnsDirectory).length === 0 && !listMountPoints().includes(netnsDirectory))
      rmdirSync(netnsDirectory);
  }
  if (existsSync(runRoot)) rmdirSync(runRoot);
}

/** Every mount point of this mount namespace, in the order in which they were mounted. */
export function listMountPoints(): readonly string[] {
  return readFileSync('/proc/self/mountinfo', 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => line.split(' ')[4]);
}
