// Which plan belongs to which kind of node, and the programs of one node in the order in which they start.
import { join } from 'node:path';
import { labDir, repoDir } from '../paths.ts';
import type { LabNode, NodeKind } from '../topology.ts';
import { birdPlan } from './bird.ts';
import type { Daemon, KindPlan } from './daemon.ts';
import { exabgpPlan } from './exabgp.ts';
import { frrPlan } from './frr.ts';
import { gobgpPlan } from './gobgp.ts';
import { openbgpdPlan } from './openbgpd.ts';
import { waggleAgentPlan, managementPlan, waggleOspfPlan, waggleRouterPlan } from './waggle.ts';

const hostPlan: KindPlan = { configTarget: '/run/lab/config', directories: [], daemons: () => [] };

const plans: Readonly<Record<NodeKind, KindPlan>> = {
  host: hostPlan,
  frr: frrPlan,
  bird: birdPlan,
  gobgp: gobgpPlan,
  exabgp: exabgpPlan,
  openbgpd: openbgpdPlan,
  'waggle-agent': waggleAgentPlan,
  'waggle-router': waggleRouterPlan,
  management: managementPlan,
};

export function planOf(node: LabNode): KindPlan {
  return node.kind === 'waggle-router' && node.hasOspf === true ? waggleOspfPlan : plans[node.kind];
}

export function daemonsOf(node: LabNode): readonly Daemon[] {
  const answer: readonly Daemon[] =
    node.answersOn === undefined
      ? []
      : [
          {
            name: 'answer',
            command: [
              join(repoDir, 'node_modules/.bin/node'),
              join(labDir, 'answer.ts'),
              node.name,
              String(node.answersOn),
            ],
          },
        ];
  return [...answer, ...planOf(node).daemons(node)];
}
