// Watches through kubectl: what it shows as things change, and that a watch goes on from every version that is kept, and from no older
// one. kubectl reference, "kubectl get": --watch, --output-watch-events; API concepts, "Efficient detection of changes", 410 Gone.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as pause } from 'node:timers/promises';
import test from 'ava';
import { kubectl as kubectlNeed, kubectlPath } from '#support/kubectl.ts';
import { needs } from '#support/skip.ts';
import { run, ServerProcess } from './server-process.ts';

const requirements = [kubectlNeed];
const configMaps = '/api/v1/namespaces/default/configmaps';

type Kubectl = (...words: readonly string[]) => Promise<string>;

function kubectlOf(server: ServerProcess): Kubectl {
  const environment = { KUBECONFIG: server.kubeconfig, HOME: server.home };
  return async (...words) => {
    const { code, output } = await run(kubectlPath, words, { environment });
    return code === 0 ? output.trim() : `${code}: ${output.trim()}`;
  };
}

test(
  'get --watch --output-watch-events shows what is there, and then each change in order',
  needs(requirements, async (t) => {
    const server = new ServerProcess(t);
    await server.start();
    const kubectl = kubectlOf(server);
    await kubectl('create', 'configmap', 'first');
    // Not what the controllers put there.
    const words = [
      'get',
      'configmaps',
      '--field-selector=metadata.name!=kube-root-ca.crt',
      '--watch',
      '--output-watch-events',
      '--no-headers',
    ];
    const environment = { ...process.env, KUBECONFIG: server.kubeconfig, HOME: server.home };
    const watching = spawn(kubectlPath, words, { env: environment, stdio: ['ignore', 'pipe', 'inherit'] });
    t.teardown(() => watching.kill('SIGKILL'));
    let shown = '';
    watching.stdout.on('data', (piece: Buffer) => (shown += piece.toString()));
    const sees = async (pattern: RegExp): Promise<void> => {
      while (!pattern.test(shown)) await pause(20);
    };
    await sees(/^ADDED +first +0 /m);
    await kubectl('create', 'configmap', 'second', '--from-literal=a=1');
    await kubectl('patch', 'configmap', 'second', '-p', '{"data":{"b":"2"}}');
    await kubectl('delete', 'configmap', 'second');
    await sees(/^DELETED +second /m);
    const lines = shown.trim().split('\n');
    t.deepEqual(
      lines.map((line) => line.split(/ +/).slice(0, 3).join(' ')),
      ['ADDED first 0', 'ADDED second 1', 'MODIFIED second 2', 'DELETED second 2'],
    );
    const ended = once(watching, 'exit');
    watching.kill('SIGTERM');
    await ended;
  }),
);

test(
  'a watch goes on from every version that is kept, also after a restart, and is told 410 of one that is not',
  needs(requirements, async (t) => {
    const server = new ServerProcess(t);
    await server.start();
    const kubectl = kubectlOf(server);
    const versions: number[] = [];
    for (const name of ['a', 'b', 'c', 'd']) {
      const made = await kubectl('create', 'configmap', name, '-o', 'jsonpath={.metadata.resourceVersion}');
      versions.push(Number(made));
    }
    /** Of the changes after a version. */
    const namesAfter = async (version: number): Promise<readonly string[]> => {
      const query = `watch=1&resourceVersion=${version}&timeoutSeconds=1`;
      const told = await kubectl('get', '--raw', `${configMaps}?${query}`);
      if (told === '') return [];
      return told.split('\n').map((line) => {
        const { type, object } = JSON.parse(line);
        return `${type} ${object.metadata?.name ?? object.code}`;
      });
    };
    const all = ['ADDED a', 'ADDED b', 'ADDED c', 'ADDED d'];
    const expected = [0, 1, 2, 3].map((index) => all.slice(index + 1));
    t.deepEqual(await Promise.all(versions.map(namesAfter)), expected);

    await server.stop();
    await server.start();
    t.deepEqual(await Promise.all(versions.map(namesAfter)), expected);

    // As if "b" had been made longer ago than changes are kept.
    await server.stop();
    const database = new DatabaseSync(join(server.home, 'state/apiserver/kube.db'));
    database.prepare('UPDATE events SET wall_ms = 0 WHERE revision <= ?').run(versions[1]);
    database.close();
    await server.start();
    await kubectl('create', 'configmap', 'e');
    t.deepEqual(await namesAfter(versions[1]), ['ADDED c', 'ADDED d', 'ADDED e']);
    t.regex(
      await kubectl('get', '--raw', `${configMaps}?watch=1&resourceVersion=${versions[0]}&timeoutSeconds=1`),
      /too old resource version: \d+ \(\d+\)/,
    );
  }),
);
