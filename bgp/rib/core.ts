// What the parts of one family's RIB share: its tables and the services around them. Made by rib.ts.

import type { Family } from '../net/family.ts';
import type { AttributeSets } from '../wire/attribute-sets.ts';
import type { Aggregates } from './aggregates.ts';
import type { NextHops } from './next-hops.ts';
import type { Packer } from './packer.ts';
import type { PathTable } from './path-table.ts';
import type { PeerRoutes } from './peer-routes.ts';
import type { RibPeers } from './peers.ts';
import type { Ranking } from './ranking.ts';
import type { Reclaimer } from './reclaimer.ts';
import type { RouteViews } from './route-views.ts';
import type { SlotQueue } from './slot-queue.ts';
import type { NotSentListener } from './types.ts';

export interface RibCore {
  readonly family: Family;
  readonly attributes: AttributeSets;
  readonly peers: RibPeers;
  readonly paths: PathTable;
  /** How old paths are: isLongLivedStale(path) for LLGR_STALE on the way out. */
  readonly routes: PeerRoutes;
  readonly nextHops: NextHops;
  /** The best path or the best few of a prefix, as far as they may be advertised. */
  readonly ranking: Ranking;
  readonly aggregates: Aggregates;
  /** Prefixes whose best path is to be chosen. */
  readonly undecided: SlotQueue;
  readonly reclaimer: Reclaimer;
  /** Whether routes that are known already will be advertised only later, by parts that the update groups know nothing of. */
  readonly forthcoming: Forthcoming;
  readonly packer: Packer;
  readonly views: RouteViews;
  readonly notSent: NotSentListener | undefined;
  /** What one view may save of a changing table. */
  readonly viewBytes: number;
}

/** What End-of-RIB waits for besides decisions and queues. */
export interface Forthcoming {
  /** There are such parts: everything that they have led to must be out of the queues as well. */
  readonly isPossible: () => boolean;
  /** Work of our own: aggregates, routes on their way to the kernel. */
  readonly isBeingMade: () => boolean;
  /** The kernel's answers; until they come there is nothing to do. */
  readonly isAwaited: () => boolean;
}
