// hot: one update group: members that are sent the same routes share one Adj-RIB-Out (columns by prefix
// slot) and one encoding of every message. A route is never sent back to the member it came from, which is
// the only way in which members differ. Who belongs to which group is the business of update-groups.ts.

import { firstCapacity, growUint16, growUint32, nextCapacity } from '../net/columns.ts';
import { Prefix } from '../net/prefix.ts';
import { attrSetId } from '../wire/attribute-sets.ts';
import type { RibCore } from './core.ts';
import { Exporter } from './exporter.ts';
import { EVERYONE, everyoneBut, only } from './packer.ts';
import { SlotQueue } from './slot-queue.ts';
import type { GroupMember, PeerIndex, UpdateGroupOptions } from './types.ts';

interface Membership {
  readonly member: GroupMember;
  /** The whole Adj-RIB-Out is still to be sent to it: from the shared cursor round to `dumpStart`. */
  isDumping: boolean;
  dumpStart: number;
  hasWrapped: boolean;
  /** Another refresh was asked for while one was going on. */
  isDumpWantedAgain: boolean;
  /** End-of-RIB is due once the queue has got this far; -1: not due. */
  endOfRibAfter: number;
  /** What was known at the beginning is in the queue once the decision process has got this far; -1: it has. */
  decidedAfter: number;
}

export class UpdateGroup {
  readonly id: number;
  options: UpdateGroupOptions;
  // Adj-RIB-Out by prefix slot.
  outAttributes: Uint32Array;
  outPeers: Uint16Array;
  /** Length of the shorter column. */
  private capacity: number;
  /** Routes in the Adj-RIB-Out. */
  advertised: number;
  readonly queue: SlotQueue;
  /** Prefix slots looked at by the last work(). */
  lastUnits: number;
  /** Views that read this group's columns: it is not taken apart before they end. */
  openViews: number;
  /** Next prefix slot to evaluate for the first time under these options; 0 when all have been. */
  populateCursor: number;
  memberships: readonly Membership[];
  private members: readonly GroupMember[];
  private readonly core: RibCore;
  private exporter: Exporter;
  private retiredExporters: Exporter[];
  /** Routes in the Adj-RIB-Out by the peer they came from. */
  private advertisedFrom: Uint32Array;
  private isMember: Uint8Array;
  private dumpCursor: number;
  private retireCursor: number;
  // scratch: slots to let go once the messages about them are made
  private readonly unheld: number[];

  constructor(id: number, core: RibCore, options: UpdateGroupOptions) {
    this.id = id;
    this.core = core;
    this.options = options;
    this.outAttributes = new Uint32Array(firstCapacity(2));
    this.outPeers = new Uint16Array(firstCapacity(9));
    this.capacity = firstCapacity(2);
    this.advertised = 0;
    this.queue = new SlotQueue();
    this.lastUnits = 0;
    this.openViews = 0;
    this.populateCursor = 1;
    this.memberships = [];
    this.members = [];
    this.exporter = new Exporter(core.family, core.attributes, options);
    this.retiredExporters = [];
    this.advertisedFrom = new Uint32Array(16);
    this.isMember = new Uint8Array(16);
    this.dumpCursor = 1;
    this.retireCursor = 1;
    this.unheld = [];
  }

  get bytes(): number {
    return this.outAttributes.byteLength + this.outPeers.byteLength + this.queue.bytes + this.exporter.derived.bytes;
  }

  /** Everything that is known has been sent. */
  get isSettled(): boolean {
    return this.queue.length === 0 && this.populateCursor === 0 && this.memberships.every(isUpToDate);
  }

  /** Nothing to do, not even to tidy up. */
  get isIdle(): boolean {
    return this.isSettled && this.retiredExporters.length === 0 && this.exporter.derived.isEmpty;
  }

  has(peer: PeerIndex): boolean {
    return peer < this.isMember.length && this.isMember[peer] === 1;
  }

  /** Routes sent to a member: all but those that came from it. */
  sentTo(peer: PeerIndex): number {
    return this.advertised - (peer < this.advertisedFrom.length ? this.advertisedFrom[peer] : 0);
  }

  /** The best path of a prefix has changed. */
  enqueue(slot: number): void {
    if (slot >= this.capacity) this.growColumns(slot);
    if (this.queue.push(slot) && this.outAttributes[slot] === 0) this.core.paths.holds[slot]++;
  }

  /** Takes in a member that has been sent nothing yet; it is sent the table and End-of-RIB. */
  join(member: GroupMember): void {
    this.add({
      member,
      isDumping: false,
      dumpStart: 0,
      hasWrapped: false,
      isDumpWantedAgain: false,
      endOfRibAfter: -1,
      decidedAfter: -1,
    });
    this.refresh(member.peer);
  }

  /** Takes in a member as another group had it. */
  add(membership: Membership): void {
    const peer = membership.member.peer;
    if (peer >= this.isMember.length) {
      const grown = new Uint8Array(nextCapacity(this.isMember.length, peer + 1));
      grown.set(this.isMember);
      this.isMember = grown;
    }
    this.isMember[peer] = 1;
    this.setMemberships([...this.memberships, membership]);
  }

  remove(peer: PeerIndex): Membership | undefined {
    const membership = this.memberships.find((candidate) => candidate.member.peer === peer);
    if (membership === undefined) return undefined;
    this.isMember[peer] = 0;
    this.setMemberships(this.memberships.filter((candidate) => candidate !== membership));
    return membership;
  }

  /** Sends a member everything again, then End-of-RIB (RFC 2918 §4). */
  refresh(peer: PeerIndex): void {
    const membership = this.memberships.find((candidate) => candidate.member.peer === peer);
    if (membership === undefined) return;
    if (membership.isDumping) membership.isDumpWantedAgain = true;
    else this.startDump(membership);
  }

  /** Other options from now on: every prefix is evaluated again and only differences are sent. */
  changeOptions(options: UpdateGroupOptions): void {
    this.options = options;
    this.retiredExporters.push(this.exporter);
    this.exporter = new Exporter(this.core.family, this.core.attributes, options);
    this.populateCursor = 1;
  }

  /** A new group in this one's state but without members. */
  split(id: number): UpdateGroup {
    const copy = new UpdateGroup(id, this.core, this.options);
    const { attributes, paths } = this.core;
    copy.outAttributes = this.outAttributes.slice();
    copy.outPeers = this.outPeers.slice();
    copy.capacity = this.capacity;
    copy.advertised = this.advertised;
    copy.advertisedFrom = this.advertisedFrom.slice();
    copy.populateCursor = this.populateCursor;
    copy.dumpCursor = this.dumpCursor;
    const out = copy.outAttributes;
    for (let slot = 1; slot < out.length; slot++) {
      if (out[slot] === 0) continue;
      attributes.retain(attrSetId(out[slot]));
      paths.holds[slot]++;
    }
    for (let position = 0; position < this.queue.length; position++) copy.enqueue(this.queue.at(position));
    // Marks of members count what went through the queue.
    copy.queue.shifted = this.queue.shifted;
    copy.queue.pushed = this.queue.pushed;
    return copy;
  }

  /** An attribute set was freed: its id will mean another one. */
  forget(attr: number): void {
    this.exporter.derived.forget(attr);
    for (let index = 0; index < this.retiredExporters.length; index++) {
      this.retiredExporters[index].derived.forget(attr);
    }
  }

  /** One slice; true when there is more to do. */
  work(budget: number): boolean {
    const { packer } = this.core;
    this.lastUnits = 1;
    this.flushQueue(budget);
    if (this.populateCursor !== 0) this.populate(budget);
    packer.send(this.members, this.options.isFourOctetAs);
    this.retryFailed();
    this.letGo();
    if (this.memberships.some(isDumping)) this.dump(budget);
    this.finishTables();
    this.clearExporters(budget);
    return !this.isIdle;
  }

  /** Takes a group without members apart, slice by slice; true when nothing is left of it. */
  retire(budget: number): boolean {
    const { paths, reclaimer } = this.core;
    let left = budget;
    while (this.queue.length > 0 && left-- > 0) {
      const slot = this.queue.shift();
      if (this.outAttributes[slot] === 0) this.unheld.push(slot);
    }
    for (; this.queue.length === 0 && this.retireCursor < this.outAttributes.length && left > 0; left--) {
      const slot = this.retireCursor++;
      if (this.outAttributes[slot] === 0) continue;
      reclaimer.release(this.outAttributes[slot]);
      this.outAttributes[slot] = 0;
      this.unheld.push(slot);
    }
    this.letGo();
    if (this.queue.length > 0 || this.retireCursor < Math.min(this.outAttributes.length, paths.prefixes.limit)) {
      return false;
    }
    this.clearExporters(budget);
    return this.retiredExporters.length === 0 && this.exporter.derived.clear(budget);
  }

  private setMemberships(memberships: readonly Membership[]): void {
    this.memberships = memberships;
    this.members = memberships.map((membership) => membership.member);
  }

  private startDump(membership: Membership): void {
    membership.endOfRibAfter = -1;
    membership.isDumpWantedAgain = false;
    membership.decidedAfter = this.core.undecided.pushed;
    if (this.advertised === 0) {
      // What is still to be evaluated reaches the member like everyone else.
      membership.endOfRibAfter = this.queue.pushed;
      return;
    }
    membership.isDumping = true;
    membership.dumpStart = this.dumpCursor;
    membership.hasWrapped = false;
  }

  private flushQueue(budget: number): void {
    for (let left = budget; left > 0; left--) {
      const slot = this.queue.shift();
      if (slot === 0) return;
      this.lastUnits++;
      this.evaluate(slot);
      if (this.outAttributes[slot] === 0) this.unheld.push(slot);
    }
  }

  private populate(budget: number): void {
    const { best, holds, prefixes } = this.core.paths;
    const end = Math.min(prefixes.limit, this.populateCursor + budget);
    if (end >= this.capacity) this.growColumns(end);
    for (let slot = this.populateCursor; slot < end; slot++) {
      const before = this.outAttributes[slot];
      if ((best[slot] === 0 && before === 0) || this.queue.has(slot)) continue;
      this.evaluate(slot);
      const after = this.outAttributes[slot];
      if (before === 0 && after !== 0) holds[slot]++;
      if (before !== 0 && after === 0) this.unheld.push(slot);
    }
    this.lastUnits += end - this.populateCursor;
    this.populateCursor = end < prefixes.limit ? end : 0;
  }

  /** Brings the Adj-RIB-Out of a prefix up to date and packs what each member must hear of it. */
  private evaluate(slot: number): void {
    const { paths, peers, attributes, packer, reclaimer, views } = this.core;
    const oldAttr = this.outAttributes[slot];
    const oldPeer = this.outPeers[slot];
    const path = paths.best[slot];
    let newAttr = 0;
    let newPeer = 0;
    if (path !== 0) {
      newPeer = paths.peers[path];
      const { words, lengths, stride } = paths.prefixes;
      const at = slot * stride;
      const isFromIbgp = peers.isIbgp[newPeer] === 1;
      const used = paths.usedAttributes[path];
      newAttr =
        stride === 1
          ? this.exporter.export(used, isFromIbgp, newPeer === 0, words[at], 0, 0, 0, lengths[slot])
          : this.exporter.export(
              used,
              isFromIbgp,
              newPeer === 0,
              words[at],
              words[at + 1],
              words[at + 2],
              words[at + 3],
              lengths[slot],
            );
    }
    if (newAttr === 0 && this.exporter.takeTooLarge()) this.tellNotSent(slot, newPeer);
    if (newAttr === oldAttr && (newAttr === 0 || newPeer === oldPeer)) return;
    if (views.openCount !== 0) views.beforeOutChange(this, slot);
    if (newAttr !== oldAttr) {
      if (newAttr !== 0) attributes.retain(attrSetId(newAttr));
      this.outAttributes[slot] = newAttr;
    }
    if (oldAttr !== 0) this.countRoute(oldPeer, -1);
    if (newAttr !== 0) this.countRoute(newPeer, 1);
    this.outPeers[slot] = newPeer;
    const isOldMember = oldAttr !== 0 && this.has(oldPeer);
    const isNewMember = newAttr !== 0 && this.has(newPeer);
    if (newAttr === 0) packer.withdraw(slot, isOldMember ? everyoneBut(oldPeer) : EVERYONE);
    else if (newAttr !== oldAttr) packer.announce(slot, newAttr, isNewMember ? everyoneBut(newPeer) : EVERYONE);
    else if (isOldMember) packer.announce(slot, newAttr, only(oldPeer));
    // It had the old route and must not have its own.
    if (isNewMember && oldAttr !== 0 && oldPeer !== newPeer) packer.withdraw(slot, only(newPeer));
    if (oldAttr !== 0 && newAttr !== oldAttr) reclaimer.release(oldAttr);
  }

  private tellNotSent(slot: number, source: PeerIndex): void {
    const { family, notSent, paths } = this.core;
    if (notSent === undefined || !notSent.isListening(this.id)) return;
    const receivers = this.members.map((member) => member.peer).filter((peer) => peer !== source);
    if (receivers.length === 0) return;
    const { words, lengths, stride } = paths.prefixes;
    const word = (index: number): number => (index < stride ? words[slot * stride + index] : 0);
    const prefix = new Prefix(family.version, lengths[slot], word(0), word(1), word(2), word(3));
    notSent.notSent(this.id, receivers, prefix);
  }

  private countRoute(peer: PeerIndex, by: number): void {
    if (peer >= this.advertisedFrom.length) {
      this.advertisedFrom = growUint32(this.advertisedFrom, nextCapacity(this.advertisedFrom.length, peer + 1));
    }
    this.advertisedFrom[peer] += by;
    this.advertised += by;
  }

  /** The next piece of the Adj-RIB-Out for the members that have not seen it. */
  private dump(budget: number): void {
    const { packer, paths } = this.core;
    const limit = Math.min(paths.prefixes.limit, this.outAttributes.length);
    if (this.dumpCursor >= limit) this.dumpCursor = 1;
    const end = Math.min(limit, this.dumpCursor + budget);
    this.lastUnits += end - this.dumpCursor;
    const receivers = this.memberships.filter(isDumping);
    for (let slot = this.dumpCursor; slot < end; slot++) {
      const attr = this.outAttributes[slot];
      if (attr === 0) continue;
      const peer = this.outPeers[slot];
      packer.announce(slot, attr, this.has(peer) ? everyoneBut(peer) : EVERYONE);
    }
    packer.send(
      receivers.map((membership) => membership.member),
      this.options.isFourOctetAs,
    );
    this.retryFailed();
    const hasWrapped = end >= limit;
    for (const membership of receivers) {
      // Round to where it began: in this slice only if that was the beginning.
      const isComplete = membership.hasWrapped ? end >= membership.dumpStart : hasWrapped && membership.dumpStart === 1;
      if (hasWrapped) membership.hasWrapped = true;
      if (!isComplete) continue;
      membership.isDumping = false;
      membership.endOfRibAfter = this.queue.pushed;
    }
    this.dumpCursor = hasWrapped ? 1 : end;
  }

  /** RFC 4724 §2: End-of-RIB when the routes known at the beginning are out, those not yet decided then included. */
  private finishTables(): void {
    const { undecided } = this.core;
    for (let index = 0; index < this.memberships.length; index++) {
      const membership = this.memberships[index];
      if (membership.endOfRibAfter < 0 || this.populateCursor !== 0) continue;
      if (membership.decidedAfter >= 0) {
        if (undecided.shifted < membership.decidedAfter) continue;
        membership.decidedAfter = -1;
        membership.endOfRibAfter = this.queue.pushed;
      }
      if (this.queue.shifted < membership.endOfRibAfter) continue;
      membership.endOfRibAfter = -1;
      this.core.packer.sendEndOfRib([membership.member], this.options.isFourOctetAs);
      membership.member.endOfRibSent();
      if (membership.isDumpWantedAgain) this.startDump(membership);
    }
  }

  /** What did not fit into a message is not advertised: evaluating it again withdraws it where it was. */
  private retryFailed(): void {
    const failed = this.core.packer.failed;
    for (let index = 0; index < failed.length; index += 2) {
      this.exporter.derived.refuseDerived(failed[index]);
      this.enqueue(failed[index + 1]);
    }
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
    const last = this.retiredExporters.at(-1);
    if (last !== undefined && last.derived.clear(budget)) this.retiredExporters.pop();
    if (this.isSettled) this.exporter.derived.clear(budget);
  }

  private growColumns(slot: number): void {
    if (slot >= this.outAttributes.length) {
      this.outAttributes = growUint32(this.outAttributes, nextCapacity(this.outAttributes.length, slot + 1));
    }
    if (slot >= this.outPeers.length) {
      this.outPeers = growUint16(this.outPeers, nextCapacity(this.outPeers.length, slot + 1));
    }
    this.capacity = Math.min(this.outAttributes.length, this.outPeers.length);
  }
}

const isDumping = (membership: Membership): boolean => membership.isDumping;
const isBusy = (membership: Membership): boolean => membership.isDumping || membership.endOfRibAfter >= 0;
const isUpToDate = (membership: Membership): boolean => !isBusy(membership);
