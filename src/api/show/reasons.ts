// The decision process in FRR's words: why a path is best, or why it lost (RFC 4271 §9.1.2, bgp/rib/decision.ts).

import { DecisionReason } from '#bgp/views.ts';

export const selectionReasons: Readonly<Record<DecisionReason, string>> = {
  [DecisionReason.None]: 'Nothing to Select',
  [DecisionReason.OnlyPath]: 'First path received',
  [DecisionReason.LocalPreference]: 'Local Pref',
  [DecisionReason.LocallyOriginated]: 'Local Route',
  [DecisionReason.AsPathLength]: 'AS Path',
  [DecisionReason.Origin]: 'Origin',
  [DecisionReason.Med]: 'MED',
  [DecisionReason.EbgpOverIbgp]: 'Peer Type',
  [DecisionReason.IgpMetric]: 'IGP Metric',
  [DecisionReason.RouterId]: 'Router ID',
  [DecisionReason.ClusterLength]: 'Cluster length',
  [DecisionReason.PeerAddress]: 'Neighbor IP',
  [DecisionReason.LongLivedStale]: 'Path Staleness',
  [DecisionReason.Weight]: 'Weight',
  [DecisionReason.Aigp]: 'AIGP',
  [DecisionReason.ConfederationOverIbgp]: 'Confed Peer Type',
  [DecisionReason.OldestPath]: 'Older Path',
  [DecisionReason.PathId]: 'Nothing left to compare',
};

const byCode: readonly (string | undefined)[] = Object.entries(selectionReasons).reduce<string[]>(
  (list, [code, text]) => {
    list[Number(code)] = text;
    return list;
  },
  [],
);

/** The words for a code of {@link RouteBatch.reasons}; a code that we do not know is shown as its number. */
export function describeReason(code: number): string {
  return byCode[code] ?? `reason ${code}`;
}
