// The address family that a show command's words name. `show ip bgp …` means IPv4, as in FRR.

import { type Family, ipv4Unicast, ipv6Unicast } from '#bgp/net/family.ts';
import type { ShowRequest } from './command.ts';

export function findRequestedFamily(request: ShowRequest): Family | undefined {
  if (request.hasWord('ipv6')) return ipv6Unicast;
  return request.hasWord('ipv4') || request.hasWord('ip') ? ipv4Unicast : undefined;
}
