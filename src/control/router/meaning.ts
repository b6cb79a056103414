// What the shape of single fields cannot show: names that must exist, duplicates, values that contradict
// each other, listeners that would open the machine. Runs on a file whose shape is right.

import { parsePrefix, hasHostBits } from '#bgp/net/prefix.ts';
import { isLinkLocal } from '#bgp/net/address.ts';
import type { FieldPath } from '../yaml/document.ts';
import { findNearest, formatValue } from '../yaml/field-path.ts';
import type { NeighborFields, PolicyFields, RouterFile } from './schema.ts';
import { isLoopbackAddress, parseEndpoint, parseZonedAddress } from './text-formats.ts';
import type { FieldFault } from './validate.ts';

const builtInPolicies = ['accept', 'reject'];

export function checkMeaning(file: RouterFile): FieldFault[] {
  const faults: FieldFault[] = [];
  const add = (path: FieldPath, message: string): void => {
    faults.push({ path, message });
  };
  const { neighbors = [], networks = [], policies = [], listen = [] } = file.router;
  checkListen(listen, add);
  checkServers(file, add);
  const names = new Set([...builtInPolicies, ...policies.map(({ name }) => name)]);
  checkDuplicates(neighbors.map(neighborKey), (index) => ['router', 'neighbors', index, 'address'], add);
  for (const [index, neighbor] of neighbors.entries()) {
    checkNeighbor(neighbor, ['router', 'neighbors', index], names, add);
  }
  for (const [index, network] of networks.entries()) {
    const path = ['router', 'networks', index];
    if (typeof network === 'string') checkHostBits(network, path, add);
    else checkHostBits(network.prefix, [...path, 'prefix'], add);
  }
  checkDuplicates(networks.map(networkKey), (index) => ['router', 'networks', index], add);
  checkDuplicates(
    policies.map(({ name }) => name),
    (index) => ['router', 'policies', index, 'name'],
    add,
  );
  for (const [index, policy] of policies.entries()) checkPolicy(policy, ['router', 'policies', index], add);
  return faults;
}

type Add = (path: FieldPath, message: string) => void;

function neighborKey({ address }: NeighborFields): string {
  return parseZonedAddress(address)?.text ?? address;
}

function networkKey(network: string | { prefix: string }): string {
  const text = typeof network === 'string' ? network : network.prefix;
  return parsePrefix(text)?.toString() ?? text;
}

function checkDuplicates(keys: readonly string[], pathOf: (index: number) => FieldPath, add: Add): void {
  const seen = new Set<string>();
  for (const [index, key] of keys.entries()) {
    if (seen.has(key)) add(pathOf(index), `${formatValue(key)} stands twice: remove one of them`);
    seen.add(key);
  }
}

function checkHostBits(text: string, path: FieldPath, add: Add): void {
  if (!hasHostBits(text)) return;
  add(path, `${formatValue(text)} has host bits set: expected ${parsePrefix(text)?.toString() ?? 'a prefix'}`);
}

function checkNeighbor(neighbor: NeighborFields, path: FieldPath, policyNames: ReadonlySet<string>, add: Add): void {
  checkNeighborAddress(neighbor, path, add);
  checkTimers(neighbor, [...path, 'timers'], add);
  if (neighbor.ttl !== undefined && neighbor.multihop !== undefined) {
    add([...path, 'multihop'], `${neighbor.multihop} stands beside ttl, which says the same: remove one of them`);
  }
  for (const field of ['import', 'export'] as const) {
    const name = neighbor[field];
    if (name === undefined || policyNames.has(name)) continue;
    const nearest = findNearest(name, policyNames);
    const hint = nearest === undefined ? `expected one of ${[...policyNames].join(', ')}` : `did you mean ${nearest}?`;
    add([...path, field], `there is no policy ${formatValue(name)}: ${hint}`);
  }
}

function checkNeighborAddress({ address: text, sourceAddress }: NeighborFields, path: FieldPath, add: Add): void {
  const neighbor = parseZonedAddress(text);
  if (neighbor === undefined) return;
  const { address } = neighbor;
  const shown = formatValue(text);
  if (isLinkLocal(address) && neighbor.zone === undefined) {
    add([...path, 'address'], `${shown} is link-local: expected its interface too, such as ${address.toString()}%eth0`);
  }
  const top = address.w0 >>> 24;
  const isMulticast = address.version === 4 ? top >= 224 : top === 0xff;
  const isUnspecified = address.w0 === 0 && address.w1 === 0 && address.w2 === 0 && address.w3 === 0;
  if (isMulticast || isUnspecified) add([...path, 'address'], `${shown} is no unicast address: expected one`);
  if (sourceAddress === undefined) return;
  const source = parseZonedAddress(sourceAddress);
  if (source !== undefined && source.address.version !== address.version) {
    add(
      [...path, 'sourceAddress'],
      `${formatValue(sourceAddress)} is not of the neighbor's family: expected an IPv${address.version} address`,
    );
  } else if (source?.text === neighbor.text) {
    add(
      [...path, 'sourceAddress'],
      `${formatValue(sourceAddress)} is the neighbor's own address: expected one of this machine`,
    );
  }
}

function checkTimers({ timers }: NeighborFields, path: FieldPath, add: Add): void {
  const hold = timers?.holdTimeSec;
  // RFC 4271 §4.2: the hold time is zero or at least three seconds.
  if (hold === 1 || hold === 2)
    add([...path, 'holdTimeSec'], `${hold}: expected 0 (no hold timer) or 3 to 65535 seconds`);
  const keepalive = timers?.keepaliveSec;
  const effectiveHold = hold ?? 90;
  if (keepalive === undefined || effectiveHold === 0 || keepalive < effectiveHold) return;
  add(
    [...path, 'keepaliveSec'],
    `${keepalive}: expected less than the hold time of ${effectiveHold} seconds, at most a third of it as a rule`,
  );
}

function checkPolicy(policy: PolicyFields, path: FieldPath, add: Add): void {
  if (builtInPolicies.includes(policy.name)) {
    add([...path, 'name'], `${formatValue(policy.name)} is built in: expected another name`);
  }
  for (const [index, statement] of policy.statements.entries()) {
    for (const [at, match] of (statement.match?.prefixes ?? []).entries()) {
      checkPrefixMatch(match, [...path, 'statements', index, 'match', 'prefixes', at], add);
    }
  }
}

function checkPrefixMatch(
  match: string | { prefix: string; minLength?: number; maxLength?: number },
  path: FieldPath,
  add: Add,
): void {
  if (typeof match === 'string') {
    checkHostBits(match, path, add);
    return;
  }
  checkHostBits(match.prefix, [...path, 'prefix'], add);
  const prefix = parsePrefix(match.prefix);
  if (prefix === undefined) return;
  const max = prefix.version === 4 ? 32 : 128;
  const { minLength = prefix.length, maxLength = Math.max(prefix.length, minLength) } = match;
  if (minLength < prefix.length || minLength > max) {
    add([...path, 'minLength'], `${minLength}: expected ${prefix.length} to ${max} for ${prefix.toString()}`);
  } else if (maxLength < minLength || maxLength > max) {
    add([...path, 'maxLength'], `${maxLength}: expected ${minLength} to ${max} for ${prefix.toString()}`);
  }
}

/** A wildcard takes its port on every address of its family, so nothing else of that family can have it. */
function checkListen(listen: readonly string[], add: Add): void {
  const endpoints = listen.flatMap((text, index) => {
    const endpoint = parseEndpoint(text, 179);
    return endpoint === undefined ? [] : [{ ...endpoint, index }];
  });
  for (const [position, endpoint] of endpoints.entries()) {
    const clash = endpoints.slice(0, position).find((other) => {
      if (other.port !== endpoint.port) return false;
      if (other.address === endpoint.address) return true;
      const isSameFamily = other.address.includes(':') === endpoint.address.includes(':');
      return (
        isSameFamily && [other.address, endpoint.address].some((address) => address === '0.0.0.0' || address === '::')
      );
    });
    if (clash === undefined) continue;
    const shown = formatValue(listen[endpoint.index]);
    add(
      ['router', 'listen', endpoint.index],
      `${shown} is covered by ${formatValue(listen[clash.index])}: remove one of them`,
    );
  }
}

function checkServers({ api, prometheus, health }: RouterFile, add: Add): void {
  const isOpen = (text: string | undefined): boolean => {
    const endpoint = text === undefined ? undefined : parseEndpoint(text);
    return endpoint !== undefined && !isLoopbackAddress(endpoint.address);
  };
  const expected = 'is reachable from other machines: expected a loopback address such as 127.0.0.1';
  if (isOpen(api?.listen)) add(['api', 'listen'], `${formatValue(api?.listen)} ${expected}`);
  if (isOpen(health?.listen)) add(['health', 'listen'], `${formatValue(health?.listen)} ${expected}`);
  if (isOpen(prometheus?.listen) && prometheus?.insecure !== true) {
    add(['prometheus', 'listen'], `${formatValue(prometheus?.listen)} ${expected}, or prometheus.insecure: true`);
  }
}
