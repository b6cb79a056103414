// Foreign routes as notifications change them: what is known for sure, and what has to be read anew.

import test from 'ava';
import { Address } from '#bgp/net/address.ts';
import { RouteTable } from '#fib/route-table.ts';
import { RouteProtocol, RouteType } from '#kernel/netlink/code-points.ts';
import type { KernelRoute } from '#kernel/netlink/route.ts';

const word = 0x2001_0db8;

function routeOf(version: 4 | 6, protocol: number, metric: number, hops: readonly number[]): KernelRoute {
  return {
    version,
    w0: word,
    w1: 0,
    w2: 0,
    w3: 0,
    length: 24,
    table: 254,
    metric,
    protocol,
    scope: 0,
    type: RouteType.Unicast,
    hops: hops.map((hop) => ({
      gateway: new Address(version, word, hop, 0, 0),
      interfaceIndex: 2,
      weight: 1,
      isDead: false,
    })),
    nextHopId: 0,
  };
}

const { Static, Boot } = RouteProtocol;
const added = (route: KernelRoute) => ({ route, isDeleted: false, isReplacing: false });
const replaced = (route: KernelRoute) => ({ route, isDeleted: false, isReplacing: true });
const deleted = (route: KernelRoute) => ({ route, isDeleted: true, isReplacing: false });
const metrics = (table: RouteTable): readonly number[] => table.at(word, 0, 0, 0, 24).map(({ metric }) => metric);

for (const version of [4, 6] as const) {
  test(`IPv${version}: routes of different metrics come, are replaced and go, and nothing is in doubt`, (t) => {
    const table = new RouteTable(version, 10);
    const [one, other] = [routeOf(version, Static, 5, [1]), routeOf(version, Static, 9, [1])];
    t.true(table.apply(added(one)));
    t.true(table.apply(added(other)));
    t.true(table.apply(replaced(routeOf(version, Boot, 5, [2]))));
    t.deepEqual(
      table.at(word, 0, 0, 0, 24).map(({ protocol }) => protocol),
      [Boot, Static],
    );
    t.true(table.apply(deleted(routeOf(version, Boot, 5, [2]))));
    t.deepEqual(metrics(table), [9]);
    t.true(
      table.apply(deleted(routeOf(version, Static, 1_024, [1]))),
      'what was never known, such as beyond the limit',
    );
    t.is(table.count, 1);
  });

  test(`IPv${version}: which of two routes of a metric was replaced is in doubt`, (t) => {
    const table = new RouteTable(version, 10);
    table.put(routeOf(version, Static, 5, [1]));
    table.put(routeOf(version, Boot, 5, [2]));
    t.false(table.apply(replaced(routeOf(version, Static, 5, [3]))));
  });

  test(`IPv${version}: a route that is told gone with other hops than were known is in doubt, and gone`, (t) => {
    const table = new RouteTable(version, 10);
    table.put(routeOf(version, Static, 5, [1, 2]));
    t.false(table.apply(deleted(routeOf(version, Static, 5, [1]))));
    t.is(table.count, 0);
  });
}

test('IPv4 routes of one metric stand beside one another', (t) => {
  const table = new RouteTable(4, 10);
  t.true(table.apply(added(routeOf(4, Static, 5, [1]))));
  t.true(table.apply(added(routeOf(4, Boot, 5, [1, 2]))));
  t.is(table.count, 2);
  t.true(table.apply(deleted(routeOf(4, Boot, 5, [1, 2]))));
  t.is(table.count, 1);
});

test('an IPv6 route that may have joined another one, or left it, is in doubt', (t) => {
  const table = new RouteTable(6, 10);
  t.false(table.apply(added(routeOf(6, Static, 5, [1, 2]))), 'what it joined may be a route that is not kept');
  const single = new RouteTable(6, 10);
  single.put(routeOf(6, Static, 5, [1]));
  t.false(single.apply(added(routeOf(6, Boot, 5, [2]))));
  single.put(routeOf(6, Static, 9, [1, 2]));
  t.false(single.apply(deleted(routeOf(6, Boot, 9, [2]))), 'one hop goes with its own protocol');
});
