// secure: one Waggle router whose neighbors may not be trusted: passwords, hop limits, prefix limits, neighbors that are known by
// their network only. The picture and what it proves are in ../secure/README.md.
import { linkBetween, type Topology } from '../topology.ts';

export const waggleAsn = 65400;

/** Neighbors on a link of their own: 10.40.N.1 is waggle, 10.40.N.2 the neighbor. */
export const secured = [
  {
    name: 'md5',
    kind: 'frr',
    asn: 65401,
    link: 1,
    claim: 'a password (RFC 2385), and packets from the link only (RFC 5082)',
  },
  { name: 'wrong', kind: 'frr', asn: 65402, link: 2, claim: 'another password than ours' },
  { name: 'flood', kind: 'bird', asn: 65403, link: 3, claim: 'more routes than it may send' },
  { name: 'transit', kind: 'host', asn: 0, link: 4, claim: 'no speaker: what lies behind it is two hops away' },
] as const;

/** Behind transit: one that may be two hops away and has a password, and one that may not. */
export const far = { address: '10.41.1.2', asn: 65404 } as const;
export const tooFar = { address: '10.41.2.2', asn: 65405 } as const;

/** On one network of which waggle knows no address: two may come at a time. */
export const dynamicNetwork = '10.42.0.0/24';
export const dynamicLimit = 2;
export const dynamicPeers = [
  { name: 'dyn1', asn: 65411, address: '10.42.0.11' },
  { name: 'dyn2', asn: 65412, address: '10.42.0.12' },
  { name: 'dyn3', asn: 65413, address: '10.42.0.13' },
] as const;

export function peerAddress(name: string): string {
  const link = secured.find((each) => each.name === name)?.link ?? 0;
  return `10.40.${link}.2`;
}

export const secure: Topology = {
  name: 'secure',
  title: 'passwords, GTSM, multihop, prefix limits and dynamic neighbors',
  nodes: [
    {
      name: 'waggle',
      kind: 'waggle-router',
      isRouter: true,
      routes: [`${far.address}/32 via 10.40.4.2`, `${tooFar.address}/32 via 10.40.4.2`],
    },
    ...secured.map(({ name, kind }) => ({ name, kind, isRouter: true })),
    { name: 'far', kind: 'frr', isRouter: true, routes: ['10.40.4.0/30 via 10.41.1.1'] },
    { name: 'toofar', kind: 'frr', isRouter: true, routes: ['10.40.4.0/30 via 10.41.2.1'] },
    ...dynamicPeers.map(({ name }) => ({ name, kind: 'frr' as const, isRouter: true })),
    { name: 'switch', kind: 'host', isSwitch: true },
  ],
  links: [
    ...secured.map(({ name, link }) =>
      linkBetween(
        { node: 'waggle', interface: name, addresses: [`10.40.${link}.1/30`] },
        { node: name, interface: 'waggle', addresses: [`10.40.${link}.2/30`] },
      ),
    ),
    linkBetween(
      { node: 'transit', interface: 'far', addresses: ['10.41.1.1/30'] },
      { node: 'far', interface: 'transit', addresses: [`${far.address}/30`] },
    ),
    linkBetween(
      { node: 'transit', interface: 'toofar', addresses: ['10.41.2.1/30'] },
      { node: 'toofar', interface: 'transit', addresses: [`${tooFar.address}/30`] },
    ),
    linkBetween(
      { node: 'waggle', interface: 'switch', addresses: ['10.42.0.1/24'] },
      { node: 'switch', interface: 'waggle', addresses: [] },
    ),
    ...dynamicPeers.map(({ name, address }) =>
      linkBetween(
        { node: 'switch', interface: name, addresses: [] },
        { node: name, interface: 'eth0', addresses: [`${address}/24`] },
      ),
    ),
  ],
};
