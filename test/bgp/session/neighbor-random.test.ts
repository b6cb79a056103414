// Two neighbors through random histories of orders, lost and late bytes, broken connections and time; the seed is logged.

import test from 'ava';
import { randomFrom, takeSeed } from '#support/seed.ts';
import { END_OF_RIB, updateOf } from './bytes.ts';
import { createPair, type Pair, type Side } from './pair.ts';

const HISTORIES = 600;
const STEPS = 60;

/** One thing that happens to a pair of neighbors; `side` is who it happens to. */
const happenings: readonly ((pair: Pair, side: Side, random: () => number) => void)[] = [
  ({ network }, _side, random) => {
    network.run((lanes) => Math.floor(random() * lanes));
  },
  ({ network }, _side, random) => {
    for (let count = Math.floor(random() * 6); count > 0; count--)
      network.deliverNext((lanes) => Math.floor(random() * lanes));
  },
  ({ pass }, _side, random) => pass(random() * 8),
  ({ clock }, _side, random) => clock.advance(random() * 150_000),
  ({ clock }, _side, random) => clock.stall(random() * 100_000),
  (_pair, { neighbor }) => neighbor.start(),
  (_pair, { neighbor }) => neighbor.reset(),
  (_pair, { neighbor }) => neighbor.stop({ subcode: 2 }),
  (_pair, { neighbor }, random) => neighbor.setShutdown(random() < 0.5, 'maintenance'),
  (_pair, { neighbor }) => {
    neighbor.send(END_OF_RIB, 1);
    neighbor.send(updateOf(500), 1);
  },
  (_pair, { endpoint }) => {
    for (const connection of endpoint.openConnections) endpoint.breakConnection(connection);
  },
  (_pair, { endpoint }, random) => {
    endpoint.isListening = random() < 0.7;
  },
  ({ network }, _side, random) => {
    network.isCut = random() < 0.2;
  },
  ({ network }, _side, random) => {
    network.segmentBytes = 1 + Math.floor(random() * 60);
  },
  (_pair, { neighbor }, random) =>
    neighbor.reconfigure({ ...neighbor.config, isPassive: random() < 0.5, port: 179 + Math.floor(random() * 2) }),
  (_pair, { neighbor }, random) =>
    neighbor.stop((['restart', 'deconfigured', 'final'] as const)[Math.floor(random() * 3)]),
  (_pair, { neighbor }, random) => {
    const { timers } = neighbor.config;
    const hasNotification = random() < 0.5;
    const mode = random() < 0.5 ? 'full' : 'helper';
    const { gracefulRestart: _gracefulRestart, ...rest } = neighbor.config;
    neighbor.reconfigure({
      ...rest,
      ...(random() < 0.7 ? { gracefulRestart: { mode, restartTimeSec: 30, stalePathSec: 60, hasNotification } } : {}),
      offersExtendedMessages: random() < 0.5,
      dampsPeerOscillations: random() < 0.5,
      timers: {
        ...timers,
        delayOpenSec: random() < 0.3 ? Math.floor(random() * 20) : 0,
        sendHoldSec: 100 + Math.floor(random() * 400),
        keepaliveSec: 1 + Math.floor(random() * 30),
        holdTimeSec: 30 + Math.floor(random() * 60),
      },
    });
  },
  (_pair, { neighbor }, random) => {
    const { heldDownReason: _heldDownReason, ...rest } = neighbor.config;
    neighbor.reconfigure({ ...rest, ...(random() < 0.3 ? { heldDownReason: 'no secret' } : {}) });
  },
  (_pair, { neighbor }, random) =>
    neighbor.reconfigure({ ...neighbor.config, password: `key ${Math.floor(random() * 3)}` }),
  (_pair, { endpoint }, random) => {
    for (const connection of endpoint.openConnections) endpoint.setReading(connection, random() < 0.7);
  },
];

function checkAlways(
  t: { true(value: boolean, message?: string): void; is(a: unknown, b: unknown, message?: string): void },
  { endpoint, calls, ends, neighbor, accepted }: Side,
  at: string,
): void {
  // A connection that waits to be accepted is the system's: the neighbor has not heard of it.
  const known = endpoint.openConnections.filter(
    (id) => accepted.includes(id) || endpoint.requests.some(({ connection }) => connection === id),
  );
  t.true(known.length <= 2, `${at}: two connections at most`);
  t.true(
    known.every((id) => neighbor.owns(id)),
    `${at}: every open connection is the neighbor's`,
  );
  t.true(
    calls.every((call, index) => call.startsWith(index % 2 === 0 ? 'established' : 'down')),
    `${at}: established and down alternate`,
  );
  t.true((calls.length % 2 === 1) === neighbor.isEstablished, `${at}: the listener knows whether there is a session`);
  t.true(
    (neighbor.negotiated !== undefined) === neighbor.isEstablished,
    `${at}: negotiated values belong to a session`,
  );
  t.is(ends.length, calls.length >> 1, at);
  const view = neighbor.view();
  t.true(view.connectionsEstablished - view.connectionsDropped === (neighbor.isEstablished ? 1 : 0), at);
}

test('random histories: two connections at most, one down per established, and a session once the world is quiet', (t) => {
  const seed = takeSeed();
  t.log(`seed ${seed}`);
  const random = randomFrom(seed);
  let sessions = 0;
  for (let history = 0; history < HISTORIES; history++) {
    const pair = createPair();
    const { a, b, network, clock, pass } = pair;
    clock.random = random;
    for (let step = 0; step < STEPS; step++) {
      const happening = happenings[Math.floor(random() * happenings.length)];
      happening(pair, random() < 0.5 ? a : b, random);
      for (const side of [a, b]) checkAlways(t, side, `history ${history}, step ${step}`);
    }
    network.isCut = false;
    for (const { endpoint, neighbor } of [a, b]) {
      endpoint.isListening = true;
      for (const connection of endpoint.openConnections) endpoint.setReading(connection, true);
      const { heldDownReason: _heldDownReason, ...rest } = neighbor.config;
      neighbor.reconfigure({ ...rest, isPassive: false });
      neighbor.setShutdown(false);
      neighbor.start();
    }
    pass(500);
    t.true(a.neighbor.isEstablished && b.neighbor.isEstablished, `history ${history} ends in a session`);
    sessions += a.neighbor.view().connectionsEstablished;
    for (const { neighbor } of [a, b]) neighbor.stop({ subcode: 2 });
    network.run();
    t.is(clock.pendingTimers, 0, `history ${history} leaves no timer`);
    t.deepEqual(
      [a.endpoint.openConnections, b.endpoint.openConnections],
      [[], []],
      `history ${history} leaves no connection`,
    );
  }
  t.true(sessions > HISTORIES, 'sessions came and went');
});
