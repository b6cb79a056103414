// What FRR printed (test/golden/frr) as views of a speaker that would be in the same state: the API's renderers are fed with these,
// and must then print what FRR printed. Reads FRR's JSON; says nothing of its text.

import { readFileSync } from 'node:fs';
import { asn } from '#bgp/net/asn.ts';
import { parseAddress } from '#bgp/net/address.ts';
import { type Family, ipv4Unicast, ipv6Unicast } from '#bgp/net/family.ts';
import {
  DecisionReason,
  type InstanceView,
  type NeighborFamilyView,
  type NeighborView,
  PathFlag,
  type PathPeerView,
  type SessionState,
  type NeighborSessionDetails,
} from '#bgp/views.ts';
import { emptyAttributes, Origin, type PathAttributes, SegmentType } from '#bgp/wire/attributes.ts';
import { FakeSpeakerPort, type FakeRoute } from './fake-speaker-port.ts';

const folder = new URL('../golden/frr/8.4/', import.meta.url);

export function readFixtureText(name: string): string {
  return readFileSync(new URL(name, folder), 'utf8');
}

export type Json = Readonly<Record<string, unknown>>;

export function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function toJson(value: unknown): Json {
  if (!isJson(value)) throw new TypeError(`not an object: ${JSON.stringify(value)}`);
  return value;
}

export function readFixture(name: string): Json {
  return toJson(JSON.parse(readFixtureText(name)));
}

function numberOf(json: Json, key: string): number {
  const value = json[key];
  return typeof value === 'number' ? value : 0;
}

function textOf(json: Json, key: string): string | undefined {
  const value = json[key];
  return typeof value === 'string' ? value : undefined;
}

/** The moment at which the fixtures were recorded, as far as a view must know it. */
export const FIXTURE_WALL_MS = 1_795_374_678_000;

/** neighbors.json came a second after summary.json. */
const DETAIL_WALL_MS = FIXTURE_WALL_MS + 1000;

export const ownPeer: PathPeerView = {
  number: 0,
  address: '',
  remoteAsn: 65000,
  routerId: '198.51.100.1',
  isIbgp: false,
};
const peers: readonly PathPeerView[] = [
  ownPeer,
  { number: 1, address: '10.1.0.2', remoteAsn: 65001, routerId: '192.0.2.2', isIbgp: false },
  { number: 2, address: '10.2.0.2', remoteAsn: 65000, routerId: '192.0.2.3', isIbgp: true },
  { number: 3, address: '2001:db8:1::2', remoteAsn: 65001, routerId: '192.0.2.2', isIbgp: false },
];

export const plainSession: NeighborSessionDetails = {
  kind: 'ebgp',
  peerGroup: undefined,
  heldDownReason: undefined,
  shutdownMessage: undefined,
  isAuthenticated: false,
  gtsmHops: undefined,
  sourceAddress: undefined,
  boundInterface: undefined,
  localRole: undefined,
  remoteRole: undefined,
  isRoleStrict: false,
  peerHostname: undefined,
  peerDomainName: undefined,
  peerSoftwareVersion: undefined,
  agreed: undefined,
  restart: {
    localMode: 'off',
    remoteMode: undefined,
    isRestartingHere: false,
    isRestartingThere: false,
    hasNotificationHere: false,
    hasNotificationThere: false,
    configuredRestartSec: undefined,
    receivedRestartSec: undefined,
    configuredStalePathSec: undefined,
    configuredLongLivedSec: undefined,
    families: [],
  },
  pending: [],
  damping: { isEnabled: true, falls: 0, idleHoldSec: undefined, remainingMs: undefined },
  delayOpenSec: 0,
  sendHoldSec: 480,
  connectRetryRemainingMs: undefined,
};

export const plainNeighbor: NeighborView = {
  instance: 'default',
  address: '192.0.2.1',
  port: 179,
  description: undefined,
  configuredRemoteAsn: 65001,
  remoteAsn: 65001,
  localAsn: 65000,
  isIbgp: false,
  isPassive: false,
  isShutdown: false,
  state: 'Idle',
  stateChangedWallMs: undefined,
  establishedWallMs: undefined,
  remoteRouterId: undefined,
  localRouterId: '198.51.100.1',
  localAddress: undefined,
  localPort: undefined,
  remotePort: undefined,
  interfaceName: undefined,
  isDirectlyConnected: true,
  ttl: undefined,
  nextHops: { ipv4: undefined, ipv6Global: undefined, ipv6LinkLocal: undefined },
  configuredHoldTimeSec: 9,
  configuredKeepaliveSec: 3,
  connectRetrySec: 120,
  holdTimeSec: undefined,
  keepaliveSec: undefined,
  capabilitiesSent: [],
  capabilitiesReceived: [],
  sent: { open: 0, update: 0, notification: 0, keepalive: 0, routeRefresh: 0 },
  received: { open: 0, update: 0, notification: 0, keepalive: 0, routeRefresh: 0 },
  lastReadWallMs: undefined,
  lastWriteWallMs: undefined,
  lastUpdateWallMs: undefined,
  inputQueue: 0,
  outputQueue: 0,
  connectionsEstablished: 0,
  connectionsDropped: 0,
  connectRetryCounter: 0,
  lastReset: undefined,
  lastError: undefined,
  session: plainSession,
  families: [],
  treatedAsWithdraw: 0,
  attributesDiscarded: 0,
  lastUpdateFault: undefined,
  dynamicPrefix: undefined,
  downReason: undefined,
  gracefulRestart: {
    mode: 'helper',
    isNegotiated: false,
    peerRestartTimeSec: undefined,
    isPeerRestarting: false,
    hasNotification: false,
    restartRemainingSec: undefined,
  },
  isDraining: false,
  debug: [],
  routeLeaks: 0,
  routeOptions: {
    isRouteReflectorClient: false,
    isRouteServerClient: false,
    isAsOverride: false,
    removePrivateAs: undefined,
    allowAsIn: 0,
    localAs: undefined,
  },
};

export const plainFamily: NeighborFamilyView = {
  family: 'ipv4-unicast',
  isShown: true,
  isNegotiated: true,
  receivedPrePolicy: 0,
  accepted: 0,
  sent: 0,
  notSentReason: undefined,
  disabledReason: undefined,
  isImportPolicyMissing: false,
  isExportPolicyMissing: false,
  hasEndOfRibReceived: true,
  hasEndOfRibSent: true,
  updateGroupId: 1,
  stale: 0,
  staleRemainingSec: undefined,
  isLongLived: false,
  isForwardingPreservedHere: undefined,
  isForwardingPreservedByPeer: undefined,
  maxPrefixes: undefined,
  refusedByLimit: 0,
  crowdedPaths: 0,
  receivesAddPath: false,
  sendsAddPath: false,
  isDefaultOriginated: false,
  isDefaultSent: false,
  options: {
    importPolicy: 'unset',
    exportPolicy: 'unset',
    defaultPolicy: undefined,
    nextHop: 'default',
    addPathSend: undefined,
  },
};

const states: readonly SessionState[] = ['Idle', 'Connect', 'Active', 'OpenSent', 'OpenConfirm', 'Established'];

function hostNameCapability(name: string): { code: number; value: Uint8Array } {
  const bytes = new TextEncoder().encode(name);
  return { code: 73, value: Uint8Array.of(bytes.length, ...bytes, 0) };
}

/** One neighbor out of summary.json (all its families) and neighbors.json. */
function toNeighbor(address: string, summaries: readonly (readonly [Family, Json])[], detail: Json): NeighborView {
  const [, first] = summaries[0];
  const stateText = textOf(first, 'state') ?? 'Idle';
  const state = states.find((name) => name === stateText) ?? 'Idle';
  const hostName = textOf(first, 'hostname');
  const stats = toJson(detail['messageStats']);
  const info = toJson(detail['addressFamilyInfo']);
  const isUp = state === 'Established';
  const count = (side: 'Sent' | 'Recv') => ({
    open: numberOf(stats, `opens${side}`),
    update: numberOf(stats, `updates${side}`),
    notification: numberOf(stats, `notifications${side}`),
    keepalive: numberOf(stats, `keepalives${side}`),
    routeRefresh: numberOf(stats, `routeRefresh${side}`),
  });
  // Both commands were run within one second, yet a keepalive may lie between: the summary's sums decide.
  const adjust = (counts: ReturnType<typeof count>, total: number): ReturnType<typeof count> => ({
    ...counts,
    keepalive: counts.keepalive + total - Object.values(counts).reduce((sum, value) => sum + value, 0),
  });
  const resetMsecs = numberOf(detail, 'lastResetTimerMsecs');
  return {
    ...plainNeighbor,
    address,
    description: textOf(first, 'desc'),
    remoteAsn: numberOf(first, 'remoteAs'),
    localAsn: numberOf(first, 'localAs'),
    isIbgp: detail['nbrInternalLink'] === true,
    isShutdown: detail['adminShutDown'] === true,
    state,
    establishedWallMs: isUp ? FIXTURE_WALL_MS - numberOf(first, 'peerUptimeMsec') : undefined,
    remoteRouterId: textOf(detail, 'remoteRouterId'),
    localAddress: isUp ? textOf(detail, 'hostLocal') : undefined,
    localPort: isUp ? numberOf(detail, 'portLocal') : undefined,
    remotePort: isUp ? numberOf(detail, 'portForeign') : undefined,
    nextHops: {
      ipv4: textOf(detail, 'nexthop'),
      ipv6Global: textOf(detail, 'nexthopGlobal'),
      ipv6LinkLocal: textOf(detail, 'nexthopLocal'),
    },
    holdTimeSec: isUp ? 9 : undefined,
    keepaliveSec: isUp ? 3 : undefined,
    capabilitiesSent: isUp ? listCapabilities(summaries, 'alpha') : [],
    capabilitiesReceived: isUp ? listCapabilities(summaries, hostName) : [],
    session: { ...plainSession, peerHostname: isUp ? hostName : undefined },
    sent: adjust(count('Sent'), numberOf(first, 'msgSent')),
    received: adjust(count('Recv'), numberOf(first, 'msgRcvd')),
    lastReadWallMs: isUp ? DETAIL_WALL_MS - numberOf(detail, 'bgpTimerLastRead') : undefined,
    lastWriteWallMs: isUp ? DETAIL_WALL_MS - numberOf(detail, 'bgpTimerLastWrite') : undefined,
    connectionsEstablished: numberOf(first, 'connectionsEstablished'),
    connectionsDropped: numberOf(first, 'connectionsDropped'),
    lastReset: isUp
      ? {
          atWallMs: FIXTURE_WALL_MS - resetMsecs,
          reason: textOf(detail, 'lastResetDueTo') ?? '',
          direction: 'local',
          code: undefined,
          subcode: undefined,
        }
      : undefined,
    lastError: isUp ? undefined : textOf(detail, 'lastResetDueTo'),
    families: summaries.map(([family, summary]) => {
      const familyInfo = toJson(info[family.jsonKey]);
      const isMissing = familyInfo['inboundEbgpRequiresPolicy'] !== undefined;
      return {
        ...plainFamily,
        family: family.name,
        isNegotiated: isUp,
        receivedPrePolicy: numberOf(summary, 'pfxRcd'),
        accepted: numberOf(summary, 'pfxRcd'),
        sent: numberOf(summary, 'pfxSnt'),
        isImportPolicyMissing: isMissing,
        isExportPolicyMissing: isMissing,
        hasEndOfRibReceived: isUp,
        hasEndOfRibSent: isUp,
        updateGroupId: typeof familyInfo['updateGroupId'] === 'number' ? familyInfo['updateGroupId'] : undefined,
      };
    }),
  };
}

function listCapabilities(summaries: readonly (readonly [Family, Json])[], hostName: string | undefined) {
  return [
    ...summaries.map(([family]) => ({ code: 1, value: Uint8Array.of(0, family.afi, 0, family.safi) })),
    { code: 2, value: new Uint8Array(0) },
    { code: 128, value: new Uint8Array(0) },
    { code: 65, value: Uint8Array.of(0, 0, 0xfd, 0xe8) },
    ...(hostName === undefined ? [] : [hostNameCapability(hostName)]),
  ];
}

export function readInstance(): InstanceView {
  const summary = readFixture('summary.json');
  const details = readFixture('neighbors.json');
  const shown = [ipv4Unicast, ipv6Unicast].map((family) => [family, toJson(summary[family.jsonKey])] as const);
  const neighbors = Object.keys(details).map((address) => {
    const summaries = shown.flatMap(([family, view]) => {
      const entry = toJson(view['peers'])[address];
      return isJson(entry) ? [[family, entry] as const] : [];
    });
    return toNeighbor(address, summaries, toJson(details[address]));
  });
  return {
    instance: 'default',
    asn: 65000,
    routerId: '198.51.100.1',
    families: shown.map(([family, view]) => ({
      family: family.name,
      tableVersion: numberOf(view, 'tableVersion'),
      prefixes: numberOf(view, 'ribCount'),
      paths: family === ipv4Unicast ? 12 : 5,
      ribBytes: numberOf(view, 'ribMemory'),
    })),
    neighbors,
    attributeSets: 0,
    attributeBytes: 0,
    confederationId: undefined,
    clusterId: '198.51.100.1',
    dynamicNeighbors: [],
    restart: {
      isRestarting: false,
      isDeferring: false,
      deferralRemainingSec: undefined,
      awaited: [],
      hasSynchronised: true,
    },
    isMultipathRelax: false,
    selectionDeferralSec: 360,
    isDraining: false,
  };
}

const origins = {
  IGP: Origin.Igp,
  EGP: Origin.Egp,
  incomplete: Origin.Incomplete,
  i: Origin.Igp,
  e: Origin.Egp,
  '?': Origin.Incomplete,
};

function originOf(text: string | undefined): Origin {
  return Object.entries(origins).find(([name]) => name === text)?.[1] ?? Origin.Igp;
}

function toAttributes(path: Json, nextHops: readonly string[]): PathAttributes {
  const numbers = (textOf(path, 'path') ?? '').split(' ').filter((word) => word !== '');
  const [nextHop, linkLocalNextHop] = nextHops.map((text) => parseAddress(text));
  return {
    ...emptyAttributes,
    origin: originOf(textOf(path, 'origin') ?? textOf(path, 'bgpOriginCode')),
    asPath:
      numbers.length === 0 ? [] : [{ type: SegmentType.Sequence, asns: numbers.map((word) => asn(Number(word))) }],
    nextHop,
    linkLocalNextHop,
    med: typeof path['metric'] === 'number' ? path['metric'] : undefined,
    localPref: typeof path['locPrf'] === 'number' ? path['locPrf'] : undefined,
  };
}

const reasonCodes: Readonly<Record<string, number>> = {
  'First path received': DecisionReason.OnlyPath,
  'AS Path': DecisionReason.AsPathLength,
  'Local Pref': DecisionReason.LocalPreference,
  'Router ID': DecisionReason.RouterId,
};

function listJson(value: unknown): Json[] {
  return Array.isArray(value) ? value.map(toJson) : [];
}

/** Paths of `show bgp ipv4 unicast json` and of `… neighbors A routes json`. */
export function readTable(name: string): FakeRoute[] {
  const routes = toJson(readFixture(name)['routes']);
  return Object.entries(routes).flatMap(([prefix, paths]) =>
    listJson(paths).map((path) => {
      const isLocal = path['peerId'] === '(unspec)';
      const peer = peers.find((entry) => entry.address === path['peerId']) ?? ownPeer;
      const isValid = path['valid'] === true;
      const nextHops = isLocal ? [] : listJson(path['nexthops']).map((nextHop) => textOf(nextHop, 'ip') ?? '');
      return {
        prefix,
        peer: peer.number,
        attributes: toAttributes(path, nextHops),
        flags:
          (isValid ? PathFlag.Valid : PathFlag.Inaccessible) |
          (path['bestpath'] === true ? PathFlag.Best : 0) |
          (path['pathFrom'] === 'internal' ? PathFlag.Internal : 0) |
          (isLocal ? PathFlag.Local : 0),
        reason: reasonCodes[textOf(path, 'selectionReason') ?? ''] ?? 0,
        receivedWallSec: FIXTURE_WALL_MS / 1000,
        version: numberOf(path, 'version'),
      };
    }),
  );
}

/** Routes of `… neighbors A advertised-routes json` and `received-routes json`. */
export function readAdjTable(name: string, key: 'advertisedRoutes' | 'receivedRoutes'): FakeRoute[] {
  return Object.entries(toJson(readFixture(name)[key])).map(([prefix, value]) => {
    const route = toJson(value);
    const nextHop = textOf(route, 'nextHop') ?? textOf(route, 'nextHopGlobal') ?? '';
    return {
      prefix,
      peer: 1,
      attributes: toAttributes(route, [nextHop]),
      flags: PathFlag.Valid | PathFlag.Best,
      reason: 0,
      receivedWallSec: FIXTURE_WALL_MS / 1000,
      version: 1,
    };
  });
}

/** A speaker in the state of router `a`, answering every table from the recorded files. */
export function createFixtureSpeaker(): FakeSpeakerPort {
  const port = new FakeSpeakerPort();
  port.instanceViews = [readInstance()];
  const tables: Readonly<Record<string, FakeRoute[]>> = {
    'ipv4-unicast loc-rib': readTable('ipv4-unicast.json'),
    'ipv6-unicast loc-rib': readTable('ipv6-unicast.json'),
    'ipv4-unicast accepted 10.2.0.2': readTable('ibgp-routes.json'),
    'ipv4-unicast received 10.2.0.2': readAdjTable('ibgp-received-routes.json', 'receivedRoutes'),
    'ipv4-unicast advertised 10.2.0.2': readAdjTable('ibgp-advertised-routes.json', 'advertisedRoutes'),
    'ipv4-unicast advertised 10.1.0.2': readAdjTable('ipv4-advertised-routes.json', 'advertisedRoutes'),
    'ipv6-unicast received 2001:db8:1::2': readAdjTable('ipv6-received-routes.json', 'receivedRoutes'),
  };
  port.tables = {
    tableVersion: (query) => numberOf(readFixture(`${query.family}.json`), 'tableVersion'),
    peers,
    routes: (query) =>
      tables[[query.family, query.table, query.table === 'loc-rib' ? '' : query.neighbor].join(' ').trim()],
  };
  return port;
}
