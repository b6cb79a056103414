// Which checks and which summaries belong to which topology.
import type { LabPaths } from '../paths.ts';
import { getTopology } from '../topologies/index.ts';
import type { NodeKind, Topology } from '../topology.ts';
import type { Check } from './check.ts';
import { ibgpRrChecks } from './ibgp-rr.ts';
import { onTheWireCheck } from './on-the-wire.ts';
import { withdrawAndAnnounce } from './management.ts';
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

/**
 * Path attributes that Waggle has to send in a lab (3 NEXT_HOP, 9 ORIGINATOR_ID, 10 CLUSTER_LIST, 14 MP_REACH_NLRI). The restart lab
 * is not among them: it reads the wire in each of its rounds.
 */
const attributesSent: Readonly<Record<string, readonly number[]>> = {
  'ibgp-rr': [3, 9, 10],
  quickstart: [3, 14],
  secure: [3],
  'spine-leaf': [3, 14],
  zoo: [3, 14],
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
  management: undefined,
};

export function checksOf(lab: LabPaths): readonly Check[] {
  const topology = getTopology(lab.topology);
  // What Waggle itself says comes first: it names the cause of what else fails.
  const all = [...statusChecks(lab, topology), ...(checks[lab.topology]?.(lab) ?? [])];
  const attributes = attributesSent[lab.topology];
  if (attributes === undefined) return all;
  const steady = all.filter((check) => check.isDisruptive !== true);
  const withdraw = lab.topology === 'quickstart' ? { withdraw: async () => await withdrawAndAnnounce(lab) } : {};
  return [...all, onTheWireCheck(lab, topology, { steady, attributes, ...withdraw })];
}

export function summaryCommandsOf(topology: Topology): readonly { node: string; command: readonly string[] }[] {
  return topology.nodes.flatMap((node) => {
    const command = summaries[node.kind];
    return command === undefined ? [] : [{ node: node.name, command }];
  });
}
