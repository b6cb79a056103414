// What routes do in the kernel, by number: the gateways of a route as one interned value with its encoding made once. What we
// want and what a dump shows get the same number when they mean the same, whatever the order of the hops.

import { compareAddresses } from '#bgp/net/address.ts';
import { RouteScope, RouteType } from '#kernel/netlink/code-points.ts';
import { encodeHops, type KernelRoute, type RouteHop } from '#kernel/netlink/route.ts';

export interface Path {
  readonly key: string;
  /** rtm_type */
  readonly type: number;
  readonly scope: number;
  readonly hops: readonly RouteHop[];
  readonly encoded: Uint8Array;
}

/** 0: none. */
export type PathId = number;

/** The kernel takes 1..256 for a hop. */
const maxWeight = 256;
/** Routes of more hops make messages that a batch has no room for. */
export const maxHops = 128;

export class Paths {
  readonly #byKey = new Map<string, PathId>();
  readonly #paths: (Path | undefined)[] = [undefined];
  readonly #free: PathId[] = [];

  get size(): number {
    return this.#byKey.size;
  }

  get(id: PathId): Path | undefined {
    return this.#paths[id];
  }

  blackhole(version: 4 | 6): PathId {
    return this.#intern(version, RouteType.Blackhole, []);
  }

  /** Hops that are equal count together; 0 when there is none. */
  unicast(version: 4 | 6, hops: readonly RouteHop[]): PathId {
    const normal = normaliseHops(hops);
    return normal.length === 0 ? 0 : this.#intern(version, RouteType.Unicast, normal);
  }

  /** What a route of the kernel does. */
  ofRoute(route: KernelRoute): PathId {
    if (route.type === RouteType.Unicast) return this.unicast(route.version, route.hops);
    return this.#intern(route.version, route.type, []);
  }

  /** Forgets every path that is not named. */
  collect(used: ReadonlySet<PathId>): void {
    for (const [key, id] of this.#byKey) {
      if (used.has(id)) continue;
      this.#byKey.delete(key);
      this.#paths[id] = undefined;
      this.#free.push(id);
    }
  }

  #intern(version: 4 | 6, type: number, hops: readonly RouteHop[]): PathId {
    const key = `${version} ${type} ${hops.map(formatHop).join(' ')}`;
    const known = this.#byKey.get(key);
    if (known !== undefined) return known;
    const id = this.#free.pop() ?? this.#paths.length;
    // Linux wants the scope of a route to be narrower than that of its gateways: link, where there is none.
    const isOnLink = type === RouteType.Unicast && hops.every(({ gateway }) => gateway === undefined);
    const scope = isOnLink && version === 4 ? RouteScope.Link : RouteScope.Universe;
    this.#paths[id] = { key, type, scope, hops, encoded: encodeHops(version, hops) };
    this.#byKey.set(key, id);
    return id;
  }
}

function formatHop({ gateway, interfaceIndex, weight }: RouteHop): string {
  return `${gateway?.toString() ?? '-'}%${interfaceIndex}*${weight}`;
}

function compareHops(a: RouteHop, b: RouteHop): number {
  if (a.gateway === undefined || b.gateway === undefined) {
    const order = Number(a.gateway !== undefined) - Number(b.gateway !== undefined);
    return order === 0 ? a.interfaceIndex - b.interfaceIndex : order;
  }
  return compareAddresses(a.gateway, b.gateway) || a.interfaceIndex - b.interfaceIndex;
}

/** Sorted, equal ones added up, weights brought into the kernel's range and divided by what they have in common. */
function normaliseHops(hops: readonly RouteHop[]): RouteHop[] {
  const merged: RouteHop[] = [];
  for (const hop of hops.toSorted(compareHops)) {
    const last = merged.at(-1);
    if (last !== undefined && compareHops(last, hop) === 0) {
      merged[merged.length - 1] = { ...last, weight: last.weight + hop.weight };
    } else {
      merged.push({ ...hop, isDead: false });
    }
  }
  const kept = merged.slice(0, maxHops);
  const divisor = kept.reduce((common, { weight }) => greatestDivisor(common, weight), 0) || 1;
  const largest = Math.max(1, ...kept.map(({ weight }) => weight / divisor));
  const scale = largest > maxWeight ? maxWeight / largest : 1;
  return kept.map((hop) => ({ ...hop, weight: Math.max(1, Math.round((hop.weight / divisor) * scale)) }));
}

/** The greatest number that divides both. */
export function greatestDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestDivisor(b, a % b);
}
