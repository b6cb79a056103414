// What Waggle says about itself: the faults of a configuration before it is applied, and `waggle status` of a node that runs. An agent
// keeps its last good configuration, so a lab whose manifests are broken may work all the same.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { asArray, at, readString } from '../json.ts';
import { LabError } from '../lab-error.ts';
import { type LabPaths, nodePaths, repoDir } from '../paths.ts';
import { run } from '../run.ts';
import type { Topology } from '../topology.ts';
import { type Check, notOk, ok, type Seen } from './check.ts';
import { getJsonFromWaggle } from './lab-reader.ts';

/** An agent notices new manifests after a moment; what it says then stays. */
const statusLimitMs = 6_000;

export function statusChecks(lab: LabPaths, topology: Topology): readonly Check[] {
  return topology.nodes
    .filter((node) => node.kind === 'waggle-agent' || node.kind === 'waggle-router')
    .map((node) => ({
      name: `waggle status of ${node.name}`,
      expected: 'no component in error',
      limitMs: statusLimitMs,
      look: async () => judgeStatus(await getJsonFromWaggle(lab, node.name, '/status')),
    }));
}

/** What is in error, one line each; warnings are told but do not count: it works, though not as asked. */
export function judgeStatus(report: unknown): Seen {
  const lines = (state: string): readonly string[] =>
    asArray(at(report, 'components'))
      .filter((entry) => readString(entry, 'state') === state)
      .map((entry) => `${readString(entry, 'component')}: ${readString(entry, 'message')}`);
  const state = readString(report, 'state');
  if (state === 'ok' || state === 'warning') return ok([state, ...lines('warning')].join('\n'));
  const errors = lines('error');
  return notOk(errors.length > 0 ? errors.join('\n') : `no state in what it answers`);
}

/** Refuses configurations of Waggle's that it would refuse itself, with its own lines. */
export async function requireSoundConfiguration(lab: LabPaths, topology: Topology): Promise<void> {
  const routers = topology.nodes
    .filter((node) => node.kind === 'waggle-router')
    .map((node) => join(nodePaths(lab, node.name).configSource, 'router.yaml'));
  const places = [join(lab.source, 'manifests'), ...routers].filter((place) => existsSync(place));
  const answers = await Promise.all(
    places.map(async (place) => ({
      place,
      answer: await run([join(repoDir, 'bin/waggle'), 'config', 'check', place]),
    })),
  );
  for (const { place, answer } of answers) {
    if (answer.code === 0) continue;
    const lines = `${answer.stdout}${answer.stderr}`.trim();
    throw new LabError(`the configuration in ${place} has faults; nothing was changed:\n${lines}`);
  }
}
