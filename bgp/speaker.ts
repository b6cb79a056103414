// A BGP speaker: sessions, RIBs and policy behind one face. Events of the world go in through methods,
// everything that happens in the world goes out through the ports (ports.ts); the same events give the
// same answers. Long work is done in slices by work(), which the shell calls while there is some.
// Sockets, timers, threads and files are not known here.

import {
  compileConfiguration,
  type Configuration,
  type ConfiguredNetwork,
  isEqual,
  isSameSpeaker,
} from './configuration.ts';
import type { NeighborConfig, PolicyRef, SpeakerConfig } from './config.ts';
import { DynamicNeighbors } from './dynamic-neighbors.ts';
import type { SpeakerEvent } from './events.ts';
import { type KernelRoute, LocalRoutes, type RedistributionSource } from './local-routes.ts';
import { MessageTrace } from './message-trace.ts';
import { parseAddress } from './net/address.ts';
import { families, familyByName, type Family } from './net/family.ts';
import type { PeerKind } from './net/peer-kind.ts';
import type { Prefix } from './net/prefix.ts';
import type { NotSentDeps } from './not-sent.ts';
import { Peer } from './peer.ts';
import { policyOf, type Policy } from './policy/policy.ts';
import type { PolicySources } from './policy/policy-sources.ts';
import type { Clock, ConnectionId, ConnectionInfo, Fib, NextHopResolver, Transport } from './ports.ts';
import { DEFAULT_SELECTION_DEFERRAL_SEC, Restart, type RestartOptions } from './restart.ts';
import { openRouteCursor, type RouteCursor } from './route-cursor.ts';
import { WorkState, type PeerIndex } from './rib/types.ts';
import type { NeighborListener, OpenRestartFlags, SessionEnd, StopHow } from './session/listener.ts';
import { Neighbor } from './session/neighbor.ts';
import { type SpeakerFacts, viewInstance, viewMemory, viewUpdateGroups } from './speaker-view.ts';
import { makeTables, type Tables } from './tables.ts';
import type { DebugKind, InstanceView, MemoryView, RouteQuery, SpeakerOutcome, UpdateGroupView } from './views.ts';
import { CeaseSubcode, encodeNotification, NotificationCode } from './wire/notification.ts';

export interface SpeakerDeps {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly nextHops: NextHopResolver;
  readonly nextConnectionId: () => ConnectionId;
  readonly onEvent: (event: SpeakerEvent) => void;
  /** There may be work: call work() soon. May be called often. */
  readonly onWork: () => void;
  /** Takes best routes while the configuration has `fib`. */
  readonly fib?: Fib;
}

interface PeerEntry {
  readonly peer: Peer;
  readonly neighbor: Neighbor;
  /** There was a session in the life of this process: what forwards packets was ours all the time since. */
  hadSession: boolean;
}

export class Speaker {
  readonly instance: string;
  private readonly deps: SpeakerDeps;
  private readonly notSentDeps: NotSentDeps;
  private tables: Tables;
  /** The same object whatever the tables are: compiled policies keep it. */
  private readonly policySources: PolicySources = { get: (source) => this.tables.peers.get(source) };
  private localRoutes: LocalRoutes;
  private configuration: Configuration | undefined;
  private readonly entries = new Map<string, PeerEntry>();
  private readonly byNeighbor = new Map<Neighbor, PeerEntry>();
  private readonly byConnection = new Map<ConnectionId, PeerEntry>();
  private readonly dynamic: DynamicNeighbors;
  private readonly restart: Restart;
  private readonly trace = new MessageTrace();
  private isDebugging = false;
  /** By order, until it is taken back; undefined: as configured. */
  private drainOrder: boolean | undefined;
  /** Families whose kernel routes of the last process go once everything is decided. */
  private readonly sweepsDue = new Set<Family>();
  /** Peers that are gone and whose routes are still being removed. */
  private leaving: PeerIndex[] = [];
  private readonly listener: NeighborListener;
  /** The transport as neighbors see it: what they close is nobody's any more. */
  private readonly transport: Transport;

  /** `instance` names the speaker in events and views. */
  constructor(instance: string, deps: SpeakerDeps) {
    this.instance = instance;
    this.deps = deps;
    const { clock, onEvent, transport } = deps;
    this.notSentDeps = {
      instance,
      clock,
      onEvent,
      addressesOf: (peers) =>
        [...this.entries].filter(([, { peer }]) => peers.includes(peer.index)).map(([address]) => address),
    };
    this.tables = makeTables(deps, this.notSentDeps);
    this.localRoutes = this.makeLocalRoutes();
    this.dynamic = new DynamicNeighbors({
      clock,
      remove: (address, prefix) => {
        this.removeNeighbor(address, 'deconfigured');
        this.tell({ type: 'dynamic-neighbor', neighbor: address, prefix, change: 'removed' });
        deps.onWork();
      },
    });
    this.restart = new Restart({
      clock,
      familyReleased: (family) => this.familyReleased(family),
      told: (change, reason) => this.tell({ type: 'selection-deferral', change, reason }),
    });
    this.transport = {
      connect: (request) => transport.connect(request),
      send: (connection, bytes) => {
        if (this.isDebugging) this.traceMessages(connection, 'sent', bytes);
        transport.send(connection, bytes);
      },
      queuedBytes: (connection) => transport.queuedBytes(connection),
      setReading: (connection, isReading) => transport.setReading(connection, isReading),
      setPassword: (connection, password) => transport.setPassword(connection, password),
      close: (connection) => {
        this.disown(connection);
        transport.close(connection);
      },
    };
    this.listener = {
      established: (neighbor) => this.established(neighbor),
      down: (neighbor, reason, how) => this.down(neighbor, reason, how),
      openCapabilities: (neighbor) => this.restartFlags(neighbor),
      update: (neighbor, buffer, offset, end) => {
        const nowSec = Math.floor(clock.wallMs() / 1000);
        this.byNeighbor.get(neighbor)?.peer.update(buffer, offset, end, nowSec);
      },
      routeRefresh: (neighbor, afi, safi, subtype) => {
        this.byNeighbor.get(neighbor)?.peer.routeRefresh(afi, safi, subtype);
        deps.onWork();
      },
      event: onEvent,
    };
  }

  /** What is known of the process before this one; before the first configure(). */
  begin(options: RestartOptions): void {
    this.restart.begin(options);
    this.holdEndOfRib();
  }

  /** Takes the configuration over, touching only what changed. Throws ConfigError or PolicyError and changes nothing. */
  configure(config: SpeakerConfig): SpeakerOutcome {
    const previous = this.configuration;
    const next = compileConfiguration(config, previous, this.policySources);
    const isSame = previous !== undefined && isSameSpeaker(previous, next);
    const configured = [...this.entries.keys()].filter((address) => this.dynamic.prefixOf(address) === undefined);
    const removed = isSame ? configured.filter((address) => !next.neighbors.has(address)) : configured;
    for (const address of removed) {
      // RFC 4486 §4: de-configured, or another change of configuration.
      const isKept = next.neighbors.has(address);
      this.removeNeighbor(address, isKept ? { subcode: CeaseSubcode.OtherConfigurationChange } : 'deconfigured');
    }
    const strangers = this.dynamic.configure(isSame || previous === undefined ? next.ranges : []);
    for (const address of strangers) this.removeNeighbor(address, 'deconfigured');
    if (previous !== undefined && !isSame) {
      // Every session is gone and nothing refers to the old tables any more: begin with empty ones.
      this.tables = makeTables(this.deps, this.notSentDeps);
      this.holdEndOfRib();
      this.leaving = [];
      const before = this.localRoutes;
      this.localRoutes = this.makeLocalRoutes();
      this.localRoutes.adopt(before);
      this.dynamic.configure(next.ranges);
    }
    this.configuration = next;
    for (const address of next.neighbors.keys()) {
      // A dynamic neighbor that is configured now begins anew as such.
      if (this.dynamic.prefixOf(address) === undefined) continue;
      this.removeNeighbor(address, { subcode: CeaseSubcode.OtherConfigurationChange });
      this.dynamic.removed(address);
    }
    if (previous === undefined) this.startRestart(next);
    this.localRoutes.configure(next);
    const { added, updated, reset } = this.applyNeighbors(previous, isSame, next);
    // Routes and policies first, sessions last: the first UPDATE of a new session already has everything.
    for (const address of added) this.addConfigured(address, next);
    this.deps.onWork();
    const networksBefore = previous?.networks ?? new Map<string, ConfiguredNetwork>();
    return {
      // What only begins anew, because the speaker is another one now, was there before.
      neighborsAdded: added.filter((address) => previous?.neighbors.has(address) !== true),
      neighborsRemoved: removed.filter((address) => !next.neighbors.has(address)),
      neighborsUpdated: updated,
      neighborsReset:
        previous === undefined || isSame ? reset : removed.filter((address) => next.neighbors.has(address)),
      networksAdded: countMissing(next.networks, networksBefore),
      networksRemoved: countMissing(networksBefore, next.networks),
    };
  }

  /** Ends every session; nothing is sent or timed afterwards. */
  stop(how: StopHow): void {
    for (const address of this.entries.keys()) this.removeNeighbor(address, how);
    this.dynamic.stop();
    this.restart.stop();
  }

  // --- events of the transport ---------------------------------------------------------------------

  connectionOpened(connection: ConnectionId, info: ConnectionInfo): void {
    this.ownerOf(connection)?.neighbor.connectionOpened(connection, info);
    this.deps.onWork();
  }

  connectionFailed(connection: ConnectionId, error: string): void {
    this.ownerOf(connection)?.neighbor.connectionFailed(connection, error);
    this.disown(connection);
  }

  /** True when the remote address is a neighbor of this speaker, or would be made one. */
  knows(remoteAddress: string): boolean {
    return this.entries.has(remoteAddress) || this.dynamic.candidate(remoteAddress) !== undefined;
  }

  /** The options of the neighbor that has this address or would get it; undefined: nobody's. */
  neighborFor(remoteAddress: string): NeighborConfig | undefined {
    const known = this.entries.get(remoteAddress)?.neighbor.config;
    if (known !== undefined) return known;
    const candidate = this.dynamic.candidate(remoteAddress);
    return candidate?.type === 'welcome' ? candidate.config : undefined;
  }

  /** False: not ours or refused; the transport closes what nobody took. */
  connectionAccepted(connection: ConnectionId, info: ConnectionInfo): boolean {
    const entry = this.entries.get(info.remoteAddress) ?? this.welcome(connection, info.remoteAddress);
    if (entry === undefined) return false;
    // Before accept(): the neighbor may close it on the spot.
    this.byConnection.set(connection, entry);
    return entry.neighbor.accept(connection, info);
  }

  received(connection: ConnectionId, bytes: Uint8Array): void {
    if (this.isDebugging) this.traceMessages(connection, 'received', bytes);
    this.ownerOf(connection)?.neighbor.received(connection, bytes);
    this.deps.onWork();
  }

  connectionClosed(connection: ConnectionId, error?: string): void {
    this.ownerOf(connection)?.neighbor.connectionClosed(connection, error);
    this.disown(connection);
    this.deps.onWork();
  }

  /** The transport took what was queued: groups that waited may go on. */
  drained(): void {
    this.deps.onWork();
  }

  // --- events of the shell --------------------------------------------------------------------------

  /** The resolver's answers may have changed. */
  nextHopsChanged(): void {
    if (!this.tables.nextHops.refresh()) return;
    for (const rib of this.tables.ribs) rib.nextHopsChanged();
    this.deps.onWork();
  }

  /** A route of the kernel is there or changed: originated where the configuration redistributes it. */
  originate(source: RedistributionSource, prefix: Prefix, route: KernelRoute): void {
    this.localRoutes.originate(source, prefix, route);
    this.deps.onWork();
  }

  withdrawOriginated(source: RedistributionSource, prefix: Prefix): void {
    this.localRoutes.withdrawOriginated(source, prefix);
    this.deps.onWork();
  }

  /** Everything that this process originates has been told: End-of-RIB may go out (RFC 4724 §4.1). */
  sourcesSynchronised(): void {
    if (!this.restart.sourcesSynchronised()) return;
    this.holdEndOfRib();
    for (const family of families) if (!this.restart.isDeferred(family)) this.sweepsDue.add(family);
    this.deps.onWork();
  }

  /** Does one slice of work; true when there is more right away. */
  work(): boolean {
    let hasMore = false;
    for (const family of families) {
      const state = this.tables.ribs[family.index].work();
      if (state === WorkState.More) hasMore = true;
      else if (this.sweepsDue.delete(family)) this.deps.fib?.sweepStale(family);
    }
    if (this.leaving.length > 0) this.releaseLeaving();
    return hasMore;
  }

  // --- what people ask and order --------------------------------------------------------------------

  /** `address` undefined: every neighbor. Answers the addresses cleared. */
  clear(address: string | undefined, kind: 'hard' | 'soft' | 'soft-in' | 'soft-out'): readonly string[] {
    const cleared: string[] = [];
    for (const [key, { peer }] of this.entries) {
      if (address !== undefined && key !== address) continue;
      cleared.push(key);
      if (kind === 'hard') peer.clear();
      if (kind === 'soft' || kind === 'soft-in') peer.refreshIn();
      if (kind === 'soft' || kind === 'soft-out') peer.refreshOut();
    }
    this.deps.onWork();
    return cleared;
  }

  /** False when there is no such neighbor. */
  shutdown(address: string, isShutdown: boolean, message: string | undefined): boolean {
    const entry = this.entries.get(address);
    if (isShutdown) this.restart.notAwaited(address);
    entry?.peer.shutdown(isShutdown, message);
    this.deps.onWork();
    return entry !== undefined;
  }

  /** RFC 8326, before maintenance; `address` undefined: every neighbor. False when there is no such neighbor. */
  drain(address: string | undefined, isDraining: boolean): boolean {
    if (address === undefined) {
      this.drainOrder = isDraining;
      for (const { peer } of this.entries.values()) peer.applyOptions();
    } else {
      const entry = this.entries.get(address);
      if (entry === undefined) return false;
      entry.peer.drain(isDraining);
    }
    this.tell({ type: 'graceful-shutdown', neighbor: address, isDraining });
    this.deps.onWork();
    return true;
  }

  /** Which messages of a neighbor are told as events. False when there is no such neighbor. */
  debug(address: string, kinds: readonly DebugKind[]): boolean {
    const entry = this.entries.get(address);
    if (entry === undefined) return false;
    entry.peer.debug = [...new Set(kinds)];
    this.isDebugging = [...this.entries.values()].some(({ peer }) => peer.debug.length > 0);
    return true;
  }

  view(): InstanceView {
    return viewInstance(this.facts());
  }

  updateGroups(): readonly UpdateGroupView[] {
    return viewUpdateGroups(this.facts());
  }

  memory(): MemoryView {
    return viewMemory(this.facts());
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

  // --- events of the sessions -----------------------------------------------------------------------

  private established(neighbor: Neighbor): void {
    const entry = this.byNeighbor.get(neighbor);
    const { config, negotiated } = neighbor;
    if (entry === undefined || negotiated === undefined) return;
    entry.hadSession = true;
    this.tables.peers.update(entry.peer.index, {
      kind: negotiated.kind,
      asn: negotiated.remoteAsn,
      routerId: negotiated.remoteRouterId,
      isReflectorClient: config.isRouteReflectorClient === true,
      isRouteServerClient: config.isRouteServerClient === true,
    });
    // The session's own subnet may be new to the resolver.
    this.nextHopsChanged();
    this.dynamic.busy(neighbor.address);
    entry.peer.established();
    const { gracefulRestart } = negotiated;
    // RFC 4724 §4.1: of peers that restart themselves, or know nothing of it, no End-of-RIB is awaited.
    const isAwaited = gracefulRestart !== undefined && !gracefulRestart.isPeerRestarting;
    this.restart.established(neighbor.address, isAwaited ? negotiated.families : []);
    this.deps.onWork();
  }

  private down(neighbor: Neighbor, reason: string, how: SessionEnd): void {
    this.byNeighbor.get(neighbor)?.peer.down(reason, how);
    this.deps.onWork();
  }

  /** RFC 4724 §3: R until routes are selected; F where packets were forwarded all the time since the peer saw us last. */
  private restartFlags(neighbor: Neighbor): OpenRestartFlags {
    const hadSession = this.byNeighbor.get(neighbor)?.hadSession === true;
    return {
      isRestarting: this.restart.isRestarting,
      preserved: families.filter((family) => hadSession || this.restart.isPreserved(family)),
    };
  }

  private holdEndOfRib(): void {
    for (const rib of this.tables.ribs) rib.groups.holdEndOfRib(!this.restart.hasSynchronised);
  }

  private familyReleased(family: Family): void {
    this.tables.ribs[family.index].isDeferred = false;
    if (this.restart.hasSynchronised) this.sweepsDue.add(family);
    this.deps.onWork();
  }

  /** RFC 4724 §4.1: nothing is selected before the peers that may hold our routes have sent theirs. */
  private startRestart(configuration: Configuration): void {
    const peers = [...configuration.neighbors.values()].flatMap(({ config }) => {
      const { gracefulRestart, heldDownReason, isShutdown } = config;
      if (gracefulRestart?.mode !== 'full' || isShutdown || heldDownReason !== undefined) return [];
      return [
        {
          address: config.address,
          families: config.families.flatMap((name) => familyByName(name) ?? []),
          restartTimeSec: gracefulRestart.restartTimeSec,
        },
      ];
    });
    this.restart.start(peers, configuration.config.selectionDeferralSec ?? DEFAULT_SELECTION_DEFERRAL_SEC);
    for (const family of families) this.tables.ribs[family.index].isDeferred = this.restart.isDeferred(family);
  }

  // --- neighbors ------------------------------------------------------------------------------------

  private applyNeighbors(
    previous: Configuration | undefined,
    isSame: boolean,
    next: Configuration,
  ): { readonly added: string[]; readonly updated: string[]; readonly reset: string[] } {
    const added: string[] = [];
    const updated: string[] = [];
    const reset: string[] = [];
    const wanted = new Map([...next.neighbors].map(([address, { config }]) => [address, config]));
    for (const address of this.entries.keys()) {
      const config = this.dynamic.configOf(address);
      if (config !== undefined) wanted.set(address, config);
    }
    const isAllChanged = previous?.config.isGracefulShutdown !== next.config.isGracefulShutdown;
    for (const [address, config] of wanted) {
      const entry = this.entries.get(address);
      if (entry === undefined) {
        added.push(address);
        continue;
      }
      const isPolicyChanged =
        previous !== undefined && isSame && hasPolicyChanged(previous, next, entry.neighbor.config, config);
      const outcome = entry.peer.configure(config);
      if (outcome === 'reset') reset.push(address);
      else if (outcome === 'updated' || isPolicyChanged || isAllChanged) updated.push(address);
      entry.peer.applyOptions();
    }
    return { added, updated, reset };
  }

  private addConfigured(address: string, { neighbors }: Configuration): void {
    const config = neighbors.get(address)?.config;
    if (config !== undefined) this.addNeighbor(config, undefined)?.neighbor.start();
  }

  /** Somebody within a prefix of the configuration connects; undefined: nobody, or one too many. */
  private welcome(connection: ConnectionId, remoteAddress: string): PeerEntry | undefined {
    const candidate = this.dynamic.candidate(remoteAddress);
    if (candidate === undefined) return undefined;
    const { prefix } = candidate;
    if (candidate.type === 'full') {
      this.dynamic.refused(remoteAddress);
      // RFC 4486 §4: Connection Rejected.
      this.deps.transport.send(connection, encodeNotification(NotificationCode.Cease, CeaseSubcode.ConnectionRejected));
      if (!candidate.isTold) {
        const reason = `${prefix} has its ${candidate.limit} dynamic neighbors already`;
        this.tell({ type: 'connection-refused', remoteAddress, reason });
      }
      return undefined;
    }
    const entry = this.addNeighbor(candidate.config, prefix);
    if (entry === undefined) return undefined;
    this.dynamic.added(remoteAddress);
    this.tell({ type: 'dynamic-neighbor', neighbor: remoteAddress, prefix, change: 'added' });
    entry.neighbor.start();
    return entry;
  }

  private addNeighbor(config: NeighborConfig, dynamicPrefix: string | undefined): PeerEntry | undefined {
    const { configuration } = this;
    const parsed = parseAddress(config.address.replace(/%.*$/, ''));
    if (configuration === undefined || parsed === undefined) return undefined;
    const index = this.tables.peers.add({ address: parsed, kind: 'ebgp', asn: 0, routerId: 0 });
    const { clock, onEvent } = this.deps;
    const { asn: localAsn, routerId: localRouterId, clusterId, confederation } = configuration;
    const { hostname, domainName, softwareVersion } = configuration.config;
    const options = {
      instance: this.instance,
      localAsn,
      localRouterId,
      clusterId,
      confederation,
      config,
      identity: { hostname, domainName, softwareVersion },
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
      { ...options, index, dynamicPrefix },
      {
        attributes: this.tables.attributes,
        ribs: this.tables.ribs,
        clock,
        onEvent,
        policyOf: (ref, kind) => this.policyOf(ref, kind),
        isDraining: () => this.isDraining,
        endOfRibReceived: ({ neighbor: from }, family) => this.restart.received(from.address, family),
        forgotten: (gone) => this.dynamic.idle(gone.neighbor.address),
      },
      neighbor,
    );
    const entry: PeerEntry = { neighbor, peer, hadSession: false };
    this.entries.set(config.address, entry);
    this.byNeighbor.set(neighbor, entry);
    return entry;
  }

  private removeNeighbor(address: string, how: StopHow): void {
    const entry = this.entries.get(address);
    if (entry === undefined) return;
    entry.neighbor.stop(how);
    entry.peer.close();
    this.restart.notAwaited(address);
    this.entries.delete(address);
    this.byNeighbor.delete(entry.neighbor);
    for (const [connection, owner] of this.byConnection) {
      if (owner === entry) this.disown(connection);
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

  // --------------------------------------------------------------------------------------------------

  private get isDraining(): boolean {
    return this.drainOrder ?? this.configuration?.config.isGracefulShutdown === true;
  }

  private ownerOf(connection: ConnectionId): PeerEntry | undefined {
    return this.byConnection.get(connection);
  }

  private disown(connection: ConnectionId): void {
    this.byConnection.delete(connection);
    this.trace.forget(connection);
  }

  private traceMessages(connection: ConnectionId, direction: 'sent' | 'received', bytes: Uint8Array): void {
    const entry = this.ownerOf(connection);
    if (entry === undefined || entry.peer.debug.length === 0) return;
    this.trace.read(connection, direction, bytes, ({ kind, text }) => {
      if (!entry.peer.debug.includes(kind)) return;
      this.tell({ type: 'debug-message', neighbor: entry.neighbor.address, direction, kind, text });
    });
  }

  private policyOf(ref: PolicyRef, kind: PeerKind): Policy {
    const policies = new Map<string, Policy>();
    for (const [name, { policy }] of this.configuration?.policies ?? []) policies.set(name, policy);
    return policyOf(ref, kind, policies);
  }

  private makeLocalRoutes(): LocalRoutes {
    const { attributes, ribs } = this.tables;
    const { clock } = this.deps;
    return new LocalRoutes({ attributes, ribs, clock, policyOf: (ref) => this.policyOf(ref, 'ibgp') });
  }

  private facts(): SpeakerFacts {
    const { instance, configuration, tables, dynamic, restart, isDraining } = this;
    const peers = [...this.entries.values()].map(({ peer }) => peer);
    return { instance, configuration, tables, peers, dynamic, restart, isDraining };
  }

  private tell(event: UntimedEvent): void {
    this.deps.onEvent({ instance: this.instance, wallMs: this.deps.clock.wallMs(), ...event });
  }
}

type UntimedEvent = SpeakerEvent extends infer E ? (E extends unknown ? Omit<E, 'instance' | 'wallMs'> : never) : never;

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
