// A BGP speaker: sessions, RIBs and policy behind one face. Events of the world go in through methods,
// everything that happens in the world goes out through the ports (ports.ts); the same events give the
// same answers. Long work is done in slices by work(), which the shell calls while there is some.
// Sockets, timers, threads and files are not known here.

import {
  compileConfiguration,
  type Configuration,
  type ConfiguredNetwork,
  countMissing,
  hasPolicyChanged,
  identityOf,
  isEqual,
  isSameSpeaker,
  policiesOf,
} from './configuration.ts';
import type { NeighborConfig, PolicyRef, SpeakerConfig } from './config.ts';
import { DebugTap } from './debug-tap.ts';
import type { SpeakerEvent } from './events.ts';
import { explain } from './explain.ts';
import { type KernelRoute, LocalRoutes, type RedistributionSource } from './local-routes.ts';
import { families, familyByName, type Family, type FamilyName } from './net/family.ts';
import type { PeerKind } from './net/peer-kind.ts';
import type { Prefix } from './net/prefix.ts';
import type { NotSentDeps } from './not-sent.ts';
import { PeerTable } from './peer-table.ts';
import { policyOf, type Policy } from './policy/policy.ts';
import type { PolicySources } from './policy/policy-sources.ts';
import type { Clock, ConnectionId, ConnectionInfo, Fib, NextHopResolver, Transport } from './ports.ts';
import { awaitedPeer, DEFAULT_SELECTION_DEFERRAL_SEC, listAwaited, Restart, type RestartOptions } from './restart.ts';
import { openRouteCursor, type RouteCursor } from './route-cursor.ts';
import { WorkState } from './rib/types.ts';
import { SliceBudget } from './slice-budget.ts';
import type { OpenRestartFlags, SessionEnd, StopHow } from './session/listener.ts';
import type { Neighbor } from './session/neighbor.ts';
import { type SpeakerFacts, viewInstance, viewMemory, viewUpdateGroups } from './speaker-view.ts';
import { configureTables, makeTables, type Tables, updateSource } from './tables.ts';
import type {
  DebugKind,
  InstanceView,
  MemoryView,
  PolicyDecisionView,
  RouteQuery,
  SpeakerOutcome,
  UpdateGroupView,
} from './views.ts';
import { CeaseSubcode } from './wire/notification.ts';

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

export class Speaker {
  readonly instance: string;
  private readonly deps: SpeakerDeps;
  private readonly notSentDeps: NotSentDeps;
  private tables: Tables;
  /** The same object whatever the tables are: compiled policies keep it. */
  private readonly policySources: PolicySources = { get: (source) => this.tables.peers.get(source) };
  private localRoutes: LocalRoutes;
  private configuration: Configuration | undefined;
  private readonly peers: PeerTable;
  private readonly restart: Restart;
  private readonly tap: DebugTap;
  private readonly budget = new SliceBudget();
  private isStopped = false;
  /** By order, until it is taken back; undefined: as configured. */
  private drainOrder: boolean | undefined;
  /** Families whose kernel routes of the last process go once everything is decided. */
  private readonly sweepsDue = new Set<Family>();

  /** `instance` names the speaker in events and views. */
  constructor(instance: string, deps: SpeakerDeps) {
    this.instance = instance;
    this.deps = deps;
    const { clock, onEvent } = deps;
    this.notSentDeps = {
      instance,
      clock,
      onEvent,
      addressesOf: (indexes) => this.peers.addressesOf(indexes),
    };
    this.tables = makeTables(deps, this.notSentDeps);
    this.localRoutes = this.makeLocalRoutes();
    this.restart = new Restart({
      clock,
      familyReleased: (family) => this.familyReleased(family),
      told: (change, reason) => this.tell({ type: 'selection-deferral', change, reason }),
    });
    const { transport } = deps;
    this.tap = new DebugTap({ instance, transport, clock, peers: () => this.peers, onEvent });
    this.peers = new PeerTable({
      instance,
      transport: this.tap.transport,
      clock,
      listener: {
        established: (neighbor) => this.established(neighbor),
        down: (neighbor, reason, how) => this.down(neighbor, reason, how),
        openCapabilities: (neighbor) => this.restartFlags(neighbor),
        update: (neighbor, buffer, offset, end) => {
          const nowSec = Math.floor(clock.wallMs() / 1000);
          this.peers.of(neighbor)?.peer.update(buffer, offset, end, nowSec);
        },
        routeRefresh: (neighbor, afi, safi, subtype) => {
          this.peers.of(neighbor)?.peer.routeRefresh(afi, safi, subtype);
          deps.onWork();
        },
        event: onEvent,
      },
      nextConnectionId: deps.nextConnectionId,
      tables: () => this.tables,
      configuration: () => this.configuration,
      policyOf: (ref, kind) => this.policyOf(ref, kind),
      isDraining: () => this.isDraining,
      endOfRibReceived: ({ neighbor }, family) => this.restart.received(neighbor.address, family),
      disowned: (connection) => this.tap.forget(connection),
      removed: (address) => this.restart.notAwaited(address),
      onEvent,
      onWork: deps.onWork,
    });
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
    const configured = this.peers.addresses().filter((address) => this.peers.dynamic.prefixOf(address) === undefined);
    const removed = isSame ? configured.filter((address) => !next.neighbors.has(address)) : configured;
    // By another number we are another to everybody: what the session brought is not worth keeping (RFC 8538 §3).
    const isHard = previous?.asn !== next.asn || !isEqual(previous.confederation, next.confederation);
    for (const address of removed) {
      // RFC 4486 §4: de-configured, or another change of configuration.
      const isKept = next.neighbors.has(address);
      this.peers.remove(address, isKept ? { subcode: CeaseSubcode.OtherConfigurationChange, isHard } : 'deconfigured');
    }
    const ranges = isSame || previous === undefined ? next.ranges : [];
    for (const address of this.peers.dynamic.configure(ranges)) this.peers.remove(address, 'deconfigured');
    if (previous !== undefined && !isSame) {
      // Every session is gone and nothing refers to the old tables any more: begin with empty ones.
      this.deps.fib?.clear?.();
      this.tables = makeTables(this.deps, this.notSentDeps);
      this.holdEndOfRib();
      this.peers.forgetLeaving();
      const before = this.localRoutes;
      this.localRoutes = this.makeLocalRoutes();
      this.localRoutes.adopt(before);
      this.peers.dynamic.configure(next.ranges);
    }
    this.configuration = next;
    for (const address of next.neighbors.keys()) {
      // A dynamic neighbor that is configured now begins anew as such.
      if (this.peers.dynamic.prefixOf(address) === undefined) continue;
      this.peers.remove(address, { subcode: CeaseSubcode.OtherConfigurationChange });
    }
    if (previous === undefined) this.startRestart(next);
    else if (this.restart.isDeferring)
      this.restart.reconfigured(isSame ? listAwaited(next, this.peers.dynamic.configs()) : []);
    configureTables(this.tables, isSame ? previous : undefined, next, (ref) => this.policyOf(ref, 'ibgp'));
    this.localRoutes.configure(next);
    const { added, updated, reset } = this.applyNeighbors(previous, isSame, next);
    // Routes and policies first, sessions last: the first UPDATE of a new session already has everything.
    for (const address of added) {
      const neighbor = next.neighbors.get(address);
      if (neighbor !== undefined) this.peers.add(neighbor.config);
    }
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

  /** Ends every session; nothing is decided, sent or timed afterwards, and what the kernel has stays as it is. */
  stop(how: StopHow): void {
    for (const address of this.peers.addresses()) this.peers.remove(address, how);
    this.peers.dynamic.stop();
    this.restart.stop();
    this.isStopped = true;
  }

  // --- events of the transport ---------------------------------------------------------------------

  connectionOpened(connection: ConnectionId, info: ConnectionInfo): void {
    this.peers.ownerOf(connection)?.neighbor.connectionOpened(connection, info);
    this.deps.onWork();
  }

  connectionChanged(connection: ConnectionId, info: ConnectionInfo): void {
    const entry = this.peers.ownerOf(connection);
    if (entry === undefined) return;
    entry.neighbor.connectionChanged(connection, info);
    updateSource(this.tables, entry.peer.index, entry.neighbor);
    entry.peer.applyOptions();
    this.deps.onWork();
  }

  connectionFailed(connection: ConnectionId, error: string): void {
    this.peers.ownerOf(connection)?.neighbor.connectionFailed(connection, error);
    this.peers.disown(connection);
  }

  /** True when the remote address is a neighbor of this speaker, configured or made already. */
  has(remoteAddress: string): boolean {
    return this.peers.get(remoteAddress) !== undefined;
  }

  /** True when the remote address is a neighbor of this speaker, or would be made one. */
  knows(remoteAddress: string): boolean {
    return this.has(remoteAddress) || this.peers.dynamic.candidate(remoteAddress) !== undefined;
  }

  /** The options of the neighbor that has this address or would get it; undefined: nobody's. */
  neighborFor(remoteAddress: string): NeighborConfig | undefined {
    const known = this.peers.get(remoteAddress)?.neighbor.config;
    if (known !== undefined) return known;
    const candidate = this.peers.dynamic.candidate(remoteAddress);
    return candidate?.type === 'welcome' ? candidate.config : undefined;
  }

  /** False: not ours or refused; the transport closes what nobody took. */
  connectionAccepted(connection: ConnectionId, info: ConnectionInfo): boolean {
    return this.peers.takerOf(connection, info.remoteAddress)?.neighbor.accept(connection, info) ?? false;
  }

  received(connection: ConnectionId, bytes: Uint8Array): void {
    this.tap.received(connection, bytes);
    this.peers.ownerOf(connection)?.neighbor.received(connection, bytes);
    this.deps.onWork();
  }

  connectionClosed(connection: ConnectionId, error?: string): void {
    this.peers.ownerOf(connection)?.neighbor.connectionClosed(connection, error);
    this.peers.disown(connection);
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

  /** The kernel's answer to Fib.install; the host calls work() when it is done with its own. */
  routeInstalled(family: Family, ...answer: Parameters<Tables['ribs'][number]['routeInstalled']>): void {
    this.tables.ribs[family.index].routeInstalled(...answer);
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
    if (this.isStopped) return false;
    const { clock } = this.deps;
    let hasMore = false;
    for (const family of families) {
      const rib = this.tables.ribs[family.index];
      if (this.sweepsDue.delete(family)) rib.sweepFib();
      const beginMs = clock.nowMs();
      const hasOwnMore = rib.work(this.budget.units) === WorkState.More;
      this.budget.spent(clock.nowMs() - beginMs, hasOwnMore);
      if (hasOwnMore) hasMore = true;
    }
    this.peers.releaseLeaving();
    return hasMore;
  }

  // --- what people ask and order --------------------------------------------------------------------

  /** `address` undefined: every neighbor. Answers the addresses cleared. */
  clear(address: string | undefined, kind: 'hard' | 'soft' | 'soft-in' | 'soft-out'): readonly string[] {
    const cleared: string[] = [];
    for (const { neighbor, peer } of this.peers.all()) {
      if (address !== undefined && neighbor.address !== address) continue;
      cleared.push(neighbor.address);
      if (kind === 'hard') peer.clear();
      if (kind === 'soft' || kind === 'soft-in') peer.refreshIn();
      if (kind === 'soft' || kind === 'soft-out') peer.refreshOut();
    }
    this.deps.onWork();
    return cleared;
  }

  /** False when there is no such neighbor. */
  shutdown(address: string, isShutdown: boolean, message: string | undefined): boolean {
    const entry = this.peers.get(address);
    if (isShutdown) this.restart.notAwaited(address);
    entry?.peer.shutdown(isShutdown, message);
    this.deps.onWork();
    return entry !== undefined;
  }

  /** RFC 8326, before maintenance; `address` undefined: every neighbor. False when there is no such neighbor. */
  drain(address: string | undefined, isDraining: boolean): boolean {
    if (address === undefined) {
      this.drainOrder = isDraining;
      for (const peer of this.peers.peers()) peer.applyOptions();
    } else {
      const entry = this.peers.get(address);
      if (entry === undefined) return false;
      entry.peer.drain(isDraining);
    }
    this.tell({ type: 'graceful-shutdown', neighbor: address, isDraining });
    this.deps.onWork();
    return true;
  }

  /** Which messages of a neighbor are told as events. False when there is no such neighbor. */
  debug(address: string, kinds: readonly DebugKind[]): boolean {
    return this.tap.set(address, kinds);
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
      peerOf: (address) => this.peers.get(address)?.peer.index,
    });
  }

  /** Throws QueryError. Which policy statements decide about one prefix, or the longest match of an address. */
  explain(family: FamilyName, prefix: string): readonly PolicyDecisionView[] {
    const query = { instance: this.instance, family, prefix, table: 'loc-rib' } as const;
    const known = familyByName(family);
    if (known === undefined) return [];
    return explain(query, known, {
      tables: this.tables,
      peers: this.peers.peers(),
      policyOf: (ref, kind) => this.policyOf(ref, kind),
      openRoutes: (asked) => this.openRoutes(asked),
    });
  }

  // --- events of the sessions -----------------------------------------------------------------------

  private established(neighbor: Neighbor): void {
    const entry = this.peers.of(neighbor);
    const { config, negotiated } = neighbor;
    if (entry === undefined || negotiated === undefined) return;
    entry.hadSession = true;
    updateSource(this.tables, entry.peer.index, neighbor);
    this.peers.dynamic.busy(neighbor.address);
    entry.peer.established();
    // RFC 4724 §4.1: of peers that restart themselves, or know nothing of it, no End-of-RIB is awaited. Ours: a moment is.
    const isAwaited = negotiated.gracefulRestart?.isPeerRestarting === false;
    if (isAwaited && this.peers.dynamic.prefixOf(neighbor.address) !== undefined) {
      for (const awaited of awaitedPeer(neighbor.address, config)) this.restart.expect(awaited);
    }
    this.restart.established(neighbor.address, negotiated.families);
    if (!isAwaited && this.restart.isDeferring) entry.peer.expectLittle();
    this.deps.onWork();
  }

  private down(neighbor: Neighbor, reason: string, how: SessionEnd): void {
    this.peers.of(neighbor)?.peer.down(reason, how);
    this.restart.absent(neighbor.address);
    this.deps.onWork();
  }

  /** RFC 4724 §3: R until routes are selected; F where packets were forwarded all the time since the peer saw us last. */
  private restartFlags(neighbor: Neighbor): OpenRestartFlags {
    const hadSession = this.peers.of(neighbor)?.hadSession === true;
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
    const { selectionDeferralSec } = configuration.config;
    this.restart.start(listAwaited(configuration, []), selectionDeferralSec ?? DEFAULT_SELECTION_DEFERRAL_SEC);
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
    for (const config of this.peers.dynamic.configs()) wanted.set(config.address, config);
    const isAllChanged = previous?.config.isGracefulShutdown !== next.config.isGracefulShutdown;
    for (const [address, config] of wanted) {
      const entry = this.peers.get(address);
      if (entry === undefined) {
        added.push(address);
        continue;
      }
      const isPolicyChanged = previous !== undefined && isSame && hasPolicyChanged(previous, next, policiesOf(config));
      const outcome = entry.peer.configure(config, identityOf(next));
      if (outcome === 'reset') reset.push(address);
      else if (outcome === 'updated' || isPolicyChanged || isAllChanged) updated.push(address);
      entry.peer.applyOptions();
    }
    return { added, updated, reset };
  }

  private get isDraining(): boolean {
    return this.drainOrder ?? this.configuration?.config.isGracefulShutdown === true;
  }

  private policyOf(ref: PolicyRef, kind: PeerKind): Policy {
    return policyOf(ref, kind, this.configuration?.policies ?? new Map());
  }

  private makeLocalRoutes(): LocalRoutes {
    const { attributes, ribs } = this.tables;
    const { clock } = this.deps;
    return new LocalRoutes({ attributes, ribs, clock, policyOf: (ref) => this.policyOf(ref, 'ibgp') });
  }

  private facts(): SpeakerFacts {
    const { instance, configuration, tables, restart, isDraining } = this;
    const { dynamic } = this.peers;
    return { instance, configuration, tables, peers: this.peers.peers(), dynamic, restart, isDraining };
  }

  private tell(event: UntimedEvent): void {
    this.deps.onEvent({ instance: this.instance, wallMs: this.deps.clock.wallMs(), ...event });
  }
}

type UntimedEvent = SpeakerEvent extends infer E ? (E extends unknown ? Omit<E, 'instance' | 'wallMs'> : never) : never;
