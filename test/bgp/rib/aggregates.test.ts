// Aggregates (RFC 4271 §9.2.2.2) and default routes that exist for a neighbor alone.

import test from 'ava';
import { ipv6Unicast } from '#bgp/net/family.ts';
import { Policy } from '#bgp/policy/policy.ts';
import { PathFlag } from '#bgp/rib/code-points.ts';
import { parseAddress } from '#bgp/net/address.ts';
import { acceptAll, ebgpOptions, prefixOf, rejectAll, World } from './world.ts';

const ROUTER_ID = 0x0a00_00fe;

function configure(world: World, ...aggregates: { prefix: string; isSummaryOnly?: boolean; policy?: Policy }[]): void {
  world.rib.aggregates.configure({
    asn: 65_000,
    routerId: ROUTER_ID,
    aggregates: aggregates.map(({ prefix, isSummaryOnly, policy }) => ({
      prefix: prefixOf(prefix),
      isSummaryOnly: isSummaryOnly ?? false,
      policy,
    })),
  });
}

function setting(set: object): Policy {
  return Policy.compile({
    name: 'aggregate',
    statements: [{ name: 'all', match: {}, set, action: 'accept' }],
    otherwise: 'reject',
  });
}

test('an aggregate is originated while a more specific route is there, and only then', (t) => {
  const world = new World();
  const [source, other] = [world.addPeer(), world.addPeer()];
  const member = world.join(world.addPeer());
  configure(world, { prefix: '10.0.0.0/8' });
  world.settle();
  t.false(member.routes.has('10.0.0.0/8'));
  world.announce(other, '10.0.0.0/8');
  world.withdraw(other, '10.0.0.0/8');
  world.announce(source, '192.0.2.0/24');
  world.settle();
  t.false(member.routes.has('10.0.0.0/8'), 'neither the prefix itself nor another one counts');
  world.announce(source, '10.1.0.0/16');
  world.settle();
  t.deepEqual([...member.routes.keys()].toSorted(), ['10.0.0.0/8', '10.1.0.0/16', '192.0.2.0/24']);
  world.announce(other, '10.2.0.0/16');
  world.withdraw(source, '10.1.0.0/16');
  world.settle();
  t.true(member.routes.has('10.0.0.0/8'));
  world.withdraw(other, '10.2.0.0/16');
  world.settle();
  t.deepEqual([...member.routes.keys()], ['192.0.2.0/24']);
});

test('RFC 9774 §3: no AS_SET: the path begins here, with AGGREGATOR, and ATOMIC_AGGREGATE where AS numbers are left out', (t) => {
  const world = new World();
  const source = world.addPeer();
  const member = world.join(world.addPeer());
  configure(world, { prefix: '10.0.0.0/8' }, { prefix: '172.16.0.0/12' });
  world.announce(source, '10.1.0.0/16', { asPath: [64_500, 64_501], communities: [7], med: 3 });
  world.announce(0, '172.16.1.0/24', { asPath: [], nextHop: 'none' });
  world.settle();
  const aggregate = member.route('10.0.0.0/8');
  t.is(aggregate?.path, '65000');
  t.like(aggregate?.values, { nextHop: '10.0.0.254', med: null, communities: [] });
  t.is(aggregate?.others.get(6), '');
  t.is(aggregate?.others.get(7), '0000fde80a0000fe');
  t.is(member.route('172.16.0.0/12')?.others.get(6), undefined, 'nothing is left out of a path that is empty');
});

test('RFC 4271 §9.2.2.2: ORIGIN is INCOMPLETE if a component has it, else EGP if one has it, else IGP', (t) => {
  const world = new World();
  const source = world.addPeer();
  const member = world.join(world.addPeer());
  configure(world, { prefix: '10.0.0.0/8' });
  const origins: unknown[] = [];
  const note = (): void => {
    world.settle();
    origins.push(member.route('10.0.0.0/8')?.values.origin);
  };
  world.announce(source, '10.1.0.0/16', { origin: 0 });
  note();
  world.announce(source, '10.2.0.0/16', { origin: 2 });
  note();
  world.announce(source, '10.2.0.0/16', { origin: 1 });
  note();
  world.withdraw(source, '10.2.0.0/16');
  note();
  t.deepEqual(origins, [0, 2, 1, 0]);
  t.is(member.withdrawals, 1, 'the aggregate never went');
});

test('what comes and goes while it waits for the decision moves no aggregate', (t) => {
  const world = new World();
  const source = world.addPeer();
  const member = world.join(world.addPeer());
  configure(world, { prefix: '10.0.0.0/8' });
  world.announce(source, '10.1.0.0/16');
  world.settle();
  const { announcements } = member;
  world.withdraw(source, '10.1.0.0/16');
  world.announce(source, '10.2.0.0/16');
  world.settle();
  t.is(member.announcements, announcements + 1);
  t.is(member.withdrawals, 1);
  t.true(member.routes.has('10.0.0.0/8'));
});

test('summary-only: what the aggregate covers is not advertised, what it does not cover is', (t) => {
  const world = new World();
  const source = world.addPeer();
  const member = world.join(world.addPeer());
  configure(world, { prefix: '10.0.0.0/8', isSummaryOnly: true });
  world.announce(source, '10.1.0.0/16');
  world.announce(source, '10.1.2.0/24');
  world.announce(source, '11.0.0.0/16');
  world.settle();
  t.deepEqual([...member.routes.keys()].toSorted(), ['10.0.0.0/8', '11.0.0.0/16']);
  t.is(member.withdrawals, 0, 'nothing was told that had to be taken back');
});

test('summary-only that is configured later takes routes back, and gives them again when it goes; the aggregate stays', (t) => {
  const world = new World();
  const source = world.addPeer();
  const member = world.join(world.addPeer());
  for (let index = 0; index < 100; index++) world.announce(source, `10.0.${index}.0/24`);
  configure(world, { prefix: '10.0.0.0/8' });
  world.settle(16);
  t.is(member.routes.size, 101);
  configure(world, { prefix: '10.0.0.0/8', isSummaryOnly: true });
  world.settle(16);
  t.deepEqual([...member.routes.keys()], ['10.0.0.0/8']);
  t.is(member.withdrawals, 100);
  configure(world, { prefix: '10.0.0.0/8' });
  world.settle(16);
  t.is(member.routes.size, 101);
  t.is(member.withdrawals, 100);
  configure(world);
  world.settle(16);
  t.is(member.routes.size, 100);
  t.is(member.withdrawals, 101);
});

test('a policy changes the aggregate or refuses it; a refused one stands for nothing', (t) => {
  const world = new World();
  const source = world.addPeer();
  const member = world.join(world.addPeer());
  configure(
    world,
    { prefix: '10.0.0.0/8', isSummaryOnly: true, policy: setting({ addCommunities: [7], med: { set: 5 } }) },
    { prefix: '11.0.0.0/8', isSummaryOnly: true, policy: rejectAll },
  );
  world.announce(source, '10.1.0.0/16');
  world.announce(source, '11.1.0.0/16');
  world.settle();
  t.deepEqual([...member.routes.keys()].toSorted(), ['10.0.0.0/8', '11.1.0.0/16']);
  t.like(member.route('10.0.0.0/8')?.values, { communities: [7], med: 5 });
});

test('an aggregate is no component of a larger one, and one within another is suppressed by it', (t) => {
  const world = new World();
  const source = world.addPeer();
  const member = world.join(world.addPeer());
  configure(world, { prefix: '10.0.0.0/8', isSummaryOnly: true }, { prefix: '10.1.0.0/16' });
  world.announce(source, '10.1.2.0/24');
  world.settle();
  t.deepEqual([...member.routes.keys()], ['10.0.0.0/8']);
  world.withdraw(source, '10.1.2.0/24');
  world.settle();
  t.is(member.routes.size, 0);
  t.is(world.rib.prefixCount, 0);
  t.is(world.attributes.size, 0);
});

test('a network of our own wins over the aggregate of the same prefix', (t) => {
  const world = new World();
  configure(world, { prefix: '10.0.0.0/8' });
  world.announce(world.addPeer(), '10.1.0.0/16');
  world.announce(0, '10.0.0.0/8', { asPath: [], nextHop: 'none' });
  world.settle();
  const paths = world.paths('10.0.0.0/8');
  t.is(paths.length, 2);
  t.is(paths.filter(({ flags }) => (flags & PathFlag.Best) !== 0).length, 1);
  const member = world.join(world.addPeer());
  world.settle();
  t.is(member.route('10.0.0.0/8')?.others.get(7), undefined);
});

test('IPv6 routes aggregate alike', (t) => {
  const world = new World(ipv6Unicast);
  const options = { ...ebgpOptions, nextHop: parseAddress('2001:db8::fe') ?? ebgpOptions.nextHop };
  const member = world.join(world.addPeer(), options);
  configure(world, { prefix: '2001:db8::/32', isSummaryOnly: true });
  world.announce(world.addPeer(), '2001:db8:1:2::/64', { nextHop: '2001:db8::1' });
  world.announce(world.addPeer(), '2001:db9::/48', { nextHop: '2001:db8::1' });
  world.settle();
  t.deepEqual([...member.routes.keys()].toSorted(), ['2001:db8:0:0:0:0:0:0/32', '2001:db9:0:0:0:0:0:0/48']);
});

test('a default route is originated for a neighbor that wants one, whether the table has one or not', (t) => {
  const world = new World();
  const source = world.addPeer();
  const wanting = { ...ebgpOptions, defaultOriginate: acceptAll };
  const [member, plain] = [world.join(world.addPeer(), wanting), world.join(world.addPeer())];
  world.settle();
  t.is(member.route('0.0.0.0/0')?.path, '65000');
  t.is(member.route('0.0.0.0/0')?.values.nextHop, '10.0.0.254');
  t.is(plain.routes.size, 0);
  world.announce(source, '0.0.0.0/0', { asPath: [64_500] });
  world.settle();
  t.is(member.route('0.0.0.0/0')?.path, '65000');
  t.is(plain.route('0.0.0.0/0')?.path, '65000 64500');
  const { announcements } = member;
  world.rib.groups.change(member.peer, ebgpOptions);
  world.settle();
  t.is(member.route('0.0.0.0/0')?.path, '65000 64500');
  t.is(member.announcements, announcements + 1);
  t.is(member.withdrawals, 0);
  world.withdraw(source, '0.0.0.0/0');
  world.rib.groups.change(member.peer, wanting);
  world.settle();
  t.is(member.route('0.0.0.0/0')?.path, '65000');
  world.rib.groups.leave(member.peer);
  world.rib.groups.leave(plain.peer);
  world.settle();
  t.is(world.rib.prefixCount, 0);
  t.is(world.attributes.size, 0);
});

test('the policy of a default route changes it or refuses it; the policy for export does not count', (t) => {
  const world = new World();
  const changed = world.join(world.addPeer(), {
    ...ebgpOptions,
    exportPolicy: rejectAll,
    defaultOriginate: setting({ med: { set: 9 } }),
  });
  const refused = world.join(world.addPeer(), { ...ebgpOptions, defaultOriginate: rejectAll });
  const paths = world.join(world.addPeer(), { ...ebgpOptions, addPathLimit: 0, defaultOriginate: acceptAll });
  world.settle();
  t.is(changed.route('0.0.0.0/0')?.values.med, 9);
  t.is(refused.routes.size, 0);
  t.is(paths.routes.size, 1);
});
