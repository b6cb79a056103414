// The machine's network interfaces as the speaker needs them: which interface carries a session, its
// addresses for next hops, and which subnets are connected. Reads a snapshot; routes beyond connected
// subnets are not looked at.

import type { NetworkInterfaceInfo } from 'node:os';
import { Address, isLinkLocal, parseAddress } from '#bgp/net/address.ts';
import type { ConnectionInfo } from '#bgp/ports.ts';
import { Prefix } from '#bgp/net/prefix.ts';

/** What os.networkInterfaces() answers: interfaces that are up and have a carrier. */
export type InterfaceTable = NodeJS.Dict<NetworkInterfaceInfo[]>;

export interface InterfaceAddress {
  readonly interfaceName: string;
  readonly address: Address;
  readonly text: string;
  readonly subnet: Prefix;
  readonly isLoopback: boolean;
}

export interface Endpoints {
  readonly localAddress: string;
  readonly localPort: number;
  readonly remoteAddress: string;
  readonly remotePort: number;
}

export function listInterfaceAddresses(table: InterfaceTable): InterfaceAddress[] {
  const found: InterfaceAddress[] = [];
  for (const [interfaceName, infos] of Object.entries(table)) {
    for (const info of infos ?? []) {
      const [text] = info.address.split('%');
      const address = parseAddress(text);
      const length = Number(info.cidr?.split('/')[1] ?? Number.NaN);
      if (address === undefined || !Number.isInteger(length)) continue;
      const { version, w0, w1, w2, w3 } = address;
      const subnet = new Prefix(version, length, w0, w1, w2, w3);
      found.push({ interfaceName, address, text, subnet, isLoopback: isLoopback(address) });
    }
  }
  return found;
}

/** 127.0.0.0/8 and ::1, which mean another machine everywhere else and are no next hop. */
function isLoopback(address: Address): boolean {
  if (address.version === 4) return address.w0 >>> 24 === 127;
  return address.w0 === 0 && address.w1 === 0 && address.w2 === 0 && address.w3 === 1;
}

/** IPv4 addresses of a dual-stack socket come as `::ffff:192.0.2.1`: the session is an IPv4 one. */
export function normaliseAddress(text: string): string {
  const [address, zone] = text.split('%');
  const parsed = parseAddress(address);
  if (parsed === undefined) return text;
  if (parsed.version === 6 && parsed.w0 === 0 && parsed.w1 === 0 && parsed.w2 === 0xffff) {
    return new Address(4, parsed.w3, 0, 0, 0).toString();
  }
  // A zone says something of link-local addresses only.
  return zone !== undefined && isLinkLocal(parsed) ? `${parsed.toString()}%${zone}` : parsed.toString();
}

/** What is known of a connection from its endpoints and the interfaces of the moment. */
export function describeConnection(endpoints: Endpoints, addresses: readonly InterfaceAddress[]): ConnectionInfo {
  const local = parseAddress(endpoints.localAddress.split('%')[0]);
  const remote = parseAddress(endpoints.remoteAddress.split('%')[0]);
  const zone = endpoints.remoteAddress.split('%')[1] ?? endpoints.localAddress.split('%')[1];
  const carriers = addresses.filter(
    (entry) =>
      local !== undefined && entry.address.equals(local) && (zone === undefined || entry.interfaceName === zone),
  );
  // The same address may stand on several interfaces: the one whose subnet has the peer carries the session.
  const carrier = carriers.find((entry) => remote !== undefined && entry.subnet.containsAddress(remote)) ?? carriers[0];
  const interfaceName = carrier?.interfaceName ?? loopbackName(local, addresses);
  const own = addresses.filter((entry) => entry.interfaceName === interfaceName);
  // A loopback address is a next hop only for a session that itself runs over loopback addresses.
  const isOnLoopback = local !== undefined && isLoopback(local);
  const usable = own.filter((entry) => isOnLoopback || !entry.isLoopback);
  const first = (wanted: (address: Address) => boolean): string | undefined => {
    if (local !== undefined && wanted(local)) return local.toString();
    return usable.find((entry) => wanted(entry.address))?.text;
  };
  return {
    ...endpoints,
    interfaceName,
    interfaceIpv4: first((address) => address.version === 4),
    interfaceIpv6Global: first((address) => address.version === 6 && !isLinkLocal(address)),
    interfaceIpv6LinkLocal: first(isLinkLocal),
    isDirectlyConnected:
      remote !== undefined &&
      own.some((entry) => entry.subnet.containsAddress(remote) && entry.address.version === remote.version),
  };
}

/**
 * The same connection with the interfaces of a later moment. What is there still stays in use, and what is missing is not given up:
 * the link may flap, and then either the session ends or the address comes back.
 */
export function describeAgain(known: ConnectionInfo, addresses: readonly InterfaceAddress[]): ConnectionInfo {
  const now = describeConnection(known, addresses);
  const { interfaceName } = now;
  if (interfaceName === undefined) return known;
  if (interfaceName !== known.interfaceName) return now;
  const own = addresses.filter((entry) => entry.interfaceName === interfaceName);
  const choose = (before: string | undefined, next: string | undefined): string | undefined =>
    next === undefined || own.some(({ text }) => text === before) ? before : next;
  const interfaceIpv4 = choose(known.interfaceIpv4, now.interfaceIpv4);
  const interfaceIpv6Global = choose(known.interfaceIpv6Global, now.interfaceIpv6Global);
  const interfaceIpv6LinkLocal = choose(known.interfaceIpv6LinkLocal, now.interfaceIpv6LinkLocal);
  const isSame =
    interfaceIpv4 === known.interfaceIpv4 &&
    interfaceIpv6Global === known.interfaceIpv6Global &&
    interfaceIpv6LinkLocal === known.interfaceIpv6LinkLocal &&
    now.isDirectlyConnected === known.isDirectlyConnected;
  return isSame ? known : { ...now, interfaceIpv4, interfaceIpv6Global, interfaceIpv6LinkLocal };
}

/** 127.0.0.9 is local though no interface lists it: the subnet of `lo` is local as a whole. */
function loopbackName(local: Address | undefined, addresses: readonly InterfaceAddress[]): string | undefined {
  if (local === undefined || !isLoopback(local)) return undefined;
  return addresses.find((entry) => entry.isLoopback && entry.subnet.containsAddress(local))?.interfaceName;
}
