// Whether the client of the quickstart reaches the pods of its nodes: all of them, or none of one node's.
import type { LabPaths } from '../paths.ts';
import type { QuickstartNode } from '../topologies/quickstart.ts';
import { type Check, type Seen, unlessWrong } from './check.ts';
import { askName, ping, reach } from './traffic.ts';

export async function reachAll(lab: LabPaths, nodes: readonly QuickstartNode[]): Promise<Seen> {
  const looks = await Promise.all(
    nodes.flatMap((node) => node.podAddresses.map((address) => reach(lab, 'client', address, node.name))),
  );
  const wrong = looks.filter((look) => !look.isOk).map((look) => look.seen);
  return unlessWrong(wrong, looks.map((look) => look.seen).join('; '));
}

export function unreachable(lab: LabPaths, node: QuickstartNode): Check {
  return {
    name: `${node.name} unreachable`,
    expected: 'no answer',
    look: async () => {
      const looks = await Promise.all(
        node.podAddresses.map(async (address) => {
          const pinged = await ping(lab, 'client', address);
          const answer = await askName(lab, 'client', address);
          return pinged.isOk || answer !== undefined ? [`${address} still answers`] : [];
        }),
      );
      const still = looks.flat();
      return unlessWrong(still, `${node.podAddresses.join(' and ')} unreachable`);
    },
  };
}
