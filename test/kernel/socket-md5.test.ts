// TCP MD5 (RFC 2385) of the transport and the listeners, between namespaces: what the wire shows, what the kernel
// counts, and what a changed key does to a connection that stands.

import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { command, findUnmet, needs, root } from '#support/skip.ts';
import { addresses, run, SocketWorld, type Endpoint } from '../io/socket-world.ts';

const requirements = [root, command('ip', 'iproute2'), command('nstat', 'iproute2')];
const world = new SocketWorld('md5');
let near: Endpoint;
let router: Endpoint;
let nextConnection = 1;

const port = 1790;
const peer = addresses.near.ipv4;
const plain = { ttl: undefined, gtsmHops: undefined, deviceName: undefined } as const;

test.before(async () => {
  if (findUnmet(requirements) !== undefined) return;
  await world.make();
  near = await world.endpoint(world.names.near);
  router = await world.endpoint(world.names.router);
  await router.do({
    do: 'listen',
    endpoints: [
      { address: '0.0.0.0', port },
      { address: '::', port },
    ],
  });
});

test.after.always(() => world.remove());

/** Opens a connection from `near` to `router` and answers both of its numbers. */
async function connect(
  address: string,
  password: string | undefined,
): Promise<{ readonly own: number; readonly theirs: number; readonly from: string }> {
  const own = nextConnection++;
  await near.do({
    do: 'connect',
    request: {
      connection: own,
      address,
      port,
      sourceAddress: undefined,
      ttl: undefined,
      ...(password === undefined ? {} : { password }),
    },
  });
  await near.next('opened', own);
  const { connection = 0, info, text } = await router.next('accepted');
  if (text !== undefined) throw new Error(text);
  return { own, theirs: connection, from: info?.remoteAddress ?? '' };
}

async function end({ own, theirs }: { readonly own: number; readonly theirs: number }): Promise<void> {
  await near.do({ do: 'close', connection: own });
  await router.do({ do: 'close', connection: theirs });
}

test.serial(
  'every segment of a connection with a password carries the option, over both families',
  needs([...requirements, command('tshark', 'tshark')], async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'waggle-md5-'));
    const file = join(folder, 'link.pcapng');
    const capture = spawn(
      'ip',
      ['netns', 'exec', world.names.router, 'tshark', '-q', '-i', 'eth0', '-w', file, '-f', `tcp port ${port}`],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    );
    await new Promise<void>((resolve) => {
      let said = '';
      capture.stderr.on('data', (text) => {
        said += String(text);
        if (said.includes('Capture started')) resolve();
      });
    });
    for (const [from, to] of [
      [addresses.near.ipv4, addresses.router.ipv4],
      [addresses.near.ipv6, addresses.router.ipv6],
    ]) {
      t.deepEqual(await router.do({ do: 'keys', keys: [{ peer: from, password: 'a long common word' }] }), []);
      const pair = await connect(to, 'a long common word');
      await near.do({ do: 'send', connection: pair.own, text: 'signed' });
      t.is(await router.text(pair.theirs, 6), 'signed');
      await router.do({ do: 'send', connection: pair.theirs, text: 'answer' });
      t.is(await near.text(pair.own, 6), 'answer');
      await end(pair);
    }
    await new Promise((resolve) => setTimeout(resolve, 500));
    capture.kill('SIGINT');
    await new Promise((resolve) => capture.once('exit', resolve));
    const count = async (filter: string): Promise<number> =>
      (await run('tshark', '-r', file, '-Y', filter)).split('\n').filter((line) => line !== '').length;
    const all = await count('tcp');
    t.true(all >= 16, `${all} segments`);
    t.is(await count('tcp.options.md5 || tcp.option_kind == 19'), all);
    rmSync(folder, { recursive: true });
  }),
);

test.serial(
  'no password, and another one, get no answer, and the kernel counts why',
  needs(requirements, async (t) => {
    await router.do({ do: 'keys', keys: [{ peer, password: 'right' }] });
    const before = {
      missing: await world.counter(world.names.router, 'TcpExtTCPMD5NotFound'),
      wrong: await world.counter(world.names.router, 'TcpExtTCPMD5Failure'),
    };
    for (const [password, says] of [
      [undefined, /^timed out after 2 s$/],
      ['wrong', /^timed out after 2 s \(the peer is away, or has no password or another one\)$/],
    ] as const) {
      const connection = nextConnection++;
      await near.do({
        do: 'connect',
        request: {
          connection,
          address: addresses.router.ipv4,
          port,
          sourceAddress: undefined,
          ttl: undefined,
          ...(password === undefined ? {} : { password }),
        },
      });
      t.regex((await near.next('failed', connection)).text ?? '', says);
    }
    t.true((await world.counter(world.names.router, 'TcpExtTCPMD5NotFound')) > before.missing);
    t.true((await world.counter(world.names.router, 'TcpExtTCPMD5Failure')) > before.wrong);
    t.is(router.peek('accepted'), undefined);
    await end(await connect(addresses.router.ipv4, 'right'));
  }),
);

test.serial(
  'a signed connection is refused where no password is expected',
  needs(requirements, async (t) => {
    await router.do({ do: 'keys', keys: [] });
    const connection = nextConnection++;
    await near.do({
      do: 'connect',
      request: {
        connection,
        address: addresses.router.ipv4,
        port,
        sourceAddress: undefined,
        ttl: undefined,
        password: 'unasked',
      },
    });
    t.regex((await near.next('failed', connection)).text ?? '', /timed out/);
    await end(await connect(addresses.router.ipv4, undefined));
  }),
);

for (const [direction, changed, other] of [
  ['that we opened', 'own', 'theirs'],
  ['that the peer opened', 'theirs', 'own'],
] as const) {
  test.serial(
    `a password changes on a connection ${direction}: it stands still until the peer follows, and loses nothing`,
    needs(requirements, async (t) => {
      await router.do({ do: 'keys', keys: [{ peer, password: 'old' }] });
      const pair = await connect(addresses.router.ipv4, 'old');
      const side = { own: near, theirs: router };
      const set = (which: 'own' | 'theirs', password: string | undefined): Promise<readonly string[]> =>
        side[which].do({ do: 'password', connection: pair[which], password });
      t.deepEqual(await set(changed, 'new'), []);
      await near.do({ do: 'send', connection: pair.own, text: 'from near' });
      await router.do({ do: 'send', connection: pair.theirs, text: 'from router' });
      await new Promise((resolve) => setTimeout(resolve, 700));
      t.is(near.peek('received'), undefined);
      t.is(router.peek('received'), undefined);
      t.deepEqual(await set(other, 'new'), []);
      t.is(await router.text(pair.theirs, 9), 'from near');
      t.is(await near.text(pair.own, 11), 'from router');
      // None at all, and one again, on the same connection.
      for (const password of [undefined, 'third']) {
        await set(changed, password);
        await set(other, password);
        await near.do({ do: 'send', connection: pair.own, text: 'more' });
        t.is(await router.text(pair.theirs, 4), 'more');
      }
      t.is(near.peek('closed', pair.own) ?? router.peek('closed', pair.theirs), undefined);
      await end(pair);
    }),
  );
}

test.serial(
  'the listeners take up new keys, and drop old ones, without touching what stands',
  needs(requirements, async (t) => {
    await router.do({ do: 'keys', keys: [{ peer, password: 'one' }] });
    const first = await connect(addresses.router.ipv4, 'one');
    t.deepEqual(await router.do({ do: 'keys', keys: [{ peer, password: 'two' }] }), []);
    const second = await connect(addresses.router.ipv4, 'two');
    t.deepEqual(await router.do({ do: 'keys', keys: [] }), []);
    const third = await connect(addresses.router.ipv4, undefined);
    for (const [pair, text] of [
      [first, '1'],
      [second, '2'],
      [third, '3'],
    ] as const) {
      await near.do({ do: 'send', connection: pair.own, text });
      t.is(await router.text(pair.theirs, 1), text);
      await end(pair);
    }
    // A listener that opens later has them too, from its first connection on.
    await router.do({ do: 'keys', keys: [{ peer, password: 'three' }] });
    await router.do({ do: 'listen', endpoints: [] });
    await router.do({
      do: 'listen',
      endpoints: [
        { address: '0.0.0.0', port },
        { address: '::', port },
      ],
    });
    await end(await connect(addresses.router.ipv4, 'three'));
  }),
);

test.serial(
  'a prefix has a key for everybody within it, and an address of its own goes before it',
  needs(requirements, async (t) => {
    await router.do({
      do: 'keys',
      keys: [
        { peer: '10.66.1.0/24', password: 'everybody' },
        { peer: '2001:db8:66:1::/64', password: 'everybody6' },
      ],
    });
    for (const [address, password] of [
      [addresses.router.ipv4, 'everybody'],
      [addresses.router.ipv6, 'everybody6'],
    ]) {
      const pair = await connect(address, password);
      // The accepted connection has a key of its own address, which can be changed alone.
      await router.do({ do: 'password', connection: pair.theirs, password: 'changed' });
      await near.do({ do: 'password', connection: pair.own, password: 'changed' });
      await near.do({ do: 'send', connection: pair.own, text: 'hello' });
      t.is(await router.text(pair.theirs, 5), 'hello');
      await end(pair);
    }
    await router.do({
      do: 'keys',
      keys: [
        { peer: '10.66.1.0/24', password: 'everybody' },
        { peer, password: 'mine' },
      ],
    });
    await end(await connect(addresses.router.ipv4, 'mine'));
  }),
);

test.serial(
  'a link-local peer is keyed by its address, and comes with the zone that it connected on',
  needs(requirements, async (t) => {
    const own = await world.linkLocal(world.names.near, 'eth0');
    const theirs = await world.linkLocal(world.names.router, 'eth0');
    t.deepEqual(await router.do({ do: 'keys', keys: [{ peer: `${own}%eth0`, password: 'local' }] }), []);
    await router.do({ do: 'accept', options: { ...plain, deviceName: 'eth0', password: 'local' } });
    const pair = await connect(`${theirs}%eth0`, 'local');
    t.is(pair.from, `${own}%eth0`);
    await near.do({ do: 'send', connection: pair.own, text: 'signed' });
    t.is(await router.text(pair.theirs, 6), 'signed');
    await end(pair);
    const twice = await router.do({
      do: 'keys',
      keys: [
        { peer: `${own}%eth0`, password: 'one' },
        { peer: `${own}%eth1`, password: 'two' },
      ],
    });
    t.is(twice.length, 1);
    t.regex(twice[0], /^neighbor fe80:.* stands twice, .*give both one password/);
  }),
);

test.serial(
  'more keys than the kernel has room for are one line that names the limit, and fewer fit again',
  needs(requirements, async (t) => {
    const many = Array.from({ length: 3000 }, (_, index) => ({
      peer: `10.70.${index >> 8}.${index & 255}`,
      password: 'one of many',
    }));
    const problems = await router.do({ do: 'keys', keys: many });
    t.is(problems.length, 1);
    t.regex(problems[0], /^TCP MD5 on 0\.0\.0\.0:1790 for 10\.70\.\S+ and \d+ more: .*net\.core\.optmem_max/);
    t.deepEqual(await router.do({ do: 'keys', keys: many.slice(0, 100) }), []);
  }),
);
