// A BGP speaker: sessions, RIBs and policy behind one face. Events of the world go in through methods,
// everything that happens in the world goes out through the ports (ports.ts); the same events give the
// same answers. Long work is done in slices by work(), which the shell calls while there is some.
// Sockets, timers, threads and files are not known here.

import { compileConfiguration, isEqual, type Configuration, type ConfiguredNetwork } from './configuration.ts';
import type { NeighborConfig, PolicyRef, SpeakerConfig } from './config.ts';
import type { SpeakerEvent } from './events.ts';
import { families } from './net/family.ts';
import { formatRouterId, routerId as routerIdOf } from './net/router-id.ts';
import { type NotSentDeps, NotSentTeller } from './not-sent.ts';
import { Peer } from './peer.ts';
import { policyOf, type Policy } from './policy/policy.ts';
import type { Clock, ConnectionId, ConnectionInfo, NextHopResolver, Transport } from './ports.ts';
import { openRouteCursor, type RouteCursor } from './route-cursor.ts';
import { NextHops } from './rib/next-hops.ts';
import { RibPeers } from './rib/peers.ts';
import { Rib } from './rib/rib.ts';
import { LocalSource, WorkState, type PeerIndex } from './rib/types.ts';
import { type NeighborListener, noRestart } from './session/listener.ts';
import { Neighbor } from './session/neighbor.ts';
import type { InstanceView, RouteQuery, SpeakerOutcome } from './views.ts';
import { AttributeSets } from './wire/attribute-sets.ts';
import { emptyAttributes, encodePathAttributes, Origin } from './wire/attributes.ts';
import { CeaseSubcode } from './wire/notification.ts';

/** Our own routes come from this peer. */
const LOCAL_PEER: PeerIndex = 0;

export interface SpeakerDeps {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly nextHops: NextHopResolver;
  readonly nextConnectionId: () => ConnectionId;
  readonly onEvent: (event: SpeakerEvent) => void;
  /** There may be work: call work() soon. May be called often. */
  readonly onWork: () => void;
}

/** What routes live in; all of it is made anew when the AS number or router ID changes. */
interface Tables {
  readonly attributes: AttributeSets;
  readonly peers: RibPeers;
  readonly nextHops: NextHops;
  /** By family index. */
  readonly ribs: readonly Rib[];
}

function makeTables(deps: SpeakerDeps, notSentDeps: NotSentDeps): Tables {
  // Nobody outside can choose prefixes or attributes that collide in the hash tables.
  const hashSeed = Math.floor(deps.clock.random() * 0x1_0000_0000) | 0;
  const attributes = new AttributeSets({ hashSeed });
  const peers = new RibPeers();
  const nextHops = new NextHops(attributes, deps.nextHops);
  const ribs = families.map((family) => {
    const notSent = new NotSentTeller(family.name, notSentDeps);
    return new Rib(family, { attributes, peers, nextHops, hashSeed, notSent });
  });
  return { attributes, peers, nextHops, ribs };
}

interface PeerEntry {
  readonly peer: Peer;
  readonly neighbor: Neighbor;
}

export class Speaker {
  readonly instance: string;
  private readonly deps: SpeakerDeps;
  private readonly notSentDeps: NotSentDeps;
  private tables: Tables;
  private configuration: Configuration | undefined;
  private readonly entries = new Map<string, PeerEntry>();
  private readonly byNeighbor = new Map<Neighbor, Peer>();
  private readonly byConnection = new Map<ConnectionId, PeerEntry>();
  /** Peers that are gone and whose routes are still being removed. */
  private leaving: PeerIndex[] = [];
  private readonly listener: NeighborListener;
  /** The transport as neighbors see it: what they close is nobody's any more. */
  private readonly transport: Transport;

  /** `instance` names the speaker in events and views. */
  constructor(instance: string, deps: SpeakerDeps) {
    this.instance = instance;
    this.deps = deps;
    this.notSentDeps = {
      instance,
      clock: deps.clock,
      onEvent: deps.onEvent,
      addressesOf: (peers) =>
        [...this.entries].filter(([, { peer }]) => peers.includes(peer.index)).map(([address]) => address),
    };
    this.tables = makeTables(deps, this.notSentDeps);
    const { transport } = deps;
    this.transport = {
      connect: (request) => transport.connect(request),
      send: (connection, bytes) => transport.send(connection, bytes),
      queuedBytes: (connection) => transport.queuedBytes(connection),
      setReading: (connection, isReading) => transport.setReading(connection, isReading),
      setPassword: (connection, password) => transport.setPassword(connection, password),
      close: (connection) => {
        this.byConnection.delete(connection);
        transport.close(connection);
      },
    };
    this.listener = {
      established: (neighbor) => this.established(neighbor),
      down: (neighbor) => {
        this.byNeighbor.get(neighbor)?.down();
        deps.onWork();
      },
      openCapabilities: () => noRestart,
      update: (neighbor, buffer, offset, end) => {
        const nowSec = Math.floor(deps.clock.wallMs() / 1000);
        this.byNeighbor.get(neighbor)?.update(buffer, offset, end, nowSec);
      },
      routeRefresh: (neighbor, afi, safi, subtype) => {
        this.byNeighbor.get(neighbor)?.routeRefresh(afi, safi, subtype);
        deps.onWork();
      },
      event: deps.onEvent,
    };
  }

  /** Takes the configuration over, touching only what changed. Throws ConfigError or PolicyError and changes nothing. */
  configure(config: SpeakerConfig): SpeakerOutcome {
    const previous = this.configuration;
    const next = compileConfiguration(config, previous);
    const isSameSpeaker = previous !== undefined && previous.asn === next.asn && previous.routerId === next.routerId;
    const before = isSameSpeaker ? previous : undefined;
    const removed = isSameSpeaker
      ? [...this.entries.keys()].filter((address) => !next.neighbors.has(address))
      : [...this.entries.keys()];
    for (const address of removed) {
      // RFC 4486 §4: de-configured, or another change of configuration.
      const subcode = next.neighbors.has(address)
        ? CeaseSubcode.OtherConfigurationChange
        : CeaseSubcode.PeerDeconfigured;
      this.removeNeighbor(address, subcode);
    }
    if (!isSameSpeaker) {
      // Every session is gone and nothing refers to the old tables any more: begin with empty ones.
      this.tables = makeTables(this.deps, this.notSentDeps);
      this.leaving = [];
    }
    this.configuration = next;
    this.applyNetworks(before?.networks ?? new Map<string, ConfiguredNetwork>(), next.networks);
    const added: string[] = [];
    const updated: string[] = [];
    const reset: string[] = [];
    for (const [address, { config: neighborConfig }] of next.neighbors) {
      const entry = this.entries.get(address);
      if (entry === undefined) {
        added.push(address);
        continue;
      }
      const isPolicyChanged =
        before !== undefined && hasPolicyChanged(before, next, entry.neighbor.config, neighborConfig);
      const outcome = entry.neighbor.reconfigure(neighborConfig);
      if (outcome === 'reset') reset.push(address);
      else if (outcome === 'updated' || isPolicyChanged) updated.push(address);
      entry.peer.applyPolicies();
    }
    // Routes and policies first, sessions last: the first UPDATE of a new session already has everything.
    for (const address of added) this.addNeighbor(address, next);
    this.deps.onWork();
    const networksBefore = previous?.networks ?? new Map<string, ConfiguredNetwork>();
    return {
      // What only begins anew, because the speaker is another one now, was there before.
      neighborsAdded: added.filter((address) => previous?.neighbors.has(address) !== true),
      neighborsRemoved: removed.filter((address) => !next.neighbors.has(address)),
      neighborsUpdated: updated,
      neighborsReset: isSameSpeaker ? reset : removed.filter((address) => next.neighbors.has(address)),
      networksAdded: countMissing(next.networks, networksBefore),
      networksRemoved: countMissing(networksBefore, next.networks),
    };
  }

  /** Ends every session with Cease; nothing is sent or timed afterwards. */
  stop(): void {
    for (const address of this.entries.keys()) this.removeNeighbor(address, CeaseSubcode.AdministrativeShutdown);
  }

  // --- events of the transport ---------------------------------------------------------------------

  connectionOpened(connection: ConnectionId, info: ConnectionInfo): void {
    this.ownerOf(connection)?.neighbor.connectionOpened(connection, info);
    this.deps.onWork();
  }

  connectionFailed(connection: ConnectionId, error: string): void {
    this.ownerOf(connection)?.neighbor.connectionFailed(connection, error);
    this.byConnection.delete(connection);
  }

  /** True when the remote address is a neighbor of this speaker. */
  knows(remoteAddress: string): boolean {
    return this.entries.has(remoteAddress);
  }

  /** False: not ours or refused; the transport closes what nobody took. */
  connectionAccepted(connection: ConnectionId, info: ConnectionInfo): boolean {
    const entry = this.entries.get(info.remoteAddress);
    if (entry === undefined) return false;
    // Before accept(): the neighbor may close it on the spot.
    this.byConnection.set(connection, entry);
    return entry.neighbor.accept(connection, info);
  }

  received(connection: ConnectionId, bytes: Uint8Array): void {
    this.ownerOf(connection)?.neighbor.received(connection, bytes);
    this.deps.onWork();
  }

  connectionClosed(connection: ConnectionId, error?: string): void {
    this.ownerOf(connection)?.neighbor.connectionClosed(connection, error);
    this.byConnection.delete(connection);
    this.deps.onWork();
  }

  /** The transport took what was queued: groups that waited may go on. */
  drained(): void {
    this.deps.onWork();
  }

  /** The resolver's answers may have changed. */
  nextHopsChanged(): void {
    if (!this.tables.nextHops.refresh()) return;
    for (const rib of this.tables.ribs) rib.nextHopsChanged();
    this.deps.onWork();
  }

  /** Does one slice of work; true when there is more right away. */
  work(): boolean {
    let hasMore = false;
    for (const rib of this.tables.ribs) {
      if (rib.work() === WorkState.More) hasMore = true;
    }
    if (this.leaving.length > 0) this.releaseLeaving();
    return hasMore;
  }

  // --- what people ask and order --------------------------------------------------------------------

  /** `address` undefined: every neighbor. Answers the addresses cleared. */
  clear(address: string | undefined, kind: 'hard' | 'soft' | 'soft-in' | 'soft-out'): readonly string[] {
    const cleared: string[] = [];
    for (const [key, { neighbor, peer }] of this.entries) {
      if (address !== undefined && key !== address) continue;
      cleared.push(key);
      if (kind === 'hard') neighbor.reset();
      if (kind === 'soft' || kind === 'soft-in') peer.refreshIn();
      if (kind === 'soft' || kind === 'soft-out') peer.refreshOut();
    }
    this.deps.onWork();
    return cleared;
  }

  /** False when there is no such neighbor. */
  shutdown(address: string, isShutdown: boolean, message: string | undefined): boolean {
    const entry = this.entries.get(address);
    entry?.neighbor.setShutdown(isShutdown, message);
    this.deps.onWork();
    return entry !== undefined;
  }

  view(): InstanceView {
    const { asn = 0, routerId = 0 } = this.configuration ?? {};
    return {
      instance: this.instance,
      asn,
      routerId: formatRouterId(routerIdOf(routerId)),
      families: families.map((family, index) => {
        const rib = this.tables.ribs[index];
        return {
          family: family.name,
          tableVersion: rib.tableVersion,
          prefixes: rib.acceptedPrefixCount,
          paths: rib.acceptedPathCount,
          ribBytes: rib.bytes,
        };
      }),
      neighbors: [...this.entries.values()].map(({ peer }) => peer.view()),
      attributeSets: this.tables.attributes.size,
      attributeBytes: this.tables.attributes.bytesUsed,
    };
  }

  /** Throws QueryError for what cannot be answered. */
  openRoutes(query: RouteQuery): RouteCursor {
    return openRouteCursor(query, {
      asn: this.configuration?.asn ?? 0,
      routerId: this.configuration?.routerId ?? 0,
      ribs: this.tables.ribs,
      peers: this.tables.peers,
      peerOf: (address) => this.entries.get(address)?.peer.index,
    });
  }

  // --------------------------------------------------------------------------------------------------

  private established(neighbor: Neighbor): void {
    const peer = this.byNeighbor.get(neighbor);
    const { negotiated } = neighbor;
    if (peer === undefined || negotiated === undefined) return;
    this.tables.peers.update(peer.index, {
      kind: negotiated.isIbgp ? 'ibgp' : 'ebgp',
      asn: negotiated.remoteAsn,
      routerId: negotiated.remoteRouterId,
    });
    // The session's own subnet may be new to the resolver.
    this.nextHopsChanged();
    peer.established();
    this.deps.onWork();
  }

  private ownerOf(connection: ConnectionId): PeerEntry | undefined {
    return this.byConnection.get(connection);
  }

  private addNeighbor(address: string, configuration: Configuration): void {
    const configured = configuration.neighbors.get(address);
    if (configured === undefined) return;
    const { config } = configured;
    const index = this.tables.peers.add({ address: configured.address, kind: 'ebgp', asn: 0, routerId: 0 });
    const { clock, onEvent } = this.deps;
    const options = {
      instance: this.instance,
      localAsn: configuration.asn,
      localRouterId: configuration.routerId,
      config,
    };
    const neighbor: Neighbor = new Neighbor(options, {
      transport: this.transport,
      clock,
      listener: this.listener,
      nextConnectionId: () => {
        const connection = this.deps.nextConnectionId();
        this.byConnection.set(connection, entry);
        return connection;
      },
    });
    const peer = new Peer(
      { ...options, index },
      {
        attributes: this.tables.attributes,
        ribs: this.tables.ribs,
        clock,
        onEvent,
        policies: (present, isIbgp) => ({
          import: this.policyOf(present.importPolicy, isIbgp),
          export: this.policyOf(present.exportPolicy, isIbgp),
        }),
      },
      neighbor,
    );
    const entry: PeerEntry = { neighbor, peer };
    this.entries.set(address, entry);
    this.byNeighbor.set(neighbor, peer);
    neighbor.start();
  }

  private policyOf(ref: PolicyRef, isIbgp: boolean): Policy {
    const policies = new Map<string, Policy>();
    for (const [name, { policy }] of this.configuration?.policies ?? []) policies.set(name, policy);
    return policyOf(ref, isIbgp, policies);
  }

  private removeNeighbor(address: string, subcode: number): void {
    const entry = this.entries.get(address);
    if (entry === undefined) return;
    entry.neighbor.stop({ subcode });
    this.entries.delete(address);
    this.byNeighbor.delete(entry.neighbor);
    for (const [connection, owner] of this.byConnection) {
      if (owner === entry) this.byConnection.delete(connection);
    }
    this.leaving.push(entry.peer.index);
  }

  private releaseLeaving(): void {
    this.leaving = this.leaving.filter((index) => {
      if (this.tables.ribs.some((rib) => rib.received(index) > 0)) return true;
      this.tables.peers.remove(index);
      return false;
    });
  }

  private applyNetworks(
    before: ReadonlyMap<string, ConfiguredNetwork>,
    next: ReadonlyMap<string, ConfiguredNetwork>,
  ): void {
    for (const [key, { prefix }] of before) {
      if (next.has(key)) continue;
      const rib = this.tables.ribs[prefix.version === 4 ? 0 : 1];
      rib.withdraw(LOCAL_PEER, LocalSource.Network, prefix.w0, prefix.w1, prefix.w2, prefix.w3, prefix.length);
    }
    const nowSec = Math.floor(this.deps.clock.wallMs() / 1000);
    for (const [key, network] of next) {
      const known = before.get(key);
      if (known !== undefined && known.origin === network.origin) continue;
      const { prefix, origin } = network;
      const block = encodePathAttributes({
        ...emptyAttributes,
        origin: origin === 'igp' ? Origin.Igp : Origin.Incomplete,
      });
      const attr = this.tables.attributes.intern(block, 0, block.length);
      const rib = this.tables.ribs[prefix.version === 4 ? 0 : 1];
      rib.announce(
        LOCAL_PEER,
        LocalSource.Network,
        prefix.w0,
        prefix.w1,
        prefix.w2,
        prefix.w3,
        prefix.length,
        attr,
        0,
        nowSec,
      );
      this.tables.attributes.release(attr);
    }
  }
}

/** How many keys of `from` are not in `to`. */
function countMissing(from: ReadonlyMap<string, unknown>, to: ReadonlyMap<string, unknown>): number {
  let count = 0;
  for (const key of from.keys()) if (!to.has(key)) count++;
  return count;
}

/** Whether a policy that the neighbor names has new statements, or it names another one. */
function hasPolicyChanged(
  before: Configuration,
  next: Configuration,
  old: NeighborConfig,
  now: NeighborConfig,
): boolean {
  const same = (a: PolicyRef, b: PolicyRef): boolean =>
    isEqual(a, b) &&
    (typeof a !== 'object' || before.policies.get(a.policy)?.policy === next.policies.get(a.policy)?.policy);
  return !same(old.importPolicy, now.importPolicy) || !same(old.exportPolicy, now.exportPolicy);
}
