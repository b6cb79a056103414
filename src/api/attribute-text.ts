// Path attributes in FRR's words: AS paths, origins, the three kinds of communities, as text and as the values of its JSON.
// Decoding is bgp/wire's; the layout of tables and objects is show/'s.

import { formatIpv4 } from '#bgp/net/address.ts';
import { type AsPathSegment, type LargeCommunity, type Origin, SegmentType } from '#bgp/wire/attributes.ts';

/** `65001 {65002,65003} (65100)`: sets in braces, confederation segments in parentheses and brackets. */
export function formatAsPath(segments: readonly AsPathSegment[]): string {
  return segments.map(formatSegment).join(' ');
}

function formatSegment(segment: AsPathSegment): string {
  if (segment.type === SegmentType.Set) return `{${segment.asns.join(',')}}`;
  if (segment.type === SegmentType.ConfedSet) return `[${segment.asns.join(',')}]`;
  return segment.type === SegmentType.ConfedSequence ? `(${segment.asns.join(' ')})` : segment.asns.join(' ');
}

/** Hops as RFC 4271 §9.1.2.2 (a) counts them: a set is one, confederation segments are none (RFC 5065 §5.3). */
export function countHops(segments: readonly AsPathSegment[]): number {
  let hops = 0;
  for (const segment of segments) {
    if (segment.type === SegmentType.Sequence) hops += segment.asns.length;
    else if (segment.type === SegmentType.Set) hops += 1;
  }
  return hops;
}

const segmentNames = { 1: 'as-set', 2: 'as-sequence', 3: 'as-confed-sequence', 4: 'as-confed-set' } as const;

export function describeSegments(segments: readonly AsPathSegment[]): readonly object[] {
  return segments.map((segment) => ({ type: segmentNames[segment.type], list: segment.asns }));
}

export const originLetters: Readonly<Record<Origin, string>> = { 0: 'i', 1: 'e', 2: '?' };
/** As FRR writes it in lists and details. */
export const originWords: Readonly<Record<Origin, string>> = { 0: 'IGP', 1: 'EGP', 2: 'incomplete' };

/** IANA "BGP Well-known Communities" that FRR names; the second is the name in JSON lists. */
const wellKnown: ReadonlyMap<number, readonly [text: string, json: string]> = new Map([
  [0xffff0000, ['graceful-shutdown', 'gracefulShutdown']],
  [0xffff0001, ['accept-own', 'acceptOwn']],
  [0xffff0002, ['route-filter-translated-v4', 'routeFilterTranslatedV4']],
  [0xffff0003, ['route-filter-v4', 'routeFilterV4']],
  [0xffff0004, ['route-filter-translated-v6', 'routeFilterTranslatedV6']],
  [0xffff0005, ['route-filter-v6', 'routeFilterV6']],
  [0xffff0006, ['llgr-stale', 'llgrStale']],
  [0xffff0007, ['no-llgr', 'noLlgr']],
  [0xffff0008, ['accept-own-nexthop', 'acceptOwnNexthop']],
  [0xffff029a, ['blackhole', 'blackhole']],
  [0xffffff01, ['no-export', 'noExport']],
  [0xffffff02, ['no-advertise', 'noAdvertise']],
  [0xffffff03, ['local-AS', 'localAs']],
  [0xffffff04, ['no-peer', 'noPeer']],
]);

export const noExport = 0xffffff01;
export const noAdvertise = 0xffffff02;
export const localAs = 0xffffff03;

export function formatCommunity(value: number): string {
  return wellKnown.get(value)?.[0] ?? `${value >>> 16}:${value & 0xffff}`;
}

/** Sorted and each once, as FRR keeps them. */
export function listCommunities(values: readonly number[]): readonly number[] {
  return [...new Set(values)].toSorted((a, b) => a - b);
}

export function describeCommunities(values: readonly number[]): { string: string; list: string[] } {
  const sorted = listCommunities(values);
  return {
    string: sorted.map(formatCommunity).join(' '),
    list: sorted.map((value) => wellKnown.get(value)?.[1] ?? formatCommunity(value)),
  };
}

export function describeLargeCommunities(values: readonly LargeCommunity[]): { string: string; list: string[] } {
  const sorted = values.toSorted((a, b) => a[0] - b[0] || a[1] - b[1] || a[2] - b[2]);
  const list = [...new Set(sorted.map((value) => value.join(':')))];
  return { string: list.join(' '), list };
}

/** `RT:65001:5`, `SoO:192.0.2.1:6` (RFC 4360 §3 and §4, RFC 5668); what else there is as its eight octets. */
export function formatExtendedCommunity(octets: Uint8Array): string {
  const type = octets[0] & 0x3f;
  const names: Readonly<Record<number, string>> = { 2: 'RT', 3: 'SoO' };
  const name = names[octets[1]];
  const view = new DataView(octets.buffer, octets.byteOffset, octets.byteLength);
  if (name !== undefined) {
    if (type === 0) return `${name}:${view.getUint16(2)}:${view.getUint32(4)}`;
    if (type === 1) return `${name}:${formatIpv4(view.getInt32(2))}:${view.getUint16(6)}`;
    if (type === 2) return `${name}:${view.getUint32(2)}:${view.getUint16(6)}`;
  }
  return `UNK:${[...octets].map((octet) => octet.toString(16).padStart(2, '0')).join('')}`;
}
