// What every adapter of the speaker's port must do, run against real speakers on this machine: the adapter under test and a
// second one of the same kind as its neighbor. Listeners have loopback addresses of their own, so runs may overlap; who
// announces routes speaks from the machine's own address, since 127.0.0.0/8 is no next hop. Nothing leaves the machine.

import { once } from 'node:events';
import { createServer, Socket } from 'node:net';
import { networkInterfaces } from 'node:os';
import test from 'ava';
import type { NeighborConfig, SpeakerConfig } from '#bgp/config.ts';
import type { SpeakerEvent } from '#bgp/events.ts';
import type { RouteBatch } from '#bgp/views.ts';
import type { SpeakerHostConfig, SpeakerPort } from '#speaker/port.ts';
import { needs } from '#support/skip.ts';
import { until } from './until.ts';

const ownAddress = Object.values(networkInterfaces())
  .flatMap((infos) => infos ?? [])
  .find(({ family, internal }) => family === 'IPv4' && !internal)?.address;

/** Routes need a next hop that is not a loopback address. */
const hostAddress = (): string | undefined =>
  ownAddress === undefined ? 'this machine has no IPv4 address but loopback' : undefined;

interface Side {
  readonly port: SpeakerPort;
  readonly events: SpeakerEvent[];
  readonly address: string;
  readonly asn: number;
}

export function testCompliance(name: string, makePort: () => SpeakerPort, network: string): void {
  let used = 0;

  function makeSide(asn: number, address?: string): Side {
    used++;
    const events: SpeakerEvent[] = [];
    const port = makePort();
    port.onEvent((event) => events.push(event));
    return { port, events, address: address ?? `${network}.${used}`, asn };
  }

  function neighborOf(side: Side, own: Side, tcpPort: number, more: Partial<NeighborConfig> = {}): NeighborConfig {
    return {
      address: side.address,
      port: tcpPort,
      remoteAsn: side.asn,
      description: undefined,
      isPassive: false,
      families: ['ipv4-unicast'],
      importPolicy: 'accept',
      exportPolicy: 'accept',
      isNextHopSelf: false,
      ttl: undefined,
      sourceAddress: own.address,
      timers: { connectRetrySec: 1, holdTimeSec: 9, keepaliveSec: 3 },
      isShutdown: false,
      ...more,
    };
  }

  function configOf(side: Side, tcpPort: number, more: Partial<SpeakerConfig>): SpeakerHostConfig {
    const instance: SpeakerConfig = {
      instance: 'default',
      asn: side.asn,
      routerId: side.address,
      neighbors: [],
      networks: [],
      policies: [],
      ...more,
    };
    return { listen: [{ address: side.address, port: tcpPort }], instances: [instance] };
  }

  async function isEstablished(side: Side): Promise<boolean> {
    const [instance] = await side.port.instances();
    return instance.neighbors.length > 0 && instance.neighbors.every(({ state }) => state === 'Established');
  }

  async function readRoutes(side: Side): Promise<RouteBatch[]> {
    const stream = await side.port.routes({ instance: 'default', family: 'ipv4-unicast', table: 'loc-rib' });
    const batches: RouteBatch[] = [];
    // A batch is valid until the next one is asked for.
    for await (const batch of stream.batches) batches.push(structuredClone(batch));
    return batches;
  }

  /** Two sides with a session; `passive` waits for `active` to connect. */
  async function connect(
    networks: SpeakerConfig['networks'],
  ): Promise<{ active: Side; passive: Side; tcpPort: number }> {
    const [active, passive] = [makeSide(64501, ownAddress), makeSide(64502)];
    const tcpPort = await freePort(passive.address);
    const waiting = configOf(passive, tcpPort, {
      neighbors: [neighborOf(active, passive, tcpPort, { isPassive: true })],
    });
    const neighbors = [neighborOf(passive, active, tcpPort)];
    const calling = { ...configOf(active, tcpPort, { neighbors, networks }), listen: [] };
    const outcome = await passive.port.configure(waiting);
    if (outcome.problems.length > 0) throw new Error(outcome.problems.join());
    await active.port.configure(calling);
    await until(async () => (await isEstablished(active)) && (await isEstablished(passive)), 30_000);
    return { active, passive, tcpPort };
  }

  test(
    `${name}: two speakers establish a session and routes cross it`,
    needs([hostAddress], async (t) => {
      const networks = Array.from({ length: 5000 }, (_, index) => ({
        prefix: `10.${index >> 8}.${index & 255}.0/24`,
        origin: 'igp' as const,
      }));
      const { active, passive } = await connect(networks);
      await until(async () => {
        const [instance] = await passive.port.instances();
        return instance.neighbors[0].families[0].accepted === networks.length;
      }, 30_000);
      const batches = await readRoutes(passive);
      t.true(batches.length > 1, 'a large table comes in several batches');
      t.is(
        batches.reduce((sum, { count }) => sum + count, 0),
        networks.length,
      );
      const [first] = batches;
      t.is(first.prefixWords.length, first.count);
      t.is(first.prefixWords[0] >>> 0, 0x0a000000);
      t.is(first.prefixLengths[0], 24);
      t.is(first.setEnds.length, 1, 'one attribute set, told once');
      t.true(first.attributes.every((set) => set === 0));
      t.true(first.setBytes.length > 0 && first.setEnds[0] === first.setBytes.length);
      t.true(
        passive.events.some((event) => event.type === 'neighbor-state' && event.to === 'Established'),
        'the log hears of it',
      );
      await Promise.all([active.port.stop(), passive.port.stop()]);
    }),
  );

  test(
    `${name}: a configuration touches only what changed`,
    needs([hostAddress], async (t) => {
      const { active, passive, tcpPort } = await connect([{ prefix: '10.0.0.0/8', origin: 'igp' }]);
      const establishedMs = async (): Promise<number | undefined> =>
        (await active.port.instances())[0].neighbors[0].establishedWallMs;
      const before = await establishedMs();
      const same = neighborOf(passive, active, tcpPort);
      const none = { neighborsAdded: [], neighborsRemoved: [], neighborsUpdated: [], neighborsReset: [] };
      t.deepEqual(
        await active.port.configure({
          ...configOf(active, tcpPort, { neighbors: [same], networks: [{ prefix: '10.0.0.0/8', origin: 'igp' }] }),
          listen: [],
        }),
        { ...none, networksAdded: 0, networksRemoved: 0, problems: [] },
      );
      const other = { ...same, address: `${network}.250`, isPassive: true };
      const outcome = await active.port.configure({
        ...configOf(active, tcpPort, {
          neighbors: [same, other],
          networks: [{ prefix: '10.1.0.0/16', origin: 'igp' }],
        }),
        listen: [],
      });
      t.deepEqual(outcome, {
        ...none,
        neighborsAdded: [other.address],
        networksAdded: 1,
        networksRemoved: 1,
        problems: [],
      });
      t.is(await establishedMs(), before);
      await until(async () => {
        const [batch] = await readRoutes(passive);
        return batch?.count === 1 && batch.prefixLengths[0] === 16;
      }, 30_000);
      await Promise.all([active.port.stop(), passive.port.stop()]);
    }),
  );

  test(
    `${name}: an address that is taken is a problem in one line and the sessions go on`,
    needs([hostAddress], async (t) => {
      const { active, passive, tcpPort } = await connect([]);
      const taken = createServer().listen(0, '127.0.0.1');
      await once(taken, 'listening');
      const address = taken.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      const config = configOf(passive, tcpPort, {
        neighbors: [neighborOf(active, passive, tcpPort, { isPassive: true })],
      });
      const outcome = await passive.port.configure({
        ...config,
        listen: [...config.listen, { address: '127.0.0.1', port }],
      });
      t.is(outcome.problems.length, 1);
      t.regex(outcome.problems[0], new RegExp(`^cannot listen on 127\\.0\\.0\\.1:${port}: address in use`));
      t.true(await isEstablished(passive));
      taken.close();
      await Promise.all([active.port.stop(), passive.port.stop()]);
    }),
  );

  test(
    `${name}: shutdown, clear and their answers`,
    needs([hostAddress], async (t) => {
      const { active, passive } = await connect([]);
      t.false(await active.port.shutdown('192.0.2.200', true, undefined));
      t.true(await active.port.shutdown(passive.address, true, 'for a while'));
      await until(async () => !(await isEstablished(passive)), 30_000);
      await until(() => passive.events.some((event) => event.type === 'notification-received'), 30_000);
      const told = passive.events.find((event) => event.type === 'notification-received');
      t.like(told, { code: 6, subcode: 2 });
      t.true(await active.port.shutdown(passive.address, false, undefined));
      await until(() => isEstablished(active), 30_000);
      t.deepEqual(await active.port.clear(undefined, 'soft'), [passive.address]);
      t.deepEqual(await active.port.clear('192.0.2.200', 'hard'), []);
      await Promise.all([active.port.stop(), passive.port.stop()]);
    }),
  );

  test(
    `${name}: stop tells the neighbor with a Cease before the connection ends`,
    needs([hostAddress], async (t) => {
      const { active, passive } = await connect([]);
      await active.port.stop();
      await until(() => passive.events.some((event) => event.type === 'notification-received'), 30_000);
      t.like(
        passive.events.find((event) => event.type === 'notification-received'),
        { code: 6, subcode: 2 },
      );
      await passive.port.stop();
      const socket = new Socket().connect(179, passive.address);
      await t.throwsAsync(once(socket, 'connect'), { code: 'ECONNREFUSED' });
    }),
  );

  test(`${name}: a stranger's connection is closed at once and told`, async (t) => {
    const side = makeSide(64503);
    const tcpPort = await freePort(side.address);
    await side.port.configure(configOf(side, tcpPort, {}));
    const meet = (): Promise<number> =>
      new Promise((resolve) => {
        const stranger = new Socket().connect({ port: tcpPort, host: side.address, localAddress: '127.0.0.1' });
        let heard = 0;
        stranger.on('data', (chunk) => (heard += chunk.length));
        // Closed by a reset, which leaves nothing behind.
        stranger.on('error', () => undefined);
        stranger.once('close', () => resolve(heard));
      });
    t.is(await meet(), 0);
    await until(() => side.events.length > 0, 30_000);
    t.like(side.events[0], { type: 'connection-refused', remoteAddress: '127.0.0.1', reason: 'no such neighbor' });
    const heard = await Promise.all(Array.from({ length: 300 }, meet));
    t.true(heard.every((bytes) => bytes === 0));
    const told = side.events.filter(({ type }) => type === 'connection-refused');
    t.true(told.length <= 5, `${told.length} of 301 are told`);
    await side.port.stop();
  });

  test(`${name}: wrong questions and wrong configurations are errors of their own kind`, async (t) => {
    const side = makeSide(64504);
    await side.port.configure({ ...configOf(side, 1, {}), listen: [] });
    const ask = (query: Parameters<SpeakerPort['routes']>[0]) => side.port.routes(query);
    await t.throwsAsync(ask({ instance: 'nowhere', family: 'ipv4-unicast', table: 'loc-rib' }), {
      name: 'QueryError',
      code: 'unknown-instance',
    });
    await t.throwsAsync(
      ask({ instance: 'default', family: 'ipv4-unicast', table: 'received', neighbor: '192.0.2.9' }),
      { name: 'QueryError', code: 'unknown-neighbor' },
    );
    const wrong = configOf(side, 1, { routerId: '0.0.0.0' });
    const outcome = await side.port.configure({ ...wrong, listen: [] });
    t.regex(outcome.problems[0], /^instance default: routerId: "0\.0\.0\.0"/);
    t.is((await side.port.instances())[0].routerId, side.address, 'the running configuration stays');
    await side.port.stop();
  });

  test(`${name}: what operators order reaches the speaker, and what it answers comes back`, async (t) => {
    const side = makeSide(64506);
    await side.port.begin({ isRestarting: false, preservedFamilies: ['ipv4-unicast'] });
    await side.port.configure({ ...configOf(side, 1, {}), listen: [] });
    t.false((await side.port.instances())[0].restart.hasSynchronised);
    await side.port.sourcesSynchronised();
    t.true((await side.port.instances())[0].restart.hasSynchronised);
    t.false(await side.port.drain('192.0.2.9', true));
    t.true(await side.port.drain(undefined, true));
    t.true((await side.port.instances())[0].isDraining);
    t.false(await side.port.debug('192.0.2.9', ['update']));
    t.deepEqual(await side.port.updateGroups(), []);
    t.deepEqual(await side.port.explain({ instance: 'default', family: 'ipv4-unicast', prefix: '10.0.0.0/8' }), []);
    const [memory] = await side.port.memory();
    t.like(memory, { instance: 'default', neighbors: 0 });
    await until(() => side.events.some(({ type }) => type === 'graceful-shutdown'), 30_000);
    await side.port.stop('final');
  });

  test(`${name}: a view may be left early, and figures say how the loop is doing`, async (t) => {
    const side = makeSide(64505);
    const networks = Array.from({ length: 9000 }, (_, index) => ({
      prefix: `10.${index >> 8}.${index & 255}.0/24`,
      origin: 'igp' as const,
    }));
    await side.port.configure({ ...configOf(side, 1, { networks }), listen: [] });
    await until(async () => (await side.port.instances())[0].families[0].prefixes === networks.length, 30_000);
    const stream = await side.port.routes({ instance: 'default', family: 'ipv4-unicast', table: 'loc-rib' });
    t.is((await side.port.figures()).openViews, 1);
    for await (const batch of stream.batches) {
      t.true(batch.count > 0);
      break;
    }
    stream.close();
    await until(async () => (await side.port.figures()).openViews === 0, 30_000);
    const { eventLoopDelaySec, heapUsedBytes } = await side.port.figures();
    t.true(eventLoopDelaySec.p50 <= eventLoopDelaySec.p99 && eventLoopDelaySec.p99 <= eventLoopDelaySec.max);
    t.true(heapUsedBytes > 0);
    await side.port.stop();
  });
}

async function freePort(address: string): Promise<number> {
  const server = createServer().listen(0, address);
  await once(server, 'listening');
  const bound = server.address();
  server.close();
  await once(server, 'close');
  return typeof bound === 'object' && bound !== null ? bound.port : 0;
}
