// What a neighbor is told to be: its own fields, and those of its group where it has none. Of fields that say the same thing in
// different ways the neighbor's replaces the group's; maps (timers, gracefulRestart) are merged field by field.

import type { FamilyName } from '#bgp/net/family.ts';
import type { CommonFields, FamilyFields, NeighborFields, PeerGroupFields } from './neighbor-schema.ts';

/** Only one of each can be meant. */
const alternatives: readonly (readonly (keyof CommonFields)[])[] = [
  ['ttl', 'multihop', 'ttlSecurity'],
  ['password', 'passwordFile'],
  ['nextHop', 'nextHopSelf'],
];

export function mergeGroup(neighbor: NeighborFields, group: PeerGroupFields | undefined): NeighborFields {
  if (group === undefined) return neighbor;
  const inherited: CommonFields & { name?: string } = { ...group };
  delete inherited.name;
  for (const fields of alternatives) {
    if (fields.some((field) => neighbor[field] !== undefined)) for (const field of fields) delete inherited[field];
  }
  const merged: NeighborFields = { ...inherited, ...neighbor };
  if (group.timers !== undefined) merged.timers = { ...group.timers, ...neighbor.timers };
  if (group.gracefulRestart !== undefined) {
    merged.gracefulRestart = { ...group.gracefulRestart, ...neighbor.gracefulRestart };
  }
  return merged;
}

/** What holds for one family, the later the stronger: the group's for all families and for this one, then the neighbor's likewise. */
export function mergeFamily(
  neighbor: NeighborFields,
  group: PeerGroupFields | undefined,
  family: FamilyName,
): FamilyFields {
  const inherited = group === undefined ? {} : { ...familyFields(group), ...group.familyOptions?.[family] };
  // A next hop of its own, in either form, ends the group's.
  if (neighbor.nextHopSelf !== undefined) delete inherited.nextHop;
  return { ...inherited, ...familyFields(neighbor), ...neighbor.familyOptions?.[family] };
}

function familyFields(fields: FamilyFields): FamilyFields {
  const own: FamilyFields = {};
  if (fields.import !== undefined) own.import = fields.import;
  if (fields.export !== undefined) own.export = fields.export;
  if (fields.nextHop !== undefined) own.nextHop = fields.nextHop;
  if (fields.addPath !== undefined) own.addPath = fields.addPath;
  if (fields.maxPrefixes !== undefined) own.maxPrefixes = fields.maxPrefixes;
  if (fields.defaultOriginate !== undefined) own.defaultOriginate = fields.defaultOriginate;
  return own;
}
