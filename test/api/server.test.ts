// The API over real sockets: who may ask what, errors as problem documents, formats, what openapi.json says, what is left behind.

import { stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import test from 'ava';
import { ApiListenError, createApi } from '#api/api.ts';
import { isLoopbackHost } from '#api/access.ts';
import { apiRoutes } from '#api/routes.ts';
import { toTemplate } from '#api/openapi.ts';
import { ask, startApi } from '#support/api.ts';
import { createFixtureSpeaker, toJson } from '#support/frr-fixtures.ts';

test('GET /show/bgp/summary is JSON, with Accept: text/plain or format=text the table', async (t) => {
  const running = await startApi(createFixtureSpeaker());
  t.teardown(() => running.close());
  const { socketPath } = running;
  const json = await ask({ socketPath, path: '/show/bgp/summary' });
  t.is(json.status, 200);
  t.regex(json.type, /^application\/json/);
  t.deepEqual(Object.keys(toJson(JSON.parse(json.body))), ['ipv4Unicast', 'ipv6Unicast']);
  const text = await ask({ socketPath, path: '/show/bgp/summary', headers: { accept: 'text/plain' } });
  t.regex(text.type, /^text\/plain/);
  t.regex(text.body, /^\nIPv4 Unicast Summary:\n/);
  t.is((await ask({ socketPath, path: '/show/bgp/summary?format=text' })).body, text.body);
  t.regex(
    (await ask({ socketPath, path: '/show/bgp/summary', headers: { accept: 'text/html,*/*;q=0.8' } })).type,
    /json/,
  );
});

test('TCP answers GET to a loopback Host only', async (t) => {
  const speaker = createFixtureSpeaker();
  const running = await startApi(speaker);
  t.teardown(() => running.close());
  const { port } = running;
  t.is((await ask({ port, path: '/show/bgp/summary', headers: { host: `localhost:${port}` } })).status, 200);
  t.is((await ask({ port, path: '/show/bgp/summary', headers: { host: '[::1]' } })).status, 200);
  for (const host of ['waggle.example', 'localhost.example', '192.0.2.1', '127.0.0.1.example', '0.0.0.0']) {
    const refused = await ask({ port, path: '/show/bgp/summary', headers: { host } });
    t.is(refused.status, 421, host);
    t.is(refused.type, 'application/problem+json');
  }
  const post = await ask({ port, method: 'POST', path: '/clear/bgp/*' });
  t.is(post.status, 405);
  t.is(post.headers['allow'], 'GET, HEAD');
  t.deepEqual(speaker.cleared, []);
  t.is((await ask({ port, method: 'DELETE', path: '/show/bgp/summary' })).status, 405);
});

test('HEAD is answered as GET, without the body, on the socket and over TCP', async (t) => {
  const speaker = createFixtureSpeaker();
  const running = await startApi(speaker);
  t.teardown(() => running.close());
  const { socketPath, port } = running;
  for (const path of ['/show/bgp/summary', '/show/bgp/ipv4/unicast', '/status', '/openapi.json', '/show/bgp/sumary']) {
    for (const where of [{ socketPath }, { port }]) {
      const get = await ask({ ...where, path });
      const head = await ask({ ...where, method: 'HEAD', path });
      t.deepEqual([head.status, head.type, head.body], [get.status, get.type, ''], path);
    }
  }
  t.is((await ask({ port, method: 'HEAD', path: '/status', headers: { host: 'waggle.example' } })).status, 421);
  const clear = await ask({ socketPath, method: 'HEAD', path: '/clear/bgp/*' });
  t.deepEqual([clear.status, clear.headers['allow']], [405, 'POST']);
  t.is((await ask({ socketPath, method: 'PUT', path: '/status' })).headers['allow'], 'GET, HEAD');
  t.deepEqual(speaker.cleared, []);
  // More of them than large answers may be under way: each has ended.
  for (let count = 0; count < 10; count++) {
    t.is((await ask({ socketPath, method: 'HEAD', path: '/show/bgp/ipv4/unicast' })).status, 200);
  }
});

test('a query parameter that the path does not have is refused, with those that it has', async (t) => {
  const speaker = createFixtureSpeaker();
  const running = await startApi(speaker);
  t.teardown(() => running.close());
  const { socketPath } = running;
  const cases = [
    ['GET', '/show/bgp/summary?foo=1', 'unknown query parameter "foo"; expected format'],
    ['GET', '/show/bgp/summary?format=json&Format=text', 'unknown query parameter "Format"; expected format'],
    ['GET', '/status?wait=1', 'unknown query parameter "wait"; this path has none'],
    ['GET', '/v1/bgp/route-policies?asn=1', 'unknown query parameter "asn"; expected router_asn'],
    ['POST', '/clear/bgp/*?soft', 'unknown query parameter "soft"; this path has none'],
  ] as const;
  for (const [method, path, detail] of cases) {
    const answer = await ask({ socketPath, method, path });
    t.is(answer.status, 400, path);
    const problem = toJson(JSON.parse(answer.body));
    t.deepEqual([problem['type'], problem['detail']], ['urn:waggle:problem:bad-argument', detail]);
  }
  t.deepEqual(speaker.cleared, []);
});

test('a body of another type is refused with the header that is right', async (t) => {
  const running = await startApi(createFixtureSpeaker());
  t.teardown(() => running.close());
  const { socketPath } = running;
  for (const type of [undefined, 'text/plain', 'application/x-www-form-urlencoded']) {
    const headers = type === undefined ? {} : { 'content-type': type };
    const body = '{"message":"repair"}';
    const answer = await ask({ socketPath, method: 'POST', path: '/bgp/shutdown/10.1.0.2', body, headers });
    t.is(answer.status, 415, type);
    const { detail } = toJson(JSON.parse(answer.body));
    const sent = type === undefined ? 'no content-type' : `content-type: ${type}`;
    t.is(detail, `the body came with ${sent}; expected JSON with the header content-type: application/json`);
  }
});

test('a Host is loopback by name or address, with or without a port', (t) => {
  for (const host of ['localhost', 'LOCALHOST:80', '127.0.0.1', '127.8.9.1:9880', '[::1]:9880'])
    t.true(isLoopbackHost(host), host);
  for (const host of [
    undefined,
    '',
    'example',
    '::1',
    '128.0.0.1',
    '[::2]',
    'localhost:80:80',
    '127.1',
    '[127.0.0.1]',
  ]) {
    t.false(isLoopbackHost(host), host ?? 'none');
  }
});

test('changes go through the unix socket to the speaker', async (t) => {
  const speaker = createFixtureSpeaker();
  const running = await startApi(speaker);
  t.teardown(() => running.close());
  const { socketPath } = running;
  const post = (path: string, body?: object) =>
    ask({
      socketPath,
      method: 'POST',
      path,
      ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    });
  t.deepEqual(JSON.parse((await post('/clear/bgp/10.1.0.2')).body), { cleared: ['10.1.0.2'] });
  t.is((await post('/clear/bgp/*/soft/in')).status, 200);
  t.is((await post('/clear/bgp/*/soft')).status, 200);
  t.is((await post('/clear/bgp/2001:DB8:1::2/soft/out')).status, 200);
  t.deepEqual(speaker.cleared, [
    ['10.1.0.2', 'hard'],
    [undefined, 'soft-in'],
    [undefined, 'soft'],
    ['2001:db8:1::2', 'soft-out'],
  ]);
  t.is((await post('/clear/bgp/10.9.9.9')).status, 404);
  t.is((await post('/clear/bgp/nonsense')).status, 400);
  t.is((await post('/bgp/shutdown/10.1.0.2', { message: 'repair' })).status, 200);
  t.is((await post('/bgp/no-shutdown/10.1.0.2')).status, 200);
  t.deepEqual(speaker.shutdowns, [
    ['10.1.0.2', true, 'repair'],
    ['10.1.0.2', false, undefined],
  ]);
  t.is((await post('/bgp/shutdown/10.1.0.2', { message: 'ä'.repeat(128) })).status, 400, 'more than 255 octets');
  t.is((await post('/bgp/shutdown/10.1.0.2', { text: 'x' })).status, 400);
  t.is((await post('/bgp/shutdown/10.9.9.9')).status, 404);
});

test('every error is a problem document that says what would be right', async (t) => {
  const running = await startApi(createFixtureSpeaker());
  t.teardown(() => running.close());
  const { socketPath } = running;
  const cases = [
    ['GET', '/shwo/bgp/summary', 404, 'unknown-path'],
    ['GET', '/show/bgp/sumary', 404, 'unknown-command'],
    ['GET', '/show/bgp/ipv', 400, 'ambiguous-command'],
    ['GET', '/show/ip', 400, 'incomplete-command'],
    ['GET', '/show/bgp/summary?format=xml', 400, 'bad-argument'],
    ['GET', '/show/bgp/ipv6/unicast/10.0.0.0/8', 400, 'bad-argument'],
    ['GET', '/show/bgp/neighbors/10.9.9.9', 404, 'no-such-neighbor'],
    ['GET', '/show/bgp/instance/other/summary', 404, 'no-such-instance'],
    ['POST', '/show/bgp/summary', 405, 'method-not-allowed'],
    ['GET', '/clear/bgp/10.1.0.2', 405, 'method-not-allowed'],
    ['GET', '/v1/bgp/routes?table_type=loc-rib&afi=ipv5&safi=unicast', 400, 'bad-argument'],
    ['GET', '/v1/bgp/routes', 400, 'bad-argument'],
    ['GET', '/v1/bgp/routes?table_type=adj-rib-in&afi=ipv4&safi=unicast&neighbor=10.9.9.9', 404, 'no-such-neighbor'],
  ] as const;
  for (const [method, path, status, type] of cases) {
    const answer = await ask({ socketPath, method, path });
    t.is(answer.status, status, path);
    t.is(answer.type, 'application/problem+json', path);
    const problem = toJson(JSON.parse(answer.body));
    t.is(problem['type'], `urn:waggle:problem:${type}`, path);
    t.is(problem['status'], status);
    t.is(problem['instance'], path);
  }
  t.regex(
    (await ask({ socketPath, path: '/show/bgp/sumary?format=text' })).body,
    /^% Unknown command.*\n  show bgp summary\n$/,
  );
  for (const path of ['/show/%', '/%zz', '/show/%ff']) {
    const answer = await ask({ socketPath, path });
    t.is(answer.status, 400, path);
    t.is(answer.type, 'application/problem+json');
  }
  t.deepEqual(running.faults, []);
});

test('our own fault is 500 without details and is reported', async (t) => {
  const speaker = createFixtureSpeaker();
  const running = await startApi(speaker);
  t.teardown(() => running.close());
  speaker.fault = new Error('secret detail');
  const answer = await ask({ socketPath: running.socketPath, path: '/show/bgp/summary' });
  t.is(answer.status, 500);
  t.false(answer.body.includes('secret'));
  t.deepEqual(running.faults, [speaker.fault]);
});

test('limits: a body, a header or a path beyond them is refused', async (t) => {
  const running = await startApi(createFixtureSpeaker());
  t.teardown(() => running.close());
  const { socketPath } = running;
  const body = JSON.stringify({ message: 'x'.repeat(20_000) });
  const headers = { 'content-type': 'application/json' };
  t.is((await ask({ socketPath, method: 'POST', path: '/bgp/shutdown/10.1.0.2', body, headers })).status, 413);
  t.is((await ask({ socketPath, path: '/status', headers: { 'x-long': 'x'.repeat(20_000) } })).status, 431);
  t.is(
    (
      await ask({
        socketPath,
        method: 'POST',
        path: '/bgp/shutdown/10.1.0.2',
        body: 'x',
        headers: { 'content-type': 'a/b' },
      })
    ).status,
    415,
  );
});

test('openapi.json describes every route and every form of the show tree', async (t) => {
  const running = await startApi(createFixtureSpeaker());
  t.teardown(() => running.close());
  const document = toJson(JSON.parse((await ask({ socketPath: running.socketPath, path: '/openapi.json' })).body));
  const paths = toJson(document['paths']);
  for (const route of apiRoutes) {
    if (route.path === '/show/*') continue;
    t.true(route.method.toLowerCase() in toJson(paths[toTemplate(route.path)]), route.path);
  }
  for (const path of [
    '/show/bgp/summary',
    '/show/bgp/ipv6/unicast/{prefix}/longer-prefixes',
    '/show/bgp/neighbors/{address}/received-routes',
  ]) {
    t.true(path in paths, path);
  }
  const shutdown = toJson(toJson(toJson(paths['/bgp/shutdown/{address}'])['post'])['requestBody']);
  t.regex(String(shutdown['description']), /message/);
  const schema = toJson(toJson(toJson(shutdown['content'])['application/json'])['schema']);
  t.is(toJson(toJson(schema['properties'])['message'])['type'], 'string');
  const values: Readonly<Record<string, string>> = {
    '{address}': '10.1.0.2',
    '{prefix}': '10.0.0.0/8',
    '{community}': '65001:*',
    '{largecommunity}': '65001:1:2',
    '{expression}': '_65001_',
  };
  const shown = Object.keys(paths).filter((path) => path.startsWith('/show/'));
  for (const path of shown) {
    const real = path.replaceAll(/\{\w+\}/g, (name) =>
      path.includes('ipv6') && name === '{prefix}' ? '2001:db8::/32' : values[name],
    );
    const { status, body } = await ask({ socketPath: running.socketPath, path: real });
    const isFamilyOfNeighbor = real.includes('ipv6') && real.includes('10.1.0.2');
    t.true(status === 200 || (isFamilyOfNeighbor && status === 400), `${real} ${status} ${body.slice(0, 200)}`);
  }
  t.true(shown.length > 30);
});

test('the socket is 0660, a second daemon is refused in one line, a dead one is replaced, close leaves nothing', async (t) => {
  const running = await startApi(createFixtureSpeaker());
  t.teardown(() => running.close());
  t.is((await stat(running.socketPath)).mode & 0o777, 0o660);
  const options = { runDir: running.runDir, listen: [], nodeName: 'alpha', version: '0' };
  const deps = {
    speaker: createFixtureSpeaker(),
    status: () => [],
    configured: () => [],
    wallMs: () => 0,
    reportFault: () => undefined,
  };
  const second = createApi(options, deps);
  const error = await t.throwsAsync(second.listen(), { instanceOf: ApiListenError });
  t.is(error.code, 'ALREADY_RUNNING');
  t.is(error.message, `another waggle daemon is running: ${running.socketPath} is in use`);
  t.is((await ask({ socketPath: running.socketPath, path: '/version' })).status, 200, 'the first one still answers');
  await running.api.close();
  await t.throwsAsync(stat(running.socketPath), { code: 'ENOENT' });
  await writeFile(join(running.runDir, 'waggle.sock'), '');
  t.is((await t.throwsAsync(createApi(options, deps).listen(), { instanceOf: ApiListenError })).code, 'NOT_A_SOCKET');
});

test('a TCP address in use is one clear line, and nothing is left listening', async (t) => {
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
  const address = taken.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const running = await startApi(createFixtureSpeaker());
  t.teardown(() => running.close());
  const runDir = join(running.runDir, 'second');
  const api = createApi(
    { runDir, listen: [{ address: '127.0.0.1', port }], nodeName: 'alpha', version: '0' },
    {
      speaker: createFixtureSpeaker(),
      status: () => [],
      configured: () => [],
      wallMs: () => 0,
      reportFault: () => undefined,
    },
  );
  const error = await t.throwsAsync(api.listen(), { instanceOf: ApiListenError });
  t.is(error.message, `the API cannot listen on 127.0.0.1:${port}: address in use`);
  await t.throwsAsync(stat(api.socketPath), { code: 'ENOENT' });
  taken.close();
});
