// Routes of other programs by prefix, one family: what next hops are resolved through. A prefix may have several routes (metrics,
// appended ones). Bounded; routes beyond the limit are counted, not kept. Does not read the kernel.

import { randomInt } from 'node:crypto';
import type { Address } from '#bgp/net/address.ts';
import { PrefixTable } from '#bgp/net/prefix-table.ts';
import { wordMask } from '#bgp/net/prefix.ts';
import type { KernelRoute, RouteHop } from '#kernel/netlink/route.ts';

/** RTM_NEWROUTE (NLM_F_REPLACE: `isReplacing`) or RTM_DELROUTE, as it was told. */
export interface RouteChange {
  readonly route: KernelRoute;
  readonly isDeleted: boolean;
  readonly isReplacing: boolean;
}

export class RouteTable {
  readonly version: 4 | 6;
  /** Routes that the limit kept out. */
  leftOut = 0;
  readonly #prefixes: PrefixTable;
  /** By slot. */
  readonly #routes: (readonly KernelRoute[])[] = [];
  /** How many prefixes there are of each length. */
  readonly #lengths: Uint32Array;
  readonly #limit: number;
  #count = 0;

  constructor(version: 4 | 6, limit: number) {
    this.version = version;
    this.#limit = limit;
    // Whoever fills the kernel's table may be a peer of another daemon, and must not know where prefixes fall.
    this.#prefixes = new PrefixTable(version === 4 ? 1 : 4, randomInt(2 ** 32));
    this.#lengths = new Uint32Array(version === 4 ? 33 : 129);
  }

  get count(): number {
    return this.#count;
  }

  at(w0: number, w1: number, w2: number, w3: number, length: number): readonly KernelRoute[] {
    const slot = this.#prefixes.find(w0, w1, w2, w3, length);
    return slot === 0 ? [] : this.#routes[slot];
  }

  /** All routes of a prefix at once; an empty list forgets it. */
  set(w0: number, w1: number, w2: number, w3: number, length: number, routes: readonly KernelRoute[]): void {
    let slot = this.#prefixes.find(w0, w1, w2, w3, length);
    const before = slot === 0 ? 0 : this.#routes[slot].length;
    if (routes.length > before && this.#count + routes.length - before > this.#limit) {
      this.leftOut += routes.length - before;
      return;
    }
    this.#count += routes.length - before;
    if (routes.length === 0) {
      if (slot === 0) return;
      this.#routes[slot] = [];
      this.#prefixes.remove(slot);
      this.#lengths[length]--;
      return;
    }
    if (slot === 0) {
      slot = this.#prefixes.insert(w0, w1, w2, w3, length);
      this.#lengths[length]++;
    }
    this.#routes[slot] = routes;
  }

  /** False when what there is afterwards is in doubt, and has to be read anew. */
  apply({ route, isDeleted, isReplacing }: RouteChange): boolean {
    return isDeleted ? this.#delete(route) : this.#add(route, isReplacing);
  }

  /** A route of a dump: in the place of the one that it equals, else behind the others. */
  put(route: KernelRoute): void {
    const { w0, w1, w2, w3, length } = route;
    const routes = this.at(w0, w1, w2, w3, length);
    const index = routes.findIndex((other) => isSameRoute(other, route));
    this.set(w0, w1, w2, w3, length, index < 0 ? [...routes, route] : routes.with(index, route));
  }

  #add(route: KernelRoute, isReplacing: boolean): boolean {
    const { w0, w1, w2, w3, length } = route;
    const routes = this.at(w0, w1, w2, w3, length);
    const rivals = routes.filter((other) => isSameKey(other, route));
    const replaced = rivals[0];
    if (!isReplacing || replaced === undefined) {
      this.put(route);
      // An IPv6 route joins those of its metric to one of several hops: the kernel names the first one's protocol in a dump and
      // the last one's here, and what it joined may be a route that is not kept.
      return route.version === 4 || (rivals.length === 0 && route.hops.length < 2);
    }
    const index = routes.indexOf(rivals.find((other) => isSameRoute(other, route)) ?? replaced);
    this.set(w0, w1, w2, w3, length, routes.with(index, route));
    // With several, which one the kernel took depends on their order and kind.
    return rivals.length === 1;
  }

  #delete(route: KernelRoute): boolean {
    const { w0, w1, w2, w3, length } = route;
    const routes = this.at(w0, w1, w2, w3, length);
    const rivals = routes.filter((other) => isSameKey(other, route));
    const exact = rivals.find((other) => isSameRoute(other, route));
    const gone = exact ?? rivals.find(({ protocol }) => protocol === route.protocol);
    if (gone !== undefined) this.set(w0, w1, w2, w3, length, routes.toSpliced(routes.indexOf(gone), 1));
    // One hop of an IPv6 route of several is told with its own protocol, which is not that of the first.
    return exact !== undefined || (gone === undefined && (route.version === 4 || rivals.length === 0));
  }

  *[Symbol.iterator](): IterableIterator<KernelRoute> {
    for (let slot = 1; slot < this.#prefixes.limit; slot++) {
      if (this.#prefixes.isUsed(slot)) yield* this.#routes[slot];
    }
  }

  /** The prefixes that contain the address, the longest first; stops when `found` answers true. */
  search(address: Address, found: (routes: readonly KernelRoute[]) => boolean): void {
    for (let length = this.#lengths.length - 1; length >= 0; length--) {
      if (this.#lengths[length] === 0) continue;
      const slot = this.#prefixes.find(
        address.w0 & wordMask(length, 0),
        address.w1 & wordMask(length, 1),
        address.w2 & wordMask(length, 2),
        address.w3 & wordMask(length, 3),
        length,
      );
      if (slot !== 0 && found(this.#routes[slot])) return;
    }
  }
}

/** What the kernel goes by when it replaces a route. */
function isSameKey(a: KernelRoute, b: KernelRoute): boolean {
  return a.table === b.table && a.metric === b.metric;
}

function isSameRoute(a: KernelRoute, b: KernelRoute): boolean {
  return (
    isSameKey(a, b) &&
    a.protocol === b.protocol &&
    a.type === b.type &&
    a.hops.length === b.hops.length &&
    a.hops.every((hop, index) => isSameHop(hop, b.hops[index]))
  );
}

function isSameHop(a: RouteHop, b: RouteHop): boolean {
  if (a.interfaceIndex !== b.interfaceIndex) return false;
  return a.gateway === undefined || b.gateway === undefined ? a.gateway === b.gateway : a.gateway.equals(b.gateway);
}
