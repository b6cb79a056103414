// Routes of the kernel that BGP is to originate, by where they come from: connected subnets, static routes, and those of other
// programs. Level-triggered: compares what the kernel has now with what was told, and tells the difference. Which sources count
// and under which policy is the speaker's business; routes that BGP put there, ours or another speaker's, are none.

import { isLinkLocal } from '#bgp/net/address.ts';
import type { RedistributeConfig } from '#bgp/config.ts';
import { Prefix } from '#bgp/net/prefix.ts';
import { RouteProtocol, RouteTable, RouteType } from '#kernel/netlink/code-points.ts';
import type { KernelAddress } from '#kernel/netlink/link.ts';
import type { KernelRoute } from '#kernel/netlink/route.ts';
import type { KernelView } from './kernel-view.ts';

export type RedistributionSource = RedistributeConfig['source'];

export interface RedistributionDeps {
  readonly originate: (source: RedistributionSource, prefix: Prefix, route: { readonly metric: number }) => void;
  readonly withdraw: (source: RedistributionSource, prefix: Prefix) => void;
}

interface Told {
  readonly prefix: Prefix;
  readonly metric: number;
}

export const redistributionSources: readonly RedistributionSource[] = ['connected', 'static', 'kernel'];

export class Redistribution {
  readonly #view: KernelView;
  readonly #deps: RedistributionDeps;
  #wanted: ReadonlySet<RedistributionSource> = new Set();
  readonly #told: Record<RedistributionSource, Map<string, Told>> = {
    connected: new Map(),
    static: new Map(),
    kernel: new Map(),
  };

  constructor(view: KernelView, deps: RedistributionDeps) {
    this.#view = view;
    this.#deps = deps;
  }

  /** Tells what is new, or gone, at once. */
  configure(wanted: ReadonlySet<RedistributionSource>): void {
    this.#wanted = wanted;
    this.update();
  }

  /** The kernel's routes, links or addresses may have changed. */
  update(): void {
    const isIdle = redistributionSources.every((source) => !this.#wanted.has(source) && this.#told[source].size === 0);
    if (isIdle) return;
    const now = this.#list();
    for (const source of redistributionSources) this.#tell(source, now[source]);
  }

  #tell(source: RedistributionSource, now: ReadonlyMap<string, Told>): void {
    const told = this.#told[source];
    for (const [key, { prefix }] of told) {
      if (now.has(key)) continue;
      told.delete(key);
      this.#deps.withdraw(source, prefix);
    }
    for (const [key, route] of now) {
      if (told.get(key)?.metric === route.metric) continue;
      told.set(key, route);
      this.#deps.originate(source, route.prefix, { metric: route.metric });
    }
  }

  #list(): Record<RedistributionSource, Map<string, Told>> {
    const found: Record<RedistributionSource, Map<string, Told>> = {
      connected: new Map(),
      static: new Map(),
      kernel: new Map(),
    };
    const add = (source: RedistributionSource, prefix: Prefix, metric: number): void => {
      if (!this.#wanted.has(source)) return;
      const key = prefix.toString();
      const known = found[source].get(key);
      if (known === undefined || metric < known.metric) found[source].set(key, { prefix, metric });
    };
    for (const version of [4, 6] as const) {
      for (const route of this.#view.routes(version)) {
        const source = this.#sourceOf(route);
        if (source === undefined) continue;
        const { w0, w1, w2, w3, length, metric } = route;
        // The kernel's own 256 for IPv6 subnets is no distance.
        add(source, new Prefix(version, length, w0, w1, w2, w3), source === 'connected' ? 0 : metric);
      }
    }
    // Table main has no route for an address that is a subnet of its own, such as a router's on its loopback.
    for (const address of this.#view.addresses) {
      const prefix = this.#hostPrefix(address);
      if (prefix !== undefined) add('connected', prefix, 0);
    }
    return found;
  }

  #sourceOf(route: KernelRoute): RedistributionSource | undefined {
    if (route.table !== RouteTable.Main || isOfLinkOnly(route)) return undefined;
    const isDiscarding =
      route.type === RouteType.Blackhole || route.type === RouteType.Unreachable || route.type === RouteType.Prohibit;
    const isUsable =
      route.type === RouteType.Unicast &&
      route.hops.some(({ interfaceIndex, isDead }) => !isDead && this.#isRunning(interfaceIndex));
    if (!isUsable && !isDiscarding) return undefined;
    switch (route.protocol) {
      case RouteProtocol.Kernel:
        return route.hops.every(({ gateway }) => gateway === undefined) && isUsable ? 'connected' : 'kernel';
      case RouteProtocol.Boot:
      case RouteProtocol.Static:
      case RouteProtocol.ZebraStatic:
        return 'static';
      case RouteProtocol.Bgp:
        return undefined;
      default:
        return 'kernel';
    }
  }

  #hostPrefix({ address, length, interfaceIndex, isTentative }: KernelAddress): Prefix | undefined {
    const { version, w0, w1, w2, w3 } = address;
    if (length !== (version === 4 ? 32 : 128) || isTentative || !this.#isRunning(interfaceIndex)) return undefined;
    const isLoopback = version === 4 ? w0 >>> 24 === 127 : w0 === 0 && w1 === 0 && w2 === 0 && w3 === 1;
    return isLoopback || isLinkLocal(address) ? undefined : new Prefix(version, length, w0, w1, w2, w3);
  }

  #isRunning(interfaceIndex: number): boolean {
    return this.#view.links.get(interfaceIndex)?.isRunning === true;
  }
}

/** fe80::/10, 169.254.0.0/16 and multicast mean something else on every link. */
function isOfLinkOnly({ version, w0 }: KernelRoute): boolean {
  if (version === 4) return w0 >>> 16 === 0xa9fe || w0 >>> 28 === 0xe;
  return (w0 & 0xffc0_0000) === (0xfe80_0000 | 0) || w0 >>> 24 === 0xff;
}
