// RFC 4271 §8.2.2 and RFC 9687 as data, read from the RFCs state by state, in our own words: for each state and each event the next state,
// the messages with code and subcode, the timers, the ConnectRetryCounter and what becomes of the connection.
// `ours` marks a cell in which we do not do what the RFC says, and why. 'absent' are the optional events that we do not have.
// Subcodes of Finite State Machine Error are RFC 6608's. Values used: ConnectRetryTime 120 s, negotiated hold time 90 s, keepalives
// every 30 s, SendHoldTime 480 s; the DelayOpenTimer runs where events 12 and 20 come, and nowhere else; the stop events carry Cease 2 and Cease 1, the errors 1/2, 2/2 and 3/1 (see fsm.test.ts).

import type { FsmEvent } from '#bgp/session/events.ts';
import type { SessionState, TimerName } from '#bgp/session/state.ts';

/** NOTIFICATION: code, subcode, data octets. */
type Notification = readonly ['NOTIFICATION', number, number, ...number[]];

export interface Cell {
  readonly next: SessionState;
  readonly sends: readonly ('OPEN' | 'KEEPALIVE' | Notification)[];
  readonly starts: Partial<Record<TimerName, number>>;
  readonly stops: readonly TimerName[];
  readonly counter: 'unchanged' | 'zero' | 'increment';
  /** In this order, if both. */
  readonly closes: boolean;
  readonly connects: boolean;
  readonly tells: 'established' | 'down' | undefined;
  readonly ours: string | undefined;
}

export type Row = Readonly<Record<FsmEvent, Cell | 'absent'>>;

const all: readonly TimerName[] = ['connect-retry', 'hold', 'keepalive', 'delay-open', 'send-hold'];

function cell(next: SessionState, parts: Partial<Cell> = {}): Cell {
  const nothing = { sends: [], starts: {}, stops: [], counter: 'unchanged', closes: false, connects: false } as const;
  return { next, ...nothing, tells: undefined, ours: undefined, ...parts };
}

/** "Sets the ConnectRetryTimer to zero, releases all BGP resources, drops the TCP connection, changes its state to Idle." */
function end(counter: Cell['counter'], parts: Partial<Cell> = {}): Cell {
  return cell('Idle', { counter, stops: [...all], closes: true, ...parts });
}

const cease = (subcode: number): Pick<Cell, 'sends'> => ({ sends: [['NOTIFICATION', 6, subcode]] });
const fault = (code: number, subcode: number, ...data: number[]): Pick<Cell, 'sends'> => ({
  sends: [['NOTIFICATION', code, subcode, ...data]],
});
const down = { tells: 'down' } as const;
const open = { sends: ['OPEN'], starts: { hold: 240 }, stops: ['connect-retry'] } as const;

/** The DelayOpenTimer ran until now. */
const delayed = { ...open, stops: ['connect-retry', 'delay-open'] } as const;
const opened = {
  sends: ['OPEN', 'KEEPALIVE'],
  starts: { hold: 90, keepalive: 30 },
  stops: ['connect-retry', 'delay-open'],
} as const;

const idle = cell('Idle');
const idleRow: Row = {
  1: cell('Connect', { counter: 'zero', starts: { 'connect-retry': 120 }, connects: true }),
  2: idle,
  3: cell('Connect', { counter: 'zero', starts: { 'connect-retry': 120 }, connects: true }),
  4: cell('Active', { counter: 'zero', starts: { 'connect-retry': 120 } }),
  5: cell('Active', { counter: 'zero', starts: { 'connect-retry': 120 } }),
  6: cell('Connect', { counter: 'zero', starts: { 'connect-retry': 120 }, connects: true }),
  7: cell('Active', { counter: 'zero', starts: { 'connect-retry': 120 } }),
  8: idle,
  9: idle,
  10: idle,
  11: idle,
  12: idle,
  13: idle,
  14: 'absent',
  15: 'absent',
  16: idle,
  17: idle,
  18: idle,
  19: idle,
  20: idle,
  21: idle,
  22: idle,
  23: idle,
  24: idle,
  25: idle,
  26: idle,
  27: idle,
  28: idle,
  29: idle,
};

const connect = cell('Connect');
const connectRow: Row = {
  1: connect,
  2: end('zero'),
  3: connect,
  4: connect,
  5: connect,
  6: connect,
  7: connect,
  8: end('increment'),
  9: cell('Connect', { closes: true, starts: { 'connect-retry': 120 }, connects: true }),
  10: end('increment'),
  11: end('increment'),
  12: cell('OpenSent', delayed),
  13: end('increment'),
  14: 'absent',
  15: 'absent',
  16: cell('OpenSent', open),
  17: cell('OpenSent', open),
  18: end('unchanged'),
  19: end('increment'),
  20: cell('OpenConfirm', opened),
  // SendNOTIFICATIONwithoutOPEN is not set: no message.
  21: end('increment'),
  22: end('increment'),
  23: end('increment'),
  24: end('increment'),
  25: end('increment'),
  26: end('increment'),
  27: end('increment'),
  28: end('increment'),
  29: end('increment'),
};

const active = cell('Active');
const activeRow: Row = {
  1: active,
  2: end('zero'),
  3: active,
  4: active,
  5: active,
  6: active,
  7: active,
  8: end('increment'),
  9: cell('Connect', { starts: { 'connect-retry': 120 }, connects: true }),
  10: end('increment'),
  11: end('increment'),
  12: cell('OpenSent', delayed),
  13: end('increment'),
  14: 'absent',
  15: 'absent',
  16: cell('OpenSent', open),
  17: cell('OpenSent', open),
  18: end('increment', { starts: { 'connect-retry': 120 }, stops: ['hold', 'keepalive', 'delay-open', 'send-hold'] }),
  19: end('increment'),
  20: cell('OpenConfirm', opened),
  21: end('increment'),
  22: end('increment'),
  23: end('increment'),
  24: end('increment'),
  25: end('increment'),
  26: end('increment'),
  27: end('increment'),
  28: end('increment'),
  29: end('increment'),
};

const openSent = cell('OpenSent');
const openSentRow: Row = {
  1: openSent,
  2: end('zero', cease(2)),
  3: openSent,
  4: openSent,
  5: openSent,
  6: openSent,
  7: openSent,
  8: end('increment', cease(1)),
  9: end('increment', fault(5, 0)),
  10: end('increment', fault(4, 0)),
  11: end('increment', fault(5, 0)),
  12: end('increment', fault(5, 0)),
  13: end('increment', fault(5, 0)),
  14: 'absent',
  15: 'absent',
  16: openSent,
  17: openSent,
  18: cell('Active', { closes: true, starts: { 'connect-retry': 120 }, stops: ['hold'] }),
  19: cell('OpenConfirm', { sends: ['KEEPALIVE'], starts: { hold: 90, keepalive: 30 }, stops: ['connect-retry'] }),
  20: end('increment', fault(5, 1, 1)),
  21: end('increment', fault(1, 2, 0, 5)),
  22: end('increment', fault(2, 2)),
  23: end('increment', cease(7)),
  24: end('unchanged'),
  25: end('increment', { ours: 'the RFC answers a NOTIFICATION with an FSM error; no other state answers one' }),
  26: end('increment', fault(5, 1, 4)),
  27: end('increment', fault(5, 1, 2)),
  28: end('increment', fault(5, 1, 2)),
  29: end('increment', fault(5, 0)),
};

const openConfirm = cell('OpenConfirm');
const openConfirmRow: Row = {
  1: openConfirm,
  2: end('zero', cease(2)),
  3: openConfirm,
  4: openConfirm,
  5: openConfirm,
  6: openConfirm,
  7: openConfirm,
  8: end('increment', cease(1)),
  9: end('increment', fault(5, 0)),
  10: end('increment', fault(4, 0)),
  11: cell('OpenConfirm', { sends: ['KEEPALIVE'], starts: { keepalive: 30 } }),
  12: end('increment', fault(5, 0)),
  13: end('increment', fault(5, 0)),
  14: 'absent',
  15: 'absent',
  16: openConfirm,
  17: openConfirm,
  18: end('increment'),
  19: end('increment', {
    ...fault(5, 2, 1),
    ours: 'the RFC looks for a collision only; that is decided before, so this is a second OPEN on one connection',
  }),
  20: end('increment', fault(5, 2, 1)),
  21: end('increment', fault(1, 2, 0, 5)),
  22: end('increment', fault(2, 2)),
  23: end('increment', cease(7)),
  24: end('unchanged'),
  25: end('increment'),
  26: cell('Established', { starts: { hold: 90, 'send-hold': 480 }, tells: 'established' }),
  27: end('increment', fault(5, 2, 2)),
  28: end('increment', fault(5, 2, 2)),
  29: end('increment', fault(5, 0)),
};

const established = cell('Established');
const establishedRow: Row = {
  1: established,
  2: end('zero', { ...cease(2), ...down }),
  3: established,
  4: established,
  5: established,
  6: established,
  7: established,
  8: end('increment', { ...cease(1), ...down }),
  9: end('increment', { ...fault(5, 0), ...down }),
  10: end('increment', { ...fault(4, 0), ...down }),
  11: cell('Established', { sends: ['KEEPALIVE'], starts: { keepalive: 30 } }),
  12: end('increment', { ...fault(5, 0), ...down }),
  13: end('increment', { ...fault(5, 0), ...down }),
  14: 'absent',
  15: 'absent',
  16: established,
  17: established,
  18: end('increment', down),
  // CollisionDetectEstablishedState is not set; RFC 6608 §4 makes it an unexpected message.
  19: end('increment', { ...fault(5, 3, 1), ...down }),
  20: end('increment', { ...fault(5, 3, 1), ...down }),
  21: end('increment', {
    ...fault(1, 2, 0, 5),
    ...down,
    ours: 'the RFC sends an FSM error; §6.1 and every implementation send the header error',
  }),
  22: end('increment', { ...fault(5, 3, 1), ...down }),
  23: end('increment', { ...cease(7), ...down }),
  24: end('increment', down),
  25: end('increment', down),
  26: cell('Established', { starts: { hold: 90 } }),
  27: cell('Established', { starts: { hold: 90 } }),
  28: end('increment', { ...fault(3, 1), ...down }),
  29: end('increment', { ...fault(8, 0), ...down }),
};

export const fsmTable: Readonly<Record<SessionState, Row>> = {
  Idle: idleRow,
  Connect: connectRow,
  Active: activeRow,
  OpenSent: openSentRow,
  OpenConfirm: openConfirmRow,
  Established: establishedRow,
};
