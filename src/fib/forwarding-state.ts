// What of the forwarding outlived the process before this one, asked once when a process begins (RFC 4724 §3, the F bit): routes of
// our protocol that are in the kernel still, and networks of ours that the kernel serves by itself. Needs no privilege.

import type { FibConfig } from '#bgp/config.ts';
import { families, type FamilyName } from '#bgp/net/family.ts';
import { Address } from '#bgp/net/address.ts';
import { type Prefix, parsePrefix } from '#bgp/net/prefix.ts';
import { RouteTable, RouteType } from '#kernel/netlink/code-points.ts';
import type { KernelRoute } from '#kernel/netlink/route.ts';
import { defaultKernelViewOptions, KernelView } from './kernel-view.ts';
import { readOwnRoutes } from './read-own-routes.ts';

/** Families of which an earlier run's routes are in the kernel. Throws KernelError. */
export function findPreservedFamilies({ table }: Pick<FibConfig, 'table'>): FamilyName[] {
  // A reading that was interrupted may lack routes, but shows none that is not there: what it found is vouched for.
  const { routes } = readOwnRoutes(table);
  return families.filter(({ version }) => routes.some((route) => route.version === version)).map(({ name }) => name);
}

/** Those of the prefixes that packets reach through the kernel without BGP: see servesPrefix. Throws KernelError. */
export function findServedPrefixes(prefixes: readonly string[]): string[] {
  const view = new KernelView({ ...defaultKernelViewOptions, ignoredPortIds: [] }, { changed: () => undefined });
  try {
    return prefixes.filter((text) => {
      const prefix = parsePrefix(text);
      return prefix !== undefined && servesPrefix(view, prefix);
    });
  } finally {
    view.close();
  }
}

/**
 * True when a route of the kernel other than the default one covers the whole prefix (a subnet, a static or local route), or when
 * an address of this machine lies in it: what is sent to it is forwarded or answered whether BGP runs or not.
 */
export function servesPrefix(view: KernelView, prefix: Prefix): boolean {
  for (const { address, interfaceIndex } of view.addresses) {
    if (prefix.containsAddress(address) && view.links.get(interfaceIndex)?.isUp === true) return true;
  }
  const { version, w0, w1, w2, w3 } = prefix;
  let isServed = false;
  view.routes(version).search(new Address(version, w0, w1, w2, w3), (routes) => {
    isServed = routes.some((route) => route.length > 0 && route.length <= prefix.length && isForwarding(view, route));
    return isServed;
  });
  return isServed;
}

function isForwarding(view: KernelView, { type, table, hops }: KernelRoute): boolean {
  if (table === RouteTable.Local) return type === RouteType.Local;
  if (type !== RouteType.Unicast) return false;
  return hops.some(({ interfaceIndex, isDead }) => !isDead && view.links.get(interfaceIndex)?.isRunning === true);
}
