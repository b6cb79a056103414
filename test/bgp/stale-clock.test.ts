// How long what a neighbor left is kept, family by family: real tables and a fake clock, so that the peer may say in its OPEN what our
// own speakers never do. Whole speakers: graceful-restart.test.ts.

import test from 'ava';
import { families, type Family, ipv4Unicast, ipv6Unicast } from '#bgp/net/family.ts';
import { PathFlag } from '#bgp/rib/code-points.ts';
import { type PeerRestart, StaleRoutes } from '#bgp/stale-routes.ts';
import { FakeClock } from '#support/fake-clock.ts';
import { World } from './rib/world.ts';

const prefixes = ['10.1.0.0/16', '2001:db8:1::/48'];

interface Scene {
  readonly clock: FakeClock;
  readonly stale: StaleRoutes;
  /** What was told, and `forgotten` when nothing is kept for anybody any more. */
  readonly told: string[];
  /** Routes of a family that are kept, and whether they are long-lived ones. */
  readonly kept: (family: Family) => string;
  /** The peer sends its route of the family. */
  readonly announce: (family: Family) => void;
}

function scene(): Scene {
  const clock = new FakeClock();
  const worlds = families.map((family) => new World(family));
  const [index] = worlds.map((world) => world.addPeer());
  worlds.forEach((world, at) => world.announce(index, prefixes[at]));
  const told: string[] = [];
  const stale = new StaleRoutes({
    index,
    clock,
    tables: worlds.map(({ rib }) => rib),
    told: (family, change) => told.push(`${change} ${family.name}`),
    refreshTold: (family, change) => told.push(`refresh ${change} ${family.name}`),
    forgotten: () => told.push('forgotten'),
  });
  const kept = (family: Family): string => {
    worlds[family.index].settle();
    const [path] = worlds[family.index].paths(prefixes[family.index]);
    if (path === undefined) return 'gone';
    return (path.flags & PathFlag.Stale) === 0 ? 'current' : stale.isLongLived(family) ? 'long-lived' : 'stale';
  };
  const announce = (family: Family): void => {
    worlds[family.index].announce(index, prefixes[family.index]);
  };
  return { clock, stale, told, kept, announce };
}

const listed = (family: Family, isForwardingPreserved = true): PeerRestart['families'][number] => ({
  family,
  isForwardingPreserved,
});
const longLived = (family: Family, staleSec: number): PeerRestart['longLived'][number] => ({
  ...listed(family),
  staleSec,
});
const wait = (clock: FakeClock, sec: number): void => clock.advance(sec * 1000, () => undefined);

test('a family that the peer lists for long-lived restart alone is long-lived at once (RFC 9494 §4.2)', (t) => {
  const { clock, stale, told, kept } = scene();
  const restart = {
    restartTimeSec: 120,
    families: [listed(ipv4Unicast)],
    longLived: [longLived(ipv4Unicast, 600), longLived(ipv6Unicast, 600)],
  };
  stale.lost(families, restart, 'lost');
  t.deepEqual([kept(ipv4Unicast), kept(ipv6Unicast)], ['stale', 'long-lived']);
  wait(clock, 121);
  t.deepEqual([kept(ipv4Unicast), kept(ipv6Unicast)], ['long-lived', 'long-lived']);
  wait(clock, 480);
  t.deepEqual([kept(ipv4Unicast), kept(ipv6Unicast)], ['long-lived', 'gone']);
  t.false(told.includes('forgotten'));
  wait(clock, 120);
  t.is(kept(ipv4Unicast), 'gone');
  t.is(told.at(-1), 'forgotten');
});

test('a restart time of zero without long-lived restart keeps nothing, and neither does a long-lived time of zero', (t) => {
  const { stale, kept } = scene();
  const restart = {
    restartTimeSec: 0,
    families: [listed(ipv4Unicast)],
    longLived: [longLived(ipv6Unicast, 0)],
  };
  stale.lost(families, restart, 'lost');
  t.deepEqual([kept(ipv4Unicast), kept(ipv6Unicast)], ['gone', 'gone']);
});

test('a neighbor is not forgotten for the family that goes while routes of the other one are kept', (t) => {
  const { clock, stale, told, kept } = scene();
  stale.lost(families, { restartTimeSec: 120, families: [listed(ipv6Unicast)], longLived: [] }, 'lost');
  t.deepEqual([kept(ipv4Unicast), kept(ipv6Unicast)], ['gone', 'stale']);
  t.deepEqual(told, ['kept ipv6-unicast']);
  wait(clock, 121);
  t.is(told.at(-1), 'forgotten');
});

test('long-lived routes of a peer that is lost again before End-of-RIB go when their first time is over (RFC 9494 §4.2)', (t) => {
  const { clock, stale, kept } = scene();
  const restart = { restartTimeSec: 0, families: [], longLived: [longLived(ipv4Unicast, 100)] };
  stale.lost([ipv4Unicast], restart, 'lost');
  wait(clock, 60);
  stale.established([ipv4Unicast], restart, 360);
  t.is(kept(ipv4Unicast), 'long-lived');
  stale.lost([ipv4Unicast], restart, 'lost');
  wait(clock, 39);
  t.is(kept(ipv4Unicast), 'long-lived');
  wait(clock, 2);
  t.is(kept(ipv4Unicast), 'gone');
});

test('the long-lived time that ends while the peer sends again takes what it has not sent', (t) => {
  const { clock, stale, told, kept } = scene();
  const restart = { restartTimeSec: 0, families: [], longLived: [longLived(ipv4Unicast, 100)] };
  stale.lost([ipv4Unicast], restart, 'lost');
  stale.established([ipv4Unicast], restart, 10);
  wait(clock, 99);
  t.is(kept(ipv4Unicast), 'long-lived', 'the other limit is for restarts that are not long-lived');
  wait(clock, 2);
  t.is(kept(ipv4Unicast), 'gone');
  stale.endOfRib(ipv4Unicast);
  t.is(told.filter((line) => line.startsWith('removed')).length, 1);
});

test('routes of a peer that is lost after its long-lived time and before End-of-RIB go at once (RFC 9494 §4.2)', (t) => {
  const restart = { restartTimeSec: 120, families: [listed(ipv4Unicast)], longLived: [longLived(ipv4Unicast, 100)] };
  const backAfterItsTime = (): Scene => {
    const made = scene();
    made.stale.lost([ipv4Unicast], restart, 'lost');
    wait(made.clock, 121);
    made.stale.established([ipv4Unicast], restart, 360);
    made.announce(ipv4Unicast);
    wait(made.clock, 101);
    t.is(made.kept(ipv4Unicast), 'current', 'what was sent again stays while the session does');
    return made;
  };
  const early = backAfterItsTime();
  early.stale.lost([ipv4Unicast], restart, 'lost');
  t.is(early.kept(ipv4Unicast), 'gone');
  t.is(early.told.at(-1), 'removed ipv4-unicast');
  const whole = backAfterItsTime();
  whole.stale.endOfRib(ipv4Unicast);
  whole.stale.lost([ipv4Unicast], restart, 'lost');
  t.is(whole.kept(ipv4Unicast), 'stale');
});
