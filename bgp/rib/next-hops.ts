// Which next hops can be reached and how far away they are, by the NextHopId that attribute sets carry.
// The resolver is asked once per next hop and again on refresh(); changes are dated by a generation,
// from which each RIB finds the routes that it must decide again (RFC 4271 §9.1.2.1).

import type { NextHopResolver } from '../ports.ts';
import { growUint32, growUint8, nextCapacity } from '../net/columns.ts';
import type { AttributeSets } from '../wire/attribute-sets.ts';
import { type NextHops as NextHopTable, nextHopId } from '../wire/next-hops.ts';

const State = { Unknown: 0, Unreachable: 1, Reachable: 2 } as const;

export class NextHops {
  /** Grows when refresh() found a change. */
  generation: number;
  private readonly table: NextHopTable;
  private readonly resolver: NextHopResolver;
  private states: Uint8Array;
  private metrics: Uint32Array;
  private changed: Uint32Array;

  constructor(attributes: AttributeSets, resolver: NextHopResolver) {
    this.generation = 0;
    this.table = attributes.nextHops;
    this.resolver = resolver;
    this.states = new Uint8Array(64);
    this.metrics = new Uint32Array(64);
    this.changed = new Uint32Array(64);
    this.table.onFree((id) => {
      if (id < this.states.length) this.states[id] = State.Unknown;
    });
  }

  /** Routes without a next hop are our own: always reachable. */
  isReachable(id: number): boolean {
    if (id === 0) return true;
    const state = id < this.states.length ? this.states[id] : State.Unknown;
    return (state === State.Unknown ? this.resolve(id) : state) === State.Reachable;
  }

  /** Distance to a reachable next hop (RFC 4271 §9.1.2.2 (e)). */
  metric(id: number): number {
    return id !== 0 && this.isReachable(id) ? this.metrics[id] : 0;
  }

  hasChangedSince(id: number, generation: number): boolean {
    return id < this.changed.length && this.changed[id] > generation;
  }

  /** Asks the resolver about every next hop in use; true when an answer differs from the last one. */
  refresh(): boolean {
    let hasChanged = false;
    for (let id = 1; id < this.states.length; id++) {
      const state = this.states[id];
      if (state === State.Unknown) continue;
      const metric = this.metrics[id];
      if (this.resolve(id) === state && this.metrics[id] === metric) continue;
      if (!hasChanged) this.generation++;
      hasChanged = true;
      this.changed[id] = this.generation;
    }
    return hasChanged;
  }

  private resolve(id: number): number {
    if (id >= this.states.length) {
      const capacity = nextCapacity(this.states.length, Math.max(id + 1, this.table.limit));
      this.states = growUint8(this.states, capacity);
      this.metrics = growUint32(this.metrics, capacity);
      this.changed = growUint32(this.changed, capacity);
    }
    const address = this.table.addressOf(nextHopId(id));
    const resolved = address === undefined ? undefined : this.resolver.resolve(address);
    const state = resolved?.isReachable === true ? State.Reachable : State.Unreachable;
    this.metrics[id] = state === State.Reachable ? (resolved?.metric ?? 0) : 0;
    this.states[id] = state;
    return state;
  }
}
