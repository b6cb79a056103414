// Views of tables: consistent while everything changes, in the order of prefixes, bounded in number and memory.

import test from 'ava';
import { parseAddress } from '#bgp/net/address.ts';
import { type Family, ipv4Unicast, ipv6Unicast } from '#bgp/net/family.ts';
import { Prefix } from '#bgp/net/prefix.ts';
import { type RouteView, ViewError, type ViewQuery } from '#bgp/rib/route-view.ts';
import { attributesOfRow } from '#bgp/views.ts';
import { decodePathAttributes } from '#bgp/wire/attributes.ts';
import { randomFrom, takeSeed } from '#support/seed.ts';
import { ebgpOptions, prefixOf, World } from './world.ts';

const all: ViewQuery = { table: 'loc-rib', peer: 0, prefix: undefined, isLongerPrefixes: false, address: undefined };

/** Every route of a view as text, in its order; `between` runs after each slice. */
function readAll(view: RouteView, family: Family, budget: number, between: () => void = () => undefined): string[] {
  const lines: string[] = [];
  while (!view.isDone) {
    const batch = view.next(budget);
    for (let row = 0; batch !== undefined && row < batch.count; row++) {
      const at = row * family.words;
      const [w0, w1 = 0, w2 = 0, w3 = 0] = batch.prefixWords.subarray(at, at + family.words);
      const { med, nextHop } = decodePathAttributes(attributesOfRow(batch, row));
      const prefix = new Prefix(family.version, batch.prefixLengths[row], w0, w1, w2, w3);
      lines.push(
        [
          prefix,
          batch.peers[row],
          batch.flags[row],
          batch.reasons[row],
          batch.versions[row],
          batch.receivedWallSec[row],
          med,
          nextHop,
        ].join(' '),
      );
    }
    between();
  }
  return lines;
}

function randomPrefix(random: () => number, family: Family): string {
  const length = 8 + Math.floor(random() * (family.version === 4 ? 17 : 57));
  const prefix =
    family.version === 4
      ? new Prefix(4, length, 0x0a000000 | Math.floor(random() * 0xffffff), 0, 0, 0)
      : new Prefix(6, length, 0x20010db8, Math.floor(random() * 0xffff_ffff), 0, 0);
  return prefix.toString();
}

for (const family of [ipv4Unicast, ipv6Unicast]) {
  for (const table of ['loc-rib', 'received', 'accepted', 'advertised'] as const) {
    test(`a ${family.name} ${table} view shows the table as it was opened while everything changes`, (t) => {
      const seed = takeSeed();
      t.log(`seed ${seed}`);
      const random = randomFrom(seed);
      const world = new World(family);
      const peers = [world.addPeer(), world.addPeer(), world.addPeer()];
      const nextHop = family.version === 4 ? '10.0.0.1' : '2001:db8::1';
      const options = { ...ebgpOptions, nextHop: parseAddress(nextHop) ?? ebgpOptions.nextHop };
      world.join(peers[2], options);
      const known: string[] = [];
      const change = (): void => {
        const peer = peers[Math.floor(random() * peers.length)];
        const isKnown = known.length > 100 && random() < 0.5;
        const prefix = isKnown ? known[Math.floor(random() * known.length)] : randomPrefix(random, family);
        if (!isKnown) known.push(prefix);
        if (random() < 0.4) world.withdraw(peer, prefix);
        else world.announce(peer, prefix, { med: Math.floor(random() * 50), nextHop });
      };
      for (let step = 0; step < 6000; step++) change();
      world.settle();
      const query: ViewQuery = { ...all, table, peer: table === 'loc-rib' ? 0 : peers[2] };
      const expected = readAll(world.rib.openView(query), family, 100_000);
      t.true(expected.length > 300);
      // Opened at the same table version, read in small slices with heavy change in between.
      const view = world.rib.openView(query);
      t.true(view.maxRoutes >= expected.length);
      let changes = 0;
      const seen = readAll(view, family, 7, () => {
        for (let step = 0; step < 5; step++, changes++) change();
        world.rib.work(20);
      });
      t.true(changes > 200);
      t.deepEqual(seen, expected);
      world.settle();
      t.notDeepEqual(readAll(world.rib.openView(query), family, 1000), expected, 'the table did change');
    });
  }
}

test('routes come in the order of prefixes, shorter ones first, best path first', (t) => {
  const world = new World();
  const [second, first] = [world.addPeer({ routerId: 9 }), world.addPeer({ routerId: 1 })];
  const texts = ['192.0.2.0/24', '10.0.0.0/24', '10.0.0.0/8', '0.0.0.0/0', '10.0.1.0/24', '203.0.113.7/32'];
  for (const text of texts) for (const peer of [second, first]) world.announce(peer, text);
  world.settle();
  const lines = readAll(world.rib.openView(all), ipv4Unicast, 3).map((line) => line.split(' ').slice(0, 2).join(' '));
  const sorted = ['0.0.0.0/0', '10.0.0.0/8', '10.0.0.0/24', '10.0.1.0/24', '192.0.2.0/24', '203.0.113.7/32'];
  t.deepEqual(
    lines,
    sorted.flatMap((text) => [`${text} ${first}`, `${text} ${second}`]),
  );
});

test('a query names one prefix, what lies within it, or the longest match of an address', (t) => {
  const world = new World();
  const peer = world.addPeer();
  for (const text of ['10.0.0.0/8', '10.1.0.0/16', '10.1.2.0/24', '11.0.0.0/8']) world.announce(peer, text);
  world.settle();
  const ask = (over: Partial<ViewQuery>): string[] =>
    readAll(world.rib.openView({ ...all, ...over }), ipv4Unicast, 10).map((line) => line.split(' ')[0]);
  t.deepEqual(ask({ prefix: prefixOf('10.1.0.0/16') }), ['10.1.0.0/16']);
  t.deepEqual(ask({ prefix: prefixOf('10.1.0.0/17') }), []);
  t.deepEqual(ask({ prefix: prefixOf('10.1.0.0/16'), isLongerPrefixes: true }), ['10.1.0.0/16', '10.1.2.0/24']);
  t.deepEqual(ask({ address: parseAddress('10.1.2.3') }), ['10.1.2.0/24']);
  t.deepEqual(ask({ address: parseAddress('10.200.0.1') }), ['10.0.0.0/8']);
  t.deepEqual(ask({ address: parseAddress('192.0.2.1') }), []);
  // A table without the longest one finds the next shorter one.
  world.rib.setImportPolicy(peer, ebgpOptions.exportPolicy);
  world.withdraw(peer, '10.1.2.0/24');
  world.settle();
  t.deepEqual(ask({ address: parseAddress('10.1.2.3') }), ['10.1.0.0/16']);
});

test('at most eight views are open; a closed one makes room', (t) => {
  const world = new World();
  world.announce(world.addPeer(), '192.0.2.0/24');
  world.settle();
  const views = Array.from({ length: 8 }, () => world.rib.openView(all));
  const fault = t.throws(() => world.rib.openView(all), { instanceOf: ViewError });
  t.is(fault?.code, 'too-many-views');
  views[0].close();
  views[0].close();
  t.is(readAll(world.rib.openView(all), ipv4Unicast, 10).length, 1);
  for (const view of views) view.close();
});

test('what a view kept is given back when it is closed', (t) => {
  const world = new World();
  const peer = world.addPeer();
  for (let index = 0; index < 500; index++)
    world.announce(peer, `10.${index >> 8}.${index & 255}.0/24`, { med: index });
  world.settle();
  const view = world.rib.openView(all);
  world.rib.removePeer(peer);
  world.settle();
  t.is(world.rib.pathCount, 0);
  t.is(world.attributes.size, 500, 'the view still shows them');
  t.is(readAll(view, ipv4Unicast, 50).length, 500);
  world.settle();
  t.is(world.attributes.size, 0);
  t.is(world.rib.prefixCount, 0);
});

test('a view that would have to keep too much ends with an error, and the table and other views go on', (t) => {
  const world = new World(ipv4Unicast, 64 << 10);
  const peer = world.addPeer();
  const announce = (from: number, count: number, med: number): void => {
    for (let index = from; index < from + count; index++) {
      world.announce(peer, `10.${index >> 8}.${index & 255}.0/24`, { med });
    }
  };
  announce(0, 5000, 1);
  world.settle();
  const view = world.rib.openView(all);
  announce(0, 5000, 2);
  world.settle();
  const fault = t.throws(() => readAll(view, ipv4Unicast, 1000), { instanceOf: ViewError });
  t.is(fault?.code, 'view-overrun');
  const next = world.rib.openView(all);
  announce(0, 100, 3);
  t.is(readAll(next, ipv4Unicast, 1000).filter((line) => line.includes(' 2 10.0.0.1')).length, 5000);
  world.settle();
  t.is(world.attributes.size, 2);
});
