// A session between Waggle and another speaker, as both sides see it.
import type { LabPaths } from '../paths.ts';
import { type Check, notOk, unlessWrong } from './check.ts';
import { readFrom } from './lab-reader.ts';
import type { Family } from './received.ts';
import { type FamilyKey, findSession, readFrrSummary, readWaggleSummary } from './session.ts';

export type Peering = {
  /** The node that runs Waggle, and the neighbor's address there. */
  readonly waggle: string;
  readonly neighbor: string;
  readonly family: Family;
  readonly peer: {
    readonly node: string;
    readonly kind: 'frr' | 'bird';
    /** How Waggle is called there: its address, or the name of BIRD's protocol. */
    readonly knows: string;
  };
};

export function keyOf(family: Family): FamilyKey {
  return family === 'ipv4' ? 'ipv4Unicast' : 'ipv6Unicast';
}

export function peeringCheck(lab: LabPaths, peering: Peering): Check {
  const { waggle, neighbor, peer, family } = peering;
  return {
    name: `session ${waggle} - ${peer.node} (${neighbor}), ${family}`,
    expected: 'Established on both sides',
    look: async () => {
      const ours = findSession(await readWaggleSummary(lab, waggle), keyOf(family), neighbor);
      const theirs = await stateAtPeer(lab, peering);
      if (ours === undefined) return notOk(`${waggle} lists no neighbor ${neighbor} under ${keyOf(family)}`);
      const wrong = [
        ...(ours.state === 'Established' ? [] : [`${ours.state} on ${waggle}`]),
        ...(theirs === 'Established' ? [] : [`${theirs} on ${peer.node}`]),
      ];
      return unlessWrong(wrong, `Established, ${ours.pfxSnt} routes sent, ${ours.pfxRcd} accepted`);
    },
  };
}

export async function stateAtPeer(lab: LabPaths, { peer, family }: Peering): Promise<string> {
  if (peer.kind === 'frr') {
    return findSession(await readFrrSummary(lab, peer.node), keyOf(family), peer.knows)?.state ?? 'not configured';
  }
  const lines = (await readFrom(lab, peer.node, ['birdc', 'show', 'protocols'])).split('\n');
  const line = lines.find((each) => each.split(/\s+/)[0] === peer.knows) ?? '';
  return /\bEstablished\b/.test(line) ? 'Established' : line.trim() || 'not configured';
}
