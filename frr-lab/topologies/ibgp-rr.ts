// ibgp-rr: one AS over an OSPF underlay, sessions between loopbacks, two route reflectors (FRR and Waggle) and their clients.
// The picture and what it proves are in ../ibgp-rr/README.md.
import { linkBetween, type Topology } from '../topology.ts';
import { answerPort } from './quickstart.ts';

export const asn = 65300;

export const loopbacks = {
  p1: '192.0.2.1',
  rr1: '192.0.2.11',
  rr2: '192.0.2.12',
  edge1: '192.0.2.21',
  edge2: '192.0.2.22',
  edge3: '192.0.2.23',
} as const;

/** Who reflects for whom. */
export const clients = { rr1: ['p1', 'edge1'], rr2: ['edge2', 'edge3'] } as const;

/** A host behind each edge; its network is known by BGP only, with the edge's loopback as next hop. */
export const sites = [
  { edge: 'edge1', host: 'host1', network: '10.50.1.0/24', gateway: '10.50.1.1', address: '10.50.1.2' },
  { edge: 'edge2', host: 'host2', network: '10.50.2.0/24', gateway: '10.50.2.1', address: '10.50.2.2' },
  { edge: 'edge3', host: 'host3', network: '10.50.3.0/24', gateway: '10.50.3.1', address: '10.50.3.2' },
] as const;

/** Everything hangs on p1. */
const spokes = ['rr1', 'rr2', 'edge1', 'edge2', 'edge3'] as const;

export const ibgpRr: Topology = {
  name: 'ibgp-rr',
  title: 'iBGP between loopbacks over OSPF: Waggle as client of an FRR reflector and as reflector for FRR and BIRD',
  nodes: [
    { name: 'p1', kind: 'frr', isRouter: true, hasOspf: true, loopback: [`${loopbacks.p1}/32`] },
    { name: 'rr1', kind: 'frr', isRouter: true, hasOspf: true, loopback: [`${loopbacks.rr1}/32`] },
    { name: 'rr2', kind: 'waggle-router', isRouter: true, hasOspf: true, loopback: [`${loopbacks.rr2}/32`] },
    { name: 'edge1', kind: 'waggle-router', isRouter: true, hasOspf: true, loopback: [`${loopbacks.edge1}/32`] },
    { name: 'edge2', kind: 'frr', isRouter: true, hasOspf: true, loopback: [`${loopbacks.edge2}/32`] },
    { name: 'edge3', kind: 'bird', isRouter: true, loopback: [`${loopbacks.edge3}/32`] },
    ...sites.map(({ host, gateway }) => ({
      name: host,
      kind: 'host' as const,
      routes: [`default via ${gateway}`],
      answersOn: answerPort,
    })),
  ],
  links: [
    ...spokes.map((spoke, index) =>
      linkBetween(
        { node: 'p1', interface: spoke, addresses: [`10.30.${index + 1}.1/30`] },
        { node: spoke, interface: 'p1', addresses: [`10.30.${index + 1}.2/30`] },
      ),
    ),
    ...sites.map(({ edge, host, gateway, address }) =>
      linkBetween(
        { node: edge, interface: host, addresses: [`${gateway}/24`] },
        { node: host, interface: 'eth0', addresses: [`${address}/24`] },
      ),
    ),
  ],
};
