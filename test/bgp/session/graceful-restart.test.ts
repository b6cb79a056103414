// Ends of sessions under graceful restart: what counts as lost and what as ended on both sides, for each way to end and each
// agreement (RFC 4724 §4, RFC 8538 §3–§4), and a peer that comes back before we knew that it was gone.

import test from 'ava';
import type { GracefulRestartConfig, NeighborConfig } from '#bgp/config.ts';
import type { SessionEnd } from '#bgp/session/listener.ts';
import { NotificationError } from '#bgp/wire/notification.ts';
import { KEEPALIVE, message, notification, open } from './bytes.ts';
import { establishedPair, type Pair } from './pair.ts';
import { dial, type RawPair, rawPair } from './raw-peer.ts';

const full: GracefulRestartConfig = { mode: 'full', restartTimeSec: 120, stalePathSec: 360, hasNotification: true };
const helper: GracefulRestartConfig = { ...full, mode: 'helper' };
const timers = { connectRetrySec: 120, holdTimeSec: 90, keepaliveSec: 30 };

/** Graceful restart of both sides: switched off, as RFC 4724 has it, and with notifications (RFC 8538). */
type Agreement = 'none' | 'plain' | 'notifications';

function configOf(agreement: Agreement): Partial<NeighborConfig> {
  if (agreement === 'none') return {};
  return { gracefulRestart: { ...full, hasNotification: agreement === 'notifications' } };
}

interface Ending {
  readonly name: string;
  readonly run: (pair: Pair) => void;
  /** By agreement: what `a`, who does it, and `b` are told; then what the NOTIFICATION says. */
  readonly none: readonly [a: SessionEnd, b: SessionEnd, said: string];
  readonly plain: readonly [a: SessionEnd, b: SessionEnd, said: string];
  readonly notifications: readonly [a: SessionEnd, b: SessionEnd, said: string];
}

const LOST: SessionEnd = 'lost';
const ENDED: SessionEnd = 'ended';

const endings: readonly Ending[] = [
  {
    name: 'the TCP connection breaks',
    run: ({ a }) => a.endpoint.breakConnection(a.endpoint.openConnections[0]),
    none: [ENDED, ENDED, 'nothing'],
    plain: [LOST, LOST, 'nothing'],
    notifications: [LOST, LOST, 'nothing'],
  },
  {
    name: 'stop for a restart',
    run: ({ a }) => a.neighbor.stop('restart'),
    none: [ENDED, ENDED, '6/2'],
    plain: [LOST, LOST, 'nothing'],
    notifications: [LOST, LOST, 'nothing'],
  },
  {
    name: 'stop for good',
    run: ({ a }) => a.neighbor.stop('final'),
    none: [ENDED, ENDED, '6/2'],
    plain: [ENDED, ENDED, '6/2'],
    notifications: [ENDED, ENDED, '6/9'],
  },
  {
    name: 'the neighbor is removed',
    run: ({ a }) => a.neighbor.stop('deconfigured'),
    none: [ENDED, ENDED, '6/3'],
    plain: [ENDED, ENDED, '6/3'],
    notifications: [ENDED, ENDED, '6/9'],
  },
  {
    name: 'an administrative shutdown',
    run: ({ a }) => a.neighbor.setShutdown(true, 'work'),
    none: [ENDED, ENDED, '6/2'],
    plain: [ENDED, ENDED, '6/2'],
    notifications: [ENDED, ENDED, '6/9'],
  },
  {
    name: 'clear',
    run: ({ a }) => a.neighbor.reset(),
    none: [ENDED, ENDED, '6/4'],
    plain: [ENDED, ENDED, '6/4'],
    notifications: [ENDED, ENDED, '6/9'],
  },
  {
    name: 'another configuration that needs a new session',
    run: ({ a }) => a.neighbor.reconfigure({ ...a.neighbor.config, sourceAddress: '192.0.2.1' }),
    none: [ENDED, ENDED, '6/6'],
    plain: [ENDED, ENDED, '6/6'],
    notifications: [LOST, LOST, '6/6'],
  },
  {
    name: 'too many prefixes',
    run: ({ a }) => a.neighbor.resetByFault(new NotificationError(6, 1, Uint8Array.of(0, 1, 1, 0, 0, 0, 9))),
    none: [ENDED, ENDED, '6/1'],
    plain: [ENDED, ENDED, '6/1'],
    notifications: [ENDED, ENDED, '6/9'],
  },
  {
    name: 'BFD says down',
    run: ({ a }) => a.neighbor.resetByFault(new NotificationError(6, 10)),
    none: [ENDED, ENDED, '6/10'],
    plain: [ENDED, ENDED, '6/10'],
    notifications: [ENDED, ENDED, '6/9'],
  },
  {
    name: 'an UPDATE that resets',
    run: ({ a }) => a.neighbor.resetByFault(new NotificationError(3, 1)),
    none: [ENDED, ENDED, '3/1'],
    plain: [ENDED, ENDED, '3/1'],
    notifications: [LOST, LOST, '3/1'],
  },
  {
    name: 'out of resources',
    run: ({ a }) => a.neighbor.resetByFault(new NotificationError(6, 8)),
    none: [ENDED, ENDED, '6/8'],
    plain: [ENDED, ENDED, '6/8'],
    notifications: [LOST, LOST, '6/8'],
  },
];

for (const { name, run, ...expected } of endings) {
  for (const agreement of ['none', 'plain', 'notifications'] as const) {
    const [hereWanted, thereWanted, said] = expected[agreement];
    test(`${name}, graceful restart ${agreement}: ${hereWanted} here, ${thereWanted} there, ${said} sent`, (t) => {
      const pair = establishedPair({ a: configOf(agreement), b: configOf(agreement) });
      run(pair);
      pair.network.run();
      t.is(pair.a.ends[0], hereWanted);
      t.is(pair.b.ends[0], thereWanted);
      t.deepEqual(pair.b.notifications(), said === 'nothing' ? [] : [`received ${said}`]);
      t.is(pair.b.calls.filter((call) => call.startsWith('down')).length, 1);
    });
  }
}

for (const agreement of ['none', 'plain', 'notifications'] as const) {
  test(`silence for the hold time, graceful restart ${agreement}: 4/0, and ${agreement === 'notifications' ? 'lost' : 'ended'} (RFC 8538 §4)`, (t) => {
    const { a, b, network, pass } = establishedPair({ a: configOf(agreement), b: configOf(agreement) });
    network.isCut = true;
    pass(91);
    const wanted = agreement === 'notifications' ? LOST : ENDED;
    t.deepEqual([a.ends, b.ends], [[wanted], [wanted]]);
  });
}

test('a helper is not waited for: its stop for a restart says Cease 6/2 with a text, its peer’s says nothing', (t) => {
  const first = establishedPair({ a: { gracefulRestart: helper }, b: { gracefulRestart: full } });
  first.a.neighbor.stop('restart');
  first.network.run();
  t.deepEqual(first.b.notifications(), ['received 6/9']);
  t.is(first.b.neighbor.view().lastReset?.reason, 'Cease/Hard Reset (Cease/Administrative Shutdown): restarting');
  t.deepEqual(first.b.ends, [ENDED]);
  const second = establishedPair({ a: { gracefulRestart: helper }, b: { gracefulRestart: full } });
  second.b.neighbor.stop('restart');
  second.network.run();
  t.deepEqual(second.a.notifications(), []);
  t.deepEqual(second.a.ends, [LOST]);
});

test('a peer that lists no family keeps ours and has nothing to be kept (RFC 4724 §4)', (t) => {
  const { a, b, network } = establishedPair({ a: { gracefulRestart: full }, b: { gracefulRestart: helper } });
  b.endpoint.breakConnection(b.endpoint.openConnections[0]);
  network.run();
  t.deepEqual(a.ends, [ENDED]);
  t.deepEqual(b.ends, [LOST]);
});

test('long-lived families alone make a session worth keeping (RFC 9494 §4.2)', (t) => {
  const capabilities = [1, 4, 0, 1, 0, 1, 65, 4, 0, 0, 0xfd, 0xea, 64, 2, 0, 0, 71, 7, 0, 1, 1, 0, 0, 14, 16];
  const { us, peer, network } = startRaw({ gracefulRestart: full, longLivedStaleSec: 60 }, capabilities);
  peer.endpoint.close(peer.connection ?? 0);
  network.run();
  t.deepEqual(us.ends, [LOST]);
});

/** The peer's OPEN with graceful restart of IPv4 unicast; N unless `flags` says otherwise. */
const restartingOpen = (flags = 0x40): Uint8Array =>
  open({ capabilities: [1, 4, 0, 1, 0, 1, 2, 0, 65, 4, 0, 0, 0xfd, 0xea, 64, 6, flags, 90, 0, 1, 1, 0x80] });

function startRaw(changes: Partial<NeighborConfig>, capabilities?: readonly number[]): RawPair {
  const raw = rawPair('OpenSent', { a: changes });
  raw.peer.send(capabilities === undefined ? restartingOpen() : open({ capabilities }), KEEPALIVE);
  raw.network.run();
  if (!raw.us.neighbor.isEstablished) throw new TypeError('no session');
  return raw;
}

const received: readonly (readonly [name: string, bytes: Uint8Array, how: SessionEnd, words: RegExp])[] = [
  ['Cease 6/4', notification(6, 4), LOST, /^Cease\/Administrative Reset$/],
  ['Cease 6/2', notification(6, 2, [2, 104, 105]), LOST, /^Cease\/Administrative Shutdown: hi$/],
  ['4/0', notification(4, 0), LOST, /^Hold Timer Expired$/],
  ['3/1', notification(3, 1), LOST, /^UPDATE Message Error/],
  ['8/0', notification(8, 0), LOST, /^Send Hold Timer Expired$/],
  ['an unknown code', notification(99, 1), LOST, /^Unknown Error 99\/1$/],
  ['a Hard Reset', notification(6, 9, [6, 3]), ENDED, /^Cease\/Hard Reset \(Cease\/Peer De-configured\)$/],
  ['a Hard Reset with a text', notification(6, 9, [6, 2, 2, 104, 105]), ENDED, /Administrative Shutdown\): hi$/],
  ['an empty Hard Reset', notification(6, 9), ENDED, /^Cease\/Hard Reset$/],
  ['a Hard Reset of one octet', notification(6, 9, [6]), ENDED, /^Cease\/Hard Reset$/],
  ['a Hard Reset whose text is cut short', notification(6, 9, [6, 2, 255, 65]), ENDED, /Administrative Shutdown\)$/],
  ['a Hard Reset within another', notification(6, 9, [6, 9, 6, 2]), ENDED, /\(Cease\/Hard Reset\)$/],
  [
    'a Hard Reset of 4,075 octets',
    notification(
      6,
      9,
      Array.from({ length: 4075 }, () => 200),
    ),
    ENDED,
    /Unknown Error/,
  ],
];

for (const [name, bytes, how, words] of received) {
  test(`${name} from a peer with notifications: ${how} (RFC 8538 §4)`, (t) => {
    const { us, peer, network } = startRaw({ gracefulRestart: full });
    peer.send(bytes);
    network.run();
    t.deepEqual(us.ends, [how]);
    const reset = us.neighbor.view().lastReset;
    t.regex(reset?.reason ?? '', words);
    t.is(reset?.direction, 'received');
    t.true((reset?.data?.length ?? 0) <= 260);
    t.deepEqual([reset?.code, reset?.subcode], [bytes[19], bytes[20]]);
  });
}

test('a received Hard Reset shows what it stood for', (t) => {
  const { us, peer, network } = startRaw({ gracefulRestart: full });
  peer.send(notification(6, 9, [6, 4]));
  network.run();
  t.deepEqual(us.neighbor.view().lastReset?.hardReset, { code: 6, subcode: 4 });
});

test('a peer that restarted and connects anew: the old connection goes without a word, its routes are kept (RFC 4724 §5)', (t) => {
  const { us, peer, network, pass } = startRaw({ gracefulRestart: full });
  pass(6);
  const first = peer.connection;
  const before = peer.messages().length;
  dial(network, us, peer);
  t.true(us.neighbor.isEstablished);
  t.deepEqual(us.ends, []);
  peer.send(restartingOpen(0xc0));
  network.run();
  t.deepEqual(us.ends, [LOST]);
  t.is(us.neighbor.state, 'OpenConfirm');
  t.false(us.endpoint.openConnections.length > 1);
  t.not(peer.connection, first);
  peer.send(KEEPALIVE);
  network.run();
  t.true(us.neighbor.isEstablished);
  t.true(us.neighbor.negotiated?.gracefulRestart?.isPeerRestarting);
  t.deepEqual(
    peer
      .messages()
      .slice(before)
      .map(({ type }) => type),
    [1, 4],
  );
  t.deepEqual(
    us.calls.map((call) => call.split(':')[0]),
    ['established', 'down', 'established'],
  );
  t.regex(us.calls[1], /the peer restarted/);
});

test('a connection that crossed the one whose session has just begun is a collision, not a restart (RFC 4271 §6.8)', (t) => {
  const { us, peer, network } = startRaw({ gracefulRestart: full });
  dial(network, us, peer);
  peer.send(restartingOpen(0xc0));
  network.run();
  t.true(peer.isClosed);
  t.true(us.neighbor.isEstablished);
  t.deepEqual(us.ends, []);
});

test('a new connection that brings no acceptable OPEN ends no session', (t) => {
  for (const bytes of [
    open({ version: 3 }),
    open({ asn: 0 }),
    open({ asn: 65001 }),
    KEEPALIVE,
    message(9),
    restartingOpen().slice(0, 30),
  ]) {
    const { us, peer, network } = startRaw({ gracefulRestart: full });
    dial(network, us, peer);
    peer.send(bytes);
    network.run();
    t.true(us.neighbor.isEstablished);
    t.deepEqual(us.ends, []);
  }
});

test('without graceful restart a second connection loses, as RFC 4271 §6.8 has it', (t) => {
  const { us, peer, network } = rawPair('Established', { a: { gracefulRestart: full } });
  dial(network, us, peer);
  peer.send(restartingOpen());
  network.run();
  t.deepEqual(us.ends, []);
  t.deepEqual(peer.notification(), [6, 7]);
});

test('our own second connection never replaces an Established one', (t) => {
  const { us, peer, network, pass } = startRaw({ gracefulRestart: full, timers: { ...timers, connectRetrySec: 1 } });
  pass(30);
  t.deepEqual(us.endpoint.requests, []);
  t.true(us.neighbor.isEstablished);
  peer.send(KEEPALIVE);
  network.run();
  t.deepEqual(us.ends, []);
});

test('R and F are asked for at each OPEN', (t) => {
  const { a, b, network } = establishedPair({ a: { gracefulRestart: full }, b: { gracefulRestart: full } });
  t.deepEqual(b.neighbor.negotiated?.gracefulRestart?.isPeerRestarting, false);
  a.restart = { isRestarting: true, preserved: b.neighbor.negotiated?.families ?? [] };
  a.neighbor.reset();
  network.run();
  t.deepEqual(b.neighbor.negotiated?.gracefulRestart, {
    isPeerRestarting: true,
    restartTimeSec: 120,
    hasNotification: true,
    families: (b.neighbor.negotiated?.families ?? []).map((family) => ({ family, isForwardingPreserved: true })),
  });
  const view = b.neighbor.view().session.restart;
  t.deepEqual([view.isRestartingHere, view.isRestartingThere], [false, true]);
  t.deepEqual(view.families[0], {
    family: 'ipv4-unicast',
    isPreservedHere: false,
    isPreservedThere: true,
    longLivedSec: undefined,
  });
});

test('a passive peer that restarts is sought every few seconds as long as it may come back, and not so often later', (t) => {
  const { a, b, network, pass } = establishedPair({ a: { gracefulRestart: full }, b: { gracefulRestart: full } });
  b.neighbor.stop('restart');
  b.endpoint.isListening = false;
  network.run();
  t.deepEqual(a.ends, [LOST]);
  pass(100);
  const often = a.endpoint.requests.length;
  t.true(often > 15, `${often} attempts`);
  pass(120);
  const later = a.endpoint.requests.length;
  pass(360);
  t.true(a.endpoint.requests.length - later <= 4);
  b.endpoint.isListening = true;
  b.neighbor.start();
  pass(125);
  t.true(a.neighbor.isEstablished);
});
