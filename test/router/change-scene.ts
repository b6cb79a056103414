// One reload in memory: router.yaml as it was and as it is, read by the control room and taken by a speaker that has a session with
// the neighbor whose fields change and one with a bystander. Tells what came of it in the words of docs/router.md.

import type { Speaker } from '#bgp/speaker.ts';
import type { NeighborView } from '#bgp/views.ts';
import { readPassword, withPasswords } from '#control/router/passwords.ts';
import { readRouterFile } from '#control/router/settings.ts';
import { RouterFileValidator } from '#control/router/validate.ts';
import { locRib, neighborView, showRoutes, SpeakerLab } from '#support/speaker-lab.ts';

export const US = '192.0.2.1';
export const PEER = '192.0.2.2';
export const OTHER = '192.0.2.3';

/** What the documentation says of a change; `shut down` is how `shutdown` takes effect at once. */
export const outcomeWords = [
  'at once',
  'next OPEN',
  'by refresh',
  'new session',
  'next attempt',
  'next restart',
] as const;
/** `untouched`: a setting of the router as a whole, which no session notices. */
export type Outcome = (typeof outcomeWords)[number] | 'shut down' | 'untouched' | 'nothing';

export interface Case {
  readonly field: string;
  /** Fields in flow style: `holdTimeSec: 30`; of the neighbor, or of the router. */
  readonly from: string;
  readonly to: string;
  readonly outcome: Outcome;
  /** In both files, of the neighbor. */
  readonly also?: string;
  /** 65002 when absent. */
  readonly peerAsn?: number;
  /** What the peer is told of the neighbor's end, as it shows it. */
  readonly said?: string;
  readonly pending?: readonly string[];
  /** Every neighbor is concerned. */
  readonly isForAll?: boolean;
  /** Fields of the router in both files. */
  readonly router?: string;
  /** Of the peer towards us. */
  readonly peer?: string;
}

export interface Seen {
  readonly outcome: Outcome;
  readonly bystander: 'never noticed' | 'concerned';
  readonly said: string | undefined;
  readonly pending: readonly string[];
  /** What the same file brings when it is read once more. */
  readonly again: Outcome;
}

const validator = new RouterFileValidator();

export const isOfRouter = new Set<Case>();

export function change(entry: Case): Seen {
  const lab = new SpeakerLab();
  const { speaker: us } = lab.add('us', [US]);
  const { speaker: peer, events } = lab.add('peer', [PEER]);
  const { speaker: other } = lab.add('other', [OTHER]);
  const { peerAsn = 65002 } = entry;
  // The peer can do everything, and is asked for it or not by our side. What it and the bystander announce lets every option show.
  configure(peer, peerFile(peerAsn, entry.peer));
  configure(other, otherFile());
  configure(us, fileOf(entry, entry.from));
  lab.pass(2);
  assertUp(us, PEER);
  assertUp(us, OTHER);
  const before = look(us, peer);

  const outcome = configure(us, fileOf(entry, entry.to));
  lab.settle();
  const seen = classify(us, peer, before, outcome, entry);
  const [said] = events.flatMap((event) => (event.type === 'notification-received' ? [event.text] : []));
  const { pending } = neighborView(us, PEER).session;
  const bystander = isUntouched(before.other, neighborView(us, OTHER)) ? 'never noticed' : 'concerned';
  if (seen === 'new session') lab.pass(20);
  if (seen === 'next OPEN') {
    us.clear(PEER, 'hard');
    lab.pass(20);
    if (neighborView(us, PEER).session.pending.length > 0) throw new RangeError('still pending after clear');
    assertUp(us, PEER);
  }
  const quiet = look(us, peer);
  const again = classify(us, peer, quiet, configure(us, fileOf(entry, entry.to)), undefined);
  lab.settle();
  return {
    outcome: seen,
    bystander,
    said,
    pending: pending.map(({ field, running, configured }) => `${field}: ${running} -> ${configured}`),
    again: isUntouched(quiet.neighbor, neighborView(us, PEER)) ? again : 'at once',
  };
}

interface Look {
  readonly neighbor: NeighborView;
  readonly other: NeighborView;
  /** What is in force at once, if it is. */
  readonly live: string;
}

function look(us: Speaker, peer: Speaker): Look {
  const neighbor = neighborView(us, PEER);
  return { neighbor, other: neighborView(us, OTHER), live: describeLive(us, peer, neighbor) };
}

/** Everything that a setting may change without another session, a new OPEN or a new attempt. */
function describeLive(us: Speaker, peer: Speaker, neighbor: NeighborView): string {
  const { session, families } = neighbor;
  const routes = [us, peer].flatMap((speaker) =>
    (['ipv4-unicast', 'ipv6-unicast'] as const).flatMap((family) => showRoutes(speaker, locRib(family))),
  );
  return JSON.stringify([
    neighbor.description,
    neighbor.keepaliveSec,
    neighbor.connectRetrySec,
    neighbor.isDraining,
    session.peerGroup,
    session.shutdownMessage,
    session.isAuthenticated,
    session.restart.configuredStalePathSec,
    session.sendHoldSec,
    session.damping.isEnabled,
    families.map(({ maxPrefixes, isExportPolicyMissing, isDefaultOriginated }) => [
      maxPrefixes,
      isExportPolicyMissing,
      isDefaultOriginated,
    ]),
    us.updateGroups().map(({ family, options, members }) => [family, options, members]),
    routes.map(({ prefix, flags, reason, attributes }) => [prefix, flags, reason, attributes]),
  ]);
}

function classify(
  us: Speaker,
  peer: Speaker,
  before: Look,
  changes: ReturnType<Speaker['configure']>,
  entry: Case | undefined,
): Outcome {
  const now = look(us, peer);
  if (changes.neighborsReset.includes(PEER)) return 'new session';
  const isChanged = [changes.neighborsUpdated, changes.neighborsAdded, changes.neighborsRemoved].some((list) =>
    list.includes(PEER),
  );
  if (now.neighbor.state !== 'Established') return isChanged ? 'shut down' : 'nothing';
  if (now.neighbor.connectionsEstablished !== before.neighbor.connectionsEstablished) throw new RangeError('a flap');
  if (now.neighbor.session.pending.length > before.neighbor.session.pending.length) return 'next OPEN';
  if (now.neighbor.sent.routeRefresh > before.neighbor.sent.routeRefresh) return 'by refresh';
  if (now.live !== before.live) return 'at once';
  if (isChanged) return 'next attempt';
  return entry !== undefined && isOfRouter.has(entry) ? 'untouched' : 'nothing';
}

function isUntouched(before: NeighborView, now: NeighborView): boolean {
  const of = ({ connectionsEstablished, state, sent, session }: NeighborView): unknown[] => [
    connectionsEstablished,
    state,
    sent.open,
    sent.notification,
    sent.routeRefresh,
    session.pending,
  ];
  return JSON.stringify(of(before)) === JSON.stringify(of(now));
}

function assertUp(speaker: Speaker, address: string): void {
  const { state, downReason } = neighborView(speaker, address);
  if (state !== 'Established') throw new RangeError(`${address} is ${state}: ${downReason ?? ''}`);
}

function configure(speaker: Speaker, text: string): ReturnType<Speaker['configure']> {
  const reading = readRouterFile(text, validator);
  if ('faults' in reading) throw new RangeError(`${text}\n${JSON.stringify(reading.faults)}`);
  const byPath = new Map(
    reading.settings.passwordFiles.map(({ path }) => [path, readPassword(path, Buffer.from(path), 0o600)]),
  );
  return speaker.configure(withPasswords(reading.settings, byPath).speaker.instances[0]);
}

const everything = 'families: [ipv4-unicast, ipv6-unicast]';
const lists = [
  '  policies:',
  '    - {name: dear, statements: [{set: {med: 77}, action: accept}]}',
  '    - {name: dearer, statements: [{set: {med: 78}, action: accept}]}',
];

function fileOf(entry: Case, fields: string): string {
  const { also = '', peerAsn = 65002, router = '' } = entry;
  const isOwn = !isOfRouter.has(entry);
  const own = isOwn ? fields : '';
  const has = (field: string): boolean => [also, own].some((text) => new RegExp(`(^|, )${field}:`).test(text));
  const words = [
    `address: ${PEER}`,
    ...(has('remoteAsn') ? [] : [`remoteAsn: ${peerAsn}`]),
    ...(has('families') ? [] : [everything]),
    ...(has('import') ? [] : ['import: accept']),
    ...(has('export') ? [] : ['export: accept']),
    ...[also, own].filter((text) => text !== ''),
  ];
  const routerLines = [router, isOwn ? '' : fields].filter((text) => text !== '').flatMap((text) => text.split('\n'));
  const given = (field: string): boolean => routerLines.some((line) => line.startsWith(`${field}:`));
  return [
    'router:',
    ...(given('asn') ? [] : ['  asn: 65001']),
    ...(given('routerId') ? [] : [`  routerId: ${US}`]),
    ...routerLines.map((line) => `  ${line}`),
    '  peerGroups: [{name: left}, {name: right}]',
    '  neighbors:',
    `    - {${words.join(', ')}}`,
    `    - {address: ${OTHER}, remoteAsn: 65003, ${everything}, import: accept, export: accept}`,
    ...(given('networks') ? [] : ['  networks: ["10.1.0.0/16", "2001:db8:1::/48"]']),
    ...lists,
    '',
  ].join('\n');
}

/** Announces a path with our number in it, one of a private AS, and says everything that OPENs can say. */
function peerFile(asn: number, more = ''): string {
  const words = [
    `address: ${US}, remoteAsn: any, passive: true, ${everything}, import: accept, export: out`,
    'addPath: {receive: true, send: all}, extendedNextHop: true, longLivedStaleSec: 60',
    'gracefulRestart: {mode: full}',
    ...(more === '' ? [] : [more]),
  ];
  return [
    'router:',
    `  asn: ${asn}`,
    `  routerId: ${PEER}`,
    '  hostname: peer',
    '  softwareVersion: peer/1',
    `  neighbors: [{${words.join(', ')}}]`,
    '  networks: ["10.2.0.0/16", "10.22.0.0/16", "2001:db8:2::/48"]',
    '  policies:',
    '    - name: out',
    '      otherwise: accept',
    '      statements:',
    '        - {match: {prefixes: ["10.22.0.0/16"]}, set: {prependAsn: 65001}, action: accept}',
    '',
  ].join('\n');
}

/** A private AS, and a path with the peer's number in it. */
function otherFile(): string {
  return [
    'router:',
    '  asn: 65003',
    `  routerId: ${OTHER}`,
    `  neighbors: [{address: ${US}, remoteAsn: any, passive: true, ${everything}, import: accept, export: out}]`,
    '  networks: ["10.3.0.0/16", "10.33.0.0/16", "2001:db8:3::/48"]',
    '  policies:',
    '    - name: out',
    '      otherwise: accept',
    '      statements:',
    '        - {match: {prefixes: ["10.33.0.0/16"]}, set: {prependAsn: 65002}, action: accept}',
    '',
  ].join('\n');
}
