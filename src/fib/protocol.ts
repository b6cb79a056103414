// How the kernel knows our routes: by the protocol number (rtm_protocol), and by table and metric.

import type { FibConfig } from '#bgp/config.ts';
import type { RouteTarget } from '#kernel/netlink/route.ts';

/**
 * Not RTPROT_BGP (186): zebra counts routes with the numbers of its own daemons as left over by an earlier zebra and removes
 * them when it starts, whoever made them; and we could not tell ours from bgpd's. 87 ('W') is nobody's in rtnetlink.h or in
 * iproute2's list. `echo "87 waggle" >> /etc/iproute2/rt_protos` makes `ip route` show the name.
 */
export const ownProtocol = 87;

/** For IPv4 and for IPv6, which has no metric 0: the kernel makes 1024 of it, and takes 0 for any when it deletes. */
export function listTargets({
  table,
  metric,
}: Pick<FibConfig, 'table' | 'metric'>): readonly [RouteTarget, RouteTarget] {
  const v4: RouteTarget = { table, metric, protocol: ownProtocol };
  return [v4, metric === 0 ? { ...v4, metric: 1024 } : v4];
}
