// What the kernel has of the routes that an instance wants there, in figures and for one prefix: values for the status, `show` and
// metrics, counted when somebody asks.

import { families, type FamilyName } from '#bgp/net/family.ts';
import type { Prefix } from '#bgp/net/prefix.ts';
import type { HopSets } from './hop-sets.ts';
import type { Refusal, Refusals } from './refusals.ts';
import { type RouteColumns, RouteState } from './route-columns.ts';

export interface FibFamilyView {
  readonly family: FamilyName;
  /** Prefixes that BGP has a route for. */
  readonly wanted: number;
  /** Prefixes that the kernel has from us, those of an earlier run included. */
  readonly installed: number;
  /** Of these, routes of an earlier run that this one has not asked for so far. */
  readonly stale: number;
  /** Waiting to be written. */
  readonly pending: number;
  /** Refused by the kernel; tried again. */
  readonly failed: number;
  /** Wanted, but no next hop leads anywhere. */
  readonly unresolved: number;
}

export interface FibView {
  readonly table: number;
  readonly metric: number;
  readonly families: readonly FibFamilyView[];
  /** Since the table and metric were taken up. */
  readonly batches: number;
  readonly writes: number;
  readonly refusals: number;
  readonly lastRefusal: Refusal | undefined;
}

export interface FibRouteView {
  /** `installed`: as BGP wants it. `refused` and `unresolved` have a reason. */
  readonly state: 'installed' | 'pending' | 'refused' | 'unresolved';
  readonly reason: string;
}

export function countFamily(columns: RouteColumns, sets: HopSets): FibFamilyView {
  const { prefixes, flags } = columns;
  let [wanted, stale, failed, unresolved] = [0, 0, 0, 0];
  for (let slot = 1; slot < prefixes.limit; slot++) {
    if (!prefixes.isUsed(slot)) continue;
    if ((flags[slot] & RouteState.Stale) !== 0) stale++;
    if ((flags[slot] & RouteState.Failed) !== 0) failed++;
    const set = columns.wanted[slot];
    if (set === 0) continue;
    wanted++;
    if (sets.path(set) === 0) unresolved++;
  }
  const { name } = families[columns.version === 4 ? 0 : 1];
  const { installedCount: installed, queued: pending } = columns;
  return { family: name, wanted, installed, stale, pending, failed, unresolved };
}

/** undefined: nothing is wanted for the prefix. */
export function describeRoute(
  columns: RouteColumns,
  { w0, w1, w2, w3, length }: Prefix,
  sets: HopSets,
  refusals: Refusals,
): FibRouteView | undefined {
  const slot = columns.find(w0, w1, w2, w3, length);
  const set = columns.wanted[slot];
  if (slot === 0 || set === 0) return undefined;
  const path = sets.path(set);
  if (path === 0) return { state: 'unresolved', reason: sets.reason(set) };
  if ((columns.flags[slot] & RouteState.Failed) !== 0) {
    return { state: 'refused', reason: refusals.reason(columns.reasons[slot]) };
  }
  return { state: columns.installed[slot] === path ? 'installed' : 'pending', reason: '' };
}
