// What is wrong with neighbors and their groups when each field is right by itself: fields that contradict each other or the kind of the
// neighbor, names that are not there, prefixes that overlap. A fault of an inherited field stands at `peerGroup`. No password is shown.

import { isLinkLocal } from '#bgp/net/address.ts';
import { families as everyFamily } from '#bgp/net/family.ts';
import { hasHostBits, parsePrefix } from '#bgp/net/prefix.ts';
import type { FieldPath } from '../yaml/document.ts';
import { findNearest, formatValue } from '../yaml/field-path.ts';
import type { FamilyFields, NeighborFields, PeerGroupFields } from './neighbor-schema.ts';
import { bgpPort, defaultHoldTimeSec, familiesOf, neighborName } from './neighbor-settings.ts';
import { maxPasswordBytes } from './passwords.ts';
import { mergeGroup } from './peer-groups.ts';
import type { RouterFields } from './schema.ts';
import { parseEndpoint, parseZonedAddress } from './text-formats.ts';

export type Add = (path: FieldPath, message: string) => void;

/** Says when a name of a policy is none. */
export type CheckPolicyName = (name: string | undefined, path: FieldPath) => void;

export function checkNeighbors(router: RouterFields, checkPolicyName: CheckPolicyName, add: Add): void {
  const { neighbors = [], peerGroups = [] } = router;
  const groups = new Map(peerGroups.map((group) => [group.name, group]));
  const names = new Set<string>();
  for (const [index, group] of peerGroups.entries()) {
    const path = ['router', 'peerGroups', index];
    if (names.has(group.name)) add([...path, 'name'], `${formatValue(group.name)} stands twice: remove one of them`);
    names.add(group.name);
    checkOwn(group, path, checkPolicyName, add);
  }
  checkNames(neighbors, add);
  for (const [index, neighbor] of neighbors.entries()) {
    const path = ['router', 'neighbors', index];
    checkOwn(neighbor, path, checkPolicyName, add);
    checkAddress(neighbor, path, add);
    const group = neighbor.peerGroup === undefined ? undefined : groups.get(neighbor.peerGroup);
    if (neighbor.peerGroup !== undefined && group === undefined) {
      add(
        [...path, 'peerGroup'],
        `there is no group ${formatValue(neighbor.peerGroup)}: ${suggest(neighbor.peerGroup, names)}`,
      );
      continue;
    }
    checkMerged(neighbor, group, router, path, add);
  }
}

/** What would be right in the place of a name that is not there. */
export function suggest(name: string, known: ReadonlySet<string>): string {
  const nearest = findNearest(name, known);
  if (nearest !== undefined) return `did you mean ${nearest}?`;
  return known.size === 0 ? 'none is defined' : `expected one of ${[...known].join(', ')}`;
}

function checkNames(neighbors: readonly NeighborFields[], add: Add): void {
  const seen = new Set<string>();
  const prefixes: { readonly text: string; readonly prefix: NonNullable<ReturnType<typeof parsePrefix>> }[] = [];
  for (const [index, neighbor] of neighbors.entries()) {
    const path = ['router', 'neighbors', index];
    const name = neighborName(neighbor);
    const field = neighbor.address === undefined ? 'prefix' : 'address';
    if (name !== '' && seen.has(name)) {
      add([...path, field], `${formatValue(name)} stands twice: remove one of them`);
      continue;
    }
    seen.add(name);
    const prefix = neighbor.prefix === undefined ? undefined : parsePrefix(neighbor.prefix);
    if (prefix === undefined) continue;
    const rival = prefixes.find((other) => other.prefix.contains(prefix) || prefix.contains(other.prefix));
    if (rival !== undefined)
      add([...path, 'prefix'], `${formatValue(name)} overlaps ${rival.text}: expected one that does not`);
    prefixes.push({ text: name, prefix });
  }
}

/** What can be said of a neighbor or a group alone. */
function checkOwn(
  fields: NeighborFields | PeerGroupFields,
  path: FieldPath,
  checkPolicyName: CheckPolicyName,
  add: Add,
): void {
  const check = (options: FamilyFields, at: FieldPath): void => {
    checkPolicyName(options.import, [...at, 'import']);
    checkPolicyName(options.export, [...at, 'export']);
    if (typeof options.defaultOriginate === 'object') {
      checkPolicyName(options.defaultOriginate.policy, [...at, 'defaultOriginate', 'policy']);
    }
    if (typeof options.maxPrefixes === 'object') {
      const { action, restartSec } = options.maxPrefixes;
      if (restartSec !== undefined && action !== 'restart') {
        add(
          [...at, 'maxPrefixes', 'restartSec'],
          `${restartSec} means something with action: restart alone: remove it`,
        );
      }
    }
  };
  check(fields, path);
  for (const { name } of everyFamily) {
    const options = fields.familyOptions?.[name];
    if (options !== undefined) check(options, [...path, 'familyOptions', name]);
  }
  const both = (first: keyof typeof fields, second: keyof typeof fields, why: string): void => {
    if (fields[first] === undefined || fields[second] === undefined) return;
    if (fields[first] === false || fields[second] === false) return;
    add([...path, second], `stands beside ${first}, ${why}: remove one of them`);
  };
  if (fields.ttl !== undefined && fields.multihop !== undefined) {
    add([...path, 'multihop'], `${fields.multihop} stands beside ttl, which says the same: remove one of them`);
  }
  both('ttl', 'ttlSecurity', 'and it sends TTL 255 itself (RFC 5082)');
  both('multihop', 'ttlSecurity', 'which says how far away the neighbor is too');
  both('password', 'passwordFile', 'which says the same');
  both('nextHop', 'nextHopSelf', 'which says the same');
  if (fields.password !== undefined) {
    const { length } = new TextEncoder().encode(fields.password);
    if (length > maxPasswordBytes)
      add([...path, 'password'], `has ${length} octets: expected 1 to ${maxPasswordBytes} (RFC 2385)`);
  }
  if (typeof fields.shutdown === 'object' && new TextEncoder().encode(fields.shutdown.message).length > 255) {
    add([...path, 'shutdown', 'message'], 'has more than 255 octets: expected a shorter one (RFC 9003)');
  }
  if (
    typeof fields.localAsn === 'object' &&
    fields.localAsn.replaceAsn === true &&
    fields.localAsn.noPrepend !== true
  ) {
    add([...path, 'localAsn', 'replaceAsn'], 'true: expected noPrepend: true as well (RFC 7705)');
  }
}

function checkAddress({ address: text, prefix, limit }: NeighborFields, path: FieldPath, add: Add): void {
  if (text === undefined && prefix === undefined) {
    add(
      [...path, 'address'],
      'is missing: expected an IPv4 or IPv6 address, or prefix for neighbors that connect to us',
    );
  }
  if (text !== undefined && prefix !== undefined) {
    add([...path, 'prefix'], `${formatValue(prefix)} stands beside address: remove one of them`);
  }
  if (limit !== undefined && prefix === undefined) {
    add([...path, 'limit'], `${limit} means something with prefix alone: remove it`);
  }
  if (prefix !== undefined && hasHostBits(prefix)) {
    add(
      [...path, 'prefix'],
      `${formatValue(prefix)} has host bits set: expected ${parsePrefix(prefix)?.toString() ?? 'a prefix'}`,
    );
  }
  const neighbor = text === undefined ? undefined : parseZonedAddress(text);
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
}

/** What a neighbor comes to with its group. */
function checkMerged(
  own: NeighborFields,
  group: PeerGroupFields | undefined,
  router: RouterFields,
  path: FieldPath,
  add: Add,
): void {
  const fields = mergeGroup(own, group);
  const tell = (field: keyof NeighborFields, rest: FieldPath, message: string): void => {
    if (own[field] !== undefined || group === undefined) add([...path, field, ...rest], message);
    else add([...path, 'peerGroup'], `${[field, ...rest].join('.')} of group ${group.name}: ${message}`);
  };
  if (fields.remoteAsn === undefined) {
    add([...path, 'remoteAsn'], 'is missing: expected an AS number (1 to 4294967295), external, internal or any');
  }
  checkWhom(fields, router, tell);
  checkSource(fields, tell);
  checkTimers(fields, tell);
  const kind = kindOf(fields.remoteAsn, router);
  const isInternal = kind === 'ibgp';
  if (fields.routeReflectorClient === true && (kind === 'ebgp' || kind === 'confederation')) {
    tell(
      'routeReflectorClient',
      [],
      'true: clients of a route reflector are internal neighbors (RFC 4456): expected false',
    );
  }
  if (fields.routeServerClient === true && (isInternal || kind === 'confederation')) {
    tell('routeServerClient', [], 'true: clients of a route server are external neighbors (RFC 7947): expected false');
  }
  if (fields.role !== undefined && (isInternal || kind === 'confederation')) {
    tell('role', [], `${formatValue(fields.role)}: roles are for external neighbors (RFC 9234): remove it`);
  }
  if (fields.roleStrict === true && fields.role === undefined) tell('roleStrict', [], 'true: expected role as well');
  if (fields.localAsn !== undefined) {
    const asn = typeof fields.localAsn === 'number' ? fields.localAsn : fields.localAsn.asn;
    if (asn === router.asn) tell('localAsn', [], `${asn} is router.asn: expected another AS number`);
    if (isInternal || kind === 'confederation') {
      tell('localAsn', [], `${asn}: another AS number is shown to external neighbors alone (RFC 7705): remove it`);
    }
  }
  if (fields.asOverride === true && isInternal)
    tell('asOverride', [], 'true: expected false towards an internal neighbor');
  if (
    fields.removePrivateAsn !== undefined &&
    fields.removePrivateAsn !== false &&
    (isInternal || kind === 'confederation')
  ) {
    tell(
      'removePrivateAsn',
      [],
      `${formatValue(fields.removePrivateAsn)}: expected false towards ${isInternal ? 'an internal neighbor' : 'another member AS'}`,
    );
  }
  const defaults = router.gracefulRestart ?? {};
  const { mode } = { ...defaults, ...fields.gracefulRestart };
  const isRestartSaid =
    fields.gracefulRestart !== undefined ||
    [mode, defaults.restartTimeSec, defaults.stalePathSec, defaults.notification].some((value) => value !== undefined);
  if (fields.longLivedStaleSec !== undefined && (mode === 'off' || !isRestartSaid)) {
    tell('longLivedStaleSec', [], `${fields.longLivedStaleSec}: expected gracefulRestart as well (RFC 9494)`);
  }
  const families = familiesOf(fields);
  for (const { name } of everyFamily) {
    if (own.familyOptions?.[name] === undefined || families.includes(name)) continue;
    add(
      [...path, 'familyOptions', name],
      `a map for a family that the neighbor has not: expected ${families.join(', ')}`,
    );
  }
}

type Tell = (field: keyof NeighborFields, rest: FieldPath, message: string) => void;

/** Where we listen there is nobody else. */
function checkWhom({ address, port = bgpPort }: NeighborFields, { listen = [] }: RouterFields, tell: Tell): void {
  const own = listen.flatMap((text) => parseEndpoint(text, bgpPort) ?? []);
  if (address === undefined) return;
  // IPv6 is written in many ways.
  const meant = parseZonedAddress(address)?.text;
  if (!own.some((endpoint) => endpoint.address === meant && endpoint.port === port)) return;
  tell(
    'address',
    [],
    `${formatValue(address)} is where this router listens itself: expected the address of another one`,
  );
}

function checkSource({ address, prefix, sourceAddress }: NeighborFields, tell: Tell): void {
  if (sourceAddress === undefined) return;
  const source = parseZonedAddress(sourceAddress);
  const neighbor = address === undefined ? undefined : parseZonedAddress(address);
  const version = neighbor?.address.version ?? (prefix === undefined ? undefined : parsePrefix(prefix)?.version);
  if (source === undefined || version === undefined) return;
  if (source.address.version !== version) {
    tell(
      'sourceAddress',
      [],
      `${formatValue(sourceAddress)} is not of the neighbor's family: expected an IPv${version} address`,
    );
  } else if (source.text === neighbor?.text) {
    tell(
      'sourceAddress',
      [],
      `${formatValue(sourceAddress)} is the neighbor's own address: expected one of this machine`,
    );
  }
}

function checkTimers({ timers }: NeighborFields, tell: Tell): void {
  const hold = timers?.holdTimeSec;
  // RFC 4271 §4.2: the hold time is zero or at least three seconds.
  if (hold === 1 || hold === 2) {
    tell('timers', ['holdTimeSec'], `${hold}: expected 0 (no hold timer) or 3 to 65535 seconds`);
  }
  const effectiveHold = hold ?? defaultHoldTimeSec;
  const keepalive = timers?.keepaliveSec;
  if (keepalive !== undefined && effectiveHold !== 0 && keepalive >= effectiveHold) {
    tell(
      'timers',
      ['keepaliveSec'],
      `${keepalive}: expected less than the hold time of ${effectiveHold} seconds, at most a third of it as a rule`,
    );
  }
  const sendHold = timers?.sendHoldSec;
  // RFC 9687 §4: greater than the hold time.
  if (sendHold !== undefined && sendHold !== 0 && sendHold <= effectiveHold) {
    tell(
      'timers',
      ['sendHoldSec'],
      `${sendHold}: expected 0 (off) or more than the hold time of ${effectiveHold} seconds`,
    );
  }
}

function kindOf(
  remoteAsn: NeighborFields['remoteAsn'],
  { asn, confederation }: RouterFields,
): 'ibgp' | 'confederation' | 'ebgp' | 'unknown' {
  if (remoteAsn === undefined || remoteAsn === 'any') return 'unknown';
  if (remoteAsn === 'internal' || remoteAsn === asn) return 'ibgp';
  const members = confederation?.members ?? [];
  if (remoteAsn === 'external') return members.length > 0 ? 'unknown' : 'ebgp';
  return members.includes(remoteAsn) ? 'confederation' : 'ebgp';
}
