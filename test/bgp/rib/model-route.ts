// The routes of the slow model (model.ts): attributes as plain values and as one text, and what a policy makes of them.

export interface ModelAttributes {
  origin: number;
  /** One AS_CONFED_SEQUENCE at the front of AS_PATH (RFC 5065 §3). */
  confederation: number[];
  /** One AS_SEQUENCE behind it. */
  asPath: number[];
  /** undefined: our own route. */
  nextHop: string | undefined;
  med: number | undefined;
  localPref: number | undefined;
  communities: number[];
  originatorId: number | undefined;
  clusterList: number[];
  /** RFC 7311. */
  aigp: number | undefined;
  /** RFC 9234. */
  otc: number | undefined;
}

export const noAttributes: ModelAttributes = {
  origin: 0,
  confederation: [],
  asPath: [],
  nextHop: undefined,
  med: undefined,
  localPref: undefined,
  communities: [],
  originatorId: undefined,
  clusterList: [],
  aigp: undefined,
  otc: undefined,
};

export interface ModelPolicy {
  /** Text of prefixes that match exactly; undefined matches all. */
  prefixes: string[] | undefined;
  addCommunities: number[];
  localPreference: number | undefined;
  isAccepting: boolean;
  isOtherwiseAccepting: boolean;
}

/** The verdict of a policy: what it makes of the attributes, undefined for a refusal. */
export function applyPolicy(
  policy: ModelPolicy,
  prefix: string,
  attributes: ModelAttributes,
): ModelAttributes | undefined {
  const isMatch = policy.prefixes === undefined || policy.prefixes.includes(prefix);
  if (!isMatch) return policy.isOtherwiseAccepting ? attributes : undefined;
  if (!policy.isAccepting) return undefined;
  return {
    ...attributes,
    communities: withCommunities(attributes.communities, policy.addCommunities),
    localPref: policy.localPreference ?? attributes.localPref,
  };
}

export function withCommunities(present: readonly number[], added: readonly number[]): number[] {
  return [...new Set([...present, ...added])];
}

/** One text for equal attributes; the order of communities does not count, and what few routes have is named only there. */
export function describe(attributes: ModelAttributes): string {
  const { origin, asPath, nextHop, med, localPref, communities, originatorId, clusterList } = attributes;
  const { aigp, confederation, otc } = attributes;
  const sorted = [...communities].toSorted((a, b) => a - b);
  return JSON.stringify({
    origin,
    ...(confederation.length === 0 ? {} : { confederation }),
    asPath,
    nextHop,
    med: med ?? null,
    localPref: localPref ?? null,
    communities: sorted,
    originatorId: originatorId ?? null,
    clusterList,
    ...(aigp === undefined ? {} : { aigp }),
    ...(otc === undefined ? {} : { otc }),
  });
}
