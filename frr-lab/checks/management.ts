// The checks of the API that the quickstart's agents share: kubectl shows what they act on, each agent is who its certificate says and
// may do no more, a change by kubectl becomes withdrawals and routes, and without the API server everything goes on as it was.
import { LabError } from '../lab-error.ts';
import { startNamed } from '../life.ts';
import { kubectl } from '../management.ts';
import { type LabPaths, nodePaths } from '../paths.ts';
import { stopDaemon } from '../processes.ts';
import { readFrom, runIn } from './lab-reader.ts';
import { managementName } from '../topologies/management.ts';
import { quickstart, type QuickstartNode, quickstartNodes } from '../topologies/quickstart.ts';
import { type Check, lookUntil, unlessWrong } from './check.ts';
import { findSession, readWaggleSummary, type SessionView } from './session.ts';
import { reachAll, unreachable } from './reach.ts';

const changeLimitMs = 15_000;

export function managementChecks(lab: LabPaths): readonly Check[] {
  return [
    objectsCheck(lab),
    ...quickstartNodes.map((node) => rightsCheck(lab, node)),
    policyCheck(lab),
    awayCheck(lab),
  ];
}

function objectsCheck(lab: LabPaths): Check {
  const names = quickstartNodes.map(({ name }) => name);
  return {
    name: 'kubectl get nodes,ciliumnodes,ciliumbgppeeringpolicies',
    expected: `each of them for ${names.join(' and ')}`,
    look: async () => {
      const kinds = ['node', 'ciliumnode.cilium.io', 'ciliumbgppeeringpolicy.cilium.io'];
      const text = await askKubectl(lab, ['get', 'nodes,ciliumnodes,ciliumbgppeeringpolicies', '-o', 'name']);
      const missing = kinds.flatMap((kind) => names.map((name) => `${kind}/${name}`));
      const seen = text.trim().split('\n');
      return unlessWrong(
        missing.filter((name) => !seen.includes(name)).map((name) => `no ${name}`),
        seen.join(', '),
      );
    },
  };
}

function rightsCheck(lab: LabPaths, node: QuickstartNode): Check {
  const asAgent = async (args: readonly string[]): Promise<string> => {
    const options = ['--kubeconfig', '/run/lab/config/kubeconfig', '--cache-dir', '/run/lab/kubectl'];
    // `can-i` says no by its exit code too, and on stderr it warns that a kind lives in no namespace.
    return (await runIn(lab, node.name, ['kubectl', ...options, ...args])).stdout.trim();
  };
  return {
    name: `rights of the agent on ${node.name}`,
    expected: `it is waggle:agent:${node.name}; it may read policies, and may neither change them nor read others' Secrets`,
    look: async () => {
      const policies = 'ciliumbgppeeringpolicies.cilium.io';
      const said = [
        await asAgent(['auth', 'whoami', '-o', 'jsonpath={.status.userInfo.username}']),
        await asAgent(['auth', 'can-i', 'list', policies]),
        await asAgent(['auth', 'can-i', 'update', policies]),
        await asAgent(['auth', 'can-i', 'get', 'secrets', '-n', 'default']),
      ];
      const wanted = [`waggle:agent:${node.name}`, 'yes', 'no', 'no'];
      return unlessWrong(
        wanted.flatMap((word, index) => (said[index] === word ? [] : [`${word} expected, seen ${said[index]}`])),
        said.join(', '),
      );
    },
  };
}

const policy = {
  apiVersion: 'cilium.io/v2',
  kind: 'CiliumNetworkPolicy',
  metadata: { name: 'lab-check', namespace: 'default' },
  spec: { endpointSelector: {}, ingress: [{ fromEntities: ['cluster'] }] },
};

/** What is stored and not enforced says so itself, and nobody takes it for protection. */
function policyCheck(lab: LabPaths): Check {
  const valid = 'jsonpath={.status.conditions[?(@.type=="Valid")].reason}';
  return {
    name: 'a CiliumNetworkPolicy that is applied',
    expected: 'condition Valid=False with reason NotEnforced, an Event that says so, a line in waggle status',
    isDisruptive: true,
    look: async () => {
      const { code, stderr } = await kubectl(lab, ['apply', '-f', '-'], JSON.stringify(policy));
      if (code !== 0) throw new LabError(`kubectl apply: ${stderr.trim()}`);
      try {
        const told = await lookUntil(
          {
            name: 'told',
            expected: 'NotEnforced',
            look: async () => {
              const reason = await askKubectl(lab, ['get', 'cnp', policy.metadata.name, '-o', valid]);
              const events = await askKubectl(lab, ['get', 'events', '-o', 'jsonpath={.items[*].reason}']);
              const status = await readFrom(lab, quickstartNodes[0].name, ['waggle', 'status']);
              const line = status.split('\n').find((each) => each.includes('none enforced')) ?? '';
              const wrong = [
                ...(reason === 'NotEnforced' ? [] : [`reason ${reason || 'none yet'}`]),
                ...(events.includes('NotEnforced') ? [] : ['no Event']),
                ...(line === '' ? ['no line in waggle status'] : []),
              ];
              return unlessWrong(wrong, `${reason}; ${line.replaceAll(/\s+/g, ' ').trim()}`);
            },
          },
          performance.now() + changeLimitMs,
        );
        return { isOk: told.isOk, seen: told.seen };
      } finally {
        await askKubectl(lab, ['delete', 'cnp', policy.metadata.name, '--wait=false']);
      }
    },
  };
}

/** Stops the API server, looks whether anything changes, and whether a change reaches the agents once it is back. */
function awayCheck(lab: LabPaths): Check {
  const [first] = quickstartNodes;
  return {
    name: `stop the API server on ${managementName}`,
    expected: 'no session ends, all pods stay reachable; once it is back, a changed policy is carried out',
    isDisruptive: true,
    look: async () => {
      const before = await readSessions(lab);
      await stopDaemon(nodePaths(lab, managementName), 'apiserver');
      const pods = await reachAll(lab, quickstartNodes);
      const during = await readSessions(lab);
      await startNamed(lab, quickstart, managementName, 'apiserver');
      const gone = await withdrawWhile(lab, first, async () => await lookAway(lab, first));
      const back = await lookBack(lab, first);
      const wrong = [
        ...(pods.isOk ? [] : [`without the API server: ${pods.seen}`]),
        ...(before.length > 0 && String(during) === String(before)
          ? []
          : [`sessions before ${String(before)}, without the API server ${String(during)}`]),
        ...(gone.isOk ? [] : [`exportPodCIDR: false on ${first.name}: ${gone.seen}`]),
        ...(back.isOk ? [] : [`exportPodCIDR: true on ${first.name}: ${back.seen}`]),
      ];
      return unlessWrong(wrong, `${before.length} sessions untouched; ${pods.seen}; then ${gone.seen}, and back`);
    },
  };
}

/** By a change of node1's policy: its pod networks are taken back, and announced again. */
export async function withdrawAndAnnounce(lab: LabPaths): Promise<void> {
  const [node] = quickstartNodes;
  await withdrawWhile(lab, node, async () => await lookAway(lab, node));
  await lookBack(lab, node);
}

async function withdrawWhile<Answer>(lab: LabPaths, node: QuickstartNode, act: () => Promise<Answer>): Promise<Answer> {
  try {
    await exportPodCidrs(lab, node, false);
    return await act();
  } finally {
    await exportPodCidrs(lab, node, true);
  }
}

async function lookAway(lab: LabPaths, node: QuickstartNode): ReturnType<typeof lookUntil> {
  return await lookUntil(unreachable(lab, node), performance.now() + changeLimitMs);
}

async function lookBack(lab: LabPaths, node: QuickstartNode): ReturnType<typeof lookUntil> {
  const back = { name: 'back', expected: 'reachable', look: async () => await reachAll(lab, [node]) };
  return await lookUntil(back, performance.now() + changeLimitMs);
}

async function exportPodCidrs(lab: LabPaths, node: QuickstartNode, isWanted: boolean): Promise<void> {
  const patch = JSON.stringify([{ op: 'replace', path: '/spec/virtualRouters/0/exportPodCIDR', value: isWanted }]);
  await askKubectl(lab, ['patch', 'ciliumbgppeeringpolicy', node.name, '--type=json', '-p', patch]);
}

/** Each session with the number of times it came up. */
async function readSessions(lab: LabPaths): Promise<readonly string[]> {
  const lists = quickstartNodes.map(async ({ name, sessions }) => {
    const summary = await readWaggleSummary(lab, name);
    const views = sessions.map(({ tor }): readonly [string, SessionView | undefined] => [
      tor,
      findSession(summary, tor.includes(':') ? 'ipv6Unicast' : 'ipv4Unicast', tor),
    ]);
    return views.map(([tor, view]) => `${name} ${tor} ${view?.state} ${view?.connectionsEstablished}`);
  });
  return (await Promise.all(lists)).flat();
}

async function askKubectl(lab: LabPaths, args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await kubectl(lab, args);
  if (code !== 0) throw new LabError(`kubectl ${args.join(' ')}: ${stderr.trim()}`);
  return stdout;
}
