// Paths that carry packets together, their shares, and what of that the kernel is told.

import test from 'ava';
import { defaultBestPath } from '#bgp/config.ts';
import type { Fib, FibHop } from '#bgp/ports.ts';
import { PathFlag } from '#bgp/rib/code-points.ts';
import type { RibDeps } from '#bgp/rib/rib.ts';
import type { PeerIndex } from '#bgp/rib/types.ts';
import { type AddedPeer, prefixOf, type Route, World } from './world.ts';

const PREFIX = '192.0.2.0/24';
const BLACKHOLE = 0xffff029a;
const FIB = { advertisesInstalledOnly: false, installsBlackholes: false };

/** RFC 4360, draft-ietf-idr-link-bandwidth: a transitive one of AS 0. */
function bandwidth(octetsPerSec: number): Uint8Array {
  const value = new DataView(new ArrayBuffer(8));
  value.setUint16(0, 0x0004);
  value.setFloat32(4, octetsPerSec);
  return new Uint8Array(value.buffer);
}

/** Remembers what it was told: the kernel's table, and each call. */
class RecordingFib implements Fib {
  readonly routes = new Map<string, string>();
  readonly calls: string[] = [];
  sweeps = 0;

  install(
    _: unknown,
    w0: number,
    _w1: number,
    _w2: number,
    _w3: number,
    length: number,
    hops: readonly FibHop[],
  ): void {
    const text = hops
      .map(({ nextHop, interfaceName, weight }) => {
        const zone = interfaceName === undefined ? '' : `%${interfaceName}`;
        return `${nextHop.toString()}${zone}*${weight}`;
      })
      .join(' ');
    this.routes.set(key(w0, length), text);
    this.calls.push(`${key(w0, length)} ${text}`);
  }

  installBlackhole(_: unknown, w0: number, _w1: number, _w2: number, _w3: number, length: number): void {
    this.routes.set(key(w0, length), 'blackhole');
    this.calls.push(`${key(w0, length)} blackhole`);
  }

  remove(_: unknown, w0: number, _w1: number, _w2: number, _w3: number, length: number): void {
    this.routes.delete(key(w0, length));
    this.calls.push(`${key(w0, length)} removed`);
  }

  sweepStale(): void {
    this.sweeps++;
    this.calls.push('sweep');
  }
}

function key(w0: number, length: number): string {
  return `${[24, 16, 8, 0].map((shift) => (w0 >>> shift) & 255).join('.')}/${length}`;
}

interface Scene {
  readonly world: World;
  readonly fib: RecordingFib;
  readonly peers: PeerIndex[];
}

interface From extends AddedPeer {
  readonly route: Route;
}

function play(
  from: readonly From[],
  options: { ebgp?: number; ibgp?: number; isMultipathRelax?: boolean; deps?: Partial<RibDeps> } = {},
): Scene {
  const fib = new RecordingFib();
  const world = new World(undefined, undefined, { fib, ...options.deps });
  world.rib.setFib(FIB);
  const { ebgp = 4, ibgp = 4, isMultipathRelax = false } = options;
  world.rib.setBestPath({ ...defaultBestPath, isMultipathRelax }, { ebgp, ibgp });
  const peers = from.map(({ route, ...peer }) => {
    const index = world.addPeer(peer);
    world.announce(index, PREFIX, route);
    return index;
  });
  world.settle();
  return { world, fib, peers };
}

function multipathOf({ world, peers }: Scene): number[] {
  return world
    .paths(PREFIX)
    .filter(({ flags }) => (flags & PathFlag.Multipath) !== 0)
    .map(({ peer }) => peers.indexOf(peer));
}

const hop = (host: number): string => `10.0.0.${host}`;

test('external paths from one neighboring AS are used together, one from another AS only when relaxed, as FRR does', (t) => {
  const from: From[] = [
    { asn: 1, routerId: 3, route: { asPath: [1, 9], nextHop: hop(1) } },
    { asn: 1, routerId: 2, route: { asPath: [1, 8], nextHop: hop(2) } },
    { asn: 2, routerId: 4, route: { asPath: [2, 9], nextHop: hop(3) } },
    { asn: 1, routerId: 5, route: { asPath: [1, 8, 9], nextHop: hop(4) } },
  ];
  const strict = play(from);
  t.deepEqual(multipathOf(strict), [1, 0]);
  t.is(strict.fib.routes.get(PREFIX), `${hop(2)}*1 ${hop(1)}*1`);
  const relaxed = play(from, { isMultipathRelax: true });
  t.deepEqual(multipathOf(relaxed), [1, 0, 2], 'a longer AS path stays out');
});

test('internal paths are used together when their AS paths are equal, whatever else differs', (t) => {
  const scene = play([
    { isIbgp: true, routerId: 1, route: { asPath: [5, 6], nextHop: hop(1), med: undefined } },
    { isIbgp: true, routerId: 2, route: { asPath: [5, 6], nextHop: hop(2), communities: [7] } },
    { isIbgp: true, routerId: 3, route: { asPath: [5, 7], nextHop: hop(3) } },
  ]);
  t.deepEqual(multipathOf(scene), [0, 1]);
});

test('an external best path takes no internal one along, and limits count by its kind', (t) => {
  const from: From[] = [
    { routerId: 1, route: { asPath: [5], nextHop: hop(1) } },
    { isIbgp: true, routerId: 2, route: { asPath: [5], nextHop: hop(2) } },
    { routerId: 3, route: { asPath: [5], nextHop: hop(3) } },
    { routerId: 4, route: { asPath: [5], nextHop: hop(4) } },
  ];
  t.deepEqual(multipathOf(play(from)), [0, 2, 3]);
  t.deepEqual(multipathOf(play(from, { ebgp: 2 })), [0, 2], 'those that break ties best');
  t.deepEqual(multipathOf(play(from, { ebgp: 1 })), []);
});

test('the set is the same in whatever order the paths came', (t) => {
  const from: From[] = [9, 2, 7, 4, 5].map((routerId) => ({
    routerId,
    address: `10.1.0.${routerId}`,
    route: { asPath: [5], nextHop: hop(routerId) },
  }));
  const orders = [from, from.toReversed(), [from[2], from[0], from[4], from[3], from[1]]];
  for (const order of orders) {
    const scene = play(order, { ebgp: 3 });
    t.is(scene.fib.routes.get(PREFIX), `${hop(2)}*1 ${hop(4)}*1 ${hop(5)}*1`);
  }
});

test('two paths to one next hop are one way', (t) => {
  const scene = play([
    { isIbgp: true, routerId: 1, route: { asPath: [5], nextHop: hop(1) } },
    { isIbgp: true, routerId: 2, route: { asPath: [5], nextHop: hop(1) } },
    { isIbgp: true, routerId: 3, route: { asPath: [5], nextHop: hop(2) } },
  ]);
  t.is(scene.fib.routes.get(PREFIX), `${hop(1)}*1 ${hop(2)}*1`);
});

test('link bandwidth decides the shares when every path has one, in the smallest numbers', (t) => {
  const routes = (bandwidths: readonly (number | undefined)[]): From[] =>
    bandwidths.map((value, index) => ({
      routerId: index + 1,
      route: {
        asPath: [5],
        nextHop: hop(index + 1),
        extendedCommunities: value === undefined ? [] : [bandwidth(value)],
      },
    }));
  const shares = (bandwidths: readonly (number | undefined)[]): string | undefined =>
    play(routes(bandwidths)).fib.routes.get(PREFIX)?.replaceAll(/\S+\*/g, '');
  t.is(shares([1.25e9, 5e9]), '1 4');
  t.is(shares([1.25e9, 1.25e9]), '1 1');
  t.is(shares([1.25e9, undefined]), '1 1');
  t.is(shares([1, 1e12]), '1 256', 'a share is never nothing');
});

test('peers are told nothing when only the set changes, the kernel is', (t) => {
  const scene = play([{ routerId: 1, route: { asPath: [5], nextHop: hop(1) } }]);
  const { world, fib } = scene;
  const member = world.join(world.addPeer());
  const second = world.addPeer({ routerId: 2 });
  world.settle();
  const { updates } = member;
  world.announce(second, PREFIX, { asPath: [5], nextHop: hop(2) });
  world.settle();
  t.is(fib.routes.get(PREFIX), `${hop(1)}*1 ${hop(2)}*1`);
  world.announce(second, PREFIX, { asPath: [5], nextHop: hop(3) });
  world.settle();
  t.is(fib.routes.get(PREFIX), `${hop(1)}*1 ${hop(3)}*1`);
  const calls = fib.calls.length;
  world.announce(second, PREFIX, { asPath: [5], nextHop: hop(3) });
  world.settle();
  t.is(fib.calls.length, calls, 'the same again');
  world.withdraw(second, PREFIX);
  world.settle();
  t.is(fib.routes.get(PREFIX), `${hop(1)}*1`);
  t.is(member.updates, updates);
});

test('routes of this speaker are not installed, and one that takes over removes what was', (t) => {
  const { world, fib } = play([{ route: { nextHop: hop(1) } }]);
  t.is(fib.routes.size, 1);
  world.announce(0, PREFIX, { nextHop: 'none' });
  world.settle();
  t.is(fib.routes.size, 0);
  world.withdraw(0, PREFIX);
  world.settle();
  t.is(fib.routes.get(PREFIX), `${hop(1)}*1`);
  world.rib.removePeer(1);
  world.settle();
  t.deepEqual(fib.calls.at(-1), `${PREFIX} removed`);
  t.is(world.rib.prefixCount, 0, 'the prefix is not kept in use');
});

test('BLACKHOLE (RFC 7999) drops packets only where that is configured, at once also for what is there', (t) => {
  const { world, fib } = play([{ route: { nextHop: hop(1), communities: [BLACKHOLE] } }]);
  t.is(fib.routes.get(PREFIX), `${hop(1)}*1`);
  world.rib.setFib({ ...FIB, installsBlackholes: true });
  world.settle();
  t.is(fib.routes.get(PREFIX), 'blackhole');
});

test('a next hop that resolves another way is installed again although nothing is chosen anew', (t) => {
  let interfaceIndex = 1;
  const fib = new RecordingFib();
  const world = new World(undefined, undefined, {
    fib,
    resolve: () => ({
      isReachable: true,
      metric: 0,
      interfaceName: 'eth0',
      gateways: [{ address: undefined, interfaceIndex, weight: 1 }],
    }),
  });
  world.rib.setFib(FIB);
  world.announce(world.addPeer(), PREFIX, { nextHop: hop(1) });
  world.settle();
  t.is(fib.calls.length, 1);
  t.false(world.nextHops.refresh());
  interfaceIndex = 2;
  t.true(world.nextHops.refresh());
  const { tableVersion } = world.rib;
  world.rib.nextHopsChanged();
  world.settle();
  t.is(fib.calls.length, 2);
  t.is(world.rib.tableVersion, tableVersion);
});

test('with advertisesInstalledOnly a prefix is advertised while the kernel has it, and a refusal is told of once', (t) => {
  const rejected: string[] = [];
  const scene = play([{ route: { nextHop: hop(1) } }], {
    deps: { routeRejected: (_, prefix) => void rejected.push(prefix.toString()) },
  });
  const { world } = scene;
  world.rib.setFib({ ...FIB, advertisesInstalledOnly: true });
  const member = world.join(world.addPeer());
  world.announce(0, '198.51.100.0/24', { nextHop: 'none' });
  world.settle();
  t.deepEqual([...member.routes.keys()], ['198.51.100.0/24'], 'our own are not waited for');
  t.true((world.paths(PREFIX)[0].flags & PathFlag.NotInstalled) !== 0);
  const answer = (isInstalled: boolean): void => {
    const { w0, w1, w2, w3, length } = prefixOf(PREFIX);
    world.rib.routeInstalled(w0, w1, w2, w3, length, isInstalled);
    world.settle();
  };
  answer(true);
  t.true(member.routes.has(PREFIX));
  t.is(world.paths(PREFIX)[0].flags & PathFlag.NotInstalled, 0);
  const { announcements } = member;
  answer(true);
  t.is(member.announcements, announcements);
  world.announce(scene.peers[0], PREFIX, { nextHop: hop(2) });
  world.settle();
  t.true(member.routes.has(PREFIX), 'while one route replaces another the prefix stays advertised');
  answer(false);
  answer(false);
  t.false(member.routes.has(PREFIX));
  t.deepEqual(rejected, [PREFIX]);
  answer(true);
  t.true(member.routes.has(PREFIX));
  answer(false);
  t.is(rejected.length, 2);
  world.rib.setFib(FIB);
  world.settle();
  t.true(member.routes.has(PREFIX), 'without the option the kernel is not asked');
});

test('switching the feed off removes everything that it installed, on installs it again', (t) => {
  const { world, fib } = play([{ route: { nextHop: hop(1) } }]);
  world.rib.setFib(undefined);
  world.settle();
  t.is(fib.routes.size, 0);
  world.announce(1, '198.51.100.0/24');
  world.settle();
  t.is(fib.routes.size, 0);
  world.rib.setFib(FIB);
  world.settle();
  t.deepEqual([...fib.routes.keys()].toSorted(), [PREFIX, '198.51.100.0/24']);
});

test('nothing is installed while selection is deferred, and what an earlier run left goes behind everything chosen', (t) => {
  const fib = new RecordingFib();
  const world = new World(undefined, undefined, { fib });
  world.rib.setFib(FIB);
  world.rib.isDeferred = true;
  const peer = world.addPeer();
  for (let index = 0; index < 50; index++) world.announce(peer, `198.51.${index}.0/24`, { nextHop: hop(1) });
  world.settle();
  t.deepEqual(fib.calls, []);
  world.rib.isDeferred = false;
  world.rib.sweepFib();
  world.settle(7);
  t.is(fib.routes.size, 50);
  t.is(fib.sweeps, 1);
  t.is(fib.calls.at(-1), 'sweep');
});

test('a link-local next hop goes to the kernel with the link of its session, any other without one (RFC 2545 §3)', (t) => {
  const fib = new RecordingFib();
  const world = new World(undefined, undefined, { fib });
  world.rib.setFib(FIB);
  for (const [nextHop, installed] of [
    ['fe80::1', 'fe80::1%eth7*1'],
    [hop(1), `${hop(1)}*1`],
  ]) {
    const peer = world.addPeer({ asn: 1, routerId: 2 });
    world.peers.update(peer, { linkName: 'eth7' });
    world.announce(peer, PREFIX, { asPath: [1], nextHop });
    world.settle();
    t.deepEqual([...fib.routes.values()], [installed]);
    world.peers.update(peer, { linkName: 'eth8' });
    world.rib.sourceChanged(peer);
    world.settle();
    t.deepEqual(
      [...fib.routes.values()],
      [installed.replace('eth7', 'eth8')],
      'a session that came back on another link',
    );
    world.rib.removePeer(peer);
    world.settle();
    t.is(fib.routes.size, 0);
  }
});
