// The neighbors of a speaker as they are now, configured and dynamic: made and removed here, found by address, by session and by
// connection, each with its number in the RIBs until its last route is gone. When they come and go is speaker.ts's to say.

import type { NeighborConfig } from './config.ts';
import { type Configuration, identityOf } from './configuration.ts';
import { DynamicNeighbors } from './dynamic-neighbors.ts';
import type { SpeakerEvent } from './events.ts';
import { parseAddress } from './net/address.ts';
import { Peer, type PeerDeps } from './peer.ts';
import type { Clock, ConnectionId, Transport } from './ports.ts';
import type { PeerIndex } from './rib/types.ts';
import type { NeighborListener, StopHow } from './session/listener.ts';
import { Neighbor } from './session/neighbor.ts';
import type { Tables } from './tables.ts';
import { CeaseSubcode, encodeNotification, NotificationCode } from './wire/notification.ts';

export interface PeerEntry {
  readonly peer: Peer;
  readonly neighbor: Neighbor;
  /** There was a session in the life of this process: what forwards packets was ours all the time since. */
  hadSession: boolean;
  readonly connections: Set<ConnectionId>;
}

export interface PeerTableDeps {
  readonly instance: string;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly listener: NeighborListener;
  readonly nextConnectionId: () => ConnectionId;
  readonly tables: () => Tables;
  readonly configuration: () => Configuration | undefined;
  readonly policyOf: PeerDeps['policyOf'];
  readonly isDraining: PeerDeps['isDraining'];
  readonly endOfRibReceived: PeerDeps['endOfRibReceived'];
  /** A connection is nobody's any more. */
  readonly disowned: (connection: ConnectionId) => void;
  readonly removed: (address: string) => void;
  readonly onEvent: (event: SpeakerEvent) => void;
  readonly onWork: () => void;
}

export class PeerTable {
  readonly dynamic: DynamicNeighbors;
  private readonly deps: PeerTableDeps;
  private readonly entries = new Map<string, PeerEntry>();
  private readonly byNeighbor = new Map<Neighbor, PeerEntry>();
  private readonly byConnection = new Map<ConnectionId, PeerEntry>();
  /** Peers that are gone and whose routes are still being removed. */
  private leaving: PeerIndex[] = [];

  constructor(deps: PeerTableDeps) {
    this.deps = deps;
    this.dynamic = new DynamicNeighbors({
      clock: deps.clock,
      remove: (address, prefix) => {
        this.remove(address, 'deconfigured');
        const { instance, clock, onEvent, onWork } = deps;
        const wallMs = clock.wallMs();
        onEvent({ type: 'dynamic-neighbor', instance, wallMs, neighbor: address, prefix, change: 'removed' });
        onWork();
      },
    });
  }

  get(address: string): PeerEntry | undefined {
    return this.entries.get(address);
  }

  of(neighbor: Neighbor): PeerEntry | undefined {
    return this.byNeighbor.get(neighbor);
  }

  ownerOf(connection: ConnectionId): PeerEntry | undefined {
    return this.byConnection.get(connection);
  }

  addresses(): readonly string[] {
    return [...this.entries.keys()];
  }

  all(): readonly PeerEntry[] {
    return [...this.entries.values()];
  }

  peers(): readonly Peer[] {
    return this.all().map(({ peer }) => peer);
  }

  addressesOf(indexes: readonly PeerIndex[]): readonly string[] {
    const wanted = new Set(indexes);
    return this.peers().flatMap(({ index, neighbor }) => (wanted.has(index) ? [neighbor.address] : []));
  }

  /** Begins to connect. */
  add(config: NeighborConfig, dynamicPrefix?: string): PeerEntry | undefined {
    const configuration = this.deps.configuration();
    const address = parseAddress(config.address.replace(/%.*$/, ''));
    if (configuration === undefined || address === undefined) return undefined;
    const { attributes, peers, ribs } = this.deps.tables();
    const index = peers.add({ address, kind: 'ebgp', asn: 0, routerId: 0 });
    const { instance, transport, clock, listener, nextConnectionId, onEvent } = this.deps;
    const { policyOf, isDraining, endOfRibReceived, onWork } = this.deps;
    const { asn: localAsn, routerId: localRouterId, clusterId, confederation } = configuration;
    const identity = identityOf(configuration);
    const options = { instance, localAsn, localRouterId, clusterId, confederation, config, identity };
    const neighbor: Neighbor = new Neighbor(options, {
      transport,
      clock,
      listener,
      nextConnectionId: () => {
        const connection = nextConnectionId();
        this.own(connection, entry);
        return connection;
      },
    });
    const peer = new Peer(
      { ...options, index, dynamicPrefix },
      {
        attributes,
        ribs,
        clock,
        policyOf,
        isDraining,
        endOfRibReceived,
        forgotten: (gone) => this.dynamic.idle(gone.neighbor.address),
        onEvent,
        onWork,
      },
      neighbor,
    );
    const entry: PeerEntry = { neighbor, peer, hadSession: false, connections: new Set() };
    this.entries.set(config.address, entry);
    this.byNeighbor.set(neighbor, entry);
    neighbor.start();
    return entry;
  }

  remove(address: string, how: StopHow): void {
    const entry = this.entries.get(address);
    if (entry === undefined) return;
    entry.neighbor.stop(how);
    entry.peer.close(how);
    this.dynamic.removed(address);
    this.deps.removed(address);
    this.entries.delete(address);
    this.byNeighbor.delete(entry.neighbor);
    for (const connection of entry.connections) this.disown(connection);
    this.leaving.push(entry.peer.index);
  }

  /** Who takes a connection from this address; undefined: nobody. */
  takerOf(connection: ConnectionId, remoteAddress: string): PeerEntry | undefined {
    const entry = this.entries.get(remoteAddress) ?? this.welcome(connection, remoteAddress);
    // The neighbor may close the connection as soon as it gets it.
    if (entry !== undefined) this.own(connection, entry);
    return entry;
  }

  disown(connection: ConnectionId): void {
    this.byConnection.get(connection)?.connections.delete(connection);
    this.byConnection.delete(connection);
    this.deps.disowned(connection);
  }

  /** Gives back the numbers of neighbors whose last route is gone. */
  releaseLeaving(): void {
    if (this.leaving.length === 0) return;
    const { peers, ribs } = this.deps.tables();
    this.leaving = this.leaving.filter((index) => {
      if (ribs.some((rib) => rib.hasRoutesOf(index))) return true;
      for (const rib of ribs) rib.forgetPeer(index);
      peers.remove(index);
      return false;
    });
  }

  /** The tables are new ones: nobody has a number in them. */
  forgetLeaving(): void {
    this.leaving = [];
  }

  private own(connection: ConnectionId, entry: PeerEntry): void {
    this.byConnection.set(connection, entry);
    entry.connections.add(connection);
  }

  /** Somebody within a prefix of the configuration connects; undefined: nobody, or one too many. */
  private welcome(connection: ConnectionId, remoteAddress: string): PeerEntry | undefined {
    const candidate = this.dynamic.candidate(remoteAddress);
    if (candidate === undefined) return undefined;
    const { prefix } = candidate;
    const { instance, clock, onEvent, transport } = this.deps;
    const wallMs = clock.wallMs();
    if (candidate.type === 'full') {
      this.dynamic.refused(remoteAddress);
      // RFC 4486 §4: Connection Rejected.
      transport.send(connection, encodeNotification(NotificationCode.Cease, CeaseSubcode.ConnectionRejected));
      if (!candidate.isTold) {
        const reason = `${prefix} has its ${candidate.limit} dynamic neighbors already`;
        onEvent({ type: 'connection-refused', instance, wallMs, remoteAddress, reason });
      }
      return undefined;
    }
    this.dynamic.added(remoteAddress);
    onEvent({ type: 'dynamic-neighbor', instance, wallMs, neighbor: remoteAddress, prefix, change: 'added' });
    return this.add(candidate.config, prefix);
  }
}
