// Addresses that come to the interface of a session while it stands, and go: next hops of ours follow (RFC 2545 §3).

import test from 'ava';
import type { NeighborConfig } from '#bgp/config.ts';
import type { FamilyName } from '#bgp/net/family.ts';
import type { Speaker } from '#bgp/speaker.ts';
import {
  locRib,
  neighborConfig,
  neighborView,
  networks,
  showRoutes,
  speakerConfig,
  SpeakerLab,
} from '#support/speaker-lab.ts';

const A = '2001:db8::1';
const B = '2001:db8::2';
const IPV4 = '192.0.2.1';

/** A (65001) announces a prefix of each family to B (65002). */
function pair(addresses: readonly string[], options: Partial<NeighborConfig> = {}) {
  const lab = new SpeakerLab();
  const { speaker: a } = lab.add('a', addresses);
  const { speaker: b } = lab.add('b', [B, 'fe80::2']);
  b.configure(
    speakerConfig({ asn: 65002, routerId: '192.0.2.2', neighbors: [neighborConfig({ address: A, isPassive: true })] }),
  );
  a.configure(
    speakerConfig({
      asn: 65001,
      routerId: IPV4,
      neighbors: [neighborConfig({ address: B, ...options })],
      networks: networks('203.0.113.0/24', '2001:db8:a::/48'),
    }),
  );
  lab.pass(1);
  return { lab, a, b };
}

/** Global and link-local next hop of every route, as the far end has them. */
function nextHops(speaker: Speaker, family: FamilyName = 'ipv6-unicast'): string[] {
  return showRoutes(speaker, locRib(family)).map(({ attributes }) =>
    [attributes.nextHop, attributes.linkLocalNextHop].filter((address) => address !== undefined).join(' '),
  );
}

function receivedUpdates(speaker: Speaker): number {
  return neighborView(speaker, A).received.update;
}

test('routes are announced again with the link-local address that comes after the session', (t) => {
  const { lab, a, b } = pair([A]);
  t.deepEqual(nextHops(b), [A]);
  lab.readdress(a, A, 'fe80::1');
  t.deepEqual(nextHops(b), [`${A} fe80::1`]);
  t.is(neighborView(b, A).connectionsEstablished, 1);
});

test('routes are announced again with another link-local address, and once', (t) => {
  const { lab, a, b } = pair([A, 'fe80::1']);
  t.deepEqual(nextHops(b), [`${A} fe80::1`]);
  const before = receivedUpdates(b);
  lab.readdress(a, A, 'fe80::77');
  t.deepEqual(nextHops(b), [`${A} fe80::77`]);
  t.is(receivedUpdates(b), before + 1);
  lab.readdress(a, A, 'fe80::77');
  t.is(receivedUpdates(b), before + 1, 'the same again tells nobody anything');
});

test('a family without an address for the next hop is sent as soon as the interface has one', (t) => {
  const { lab, a, b } = pair([A, 'fe80::1']);
  t.regex(neighborView(a, B).families[0].notSentReason ?? '', /no IPv4 address/);
  t.deepEqual(nextHops(b, 'ipv4-unicast'), []);
  const before = receivedUpdates(b);
  lab.readdress(a, A, 'fe80::1', IPV4);
  t.deepEqual(nextHops(b, 'ipv4-unicast'), [IPV4]);
  t.is(neighborView(a, B).families[0].notSentReason, undefined);
  t.is(receivedUpdates(b), before + 1, 'End-of-RIB was sent when there was nothing to send, and comes once a session');
});
