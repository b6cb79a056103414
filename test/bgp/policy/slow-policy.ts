// Route policy written plainly from the words of bgp/config.ts, over decoded values, one route at a time. Shares no code with
// bgp/policy: texts are compared as texts, paths by backtracking.

import type { CommunityMatchConfig, PolicyConfig, RouteSource, StatementConfig } from '#bgp/config.ts';

export interface SlowRoute {
  readonly family: 'ipv4-unicast' | 'ipv6-unicast';
  /** As a string of 0 and 1, as long as the prefix. */
  readonly bits: string;
  readonly source: RouteSource;
  readonly neighbor: string | undefined;
  readonly asPath: readonly number[];
  readonly communities: readonly string[];
  readonly largeCommunities: readonly string[];
  readonly med: number | undefined;
  readonly localPreference: number | undefined;
  readonly origin: 'igp' | 'egp' | 'incomplete';
}

export interface SlowVerdict {
  readonly isAccepted: boolean;
  readonly statement: number;
  /** As the policy leaves it; as it came where it was rejected. */
  readonly route: SlowRoute;
}

export function judgeSlowly(policy: PolicyConfig, route: SlowRoute): SlowVerdict {
  let changed = route;
  for (const [index, statement] of policy.statements.entries()) {
    if (!matches(statement.match, route)) continue;
    if (statement.action === 'reject') return { isAccepted: false, statement: index, route };
    changed = change(statement.set, changed);
    if (statement.action === 'accept') return { isAccepted: true, statement: index, route: changed };
  }
  const isAccepted = policy.otherwise === 'accept';
  return { isAccepted, statement: -1, route: isAccepted ? changed : route };
}

/** Bits of `10.0.0.0/8` or `2001:db8::/32` (written out or with one `::`). */
export function bitsOf(prefix: string): { readonly family: SlowRoute['family']; readonly bits: string } {
  const [address, length] = prefix.split('/');
  if (!address.includes(':')) {
    const bits = address.split('.').map((octet) => Number(octet).toString(2).padStart(8, '0'));
    return { family: 'ipv4-unicast', bits: bits.join('').slice(0, Number(length)) };
  }
  const [head, tail] = address.split('::').map((half) => (half === '' ? [] : half.split(':')));
  const groups =
    tail === undefined ? head : [...head, ...Array<string>(8 - head.length - tail.length).fill('0'), ...tail];
  const bits = groups.map((group) => Number.parseInt(group, 16).toString(2).padStart(16, '0'));
  return { family: 'ipv6-unicast', bits: bits.join('').slice(0, Number(length)) };
}

function matches(match: StatementConfig['match'], route: SlowRoute): boolean {
  const asked: boolean[] = [];
  if (match.families !== undefined) asked.push(match.families.includes(route.family));
  if (match.prefixes !== undefined) {
    asked.push(
      match.prefixes.some(({ prefix, minLength, maxLength }) => {
        const listed = bitsOf(prefix);
        const { length } = route.bits;
        return (
          listed.family === route.family &&
          route.bits.startsWith(listed.bits) &&
          length >= minLength &&
          length <= maxLength
        );
      }),
    );
  }
  if (match.sources !== undefined) asked.push(match.sources.includes(route.source));
  if (match.neighbors !== undefined)
    asked.push(route.neighbor !== undefined && match.neighbors.includes(route.neighbor));
  if (match.asPath !== undefined) {
    asked.push(new RegExp(match.asPath.replaceAll('_', '(?:^| |$)'), 'u').test(route.asPath.join(' ')));
  }
  if (match.asPathLength !== undefined) asked.push(isWithin(route.asPath.length, match.asPathLength));
  if (match.communities !== undefined) asked.push(matchesCommunities(match.communities, route.communities));
  if (match.largeCommunities !== undefined)
    asked.push(matchesCommunities(match.largeCommunities, route.largeCommunities));
  if (match.med !== undefined) asked.push(isWithin(route.med ?? 0, match.med));
  if (match.localPreference !== undefined) asked.push(isWithin(route.localPreference ?? 100, match.localPreference));
  if (match.origins !== undefined) asked.push(match.origins.includes(route.origin));
  return asked.every((held) => held);
}

function isWithin(value: number, { min, max }: { readonly min: number; readonly max: number }): boolean {
  return min <= value && value <= max;
}

function matchesCommunities({ any, all, none }: CommunityMatchConfig, present: readonly string[]): boolean {
  const isThere = (pattern: string): boolean => present.some((community) => isLike(community, pattern));
  return (
    (any === undefined || any.some(isThere)) &&
    (all === undefined || all.every(isThere)) &&
    (none === undefined || !none.some(isThere))
  );
}

function isLike(community: string, pattern: string): boolean {
  const parts = community.split(':');
  return pattern.split(':').every((part, index) => part === '*' || part === parts[index]);
}

function change(set: StatementConfig['set'], route: SlowRoute): SlowRoute {
  const standard = (set.addCommunities ?? []).map((word) => `${Math.floor(word / 65_536)}:${word % 65_536}`);
  const replacing = set.replaceCommunities?.map((word) => `${Math.floor(word / 65_536)}:${word % 65_536}`);
  const large = (set.addLargeCommunities ?? []).map((parts) => parts.join(':'));
  let { med } = route;
  if (set.med === 'remove') med = undefined;
  else if (set.med !== undefined) {
    if ('set' in set.med) med = set.med.set;
    else med = Math.max(0, Math.min(2 ** 32 - 1, (med ?? 0) + ('add' in set.med ? set.med.add : -set.med.subtract)));
  }
  const prepended =
    set.prependAsn === undefined ? [] : Array<number>(set.prependAsn.count).fill(numberOf(set.prependAsn.asn));
  return {
    ...route,
    communities: changeList(route.communities, replacing, set.removeCommunities ?? [], standard),
    largeCommunities: changeList(route.largeCommunities, undefined, set.removeLargeCommunities ?? [], large),
    localPreference: set.localPreference ?? route.localPreference,
    origin: set.origin ?? route.origin,
    med,
    asPath: [...prepended, ...route.asPath],
  };
}

/** The number that sessions of the test show. */
export const ownAsn = 65_000;

function numberOf(asn: number | 'own'): number {
  return asn === 'own' ? ownAsn : asn;
}

function changeList(
  present: readonly string[],
  replacing: readonly string[] | undefined,
  removed: readonly string[],
  added: readonly string[],
): readonly string[] {
  const kept = replacing ?? present.filter((community) => !removed.some((pattern) => isLike(community, pattern)));
  return [...new Set([...kept, ...added])];
}
