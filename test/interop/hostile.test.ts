// Peers that abuse a real `waggle router` over real sockets: that never read, flood, half-open, collide, reconnect without end. Memory
// and descriptors stay bounded, and a session with hold time 9 s beside them hears its keepalives in time and never falls.

import { readdirSync } from 'node:fs';
import { asRecord, at } from '#lab/json.ts';
import { declareWorld } from '#support/bystander.ts';
import { command, root } from '#support/skip.ts';
import { concat, KEEPALIVE, message, notification, open } from '../bgp/session/bytes.ts';
import { attribute, fromHex, origin, update } from '../bgp/wire/bytes.ts';
import { until } from '../speaker/until.ts';
import { manyNeighbors, octetsOf, PEER_ASN, type RawNeighbor, RawRouter } from './raw-router.ts';

const requirements = [root, command('ip', 'iproute2')];
const [bystanderAt, source, deaf, abuser, stranger] = manyNeighbors(5, PEER_ASN);
const MB = 1 << 20;

const beside = declareWorld(
  requirements,
  () => RawRouter.start({ neighbors: [bystanderAt, source, deaf, abuser], strangers: [stranger] }),
  bystanderAt,
);

/** Routes of a peer: `perSet` prefixes of 24 bits to a set, `round` in every path. */
function routesOf(from: RawNeighbor, sets: number, perSet: number, round: number): Uint8Array {
  const hop = attribute(0x40, 3, octetsOf(from.address));
  const path = attribute(0x40, 2, [
    2,
    3,
    0,
    0,
    PEER_ASN >> 8,
    PEER_ASN & 255,
    0,
    1,
    round >> 8,
    round & 255,
    0,
    0,
    0,
    0,
  ]);
  const prefixes = Array.from({ length: perSet * 4 }, () => 24);
  const one = update({ attributes: [origin, hop, path], nlri: prefixes });
  const all = new Uint8Array(sets * one.length);
  const lastAsn = one.length - prefixes.length - 4;
  for (let set = 0; set < sets; set++) {
    const start = set * one.length;
    all.set(one, start);
    all.set([0, 3, set >> 8, set & 255], start + lastAsn);
    for (let index = 0; index < perSet; index++) {
      const at = set * perSet + index;
      all.set([16 + (at >>> 16), (at >>> 8) & 255, at & 255], start + lastAsn + 5 + index * 4);
    }
  }
  return all;
}

function descriptorsOf(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}

beside(
  'a peer that never reads a table of 64,000 attribute sets, changed again and again, costs bounded memory',
  async (t, world) => {
    const reader = world.bystander.connection;
    const sender = await world.router.establish(source);
    const silent = await world.router.establish(deaf);
    silent.stopReading();
    const before = world.router.rssBytes;
    const sets = 64_000;
    sender.send(routesOf(source, sets, 2, 0));
    await until(async () => (await world.router.summaryOf(source.address)).pfxRcd === sets * 2, 30_000);
    const loaded = world.router.rssBytes;
    for (let round = 1; round <= 8; round++) {
      const received = reader.receivedBytes;
      sender.send(routesOf(source, sets, 2, round));
      await until(() => reader.receivedBytes - received > sets * 50, 30_000);
      // A flood of refreshes from one who does not listen to the answers.
      silent.send(concat(...Array.from({ length: 50 }, () => message(5, [0, 1, 0, 1]))));
    }
    const after = world.router.rssBytes;
    t.log(
      `RSS ${Math.round(before / MB)} MB, loaded ${Math.round(loaded / MB)} MB, after ${Math.round(after / MB)} MB`,
    );
    const isBounded = await world.router.keepsLessThan(96 * MB, loaded);
    t.true(isBounded, `${Math.round((after - loaded) / MB)} MB for a peer that does not read`);
    t.like(await world.router.summaryOf(deaf.address), { state: 'Established' });
    silent.reset();
    sender.send(notification(6, 4));
    await until(async () => (await world.router.summaryOf(source.address)).pfxRcd === 0, 30_000);
  },
);

beside('connections that never say a word do not keep their own neighbor out', async (t, { router: world }) => {
  const descriptors = descriptorsOf(world.pid);
  const [before, from] = [world.rssBytes, world.log.length];
  const half = Array.from({ length: 200 }, (_, index) =>
    world.connect(index % 2 === 0 ? abuser.address : stranger.address),
  );
  await until(() => half.filter((connection) => !connection.isClosed).length <= 8, 30_000);
  await until(() => descriptorsOf(world.pid) - descriptors <= 16, 30_000);
  t.true(await world.keepsLessThan(32 * MB, before));
  const logged = world.log.slice(from);
  t.regex(logged, new RegExp(`refused a connection from ${stranger.address}: no such neighbor`));
  const lines = logged.trimEnd().split('\n').length;
  t.true(lines < 30, `${lines} lines for 200 connections`);
  const strangers = half.filter((_, index) => index % 2 === 1);
  await until(() => strangers.every((connection) => connection.isClosed), 30_000);
  const peer = await world.establish(abuser);
  t.like(await world.summaryOf(abuser.address), { state: 'Established' });
  t.false(peer.isClosed);
  peer.send(notification(6, 4));
  for (const connection of half) connection.reset();
});

beside(
  'a storm of second connections leaves the session that stands alone (RFC 4271 §6.8)',
  async (t, { router: world }) => {
    const peer = await world.establish(abuser);
    const [before, from] = [world.rssBytes, world.log.length];
    for (let index = 0; index < 50; index++) {
      const rival = world.connect(abuser.address);
      await until(() => rival.countOf(1) === 1 || rival.isClosed, 30_000);
      rival.send(open({ id: octetsOf(abuser.address) }));
      await until(() => rival.isClosed, 30_000);
      t.deepEqual(rival.notification, [6, 7]);
    }
    t.false(peer.isClosed);
    t.is(peer.notification, undefined);
    t.true(await world.keepsLessThan(32 * MB, before));
    t.like(await world.summaryOf(abuser.address), { state: 'Established' });
    // Some are told, here or when the connections of the test before were given up, and not all.
    const told = /sent NOTIFICATION 6\/7 to 10\.78\.0\.4: Cease\/Connection Collision Resolution/g;
    t.true((world.log.match(told) ?? []).length >= 5);
    t.true((world.log.slice(from).match(told) ?? []).length <= 20);
    peer.send(notification(6, 4));
  },
);

beside('200 sessions in a row, each cut off with routes in it, leave nothing behind', async (t, { router: world }) => {
  let early = 0;
  const descriptors = descriptorsOf(world.pid);
  const routes = routesOf(abuser, 500, 2, 0);
  for (let index = 0; index < 200; index++) {
    const peer = world.connect(abuser.address);
    await peer.reach('Established', open({ id: octetsOf(abuser.address) }));
    peer.send(routes);
    await until(async () => Number((await world.summaryOf(abuser.address)).pfxRcd) > 0, 30_000);
    peer.reset();
    await until(async () => (await world.summaryOf(abuser.address)).state !== 'Established', 30_000);
    if (index !== 50) continue;
    await world.collect();
    early = world.rssBytes;
  }
  await until(async () => (await world.summaryOf(abuser.address)).pfxRcd === 0, 30_000);
  const isBounded = await world.keepsLessThan(32 * MB, early);
  t.log(`RSS ${Math.round(early / MB)} MB after 50, ${Math.round(world.rssBytes / MB)} MB after 200`);
  t.true(isBounded);
  await until(() => descriptorsOf(world.pid) - descriptors <= 8, 30_000);
});

beside('a flood of keepalives, and of updates in segments of one byte, is only slow', async (t, { router: world }) => {
  const peer = await world.establish(abuser);
  const before = world.rssBytes;
  peer.send(Uint8Array.from(Buffer.concat(Array.from({ length: 200_000 }, () => KEEPALIVE))));
  peer.send(routesOf(abuser, 20, 2, 0), 1);
  await until(async () => (await world.summaryOf(abuser.address)).pfxRcd === 40, 30_000);
  t.true(Number((await world.summaryOf(abuser.address)).msgRcvd) >= 200_000);
  peer.send(update({ attributes: [fromHex('40 01 01 09')], nlri: fromHex('18 100000') }));
  await until(async () => (await world.summaryOf(abuser.address)).pfxRcd === 39, 30_000);
  t.false(peer.isClosed);
  t.true(await world.keepsLessThan(64 * MB, before));
  const shown = asRecord(at(await world.get(`/show/bgp/neighbors/${abuser.address}`), abuser.address));
  t.is(shown.lastUpdateFault, 'ORIGIN: undefined value (treat-as-withdraw)');
});
