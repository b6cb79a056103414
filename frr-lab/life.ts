// The life of a lab: build it, start what runs in it, take it down. Every step first does what can be found again by name or
// place, so that `takeDown` works from the system's state alone, however and whenever `bringUp` ended.
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Daemon } from './daemons/daemon.ts';
import { daemonsOf, planOf } from './daemons/index.ts';
import { asRecord, parseJson, readNumber } from './json.ts';
import { LabError } from './lab-error.ts';
import { configureNetwork, makeLink } from './links.ts';
import { applyManifests, isManaged, issueKubeconfigs, requireKubectl } from './management.ts';
import { makeNode, prepareLab, removeNamespaces } from './namespaces.ts';
import { type LabPaths, nodePaths } from './paths.ts';
import { endAll, findDaemon, findProcesses, type ProcessRecord, startDaemon, startTicksOf } from './processes.ts';
import { inside, mustRun, nodeEnvironment } from './run.ts';
import { findNode, type LabNode, type Topology } from './topology.ts';

const readyLimitMs = 20_000;

export type Say = (line: string) => void;

/** Whether `bringUp` ran to its end and every program it started still runs. */
export function isComplete(lab: LabPaths, topology: Topology): boolean {
  return (
    existsSync(lab.completeMark) &&
    topology.nodes.every((node) =>
      daemonsOf(node).every((daemon) => findDaemon(nodePaths(lab, node.name), daemon.name) !== undefined),
    )
  );
}

export async function bringUp(lab: LabPaths, topology: Topology, say: Say): Promise<void> {
  for (const node of topology.nodes) {
    const { needs } = planOf(node);
    if (needs !== undefined && !existsSync(needs)) throw new LabError(`${needs} is missing; run ./frr-lab/lab install`);
  }
  if (isManaged(topology)) await requireKubectl(lab);
  say(`making ${topology.nodes.length} nodes and ${topology.links.length} links`);
  await prepareLab(lab);
  markBusy(lab);
  for (const node of topology.nodes) await makeNode(lab, node);
  for (const link of topology.links) await makeLink(lab, link);
  for (const node of topology.nodes) await configureNetwork(lab, topology, node);
  const names = topology.nodes.flatMap((node) => daemonsOf(node).map((daemon) => `${node.name}/${daemon.name}`));
  say(`starting ${names.join(' ')}`);
  const managed = topology.nodes.filter((node) => node.kind === 'management');
  for (const node of managed) await startNode(lab, node);
  if (isManaged(topology)) {
    await issueKubeconfigs(lab, topology);
    await applyManifests(lab);
  }
  await Promise.all(topology.nodes.filter((node) => !managed.includes(node)).map((node) => startNode(lab, node)));
  writeFileSync(lab.completeMark, `${new Date().toISOString()}\n`);
  rmSync(lab.busyMark, { force: true });
}

export async function takeDown(lab: LabPaths): Promise<void> {
  const busy = busyProcess(lab);
  if (busy !== undefined)
    throw new LabError(`lab ${lab.topology} is being brought up by process ${busy.pid}; end that first`);
  // A process may have been on its way into a namespace while the first round looked.
  for (let round = 0; round < 5; round += 1) {
    const found = findProcesses(lab);
    if (found.length === 0) break;
    await endAll(found);
  }
  await removeNamespaces(lab);
}

export async function startNode(lab: LabPaths, node: LabNode): Promise<void> {
  for (const daemon of daemonsOf(node)) await startOne(lab, node, daemon);
}

/** Starts one program of a node that was ended before. */
export async function startNamed(
  lab: LabPaths,
  topology: Topology,
  nodeName: string,
  daemonName: string,
): Promise<void> {
  const node = findNode(topology, nodeName);
  const daemon = node && daemonsOf(node).find((each) => each.name === daemonName);
  if (node === undefined || daemon === undefined) throw new LabError(`${nodeName} has no program ${daemonName}`);
  await startOne(lab, node, daemon);
}

async function startOne(lab: LabPaths, node: LabNode, daemon: Daemon): Promise<void> {
  const paths = nodePaths(lab, node.name);
  // One that was killed leaves it behind.
  if (daemon.readyFile !== undefined) await mustRun(inside(paths, ['rm', '-f', daemon.readyFile]));
  const record = await startDaemon(lab, { node: node.name, name: daemon.name, command: daemon.command });
  if (daemon.readyFile !== undefined) {
    const deadline = performance.now() + readyLimitMs;
    // The daemon's own view of the file system, looked at from outside.
    while (!existsSync(`/proc/${record.pid}/root${daemon.readyFile}`)) {
      requireAlive(lab, node, daemon);
      if (performance.now() > deadline) {
        throw new LabError(`${node.name}: ${daemon.name} made no ${daemon.readyFile} within ${readyLimitMs / 1000} s`);
      }
      await sleep(20);
    }
  }
  if (daemon.afterStart === undefined) return;
  await mustRun(inside(paths, daemon.afterStart), { environment: nodeEnvironment(lab, node.name) });
  requireAlive(lab, node, daemon);
}

function requireAlive(lab: LabPaths, node: LabNode, daemon: Daemon): void {
  const paths = nodePaths(lab, node.name);
  if (findDaemon(paths, daemon.name) !== undefined) return;
  const last = readFileSync(`${paths.logs}/${daemon.name}.log`, 'utf8').trimEnd().split('\n').at(-1) ?? '';
  throw new LabError(`${node.name}: ${daemon.name} ended at once: ${last || 'it said nothing'}`);
}

function markBusy(lab: LabPaths): void {
  const self: ProcessRecord = { pid: process.pid, startTicks: startTicksOf(process.pid) ?? 0 };
  writeFileSync(lab.busyMark, JSON.stringify(self));
}

/** The living process that is bringing the lab up just now. */
export function busyProcess(lab: LabPaths): ProcessRecord | undefined {
  if (!existsSync(lab.busyMark)) return undefined;
  const value = asRecord(parseJson(readFileSync(lab.busyMark, 'utf8')));
  const pid = readNumber(value, 'pid') ?? 0;
  const startTicks = readNumber(value, 'startTicks') ?? 0;
  return pid > 1 && pid !== process.pid && startTicksOf(pid) === startTicks ? { pid, startTicks } : undefined;
}
