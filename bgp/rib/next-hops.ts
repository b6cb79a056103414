// Which next hops can be reached and how far away they are, by the NextHopId that attribute sets carry.
// The resolver is asked once per next hop and again on refresh(); changes are dated by a generation,
// from which each RIB finds the routes that it must decide again (RFC 4271 §9.1.2.1).

import type { Address } from '../net/address.ts';
import type { Gateway, NextHopResolver, ResolvedNextHop } from '../ports.ts';
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
  /** By id, as they were made for the first route with that next hop. */
  private readonly addresses: (Address | undefined)[];
  /** Where packets go in the end: a change matters to the kernel although nothing is chosen anew. */
  private readonly gateways: (readonly Gateway[] | undefined)[];
  /** What {@link linkOf} has answered: for next hops with a link-local half alone. */
  private readonly links: Map<number, string | undefined>;

  constructor(attributes: AttributeSets, resolver: NextHopResolver) {
    this.generation = 0;
    this.table = attributes.nextHops;
    this.resolver = resolver;
    this.states = new Uint8Array(64);
    this.metrics = new Uint32Array(64);
    this.changed = new Uint32Array(64);
    this.addresses = [];
    this.gateways = [];
    this.links = new Map();
    this.table.onFree((id) => {
      this.links.delete(id);
      if (id >= this.states.length) return;
      this.states[id] = State.Unknown;
      this.addresses[id] = undefined;
      this.gateways[id] = undefined;
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

  /** undefined: the route has no next hop. */
  addressOf(id: number): Address | undefined {
    if (id === 0 || !this.isReachable(id)) return undefined;
    return this.addresses[id];
  }

  /** The interface whose link the next hop is on; undefined when packets to it take a router or there is no way. */
  linkOf(id: number): string | undefined {
    if (this.links.has(id)) return this.links.get(id);
    this.ensure(id);
    const address = this.table.addressOf(nextHopId(id));
    const resolved = address === undefined ? undefined : this.resolver.resolve(address);
    const isOnLink = resolved?.gateways?.every((gateway) => gateway.address === undefined) ?? resolved?.metric === 0;
    const link = resolved?.isReachable === true && isOnLink ? resolved.interfaceName : undefined;
    this.links.set(id, link);
    return link;
  }

  hasChangedSince(id: number, generation: number): boolean {
    return id < this.changed.length && this.changed[id] > generation;
  }

  /** Asks the resolver about every next hop in use; true when an answer differs from the last one. */
  refresh(): boolean {
    const links = [...this.links];
    this.links.clear();
    let hasChanged = false;
    const note = (id: number): void => {
      if (!hasChanged) this.generation++;
      hasChanged = true;
      this.changed[id] = this.generation;
    };
    // RFC 2545 §3: whether the link-local half goes along is another question on another link.
    for (const [id, link] of links) if (this.linkOf(id) !== link) note(id);
    for (let id = 1; id < this.states.length; id++) {
      const state = this.states[id];
      if (state === State.Unknown) continue;
      const metric = this.metrics[id];
      const gateways = this.gateways[id];
      if (this.resolve(id) === state && this.metrics[id] === metric && areSame(this.gateways[id], gateways)) continue;
      note(id);
    }
    return hasChanged;
  }

  private ensure(id: number): void {
    if (id < this.states.length) return;
    const capacity = nextCapacity(this.states.length, Math.max(id + 1, this.table.limit));
    this.states = growUint8(this.states, capacity);
    this.metrics = growUint32(this.metrics, capacity);
    this.changed = growUint32(this.changed, capacity);
  }

  private resolve(id: number): number {
    this.ensure(id);
    const address = this.addresses[id] ?? this.table.addressOf(nextHopId(id));
    const resolved: ResolvedNextHop | undefined = address === undefined ? undefined : this.resolver.resolve(address);
    const state = resolved?.isReachable === true ? State.Reachable : State.Unreachable;
    this.addresses[id] = address;
    this.gateways[id] = state === State.Reachable ? resolved?.gateways : undefined;
    this.metrics[id] = state === State.Reachable ? (resolved?.metric ?? 0) : 0;
    this.states[id] = state;
    return state;
  }
}

function areSame(a: readonly Gateway[] | undefined, b: readonly Gateway[] | undefined): boolean {
  if (a === b) return true;
  if (a === undefined || b === undefined || a.length !== b.length) return false;
  return a.every(
    ({ address, interfaceIndex, weight }, index) =>
      interfaceIndex === b[index].interfaceIndex &&
      weight === b[index].weight &&
      (address === undefined
        ? b[index].address === undefined
        : b[index].address !== undefined && address.equals(b[index].address)),
  );
}
