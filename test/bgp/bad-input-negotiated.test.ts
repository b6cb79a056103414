// Malformed UPDATEs that only a capability, or the lack of one, makes possible: path identifiers, AS numbers of two octets, IPv6 next hops of
// IPv4 routes, messages beyond 4,096 octets. From each kind of peer, through a whole speaker; a neighbor beside it notices nothing but
// the routes. What every session can bring: bad-input-update.test.ts.

import test, { type ExecutionContext } from 'ava';
import { describeEvent } from '#io/log.ts';
import { locRib, neighborView, prefixesOf, showRoutes } from '#support/speaker-lab.ts';
import { attributesOf, begin, BESIDE, HERE, origin, PEER, type World } from './between.ts';
import { peerKinds } from './session/peer-kinds.ts';
import { attribute, fromHex, update } from './wire/bytes.ts';

const nlri = [24, 198, 51, 100];
const later = [24, 203, 0, 113];
const zeros = (length: number): Uint8Array => new Uint8Array(length);

function checkBeside(t: ExecutionContext, { speaker, beside, events }: World, prefixes: readonly string[]): void {
  t.deepEqual(prefixesOf(showRoutes(beside, locRib('ipv4-unicast'))), prefixes);
  for (const [side, address] of [
    [speaker, BESIDE],
    [beside, HERE],
  ] as const) {
    t.like(neighborView(side, address), { state: 'Established', connectionsEstablished: 1, lastReset: undefined });
  }
  t.deepEqual(
    events.filter(({ type }) => type === 'internal-error'),
    [],
  );
}

for (const kind of peerKinds) {
  const attributes = attributesOf(kind);

  test(`class 3: a path identifier without a prefix behind it ends the session with 3/10 (${kind})`, (t) => {
    const world = begin(kind, [69, 4, 0, 1, 1, 2], { familyOptions: { 'ipv4-unicast': { receivesAddPath: true } } });
    const { lab, speaker, peer } = world;
    peer.send(update({ attributes, nlri: [0, 0, 0, 1, ...nlri] }));
    lab.settle();
    checkBeside(t, world, ['198.51.100.0/24']);
    peer.send(update({ attributes, nlri: [0, 0, 0, 1, ...later, 0, 0, 0, 2] }));
    lab.settle();
    t.deepEqual(peer.notification()?.slice(0, 2), [3, 10]);
    t.regex(neighborView(speaker, PEER).lastReset?.reason ?? '', /Invalid Network Field/);
    checkBeside(t, world, []);
  });

  for (const [what, path, as4, outcome] of [
    ['a path of four octets a number', '02 01 0000fdea', undefined, 'withdrawn'],
    ['a path that is cut within a number', '02 02 fdea fd', undefined, 'withdrawn'],
    ['an AS4_PATH that is cut', undefined, '02 02 00000007', 'discarded'],
    ['an AS4_PATH of a segment of type 9', undefined, '09 01 00000007', 'discarded'],
    // RFC 6793 §6: the segments alone are discarded, and nothing is said.
    ['an AS4_PATH with a confederation segment (2009)', undefined, '03 01 00000007', 'kept'],
  ] as const) {
    test(`class 6: with AS numbers of two octets, ${what}: ${outcome} (${kind})`, (t) => {
      const world = begin(kind, [], {}, {}, {}, false);
      const { lab, speaker, events, peer } = world;
      const own = { ebgp: '02 01 fdea', confederation: '03 01 fdea', ibgp: '' }[kind];
      const good = [origin, attribute(0x40, 2, fromHex(own)), ...attributes.slice(2)];
      peer.send(update({ attributes: good, nlri }), update({ attributes: good, nlri: later }));
      lab.settle();
      checkBeside(t, world, ['198.51.100.0/24', '203.0.113.0/24']);
      const bad = [
        origin,
        attribute(0x40, 2, fromHex(path ?? own)),
        ...attributes.slice(2),
        ...(as4 === undefined ? [] : [attribute(0xc0, 17, fromHex(as4))]),
      ];
      peer.send(update({ attributes: bad, nlri }));
      lab.settle();
      t.is(peer.notification(), undefined);
      const isKept = outcome !== 'withdrawn';
      t.like(neighborView(speaker, PEER), {
        state: 'Established',
        treatedAsWithdraw: isKept ? 0 : 1,
        attributesDiscarded: outcome === 'discarded' ? 1 : 0,
      });
      const told = events.filter(
        (event) => event.type === 'update-fault' && describeEvent(event).message.includes(PEER),
      );
      t.is(told.length, outcome === 'kept' ? 0 : 1);
      checkBeside(t, world, [...(isKept ? ['198.51.100.0/24'] : []), '203.0.113.0/24']);
    });
  }

  test(`class 9: an IPv4 route with an IPv6 next hop that was not negotiated ends a session of IPv4 alone (${kind})`, (t) => {
    const world = begin(kind, []);
    const { lab, speaker, peer } = world;
    const hop = '20010db8000000000000000000000001';
    const reach = attribute(0x80, 14, fromHex(`0001 01 10 ${hop} 00 18 c63364`));
    peer.send(update({ attributes: [...attributes.filter((bytes) => bytes[1] !== 3), reach] }));
    lab.settle();
    t.deepEqual(peer.notification()?.slice(0, 2), [3, 9]);
    t.is(neighborView(speaker, PEER).lastReset?.direction, 'sent');
    checkBeside(t, world, []);
  });

  test(`class 12: an unknown attribute of 65,000 octets is kept, goes on to who takes it, and is withheld from who does not (${kind})`, (t) => {
    for (const offersExtendedMessages of [true, false]) {
      const world = begin(kind, [6, 0], {}, { offersExtendedMessages });
      const { lab, speaker, peer } = world;
      peer.send(update({ attributes: [...attributes, attribute(0xd0, 99, zeros(65_000))], nlri }));
      peer.send(update({ attributes, nlri: later }));
      lab.settle();
      t.like(neighborView(speaker, PEER), { state: 'Established', treatedAsWithdraw: 0 });
      checkBeside(t, world, offersExtendedMessages ? ['198.51.100.0/24', '203.0.113.0/24'] : ['203.0.113.0/24']);
    }
  });
}
