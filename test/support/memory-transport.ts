// TCP without sockets (bgp/ports.ts): endpoints with addresses in one network, connections as two lanes of deliveries. Nothing moves
// until the test delivers: in the order of sending, or lane by lane in an order of its own (each lane stays in order, as TCP's does).

import type { ConnectionId, ConnectionInfo, ConnectRequest, Transport } from '#bgp/ports.ts';

/** The methods of Speaker (or of a test) that take what the world does. */
export interface ConnectionHandler {
  connectionOpened(connection: ConnectionId, info: ConnectionInfo): void;
  connectionFailed(connection: ConnectionId, error: string): void;
  /** A connection that the other side opened; closing it is the handler's business. */
  accept(connection: ConnectionId, info: ConnectionInfo): void;
  received(connection: ConnectionId, bytes: Uint8Array): void;
  connectionClosed(connection: ConnectionId, error?: string): void;
  /** Its interface has other addresses now. */
  connectionChanged?(connection: ConnectionId, info: ConnectionInfo): void;
}

interface Delivery {
  readonly order: number;
  readonly lengthBytes: number;
  readonly run: () => void;
  /** What a host tells its program does not travel, so a cut network does not lose it. */
  readonly isLocal: boolean;
}

/** What is on its way to one end. */
class Lane {
  readonly deliveries: Delivery[] = [];
  isPaused = false;

  get queuedBytes(): number {
    return this.deliveries.reduce((sum, { lengthBytes }) => sum + lengthBytes, 0);
  }
}

interface End {
  readonly id: ConnectionId;
  readonly endpoint: MemoryEndpoint;
  readonly inbound: Lane;
  isOpen: boolean;
  info: ConnectionInfo | undefined;
  peer: End | undefined;
}

export class MemoryNetwork {
  /** Largest piece in which bytes arrive. */
  segmentBytes = 65_536;
  /** While true everything that is sent or delivered is lost, as behind a cut cable. */
  isCut = false;
  readonly #endpoints: MemoryEndpoint[] = [];
  readonly #lanes = new Set<Lane>();
  #lastId = 0;
  #lastOrder = 0;

  readonly nextConnectionId = (): ConnectionId => {
    this.#lastId += 1;
    return this.#lastId;
  };

  endpoint(...addresses: readonly string[]): MemoryEndpoint {
    const endpoint = new MemoryEndpoint(this, addresses);
    this.#endpoints.push(endpoint);
    return endpoint;
  }

  /** The host is gone: nobody answers at its addresses any more, its connections break. */
  remove(endpoint: MemoryEndpoint): void {
    const index = this.#endpoints.indexOf(endpoint);
    if (index >= 0) this.#endpoints.splice(index, 1);
    for (const connection of endpoint.openConnections) endpoint.breakConnection(connection);
  }

  find(address: string): MemoryEndpoint | undefined {
    return this.#endpoints.find((endpoint) => endpoint.addresses.includes(address));
  }

  createLane(): Lane {
    return new Lane();
  }

  push(lane: Lane, lengthBytes: number, run: () => void, isLocal = false): void {
    this.#lastOrder += 1;
    lane.deliveries.push({ order: this.#lastOrder, lengthBytes, run, isLocal });
    this.#lanes.add(lane);
  }

  /** Delivers until nothing is left; answers how many deliveries that were. `pick` chooses among the lanes, by index. */
  run(pick?: (lanes: number) => number, limit = 1_000_000): number {
    let count = 0;
    while (this.deliverNext(pick)) {
      count += 1;
      if (count > limit) throw new RangeError(`the network did not come to rest within ${limit} deliveries`);
    }
    return count;
  }

  deliverNext(pick?: (lanes: number) => number): boolean {
    const ready = [...this.#lanes].filter((lane) => lane.deliveries.length > 0 && !lane.isPaused);
    if (ready.length === 0) return false;
    ready.sort((a, b) => a.deliveries[0].order - b.deliveries[0].order);
    const lane = ready[pick === undefined ? 0 : pick(ready.length)];
    const delivery = lane.deliveries.shift();
    if (lane.deliveries.length === 0) this.#lanes.delete(lane);
    if (delivery !== undefined && (delivery.isLocal || !this.isCut)) delivery.run();
    return true;
  }
}

export class MemoryEndpoint implements Transport {
  addresses: readonly string[];
  /** False: connections to this endpoint are refused. */
  isListening = true;
  handler: ConnectionHandler | undefined = undefined;
  readonly requests: ConnectRequest[] = [];
  readonly #network: MemoryNetwork;
  readonly #ends = new Map<ConnectionId, End>();

  constructor(network: MemoryNetwork, addresses: readonly string[]) {
    this.#network = network;
    this.addresses = addresses;
  }

  get openConnections(): readonly ConnectionId[] {
    return [...this.#ends.keys()];
  }

  connect(request: ConnectRequest): void {
    this.requests.push(request);
    const end = this.#addEnd(request.connection);
    const network = this.#network;
    // The attempt travels in a lane of its own, so that a test can let two of them cross.
    network.push(network.createLane(), 0, () => {
      if (!end.isOpen) return;
      const target = network.find(request.address);
      if (target === undefined || !target.isListening || target.handler === undefined) {
        network.push(end.inbound, 0, () => {
          if (!this.#drop(end)) return;
          this.handler?.connectionFailed(end.id, `connect ECONNREFUSED ${request.address}:${request.port}`);
        });
        return;
      }
      const source = request.sourceAddress ?? this.#addressLike(request.address);
      const other = target.#addEnd(network.nextConnectionId());
      end.peer = other;
      other.peer = end;
      const here = { address: source, port: 40_000 + end.id };
      const there = { address: request.address, port: request.port };
      network.push(end.inbound, 0, () => {
        if (end.isOpen) this.handler?.connectionOpened(end.id, (end.info = this.#info(here, there)));
      });
      network.push(
        other.inbound,
        0,
        () => {
          if (other.isOpen) target.handler?.accept(other.id, (other.info = target.#info(there, here)));
        },
        true,
      );
    });
  }

  send(connection: ConnectionId, bytes: Uint8Array): void {
    const peer = this.#ends.get(connection)?.peer;
    if (peer === undefined) return;
    const network = this.#network;
    for (let offset = 0; offset < bytes.length; offset += network.segmentBytes) {
      const piece = bytes.slice(offset, offset + network.segmentBytes);
      network.push(peer.inbound, piece.length, () => {
        if (peer.isOpen) peer.endpoint.handler?.received(peer.id, piece);
      });
    }
  }

  queuedBytes(connection: ConnectionId): number {
    return this.#ends.get(connection)?.peer?.inbound.queuedBytes ?? 0;
  }

  /** Passwords set on live connections, in order. */
  readonly passwords: { readonly connection: ConnectionId; readonly password: string | undefined }[] = [];

  setPassword(connection: ConnectionId, password: string | undefined): string | undefined {
    this.passwords.push({ connection, password });
    return undefined;
  }

  setReading(connection: ConnectionId, isReading: boolean): void {
    const end = this.#ends.get(connection);
    if (end !== undefined) end.inbound.isPaused = !isReading;
  }

  close(connection: ConnectionId): void {
    const end = this.#ends.get(connection);
    if (end !== undefined && this.#drop(end)) this.#tellPeer(end, undefined);
  }

  /** The interface gets other addresses; connections stand. */
  readdress(addresses: readonly string[]): void {
    this.addresses = addresses;
    for (const { id, info } of this.#ends.values()) {
      if (info === undefined) continue;
      const local = { address: info.localAddress, port: info.localPort };
      const remote = { address: info.remoteAddress, port: info.remotePort };
      this.handler?.connectionChanged?.(id, this.#info(local, remote));
    }
  }

  /** The connection breaks for both sides, with whatever was on its way. */
  breakConnection(connection: ConnectionId, error = 'read ECONNRESET'): void {
    const end = this.#ends.get(connection);
    if (end === undefined) return;
    for (const side of [end, end.peer]) {
      if (side === undefined) continue;
      side.inbound.deliveries.length = 0;
      this.#network.push(
        side.inbound,
        0,
        () => {
          if (side.endpoint.#drop(side)) side.endpoint.handler?.connectionClosed(side.id, error);
        },
        true,
      );
    }
  }

  #tellPeer(end: End, error: string | undefined): void {
    const { peer } = end;
    if (peer === undefined) return;
    this.#network.push(peer.inbound, 0, () => {
      if (peer.endpoint.#drop(peer)) peer.endpoint.handler?.connectionClosed(peer.id, error);
    });
  }

  #addEnd(id: ConnectionId): End {
    const end: End = {
      id,
      endpoint: this,
      inbound: this.#network.createLane(),
      isOpen: true,
      info: undefined,
      peer: undefined,
    };
    this.#ends.set(id, end);
    return end;
  }

  /** False when the end was closed already. */
  #drop(end: End): boolean {
    const wasOpen = end.isOpen;
    end.isOpen = false;
    this.#ends.delete(end.id);
    return wasOpen;
  }

  #addressLike(address: string): string {
    const isIpv6 = address.includes(':');
    return this.addresses.find((candidate) => candidate.includes(':') === isIpv6) ?? this.addresses[0];
  }

  #info(local: { address: string; port: number }, remote: { address: string; port: number }): ConnectionInfo {
    return {
      localAddress: local.address,
      localPort: local.port,
      remoteAddress: remote.address,
      remotePort: remote.port,
      interfaceName: 'mem0',
      interfaceIpv4: this.addresses.find((address) => !address.includes(':')),
      interfaceIpv6Global: this.addresses.find((address) => address.includes(':') && !address.startsWith('fe80:')),
      interfaceIpv6LinkLocal: this.addresses.find((address) => address.startsWith('fe80:')),
      isDirectlyConnected: true,
    };
  }
}
