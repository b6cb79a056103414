// Four speakers in memory, each made from a router file: `left` and `other` announce, the router in question passes on, `right` tells what
// it received. Between them are the octets that would go over TCP.

import type { Fib } from '#bgp/ports.ts';
import { formatRouterId } from '#bgp/net/router-id.ts';
import type { Speaker } from '#bgp/speaker.ts';
import {
  formatAigp,
  formatAsPath,
  formatCommunities,
  formatExtendedCommunity,
  formatLargeCommunity,
} from '#bgp/wire/attribute-text.ts';
import { readRouterFile } from '#control/router/settings.ts';
import { RouterFileValidator } from '#control/router/validate.ts';
import { type ShownRoute, showRoutes, SpeakerLab } from '#support/speaker-lab.ts';

export const US = '192.0.2.1';
export const LEFT = '192.0.2.2';
export const RIGHT = '192.0.2.3';
export const OTHER = '192.0.2.4';
/** Public numbers, so that private ones mean something. */
export const [us, left, right, other] = [64501, 64502, 64503, 64504];

/** Announced by left, and by left and other. */
export const ROUTE = '10.2.0.0/16';
export const BOTH = '10.9.0.0/16';

export interface Files {
  /** Lines below `router:` of the router in question. */
  readonly router?: string;
  /** Fields of its neighbors, in flow style. */
  readonly toLeft?: string;
  readonly toRight?: string;
  readonly toOther?: string;
  readonly rightAsn?: number;
  readonly leftAsn?: number;
  /** What left and other set on what they announce. */
  readonly leftSets?: string;
  readonly otherSets?: string;
  /** Of left's and right's neighbor, which is the router in question. */
  readonly fromLeft?: string;
  readonly fromRight?: string;
  /** Other talks to left, not to the router in question. */
  readonly isBehindLeft?: boolean;
  readonly leftId?: string;
  /** Lines below `router:` of right. */
  readonly rightRouter?: string;
}

export interface Scene {
  readonly lab: SpeakerLab;
  readonly us: Speaker;
  readonly left: Speaker;
  readonly right: Speaker;
  /** Prefix, then next hops with their weights, as the kernel would get them. */
  readonly kernel: ReadonlyMap<string, string>;
  readonly reload: (files: Files) => void;
}

const validator = new RouterFileValidator();

function configure(speaker: Speaker, text: string): void {
  const reading = readRouterFile(text, validator);
  if ('faults' in reading) throw new RangeError(`${text}\n${JSON.stringify(reading.faults)}`);
  speaker.configure(reading.settings.speaker.instances[0]);
}

const both = 'families: [ipv4-unicast, ipv6-unicast]';

/** Fields in flow style; those of `own` in the place of the usual ones. */
function flow(usual: Readonly<Record<string, string>>, own = ''): string {
  const kept = Object.entries(usual).filter(([key]) => !new RegExp(`(^|, )${key}:`).test(own));
  const words = kept.map(([key, value]) => `${key}: ${value}`);
  return `{${[...words, both, ...(own === '' ? [] : [own])].join(', ')}}`;
}

const accepting = { import: 'accept', export: 'accept' };

function fileOfUs(files: Files): string {
  const { router = '', toLeft, toRight, toOther, leftAsn = left, rightAsn = right } = files;
  return [
    'router:',
    `  asn: ${us}`,
    `  routerId: ${US}`,
    ...router.split('\n').map((line) => `  ${line}`),
    '  neighbors:',
    `    - ${flow({ address: LEFT, remoteAsn: String(leftAsn), ...accepting }, toLeft)}`,
    `    - ${flow({ address: RIGHT, remoteAsn: String(rightAsn), ...accepting }, toRight)}`,
    ...(files.isBehindLeft === true
      ? []
      : [`    - ${flow({ address: OTHER, remoteAsn: String(other), ...accepting }, toOther)}`]),
    '',
  ].join('\n');
}

function fileOfSource(asn: number, id: string, peers: readonly string[], prefixes: string, sets = ''): string {
  return [
    'router:',
    `  asn: ${asn}`,
    `  routerId: ${id}`,
    `  neighbors: [${peers.join(', ')}]`,
    `  networks: [${prefixes}]`,
    `  policies: [{name: out, statements: [{${sets === '' ? '' : `set: {${sets}}, `}action: accept}]}]`,
    '',
  ].join('\n');
}

function passive(own = ''): string {
  return flow({ address: US, remoteAsn: 'any', passive: 'true', import: 'accept', export: 'out' }, own);
}

export function build(files: Files): Scene {
  const lab = new SpeakerLab();
  const kernel = new Map<string, string>();
  const fib: Fib = {
    install: (family, w0, _w1, _w2, _w3, length, hops) => {
      if (family.version !== 4) return;
      const octets = [24, 16, 8, 0].map((shift) => (w0 >>> shift) & 255);
      kernel.set(
        `${octets.join('.')}/${length}`,
        hops.map(({ nextHop, weight }) => `${nextHop.toString()} ${weight}`).join(', '),
      );
    },
    installBlackhole: () => undefined,
    remove: () => undefined,
    sweepStale: () => undefined,
  };
  const scene = {
    lab,
    kernel,
    us: lab.add('us', [US], undefined, fib).speaker,
    left: lab.add('left', [LEFT]).speaker,
    right: lab.add('right', [RIGHT]).speaker,
    other: lab.add('other', [OTHER]).speaker,
  };
  const { leftAsn = left, rightAsn = right, leftId = LEFT, isBehindLeft = false } = files;
  const leftPeers = [passive(files.fromLeft)];
  if (isBehindLeft) leftPeers.push(flow({ address: OTHER, remoteAsn: 'any', ...accepting }));
  configure(
    scene.left,
    fileOfSource(leftAsn, leftId, leftPeers, `${ROUTE}, ${BOTH}, "2001:db8:2::/48"`, files.leftSets),
  );
  const otherPeer = flow({
    address: isBehindLeft ? LEFT : US,
    remoteAsn: 'any',
    passive: 'true',
    import: 'accept',
    export: 'out',
  });
  configure(
    scene.other,
    fileOfSource(other, leftId === LEFT ? OTHER : leftId, [otherPeer], `10.4.0.0/16, ${BOTH}`, files.otherSets),
  );
  configure(
    scene.right,
    `${fileOfSource(rightAsn, RIGHT, [passive(files.fromRight)], '10.3.0.0/16')}${files.rightRouter === undefined ? '' : `  ${files.rightRouter}\n`}`,
  );
  configure(scene.us, fileOfUs(files));
  lab.pass(2);
  return {
    ...scene,
    reload: (changed) => {
      configure(scene.us, fileOfUs(changed));
      lab.settle();
    },
  };
}

/** `path 64501 64502; next hop 192.0.2.1; med 7; …`: what is there, in one order. */
function describe({ attributes }: ShownRoute): string {
  const { asPath, nextHop, med, localPref, communities, extendedCommunities, largeCommunities, aigp } = attributes;
  const { originatorId, clusterList, isAtomicAggregate, aggregator, otc, origin } = attributes;
  return [
    `path ${formatAsPath(asPath)}`,
    `next hop ${nextHop?.toString() ?? 'none'}`,
    ...(origin === 0 ? [] : [`origin ${origin}`]),
    ...(med === undefined ? [] : [`med ${med}`]),
    ...(localPref === undefined ? [] : [`localpref ${localPref}`]),
    ...(communities.length === 0 ? [] : [`communities ${formatCommunities(communities)}`]),
    ...(extendedCommunities.length === 0
      ? []
      : [`extended ${extendedCommunities.map(formatExtendedCommunity).join(' ')}`]),
    ...(largeCommunities.length === 0 ? [] : [`large ${largeCommunities.map(formatLargeCommunity).join(' ')}`]),
    ...(aigp === undefined ? [] : [`aigp ${formatAigp(aigp)}`]),
    ...(otc === undefined ? [] : [`otc ${otc}`]),
    ...(isAtomicAggregate ? ['atomic'] : []),
    ...(aggregator === undefined ? [] : [`aggregator ${aggregator.asn}`]),
    ...(originatorId === undefined ? [] : [`originator ${formatRouterId(originatorId)}`]),
    ...(clusterList.length === 0 ? [] : [`cluster ${clusterList.map(formatRouterId).join(' ')}`]),
  ].join('; ');
}

/** What right received of a prefix, every path. */
export function atRight({ right: speaker }: Scene, prefix: string): string[] {
  const family = prefix.includes(':') ? 'ipv6-unicast' : 'ipv4-unicast';
  return showRoutes(speaker, { family, table: 'received', neighbor: US, prefix }).map(describe);
}

export const plain = 'path 64501 64502; next hop 192.0.2.1';
