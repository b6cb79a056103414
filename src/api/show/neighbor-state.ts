// What FRR's summaries say of one neighbor and family: the state words, who counts as failed, and why RFC 8212 or the peer keeps
// a family quiet. Shared by the JSON and the table of `show bgp summary`.

import type { FamilyName } from '#bgp/net/family.ts';
import type { NeighborFamilyView, NeighborView } from '#bgp/views.ts';

export function findFamily(neighbor: NeighborView, family: FamilyName): NeighborFamilyView | undefined {
  return neighbor.families.find((view) => view.family === family);
}

export function isEstablished(neighbor: NeighborView): boolean {
  return neighbor.state === 'Established';
}

/** Not Established, or Established without the family. */
export function isFailed(neighbor: NeighborView, family: FamilyName): boolean {
  return !isEstablished(neighbor) || findFamily(neighbor, family)?.isNegotiated !== true;
}

export function describeState(neighbor: NeighborView): string {
  return neighbor.isShutdown ? 'Idle (Admin)' : neighbor.state;
}

/** FRR's `peerState`: what keeps a session from being plainly OK. */
export function describePeerState(neighbor: NeighborView, family: FamilyName): string {
  const view = findFamily(neighbor, family);
  if (neighbor.isShutdown) return 'Admin';
  if (neighbor.isPassive) return 'Passive';
  if (view?.isImportPolicyMissing === true || view?.isExportPolicyMissing === true) return 'Policy';
  return isEstablished(neighbor) && view?.isNegotiated !== true ? 'NoNeg' : 'OK';
}

export function countMessages(counts: NeighborView['sent']): number {
  return counts.open + counts.update + counts.notification + counts.keepalive + counts.routeRefresh;
}

/** Since when the neighbor is in its present state, as the Up/Down column counts; undefined: never was Established. */
export function stateSinceMs(neighbor: NeighborView): number | undefined {
  return isEstablished(neighbor) ? neighbor.establishedWallMs : neighbor.stateChangedWallMs;
}

export function secondsInState(neighbor: NeighborView, wallMs: number): number | undefined {
  const since = stateSinceMs(neighbor);
  return since === undefined ? undefined : Math.max(0, Math.floor((wallMs - since) / 1000));
}

/** Why the session is down, in FRR's words where it has some. */
export function describeReset(neighbor: NeighborView): string {
  if (isEstablished(neighbor)) return 'AFI/SAFI Not Negotiated';
  if (neighbor.isShutdown) return 'Admin. shutdown';
  if (neighbor.lastReset !== undefined) return neighbor.lastReset.reason;
  return neighbor.lastError ?? 'Waiting for peer OPEN';
}
