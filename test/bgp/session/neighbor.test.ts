// A neighbor from start to stop: establishing, timers, loss and return, shutdown, clear, and listeners that call back.

import test from 'ava';
import { asn } from '#bgp/net/asn.ts';
import { concat, END_OF_RIB, KEEPALIVE, message, open, updateOf } from './bytes.ts';
import { createPair, establishedPair } from './pair.ts';
import { dial, rawPair } from './raw-peer.ts';

test('two neighbors reach Established, each knowing the other', (t) => {
  const { a, b } = establishedPair();
  t.deepEqual(a.states(), ['Connect', 'OpenSent', 'OpenConfirm', 'Established']);
  t.deepEqual(b.states(), ['Active', 'OpenSent', 'OpenConfirm', 'Established']);
  t.is(a.neighbor.negotiated?.remoteAsn, asn(65002));
  t.is(b.neighbor.negotiated?.remoteAsn, asn(65001));
  t.deepEqual([a.calls, b.calls], [['established'], ['established']]);
  t.is(b.neighbor.connectionInfo?.remoteAddress, '192.0.2.1');
  t.is(a.endpoint.requests[0].ttl, 1);
  const view = a.neighbor.view();
  t.deepEqual(view.sent, { open: 1, update: 0, notification: 0, keepalive: 1, routeRefresh: 0 });
  t.deepEqual(view.received, { open: 1, update: 0, notification: 0, keepalive: 1, routeRefresh: 0 });
  t.is(view.remoteRouterId, '10.0.0.2');
  t.is(view.connectionsEstablished, 1);
  t.deepEqual(view.nextHops, { ipv4: '192.0.2.1', ipv6Global: undefined, ipv6LinkLocal: undefined });
});

test('messages of every size arrive unharmed in segments of one byte', (t) => {
  const { a, b, network } = establishedPair();
  network.segmentBytes = 1;
  const updates = [END_OF_RIB, updateOf(4096), updateOf(24), updateOf(777)];
  a.neighbor.send(concat(...updates), updates.length);
  a.neighbor.send(message(5, [0, 1, 0, 1]), 0);
  b.neighbor.send(updateOf(1000), 1);
  network.run();
  t.deepEqual(b.updates, updates);
  t.deepEqual(a.updates, [updateOf(1000)]);
  t.deepEqual(b.calls, ['established', 'refresh 1/1/0']);
  t.is(a.neighbor.view().sent.update, 4);
  t.is(a.neighbor.view().sent.routeRefresh, 1);
  t.is(b.neighbor.view().received.update, 4);
  t.is(b.neighbor.view().received.routeRefresh, 1);
});

test('without a session nothing is sent', (t) => {
  const { a, network } = createPair();
  a.neighbor.start();
  a.neighbor.send(END_OF_RIB, 1);
  t.is(a.neighbor.view().sent.update, 0);
  t.is(a.neighbor.queuedBytes(), 0);
  network.run();
});

test('keepalives come every third of the hold time with jitter, and keep the session (RFC 4271 §4.4, §10)', (t) => {
  const { a, b, clock, pass } = establishedPair({
    a: { timers: { connectRetrySec: 120, holdTimeSec: 9, keepaliveSec: 30 } },
  });
  t.is(a.neighbor.negotiated?.holdTimeSec, 9);
  t.is(b.neighbor.negotiated?.keepaliveSec, 3);
  clock.random = () => 0.999_999;
  pass(3600);
  t.true(a.neighbor.isEstablished && b.neighbor.isEstablished);
  const slow = a.neighbor.view().sent.keepalive;
  t.true(slow >= 1199 && slow <= 1203, `${slow} at the longest interval`);
  clock.random = () => 0;
  pass(3600);
  const quick = a.neighbor.view().sent.keepalive - slow;
  t.true(quick >= 1599 && quick <= 1601, `${quick} at the shortest interval`);
});

test('with hold time 3 keepalives are still a second apart (RFC 4271 §4.4)', (t) => {
  const { a, clock, pass } = establishedPair({
    a: { timers: { connectRetrySec: 120, holdTimeSec: 3, keepaliveSec: 1 } },
  });
  clock.random = () => 0;
  const before = a.neighbor.view().sent.keepalive;
  pass(60);
  t.true(a.neighbor.view().sent.keepalive - before <= 60);
  t.true(a.neighbor.isEstablished);
});

test('with hold time 0 no keepalive is sent and silence ends nothing', (t) => {
  const { a, b, clock, pass } = establishedPair({
    b: { timers: { connectRetrySec: 120, holdTimeSec: 0, keepaliveSec: 0 } },
  });
  t.is(clock.pendingTimers, 0);
  pass(100_000);
  t.true(a.neighbor.isEstablished && b.neighbor.isEstablished);
  t.is(a.neighbor.view().sent.keepalive, 1);
});

test('an UPDATE that is sent puts the next keepalive off (RFC 4271 §8.2.2)', (t) => {
  const { a, pass } = establishedPair();
  const before = a.neighbor.view().sent.keepalive;
  for (let round = 0; round < 100; round++) {
    a.neighbor.send(END_OF_RIB, 1);
    pass(10);
  }
  t.is(a.neighbor.view().sent.keepalive, before);
});

test('UPDATEs, KEEPALIVEs and ROUTE-REFRESHes that arrive restart the hold timer; half a message does not', (t) => {
  for (const sign of [END_OF_RIB, KEEPALIVE, message(5, [0, 1, 0, 1])]) {
    const { us, peer, pass } = rawPair('Established');
    for (let round = 0; round < 10; round++) {
      pass(80);
      peer.send(sign);
    }
    pass(89);
    t.true(us.neighbor.isEstablished);
    peer.send(KEEPALIVE.slice(0, 18));
    pass(2);
    t.false(us.neighbor.isEstablished);
    t.deepEqual(peer.notification(), [4, 0]);
    t.is(us.calls.at(-1), 'down: Hold Timer Expired');
  }
});

test('silence for the hold time ends the session with 4/0 on both sides, down told once', (t) => {
  const { a, b, network, pass } = establishedPair();
  network.isCut = true;
  pass(91);
  network.isCut = false;
  t.deepEqual(a.calls, ['established', 'down: Hold Timer Expired']);
  t.deepEqual(b.calls, ['established', 'down: Hold Timer Expired']);
  t.deepEqual(a.notifications(), ['sent 4/0']);
  t.is(a.neighbor.view().lastReset?.code, 4);
  t.is(a.neighbor.view().connectionsDropped, 1);
  pass(130);
  t.true(a.neighbor.isEstablished && b.neighbor.isEstablished);
});

test('a peer that never sends OPEN is left after 4 minutes, one that never sends KEEPALIVE after the hold time', (t) => {
  const silent = rawPair('OpenSent');
  silent.pass(239);
  t.is(silent.us.neighbor.state, 'OpenSent');
  silent.pass(2);
  t.deepEqual(silent.peer.notification(), [4, 0]);
  const halfway = rawPair('OpenConfirm');
  halfway.pass(91);
  t.deepEqual(halfway.peer.notification(), [4, 0]);
  t.deepEqual(halfway.us.calls, []);
});

test('a thread that was busy past the hold time reads what arrived before it gives the session up', (t) => {
  const { us, peer, clock, network } = rawPair('Established');
  clock.stall(200_000);
  peer.send(KEEPALIVE);
  clock.advance(1);
  t.true(us.neighbor.isEstablished);
  network.run();
  clock.advance(80_000);
  t.true(us.neighbor.isEstablished);
  clock.stall(200_000);
  clock.advance(1000);
  t.false(us.neighbor.isEstablished);
});

test('a broken TCP connection is a session lost, and a new one stands after a second', (t) => {
  const { a, b, pass, network } = establishedPair();
  pass(60);
  a.endpoint.breakConnection(a.endpoint.openConnections[0]);
  network.run();
  t.deepEqual(a.calls, ['established', 'down: read ECONNRESET']);
  t.is(a.neighbor.state, 'Idle');
  t.deepEqual(a.neighbor.view().lastReset?.direction, 'local');
  pass(1);
  t.true(a.neighbor.isEstablished && b.neighbor.isEstablished);
  t.is(a.neighbor.view().connectionsEstablished, 2);
  t.deepEqual(a.calls, ['established', 'down: read ECONNRESET', 'established']);
});

test('a session that falls at once is tried again after 4 to 5 seconds', (t) => {
  const { us, peer, pass, clock } = rawPair('OpenSent');
  clock.random = () => 0.999;
  peer.send(open({ asn: 65001 }));
  pass(4.9);
  t.is(us.neighbor.state, 'Idle');
  pass(0.1);
  t.is(us.neighbor.state, 'Active');
});

test('a peer that refuses is tried again when the ConnectRetryTimer expires, and may connect in between', (t) => {
  const { a, b, pass } = createPair();
  b.endpoint.isListening = false;
  a.neighbor.start();
  pass(1);
  t.is(a.neighbor.state, 'Active');
  t.deepEqual(a.neighbor.view().lastError, 'connect ECONNREFUSED 192.0.2.2:179');
  t.is(a.endpoint.requests.length, 1);
  pass(88);
  t.is(a.endpoint.requests.length, 1);
  pass(32);
  t.is(a.endpoint.requests.length, 2);
  b.endpoint.isListening = true;
  b.neighbor.start();
  pass(0);
  t.true(a.neighbor.isEstablished && b.neighbor.isEstablished);
  t.is(a.endpoint.requests.length, 2);
  t.is(a.neighbor.view().lastError, undefined);
});

test('a connection attempt without an answer is given up and made anew', (t) => {
  const { a, network, pass } = createPair();
  network.isCut = true;
  a.neighbor.start();
  pass(121);
  t.is(a.neighbor.state, 'Connect');
  t.is(a.endpoint.requests.length, 2);
  t.is(a.endpoint.openConnections.length, 1);
});

test('a passive neighbor never connects', (t) => {
  const { a, pass } = createPair({ a: { isPassive: true } });
  a.neighbor.start();
  pass(100_000);
  t.is(a.neighbor.state, 'Active');
  t.deepEqual(a.endpoint.requests, []);
});

test('two neighbors that both refuse at first, and both reset, always find together again', (t) => {
  const { a, b, pass } = createPair();
  a.neighbor.start();
  b.neighbor.start();
  pass(5);
  for (let round = 0; round < 20; round++) {
    t.true(a.neighbor.isEstablished && b.neighbor.isEstablished, `round ${round}`);
    a.neighbor.reset();
    if (round % 2 === 0) b.neighbor.reset();
    pass(round % 3 === 0 ? 12 : 7);
  }
});

test('`clear` ends the session with Cease 6/4 and connects at once', (t) => {
  const { a, b, network } = establishedPair();
  a.neighbor.reset();
  t.deepEqual(a.calls, ['established', 'down: Cease/Administrative Reset']);
  network.run();
  t.deepEqual(b.notifications(), ['received 6/4']);
  t.true(a.neighbor.isEstablished && b.neighbor.isEstablished);
  t.is(b.calls.length, 3);
});

test('a shutdown says Cease 6/2 with its text, refuses connections with 6/5, and ends with no shutdown', (t) => {
  const { a, b, network, pass } = establishedPair({ b: { isPassive: false } });
  b.events.length = 0;
  a.neighbor.setShutdown(true, 'new disk, back at nine');
  network.run();
  t.deepEqual(b.notifications(), ['received 6/2']);
  t.is(b.neighbor.view().lastReset?.reason, 'Cease/Administrative Shutdown: new disk, back at nine');
  t.is(a.neighbor.state, 'Idle');
  t.true(a.neighbor.view().isShutdown);
  pass(6);
  t.deepEqual(b.notifications().slice(1), ['received 6/5']);
  // What `show` says of the last reset is why the session went, not that the peer refuses to have it back.
  t.is(b.neighbor.view().lastReset?.reason, 'Cease/Administrative Shutdown: new disk, back at nine');
  t.true(a.events.some(({ type }) => type === 'connection-refused'));
  pass(1000);
  t.is(a.neighbor.state, 'Idle');
  a.neighbor.setShutdown(false);
  pass(6);
  t.true(a.neighbor.isEstablished);
});

test('stop ends everything: Cease, no timer, no connection, no way back but start', (t) => {
  const { a, b, clock, network, pass } = establishedPair();
  a.neighbor.stop({ subcode: 3 });
  b.neighbor.stop({ subcode: 3 });
  network.run();
  t.is(clock.pendingTimers, 0);
  t.deepEqual([a.endpoint.openConnections, b.endpoint.openConnections], [[], []]);
  t.deepEqual([a.calls.length, b.calls.length], [2, 2]);
  pass(1000);
  t.is(a.neighbor.state, 'Idle');
  b.neighbor.start();
  a.neighbor.start();
  pass(0);
  t.true(a.neighbor.isEstablished);
});

test('a neighbor that is configured as shut down does not start', (t) => {
  const { a, pass, clock } = createPair({ a: { isShutdown: true } });
  a.neighbor.start();
  pass(1000);
  t.is(a.neighbor.state, 'Idle');
  t.is(clock.pendingTimers, 0);
});

test('after an error of the peer connections are refused for the idle hold only', (t) => {
  const { us, peer, network, pass } = rawPair('Established');
  peer.send(message(9));
  network.run();
  dial(network, us, peer);
  t.true(peer.isClosed);
  t.deepEqual(peer.messages().at(-1), { type: 3, body: [6, 5] });
  pass(6);
  dial(network, us, peer);
  t.is(us.neighbor.state, 'OpenSent');
});

test('after a session that the peer ended its next connection is taken at once', (t) => {
  const { us, peer, network } = rawPair('Established');
  peer.send(message(3, [6, 4]));
  network.run();
  t.is(us.neighbor.state, 'Idle');
  dial(network, us, peer);
  peer.send(open(), KEEPALIVE);
  network.run();
  t.true(us.neighbor.isEstablished);
});

test('the listener may stop, reset or send from within its calls', (t) => {
  const stopped = rawPair('Established');
  stopped.us.onUpdate = (neighbor) => neighbor.stop({ subcode: 2 });
  stopped.peer.send(END_OF_RIB, END_OF_RIB);
  stopped.network.run();
  t.is(stopped.us.updates.length, 1);
  t.is(stopped.us.neighbor.state, 'Idle');
  t.is(stopped.clock.pendingTimers, 0);

  const { a, b, network, pass } = establishedPair();
  a.onEstablished = (neighbor) => neighbor.send(END_OF_RIB, 1);
  b.onUpdate = (neighbor) => {
    if (b.updates.length === 1) neighbor.reset();
  };
  const seen: unknown[] = [];
  b.onDown = (neighbor) => {
    seen.push(neighbor.negotiated?.remoteAsn, neighbor.connectionInfo?.remoteAddress, neighbor.isEstablished);
    neighbor.send(END_OF_RIB, 1);
  };
  a.neighbor.reset();
  network.run();
  pass(10);
  t.deepEqual(b.updates.length, 2);
  t.deepEqual(seen, [asn(65001), '192.0.2.1', false, asn(65001), '192.0.2.1', false]);
  t.true(a.neighbor.isEstablished && b.neighbor.isEstablished);
  t.deepEqual(
    b.calls.map((call) => call.split(':')[0]),
    ['established', 'down', 'established', 'down', 'established'],
  );
});

test('established and down alternate, whatever a down listener does', (t) => {
  const { a, b, pass } = establishedPair();
  a.onDown = (neighbor) => neighbor.reset();
  b.neighbor.reset();
  pass(20);
  t.true(a.neighbor.isEstablished);
  t.deepEqual(
    a.calls.map((call) => call.split(':')[0]),
    ['established', 'down', 'established'],
  );
});
