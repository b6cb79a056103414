// How a real `waggle router` ends its sessions, octet by octet as its peers see it: by SIGTERM, by taking a neighbor out of the file,
// by `shutdown` with a message, by a password that is gone; and what its next process says of itself after kill -9 (RFC 4724,
// 8538, 9003, 4486).

import test from 'ava';
import { command, findUnmet, needs, root } from '#support/skip.ts';
import { END_OF_RIB, message } from '../bgp/session/bytes.ts';
import { until } from '../speaker/until.ts';
import { announce, ChangeWorld, gracefulRestart, peerAddress, readRestartOffer } from './change-world.ts';
import type { RawConnection } from './raw-router.ts';

const requirements = [root, command('ip', 'iproute2')];
const world = new ChangeWorld('end');

test.before(async () => {
  if (findUnmet(requirements) === undefined) await world.make();
});

test.beforeEach((t) => t.timeout(150_000));

test.afterEach.always(async () => {
  await world.end();
  world.forget();
});

test.after.always(async () => {
  if (findUnmet(requirements) === undefined) await world.remove();
});

const describe = (index: number, ...more: readonly string[]): string =>
  [
    `address: ${peerAddress(index)}, remoteAsn: ${65_100 + index}, passive: true, import: accept, export: accept`,
    'families: [ipv4-unicast, ipv6-unicast], timers: {holdTimeSec: 9}',
    ...more,
  ].join(', ');

const withN = gracefulRestart({ hasNotification: true });
const withoutN = gracefulRestart({ hasNotification: false });
const full = 'gracefulRestart: {mode: full, restartTimeSec: 60}';

/** The four ways in which graceful restart can be agreed upon, or not. */
const everybody = [
  { name: 'without graceful restart', config: describe(1), capabilities: [] },
  { name: 'with N', config: describe(2, full), capabilities: withN },
  { name: 'without N', config: describe(3, full), capabilities: withoutN },
  { name: 'we are its helper', config: describe(4, 'gracefulRestart: {mode: helper}'), capabilities: withN },
] as const;
const configs = everybody.map(({ config }) => config);

const establishAll = (): Promise<RawConnection[]> =>
  Promise.all(everybody.map(({ capabilities }, index) => world.establish(index + 1, capabilities)));

const text = (words: string): readonly number[] => [words.length, ...Buffer.from(words)];

/** Waits for the end of each connection; its NOTIFICATION, and whether more than a FIN came. */
async function endings(connections: readonly RawConnection[]): Promise<(readonly number[] | undefined)[]> {
  for (const connection of connections) await until(() => connection.isClosed, 30_000);
  return connections.map(({ notification }) => notification);
}

test.serial(
  'on SIGTERM sessions with graceful restart end by FIN alone, those without by Cease 6/2',
  needs(requirements, async (t) => {
    world.write(configs);
    await world.start();
    const connections = await establishAll();
    t.is(await world.end(), 0);
    const restarting = [2, ...text('restarting')];
    t.deepEqual(await endings(connections), [
      [6, ...restarting],
      undefined,
      undefined,
      // It keeps nothing of ours: the Hard Reset says that nobody comes back soon.
      [6, 9, 6, ...restarting],
    ]);
  }),
);

test.serial(
  'when nobody is asked to wait, SIGTERM is Cease 6/2 for everybody',
  needs(requirements, async (t) => {
    world.write([describe(1), describe(4, 'gracefulRestart: {mode: helper}')]);
    await world.start();
    const connections = [await world.establish(1), await world.establish(4, withN)];
    t.is(await world.end(), 0);
    t.deepEqual(await endings(connections), [
      [6, 2],
      [6, 9, 6, 2],
    ]);
  }),
);

test.serial(
  'neighbors that are taken out of the file get 6/3, within a Hard Reset where N was negotiated; who stays does not notice',
  needs(requirements, async (t) => {
    const stays = describe(5, full);
    world.write([...configs, stays]);
    await world.start();
    const connections = await establishAll();
    const witness = await world.establish(5, withN);
    await world.change([stays]);
    t.deepEqual(await endings(connections), [
      [6, 3],
      [6, 9, 6, 3],
      [6, 3],
      [6, 9, 6, 3],
    ]);
    t.false(witness.isClosed);
    // An address that comes back begins anew, with nothing left of its end.
    await world.change([...configs, stays]);
    await world.establish(2, withN);
    t.is(witness.notification, undefined);
  }),
);

test.serial(
  '`shutdown` with a message in the file is 6/2 with the text of RFC 9003, within a Hard Reset where N was negotiated',
  needs(requirements, async (t) => {
    world.write(configs);
    await world.start();
    const connections = await establishAll();
    await world.change(everybody.map(({ config }) => `${config}, shutdown: {message: "new disks, back at nine"}`));
    const said = [2, ...text('new disks, back at nine')];
    t.deepEqual(await endings(connections), [
      [6, ...said],
      [6, 9, 6, ...said],
      [6, ...said],
      [6, 9, 6, ...said],
    ]);
    // Who comes all the same is turned away (RFC 4486 §4).
    const again = world.connect(1);
    t.deepEqual(await endings([again]), [[6, 5]]);
  }),
);

test.serial(
  'another AS number of the router is a Hard Reset, another router ID is not (RFC 8538 §3)',
  needs(requirements, async (t) => {
    world.write([configs[1]]);
    await world.start();
    const first = await world.establish(2, withN);
    await world.change([configs[1]], ['clusterId: 192.0.2.9']);
    t.deepEqual(await endings([first]), [[6, 6]]);
    const second = await world.establish(2, withN);
    await world.change([`${configs[1]}, localAsn: 64999`], ['clusterId: 192.0.2.9']);
    t.deepEqual(await endings([second]), [[6, 9, 6, 6]]);
  }),
);

test.serial(
  'a reload that changes nothing, or only words, order and what counts at once, sends nothing to anybody',
  needs(requirements, async (t) => {
    world.write(configs);
    await world.start();
    const connections = await establishAll();
    const counts = (): number[][] =>
      connections.map((connection) => [1, 2, 3, 5].map((type) => connection.countOf(type)));
    await until(() => connections.every((connection) => connection.countOf(2) >= 2), 30_000);
    const before = counts();
    await world.change(configs.toReversed(), ['# a comment']);
    await world.change(configs.map((config, index) => `${config}, description: "number ${index}"`));
    await world.change(
      configs.map((config) => config.replace('holdTimeSec: 9', 'holdTimeSec: 9, keepaliveSec: 1, connectRetrySec: 5')),
    );
    t.deepEqual(counts(), before);
    // The new interval of keepalives is in force on all of them: ten of the one before take more than 20 s.
    const keepalives = connections.map((connection) => connection.countOf(4));
    await until(
      () => connections.every((connection, index) => connection.countOf(4) >= keepalives[index] + 10),
      20_000,
    );
    t.pass();
  }),
);

const hasRoute = async (): Promise<boolean> =>
  (await world.ip('route', 'show', 'proto', '87')).includes('203.0.113.0/24');

test.serial(
  'after kill -9 the OPEN has R, and F for the families whose routes are in the kernel; not after another boot, nor without routes',
  needs(requirements, async (t) => {
    world.write([configs[1]], ['fib: kernel', 'gracefulRestart: {selectionDeferralSec: 20}']);
    await world.start();
    const first = await world.establish(2, withN);
    t.deepEqual(readRestartOffer(first), {
      isRestarting: false,
      hasNotification: true,
      restartTimeSec: 60,
      families: ['1/1', '2/1'],
    });
    first.send(announce(2));
    await until(hasRoute, 30_000);

    await world.end('SIGKILL');
    t.true(await hasRoute());
    await world.start();
    const second = await world.confirm(2, withN);
    t.like(readRestartOffer(second), { isRestarting: true, families: ['1/1 F', '2/1'] });
    // Selection waits for our End-of-RIB: nothing is said and no route is touched before it.
    t.is(second.countOf(2), 0);
    t.true(await hasRoute());
    second.send(announce(2));
    second.send(END_OF_RIB);
    second.send(message(2, [0, 0, 0, 6, 0x80, 15, 3, 0, 2, 1]));
    await until(() => second.countOf(2) >= 2, 30_000);
    t.true(await hasRoute());

    // The same after a stop that is to be followed by a start, which leaves the routes.
    t.is(await world.end(), 0);
    t.is(second.notification, undefined);
    t.true(await hasRoute());
    await world.start();
    t.like(readRestartOffer(await world.confirm(2, withN)), { isRestarting: true, families: ['1/1 F', '2/1'] });

    await world.end('SIGKILL');
    world.editState((state) => (state['bootId'] = '00000000-0000-4000-8000-000000000000'));
    await world.start();
    t.like(readRestartOffer(await world.confirm(2, withN)), { isRestarting: false, families: ['1/1', '2/1'] });
    // What the machine did not take along is nobody's: the route of before goes when the peer does not announce it again.
    await until(async () => !(await hasRoute()), 30_000);

    await world.end('SIGKILL');
    await world.start();
    t.like(readRestartOffer(await world.confirm(2, withN)), { isRestarting: true, families: ['1/1', '2/1'] });
  }),
);

test.serial(
  'a prefix makes neighbors up to its limit, the next one is turned away with 6/5, and comes in when there is room',
  needs(requirements, async (t) => {
    const range = (limit: number): string =>
      `prefix: 10.79.1.0/24, limit: ${limit}, remoteAsn: external, import: accept, export: accept, ${full}`;
    world.write([range(2)]);
    await world.start();
    const first = await world.establish(11);
    const second = await world.establish(12, withN);
    t.deepEqual(await endings([world.connect(13), world.connect(14)]), [
      [6, 5],
      [6, 5],
    ]);
    await until(() => world.events('connection-refused').length > 0, 30_000);
    t.is(world.events('connection-refused').length, 1);
    // Another limit holds at once, and nobody notices.
    await world.change([range(3)]);
    const third = await world.establish(13);
    t.false(first.isClosed || second.isClosed || third.isClosed);
    // The prefix goes, and everybody with it; a neighbor of its own within it stays one.
    await world.change([describe(13)]);
    t.deepEqual(await endings([first, second]), [
      [6, 3],
      [6, 9, 6, 3],
    ]);
  }),
);
