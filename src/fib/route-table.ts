// Routes of other programs by prefix, one family: what next hops are resolved through. A prefix may have several routes (metrics,
// appended ones). Bounded; routes beyond the limit are counted, not kept. Does not read the kernel.

import { randomInt } from 'node:crypto';
import type { Address } from '#bgp/net/address.ts';
import { PrefixTable } from '#bgp/net/prefix-table.ts';
import { wordMask } from '#bgp/net/prefix.ts';
import type { KernelRoute, RouteHop } from '#kernel/netlink/route.ts';

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

  /** RTM_NEWROUTE: in the place of the one that it replaces or equals, else behind the others. */
  add(route: KernelRoute, isReplacing: boolean): void {
    const { w0, w1, w2, w3, length } = route;
    const routes = [...this.at(w0, w1, w2, w3, length)];
    let index = routes.findIndex((other) => isSameRoute(other, route));
    if (index < 0 && isReplacing) index = routes.findIndex((other) => isSameKey(other, route));
    if (index < 0) routes.push(route);
    else routes[index] = route;
    this.set(w0, w1, w2, w3, length, routes);
  }

  /** RTM_DELROUTE. False when no such route was known as it was told: what there is has to be read anew. */
  delete(route: KernelRoute): boolean {
    const { w0, w1, w2, w3, length } = route;
    const routes = this.at(w0, w1, w2, w3, length);
    let index = routes.findIndex((other) => isSameRoute(other, route));
    const isExact = index >= 0;
    if (index < 0) index = routes.findIndex((other) => isSameKey(other, route) && other.protocol === route.protocol);
    if (index < 0) return true;
    this.set(w0, w1, w2, w3, length, routes.toSpliced(index, 1));
    return isExact;
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
