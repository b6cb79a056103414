// A route of ours that has to go before another one comes, because a foreign one shares its prefix and metric, while the kernel is
// short of something. That cannot be brought about at will: the socket answers as the kernel does then, and writes nothing.

import test from 'ava';
import { familyByName } from '#bgp/net/family.ts';
import type { Family } from '#bgp/net/family.ts';
import { parseAddress } from '#bgp/net/address.ts';
import { KernelFib } from '#fib/kernel-fib.ts';
import { RouteProtocol, RouteType } from '#kernel/netlink/code-points.ts';
import { NetlinkSocket } from '#kernel/netlink/socket.ts';
import { until } from './driven.ts';

type Batch = Parameters<NetlinkSocket['batch']>;

/** Refuses the batches of these numbers for want of memory. */
class ShortOfMemory extends NetlinkSocket {
  count = 0;
  readonly #refused: readonly number[];

  constructor(refused: readonly number[]) {
    super();
    this.#refused = refused;
  }

  override batch(...[, first, , , refused]: Batch): 'done' {
    if (this.#refused.includes(++this.count)) refused(first, 'ENOBUFS', '');
    return 'done';
  }
}

function familyOf(name: string): Family {
  const family = familyByName(name);
  if (family === undefined) throw new TypeError(name);
  return family;
}

test('a route that went at the second try to make room for another one is followed by it', async (t) => {
  const nextHop = parseAddress('192.0.2.7');
  if (nextHop === undefined) return t.fail();
  using socket = new ShortOfMemory([2]);
  const answers: boolean[] = [];
  const fib = new KernelFib(
    { table: 4_000_000_007, metric: 20, advertisesInstalledOnly: false },
    {
      socket,
      resolve: () => ({
        isReachable: true,
        metric: 0,
        interfaceName: 'eth1',
        gateways: [{ address: undefined, interfaceIndex: 1, weight: 1 }],
      }),
      installed: (_family, _w0, _w1, _w2, _w3, _length, isInstalled) => answers.push(isInstalled),
      failed: () => {},
      settle: () => {},
      doubt: () => {},
    },
  );
  const family = familyOf('ipv4-unicast');
  const word = 0xcb00_7100 | 0;
  fib.installBlackhole(family, word, 0, 0, 0, 24);
  await fib.settled();
  t.deepEqual(answers, [true]);

  fib.foreignAdded({
    version: 4,
    w0: word,
    w1: 0,
    w2: 0,
    w3: 0,
    length: 24,
    table: 4_000_000_007,
    metric: 20,
    protocol: RouteProtocol.Static,
    scope: 0,
    type: RouteType.Unicast,
    hops: [],
    nextHopId: 0,
  });
  fib.install(family, word, 0, 0, 0, 24, [{ nextHop, weight: 1 }]);
  await fib.settled();
  t.is(socket.count, 2, 'the old one is still there');
  t.deepEqual(answers, [true, false]);

  t.true(await until(() => answers.length === 3, 30_000), `${socket.count} batches`);
  t.deepEqual(answers, [true, false, true]);
  t.is(socket.count, 4, 'refused, gone, come');
  await fib.stop({ keep: true });
});
