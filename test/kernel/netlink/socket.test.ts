// Netlink sockets against the running kernel; only reading, and requests that it must refuse, so that no namespace is needed.

import { readdirSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import test from 'ava';
import { needs, root } from '#support/skip.ts';
import { KernelError } from '#kernel/errors.ts';
import { MessageFlag, MessageType, RouteScope, RouteType } from '#kernel/netlink/code-points.ts';
import { decodeAddress, decodeLink, writeGetAddresses, writeGetLinks } from '#kernel/netlink/link.ts';
import { MessageWriter } from '#kernel/netlink/message-writer.ts';
import { NetlinkError } from '#kernel/netlink/netlink-error.ts';
import { decodeRoute, encodeHops, writeGetRoutes, writeNewRoute } from '#kernel/netlink/route.ts';
import { NetlinkSocket } from '#kernel/netlink/socket.ts';
import { Address } from '#bgp/net/address.ts';

const none = (): void => undefined;

test('a dump has the interfaces and addresses that Node knows', (t) => {
  using socket = new NetlinkSocket();
  const writer = new MessageWriter(256);
  const names = new Map<number, string>();
  socket.dump(
    writer,
    writeGetLinks,
    'list links',
    (reader) => {
      const link = decodeLink(reader);
      if (link !== undefined) names.set(link.index, link.name);
    },
    none,
  );
  t.true([...names.values()].includes('lo'));
  const found = new Set<string>();
  socket.dump(
    writer,
    writeGetAddresses,
    'list addresses',
    (reader) => {
      const address = decodeAddress(reader);
      if (address !== undefined)
        found.add(`${names.get(address.interfaceIndex)} ${address.address.toString()}/${address.length}`);
    },
    none,
  );
  for (const [name, infos] of Object.entries(networkInterfaces())) {
    for (const { cidr } of infos ?? []) t.true(found.has(`${name} ${cidr}`), `${name} ${cidr}`);
  }
});

test('a filtered dump has only what was asked for', (t) => {
  using socket = new NetlinkSocket();
  let count = 0;
  socket.dump(
    new MessageWriter(256),
    (writer, flags, sequence) => writeGetRoutes(writer, flags, sequence, 4, { table: 255 }),
    'list routes',
    (reader) => {
      const route = reader.type === MessageType.NewRoute ? decodeRoute(reader) : undefined;
      if (route === undefined) return;
      count++;
      t.is(route.table, 255);
    },
    none,
  );
  t.true(count > 0);
});

test(
  'a refusal has the code and the words of the kernel, each by the number of its message in a batch',
  needs([root], (t) => {
    using socket = new NetlinkSocket();
    const writer = new MessageWriter(4096);
    const target = { table: 7777, metric: 20, protocol: 87 };
    const first = socket.takeSequence(3);
    // A gateway that no link leads to, three times: nothing of it may be installed.
    const hops = encodeHops(4, [
      { gateway: new Address(4, 0xcb007101 | 0, 0, 0, 0), interfaceIndex: 1, weight: 1, isDead: false },
    ]);
    for (let index = 0; index < 3; index++) {
      const flags = MessageFlag.Create;
      const prefix = (0xcb007200 + (index << 8)) | 0;
      const { Unicast } = RouteType;
      writeNewRoute(writer, flags, first + index, 4, prefix, 0, 0, 0, 24, target, Unicast, RouteScope.Universe, hops);
    }
    const refused: string[] = [];
    const outcome = socket.batch(writer, first, first + 2, 'write routes', (sequence, code, detail) =>
      refused.push(`${sequence - first} ${code} ${detail}`),
    );
    t.is(outcome, 'done');
    t.deepEqual(
      refused,
      [0, 1, 2].map((index) => `${index} ENETUNREACH Nexthop has invalid gateway`),
    );
    writer.clear();
    const sequence = socket.takeSequence();
    const flags = MessageFlag.Create | MessageFlag.Ack;
    const { Unicast } = RouteType;
    writeNewRoute(writer, flags, sequence, 4, 0xcb007200 | 0, 0, 0, 0, 24, target, Unicast, RouteScope.Universe, hops);
    const error = t.throws(() => socket.request(writer, sequence, 'write a route'), { instanceOf: NetlinkError });
    t.is(error.message, 'cannot write a route: ENETUNREACH (Nexthop has invalid gateway)');
    t.true(error instanceof KernelError);
    t.is(error.code, 'ENETUNREACH');
  }),
);

test('a dump of what does not exist is an error, and the socket goes on', (t) => {
  using socket = new NetlinkSocket();
  const dump = (table: number): boolean =>
    socket.dump(
      new MessageWriter(256),
      (writer, flags, sequence) => writeGetRoutes(writer, flags, sequence, 4, { table }),
      'list routes',
      none,
      none,
    );
  t.throws(() => dump(7778), { instanceOf: KernelError, message: /^cannot list routes: ENOENT/ });
  t.notThrows(() => dump(254));
});

test('a closed socket gives its descriptor back and receives nothing', (t) => {
  const count = (): number => readdirSync('/proc/self/fd').length;
  const before = count();
  const sockets = Array.from({ length: 50 }, () => new NetlinkSocket());
  t.true(count() >= before + 50);
  for (const socket of sockets) {
    socket.watch(none);
    socket.close();
    socket.close();
    t.is(socket.receive(), 'nothing');
  }
  t.true(count() <= before + 2);
});
