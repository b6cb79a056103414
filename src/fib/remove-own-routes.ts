// Removes routes of our protocol that a process before left, without a speaker: what `waggle cleanup` does to the kernel. The kernel
// checks the protocol number itself, so a route that another program put into the place meanwhile stays.

import { formatAddress } from '#bgp/net/address.ts';
import { KernelError } from '#kernel/errors.ts';
import type { KernelRoute } from '#kernel/netlink/route.ts';
import { NetlinkSocket } from '#kernel/netlink/socket.ts';
import { ownProtocol } from './protocol.ts';
import { describeAnswer, RouteBatch, Write } from './route-batch.ts';

export interface RefusedRemoval {
  readonly route: KernelRoute;
  readonly reason: string;
}

/** `removed` is called for each that is gone; answers the others. Throws KernelError. */
export function removeOwnRoutes(
  routes: readonly KernelRoute[],
  option: string,
  removed: (route: KernelRoute) => void,
): readonly RefusedRemoval[] {
  using socket = new NetlinkSocket();
  const batch = new RouteBatch(socket);
  const refused: RefusedRemoval[] = [];
  for (let next = 0; next < routes.length;) {
    batch.begin();
    const first = next;
    for (; next < routes.length && batch.hasRoom(undefined); next++) {
      const { version, w0, w1, w2, w3, length, table, metric } = routes[next];
      const target = { table, metric, protocol: ownProtocol };
      batch.write(Write.Delete, next, version, w0, w1, w2, w3, length, target, 0, undefined);
    }
    // Deleting takes no memory that could be short, and one answer a route fits the socket's queue by far.
    if (batch.send() === 'lost') throw new KernelError('ENOBUFS', 'hear which routes were removed');
    for (let at = 0; at < batch.count; at++) {
      const answer = batch.refused.get(at);
      const route = routes[first + at];
      if (answer === undefined) removed(route);
      // Gone already, as IPv4 routes go with their link.
      else if (answer.code !== 'ESRCH') refused.push({ route, reason: describeAnswer(answer, option) });
    }
  }
  return refused;
}

/** `203.0.113.0/24 (table 254, metric 20)` */
export function formatRoute({ version, w0, w1, w2, w3, length, table, metric }: KernelRoute): string {
  return `${formatAddress(version, w0, w1, w2, w3)}/${length} (table ${table}, metric ${metric})`;
}
