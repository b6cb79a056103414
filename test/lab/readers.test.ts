// The readers that turn each daemon's output into one shape. The samples were printed by Debian 12's daemons in the zoo.
import test from 'ava';
import { linesOfSeen } from '#lab/checks/check.ts';
import { judgeStatus } from '#lab/checks/status.ts';
import { readPathAttributes } from '#lab/checks/path-attributes.ts';
import { parseBird, parseExabgp } from '#lab/checks/received.ts';
import { differences, type Route, tableOf } from '#lab/checks/route.ts';
import { findSession } from '#lab/checks/session.ts';

const route: Route = {
  prefix: '10.21.2.0/24',
  nextHop: '10.0.2.1',
  asPath: '65021 65021 65021',
  communities: [],
  largeCommunities: ['65021:1:2'],
};

test('BIRD 2.0.12: `show route all` gives prefix, next hop, path and communities; the other family is left out', (t) => {
  const text = `BIRD 2.0.12 ready.
Table master4:
10.21.2.0/24         unicast [waggle 19:14:55.679] * (100) [AS65021i]
\tvia 10.0.2.1 on eth0
\tType: BGP univ
\tBGP.origin: IGP
\tBGP.as_path: 65021 65021 65021
\tBGP.next_hop: 10.0.2.1
\tBGP.med: 0
\tBGP.local_pref: 100
\tBGP.large_community: (65021, 1, 2)
10.10.1.0/24         unicast [waggle 19:14:54.817] * (100) [i]
\tvia 10.0.2.1 on eth0
\tType: BGP univ
\tBGP.origin: IGP
\tBGP.as_path: 
\tBGP.next_hop: 10.0.2.1
\tBGP.community: (65021,1) (65021,7)

Table master6:
2001:db8:1001::/48   unicast [waggle 19:14:54.817 from 10.0.2.1] * (100) [i]
\tvia fe80::89c:5fff:fe31:317f on eth0
\tType: BGP univ
\tBGP.as_path: 
\tBGP.next_hop: 2001:db8:2::1 fe80::89c:5fff:fe31:317f
`;
  t.deepEqual(parseBird(text, { family: 'ipv4' }), [
    route,
    {
      prefix: '10.10.1.0/24',
      nextHop: '10.0.2.1',
      asPath: '',
      communities: ['65021:1', '65021:7'],
      largeCommunities: [],
    },
  ]);
  t.deepEqual(parseBird(text, { family: 'ipv6' }), [
    { prefix: '2001:db8:1001::/48', nextHop: '2001:db8:2::1', asPath: '', communities: [], largeCommunities: [] },
  ]);
});

function exabgpReport(update: object): string {
  return `${JSON.stringify({ type: 'update', neighbor: { direction: 'receive', message: { update } } })}\n`;
}

const announce = exabgpReport({
  attribute: { origin: 'igp', 'as-path': [65021, 65021, 65021], 'large-community': [[65021, 1, 2]] },
  announce: { 'ipv4 unicast': { '10.0.2.1': [{ nlri: '10.21.2.0/24' }] } },
});

test('ExaBGP 4.2: what was announced counts until it is withdrawn or the session ends', (t) => {
  t.deepEqual(parseExabgp(announce, { family: 'ipv4' }), [route]);
  t.deepEqual(parseExabgp(announce, { family: 'ipv6' }), []);
  const withdraw = exabgpReport({ withdraw: { 'ipv4 unicast': [{ nlri: '10.21.2.0/24' }] } });
  t.deepEqual(parseExabgp(announce + withdraw, { family: 'ipv4' }), []);
  const down = `${JSON.stringify({ type: 'state', neighbor: { state: 'down' } })}\n`;
  t.deepEqual(parseExabgp(announce + down, { family: 'ipv4' }), []);
});

test('path attributes are read from their octets (RFC 4271 §4.3, RFC 1997, RFC 8092)', (t) => {
  const attributes = [
    [0x40, 2, 14, 2, 3, 0, 0, 0xfd, 0xfd, 0, 0, 0xfd, 0xfd, 0, 0, 0xfd, 0xfd],
    [0x40, 3, 4, 10, 0, 2, 1],
    [0xd0, 32, 0, 12, 0, 0, 0xfd, 0xfd, 0, 0, 0, 1, 0, 0, 0, 2],
    [0xc0, 8, 4, 0xfd, 0xfd, 0, 1],
  ];
  const { prefix, ...expected } = { ...route, communities: ['65021:1'] };
  t.is(prefix, '10.21.2.0/24');
  t.deepEqual(readPathAttributes(attributes.map((bytes) => Uint8Array.from(bytes))), expected);
});

test('the IPv6 next hop is the first of MP_REACH_NLRI (RFC 2545 §3)', (t) => {
  const global = [0x20, 1, 0xd, 0xb8, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
  const linkLocal = [0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9];
  const bytes = Uint8Array.from([0x80, 14, 37, 0, 2, 1, 32, ...global, ...linkLocal]);
  t.is(readPathAttributes([bytes]).nextHop, '2001:db8:2::1');
});

test('a comparison names what is missing, what is different and what is too much', (t) => {
  const seen = tableOf([
    { ...route, asPath: '65021' },
    { ...route, prefix: '10.99.0.0/16' },
  ]);
  const expected = tableOf([route, { ...route, prefix: '10.21.1.0/24' }]);
  t.deepEqual(differences(expected, seen, 'here'), [
    'here has 10.21.2.0/24 with asPath "65021" instead of "65021 65021 65021"',
    'here lacks 10.21.1.0/24',
    'here also has 10.99.0.0/16',
  ]);
  t.deepEqual(differences(expected, expected, 'here'), []);
});

test('a session is found under its family, with the local AS of the peer or else of the table', (t) => {
  const summary = {
    ipv4Unicast: { as: 65000, peers: { '192.0.2.2': { remoteAs: 65001, state: 'Established', pfxRcd: 1 } } },
  };
  const session = findSession(summary, 'ipv4Unicast', '192.0.2.2');
  t.is(session?.localAs, 65000);
  t.is(session?.remoteAs, 65001);
  t.is(findSession(summary, 'ipv6Unicast', '192.0.2.2'), undefined);
});

test('a component in error is a failed check that shows its message; a warning is only told', (t) => {
  const fine = { component: 'node', state: 'ok', message: 'node1' };
  const warning = { component: 'policy', state: 'warning', message: 'one neighbor without authentication' };
  const error = { component: 'manifests', state: 'error', message: 'a.yaml:3: spec.x: no such field' };
  t.deepEqual(judgeStatus({ state: 'warning', components: [fine, warning] }), {
    isOk: true,
    seen: 'warning\npolicy: one neighbor without authentication',
  });
  t.deepEqual(judgeStatus({ state: 'error', components: [fine, warning, error] }), {
    isOk: false,
    seen: 'manifests: a.yaml:3: spec.x: no such field',
  });
  t.false(judgeStatus('not a report').isOk);
});

test('what a failed check saw is shown in few and short lines', (t) => {
  t.deepEqual(linesOfSeen({ isOk: false, seen: 'one\n two  three \n' }), ['one', 'two three']);
  const [long] = linesOfSeen({ isOk: false, seen: 'x'.repeat(5_000) });
  t.is(long.length, 242);
  t.is(linesOfSeen({ isOk: false, seen: 'x\n'.repeat(100) }).at(-1), '… and 88 more lines');
});
