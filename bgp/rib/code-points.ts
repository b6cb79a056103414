// What the tables say of a path in numbers: why it was chosen or lost, and bits about its use. Views show
// them as they are (views.ts passes these names on).

/** Why a path is best, or why it lost (RFC 4271 §9.1.2). */
export const DecisionReason = {
  None: 0,
  OnlyPath: 1,
  LocalPreference: 2,
  LocallyOriginated: 3,
  AsPathLength: 4,
  Origin: 5,
  Med: 6,
  EbgpOverIbgp: 7,
  IgpMetric: 8,
  RouterId: 9,
  ClusterLength: 10,
  PeerAddress: 11,
} as const;
export type DecisionReason = (typeof DecisionReason)[keyof typeof DecisionReason];

/** Bits about a path. */
export const PathFlag = {
  /** Usable: accepted by policy, next hop reachable, no loop. */
  Valid: 1,
  Best: 2,
  /** The import policy (or RFC 8212) refused it. */
  Filtered: 4,
  /** The next hop is not reachable. */
  Inaccessible: 8,
  /** Our own AS is in the path (RFC 4271 §9.1.2). */
  AsLoop: 16,
  /** Learned from an internal peer. */
  Internal: 32,
  /** Originated here. */
  Local: 64,
} as const;
