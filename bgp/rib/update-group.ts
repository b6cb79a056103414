// hot: one update group: members that are sent the same routes share one Adj-RIB-Out (adj-rib-out.ts) and one encoding of every message.
// A route is never sent back to the member it came from, which is the only way in which members differ. Here is what is due and who
// has still to hear what; who belongs to which group is the business of update-groups.ts.

import { nextCapacity } from '../net/columns.ts';
import { Prefix } from '../net/prefix.ts';
import { AdjRibOut, type RibOutOwner } from './adj-rib-out.ts';
import type { RibCore } from './core.ts';
import { Exporter } from './exporter.ts';
import { areSameOptions, nextHopBytes, sharesNextHop } from './group-options.ts';
import { Membership } from './membership.ts';
import { PathRibOut } from './path-rib-out.ts';
import { PlainRibOut } from './plain-rib-out.ts';
import { SlotQueue } from './slot-queue.ts';
import type { GroupMember, PeerIndex, UpdateGroupOptions } from './types.ts';

export class UpdateGroup implements RibOutOwner {
  readonly id: number;
  options: UpdateGroupOptions;
  exporter: Exporter;
  readonly out: AdjRibOut;
  readonly queue: SlotQueue;
  /** Prefix slots looked at by the last work(). */
  lastUnits: number;
  /** Views that read this group's Adj-RIB-Out: it is not taken apart before they end. */
  openViews: number;
  /** Our sources are not all known yet: no End-of-RIB. */
  isEndOfRibHeld: boolean;
  /** The next hop of a member changed when it was the only one: everything is told again while it is evaluated anew. */
  isResending: boolean;
  memberships: readonly Membership[];
  /** Next prefix slot to evaluate for the first time under these options; 0 when all have been. */
  private populateCursor: number;
  private readonly core: RibCore;
  private retiredExporters: Exporter[];
  private isMember: Uint8Array;
  private dumpCursor: number;
  // scratch: slots to let go once the messages about them are made
  private readonly unheld: number[];

  /** `origin`: the group that this one begins as a copy of, without its members. */
  constructor(id: number, core: RibCore, options: UpdateGroupOptions, origin?: UpdateGroup) {
    this.id = id;
    this.core = core;
    this.options = options;
    this.exporter = new Exporter(core, options);
    this.out = origin?.out.fork() ?? this.makeRibOut();
    this.queue = new SlotQueue();
    this.lastUnits = 0;
    this.openViews = 0;
    this.isEndOfRibHeld = origin?.isEndOfRibHeld ?? false;
    this.populateCursor = origin?.populateCursor ?? 1;
    // A member that leaves in the middle of it has still to hear the rest again.
    this.isResending = origin?.isResending ?? false;
    this.memberships = [];
    this.retiredExporters = [];
    this.isMember = new Uint8Array(16);
    this.dumpCursor = origin?.dumpCursor ?? 1;
    this.unheld = [];
    if (origin === undefined) this.enqueueDefaultRoute();
    else this.copyQueue(origin.queue);
  }

  get bytes(): number {
    return this.out.bytes + this.queue.bytes + this.exporter.bytes;
  }

  /** Everything that is known has been sent. */
  get isSettled(): boolean {
    return (
      this.queue.length === 0 &&
      this.populateCursor === 0 &&
      !this.out.isInheriting &&
      this.memberships.every((membership) => !membership.isBusy(this.isEndOfRibStopped))
    );
  }

  /** Nothing to do, not even to tidy up. */
  get isIdle(): boolean {
    return this.isSettled && this.retiredExporters.length === 0 && this.exporter.cache.isEmpty;
  }

  has(peer: PeerIndex): boolean {
    return peer < this.isMember.length && this.isMember[peer] === 1;
  }

  /** Routes sent to a member: all but those that came from it. */
  sentTo(peer: PeerIndex): number {
    return this.out.sentTo(peer);
  }

  /** What is advertised of a prefix must be looked at. */
  enqueue(slot: number): void {
    if (this.queue.push(slot) && !this.out.has(slot)) this.core.paths.holds[slot]++;
  }

  /** Takes in a member that has been sent nothing yet; it is sent the table and End-of-RIB. */
  join(member: GroupMember, options: UpdateGroupOptions): void {
    const membership = new Membership(member, sharesNextHop(options) ? nextHopBytes(options) : undefined);
    this.add(membership);
    this.startDump(membership, true);
  }

  /** Takes in a member as another group had it. */
  add(membership: Membership): void {
    const { peer } = membership.member;
    if (peer >= this.isMember.length) {
      const grown = new Uint8Array(nextCapacity(this.isMember.length, peer + 1));
      grown.set(this.isMember);
      this.isMember = grown;
    }
    this.isMember[peer] = 1;
    // Equal next hops are one array: messages are made once for each.
    const same = this.memberships.find((other) => areSameBytes(other.nextHop, membership.nextHop));
    if (same !== undefined) membership.nextHop = same.nextHop;
    this.memberships = [...this.memberships, membership];
  }

  remove(peer: PeerIndex): Membership | undefined {
    const membership = this.memberships.find((candidate) => candidate.member.peer === peer);
    if (membership === undefined) return undefined;
    this.isMember[peer] = 0;
    this.memberships = this.memberships.filter((candidate) => candidate !== membership);
    return membership;
  }

  /** Takes in a member of another group with the same options; both have said everything. */
  adopt(membership: Membership): void {
    membership.moveTo(this.queue.pushed);
    this.add(membership);
  }

  /** What is known now comes before End-of-RIB where that is still to come. */
  expectDecisions(): void {
    for (const membership of this.memberships) membership.expectDecisions(this.core.undecided.pushed);
  }

  /** Sends a member everything again (RFC 2918 §4). */
  refresh(peer: PeerIndex): void {
    const membership = this.memberships.find((candidate) => candidate.member.peer === peer);
    if (membership === undefined) return;
    if (membership.isDumping || (membership.isEndOfRibDue && !this.isEndOfRibStopped))
      membership.isDumpWantedAgain = true;
    else this.startDump(membership, false);
  }

  /** Whether these options are what a member has, its next hop included. */
  hasOptions(peer: PeerIndex, options: UpdateGroupOptions): boolean {
    if (!areSameOptions(this.options, options)) return false;
    return !sharesNextHop(options) || areSameBytes(this.nextHopOf(peer), nextHopBytes(options));
  }

  /** Our next hop towards a member, where those of the group are different. */
  nextHopOf(peer: PeerIndex): Uint8Array | undefined {
    return this.memberships.find(({ member }) => member.peer === peer)?.nextHop;
  }

  /** Other options for the one member: every prefix is evaluated again and only differences are sent. */
  changeOptions(options: UpdateGroupOptions): void {
    const nextHop = sharesNextHop(options) ? nextHopBytes(options) : undefined;
    for (const membership of this.memberships) {
      const before = membership.nextHop;
      // What carried zeros and goes on doing so looks the same here, but not to the member.
      if (before !== undefined && nextHop !== undefined && !areSameBytes(before, nextHop)) this.isResending = true;
      membership.nextHop = nextHop;
    }
    this.options = options;
    this.retiredExporters.push(this.exporter);
    this.exporter = new Exporter(this.core, options);
    this.populateCursor = 1;
    this.enqueueDefaultRoute();
  }

  /** Goes on becoming what it is a copy of, also while its members take nothing; answers how many prefixes it looked at. */
  inherit(budget: number): number {
    return this.out.inheritSome(budget);
  }

  /** One slice; true when there is more to do. */
  work(budget: number): boolean {
    const { packer } = this.core;
    this.lastUnits = 1;
    if (!this.isResending) this.flushQueue(budget);
    if (this.populateCursor !== 0) this.populate(budget);
    packer.send(this.memberships, this.options);
    this.retryFailed();
    if (this.memberships.some((membership) => membership.isDumping)) this.dump(budget);
    this.letGo();
    this.finishTables();
    this.clearExporters(budget);
    return !this.isIdle;
  }

  /** Takes a group without members apart, slice by slice; true when nothing is left of it. */
  retire(budget: number): boolean {
    for (let left = budget; this.queue.length > 0 && left > 0; left--) {
      const slot = this.queue.shift();
      if (!this.out.has(slot)) this.unheld.push(slot);
    }
    const isEmpty = this.queue.length === 0 && this.out.drop(budget, this.unheld);
    this.letGo();
    if (!isEmpty) return false;
    this.clearRetired(budget);
    if (this.retiredExporters.length > 0 || !this.exporter.tidy(budget)) return false;
    this.exporter.close();
    return true;
  }

  /** Whether it cannot be taken apart yet: somebody reads it. */
  get isNeeded(): boolean {
    return this.openViews > 0;
  }

  beforeOutChange(slot: number): void {
    const { views } = this.core;
    if (views.openCount !== 0) views.beforeOutChange(this, slot);
  }

  tellNotSent(slot: number, source: PeerIndex): void {
    const { family, notSent, paths } = this.core;
    if (notSent === undefined || !notSent.isListening(this.id)) return;
    const receivers = this.memberships.map(({ member }) => member.peer).filter((peer) => peer !== source);
    if (receivers.length === 0) return;
    const { words, lengths, stride } = paths.prefixes;
    const word = (index: number): number => (index < stride ? words[slot * stride + index] : 0);
    const prefix = new Prefix(family.version, lengths[slot], word(0), word(1), word(2), word(3));
    notSent.notSent(this.id, receivers, prefix);
  }

  private makeRibOut(): AdjRibOut {
    return this.options.addPathLimit === undefined ? new PlainRibOut(this.core) : new PathRibOut(this.core);
  }

  private copyQueue(queue: SlotQueue): void {
    for (let position = 0; position < queue.length; position++) this.enqueue(queue.at(position));
    // Marks of members count what went through the queue.
    this.queue.shifted = queue.shifted;
    this.queue.pushed = queue.pushed;
  }

  /** A default route that exists for the members alone is in no table: its prefix is looked at because the options say so. */
  private enqueueDefaultRoute(): void {
    if (this.options.defaultOriginate !== undefined) this.enqueue(this.core.paths.prefixSlot(0, 0, 0, 0, 0));
  }

  private startDump(membership: Membership, isInitial: boolean): void {
    if (isInitial) membership.expectDecisions(this.core.undecided.pushed);
    else membership.beginRefresh();
    if (this.out.advertised > 0) membership.startDump(this.dumpCursor);
    // What is still to be evaluated reaches the member like everyone else.
    else membership.endDump(this.queue.pushed);
  }

  private flushQueue(budget: number): void {
    const { undecided } = this.core;
    for (let left = Math.min(budget, this.queue.length); left > 0; left--) {
      const slot = this.queue.shift();
      this.lastUnits++;
      // What is about to be decided anew is not taken back in between.
      if (undecided.has(slot) && this.out.has(slot)) {
        this.queue.push(slot);
        continue;
      }
      this.out.update(slot, this);
      if (!this.out.has(slot)) this.unheld.push(slot);
    }
  }

  private populate(budget: number): void {
    const { best, holds, prefixes } = this.core.paths;
    const { undecided } = this.core;
    const { isResending, out } = this;
    const end = Math.min(prefixes.limit, this.populateCursor + budget);
    for (let slot = this.populateCursor; slot < end; slot++) {
      const had = out.has(slot);
      if ((best[slot] === 0 && !had) || (this.queue.has(slot) && !isResending)) continue;
      if (had && undecided.has(slot) && !isResending) {
        this.enqueue(slot);
        continue;
      }
      out.update(slot, this);
      const has = out.has(slot);
      // A queued slot is held already, and let go when its turn comes.
      if (has === had || this.queue.has(slot)) continue;
      if (has) holds[slot]++;
      else this.unheld.push(slot);
    }
    this.lastUnits += end - this.populateCursor;
    this.populateCursor = end < prefixes.limit ? end : 0;
    if (this.populateCursor === 0) this.isResending = false;
  }

  /** The next piece of the Adj-RIB-Out for the members that have not seen it. */
  private dump(budget: number): void {
    const { packer, paths } = this.core;
    const limit = Math.min(paths.prefixes.limit, this.out.limit);
    if (this.dumpCursor >= limit) this.dumpCursor = 1;
    const end = Math.min(limit, this.dumpCursor + budget);
    this.lastUnits += end - this.dumpCursor;
    const receivers = this.memberships.filter((membership) => membership.isDumping);
    for (let slot = this.dumpCursor; slot < end; slot++) this.out.dump(slot, this);
    packer.send(receivers, this.options);
    this.retryFailed();
    const hasWrapped = end >= limit;
    // Who is through may ask for the next dump, which begins here.
    this.dumpCursor = hasWrapped ? 1 : end;
    for (const membership of receivers) {
      if (membership.isRoundComplete(end, hasWrapped)) membership.endDump(this.queue.pushed);
    }
  }

  /** Nothing that this group does brings it nearer. */
  private get isEndOfRibStopped(): boolean {
    return this.isEndOfRibHeld || this.core.forthcoming.isAwaited();
  }

  /** RFC 4724 §2: End-of-RIB when the routes known at the beginning are out, those not yet decided then included. */
  private finishTables(): void {
    const { forthcoming, undecided } = this.core;
    const isStopped = this.isEndOfRibStopped;
    const isLeft = forthcoming.isPossible() && (forthcoming.isBeingMade() || this.queue.length > 0);
    for (let index = 0; index < this.memberships.length; index++) {
      const membership = this.memberships[index];
      if (membership.isEndOfRibDue && this.populateCursor === 0 && !isStopped && !isLeft) {
        if (membership.hasHeardAll(undecided.shifted, this.queue.shifted, this.queue.pushed)) {
          this.core.packer.sendEndOfRib([membership], this.options);
          membership.endOfRibSent();
        }
      }
      if (membership.isDumpWantedAgain && !membership.isBusy(isStopped)) this.startDump(membership, false);
    }
  }

  /** What did not fit into a message is not advertised: evaluating it again withdraws it where it was. */
  private retryFailed(): void {
    const { packer } = this.core;
    const { failed } = packer;
    if (failed.length === 0) return;
    for (let index = 0; index < failed.length; index += 2) this.exporter.cache.refuseResult(failed[index]);
    for (let index = 1; index < failed.length; index += 2) {
      const slot = failed[index];
      const had = this.out.has(slot);
      this.out.update(slot, this);
      if (had && !this.out.has(slot) && !this.queue.has(slot)) this.unheld.push(slot);
    }
    failed.length = 0;
    packer.send(this.memberships, this.options);
    failed.length = 0;
  }

  private letGo(): void {
    const { paths, reclaimer } = this.core;
    for (let index = 0; index < this.unheld.length; index++) {
      const slot = this.unheld[index];
      paths.holds[slot]--;
      reclaimer.freePrefix(slot);
    }
    this.unheld.length = 0;
  }

  private clearExporters(budget: number): void {
    this.clearRetired(budget);
    if (this.isSettled) this.exporter.tidy(budget);
  }

  private clearRetired(budget: number): void {
    const last = this.retiredExporters.at(-1);
    if (last === undefined || !last.cache.clear(budget)) return;
    last.close();
    this.retiredExporters.pop();
  }
}

function areSameBytes(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return a.length === b.length && a.every((octet, index) => octet === b[index]);
}
