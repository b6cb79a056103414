// Who is sent which route, and what becomes of its next hop and path on the way: communities, roles, stale routes, remove-private,
// as-override, local-as. Reflection, confederations and route servers have files of their own.

import test from 'ava';
import { parseAddress } from '#bgp/net/address.ts';
import { asn } from '#bgp/net/asn.ts';
import { ipv6Unicast } from '#bgp/net/family.ts';
import { Policy } from '#bgp/policy/policy.ts';
import { type UpdateGroupOptions, WorkState } from '#bgp/rib/types.ts';
import { Community } from '#bgp/wire/community.ts';
import { ebgpOptions, ibgpOptions, LOCAL_ASN, World } from './world.ts';

const PREFIX = '192.0.2.0/24';
const confederationOptions: UpdateGroupOptions = { ...ebgpOptions, kind: 'confederation' };

/** Prefixes that each kind of peer gets of routes with one community each. */
function spread(options: Partial<UpdateGroupOptions> = {}): Record<string, string[]> {
  const world = new World();
  const source = world.addPeer();
  const members = {
    ebgp: world.join(world.addPeer(), { ...ebgpOptions, ...options }),
    confederation: world.join(world.addPeer({ kind: 'confederation' }), { ...confederationOptions, ...options }),
    ibgp: world.join(world.addPeer({ kind: 'ibgp' }), { ...ibgpOptions, ...options }),
  };
  world.announce(source, '10.0.0.0/16');
  world.announce(source, '10.1.0.0/16', { communities: [Community.NoExport] });
  world.announce(source, '10.2.0.0/16', { communities: [7, Community.NoAdvertise] });
  world.announce(source, '10.3.0.0/16', { communities: [Community.NoExportSubconfed] });
  world.announce(source, '10.4.0.0/16', { communities: [Community.Blackhole] });
  world.announce(source, '10.5.0.0/16', { communities: [Community.LlgrStale] });
  world.announce(0, '10.6.0.0/16', { asPath: [], nextHop: 'none', communities: [Community.Blackhole] });
  world.settle();
  return Object.fromEntries(
    Object.entries(members).map(([kind, { routes }]) => [
      kind,
      [...routes.keys()].map((prefix) => prefix[3]).toSorted(),
    ]),
  );
}

test('RFC 1997: NO_EXPORT stays in the confederation, NO_EXPORT_SUBCONFED in the member AS, NO_ADVERTISE here', (t) => {
  const got = spread();
  t.deepEqual(got['ibgp'], ['0', '1', '3', '4', '6']);
  t.deepEqual(got['confederation'], ['0', '1', '4', '6']);
  t.deepEqual(got['ebgp'], ['0', '6']);
});

test('RFC 7999 §3.2: what came with BLACKHOLE goes no further than the local AS, our own goes to the neighbor', (t) => {
  const { ebgp } = spread();
  t.false(ebgp.includes('4'));
  t.true(ebgp.includes('6'));
});

test('RFC 9494 §4.3: routes with LLGR_STALE go to peers with the capability alone', (t) => {
  for (const routes of Object.values(spread())) t.false(routes.includes('5'));
  for (const routes of Object.values(spread({ hasLongLived: true }))) t.true(routes.includes('5'));
});

test('RFC 9494 §4.3: a best route that becomes stale here gets LLGR_STALE, and is withdrawn from peers without the capability', (t) => {
  const world = new World();
  const source = world.addPeer();
  const [knowing, other] = [
    world.join(world.addPeer(), { ...ebgpOptions, hasLongLived: true }),
    world.join(world.addPeer(), ebgpOptions),
  ];
  world.announce(source, PREFIX);
  world.settle();
  world.rib.keepPeer(source);
  world.settle();
  t.deepEqual(knowing.route(PREFIX)?.values.communities, []);
  world.rib.makeLongLived(source);
  world.settle();
  t.deepEqual(knowing.route(PREFIX)?.values.communities, [Community.LlgrStale]);
  t.false(other.routes.has(PREFIX));
});

test('RFC 8326: a session in graceful shutdown sends GRACEFUL_SHUTDOWN, with LOCAL_PREF 0 within the AS', (t) => {
  const world = new World();
  const source = world.addPeer();
  const external = world.join(world.addPeer(), { ...ebgpOptions, isGracefulShutdown: true });
  const internal = world.join(world.addPeer({ kind: 'ibgp' }), { ...ibgpOptions, isGracefulShutdown: true });
  world.announce(source, PREFIX);
  world.settle();
  t.deepEqual(external.route(PREFIX)?.values.communities, [Community.GracefulShutdown]);
  t.is(internal.route(PREFIX)?.values.localPref, 0);
});

test('RFC 9234 §5: OTC is added towards customers, peers and RS-clients; with OTC nothing goes to providers, peers and RSes', (t) => {
  const world = new World();
  const source = world.addPeer();
  world.announce(source, '10.0.0.0/16');
  world.announce(source, '10.1.0.0/16', { otc: asn(64_500) });
  const roles = ['provider', 'rs-server', 'peer', 'customer', 'rs-client'] as const;
  const members = roles.map((role) => world.join(world.addPeer(), { ...ebgpOptions, role }));
  world.settle();
  const otc = members.map((member) =>
    ['10.0.0.0/16', '10.1.0.0/16'].map((prefix) => {
      const route = member.route(prefix);
      return route === undefined ? 'none' : (route.others.get(35) ?? '');
    }),
  );
  const ours = LOCAL_ASN.toString(16).padStart(8, '0');
  const theirs = (64_500).toString(16).padStart(8, '0');
  t.deepEqual(otc, [
    [ours, theirs],
    [ours, theirs],
    [ours, 'none'],
    ['', 'none'],
    ['', 'none'],
  ]);
});

test('private AS numbers are taken out or replaced, and another AS is overridden', (t) => {
  const world = new World();
  const source = world.addPeer();
  const plain = world.join(world.addPeer());
  const removed = world.join(world.addPeer(), { ...ebgpOptions, removePrivateAs: 'remove' });
  const replaced = world.join(world.addPeer(), { ...ebgpOptions, removePrivateAs: 'replace' });
  const overridden = world.join(world.addPeer(), { ...ebgpOptions, asOverride: { from: 64_500, to: LOCAL_ASN } });
  world.announce(source, PREFIX, { asPath: [64_500, 64_512, 4_200_000_000, 3320, 64_500] });
  world.settle();
  t.is(plain.route(PREFIX)?.path, '65000 64500 64512 4200000000 3320 64500');
  t.is(removed.route(PREFIX)?.path, '65000 64500 3320 64500');
  t.is(replaced.route(PREFIX)?.path, '65000 64500 65000 65000 3320 64500');
  t.is(overridden.route(PREFIX)?.path, '65000 65000 64512 4200000000 3320 65000');
});

test('RFC 7705 §3: a session with a local AS shows it before our own, or alone with replace-as', (t) => {
  const world = new World();
  const source = world.addPeer();
  const both = world.join(world.addPeer(), { ...ebgpOptions, shownAsn: 64_999, prepend: [64_999, LOCAL_ASN] });
  const alone = world.join(world.addPeer(), { ...ebgpOptions, shownAsn: 64_999, prepend: [64_999] });
  world.announce(source, PREFIX);
  world.settle();
  t.is(both.route(PREFIX)?.path, '64999 65000 64500');
  t.is(alone.route(PREFIX)?.path, '64999 64500');
});

test('next hop modes: ours by default to eBGP, as received to iBGP; self, self-all and unchanged say otherwise', (t) => {
  const world = new World();
  const external = world.addPeer();
  const inside = world.addPeer({ kind: 'ibgp', isReflectorClient: true });
  const own = '10.0.0.254';
  const nextHops = (options: UpdateGroupOptions): unknown[] => {
    const member = world.join(world.addPeer({ kind: options.kind }), options);
    world.settle();
    const found = ['10.1.0.0/16', '10.2.0.0/16', '10.3.0.0/16'].map((prefix) => member.route(prefix)?.values.nextHop);
    world.rib.groups.leave(member.peer);
    return found;
  };
  world.announce(external, '10.1.0.0/16', { nextHop: '10.0.0.1' });
  world.announce(inside, '10.2.0.0/16', { nextHop: '10.0.0.2' });
  world.announce(0, '10.3.0.0/16', { asPath: [], nextHop: 'none' });
  t.deepEqual(nextHops(ebgpOptions), [own, own, own]);
  t.deepEqual(nextHops({ ...ebgpOptions, nextHopMode: 'unchanged' }), ['10.0.0.1', '10.0.0.2', own]);
  t.deepEqual(nextHops(ibgpOptions), ['10.0.0.1', '10.0.0.2', own]);
  t.deepEqual(nextHops({ ...ibgpOptions, nextHopMode: 'self' }), [own, '10.0.0.2', own]);
  t.deepEqual(nextHops({ ...ibgpOptions, nextHopMode: 'self-all' }), [own, own, own]);
});

test('a policy for export sets next hops: self, unchanged, an address', (t) => {
  const world = new World();
  const source = world.addPeer();
  const withNextHop = (nextHop: string): Policy =>
    Policy.compile({
      name: nextHop,
      statements: [{ name: 'all', match: { families: ['ipv4-unicast'] }, set: { nextHop }, action: 'accept' }],
      otherwise: 'reject',
    });
  world.announce(source, PREFIX, { nextHop: '10.0.0.1' });
  const self = world.join(world.addPeer({ kind: 'ibgp' }), { ...ibgpOptions, exportPolicy: withNextHop('self') });
  const unchanged = world.join(world.addPeer(), { ...ebgpOptions, exportPolicy: withNextHop('unchanged') });
  const address = world.join(world.addPeer(), { ...ebgpOptions, exportPolicy: withNextHop('10.0.0.77') });
  world.settle();
  t.is(self.route(PREFIX)?.values.nextHop, '10.0.0.254');
  t.is(unchanged.route(PREFIX)?.values.nextHop, '10.0.0.1');
  t.is(address.route(PREFIX)?.values.nextHop, '10.0.0.77');
});

test('RFC 2545 §3: a next hop that stays keeps its link-local half only on the link that it came from', (t) => {
  const world = new World(ipv6Unicast);
  world.links.set('2001:db8::1', 'eth0');
  const source = world.addPeer();
  const prefix = '2001:db8:1:0:0:0:0:0/48';
  world.announce(source, '2001:db8:1::/48', { nextHop: '2001:db8::1', linkLocalNextHop: parseAddress('fe80::1') });
  const base: UpdateGroupOptions = { ...ibgpOptions, nextHop: parseAddress('2001:db8::fe') ?? ebgpOptions.nextHop };
  const same = world.join(world.addPeer({ kind: 'ibgp' }), { ...base, linkName: 'eth0' });
  const other = world.join(world.addPeer({ kind: 'ibgp' }), { ...base, linkName: 'eth1' });
  const far = world.join(world.addPeer({ kind: 'ibgp' }), base);
  world.settle();
  const global = '20010db8000000000000000000000001';
  t.is(same.route(prefix)?.nextHop, `${global}fe800000000000000000000000000001`);
  t.is(other.route(prefix)?.nextHop, global);
  t.is(far.route(prefix)?.nextHop, global);
  const { announcements } = far;
  world.links.set('2001:db8::1', 'eth1');
  t.true(world.nextHops.refresh());
  world.rib.nextHopsChanged();
  world.settle();
  t.is(same.route(prefix)?.nextHop, global, 'the next hop has moved to another link');
  t.is(other.route(prefix)?.nextHop, `${global}fe800000000000000000000000000001`);
  t.is(far.announcements, announcements);
  t.false(world.nextHops.refresh());
});

test('RFC 7311 §3.1: AIGP stays within the AS and the confederation; a next hop of ours adds the distance to the old one (§3.4.1)', (t) => {
  const world = new World();
  const source = world.addPeer({ kind: 'ibgp', isReflectorClient: true });
  world.metrics.set('10.0.0.1', 20);
  const aigp = (metric: number): Uint8Array => new Uint8Array([1, 0, 11, 0, 0, 0, 0, 0, 0, 0, metric]);
  world.announce(source, PREFIX, { nextHop: '10.0.0.1', aigp: aigp(5) });
  const kept = world.join(world.addPeer({ kind: 'ibgp' }), ibgpOptions);
  const added = world.join(world.addPeer({ kind: 'ibgp' }), { ...ibgpOptions, nextHopMode: 'self-all' });
  const dropped = world.join(world.addPeer(), ebgpOptions);
  world.settle();
  t.is(kept.route(PREFIX)?.others.get(26), '01000b0000000000000005');
  t.is(added.route(PREFIX)?.others.get(26), '01000b0000000000000019');
  t.true(dropped.routes.has(PREFIX));
  t.is(dropped.route(PREFIX)?.others.get(26), undefined);
});

test('distances that were added to AIGP once are not remembered for ever', (t) => {
  const world = new World();
  const source = world.addPeer({ kind: 'ibgp', isReflectorClient: true });
  const options: UpdateGroupOptions = { ...ibgpOptions, nextHopMode: 'self-all' };
  const member = world.join(world.addPeer({ kind: 'ibgp' }), options);
  const aigp = new Uint8Array([1, 0, 11, 0, 0, 0, 0, 0, 0, 0, 5]);
  const bytesAfter = (count: number, from: number): number => {
    for (let distance = from; distance < from + count; distance++) {
      const nextHop = `10.9.${distance >> 8}.${distance & 255}`;
      world.metrics.set(nextHop, distance);
      world.announce(source, PREFIX, { nextHop, aigp });
      world.settle();
    }
    return world.rib.groups.bytes;
  };
  const before = bytesAfter(10, 1);
  t.is(bytesAfter(500, 100), before);
  t.is(member.route(PREFIX)?.others.get(26), `01000b${(599 + 5).toString(16).padStart(16, '0')}`);
});

test('a burst of routes with as many distances as next hops is remembered up to a limit', (t) => {
  const world = new World();
  const source = world.addPeer({ kind: 'ibgp', isReflectorClient: true });
  const options: UpdateGroupOptions = { ...ibgpOptions, nextHopMode: 'self-all' };
  const member = world.join(world.addPeer({ kind: 'ibgp' }), options);
  const aigp = new Uint8Array([1, 0, 11, 0, 0, 0, 0, 0, 0, 0, 5]);
  const prefix = (index: number): string => `10.${index >> 8}.${index & 255}.0/24`;
  const routes = 20_000;
  for (let index = 0; index < routes; index++) {
    const nextHop = `11.9.${index >> 8}.${index & 255}`;
    world.metrics.set(nextHop, index + 1);
    world.announce(source, prefix(index), { nextHop, aigp });
  }
  let most = 0;
  while (world.rib.work(500) !== WorkState.Idle) most = Math.max(most, world.rib.groups.bytes);
  t.true(most < 4_000_000, `${most} octets at a time`);
  for (const index of [0, 4096, routes - 1]) {
    t.is(member.route(prefix(index))?.others.get(26), `01000b${(index + 6).toString(16).padStart(16, '0')}`);
  }
});

test('RFC 8654: what fits an extended message alone goes to peers that take them, and is withdrawn from the others', (t) => {
  const world = new World();
  const source = world.addPeer();
  const plain = world.join(world.addPeer());
  const extended = world.join(world.addPeer(), { ...ebgpOptions, maxMessageLength: 65_535 });
  world.announce(source, PREFIX);
  world.settle();
  t.true(plain.routes.has(PREFIX));
  const communities = Array.from({ length: 1100 }, (_, index) => (64_500 << 16) + index).map((word) => word >>> 0);
  world.announce(source, PREFIX, { communities });
  world.settle();
  t.false(plain.routes.has(PREFIX));
  t.is(extended.route(PREFIX)?.values.communities.length, 1100);
  t.deepEqual(world.notSent, [[PREFIX, plain.peer]]);
});
