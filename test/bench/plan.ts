// The fixed addresses and AS numbers of the bench: a device under test with three point-to-point links to our peers.
// The generator announces, the receiver checks what comes out, the watcher only listens for KEEPALIVEs.

export interface PeerPlan {
  readonly name: string;
  readonly asn: number;
  /** Our end of the link. */
  readonly address: string;
  /** The device's end of the link. */
  readonly deviceAddress: string;
}

export const deviceAsn = 64_900;
export const deviceRouterId = '10.99.0.1';

export const generatorPlan: PeerPlan = {
  name: 'generator',
  asn: 64_901,
  address: '10.99.1.2',
  deviceAddress: '10.99.1.1',
};

export const receiverPlan: PeerPlan = {
  name: 'receiver',
  asn: 64_902,
  address: '10.99.2.2',
  deviceAddress: '10.99.2.1',
};

export const watcherPlan: PeerPlan = {
  name: 'watcher',
  asn: 64_903,
  address: '10.99.3.2',
  deviceAddress: '10.99.3.1',
};

/** Who the device's peers are, what it takes from and tells each of them, and how they are connected. */
export interface BenchPlan {
  readonly peers: readonly PeerPlan[];
  /** A link for each peer, or one for all of them. */
  readonly links: 'each' | 'shared';
  readonly prefixLength: number;
  readonly imports: (peer: PeerPlan) => boolean;
  readonly exports: (peer: PeerPlan) => boolean;
}

/** One table in at the generator, out at the receiver. */
export const tablePlan: BenchPlan = {
  peers: [generatorPlan, receiverPlan, watcherPlan],
  links: 'each',
  prefixLength: 24,
  imports: (peer) => peer === generatorPlan,
  exports: (peer) => peer === receiverPlan,
};

/** Many peers on one link, each of which gets what every other one announces. */
export function fanoutPlan(count: number): BenchPlan {
  const peers = Array.from({ length: count }, (_, index) => ({
    name: `peer${index}`,
    asn: 64_001 + index,
    address: `10.98.${1 + Math.floor(index / 200)}.${1 + (index % 200)}`,
    deviceAddress: '10.98.0.1',
  }));
  return { peers, links: 'shared', prefixLength: 16, imports: () => true, exports: () => true };
}

/** Four octets of a dotted address as one unsigned number. */
export function addressWord(dotted: string): number {
  let word = 0;
  for (const octet of dotted.split('.')) word = word * 256 + Number(octet);
  return word;
}

export function formatAddressWord(word: number): string {
  return `${word >>> 24}.${(word >>> 16) & 255}.${(word >>> 8) & 255}.${word & 255}`;
}
