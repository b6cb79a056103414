// hot: what a neighbor's UPDATEs do to the RIBs while its session stands: RFC 7606 outcomes, what a route is before policy
// (ingress.ts), path identifiers, and the limits on prefixes. When routes are kept or go between sessions is stale-routes.ts.

import { families, type Family } from './net/family.ts';
import type { IngressOptions } from './ingress.ts';
import { Ingress } from './ingress.ts';
import type { Clock } from './ports.ts';
import type { Rib } from './rib/rib.ts';
import type { PeerIndex } from './rib/types.ts';
import type { UpdateFaultView } from './views.ts';
import type { AttributeSets, AttrSetId } from './wire/attribute-sets.ts';
import { NlriCursor } from './wire/nlri.ts';
import type { NotificationError } from './wire/notification.ts';
import { UpdateReader, type UpdateReaderOptions } from './wire/update-reader.ts';

/** RFC 7606 faults are told at most this often a peer; every one is counted. */
const FAULT_EVENT_INTERVAL_MS = 1000;

type UpdateFault = Omit<UpdateFaultView, 'atWallMs'>;

export interface PeerInputDeps {
  readonly attributes: AttributeSets;
  /** By family index. */
  readonly ribs: readonly Rib[];
  readonly clock: Clock;
  readonly faultTold: (fault: UpdateFault) => void;
  readonly endOfRib: (family: Family) => void;
  /** RFC 7606 §2: nothing of the family is taken any more; what there is goes. */
  readonly familyDisabled: (family: Family, reason: string) => void;
  /** Routes have come; answers what the session must end with, for too many of them. */
  readonly announced: (family: Family) => NotificationError | undefined;
  readonly withdrawn: (family: Family) => void;
}

export class PeerInput {
  treatedAsWithdraw = 0;
  attributesDiscarded = 0;
  lastFault: UpdateFaultView | undefined;
  private readonly index: PeerIndex;
  private readonly deps: PeerInputDeps;
  private readonly cursor = new NlriCursor();
  private reader: UpdateReader | undefined;
  private ingress: Ingress | undefined;
  private leaksBefore = 0;
  /** By family index: prefixes come with path identifiers (RFC 7911). */
  private hasPathIds: readonly boolean[];
  private lastFaultEventMs = Number.NEGATIVE_INFINITY;

  constructor(index: PeerIndex, deps: PeerInputDeps) {
    this.index = index;
    this.deps = deps;
    this.lastFault = undefined;
    this.reader = undefined;
    this.ingress = undefined;
    this.hasPathIds = families.map(() => false);
  }

  get leaks(): number {
    return this.leaksBefore + (this.ingress?.leaks ?? 0);
  }

  open(options: Omit<UpdateReaderOptions, 'attributes'>, ingress: IngressOptions): void {
    this.close();
    const { attributes } = this.deps;
    this.reader = new UpdateReader({ attributes, ...options });
    this.ingress = new Ingress(attributes, ingress);
    this.hasPathIds = families.map((family) => options.addPath?.includes(family) === true);
  }

  close(): void {
    this.reader?.close();
    this.reader = undefined;
    this.leaksBefore = this.leaks;
    this.ingress = undefined;
  }

  /** One whole UPDATE. Throws NotificationError when the session must end (RFC 7606 §3, RFC 4486 §4). */
  update(buffer: Uint8Array, offset: number, end: number, nowSec: number): void {
    const { reader, ingress } = this;
    if (reader === undefined || ingress === undefined) return;
    reader.read(buffer, offset, end);
    if (reader.isTreatAsWithdraw || reader.discarded.length > 0) this.countFaults(reader);
    if (reader.newlyDisabled !== undefined) {
      this.deps.ribs[reader.newlyDisabled.index].removePeer(this.index);
      this.deps.familyDisabled(reader.newlyDisabled, reader.disableReason);
    }
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
    if (reader.endOfRib !== undefined) this.deps.endOfRib(reader.endOfRib);
  }

  private withdraw(family: Family, buffer: Uint8Array, start: number, end: number): void {
    const rib = this.deps.ribs[family.index];
    const { cursor } = this;
    cursor.reset(buffer, start, end, family, this.hasPathIds[family.index]);
    while (cursor.next()) {
      rib.withdraw(this.index, cursor.pathId, cursor.w0, cursor.w1, cursor.w2, cursor.w3, cursor.length);
    }
    this.deps.withdrawn(family);
  }

  private announce(
    family: Family,
    buffer: Uint8Array,
    start: number,
    end: number,
    attr: AttrSetId,
    nowSec: number,
  ): void {
    const { ingress } = this;
    // RFC 7606 §2: the routes are handled as though they had been withdrawn.
    if (attr === 0 || ingress === undefined || this.reader?.isTreatAsWithdraw === true) {
      this.withdraw(family, buffer, start, end);
      return;
    }
    const flags = ingress.flagsOf(attr);
    const used = ingress.rewrite(attr);
    if (used === 0) {
      // With what we add the attributes would fit no message.
      this.withdraw(family, buffer, start, end);
      return;
    }
    const rib = this.deps.ribs[family.index];
    const { cursor } = this;
    cursor.reset(buffer, start, end, family, this.hasPathIds[family.index]);
    while (cursor.next()) {
      const { pathId, w0, w1, w2, w3, length } = cursor;
      rib.announce(this.index, pathId, w0, w1, w2, w3, length, used, flags, nowSec);
    }
    this.deps.attributes.release(used);
    const fault = this.deps.announced(family);
    if (fault !== undefined) throw fault;
  }

  private countFaults(reader: UpdateReader): void {
    if (reader.isTreatAsWithdraw) this.treatedAsWithdraw++;
    this.attributesDiscarded += reader.discarded.length;
    const { clock } = this.deps;
    const [discarded] = reader.discarded;
    const fault: UpdateFault = reader.isTreatAsWithdraw
      ? { action: 'treat-as-withdraw', attribute: reader.faultCode, reason: reader.faultReason }
      : { action: 'attribute-discard', attribute: discarded.code, reason: discarded.reason };
    this.lastFault = { atWallMs: clock.wallMs(), ...fault };
    const nowMs = clock.nowMs();
    if (nowMs - this.lastFaultEventMs < FAULT_EVENT_INTERVAL_MS) return;
    this.lastFaultEventMs = nowMs;
    this.deps.faultTold(fault);
  }
}
