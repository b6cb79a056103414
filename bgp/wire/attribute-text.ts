// Path attributes in words, written as FRR writes them, since that is what people and their scripts read.
// RFC 5396 (asplain), RFC 1997 and the IANA registry of well-known communities, RFC 4360, RFC 5701, RFC 7311, RFC 8092.

import { formatIpv4 } from '../net/address.ts';
import {
  type AsPathSegment,
  type LargeCommunity,
  SegmentType,
  type UnknownAttribute,
  aigpMetric,
} from './attributes.ts';

/** `65001 65002 {65003,65004}`; confederation segments in () and []. Empty text for an empty path. */
export function formatAsPath(path: readonly AsPathSegment[]): string {
  return path.map(formatSegment).join(' ');
}

function formatSegment(segment: AsPathSegment): string {
  switch (segment.type) {
    case SegmentType.Set:
      return `{${segment.asns.join(',')}}`;
    case SegmentType.Sequence:
      return segment.asns.join(' ');
    case SegmentType.ConfedSequence:
      return `(${segment.asns.join(' ')})`;
    case SegmentType.ConfedSet:
      return `[${segment.asns.join(',')}]`;
  }
}

const wellKnownCommunities: ReadonlyMap<number, string> = new Map([
  [0xffff_0000, 'graceful-shutdown'],
  [0xffff_0001, 'accept-own'],
  [0xffff_0002, 'route-filter-translated-v4'],
  [0xffff_0003, 'route-filter-v4'],
  [0xffff_0004, 'route-filter-translated-v6'],
  [0xffff_0005, 'route-filter-v6'],
  [0xffff_0006, 'llgr-stale'],
  [0xffff_0007, 'no-llgr'],
  [0xffff_0008, 'accept-own-nexthop'],
  [0xffff_029a, 'blackhole'],
  [0xffff_ff01, 'no-export'],
  [0xffff_ff02, 'no-advertise'],
  [0xffff_ff03, 'local-AS'],
  [0xffff_ff04, 'no-peer'],
]);

/** A well-known name, or `65001:100`. */
export function formatCommunity(community: number): string {
  return wellKnownCommunities.get(community >>> 0) ?? `${community >>> 16}:${community & 0xffff}`;
}

/** In FRR's order: ascending, each once. */
export function formatCommunities(communities: readonly number[]): string {
  return sortCommunities(communities).map(formatCommunity).join(' ');
}

/** Ascending, each once: the order in which FRR keeps and shows communities. */
export function sortCommunities(communities: readonly number[]): number[] {
  return [...new Set(communities.map((community) => community >>> 0))].toSorted((a, b) => a - b);
}

/** `65001:1:2` */
export function formatLargeCommunity(community: LargeCommunity): string {
  return community.join(':');
}

/** Ascending, each once, as FRR keeps and shows them. */
export function sortLargeCommunities(communities: readonly LargeCommunity[]): LargeCommunity[] {
  const sorted = communities.toSorted((a, b) => a[0] - b[0] || a[1] - b[1] || a[2] - b[2]);
  return sorted.filter(
    (value, index) => index === 0 || formatLargeCommunity(value) !== formatLargeCommunity(sorted[index - 1]),
  );
}

const SUBTYPE_ROUTE_TARGET = 0x02;
const SUBTYPE_ROUTE_ORIGIN = 0x03;
const SUBTYPE_LINK_BANDWIDTH = 0x04;

/** `RT:65001:100`, `SoO:192.0.2.1:5`, `LB:65001:125000000 (1.000 Gbps)`, else `UNK:type, subtype`, as FRR. `value` is eight octets. */
export function formatExtendedCommunity(value: Uint8Array): string {
  const type = value[0] & 0x3f;
  const subtype = value[1];
  const prefix = subtype === SUBTYPE_ROUTE_TARGET ? 'RT' : subtype === SUBTYPE_ROUTE_ORIGIN ? 'SoO' : undefined;
  if (prefix !== undefined && type <= 2) return `${prefix}:${formatAdministrator(type, value)}`;
  if (type === 0 && subtype === SUBTYPE_LINK_BANDWIDTH) return formatBandwidth(value);
  return `UNK:${value[0]}, ${subtype}`;
}

/** RFC 4360 §3.1 (2-octet AS), §3.2 (IPv4 address), RFC 5668 §2 (4-octet AS). */
function formatAdministrator(type: number, value: Uint8Array): string {
  const view = new DataView(value.buffer, value.byteOffset, 8);
  if (type === 0) return `${view.getUint16(2)}:${view.getUint32(4)}`;
  return type === 1
    ? `${formatIpv4(view.getInt32(2))}:${view.getUint16(6)}`
    : `${view.getUint32(2)}:${view.getUint16(6)}`;
}

/** draft-ietf-idr-link-bandwidth: octets per second as a float. */
function formatBandwidth(value: Uint8Array): string {
  const view = new DataView(value.buffer, value.byteOffset, 8);
  const bytes = view.getFloat32(4);
  return `LB:${view.getUint16(2)}:${Math.trunc(bytes)} (${formatBitRate(bytes * 8)})`;
}

function formatBitRate(bits: number): string {
  if (bits >= 1e9) return `${(bits / 1e9).toFixed(3)} Gbps`;
  if (bits >= 1e6) return `${(bits / 1e6).toFixed(3)} Mbps`;
  return bits >= 1e3 ? `${(bits / 1e3).toFixed(3)} Kbps` : `${Math.trunc(bits)} bps`;
}

/** Twenty octets (RFC 5701) as hexadecimal digits: nobody has words for them. */
export function formatIpv6ExtendedCommunity(value: Uint8Array): string {
  return formatHex(value);
}

/** The accumulated metric (RFC 7311 §3) of an AIGP value, `none` without one. */
export function formatAigp(value: Uint8Array): string {
  return aigpMetric(value)?.toString() ?? 'none';
}

/** `99/0xe0/010203`: code, flags, octets. */
export function formatUnknownAttribute({ code, flags, value }: UnknownAttribute): string {
  return `${code}/0x${flags.toString(16).padStart(2, '0')}/${formatHex(value)}`;
}

function formatHex(octets: Uint8Array): string {
  return Array.from(octets, (octet) => octet.toString(16).padStart(2, '0')).join('');
}
