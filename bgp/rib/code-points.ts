// The code points of views.ts as values: this room may take only types from the top of bgp/. The types
// make sure that both say the same.

import type { DecisionReason as ViewReason, PathFlag as ViewFlag } from '../views.ts';

export const PathFlag: typeof ViewFlag = {
  Valid: 1,
  Best: 2,
  Filtered: 4,
  Inaccessible: 8,
  AsLoop: 16,
  Internal: 32,
  Local: 64,
};

export const DecisionReason: typeof ViewReason = {
  None: 0,
  OnlyPath: 1,
  Weight: 2,
  LocalPreference: 3,
  LocallyOriginated: 4,
  AsPathLength: 5,
  Origin: 6,
  Med: 7,
  EbgpOverIbgp: 8,
  IgpMetric: 9,
  OlderPath: 10,
  RouterId: 11,
  ClusterLength: 12,
  PeerAddress: 13,
};
