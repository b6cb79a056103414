// Thousands of watches at once on a real server, each on a connection of its own.

import test from 'ava';
import { HttpsClient, type Stream } from './https-client.ts';
import { ServerProcess } from './server-process.ts';

const configMaps = '/api/v1/namespaces/default/configmaps';
const count = 3_000;

test(`${count} watches at once are each told every change, in order, and others are served meanwhile`, async (t) => {
  const server = new ServerProcess(t);
  await server.start();
  // One agent has one TLS context for all of its connections.
  const client = new HttpsClient(server.port, server.admin, count + 10);
  t.teardown(() => client.close());
  const told = Array.from({ length: count }, (): string[] => []);
  const heard = Promise.withResolvers<void>();
  const rounds = 3;
  let waiting = count * rounds;
  const path = `${configMaps}?watch=1&resourceVersion=${JSON.parse((await client.ask('GET', configMaps)).text).metadata.resourceVersion}`;
  const streams: Stream[] = [];
  let next = 0;
  const begin = async (): Promise<void> => {
    while (next < count) {
      const lines = told[next++];
      streams.push(
        await client.watch(path, (line) => {
          lines.push(JSON.parse(line).object.metadata.name);
          if (--waiting === 0) heard.resolve();
        }),
      );
    }
  };
  await Promise.all(Array.from({ length: 50 }, begin));
  t.is(streams.length, count);
  for (let round = 0; round < rounds; round++) {
    const body = JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: `n${round}` } });
    t.is((await client.ask('POST', configMaps, body)).code, 201);
    t.is((await client.ask('GET', `${configMaps}/n${round}`)).code, 200);
  }
  await heard.promise;
  t.deepEqual([...new Set(told.map((lines) => lines.join(' ')))], ['n0 n1 n2']);
  for (const stream of streams) stream.close();
  t.is((await client.ask('GET', '/readyz')).text, 'ok');
  t.notRegex(server.output, /"level":[456]0/);
});
