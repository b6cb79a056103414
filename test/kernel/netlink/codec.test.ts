// The netlink codec: octets of routes in both directions, round trips, and messages that are cut short or full of noise.

import test from 'ava';
import fc from 'fast-check';
import { Address, parseAddress } from '#bgp/net/address.ts';
import { MessageFlag, MessageType, RouteScope, RouteType } from '#kernel/netlink/code-points.ts';
import { decodeAddress, decodeLink } from '#kernel/netlink/link.ts';
import { MessageReader } from '#kernel/netlink/message-reader.ts';
import { MessageWriter } from '#kernel/netlink/message-writer.ts';
import { readErrno, readErrorText } from '#kernel/netlink/netlink-error.ts';
import { buildNotificationFilter } from '#kernel/netlink/notification-filter.ts';
import {
  decodeRoute,
  encodeHops,
  type KernelRoute,
  type RouteHop,
  writeDelRoute,
  writeNewRoute,
} from '#kernel/netlink/route.ts';

function hex(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text.replaceAll(/[^0-9a-f]/g, ''), 'hex'));
}

function addressOf(text: string): Address {
  const address = parseAddress(text);
  if (address === undefined) throw new TypeError(text);
  return address;
}

function hop(gateway: string | undefined, interfaceIndex: number, weight = 1): RouteHop {
  return { gateway: gateway === undefined ? undefined : addressOf(gateway), interfaceIndex, weight, isDead: false };
}

function read(bytes: Uint8Array): MessageReader {
  const reader = new MessageReader(bytes);
  reader.reset(bytes.length);
  return reader;
}

const target = { table: 254, metric: 20, protocol: 87 };

// As strace shows what `ip route add 203.0.113.0/24 via 192.0.2.7 dev <3> metric 20 proto 87` sends, less its acknowledgement.
const single = hex(`
  3c000000 1800 0106 07000000 00000000
  02 18 00 00 fe 57 00 01 00000000
  0800 0100 cb007100
  0800 0f00 fe000000
  0800 0600 14000000
  `);
const singleHops = hex('0800 0500 c0000207  0800 0400 03000000');

test('a route of one hop is written as iproute2 writes it', (t) => {
  const writer = new MessageWriter(256);
  const hops = encodeHops(4, [hop('192.0.2.7', 3)]);
  t.deepEqual(hops, singleHops);
  const flags = MessageFlag.Create | MessageFlag.Exclusive;
  writeNewRoute(writer, flags, 7, 4, 0xcb007100 | 0, 0, 0, 0, 24, target, RouteType.Unicast, RouteScope.Universe, hops);
  const expected = new Uint8Array([...single, ...singleHops]);
  expected[0] = expected.length;
  t.deepEqual(writer.bytes.slice(0, writer.length), expected);
});

test('hops with weights and IPv4 over IPv6 have their forms (RTA_MULTIPATH, RTA_VIA)', (t) => {
  t.deepEqual(
    encodeHops(4, [hop('192.0.2.7', 3, 1), hop('2001:db8::7', 4, 256)]),
    hex(`
      3400 0900
      1000 00 00 03000000  0800 0500 c0000207
      2000 00 ff 04000000  1600 1200 0a00 20010db8000000000000000000000007 0000
    `).map((octet, index) => (index === 0 ? 4 + 16 + 32 : octet)),
  );
});

test('a table beyond 255 stands in its attribute, a metric of 0 in none', (t) => {
  const writer = new MessageWriter(256);
  writeDelRoute(writer, 9, 6, 0x20010db8, 0, 0, 0, 32, { table: 1000, metric: 0, protocol: 87 });
  t.deepEqual(
    writer.bytes.slice(0, writer.length),
    hex(`
      38000000 1900 0100 09000000 00000000
      0a 20 00 00 00 57 ff 00 00000000
      1400 0100 20010db8000000000000000000000000
      0800 0f00 e8030000
    `),
  );
});

const anyAddress = (version: 4 | 6): fc.Arbitrary<Address> =>
  fc
    .tuple(fc.integer(), fc.integer(), fc.integer(), fc.integer())
    .map(([w0, w1, w2, w3]) => (version === 4 ? new Address(4, w0, 0, 0, 0) : new Address(6, w0, w1, w2, w3)));

test('what is written is read again', (t) => {
  const version = fc.constantFrom<4 | 6>(4, 6);
  fc.assert(
    fc.property(
      version,
      fc.array(
        fc.tuple(version, fc.integer({ min: 1, max: 1 << 20 }), fc.integer({ min: 1, max: 256 }), fc.boolean()),
        {
          minLength: 1,
          maxLength: 16,
        },
      ),
      fc.integer({ min: 1, max: 0xffff_ffff }),
      fc.integer({ min: 0, max: 0xffff_ffff }),
      (ofRoute, shapes, table, metric) => {
        const hops = shapes.map(([ofHop, interfaceIndex, weight, hasGateway], index) => ({
          gateway: hasGateway
            ? fc.sample(anyAddress(ofRoute === 6 ? 6 : ofHop), { numRuns: 1, seed: index })[0]
            : undefined,
          interfaceIndex,
          // Of a single hop the kernel keeps none.
          weight: shapes.length === 1 ? 1 : weight,
          isDead: false,
        }));
        const writer = new MessageWriter(4096);
        const scope = RouteScope.Universe;
        const to = { table, metric, protocol: 87 };
        const encoded = encodeHops(ofRoute, hops);
        writeNewRoute(writer, 0, 1, ofRoute, 0x20010db8, 0, 0, 0, 32, to, RouteType.Unicast, scope, encoded);
        const reader = read(writer.bytes.slice(0, writer.length));
        t.true(reader.next());
        const expected: KernelRoute = {
          version: ofRoute,
          w0: 0x20010db8,
          w1: 0,
          w2: 0,
          w3: 0,
          length: 32,
          table,
          protocol: 87,
          scope,
          type: RouteType.Unicast,
          metric,
          hops,
          nextHopId: 0,
        };
        t.deepEqual(decodeRoute(reader), expected);
        t.false(reader.next());
      },
    ),
    { numRuns: 200 },
  );
});

test('a message that is cut anywhere, or full of noise, is passed over and never read beyond', (t) => {
  const whole = new Uint8Array([...single, ...singleHops]);
  whole[0] = whole.length;
  for (let length = 0; length < whole.length; length++) {
    const cut = whole.slice(0, length);
    t.false(read(cut).next(), `${length}`);
    if (length < 16) continue;
    // The header tells the truth about the cut: what is left is read, attributes that lack octets are not.
    cut[0] = length;
    const reader = read(cut);
    t.true(reader.next());
    t.notThrows(() => decodeRoute(reader));
  }
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (noise) => {
      const reader = read(noise);
      let count = 0;
      while (reader.next()) {
        count++;
        decodeRoute(reader);
        decodeLink(reader);
        decodeAddress(reader);
        readErrno(reader);
        readErrorText(reader);
      }
      t.true(count <= noise.length / 16);
    }),
    { numRuns: 2_000 },
  );
});

test('the filter drops route changes of our sockets, and nothing else', (t) => {
  const portIds = [0x1234_5678, 0xfedc_ba98];
  const program = new DataView(buildNotificationFilter(portIds).buffer);
  // Classic BPF, as far as the program uses it.
  const run = (type: number, portId: number): boolean => {
    const message = new DataView(new ArrayBuffer(16));
    message.setUint16(4, type, true);
    message.setUint32(12, portId, true);
    let accumulator = 0;
    for (let at = 0; ; at++) {
      const operation = program.getUint16(at * 8, true);
      const value = program.getUint32(at * 8 + 4, true);
      if (operation === 0x06) return value !== 0;
      if (operation === 0x28) accumulator = message.getUint16(value);
      else if (operation === 0x20) accumulator = message.getUint32(value);
      else at += program.getUint8(at * 8 + (accumulator === value ? 2 : 3));
    }
  };
  for (const portId of portIds) {
    t.false(run(MessageType.NewRoute, portId));
    t.false(run(MessageType.DelRoute, portId));
    t.true(run(MessageType.NewLink, portId));
  }
  t.true(run(MessageType.NewRoute, 99));
  t.true(run(MessageType.DelRoute, 0));
});
