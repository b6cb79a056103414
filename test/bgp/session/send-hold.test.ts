// The send hold timer (RFC 9687): a peer that takes nothing any more loses its session, whatever it says meanwhile; one that is
// slow keeps it.

import test from 'ava';
import type { NeighborConfig } from '#bgp/config.ts';
import { KEEPALIVE, updateOf } from './bytes.ts';
import { type RawPair, rawPair } from './raw-peer.ts';

const timers = { connectRetrySec: 120, holdTimeSec: 90, keepaliveSec: 30 };

/** The peer stops reading and goes on saying KEEPALIVE, as behind a closed window. */
function deafPeer(changes: Partial<NeighborConfig> = {}): RawPair {
  const raw = rawPair('Established', { a: changes });
  raw.peer.endpoint.setReading(raw.peer.connection ?? 0, false);
  return raw;
}

function passWithKeepalives({ peer, pass }: RawPair, sec: number): void {
  for (let at = 0; at < sec; at += 10) {
    peer.send(KEEPALIVE);
    pass(10);
  }
}

test('a peer that never reads ends with 8/0 after the send hold time, and the connection is closed', (t) => {
  const raw = deafPeer();
  const { us, peer, network } = raw;
  us.neighbor.send(updateOf(4000), 1);
  passWithKeepalives(raw, 470);
  t.true(us.neighbor.isEstablished);
  passWithKeepalives(raw, 80);
  t.false(us.neighbor.isEstablished);
  t.deepEqual(us.notifications(), ['sent 8/0']);
  t.deepEqual(us.calls, ['established', 'down: Send Hold Timer Expired']);
  t.is(us.endpoint.openConnections.length, 0);
  const reset = us.neighbor.view().lastReset;
  t.deepEqual([reset?.code, reset?.subcode, reset?.direction], [8, 0, 'sent']);
  peer.endpoint.setReading(peer.connection ?? 0, true);
  network.run();
  t.deepEqual(peer.notification(), [8, 0]);
});

test('keepalives that are not taken are reason enough', (t) => {
  const raw = deafPeer({ timers: { ...timers, sendHoldSec: 120 } });
  passWithKeepalives(raw, 200);
  t.deepEqual(raw.us.notifications(), ['sent 8/0']);
});

test('a peer that takes one segment now and then keeps its session', (t) => {
  const raw = deafPeer({ timers: { ...timers, sendHoldSec: 100 } });
  const { us, peer, network } = raw;
  network.segmentBytes = 100;
  us.neighbor.send(updateOf(4000), 1);
  for (let round = 0; round < 30; round++) {
    passWithKeepalives(raw, 80);
    peer.endpoint.setReading(peer.connection ?? 0, true);
    network.deliverNext();
    peer.endpoint.setReading(peer.connection ?? 0, false);
  }
  t.true(us.neighbor.isEstablished);
  passWithKeepalives(raw, 130);
  t.false(us.neighbor.isEstablished);
});

test('a peer that reads everything never meets the timer', (t) => {
  const { us, peer, pass } = rawPair('Established', { a: { timers: { ...timers, sendHoldSec: 91 } } });
  for (let round = 0; round < 50; round++) {
    us.neighbor.send(updateOf(100), 1);
    peer.send(KEEPALIVE);
    pass(29);
  }
  t.true(us.neighbor.isEstablished);
});

test('send hold 0, and hold time 0, switch it off (RFC 9687 §3)', (t) => {
  for (const changes of [
    { ...timers, sendHoldSec: 0 },
    { ...timers, holdTimeSec: 0, sendHoldSec: 100 },
  ]) {
    const raw = deafPeer({ timers: changes });
    raw.us.neighbor.send(updateOf(4000), 1);
    passWithKeepalives(raw, 2000);
    t.true(raw.us.neighbor.isEstablished);
    t.is(raw.us.neighbor.view().session.sendHoldSec, 0);
  }
});

test('a new send hold time holds at once', (t) => {
  const raw = deafPeer();
  const { us } = raw;
  us.neighbor.send(updateOf(4000), 1);
  passWithKeepalives(raw, 100);
  t.is(us.neighbor.view().session.sendHoldSec, 480);
  t.is(us.neighbor.reconfigure({ ...us.neighbor.config, timers: { ...timers, sendHoldSec: 95 } }), 'updated');
  passWithKeepalives(raw, 90);
  t.true(us.neighbor.isEstablished);
  passWithKeepalives(raw, 30);
  t.false(us.neighbor.isEstablished);
  t.is(us.neighbor.view().session.sendHoldSec, 95);
});

test('no timer is left behind when the queue is empty or the session is gone', (t) => {
  const { us, network, clock, pass } = rawPair('Established', { a: { timers: { ...timers, sendHoldSec: 91 } } });
  pass(12);
  t.is(clock.pendingTimers, 2);
  us.neighbor.send(updateOf(4000), 1);
  t.is(clock.pendingTimers, 3);
  network.run();
  pass(12);
  t.is(clock.pendingTimers, 2);
  us.neighbor.send(updateOf(4000), 1);
  us.neighbor.stop('final');
  t.is(clock.pendingTimers, 0);
});
