// What the shape of single fields cannot show: names that must exist, duplicates, values that contradict
// each other, listeners that would open the machine. Runs on a file whose shape is right. Neighbors and policies have files of their own.

import { parsePrefix } from '#bgp/net/prefix.ts';
import type { FieldPath } from '../yaml/document.ts';
import { findNearest, formatValue } from '../yaml/field-path.ts';
import { type Add, checkNeighbors, type CheckPolicyName } from './neighbor-meaning.ts';
import { builtInPolicies, checkHostBits, checkPolicies } from './policy-meaning.ts';
import type { RouterFields, RouterFile } from './schema.ts';
import { isLoopbackAddress, parseEndpoint } from './text-formats.ts';
import type { FieldFault } from './validate.ts';

export function checkMeaning(file: RouterFile): FieldFault[] {
  const faults: FieldFault[] = [];
  const add: Add = (path, message) => {
    faults.push({ path, message });
  };
  const { router } = file;
  const { networks = [], policies = [], listen = [] } = router;
  checkListen(listen, add);
  checkServers(file, add);
  const names = new Set([...builtInPolicies, ...policies.map(({ name }) => name)]);
  const checkPolicyName: CheckPolicyName = (name, path) => {
    if (name === undefined || names.has(name)) return;
    const nearest = findNearest(name, names);
    const hint = nearest === undefined ? `expected one of ${[...names].join(', ')}` : `did you mean ${nearest}?`;
    add(path, `there is no policy ${formatValue(name)}: ${hint}`);
  };
  checkNeighbors(router, checkPolicyName, add);
  checkWeights(router, add);
  checkPrefixes(networks, 'networks', add);
  checkPrefixes(router.aggregates ?? [], 'aggregates', add);
  for (const [index, aggregate] of (router.aggregates ?? []).entries()) {
    if (typeof aggregate === 'object') checkPolicyName(aggregate.policy, ['router', 'aggregates', index, 'policy']);
  }
  checkRedistribution(router, checkPolicyName, add);
  checkConfederation(router, add);
  for (const field of ['hostname', 'domainName', 'softwareVersion'] as const) {
    const length = new TextEncoder().encode(router[field] ?? '').length;
    if (length > 64) add(['router', field], `has ${length} octets: expected 1 to 64`);
  }
  if (router.domainName !== undefined && router.hostname === undefined) {
    add(['router', 'domainName'], `${formatValue(router.domainName)}: expected hostname as well, they go out together`);
  }
  const restart = router.gracefulRestart;
  if (restart?.longLivedStaleSec !== undefined && restart.mode === 'off') {
    add(
      ['router', 'gracefulRestart', 'longLivedStaleSec'],
      `${restart.longLivedStaleSec}: expected mode helper or full as well (RFC 9494)`,
    );
  }
  checkPolicies(router, add);
  return faults;
}

function checkPrefixes(
  entries: readonly (string | { readonly prefix: string })[],
  field: 'networks' | 'aggregates',
  add: Add,
): void {
  for (const [index, entry] of entries.entries()) {
    const path = ['router', field, index];
    if (typeof entry === 'string') checkHostBits(entry, path, add);
    else checkHostBits(entry.prefix, [...path, 'prefix'], add);
  }
  const keys = entries.map((entry) => {
    const text = typeof entry === 'string' ? entry : entry.prefix;
    return parsePrefix(text)?.toString() ?? text;
  });
  checkDuplicates(keys, (index) => ['router', field, index], add);
}

function checkDuplicates(keys: readonly string[], pathOf: (index: number) => FieldPath, add: Add): void {
  const seen = new Set<string>();
  for (const [index, key] of keys.entries()) {
    if (seen.has(key)) add(pathOf(index), `${formatValue(key)} stands twice: remove one of them`);
    seen.add(key);
  }
}

function checkRedistribution({ redistribute = [] }: RouterFields, checkPolicyName: CheckPolicyName, add: Add): void {
  checkDuplicates(
    redistribute.map((entry) => (typeof entry === 'string' ? entry : entry.source)),
    (index) => ['router', 'redistribute', index],
    add,
  );
  for (const [index, entry] of redistribute.entries()) {
    if (typeof entry === 'object') checkPolicyName(entry.policy, ['router', 'redistribute', index, 'policy']);
  }
}

function checkConfederation({ asn, confederation }: RouterFields, add: Add): void {
  if (confederation === undefined) return;
  const { identifier, members } = confederation;
  for (const [index, member] of members.entries()) {
    if (member !== asn && member !== identifier) continue;
    const what = member === asn ? 'router.asn' : 'the identifier';
    add(['router', 'confederation', 'members', index], `${member} is ${what}: expected the other member AS numbers`);
  }
}

/** A weight ranks a path within this router: nothing of it can go out. */
function checkWeights({ policies = [], neighbors = [], peerGroups = [] }: RouterFields, add: Add): void {
  const exported = new Set(
    [...neighbors, ...peerGroups].flatMap((fields) => [
      fields.export,
      fields.familyOptions?.['ipv4-unicast']?.export,
      fields.familyOptions?.['ipv6-unicast']?.export,
    ]),
  );
  for (const [index, { name, statements }] of policies.entries()) {
    if (!exported.has(name)) continue;
    for (const [at, { set }] of statements.entries()) {
      if (set?.weight === undefined) continue;
      add(
        ['router', 'policies', index, 'statements', at, 'set', 'weight'],
        `${set.weight}: a weight counts on import alone, and ${formatValue(name)} is used for export: remove it`,
      );
    }
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
