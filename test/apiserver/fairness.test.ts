// One client takes nothing from the others: not by what he may not do, by bodies that come slowly, by requests that wait behind one
// another, by answers that he does not read. Real servers with small limits, one after another.

import { once } from 'node:events';
import { connect, type TLSSocket } from 'node:tls';
import test, { type ExecutionContext } from 'ava';
import { Shares } from '#apiserver/shares.ts';
import { HttpsClient } from './https-client.ts';
import type { Credentials } from './server-process.ts';
import { type SmallServer, startSmall } from './small-server.ts';

const configMaps = '/api/v1/namespaces/default/configmaps';
const reviews = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';

const configMap = (name: string, data: Readonly<Record<string, string>> = {}): string =>
  JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data });

const post = (path: string, length: number): string =>
  `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\n\r\n`;

async function secure(t: ExecutionContext, { port }: SmallServer, as: Required<Credentials>): Promise<TLSSocket> {
  const socket = connect({ host: '127.0.0.1', port, ...as });
  t.teardown(() => socket.destroy());
  socket.on('error', () => {});
  await once(socket, 'secureConnect');
  return socket;
}

async function next(socket: TLSSocket): Promise<string> {
  const [piece] = await once(socket, 'data');
  return String(piece);
}

function clientOf(t: ExecutionContext, { port }: SmallServer, as: Required<Credentials>, sockets = 1): HttpsClient {
  const client = new HttpsClient(port, as, sockets);
  t.teardown(() => client.close());
  return client;
}

test.serial('who may not write is told so before his body is read', async (t) => {
  const server = await startSmall(t, { changes: 1 });
  for (let count = 0; count < 3; count++) {
    const socket = await secure(t, server, server.viewer);
    // The body never comes.
    socket.write(post(configMaps, 1_000));
    t.regex(await next(socket), /^HTTP\/1\.1 403 [^]*User \\"viewer\\" cannot create resource \\"configmaps\\"/);
  }
  t.is((await clientOf(t, server, server.admin).ask('POST', configMaps, configMap('x'))).code, 201);
});

test.serial('bodies that come slowly keep nobody from writing, and are read when they come', async (t) => {
  const server = await startSmall(t, { changes: 1 });
  const body =
    '{"kind":"SelfSubjectAccessReview","apiVersion":"authorization.k8s.io/v1","spec":{"nonResourceAttributes":{}}}';
  const slow: TLSSocket[] = [];
  for (let count = 0; count < 3; count++) {
    const socket = await secure(t, server, server.viewer);
    socket.write(post(reviews, body.length) + body.slice(0, 20));
    slow.push(socket);
  }
  // By then the server knows of all three.
  t.is((await clientOf(t, server, server.viewer).ask('GET', '/readyz')).code, 200);
  t.is((await clientOf(t, server, server.admin).ask('POST', configMaps, configMap('x'))).code, 201);
  for (const socket of slow) {
    socket.write(body.slice(20));
    t.regex(await next(socket), /^HTTP\/1\.1 201 /);
  }
});

test.serial('of the memory for bodies nobody gets all: beyond his share he gets 429, and others go on', async (t) => {
  const server = await startSmall(t, { bodiesBytes: 40_000 });
  const holder = await secure(t, server, server.viewer);
  holder.write(post(reviews, 50_000) + ' '.repeat(29_000));
  const admin = clientOf(t, server, server.admin);
  const greedy = clientOf(t, server, server.viewer);
  // Until what came first has been read.
  let refused = await greedy.ask('POST', reviews, ' '.repeat(3_000));
  while (refused.code !== 429) refused = await greedy.ask('POST', reviews, ' '.repeat(3_000));
  t.regex(refused.text, /Too many requests, please try again later: 30000 octets of bodies of one user at once/);
  t.is(refused.headers['retry-after'], '1');
  t.is((await admin.ask('POST', configMaps, configMap('x', { filler: 'x'.repeat(8_000) }))).code, 201);
  // What is over makes room.
  holder.destroy();
  while ((await greedy.ask('POST', reviews, ' '.repeat(3_000))).code !== 400);
  t.pass();
});

test.serial('a body that breaks off is nothing, and its memory is free again', async (t) => {
  const server = await startSmall(t, { bodiesBytes: 40_000 });
  const admin = clientOf(t, server, server.admin);
  for (let count = 0; count < 5; count++) {
    const socket = await secure(t, server, server.admin);
    socket.write(post(configMaps, 20_000) + ' '.repeat(19_000));
    await new Promise<void>((resolve) => void socket.end(resolve));
    await once(socket.resume(), 'close');
  }
  t.is((await admin.ask('POST', configMaps, configMap('x', { filler: 'x'.repeat(25_000) }))).code, 201);
  t.deepEqual(server.reports, []);
});

test.serial('requests that wait behind a watch on their connection keep nobody from reading or writing', async (t) => {
  const server = await startSmall(t, { reads: 4, changes: 4 });
  const socket = await secure(t, server, server.viewer);
  socket.write(`GET ${configMaps}?watch=1 HTTP/1.1\r\nHost: x\r\n\r\n`);
  await next(socket);
  socket.write(`GET ${configMaps} HTTP/1.1\r\nHost: x\r\n\r\n`.repeat(8) + `${post(reviews, 2)}{}`.repeat(8));
  const admin = clientOf(t, server, server.admin);
  for (let count = 0; count < 20; count++) {
    t.is((await admin.ask('GET', configMaps)).code, 200);
    t.is((await admin.ask('POST', configMaps, configMap(`x${count}`))).code, 201);
  }
});

test.serial('more than 256 requests that wait on one connection get 429', async (t) => {
  const server = await startSmall(t, {});
  const socket = await secure(t, server, server.viewer);
  socket.write(`GET ${configMaps}?watch=1&timeoutSeconds=1 HTTP/1.1\r\nHost: x\r\n\r\n`);
  await next(socket);
  let text = '';
  socket.on('data', (piece: Buffer) => (text += piece.toString()));
  const last = `GET /version HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`;
  socket.write('GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(300) + last);
  await once(socket, 'close');
  const codes = [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, code]) => code);
  t.deepEqual(codes, [...Array.from({ length: 255 }, () => '200'), ...Array.from({ length: 46 }, () => '429')]);
});

test.serial('a document that nobody reads is cut off', async (t) => {
  const server = await startSmall(t, { stalledMs: 300 });
  const socket = await secure(t, server, server.viewer);
  socket.pause();
  socket.write('GET /openapi/v2 HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(8));
  const client = clientOf(t, server, server.viewer);
  const { text } = await client.ask('GET', '/openapi/v2');
  await new Promise((resolve) => void setTimeout(resolve, 1_500));
  let cut = 0;
  socket.on('data', (piece: Buffer) => (cut += piece.length));
  socket.resume();
  await once(socket, 'close');
  t.true(cut < text.length * 8, `${cut} octets of ${text.length * 8}`);
});

test.serial('a stranger who does not read what he is refused is cut off', async (t) => {
  const server = await startSmall(t, { stalledMs: 300 });
  const { ca } = server.viewer;
  const socket = connect({ host: '127.0.0.1', port: server.port, ca });
  t.teardown(() => socket.destroy());
  socket.on('error', () => {});
  await once(socket, 'secureConnect');
  socket.pause();
  const asking = setInterval(() => socket.write(post(configMaps, 0).repeat(1_000)), 1);
  t.teardown(() => clearInterval(asking));
  // By a reset, since it still writes.
  await new Promise((resolve) => void socket.once('close', resolve));
  t.is((await clientOf(t, server, server.viewer).ask('GET', '/readyz')).text, 'ok');
});

test.serial('a watch behind a list on its connection is not cut off when nothing changes', async (t) => {
  const server = await startSmall(t, { stalledMs: 300 });
  const socket = await secure(t, server, server.viewer);
  const ask = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`;
  let text = '';
  socket.on('data', (piece: Buffer) => (text += piece.toString()));
  socket.write(ask(configMaps) + ask(`${configMaps}?watch=1`));
  await new Promise((resolve) => void setTimeout(resolve, 1_000));
  const admin = clientOf(t, server, server.admin);
  t.is((await admin.ask('POST', configMaps, configMap('late'))).code, 201);
  while (!text.includes('"name":"late"')) {
    if (socket.closed) throw new Error('it was cut off');
    await new Promise((resolve) => void setImmediate(resolve));
  }
  t.pass();
});

test.serial('a watch may be asked for longer than a timer counts', async (t) => {
  const server = await startSmall(t, {});
  const client = clientOf(t, server, server.admin, 2);
  const lines: string[] = [];
  const seen = Promise.withResolvers<void>();
  const watch = await client.watch(`${configMaps}?watch=1&timeoutSeconds=3000000`, (line) => {
    lines.push(line);
    seen.resolve();
  });
  for (let count = 0; count < 5; count++) await client.ask('GET', '/readyz');
  t.is((await client.ask('POST', configMaps, configMap('late'))).code, 201);
  await Promise.race([seen.promise, watch.ended]);
  t.regex(lines.join(''), /"name":"late"/);
});

test('of what is shared one user gets three quarters, and nobody more than there is', (t) => {
  const shares = new Shares(8);
  t.is(shares.take('a', 6), undefined);
  t.is(shares.take('a', 1), 'own');
  t.is(shares.take('b', 2), undefined);
  t.is(shares.take('b', 1), 'all');
  shares.give('a', 1);
  t.is(shares.take('b', 1), undefined);
  shares.give('b', 3);
  shares.give('a', 5);
  t.is(shares.take('b', 7), 'own');
  t.is(shares.ownLimit, 6);
});
