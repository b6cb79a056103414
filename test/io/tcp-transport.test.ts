// The transport on real sockets over loopback: both families, source and TTL, queues, limits, clean closing.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { networkInterfaces } from 'node:os';
import test from 'ava';
import type { ConnectionId, ConnectionInfo } from '#bgp/ports.ts';
import { listInterfaceAddresses } from '#io/interfaces.ts';
import { formatEndpoint, TcpListeners } from '#io/tcp-listeners.ts';
import { defaultTransportOptions, TcpTransport } from '#io/tcp-transport.ts';
import type { TcpTransportOptions } from '#io/tcp-transport.ts';

interface Seen {
  readonly type: string;
  readonly connection: ConnectionId;
  readonly info?: ConnectionInfo;
  readonly text?: string | undefined;
}

/** A transport that writes down what happens to it. */
class Rig {
  readonly seen: Seen[] = [];
  readonly transport: TcpTransport;
  readonly listeners: TcpListeners;
  readonly #waiting: (() => void)[] = [];

  constructor(options: Partial<TcpTransportOptions> = {}) {
    let nextId = 1000;
    const add = (entry: Seen): void => {
      this.seen.push(entry);
      for (const wake of this.#waiting.splice(0)) wake();
    };
    this.transport = new TcpTransport(
      { ...defaultTransportOptions, ...options },
      {
        events: {
          opened: (connection, info) => add({ type: 'opened', connection, info }),
          failed: (connection, text) => add({ type: 'failed', connection, text }),
          accepted: (connection, info) => add({ type: 'accepted', connection, info }),
          received: (connection, bytes) => {
            // What the speaker keeps it copies with slice(), which a Buffer would answer with a window.
            if (Buffer.isBuffer(bytes)) throw new TypeError('the speaker must not see a Buffer');
            add({ type: 'received', connection, text: Buffer.from(bytes).toString('latin1') });
          },
          closed: (connection, text) => add({ type: 'closed', connection, text }),
          drained: (connection) => add({ type: 'drained', connection }),
        },
        nextAcceptedId: () => nextId++,
        interfaces: () => listInterfaceAddresses(networkInterfaces()),
      },
    );
    this.listeners = new TcpListeners((socket) => this.transport.accept(socket));
  }

  async next(type: string): Promise<Seen> {
    for (;;) {
      const index = this.seen.findIndex((entry) => entry.type === type);
      if (index >= 0) return this.seen.splice(index, 1)[0];
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  connect(
    connection: ConnectionId,
    port: number,
    more: { address?: string; sourceAddress?: string; ttl?: number } = {},
  ): void {
    const { address = '127.0.0.1', sourceAddress, ttl } = more;
    this.transport.connect({ connection, address, port, sourceAddress, ttl });
  }

  async listen(address: string): Promise<number> {
    const port = await freePort(address);
    const problems = await this.listeners.configure([{ address, port }]);
    if (problems.length > 0) throw new Error(problems.join());
    return port;
  }
}

async function freePort(address: string): Promise<number> {
  const server = createServer().listen(0, address);
  await once(server, 'listening');
  const { port } = portOf(server.address());
  server.close();
  await once(server, 'close');
  return port;
}

function portOf(address: string | AddressInfo | null): AddressInfo {
  if (typeof address !== 'object' || address === null) throw new TypeError('not listening');
  return address;
}

for (const [family, address] of [
  ['IPv4', '127.0.0.1'],
  ['IPv6', '::1'],
] as const) {
  test(`two transports talk over ${family} and close in an orderly way`, async (t) => {
    const [client, server] = [new Rig(), new Rig()];
    const port = await server.listen(address);
    client.connect(1, port, { address });
    const opened = await client.next('opened');
    const accepted = await server.next('accepted');
    t.is(opened.info?.remoteAddress, address);
    t.is(opened.info?.remotePort, port);
    t.is(accepted.info?.remotePort, opened.info?.localPort);
    t.is(opened.info?.interfaceName, 'lo');
    t.true(opened.info?.isDirectlyConnected);
    client.transport.send(1, Buffer.from('one '));
    client.transport.send(1, Buffer.from('two'));
    t.true(client.transport.queuedBytes(1) > 0);
    t.is((await server.next('received')).text, 'one two');
    await client.next('drained');
    t.is(client.transport.queuedBytes(1), 0);
    server.transport.send(accepted.connection, Buffer.from('last words'));
    server.transport.close(accepted.connection);
    t.is((await client.next('received')).text, 'last words');
    t.is((await client.next('closed')).text, undefined);
    await server.transport.settled();
    await server.listeners.stop();
    t.is(server.transport.connectionCount + client.transport.connectionCount, 0);
    t.deepEqual(server.seen, [], 'connectionClosed does not follow a close of our own');
  });
}

test('source address and TTL of a connection are those asked for', async (t) => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const rig = new Rig();
  const arrived = once(server, 'connection');
  rig.connect(1, portOf(server.address()).port, { sourceAddress: '127.0.0.77', ttl: 9 });
  const opened = await rig.next('opened');
  const [peer]: unknown[] = await arrived;
  t.true(peer instanceof Socket && peer.remoteAddress === '127.0.0.77');
  t.is(opened.info?.localAddress, '127.0.0.77');
  t.is(opened.info?.interfaceName, 'lo');
  t.is(rig.transport.setTtl(1, 255), undefined);
  t.regex(rig.transport.setTtl(1, 0) ?? '', /invalid/);
  rig.transport.close(1);
  if (peer instanceof Socket) peer.destroy();
  server.close();
});

test('an accepted connection can be given a TTL', async (t) => {
  const rig = new Rig();
  const port = await rig.listen('127.0.0.1');
  const socket = new Socket().connect(port, '127.0.0.1');
  const { connection } = await rig.next('accepted');
  t.is(rig.transport.setTtl(connection, 3), undefined);
  socket.destroy();
  await rig.next('closed');
  await rig.listeners.stop();
});

test('a refused connection fails with short words', async (t) => {
  const rig = new Rig();
  const port = await freePort('127.0.0.1');
  rig.connect(1, port);
  t.is((await rig.next('failed')).text, 'connection refused');
  rig.connect(2, port, { sourceAddress: '192.0.2.99' });
  t.is((await rig.next('failed')).text, 'source address 192.0.2.99 is not on this machine, or not usable yet');
  rig.connect(3, port, { address: '::1', sourceAddress: '127.0.0.1' });
  t.is((await rig.next('failed')).text, 'address family not supported here');
  rig.connect(4, port, { ttl: 1 });
  t.is((await rig.next('failed')).text, 'connection refused');
  t.is(rig.transport.connectionCount, 0);
});

test('an attempt that nobody answers ends after the time limit and says so', async (t) => {
  // A stopped process accepts nothing; once its backlog is full the kernel drops further SYNs.
  const script =
    "const s = require('node:net').createServer().listen({ host: '127.0.0.1', port: 0, backlog: 1 }, () => console.log(s.address().port))";
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line]: unknown[] = await once(child.stdout, 'data');
  child.kill('SIGSTOP');
  const rig = new Rig({ connectTimeoutMs: 1000 });
  for (let connection = 1; connection <= 4; connection++) rig.connect(connection, Number(String(line)), { ttl: 5 });
  t.is((await rig.next('failed')).text, 'timed out after 1 s');
  t.true(rig.seen.some((entry) => entry.type === 'opened'));
  for (let connection = 1; connection <= 4; connection++) rig.transport.close(connection);
  child.kill('SIGKILL');
});

test('an attempt that is closed before it succeeded is never heard of again', async (t) => {
  const rig = new Rig();
  const port = await rig.listen('127.0.0.1');
  rig.connect(1, port);
  rig.transport.close(1);
  rig.connect(2, port);
  t.is((await rig.next('opened')).connection, 2);
  t.true(rig.seen.every((entry) => entry.connection !== 1));
  rig.transport.close(2);
  await rig.listeners.stop();
});

test('a connection that the peer resets is closed with the reason', async (t) => {
  const rig = new Rig();
  const port = await rig.listen('127.0.0.1');
  const socket = new Socket().connect(port, '127.0.0.1');
  await once(socket, 'connect');
  const { connection } = await rig.next('accepted');
  socket.resetAndDestroy();
  const closed = await rig.next('closed');
  t.is(closed.connection, connection);
  t.is(closed.text, 'connection reset by peer');
  await rig.listeners.stop();
});

test('bytes for a peer that does not read are queued up to the limit, then the connection is dropped', async (t) => {
  const rig = new Rig({ maxQueuedBytes: 32 * 1024 * 1024 });
  const port = await rig.listen('127.0.0.1');
  const socket = new Socket({}).connect(port, '127.0.0.1');
  socket.pause();
  const { connection } = await rig.next('accepted');
  const chunk = new Uint8Array(1024 * 1024);
  for (let sent = 0; sent < 20; sent++) rig.transport.send(connection, chunk);
  await new Promise((resolve) => setTimeout(resolve, 50));
  const queued = rig.transport.queuedBytes(connection);
  t.true(queued > 0 && queued <= 20 * chunk.length);
  for (let sent = 0; sent < 40; sent++) rig.transport.send(connection, chunk);
  const closed = await rig.next('closed');
  t.regex(closed.text ?? '', /does not read/);
  t.is(rig.transport.queuedBytes(connection), 0);
  socket.destroy();
  await rig.listeners.stop();
});

test('drained comes once the peer reads again', async (t) => {
  const rig = new Rig();
  const port = await rig.listen('127.0.0.1');
  const socket = new Socket().connect(port, '127.0.0.1');
  socket.pause();
  const { connection } = await rig.next('accepted');
  const chunk = new Uint8Array(1024 * 1024);
  for (let sent = 0; sent < 16; sent++) rig.transport.send(connection, chunk);
  await new Promise((resolve) => setTimeout(resolve, 50));
  t.false(rig.seen.some((entry) => entry.type === 'drained'));
  socket.resume();
  await rig.next('drained');
  t.is(rig.transport.queuedBytes(connection), 0);
  socket.destroy();
  await rig.listeners.stop();
});

test('a connection that is not read holds its peer back', async (t) => {
  const rig = new Rig();
  const port = await rig.listen('127.0.0.1');
  const socket = new Socket().connect(port, '127.0.0.1');
  const { connection } = await rig.next('accepted');
  rig.transport.setReading(connection, false);
  socket.write(Buffer.alloc(64 * 1024 * 1024));
  await new Promise((resolve) => setTimeout(resolve, 100));
  const bytesOf = (): number => rig.seen.reduce((sum, entry) => sum + (entry.text?.length ?? 0), 0);
  t.true(bytesOf() < 1024 * 1024);
  rig.transport.setReading(connection, true);
  await once(socket, 'drain');
  socket.end();
  await rig.next('closed');
  t.is(bytesOf(), 64 * 1024 * 1024);
  await rig.listeners.stop();
});

test('accepted connections are limited in all and by address', async (t) => {
  const rig = new Rig({ maxAccepted: 3, maxAcceptedPerAddress: 2 });
  const port = await rig.listen('127.0.0.1');
  const from = async (localAddress: string): Promise<Socket> => {
    const socket = new Socket().connect({ port, host: '127.0.0.1', localAddress });
    await once(socket, 'connect');
    socket.on('error', () => undefined);
    return socket;
  };
  // The reset may come before or after the handshake was seen to end.
  const refused = async (localAddress: string): Promise<void> => {
    const socket = new Socket().connect({ port, host: '127.0.0.1', localAddress });
    socket.on('error', () => undefined);
    await new Promise<void>((resolve) => socket.once('close', () => resolve()));
  };
  const kept = [await from('127.0.0.2'), await from('127.0.0.2')];
  await refused('127.0.0.2');
  kept.push(await from('127.0.0.3'));
  await refused('127.0.0.4');
  t.is(rig.transport.refusedCount, 2);
  t.is(rig.transport.connectionCount, 3);
  kept[0].destroy();
  await rig.next('closed');
  kept.push(await from('127.0.0.4'));
  await rig.next('accepted');
  for (const socket of kept) socket.destroy();
  await rig.listeners.stop();
});

test('a port that is taken, and an address that is elsewhere, are one clear line each', async (t) => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = portOf(other.address());
  const rig = new Rig();
  const free = await freePort('127.0.0.1');
  const problems = await rig.listeners.configure([
    { address: '127.0.0.1', port },
    { address: '192.0.2.99', port: free },
    { address: '127.0.0.1', port: free },
  ]);
  t.is(problems.length, 2);
  t.regex(problems[0], new RegExp(`^cannot listen on 127\\.0\\.0\\.1:${port}: address in use: .*stop that one`));
  t.regex(problems[1], /^cannot listen on 192\.0\.2\.99:\d+: address is not on this machine: add the address/);
  t.deepEqual(rig.listeners.listening(), [{ address: '127.0.0.1', port: free }]);
  other.close();
  await once(other, 'close');
  t.is((await rig.listeners.retry()).length, 1);
  t.is(rig.listeners.listening().length, 2);
  await rig.listeners.stop();
  t.deepEqual(rig.listeners.listening(), []);
});

test('wildcards of both families listen side by side on one port, and changing the list keeps the rest open', async (t) => {
  const rig = new Rig();
  const port = await freePort('::');
  t.deepEqual(
    await rig.listeners.configure([
      { address: '0.0.0.0', port },
      { address: '::', port },
    ]),
    [],
  );
  const socket = new Socket().connect(port, '127.0.0.1');
  const { connection, info } = await rig.next('accepted');
  t.is(info?.remoteAddress, '127.0.0.1');
  t.deepEqual(await rig.listeners.configure([{ address: '::', port }]), []);
  rig.transport.send(connection, Buffer.from('still here'));
  const [bytes]: unknown[] = await once(socket, 'data');
  t.is(String(bytes), 'still here');
  await t.throwsAsync(once(new Socket().connect(port, '127.0.0.1'), 'connect'), { code: 'ECONNREFUSED' });
  socket.destroy();
  await rig.listeners.stop();
});

test('endpoints are written so that they can be typed again', (t) => {
  t.is(formatEndpoint({ address: '192.0.2.1', port: 179 }), '192.0.2.1:179');
  t.is(formatEndpoint({ address: '2001:db8::1', port: 179 }), '[2001:db8::1]:179');
});
