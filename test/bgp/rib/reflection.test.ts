// Route reflection (RFC 4456) and confederations (RFC 5065): who is sent what, and with which attributes.

import test from 'ava';
import { asn } from '#bgp/net/asn.ts';
import { routerId } from '#bgp/net/router-id.ts';
import type { UpdateGroupOptions } from '#bgp/rib/types.ts';
import { SegmentType } from '#bgp/wire/attributes.ts';
import { ebgpOptions, ibgpOptions, LOCAL_ASN, World } from './world.ts';

const PREFIX = '192.0.2.0/24';
const CLUSTER = 0x0a00_00fe;
const client: UpdateGroupOptions = { ...ibgpOptions, isReflectorClient: true, clusterId: CLUSTER };
const nonClient: UpdateGroupOptions = { ...ibgpOptions, clusterId: CLUSTER };

test('RFC 4456 §6: from a non-client to clients, from a client to everyone but itself, from eBGP to all', (t) => {
  const world = new World();
  const external = world.addPeer();
  const clients = [0, 1].map(() => world.addPeer({ kind: 'ibgp', isReflectorClient: true }));
  const others = [0, 1].map(() => world.addPeer({ kind: 'ibgp' }));
  const members = [
    world.join(external, ebgpOptions),
    ...clients.map((peer) => world.join(peer, client)),
    ...others.map((peer) => world.join(peer, nonClient)),
  ];
  world.announce(external, '10.1.0.0/16');
  world.announce(clients[0], '10.2.0.0/16');
  world.announce(others[0], '10.3.0.0/16');
  world.settle();
  t.deepEqual(
    members.map(({ routes }) =>
      [...routes.keys()]
        .map((prefix) => prefix[3])
        .toSorted()
        .join(''),
    ),
    ['23', '13', '123', '12', '12'],
  );
});

test('RFC 4456 §8: ORIGINATOR_ID is the router ID of the source, CLUSTER_LIST begins with our cluster', (t) => {
  const world = new World();
  const [first, second] = [1, 2].map((id) => world.addPeer({ kind: 'ibgp', isReflectorClient: true, routerId: id }));
  const member = world.join(world.addPeer({ kind: 'ibgp' }), nonClient);
  world.announce(first, '10.1.0.0/16', { localPref: 100 });
  world.announce(second, '10.2.0.0/16', { localPref: 100 });
  world.announce(second, '10.3.0.0/16', {
    localPref: 100,
    originatorId: routerId(77),
    clusterList: [routerId(5), routerId(6)],
  });
  world.settle();
  t.like(member.route('10.1.0.0/16')?.values, { originatorId: 1, clusterList: [CLUSTER] });
  t.like(member.route('10.2.0.0/16')?.values, { originatorId: 2, clusterList: [CLUSTER] });
  t.like(member.route('10.3.0.0/16')?.values, { originatorId: 77, clusterList: [CLUSTER, 5, 6] });
});

test('RFC 4456 §10: a reflector leaves next hop, AS path, LOCAL_PREF and MED as they are', (t) => {
  const world = new World();
  const source = world.addPeer({ kind: 'ibgp', isReflectorClient: true });
  const member = world.join(world.addPeer({ kind: 'ibgp' }), { ...nonClient, nextHopMode: 'self' });
  world.announce(source, PREFIX, { nextHop: '10.0.0.7', asPath: [64_501], localPref: 250, med: 9 });
  world.settle();
  t.like(member.route(PREFIX)?.values, { nextHop: '10.0.0.7', asPath: [64_501], localPref: 250, med: 9 });
});

test('a route that becomes reflected by another client is told with the other ORIGINATOR_ID', (t) => {
  const world = new World();
  const [first, second] = [1, 2].map((id) => world.addPeer({ kind: 'ibgp', isReflectorClient: true, routerId: id }));
  const member = world.join(world.addPeer({ kind: 'ibgp' }), nonClient);
  world.announce(first, PREFIX, { localPref: 100 });
  world.announce(second, PREFIX, { localPref: 100 });
  world.settle();
  t.is(member.route(PREFIX)?.values.originatorId, 1);
  world.withdraw(first, PREFIX);
  world.settle();
  t.is(member.route(PREFIX)?.values.originatorId, 2);
  t.is(member.withdrawals, 0);
});

test('RFC 5065 §4: a confederation peer gets our member AS as AS_CONFED_SEQUENCE, LOCAL_PREF, MED and the next hop', (t) => {
  const world = new World();
  const source = world.addPeer();
  const member = world.join(world.addPeer({ kind: 'confederation' }), {
    ...ebgpOptions,
    kind: 'confederation',
    prepend: [LOCAL_ASN],
    shownAsn: 65_100,
  });
  world.announce(source, PREFIX, { nextHop: '10.0.0.1', med: 5 });
  world.settle();
  t.is(member.route(PREFIX)?.path, `(${LOCAL_ASN}) 64500`);
  t.like(member.route(PREFIX)?.values, { nextHop: '10.0.0.1', localPref: 100, med: 5 });
});

test('RFC 5065 §4: an external peer sees the identifier in the place of all confederation segments', (t) => {
  const world = new World();
  const source = world.addPeer({ kind: 'confederation' });
  const member = world.join(world.addPeer(), { ...ebgpOptions, shownAsn: 65_100, prepend: [65_100] });
  world.announce(source, PREFIX, {
    localPref: 300,
    segments: [
      { type: SegmentType.ConfedSequence, asns: [asn(65_002), asn(65_003)] },
      { type: SegmentType.Sequence, asns: [asn(64_500)] },
    ],
  });
  world.settle();
  t.is(member.route(PREFIX)?.path, '65100 64500');
  t.like(member.route(PREFIX)?.values, { localPref: null });
});

test('a route from a confederation peer goes to internal peers that are nobody’s clients', (t) => {
  const world = new World();
  const source = world.addPeer({ kind: 'confederation' });
  const member = world.join(world.addPeer({ kind: 'ibgp' }), ibgpOptions);
  world.announce(source, PREFIX, {
    localPref: 300,
    segments: [{ type: SegmentType.ConfedSequence, asns: [asn(65_002)] }],
  });
  world.settle();
  t.is(member.route(PREFIX)?.path, '(65002)');
  t.is(member.route(PREFIX)?.values.localPref, 300);
});
