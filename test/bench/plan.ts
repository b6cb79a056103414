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

export const peerPlans: readonly PeerPlan[] = [generatorPlan, receiverPlan, watcherPlan];

/** Four octets of a dotted address as one unsigned number. */
export function addressWord(dotted: string): number {
  let word = 0;
  for (const octet of dotted.split('.')) word = word * 256 + Number(octet);
  return word;
}

export function formatAddressWord(word: number): string {
  return `${word >>> 24}.${(word >>> 16) & 255}.${(word >>> 8) & 255}.${word & 255}`;
}
