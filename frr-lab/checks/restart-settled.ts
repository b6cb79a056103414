// Whether the routers of the restart lab have found each other again: sessions up on both sides, End-of-RIB both ways, no route
// left that is only kept.
import { at, readNumber, readString } from '../json.ts';
import type { LabPaths } from '../paths.ts';
import { linkAddresses, observer, type Site, sites } from '../topologies/restart.ts';
import { allOk, type Check, lookUntil, type Seen, unlessWrong } from './check.ts';
import { getJsonFromWaggle } from './lab-reader.ts';
import { keyOf, type Peering, peeringCheck } from './peering.ts';

const settleLimitMs = 60_000;

/** Both sessions of each router. */
export function allPeerings(): readonly Peering[] {
  return [observer, ...sites].flatMap(peeringsOf);
}

function peeringsOf({ router, kind, link }: Pick<Site, 'router' | 'kind' | 'link'>): readonly Peering[] {
  const { waggle, router: theirs } = linkAddresses(link);
  const names = kind === 'bird' ? ['waggle4', 'waggle6'] : waggle;
  return (['ipv4', 'ipv6'] as const).map((family, index) => ({
    waggle: 'waggle',
    neighbor: theirs[index],
    family,
    peer: { node: router, kind, knows: names[index] },
  }));
}

export async function waitUntilSettled(lab: LabPaths): Promise<Seen> {
  const check: Check = {
    name: 'every session',
    expected: 'Established on both sides, End-of-RIB both ways, nothing stale',
    look: async () => {
      const ours = await lookAtWaggle(lab);
      // One question to Waggle costs less than one to each router.
      if (!ours.isOk) return ours;
      return allOk(await Promise.all(allPeerings().map(async (peering) => await peeringCheck(lab, peering).look())));
    },
  };
  return await lookUntil(check, performance.now() + settleLimitMs);
}

async function lookAtWaggle(lab: LabPaths): Promise<Seen> {
  const shown = await getJsonFromWaggle(lab, 'waggle', '/show/bgp/neighbors');
  const wrong = allPeerings().flatMap(({ neighbor, family, peer }) => {
    const state = readString(shown, neighbor, 'bgpState');
    if (state !== 'Established') return [`${neighbor} ${state}`];
    const restart = at(shown, neighbor, 'gracefulRestartInfo', keyOf(family));
    const isGraceful = sites.find((site) => site.router === peer.node)?.isGraceful ?? true;
    return [
      ...(at(restart, 'endOfRibStatus', 'endOfRibSend') === true ? [] : [`no End-of-RIB to ${neighbor}`]),
      ...(!isGraceful || at(restart, 'endOfRibStatus', 'endOfRibRecv') === true
        ? []
        : [`no End-of-RIB from ${neighbor}`]),
      ...((readNumber(restart, 'staleRoutes') ?? 0) === 0 ? [] : [`stale routes of ${neighbor}`]),
    ];
  });
  return unlessWrong(wrong, 'all Established');
}
