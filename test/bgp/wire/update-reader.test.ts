// What an UPDATE as a whole leads to: lists, repeated attributes, families, sets and their references (RFC 7606, RFC 4760, RFC 4724).

import test from 'ava';

import { ipv4Unicast, ipv6Unicast } from '#bgp/net/family.ts';
import { AttributeSets } from '#bgp/wire/attribute-sets.ts';
import { NotificationError } from '#bgp/wire/notification.ts';
import type { UpdateReader } from '#bgp/wire/update-reader.ts';
import {
  asPath,
  attribute,
  concat,
  fromHex,
  makeReader,
  message,
  mpReach,
  nextHop,
  nlri,
  notificationOf,
  origin,
  prefixesIn,
  readUpdate,
  toHex,
  update,
} from './bytes.ts';

import { attributesWith, attributesWithout, outcomeOf } from './update-outcome.ts';

test('withdrawn routes or attributes that run past the message are 3/1 (RFC 4271 §6.3)', (t) => {
  t.is(
    notificationOf(() => readUpdate(makeReader(), message(2, fromHex('0001 0000')))),
    '3/1',
  );
  t.is(
    notificationOf(() => readUpdate(makeReader(), message(2, fromHex('0000 0001')))),
    '3/1',
  );
  t.is(
    notificationOf(() => readUpdate(makeReader(), message(2, fromHex('ffff 0000')))),
    '3/1',
  );
  t.is(
    notificationOf(() => readUpdate(makeReader(), message(2, fromHex('0002 0000 00')))),
    '3/1',
  );
});

test('NLRI and withdrawn routes that cannot be read are 3/10 (RFC 7606 §3 i, j)', (t) => {
  for (const bad of ['21 0a00000000', '18 0a00', '20 0a0000']) {
    t.is(outcomeOf(makeReader(), update({ attributes: attributesWith('ebgp'), nlri: fromHex(bad) })), 'reset 3/10');
    t.is(outcomeOf(makeReader(), update({ withdrawn: fromHex(bad) })), 'reset 3/10');
  }
});

test('a repeated attribute is dropped, the first one counts (RFC 7606 §3 g)', (t) => {
  const attributes = new AttributeSets();
  const reader = makeReader({ attributes });
  const bytes = update({
    attributes: [origin, attribute(0x40, 1, [2]), asPath, nextHop, attribute(0x40, 1, [9])],
    nlri,
  });
  t.is(outcomeOf(reader, bytes), 'discard 1');
  t.is(attributes.origin[reader.attr], 0);
  const unknown = [attribute(0xc0, 99, [1]), attribute(0xc0, 99, [2])];
  t.is(outcomeOf(reader, update({ attributes: [...attributesWith('ebgp'), ...unknown], nlri })), 'discard 99');
  t.deepEqual(attributes.decode(reader.attr).unknown[0]?.value, Uint8Array.of(1));
});

test('a repeated MP_REACH_NLRI or MP_UNREACH_NLRI is 3/1 (RFC 7606 §3 g)', (t) => {
  const unreach = attribute(0x80, 15, fromHex('000201 20 20010db8'));
  t.is(outcomeOf(makeReader(), update({ attributes: [mpReach, mpReach, ...attributesWith('ebgp')] })), 'reset 3/1');
  t.is(outcomeOf(makeReader(), update({ attributes: [unreach, unreach] })), 'reset 3/1');
});

test('an attribute that runs past the list withdraws, and the NLRI is found by the length (RFC 7606 §4)', (t) => {
  const cut = fromHex('c0 08 09 00000001');
  const bytes = update({ attributes: [...attributesWith('ebgp'), cut], nlri });
  const reader = makeReader();
  t.is(outcomeOf(reader, bytes), 'withdraw 8');
  t.deepEqual(prefixesIn(bytes, reader.nlriStart, reader.nlriEnd, ipv4Unicast), ['198.51.100.0/24']);
  for (const rest of ['40', '4006', '500600']) {
    const outcome = outcomeOf(reader, update({ attributes: [...attributesWith('ebgp'), fromHex(rest)], nlri }));
    t.is(outcome, rest.length === 2 ? 'withdraw 0' : 'withdraw 6');
  }
});

test('an MP attribute that runs past the list is 3/9, for its routes are unknown (RFC 7606 §3 j)', (t) => {
  const bytes = update({ attributes: [...attributesWith('ebgp'), fromHex('80 0e 30 0002 01 10')], nlri });
  t.is(outcomeOf(makeReader(), bytes), 'reset 3/9');
});

test('a malformed attribute without any announced route resets the session (RFC 7606 §5.2)', (t) => {
  const bad = attribute(0x40, 1, [7]);
  const error = t.throws(() => readUpdate(makeReader(), update({ attributes: [bad, asPath] })), {
    instanceOf: NotificationError,
  });
  t.is(`${error.code}/${error.subcode} ${toHex(error.data)}`, `3/6 ${toHex(bad)}`);
  t.is(outcomeOf(makeReader(), update({ withdrawn: nlri, attributes: [attribute(0x00, 2, [])] })), 'reset 3/4');
  t.is(outcomeOf(makeReader(), update({ attributes: [fromHex('40 01 05 00')] })), 'reset 3/1');
  t.is(outcomeOf(makeReader(), update({ attributes: [attribute(0xc0, 8, [1])] })), 'reset 3/9');
});

test('MP_REACH_NLRI without a prefix announces nothing: needs no other attribute, and saves no session (RFC 7606 §5.2)', (t) => {
  const empty = attribute(0x80, 14, fromHex('0002 01 10 20010db8000000000000000000000001 00'));
  const attributes = new AttributeSets();
  const reader = makeReader({ attributes });
  t.is(outcomeOf(reader, update({ attributes: [empty] })), 'kept');
  t.true(reader.mpAttr === 0);
  t.is(attributes.size, 0);
  t.is(outcomeOf(makeReader(), update({ attributes: [empty, attribute(0x40, 1, [7])] })), 'reset 3/6');
});

test('a discarded attribute without any announced route resets nothing (RFC 7606 §5.2)', (t) => {
  t.is(outcomeOf(makeReader(), update({ attributes: [attribute(0x40, 6, [1])] })), 'discard 6');
});

test('MP_REACH_NLRI of the last family that cannot be read is 3/9 with the attribute as data (RFC 4760 §7, RFC 7606 §7.11)', (t) => {
  const address = '20010db8000000000000000000000001';
  const bad = [
    '0002',
    '000201',
    '000201 00 00',
    '000201 01 20 00',
    `000201 0f ${address.slice(2)} 00`,
    `000201 11 ${address}00 00`,
    `000201 30 ${address}${address}${address} 00`,
    `000201 10 ${address}`,
    '000201 10 2001',
    `000201 10 ${address} 00 81`,
    `000201 10 ${address} 00 30 20010db8`,
    `000101 10 ${address} 00 18 c63364`,
    '000101 04 c00002',
  ];
  for (const hex of bad) {
    const reach = attribute(0x80, 14, fromHex(hex));
    const bytes = update({ attributes: [reach, ...attributesWith('ebgp')] });
    const reader = makeReader({ families: [hex.startsWith('0001') ? ipv4Unicast : ipv6Unicast] });
    const error = t.throws(() => readUpdate(reader, bytes), { instanceOf: NotificationError }, hex);
    t.is(`${error?.code}/${error?.subcode} ${toHex(error?.data ?? new Uint8Array(0))}`, `3/9 ${toHex(reach)}`, hex);
  }
});

test('MP_UNREACH_NLRI of the last family that cannot be read is 3/9 (RFC 4760 §7)', (t) => {
  for (const hex of ['', '0002', '000201 81', '000201 30 2001', '000101 21 0a00000000']) {
    const reader = makeReader({ families: [hex.startsWith('0001') ? ipv4Unicast : ipv6Unicast] });
    t.is(outcomeOf(reader, update({ attributes: [attribute(0x80, 15, fromHex(hex))] })), 'reset 3/9', hex);
  }
});

test('routes that cannot be read cost the session their family, while it has another (RFC 7606 §2, §5.3)', (t) => {
  const reader = makeReader();
  const cut = attribute(0x80, 14, fromHex('0002 01 10 20010db8000000000000000000000001 00 30 2001'));
  const bytes = update({ attributes: [cut, ...attributesWith('ebgp')], nlri });
  t.is(outcomeOf(reader, bytes), 'disable 2/1');
  t.deepEqual(prefixesIn(bytes, reader.nlriStart, reader.nlriEnd, ipv4Unicast), ['198.51.100.0/24']);
  // From now on the family is nobody's: neither good nor bad routes of it count.
  const good = attribute(0x80, 14, fromHex('0002 01 10 20010db8000000000000000000000001 00 20 20010db8'));
  t.is(outcomeOf(reader, update({ attributes: [good, ...attributesWith('ebgp')] })), 'kept');
  t.is(reader.reachFamily, undefined);
  t.is(outcomeOf(reader, update({ attributes: [cut, ...attributesWith('ebgp')] })), 'kept');
  // The last one is not given up.
  const bad = attribute(0x80, 14, fromHex('0001 01 05 c000020100 00 18 c63364'));
  t.is(outcomeOf(reader, update({ attributes: [bad, ...attributesWith('ebgp')] })), 'reset 3/9');
  reader.close();
});

test('IPv4 unicast that was given up is gone from the message itself, and its own fields are ignored', (t) => {
  const reader = makeReader();
  const bad = attribute(0x80, 14, fromHex('0001 01 05 c000020100 00 18 c63364'));
  t.is(
    outcomeOf(reader, update({ attributes: [bad, ...attributesWith('ebgp')], nlri, withdrawn: nlri })),
    'disable 1/1',
  );
  t.is(reader.nlriStart, reader.nlriEnd);
  t.is(reader.withdrawnStart, reader.withdrawnEnd);
  t.is(outcomeOf(reader, update({ attributes: attributesWith('ebgp'), nlri })), 'kept');
  t.is(reader.nlriStart, reader.nlriEnd);
  t.true(reader.attr === 0);
  reader.close();
});

test('MP attributes with wrong flags withdraw their routes (RFC 7606 §3 c)', (t) => {
  const flagged = Uint8Array.from(mpReach);
  flagged[0] = 0xc0;
  t.is(outcomeOf(makeReader(), update({ attributes: [flagged, ...attributesWith('ebgp')] })), 'withdraw 14');
});

test('an IPv6 next hop that is no host withdraws (RFC 4271 §6.3)', (t) => {
  for (const [hex, outcome] of [
    ['00000000000000000000000000000000', 'withdraw 14'],
    ['00000000000000000000000000000001', 'withdraw 14'],
    ['ff020000000000000000000000000001', 'withdraw 14'],
    ['20010db8000000000000000000000000', 'kept'],
    ['00000000000000000000000000000100', 'kept'],
    ['fe800000000000000000000000000001', 'kept'],
  ] as const) {
    const reach = attribute(0x80, 14, fromHex(`000201 10 ${hex} 00 30 20010db80001`));
    t.is(outcomeOf(makeReader(), update({ attributes: [reach, ...attributesWithout('ebgp', 3)] })), outcome, hex);
  }
});

test('an MP attribute of a family that was not negotiated is ignored, the rest counts (RFC 4760 §6)', (t) => {
  const reader = makeReader({ families: [ipv4Unicast] });
  const bytes = update({ attributes: [mpReach, ...attributesWith('ebgp')], nlri });
  t.is(outcomeOf(reader, bytes), 'discard 14');
  t.is(reader.reachFamily, undefined);
  t.true(reader.mpAttr === 0);
  t.not(reader.attr, 0);
  t.is(outcomeOf(reader, update({ attributes: [mpReach] })), 'discard 14');
  const vpn = attribute(0x80, 15, fromHex('000180 ff'));
  t.is(outcomeOf(reader, update({ attributes: [vpn] })), 'discard 15');
  t.is(reader.endOfRib, undefined);
});

test('IPv4 fields are ignored when IPv4 unicast was not negotiated', (t) => {
  const reader = makeReader({ families: [ipv6Unicast] });
  readUpdate(reader, update({ withdrawn: nlri, attributes: attributesWith('ebgp'), nlri }));
  t.deepEqual(
    [reader.withdrawnStart === reader.withdrawnEnd, reader.nlriStart === reader.nlriEnd, reader.attr],
    [true, true, 0],
  );
});

test('IPv4 unicast inside of MP attributes is the same as in the classic fields (RFC 4760 §5)', (t) => {
  const attributes = new AttributeSets();
  const reader = makeReader({ attributes });
  readUpdate(reader, update({ attributes: attributesWith('ebgp'), nlri }));
  const classic = toHex(attributes.bytesOf(reader.attr));
  const reach = attribute(0x80, 14, fromHex('000101 04 c0000201 00 18 c63364'));
  const bytes = update({ attributes: [reach, ...attributesWithout('ebgp', 3)] });
  t.is(outcomeOf(reader, bytes), 'kept');
  t.is(reader.reachFamily, ipv4Unicast);
  t.is(toHex(attributes.bytesOf(reader.mpAttr)), classic);
  t.deepEqual(prefixesIn(bytes, reader.reachStart, reader.reachEnd, ipv4Unicast), ['198.51.100.0/24']);
  const unreach = update({ attributes: [attribute(0x80, 15, fromHex('000101 18 c63364'))] });
  readUpdate(reader, unreach);
  t.deepEqual(prefixesIn(unreach, reader.unreachStart, reader.unreachEnd, ipv4Unicast), ['198.51.100.0/24']);
});

test('End-of-RIB is known per family (RFC 4724 §2)', (t) => {
  const reader = makeReader();
  t.is(readUpdate(reader, update({})).endOfRib, ipv4Unicast);
  t.is(readUpdate(reader, update({ attributes: [attribute(0x80, 15, fromHex('000201'))] })).endOfRib, ipv6Unicast);
  t.is(readUpdate(reader, update({ attributes: [attribute(0x90, 15, fromHex('000201'))] })).endOfRib, ipv6Unicast);
  t.is(readUpdate(reader, update({ withdrawn: nlri })).endOfRib, undefined);
  t.is(readUpdate(reader, update({ attributes: [attribute(0x80, 15, fromHex('000201 00'))] })).endOfRib, undefined);
  t.is(readUpdate(makeReader({ families: [ipv6Unicast] }), update({})).endOfRib, undefined);
});

test('both families in one UPDATE get sets of their own', (t) => {
  const attributes = new AttributeSets();
  const reader = makeReader({ attributes });
  readUpdate(reader, update({ attributes: [mpReach, ...attributesWith('ebgp')], nlri }));
  t.is(String(attributes.decode(reader.attr).nextHop), '192.0.2.1');
  t.is(String(attributes.decode(reader.mpAttr).nextHop), '2001:db8::1');
  t.is(attributes.size, 2);
});

test('of two IPv6 next hops the second counts only when it is link-local (RFC 2545 §3)', (t) => {
  const attributes = new AttributeSets();
  const reader = makeReader({ attributes });
  const global = '20010db8000000000000000000000001';
  for (const [second, linkLocal] of [
    ['fe800000000000000000000000000002', 'fe80::2'],
    ['00000000000000000000000000000000', undefined],
    [global, undefined],
  ] as const) {
    const reach = attribute(0x80, 14, fromHex(`000201 20 ${global} ${second} 00 30 20010db80001`));
    readUpdate(reader, update({ attributes: [reach, ...attributesWithout('ebgp', 3)] }));
    const decoded = attributes.decode(reader.mpAttr);
    t.is(String(decoded.nextHop), '2001:db8::1');
    t.is(decoded.linkLocalNextHop?.toString(), linkLocal);
  }
});

test('attributes in any order, with long lengths and odd flags, are one set', (t) => {
  const attributes = new AttributeSets();
  const plain = readUpdate(makeReader({ attributes }), update({ attributes: attributesWith('ebgp'), nlri })).attr;
  const shuffled = [
    attribute(0x5f, 3, nextHop.subarray(3)),
    attribute(0x50, 2, asPath.subarray(3)),
    attribute(0x41, 1, [0]),
  ];
  const reader = makeReader({ attributes });
  t.is(readUpdate(reader, update({ attributes: shuffled, nlri })).attr, plain);
  t.is(toHex(attributes.bytesOf(plain)), toHex(concat(origin, asPath, nextHop)));
});

test('large communities that are there twice are there once (RFC 8092 §5)', (t) => {
  const attributes = new AttributeSets();
  const reader = makeReader({ attributes });
  const [a, b] = [fromHex('00000001 00000002 00000003'), fromHex('00000001 00000002 00000004')];
  readUpdate(reader, update({ attributes: attributesWith('ebgp', attribute(0xc0, 32, concat(a, b, a, b, a))), nlri }));
  t.deepEqual(attributes.decode(reader.attr).largeCommunities, [
    [1, 2, 3],
    [1, 2, 4],
  ]);
});

test('what is known from one kind of peer is judged again from the other', (t) => {
  const attributes = new AttributeSets();
  const withLocalPref = update({ attributes: attributesWith('ibgp'), nlri });
  const internal = makeReader({ attributes, kind: 'ibgp' });
  const external = makeReader({ attributes });
  t.is(outcomeOf(internal, withLocalPref), 'kept');
  t.is(outcomeOf(internal, withLocalPref), 'kept');
  t.is(outcomeOf(external, withLocalPref), 'discard 5');
  t.is(attributes.decode(external.attr).localPref, undefined);
  const another = makeReader({ attributes, remoteAsn: 65009 });
  const plain = update({ attributes: attributesWith('ebgp'), nlri });
  t.is(outcomeOf(external, plain), 'kept');
  t.is(outcomeOf(another, plain), 'withdraw 2');
  t.is(outcomeOf(internal, plain), 'withdraw 5');
});

test("a reader holds its message's sets until the next message", (t) => {
  const attributes = new AttributeSets();
  const reader = makeReader({ attributes });
  const bytes = update({ attributes: [mpReach, ...attributesWith('ebgp')], nlri });
  readUpdate(reader, bytes);
  t.is(attributes.size, 2);
  const kept = reader.attr;
  attributes.retain(kept);
  readUpdate(reader, bytes);
  t.is(attributes.referencesOf(kept), 2);
  readUpdate(reader, update({}));
  t.is(attributes.size, 1);
  attributes.release(kept);
  t.is(attributes.size, 0);
  readUpdate(reader, bytes);
  reader.close();
  t.is(attributes.size, 0);
  t.is(attributes.bytesUsed, 0);
});

test('nothing of a message before shows in the next', (t) => {
  const reader = makeReader();
  readUpdate(
    reader,
    update({
      attributes: [
        mpReach,
        ...attributesWith('ebgp', attribute(0xc0, 8, [1])),
        attribute(0x80, 15, fromHex('000201 00')),
      ],
      nlri,
      withdrawn: nlri,
    }),
  );
  t.true(reader.isTreatAsWithdraw);
  const fresh = makeReader();
  readUpdate(fresh, update({ withdrawn: nlri }));
  readUpdate(reader, update({ withdrawn: nlri }));
  const shown = (one: UpdateReader): unknown[] => [
    one.withdrawnEnd - one.withdrawnStart,
    one.nlriEnd - one.nlriStart,
    one.attr,
    one.mpAttr,
    one.reachFamily,
    one.unreachFamily,
    one.reachEnd - one.reachStart,
    one.unreachEnd - one.unreachStart,
    one.isTreatAsWithdraw,
    one.faultCode,
    one.faultReason,
    one.discarded.length,
    one.endOfRib,
  ];
  t.deepEqual(shown(reader), shown(fresh));
});

test('messages are read at any offset of a buffer', (t) => {
  const bytes = update({ attributes: [mpReach, ...attributesWith('ebgp')], nlri });
  const buffer = concat([1, 2, 3, 4, 5], bytes, [0xff, 0xff]);
  const reader = makeReader();
  reader.read(buffer, 5, 5 + bytes.length);
  t.deepEqual(prefixesIn(buffer, reader.nlriStart, reader.nlriEnd, ipv4Unicast), ['198.51.100.0/24']);
  t.deepEqual(prefixesIn(buffer, reader.reachStart, reader.reachEnd, ipv6Unicast), ['2001:db8:1::/48']);
});

test('a peer whose first AS need not be its own may send any path (RFC 4271 §6.3)', (t) => {
  const attributes = new AttributeSets();
  const routeServer = makeReader({ attributes, remoteAsn: 65009, enforcesFirstAs: false });
  const bytes = update({ attributes: attributesWith('ebgp'), nlri });
  for (const _ of [1, 2]) t.is(outcomeOf(routeServer, bytes), 'kept');
  t.is(outcomeOf(routeServer, update({ attributes: attributesWith('ebgp', attribute(0x40, 2, [])), nlri })), 'kept');
  // What it was allowed, others are not, and what is judged good for one stays good for it.
  t.is(outcomeOf(makeReader({ attributes, remoteAsn: 65009 }), bytes), 'withdraw 2');
  t.is(outcomeOf(makeReader({ attributes }), bytes), 'kept');
  const member = makeReader({ attributes, kind: 'confederation', remoteAsn: 65009, enforcesFirstAs: false });
  t.is(outcomeOf(member, update({ attributes: attributesWith('confederation'), nlri })), 'kept');
  t.is(outcomeOf(member, bytes), 'withdraw 2');
});

test('internal peers of a confederation send its segments, those of any other AS do not (RFC 5065 §5)', (t) => {
  const attributes = new AttributeSets();
  const within = makeReader({ attributes, kind: 'ibgp', isInConfederation: true });
  const without = makeReader({ attributes, kind: 'ibgp' });
  const path = attributesWith('confederation')[1];
  const bytes = update({ attributes: attributesWith('ibgp', path), nlri });
  for (const _ of [1, 2]) t.deepEqual([outcomeOf(within, bytes), outcomeOf(without, bytes)], ['kept', 'withdraw 2']);
  const ordinary = update({ attributes: attributesWith('ibgp'), nlri });
  t.deepEqual([outcomeOf(within, ordinary), outcomeOf(without, ordinary)], ['kept', 'kept']);
});

test("another member's block is known by the bytes and judged by the peer", (t) => {
  const attributes = new AttributeSets();
  const bytes = update({ attributes: attributesWith('confederation'), nlri });
  const peer = makeReader({ attributes, kind: 'confederation' });
  const another = makeReader({ attributes, kind: 'confederation', remoteAsn: 65002 });
  for (const _ of [1, 2]) t.deepEqual([outcomeOf(peer, bytes), outcomeOf(another, bytes)], ['kept', 'withdraw 2']);
});

test('a set that one session takes does not slip through a stricter one', (t) => {
  const attributes = new AttributeSets();
  const aigp = attribute(0x80, 26, fromHex('01 000b 0000000000000005'));
  const withAigp = update({ attributes: [...attributesWith('ebgp'), aigp], nlri });
  const [open, plain] = [makeReader({ attributes, acceptsAigp: true }), makeReader({ attributes })];
  for (const _ of [1, 2]) {
    t.deepEqual([outcomeOf(open, withAigp), outcomeOf(plain, withAigp)], ['kept', 'kept']);
    t.is(attributes.decode(open.attr).aigp?.length, 11);
    t.is(attributes.decode(plain.attr).aigp, undefined);
  }
  const path = attribute(0x40, 2, fromHex('0201 0000fde9 0101 00000007'));
  const withSet = update({ attributes: attributesWith('ebgp', path), nlri });
  const lenient = makeReader({ attributes, acceptsAsSets: true });
  for (const _ of [1, 2]) t.deepEqual([outcomeOf(lenient, withSet), outcomeOf(plain, withSet)], ['kept', 'withdraw 2']);
});
