// What follows the end of a session: listen or hold, how long, and whether connections are taken meanwhile.

import test from 'ava';
import { FsmEvent, type SessionEvent } from '#bgp/session/events.ts';
import { planRestart } from '#bgp/session/idle-hold.ts';

const lost: SessionEvent = { type: FsmEvent.TcpConnectionFails, reason: 'read ECONNRESET' };
const cease = (subcode: number): SessionEvent => ({
  type: FsmEvent.NotificationReceived,
  code: 6,
  subcode,
  data: new Uint8Array(0),
  reason: 'Cease',
});

test('an attempt that nobody answered is followed by listening, not by a hold', (t) => {
  const plan = planRestart({ from: 'Connect', event: lost, sentCode: undefined, establishedForMs: 0 }, 0);
  t.deepEqual(plan, { type: 'listen' });
});

test('a session that stood for 10 s is sought again after 1 s, any other after 5 s', (t) => {
  const hold = (establishedForMs: number): unknown =>
    planRestart({ from: 'Established', event: lost, sentCode: undefined, establishedForMs }, 0);
  t.deepEqual(hold(10_000), { type: 'hold', sec: 1, refusesConnections: false, falls: 1 });
  t.deepEqual(hold(9999), { type: 'hold', sec: 5, refusesConnections: false, falls: 1 });
  const failed = planRestart({ from: 'OpenSent', event: cease(5), sentCode: undefined, establishedForMs: 1e9 }, 0);
  t.deepEqual(failed, { type: 'hold', sec: 5, refusesConnections: false, falls: 1 });
});

test('a connection lost to a collision is sought again after 1 s', (t) => {
  const plan = planRestart({ from: 'OpenConfirm', event: cease(7), sentCode: undefined, establishedForMs: 0 }, 0);
  t.deepEqual(plan, { type: 'hold', sec: 1, refusesConnections: false, falls: 0 });
});

test('connections are refused only after a fault of the peer', (t) => {
  const refuses = (sentCode: number | undefined): boolean => {
    const plan = planRestart({ from: 'OpenConfirm', event: lost, sentCode, establishedForMs: 0 }, 0);
    return plan.type === 'hold' && plan.refusesConnections;
  };
  t.deepEqual([1, 2, 3, 5, 7].map(refuses), [true, true, true, true, true]);
  t.deepEqual([4, 6, 8, undefined].map(refuses), [false, false, false, false]);
});

test('connections of a peer that finds faults in what we say are refused from the second time on', (t) => {
  const refuses = (code: number, falls: number | undefined, establishedForMs = 1000): boolean => {
    const event: SessionEvent = {
      type: FsmEvent.NotificationReceived,
      code,
      subcode: 10,
      data: new Uint8Array(0),
      reason: 'a fault',
    };
    const plan = planRestart({ from: 'Established', event, sentCode: undefined, establishedForMs }, falls);
    return plan.type === 'hold' && plan.refusesConnections;
  };
  t.deepEqual(
    [0, 1, 2].map((falls) => refuses(3, falls)),
    [false, true, true],
  );
  t.deepEqual(
    [1, 2, 3, 5, 7].map((code) => refuses(code, 1)),
    [true, true, true, true, true],
  );
  t.deepEqual(
    [4, 6, 8].map((code) => refuses(code, 1)),
    [false, false, false],
  );
  t.false(refuses(3, undefined), 'oscillations are not damped');
  t.false(refuses(3, 5, 300_000), 'the session stood for long');
});

test('each fall doubles the hold, up to two minutes, until a session stands for five (RFC 4271 §8.1.1)', (t) => {
  const holds = (establishedForMs: number, rounds: number, isDamped = true): unknown[] => {
    let falls = 0;
    return Array.from({ length: rounds }, () => {
      const end = { from: 'Established', event: lost, sentCode: undefined, establishedForMs } as const;
      const plan = planRestart(end, isDamped ? falls : undefined);
      if (plan.type !== 'hold') return 'listen';
      ({ falls } = plan);
      return plan.sec;
    });
  };
  t.deepEqual(holds(1000, 7), [5, 10, 20, 40, 80, 120, 120]);
  t.deepEqual(holds(20_000, 9), [1, 2, 4, 8, 16, 32, 64, 120, 120]);
  t.deepEqual(holds(300_000, 3), [1, 1, 1]);
  t.deepEqual(holds(1000, 4, false), [5, 5, 5, 5]);
  t.deepEqual(holds(1000, 2000).at(-1), 120);
});
