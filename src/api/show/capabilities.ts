// Capabilities that both sides announced (RFC 5492), as FRR's `neighborCapabilities` and as the lines of `show bgp neighbors`.
// What FRR knows and neither side announced is left out, as FRR does.

import { families, type Family, familyByCode } from '#bgp/net/family.ts';
import type { CapabilityView, NeighborView } from '#bgp/views.ts';
import { escapeText } from '../escape.ts';
import { findHostName, findSoftwareVersion, PeerCapability } from './hostnames.ts';

const Code = {
  Multiprotocol: 1,
  RouteRefresh: 2,
  ExtendedNextHop: 5,
  ExtendedMessage: 6,
  Role: 9,
  GracefulRestart: 64,
  FourOctetAsn: 65,
  AddPath: 69,
  EnhancedRouteRefresh: 70,
  LongLivedGracefulRestart: 71,
  RouteRefreshOld: 128,
} as const;

/** Everything that has a line of its own; others are listed with their octets (RFC 5492 §3: ignored). */
const known: ReadonlySet<number> = new Set([...Object.values(Code), ...Object.values(PeerCapability)]);

type Sides = 'advertisedAndReceived' | 'advertised' | 'received';

function has(list: readonly CapabilityView[], code: number): boolean {
  return list.some((capability) => capability.code === code);
}

function findSides(neighbor: NeighborView, isIn: (list: readonly CapabilityView[]) => boolean): Sides | undefined {
  const isSent = isIn(neighbor.capabilitiesSent);
  const isReceived = isIn(neighbor.capabilitiesReceived);
  if (isSent && isReceived) return 'advertisedAndReceived';
  if (isSent) return 'advertised';
  return isReceived ? 'received' : undefined;
}

const sideWords: Readonly<Record<Sides, string>> = {
  advertisedAndReceived: 'advertised and received',
  advertised: 'advertised',
  received: 'received',
};

/** In FRR's order; `key` of the JSON, `title` of the text. */
const simple = [
  { key: '4byteAs', title: '4 Byte AS', code: Code.FourOctetAsn },
  { key: 'extendedMessage', title: 'Extended Message', code: Code.ExtendedMessage },
  { key: 'role', title: 'Role', code: Code.Role },
  { key: 'extendedNexthop', title: 'Extended nexthop', code: Code.ExtendedNextHop },
  { key: 'longLivedGracefulRestart', title: 'Long-lived Graceful Restart', code: Code.LongLivedGracefulRestart },
] as const;

/** FRR tells by a suffix which of the two code points the peer used for route refresh: 2, or 128 from before RFC 2918. */
function findRefreshAge(list: readonly CapabilityView[]): 'OldNew' | 'Old' | 'New' {
  if (has(list, Code.RouteRefreshOld)) return has(list, Code.RouteRefresh) ? 'OldNew' : 'Old';
  return 'New';
}

function isFamilyIn(afi: number, safi: number): (list: readonly CapabilityView[]) => boolean {
  return (list) =>
    list.some(
      ({ code, value }) =>
        code === Code.Multiprotocol && value.length >= 4 && value[0] * 256 + value[1] === afi && value[3] === safi,
    );
}

/** Families that a capability of the peer lists in tuples of a fixed length which begin with AFI and SAFI. */
function listFamilies(list: readonly CapabilityView[], code: number, tupleLength: number): readonly Family[] {
  const value = list.find((capability) => capability.code === code)?.value ?? new Uint8Array(0);
  const found: Family[] = [];
  for (let at = 0; at + tupleLength <= value.length; at += tupleLength) {
    // RFC 8950 §4 has two octets for the SAFI.
    const safi = code === Code.ExtendedNextHop ? value[at + 3] : value[at + 2];
    const family = familyByCode(value[at] * 256 + value[at + 1], safi);
    if (family !== undefined && !found.includes(family)) found.push(family);
  }
  return found;
}

const LONG_LIVED_TUPLE = 7;
const NEXT_HOP_TUPLE = 6;

const ADD_PATH_RECEIVE = 1;
const ADD_PATH_SEND = 2;

/** RFC 7911 §4: the Send/Receive octet of a family; 0: the family is not listed. */
function findAddPath(list: readonly CapabilityView[], { afi, safi }: Family): number {
  const value = list.find((capability) => capability.code === Code.AddPath)?.value ?? new Uint8Array(0);
  for (let at = 0; at + 4 <= value.length; at += 4) {
    if (value[at] * 256 + value[at + 1] === afi && value[at + 2] === safi) return value[at + 3];
  }
  return 0;
}

interface AddPathSides {
  readonly family: Family;
  readonly tx: Sides | undefined;
  readonly rx: Sides | undefined;
}

/** Who would send and who would receive several paths a prefix. */
function listAddPath(neighbor: NeighborView): readonly AddPathSides[] {
  return families
    .map((family) => ({
      family,
      tx: findSides(neighbor, (list) => (findAddPath(list, family) & ADD_PATH_SEND) !== 0),
      rx: findSides(neighbor, (list) => (findAddPath(list, family) & ADD_PATH_RECEIVE) !== 0),
    }))
    .filter(({ tx, rx }) => tx !== undefined || rx !== undefined);
}

function describeAddPath({ tx, rx }: AddPathSides): object {
  const key = (direction: string, sides: Sides): string => direction + sides[0].toUpperCase() + sides.slice(1);
  return {
    ...(tx === undefined ? {} : { [key('tx', tx)]: true }),
    ...(rx === undefined ? {} : { [key('rx', rx)]: true }),
  };
}

interface UnknownCapability {
  readonly code: number;
  readonly length: number;
  /** The first octets, in hex. */
  readonly octets: string;
}

const SHOWN_OCTETS = 32;

function listUnknown({ capabilitiesReceived }: NeighborView): readonly UnknownCapability[] {
  return capabilitiesReceived
    .filter(({ code }) => !known.has(code))
    .map(({ code, value }) => ({
      code,
      length: value.length,
      octets: Buffer.from(value.subarray(0, SHOWN_OCTETS)).toString('hex'),
    }));
}

/** Seconds of the Restart Time, the low twelve bits (RFC 4724 §3). */
function findRestartTimeSec(list: readonly CapabilityView[]): number {
  const value = list.find((capability) => capability.code === Code.GracefulRestart)?.value;
  return value === undefined || value.length < 2 ? 0 : (value[0] * 256 + value[1]) & 0x0fff;
}

/** Families of the peer's graceful restart capability, with their F bit. */
function listRestartFamilies(
  list: readonly CapabilityView[],
): readonly { title: string; key: string; isKept: boolean }[] {
  const value = list.find((capability) => capability.code === Code.GracefulRestart)?.value ?? new Uint8Array(0);
  const found: { title: string; key: string; isKept: boolean }[] = [];
  for (let at = 2; at + 4 <= value.length; at += 4) {
    const family = familyByCode(value[at] * 256 + value[at + 1], value[at + 2]);
    if (family !== undefined) found.push({ title: family.title, key: family.jsonKey, isKept: value[at + 3] >= 128 });
  }
  return found;
}

export function describeCapabilities(neighbor: NeighborView): object {
  const result: Record<string, unknown> = {};
  for (const { key, code } of simple) {
    const sides = findSides(neighbor, (list) => has(list, code));
    if (sides !== undefined) result[key] = sides;
    if (code === Code.ExtendedMessage) Object.assign(result, describeAddPaths(neighbor));
    if (code === Code.ExtendedNextHop && sides !== undefined && sides !== 'advertised') {
      // FRR's spelling, both times.
      result['extendedNexthopFamililesByPeer'] = markFamilies(neighbor, code, NEXT_HOP_TUPLE, 'recieved');
    }
    if (code === Code.LongLivedGracefulRestart && sides !== undefined && sides !== 'advertised') {
      result['longLivedGracefulRestartByPeer'] = markFamilies(neighbor, code, LONG_LIVED_TUPLE, 'received');
    }
  }
  const refresh = findSides(neighbor, (list) => has(list, Code.RouteRefresh) || has(list, Code.RouteRefreshOld));
  if (refresh !== undefined) {
    result['routeRefresh'] =
      refresh === 'advertisedAndReceived' ? refresh + findRefreshAge(neighbor.capabilitiesReceived) : refresh;
  }
  const enhanced = findSides(neighbor, (list) => has(list, Code.EnhancedRouteRefresh));
  if (enhanced !== undefined) result['enhancedRouteRefresh'] = enhanced;
  const multiprotocol = families.flatMap((family) => {
    const sides = findSides(neighbor, isFamilyIn(family.afi, family.safi));
    return sides === undefined ? [] : [[family.jsonKey, { [sides]: true }]];
  });
  if (multiprotocol.length > 0) result['multiprotocolExtensions'] = Object.fromEntries(multiprotocol);
  const hostName = describeHostName(neighbor);
  if (hostName !== undefined) result['hostName'] = hostName;
  const software = describeSoftware(neighbor);
  if (software !== undefined) result['softwareVersion'] = software;
  const restart = findSides(neighbor, (list) => has(list, Code.GracefulRestart));
  if (restart !== undefined) {
    // FRR has another key while only one side announces it.
    result[restart === 'advertisedAndReceived' ? 'gracefulRestart' : 'gracefulRestartCapability'] = restart;
    result['gracefulRestartRemoteTimerMsecs'] = findRestartTimeSec(neighbor.capabilitiesReceived) * 1000;
    const kept = listRestartFamilies(neighbor.capabilitiesReceived);
    result['addressFamiliesByPeer'] =
      kept.length === 0
        ? 'none'
        : Object.fromEntries(kept.map((entry) => [entry.key, entry.isKept ? { preserved: true } : {}]));
  }
  const unknown = listUnknown(neighbor);
  if (unknown.length > 0) result['unknownCapabilities'] = unknown;
  return result;
}

function describeAddPaths(neighbor: NeighborView): object {
  const listed = listAddPath(neighbor);
  if (listed.length === 0) return {};
  return { addPath: Object.fromEntries(listed.map((sides) => [sides.family.jsonKey, describeAddPath(sides)])) };
}

function markFamilies(neighbor: NeighborView, code: number, tupleLength: number, mark: string): object {
  const listed = listFamilies(neighbor.capabilitiesReceived, code, tupleLength);
  return Object.fromEntries(listed.map((family) => [family.jsonKey, mark]));
}

function orNone(text: string | undefined): string {
  return text === undefined || text === '' ? 'n/a' : text;
}

function describeHostName(neighbor: NeighborView): object | undefined {
  const sent = findHostName(neighbor.capabilitiesSent);
  const received = findHostName(neighbor.capabilitiesReceived);
  if (sent === undefined && received === undefined) return undefined;
  return {
    ...(sent === undefined ? {} : { advHostName: sent.hostName, advDomainName: orNone(sent.domainName) }),
    ...(received === undefined ? {} : { rcvHostName: received.hostName, rcvDomainName: orNone(received.domainName) }),
  };
}

function describeSoftware(neighbor: NeighborView): object | undefined {
  const sent = findSoftwareVersion(neighbor.capabilitiesSent);
  const received = findSoftwareVersion(neighbor.capabilitiesReceived);
  if (sent === undefined && received === undefined) return undefined;
  return {
    ...(sent === undefined ? {} : { advertisedSoftwareVersion: sent }),
    ...(received === undefined ? {} : { receivedSoftwareVersion: received }),
  };
}

function renderHostName(title: string, list: readonly CapabilityView[]): string[] {
  if (!has(list, PeerCapability.HostName)) return [];
  const found = findHostName(list);
  const [name, domain] = [found?.hostName, found?.domainName].map((text) => escapeText(orNone(text)));
  return [`${title} (name: ${name},domain name: ${domain})`];
}

/** The lines below `Neighbor capabilities:`. */
export function renderCapabilities(neighbor: NeighborView): string[] {
  const lines: string[] = [];
  for (const { title, code } of simple) {
    const sides = findSides(neighbor, (list) => has(list, code));
    if (sides !== undefined) lines.push(`    ${title}: ${sideWords[sides]}`);
    if (code === Code.ExtendedMessage) lines.push(...renderAddPath(neighbor));
    if (sides === undefined || sides === 'advertised') continue;
    if (code === Code.ExtendedNextHop) lines.push(...renderFamilies(neighbor, code, NEXT_HOP_TUPLE, '        '));
    if (code === Code.LongLivedGracefulRestart) {
      lines.push(...renderFamilies(neighbor, code, LONG_LIVED_TUPLE, '           '));
    }
  }
  const refresh = findSides(neighbor, (list) => has(list, Code.RouteRefresh) || has(list, Code.RouteRefreshOld));
  if (refresh !== undefined) {
    const ages = { OldNew: '(old & new)', Old: '(old)', New: '(new)' } as const;
    const age = refresh === 'advertised' ? '' : ages[findRefreshAge(neighbor.capabilitiesReceived)];
    lines.push(`    Route refresh: ${sideWords[refresh]}${age}`);
  }
  const enhanced = findSides(neighbor, (list) => has(list, Code.EnhancedRouteRefresh));
  if (enhanced !== undefined) lines.push(`    Enhanced Route Refresh: ${sideWords[enhanced]}`);
  for (const family of families) {
    const sides = findSides(neighbor, isFamilyIn(family.afi, family.safi));
    if (sides !== undefined) lines.push(`    Address Family ${family.title}: ${sideWords[sides]}`);
  }
  const names = [
    ...renderHostName('advertised', neighbor.capabilitiesSent),
    ...renderHostName('received', neighbor.capabilitiesReceived),
  ];
  if (names.length > 0) lines.push(`    Hostname Capability: ${names.join(' ')}`);
  lines.push(...renderSoftware(neighbor));
  const restart = findSides(neighbor, (list) => has(list, Code.GracefulRestart));
  if (restart !== undefined)
    lines.push(`    Graceful Restart Capability: ${sideWords[restart]}`, ...renderRestart(neighbor));
  for (const { code, length, octets } of listUnknown(neighbor)) {
    const more = length > SHOWN_OCTETS ? '…' : '';
    lines.push(
      `    Unknown capability ${code}: received (${length} octets${length === 0 ? '' : `: ${octets}${more}`})`,
    );
  }
  return lines;
}

function renderAddPath(neighbor: NeighborView): string[] {
  const listed = listAddPath(neighbor);
  if (listed.length === 0) return [];
  return [
    '    AddPath:',
    ...listed.flatMap(({ family, tx, rx }) => [
      ...(tx === undefined ? [] : [`      ${family.title}: TX ${sideWords[tx]}`]),
      ...(rx === undefined ? [] : [`      ${family.title}: RX ${sideWords[rx]}`]),
    ]),
  ];
}

function renderFamilies(neighbor: NeighborView, code: number, tupleLength: number, indent: string): string[] {
  const listed = listFamilies(neighbor.capabilitiesReceived, code, tupleLength);
  return ['      Address families by peer:', ...listed.map((family) => `${indent}${family.title}`)];
}

function renderSoftware(neighbor: NeighborView): string[] {
  const sent = findSoftwareVersion(neighbor.capabilitiesSent);
  const received = findSoftwareVersion(neighbor.capabilitiesReceived);
  if (sent === undefined && received === undefined) return [];
  const words = [
    ...(sent === undefined ? [] : [`advertised software version (${escapeText(sent)})`]),
    ...(received === undefined ? [] : [`received software version (${escapeText(received)})`]),
  ];
  return [`    Version Capability: ${words.join(' ')}`];
}

function renderRestart(neighbor: NeighborView): string[] {
  if (!has(neighbor.capabilitiesReceived, Code.GracefulRestart)) return [];
  const kept = listRestartFamilies(neighbor.capabilitiesReceived);
  return [
    `      Remote Restart timer is ${findRestartTimeSec(neighbor.capabilitiesReceived)} seconds`,
    '      Address families by peer:',
    ...(kept.length === 0
      ? ['        none']
      : kept.map((entry) => `        ${entry.title}(${entry.isKept ? 'preserved' : 'not preserved'})`)),
  ];
}
