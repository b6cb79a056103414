// hot: what of the Loc-RIB goes into the kernel: for each prefix whose best path or multipath set changed, the next hops
// with their shares, in slices. Keeps what was asked for and how the kernel answered, by which a prefix may be held back
// from the peers until the kernel has it. Resolving next hops and writing netlink is src/fib's business.

import { growUint8, nextCapacity } from '../net/columns.ts';
import { type Address, isLinkLocal } from '../net/address.ts';
import { Prefix } from '../net/prefix.ts';
import type { Fib, FibHop } from '../ports.ts';
import { SetFlag } from '../wire/attribute-sets.ts';
import { PathFlag } from './code-points.ts';
import type { RibCore } from './core.ts';
import type { Decision } from './decision.ts';
import type { Multipath } from './multipath.ts';
import { SlotQueue } from './slot-queue.ts';

export interface FibFeedOptions {
  /** A prefix is advertised only while the kernel has a route for it; our own always. */
  readonly advertisesInstalledOnly: boolean;
  /** RFC 7999: packets to routes with the BLACKHOLE community are dropped here. */
  readonly installsBlackholes: boolean;
}

export interface FibFeedDeps {
  readonly fib: Fib;
  /** The kernel refused the route, which it had not refused before. */
  readonly rejected: (prefix: Prefix) => void;
}

/** Bits by prefix slot. */
const State = {
  /** The kernel was asked to have the route. */
  Asked: 1,
  /** It has it, or one that it replaces. */
  Installed: 2,
  Refused: 4,
  /** The prefix is kept in use for the feed. */
  Held: 8,
} as const;

interface Hop extends FibHop {
  nextHop: Address;
  interfaceName: string | undefined;
  weight: number;
}

export class FibFeed {
  private readonly core: RibCore;
  private readonly deps: FibFeedDeps;
  private readonly decision: Decision;
  private readonly multipath: Multipath;
  /** undefined: switched off; what was installed is being removed. */
  private options: FibFeedOptions | undefined;
  private states: Uint8Array;
  private readonly queue: SlotQueue;
  /** Next prefix slot to look at because the options are others now; 0 when all were. */
  private cursor: number;
  private isSweepDue: boolean;
  /** Prefixes that the kernel was asked for and has said nothing of yet. */
  private unanswered: number;
  // scratch
  private readonly members: number[];
  private readonly weights: number[];
  private readonly hops: Hop[];
  /** Hops that were handed out before: the port keeps none. */
  private readonly pool: Hop[];

  constructor(core: RibCore, deps: FibFeedDeps, decision: Decision, multipath: Multipath) {
    this.core = core;
    this.deps = deps;
    this.decision = decision;
    this.multipath = multipath;
    this.options = undefined;
    this.states = new Uint8Array(0);
    this.queue = new SlotQueue();
    this.cursor = 0;
    this.isSweepDue = false;
    this.unanswered = 0;
    this.members = [];
    this.weights = [];
    this.hops = [];
    this.pool = [];
  }

  get bytes(): number {
    return this.states.byteLength + this.queue.bytes;
  }

  get isIdle(): boolean {
    return this.queue.length === 0 && this.cursor === 0;
  }

  /** Prefixes may be held back from the peers. */
  get isSelective(): boolean {
    return this.options?.advertisesInstalledOnly === true;
  }

  /** Prefixes are held back from the peers that may be open to them as soon as the kernel has answered. */
  get isAwaited(): boolean {
    return this.isSelective && this.unanswered > 0;
  }

  /** Every prefix is looked at again; undefined removes what is installed. */
  setOptions(options: FibFeedOptions | undefined): void {
    const before = this.options;
    this.options = options;
    if (
      before?.advertisesInstalledOnly === options?.advertisesInstalledOnly &&
      before?.installsBlackholes === options?.installsBlackholes
    ) {
      return;
    }
    this.cursor = 1;
  }

  /** Everything known so far is on its way: what an earlier run left in the kernel may go behind it. */
  sweepWhenIdle(): void {
    this.isSweepDue = true;
  }

  /** The best path or the set of paths in use is another one, or one of them changed. */
  changed(slot: number): void {
    if (this.options === undefined && this.stateOf(slot) === 0) return;
    this.ensure(slot);
    this.queue.push(slot);
    this.hold(slot);
  }

  /** Whether the prefix is not kept back from the peers. */
  isOpen(slot: number): boolean {
    if (!this.isSelective) return true;
    const { best, peers } = this.core.paths;
    return peers[best[slot]] === 0 || (this.stateOf(slot) & State.Installed) !== 0;
  }

  isMissing(slot: number): boolean {
    const state = this.stateOf(slot);
    return (state & State.Asked) !== 0 && (state & State.Installed) === 0;
  }

  /** The kernel's answer; true when the prefix has become open for the peers, or is no longer. */
  answered(slot: number, isInstalled: boolean): boolean {
    const state = this.stateOf(slot);
    if ((state & State.Asked) === 0) return false;
    const wasInstalled = (state & State.Installed) !== 0;
    if (isUnanswered(state)) this.unanswered--;
    const others = state & ~(State.Installed | State.Refused);
    this.states[slot] = others | (isInstalled ? State.Installed : State.Refused);
    if (!isInstalled && (state & State.Refused) === 0) this.deps.rejected(this.prefixOf(slot));
    return this.isSelective && wasInstalled !== isInstalled;
  }

  /** `enqueue`: a prefix may have opened or closed with other options. */
  work(budget: number, hasMoreToCome: boolean, enqueue: (slot: number) => void): void {
    if (this.cursor !== 0) this.lookAgain(budget * 4, enqueue);
    for (let left = budget; left > 0; left--) {
      const slot = this.queue.shift();
      if (slot === 0) break;
      this.feed(slot);
    }
    if (this.isSweepDue && !hasMoreToCome && this.isIdle) {
      this.isSweepDue = false;
      this.deps.fib.sweepStale(this.core.family);
    }
  }

  private lookAgain(budget: number, enqueue: (slot: number) => void): void {
    const { paths } = this.core;
    const end = Math.min(paths.prefixes.limit, this.cursor + budget);
    for (let slot = this.cursor; slot < end; slot++) {
      if (paths.best[slot] === 0 && this.stateOf(slot) === 0) continue;
      this.changed(slot);
      if (paths.best[slot] !== 0) enqueue(slot);
    }
    this.cursor = end < paths.prefixes.limit ? end : 0;
  }

  private feed(slot: number): void {
    const { attributes, family, paths } = this.core;
    const { lengths, stride, words } = paths.prefixes;
    const at = slot * stride;
    const w1 = stride === 1 ? 0 : words[at + 1];
    const w2 = stride === 1 ? 0 : words[at + 2];
    const w3 = stride === 1 ? 0 : words[at + 3];
    const best = paths.best[slot];
    // Our own routes are in the kernel already, or are to be nowhere.
    if (best !== 0 && paths.peers[best] !== 0 && this.options !== undefined) {
      if ((this.states[slot] & State.Asked) === 0) this.unanswered++;
      this.states[slot] |= State.Asked;
      const isBlackhole = (attributes.flags[paths.usedAttributes[best]] & SetFlag.Blackhole) !== 0;
      if (isBlackhole && this.options.installsBlackholes) {
        this.deps.fib.installBlackhole(family, words[at], w1, w2, w3, lengths[slot]);
        return;
      }
      this.gather(slot, best);
      if (this.hops.length > 0) {
        this.deps.fib.install(family, words[at], w1, w2, w3, lengths[slot], this.hops);
        return;
      }
    }
    if ((this.states[slot] & State.Asked) !== 0) {
      this.deps.fib.remove(family, words[at], w1, w2, w3, lengths[slot]);
    }
    this.release(slot);
  }

  /** The next hops of the best path and those used with it, the best one first, then by the order of ties. */
  private gather(slot: number, best: number): void {
    const { attributes, paths } = this.core;
    const { hops, members, weights } = this;
    members.length = 0;
    members.push(best);
    if ((paths.flags[best] & PathFlag.Multipath) !== 0) {
      for (let path = paths.first[slot]; path !== 0; path = paths.next[path]) {
        if (path === best || (paths.flags[path] & PathFlag.Multipath) === 0) continue;
        let place = members.length;
        while (place > 1 && this.decision.isBefore(path, members[place - 1])) place--;
        members.splice(place, 0, path);
      }
    }
    this.multipath.weigh(members, weights);
    hops.length = 0;
    for (let index = 0; index < members.length; index++) {
      const address = this.core.nextHops.addressOf(attributes.nextHop[paths.usedAttributes[members[index]]]);
      if (address === undefined) continue;
      const hop = (this.pool[hops.length] ??= { nextHop: address, interfaceName: undefined, weight: 1 });
      hop.nextHop = address;
      // fe80::/10 is on every link: the session tells which one is meant.
      hop.interfaceName = isLinkLocal(address) ? this.core.peers.get(paths.peers[members[index]]).linkName : undefined;
      hop.weight = weights[index];
      hops.push(hop);
    }
  }

  private hold(slot: number): void {
    if ((this.states[slot] & State.Held) !== 0) return;
    this.states[slot] |= State.Held;
    this.core.paths.holds[slot]++;
  }

  private release(slot: number): void {
    if ((this.states[slot] & State.Held) !== 0) this.core.paths.holds[slot]--;
    if (isUnanswered(this.states[slot])) this.unanswered--;
    this.states[slot] = 0;
    this.core.reclaimer.freePrefix(slot);
  }

  private stateOf(slot: number): number {
    return slot < this.states.length ? this.states[slot] : 0;
  }

  private ensure(slot: number): void {
    if (slot < this.states.length) return;
    this.states = growUint8(this.states, nextCapacity(this.states.length, slot + 1));
  }

  private prefixOf(slot: number): Prefix {
    const { family, paths } = this.core;
    const { lengths, stride, words } = paths.prefixes;
    const word = (index: number): number => (index < stride ? words[slot * stride + index] : 0);
    return new Prefix(family.version, lengths[slot], word(0), word(1), word(2), word(3));
  }
}

function isUnanswered(state: number): boolean {
  return (state & (State.Asked | State.Installed | State.Refused)) === State.Asked;
}
