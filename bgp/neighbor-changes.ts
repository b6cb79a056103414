// What a changed configuration of a neighbor means for the routes that are there; what it means for the session is
// session/reconfiguration.ts.

import type { BgpRole, NeighborConfig } from './config.ts';

/** The neighbor's routes mean something else to everybody: as from another source. */
export function isOtherSource(before: NeighborConfig, next: NeighborConfig): boolean {
  return (
    (before.isRouteReflectorClient === true) !== (next.isRouteReflectorClient === true) ||
    (before.isRouteServerClient === true) !== (next.isRouteServerClient === true)
  );
}

/** The same routes may be taken or not. */
export function isJudgedOtherwise(before: NeighborConfig, next: NeighborConfig, role: BgpRole | undefined): boolean {
  return (
    (before.allowAsIn ?? 0) !== (next.allowAsIn ?? 0) ||
    enforcesFirstAs(before, role) !== enforcesFirstAs(next, role) ||
    (before.acceptsAsSets === true) !== (next.acceptsAsSets === true) ||
    before.isAigpSession !== next.isAigpSession ||
    before.localAs?.isNoPrepend !== next.localAs?.isNoPrepend
  );
}

/** RFC 7947 §2.2.2.1: a route server does not put its number before the path. `role`: ours in the session that stands. */
export function enforcesFirstAs(config: NeighborConfig, role: BgpRole | undefined): boolean {
  return config.enforcesFirstAs ?? role !== 'rs-client';
}
