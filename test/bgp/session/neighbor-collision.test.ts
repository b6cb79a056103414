// Two neighbors that connect to each other at once, in every order of delivery, and connections beside an existing one.

import test from 'ava';
import { randomFrom, takeSeed } from '#support/seed.ts';
import { KEEPALIVE, open } from './bytes.ts';
import { createPair, type Pair, type SideOptions } from './pair.ts';
import { dial, RawPeer, rawPair } from './raw-peer.ts';

const identifiers: readonly (readonly [string, Partial<SideOptions>, Partial<SideOptions>])[] = [
  ['the peer’s identifier higher', {}, {}],
  ['our identifier higher', { routerId: '10.0.0.9' }, {}],
  ['equal identifiers, the peer’s AS larger (RFC 6286 §2.3)', { routerId: '10.0.0.2' }, {}],
  ['equal identifiers, our AS larger', { routerId: '10.0.0.2', asn: 65010 }, {}],
];

function isOneSession({ a, b }: Pair): boolean {
  return (
    a.neighbor.isEstablished &&
    b.neighbor.isEstablished &&
    a.endpoint.openConnections.length === 1 &&
    b.endpoint.openConnections.length === 1
  );
}

function connect(pair: Pair, pick?: (lanes: number) => number): void {
  pair.a.neighbor.start();
  pair.b.neighbor.start();
  pair.network.run(pick);
}

for (const [name, left, right] of identifiers) {
  test(`both sides connect at once, ${name}: one session, and none is lost on the way`, (t) => {
    const pair = createPair({ left, right });
    connect(pair);
    t.true(isOneSession(pair));
    t.deepEqual([pair.a.calls, pair.b.calls], [['established'], ['established']]);
    t.true([...pair.a.notifications(), ...pair.b.notifications()].every((text) => text.endsWith('6/7')));
  });

  test(`both sides connect at once, ${name}: one session in whatever order the bytes arrive`, (t) => {
    const seed = takeSeed();
    t.log(`seed ${seed}`);
    const random = randomFrom(seed);
    for (let round = 0; round < 300; round++) {
      const pair = createPair({ left, right });
      pair.clock.random = random;
      if (round % 3 === 0) pair.network.segmentBytes = 1 + Math.floor(random() * 40);
      connect(pair, (lanes) => Math.floor(random() * lanes));
      // Orders exist in which each side dumps the other's choice (RFC 4271 §6.8 has no answer to them); then they try again.
      for (let again = 0; again < 5 && !isOneSession(pair); again++) pair.pass(130);
      t.true(isOneSession(pair), `round ${round}: ${pair.a.neighbor.state}, ${pair.b.neighbor.state}`);
      // Never one that stood already: a peer that waits for us after a restart would drop what it kept.
      t.deepEqual([pair.a.calls, pair.b.calls], [['established'], ['established']], `round ${round}`);
      pair.a.neighbor.stop({ subcode: 2 });
      pair.b.neighbor.stop({ subcode: 2 });
      pair.network.run();
      t.is(pair.clock.pendingTimers, 0);
    }
  });
}

test('a second connection next to an Established one is followed until its OPEN, then closed with 6/7', (t) => {
  const { us, peer, network } = rawPair('Established');
  const first = peer.connection;
  dial(network, us, peer);
  t.not(peer.connection, first);
  t.false(peer.isClosed);
  t.true(us.neighbor.isEstablished);
  peer.send(open());
  network.run();
  t.true(peer.isClosed);
  t.deepEqual(peer.notification(), [6, 7]);
  t.true(us.neighbor.isEstablished);
  t.deepEqual(us.calls, ['established']);
});

test('bad OPENs and garbage on a second connection leave the first alone', (t) => {
  for (const bytes of [open({ version: 9 }), open({ asn: 0 }), KEEPALIVE, Uint8Array.from({ length: 19 }, () => 0)]) {
    const { us, peer, network } = rawPair('Established');
    dial(network, us, peer);
    peer.send(bytes);
    network.run();
    t.true(peer.isClosed);
    t.true(us.neighbor.isEstablished);
    t.is(us.neighbor.view().connectionsDropped, 0);
  }
});

test('a flood of connections is held at two: an unused one gives way to the next', (t) => {
  const { us, peer, network, clock } = rawPair('Established');
  for (let round = 0; round < 1000; round++) dial(network, us, peer);
  t.is(us.endpoint.openConnections.length, 2);
  t.true(clock.pendingTimers <= 5, 'the while in which few are told has one');
  t.true(us.neighbor.isEstablished);
});

test('a peer that opens a second connection before it said OPEN on the first is heard on either', (t) => {
  const { us, peer, network } = rawPair('OpenSent');
  const first = peer.connection;
  dial(network, us, peer);
  peer.send(open(), KEEPALIVE);
  network.run();
  t.true(us.neighbor.isEstablished);
  t.not(peer.connection, first);
  t.is(us.endpoint.openConnections.length, 1);
});

test('half an OPEN does not hold the place of the second connection', (t) => {
  const { us, peer, network } = rawPair('OpenConfirm');
  dial(network, us, peer);
  peer.send(open().slice(0, 20));
  network.run();
  dial(network, us, peer);
  t.false(peer.isClosed);
  t.is(us.endpoint.openConnections.length, 2);
  t.is(us.neighbor.state, 'OpenConfirm');
});

test('a third connection is refused with 6/5 while the second waits for its KEEPALIVE', (t) => {
  const { a: us, b, network } = createPair();
  const peer = new RawPeer(b.endpoint);
  us.neighbor.start();
  network.run();
  t.is(us.neighbor.state, 'OpenSent');
  dial(network, us, peer);
  peer.send(open());
  network.run();
  t.is(us.neighbor.state, 'OpenConfirm');
  const second = peer.connection;
  dial(network, us, peer);
  t.true(peer.isClosed);
  t.deepEqual(peer.notification(), [6, 5]);
  peer.connection = second;
  peer.send(KEEPALIVE);
  network.run();
  t.true(us.neighbor.isEstablished);
  t.is(us.endpoint.openConnections.length, 1);
});

/** Our own connection in OpenConfirm, and the peer, whose identifier is higher, says OPEN on one that it opened. */
function lostCollision(): { us: Pair['a']; peer: RawPeer; pair: Pair; first: RawPeer['connection'] } {
  const pair = createPair();
  const { a: us, b, network } = pair;
  const peer = new RawPeer(b.endpoint);
  us.neighbor.start();
  network.run();
  const first = peer.connection;
  peer.send(open({ id: [223, 0, 0, 1] }));
  network.run();
  dial(network, us, peer);
  peer.send(open({ id: [223, 0, 0, 1] }), KEEPALIVE);
  network.run();
  return { us, peer, pair, first };
}

test('our connection that lost a collision may still answer, since the peer may hold it Established', (t) => {
  const { us, peer, pair, first } = lostCollision();
  t.is(us.endpoint.openConnections.length, 2);
  t.deepEqual(us.notifications(), []);
  peer.connection = first;
  peer.send(KEEPALIVE);
  pair.network.run();
  t.true(us.neighbor.isEstablished);
  t.is(us.endpoint.openConnections.length, 1);
  t.deepEqual(us.calls, ['established']);
});

test('once the peer has closed the connection that lost, the OPEN on the other is answered, and what came behind it', (t) => {
  const { us, peer, pair, first } = lostCollision();
  if (first !== undefined) peer.endpoint.close(first);
  pair.network.run();
  t.true(us.neighbor.isEstablished);
  t.is(us.endpoint.openConnections.length, 1);
});

test('a connection that lost a collision and does not answer within a second is closed with 6/7', (t) => {
  const { us, pair } = lostCollision();
  pair.pass(1.1);
  t.true(us.neighbor.isEstablished);
  t.is(us.endpoint.openConnections.length, 1);
  t.deepEqual(us.notifications().length, 1);
  us.neighbor.stop({ subcode: 2 });
  pair.network.run();
  t.is(pair.clock.pendingTimers, 0);
});

test('a neighbor that is stopped while an OPEN is undecided leaves nothing behind', (t) => {
  const { us, pair } = lostCollision();
  us.neighbor.stop({ subcode: 2 });
  pair.network.run();
  t.is(us.endpoint.openConnections.length, 0);
  t.is(pair.clock.pendingTimers, 0);
});
