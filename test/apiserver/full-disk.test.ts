// A full disk, under a real server: its state directory is a file system of a few MiB in a mount namespace of its own. What is refused says
// so, what was acknowledged stays, reads go on, and when there is room so do writes.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { command, needs, root } from '#support/skip.ts';
import { credentialsOf, ServerProcess } from './server-process.ts';
import { HttpsClient } from './https-client.ts';

const configMaps = '/api/v1/namespaces/default/configmaps';
/** All but the one that the server makes in every namespace. */
const ours = 'fieldSelector=metadata.name%21%3Dkube-root-ca.crt';
const configMap = (name: string): string =>
  JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { filler: 'x'.repeat(30_000) } });

/** A process that has the namespace; the mount is in it alone. Answers its pid. */
async function mountSmall(t: ExecutionContext, directory: string, mebibytes: number): Promise<number> {
  mkdirSync(directory, { recursive: true });
  const script = `mount -t tmpfs -o size=${mebibytes}m none "$0" && echo mounted && exec sleep 600`;
  const holder = spawn('unshare', ['-m', 'sh', '-c', script, directory], { stdio: ['ignore', 'pipe', 'inherit'] });
  t.teardown(() => holder.kill('SIGKILL'));
  await once(holder.stdout, 'data');
  return holder.pid ?? 0;
}

test(
  'on a full disk writes are refused by name, reads and watches go on, health says so, and when there is room writes go on; nothing acknowledged is lost',
  needs(
    [root, command('unshare', 'util-linux'), command('nsenter', 'util-linux'), command('mount', 'mount')],
    async (t) => {
      const prefix: string[] = ['nsenter', '-m', '-t'];
      const server = new ServerProcess(t, prefix);
      const state = join(server.home, 'state');
      const holder = await mountSmall(t, state, 12);
      prefix.push(String(holder));
      const within = (name: string): string => join('/proc', String(holder), 'root', state, name);
      await server.start();
      const credentials = credentialsOf(readFileSync(within('apiserver/admin.kubeconfig'), 'utf8'));
      const connect = (): HttpsClient => {
        const client = new HttpsClient(server.port, credentials, 4);
        t.teardown(() => client.close());
        return client;
      };
      let client = connect();
      const names = async (): Promise<readonly string[]> => {
        const { text, code } = await client.ask('GET', `${configMaps}?${ours}`);
        t.is(code, 200);
        return JSON.parse(text).items.map(({ metadata }: { metadata: { name: string } }) => metadata.name);
      };
      const watched: string[] = [];
      const stream = await client.watch(`${configMaps}?watch=1&${ours}`, (line) =>
        watched.push(JSON.parse(line).object.metadata.name),
      );

      const ballast = within('ballast');
      writeFileSync(ballast, 'x'.repeat(2 * 1024 * 1024));
      const acknowledged: string[] = [];
      let refused = 0;
      for (let index = 0; refused < 3; index++) {
        const name = `n${String(index).padStart(4, '0')}`;
        const { code, text } = await client.ask('POST', configMaps, configMap(name));
        if (code === 201) {
          acknowledged.push(name);
          continue;
        }
        refused++;
        t.is(code, 500);
        const { kind, reason, message } = JSON.parse(text);
        t.is(`${kind} ${reason}`, 'Status InternalError');
        t.regex(
          message,
          new RegExp(`^configmaps "${name}" in namespace "default" was not written: .*kube\\.db: .*disk is full`),
        );
        t.is((await client.ask('GET', `${configMaps}/${name}`)).code, 404, 'what was refused is not there');
      }
      t.true(acknowledged.length > 20, `${acknowledged.length}`);
      t.deepEqual(await names(), acknowledged);
      const sick = await client.ask('GET', '/readyz');
      t.is(sick.code, 500);
      t.regex(sick.text, /disk is full/);
      t.regex(server.output, /writes are refused, reads go on: .*disk is full/);

      // It dies in the middle of it, and starts all the same.
      await server.stop('SIGKILL');
      await stream.ended;
      await server.start();
      client = connect();
      t.deepEqual(await names(), acknowledged);
      t.is((await client.ask('POST', configMaps, configMap('still-full'))).code, 500);

      rmSync(ballast);
      const health = async (): Promise<string> => (await client.ask('GET', '/readyz')).text;
      for (let tries = 0; tries < 100 && (await health()) !== 'ok'; tries++) await pause(100);
      t.is(await health(), 'ok', 'it finds out by itself that there is room');
      t.regex(server.output, /the database: works again/);
      t.is((await client.ask('POST', configMaps, configMap('room-again'))).code, 201);
      acknowledged.push('room-again');
      await server.stop('SIGKILL');
      await server.start();
      client = connect();
      t.deepEqual(await names(), acknowledged.toSorted());
      t.deepEqual(watched, acknowledged.slice(0, -1), 'a watch was told of what was written, and of nothing else');
    },
  ),
);
