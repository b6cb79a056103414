// What falls between the classes: a stream cut at every octet, messages as long as they can be and made of the smallest parts, data of
// every length, identifiers that others have too, and an operator who watches all of it. Floods: session/abuse.test.ts.

import test from 'ava';
import { asn } from '#bgp/net/asn.ts';
import { cpuMs } from '#support/cpu-time.ts';
import {
  locRib,
  neighborConfig,
  neighborView,
  prefixesOf,
  showRoutes,
  speakerConfig,
  SpeakerLab,
} from '#support/speaker-lab.ts';
import { END_OF_RIB, KEEPALIVE, message, notification, open, updateOf } from './session/bytes.ts';
import { RawPeer, rawPair } from './session/raw-peer.ts';
import { attribute, concat, fromHex, update } from './wire/bytes.ts';

const base = [1, 4, 0, 1, 0, 1, 2, 0, 65, 4, 0, 0, 0xfd, 0xea];
const attributes = [fromHex('40 01 01 00'), fromHex('40 02 06 02 01 0000fdea'), fromHex('40 03 04 c0000202')];

test('class 16: a session is the same at whatever octet its stream is cut in two', (t) => {
  const stream = concat(
    open({ capabilities: [...base, 6, 0, 70, 0] }),
    KEEPALIVE,
    update({ attributes, nlri: [24, 198, 51, 100] }),
    END_OF_RIB,
    message(5, [0, 1, 0, 1]),
    updateOf(60),
    notification(6, 2, [3, 98, 121, 101]),
  );
  const play = (...parts: readonly Uint8Array[]): string => {
    const { network, us, peer } = rawPair('OpenSent');
    for (const part of parts) {
      peer.send(part);
      network.run();
    }
    const reason = us.neighbor.view().lastReset?.reason;
    return JSON.stringify([us.calls, us.updates.map((bytes) => [...bytes]), us.notifications(), us.states(), reason]);
  };
  const whole = play(stream);
  t.true(whole.includes('Cease/Administrative Shutdown: bye'));
  for (let at = 1; at < stream.length; at++) t.is(play(stream.subarray(0, at), stream.subarray(at)), whole, `at ${at}`);
});

test('class 16: a fault is the same at whatever octet it is cut in two, and nothing behind it is read', (t) => {
  for (const fault of [message(9), message(2, [0, 9, 0, 0], 18), message(4, [0]), message(2, [], 4097)]) {
    const play = (at: number): string => {
      const { network, us, peer } = rawPair('Established');
      const stream = concat(END_OF_RIB, fault, END_OF_RIB);
      peer.send(stream.subarray(0, at));
      network.run();
      peer.send(stream.subarray(at));
      network.run();
      return JSON.stringify([us.updates.length, peer.notification(), us.calls]);
    };
    const whole = play(23 + fault.length + 23);
    t.regex(whole, /^\[1,\[1,/);
    for (let at = 1; at < 23 + fault.length + 23; at++) t.is(play(at), whole, `at ${at}`);
  }
});

test('class 15: NOTIFICATIONs with data of every length up to 300, and at the ends of what fits, end a session and no more', (t) => {
  const lengths = [...Array.from({ length: 301 }, (_, length) => length), 4074, 4075];
  for (const [code, subcode] of [
    [1, 2],
    [2, 7],
    [3, 1],
    [4, 0],
    [6, 1],
    [6, 2],
    [6, 9],
    [0, 0],
    [255, 255],
  ]) {
    for (const length of lengths) {
      const { network, us, peer, clock } = rawPair('Established');
      const data = Array.from({ length }, (_, index) => (index * 37 + length) & 255);
      peer.send(notification(code, subcode, data), END_OF_RIB);
      network.run();
      const at = `${code}/${subcode}, ${length} octets`;
      t.is(us.updates.length, 0, at);
      t.like(us.neighbor.view().lastReset, { direction: 'received', code, subcode }, at);
      t.true((us.neighbor.view().lastReset?.data?.length ?? 0) <= 260, at);
      t.notRegex(us.neighbor.view().lastReset?.reason ?? '\n', /\p{Cc}|\p{Cf}|"/u, at);
      t.is(peer.notification(), undefined, at);
      us.neighbor.stop('final');
      network.run();
      t.is(clock.pendingTimers, 0, at);
    }
  }
});

for (const [size, isExtended] of [
  [4096, false],
  [65_535, true],
] as const) {
  test(`class 12: an UPDATE of ${size} octets made of the smallest attributes, of prefixes of no bits, or of both, is read at once`, (t) => {
    const lab = new SpeakerLab();
    const { speaker, events } = lab.add('here', ['192.0.2.1']);
    const neighbors = [neighborConfig({ address: '192.0.2.2', remoteAsn: 65_002 })];
    speaker.configure(speakerConfig({ asn: 65_001, routerId: '192.0.2.1', neighbors }));
    const peer = new RawPeer(lab.network.endpoint('192.0.2.2'));
    lab.pass(10);
    peer.send(open({ capabilities: [...base, ...(isExtended ? [6, 0] : [])] }), KEEPALIVE);
    lab.settle();
    const room = size - 23 - concat(...attributes).length;
    const tiny = (count: number, from: number): Uint8Array[] =>
      Array.from({ length: count }, (_, index) => attribute(0xc0, from + (index % (255 - from)), [index & 255]));
    const nothing = (count: number): Uint8Array => new Uint8Array(count);
    const many = tiny(Math.floor((room - 1) / 4), 129);
    const messages = [
      update({ attributes: [...attributes, ...many], nlri: nothing(room - 4 * many.length) }),
      update({ attributes, nlri: nothing(room) }),
      updateOf(size),
    ];
    const startMs = cpuMs();
    for (const bytes of messages) {
      t.is(bytes.length, size);
      for (let round = 0; round < 20; round++) peer.send(bytes);
      lab.settle();
      t.is(neighborView(speaker, '192.0.2.2').state, 'Established');
    }
    const tookMs = cpuMs() - startMs;
    t.log(`${tookMs.toFixed(0)} ms for 60 messages`);
    t.true(tookMs < 10_000);
    // The last ones withdrew what the others had announced.
    t.deepEqual(prefixesOf(showRoutes(speaker, locRib('ipv4-unicast'))), []);
    t.false(events.some(({ type }) => type === 'internal-error'));
  });
}

test('class 2: two neighbors with one identifier, in one AS or in two, both stand, with their routes (RFC 6286)', (t) => {
  for (const asns of [
    [65_002, 65_002],
    [65_002, 65_003],
  ]) {
    const lab = new SpeakerLab();
    const { speaker } = lab.add('here', ['192.0.2.1']);
    const addresses = ['192.0.2.2', '192.0.2.3'];
    const neighbors = addresses.map((address, index) => neighborConfig({ address, remoteAsn: asn(asns[index]) }));
    speaker.configure(speakerConfig({ asn: 65_001, routerId: '192.0.2.1', neighbors }));
    const peers = addresses.map((address) => new RawPeer(lab.network.endpoint(address)));
    lab.pass(10);
    for (const [index, peer] of peers.entries()) {
      const number = asns[index];
      const path = attribute(0x40, 2, [2, 1, 0, 0, number >> 8, number & 255]);
      peer.send(open({ asn: number, id: [10, 0, 0, 9] }), KEEPALIVE);
      peer.send(update({ attributes: [attributes[0], path, attributes[2]], nlri: [24, 198, 51, 100] }));
    }
    lab.settle();
    for (const address of addresses) t.is(neighborView(speaker, address).state, 'Established');
    const rows = showRoutes(speaker, locRib('ipv4-unicast'));
    t.is(rows.length, 2);
  }
});

test('class 20: debugging a neighbor that sends broken headers, or begins in the middle of a message, tells and breaks nothing', (t) => {
  const lab = new SpeakerLab();
  const { speaker, events } = lab.add('here', ['192.0.2.1']);
  const neighbors = [neighborConfig({ address: '192.0.2.2', remoteAsn: 65_002, dampsPeerOscillations: false })];
  speaker.configure(speakerConfig({ asn: 65_001, routerId: '192.0.2.1', neighbors }));
  speaker.debug('192.0.2.2', ['open', 'update', 'keepalive', 'notification', 'route-refresh']);
  const peer = new RawPeer(lab.network.endpoint('192.0.2.2'));
  for (const broken of [
    message(2, [], 0),
    message(2, [], 18),
    message(0),
    message(255),
    new Uint8Array(40),
    message(1, [4], 19),
  ]) {
    lab.pass(130);
    peer.inbox = new Uint8Array(0);
    peer.send(open({ capabilities: base }), KEEPALIVE);
    lab.settle();
    t.is(neighborView(speaker, '192.0.2.2').state, 'Established');
    peer.send(END_OF_RIB.subarray(0, 10), END_OF_RIB.subarray(10), broken, END_OF_RIB);
    lab.settle();
    t.is(peer.notification()?.[0], 1);
  }
  const told = events.filter(({ type }) => type === 'debug-message');
  t.true(told.length > 6 * 4);
  t.false(events.some(({ type }) => type === 'internal-error'));
});
