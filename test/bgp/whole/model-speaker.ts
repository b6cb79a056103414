// The slow model of a whole speaker: its neighbors (model-neighbor.ts), its tables (../rib/model.ts), the time, and its own restart
// after RFC 4724 §4.1: what is awaited before routes are selected, what R and F say in its OPENs, when End-of-RIB may go out. Where
// bgp/README.md names a choice of ours, it is here too, with the words "Ours".

import type { FamilyName } from '#bgp/net/family.ts';
import { Model, type ModelPeer, type ModelSpeaker } from '../rib/model.ts';
import type { ModelAttributes, ModelPolicy } from '../rib/model-route.ts';
import { familyNames, ModelFamily, ModelNeighbor, type End, type Neighborhood } from './model-neighbor.ts';
import type { FarOpen } from './octets-out.ts';

/** Ours: an End-of-RIB before any route counts later. */
const PATIENCE_MS = 3000;

export interface ModelIdentity extends ModelSpeaker {
  readonly routerId: number;
  readonly selectionDeferralSec: number;
}

interface Alarm {
  readonly atMs: number;
  readonly neighbor: ModelNeighbor;
  readonly family: FamilyName | undefined;
}

export class ModelWhole {
  readonly identity: ModelIdentity;
  readonly neighbors: ModelNeighbor[] = [];
  readonly unreachable = new Set<string>();
  readonly metrics = new Map<string, number>();
  readonly models: Readonly<Record<FamilyName, Model>>;
  nowMs = 0;
  hasSynchronised = true;
  /** The process before this one left forwarding state for them. */
  preserved: readonly FamilyName[] = [];
  private isRestarting = false;
  private deferralEndsMs = Infinity;
  private readonly awaited = new Map<FamilyName, Set<ModelNeighbor>>();
  /** A neighbor that has not come back by then is not awaited any more. */
  private absences: Alarm[] = [];
  /** An End-of-RIB that counts then. */
  private early: Alarm[] = [];

  constructor(identity: ModelIdentity) {
    this.identity = identity;
    const make = (): Model => new Model(identity, this.unreachable, this.metrics);
    this.models = { 'ipv4-unicast': make(), 'ipv6-unicast': make() };
    for (const name of familyNames) this.models[name].peers.push({ ...localPeer });
  }

  add(setting: Neighborhood, number: number, order: number, importPolicy: ModelPolicy): ModelNeighbor {
    const { kind, asn, isClient, isRouteServerClient, role } = setting;
    const families = familyNames.map((name) => {
      const peer: ModelPeer = {
        number,
        kind,
        asn,
        isClient,
        isRouteServerClient,
        role,
        routerId: 0,
        address: order,
        importPolicy,
        session: undefined,
      };
      this.models[name].peers.push(peer);
      return new ModelFamily(name, this.models[name], peer);
    });
    const neighbor = new ModelNeighbor(setting, families);
    this.neighbors.push(neighbor);
    return neighbor;
  }

  /** RFC 4724 §3 in our OPEN: R until routes are selected; F for what outlived the last process, or was forwarded all the time. */
  get showsRestart(): boolean {
    return this.isRestarting && this.awaited.size > 0;
  }

  showsForwarding(neighbor: ModelNeighbor, family: FamilyName): boolean {
    return neighbor.hadSession || this.preserved.includes(family);
  }

  isDeferred(family: FamilyName): boolean {
    return this.awaited.has(family);
  }

  /** Another process: nothing is known but what it is told, and networks. */
  begin(isRestarting: boolean, preserved: readonly FamilyName[], shutDown: readonly ModelNeighbor[]): void {
    this.isRestarting = isRestarting;
    this.preserved = preserved;
    this.hasSynchronised = false;
    this.awaited.clear();
    this.absences = [];
    this.early = [];
    this.deferralEndsMs = Infinity;
    for (const neighbor of this.neighbors) {
      neighbor.session = undefined;
      neighbor.hadSession = false;
      neighbor.isShutdown = shutDown.includes(neighbor);
      for (const family of neighbor.families) {
        family.peer.session = undefined;
        family.forget();
      }
    }
    for (const name of familyNames) this.models[name].isDraining = false;
    if (isRestarting) this.defer();
    this.showSelection();
  }

  established(neighbor: ModelNeighbor, open: FarOpen): void {
    neighbor.established(open, this.nowMs);
    this.absences = this.absences.filter((alarm) => alarm.neighbor !== neighbor);
    for (const name of familyNames) if (!open.families.includes(name)) this.strike(neighbor, name);
    const restart = neighbor.restartOf(open);
    if (restart !== undefined && !restart.isRestarting) return;
    // Ours: of a peer that restarts itself or has no graceful restart three seconds are awaited.
    if (this.awaited.size > 0) for (const name of open.families) this.strikeSoon(neighbor, name);
  }

  lost(neighbor: ModelNeighbor, end: End): void {
    if (neighbor.session === undefined) return;
    neighbor.lost(end, this.nowMs);
    this.sessionEnded(neighbor);
  }

  /** Cleared by an operator. */
  clear(neighbor: ModelNeighbor): void {
    const hadSession = neighbor.session !== undefined;
    neighbor.forget(this.nowMs);
    if (hadSession) this.sessionEnded(neighbor);
  }

  shutdown(neighbor: ModelNeighbor, isShutdown: boolean): void {
    neighbor.isShutdown = isShutdown;
    if (!isShutdown) return;
    for (const name of familyNames) this.strike(neighbor, name);
    this.clear(neighbor);
  }

  endOfRib(neighbor: ModelNeighbor, family: ModelFamily): void {
    const hasCurrent = family.model.pathsOf(family.peer).some(({ path }) => path.age === 'current');
    neighbor.endOfRib(family);
    // Ours: before any route it counts a little later.
    if (this.isDeferred(family.name) && !hasCurrent) this.strikeSoon(neighbor, family.name);
    else this.strike(neighbor, family.name);
  }

  announce(
    { allowAsIn, session, setting }: ModelNeighbor,
    family: ModelFamily,
    prefix: string,
    pathId: number,
    sent: ModelAttributes,
  ): void {
    if (session === undefined) return;
    const { kind } = setting;
    // RFC 7606 §7.5, §7.9, §7.10: discarded from external neighbors; RFC 7311 §3.3: AIGP is off towards them.
    const attributes: ModelAttributes = {
      ...sent,
      localPref: kind === 'ebgp' ? undefined : sent.localPref,
      aigp: kind === 'ebgp' ? undefined : sent.aigp,
      originatorId: kind === 'ibgp' ? sent.originatorId : undefined,
      clusterList: kind === 'ibgp' ? sent.clusterList : [],
    };
    family.model.announce(family.peer, prefix, attributes, this.isRefused(setting, allowAsIn, attributes), pathId);
  }

  /** Everything that is due by then happens, in order. */
  pass(ms: number): void {
    const until = this.nowMs + ms;
    for (let next = this.nextAlarm(); next.atMs <= until; next = this.nextAlarm()) {
      this.nowMs = next.atMs;
      next.run();
    }
    this.nowMs = until;
  }

  private nextAlarm(): { readonly atMs: number; readonly run: () => void } {
    const alarms = [
      { atMs: Infinity, run: () => undefined },
      ...this.neighbors.flatMap((neighbor) =>
        neighbor.families.map((family) => ({ atMs: family.deadlineMs, run: () => neighbor.expired(family) })),
      ),
      ...this.absences.map((alarm) => ({
        atMs: alarm.atMs,
        run: () => {
          this.absences = this.absences.filter((other) => other !== alarm);
          for (const name of familyNames) this.strike(alarm.neighbor, name);
        },
      })),
      ...this.early.map((alarm) => ({
        atMs: alarm.atMs,
        run: () => {
          this.early = this.early.filter((other) => other !== alarm);
          if (alarm.family !== undefined) this.strike(alarm.neighbor, alarm.family);
        },
      })),
      {
        atMs: this.deferralEndsMs,
        run: () => {
          for (const name of familyNames) this.release(name);
        },
      },
    ];
    return alarms.reduce((first, other) => (other.atMs < first.atMs ? other : first));
  }

  private defer(): void {
    // RFC 4724 §4.1: End-of-RIB of all peers with graceful restart. Ours: of those that were asked to wait for us.
    const asked = this.neighbors.filter(({ isShutdown, setting }) => setting.restart === 'full' && !isShutdown);
    if (asked.length === 0) return;
    for (const name of familyNames) this.awaited.set(name, new Set(asked));
    this.deferralEndsMs = this.nowMs + this.identity.selectionDeferralSec * 1000;
    for (const neighbor of asked) this.absent(neighbor);
  }

  private absent(neighbor: ModelNeighbor): void {
    const { restart, restartTimeSec } = neighbor.setting;
    if (this.awaited.size === 0 || restart !== 'full') return;
    if (this.absences.some((alarm) => alarm.neighbor === neighbor)) return;
    this.absences.push({ atMs: this.nowMs + restartTimeSec * 1000, neighbor, family: undefined });
  }

  private sessionEnded(neighbor: ModelNeighbor): void {
    this.early = this.early.filter((alarm) => alarm.neighbor !== neighbor);
    this.absent(neighbor);
  }

  private strikeSoon(neighbor: ModelNeighbor, family: FamilyName): void {
    if (this.early.some((alarm) => alarm.neighbor === neighbor && alarm.family === family)) return;
    this.early.push({ atMs: this.nowMs + PATIENCE_MS, neighbor, family });
  }

  private strike(neighbor: ModelNeighbor, family: FamilyName): void {
    const waiting = this.awaited.get(family);
    if (waiting?.delete(neighbor) === true && waiting.size === 0) this.release(family);
  }

  private release(family: FamilyName): void {
    this.awaited.delete(family);
    this.showSelection();
    if (this.awaited.size > 0) return;
    this.deferralEndsMs = Infinity;
    this.absences = [];
  }

  private showSelection(): void {
    for (const name of familyNames) this.models[name].isDeferred = this.isDeferred(name);
  }

  /** A route that must not be used: it has been here, or it leaks. */
  private isRefused(setting: Neighborhood, allowAsIn: number, attributes: ModelAttributes): boolean {
    const { clusterId, confederation, localAsn, routerId } = this.identity;
    const { asn, kind, role } = setting;
    const path = [...attributes.confederation, ...attributes.asPath];
    const times = (number: number | undefined): number => path.filter((hop) => hop === number).length;
    // RFC 4271 §9.1.2, RFC 5065 §4
    if (times(localAsn) > allowAsIn || times(confederation) > allowAsIn) return true;
    // RFC 4456 §8
    if (kind === 'ibgp' && (attributes.originatorId === routerId || attributes.clusterList.includes(clusterId))) {
      return true;
    }
    // RFC 9234 §5
    if (attributes.otc === undefined) return false;
    if (role === 'provider' || role === 'rs-server') return true;
    return role === 'peer' && attributes.otc !== asn;
  }
}

const localPeer: ModelPeer = {
  number: 0,
  kind: 'local',
  asn: 0,
  isClient: false,
  isRouteServerClient: false,
  role: undefined,
  routerId: 0,
  address: -1,
  importPolicy: {
    prefixes: undefined,
    addCommunities: [],
    localPreference: undefined,
    isAccepting: true,
    isOtherwiseAccepting: false,
  },
  session: undefined,
};
