// Sets of next hops as BGP gives them, by number and counted, with the kernel path that each resolves to at present. Thousands of
// routes share a set, so a next hop is resolved once and not once a route.

import type { FibHop, Gateway, ResolvedNextHop } from '#bgp/ports.ts';
import type { Address } from '#bgp/net/address.ts';
import type { RouteHop } from '#kernel/netlink/route.ts';
import { greatestDivisor, type PathId, type Paths } from './paths.ts';

/** 0: none. */
export type HopSetId = number;

/** Weights finer than this are rounded. */
const maxUnit = 1 << 20;

interface HopSet {
  readonly key: string;
  readonly version: 4 | 6;
  /** Empty: a blackhole. */
  readonly hops: readonly FibHop[];
  users: number;
  path: PathId;
  /** Why there is no path. */
  reason: string;
}

export type Resolve = (address: Address, interfaceName: string | undefined) => ResolvedNextHop;

export class HopSets {
  readonly #paths: Paths;
  readonly #resolve: Resolve;
  readonly #byKey = new Map<string, HopSetId>();
  readonly #sets: (HopSet | undefined)[] = [undefined];
  readonly #free: HopSetId[] = [];
  #last: HopSetId = 0;

  constructor(paths: Paths, resolve: Resolve) {
    this.#paths = paths;
    this.#resolve = resolve;
  }

  get size(): number {
    return this.#byKey.size;
  }

  /** Counts one more user. `version` is that of the routes. Keeps nothing of `hops`. */
  take(version: 4 | 6, hops: readonly FibHop[]): HopSetId {
    // Neighbouring routes mostly share their next hops: no key is made for them.
    const last = this.#sets[this.#last];
    if (last !== undefined && last.version === version && areEqual(last.hops, hops)) {
      last.users++;
      return this.#last;
    }
    const key = keyOf(version, hops);
    let id = this.#byKey.get(key);
    if (id === undefined) {
      id = this.#free.pop() ?? this.#sets.length;
      const set: HopSet = { key, version, hops: hops.map((hop) => ({ ...hop })), users: 0, path: 0, reason: '' };
      this.#find(set);
      this.#sets[id] = set;
      this.#byKey.set(key, id);
    }
    const set = this.#sets[id];
    if (set !== undefined) set.users++;
    this.#last = id;
    return id;
  }

  release(id: HopSetId): void {
    const set = this.#sets[id];
    if (set === undefined || --set.users > 0) return;
    this.#byKey.delete(set.key);
    this.#sets[id] = undefined;
    this.#free.push(id);
  }

  hops(id: HopSetId): readonly FibHop[] {
    return this.#sets[id]?.hops ?? [];
  }

  path(id: HopSetId): PathId {
    return this.#sets[id]?.path ?? 0;
  }

  reason(id: HopSetId): string {
    return this.#sets[id]?.reason ?? '';
  }

  /** Resolves every set again; answers which have another path than before, by id, or undefined when none has. */
  resolveAgain(): Uint8Array | undefined {
    let changed: Uint8Array | undefined;
    for (const [id, set] of this.#sets.entries()) {
      if (set === undefined) continue;
      const before = set.path;
      this.#find(set);
      if (set.path === before) continue;
      changed ??= new Uint8Array(this.#sets.length);
      changed[id] = 1;
    }
    return changed;
  }

  /** In use, some more than once. */
  *paths(): IterableIterator<PathId> {
    for (const set of this.#sets) if (set !== undefined) yield set.path;
  }

  #find(set: HopSet): void {
    set.reason = '';
    if (set.hops.length === 0) {
      set.path = this.#paths.blackhole(set.version);
      return;
    }
    const reached: { readonly hop: FibHop; readonly gateways: readonly Gateway[]; readonly total: number }[] = [];
    for (const hop of set.hops) {
      const { isReachable, gateways = [] } = this.#resolve(hop.nextHop, hop.interfaceName);
      if (gateways.length === 0) {
        const why = isReachable ? 'is on more than one link, and none was named' : 'is not reachable';
        set.reason = `next hop ${hop.nextHop.toString()} ${why}`;
      } else {
        reached.push({ hop, gateways, total: gateways.reduce((sum, { weight }) => sum + weight, 0) });
      }
    }
    // A hop's share is split among the gateways that it is reached through: in whole numbers, while they stay small.
    const common = reached.reduce((all, { total }) => (all * total) / greatestDivisor(all, total), 1);
    const unit = Math.min(common, maxUnit);
    const found = reached.flatMap(({ hop, gateways, total }) =>
      gateways.map((gateway) => hopOf(hop.nextHop, gateway, (hop.weight * gateway.weight * unit) / total)),
    );
    // What can be reached is used: the speaker hears of the rest by its own resolver.
    set.path = this.#paths.unicast(set.version, found);
    if (set.path !== 0) set.reason = '';
  }
}

function hopOf(nextHop: Address, { address, interfaceIndex }: Gateway, weight: number): RouteHop {
  return { gateway: address ?? nextHop, interfaceIndex, weight: Math.max(1, Math.round(weight)), isDead: false };
}

function areEqual(a: readonly FibHop[], b: readonly FibHop[]): boolean {
  if (a.length !== b.length) return false;
  for (let index = 0; index < a.length; index++) {
    const one = a[index];
    const other = b[index];
    if (one.weight !== other.weight || one.interfaceName !== other.interfaceName) return false;
    if (!one.nextHop.equals(other.nextHop)) return false;
  }
  return true;
}

function keyOf(version: 4 | 6, hops: readonly FibHop[]): string {
  let key = version === 4 ? '4' : '6';
  for (const { nextHop, interfaceName, weight } of hops) {
    key += ` ${nextHop.version}:${nextHop.w0},${nextHop.w1},${nextHop.w2},${nextHop.w3}`;
    key += interfaceName === undefined ? `*${weight}` : `%${interfaceName}*${weight}`;
  }
  return key;
}
