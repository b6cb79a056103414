// What a lab consists of, as plain data: nodes, links, addresses, the programs a node runs. Nothing here touches the system;
// namespaces.ts, links.ts and daemons/ carry it out, and other descriptions of the same lab can be generated from it.

/** What runs in a node decides which configuration folder it gets and which programs are started. */
export type NodeKind =
  | 'host'
  | 'frr'
  | 'bird'
  | 'gobgp'
  | 'exabgp'
  | 'openbgpd'
  | 'waggle-agent'
  | 'waggle-router'
  | 'management';

export type LabNode = {
  readonly name: string;
  readonly kind: NodeKind;
  /** Addresses on lo, with prefix length: what a pod network or a router's loopback would carry. */
  readonly loopback?: readonly string[];
  /** Words after `ip route add`, one string a route. */
  readonly routes?: readonly string[];
  /** Whether it forwards packets between its links. */
  readonly isRouter?: boolean;
  /** All its links are ports of one bridge. */
  readonly isSwitch?: boolean;
  /** The node's own addresses on that bridge, with prefix length. */
  readonly bridgeAddresses?: readonly string[];
  /** FRR's ospfd runs beside the node's own BGP speaker, and zebra with it; frr.conf stands in the node's folder. */
  readonly hasOspf?: boolean;
  /** zebra leaves its routes in the kernel when it ends and takes them back within this many seconds (`-K`). */
  readonly zebraKeepsSec?: number;
  /** BIRD starts as after a restart (`-R`): it keeps what it finds in the kernel until its neighbors are back. */
  readonly recoversRoutes?: boolean;
  /** A TCP port on which the node answers with its name, so that a connection shows whom it reached. */
  readonly answersOn?: number;
};

export type LinkEnd = {
  readonly node: string;
  readonly interface: string;
  readonly addresses: readonly string[];
};

/** A veth pair. The name is what `lab capture` takes. */
export type LabLink = {
  readonly name: string;
  readonly ends: readonly [LinkEnd, LinkEnd];
};

export type Topology = {
  readonly name: string;
  readonly title: string;
  readonly nodes: readonly LabNode[];
  readonly links: readonly LabLink[];
};

export function findNode(topology: Topology, name: string): LabNode | undefined {
  return topology.nodes.find((node) => node.name === name);
}

/** A link by its name, from whichever end it is told. */
export function findLink(topology: Topology, name: string): LabLink | undefined {
  return topology.links.find((link) => link.name === name || link.name.split('-').toReversed().join('-') === name);
}

/** A link's two ends named by node, the way people draw them: `tor1-node1`. */
export function linkBetween(left: LinkEnd, right: LinkEnd): LabLink {
  return { name: `${left.node}-${right.node}`, ends: [left, right] };
}

/** The interfaces of one node, in the order of the links. */
export function endsOf(topology: Topology, node: string): readonly LinkEnd[] {
  return topology.links.flatMap((link) => link.ends.filter((end) => end.node === node));
}

/** Address without its prefix length. */
export function hostPart(address: string): string {
  return address.split('/')[0];
}

export function isIpv6(address: string): boolean {
  return address.includes(':');
}
