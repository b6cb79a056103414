// The API that a lab's agents share, from outside: a client certificate for each of them, and the manifests, applied by kubectl as a
// person would. The server itself is a daemon of the node `mgmt`.
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LabError } from './lab-error.ts';
import { type LabPaths, nodePaths } from './paths.ts';
import { inside, mustRun, nodeEnvironment, type Output, run } from './run.ts';
import { managementEndpoint, managementName } from './topologies/management.ts';
import { findNode, type Topology } from './topology.ts';

/** Whether the agents of a lab share an API. */
export function isManaged(topology: Topology): boolean {
  return findNode(topology, managementName) !== undefined;
}

/** Before anything is built: without it no manifest is applied. */
export async function requireKubectl(lab: LabPaths): Promise<void> {
  const environment = nodeEnvironment(lab, managementName);
  const isThere = await run(['kubectl', 'version', '--client'], { environment }).then(
    ({ code }) => code === 0,
    () => false,
  );
  if (!isThere) throw new LabError('kubectl is missing: run ./frr-lab/lab install, or put 1.32 or newer on PATH');
}

/** kubectl in mgmt, as the administrator; `input` is what it reads from `-`. */
export async function kubectl(lab: LabPaths, args: readonly string[], input = ''): Promise<Output> {
  const environment = nodeEnvironment(lab, managementName);
  return await run(inside(nodePaths(lab, managementName), ['kubectl', ...args]), { environment, input });
}

/** Gives every agent a kubeconfig with a client certificate in its own name, which says that it is an agent and nothing more. */
export async function issueKubeconfigs(lab: LabPaths, topology: Topology): Promise<void> {
  const server = `https://${managementEndpoint}`;
  const environment = nodeEnvironment(lab, managementName);
  for (const node of topology.nodes) {
    if (node.kind !== 'waggle-agent') continue;
    const who = ['--role', 'agent', '--user', `waggle:agent:${node.name}`, '--server', server];
    const command = inside(nodePaths(lab, managementName), ['waggle', 'apiserver', 'kubeconfig', ...who]);
    const text = await mustRun(command, { environment });
    writeFileSync(join(nodePaths(lab, node.name).config, 'kubeconfig'), text, { mode: 0o600 });
  }
}

/** The manifests of the checkout. */
export async function applyManifests(lab: LabPaths): Promise<void> {
  const source = join(lab.source, 'manifests');
  if (!existsSync(source)) return;
  const { code, stderr } = await kubectl(lab, ['apply', '-f', source]);
  if (code !== 0) throw new LabError(`kubectl apply -f ${source}:\n${stderr.trim()}`);
}
