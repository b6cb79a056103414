// Which checks and which summaries belong to which topology.
import type { LabPaths } from '../paths.ts';
import type { NodeKind, Topology } from '../topology.ts';
import type { Check } from './check.ts';
import { quickstartChecks } from './quickstart.ts';
import { zooChecks } from './zoo.ts';

const checks: Readonly<Record<string, (lab: LabPaths) => readonly Check[]>> = {
  quickstart: quickstartChecks,
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
  return checks[lab.topology]?.(lab) ?? [];
}

export function summaryCommandsOf(topology: Topology): readonly { node: string; command: readonly string[] }[] {
  return topology.nodes.flatMap((node) => {
    const command = summaries[node.kind];
    return command === undefined ? [] : [{ node: node.name, command }];
  });
}
