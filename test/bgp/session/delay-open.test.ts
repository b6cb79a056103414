// DelayOpen and DampPeerOscillations (RFC 4271 §8.1.1) of whole neighbors; the single steps are in fsm-table.ts, the length of the
// rest in idle-hold.test.ts.

import test from 'ava';
import { KEEPALIVE, message, notification, open } from './bytes.ts';
import { createPair } from './pair.ts';
import { dial, rawPair } from './raw-peer.ts';

const timers = { connectRetrySec: 120, holdTimeSec: 90, keepaliveSec: 30 };
const delayed = { timers: { ...timers, delayOpenSec: 20 } };

function waiting(isPassive: boolean): ReturnType<typeof rawPair> {
  const raw = rawPair('Idle', { a: { ...delayed, isPassive } });
  raw.us.neighbor.start();
  if (isPassive) dial(raw.network, raw.us, raw.peer);
  else raw.network.run();
  return raw;
}

for (const [name, isPassive, state] of [
  ['a connection of the peer', true, 'Active'],
  ['our own connection', false, 'Connect'],
] as const) {
  test(`with DelayOpen ${name} waits for the peer’s OPEN, which is answered by ours and a KEEPALIVE (event 20)`, (t) => {
    const { us, peer, network } = waiting(isPassive);
    t.is(us.neighbor.state, state);
    t.deepEqual(peer.messages(), []);
    peer.send(open());
    network.run();
    t.deepEqual(
      peer.messages().map(({ type }) => type),
      [1, 4],
    );
    t.is(us.neighbor.state, 'OpenConfirm');
    peer.send(KEEPALIVE);
    network.run();
    t.true(us.neighbor.isEstablished);
    t.deepEqual(us.neighbor.view().sent, { open: 1, update: 0, notification: 0, keepalive: 1, routeRefresh: 0 });
  });

  test(`with DelayOpen ${name} on which the peer says nothing gets our OPEN after the delay (event 12)`, (t) => {
    const { us, peer, network, pass } = waiting(isPassive);
    pass(19.9);
    t.deepEqual(peer.messages(), []);
    pass(0.1);
    t.is(us.neighbor.state, 'OpenSent');
    peer.send(open(), KEEPALIVE);
    network.run();
    t.true(us.neighbor.isEstablished);
  });

  test(`with DelayOpen ${name} that ends, says nonsense or NOTIFICATION before any OPEN leaves nothing behind`, (t) => {
    for (const bytes of [
      undefined,
      KEEPALIVE,
      message(9),
      notification(6, 4),
      notification(2, 1, [0, 4]),
      open({ asn: 0 }),
    ]) {
      const { us, peer, network, clock, pass } = waiting(isPassive);
      if (bytes === undefined) peer.endpoint.close(peer.connection ?? 0);
      else peer.send(bytes);
      network.run();
      t.deepEqual(us.endpoint.openConnections, []);
      t.deepEqual(peer.messages(), []);
      t.true(us.neighbor.state === 'Idle' || us.neighbor.state === 'Active');
      t.is(us.neighbor.view().localAddress, undefined);
      t.deepEqual(us.calls, []);
      pass(200);
      us.neighbor.stop('final');
      network.run();
      t.is(clock.pendingTimers, 0);
    }
  });
}

test('two sides that both delay find together after the shorter delay', (t) => {
  const { a, b, pass } = createPair({ a: delayed, b: { timers: { ...timers, delayOpenSec: 5 } } });
  a.neighbor.start();
  b.neighbor.start();
  pass(4);
  t.false(a.neighbor.isEstablished);
  pass(2);
  t.true(a.neighbor.isEstablished && b.neighbor.isEstablished);
  pass(30);
  t.is(a.endpoint.openConnections.length, 1);
  t.is(a.neighbor.view().connectionsEstablished, 1);
});

test('a connection that waits with its OPEN makes no room for a flood of others', (t) => {
  const { us, peer, network, clock } = waiting(true);
  for (let round = 0; round < 300; round++) dial(network, us, peer);
  t.true(us.endpoint.openConnections.length <= 2);
  t.true(clock.pendingTimers <= 4);
  peer.send(open(), KEEPALIVE);
  network.run();
  t.true(us.neighbor.isEstablished);
  t.is(us.endpoint.openConnections.length, 1);
});

test('a peer that ends each session over a fault of ours, and comes back at once, is let in less and less often', (t) => {
  const { us, peer, network, pass, clock } = rawPair('OpenSent');
  const up: number[] = [];
  for (let second = 0; second < 200; second++) {
    if (second > 0) dial(network, us, peer);
    peer.send(open(), KEEPALIVE);
    network.run();
    if (us.neighbor.isEstablished) up.push(Math.round(clock.nowMs() / 1000));
    peer.send(notification(3, 10));
    network.run();
    pass(1);
  }
  const waits = up.slice(1).map((at, index) => at - up[index]);
  t.deepEqual(waits[0], 1, 'once it may have been chance');
  t.true(up.length <= 8, `${up.join(' ')}`);
  t.true(
    waits.slice(1).every((wait, index) => wait >= 7 * 2 ** index),
    waits.join(' '),
  );
});

test('a peer that falls again and again is sought less and less often, and said so; `clear` forgets', (t) => {
  const { us, peer, network, pass } = rawPair('OpenSent');
  const holds: (number | undefined)[] = [];
  for (let round = 0; round < 7; round++) {
    peer.send(open({ asn: 65001 }));
    network.run();
    t.is(us.neighbor.state, 'Idle');
    const { damping } = us.neighbor.view().session;
    holds.push(damping.idleHoldSec);
    t.is(damping.falls, round + 1);
    t.true((damping.remainingMs ?? 0) > 0);
    pass((damping.remainingMs ?? 0) / 1000 + 0.1);
    dial(network, us, peer);
  }
  t.deepEqual(holds, [5, 10, 20, 40, 80, 120, 120]);
  us.neighbor.reset();
  t.is(us.neighbor.view().session.damping.falls, 0);
  us.neighbor.reconfigure({ ...us.neighbor.config, dampsPeerOscillations: false });
  for (let round = 0; round < 4; round++) {
    dial(network, us, peer);
    peer.send(open({ asn: 65001 }));
    network.run();
    t.is(us.neighbor.view().session.damping.idleHoldSec, 5);
    pass(6);
  }
});
