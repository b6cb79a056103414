// One peer of a speaker under fuzz: what it is to the speaker, the OPENs that it sends, and what the slow model of a neighbor knows of
// it. It talks to the speaker's methods directly; there is no network in between.

import type { NeighborConfig } from '#bgp/config.ts';
import type { FamilyName } from '#bgp/net/family.ts';
import type { ConnectionInfo } from '#bgp/ports.ts';
import { neighborConfig } from '#support/speaker-lab.ts';
import { acceptAll } from '../bgp/rib/faces.ts';
import { Model } from '../bgp/rib/model.ts';
import { familyNames, ModelFamily, ModelNeighbor } from '../bgp/whole/model-neighbor.ts';
import { capabilitiesOf, type FarOpen, openWith } from '../bgp/whole/octets-out.ts';
import type { OracleSession } from '../oracle/oracle-session.ts';
import type { Shape } from './good-update.ts';
import type { Chance } from './mutate.ts';

export interface LivePeerOptions {
  readonly name: string;
  readonly address: string;
  readonly session: OracleSession;
  /** RFC 4724, with the N bit of RFC 8538. */
  readonly hasGracefulRestart: boolean;
  /** RFC 8654. */
  readonly hasExtendedMessages: boolean;
}

export const memberAsn = 64_512;
export const confederationAsn = 65_000;
export const otherMemberAsn = 64_513;
const externalAsn = 65_001;

export const familyCodes: Readonly<Record<FamilyName, string>> = { 'ipv4-unicast': '1/1', 'ipv6-unicast': '2/1' };
const RESTART_TIME_SEC = 150;
const STALE_PATH_SEC = 200;

const bothFamilies: ReadonlySet<string> = new Set(['1/1', '2/1']);
const none: ReadonlySet<string> = new Set();

function session(overrides: Partial<OracleSession> & Pick<OracleSession, 'kind'>): OracleSession {
  const peerAsn = { ebgp: externalAsn, confederation: otherMemberAsn, ibgp: memberAsn }[overrides.kind];
  return {
    peerAsn,
    hasFourOctetAsn: true,
    families: bothFamilies,
    addPath: none,
    hasExtendedNextHop: false,
    enforcesFirstAs: true,
    acceptsAigp: overrides.kind !== 'ebgp',
    ...overrides,
  };
}

function peer(
  host: number,
  name: string,
  options: Partial<OracleSession> & Pick<OracleSession, 'kind'>,
  has: { readonly gracefulRestart?: boolean; readonly extendedMessages?: boolean } = {},
): LivePeerOptions {
  return {
    name,
    address: `10.0.0.${host}`,
    session: session(options),
    hasGracefulRestart: has.gracefulRestart === true,
    hasExtendedMessages: has.extendedMessages === true,
  };
}

/** Every kind of peer, with the options that change how a message is read and what a lost session leaves. */
export const livePeers: readonly LivePeerOptions[] = [
  peer(1, 'external', { kind: 'ebgp' }),
  peer(2, 'external, two octets', { kind: 'ebgp', hasFourOctetAsn: false }, { gracefulRestart: true }),
  peer(3, 'external, add-path', { kind: 'ebgp', addPath: bothFamilies }, { gracefulRestart: true }),
  peer(
    4,
    'external, IPv4 only, any first AS',
    { kind: 'ebgp', families: new Set(['1/1']), enforcesFirstAs: false },
    { extendedMessages: true },
  ),
  peer(5, 'internal', { kind: 'ibgp' }, { extendedMessages: true, gracefulRestart: true }),
  peer(6, 'internal, extended next hop, add-path for IPv4', {
    kind: 'ibgp',
    hasExtendedNextHop: true,
    addPath: new Set(['1/1']),
  }),
  peer(7, 'other member', { kind: 'confederation' }, { gracefulRestart: true }),
  peer(
    8,
    'other member, add-path, extended',
    { kind: 'confederation', addPath: bothFamilies },
    { extendedMessages: true },
  ),
];

function namesOf(codes: ReadonlySet<string>): readonly FamilyName[] {
  return familyNames.filter((name) => codes.has(familyCodes[name]));
}

export function configOf({
  address,
  session: given,
  hasExtendedMessages,
  hasGracefulRestart,
}: LivePeerOptions): NeighborConfig {
  return neighborConfig({
    address,
    remoteAsn: given.peerAsn,
    isPassive: true,
    families: namesOf(given.families),
    familyOptions: Object.fromEntries(namesOf(given.addPath).map((name) => [name, { receivesAddPath: true }])),
    dampsPeerOscillations: false,
    offersExtendedMessages: hasExtendedMessages,
    offersExtendedNextHop: given.hasExtendedNextHop,
    enforcesFirstAs: given.enforcesFirstAs,
    exportPolicy: 'reject',
    ...(hasGracefulRestart
      ? {
          gracefulRestart: {
            mode: 'helper',
            restartTimeSec: RESTART_TIME_SEC,
            stalePathSec: STALE_PATH_SEC,
            hasNotification: true,
          },
        }
      : {}),
  });
}

/** What the slow model of ../bgp/whole has to know; a route's name stands for its prefix. */
export function modelOf({ address, session: given, hasGracefulRestart }: LivePeerOptions): ModelNeighbor {
  const families = familyNames.map((name) => {
    const model = new Model({ localAsn: memberAsn, clusterId: 0, confederation: confederationAsn });
    return new ModelFamily(name, model, {
      number: 1,
      kind: given.kind,
      asn: given.peerAsn,
      isClient: false,
      isRouteServerClient: false,
      role: undefined,
      routerId: 0,
      address: 0,
      importPolicy: acceptAll,
      session: undefined,
    });
  });
  const setting = {
    address,
    kind: given.kind,
    asn: given.peerAsn,
    isClient: false,
    isRouteServerClient: false,
    role: undefined,
    allowAsIn: 0,
    restart: hasGracefulRestart ? ('helper' as const) : ('off' as const),
    restartTimeSec: RESTART_TIME_SEC,
    stalePathSec: STALE_PATH_SEC,
    hasNotification: true,
    longLivedStaleSec: undefined,
    takesPaths: given.addPath.size > 0,
    sendsPaths: false,
  };
  return new ModelNeighbor(setting, families);
}

export function shapeOf({ session: given }: LivePeerOptions): Shape {
  return {
    kind: given.kind,
    peerAsn: given.peerAsn,
    hasFourOctetAsn: given.hasFourOctetAsn,
    hasIpv6: given.families.has('2/1'),
    hasPathIds4: given.addPath.has('1/1'),
    hasPathIds6: given.addPath.has('2/1'),
  };
}

export function connectionInfo(address: string): ConnectionInfo {
  return {
    localAddress: '10.0.0.254',
    localPort: 179,
    remoteAddress: address,
    remotePort: 50_000,
    interfaceName: 'fuzz0',
    interfaceIpv4: '10.0.0.254',
    interfaceIpv6Global: '2001:db8::254',
    interfaceIpv6LinkLocal: undefined,
    isDirectlyConnected: true,
  };
}

/** What the peer means to say in its next OPEN. */
export function chooseOpen({ address, session: given, hasGracefulRestart }: LivePeerOptions, chance: Chance): FarOpen {
  const families = namesOf(given.families);
  return {
    asn: given.peerAsn,
    routerId: 0x0a000000 + Number(address.split('.')[3]),
    families,
    hasFourOctetAsn: given.hasFourOctetAsn,
    sendsPaths: namesOf(given.addPath),
    takesPaths: [],
    role: undefined,
    restart: hasGracefulRestart
      ? {
          isRestarting: chance.below(2) === 0,
          hasNotification: chance.below(4) > 0,
          timeSec: RESTART_TIME_SEC,
          families: new Map(families.map((name) => [name, chance.below(4) > 0])),
        }
      : undefined,
    longLived: undefined,
  };
}

/** The OPEN in one of the ways that mean the same: capabilities in any order, twice, in several parameters, among unknown ones. */
export function encodeOpen(options: LivePeerOptions, said: FarOpen, chance: Chance): Uint8Array {
  const list = [
    ...capabilitiesOf(said),
    ...(options.session.hasExtendedNextHop ? [[5, 6, 0, 1, 0, 1, 0, 2]] : []),
    ...(options.hasExtendedMessages ? [[6, 0]] : []),
  ];
  if (chance.below(2) === 0) {
    for (let count = chance.below(3); count > 0; count--) {
      const value = Array.from({ length: chance.below(12) }, () => chance.below(256));
      list.push([130 + chance.below(100), value.length, ...value]);
    }
    if (chance.below(2) === 0) list.push(list[chance.below(list.length)]);
    for (let index = list.length - 1; index > 0; index--) {
      const other = chance.below(index + 1);
      [list[index], list[other]] = [list[other], list[index]];
    }
  }
  const isApart = chance.below(2) === 0;
  const values = isApart ? list : [list.flat()];
  const length = values.reduce((sum, value) => sum + 2 + value.length, 0);
  // RFC 9072
  if (length > 255 || chance.below(4) === 0) {
    const parameters = values.flatMap((value) => [2, value.length >> 8, value.length & 255, ...value]);
    return openWith(said, [255, 255, parameters.length >> 8, parameters.length & 255, ...parameters]);
  }
  return openWith(said, [length, ...values.flatMap((value) => [2, value.length, ...value])]);
}
