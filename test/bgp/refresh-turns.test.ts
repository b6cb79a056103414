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
function scene() {
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
  t.deepEqual([...marks].sort(), ['BoRR 1', 'BoRR 1', 'BoRR 2', 'EoRR 1', 'EoRR 1', 'EoRR 2']);
  const [begins, ends] = [0, 1].map((odd) => marks.filter((_, at) => at % 2 === odd));
  t.deepEqual(
    begins,
    ends.map((mark) => mark.replace('EoRR', 'BoRR')),
  );
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

test('a family without marks takes no turn, and lets the next one go', (t) => {
  const started: string[] = [];
  const turns: RefreshTurns = new RefreshTurns((family) => {
    started.push(family.name);
    if (family === ipv6Unicast) turns.begins(family);
  });
  turns.ask(ipv6Unicast);
  turns.ask(ipv4Unicast);
  turns.ask(ipv6Unicast);
  t.false(turns.begins(ipv4Unicast), 'one that begins by itself goes without marks');
  t.deepEqual(started, ['ipv6-unicast']);
  turns.ended(ipv4Unicast);
  t.deepEqual(started, ['ipv6-unicast'], 'and its end is nobody’s');
  turns.ended(ipv6Unicast);
  t.deepEqual(started, ['ipv6-unicast', 'ipv4-unicast', 'ipv6-unicast']);
});
