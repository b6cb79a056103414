// quickstart: a client behind an FRR top-of-rack router, and two Waggle nodes with pods.
// The picture and what it proves are in ../quickstart/README.md.
import { linkBetween, type Topology } from '../topology.ts';
import { managementLinks, managementNode } from './management.ts';

export const answerPort = 7777;

/** The parts of one node that the checks need too. */
export type QuickstartNode = {
  readonly name: string;
  readonly asn: number;
  readonly podCidrs: readonly [string, string];
  readonly podAddresses: readonly [string, string];
  /** Node's and tor1's address on their link, in both families. */
  readonly sessions: readonly { readonly node: string; readonly tor: string }[];
};

export const torAsn = 65000;
export const clientAddresses = ['198.51.100.2', '2001:db8:c::2'] as const;

export const quickstartNodes: readonly QuickstartNode[] = [
  {
    name: 'node1',
    asn: 65001,
    podCidrs: ['10.244.1.0/24', 'fd00:244:1::/64'],
    podAddresses: ['10.244.1.1', 'fd00:244:1::1'],
    sessions: [
      { node: '192.0.2.2', tor: '192.0.2.1' },
      { node: '2001:db8:1::2', tor: '2001:db8:1::1' },
    ],
  },
  {
    name: 'node2',
    asn: 65002,
    podCidrs: ['10.244.2.0/24', 'fd00:244:2::/64'],
    podAddresses: ['10.244.2.1', 'fd00:244:2::1'],
    sessions: [
      { node: '192.0.2.6', tor: '192.0.2.5' },
      { node: '2001:db8:2::2', tor: '2001:db8:2::1' },
    ],
  },
];

export const quickstart: Topology = {
  name: 'quickstart',
  title: 'a client, an FRR top-of-rack router and two Waggle nodes with pods',
  nodes: [
    {
      name: 'client',
      kind: 'host',
      routes: ['default via 198.51.100.1', 'default via 2001:db8:c::1'],
    },
    { name: 'tor1', kind: 'frr', isRouter: true, loopback: ['203.0.113.1/32', '2001:db8:ffff::1/128'] },
    ...quickstartNodes.map((node) => ({
      name: node.name,
      kind: 'waggle-agent' as const,
      isRouter: true,
      loopback: [`${node.podAddresses[0]}/32`, `${node.podAddresses[1]}/128`],
      routes: [
        ...node.sessions.map((session) => `default via ${session.tor}`),
        // Pods that do not exist: without these a packet for one would travel back along the default route.
        ...node.podCidrs.map((cidr) => `unreachable ${cidr}`),
      ],
      answersOn: answerPort,
    })),
    managementNode,
  ],
  links: [
    linkBetween(
      { node: 'client', interface: 'eth0', addresses: [`${clientAddresses[0]}/24`, `${clientAddresses[1]}/64`] },
      { node: 'tor1', interface: 'client', addresses: ['198.51.100.1/24', '2001:db8:c::1/64'] },
    ),
    ...quickstartNodes.map((node) =>
      linkBetween(
        {
          node: 'tor1',
          interface: node.name,
          addresses: [`${node.sessions[0].tor}/30`, `${node.sessions[1].tor}/64`],
        },
        {
          node: node.name,
          interface: 'eth0',
          addresses: [`${node.sessions[0].node}/30`, `${node.sessions[1].node}/64`],
        },
      ),
    ),
    ...managementLinks(quickstartNodes.map((node) => node.name)),
  ],
};
