// The sources of routes, numbered: what the decision process and the views need to know of each peer.
// Number 0 is this speaker itself. One table per speaker instance, shared by the RIBs of its families.

import { compareAddresses, Address } from '../net/address.ts';
import { growUint32, growUint8, nextCapacity } from '../net/columns.ts';
import type { PeerKind } from '../net/peer-kind.ts';
import type { PeerIndex } from './types.ts';

export interface RibPeer {
  readonly address: Address;
  readonly kind: PeerKind;
  readonly asn: number;
  /** The peer's BGP Identifier; 0 while there is no session. */
  readonly routerId: number;
  /** RFC 4456: our client. */
  readonly isReflectorClient?: boolean;
  /** RFC 7947. */
  readonly isRouteServerClient?: boolean;
  /** Carries the session: link-local next hops that the peer tells are on its link (RFC 2545 §3). */
  readonly linkName?: string | undefined;
}

/** {@link PeerKind} in columns. */
export const KindCode = { ebgp: 0, confederation: 1, ibgp: 2 } as const satisfies Record<PeerKind, number>;

/** Bits of {@link RibPeers.clients}. */
export const ClientFlag = { Reflector: 1, RouteServer: 2 } as const;

/** Numbers fit 16 bits; two values are kept for "everyone" in targets of messages. */
const MAX_PEERS = 65_000;

export class RibPeers {
  /** Columns by PeerIndex; replaced as peers are added. */
  isIbgp: Uint8Array;
  /** See {@link KindCode}; 0 for this speaker. */
  kinds: Uint8Array;
  /** See {@link ClientFlag}. */
  clients: Uint8Array;
  asns: Uint32Array;
  routerIds: Uint32Array;
  /** Position in the order of peer addresses (RFC 4271 §9.1.2.2 (g)). */
  addressRanks: Uint32Array;
  private readonly peers: (RibPeer | undefined)[];
  private readonly free: PeerIndex[];
  /** Numbers in use by address. */
  private readonly order: PeerIndex[];

  constructor() {
    this.isIbgp = new Uint8Array(16);
    this.kinds = new Uint8Array(16);
    this.clients = new Uint8Array(16);
    this.asns = new Uint32Array(16);
    this.routerIds = new Uint32Array(16);
    this.addressRanks = new Uint32Array(16);
    this.peers = [{ address: new Address(4, 0, 0, 0, 0), kind: 'ebgp', asn: 0, routerId: 0 }];
    this.free = [];
    this.order = [0];
  }

  /** One more than the largest number in use. */
  get limit(): number {
    return this.peers.length;
  }

  add(peer: RibPeer): PeerIndex {
    const index = this.free.pop() ?? this.peers.length;
    if (index > MAX_PEERS) throw new RangeError(`a speaker has at most ${MAX_PEERS} peers`);
    if (index >= this.kinds.length) {
      const capacity = nextCapacity(this.kinds.length, index + 1);
      this.isIbgp = growUint8(this.isIbgp, capacity);
      this.kinds = growUint8(this.kinds, capacity);
      this.clients = growUint8(this.clients, capacity);
      this.asns = growUint32(this.asns, capacity);
      this.routerIds = growUint32(this.routerIds, capacity);
      this.addressRanks = growUint32(this.addressRanks, capacity);
    }
    this.set(index, peer);
    const place = this.placeOf(peer.address);
    this.order.splice(place, 0, index);
    this.rankFrom(place);
    return index;
  }

  /** What an OPEN or a configuration taught: before the session's first route is announced. */
  update(index: PeerIndex, known: Partial<Omit<RibPeer, 'address'>>): void {
    const peer = this.get(index);
    this.set(index, { ...peer, ...known });
  }

  /** Only once no RIB holds a route of the peer: the number is given to the next one. */
  remove(index: PeerIndex): void {
    this.get(index);
    const place = this.order.indexOf(index);
    this.order.splice(place, 1);
    this.rankFrom(place);
    this.peers[index] = undefined;
    this.free.push(index);
  }

  get(index: PeerIndex): RibPeer {
    const peer = this.peers[index];
    if (peer === undefined) throw new RangeError(`there is no peer number ${index}`);
    return peer;
  }

  /** Every peer with its number, for the head of a view. */
  entries(): (RibPeer & { readonly index: PeerIndex })[] {
    return this.peers.flatMap((peer, index) => (peer === undefined ? [] : [{ ...peer, index }]));
  }

  private set(index: PeerIndex, peer: RibPeer): void {
    this.peers[index] = peer;
    this.isIbgp[index] = peer.kind === 'ibgp' ? 1 : 0;
    this.kinds[index] = KindCode[peer.kind];
    this.clients[index] =
      (peer.isReflectorClient === true ? ClientFlag.Reflector : 0) |
      (peer.isRouteServerClient === true ? ClientFlag.RouteServer : 0);
    this.asns[index] = peer.asn;
    this.routerIds[index] = peer.routerId;
  }

  private rankFrom(place: number): void {
    const { addressRanks, order } = this;
    for (let rank = place; rank < order.length; rank++) addressRanks[order[rank]] = rank;
  }

  /** Where the first peer that does not come before this address stands. */
  private placeOf(address: Address): number {
    let low = 0;
    let high = this.order.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compareAddresses(this.get(this.order[middle]).address, address) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
