// The update groups of one family: who shares a group, what happens when a member's options change, and
// what happens to a member whose socket does not take what it is sent: it goes into a group of its own that
// waits for it, and comes back to the others once both have said everything.

import { PoliciesInUse } from '../policy/policies-in-use.ts';
import type { AttrSetId } from '../wire/attribute-sets.ts';
import type { RibCore } from './core.ts';
import { areSameOptions } from './group-options.ts';
import { type GroupMember, type PeerIndex, type UpdateGroupOptions, WorkState } from './types.ts';
import { UpdateGroup } from './update-group.ts';

/** A group makes no more messages while a member has this much queued, unless another one is starving. */
const PAUSE_BYTES = 2 << 20;
/** Less than this means that a member is waiting for us. */
const STARVING_BYTES = 256 << 10;
/** A member with this much queued while another one is starving goes into a group of its own. */
const SPLIT_BYTES = 16 << 20;

export class UpdateGroups {
  /** A group is sent more than best paths (RFC 7911): it wants to hear of every change. */
  hasAddPath: boolean;
  private readonly core: RibCore;
  private readonly groups: UpdateGroup[];
  private readonly retired: UpdateGroup[];
  /** Groups that may find another one with the same options to join. */
  private readonly strays: Set<UpdateGroup>;
  private readonly groupByPeer: Map<PeerIndex, UpdateGroup>;
  private nextId: number;
  private rotation: number;
  private isHeld: boolean;
  /** For export. */
  private readonly policies: PoliciesInUse;

  constructor(core: RibCore) {
    this.core = core;
    this.groups = [];
    this.retired = [];
    this.strays = new Set();
    this.groupByPeer = new Map();
    this.nextId = 1;
    this.rotation = 0;
    this.isHeld = false;
    this.policies = new PoliciesInUse();
    this.hasAddPath = false;
  }

  get bytes(): number {
    return this.groups.reduce((sum, group) => sum + group.bytes, 0);
  }

  /** A session is up: the whole table follows in slices of work, then End-of-RIB. */
  join(member: GroupMember, options: UpdateGroupOptions): void {
    this.leave(member.peer);
    const group = this.find(options) ?? this.create(options);
    group.join(member, options);
    this.groupByPeer.set(member.peer, group);
  }

  leave(peer: PeerIndex): void {
    const group = this.groupByPeer.get(peer);
    if (group === undefined) return;
    group.remove(peer);
    this.groupByPeer.delete(peer);
    this.retireIfEmpty(group);
  }

  /** Other options for a member: only differences are sent, nothing flaps. */
  change(peer: PeerIndex, options: UpdateGroupOptions): void {
    let group = this.groupByPeer.get(peer);
    if (group === undefined || group.hasOptions(peer, options)) return;
    if (group.memberships.length > 1) group = this.detach(group, peer);
    this.policies.replace(group.options.exportPolicy, options.exportPolicy);
    group.changeOptions(options);
    this.strays.add(group);
  }

  /** The member asked for its routes again (RFC 2918). */
  refresh(peer: PeerIndex): void {
    this.groupByPeer.get(peer)?.refresh(peer);
  }

  /** Routes that a member has been sent. */
  sent(peer: PeerIndex): number {
    return this.groupByPeer.get(peer)?.sentTo(peer) ?? 0;
  }

  groupOf(peer: PeerIndex): UpdateGroup | undefined {
    return this.groupByPeer.get(peer);
  }

  /** For views. */
  list(): readonly UpdateGroup[] {
    return this.groups;
  }

  idOf(peer: PeerIndex): number | undefined {
    return this.groupByPeer.get(peer)?.id;
  }

  /** RFC 4724 §4.1: no End-of-RIB goes out before everything that begins here is known. */
  holdEndOfRib(isHeld: boolean): void {
    this.isHeld = isHeld;
    for (const group of this.groups) group.isEndOfRibHeld = isHeld;
  }

  /** Nothing was decided for a while, and now everything is. */
  expectDecisions(): void {
    for (const group of this.groups) group.expectDecisions();
  }

  /** Paths of a prefix have changed, though not the best one. */
  pathsChanged(slot: number): void {
    for (let index = 0; index < this.groups.length; index++) {
      if (this.groups[index].options.addPathLimit !== undefined) this.groups[index].enqueue(slot);
    }
  }

  /** The best path of a prefix has changed. */
  enqueue(slot: number): void {
    for (let index = 0; index < this.groups.length; index++) this.groups[index].enqueue(slot);
  }

  /** An attribute set was freed: its number will mean another one. */
  forget(attr: AttrSetId): void {
    this.policies.forget(attr);
  }

  /** One slice of about `budget` prefixes, shared by the groups in turn. */
  work(budget: number): WorkState {
    let state: WorkState = this.retireSome(budget) ? WorkState.More : WorkState.Idle;
    let left = budget;
    const count = this.groups.length;
    for (let step = 0; step < count; step++) {
      const group = this.groups[(this.rotation + step) % count];
      if (group.isIdle) continue;
      if (left <= 0) {
        this.rotation = (this.rotation + step) % count;
        return WorkState.More;
      }
      // Copying costs a fraction of what evaluating does, and goes on while the members take nothing.
      left -= group.inherit(budget) >> 2;
      if (!this.mayGoOn(group)) {
        if (state === WorkState.Idle) state = WorkState.Blocked;
        continue;
      }
      if (group.work(Math.max(left, budget >> 2))) state = WorkState.More;
      left -= group.lastUnits;
    }
    if (this.strays.size > 0) this.mergeStrays();
    return state;
  }

  /** Looks at the queues of the members; may put slow ones into groups of their own. */
  private mayGoOn(group: UpdateGroup): boolean {
    let most = 0;
    let least = Infinity;
    for (let index = 0; index < group.memberships.length; index++) {
      const queued = group.memberships[index].member.queuedBytes();
      if (queued > most) most = queued;
      if (queued < least) least = queued;
    }
    if (most <= PAUSE_BYTES) return true;
    if (least > STARVING_BYTES) return false;
    if (most > SPLIT_BYTES) {
      const slow = group.memberships.filter((membership) => membership.member.queuedBytes() > SPLIT_BYTES);
      for (const { member } of slow) this.strays.add(this.detach(group, member.peer));
    }
    return true;
  }

  /** Moves a member into a group of its own that continues from the same state. */
  private detach(group: UpdateGroup, peer: PeerIndex): UpdateGroup {
    const own = new UpdateGroup(this.nextId++, this.core, group.options, group);
    const membership = group.remove(peer);
    if (membership !== undefined) own.add(membership);
    this.begin(own);
    this.groupByPeer.set(peer, own);
    return own;
  }

  /** Two groups with the same options that have nothing left to say have the same Adj-RIB-Out. */
  private mergeStrays(): void {
    for (const stray of this.strays) {
      if (!stray.isSettled) continue;
      const home = this.groups.find((group) => group !== stray && areSameOptions(group.options, stray.options));
      if (home === undefined) {
        this.strays.delete(stray);
        continue;
      }
      if (!home.isSettled) continue;
      for (const membership of stray.memberships) {
        stray.remove(membership.member.peer);
        home.adopt(membership);
        this.groupByPeer.set(membership.member.peer, home);
      }
      this.retireIfEmpty(stray);
    }
  }

  private begin(group: UpdateGroup): void {
    this.policies.replace(undefined, group.options.exportPolicy);
    this.groups.push(group);
    this.noteAddPath();
  }

  private noteAddPath(): void {
    this.hasAddPath = this.groups.some(({ options }) => options.addPathLimit !== undefined);
  }

  private find(options: UpdateGroupOptions): UpdateGroup | undefined {
    let stray: UpdateGroup | undefined;
    for (const group of this.groups) {
      if (!areSameOptions(group.options, options)) continue;
      if (!this.strays.has(group)) return group;
      stray ??= group;
    }
    return stray;
  }

  private create(options: UpdateGroupOptions): UpdateGroup {
    const group = new UpdateGroup(this.nextId++, this.core, options);
    group.isEndOfRibHeld = this.isHeld;
    this.begin(group);
    return group;
  }

  private retireIfEmpty(group: UpdateGroup): void {
    if (group.memberships.length > 0) return;
    this.policies.replace(group.options.exportPolicy, undefined);
    this.groups.splice(this.groups.indexOf(group), 1);
    this.noteAddPath();
    this.strays.delete(group);
    this.retired.push(group);
  }

  /** True when there is more to take apart. One may wait for another that is a copy of it, so each gets its turn. */
  private retireSome(budget: number): boolean {
    for (let index = this.retired.length - 1; index >= 0; index--) {
      const group = this.retired[index];
      if (!group.isNeeded && group.retire(budget * 4)) this.retired.splice(index, 1);
    }
    return this.retired.some((group) => !group.isNeeded);
  }
}
