// eBGP members with different local addresses: one group, one evaluation, each with its own next hop.

import test from 'ava';
import { parseAddress } from '#bgp/net/address.ts';
import { ipv6Unicast } from '#bgp/net/family.ts';
import { Policy } from '#bgp/policy/policy.ts';
import type { UpdateGroupOptions } from '#bgp/rib/types.ts';
import { attributesOfRow } from '#bgp/views.ts';
import { decodePathAttributes } from '#bgp/wire/attributes.ts';
import { ebgpOptions, ibgpOptions, type RecordingMember, World } from './world.ts';

function withNextHop(options: UpdateGroupOptions, text: string, linkLocal?: string): UpdateGroupOptions {
  const nextHop = parseAddress(text);
  if (nextHop === undefined) throw new RangeError(text);
  return { ...options, nextHop, linkLocalNextHop: linkLocal === undefined ? undefined : parseAddress(linkLocal) };
}

function nextHopsOf(member: RecordingMember): Set<string> {
  return new Set([...member.details.values()].map(({ nextHop }) => nextHop));
}

test('members with local addresses of their own share a group, and each is sent its own next hop', (t) => {
  const world = new World();
  const source = world.addPeer();
  const addresses = ['10.1.0.1', '10.2.0.1', '10.1.0.1', '10.3.0.1'];
  const members = addresses.map((text) => world.join(world.addPeer(), withNextHop(ebgpOptions, text)));
  for (let index = 0; index < 300; index++) {
    world.announce(source, `10.0.${index & 255}.${index >> 8 === 0 ? 0 : 128}/25`, {
      asPath: [64_500, 1 + (index >> 3)],
    });
  }
  world.settle();
  t.is(new Set(members.map(({ peer }) => world.rib.groups.idOf(peer))).size, 1);
  t.deepEqual(
    members.map((member) => [...nextHopsOf(member)]),
    [['0a010001'], ['0a020001'], ['0a010001'], ['0a030001']],
  );
  t.true(members.every(({ routes }) => routes.size === 300));
  t.is(members[0].chunks[0], members[2].chunks[0], 'equal next hops, the very same buffer');
});

test('internal members with different addresses do not share: theirs may stand beside the routes’ own', (t) => {
  const world = new World();
  const [a, b] = ['10.1.0.1', '10.2.0.1'].map((text) =>
    world.join(world.addPeer({ kind: 'ibgp' }), withNextHop(ibgpOptions, text)),
  );
  t.not(world.rib.groups.idOf(a.peer), world.rib.groups.idOf(b.peer));
});

test('a next hop that a policy sets is nobody’s own and stays', (t) => {
  const world = new World();
  const exportPolicy = Policy.compile({
    name: 'half',
    statements: [
      {
        name: 'set',
        match: {
          families: ['ipv4-unicast'],
          prefixes: [{ prefix: '10.1.0.0/16', minLength: 16, maxLength: 16 }],
        },
        set: { nextHop: '10.9.9.9' },
        action: 'accept',
      },
    ],
    otherwise: 'accept',
  });
  const options = { ...ebgpOptions, exportPolicy };
  const members = ['10.1.0.1', '10.2.0.1'].map((text) => world.join(world.addPeer(), withNextHop(options, text)));
  const source = world.addPeer();
  world.announce(source, '10.1.0.0/16');
  world.announce(source, '10.2.0.0/16');
  world.settle();
  t.deepEqual(
    members.map((member) => ['10.1.0.0/16', '10.2.0.0/16'].map((prefix) => member.route(prefix)?.values.nextHop)),
    [
      ['10.9.9.9', '10.1.0.1'],
      ['10.9.9.9', '10.2.0.1'],
    ],
  );
});

test('another local address sends everything again once, to that member alone', (t) => {
  const world = new World();
  const source = world.addPeer();
  const [moved, other] = ['10.1.0.1', '10.2.0.1'].map((text) =>
    world.join(world.addPeer(), withNextHop(ebgpOptions, text)),
  );
  for (let index = 0; index < 200; index++) world.announce(source, `10.0.${index}.0/24`);
  world.settle();
  const { updates } = other;
  world.rib.groups.change(moved.peer, withNextHop(ebgpOptions, '10.7.0.1'));
  world.announce(source, '10.0.7.0/24', { asPath: [64_500, 7] });
  world.settle(32);
  t.deepEqual([...nextHopsOf(moved)], ['0a070001']);
  t.is(moved.announcements, 400);
  t.is(moved.withdrawals, 0);
  t.is(other.updates, updates + 1);
  t.is(world.rib.groups.idOf(moved.peer), world.rib.groups.idOf(other.peer), 'back with the others');
});

test('a member that leaves its group in the middle of being told its new next hop is told the rest', (t) => {
  const world = new World();
  const source = world.addPeer();
  const moved = world.join(world.addPeer(), withNextHop(ebgpOptions, '10.1.0.1'));
  for (let index = 0; index < 200; index++) world.announce(source, `10.0.${index}.0/24`);
  world.settle();
  const changed = withNextHop(ebgpOptions, '10.7.0.1');
  world.rib.groups.change(moved.peer, changed);
  world.rib.work(32);
  const hops = nextHopsOf(moved);
  t.deepEqual([...hops].toSorted(), ['0a010001', '0a070001'], 'in the middle');
  // Another one comes to the group, and only the first has another policy then: it goes on alone, from where it was.
  const other = world.join(world.addPeer(), withNextHop(ebgpOptions, '10.2.0.1'));
  t.is(world.rib.groups.idOf(moved.peer), world.rib.groups.idOf(other.peer));
  world.rib.groups.change(moved.peer, { ...changed, removePrivateAs: 'remove' });
  t.not(world.rib.groups.idOf(moved.peer), world.rib.groups.idOf(other.peer));
  world.settle(32);
  t.deepEqual([[...nextHopsOf(moved)], [...nextHopsOf(other)]], [['0a070001'], ['0a020001']]);
  t.is(moved.withdrawals, 0);
});

test('IPv6 members share where both have a link-local address beside the global one, or neither has', (t) => {
  const world = new World(ipv6Unicast);
  const source = world.addPeer();
  const members = [
    world.join(world.addPeer(), withNextHop(ebgpOptions, '2001:db8:1::1', 'fe80::1')),
    world.join(world.addPeer(), withNextHop(ebgpOptions, '2001:db8:2::1', 'fe80::2')),
    world.join(world.addPeer(), withNextHop(ebgpOptions, '2001:db8:3::1')),
  ];
  world.announce(source, '2001:db8:99::/48', { nextHop: '2001:db8::1' });
  world.settle();
  t.deepEqual(
    members.map((member) => [...nextHopsOf(member)]),
    [
      ['20010db8000100000000000000000001fe800000000000000000000000000001'],
      ['20010db8000200000000000000000001fe800000000000000000000000000002'],
      ['20010db8000300000000000000000001'],
    ],
  );
  const [a, b, c] = members.map(({ peer }) => world.rib.groups.idOf(peer));
  t.is(a, b);
  t.not(a, c);
});

test('what is shown as advertised has the next hop that the neighbor got', (t) => {
  const world = new World();
  const members = ['10.1.0.1', '10.2.0.1'].map((text) => world.join(world.addPeer(), withNextHop(ebgpOptions, text)));
  world.announce(world.addPeer(), '192.0.2.0/24');
  world.settle();
  const shown = members.map(({ peer }) => {
    const view = world.rib.openView({
      table: 'advertised',
      peer,
      prefix: undefined,
      isLongerPrefixes: false,
      address: undefined,
    });
    const found: string[] = [];
    while (!view.isDone) {
      const batch = view.next();
      for (let row = 0; batch !== undefined && row < batch.count; row++) {
        found.push(String(decodePathAttributes(attributesOfRow(batch, row)).nextHop));
      }
    }
    return found;
  });
  t.deepEqual(shown, [['10.1.0.1'], ['10.2.0.1']]);
});
