// spine-leaf: two spines, two top-of-rack switches, and two Waggle routers that are connected to both switches and put what
// they learn into the kernel. The picture and what it proves are in ../spine-leaf/README.md.
import { type LabLink, linkBetween, type Topology } from '../topology.ts';
import { answerPort } from './quickstart.ts';

export const spineAsn = 65100;
export const clientAddresses = ['198.51.100.10', '2001:db8:c::10'] as const;
/** On the loopbacks of both nodes. */
export const sharedAddresses = ['203.0.113.10', '2001:db8:f::10'] as const;

export type Leaf = { readonly name: string; readonly asn: number };

export const tors: readonly Leaf[] = [
  { name: 'tor1', asn: 65101 },
  { name: 'tor2', asn: 65102 },
];

export type MultihomedNode = Leaf & { readonly podAddresses: readonly [string, string] };

export const nodes: readonly MultihomedNode[] = [
  { name: 'node1', asn: 65201, podAddresses: ['10.244.1.1', 'fd00:244:1::1'] },
  { name: 'node2', asn: 65202, podAddresses: ['10.244.2.1', 'fd00:244:2::1'] },
];

/** The upper end's and the lower end's addresses of the link with a number such as 211. */
export function addressesOf(link: number): readonly { readonly upper: string; readonly lower: string }[] {
  const [tier, rest] = [Math.floor(link / 100), link % 100];
  return [
    { upper: `10.${tier}.${rest}.1`, lower: `10.${tier}.${rest}.2` },
    { upper: `2001:db8:${link}::1`, lower: `2001:db8:${link}::2` },
  ];
}

/** Tier 1: spine to client; 2: spine to switch; 3: switch to node. Digits: which upper, which lower one. */
export function torLink(tor: number, node: number): number {
  return 300 + tor * 10 + node;
}

function link(number: number, upper: string, lower: string): LabLink {
  const [four, six] = addressesOf(number);
  return linkBetween(
    { node: upper, interface: lower, addresses: [`${four.upper}/30`, `${six.upper}/64`] },
    { node: lower, interface: upper, addresses: [`${four.lower}/30`, `${six.lower}/64`] },
  );
}

const numbers = [1, 2] as const;

export const spineLeaf: Topology = {
  name: 'spine-leaf',
  title: 'two FRR spines, two FRR top-of-rack switches and two multihomed Waggle routers with ECMP in the kernel',
  nodes: [
    {
      name: 'client',
      kind: 'host',
      loopback: [`${clientAddresses[0]}/32`, `${clientAddresses[1]}/128`],
      routes: [
        `default src ${clientAddresses[0]} nexthop via 10.1.1.1 nexthop via 10.1.2.1`,
        `default src ${clientAddresses[1]} nexthop via 2001:db8:101::1 nexthop via 2001:db8:102::1`,
      ],
    },
    ...numbers.map((spine) => ({
      name: `spine${spine}`,
      kind: 'frr' as const,
      isRouter: true,
      routes: [`${clientAddresses[0]}/32 via 10.1.${spine}.2`, `${clientAddresses[1]}/128 via 2001:db8:10${spine}::2`],
    })),
    ...tors.map(({ name }) => ({ name, kind: 'frr' as const, isRouter: true })),
    ...nodes.map(({ name, podAddresses }) => ({
      name,
      kind: 'waggle-router' as const,
      isRouter: true,
      loopback: [
        `${podAddresses[0]}/32`,
        `${podAddresses[1]}/128`,
        `${sharedAddresses[0]}/32`,
        `${sharedAddresses[1]}/128`,
      ],
      answersOn: answerPort,
    })),
  ],
  links: [
    ...numbers.map((spine) => link(100 + spine, `spine${spine}`, 'client')),
    ...numbers.flatMap((spine) => numbers.map((tor) => link(200 + spine * 10 + tor, `spine${spine}`, `tor${tor}`))),
    ...numbers.flatMap((tor) => numbers.map((node) => link(torLink(tor, node), `tor${tor}`, `node${node}`))),
  ],
};
