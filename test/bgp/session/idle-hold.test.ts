// What follows the end of a session: listen or hold, how long, and whether connections are taken meanwhile.

import test from 'ava';
import { FsmEvent, type SessionEvent } from '#bgp/session/events.ts';
import { planRestart } from '#bgp/session/idle-hold.ts';

const lost: SessionEvent = { type: FsmEvent.TcpConnectionFails, reason: 'read ECONNRESET' };
const cease = (subcode: number): SessionEvent => ({
  type: FsmEvent.NotificationReceived,
  code: 6,
  subcode,
  reason: 'Cease',
});

test('an attempt that nobody answered is followed by listening, not by a hold', (t) => {
  const plan = planRestart({ from: 'Connect', event: lost, sentCode: undefined, establishedForMs: 0 });
  t.deepEqual(plan, { type: 'listen' });
});

test('a session that stood for 10 s is sought again after 1 s, any other after 5 s', (t) => {
  const hold = (establishedForMs: number): unknown =>
    planRestart({ from: 'Established', event: lost, sentCode: undefined, establishedForMs });
  t.deepEqual(hold(10_000), { type: 'hold', sec: 1, refusesConnections: false });
  t.deepEqual(hold(9999), { type: 'hold', sec: 5, refusesConnections: false });
  const failed = planRestart({ from: 'OpenSent', event: cease(5), sentCode: undefined, establishedForMs: 1e9 });
  t.deepEqual(failed, { type: 'hold', sec: 5, refusesConnections: false });
});

test('a connection lost to a collision is sought again after 1 s', (t) => {
  const plan = planRestart({ from: 'OpenConfirm', event: cease(7), sentCode: undefined, establishedForMs: 0 });
  t.deepEqual(plan, { type: 'hold', sec: 1, refusesConnections: false });
});

test('connections are refused only after a fault of the peer', (t) => {
  const refuses = (sentCode: number | undefined): boolean => {
    const plan = planRestart({ from: 'OpenConfirm', event: lost, sentCode, establishedForMs: 0 });
    return plan.type === 'hold' && plan.refusesConnections;
  };
  t.deepEqual([1, 2, 3, 5, 7].map(refuses), [true, true, true, true, true]);
  t.deepEqual([4, 6, undefined].map(refuses), [false, false, false]);
});
