// hot: a route as rtnetlink says it (RTM_NEWROUTE, RTM_DELROUTE, RTM_GETROUTE): decoding into a value, and encoding from words
// and a block of hop attributes that is made once for many routes. Encapsulations and metrics other than the priority are read
// over; who may change which route is decided elsewhere. linux: rtnetlink(7), linux/rtnetlink.h.

import { Address, addressBytes, readAddress } from '#bgp/net/address.ts';
import { Family, MessageFlag, MessageType, RouteAttribute, RouteFlag, RouteScope, RouteTable } from './code-points.ts';
import { AttributeReader, type MessageReader } from './message-reader.ts';
import { headerBytes, MessageWriter } from './message-writer.ts';

export interface RouteHop {
  /** undefined: the destination itself is on the link. May be IPv6 for an IPv4 route (RTA_VIA). */
  readonly gateway: Address | undefined;
  readonly interfaceIndex: number;
  /** 1..256 */
  readonly weight: number;
  /** The kernel does not use it at present: its link is down. */
  readonly isDead: boolean;
}

export interface KernelRoute {
  readonly version: 4 | 6;
  readonly w0: number;
  readonly w1: number;
  readonly w2: number;
  readonly w3: number;
  readonly length: number;
  readonly table: number;
  readonly protocol: number;
  readonly scope: number;
  readonly type: number;
  /** RTA_PRIORITY */
  readonly metric: number;
  readonly hops: readonly RouteHop[];
  /** Nexthop object that it uses, 0 without. */
  readonly nextHopId: number;
}

/** struct rtmsg */
const fixedBytes = 12;

/** Header, fixed part, destination, table, priority: what an encoded route has beside its hops. */
export const routeOverheadBytes = headerBytes + fixedBytes + 20 + 8 + 8;

const attributes = new AttributeReader(); // scratch
const nested = new AttributeReader(); // scratch

/** rtm_table and RTA_TABLE without the rest: enough to pass over a route. */
export function isOfProtocol(reader: MessageReader, protocol: number): boolean {
  return reader.bytes[reader.start + 5] === protocol;
}

/** undefined: another family, or a message that is cut short. */
export function decodeRoute(reader: MessageReader): KernelRoute | undefined {
  const { bytes, view, start, end } = reader;
  if (end - start < fixedBytes) return undefined;
  const family = bytes[start];
  if (family !== Family.Ipv4 && family !== Family.Ipv6) return undefined;
  const flags = view.getUint32(start + 8, true);
  // Cached exceptions (redirects, path MTU) are no routes.
  if ((flags & RouteFlag.Cloned) !== 0) return undefined;
  const version = family === Family.Ipv4 ? 4 : 6;
  let destination: Address | undefined;
  let table = bytes[start + 4];
  let metric = 0;
  let nextHopId = 0;
  let gateway: Address | undefined;
  let interfaceIndex = 0;
  let hops: RouteHop[] | undefined;
  attributes.reset(view, start + fixedBytes, end);
  while (attributes.next()) {
    const at = attributes.start;
    const { length } = attributes;
    switch (attributes.type) {
      case RouteAttribute.Destination:
        if (length === (version === 4 ? 4 : 16)) destination = readAddress(version, bytes, at);
        break;
      case RouteAttribute.Table:
        if (length >= 4) table = view.getUint32(at, true);
        break;
      case RouteAttribute.Priority:
        if (length >= 4) metric = view.getUint32(at, true);
        break;
      case RouteAttribute.NextHopId:
        if (length >= 4) nextHopId = view.getUint32(at, true);
        break;
      case RouteAttribute.Oif:
        if (length >= 4) interfaceIndex = view.getUint32(at, true);
        break;
      case RouteAttribute.Gateway:
      case RouteAttribute.Via:
        gateway = readGateway(attributes, reader);
        break;
      case RouteAttribute.Multipath:
        hops = readHops(reader, at, attributes.end);
        break;
      default:
      // RTA_ENCAP, RTA_METRICS, RTA_CACHEINFO, …: nothing that decides where packets go to.
    }
  }
  if (hops === undefined) {
    const isDead = (flags & (RouteFlag.Dead | RouteFlag.LinkDown)) !== 0;
    hops = interfaceIndex === 0 && gateway === undefined ? [] : [{ gateway, interfaceIndex, weight: 1, isDead }];
  }
  const { w0, w1, w2, w3 } = destination ?? new Address(version, 0, 0, 0, 0);
  return {
    version,
    w0,
    w1,
    w2,
    w3,
    length: bytes[start + 1],
    table,
    protocol: bytes[start + 5],
    scope: bytes[start + 6],
    type: bytes[start + 7],
    metric,
    hops,
    nextHopId,
  };
}

/** RTA_GATEWAY, or RTA_VIA: the address family, then the address. */
function readGateway(attribute: AttributeReader, { bytes, view }: MessageReader): Address | undefined {
  const at = attribute.start;
  if (attribute.type === RouteAttribute.Gateway) {
    if (attribute.length === 4) return readAddress(4, bytes, at);
    return attribute.length === 16 ? readAddress(6, bytes, at) : undefined;
  }
  const family = attribute.length < 2 ? 0 : view.getUint16(at, true);
  if (family === Family.Ipv4 && attribute.length === 6) return readAddress(4, bytes, at + 2);
  return family === Family.Ipv6 && attribute.length === 18 ? readAddress(6, bytes, at + 2) : undefined;
}

/** struct rtnexthop: length, flags, hops (weight less one), interface; then attributes of its own. */
function readHops(reader: MessageReader, start: number, end: number): RouteHop[] {
  const { view, bytes } = reader;
  const hops: RouteHop[] = [];
  for (let at = start; at + 8 <= end;) {
    const length = view.getUint16(at, true);
    if (length < 8 || at + length > end) break;
    let gateway: Address | undefined;
    nested.reset(view, at + 8, at + length);
    while (nested.next()) {
      if (nested.type === RouteAttribute.Gateway || nested.type === RouteAttribute.Via) {
        gateway = readGateway(nested, reader);
      }
    }
    hops.push({
      gateway,
      interfaceIndex: view.getUint32(at + 4, true),
      weight: bytes[at + 3] + 1,
      isDead: (bytes[at + 2] & (RouteFlag.Dead | RouteFlag.LinkDown)) !== 0,
    });
    at += (length + 3) & ~3;
  }
  return hops;
}

/** The attributes that say where the packets of a route go, made once and copied into many messages. */
export function encodeHops(version: 4 | 6, hops: readonly RouteHop[]): Uint8Array {
  const writer = new MessageWriter(16 + hops.length * 40);
  const [only] = hops;
  if (hops.length === 1) {
    writeGateway(writer, version, only.gateway);
    writer.attributeUint32(RouteAttribute.Oif, only.interfaceIndex);
  } else if (hops.length > 1) {
    const all = writer.beginNested(RouteAttribute.Multipath);
    for (const { gateway, interfaceIndex, weight } of hops) {
      const one = writer.length;
      writer.uint16(0);
      writer.byte(0);
      writer.byte(weight - 1);
      writer.uint32(interfaceIndex);
      writeGateway(writer, version, gateway);
      writer.endNested(one);
    }
    writer.endNested(all);
  }
  return writer.bytes.slice(0, writer.length);
}

function writeGateway(writer: MessageWriter, version: 4 | 6, gateway: Address | undefined): void {
  if (gateway === undefined) return;
  const bytes = addressBytes(gateway);
  if (gateway.version === version) {
    writer.attributeBytes(RouteAttribute.Gateway, bytes);
    return;
  }
  // RFC 8950: an IPv4 route over an IPv6 next hop (Linux 5.2).
  const via = new Uint8Array(2 + bytes.length);
  via[0] = gateway.version === 4 ? Family.Ipv4 : Family.Ipv6;
  via.set(bytes, 2);
  writer.attributeBytes(RouteAttribute.Via, via);
}

export interface RouteTarget {
  readonly table: number;
  readonly protocol: number;
  readonly metric: number;
}

/** RTM_NEWROUTE with what encodeHops() made. */
export function writeNewRoute(
  writer: MessageWriter,
  flags: number,
  sequence: number,
  version: 4 | 6,
  w0: number,
  w1: number,
  w2: number,
  w3: number,
  length: number,
  target: RouteTarget,
  type: number,
  scope: number,
  hops: Uint8Array,
): void {
  writer.beginMessage(MessageType.NewRoute, MessageFlag.Request | flags, sequence);
  writeFixed(writer, version, length, target.table, target.protocol, scope, type);
  writeKey(writer, version, w0, w1, w2, w3, target);
  writer.copy(hops);
  writer.endMessage();
}

/** RTM_DELROUTE; the kernel removes only a route of this protocol. */
export function writeDelRoute(
  writer: MessageWriter,
  sequence: number,
  version: 4 | 6,
  w0: number,
  w1: number,
  w2: number,
  w3: number,
  length: number,
  target: RouteTarget,
): void {
  writer.beginMessage(MessageType.DelRoute, MessageFlag.Request, sequence);
  writeFixed(writer, version, length, target.table, target.protocol, RouteScope.Nowhere, 0);
  writeKey(writer, version, w0, w1, w2, w3, target);
  writer.endMessage();
}

/** A request for routes; what is undefined does not filter. */
export function writeGetRoutes(
  writer: MessageWriter,
  flags: number,
  sequence: number,
  version: 4 | 6,
  filter: { readonly table?: number; readonly protocol?: number },
): void {
  writer.beginMessage(MessageType.GetRoute, flags, sequence);
  writeFixed(writer, version, 0, filter.table ?? 0, filter.protocol ?? 0, 0, 0);
  if (filter.table !== undefined) writer.attributeUint32(RouteAttribute.Table, filter.table);
  writer.endMessage();
}

function writeFixed(
  writer: MessageWriter,
  version: 4 | 6,
  length: number,
  table: number,
  protocol: number,
  scope: number,
  type: number,
): void {
  writer.byte(version === 4 ? Family.Ipv4 : Family.Ipv6);
  writer.byte(length);
  writer.byte(0);
  writer.byte(0);
  // One octet: a larger number goes into RTA_TABLE alone.
  writer.byte(table > RouteTable.Local ? 0 : table);
  writer.byte(protocol);
  writer.byte(scope);
  writer.byte(type);
  writer.uint32(0);
}

function writeKey(
  writer: MessageWriter,
  version: 4 | 6,
  w0: number,
  w1: number,
  w2: number,
  w3: number,
  target: RouteTarget,
): void {
  writer.uint16(version === 4 ? 8 : 20);
  writer.uint16(RouteAttribute.Destination);
  writer.networkWord(w0);
  if (version === 6) {
    writer.networkWord(w1);
    writer.networkWord(w2);
    writer.networkWord(w3);
  }
  writer.attributeUint32(RouteAttribute.Table, target.table);
  if (target.metric !== 0) writer.attributeUint32(RouteAttribute.Priority, target.metric);
}
