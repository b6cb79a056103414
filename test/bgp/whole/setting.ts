// What a history of a whole speaker is played with: random neighbors of every kind, what they say in their OPENs, what they announce.
// Few values of each sort, so that routes meet.

import type { BgpRole, NeighborConfig, SpeakerConfig } from '#bgp/config.ts';
import type { FamilyName } from '#bgp/net/family.ts';
import type { ConnectionInfo } from '#bgp/ports.ts';
import { neighborConfig, speakerConfig } from '#support/speaker-lab.ts';
import { acceptAll, faces, policyConfigOf } from '../rib/faces.ts';
import { Known } from '../rib/model.ts';
import { type ModelAttributes, type ModelPolicy, noAttributes } from '../rib/model-route.ts';
import { familyNames, type Neighborhood } from './model-neighbor.ts';
import type { ModelIdentity } from './model-speaker.ts';
import type { FarOpen, FarRestart } from './octets-out.ts';

export const faceOf = { 'ipv4-unicast': faces[0], 'ipv6-unicast': faces[1] } as const;
export const ownNextHop: Readonly<Record<FamilyName, string>> = {
  'ipv4-unicast': '10.9.0.254',
  'ipv6-unicast': '2001:db8:9:0:0:0:0:fe',
};

const LOCAL_ASN = 65_000;
const CONFEDERATION = 64_999;
const ROUTER_ID = 0x0a0900fe;
const roleCodes: readonly BgpRole[] = ['provider', 'rs-server', 'rs-client', 'customer', 'peer'];
/** What the other side of a role is. */
const counterpart: Readonly<Record<BgpRole, BgpRole>> = {
  provider: 'customer',
  customer: 'provider',
  'rs-server': 'rs-client',
  'rs-client': 'rs-server',
  peer: 'peer',
};

/** What of a neighbor changes while its session stands. */
export interface Settings {
  importPolicy: number;
  exportPolicy: number;
  isNextHopSelf: boolean;
  addPathLimit: number;
  allowAsIn: number;
  isShutdown: boolean;
}

const [four, six] = faces;
export const policies: readonly ModelPolicy[] = [
  acceptAll,
  acceptAll,
  { ...acceptAll, isAccepting: false },
  { ...acceptAll, addCommunities: [300], localPreference: 200 },
  {
    ...acceptAll,
    prefixes: [...four.prefixes.slice(1, 4), ...six.prefixes.slice(1, 3)],
    addCommunities: [100, 400],
    isOtherwiseAccepting: true,
  },
  { ...acceptAll, prefixes: [...four.prefixes.slice(2, 5), ...six.prefixes.slice(2, 4)] },
  {
    ...acceptAll,
    prefixes: [...four.prefixes.slice(0, 3), ...six.prefixes.slice(0, 2)],
    isAccepting: false,
    isOtherwiseAccepting: true,
  },
  {
    ...acceptAll,
    prefixes: [four.prefixes[1], six.prefixes[1]],
    addCommunities: [Known.NoExport],
    isOtherwiseAccepting: true,
  },
];

export class Chooser {
  private readonly random: () => number;

  constructor(random: () => number) {
    this.random = random;
  }

  below(limit: number): number {
    return Math.floor(this.random() * limit);
  }

  chance(share: number): boolean {
    return this.random() < share;
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)];
  }

  some<T>(items: readonly T[], share: number): T[] {
    return items.filter(() => this.chance(share));
  }
}

export function chooseIdentity(choose: Chooser): ModelIdentity {
  return {
    localAsn: LOCAL_ASN,
    clusterId: ROUTER_ID,
    routerId: ROUTER_ID,
    confederation: choose.chance(0.3) ? CONFEDERATION : undefined,
    selectionDeferralSec: 20 + choose.below(40),
  };
}

export function chooseNeighbor(choose: Chooser, index: number, host: number, isConfederated: boolean): Neighborhood {
  const kind = choose.pick(isConfederated ? (['ebgp', 'ibgp', 'confederation'] as const) : (['ebgp', 'ibgp'] as const));
  const isExternal = kind === 'ebgp';
  const role = isExternal && choose.chance(0.4) ? choose.pick(roleCodes) : undefined;
  return {
    address: `10.9.2.${host}`,
    kind,
    asn: { ebgp: 64_500 + index, ibgp: LOCAL_ASN, confederation: 64_900 + index }[kind],
    isClient: kind === 'ibgp' && choose.chance(0.5),
    isRouteServerClient: isExternal && choose.chance(0.2),
    role,
    restart: choose.pick(['off', 'helper', 'full', 'full', 'full']),
    restartTimeSec: 10 + choose.below(30),
    stalePathSec: 5 + choose.below(40),
    hasNotification: choose.chance(0.7),
    longLivedStaleSec: choose.chance(0.6) ? 100 : undefined,
    takesPaths: choose.chance(0.4),
    sendsPaths: choose.chance(0.4),
  };
}

export function configOf(
  { confederation, localAsn, selectionDeferralSec }: ModelIdentity,
  neighbors: readonly { readonly setting: Neighborhood; readonly settings: Settings }[],
  networks: SpeakerConfig['networks'],
): SpeakerConfig {
  const members = neighbors.flatMap(({ setting }) => (setting.kind === 'confederation' ? [setting.asn] : []));
  return speakerConfig({
    asn: localAsn,
    routerId: '10.9.0.254',
    ...(confederation === undefined ? {} : { confederation: { identifier: confederation, members } }),
    selectionDeferralSec,
    networks,
    policies: policies.map((policy, index) => policyConfigOf(policy, `policy${index}`)),
    neighbors: neighbors.map(({ setting, settings }) => configOfNeighbor(setting, settings)),
  });
}

function configOfNeighbor(setting: Neighborhood, settings: Settings): NeighborConfig {
  const { restart, longLivedStaleSec, role } = setting;
  const family = {
    receivesAddPath: setting.takesPaths,
    ...(setting.sendsPaths ? { addPathSend: settings.addPathLimit } : {}),
  };
  return neighborConfig({
    address: setting.address,
    remoteAsn: setting.asn,
    isPassive: true,
    dampsPeerOscillations: false,
    importPolicy: { policy: `policy${settings.importPolicy}` },
    exportPolicy: { policy: `policy${settings.exportPolicy}` },
    isNextHopSelf: settings.isNextHopSelf,
    isRouteReflectorClient: setting.isClient,
    isRouteServerClient: setting.isRouteServerClient,
    allowAsIn: settings.allowAsIn,
    isShutdown: settings.isShutdown,
    familyOptions: { 'ipv4-unicast': family, 'ipv6-unicast': family },
    ...(role === undefined ? {} : { role }),
    ...(restart === 'off'
      ? {}
      : {
          gracefulRestart: {
            mode: restart,
            restartTimeSec: setting.restartTimeSec,
            stalePathSec: setting.stalePathSec,
            hasNotification: setting.hasNotification,
          },
          ...(longLivedStaleSec === undefined ? {} : { longLivedStaleSec }),
        }),
  });
}

export function connectionInfo(address: string): ConnectionInfo {
  return {
    localAddress: ownNextHop['ipv4-unicast'],
    localPort: 179,
    remoteAddress: address,
    remotePort: 50_000,
    interfaceName: 'mem0',
    interfaceIpv4: ownNextHop['ipv4-unicast'],
    interfaceIpv6Global: '2001:db8:9::fe',
    interfaceIpv6LinkLocal: undefined,
    isDirectlyConnected: true,
  };
}

/** What the peer says when it comes up, mostly with graceful restart. */
export function chooseOpen(choose: Chooser, { asn, role }: Neighborhood): FarOpen {
  const families = choose.chance(0.75) ? familyNames : [choose.pick(familyNames)];
  return {
    asn,
    routerId: 1 + choose.below(3),
    families,
    hasFourOctetAsn: choose.chance(0.7),
    sendsPaths: choose.chance(0.6) ? families : choose.some(families, 0.5),
    takesPaths: choose.chance(0.6) ? families : choose.some(families, 0.5),
    role: role !== undefined && choose.chance(0.7) ? roleCodes.indexOf(counterpart[role]) : undefined,
    restart: choose.chance(0.85) ? chooseRestart(choose, families) : undefined,
    longLived: choose.chance(0.7)
      ? new Map(
          choose
            .some(families, 0.85)
            .map((family) => [
              family,
              { isForwardingPreserved: choose.chance(0.8), staleSec: choose.chance(0.1) ? 0 : 10 + choose.below(60) },
            ]),
        )
      : undefined,
  };
}

function chooseRestart(choose: Chooser, families: readonly FamilyName[]): FarRestart {
  return {
    isRestarting: choose.chance(0.4),
    hasNotification: choose.chance(0.7),
    timeSec: choose.chance(0.1) ? 0 : 5 + choose.below(40),
    families: new Map(choose.some(families, 0.85).map((family) => [family, choose.chance(0.8)])),
  };
}

export function chooseRoute(
  choose: Chooser,
  setting: Neighborhood,
  family: FamilyName,
  identity: ModelIdentity,
): ModelAttributes {
  const { asn, kind } = setting;
  const isInternal = kind === 'ibgp';
  const hops = (most: number): number[] =>
    Array.from({ length: choose.below(most + 1) }, () =>
      choose.chance(0.07) ? choose.pick([LOCAL_ASN, CONFEDERATION]) : 64_500 + choose.below(3),
    );
  const maybe = (share: number, value: () => number): number | undefined =>
    choose.chance(share) ? value() : undefined;
  return {
    ...noAttributes,
    origin: choose.chance(0.7) ? 0 : choose.below(3),
    confederation:
      kind === 'confederation'
        ? [asn, ...choose.some([64_900, 64_901, LOCAL_ASN], 0.1)]
        : isInternal && identity.confederation !== undefined
          ? choose.some([64_900, 64_901], 0.1)
          : [],
    asPath: kind === 'ebgp' ? [asn, ...hops(2)] : hops(2),
    nextHop: choose.pick(faceOf[family].nextHops),
    med: maybe(0.5, () => choose.below(3) * 5),
    localPref: isInternal || choose.chance(0.3) ? 90 + choose.below(3) * 10 : undefined,
    communities: choose.chance(0.5) ? choose.some([100, 200, ...Object.values(Known)], 0.12) : [],
    originatorId: isInternal ? maybe(0.3, () => choose.pick([1, 2, 3, ROUTER_ID])) : maybe(0.05, () => 1),
    clusterList: isInternal && choose.chance(0.3) ? choose.some([7, 8, 9, ROUTER_ID], 0.4) : [],
    aigp: maybe(0.15, () => choose.below(3) * 10),
    otc: maybe(0.15, () => (choose.chance(0.5) ? asn : 64_500 + choose.below(3))),
  };
}
