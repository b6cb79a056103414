// SpeakerConfig checked and compiled: addresses, prefixes and policies as the speaker uses them. All of
// it happens before anything is touched, so a configuration is taken whole or not at all.
// Reading files or Kubernetes objects, and friendly messages with line numbers, is the control rooms'.

import type { NeighborConfig, NetworkConfig, PolicyConfig, SpeakerConfig } from './config.ts';
import { asn, type Asn } from './net/asn.ts';
import { parseAddress, type Address } from './net/address.ts';
import { hasHostBits, parsePrefix, type Prefix } from './net/prefix.ts';
import { parseRouterId, type RouterId } from './net/router-id.ts';
import { Policy } from './policy/policy.ts';

/** A configuration that no control room should have let through: names field, value and what is right. */
export class ConfigError extends Error {
  constructor(field: string, value: unknown, expected: string) {
    super(`${field}: ${JSON.stringify(value)}: expected ${expected}`);
    this.name = 'ConfigError';
  }
}

export interface Configuration {
  readonly asn: Asn;
  readonly routerId: RouterId;
  /** By address, as written in the configuration. */
  readonly neighbors: ReadonlyMap<string, ConfiguredNeighbor>;
  /** By prefix in canonical text. */
  readonly networks: ReadonlyMap<string, ConfiguredNetwork>;
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

export interface ConfiguredPolicy {
  readonly config: PolicyConfig;
  readonly policy: Policy;
}

/**
 * Throws ConfigError or PolicyError. Policies that did not change keep their compiled object, which is how
 * peers notice that nothing changed for them.
 */
export function compileConfiguration(config: SpeakerConfig, previous: Configuration | undefined): Configuration {
  const routerId = parseRouterId(config.routerId);
  if (routerId === undefined) throw new ConfigError('routerId', config.routerId, 'a dotted quad other than 0.0.0.0');
  if (config.asn === 0) throw new ConfigError('asn', 0, '1..4294967295');
  const policies = new Map<string, ConfiguredPolicy>();
  for (const policy of config.policies) {
    const known = previous?.policies.get(policy.name);
    const isSame = known !== undefined && isEqual(known.config, policy);
    policies.set(policy.name, isSame ? known : { config: policy, policy: Policy.compile(policy) });
  }
  const neighbors = new Map<string, ConfiguredNeighbor>();
  for (const neighbor of config.neighbors) {
    const address = parseAddress(neighbor.address.replace(/%.*$/, ''));
    if (address === undefined) throw new ConfigError('neighbors.address', neighbor.address, 'an IP address');
    if (neighbors.has(neighbor.address)) {
      throw new ConfigError('neighbors.address', neighbor.address, 'each neighbor once');
    }
    for (const ref of [neighbor.importPolicy, neighbor.exportPolicy]) {
      if (typeof ref === 'object' && !policies.has(ref.policy)) {
        throw new ConfigError(
          'neighbors.policy',
          ref.policy,
          `the name of a policy (${[...policies.keys()].join(', ')})`,
        );
      }
    }
    neighbors.set(neighbor.address, { config: neighbor, address });
  }
  const networks = new Map<string, ConfiguredNetwork>();
  for (const network of config.networks) {
    const prefix = parsePrefix(network.prefix);
    if (prefix === undefined || hasHostBits(network.prefix)) {
      throw new ConfigError('networks.prefix', network.prefix, 'a prefix without host bits');
    }
    networks.set(prefix.toString(), { prefix, origin: network.origin });
  }
  return { asn: asn(config.asn), routerId, neighbors, networks, policies };
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
