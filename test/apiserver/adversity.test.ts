// Clients that mean ill, or are broken: what they get from a real server, and that nobody else notices. Its limits are in limits.test.ts,
// a full disk in full-disk.test.ts.

import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { connect as connectPlain, type Socket } from 'node:net';
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls';
import test, { type ExecutionContext } from 'ava';
import { makeAuthority, makeClientCertificate, makeServerCertificate } from '#apiserver/certificates.ts';
import { readAuthority } from '#apiserver/state.ts';
import { HttpsClient } from './https-client.ts';
import { type Answer, ServerProcess } from './server-process.ts';

const configMaps = '/api/v1/namespaces/default/configmaps';

const endings: (() => Promise<void>)[] = [];
const server = new ServerProcess({ teardown: (end) => void endings.push(end) });
test.before(() => server.start());
test.after.always(async () => {
  for (const end of endings) await end();
});

const configMap = (name: string, data: Readonly<Record<string, string>> = {}): string =>
  JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data });

function clientOf(t: ExecutionContext, maxSockets = 1): HttpsClient {
  const client = new HttpsClient(server.port, server.admin, maxSockets);
  t.teardown(() => client.close());
  return client;
}

async function secure(t: ExecutionContext, options: ConnectionOptions = {}): Promise<TLSSocket> {
  const socket = connect({ host: '127.0.0.1', port: server.port, ...server.admin, ...options });
  t.teardown(() => socket.destroy());
  await once(socket, 'secureConnect');
  socket.on('error', () => {});
  return socket;
}

async function isWell(t: ExecutionContext): Promise<void> {
  t.is((await clientOf(t).ask('GET', '/readyz')).text, 'ok');
  t.notRegex(server.output, /"level":[56]0/);
}

/** Until the server closes. */
async function readAll(socket: Socket | TLSSocket): Promise<string> {
  let text = '';
  socket.on('data', (piece: Buffer) => (text += piece.toString()));
  if (!socket.closed) await new Promise((resolve) => void socket.once('close', resolve));
  return text;
}

// --- TLS ----------------------------------------------------------------------------------------------

for (const [what, octets] of [
  ['plain HTTP', Buffer.from('GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n')],
  ['garbage', Buffer.from(Array.from({ length: 2_000 }, (_, index) => (index * 89) & 255))],
  ['a handshake of nonsense', Buffer.from(`1603010040${'ff'.repeat(64)}`, 'hex')],
] as const) {
  test(`${what} on the TLS port is closed without an answer`, async (t) => {
    const socket = connectPlain(server.port, '127.0.0.1');
    socket.on('error', () => {});
    socket.write(octets);
    t.notRegex(await readAll(socket), /HTTP/);
    await isWell(t);
  });
}

test('TLS 1.1 is refused by an alert', async (t) => {
  const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const;
  await t.throwsAsync(secure(t, old), { message: /alert protocol version/ });
  await t.notThrowsAsync(secure(t, { maxVersion: 'TLSv1.2' }));
  await isWell(t);
});

test('a client certificate that is expired, of another authority, its own, or for servers is 401, and says why', async (t) => {
  const authority = readAuthority(`${server.home}/state/apiserver`);
  if (authority === undefined) throw new Error('there is no authority');
  const admin = { name: 'admin', groups: ['system:masters'] };
  const day = 86_400_000;
  for (const [what, made, why] of [
    ['expired', makeClientCertificate(authority, admin, Date.now() - 20 * 365 * day), /CERT_HAS_EXPIRED/],
    ['not yet valid', makeClientCertificate(authority, admin, Date.now() + 30 * day), /CERT_NOT_YET_VALID/],
    [
      'of another authority of the same name',
      makeClientCertificate(makeAuthority('waggle-apiserver', Date.now()), admin, Date.now()),
      /not accepted: /,
    ],
    ['its own authority', makeAuthority('admin', Date.now()), /INVALID_PURPOSE|SELF_SIGNED/],
    ['for servers', makeServerCertificate(authority, 'admin', ['127.0.0.1'], Date.now()), /INVALID_PURPOSE/],
  ] as const) {
    const as = { ca: server.admin.ca, cert: made.certificate, key: made.key };
    for (const method of ['GET', 'POST']) {
      const answer = await server.ask(method, configMaps, {
        as,
        ...(method === 'POST' ? { body: configMap('x') } : {}),
      });
      t.is(answer.code, 401, `${what}: ${answer.text}`);
      t.like(answer.json, { kind: 'Status', reason: 'Unauthorized' });
      t.regex(String(answer.json['message']), why, what);
    }
  }
});

test('a client certificate that ends while its connection stands counts no longer', async (t) => {
  const authority = readAuthority(`${server.home}/state/apiserver`);
  if (authority === undefined) throw new Error('there is no authority');
  const admin = { name: 'admin', groups: ['system:masters'] };
  const lifeMs = Date.parse(new X509Certificate(makeClientCertificate(authority, admin, 0).certificate).validTo);
  const endMs = Date.now() + 4_000;
  const { certificate: cert, key } = makeClientCertificate(authority, admin, endMs - lifeMs);
  const client = new HttpsClient(server.port, { ca: server.admin.ca, cert, key });
  t.teardown(() => client.close());
  t.is((await client.ask('GET', configMaps)).code, 200);
  await new Promise((resolve) => void setTimeout(resolve, endMs + 1_100 - Date.now()));
  const { code, text } = await client.ask('GET', configMaps);
  t.is(code, 401);
  t.regex(text, /CERT_HAS_EXPIRED/);
});

test('a TLS session that is resumed is the same client', async (t) => {
  for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
    const first = await secure(t, { maxVersion });
    const session = maxVersion === 'TLSv1.3' ? once(first, 'session') : Promise.resolve([first.getSession()]);
    const request = 'GET /apis HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n';
    first.write(request);
    const [ticket] = await session;
    t.regex(await readAll(first), /^HTTP\/1\.1 200 /);
    const second = await secure(t, { maxVersion, session: ticket });
    t.true(second.isSessionReused());
    second.write(request);
    t.regex(await readAll(second), /^HTTP\/1\.1 200 /);
  }
});

// --- HTTP ---------------------------------------------------------------------------------------------

test('headers beyond 64 KiB are 431, and so is a flood of them', async (t) => {
  for (const headers of [`X: ${'x'.repeat(70_000)}\r\n`, 'a: b\r\n'.repeat(15_000)]) {
    const socket = await secure(t);
    socket.write(`GET /readyz HTTP/1.1\r\nHost: x\r\n${headers}\r\n`);
    const answer = await readAll(socket);
    t.regex(answer, /^HTTP\/1\.1 431 [^]*"kind":"Status"[^]*"code":431/);
  }
  await isWell(t);
});

test('what is no HTTP within TLS is 400', async (t) => {
  for (const text of ['nonsense\r\n\r\n', 'GET /readyz HTTP/9.9\r\n\r\n', 'GET /a b c HTTP/1.1\r\n\r\n']) {
    const socket = await secure(t);
    socket.write(text);
    t.regex(await readAll(socket), /^HTTP\/1\.1 400 Bad Request[^]*"kind":"Status"/, text);
  }
});

test('a chunked body that breaks off, or is none, writes nothing', async (t) => {
  const head = `POST ${configMaps} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n`;
  const body = configMap('half');
  const whole = `${body.length.toString(16)}\r\n${body}\r\n`;
  const broken = await secure(t);
  // Everything but the chunk that says that it is all.
  broken.write(head + whole, () => broken.destroy());
  const wrong = await secure(t);
  wrong.write(`${head + whole}zz\r\n`);
  t.regex(await readAll(wrong), /^HTTP\/1\.1 400 /);
  const both = await secure(t);
  both.write(`${head.replace('\r\n\r\n', '\r\nContent-Length: 5\r\n\r\n')}${whole}0\r\n\r\n`);
  t.regex(await readAll(both), /^HTTP\/1\.1 400 /, 'two lengths are two requests to somebody else');
  t.is((await clientOf(t).ask('GET', `${configMaps}/half`)).code, 404);
  await isWell(t);
});

test('requests that come one behind another are answered in their order', async (t) => {
  const socket = await secure(t);
  const requests = Array.from({ length: 50 }, (_, index) => {
    const body = configMap(`piped-${index}`);
    const post = `POST ${configMaps} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
    const close = index === 49 ? 'Connection: close\r\n' : '';
    return `${post}GET ${configMaps}/piped-${index} HTTP/1.1\r\nHost: x\r\n${close}\r\n`;
  });
  socket.write(requests.join(''));
  const answers = (await readAll(socket)).split(/(?=HTTP\/1\.1 \d{3} )/);
  t.is(answers.length, 100);
  for (const [index, answer] of answers.entries()) {
    t.true(answer.startsWith(index % 2 === 0 ? 'HTTP/1.1 201' : 'HTTP/1.1 200'), answer);
    t.true(answer.includes(`"name":"piped-${index >> 1}"`), answer);
  }
});

test('a client that asks again as soon as it has a long answer keeps its connection', async (t) => {
  const client = clientOf(t);
  t.is((await client.ask('POST', configMaps, configMap('again'))).code, 201);
  for (let round = 0; round < 60; round++) {
    const body = configMap('again', { filler: String(round % 10).repeat(200_000) });
    const { code, text } = await client.ask('PUT', `${configMaps}/again`, body);
    t.is(code, 200);
    t.true(text.length > 200_000);
  }
});

test('clients that go away while a list is sent disturb nobody, and who watches and writes meanwhile does not wait for it', async (t) => {
  const client = clientOf(t, 4);
  const data = { filler: 'x'.repeat(200_000) };
  for (let index = 0; index < 100; index++) {
    t.is((await client.ask('POST', configMaps, configMap(`long-${index}`, data))).code, 201);
  }
  for (let count = 0; count < 20; count++) {
    const socket = await secure(t);
    socket.write(`GET ${configMaps} HTTP/1.1\r\nHost: x\r\n\r\n`);
    await once(socket, 'data');
    socket.destroy();
  }
  // Nobody reads this one before a write was told to a watch.
  const idle = await secure(t);
  idle.write(`GET ${configMaps} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
  idle.pause();
  const lines: string[] = [];
  const heard = Promise.withResolvers<void>();
  const stream = await client.watch(`${configMaps}?watch=1&fieldSelector=metadata.name%3Dwhile`, (line) => {
    lines.push(line);
    heard.resolve();
  });
  t.is((await client.ask('POST', configMaps, configMap('while'))).code, 201);
  await heard.promise;
  stream.close();
  const text = await readAll(idle.resume() && idle);
  t.is(text.split('"name":"long-').length - 1, 100);
  t.false(text.includes('"name":"while"'), 'a list is of one moment');
  t.true(text.endsWith(']}\r\n0\r\n\r\n'));
  await isWell(t);
});

test('a long list has the same objects as JSON, YAML, table and metadata alone', async (t) => {
  const path = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
  const names = async (accept: string): Promise<readonly string[]> => {
    const { text, code }: Answer = await server.ask('GET', path, { headers: { accept } });
    t.is(code, 200);
    t.true(text.length > 64 * 1024 || accept.includes('as='), 'long enough to be sent in slices');
    if (accept.includes('yaml')) return [...text.matchAll(/^ {4}name: (\S+)$/gm)].map(([, name]) => name);
    const { items, rows = [] } = JSON.parse(text);
    return (items ?? rows.map(({ object }: { object: unknown }) => object)).map(
      ({ metadata }: { metadata: { name: string } }) => metadata.name,
    );
  };
  const json = await names('application/json');
  t.true(json.length > 20);
  t.deepEqual(await names('application/yaml'), json);
  t.deepEqual(await names('application/json;as=Table;v=v1;g=meta.k8s.io'), json);
  t.deepEqual(await names('application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io'), json);
  const none = await server.ask('GET', '/api/v1/namespaces/default/pods', { headers: { accept: 'application/yaml' } });
  t.regex(none.text, /^items: \[\]$/m);
});

// --- watches ------------------------------------------------------------------------------------------

test('a watch from a version that is still to come waits for it; one that wants a list first is refused', async (t) => {
  const client = clientOf(t, 2);
  const { text } = await client.ask('POST', configMaps, configMap('now'));
  const next = Number(JSON.parse(text).metadata.resourceVersion) + 1_000_000;
  const stream = await client.watch(`${configMaps}?watch=1&resourceVersion=${next}`, () => t.fail());
  await client.ask('POST', configMaps, configMap('later'));
  stream.close();
  const listing = `${configMaps}?watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&resourceVersion=${next}`;
  for (const path of [listing, `${configMaps}?resourceVersion=${next}`]) {
    const refused = await client.ask('GET', path);
    t.is(refused.code, 504);
    const { message, details } = JSON.parse(refused.text);
    t.regex(message, new RegExp(`^Too large resource version: ${next}, current: \\d+$`));
    t.deepEqual(details.causes, [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }]);
  }
});
