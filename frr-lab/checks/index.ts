// Which checks and which summaries belong to which topology.
import type { LabPaths } from '../paths.ts';
import { getTopology } from '../topologies/index.ts';
import type { NodeKind, Topology } from '../topology.ts';
import type { Check } from './check.ts';
import { ibgpRrChecks } from './ibgp-rr.ts';
import { quickstartChecks } from './quickstart.ts';
import { restartChecks } from './restart.ts';
import { secureChecks } from './secure.ts';
import { spineLeafChecks } from './spine-leaf.ts';
import { statusChecks } from './status.ts';
import { zooChecks } from './zoo.ts';

const checks: Readonly<Record<string, (lab: LabPaths) => readonly Check[]>> = {
  'ibgp-rr': ibgpRrChecks,
  quickstart: quickstartChecks,
  restart: restartChecks,
  secure: secureChecks,
  'spine-leaf': spineLeafChecks,
  zoo: zooChecks,
};

const summaries: Readonly<Record<NodeKind, readonly string[] | undefined>> = {
  host: undefined,
  frr: ['vtysh', '-c', 'show bgp summary'],
  bird: ['birdc', 'show', 'protocols'],
  gobgp: ['gobgp', 'neighbor'],
  exabgp: undefined,
  openbgpd: ['bgpctl', 'show', 'summary'],
  'waggle-agent': ['waggle', 'show', 'bgp', 'summary'],
  'waggle-router': ['waggle', 'show', 'bgp', 'summary'],
};

export function checksOf(lab: LabPaths): readonly Check[] {
  // What Waggle itself says comes first: it names the cause of what else fails.
  return [...statusChecks(lab, getTopology(lab.topology)), ...(checks[lab.topology]?.(lab) ?? [])];
}

export function summaryCommandsOf(topology: Topology): readonly { node: string; command: readonly string[] }[] {
  return topology.nodes.flatMap((node) => {
    const command = summaries[node.kind];
    return command === undefined ? [] : [{ node: node.name, command }];
  });
}
