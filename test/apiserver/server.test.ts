// The server as a client meets it over HTTPS: what it answers, whom it refuses, and what is still there after it was killed.
// Kubernetes API reference; expectations are not recorded from this server.

import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import test from 'ava';
import { makeAuthority, makeClientCertificate } from '#apiserver/certificates.ts';
import { credentialsOf, run, ServerProcess } from './server-process.ts';

const configMap = (name: string, data: Readonly<Record<string, string>> = {}): string =>
  JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data });
const configMaps = '/api/v1/namespaces/default/configmaps';

test('objects are created, read, changed, listed and deleted, each with its code', async (t) => {
  const server = new ServerProcess(t);
  await server.start();
  const created = await server.ask('POST', configMaps, { body: configMap('x', { a: '1' }) });
  t.is(created.code, 201);
  t.like(created.json, { kind: 'ConfigMap', data: { a: '1' } });
  const taken = await server.ask('POST', configMaps, { body: configMap('x') });
  t.is(taken.code, 409);
  t.like(taken.json, {
    kind: 'Status',
    status: 'Failure',
    reason: 'AlreadyExists',
    message: 'configmaps "x" already exists',
  });
  t.is((await server.ask('GET', `${configMaps}/x`)).code, 200);
  const missing = await server.ask('GET', `${configMaps}/y`);
  t.is(missing.code, 404);
  t.like(missing.json, {
    reason: 'NotFound',
    message: 'configmaps "y" not found',
    details: { name: 'y', kind: 'configmaps' },
  });

  const stale = JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'x', resourceVersion: '1' } });
  const conflict = await server.ask('PUT', `${configMaps}/x`, { body: stale });
  t.is(conflict.code, 409);
  t.is(conflict.json['reason'], 'Conflict');
  const patched = await server.ask('PATCH', `${configMaps}/x`, {
    body: '{"data":{"b":"2"}}',
    headers: { 'content-type': 'application/merge-patch+json' },
  });
  t.like(patched.json, { data: { a: '1', b: '2' } });

  const list = await server.ask('GET', `${configMaps}?fieldSelector=metadata.name%3Dx`);
  t.like(list.json, { kind: 'ConfigMapList', apiVersion: 'v1' });
  const deleted = await server.ask('DELETE', `${configMaps}/x`);
  t.is(deleted.code, 200);
  t.like(deleted.json, { kind: 'Status', status: 'Success', details: { name: 'x', kind: 'configmaps' } });
  t.is((await server.ask('GET', `${configMaps}/x`)).code, 404);
  t.is(await server.stop(), 0);
});

test('what is deleted together is answered as a list of it, with the version that was listed', async (t) => {
  const server = new ServerProcess(t);
  await server.start();
  for (const name of ['d1', 'd2']) await server.ask('POST', configMaps, { body: configMap(name, { a: name }) });
  const { metadata } = JSON.parse((await server.ask('GET', configMaps)).text);
  const selected = `${configMaps}?fieldSelector=metadata.name%3Dd2`;
  const some = await server.ask('DELETE', selected);
  t.is(some.code, 200);
  t.like(some.json, {
    kind: 'ConfigMapList',
    apiVersion: 'v1',
    metadata: { resourceVersion: metadata.resourceVersion },
  });
  t.deepEqual(
    JSON.parse(some.text).items.map((item: { data: unknown }) => item.data),
    [{ a: 'd2' }],
  );
  const none = await server.ask('DELETE', selected);
  t.like(none.json, { kind: 'ConfigMapList', items: [] });
  t.not(JSON.parse(none.text).metadata.resourceVersion, '0');
});

test('a list is a table for who asks for one, and YAML for who asks for that', async (t) => {
  const server = new ServerProcess(t);
  await server.start();
  await server.ask('POST', configMaps, { body: configMap('x', { a: '1', b: '2' }) });
  const table = await server.ask('GET', `${configMaps}/x`, {
    headers: { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' },
  });
  t.like(table.json, { kind: 'Table', apiVersion: 'meta.k8s.io/v1' });
  const { columnDefinitions, rows } = JSON.parse(table.text);
  t.deepEqual(
    columnDefinitions.map(({ name }: { name: string }) => name),
    ['Name', 'Data', 'Age'],
  );
  t.deepEqual(rows[0].cells.slice(0, 2), ['x', 2]);
  t.is(rows[0].object.kind, 'PartialObjectMetadata');
  const yaml = await server.ask('GET', `${configMaps}/x`, { headers: { accept: 'application/yaml' } });
  t.is(yaml.headers['content-type'], 'application/yaml');
  t.regex(yaml.text, /^ {2}a: "1"$/m);
});

test('a watch tells each change in order, and goes on from the version it saw', async (t) => {
  const server = new ServerProcess(t);
  await server.start();
  const first = await server.ask('POST', configMaps, { body: configMap('w1') });
  const { resourceVersion } = JSON.parse(first.text).metadata;
  await server.ask('POST', configMaps, { body: configMap('w2') });
  await server.ask('DELETE', `${configMaps}/w1`);
  const watch = await server.ask('GET', `${configMaps}?watch=1&resourceVersion=${resourceVersion}&timeoutSeconds=1`);
  const events = watch.text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  t.deepEqual(
    events.map(({ type, object }) => [type, object.metadata.name]),
    [
      ['ADDED', 'w2'],
      ['DELETED', 'w1'],
    ],
  );
});

test('what cannot be is refused with the code that says why', async (t) => {
  const server = new ServerProcess(t);
  await server.start();
  for (const [what, method, path, options, code] of [
    ['no JSON', 'POST', configMaps, { body: '{' }, 400],
    ['another type', 'POST', configMaps, { body: '<a/>', headers: { 'content-type': 'application/xml' } }, 415],
    ['an unknown kind', 'GET', '/api/v1/namespaces/default/widgets', {}, 404],
    ['an unknown path', 'GET', '/nowhere', {}, 404],
    ['a namespace that is not there', 'POST', '/api/v1/namespaces/none/configmaps', { body: configMap('x') }, 404],
    ['a wrong name', 'POST', configMaps, { body: configMap('No_Name') }, 422],
    ['a method on a collection', 'PUT', configMaps, { body: configMap('x') }, 405],
    ['only protobuf accepted', 'GET', configMaps, { headers: { accept: 'application/vnd.kubernetes.protobuf' } }, 406],
    ['a version that is no number', 'GET', `${configMaps}?watch=1&resourceVersion=x`, {}, 400],
    ['logs of a pod', 'GET', '/api/v1/namespaces/default/pods/p/log', {}, 405],
  ] as const) {
    const answer = await server.ask(method, path, options);
    t.is(answer.code, code, `${what}: ${answer.text}`);
    t.like(answer.json, { kind: 'Status', status: 'Failure', code }, what);
  }
});

test('a body beyond 3 MiB is 413, and the server goes on', async (t) => {
  const server = new ServerProcess(t);
  await server.start();
  const answer = await server.ask('POST', configMaps, { body: configMap('x', { a: 'x'.repeat(3 * 1024 * 1024) }) });
  t.is(answer.code, 413);
  t.is(answer.json['reason'], 'RequestEntityTooLarge');
  t.is((await server.ask('GET', '/readyz')).text, 'ok');
});

test('who has no certificate, or one of another authority, is nobody; everybody may ask whether the server lives', async (t) => {
  const server = new ServerProcess(t);
  await server.start();
  const { ca } = server.admin;
  const { certificate: cert, key } = makeClientCertificate(
    makeAuthority('waggle-apiserver', Date.now()),
    { name: 'admin', groups: ['system:masters'] },
    Date.now(),
  );
  for (const as of [{ ca }, { ca, cert, key }]) {
    const answer = await server.ask('GET', configMaps, { as });
    t.is(answer.code, 401);
    t.is(answer.json['reason'], 'Unauthorized');
    t.is((await server.ask('POST', configMaps, { as, body: configMap('x') })).code, 401);
    t.is((await server.ask('GET', '/healthz', { as })).text, 'ok');
    t.is((await server.ask('GET', '/version', { as })).code, 200);
    t.is((await server.ask('GET', '/api', { as })).code, 401);
  }
});

test('roles hold: a viewer reads and writes nothing, and sees no Secret', async (t) => {
  const server = new ServerProcess(t);
  await server.start();
  const as = credentialsOf(await server.kubeconfigOf('viewer', 'eve'));
  t.is((await server.ask('GET', configMaps, { as })).code, 200);
  const secrets = await server.ask('GET', '/api/v1/secrets', { as });
  t.is(secrets.code, 403);
  t.is(
    secrets.json['message'],
    'secrets is forbidden: User "eve" cannot list resource "secrets" in API group "" at the cluster scope',
  );
  t.is((await server.ask('POST', configMaps, { as, body: configMap('x') })).code, 403);
});

test('connections that say nothing, or no TLS, disturb nobody', async (t) => {
  const server = new ServerProcess(t);
  await server.start();
  const sockets = Array.from({ length: 200 }, (_, index) => {
    const socket = connect(server.port, '127.0.0.1');
    socket.on('error', () => {});
    if (index % 2 === 0) socket.write('GET / HTTP/1.1\r\n\r\n');
    return socket;
  });
  t.is((await server.ask('GET', '/readyz')).text, 'ok');
  for (const socket of sockets) socket.destroy();
  t.notRegex(server.output, /ERROR|WARN/);
});

test('after kill -9 what was acknowledged is there, versions go on, and the same certificates work', async (t) => {
  const server = new ServerProcess(t);
  await server.start();
  const { admin } = server;
  const versions: number[] = [];
  for (let index = 0; index < 20; index++) {
    const answer = await server.ask('POST', configMaps, { body: configMap(`kill${index}`) });
    versions.push(Number(JSON.parse(answer.text).metadata.resourceVersion));
  }
  await server.stop('SIGKILL');
  await server.start();
  const list = JSON.parse((await server.ask('GET', configMaps, { as: admin })).text);
  t.is(
    list.items.filter(({ metadata }: { metadata: { name: string } }) => metadata.name.startsWith('kill')).length,
    20,
  );
  t.true(Number(list.metadata.resourceVersion) >= Math.max(...versions));
});

test('what is kept in files is for their owner alone, and a file of a newer format is refused', async (t) => {
  const server = new ServerProcess(t);
  await server.start();
  const files = ['authority.json', 'admin.kubeconfig', 'kube.db'].map((name) =>
    join(server.home, 'state/apiserver', name),
  );
  for (const file of files) t.is(statSync(file).mode & 0o777, 0o600, file);
  await server.stop();
  const authority = JSON.parse(readFileSync(files[0], 'utf8'));
  writeFileSync(files[0], JSON.stringify({ ...authority, formatVersion: 2 }));
  await t.throwsAsync(server.start(), { message: /authority\.json has format version 2, this program knows 1/ });
  const { formatVersion: _, ...bare } = authority;
  writeFileSync(files[0], JSON.stringify(bare));
  await t.throwsAsync(server.start(), { message: /authority\.json has format version none, this program knows 1/ });
  writeFileSync(files[0], 'x');
  await t.throwsAsync(server.start(), { message: /authority\.json is damaged/ });
});

test('a wrong command line is said in one line, with what would be right', async (t) => {
  const program = join(import.meta.dirname, '../../src/main.ts');
  for (const [args, message] of [
    [['--listen', 'x'], /--listen x: expected an address and port, such as 127\.0\.0\.1:6443/],
    [['--server-name', 'a b'], /--server-name a b: expected a DNS name or an address/],
    [['kubeconfig', '--role', 'king'], /--role king: expected one of admin, agent, operator, viewer/],
    [['kubeconfig', '--server', 'http://x'], /--server http:\/\/x: expected https:\/\/ADDRESS:PORT/],
    [['--nonsense'], /nonsense/],
  ] as const) {
    const { code, output } = await run(process.execPath, [program, 'apiserver', ...args]);
    t.is(code, 2, output);
    t.regex(output, message);
    t.is(output.trim().split('\n').length, 1, output);
  }
  const { code, output } = await run(process.execPath, [
    program,
    'apiserver',
    'kubeconfig',
    '--state-dir',
    '/nonexistent/waggle',
  ]);
  t.is(code, 1);
  t.regex(output, /no server has run with the state directory \/nonexistent\/waggle/);
});
