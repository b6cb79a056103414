// The client of a real API server: against `waggle apiserver`, killed and started again, and against servers that do what none should.

import { readFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import { createServer as createTcpServer, type AddressInfo, type Server as TcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { makeAuthority, makeClientCertificate, makeServerCertificate } from '#apiserver/certificates.ts';
import { renderKubeconfig } from '#apiserver/kubeconfig.ts';
import { ApiError } from '#kube/api/api-error.ts';
import { ClusterUnreachable } from '#kube/cluster/cluster.ts';
import { Informer } from '#kube/cluster/informer.ts';
import { ClusterConfigError, openCluster } from '#kube/cluster/open-cluster.ts';
import type { RemoteCluster } from '#kube/cluster/remote-cluster.ts';
import { ServerProcess } from '../../apiserver/server-process.ts';

const rate = { perSecond: 10_000, burst: 1_000 };
const silence = { answerMs: 300, watchMs: 300 };
const configMaps = { group: '', version: 'v1', plural: 'configmaps', namespace: 'default' };
const write = { fieldManager: 'test' };
const now = Date.now();
const authority = makeAuthority('hostile', now);
const stranger = makeAuthority('stranger', now);

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

function kubeconfigFor(t: ExecutionContext, port: number, trusted = authority.certificate): string {
  const directory = mkdtempSync(join(tmpdir(), 'waggle-remote-'));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  const client = makeClientCertificate(authority, { name: 'test', groups: [] }, now);
  const file = join(directory, 'kubeconfig');
  writeFileSync(
    file,
    renderKubeconfig({ server: `https://127.0.0.1:${port}`, authority: trusted, user: 'test', client }),
  );
  return file;
}

async function listen(t: ExecutionContext, server: Server | TcpServer): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    server.close();
    if ('closeAllConnections' in server) server.closeAllConnections();
  });
  return (server.address() as AddressInfo).port;
}

/** An HTTPS server that answers everything so. */
async function hostile(t: ExecutionContext, answer: Answer, signer = authority): Promise<RemoteCluster> {
  const { certificate: cert, key } = makeServerCertificate(signer, 'hostile', ['127.0.0.1'], now);
  const port = await listen(t, createServer({ cert, key }, answer));
  return await open(t, kubeconfigFor(t, port));
}

async function open(t: ExecutionContext, file: string): Promise<RemoteCluster> {
  const cluster = await openCluster({ type: 'kubeconfig', file }, 'waggle-test/1', { rate, silence });
  t.teardown(() => cluster.close());
  return cluster;
}

async function unreachable(t: ExecutionContext, asked: Promise<unknown>, words: RegExp): Promise<void> {
  await t.throwsAsync(asked, { instanceOf: ClusterUnreachable, message: words });
}

function watching(cluster: RemoteCluster, told: string[] = []): Promise<void> {
  const options = { labelSelector: undefined, fieldSelector: undefined, resourceVersion: '1' };
  const listener = { opened: () => {}, told: ({ type }: { readonly type: string }) => void told.push(type) };
  return cluster.watch(configMaps, options, listener, new AbortController().signal);
}

const event =
  '{"type":"ADDED","object":{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"a","resourceVersion":"2"}}}\n';

test('a server whose certificate another authority signed is not talked to', async (t) => {
  let asked = 0;
  const cluster = await hostile(t, () => void asked++, stranger);
  await unreachable(t, cluster.list(configMaps, {}), /certificate/);
  t.is(asked, 0);
});

test('a server that speaks no TLS, and one that closes at once, are unreachable and named so', async (t) => {
  const plain = await listen(
    t,
    createTcpServer((socket) => socket.end('HTTP/1.1 200 OK\r\n\r\n')),
  );
  await unreachable(t, (await open(t, kubeconfigFor(t, plain))).list(configMaps, {}), /./);
  const closing = await listen(
    t,
    createTcpServer((socket) => socket.destroy()),
  );
  await unreachable(
    t,
    (await open(t, kubeconfigFor(t, closing))).list(configMaps, {}),
    /socket disconnected|ECONNRESET|closed/,
  );
});

test('a port that nobody listens on is said with address and port', async (t) => {
  const server = createTcpServer();
  const port = await listen(t, server);
  await new Promise((resolve) => server.close(resolve));
  const cluster = await open(t, kubeconfigFor(t, port));
  await unreachable(t, cluster.list(configMaps, {}), new RegExp(`ECONNREFUSED 127\\.0\\.0\\.1:${port}`));
});

test('a server that never answers is given up', async (t) => {
  const cluster = await hostile(t, () => {});
  await unreachable(t, cluster.list(configMaps, {}), /no answer for 0\.3 s/);
});

test('a connection that was kept and is closed just when it is used again costs a reader nothing, and a writer the truth', async (t) => {
  const list = '{"kind":"ConfigMapList","apiVersion":"v1","metadata":{"resourceVersion":"1"},"items":[]}';
  const asked: string[] = [];
  const seen = new WeakSet<object>();
  const cluster = await hostile(t, ({ method = '', socket }, response) => {
    asked.push(method);
    // The second request of each connection finds it gone.
    if (seen.has(socket)) return void socket.destroy();
    seen.add(socket);
    response.end(list);
  });
  await cluster.list(configMaps, {});
  t.is((await cluster.list(configMaps, {})).resourceVersion, '1');
  t.deepEqual(asked, ['GET', 'GET', 'GET']);
  await cluster.list(configMaps, {});
  const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' } };
  await unreachable(t, cluster.create(configMaps, object, write), /socket hang up|ECONNRESET/);
  t.is(asked.filter((method) => method === 'POST').length, 1);
});

test('what a listener of a watch throws is its own fault and no answer of the server', async (t) => {
  const cluster = await hostile(t, (_request, response) => void response.write(event));
  const options = { labelSelector: undefined, fieldSelector: undefined, resourceVersion: '1' };
  const told = (): void => {
    throw new TypeError('ours');
  };
  const watched = cluster.watch(configMaps, options, { opened: () => {}, told }, new AbortController().signal);
  await t.throwsAsync(watched, { instanceOf: TypeError, message: 'ours' });
});

test('a watch that goes silent is given up, so that it can begin anew', async (t) => {
  const cluster = await hostile(t, (_, response) => void response.writeHead(200).write(event));
  const told: string[] = [];
  await unreachable(t, watching(cluster, told), /no answer for 0\.3 s/);
  t.deepEqual(told, ['ADDED']);
});

test('429 and 503 are refusals with the time to wait', async (t) => {
  const cluster = await hostile(t, (_, response) => void response.writeHead(429, { 'retry-after': '3' }).end('busy'));
  const error = await t.throwsAsync(cluster.list(configMaps, {}), { instanceOf: ApiError });
  t.like(error, { reason: 'TooManyRequests', details: { retryAfterSeconds: 3 } });
});

test('an answer that is no JSON, no list, or cut off is no answer', async (t) => {
  const bodies = ['<html>', '{"kind":"Pod","metadata":{}}', '{"kind":"PodList","apiVersion":"v1"}', '[]'];
  let at = 0;
  const cluster = await hostile(t, (_, response) => void response.end(bodies[at++]));
  for (const _ of bodies) await unreachable(t, cluster.list(configMaps, {}), /no JSON|no list|no metadata/);
  const cut = await hostile(t, (_, response) => {
    response.writeHead(200, { 'content-length': '1000' }).write('{"kind":"PodList"', () => response.destroy());
  });
  await unreachable(t, cut.list(configMaps, {}), /aborted|ECONNRESET|terminated|disconnected/i);
});

test('a watch that is cut in the middle of a line tells the whole lines before it and no half one', async (t) => {
  const cluster = await hostile(t, (_, response) => {
    response.writeHead(200).write(event + event.slice(0, 30), () => setTimeout(() => response.destroy(), 20));
  });
  const told: string[] = [];
  await unreachable(t, watching(cluster, told), /aborted|ECONNRESET|terminated|disconnected/i);
  t.deepEqual(told, ['ADDED']);
});

test('an event that cannot be read ends the watch', async (t) => {
  for (const line of ['{"type":"ADDED"}\n', 'garbage\n', '{"type":"NEWS","object":{}}\n']) {
    const cluster = await hostile(t, (_, response) => void response.writeHead(200).end(line));
    await unreachable(t, watching(cluster), /no JSON|cannot be read/);
  }
});

test('an ERROR event of a watch is the refusal that it holds: 410 is Expired', async (t) => {
  const status = { kind: 'Status', code: 410, reason: 'Expired', message: 'too old resource version: 1 (9)' };
  const cluster = await hostile(t, (_, response) => {
    response.writeHead(200).end(`${JSON.stringify({ type: 'ERROR', object: status })}\n`);
  });
  await t.throwsAsync(watching(cluster), { instanceOf: ApiError, message: status.message });
});

test('a kubeconfig that is missing, broken, or names no cluster is said by file', async (t) => {
  const file = kubeconfigFor(t, 1);
  const text = readFileSync(file, 'utf8');
  const broken = async (change: string, words: RegExp): Promise<void> => {
    writeFileSync(file, change);
    await t.throwsAsync(openCluster({ type: 'kubeconfig', file }, 'x'), {
      instanceOf: ClusterConfigError,
      message: words,
    });
  };
  await broken(text.replace('current-context: waggle', 'current-context: other'), /no cluster for the context "other"/);
  await broken(text.replace('https://', 'http://'), /expected https:\/\/ADDRESS:PORT/);
  await broken('clusters: [', /no kubeconfig/);
  await broken('', /no kubeconfig|no cluster/);
  rmSync(file);
  await t.throwsAsync(openCluster({ type: 'kubeconfig', file }, 'x'), { message: /--kubeconfig .*: no such file/ });
});

test('an informer follows the API server through kill -9 and start: nothing is lost, nothing comes twice', async (t) => {
  t.timeout(60_000);
  const server = new ServerProcess(t);
  await server.start();
  const cluster = await openCluster({ type: 'kubeconfig', file: server.kubeconfig }, 'waggle-test/1', { rate });
  t.teardown(() => cluster.close());
  const informer = new Informer(configMaps, cluster, { changed: () => {}, random: () => -0.9 });
  await informer.start();
  const make = async (name: string): Promise<void> => {
    const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name } };
    await cluster.create(configMaps, object, write);
  };
  const has = async (name: string, isThere: boolean): Promise<void> => {
    for (let waited = 0; (informer.cache.get('default', name) !== undefined) !== isThere; waited++) {
      if (waited > 1000) throw new Error(`never: ${name} ${isThere}`);
      await pause(10);
    }
  };
  await make('before');
  await has('before', true);
  for (const round of ['one', 'two']) {
    await server.stop('SIGKILL');
    while (informer.failure === undefined) await pause(10);
    t.truthy(informer.cache.get('default', 'before'), 'what was known stays');
    await server.start();
    await make(round);
    await has(round, true);
    t.falsy(informer.failure);
  }
  await cluster.delete({ ...configMaps, name: 'before' }, {});
  await has('before', false);
  await informer.close();
});

test('a certificate that may not do something is told what', async (t) => {
  const server = new ServerProcess(t);
  await server.start();
  const file = join(server.home, 'agent.kubeconfig');
  writeFileSync(file, await server.kubeconfigOf('agent', 'waggle:agent:n1'));
  const cluster = await open(t, file);
  const error = await t.throwsAsync(cluster.list({ ...configMaps, plural: 'secrets' }, {}), { instanceOf: ApiError });
  t.like(error, { reason: 'Forbidden' });
  t.regex(error.message, /secrets is forbidden: User "waggle:agent:n1" cannot list resource "secrets"/);
});

test('a server may say 64 KiB of warnings beside its answer', async (t) => {
  const cluster = await hostile(t, (_request, response) => {
    response.setHeader(
      'warning',
      Array.from({ length: 64 }, () => `299 - "${'x'.repeat(1_000)}"`),
    );
    response.end('{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"a"}}');
  });
  t.is((await cluster.get({ ...configMaps, name: 'a' })).metadata.name, 'a');
});
