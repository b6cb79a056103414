// The checks of the zoo: every session with every kind of speaker, then every prefix where it belongs, in both directions.
import type { LabPaths } from '../paths.ts';
import { type ZooPeer, peerAddress, waggleAddress, waggleAsn, zooPeers } from '../topologies/zoo.ts';
import { expectedAtPeer, expectedAtWaggle } from '../zoo/expected.ts';
import { type Check, notOk, ok, type Seen, unlessWrong } from './check.ts';
import { type Family, readReceived } from './received.ts';
import { differences, type Route, tableOf } from './route.ts';
import { type FamilyKey, findSession, readWaggleSummary } from './session.ts';

const families: readonly Family[] = ['ipv4', 'ipv6'];

export function zooChecks(lab: LabPaths): readonly Check[] {
  const sessions = zooPeers.flatMap((peer) => families.map((family) => sessionCheck(lab, peer, family)));
  const routes = zooPeers.flatMap((peer) =>
    families.flatMap((family): readonly Check[] => [
      {
        name: `${peer.name} → waggle, ${family}`,
        expected: `exactly what ${peer.name} originates, ${expectedAtWaggle(peer, family).length} routes, unchanged`,
        look: async () => {
          const neighbor = peerAddress(peer, peer.transport[family]);
          const seen = await readReceived(lab, { node: 'waggle', kind: 'waggle-router', family, neighbor });
          return compare(expectedAtWaggle(peer, family), withoutAs(seen, waggleAsn), 'waggle');
        },
      },
      {
        name: `waggle → ${peer.name}, ${family}`,
        expected: `${expectedAtPeer(peer, family).length} routes with the right next hop, AS path and communities`,
        look: async () => {
          const neighbor = waggleAddress(peer, peer.transport[family]);
          const seen = await readReceived(lab, { node: peer.name, kind: peer.kind, family, neighbor });
          return compare(expectedAtPeer(peer, family), withoutAs(seen, peer.asn), peer.name);
        },
      },
    ]),
  );
  return [...sessions, ...routes];
}

function compare(expected: readonly Route[], seen: readonly Route[], where: string): Seen {
  const wrong = differences(tableOf(expected), tableOf(seen), where);
  return unlessWrong(wrong, `${seen.length} routes, all as expected: ${seen.map((route) => route.prefix).join(' ')}`);
}

/** Leaves out what the reader refuses because its own AS is in the path. */
function withoutAs(routes: readonly Route[], asn: number): readonly Route[] {
  return routes.filter((route) => !route.asPath.split(' ').includes(String(asn)));
}

function sessionCheck(lab: LabPaths, peer: ZooPeer, family: Family): Check {
  const transport = peer.transport[family];
  const address = peerAddress(peer, transport);
  const key: FamilyKey = family === 'ipv4' ? 'ipv4Unicast' : 'ipv6Unicast';
  return {
    name: `session waggle - ${peer.name}, ${family} over ${transport}`,
    expected: `Established with AS ${peer.asn}`,
    look: async () => {
      const summary = await readWaggleSummary(lab, 'waggle');
      const session = findSession(summary, key, address);
      if (session === undefined) return notOk(`waggle lists no neighbor ${address} under ${key}`);
      const text = `${session.state} with AS ${session.remoteAs}`;
      return session.state === 'Established' && session.remoteAs === peer.asn ? ok(text) : notOk(text);
    },
  };
}
