// What sockets must know of neighbors, read from the configurations of the moment: keys and TTL guards of the
// listening sockets, options of an accepted connection. Level-triggered: the same configurations, the same rules.

import type { NeighborOptionsConfig, SpeakerConfig } from '#bgp/config.ts';
import { parseAddress } from '#bgp/net/address.ts';
import { asn } from '#bgp/net/asn.ts';
import { parsePrefix } from '#bgp/net/prefix.ts';
import { sendingTtl } from '#bgp/session/reconfiguration.ts';
import type { ListenKey } from '#io/tcp-listeners.ts';
import type { AcceptedOptions } from '#io/tcp-transport.ts';

export interface ListenRules {
  readonly keys: readonly ListenKey[];
  readonly guards: readonly { readonly prefix: string; readonly minTtl: number }[];
  /** What the kernel cannot do as it was asked, in words. */
  readonly problems: readonly string[];
}

interface Rule {
  /** Without a zone. */
  readonly peer: string;
  readonly prefix: string;
  readonly options: NeighborOptionsConfig;
}

export function listListenRules(configs: readonly SpeakerConfig[]): ListenRules {
  const keys: ListenKey[] = [];
  const guards: { prefix: string; minTtl: number }[] = [];
  const rules = configs.flatMap(listRules);
  for (const { peer, prefix, options } of rules) {
    if (options.password !== undefined) keys.push({ peer, password: options.password });
    guards.push({ prefix, minTtl: options.gtsmHops === undefined ? 0 : 256 - options.gtsmHops });
  }
  return { keys, guards, problems: listOpenWithin(rules) };
}

/** undefined: no neighbor of this speaker has the address. */
export function acceptedOptions(config: SpeakerConfig, remoteAddress: string): AcceptedOptions | undefined {
  const options = findOptions(config, remoteAddress);
  if (options === undefined) return undefined;
  return {
    ttl: sendingTtl(options, asn(config.asn)),
    gtsmHops: options.gtsmHops,
    deviceName: options.interfaceName,
    password: options.password,
  };
}

function findOptions(config: SpeakerConfig, remoteAddress: string): NeighborOptionsConfig | undefined {
  const neighbor = config.neighbors.find(({ address }) => address === remoteAddress);
  if (neighbor !== undefined) return neighbor;
  const address = parseAddress(remoteAddress.split('%')[0]);
  if (address === undefined) return undefined;
  return config.dynamicNeighbors?.find(({ prefix }) => parsePrefix(prefix)?.containsAddress(address))?.neighbor;
}

function listRules(config: SpeakerConfig): Rule[] {
  const fixed = config.neighbors.map((neighbor): Rule => {
    const [peer] = neighbor.address.split('%');
    return { peer, prefix: `${peer}/${peer.includes(':') ? 128 : 32}`, options: neighbor };
  });
  const dynamic = (config.dynamicNeighbors ?? []).map(({ prefix, neighbor }): Rule => ({
    peer: prefix,
    prefix,
    options: neighbor,
  }));
  return [...fixed, ...dynamic];
}

/** The kernel knows no exception from a key: who has none within a prefix, or on another interface, cannot connect. */
function listOpenWithin(rules: readonly Rule[]): string[] {
  const keyed = rules.filter(({ options }) => options.password !== undefined);
  if (keyed.length === 0) return [];
  const wide = keyed.filter(({ peer }) => peer.includes('/')).flatMap(({ prefix }) => parsePrefix(prefix) ?? []);
  const exact = new Set(keyed.map(({ peer }) => peer));
  const problems: string[] = [];
  for (const { peer, prefix, options } of rules) {
    if (options.password !== undefined || options.heldDownReason !== undefined) continue;
    const own = parsePrefix(prefix);
    const around = own === undefined ? undefined : wide.find((other) => other.contains(own));
    if (around !== undefined) {
      problems.push(
        `neighbor ${peer} has no password but lies within ${around.toString()}, which has one: ` +
          'it cannot connect to us, only we to it; give it a password',
      );
    } else if (exact.has(peer)) {
      problems.push(
        `neighbor ${peer} has a password on one interface and none on another: without one it cannot connect to us`,
      );
    }
  }
  return problems;
}
