// One neighbor as the speaker sees it: its session (session/neighbor.ts) joined to the RIBs. Keeps or removes routes when sessions
// come and go, answers refreshes, takes over new configurations without a reset. What UPDATEs do is peer-input.ts, what is sent
// peer-output.ts, kept routes stale-routes.ts, its view peer-view.ts; which peers exist and when work is done is speaker.ts's business.

import type { ConfederationConfig, NeighborConfig, PolicyRef } from './config.ts';
import { isEqual } from './configuration.ts';
import type { SpeakerEvent } from './events.ts';
import type { Asn } from './net/asn.ts';
import type { Family } from './net/family.ts';
import { families } from './net/family.ts';
import type { PeerKind } from './net/peer-kind.ts';
import type { RouterId } from './net/router-id.ts';
import { EarlyEndOfRib } from './early-end-of-rib.ts';
import { importContext } from './member-options.ts';
import { enforcesFirstAs, isJudgedOtherwise, isOtherSource } from './neighbor-changes.ts';
import { NeighborLimits } from './neighbor-limits.ts';
import { PeerInput } from './peer-input.ts';
import { PeerOutput } from './peer-output.ts';
import { type FamilyState, freshFamilyState, type PeerFacts, viewPeer } from './peer-view.ts';
import type { Policy } from './policy/policy.ts';
import type { Clock } from './ports.ts';
import type { Rib } from './rib/rib.ts';
import type { PeerIndex } from './rib/types.ts';
import type { SessionEnd, SpeakerIdentity, StopHow } from './session/listener.ts';
import type { Negotiated } from './session/negotiation.ts';
import type { Neighbor } from './session/neighbor.ts';
import { refusePeerAsn } from './session/session-asn.ts';
import { StaleRoutes } from './stale-routes.ts';
import type { DebugKind, NeighborView } from './views.ts';
import type { AttributeSets } from './wire/attribute-sets.ts';
import { CeaseSubcode } from './wire/notification.ts';
import { RefreshSubtype } from './wire/route-refresh.ts';

/** RFC 7313 §4: how long routes wait between BoRR and EoRR where graceful restart says nothing. */
const REFRESH_LIMIT_SEC = 360;

export interface PeerOptions {
  readonly instance: string;
  readonly localAsn: Asn;
  readonly localRouterId: RouterId;
  readonly clusterId: number;
  readonly confederation: ConfederationConfig | undefined;
  readonly index: PeerIndex;
  readonly config: NeighborConfig;
  readonly identity: SpeakerIdentity;
  /** The prefix it was made from, for a dynamic neighbor. */
  readonly dynamicPrefix: string | undefined;
}

export interface PeerDeps {
  readonly attributes: AttributeSets;
  /** By family index. */
  readonly ribs: readonly Rib[];
  readonly clock: Clock;
  readonly policyOf: (ref: PolicyRef, kind: PeerKind) => Policy;
  /** RFC 8326 for the whole speaker. */
  readonly isDraining: () => boolean;
  readonly endOfRibReceived: (peer: Peer, family: Family) => void;
  /** No session, and nothing kept for the next one any more. */
  readonly forgotten: (peer: Peer) => void;
  readonly onEvent: (event: SpeakerEvent) => void;
  /** There is work for a slice. */
  readonly onWork: () => void;
}

export class Peer {
  readonly index: PeerIndex;
  readonly neighbor: Neighbor;
  readonly stale: StaleRoutes;
  /** What `debug` shows of it. */
  debug: readonly DebugKind[] = [];
  private readonly options: PeerOptions;
  private readonly deps: PeerDeps;
  private readonly states: readonly FamilyState[];
  private readonly limits: NeighborLimits;
  private readonly input: PeerInput;
  private readonly earlyEndOfRib: EarlyEndOfRib;
  private readonly output: PeerOutput;
  private config: NeighborConfig;
  private identity: SpeakerIdentity;
  private kind: PeerKind = 'ebgp';
  /** Of the last session. */
  private remoteAsn: Asn | undefined;
  /** By order, until it is taken back; undefined: as configured. */
  private drainOrder: boolean | undefined;

  constructor(options: PeerOptions, deps: PeerDeps, neighbor: Neighbor) {
    const { index, config } = options;
    const { attributes, clock, ribs } = deps;
    this.index = index;
    this.options = options;
    this.deps = deps;
    this.neighbor = neighbor;
    this.config = config;
    this.identity = options.identity;
    this.states = families.map(freshFamilyState);
    const { address } = neighbor;
    this.limits = new NeighborLimits({
      index,
      ribs,
      clock,
      told: (family, mark, prefixes, { action, limit }) =>
        this.tell({ type: 'prefix-limit', neighbor: address, family: family.name, mark, prefixes, limit, action }),
      fetch: (family) => this.askAgain(family),
      holdChanged: () => this.neighbor.reconfigure(this.limits.effective(this.config), this.identity),
    });
    this.stale = new StaleRoutes({
      index,
      clock,
      tables: ribs,
      told: (family, change, routes, reason) =>
        this.tell({ type: 'stale-routes', neighbor: address, family: family.name, change, routes, reason }),
      refreshTold: (family, change, removed) =>
        this.tell({ type: 'route-refresh', neighbor: address, family: family.name, change, removed }),
      // A session that has just come up may leave nothing of what was kept; the neighbor is not without one then.
      forgotten: () => {
        if (!this.neighbor.isEstablished) deps.forgotten(this);
      },
    });
    this.output = new PeerOutput({
      index,
      ribs,
      neighbor,
      states: this.states,
      context: () => ({ ...options, config: this.config, isDraining: this.isDraining, policyOf: deps.policyOf }),
      notSent: (family, reason) =>
        this.tell({ type: 'family-not-sent', neighbor: address, family: family.name, reason }),
      onWork: deps.onWork,
    });
    this.earlyEndOfRib = new EarlyEndOfRib(clock, (family) => deps.endOfRibReceived(this, family));
    this.input = new PeerInput(index, {
      attributes,
      ribs,
      clock,
      faultTold: (fault) => this.tell({ type: 'update-fault', neighbor: address, ...fault }),
      endOfRib: (family) => this.endOfRib(family),
      familyDisabled: (family, reason) => this.familyDisabled(family, reason),
      announced: (family) => this.limits.announced(family),
      withdrawn: (family) => this.limits.withdrawn(family),
    });
    this.limits.configure(config);
  }

  /** RFC 8326: what goes out says that this way is about to end. */
  get isDraining(): boolean {
    return this.drainOrder ?? (this.config.isGracefulShutdown === true || this.deps.isDraining());
  }

  established(): void {
    const { negotiated } = this.neighbor;
    if (negotiated === undefined) return;
    const { config } = this;
    // Another AS at this address is not who left those routes, whatever it says of its forwarding state.
    if (negotiated.remoteAsn !== this.remoteAsn) this.stale.dropAll('the neighbor is of another AS now');
    this.kind = negotiated.kind;
    this.remoteAsn = negotiated.remoteAsn;
    this.openInput(negotiated);
    for (const family of families) {
      const state = this.states[family.index];
      const restart = negotiated.gracefulRestart?.families.find((entry) => entry.family === family);
      state.isForwardingPreservedByPeer = restart?.isForwardingPreserved;
    }
    const { gracefulRestart } = config;
    this.stale.established(
      negotiated.families,
      negotiated.gracefulRestart === undefined
        ? undefined
        : { ...negotiated.gracefulRestart, longLived: negotiated.longLived },
      gracefulRestart?.stalePathSec ?? REFRESH_LIMIT_SEC,
    );
    for (const family of negotiated.families) {
      const state = this.states[family.index];
      state.isNegotiated = true;
      this.setImportPolicy(family);
      this.output.join(family);
    }
  }

  down(reason: string, how: SessionEnd): void {
    const { negotiated } = this.neighbor;
    this.input.close();
    const carried = families.filter((family) => this.states[family.index].isNegotiated);
    this.output.leave();
    for (const state of this.states) {
      state.isNegotiated = false;
      state.disabledReason = undefined;
      state.hasEndOfRibReceived = false;
    }
    this.limits.sessionEnded();
    this.earlyEndOfRib.forget();
    const restart = negotiated?.gracefulRestart;
    if (how === 'lost' && restart !== undefined) {
      this.stale.lost(carried, { ...restart, longLived: negotiated?.longLived ?? [] }, reason);
    } else this.stale.ended(carried);
    if (!this.stale.isAway) this.deps.forgotten(this);
  }

  /** One whole UPDATE. Throws NotificationError when the session must end. */
  update(buffer: Uint8Array, offset: number, end: number, nowSec: number): void {
    this.input.update(buffer, offset, end, nowSec);
  }

  routeRefresh(afi: number, safi: number, subtype: number): void {
    const family = families.find((known) => known.afi === afi && known.safi === safi);
    // RFC 2918 §4: for a family that was not negotiated it is ignored.
    const state = family === undefined ? undefined : this.states[family.index];
    if (family === undefined || state?.isNegotiated !== true) return;
    const neighbor = this.neighbor.address;
    switch (subtype) {
      case RefreshSubtype.Request:
        this.tell({ type: 'route-refresh', neighbor, family: family.name, change: 'requested', removed: 0 });
        this.output.sendAgain(family);
        return;
      case RefreshSubtype.Begin:
        // RFC 7313 §4: with graceful restart it is ignored before End-of-RIB.
        if (this.neighbor.negotiated?.gracefulRestart !== undefined && !state.hasEndOfRibReceived) return;
        this.stale.refreshBegun(family, this.config.gracefulRestart?.stalePathSec ?? REFRESH_LIMIT_SEC);
        return;
      case RefreshSubtype.End:
        this.stale.refreshEnded(family);
        return;
      default:
      // RFC 7313 §5: other subtypes are ignored.
    }
  }

  refreshOut(): void {
    for (const family of families) this.output.sendAgain(family);
  }

  /** Asks the peer for its routes again, or evaluates what it sent when it takes no ROUTE-REFRESH. */
  refreshIn(): void {
    for (const family of families) this.askAgain(family);
  }

  /** Takes a new configuration over; answers as Neighbor.reconfigure. */
  configure(config: NeighborConfig, identity: SpeakerIdentity): 'unchanged' | 'updated' | 'reset' {
    const before = this.config;
    this.config = config;
    this.identity = identity;
    const isLimitChanged = families.some(
      ({ name }) => !isEqual(before.familyOptions?.[name]?.maxPrefixes, config.familyOptions?.[name]?.maxPrefixes),
    );
    if (isLimitChanged) {
      // Another limit is another chance.
      this.limits.release();
      this.limits.configure(config);
    }
    const taken = this.neighbor.reconfigure(this.limits.effective(config), identity);
    // What another limit let go was reconfigured by that.
    const outcome = isLimitChanged && taken === 'unchanged' ? 'updated' : taken;
    // As by order.
    if (config.isShutdown && !before.isShutdown) this.stale.dropAll('shut down by the configuration');
    const { negotiated } = this.neighbor;
    const { options, remoteAsn } = this;
    if (remoteAsn !== undefined && refusePeerAsn(options, config, remoteAsn) !== undefined) {
      this.stale.dropAll('another AS is meant now');
    }
    if (outcome === 'updated' && negotiated !== undefined) {
      if (isOtherSource(before, config)) {
        this.neighbor.reset(CeaseSubcode.OtherConfigurationChange);
        return 'reset';
      }
      if (isJudgedOtherwise(before, config, negotiated.localRole)) {
        // What came before is judged anew as well: the peer sends it again (RFC 2918).
        this.openInput(negotiated);
        for (const state of this.states) state.disabledReason = undefined;
        if (negotiated.hasRouteRefresh) this.refreshIn();
        else {
          this.neighbor.reset(CeaseSubcode.OtherConfigurationChange);
          return 'reset';
        }
      }
    }
    if (isLimitChanged) {
      const carried = families.filter((family) => this.states[family.index].isNegotiated);
      const fault = this.limits.enforce(carried);
      if (fault !== undefined) this.neighbor.resetByFault(fault);
      else for (const family of carried) this.limits.fetchRefused(family);
    }
    return outcome;
  }

  /** After configure(), or when policies, our addresses or what concerns all neighbors changed: only differences are sent. */
  applyOptions(): void {
    for (const family of families) {
      const { isNegotiated } = this.states[family.index];
      // What is kept of a neighbor that is away is judged anew as well.
      if (isNegotiated || this.stale.isAway) this.setImportPolicy(family);
      if (isNegotiated) this.output.applyOptions(family);
    }
  }

  /** As it is evaluated now; undefined while nothing of the family is sent. */
  exportPolicyOf(family: Family): { readonly policy: PolicyRef; readonly kind: PeerKind } | undefined {
    const { negotiated } = this.neighbor;
    if (negotiated === undefined || !this.states[family.index].isJoined) return undefined;
    const policy = this.config.familyOptions?.[family.name]?.exportPolicy ?? this.config.exportPolicy;
    return { policy, kind: negotiated.kind };
  }

  drain(isDraining: boolean): void {
    this.drainOrder = isDraining;
    this.applyOptions();
  }

  /** A hard clear: what kept the neighbor down is forgotten as well, and so is what was kept. */
  clear(): void {
    this.limits.release();
    this.neighbor.reset();
    this.stale.dropAll('cleared by an operator');
  }

  shutdown(isShutdown: boolean, message: string | undefined): void {
    if (!isShutdown) this.limits.release();
    this.neighbor.setShutdown(isShutdown, message);
    if (isShutdown) this.stale.dropAll('shut down by an operator');
  }

  /** The neighbor was stopped: no timer is left, no route either. */
  close(how: StopHow): void {
    this.limits.stop();
    this.stale.dropAll(how === 'restart' || how === 'final' ? 'this speaker stops' : 'the neighbor was removed');
    this.stale.stop();
    this.earlyEndOfRib.forget();
  }

  view(): NeighborView {
    const facts: PeerFacts = {
      index: this.index,
      ribs: this.deps.ribs,
      config: this.config,
      neighbor: this.neighbor,
      states: this.states,
      stale: this.stale,
      input: this.input,
      limitOf: (family) => this.limits.counter.configOf(family),
      dynamicPrefix: this.options.dynamicPrefix,
      holdReason: this.limits.holdReason,
      isDraining: this.isDraining,
      debug: this.debug,
    };
    return viewPeer(facts);
  }

  private openInput(negotiated: Negotiated): void {
    const { config } = this;
    const { localAsn, localRouterId, clusterId, confederation } = this.options;
    const { kind, remoteAsn } = negotiated;
    const { localAs } = config;
    this.input.open(
      {
        kind,
        hasFourOctetAsn: negotiated.hasFourOctetAsn,
        families: negotiated.families,
        addPath: negotiated.addPathReceive,
        hasExtendedNextHop: negotiated.hasExtendedNextHop,
        remoteAsn,
        enforcesFirstAs: enforcesFirstAs(config, negotiated.localRole),
        acceptsAsSets: config.acceptsAsSets === true,
        acceptsAigp: config.isAigpSession ?? kind !== 'ebgp',
        isInConfederation: confederation !== undefined,
      },
      {
        kind,
        localAsn,
        localRouterId,
        clusterId,
        confederation,
        remoteAsn,
        allowAsIn: config.allowAsIn ?? 0,
        role: negotiated.localRole,
        localAs:
          localAs !== undefined && negotiated.localAsn === localAs.asn
            ? { asn: localAs.asn, isPrepended: !localAs.isNoPrepend }
            : undefined,
      },
    );
  }

  private familyDisabled(family: Family, reason: string): void {
    this.states[family.index].disabledReason = reason;
    // No End-of-RIB of it will be understood either.
    this.deps.endOfRibReceived(this, family);
    this.tell({ type: 'family-disabled', neighbor: this.neighbor.address, family: family.name, reason });
  }

  /** No End-of-RIB is awaited of it, by RFC 4724 §4.1; what it has to say in a moment is. */
  expectLittle(): void {
    for (const family of families) if (this.states[family.index].isNegotiated) this.earlyEndOfRib.received(family);
  }

  private endOfRib(family: Family): void {
    this.states[family.index].hasEndOfRibReceived = true;
    this.tell({ type: 'end-of-rib', neighbor: this.neighbor.address, family: family.name });
    this.stale.endOfRib(family);
    const rib = this.deps.ribs[family.index];
    if (rib.isDeferred && rib.announced(this.index) === 0) this.earlyEndOfRib.received(family);
    else this.deps.endOfRibReceived(this, family);
  }

  private askAgain(family: Family): void {
    const { negotiated } = this.neighbor;
    const { importPolicy, isNegotiated } = this.states[family.index];
    if (negotiated === undefined || !isNegotiated) return;
    if (negotiated.hasRouteRefresh) this.output.sendRefresh(family, RefreshSubtype.Request);
    else if (importPolicy !== undefined) this.deps.ribs[family.index].setImportPolicy(this.index, importPolicy);
  }

  private setImportPolicy(family: Family): void {
    const ref = this.config.familyOptions?.[family.name]?.importPolicy ?? this.config.importPolicy;
    const policy = this.deps.policyOf(ref, this.kind);
    const state = this.states[family.index];
    const { negotiated, connectionInfo } = this.neighbor;
    if (state.isNegotiated && negotiated !== undefined && connectionInfo !== undefined) {
      const context = importContext(family, negotiated, connectionInfo);
      this.deps.ribs[family.index].setImportContext(this.index, context);
    }
    if (state.importPolicy === policy) return;
    state.importPolicy = policy;
    this.deps.ribs[family.index].setImportPolicy(this.index, policy);
  }

  private tell(event: UntimedEvent): void {
    this.deps.onEvent({ instance: this.options.instance, wallMs: this.deps.clock.wallMs(), ...event });
  }
}

type UntimedEvent = SpeakerEvent extends infer E ? (E extends unknown ? Omit<E, 'instance' | 'wallMs'> : never) : never;
