// Every cell of the table (fsm-table.ts) against step, and what the table cannot say: order of effects, hold time 0, passive.

import test from 'ava';
import { asn } from '#bgp/net/asn.ts';
import { ipv4Unicast } from '#bgp/net/family.ts';
import { routerId } from '#bgp/net/router-id.ts';
import { absentEvents, FsmEvent, type SessionEvent } from '#bgp/session/events.ts';
import { type Effect, step } from '#bgp/session/fsm.ts';
import type { Negotiated } from '#bgp/session/negotiation.ts';
import {
  createSession,
  type Session,
  type SessionSettings,
  type SessionState,
  type TimerName,
} from '#bgp/session/state.ts';
import { NotificationError } from '#bgp/wire/notification.ts';
import { type Cell, fsmTable } from './fsm-table.ts';

const states: readonly SessionState[] = ['Idle', 'Connect', 'Active', 'OpenSent', 'OpenConfirm', 'Established'];

const negotiated: Negotiated = {
  families: [ipv4Unicast],
  hasFourOctetAsn: true,
  hasRouteRefresh: true,
  holdTimeSec: 90,
  keepaliveSec: 30,
  remoteAsn: asn(65002),
  remoteRouterId: routerId(2),
  kind: 'ebgp',
  isIbgp: false,
  localAsn: asn(65001),
  addPathReceive: [],
  addPathSend: [],
  hasEnhancedRefresh: false,
  canSendExtended: false,
  takesExtended: false,
  hasExtendedNextHop: false,
  localRole: undefined,
  remoteRole: undefined,
  gracefulRestart: undefined,
  longLived: [],
  offersGracefulRestart: false,
  capabilitiesSent: [],
  capabilitiesReceived: [],
};

const NO_DATA = new Uint8Array(0);
const samples: readonly SessionEvent[] = [
  { type: FsmEvent.ManualStart },
  { type: FsmEvent.ManualStop, subcode: 2, data: NO_DATA },
  { type: FsmEvent.AutomaticStart },
  { type: FsmEvent.ManualStartPassive },
  { type: FsmEvent.AutomaticStartPassive },
  { type: FsmEvent.AutomaticStop, subcode: 1, data: NO_DATA },
  { type: FsmEvent.ConnectRetryTimerExpires },
  { type: FsmEvent.HoldTimerExpires },
  { type: FsmEvent.KeepaliveTimerExpires },
  { type: FsmEvent.TcpConnectionRequestAcked },
  { type: FsmEvent.TcpConnectionConfirmed },
  { type: FsmEvent.TcpConnectionFails, reason: 'connection reset' },
  { type: FsmEvent.BgpOpen, negotiated },
  { type: FsmEvent.BgpHeaderError, error: new NotificationError(1, 2, Uint8Array.of(0, 5)) },
  { type: FsmEvent.BgpOpenError, error: new NotificationError(2, 2) },
  { type: FsmEvent.OpenCollisionDump },
  { type: FsmEvent.NotificationVersionError, code: 2, subcode: 1, data: NO_DATA, reason: 'version' },
  { type: FsmEvent.NotificationReceived, code: 6, subcode: 4, data: NO_DATA, reason: 'reset' },
  { type: FsmEvent.KeepaliveReceived },
  { type: FsmEvent.UpdateReceived, messageType: 2 },
  { type: FsmEvent.UpdateError, error: new NotificationError(3, 1) },
  { type: FsmEvent.AutomaticStartDamped },
  { type: FsmEvent.AutomaticStartDampedPassive },
  { type: FsmEvent.DelayOpenTimerExpires },
  { type: FsmEvent.IdleHoldTimerExpires },
  { type: FsmEvent.BgpOpenWithDelayOpenTimer, negotiated },
  { type: FsmEvent.SendHoldTimerExpires },
];

const settings: SessionSettings = { connectRetrySec: 120, isPassive: false, delayOpenSec: 0, sendHoldSec: undefined };
const delaying: readonly SessionEvent['type'][] = [FsmEvent.DelayOpenTimerExpires, FsmEvent.BgpOpenWithDelayOpenTimer];

function sessionIn(state: SessionState, holdTimeSec = 90): Session {
  const session = createSession(settings, state);
  session.connectRetryCounter = 3;
  const hasOpen = state === 'OpenConfirm' || state === 'Established';
  if (hasOpen) session.negotiated = { ...negotiated, holdTimeSec, keepaliveSec: holdTimeSec / 3 };
  return session;
}

/** What step did, in the words of the table. */
function observe(session: Session, effects: readonly Effect[]): Omit<Cell, 'ours'> {
  const counter = new Map<number, Cell['counter']>([
    [0, 'zero'],
    [3, 'unchanged'],
    [4, 'increment'],
  ]);
  const starts: Record<string, number> = {};
  const stops = new Set<TimerName>();
  for (const effect of effects) {
    if (effect.type === 'start-timer') {
      starts[effect.timer] = effect.sec;
      stops.delete(effect.timer);
    }
    if (effect.type === 'stop-timer') {
      stops.add(effect.timer);
      delete starts[effect.timer];
    }
  }
  return {
    next: session.state,
    sends: effects.flatMap((effect): Cell['sends'] => {
      if (effect.type === 'send-open') return ['OPEN'];
      if (effect.type === 'send-keepalive') return ['KEEPALIVE'];
      if (effect.type === 'send-notification') return [['NOTIFICATION', effect.code, effect.subcode, ...effect.data]];
      return [];
    }),
    starts,
    stops: [...stops].toSorted(),
    counter: counter.get(session.connectRetryCounter) ?? 'unchanged',
    closes: effects.some(({ type }) => type === 'close'),
    connects: effects.some(({ type }) => type === 'connect'),
    tells: effects.map(({ type }) => type).find((type) => type === 'established' || type === 'down'),
  };
}

for (const state of states) {
  for (const event of samples) {
    test(`${state}, event ${event.type}: what RFC 4271 §8.2.2 says`, (t) => {
      const expected = fsmTable[state][event.type];
      if (expected === 'absent') return t.fail('the table has no cell for an event that exists');
      const session = sessionIn(state);
      session.isDelayingOpen = (state === 'Connect' || state === 'Active') && delaying.includes(event.type);
      const effects = step(session, event);
      t.false(session.isDelayingOpen);
      const { ours: _ours, ...wanted } = expected;
      t.deepEqual(observe(session, effects), { ...wanted, stops: wanted.stops.toSorted() });
    });
  }
}

test('the table has 174 cells, and only events that cannot happen here lack one', (t) => {
  const events = Object.values(FsmEvent);
  t.deepEqual(
    events,
    Array.from({ length: 29 }, (_, index) => index + 1),
  );
  const asserted = new Set(samples.map(({ type }) => type));
  let cells = 0;
  for (const state of states) {
    for (const event of events) {
      cells += 1;
      t.is(fsmTable[state][event] === 'absent', absentEvents.has(event), `${state}, event ${event}`);
      t.is(fsmTable[state][event] === 'absent', !new Set<number>(asserted).has(event), `${state}, event ${event}`);
    }
  }
  t.is(cells, 174);
  for (const [event, reason] of absentEvents) t.true(reason.length > 10, `event ${event}`);
});

test('`established` and `down` come last, and a NOTIFICATION goes before the close', (t) => {
  for (const state of states) {
    for (const event of samples) {
      const types = step(sessionIn(state), event).map(({ type }) => type);
      const told = types.findIndex((type) => type === 'established' || type === 'down');
      if (told >= 0) t.is(told, types.length - 1, `${state}, event ${event.type}`);
      const notified = types.indexOf('send-notification');
      if (notified >= 0) t.true(notified < types.indexOf('close'), `${state}, event ${event.type}`);
    }
  }
});

test('with a negotiated hold time of 0 neither hold nor keepalive timer runs (RFC 4271 §4.2)', (t) => {
  const session = sessionIn('OpenSent');
  const effects = step(session, {
    type: FsmEvent.BgpOpen,
    negotiated: { ...negotiated, holdTimeSec: 0, keepaliveSec: 0 },
  });
  t.deepEqual(observe(session, effects).starts, {});
  t.true(observe(session, effects).stops.includes('hold'));
  t.deepEqual(observe(session, step(session, { type: FsmEvent.KeepaliveReceived })).starts, {});
  t.is(session.state, 'Established');
  for (const event of [
    { type: FsmEvent.KeepaliveReceived },
    { type: FsmEvent.UpdateReceived, messageType: 2 },
  ] as const) {
    t.deepEqual(step(sessionIn('Established', 0), event), []);
  }
});

test('a passive session never leaves Active to connect', (t) => {
  const session = createSession({ ...settings, isPassive: true });
  step(session, { type: FsmEvent.ManualStartPassive });
  const effects = step(session, { type: FsmEvent.ConnectRetryTimerExpires });
  t.is(session.state, 'Active');
  t.deepEqual(effects, [{ type: 'start-timer', timer: 'connect-retry', sec: 120 }]);
});

test('ROUTE-REFRESH before Established is an unexpected message of type 5 (RFC 6608 §4)', (t) => {
  const wanted = { OpenSent: 1, OpenConfirm: 2 } as const;
  for (const state of ['OpenSent', 'OpenConfirm'] as const) {
    const [first] = step(sessionIn(state), { type: FsmEvent.UpdateReceived, messageType: 5 });
    t.deepEqual(first, { type: 'send-notification', code: 5, subcode: wanted[state], data: Uint8Array.of(5) });
  }
});

test('DelayOpen: the OPEN waits for the peer’s, a lost connection is listened for (RFC 4271 §8.1.1, §8.2.2)', (t) => {
  for (const state of ['Connect', 'Active'] as const) {
    const session = createSession({ ...settings, delayOpenSec: 7 }, state);
    session.connectRetryCounter = 3;
    const effects = step(session, { type: FsmEvent.TcpConnectionConfirmed });
    t.deepEqual(observe(session, effects).starts, { 'delay-open': 7 });
    t.deepEqual(observe(session, effects).stops, ['connect-retry']);
    t.is(session.state, state);
    t.true(session.isDelayingOpen);
    const lost = observe(session, step(session, { type: FsmEvent.TcpConnectionFails, reason: 'reset' }));
    t.false(session.isDelayingOpen);
    t.deepEqual(
      [lost.next, lost.counter, lost.closes],
      state === 'Connect' ? ['Active', 'unchanged', true] : ['Idle', 'increment', true],
    );
    t.is(lost.starts['connect-retry'], 120);
  }
});

test('a version error while the DelayOpenTimer runs is no failure (RFC 4271 §8.2.2, event 24)', (t) => {
  for (const state of ['Connect', 'Active'] as const) {
    const session = sessionIn(state);
    session.isDelayingOpen = true;
    const event = { type: FsmEvent.NotificationVersionError, code: 2, subcode: 1, data: NO_DATA, reason: '' } as const;
    const seen = observe(session, step(session, event));
    t.deepEqual([seen.next, seen.counter, seen.sends], ['Idle', 'unchanged', []]);
  }
});

test('a stop for a restart closes without a NOTIFICATION (RFC 4724 §4.1)', (t) => {
  for (const state of ['OpenSent', 'OpenConfirm', 'Established'] as const) {
    const session = sessionIn(state);
    const event = { type: FsmEvent.ManualStop, subcode: 2, data: NO_DATA, isSilent: true } as const;
    const seen = observe(session, step(session, event));
    t.deepEqual([seen.next, seen.sends, seen.closes, seen.counter], ['Idle', [], true, 'zero']);
  }
});

test('the send hold timer is twice the hold time when that is longer, as configured, or off (RFC 9687 §4)', (t) => {
  const cases = [
    [90, undefined, 480],
    [600, undefined, 1200],
    [90, 30, 30],
    [90, 0, undefined],
    [0, undefined, undefined],
    [0, 30, undefined],
  ] as const;
  for (const [holdTimeSec, configured, expected] of cases) {
    const session = sessionIn('OpenConfirm', holdTimeSec);
    session.settings = { ...settings, sendHoldSec: configured };
    t.is(observe(session, step(session, { type: FsmEvent.KeepaliveReceived })).starts['send-hold'], expected);
  }
});
