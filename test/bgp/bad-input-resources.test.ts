// Peers that ask for much within the rules: path identifiers without end, thousands of communities, routes that come and go all the
// time. What is held is bounded and shown, and the neighbor beside hears what is true in the end, not every step. The limits on
// prefixes: max-prefixes.test.ts; 64,000 attribute sets and a thousand peers: test/interop/hostile*.test.ts.

import test from 'ava';
import type { NeighborConfig } from '#bgp/config.ts';
import type { SpeakerEvent } from '#bgp/events.ts';
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
import { KEEPALIVE, open } from './session/bytes.ts';
import { RawPeer } from './session/raw-peer.ts';
import { attribute, concat, fromHex, update } from './wire/bytes.ts';

const HERE = '192.0.2.1';
const PEER = '192.0.2.2';
const BESIDE = '192.0.2.9';

interface World {
  readonly lab: SpeakerLab;
  readonly speaker: Speaker;
  readonly events: readonly SpeakerEvent[];
  readonly peer: RawPeer;
  readonly beside: Speaker;
}

const base = [1, 4, 0, 1, 0, 1, 2, 0, 65, 4, 0, 0, 0xfd, 0xea];

function begin(
  capabilities: readonly number[],
  changes: Partial<NeighborConfig> = {},
  besides: Partial<NeighborConfig> = {},
): World {
  const lab = new SpeakerLab();
  const { speaker, events } = lab.add('here', [HERE]);
  const { speaker: beside } = lab.add('beside', [BESIDE]);
  const neighbors = [
    neighborConfig({ address: PEER, remoteAsn: 65_002, ...changes }),
    neighborConfig({ address: BESIDE, remoteAsn: 65_009, isPassive: true }),
  ];
  speaker.configure(speakerConfig({ asn: 65_001, routerId: HERE, neighbors }));
  const back = [neighborConfig({ address: HERE, remoteAsn: 65_001, ...besides })];
  beside.configure(speakerConfig({ asn: 65_009, routerId: BESIDE, neighbors: back }));
  const peer = new RawPeer(lab.network.endpoint(PEER));
  lab.pass(10);
  peer.send(open({ capabilities: [...base, ...capabilities] }), KEEPALIVE);
  lab.settle();
  return { lab, speaker, events, peer, beside };
}

const attributes = [fromHex('40 01 01 00'), fromHex('40 02 06 02 01 0000fdea'), fromHex('40 03 04 c0000202')];

test('class 17: 10,000 path identifiers for one prefix: 256 are held, the others counted and shown, a withdrawal makes room', (t) => {
  const { lab, speaker, peer, beside } = begin([69, 4, 0, 1, 1, 2], {
    familyOptions: { 'ipv4-unicast': { receivesAddPath: true } },
  });
  const path = (id: number): number[] => [0, 0, id >> 8, id & 255, 24, 198, 51, 100];
  const flood = Array.from({ length: 100 }, (_, part) =>
    update({ attributes, nlri: Array.from({ length: 100 }, (_unused, id) => path(part * 100 + id)).flat() }),
  );
  peer.send(...flood);
  lab.settle();
  const family = (): { receivedPrePolicy: number; crowdedPaths: number } => neighborView(speaker, PEER).families[0];
  t.like(family(), { receivedPrePolicy: 256, crowdedPaths: 9744 });
  t.like(neighborView(speaker, PEER), { state: 'Established', connectionsEstablished: 1 });
  t.deepEqual(prefixesOf(showRoutes(beside, locRib('ipv4-unicast'))), ['198.51.100.0/24']);
  peer.send(update({ withdrawn: path(0) }), update({ attributes, nlri: path(9999) }));
  lab.settle();
  t.like(family(), { receivedPrePolicy: 256, crowdedPaths: 9744 });
});

for (const offersExtendedMessages of [true, false]) {
  const outcome = offersExtendedMessages ? 'passed on' : 'withheld, with a word, from who takes 4,096 octets';
  test(`class 17: a route with 16,000 communities is taken and ${outcome}`, (t) => {
    const { lab, speaker, events, peer, beside } = begin([6, 0], {}, { offersExtendedMessages });
    const many = attribute(
      0xd0,
      8,
      Uint8Array.from({ length: 64_000 }, (_, index) => (index * 31) & 127),
    );
    peer.send(update({ attributes: [...attributes, many], nlri: [24, 198, 51, 100] }));
    peer.send(update({ attributes, nlri: [24, 203, 0, 113] }));
    lab.settle();
    t.is(showRoutes(speaker, locRib('ipv4-unicast')).length, 2);
    t.is(neighborView(speaker, PEER).state, 'Established');
    const both = ['198.51.100.0/24', '203.0.113.0/24'];
    t.deepEqual(prefixesOf(showRoutes(beside, locRib('ipv4-unicast'))), offersExtendedMessages ? both : both.slice(1));
    const told = events.filter(({ type }) => type === 'route-not-sent');
    t.is(told.length, offersExtendedMessages ? 0 : 1);
    if (!offersExtendedMessages) t.like(told[0], { neighbors: [BESIDE], prefix: '198.51.100.0/24' });
    t.like(neighborView(beside, HERE), { state: 'Established', connectionsEstablished: 1 });
  });
}

test('class 17: a route that changes 10,000 times in a burst is decided and told of a few times, and is right in the end', (t) => {
  const { lab, speaker, peer, beside } = begin([]);
  const seen = neighborView(beside, HERE).received.update;
  const nlri = [24, 198, 51, 100];
  const flap = concat(update({ attributes, nlri }), update({ withdrawn: nlri }));
  for (let burst = 0; burst < 10; burst++) {
    peer.send(concat(...Array.from({ length: 500 }, () => flap)));
    lab.settle();
  }
  peer.send(update({ attributes, nlri }));
  lab.settle();
  t.is(neighborView(speaker, PEER).received.update, 10_001);
  t.deepEqual(prefixesOf(showRoutes(beside, locRib('ipv4-unicast'))), ['198.51.100.0/24']);
  const told = neighborView(beside, HERE).received.update - seen;
  t.true(told < 400, `${told} UPDATEs for 10,001 changes`);
  t.is(neighborView(beside, HERE).connectionsEstablished, 1);
});
