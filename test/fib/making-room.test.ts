// When a route of ours has to go before another one comes: a foreign one shares its prefix and metric, or it is not known whether ours
// is there. What the kernel answers when it is short of something cannot be brought about at will: the socket answers as it does
// then, and writes nothing.

import test, { type ExecutionContext } from 'ava';
import { Address } from '#bgp/net/address.ts';
import { families } from '#bgp/net/family.ts';
import { KernelFib } from '#fib/kernel-fib.ts';
import { ownProtocol } from '#fib/protocol.ts';
import type { Settled } from '#fib/route-writer.ts';
import { RouteProtocol, RouteType } from '#kernel/netlink/code-points.ts';
import type { KernelRoute } from '#kernel/netlink/route.ts';
import { NetlinkSocket } from '#kernel/netlink/socket.ts';
import { until } from './driven.ts';

type Batch = Parameters<NetlinkSocket['batch']>;

/** Refuses the batches of these numbers for want of memory. */
class ShortOfMemory extends NetlinkSocket {
  count = 0;
  readonly #refused: readonly number[];

  constructor(refused: readonly number[] = []) {
    super();
    this.#refused = refused;
  }

  override batch(...[, first, , , refused]: Batch): 'done' {
    if (this.#refused.includes(++this.count)) refused(first, 'ENOBUFS', '');
    return 'done';
  }
}

const family = families[0];
const word = 0xcb00_7100 | 0;
const table = 4_000_000_007;
/** Of the same prefix and metric as ours. */
const foreign: KernelRoute = {
  version: 4,
  w0: word,
  w1: 0,
  w2: 0,
  w3: 0,
  length: 24,
  table,
  metric: 20,
  protocol: RouteProtocol.Static,
  scope: 0,
  type: RouteType.Unicast,
  hops: [],
  nextHopId: 0,
};

class Setting {
  readonly socket: ShortOfMemory;
  readonly fib: KernelFib;
  readonly answers: boolean[] = [];
  suspicions = 0;
  doubts = 0;
  settled: Settled = 'sure';

  constructor(t: ExecutionContext, refused: readonly number[] = []) {
    this.socket = new ShortOfMemory(refused);
    t.teardown(() => this.socket.close());
    this.fib = new KernelFib(
      { table, metric: 20, advertisesInstalledOnly: false },
      {
        socket: this.socket,
        resolve: () => ({
          isReachable: true,
          metric: 0,
          interfaceName: 'eth1',
          gateways: [{ address: undefined, interfaceIndex: 1, weight: 1 }],
        }),
        installed: (_family, _w0, _w1, _w2, _w3, _length, isInstalled) => this.answers.push(isInstalled),
        failed: () => {},
        settle: () => this.settled,
        doubt: () => this.doubts++,
        suspect: () => this.suspicions++,
      },
    );
  }

  /** Changes ours, and answers how many batches that took: one that replaces it, or two. */
  async change(): Promise<number> {
    const before = this.socket.count;
    this.#isHop = !this.#isHop;
    const hops = this.#isHop ? [{ nextHop: new Address(4, 0xc000_0207 | 0, 0, 0, 0), weight: 1 }] : [];
    this.fib.install(family, word, 0, 0, 0, 24, hops);
    await this.fib.settled();
    return this.socket.count - before;
  }

  #isHop = true;
}

test('a route that went at the second try to make room for another one is followed by it', async (t) => {
  const setting = new Setting(t, [2]);
  const { fib, socket, answers } = setting;
  await setting.change();
  t.deepEqual(answers, [true]);

  fib.foreignAdded(foreign);
  await setting.change();
  t.is(socket.count, 2, 'the old one is still there');
  t.deepEqual(answers, [true, false]);

  t.true(await until(() => answers.length === 3, 30_000), `${socket.count} batches`);
  t.deepEqual(answers, [true, false, true]);
  t.is(socket.count, 4, 'refused, gone, come');
  await fib.stop({ keep: true });
});

test('ours is replaced in place again once a reading found no foreign route beside it, and not before', async (t) => {
  const setting = new Setting(t);
  const { fib } = setting;
  const read = (...found: readonly KernelRoute[]): void => {
    fib.readingBegun(4);
    fib.found({ ...foreign, protocol: ownProtocol, type: RouteType.Blackhole });
    for (const route of found) fib.foreignAdded(route);
    fib.readingEnded(4, true);
  };
  for (const _ of [1, 2, 3]) t.is(await setting.change(), 1, 'replaced in place');

  fib.foreignAdded(foreign);
  fib.foreignAdded(foreign);
  fib.foreignDeleted(foreign);
  t.is(setting.suspicions, 1, 'whether there is another one is to be read');
  read(foreign);
  fib.readingBegun(4);
  fib.readingEnded(4, false);
  fib.readingBegun(6);
  fib.readingEnded(6, true);
  t.is(
    await setting.change(),
    2,
    'the other one was found, and neither a broken reading nor one of IPv6 says that it went',
  );
  t.is(await setting.change(), 1, 'ours could be added: there was none');

  fib.foreignAdded(foreign);
  fib.foreignDeleted(foreign);
  read();
  t.is(await setting.change(), 1);
  await fib.stop({ keep: true });
});

test('while what was told is lost in part ours goes before another one comes, and nothing is written while more waits', async (t) => {
  const setting = new Setting(t);
  t.is(await setting.change(), 1);
  setting.settled = 'unsure';
  t.is(await setting.change(), 2);
  setting.settled = 'more';
  const changed = setting.change();
  for (let turn = 0; turn < 20; turn++) {
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
  }
  t.is(setting.socket.count, 3, 'what waits comes first');
  setting.settled = 'sure';
  t.is(await changed, 1);
  await setting.fib.stop({ keep: true });
});

test('a foreign route that takes the place of another one beside ours is not taken for the loss of ours', async (t) => {
  const setting = new Setting(t);
  const { fib } = setting;
  t.is(await setting.change(), 1);
  fib.foreignAdded(foreign);
  fib.changed(foreign, true);
  t.is(setting.doubts, 1, 'which of them went is read');
  const before = setting.socket.count;
  fib.remove(family, word, 0, 0, 0, 24);
  await fib.settled();
  t.is(setting.socket.count - before, 1, 'ours is taken away when nobody wants it any more');
  await fib.stop({ keep: true });
});
