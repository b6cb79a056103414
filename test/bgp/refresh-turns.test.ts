// Refreshes of several families to one peer: one between its marks at a time, as a peer with one timer for all of them needs
// (FRR 8.4 takes the second BoRR for a fault), and none is forgotten.

import test from 'ava';
import type { Family } from '#bgp/net/family.ts';
import { ipv4Unicast, ipv6Unicast } from '#bgp/net/family.ts';
import { RefreshTurns } from '#bgp/refresh-turns.ts';
import { encodeRouteRefresh, RefreshSubtype } from '#bgp/wire/route-refresh.ts';
import { neighborConfig, neighborView, networks, speakerConfig, SpeakerLab } from '#support/speaker-lab.ts';

const A = '2001:db8::1';
const B = '2001:db8::2';

const subtypes = ['request', 'BoRR', 'EoRR'];

/** A announces two prefixes of each family to B; `marks` are what A sends of ROUTE-REFRESH, the family's AFI with it. */
function scene({ holdsEndOfRib = false } = {}) {
  const lab = new SpeakerLab();
  const { speaker: a } = lab.add('a', [A, '192.0.2.1']);
  const { speaker: b } = lab.add('b', [B, '192.0.2.2']);
  const toA = neighborConfig({ address: A, isPassive: true });
  b.configure(speakerConfig({ asn: 65002, routerId: '192.0.2.2', neighbors: [toA] }));
  const marks: string[] = [];
  const endpoint = lab.network.find(B);
  const handler = endpoint?.handler;
  if (endpoint === undefined || handler === undefined) throw new RangeError('no endpoint');
  endpoint.handler = {
    ...handler,
    received: (connection, bytes) => {
      for (let at = 0; at < bytes.length; at += (bytes[at + 16] << 8) | bytes[at + 17]) {
        if (bytes[at + 18] === 5) marks.push(`${subtypes[bytes[at + 21]]} ${bytes[at + 20]}`);
      }
      handler.received(connection, bytes);
    },
  };
  if (holdsEndOfRib) a.begin({ isRestarting: false, preservedFamilies: [] });
  a.configure(
    speakerConfig({
      asn: 65001,
      routerId: '192.0.2.1',
      neighbors: [neighborConfig({ address: B })],
      networks: networks('203.0.113.0/24', '198.51.100.0/24', '2001:db8:a::/48', '2001:db8:b::/48'),
    }),
  );
  lab.pass(1);
  return { lab, a, b, marks };
}

const request = ({ afi, safi }: Family): Uint8Array =>
  encodeRouteRefresh({ afi, safi, subtype: RefreshSubtype.Request });
const inTurn = ['BoRR 1', 'EoRR 1', 'BoRR 2', 'EoRR 2'];

test('all families at once: the second begins when the first has ended', (t) => {
  const { lab, a, b, marks } = scene();
  a.clear(B, 'soft-out');
  lab.settle();
  t.deepEqual(marks.splice(0), inTurn);
  b.clear(A, 'soft-in');
  lab.settle();
  t.deepEqual(marks, inTurn, 'asked for by the peer');
  t.is(neighborView(b, A).received.update, 2 + 2 + 4, 'the tables, two End-of-RIBs, and both tables twice again');
});

test('a family that is asked for while it is on its way comes once more, after the one that waits', (t) => {
  const { lab, a, marks } = scene();
  const connection = lab.network.find(A)?.openConnections[0] ?? 0;
  for (const family of [ipv4Unicast, ipv4Unicast, ipv6Unicast, ipv4Unicast]) a.received(connection, request(family));
  lab.settle();
  t.deepEqual(marks, [...inTurn, 'BoRR 1', 'EoRR 1']);
});

test('a family whose slices come before those of the one it waits for is not left between its marks', (t) => {
  const { lab, a, marks } = scene();
  const connection = lab.network.find(A)?.openConnections[0] ?? 0;
  for (const family of [ipv6Unicast, ipv4Unicast]) a.received(connection, request(family));
  lab.settle();
  t.deepEqual(marks, ['BoRR 2', 'EoRR 2', 'BoRR 1', 'EoRR 1']);
});

test('a session that ends between the marks leaves nothing waiting for the next one', (t) => {
  const { lab, a, b, marks } = scene();
  a.clear(B, 'soft-out');
  b.clear(A, 'hard');
  lab.pass(30);
  t.is(neighborView(a, B).state, 'Established');
  marks.length = 0;
  a.clear(B, 'soft-out');
  lab.settle();
  t.deepEqual(marks, inTurn);
});

test('refreshes of all families before End-of-RIB go without marks, and hold up none of those after it', (t) => {
  const { lab, a, marks } = scene({ holdsEndOfRib: true });
  const connection = lab.network.find(A)?.openConnections[0] ?? 0;
  for (const family of [ipv4Unicast, ipv6Unicast]) a.received(connection, request(family));
  lab.settle();
  t.deepEqual(marks, []);
  a.sourcesSynchronised();
  lab.settle();
  t.deepEqual(marks, []);
  a.clear(B, 'soft-out');
  lab.settle();
  t.deepEqual(marks, inTurn);
});

test('a family waits from the moment another was asked for, and the one wanted again comes last', (t) => {
  const started: string[] = [];
  const turns = new RefreshTurns((family) => started.push(family.name));
  for (const family of [ipv6Unicast, ipv6Unicast, ipv4Unicast, ipv6Unicast]) turns.ask(family);
  t.deepEqual(started, ['ipv6-unicast']);
  turns.ended(ipv6Unicast);
  t.deepEqual(started, ['ipv6-unicast', 'ipv4-unicast']);
  turns.ended(ipv4Unicast);
  t.deepEqual(started, ['ipv6-unicast', 'ipv4-unicast', 'ipv6-unicast']);
  turns.ended(ipv6Unicast);
  t.is(started.length, 3);
});

test('a family that has nothing to send is through at once', (t) => {
  const started: string[] = [];
  const turns: RefreshTurns = new RefreshTurns((family) => {
    started.push(family.name);
    turns.ended(family);
  });
  turns.ask(ipv4Unicast);
  turns.ask(ipv6Unicast);
  t.deepEqual(started, ['ipv4-unicast', 'ipv6-unicast']);
});
