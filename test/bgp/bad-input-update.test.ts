// UPDATEs that have broken BGP speakers, class by class, through a whole speaker: from each kind of peer, in each state in which a
// message can come. What becomes of the routes, what the peer hears, what log and `show` say, and that a neighbor beside it notices
// nothing but the routes. The reader alone: wire/malformed-classes.test.ts; real sockets: test/interop/malformed.test.ts.

import test from 'ava';
import type { NeighborConfig, SpeakerConfig } from '#bgp/config.ts';
import type { SpeakerEvent } from '#bgp/events.ts';
import type { PeerKind } from '#bgp/net/peer-kind.ts';
import type { Speaker } from '#bgp/speaker.ts';
import {
  locRib,
  neighborConfig,
  neighborView,
  prefixesOf,
  showRoutes,
  speakerConfig,
  SpeakerLab,
} from '#support/speaker-lab.ts';
import { describeEvent } from '#io/log.ts';
import { KEEPALIVE, open } from './session/bytes.ts';
import { RawPeer } from './session/raw-peer.ts';
import { attribute, concat, fromHex, message, update } from './wire/bytes.ts';

const HERE = '192.0.2.1';
const PEER = '192.0.2.2';
const BESIDE = '192.0.2.9';
const PEER_ASN = 65_001;

const kinds: readonly PeerKind[] = ['ebgp', 'confederation', 'ibgp'];
const states = ['OpenSent', 'OpenConfirm', 'Established'] as const;
type State = (typeof states)[number];
/** With a connection on which we wait for the peer's OPEN (RFC 4271 §8.1.1, DelayOpen). */
const statesBeforeOpen = ['Connect', 'Active'] as const;

const us: Readonly<Record<PeerKind, Partial<SpeakerConfig> & { readonly asn: number }>> = {
  ebgp: { asn: 65_000 },
  confederation: { asn: 65_000, confederation: { identifier: 100, members: [PEER_ASN] } },
  ibgp: { asn: PEER_ASN },
};
/** What the neighbor beside takes us for. */
const seenAs: Readonly<Record<PeerKind, number>> = { ebgp: 65_000, confederation: 100, ibgp: PEER_ASN };

const paths: Readonly<Record<PeerKind, Uint8Array>> = {
  ebgp: fromHex('40 02 06 02 01 0000fde9'),
  confederation: fromHex('40 02 06 03 01 0000fde9'),
  ibgp: fromHex('40 02 00'),
};
const origin = fromHex('40 01 01 00');
const nextHop = fromHex('40 03 04 c0000202');
const localPref = fromHex('40 05 04 00000064');
const nlri = fromHex('18 c63364');
const later = fromHex('18 cb0071');
const ipv6Hop = '20010db8000000000000000000000001';

/** What a good route has, ascending by code; one of a code in `more` stands in the place of the good one. */
function attributesOf(kind: PeerKind, more: readonly Uint8Array[] = [], without: readonly number[] = []): Uint8Array[] {
  const good = [origin, paths[kind], nextHop, ...(kind === 'ibgp' ? [localPref] : [])];
  const replaced = more.map((bytes) => bytes[1]);
  return [...good.filter((bytes) => !replaced.includes(bytes[1]) && !without.includes(bytes[1])), ...more];
}

/** `kept`: all routes of the message count; `discarded`: they do, without the attribute; `withdrawn`; `disabled`: IPv6 goes; or code/subcode. */
type Outcome = 'kept' | 'discarded' | 'withdrawn' | 'disabled' | '3/1' | '3/9' | '3/10';

interface Case {
  readonly title: string;
  readonly bytes: (kind: PeerKind) => Uint8Array;
  readonly outcomes: Readonly<Record<PeerKind, Outcome>>;
}

const everywhere = (outcome: Outcome): Case['outcomes'] => ({ ebgp: outcome, confederation: outcome, ibgp: outcome });

function whole(title: string, outcome: Outcome, bytes: Uint8Array): Case {
  return { title, bytes: () => bytes, outcomes: everywhere(outcome) };
}

/** The good route again, with these attributes added or put in the place of its own. */
function withAttributes(title: string, outcome: Outcome | Case['outcomes'], ...more: readonly Uint8Array[]): Case {
  return {
    title,
    bytes: (kind) => update({ attributes: attributesOf(kind, more), nlri }),
    outcomes: typeof outcome === 'string' ? everywhere(outcome) : outcome,
  };
}

function without(title: string, code: number, outcomes: Case['outcomes']): Case {
  return { title, bytes: (kind) => update({ attributes: attributesOf(kind, [], [code]), nlri }), outcomes };
}

function twice(title: string, outcome: Outcome, ...more: readonly Uint8Array[]): Case {
  return {
    title,
    bytes: (kind) => update({ attributes: [...attributesOf(kind), ...more], nlri }),
    outcomes: everywhere(outcome),
  };
}

function withNlri(title: string, outcome: Outcome, bytes: Uint8Array): Case {
  return {
    title,
    bytes: (kind) => update({ attributes: attributesOf(kind), nlri: bytes }),
    outcomes: everywhere(outcome),
  };
}

const zeros = (length: number): Uint8Array => new Uint8Array(length);
const path = (hex: string): Uint8Array => attribute(0x40, 2, fromHex(hex));
const reach = (hex: string): Uint8Array => attribute(0x80, 14, fromHex(hex));
const unreach = (hex: string): Uint8Array => attribute(0x80, 15, fromHex(hex));
const inside: Case['outcomes'] = { ebgp: 'discarded', confederation: 'discarded', ibgp: 'withdrawn' };

const outside = (outcome: Outcome): Case['outcomes'] => ({ ...everywhere('withdrawn'), ebgp: outcome });
/** MP_REACH_NLRI of a prefix that is nowhere else. */
const reachOther = (hop: string): Uint8Array => fromHex(`0002 01 10 ${hop} 00 20 20010db9`);

/** What the peer begins the path with, and `count` numbers of others. */
function longPath(kind: PeerKind, count: number): Uint8Array {
  const segments = kind === 'ibgp' ? [] : [fromHex(`${kind === 'ebgp' ? '02' : '03'} 01 0000fde9`)];
  for (let left = count; left > 0; left -= 255) {
    const size = Math.min(left, 255);
    segments.push(concat([2, size], fromHex('00000007'.repeat(size))));
  }
  return attribute(0x50, 2, concat(...segments));
}

/** Families that are not built, with what has broken their readers. */
const notNegotiated: readonly (readonly [string, string])[] = [
  ['a label stack without bottom (CVE-2023-38407)', '0001 04 04 c0000202 00 ff 000000 000000'],
  ['a VPN prefix shorter than its RD', '0001 80 0c 000000000000000000000000 00 20 00000000'],
  ['an EVPN route longer than the attribute (CVE-2026-5107)', '0019 46 04 c0000202 00 02 ff 00'],
  ['FlowSpec of 240 octets, its length in one (CVE-2023-38406)', `0001 85 00 00 f0 ${'00'.repeat(240)}`],
  ['FlowSpec of 4,095 octets that are not there', '0001 85 00 00 ffff 01'],
  ['a FlowSpec operator chain without end (CVE-2026-37457)', '0001 85 00 00 04 03 01 01 01'],
  ['BGP-LS with a TLV past its end', '4004 47 04 c0000202 00 0001 0004 ffffffff'],
  ['a route target of 97 bits', `0001 84 04 c0000202 00 61 ${'00'.repeat(13)}`],
  ['SR policy of no octets', '0001 49 04 c0000202 00 00'],
];

const cases: readonly Case[] = [
  whole('class 3: withdrawn routes past the end', '3/1', message(2, [0, 9, 0, 0])),
  whole('class 3: attributes past the end', '3/1', message(2, [0, 0, 0, 9])),
  whole('class 3: two lengths whose sum overflows 16 bits', '3/1', message(2, [255, 255, 255, 255])),
  withNlri('class 3: a prefix of 33 bits', '3/10', fromHex('21 0a00000000')),
  withNlri('class 3: a prefix that is cut short', '3/10', fromHex('18 0a00')),
  whole('class 3: a withdrawn prefix of 255 bits', '3/10', update({ withdrawn: fromHex('ff 0a000000') })),
  twice(
    'class 3: an attribute past the end of the list (VU#347067, CVE-2023-38283)',
    'withdrawn',
    fromHex('c0 c8 ff 00'),
  ),
  whole(
    'class 3: an attribute past the end, and no route to withdraw',
    '3/1',
    message(2, [0, 0, 0, 4, 0xc0, 200, 9, 0]),
  ),
  whole('class 3: an UPDATE of 23 octets', 'kept', message(2, [0, 0, 0, 0])),
  withAttributes('class 4: ORIGIN with the Partial bit', 'kept', attribute(0x60, 1, [0])),
  withAttributes('class 4: AS_PATH as an optional attribute', 'withdrawn', attribute(0xc0, 2, [])),
  withAttributes('class 4: NEXT_HOP as an optional attribute', 'withdrawn', attribute(0xc0, 3, [192, 0, 2, 2])),
  withAttributes('class 4: LOCAL_PREF as an optional attribute', outside('discarded'), attribute(0xc0, 5, zeros(4))),
  withAttributes('class 4: ATOMIC_AGGREGATE as an optional attribute', 'withdrawn', attribute(0xc0, 6, [])),
  ...['AGGREGATOR', 'AS4_AGGREGATOR'].map((name, index) =>
    withAttributes(`class 4: ${name} as non-transitive`, 'withdrawn', attribute(0x80, [7, 18][index], zeros(8))),
  ),
  withAttributes('class 4: ORIGINATOR_ID as transitive', inside, attribute(0xc0, 9, [10, 0, 0, 1])),
  withAttributes('class 4: CLUSTER_LIST as transitive', inside, attribute(0xc0, 10, [10, 0, 0, 1])),
  withAttributes('class 4: EXTENDED_COMMUNITIES as non-transitive', 'withdrawn', attribute(0x80, 16, zeros(8))),
  withAttributes('class 4: AS4_PATH as non-transitive', 'withdrawn', attribute(0x80, 17, fromHex('02 01 00000007'))),
  withAttributes('class 4: IPv6 extended communities as well-known', 'withdrawn', attribute(0x40, 25, zeros(20))),
  withAttributes(
    'class 4: AIGP as transitive',
    outside('kept'),
    attribute(0xc0, 26, fromHex('01 000b 0000000000000001')),
  ),
  withAttributes('class 4: LARGE_COMMUNITY as non-transitive', 'withdrawn', attribute(0x80, 32, zeros(12))),
  withAttributes('class 4: ONLY_TO_CUSTOMER as non-transitive', 'withdrawn', attribute(0x80, 35, [0, 0, 0, 7])),
  withAttributes('class 4: MP_REACH_NLRI as transitive', 'withdrawn', attribute(0xc0, 14, reachOther(ipv6Hop))),
  withAttributes('class 4: ORIGIN as an optional attribute', 'withdrawn', attribute(0xc0, 1, [0])),
  withAttributes('class 4: MULTI_EXIT_DISC as a well-known one', 'withdrawn', attribute(0x40, 4, [0, 0, 0, 1])),
  withAttributes('class 4: COMMUNITIES as non-transitive', 'withdrawn', attribute(0x80, 8, zeros(4))),
  withAttributes('class 4: lower flag bits', 'kept', attribute(0x4f, 1, [0])),
  withAttributes('class 4: a long length on a short attribute', 'kept', attribute(0x50, 1, [0])),
  withAttributes('class 4: the bit of a long length where it is short', 'withdrawn', fromHex('50 01 01 00')),
  ...[0, 2].map((length) =>
    withAttributes(`class 5: ORIGIN of ${length} octets`, 'withdrawn', attribute(0x40, 1, zeros(length))),
  ),
  ...[0, 3, 5].map((length) =>
    withAttributes(`class 5: NEXT_HOP of ${length} octets`, 'withdrawn', attribute(0x40, 3, zeros(length))),
  ),
  withAttributes('class 5: MULTI_EXIT_DISC of 3 octets', 'withdrawn', attribute(0x80, 4, zeros(3))),
  withAttributes(
    'class 5: LOCAL_PREF of 3 octets',
    { ebgp: 'discarded', confederation: 'withdrawn', ibgp: 'withdrawn' },
    attribute(0x40, 5, zeros(3)),
  ),
  withAttributes('class 5: ATOMIC_AGGREGATE of 1 octet', 'discarded', attribute(0x40, 6, [0])),
  withAttributes('class 5: AGGREGATOR of 6 octets', 'discarded', attribute(0xc0, 7, zeros(6))),
  withAttributes('class 5: COMMUNITIES of 5 octets', 'withdrawn', attribute(0xc0, 8, zeros(5))),
  withAttributes('class 5: ORIGINATOR_ID of 3 octets', inside, attribute(0x80, 9, zeros(3))),
  withAttributes('class 5: CLUSTER_LIST of 5 octets', inside, attribute(0x80, 10, zeros(5))),
  withAttributes('class 5: EXTENDED_COMMUNITIES of 7 octets', 'withdrawn', attribute(0xc0, 16, zeros(7))),
  withAttributes(
    'class 5: IPv6 extended communities of 19 octets (CVE-2023-40457)',
    'withdrawn',
    attribute(0xc0, 25, zeros(19)),
  ),
  withAttributes('class 5: LARGE_COMMUNITY of 11 octets', 'withdrawn', attribute(0xc0, 32, zeros(11))),
  withAttributes(
    'class 5: ONLY_TO_CUSTOMER of 1,024 octets (BIRD, 2025)',
    'withdrawn',
    attribute(0xd0, 35, zeros(1024)),
  ),
  withAttributes('class 5: PMSI_TUNNEL of 2 octets, not built', 'kept', attribute(0xc0, 22, zeros(2))),
  withAttributes(
    'class 5: Prefix-SID with a TLV past its end (CVE-2024-31948)',
    'kept',
    attribute(0xc0, 40, fromHex('01 ffff 00')),
  ),
  withAttributes('class 5: AGGREGATOR of AS 0', 'discarded', attribute(0xc0, 7, zeros(8))),
  withAttributes('class 6: AS4_AGGREGATOR where numbers have four octets', 'discarded', attribute(0xc0, 18, zeros(8))),
  withAttributes(
    'class 6: a confederation segment alone',
    { ebgp: 'withdrawn', confederation: 'kept', ibgp: 'withdrawn' },
    path('03 01 0000fde9'),
  ),
  withAttributes(
    'class 6: a path that another AS begins',
    { ebgp: 'withdrawn', confederation: 'withdrawn', ibgp: 'kept' },
    path('02 01 00000007'),
  ),
  {
    title: 'class 6: 901 numbers (2009; OpenBGPD 2026)',
    bytes: (kind) => update({ attributes: attributesOf(kind, [longPath(kind, 900)]), nlri }),
    outcomes: everywhere('kept'),
  },
  withAttributes('class 6: a segment of type 0', 'withdrawn', path('00 01 0000fde9')),
  withAttributes('class 6: a segment of type 5', 'withdrawn', path('05 01 0000fde9')),
  withAttributes('class 6: a segment without numbers', 'withdrawn', path('02 00')),
  withAttributes('class 6: a segment past the end', 'withdrawn', path('02 02 0000fde9')),
  withAttributes('class 6: AS 0', 'withdrawn', path('02 02 0000fde9 00000000')),
  withAttributes('class 6: an AS_SET', 'withdrawn', path('02 01 0000fde9 01 01 00000007')),
  withAttributes('class 6: two octets a number', 'withdrawn', path('02 02 fde9 fdea')),
  withAttributes('class 6: confederation segments behind others', 'withdrawn', path('02 01 0000fde9 03 01 0000fdea')),
  withAttributes(
    'class 6: AS4_PATH with a confederation segment (2009)',
    'discarded',
    fromHex('c0 11 06 03 01 00000007'),
  ),
  twice('class 7: a second ORIGIN that is malformed', 'discarded', attribute(0x40, 1, zeros(9))),
  twice('class 7: two MP_UNREACH_NLRI', '3/1', unreach('0002 01'), unreach('0002 01')),
  twice('class 7: two MP_REACH_NLRI', '3/1', reach(`0002 01 10 ${ipv6Hop} 00`), reach(`0002 01 10 ${ipv6Hop} 00`)),
  twice(
    'class 7: 126 unknown attributes (OpenBGPD 2026)',
    'kept',
    ...Array.from({ length: 126 }, (_, index) => attribute(0xc0, 129 + index, [index])),
  ),
  without('class 8: no ORIGIN', 1, everywhere('withdrawn')),
  without('class 8: no AS_PATH', 2, everywhere('withdrawn')),
  without('class 8: no NEXT_HOP', 3, everywhere('withdrawn')),
  without('class 8: no LOCAL_PREF', 5, { ebgp: 'kept', confederation: 'kept', ibgp: 'withdrawn' }),
  whole('class 8: no attribute at all (CVE-2023-41358)', 'withdrawn', update({ nlri })),
  whole(
    'class 8: an unknown attribute alone (CVE-2023-46753)',
    'withdrawn',
    update({ attributes: [fromHex('c0 c8 00')], nlri }),
  ),
  whole('class 8: an End-of-RIB cut to two octets (CVE-2023-47234)', '3/9', update({ attributes: [unreach('0002')] })),
  withAttributes('class 8: an unknown well-known attribute', 'withdrawn', attribute(0x40, 200, [1])),
  whole(
    'class 8: End-of-RIB with an attribute beside it (CVE-2023-47235)',
    'kept',
    update({ attributes: [unreach('0002 01'), fromHex('c0 c8 00')] }),
  ),
  withAttributes('class 9: a family that was not negotiated', 'discarded', reach('4004 47 00 00')),
  ...notNegotiated.map(([name, hex]) => withAttributes(`class 9: ${name}: not negotiated`, 'discarded', reach(hex))),
  withAttributes('class 9: withdrawn EVPN routes: not negotiated', 'discarded', unreach('0019 46 02 ff')),
  withAttributes('class 9: an octet that once counted SNPAs', 'kept', reach(`0002 01 10 ${ipv6Hop} 01 20 20010db8`)),
  withAttributes(
    'class 9: a path identifier that was not negotiated',
    'disabled',
    reach(`0002 01 10 ${ipv6Hop} 00 00000001 20 20010db8`),
  ),
  ...[0, 1, 15, 17, 48].map((length) =>
    withAttributes(
      `class 9: an IPv6 next hop of ${length} octets`,
      'disabled',
      attribute(0x80, 14, concat([0, 2, 1, length], zeros(length), [0])),
    ),
  ),
  withAttributes('class 9: a next hop past the end (CVE-2023-46752)', 'disabled', reach('0002 01 ff 20')),
  withAttributes('class 9: an IPv6 prefix of 129 bits', 'disabled', reach(`0002 01 10 ${ipv6Hop} 00 81 ${ipv6Hop} 00`)),
  withAttributes('class 9: the last IPv6 prefix cut', 'disabled', reach(`0002 01 10 ${ipv6Hop} 00 30 2001`)),
  withAttributes('class 9: a withdrawn IPv6 prefix cut', 'disabled', unreach('0002 01 30 2001')),
  withAttributes('class 9: no room for a family', '3/9', reach('0002')),
  ...['00000000', '7f000001', 'e0000001', 'ffffffff'].map((hop) =>
    withAttributes(`class 10: NEXT_HOP ${hop}`, 'withdrawn', attribute(0x40, 3, fromHex(hop))),
  ),
  ...['00'.repeat(16), `${'00'.repeat(15)}01`, `ff02${'00'.repeat(13)}01`].map((hop) =>
    withAttributes(`class 10: IPv6 next hop ${hop}`, 'withdrawn', attribute(0x80, 14, reachOther(hop))),
  ),
  ...[`${'00'.repeat(10)}ffff c0000202`, `fe80${'00'.repeat(13)}02`].map((hop) =>
    withAttributes(
      `class 10: IPv6 next hop ${hop}: the resolver’s to judge`,
      'kept',
      reach(`0002 01 10 ${hop} 00 20 20010db8`),
    ),
  ),
  withNlri('class 11: a prefix of no bits', 'kept', fromHex('00 18 c63364')),
  withNlri('class 11: the same prefix twice, with host bits', 'kept', fromHex('18 c63364 18 c63364 17 c63365')),
  {
    title: 'class 11: a prefix withdrawn and announced',
    bytes: (kind) => update({ withdrawn: nlri, attributes: attributesOf(kind), nlri }),
    outcomes: everywhere('kept'),
  },
  withAttributes('class 12: an unknown attribute of no octets', 'kept', attribute(0xc0, 99, [])),
  withAttributes(
    'class 12: an unknown attribute of 3,000 octets (RIPE and Duke, 2010)',
    'kept',
    attribute(0xd0, 99, zeros(3000)),
  ),
  withAttributes('class 12: an unknown attribute of 4,000 octets', 'kept', attribute(0xd0, 99, zeros(4000))),
  withAttributes(
    'class 12: BGP-LS with quotes and braces on a plain route (GHSA-jcrv-p53f-v5w5)',
    'kept',
    attribute(0xc0, 29, new TextEncoder().encode('"}, {"neighbor": "\u001b[2J')),
  ),
  withAttributes('class 12: Entropy Label Capability (CVE-2023-4481)', 'kept', attribute(0xc0, 28, zeros(9))),
  withAttributes('class 12: AS_PATHLIMIT of 1 octet, deprecated (CVE-2023-40457)', 'kept', attribute(0xc0, 21, [1])),
  withAttributes('class 12: Prefix-SID of zeros (2025)', 'kept', attribute(0xc0, 40, zeros(21))),
  withAttributes(
    'class 12: Tunnel Encapsulation past its end (CVE-2023-38802)',
    'kept',
    attribute(0xc0, 23, fromHex('0001 ffff ff')),
  ),
  withAttributes(
    'class 12: AIGP of one octet (CVE-2023-41359)',
    { ebgp: 'kept', confederation: 'discarded', ibgp: 'discarded' },
    attribute(0x80, 26, [1]),
  ),
  withAttributes('class 17: 900 communities', 'kept', attribute(0xd0, 8, zeros(3600))),
  withAttributes(
    'class 17: 300 numbers in a path',
    { ebgp: 'kept', confederation: 'withdrawn', ibgp: 'kept' },
    attribute(0x50, 2, fromHex(`02 ff ${'0000fde9'.repeat(255)} 02 2d ${'0000fde9'.repeat(45)}`)),
  ),
];

interface World {
  readonly lab: SpeakerLab;
  readonly speaker: Speaker;
  readonly events: SpeakerEvent[];
  readonly peer: RawPeer;
  readonly beside: Speaker;
}

const capabilities = [1, 4, 0, 1, 0, 1, 1, 4, 0, 2, 0, 1, 2, 0, 65, 4, 0, 0, PEER_ASN >> 8, PEER_ASN & 255];

/** A speaker between a peer that says what it is told to, in the given state, and a neighbor that does nothing wrong. */
function begin(kind: PeerKind, state: State | (typeof statesBeforeOpen)[number]): World {
  const lab = new SpeakerLab();
  const { speaker, events } = lab.add('here', [HERE, '2001:db8::1']);
  const { speaker: beside } = lab.add('beside', [BESIDE, '2001:db8::9']);
  const isBeforeOpen = state === 'Connect' || state === 'Active';
  const timers = { connectRetrySec: 5, holdTimeSec: 90, keepaliveSec: 30, ...(isBeforeOpen && { delayOpenSec: 60 }) };
  const towards: NeighborConfig = neighborConfig({
    address: PEER,
    remoteAsn: PEER_ASN,
    dampsPeerOscillations: false,
    isPassive: state === 'Active',
    timers,
  });
  const neighbors = [towards, neighborConfig({ address: BESIDE, remoteAsn: 65_009, isPassive: true })];
  speaker.configure(speakerConfig({ routerId: HERE, neighbors, ...us[kind] }));
  const back = [neighborConfig({ address: HERE, remoteAsn: seenAs[kind] })];
  beside.configure(speakerConfig({ asn: 65_009, routerId: BESIDE, neighbors: back }));
  const peer = new RawPeer(lab.network.endpoint(PEER));
  if (state === 'Active') {
    const connection = lab.network.nextConnectionId();
    peer.endpoint.connect({ connection, address: HERE, port: 179, sourceAddress: undefined, ttl: undefined });
  }
  lab.pass(10);
  if (isBeforeOpen) return { lab, speaker, events, peer, beside };
  if (state !== 'OpenSent') peer.send(open({ asn: PEER_ASN, id: [192, 0, 2, 2], capabilities }));
  if (state === 'Established') {
    peer.send(KEEPALIVE, update({ attributes: attributesOf(kind), nlri }));
    peer.send(update({ attributes: [reach(`0002 01 10 ${ipv6Hop} 00 20 20010db8`), ...attributesOf(kind, [], [3])] }));
  }
  lab.settle();
  return { lab, speaker, events, peer, beside };
}

const answers: Readonly<Record<State, string>> = { OpenSent: '5/1', OpenConfirm: '5/2', Established: '' };

for (const kind of kinds) {
  for (const state of states) {
    for (const { title, bytes, outcomes } of cases) {
      const outcome = state === 'Established' ? outcomes[kind] : answers[state];
      test(`${kind} in ${state}, ${title}: ${outcome}`, async (t) => {
        // So that a slow machine reports each test when it has passed.
        await new Promise(setImmediate);
        const { lab, speaker, events, peer, beside } = begin(kind, state);
        t.is(neighborView(speaker, PEER).state, state);
        const received = (family: 'ipv4-unicast' | 'ipv6-unicast'): string[] =>
          prefixesOf(showRoutes(speaker, { family, table: 'received', neighbor: PEER }));
        const elsewhere = (): string[] => prefixesOf(showRoutes(beside, locRib('ipv4-unicast')));
        if (state === 'Established') t.deepEqual(elsewhere(), ['198.51.100.0/24']);
        events.length = 0;

        peer.send(
          bytes(kind),
          state === 'Established' ? update({ attributes: attributesOf(kind), nlri: later }) : KEEPALIVE,
        );
        lab.settle();

        const view = neighborView(speaker, PEER);
        const lines = events.map((event) => describeEvent(event)).filter(({ level }) => level === 'warn');
        if (outcome.includes('/')) {
          t.is(peer.notification()?.slice(0, 2).join('/'), outcome);
          t.is(view.lastReset?.direction, 'sent');
          t.is(`${view.lastReset?.code}/${view.lastReset?.subcode}`, outcome);
          t.true(lines[0].message.startsWith(`sent NOTIFICATION ${outcome} to ${PEER}: `), lines[0].message);
          t.deepEqual([received('ipv4-unicast'), received('ipv6-unicast'), elsewhere()], [[], [], []]);
        } else {
          t.is(peer.notification(), undefined);
          t.is(view.state, 'Established');
          const isKept = outcome !== 'withdrawn';
          const routes = [...(isKept ? ['198.51.100.0/24'] : []), '203.0.113.0/24'];
          t.deepEqual(
            received('ipv4-unicast').filter((prefix) => prefix.endsWith('/24')),
            routes,
          );
          // A path of 300 times the peer's number is a loop to the peer itself alone; what is ineligible goes no further.
          t.deepEqual(
            elsewhere().filter((prefix) => prefix.endsWith('/24')),
            routesBeside(kind, title, routes),
          );
          t.deepEqual(received('ipv6-unicast'), outcome === 'disabled' ? [] : ['2001:db8::/32']);
          t.is(view.families[1].disabledReason === undefined, outcome !== 'disabled');
          t.is(view.treatedAsWithdraw, outcome === 'withdrawn' ? 1 : 0);
          t.is(view.attributesDiscarded, outcome === 'discarded' ? 1 : 0);
          t.is(lines.length, outcome === 'kept' ? 0 : 1, JSON.stringify(lines));
          if (outcome !== 'kept') t.true(lines[0].message.includes(PEER));
        }
        t.deepEqual(
          events.filter(({ type }) => type === 'internal-error'),
          [],
        );
        // The neighbor beside it, from both sides.
        t.like(neighborView(speaker, BESIDE), {
          state: 'Established',
          connectionsEstablished: 1,
          lastReset: undefined,
        });
        t.like(neighborView(beside, HERE), { state: 'Established', connectionsEstablished: 1, lastReset: undefined });
        t.is(neighborView(beside, HERE).treatedAsWithdraw, 0);
      });
    }
  }
}

for (const kind of kinds) {
  for (const state of statesBeforeOpen) {
    test(`${kind} in ${state}: each of these UPDATEs ends a connection on which no OPEN came, without a word, and says so`, async (t) => {
      for (const { title, bytes } of cases) {
        await new Promise(setImmediate);
        const { lab, speaker, events, peer, beside } = begin(kind, state);
        t.is(neighborView(speaker, PEER).state, state, title);
        peer.send(bytes(kind), KEEPALIVE);
        lab.settle();
        t.true(peer.isClosed, title);
        t.deepEqual(peer.messages(), [], title);
        t.is(neighborView(speaker, PEER).lastReset?.reason, 'before an OPEN: UPDATE received', title);
        const lines = events.map((event) => describeEvent(event)).filter(({ level }) => level === 'info');
        t.true(lines.at(-1)?.message.endsWith(`${PEER}: before an OPEN: UPDATE received`), title);
        t.like(neighborView(beside, HERE), { state: 'Established', connectionsEstablished: 1 });
      }
    });
  }
}

/** Within AS 65001 a path with 65001 in it is a loop, and stays. */
function routesBeside(kind: PeerKind, title: string, routes: readonly string[]): readonly string[] {
  return kind === 'ibgp' && title.includes('300 numbers') ? routes.slice(1) : routes;
}

test('the classes cover every outcome in every kind of peer', (t) => {
  for (const kind of kinds) {
    const found = new Set(cases.map(({ outcomes }) => outcomes[kind]));
    t.deepEqual([...found].toSorted(), ['3/1', '3/10', '3/9', 'disabled', 'discarded', 'kept', 'withdrawn']);
  }
  t.is(new Set(cases.map(({ title }) => title)).size, cases.length);
});
