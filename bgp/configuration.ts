// SpeakerConfig checked and compiled: addresses, prefixes and policies as the speaker uses them. All of
// it happens before anything is touched, so a configuration is taken whole or not at all. Options of a neighbor are
// checked in neighbor-check.ts.
// Reading files or Kubernetes objects, and friendly messages with line numbers, is the control rooms'.

import type {
  AggregateConfig,
  ConfederationConfig,
  DynamicNeighborConfig,
  NeighborConfig,
  NetworkConfig,
  PolicyConfig,
  PolicyRef,
  RedistributeConfig,
  SpeakerConfig,
} from './config.ts';
import { ConfigError } from './config-error.ts';
import type { ConfiguredRange } from './dynamic-neighbors.ts';
import { asn, type Asn } from './net/asn.ts';
import { parseAddress, type Address } from './net/address.ts';
import { familyByName } from './net/family.ts';
import { hasHostBits, parsePrefix, type Prefix } from './net/prefix.ts';
import { parseRouterId, type RouterId } from './net/router-id.ts';
import { checkNeighbor, checkPolicy, isWithin, utf8Length } from './neighbor-check.ts';
import { Policy } from './policy/policy.ts';
import type { SpeakerIdentity } from './session/listener.ts';
import type { PolicySources } from './policy/policy-sources.ts';

export { ConfigError } from './config-error.ts';

export interface Configuration {
  readonly config: SpeakerConfig;
  readonly asn: Asn;
  readonly routerId: RouterId;
  readonly clusterId: RouterId;
  readonly confederation: ConfederationConfig | undefined;
  /** By address, as written in the configuration. */
  readonly neighbors: ReadonlyMap<string, ConfiguredNeighbor>;
  readonly ranges: readonly ConfiguredRange[];
  /** By prefix in canonical text. */
  readonly networks: ReadonlyMap<string, ConfiguredNetwork>;
  readonly aggregates: ReadonlyMap<string, ConfiguredAggregate>;
  readonly redistribute: ReadonlyMap<RedistributeConfig['source'], RedistributeConfig>;
  readonly policies: ReadonlyMap<string, ConfiguredPolicy>;
}

export interface ConfiguredNeighbor {
  readonly config: NeighborConfig;
  readonly address: Address;
}

export interface ConfiguredNetwork {
  readonly prefix: Prefix;
  readonly origin: NetworkConfig['origin'];
}

export interface ConfiguredAggregate {
  readonly prefix: Prefix;
  readonly config: AggregateConfig;
}

export interface ConfiguredPolicy {
  readonly config: PolicyConfig;
  readonly policy: Policy;
}

/**
 * Throws ConfigError or PolicyError. `sources` tells policies of neighbors. Policies that did not change keep their compiled object, which is how
 * peers notice that nothing changed for them.
 */
export function compileConfiguration(
  config: SpeakerConfig,
  previous: Configuration | undefined,
  sources: PolicySources,
): Configuration {
  const routerId = parseRouterId(config.routerId);
  if (routerId === undefined) throw new ConfigError('routerId', config.routerId, 'a dotted quad other than 0.0.0.0');
  const clusterId = config.clusterId === undefined ? routerId : parseRouterId(config.clusterId);
  if (clusterId === undefined) throw new ConfigError('clusterId', config.clusterId, 'a dotted quad other than 0.0.0.0');
  if (!isWithin(config.asn, 1, 0xffff_ffff)) throw new ConfigError('asn', config.asn, '1..4294967295');
  checkConfederation(config);
  checkNumbers(config);
  const policies = new Map<string, ConfiguredPolicy>();
  for (const policy of config.policies) {
    if (policies.has(policy.name)) throw new ConfigError('policies.name', policy.name, 'each policy once');
    const known = previous?.policies.get(policy.name);
    const isSame = known !== undefined && isEqual(known.config, policy);
    policies.set(policy.name, isSame ? known : { config: policy, policy: Policy.compile(policy, sources) });
  }
  const policyNames = new Set(policies.keys());
  const members = config.confederation?.members ?? [];
  const context = { localAsn: config.asn, members, policies: policyNames };
  const neighbors = new Map<string, ConfiguredNeighbor>();
  for (const neighbor of config.neighbors) {
    const address = parseAddress(neighbor.address.replace(/%.*$/, ''));
    if (address === undefined) throw new ConfigError('neighbors.address', neighbor.address, 'an IP address');
    if (neighbors.has(neighbor.address)) {
      throw new ConfigError('neighbors.address', neighbor.address, 'each neighbor once');
    }
    checkNeighbor(neighbor, { where: `neighbors[${neighbor.address}]`, ...context });
    neighbors.set(neighbor.address, { config: neighbor, address });
  }
  const ranges: ConfiguredRange[] = [];
  for (const range of config.dynamicNeighbors ?? []) {
    ranges.push(compileRange(range, ranges));
    checkNeighbor(range.neighbor, { where: `dynamicNeighbors[${range.prefix}].neighbor`, ...context });
  }
  return {
    config,
    asn: asn(config.asn),
    routerId,
    clusterId,
    confederation: config.confederation,
    neighbors,
    ranges,
    networks: compileNetworks(config.networks),
    aggregates: compileAggregates(config.aggregates ?? [], policyNames),
    redistribute: compileRedistribution(config.redistribute ?? [], policyNames),
    policies,
  };
}

/** Whether the sessions and routes of one can go on under the other: the same speaker to everybody else. */
export function isSameSpeaker(a: Configuration, b: Configuration): boolean {
  return (
    a.asn === b.asn &&
    a.routerId === b.routerId &&
    a.clusterId === b.clusterId &&
    isEqual(a.confederation, b.confederation)
  );
}

/** What OPENs tell people of this speaker. */
export function identityOf({ config }: Configuration): SpeakerIdentity {
  const { hostname, domainName, softwareVersion } = config;
  return { hostname, domainName, softwareVersion };
}

/** Every policy that a neighbor names. */
export function policiesOf(config: NeighborConfig): readonly (PolicyRef | undefined)[] {
  const options = Object.values(config.familyOptions ?? {});
  return [
    config.importPolicy,
    config.exportPolicy,
    ...options.flatMap((family) => [family.importPolicy, family.exportPolicy, family.defaultOriginate?.policy]),
  ];
}

/** Whether one of these policies has new statements. That another one is named is a change of whoever names it. */
export function hasPolicyChanged(
  before: Configuration,
  next: Configuration,
  refs: readonly (PolicyRef | undefined)[],
): boolean {
  return refs.some(
    (ref) =>
      typeof ref === 'object' && before.policies.get(ref.policy)?.policy !== next.policies.get(ref.policy)?.policy,
  );
}

function checkConfederation({ asn: own, confederation }: SpeakerConfig): void {
  if (confederation === undefined) return;
  const { identifier, members } = confederation;
  if (!isWithin(identifier, 1, 0xffff_ffff)) {
    throw new ConfigError('confederation.identifier', identifier, '1..4294967295');
  }
  for (const member of members) {
    if (!isWithin(member, 1, 0xffff_ffff) || member === own || member === identifier) {
      throw new ConfigError('confederation.members', member, 'AS numbers other than our own and the identifier');
    }
  }
  if (new Set(members).size < members.length) {
    throw new ConfigError('confederation.members', members, 'each member once');
  }
}

function checkNumbers(config: SpeakerConfig): void {
  const within = (field: string, value: number | undefined, min: number, max: number): void => {
    if (value !== undefined && !isWithin(value, min, max)) throw new ConfigError(field, value, `${min}..${max}`);
  };
  within('maxPaths.ebgp', config.maxPaths?.ebgp, 1, 256);
  within('maxPaths.ibgp', config.maxPaths?.ibgp, 1, 256);
  within('fib.table', config.fib?.table, 1, 0xffff_ffff);
  within('fib.metric', config.fib?.metric, 0, 0xffff_ffff);
  within('selectionDeferralSec', config.selectionDeferralSec, 0, 3600);
  const text = (field: string, value: string | undefined): void => {
    if (value !== undefined && !isWithin(utf8Length(value), 1, 64))
      throw new ConfigError(field, value, '1 to 64 octets');
  };
  text('hostname', config.hostname);
  if (config.domainName !== undefined && config.hostname === undefined) {
    throw new ConfigError('domainName', config.domainName, 'none without hostname: they go out together');
  }
  text('domainName', config.domainName);
  text('softwareVersion', config.softwareVersion);
}

function compileRange(range: DynamicNeighborConfig, others: readonly ConfiguredRange[]): ConfiguredRange {
  const prefix = prefixOf('dynamicNeighbors.prefix', range.prefix);
  if (!isWithin(range.limit, 1, 65_000)) {
    throw new ConfigError(`dynamicNeighbors[${range.prefix}].limit`, range.limit, '1..65000');
  }
  const rival = others.find((other) => other.prefix.contains(prefix) || prefix.contains(other.prefix));
  if (rival !== undefined) {
    throw new ConfigError(
      'dynamicNeighbors.prefix',
      range.prefix,
      `one that does not overlap ${rival.prefix.toString()}`,
    );
  }
  return { config: range, prefix };
}

function compileNetworks(configured: readonly NetworkConfig[]): ReadonlyMap<string, ConfiguredNetwork> {
  const networks = new Map<string, ConfiguredNetwork>();
  for (const { prefix: text, origin } of configured) {
    const prefix = prefixOf('networks.prefix', text);
    const known = networks.get(prefix.toString());
    if (known !== undefined && known.origin !== origin) {
      throw new ConfigError('networks.prefix', text, `one origin, not ${known.origin} and ${origin}`);
    }
    networks.set(prefix.toString(), { prefix, origin });
  }
  return networks;
}

function compileAggregates(
  configured: readonly AggregateConfig[],
  policies: ReadonlySet<string>,
): ReadonlyMap<string, ConfiguredAggregate> {
  const aggregates = new Map<string, ConfiguredAggregate>();
  for (const aggregate of configured) {
    const prefix = prefixOf('aggregates.prefix', aggregate.prefix);
    const key = prefix.toString();
    if (aggregates.has(key)) throw new ConfigError('aggregates.prefix', aggregate.prefix, 'each aggregate once');
    if (aggregate.policy !== undefined) checkPolicy(aggregate.policy, `aggregates[${key}].policy`, policies);
    aggregates.set(key, { prefix, config: aggregate });
  }
  return aggregates;
}

function compileRedistribution(
  configured: readonly RedistributeConfig[],
  policies: ReadonlySet<string>,
): Configuration['redistribute'] {
  const sources = new Map<RedistributeConfig['source'], RedistributeConfig>();
  for (const entry of configured) {
    if (sources.has(entry.source)) throw new ConfigError('redistribute.source', entry.source, 'each source once');
    if (entry.policy !== undefined) checkPolicy(entry.policy, `redistribute[${entry.source}].policy`, policies);
    for (const family of entry.families) {
      if (familyByName(family) === undefined) {
        throw new ConfigError(`redistribute[${entry.source}].families`, family, 'ipv4-unicast or ipv6-unicast');
      }
    }
    sources.set(entry.source, entry);
  }
  return sources;
}

function prefixOf(field: string, text: string): Prefix {
  const prefix = parsePrefix(text);
  if (prefix === undefined || hasHostBits(text)) throw new ConfigError(field, text, 'a prefix without host bits');
  return prefix;
}

/** Deep equality of plain values. */
export function isEqual(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const left = Object.entries(a).filter(([, value]) => value !== undefined);
  const right = new Map(Object.entries(b).filter(([, value]) => value !== undefined));
  return left.length === right.size && left.every(([key, value]) => right.has(key) && isEqual(value, right.get(key)));
}

/** How many keys of `from` are not in `to`. */
export function countMissing(from: ReadonlyMap<string, unknown>, to: ReadonlyMap<string, unknown>): number {
  let count = 0;
  for (const key of from.keys()) if (!to.has(key)) count++;
  return count;
}
