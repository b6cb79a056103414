// Path attributes as FRR's JSON has them: segments of AS paths, names of communities, words and letters of origins. Their text is that
// of bgp/wire/attribute-text.ts; the layout of tables and objects is show/'s.

import {
  formatCommunities,
  formatCommunity,
  formatLargeCommunity,
  sortCommunities,
  sortLargeCommunities,
} from '#bgp/wire/attribute-text.ts';
import { type AsPathSegment, type LargeCommunity, type Origin, SegmentType } from '#bgp/wire/attributes.ts';

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

/** IANA "BGP Well-known Communities" as FRR's JSON lists name them. */
const jsonNames: ReadonlyMap<number, string> = new Map([
  [0xffff0000, 'gracefulShutdown'],
  [0xffff0001, 'acceptOwn'],
  [0xffff0002, 'routeFilterTranslatedV4'],
  [0xffff0003, 'routeFilterV4'],
  [0xffff0004, 'routeFilterTranslatedV6'],
  [0xffff0005, 'routeFilterV6'],
  [0xffff0006, 'llgrStale'],
  [0xffff0007, 'noLlgr'],
  [0xffff0008, 'acceptOwnNexthop'],
  [0xffff029a, 'blackhole'],
  [0xffffff01, 'noExport'],
  [0xffffff02, 'noAdvertise'],
  [0xffffff03, 'localAs'],
  [0xffffff04, 'noPeer'],
]);

export const noExport = 0xffffff01;
export const noAdvertise = 0xffffff02;
export const localAs = 0xffffff03;

export function describeCommunities(values: readonly number[]): { string: string; list: string[] } {
  return {
    string: formatCommunities(values),
    list: sortCommunities(values).map((value) => jsonNames.get(value) ?? formatCommunity(value)),
  };
}

export function describeLargeCommunities(values: readonly LargeCommunity[]): { string: string; list: string[] } {
  const list = sortLargeCommunities(values).map(formatLargeCommunity);
  return { string: list.join(' '), list };
}
