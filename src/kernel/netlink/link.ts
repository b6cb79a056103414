// Interfaces and their addresses as rtnetlink says them: decoding, and the requests for all of them. What they mean for sessions
// and next hops is decided elsewhere. linux: rtnetlink(7), linux/if_link.h, linux/if_addr.h.

import { type Address, readAddress } from '#bgp/net/address.ts';
import { AddressAttribute, AddressFlag, Family, LinkAttribute, LinkFlag, MessageType } from './code-points.ts';
import { AttributeReader, type MessageReader, readText } from './message-reader.ts';
import type { MessageWriter } from './message-writer.ts';

export interface KernelLink {
  readonly index: number;
  readonly name: string;
  /** Administratively up. */
  readonly isUp: boolean;
  /** Up and with a carrier. */
  readonly isRunning: boolean;
  readonly isLoopback: boolean;
}

export interface KernelAddress {
  readonly interfaceIndex: number;
  /** Ours. */
  readonly address: Address;
  /** The other end of a point-to-point link, else the same as `address`. */
  readonly peer: Address;
  readonly length: number;
  /** IPv6: duplicate address detection is not over, or failed (RFC 4862 §5.4). */
  readonly isTentative: boolean;
}

/** struct ifinfomsg */
const linkBytes = 16;
/** struct ifaddrmsg */
const addressHeadBytes = 8;

const attributes = new AttributeReader(); // scratch

export function decodeLink(reader: MessageReader): KernelLink | undefined {
  const { bytes, view, start, end } = reader;
  if (end - start < linkBytes) return undefined;
  // A bridge port is told of twice: as a link, and by its bridge (AF_BRIDGE).
  if (bytes[start] !== Family.Unspecified) return undefined;
  const flags = view.getUint32(start + 8, true);
  let name = '';
  attributes.reset(view, start + linkBytes, end);
  while (attributes.next()) {
    if (attributes.type === LinkAttribute.Name) name = readText(bytes, attributes.start, attributes.end);
  }
  const isUp = (flags & LinkFlag.Up) !== 0;
  return {
    index: view.getInt32(start + 4, true),
    name,
    isUp,
    isRunning: isUp && (flags & LinkFlag.Running) !== 0,
    isLoopback: (flags & LinkFlag.Loopback) !== 0,
  };
}

export function decodeAddress(reader: MessageReader): KernelAddress | undefined {
  const { bytes, view, start, end } = reader;
  if (end - start < addressHeadBytes) return undefined;
  const family = bytes[start];
  if (family !== Family.Ipv4 && family !== Family.Ipv6) return undefined;
  const version = family === Family.Ipv4 ? 4 : 6;
  let peer: Address | undefined;
  let local: Address | undefined;
  let flags = bytes[start + 2];
  attributes.reset(view, start + addressHeadBytes, end);
  while (attributes.next()) {
    const isAddress = attributes.length === (version === 4 ? 4 : 16);
    if (attributes.type === AddressAttribute.Address && isAddress) peer = readAddress(version, bytes, attributes.start);
    if (attributes.type === AddressAttribute.Local && isAddress) local = readAddress(version, bytes, attributes.start);
    if (attributes.type === AddressAttribute.Flags && attributes.length >= 4) {
      flags = view.getUint32(attributes.start, true);
    }
  }
  const address = local ?? peer;
  if (address === undefined) return undefined;
  return {
    interfaceIndex: view.getUint32(start + 4, true),
    address,
    peer: peer ?? address,
    length: bytes[start + 1],
    isTentative: (flags & (AddressFlag.Tentative | AddressFlag.DadFailed)) !== 0,
  };
}

export function writeGetLinks(writer: MessageWriter, flags: number, sequence: number): void {
  writer.beginMessage(MessageType.GetLink, flags, sequence);
  for (let word = 0; word < linkBytes / 4; word++) writer.uint32(0);
  writer.endMessage();
}

export function writeGetAddresses(writer: MessageWriter, flags: number, sequence: number): void {
  writer.beginMessage(MessageType.GetAddress, flags, sequence);
  for (let word = 0; word < addressHeadBytes / 4; word++) writer.uint32(0);
  writer.endMessage();
}
