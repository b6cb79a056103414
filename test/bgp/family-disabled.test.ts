// AFI/SAFI disable (RFC 7606 §2): one unreadable MP_REACH_NLRI costs a session the family and nothing else, until the next session.

import test from 'ava';
import {
  neighborConfig,
  neighborView,
  prefixesOf,
  showRoutes,
  speakerConfig,
  SpeakerLab,
} from '#support/speaker-lab.ts';
import { RawPeer } from './session/raw-peer.ts';
import { fromHex } from './wire/bytes.ts';

const HERE = '192.0.2.1';
const PEER = '192.0.2.2';
const MARKER = 'ff'.repeat(16);

function message(type: string, body: string): Uint8Array {
  const octets = body.replaceAll(' ', '');
  return fromHex(`${MARKER}${(19 + octets.length / 2).toString(16).padStart(4, '0')}${type}${octets}`);
}

function update(attributes: string, nlri = ''): Uint8Array {
  const octets = attributes.replaceAll(' ', '');
  return message('02', `0000 ${(octets.length / 2).toString(16).padStart(4, '0')} ${octets} ${nlri}`);
}

/** ORIGIN IGP and the path of AS 65001. */
const common = '40010100 400206 0201 0000fde9';
const goodIpv6 = update(`800e1a 0002 01 10 20010db8000000000000000000000001 00 20 20010db8 ${common}`);
const badIpv6 = update(`800e18 0002 01 10 20010db8000000000000000000000001 00 30 2001 ${common}`);
const ipv4 = update(`${common} 400304 c0000202`, '18 c63364');
const open = message('01', '04 fde9 005a c0000202 14 0212 0104 0001 0001 0104 0002 0001 4104 0000fde9');

test('the routes of the family go, those of the other stay, the session stands, and says why', (t) => {
  const lab = new SpeakerLab();
  const { speaker, events } = lab.add('here', [HERE, '2001:db8::1']);
  speaker.configure(
    speakerConfig({
      asn: 65_000,
      routerId: HERE,
      neighbors: [neighborConfig({ address: PEER, remoteAsn: 65_001, dampsPeerOscillations: false })],
    }),
  );
  const peer = new RawPeer(lab.network.endpoint(PEER));
  const greet = (): void => {
    lab.pass(10);
    peer.send(open, message('04', ''));
    lab.settle();
    peer.send(ipv4, goodIpv6);
    lab.settle();
  };
  const received = (family: 'ipv4-unicast' | 'ipv6-unicast'): readonly string[] =>
    prefixesOf(showRoutes(speaker, { family, table: 'received', neighbor: PEER }));
  greet();
  t.deepEqual(received('ipv4-unicast'), ['198.51.100.0/24']);
  t.deepEqual(received('ipv6-unicast'), ['2001:db8::/32']);

  peer.send(badIpv6);
  lab.settle();
  t.is(neighborView(speaker, PEER).state, 'Established');
  t.deepEqual(received('ipv4-unicast'), ['198.51.100.0/24']);
  t.deepEqual(received('ipv6-unicast'), []);
  const reasons = neighborView(speaker, PEER).families.map(({ disabledReason }) => disabledReason);
  t.is(reasons[0], undefined);
  t.regex(reasons[1] ?? '', /^MP_REACH_NLRI: /);
  t.is(events.filter(({ type }) => type === 'family-disabled').length, 1);

  peer.send(goodIpv6);
  lab.settle();
  t.deepEqual(received('ipv6-unicast'), [], 'nothing of the family is taken any more');

  const [connection] = peer.endpoint.openConnections;
  peer.endpoint.close(connection);
  lab.settle();
  greet();
  t.deepEqual(received('ipv6-unicast'), ['2001:db8::/32'], 'the next session begins with all families');
  t.is(neighborView(speaker, PEER).families[1].disabledReason, undefined);
});
