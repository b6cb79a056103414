// The next hop that a session writes into routes of a family (RFC 4271 §5.1.3, RFC 2545 §3): for the
// session's own family its local address, for another one the address that the session's interface has
// in that family. Without such an address nothing of the family can be sent, and the reason is told.

import { isLinkLocal, parseAddress, type Address } from './net/address.ts';
import type { Family } from './net/family.ts';
import type { ConnectionInfo } from './ports.ts';

interface SessionNextHop {
  readonly address: Address;
  /** Sent beside a global IPv6 address to a peer on the same link. */
  readonly linkLocal: Address | undefined;
}

/** The next hop, or why there is none. */
export function nextHopOf(family: Family, info: ConnectionInfo, hasExtendedNextHop = false): SessionNextHop | string {
  const local = parseLocal(info.localAddress);
  if (local === undefined) return `the session's local address ${info.localAddress} is not an IP address`;
  // RFC 8950 §4: an IPv6 session that negotiated it needs no IPv4 address for IPv4 routes.
  if (family.version === 4 && !(hasExtendedNextHop && local.version === 6)) {
    const address = local.version === 4 ? local : parseLocal(info.interfaceIpv4);
    return address === undefined
      ? `${interfaceWords(info)} has no IPv4 address for the next hop`
      : { address, linkLocal: undefined };
  }
  const global = local.version === 6 && !isLinkLocal(local) ? local : parseLocal(info.interfaceIpv6Global);
  const linkLocal = local.version === 6 && isLinkLocal(local) ? local : parseLocal(info.interfaceIpv6LinkLocal);
  if (global !== undefined) {
    // RFC 2545 §3: the link-local address is added if and only if the peer shares the subnet.
    return { address: global, linkLocal: info.isDirectlyConnected ? linkLocal : undefined };
  }
  // A session between link-local addresses can have nothing else for a next hop.
  if (local.version === 6) return { address: local, linkLocal: undefined };
  return `${interfaceWords(info)} has no global IPv6 address for the next hop (RFC 2545)`;
}

function parseLocal(text: string | undefined): Address | undefined {
  return text === undefined ? undefined : parseAddress(text.replace(/%.*$/, ''));
}

function interfaceWords(info: ConnectionInfo): string {
  return info.interfaceName === undefined
    ? `no interface carries ${info.localAddress}: it`
    : `interface ${info.interfaceName}`;
}
