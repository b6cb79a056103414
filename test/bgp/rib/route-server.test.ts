// A route server (RFC 7947): what its clients get is what another client sent.

import test from 'ava';
import { Community } from '#bgp/wire/community.ts';
import { ebgpOptions, World } from './world.ts';

const PREFIX = '192.0.2.0/24';
const clientOptions = { ...ebgpOptions, prepend: [], isRouteServerClient: true } as const;

test('RFC 7947 §2.2: AS path, next hop and MED pass as they are, LOCAL_PREF does not', (t) => {
  const world = new World();
  const source = world.addPeer({ isRouteServerClient: true });
  const member = world.join(world.addPeer({ isRouteServerClient: true }), clientOptions);
  const plain = world.join(world.addPeer(), ebgpOptions);
  world.announce(source, PREFIX, { nextHop: '10.0.0.1', asPath: [64_500, 64_501], med: 7 });
  world.settle();
  t.is(member.route(PREFIX)?.path, '64500 64501');
  t.like(member.route(PREFIX)?.values, { nextHop: '10.0.0.1', med: 7, localPref: null });
  t.is(plain.route(PREFIX)?.path, '65000 64500 64501');
  t.like(plain.route(PREFIX)?.values, { nextHop: '10.0.0.254', med: null });
});

test('RFC 7947 §2.2.4: communities meant for the clients are passed on and not acted upon', (t) => {
  const world = new World();
  const source = world.addPeer({ isRouteServerClient: true });
  const member = world.join(world.addPeer({ isRouteServerClient: true }), clientOptions);
  world.announce(source, PREFIX, { communities: [Community.NoExport] });
  world.settle();
  t.deepEqual(member.route(PREFIX)?.values.communities, [Community.NoExport]);
});

test('a route that the route server originates has its own next hop', (t) => {
  const world = new World();
  const member = world.join(world.addPeer({ isRouteServerClient: true }), clientOptions);
  world.announce(0, PREFIX, { asPath: [], nextHop: 'none' });
  world.settle();
  t.is(member.route(PREFIX)?.values.nextHop, '10.0.0.254');
});
