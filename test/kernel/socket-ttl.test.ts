// TTL security (RFC 5082), devices, and floods, between namespaces: what a router in between makes of a TTL, what the
// kernel drops because of it, and what is left of connections that are nobody's.

import test from 'ava';
import { command, findUnmet, needs, root } from '#support/skip.ts';
import { addresses, run, SocketWorld, type Endpoint } from '../io/socket-world.ts';
import { until } from '../speaker/until.ts';

const requirements = [root, command('ip', 'iproute2'), command('nstat', 'iproute2')];
const world = new SocketWorld('ttl');
let near: Endpoint;
let router: Endpoint;
let far: Endpoint;
let nextConnection = 1;

const port = 1790;
const plain = { ttl: undefined, gtsmHops: undefined, deviceName: undefined, password: undefined } as const;
const endpoints = [
  { address: '0.0.0.0', port },
  { address: '::', port },
];

test.before(async () => {
  if (findUnmet(requirements) !== undefined) return;
  await world.make();
  near = await world.endpoint(world.names.near);
  router = await world.endpoint(world.names.router, 60_000);
  far = await world.endpoint(world.names.far);
  await near.do({ do: 'listen', endpoints });
});

test.after.always(() => world.remove());

interface Wish {
  readonly ttl?: number;
  readonly gtsmHops?: number;
  readonly deviceName?: string;
}

async function attempt(from: Endpoint, address: string, wish: Wish = {}): Promise<number> {
  const connection = nextConnection++;
  const { ttl, ...rest } = wish;
  await from.do({ do: 'connect', request: { connection, address, port, sourceAddress: undefined, ttl, ...rest } });
  return connection;
}

/** `min(TTL)` of the guards for a peer in both families. */
function guard(who: 'router' | 'far', hops: number): { prefix: string; minTtl: number }[] {
  const { ipv4, ipv6 } = addresses[who];
  return [
    { prefix: `${ipv4}/32`, minTtl: 256 - hops },
    { prefix: `${ipv6}/128`, minTtl: 256 - hops },
  ];
}

for (const family of ['ipv4', 'ipv6'] as const) {
  test.serial(
    `a listener hears its TTL-secured neighbors from no farther than said, and everybody else (${family})`,
    needs(requirements, async (t) => {
      t.deepEqual(await near.do({ do: 'guards', guards: guard('far', 1) }), []);
      const tooFar = await attempt(far, addresses.near[family], { ttl: 255 });
      t.regex((await far.next('failed', tooFar)).text ?? '', /timed out/);
      t.is(near.peek('accepted'), undefined);
      // Nobody else is held to anything.
      const other = await attempt(router, addresses.near[family], { ttl: 3 });
      await router.next('opened', other);
      const { connection = 0 } = await near.next('accepted');
      await near.do({ do: 'close', connection });
      await router.do({ do: 'close', connection: other });
      // Two hops away is near enough now.
      t.deepEqual(await near.do({ do: 'guards', guards: guard('far', 2) }), []);
      const allowed = await attempt(far, addresses.near[family], { ttl: 255 });
      await far.next('opened', allowed);
      await near.do({ do: 'close', connection: (await near.next('accepted')).connection ?? 0 });
      // The full TTL is what makes it: with less the same peer is too far away.
      const low = await attempt(far, addresses.near[family], { ttl: 254 });
      t.regex((await far.next('failed', low)).text ?? '', /timed out/);
      t.deepEqual(await near.do({ do: 'guards', guards: [] }), []);
      const free = await attempt(far, addresses.near[family], { ttl: 64 });
      await far.next('opened', free);
      await near.do({ do: 'close', connection: (await near.next('accepted')).connection ?? 0 });
    }),
  );

  test.serial(
    `what comes with a smaller TTL on a connection that stands is dropped by the kernel (${family})`,
    needs(requirements, async (t) => {
      await near.do({ do: 'guards', guards: guard('far', 2) });
      await near.do({ do: 'accept', options: { ...plain, gtsmHops: 2 } });
      const own = await attempt(far, addresses.near[family], { gtsmHops: 2 });
      await far.next('opened', own);
      const { connection: theirs = 0, text } = await near.next('accepted');
      t.is(text, undefined);
      await far.do({ do: 'send', connection: own, text: 'near enough' });
      t.is(await near.text(theirs, 11), 'near enough');
      const dropped = await world.counter(world.names.near, 'TcpExtTCPMinTTLDrop');
      await far.do({ do: 'ttl', connection: own, ttl: 200 });
      await far.do({ do: 'send', connection: own, text: 'from afar' });
      await until(async () => (await world.counter(world.names.near, 'TcpExtTCPMinTTLDrop')) > dropped, 60_000);
      t.is(near.peek('received'), undefined);
      await far.do({ do: 'ttl', connection: own, ttl: 255 });
      t.is(await near.text(theirs, 9), 'from afar');
      // And the other way: our own segments go out with 255, or the peer, which looks as well, would not hear them.
      await near.do({ do: 'send', connection: theirs, text: 'answer' });
      t.is(await far.text(own, 6), 'answer');
      await near.do({ do: 'close', connection: theirs });
      await near.do({ do: 'accept', options: plain });
      await near.do({ do: 'guards', guards: [] });
    }),
  );

  test.serial(
    `who connects with TTL security is not answered from too far away (${family})`,
    needs(requirements, async (t) => {
      const dropped = await world.counter(world.names.far, 'TcpExtTCPMinTTLDrop');
      const tooFar = await attempt(far, addresses.near[family], { gtsmHops: 1 });
      t.regex((await far.next('failed', tooFar)).text ?? '', /timed out .*more than 1 hops/);
      t.true((await world.counter(world.names.far, 'TcpExtTCPMinTTLDrop')) > dropped);
      const enough = await attempt(far, addresses.near[family], { gtsmHops: 2 });
      await far.next('opened', enough);
      await near.do({ do: 'close', connection: (await near.next('accepted')).connection ?? 0 });
    }),
  );
}

test.serial(
  'a prefix can be held to a TTL, and an address within it to another or none',
  needs(requirements, async (t) => {
    const wide = { prefix: '10.66.0.0/16', minTtl: 255 };
    await near.do({ do: 'guards', guards: [wide] });
    const refused = await attempt(far, addresses.near.ipv4, { ttl: 255 });
    t.regex((await far.next('failed', refused)).text ?? '', /timed out/);
    await near.do({ do: 'guards', guards: [wide, { prefix: `${addresses.far.ipv4}/32`, minTtl: 0 }] });
    await far.next('opened', await attempt(far, addresses.near.ipv4, { ttl: 64 }));
    await near.do({ do: 'close', connection: (await near.next('accepted')).connection ?? 0 });
    await near.do({ do: 'guards', guards: [] });
  }),
);

test.serial(
  'a filter takes hundreds of neighbors, and says of how many it cannot',
  needs(requirements, async (t) => {
    const many = Array.from({ length: 600 }, (_, index) => ({
      prefix: `10.80.${index >> 8}.${index & 255}/32`,
      minTtl: 255,
    }));
    t.deepEqual(await near.do({ do: 'guards', guards: [...many, ...guard('far', 2)] }), []);
    await far.next('opened', await attempt(far, addresses.near.ipv4, { ttl: 255 }));
    await near.do({ do: 'close', connection: (await near.next('accepted')).connection ?? 0 });
    const tooMany = Array.from({ length: 900 }, (_, index) => ({
      prefix: `10.80.${index >> 8}.${index & 255}/32`,
      minTtl: 255,
    }));
    const problems = await near.do({ do: 'guards', guards: tooMany });
    t.is(problems.length, 1, problems.join('\n'));
    t.regex(problems[0], /^TTL security on 0\.0\.0\.0:1790: no room for \d+ neighbors/);
    t.deepEqual(await near.do({ do: 'guards', guards: [] }), []);
  }),
);

test.serial(
  'a connection that is bound to a device is one of that device only, in both directions',
  needs(requirements, async (t) => {
    await router.do({ do: 'listen', endpoints });
    await router.do({ do: 'accept', options: { ...plain, deviceName: 'eth0' } });
    const right = await attempt(near, addresses.router.ipv4, { deviceName: 'eth0' });
    await near.next('opened', right);
    const { connection = 0, text } = await router.next('accepted');
    t.is(text, undefined);
    t.regex(
      await run('ip', 'netns', 'exec', world.names.near, 'ss', '-tn'),
      /10\.66\.1\.1%eth0:\d+ +10\.66\.1\.2:1790/,
    );
    await near.do({ do: 'send', connection: right, text: 'here' });
    t.is(await router.text(connection, 4), 'here');
    await near.do({ do: 'close', connection: right });
    // The far one comes in on eth1: bound to eth0, the connection hears nothing of it any more.
    const wrong = await attempt(far, addresses.router.ipv4);
    await far.next('opened', wrong);
    const { connection: elsewhere = 0 } = await router.next('accepted');
    await far.do({ do: 'send', connection: wrong, text: 'there' });
    await new Promise((resolve) => setTimeout(resolve, 500));
    t.is(router.peek('received', elsewhere), undefined);
    const nowhere = await attempt(near, addresses.router.ipv4, { deviceName: 'nowhere0' });
    t.is((await near.next('failed', nowhere)).text, 'no such interface');
    await router.do({ do: 'accept', options: plain });
  }),
);

test.serial(
  'half-open connections by the thousand keep nobody else out',
  needs(requirements, async (t) => {
    // SYNs from addresses whose answers the router swallows: the handshakes never end.
    await run('ip', '-n', world.names.far, 'route', 'add', 'local', '10.99.0.0/16', 'dev', 'lo');
    await run('ip', '-n', world.names.router, 'route', 'add', 'blackhole', '10.99.0.0/16');
    for (const name of ['all', 'eth0', 'eth1']) {
      await world.set(world.names.router, `net.ipv4.conf.${name}.rp_filter`, '0');
    }
    const before = await world.counter(world.names.near, 'TcpPassiveOpens');
    const attempts = 3000;
    for (let index = 0; index < attempts; index++) {
      void far.do({
        do: 'connect',
        request: {
          connection: nextConnection++,
          address: addresses.near.ipv4,
          port,
          sourceAddress: `10.99.${index >> 8}.${index & 255}`,
          ttl: undefined,
        },
      });
    }
    const countHalfOpen = async (): Promise<number> =>
      (await run('ip', 'netns', 'exec', world.names.near, 'ss', '-Htn', 'state', 'syn-recv')).split('\n').length;
    await until(async () => (await countHalfOpen()) > 500, 60_000);
    const halfOpen = await countHalfOpen();
    const startMs = Date.now();
    await router.next('opened', await attempt(router, addresses.near.ipv4));
    const { connection = 0 } = await near.next('accepted');
    t.true(Date.now() - startMs < 15_000, `${Date.now() - startMs} ms`);
    t.true(halfOpen > 500, `${halfOpen} half open`);
    t.is((await world.counter(world.names.near, 'TcpPassiveOpens')) - before, 1);
    await near.do({ do: 'close', connection });
  }),
);

test.serial(
  "thousands of connections that are nobody's leave nothing behind, and a thousand of a neighbor's survive a storm of resets",
  needs(requirements, async (t) => {
    await near.do({ do: 'accept', options: 'refuse' });
    // In waves below the listener's backlog: a client whose last acknowledgement met a full queue believes itself connected.
    for (let wave = 0; wave < 8; wave++) {
      const strangers = await Promise.all(Array.from({ length: 250 }, () => attempt(router, addresses.near.ipv4)));
      // The reset may overtake the handshake's end on either side.
      for (const connection of strangers) await router.nextOf(['closed', 'failed'], connection);
    }
    await near.do({ do: 'count' });
    t.is((await near.next('count')).connections, 0);
    await near.do({ do: 'accept', options: plain });
    const wanted: [number, number][] = [];
    for (let batch = 0; batch < 20; batch++) {
      const opened = await Promise.all(Array.from({ length: 50 }, () => attempt(router, addresses.near.ipv4)));
      const takers = new Map<number | undefined, number>();
      for (let index = 0; index < opened.length; index++) {
        const { connection = 0, info } = await near.next('accepted');
        takers.set(info?.remotePort, connection);
      }
      for (const own of opened) {
        const { info } = await router.next('opened', own);
        wanted.push([own, takers.get(info?.localPort) ?? 0]);
      }
    }
    await near.do({ do: 'count' });
    t.is((await near.next('count')).connections, 1000);
    // The kernel tears down 999 of them with resets, all at once.
    const [kept] = wanted;
    const ports = await run('ip', 'netns', 'exec', world.names.router, 'ss', '-Htn', 'dport', '=', `:${port}`);
    t.true(ports.split('\n').length >= 1000);
    for (const [own] of wanted.slice(1)) void router.do({ do: 'reset', connection: own });
    for (const [, theirs] of wanted.slice(1)) {
      t.is((await near.next('closed', theirs)).text, 'connection reset by peer');
    }
    await router.do({ do: 'send', connection: kept[0], text: 'still here' });
    t.is(await near.text(kept[1], 10), 'still here');
    await near.do({ do: 'count' });
    t.is((await near.next('count')).connections, 1);
  }),
);
