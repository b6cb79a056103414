// Where packets for a next hop go: the longest matching route of the kernel that is not ours, as the kernel itself would look it
// up without BGP (RFC 4271 §5.1.3, §9.1.2.1). The kernel keeps routes resolved down to gateways on a link, so one step suffices;
// recursion through BGP routes of our own is not done, it could only lead in circles.

import { type Address, isLinkLocal } from '#bgp/net/address.ts';
import type { Gateway, NextHopResolver, ResolvedNextHop } from '#bgp/ports.ts';
import { RouteProtocol, RouteTable, RouteType } from '#kernel/netlink/code-points.ts';
import type { KernelRoute, RouteHop } from '#kernel/netlink/route.ts';
import type { KernelView } from './kernel-view.ts';

const unreachable: ResolvedNextHop = { isReachable: false, metric: 0, interfaceName: undefined, gateways: [] };

export class KernelNextHops implements NextHopResolver {
  readonly #view: KernelView;

  constructor(view: KernelView) {
    this.#view = view;
  }

  /** `interfaceName` tells which link a link-local address is on. */
  resolve(address: Address, interfaceName?: string): ResolvedNextHop {
    // RFC 4271 §5.1.3: a route whose next hop is an address of our own cannot be used.
    if (this.#view.isOwnAddress(address)) return unreachable;
    if (address.version === 4 && address.w0 >>> 24 === 127) return this.#resolveLoopback();
    if (isLinkLocal(address)) return this.#resolveLinkLocal(address, interfaceName);
    let answer = unreachable;
    this.#view.routes(address.version).search(address, (routes) => {
      const found = this.#judge(routes);
      if (found === undefined) return false;
      answer = found;
      return true;
    });
    return answer;
  }

  /** undefined: these routes are not for this, a shorter prefix is asked. */
  #judge(routes: readonly KernelRoute[]): ResolvedNextHop | undefined {
    let best: KernelRoute | undefined;
    let hops: RouteHop[] = [];
    for (const route of routes) {
      if (route.table !== RouteTable.Main) continue;
      // A default route reaches everything: nothing would ever be unreachable (FRR: `no ip nht resolve-via-default`).
      if (route.length === 0) continue;
      const usable = route.hops.filter((hop) => this.#isUsable(hop));
      // Without a link the kernel looks on, past the route; blackholes and their kin end the search.
      if (route.type === RouteType.Unicast && usable.length === 0) continue;
      if (best !== undefined && route.metric > best.metric) continue;
      if (best !== undefined && route.metric === best.metric) {
        // Of equal IPv4 routes the kernel uses the first; equal IPv6 ones are one route of several hops.
        if (route.version === 6) hops.push(...usable);
        continue;
      }
      best = route;
      hops = usable;
    }
    if (best === undefined) return undefined;
    if (best.type !== RouteType.Unicast) return unreachable;
    const isConnected = best.protocol === RouteProtocol.Kernel && hops.every(({ gateway }) => gateway === undefined);
    return this.#reachable(isConnected ? 0 : best.metric, hops);
  }

  /** fe80::/10 is on every link: only the session, or there being one link, tells which. */
  #resolveLinkLocal(address: Address, interfaceName: string | undefined): ResolvedNextHop {
    const found = new Set<number>();
    for (const entry of this.#view.addresses) {
      const link = this.#view.links.get(entry.interfaceIndex);
      if (link?.isRunning !== true || link.isLoopback || !isLinkLocal(entry.address)) continue;
      if (interfaceName === undefined || link.name === interfaceName) found.add(link.index);
    }
    const [only, ...others] = found;
    if (only === undefined) return unreachable;
    if (others.length > 0) return { isReachable: true, metric: 0, interfaceName: undefined, gateways: [] };
    return this.#reachable(0, [{ gateway: address, interfaceIndex: only, weight: 1, isDead: false }]);
  }

  /** 127.0.0.0/8 is on the loopback interface as a whole; table main does not have it. */
  #resolveLoopback(): ResolvedNextHop {
    for (const link of this.#view.links.values()) {
      if (link.isLoopback && link.isUp) {
        return this.#reachable(0, [{ gateway: undefined, interfaceIndex: link.index, weight: 1, isDead: false }]);
      }
    }
    return unreachable;
  }

  #isUsable({ interfaceIndex, isDead }: RouteHop): boolean {
    return !isDead && this.#view.links.get(interfaceIndex)?.isRunning === true;
  }

  #reachable(metric: number, hops: readonly RouteHop[]): ResolvedNextHop {
    const gateways: Gateway[] = hops.map(({ gateway, interfaceIndex, weight }) => ({
      address: gateway,
      interfaceIndex,
      weight,
    }));
    const [first] = hops;
    const isOneLink = hops.every(({ interfaceIndex }) => interfaceIndex === first.interfaceIndex);
    const link = this.#view.links.get(first.interfaceIndex);
    return { isReachable: true, metric, interfaceName: isOneLink ? link?.name : undefined, gateways };
  }
}
