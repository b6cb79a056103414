// The limits of the server, reached: what it does then, and that it goes on. Each server here has small limits of its own, and the thread
// for itself: one after another.

import { once } from 'node:events';
import { IncomingMessage, ServerResponse } from 'node:http';
import { connect as connectPlain, Socket } from 'node:net';
import { connect, type TLSSocket } from 'node:tls';
import test, { type ExecutionContext } from 'ava';
import { Admission } from '#apiserver/limits.ts';
import { HttpsClient } from './https-client.ts';
import { type SmallServer, startSmall } from './small-server.ts';

const configMaps = '/api/v1/namespaces/default/configmaps';

const configMap = (name: string, data: Readonly<Record<string, string>> = {}): string =>
  JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data });

function clientOf(t: ExecutionContext, { port, admin }: SmallServer): HttpsClient {
  const client = new HttpsClient(port, admin, 20);
  t.teardown(() => client.close());
  return client;
}

async function secure(t: ExecutionContext, { port, admin }: SmallServer): Promise<TLSSocket> {
  const socket = connect({ host: '127.0.0.1', port, ...admin });
  t.teardown(() => socket.destroy());
  socket.on('error', () => {});
  await once(socket, 'secureConnect');
  return socket;
}

/** Until the server closes; that it does so while the client still writes is no error here. */
async function readAll(socket: TLSSocket): Promise<string> {
  let text = '';
  socket.on('data', (piece: Buffer) => (text += piece.toString()));
  if (!socket.closed) await new Promise((resolve) => void socket.once('close', resolve));
  return text;
}

test.serial('a client that sends its headers drop by drop gets 408, and the connection is closed', async (t) => {
  const server = await startSmall(t, { headersMs: 300 });
  const socket = await secure(t, server);
  const answer = readAll(socket);
  socket.write('GET /readyz HTTP/1.1\r\n');
  const drops = setInterval(() => socket.write('x: y\r\n'), 50);
  t.regex(await answer, /^HTTP\/1\.1 408 Request Timeout\r\n[^]*"kind":"Status"[^]*"code":408/);
  clearInterval(drops);
  t.is((await clientOf(t, server).ask('GET', '/readyz')).text, 'ok');
});

test.serial('a client that sends its body drop by drop gets 408, and nothing is written', async (t) => {
  const server = await startSmall(t, { headersMs: 200, requestMs: 400 });
  const socket = await secure(t, server);
  const answer = readAll(socket);
  socket.write(
    `POST ${configMaps} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 5000\r\n\r\n{`,
  );
  const drops = setInterval(() => socket.write(' '), 50);
  t.regex(await answer, /^HTTP\/1\.1 408 /);
  clearInterval(drops);
  t.like(JSON.parse((await clientOf(t, server).ask('GET', configMaps)).text), { items: [] });
});

test.serial('a handshake that stands still is ended', async (t) => {
  const server = await startSmall(t, { handshakeMs: 200 });
  const socket = connectPlain(server.port, '127.0.0.1');
  t.teardown(() => socket.destroy());
  socket.on('error', () => {});
  // The beginning of a ClientHello, and no more.
  socket.write(Buffer.from('16030102000100', 'hex'));
  await once(socket.resume(), 'close');
  t.is((await clientOf(t, server).ask('GET', '/readyz')).text, 'ok');
  t.deepEqual(server.reports, []);
});

test.serial('one connection too many is closed, and one more is taken when another has gone', async (t) => {
  const server = await startSmall(t, { connections: 2 });
  const [first] = [await secure(t, server), await secure(t, server)];
  const third = connect({ host: '127.0.0.1', port: server.port, ...server.admin });
  third.on('error', () => {});
  await new Promise((resolve) => void third.once('close', resolve));
  t.false(third.authorized);
  first.destroy();
  const client = clientOf(t, server);
  for (;;) {
    try {
      t.is((await client.ask('GET', '/readyz')).text, 'ok');
      return;
    } catch {
      // The server has not seen yet that the first has gone.
    }
  }
});

test.serial(
  'one watch too many gets 429 with Retry-After, and the others go on; one that ends makes room',
  async (t) => {
    const server = await startSmall(t, { watches: 3 });
    const client = clientOf(t, server);
    const lines: string[] = [];
    const watch = () => client.watch(`${configMaps}?watch=1&timeoutSeconds=30`, (line) => lines.push(line));
    const [first] = [await watch(), await watch(), await watch()];
    const refused = await client.ask('GET', `${configMaps}?watch=1`);
    t.is(refused.code, 429);
    t.like(JSON.parse(refused.text), {
      kind: 'Status',
      reason: 'TooManyRequests',
      details: { retryAfterSeconds: 1 },
      message: 'Too many requests, please try again later: 3 watches at once',
    });
    t.is(refused.headers['retry-after'], '1');
    t.is((await client.ask('GET', configMaps)).code, 200, 'who lists is not concerned');
    first.close();
    for (;;) {
      try {
        await watch();
        break;
      } catch (error) {
        t.regex(String(error), /429/);
      }
    }
    await client.ask('POST', configMaps, configMap('x'));
    while (lines.length < 3) await new Promise((resolve) => void setImmediate(resolve));
    t.is(lines.filter((line) => line.includes('"ADDED"')).length, 3);
  },
);

test.serial(
  'a body that is longer than the limit is 413 before it is read, also when nobody said how long it is',
  async (t) => {
    const server = await startSmall(t, { bodyBytes: 1_000 });
    const socket = await secure(t, server);
    const answer = once(socket, 'data');
    const head = `POST ${configMaps} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n`;
    socket.write(`${head}Content-Length: 1001\r\n\r\n`);
    t.regex(String((await answer)[0]), /^HTTP\/1\.1 413 [^]*"reason":"RequestEntityTooLarge"/);
    const chunked = await secure(t, server);
    const refused = once(chunked, 'data');
    chunked.write(`${head}Transfer-Encoding: chunked\r\n\r\n`);
    for (let count = 0; count < 5; count++) chunked.write(`fa\r\n${'x'.repeat(250)}\r\n`);
    const [text] = await refused;
    t.regex(String(text), /^HTTP\/1\.1 413 /);
  },
);

test.serial('a client that does not read its list is cut off, and one that reads slowly gets all of it', async (t) => {
  const server = await startSmall(t, { stalledMs: 1_000 });
  const client = clientOf(t, server);
  const data = { filler: 'x'.repeat(500_000) };
  for (let index = 0; index < 40; index++) {
    t.is((await client.ask('POST', configMaps, configMap(`n${index}`, data))).code, 201);
  }
  const idle = await secure(t, server);
  idle.pause();
  idle.write(`GET ${configMaps} HTTP/1.1\r\nHost: x\r\n\r\n`);
  const slow = await secure(t, server);
  slow.write(`GET ${configMaps} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
  let length = 0;
  slow.on('data', (piece: Buffer) => {
    length += piece.length;
    slow.pause();
    setImmediate(() => slow.resume());
  });
  await once(slow, 'close');
  t.true(length > 20_000_000, `${length} octets`);
  // Reads what is in flight, and finds the end too soon.
  await new Promise((resolve) => void setTimeout(resolve, 2_000));
  let cut = 0;
  idle.on('data', (piece: Buffer) => (cut += piece.length));
  idle.resume();
  await once(idle, 'close');
  t.true(cut < 20_000_000, `${cut} octets`);
});

test.serial(
  'a watch that nobody reads is cut off when too much waits for it, and the others are told everything',
  async (t) => {
    const server = await startSmall(t, { waitingBytes: 100_000 });
    const client = clientOf(t, server);
    t.is((await client.ask('POST', configMaps, configMap('flood'))).code, 201);
    const idle = await secure(t, server);
    idle.write(`GET ${configMaps}?watch=1 HTTP/1.1\r\nHost: x\r\n\r\n`);
    await once(idle, 'data');
    idle.pause();
    const seen: string[] = [];
    const all = Promise.withResolvers<void>();
    await client.watch(`${configMaps}?watch=1`, (line) => {
      seen.push(JSON.parse(line).object.data?.round);
      if (seen.length === rounds + 1) all.resolve();
    });
    // More than the socket's own buffers take.
    const rounds = 16;
    for (let round = 0; round < rounds; round++) {
      const body = JSON.stringify({ data: { round: String(round), filler: 'x'.repeat(900_000) } });
      t.is((await client.ask('PATCH', `${configMaps}/flood`, body, 'application/merge-patch+json')).code, 200);
    }
    await all.promise;
    t.deepEqual(seen, [undefined, ...Array.from({ length: rounds }, (_, index) => String(index))]);
    t.false((await readAll(idle.resume())).includes(`"round":"${rounds - 1}"`), 'it was cut before the end');
    t.regex(
      server.reports.join(''),
      /^a watch of \/api\/v1\/namespaces\/default\/configmaps was cut.* octets of events wait/,
    );
  },
);

test.serial('a watch begins with more than may wait, as fast as its client reads', async (t) => {
  const server = await startSmall(t, { waitingBytes: 100_000 });
  const client = clientOf(t, server);
  for (let index = 0; index < 12; index++) {
    t.is((await client.ask('POST', configMaps, configMap(`n${index}`, { filler: 'x'.repeat(900_000) }))).code, 201);
  }
  const socket = await secure(t, server);
  const query = 'watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true';
  socket.write(`GET ${configMaps}?${query} HTTP/1.1\r\nHost: x\r\n\r\n`);
  await once(socket, 'readable');
  // It is not read while the server could send all of it.
  t.is((await client.ask('GET', configMaps)).code, 200);
  let text = '';
  while (!text.includes('initial-events-end')) {
    const piece: unknown = socket.read();
    if (Buffer.isBuffer(piece)) text += piece.toString();
    else await once(socket, 'readable');
  }
  for (let index = 0; index < 12; index++) t.true(text.includes(`"name":"n${index}"`));
  t.deepEqual(server.reports, []);
});

test.serial('each class of request has its own limit, and an answer that is over makes room once', (t) => {
  const admission = new Admission({ changes: 1, reads: 2, watches: 1 });
  const response = (): ServerResponse => new ServerResponse(new IncomingMessage(new Socket()));
  const enter = (of: ServerResponse, as: 'changes' | 'reads' | 'watches'): void => admission.enter(of, as, 'u');
  const [first, second, third] = [response(), response(), response()];
  enter(first, 'reads');
  enter(second, 'reads');
  t.throws(() => enter(third, 'reads'), { message: /2 reads at once/ });
  enter(third, 'changes');
  t.throws(() => enter(response(), 'changes'), { message: /1 changes at once/ });
  // What turns out to be a watch is a read no longer.
  enter(first, 'watches');
  enter(response(), 'reads');
  t.throws(() => enter(second, 'watches'), { message: /1 watches at once/ });
  first.emit('close');
  first.emit('close');
  enter(second, 'watches');
  t.throws(() => enter(response(), 'watches'), { message: /1 watches at once/ });
  // Of an answer that never had its turn only the connection tells.
  second.req.socket.emit('close');
  t.notThrows(() => enter(response(), 'watches'));
});
