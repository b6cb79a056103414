// What the tables say of a path in numbers: why it was chosen or lost, and bits about its use. Views show
// them as they are (views.ts passes these names on).

/** Why a path is best, or why it lost (RFC 4271 §9.1.2). At most 31: views keep five bits. */
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
  /** RFC 9494 §4.2 */
  LongLivedStale: 12,
  Weight: 13,
  /** RFC 7311 §4.1 */
  Aigp: 14,
  ConfederationOverIbgp: 15,
  /** RFC 5004 */
  OldestPath: 16,
  /** Two paths of one source: the lower identifier. */
  PathId: 17,
} as const;
export type DecisionReason = (typeof DecisionReason)[keyof typeof DecisionReason];

/** Bits about a path: eleven, in views. The tables keep the first eight, without Best; the others are found when asked for. */
export const PathFlag = {
  /** Usable: accepted by policy, next hop reachable, no loop. */
  Valid: 1,
  Best: 2,
  /** The import policy (or RFC 8212) refused it. */
  Filtered: 4,
  /** The next hop is not reachable. */
  Inaccessible: 8,
  /** Must not be used: our own AS or router ID is in it (RFC 4271 §9.1.2, RFC 4456 §8), or it leaked (RFC 9234 §5). */
  AsLoop: 16,
  /** Learned from an internal peer. */
  Internal: 32,
  /** Originated here. */
  Local: 64,
  /** One of several that packets are spread over. */
  Multipath: 128,
  /** Kept while its peer is away, or sends everything again (RFC 4724, RFC 7313). */
  Stale: 256,
  /** Stale for longer than a restart may take (RFC 9494). */
  LongLived: 512,
  /** Best, but the kernel refused it or has not answered yet. */
  NotInstalled: 1024,
} as const;
