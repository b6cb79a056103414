// One neighbor as the speaker sees it: its session (session/neighbor.ts) joined to the RIBs. Applies what
// an UPDATE says, enters and leaves update groups, knows why a family is not sent, and draws its view.
// Which peers exist and when work is done is speaker.ts's business.
// hot

import type { NeighborConfig } from './config.ts';
import type { SpeakerEvent } from './events.ts';
import type { Asn } from './net/asn.ts';
import type { Family } from './net/family.ts';
import { families, familyByName } from './net/family.ts';
import type { Policy } from './policy/policy.ts';
import type { Clock, ConnectionInfo } from './ports.ts';
import { plainGroupOptions } from './rib/group-options.ts';
import { PathFlag } from './rib/code-points.ts';
import type { Rib } from './rib/rib.ts';
import type { GroupMember, PeerIndex, UpdateGroupOptions } from './rib/types.ts';
import type { Negotiated } from './session/negotiation.ts';
import type { Neighbor } from './session/neighbor.ts';
import { nextHopOf } from './session-next-hop.ts';
import type { NeighborFamilyView, NeighborView } from './views.ts';
import { SetFlag, type AttributeSets, type AttrSetId } from './wire/attribute-sets.ts';
import { MAX_MESSAGE_LENGTH } from './wire/message.ts';
import { NlriCursor } from './wire/nlri.ts';
import { encodeRouteRefresh, RefreshSubtype } from './wire/route-refresh.ts';
import { UpdateReader } from './wire/update-reader.ts';

/** RFC 7606 faults are told at most this often a peer; every one is counted. */
const FAULT_EVENT_INTERVAL_MS = 1000;

export interface PeerOptions {
  readonly instance: string;
  readonly localAsn: Asn;
  readonly localRouterId: number;
  readonly index: PeerIndex;
  readonly config: NeighborConfig;
}

export interface PeerDeps {
  readonly attributes: AttributeSets;
  /** By family index. */
  readonly ribs: readonly Rib[];
  readonly clock: Clock;
  /** The policy objects of the neighbor's configuration, for a session of that kind. */
  readonly policies: (config: NeighborConfig, isIbgp: boolean) => { readonly import: Policy; readonly export: Policy };
  readonly onEvent: (event: SpeakerEvent) => void;
}

interface FamilyState {
  isNegotiated: boolean;
  isJoined: boolean;
  notSentReason: string | undefined;
  hasEndOfRibReceived: boolean;
  hasEndOfRibSent: boolean;
}

export class Peer {
  readonly index: PeerIndex;
  private readonly options: PeerOptions;
  private readonly deps: PeerDeps;
  private readonly neighbor: Neighbor;
  private readonly states: readonly FamilyState[];
  private readonly cursor = new NlriCursor();
  private reader: UpdateReader | undefined;
  private importPolicy: Policy | undefined;
  private exportPolicy: Policy | undefined;
  private isNextHopSelf: boolean;
  private treatedAsWithdraw = 0;
  private attributesDiscarded = 0;
  private lastFaultEventMs = Number.NEGATIVE_INFINITY;

  constructor(options: PeerOptions, deps: PeerDeps, neighbor: Neighbor) {
    this.index = options.index;
    this.options = options;
    this.deps = deps;
    this.neighbor = neighbor;
    this.isNextHopSelf = options.config.isNextHopSelf;
    this.states = families.map(() => ({
      isNegotiated: false,
      isJoined: false,
      notSentReason: undefined,
      hasEndOfRibReceived: false,
      hasEndOfRibSent: false,
    }));
  }

  established(): void {
    const { negotiated, connectionInfo } = this.neighbor;
    if (negotiated === undefined || connectionInfo === undefined) return;
    this.reader = new UpdateReader({
      attributes: this.deps.attributes,
      kind: negotiated.kind,
      hasFourOctetAsn: negotiated.hasFourOctetAsn,
      families: negotiated.families,
      remoteAsn: negotiated.remoteAsn,
    });
    const policies = this.deps.policies(this.neighbor.config, negotiated.isIbgp);
    this.importPolicy = policies.import;
    this.exportPolicy = policies.export;
    this.isNextHopSelf = this.neighbor.config.isNextHopSelf;
    for (const family of negotiated.families) {
      const state = this.states[family.index];
      state.isNegotiated = true;
      this.deps.ribs[family.index].setImportPolicy(this.index, policies.import);
      this.join(family, negotiated, connectionInfo);
    }
  }

  down(): void {
    this.reader?.close();
    this.reader = undefined;
    for (const family of families) {
      const state = this.states[family.index];
      const rib = this.deps.ribs[family.index];
      if (state.isJoined) rib.groups.leave(this.index);
      if (state.isNegotiated) rib.removePeer(this.index);
      state.isNegotiated = false;
      state.isJoined = false;
      state.notSentReason = undefined;
      state.hasEndOfRibReceived = false;
      state.hasEndOfRibSent = false;
    }
  }

  /** One whole UPDATE. Throws NotificationError when the session must end (RFC 7606 §3). */
  update(buffer: Uint8Array, offset: number, end: number, nowSec: number): void {
    const reader = this.reader;
    if (reader === undefined) return;
    reader.read(buffer, offset, end);
    if (reader.isTreatAsWithdraw || reader.discarded.length > 0) this.countFaults(reader);
    if (reader.withdrawnStart < reader.withdrawnEnd) {
      this.withdraw(families[0], buffer, reader.withdrawnStart, reader.withdrawnEnd);
    }
    if (reader.unreachFamily !== undefined) {
      this.withdraw(reader.unreachFamily, buffer, reader.unreachStart, reader.unreachEnd);
    }
    if (reader.nlriStart < reader.nlriEnd) {
      this.announce(families[0], buffer, reader.nlriStart, reader.nlriEnd, reader.attr, nowSec);
    }
    if (reader.reachFamily !== undefined) {
      this.announce(reader.reachFamily, buffer, reader.reachStart, reader.reachEnd, reader.mpAttr, nowSec);
    }
    if (reader.endOfRib !== undefined) this.endOfRib(reader.endOfRib);
  }

  private withdraw(family: Family, buffer: Uint8Array, start: number, end: number): void {
    const rib = this.deps.ribs[family.index];
    const cursor = this.cursor;
    cursor.reset(buffer, start, end, family);
    while (cursor.next()) rib.withdraw(this.index, 0, cursor.w0, cursor.w1, cursor.w2, cursor.w3, cursor.length);
  }

  private announce(
    family: Family,
    buffer: Uint8Array,
    start: number,
    end: number,
    attr: AttrSetId,
    nowSec: number,
  ): void {
    // RFC 7606 §2: the routes are handled as though they had been withdrawn.
    if (attr === 0 || this.reader?.isTreatAsWithdraw === true) {
      this.withdraw(family, buffer, start, end);
      return;
    }
    const rib = this.deps.ribs[family.index];
    const flags = this.isLoop(attr) ? PathFlag.AsLoop : 0;
    const cursor = this.cursor;
    cursor.reset(buffer, start, end, family);
    while (cursor.next()) {
      rib.announce(this.index, 0, cursor.w0, cursor.w1, cursor.w2, cursor.w3, cursor.length, attr, flags, nowSec);
    }
  }

  private isLoop(attr: AttrSetId): boolean {
    const { attributes } = this.deps;
    // RFC 4271 §9.1.2: a route whose path contains our own AS is not eligible. RFC 4456 §8: nor is one that we originated.
    if (attributes.containsAsn(attr, this.options.localAsn)) return true;
    return (
      (attributes.flags[attr] & SetFlag.OriginatorId) !== 0 &&
      attributes.originatorId[attr] === this.options.localRouterId
    );
  }

  private countFaults(reader: UpdateReader): void {
    if (reader.isTreatAsWithdraw) this.treatedAsWithdraw++;
    this.attributesDiscarded += reader.discarded.length;
    const nowMs = this.deps.clock.nowMs();
    if (nowMs - this.lastFaultEventMs < FAULT_EVENT_INTERVAL_MS) return;
    this.lastFaultEventMs = nowMs;
    const [discarded] = reader.discarded;
    const fault = reader.isTreatAsWithdraw
      ? { action: 'treat-as-withdraw' as const, attribute: reader.faultCode, reason: reader.faultReason }
      : { action: 'attribute-discard' as const, attribute: discarded.code, reason: discarded.reason };
    this.tell({ type: 'update-fault', neighbor: this.neighbor.address, ...fault });
  }

  private endOfRib(family: Family): void {
    this.states[family.index].hasEndOfRibReceived = true;
    this.tell({ type: 'end-of-rib', neighbor: this.neighbor.address, family: family.name });
  }

  /** Sends everything of the family again (RFC 2918 §4). */
  routeRefresh(afi: number, safi: number, subtype: number): void {
    if (subtype !== RefreshSubtype.Request) return;
    for (const family of families) {
      if (family.afi !== afi || family.safi !== safi || !this.states[family.index].isJoined) continue;
      this.deps.ribs[family.index].groups.refresh(this.index);
    }
  }

  refreshOut(): void {
    for (const family of families) {
      if (this.states[family.index].isJoined) this.deps.ribs[family.index].groups.refresh(this.index);
    }
  }

  /** Asks the peer for its routes again, or evaluates what it sent when it takes no ROUTE-REFRESH. */
  refreshIn(): void {
    const { negotiated } = this.neighbor;
    if (negotiated === undefined) return;
    for (const family of families) {
      if (!this.states[family.index].isNegotiated) continue;
      if (negotiated.hasRouteRefresh) {
        const { afi, safi } = family;
        this.neighbor.send(encodeRouteRefresh({ afi, safi, subtype: RefreshSubtype.Request }), 0);
      } else if (this.importPolicy !== undefined) {
        this.deps.ribs[family.index].setImportPolicy(this.index, this.importPolicy);
      }
    }
  }

  /** Takes over policies and next-hop rules of the neighbor's present configuration without a reset. */
  applyPolicies(): void {
    const { negotiated, connectionInfo, config } = this.neighbor;
    if (negotiated === undefined || connectionInfo === undefined || !this.neighbor.isEstablished) return;
    const policies = this.deps.policies(config, negotiated.isIbgp);
    const isImportChanged = policies.import !== this.importPolicy;
    const isExportChanged = policies.export !== this.exportPolicy || config.isNextHopSelf !== this.isNextHopSelf;
    this.importPolicy = policies.import;
    this.exportPolicy = policies.export;
    this.isNextHopSelf = config.isNextHopSelf;
    for (const family of families) {
      const state = this.states[family.index];
      const rib = this.deps.ribs[family.index];
      if (state.isNegotiated && isImportChanged) rib.setImportPolicy(this.index, policies.import);
      if (!state.isJoined || !isExportChanged) continue;
      const options = this.groupOptions(family, negotiated, connectionInfo);
      if (typeof options !== 'string') rib.groups.change(this.index, options);
    }
  }

  private join(family: Family, negotiated: Negotiated, info: ConnectionInfo): void {
    const state = this.states[family.index];
    const options = this.groupOptions(family, negotiated, info);
    if (typeof options === 'string') {
      state.notSentReason = options;
      this.tell({ type: 'family-not-sent', neighbor: this.neighbor.address, family: family.name, reason: options });
      return;
    }
    const { neighbor } = this;
    const member: GroupMember = {
      peer: this.index,
      send: (bytes, updates) => neighbor.send(bytes, updates),
      queuedBytes: () => neighbor.queuedBytes(),
      endOfRibSent: () => {
        state.hasEndOfRibSent = true;
      },
      refreshBegins: () => undefined,
      refreshEnded: () => undefined,
    };
    state.isJoined = true;
    this.deps.ribs[family.index].groups.join(member, options);
  }

  private groupOptions(family: Family, negotiated: Negotiated, info: ConnectionInfo): UpdateGroupOptions | string {
    const nextHop = nextHopOf(family, info);
    if (typeof nextHop === 'string') return nextHop;
    if (this.exportPolicy === undefined) return 'no export policy';
    return {
      ...plainGroupOptions,
      kind: negotiated.isIbgp ? 'ibgp' : 'ebgp',
      localAsn: this.options.localAsn,
      shownAsn: this.options.localAsn,
      prepend: negotiated.isIbgp ? [] : [this.options.localAsn],
      nextHop: nextHop.address,
      linkLocalNextHop: nextHop.linkLocal,
      nextHopMode: this.isNextHopSelf ? 'self' : 'default',
      isFourOctetAs: negotiated.hasFourOctetAsn,
      exportPolicy: this.exportPolicy,
    };
  }

  view(): NeighborView {
    return {
      ...this.neighbor.view(),
      families: families.map((family) => this.familyView(family)),
      // Messages are acted upon as they are decoded. What waits for the peer is known in bytes: counted as full messages.
      inputQueue: 0,
      outputQueue: Math.ceil(this.neighbor.queuedBytes() / MAX_MESSAGE_LENGTH),
      treatedAsWithdraw: this.treatedAsWithdraw,
      attributesDiscarded: this.attributesDiscarded,
    };
  }

  private familyView(family: Family): NeighborFamilyView {
    const state = this.states[family.index];
    const rib = this.deps.ribs[family.index];
    const { config, negotiated } = this.neighbor;
    const isEbgp = negotiated === undefined ? this.isConfiguredEbgp() : !negotiated.isIbgp;
    return {
      family: family.name,
      isConfigured: config.families.some((name) => familyByName(name) === family),
      isNegotiated: state.isNegotiated,
      receivedPrePolicy: rib.received(this.index),
      accepted: rib.accepted(this.index),
      sent: state.isJoined ? rib.groups.sent(this.index) : 0,
      notSentReason: state.notSentReason,
      isImportPolicyMissing: isEbgp && config.importPolicy === 'unset',
      isExportPolicyMissing: isEbgp && config.exportPolicy === 'unset',
      hasEndOfRibReceived: state.hasEndOfRibReceived,
      hasEndOfRibSent: state.hasEndOfRibSent,
      updateGroupId: state.isJoined ? rib.groups.idOf(this.index) : undefined,
    };
  }

  private isConfiguredEbgp(): boolean {
    const { remoteAsn } = this.neighbor.config;
    return remoteAsn === 'external' || (typeof remoteAsn === 'number' && remoteAsn !== this.options.localAsn);
  }

  private tell(event: UntimedEvent): void {
    this.deps.onEvent({ instance: this.options.instance, wallMs: this.deps.clock.wallMs(), ...event });
  }
}

type UntimedEvent = SpeakerEvent extends infer E ? (E extends unknown ? Omit<E, 'instance' | 'wallMs'> : never) : never;
