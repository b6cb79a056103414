// The topologies there are, by name.
import { LabError } from '../lab-error.ts';
import type { Topology } from '../topology.ts';
import { ibgpRr } from './ibgp-rr.ts';
import { quickstart } from './quickstart.ts';
import { restart } from './restart.ts';
import { secure } from './secure.ts';
import { spineLeaf } from './spine-leaf.ts';
import { zoo } from './zoo.ts';

const topologies: readonly Topology[] = [quickstart, zoo, spineLeaf, ibgpRr, secure, restart];

export function listTopologies(): readonly Topology[] {
  return topologies;
}

export function getTopology(name: string): Topology {
  const found = topologies.find((topology) => topology.name === name);
  if (found === undefined) {
    throw new LabError(`no topology is called ${name}; there are: ${topologies.map((each) => each.name).join(', ')}`);
  }
  return found;
}
