// What has to be where in the zoo: first what each speaker originates, then, by the rules written out below, what each one
// must have received, with next hop, AS path and communities.
import type { Family } from '../checks/received.ts';
import type { Route } from '../checks/route.ts';
import { peerAddress, waggleAddress, waggleAsn, type ZooPeer, zooPeers } from '../topologies/zoo.ts';

type Origin = Omit<Route, 'nextHop'>;

/** RFC 1997: not to be told outside the AS. */
const noExport = '65535:65281';

const plain = { communities: [], largeCommunities: [] };

/** As they stand in the update that the originating speaker sends. */
const origins: Readonly<Record<string, readonly Origin[]>> = {
  waggle: [
    { prefix: '10.10.1.0/24', asPath: '', ...plain },
    { prefix: '2001:db8:1001::/48', asPath: '', ...plain },
  ],
  frr1: [
    { prefix: '10.21.1.0/24', asPath: '65021', communities: ['65021:1'], largeCommunities: [] },
    { prefix: '10.21.2.0/24', asPath: '65021 65021 65021', communities: [], largeCommunities: ['65021:1:2'] },
    { prefix: '10.21.3.0/24', asPath: '65021', communities: [noExport], largeCommunities: [] },
    { prefix: '2001:db8:2101::/48', asPath: '65021', communities: ['65021:1'], largeCommunities: [] },
    { prefix: '2001:db8:2102::/48', asPath: '65021 65021 65021', communities: [], largeCommunities: ['65021:1:2'] },
    { prefix: '2001:db8:2103::/48', asPath: '65021', communities: [noExport], largeCommunities: [] },
  ],
  bird1: [
    { prefix: '10.22.1.0/24', asPath: '', communities: ['65010:22'], largeCommunities: [] },
    { prefix: '10.22.2.0/24', asPath: '64922', communities: [], largeCommunities: ['65010:22:2'] },
    { prefix: '2001:db8:2201::/48', asPath: '', communities: ['65010:22'], largeCommunities: [] },
    { prefix: '2001:db8:2202::/48', asPath: '64922', communities: [], largeCommunities: ['65010:22:2'] },
  ],
  gobgp1: [
    { prefix: '10.23.1.0/24', asPath: '', communities: ['65010:23'], largeCommunities: [] },
    { prefix: '10.23.2.0/24', asPath: '64923 64924', communities: [], largeCommunities: ['65010:23:2'] },
    { prefix: '2001:db8:2301::/48', asPath: '', communities: ['65010:23'], largeCommunities: [] },
    { prefix: '2001:db8:2302::/48', asPath: '64923 64924', communities: [], largeCommunities: ['65010:23:2'] },
  ],
  exabgp1: [
    { prefix: '10.24.1.0/24', asPath: '65024', communities: ['65024:1'], largeCommunities: [] },
    { prefix: '10.24.2.0/24', asPath: '65024 64999', communities: [], largeCommunities: ['65024:1:2'] },
    { prefix: '2001:db8:2401::/48', asPath: '65024', communities: ['65024:1'], largeCommunities: [] },
    { prefix: '2001:db8:2402::/48', asPath: '65024 64999', communities: [], largeCommunities: ['65024:1:2'] },
  ],
  openbgpd1: [
    { prefix: '10.25.1.0/24', asPath: '65025', communities: ['65025:1'], largeCommunities: [] },
    { prefix: '10.25.2.0/24', asPath: '65025 65025 65025', communities: [], largeCommunities: ['65025:1:2'] },
    { prefix: '2001:db8:2501::/48', asPath: '65025', communities: ['65025:1'], largeCommunities: [] },
    { prefix: '2001:db8:2502::/48', asPath: '65025 65025 65025', communities: [], largeCommunities: ['65025:1:2'] },
  ],
};

function familyOf(prefix: string): Family {
  return prefix.includes(':') ? 'ipv6' : 'ipv4';
}

/** What Waggle has to receive from a peer: what the peer originates, with the peer's address on their link. */
export function expectedAtWaggle(peer: ZooPeer, family: Family): readonly Route[] {
  return origins[peer.name]
    .filter((origin) => familyOf(origin.prefix) === family)
    .map((origin) => ({ ...origin, nextHop: peerAddress(peer, family) }));
}

/** What a peer has to receive from Waggle. */
export function expectedAtPeer(peer: ZooPeer, family: Family): readonly Route[] {
  const isIbgp = peer.asn === waggleAsn;
  return ['waggle', ...zooPeers.map((each) => each.name)].flatMap((source) => {
    if (source === peer.name) return [];
    // RFC 4271 §9.2: what an internal peer told is not told to another internal peer.
    const isFromIbgp = zooPeers.some((each) => each.name === source && each.asn === waggleAsn);
    if (isIbgp && isFromIbgp) return [];
    return origins[source]
      .filter((origin) => familyOf(origin.prefix) === family)
      .filter((origin) => isIbgp || !origin.communities.includes(noExport))
      .map((origin) => ({
        ...origin,
        // §5.1.2: the own AS number is put in front towards an external peer only.
        asPath: isIbgp ? origin.asPath : `${waggleAsn} ${origin.asPath}`.trim(),
        // §5.1.3: its own address towards external peers; towards internal ones because of nextHopSelf.
        nextHop: waggleAddress(peer, family),
      }));
  });
}
