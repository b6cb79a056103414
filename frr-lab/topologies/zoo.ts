// zoo: one Waggle router between five other BGP speakers, each on a link of its own. See ../zoo/README.md.
import { linkBetween, type NodeKind, type Topology } from '../topology.ts';

export const waggleAsn = 65010;

export type ZooPeer = {
  readonly name: string;
  readonly kind: NodeKind;
  readonly asn: number;
  /** The number of its link: 10.0.N.0/30 and 2001:db8:N::/64, where Waggle has .1 and the peer .2. */
  readonly link: number;
  /** Which addresses the session that carries a family runs between. */
  readonly transport: { readonly ipv4: 'ipv4' | 'ipv6'; readonly ipv6: 'ipv4' | 'ipv6' };
};

const both = { ipv4: 'ipv4', ipv6: 'ipv4' } as const;
const separate = { ipv4: 'ipv4', ipv6: 'ipv6' } as const;

export const zooPeers: readonly ZooPeer[] = [
  { name: 'frr1', kind: 'frr', asn: 65021, link: 1, transport: separate },
  { name: 'bird1', kind: 'bird', asn: waggleAsn, link: 2, transport: both },
  { name: 'gobgp1', kind: 'gobgp', asn: waggleAsn, link: 3, transport: both },
  { name: 'exabgp1', kind: 'exabgp', asn: 65024, link: 4, transport: both },
  { name: 'openbgpd1', kind: 'openbgpd', asn: 65025, link: 5, transport: separate },
];

export function waggleAddress(peer: ZooPeer, family: 'ipv4' | 'ipv6'): string {
  return family === 'ipv4' ? `10.0.${peer.link}.1` : `2001:db8:${peer.link}::1`;
}

export function peerAddress(peer: ZooPeer, family: 'ipv4' | 'ipv6'): string {
  return family === 'ipv4' ? `10.0.${peer.link}.2` : `2001:db8:${peer.link}::2`;
}

export const zoo: Topology = {
  name: 'zoo',
  title: 'one Waggle router between FRR, BIRD, GoBGP, ExaBGP and OpenBGPD',
  nodes: [
    { name: 'waggle', kind: 'waggle-router', isRouter: true },
    ...zooPeers.map(({ name, kind }) => ({ name, kind, isRouter: true })),
  ],
  links: zooPeers.map((peer) =>
    linkBetween(
      {
        node: 'waggle',
        interface: peer.name,
        addresses: [`${waggleAddress(peer, 'ipv4')}/30`, `${waggleAddress(peer, 'ipv6')}/64`],
      },
      {
        node: peer.name,
        interface: 'eth0',
        addresses: [`${peerAddress(peer, 'ipv4')}/30`, `${peerAddress(peer, 'ipv6')}/64`],
      },
    ),
  ),
};
