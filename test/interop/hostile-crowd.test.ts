// What only many peers, or much time, can show: a thousand peers that come, go and come back at once, floods of refreshes over a table,
// a peer that never reads until the send hold timer ends it. A neighbor with hold time 9 s stands beside all of it. Other abuse over
// real sockets: hostile.test.ts, hostile-texts.test.ts.

import { asRecord, at } from '#lab/json.ts';
import { declareWorld } from '#support/bystander.ts';
import { command, root } from '#support/skip.ts';
import { concat, message, notification, open } from '../bgp/session/bytes.ts';
import { attribute, origin, update } from '../bgp/wire/bytes.ts';
import { until } from '../speaker/until.ts';
import { manyNeighbors, octetsOf, PEER_ASN, type RawConnection, type RawNeighbor, RawRouter } from './raw-router.ts';

const MB = 1 << 20;
const requirements = [root, command('ip', 'iproute2')];
const crowd: readonly RawNeighbor[] = manyNeighbors(1000, PEER_ASN).map((one) => ({
  ...one,
  holdTimeSec: 180,
  getsRoutes: false,
}));
const [bystanderAt, source, flooder, deafAt] = manyNeighbors(4, PEER_ASN, 2001);
const deaf: RawNeighbor = { ...deafAt, holdTimeSec: 3, sendHoldSec: 5 };

const beside = declareWorld(
  requirements,
  () =>
    RawRouter.start({
      neighbors: [bystanderAt, source, flooder, deaf, ...crowd],
      farAway: { prefix: '10.78.0.0/22', gateway: bystanderAt.address },
    }),
  bystanderAt,
);

/** `count` routes 20.x.y.0/24 of a peer, each with a path of its own. */
function routesOf(from: RawNeighbor, count: number): Uint8Array {
  const hop = attribute(0x40, 3, octetsOf(from.address));
  return concat(
    ...Array.from({ length: count }, (_, index) => {
      const [high, low] = [index >> 8, index & 255];
      const path = attribute(0x40, 2, [2, 2, 0, 0, PEER_ASN >> 8, PEER_ASN & 255, 0, 1, high, low]);
      return update({ attributes: [origin, path, hop], nlri: [24, 20, high, low] });
    }),
  );
}

async function pfxRcd(world: RawRouter, address: string): Promise<unknown> {
  return (await world.summaryOf(address)).pfxRcd;
}

async function countEstablished(world: RawRouter): Promise<number> {
  const peers = Object.values(asRecord(at(await world.get('/show/bgp/summary'), 'ipv4Unicast', 'peers')));
  return peers.filter((row) => asRecord(row).state === 'Established').length;
}

beside('a thousand peers come at once, each with a route, break off at once and come back', async (t, world) => {
  const { router: us } = world;
  const connectAll = async (): Promise<RawConnection[]> => {
    const peers = crowd.map(({ address }) => us.connect(address));
    await Promise.all(
      peers.map(async (peer, index) => {
        const { address } = crowd[index];
        // Not before our OPEN: who waits for the other side first may wait for a connection that only he believes in.
        await until(() => peer.isConnected, 40_000);
        const [, , high, low] = octetsOf(address);
        const attributes = [origin, attribute(0x40, 2, [2, 1, 0, 0, PEER_ASN >> 8, PEER_ASN & 255])];
        attributes.push(attribute(0x40, 3, octetsOf(address)));
        peer.send(
          concat(open({ id: octetsOf(address) }), message(4), update({ attributes, nlri: [32, 30, 0, high, low] })),
        );
      }),
    );
    return peers;
  };
  const before = us.rssBytes;
  const first = await connectAll();
  await until(async () => (await countEstablished(us)) === 1001, 40_000);
  await until(async () => at(await us.get('/show/bgp/summary'), 'ipv4Unicast', 'ribCount') === 1000, 30_000);
  const loaded = us.rssBytes;
  t.log(`${Math.round((loaded - before) / 1024 / 1000)} kB a peer`);
  t.true(await us.keepsLessThan(200 * MB, before), `${Math.round((loaded - before) / MB)} MB for a thousand peers`);
  for (const peer of first) peer.reset();
  await until(async () => (await countEstablished(us)) === 1, 30_000);
  await until(async () => at(await us.get('/show/bgp/summary'), 'ipv4Unicast', 'ribCount') === 0, 30_000);
  const second = await connectAll();
  await until(async () => (await countEstablished(us)) === 1001, 40_000);
  t.true(
    await us.keepsLessThan(160 * MB, loaded),
    `${Math.round((us.rssBytes - loaded) / MB)} MB more the second time`,
  );
  for (const peer of second) peer.send(notification(6, 3));
  await until(async () => (await countEstablished(us)) === 1, 30_000);
});

beside('20,000 refreshes over a table of 20,000 routes are answered with a few dumps', async (t, { router: us }) => {
  const sender = await us.establish(source);
  sender.send(routesOf(source, 20_000));
  await until(async () => (await pfxRcd(us, source.address)) === 20_000, 30_000);
  const peer = await us.establish(flooder);
  await until(() => peer.countOf(2) >= 20_000, 30_000);
  const before = us.rssBytes;
  const dumpBytes = peer.receivedBytes;
  peer.send(concat(...Array.from({ length: 20_000 }, () => message(5, [0, 1, 0, 1]))));
  await until(async () => Number((await us.summaryOf(flooder.address)).msgRcvd) >= 20_000, 30_000);
  await until(() => peer.receivedBytes >= 2 * dumpBytes, 30_000);
  // Until nothing more comes for a moment.
  let seen = 0;
  while (seen !== peer.receivedBytes) {
    seen = peer.receivedBytes;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  t.log(`${(seen / dumpBytes - 1).toFixed(1)} dumps, ${Math.round((us.rssBytes - before) / MB)} MB more`);
  t.true(seen < 30 * dumpBytes);
  t.true(await us.keepsLessThan(96 * MB, before));
  t.like(await us.summaryOf(flooder.address), { state: 'Established', connectionsEstablished: 1 });
  t.false(peer.isClosed);
});

beside(
  'a peer that sends keepalives and never reads ends with 8/0, and says so (RFC 9687)',
  async (t, { router: us }) => {
    const peer = us.connect(deaf.address);
    await peer.reach('OpenConfirm', open({ id: octetsOf(deaf.address) }));
    peer.stopReading();
    peer.send(message(4));
    peer.keepAlive(800);
    // More than both ends' buffers hold: refreshes while the table of the test before is there.
    await until(async () => (await us.summaryOf(deaf.address)).state === 'Established', 30_000);
    const started = Date.now();
    for (let round = 0; (await us.summaryOf(deaf.address)).state === 'Established'; round++) {
      if (Date.now() - started > 30_000) break;
      peer.send(message(5, [0, 1, 0, 1]));
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    await until(() => us.log.includes('"code":8'), 30_000).catch(() => undefined);
    t.regex(us.log, /sent NOTIFICATION 8\/0 to 10\.78\.7\.212: Send Hold Timer Expired/);
    const shown = JSON.stringify(await us.get(`/show/bgp/neighbors/${deaf.address}`));
    t.regex(shown, /Send Hold Timer Expired/);
    t.regex(shown, /"lastErrorCodeSubcode":"0800"/);
    peer.reset();
  },
);
