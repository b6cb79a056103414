// hot: what an update group has told its members (RFC 4271 §3.2, Adj-RIB-Out), as its group sees it: bringing a prefix up to date,
// telling it again, copying it for a member that goes its own way. How routes are kept is up to plain-rib-out.ts (one route a prefix)
// and path-rib-out.ts (RFC 7911: several).

import { growUint32, nextCapacity } from '../net/columns.ts';
import type { RibCore } from './core.ts';
import type { Exporter } from './exporter.ts';
import type { RouteRows } from './route-rows.ts';
import type { PeerIndex, UpdateGroupOptions } from './types.ts';

/** What an Adj-RIB-Out asks of its group. */
export interface RibOutOwner {
  readonly options: UpdateGroupOptions;
  readonly exporter: Exporter;
  /** Our next hop towards the one member is another one: what is the same otherwise is told again. */
  readonly isResending: boolean;
  /** Whether a peer is a member, so that its own routes are not sent to it. */
  has(peer: PeerIndex): boolean;
  /** A route of this source is withheld because no message can carry it. */
  tellNotSent(slot: number, source: PeerIndex): void;
  /** Views that are open save what is about to change. */
  beforeOutChange(slot: number): void;
}

export abstract class AdjRibOut {
  /** Routes in it. */
  advertised: number;
  protected readonly core: RibCore;
  /** Routes in it by the peer they came from. */
  private advertisedFrom: Uint32Array;
  /** The one that this is becoming a copy of, prefix by prefix: before a prefix changes in either of them, or when its turn comes. */
  private origin: AdjRibOut | undefined;
  private heirs: readonly AdjRibOut[];
  /** Bit by prefix slot: copied, though the cursor has not got there. */
  private copied: Uint32Array;
  private copyCursor: number;
  private copyEnd: number;
  private dropCursor: number;

  constructor(core: RibCore) {
    this.advertised = 0;
    this.core = core;
    this.advertisedFrom = new Uint32Array(16);
    this.origin = undefined;
    this.heirs = [];
    this.copied = new Uint32Array(0);
    this.copyCursor = 0;
    this.copyEnd = 0;
    this.dropCursor = 1;
  }

  abstract get bytes(): number;
  /** Every prefix slot with a route in it is below this. */
  abstract get limit(): number;
  /** Brings a prefix up to date and packs what the members must hear of it. */
  abstract update(slot: number, owner: RibOutOwner): void;
  /** Packs everything of a prefix for members that know nothing of it. */
  abstract dump(slot: number, owner: RibOutOwner): void;
  /** Adds what a member has been sent of a prefix to the rows of a view. */
  abstract read(slot: number, member: PeerIndex, rows: RouteRows): void;
  /** An empty one of the same kind that copies from this one. */
  protected abstract makeHeir(): AdjRibOut;
  protected abstract hasOwn(slot: number): boolean;
  protected abstract copySlot(slot: number): void;
  protected abstract dropSlot(slot: number): void;

  /** Whether anything of the prefix is advertised: the slot of such a prefix is held. */
  has(slot: number): boolean {
    if (this.origin !== undefined) this.inherit(slot);
    return this.hasOwn(slot);
  }

  /** Routes sent to a member: all but those that came from it. */
  sentTo(peer: PeerIndex): number {
    return this.advertised - (peer < this.advertisedFrom.length ? this.advertisedFrom[peer] : 0);
  }

  get isInheriting(): boolean {
    return this.origin !== undefined;
  }

  /** One that is a copy of this as it is now; the copying itself takes place little by little. */
  fork(): AdjRibOut {
    const heir = this.makeHeir();
    heir.advertised = this.advertised;
    heir.advertisedFrom = this.advertisedFrom.slice();
    heir.origin = this;
    heir.copyCursor = 1;
    heir.copyEnd = this.limit;
    heir.copied = new Uint32Array((this.limit >>> 5) + 1);
    this.heirs = [...this.heirs, heir];
    return heir;
  }

  /** Goes on copying; answers how many prefixes it looked at. */
  inheritSome(budget: number): number {
    const { origin } = this;
    if (origin === undefined) return 0;
    const start = this.copyCursor;
    const end = Math.min(this.copyEnd, start + budget);
    for (let slot = start; slot < end; slot++) this.inherit(slot);
    this.copyCursor = end;
    if (end === this.copyEnd) this.stopInheriting(origin);
    return end - start;
  }

  /** Takes everything apart, slice by slice, once nobody copies from it; true when nothing is left. `dropped` hears of freed slots. */
  drop(budget: number, dropped: number[]): boolean {
    if (this.heirs.length > 0) return false;
    if (this.origin !== undefined) this.stopInheriting(this.origin);
    let left = budget;
    for (; this.dropCursor < this.limit && left > 0; left--) {
      const slot = this.dropCursor++;
      if (!this.hasOwn(slot)) continue;
      this.dropSlot(slot);
      dropped.push(slot);
    }
    return this.dropCursor >= this.limit;
  }

  private stopInheriting(origin: AdjRibOut): void {
    origin.heirs = origin.heirs.filter((heir) => heir !== this);
    this.origin = undefined;
    this.copied = new Uint32Array(0);
  }

  /** Must come before a prefix is read or changed. */
  protected inherit(slot: number): void {
    if (this.origin === undefined || slot < this.copyCursor || slot >= this.copyEnd) return;
    const bit = 1 << (slot & 31);
    if ((this.copied[slot >>> 5] & bit) !== 0) return;
    this.copied[slot >>> 5] |= bit;
    this.origin.inherit(slot);
    this.copySlot(slot);
    if (this.hasOwn(slot)) this.core.paths.holds[slot]++;
  }

  /** Must come before a prefix changes: those who still want to copy it do. */
  protected bequeath(slot: number): void {
    for (let index = 0; index < this.heirs.length; index++) this.heirs[index].inherit(slot);
  }

  protected countRoute(peer: PeerIndex, by: number): void {
    if (peer >= this.advertisedFrom.length) {
      this.advertisedFrom = growUint32(this.advertisedFrom, nextCapacity(this.advertisedFrom.length, peer + 1));
    }
    this.advertisedFrom[peer] += by;
    this.advertised += by;
  }
}
