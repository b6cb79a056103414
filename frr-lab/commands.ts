// up, down, status, list, demo: what each prints and when it fails. What they do to the system is in life.ts, what they check in
// checks/.
import { type Check, linesOfSeen, lookUntil, type Outcome, waitForAll } from './checks/check.ts';
import { checksOf, summaryCommandsOf } from './checks/index.ts';
import { requireSoundConfiguration } from './checks/status.ts';
import { daemonsOf } from './daemons/index.ts';
import { LabError } from './lab-error.ts';
import { bringUp, busyProcess, isComplete, takeDown } from './life.ts';
import { applyManifests, isManaged } from './management.ts';
import { labPaths, type LabPaths, listLabs, nodePaths } from './paths.ts';
import { findDaemon } from './processes.ts';
import { inside, nodeEnvironment, run } from './run.ts';
import { getTopology, listTopologies } from './topologies/index.ts';
import type { Topology } from './topology.ts';

const settleLimitMs = 60_000;

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

function say(line: string): void {
  print(`lab: ${line}`);
}

function requireRoot(): void {
  if (process.getuid?.() !== 0) throw new LabError('namespaces need root; run this as root');
}

export async function commandUp(name: string): Promise<number> {
  requireRoot();
  const topology = getTopology(name);
  const lab = labPaths(name);
  await ensureUp(lab, topology);
  say('waiting until every session is Established and traffic flows');
  const checks = checksOf(lab).filter((check) => check.isDisruptive !== true);
  const outcomes = await waitForAll(checks, settleLimitMs, say);
  await printSummaries(lab, topology);
  for (const outcome of outcomes) printOutcome(outcome);
  const failed = outcomes.filter((outcome) => !outcome.isOk);
  if (failed.length > 0) {
    throw new LabError(
      `${failed.length} of ${outcomes.length} checks failed: ${failed[0].check.name}. Logs: ${lab.files}`,
    );
  }
  say(`${name} is up, ${outcomes.length} checks passed. Manifests and logs: ${lab.files}`);
  return 0;
}

/** Builds the lab unless it stands already; what an interrupted `up` left is removed first. */
async function ensureUp(lab: LabPaths, topology: Topology): Promise<void> {
  const busy = busyProcess(lab);
  if (busy !== undefined) throw new LabError(`lab ${lab.topology} is being brought up by process ${busy.pid}`);
  await requireSoundConfiguration(lab, topology);
  if (isComplete(lab, topology)) {
    say(`${topology.name} is up already; ${isManaged(topology) ? 'applying the manifests and ' : ''}checking again`);
    if (isManaged(topology)) await applyManifests(lab);
    return;
  }
  if (listLabs().includes(topology.name)) {
    say(`removing what is left of an unfinished ${topology.name}`);
    await takeDown(lab);
  }
  try {
    await bringUp(lab, topology, say);
  } catch (error) {
    if (!(error instanceof LabError)) throw error;
    throw new LabError(`${error.message}. Logs: ${lab.files}`, { cause: error });
  }
}

export async function commandDown(name: string): Promise<number> {
  requireRoot();
  getTopology(name);
  const lab = labPaths(name);
  const wasThere = listLabs().includes(name);
  await takeDown(lab);
  say(wasThere ? `${name} is gone` : `${name} was not up`);
  return 0;
}

export async function commandDemo(name: string): Promise<number> {
  requireRoot();
  const topology = getTopology(name);
  const lab = labPaths(name);
  const checks = checksOf(lab);
  await ensureUp(lab, topology);
  say(`${topology.title}: ${checks.length} checks`);
  const deadline = performance.now() + settleLimitMs;
  let failed = 0;
  for (const check of checks) {
    // A lab that has just come up may need its time, once for all checks; a check always gets a few seconds.
    // One that kills or cuts something has one try: another would hide what the first one lost.
    const until = check.isDisruptive === true ? 0 : Math.max(deadline, performance.now() + 5_000);
    const outcome = await lookUntil(check, until, say);
    printOutcome(outcome);
    if (!outcome.isOk) failed += 1;
  }
  say(
    failed === 0
      ? `all ${checks.length} checks passed`
      : `${failed} of ${checks.length} checks failed. Logs: ${lab.files}`,
  );
  return failed === 0 ? 0 : 1;
}

function printOutcome({ check, isOk, seen }: Outcome & { readonly check: Check }): void {
  print(`${isOk ? ' ok ' : 'FAIL'}  ${check.name}`);
  print(`      expected: ${check.expected}`);
  print(`      seen:     ${linesOfSeen({ isOk, seen }).join('\n                ')}`);
}

/** As it would be typed. */
function quoteWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}

async function printSummaries(lab: LabPaths, topology: Topology): Promise<void> {
  for (const { node, command } of summaryCommandsOf(topology)) {
    const output = await run(inside(nodePaths(lab, node), command), {
      environment: nodeEnvironment(lab, node),
    });
    print('');
    print(`--- ${node}: ${command.map(quoteWord).join(' ')}`);
    print((output.code === 0 ? output.stdout : `${output.stdout}${output.stderr}`).trim());
  }
  print('');
}

export function commandStatus(name: string | undefined): number {
  const labs = name === undefined ? listLabs() : [getTopology(name).name];
  if (labs.length === 0) say('no lab is up');
  let isWell = true;
  for (const each of labs) {
    const lab = labPaths(each);
    const topology = getTopology(each);
    const isUp = listLabs().includes(each);
    const state = isComplete(lab, topology)
      ? 'up'
      : busyProcess(lab) !== undefined
        ? 'coming up'
        : isUp
          ? 'NOT RUNNING as a whole; lab up mends it'
          : 'down';
    if (isUp && state !== 'up' && state !== 'coming up') isWell = false;
    print(`${each}: ${state} (${topology.title})`);
    if (!isUp) continue;
    for (const node of topology.nodes) {
      const paths = nodePaths(lab, node.name);
      const programs = daemonsOf(node).map((daemon) => {
        const record = findDaemon(paths, daemon.name);
        return record === undefined ? `${daemon.name} NOT RUNNING` : `${daemon.name} ${record.pid}`;
      });
      print(`  ${node.name.padEnd(10)} ${node.kind.padEnd(14)} ${programs.join(', ') || '-'}`);
    }
  }
  return isWell ? 0 : 1;
}

export function commandList(): number {
  const up = listLabs();
  for (const topology of listTopologies()) {
    print(`${topology.name.padEnd(12)} ${up.includes(topology.name) ? 'up  ' : '-   '} ${topology.title}`);
    print(`             nodes ${topology.nodes.map((node) => node.name).join(' ')}`);
    print(`             links ${topology.links.map((link) => link.name).join(' ')}`);
  }
  return 0;
}
