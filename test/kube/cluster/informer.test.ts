// The informer against a cluster that does what a script says: pieces of lists, versions that are no longer kept, servers that are away.

import { execFile } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import test from 'ava';
import { ApiError } from '#kube/api/api-error.ts';
import type { ListAnswer, ListOptions, WatchEvent } from '#kube/api/api-port.ts';
import type { KubeObject } from '#kube/api/object.ts';
import { type Cluster, ClusterUnreachable, type ClusterWatch, type WatchListener } from '#kube/cluster/cluster.ts';
import { Informer } from '#kube/cluster/informer.ts';

const collection = { group: '', version: 'v1', plural: 'configmaps', namespace: 'n' };

const object = (name: string, resourceVersion: string): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'n', uid: name, resourceVersion },
});

const page = (names: string, resourceVersion: string, continueToken?: string): ListAnswer => ({
  items: names.split('').map((name, index) => object(name, String(index + 1))),
  resourceVersion,
  continueToken,
  remainingItemCount: undefined,
});

type Step =
  | { readonly list: ListAnswer | Error; readonly asked?: (options: Partial<ListOptions>) => void }
  | {
      readonly watch: readonly WatchEvent[];
      readonly end?: Error | 'closed';
      readonly asked?: (options: ClusterWatch) => void;
    };

/** Answers in the order of the script; after its end a watch stays open. */
class ScriptedCluster implements Pick<Cluster, 'list' | 'watch'> {
  readonly name = 'a script';
  readonly asked: string[] = [];
  readonly #steps: Step[];

  constructor(...steps: readonly Step[]) {
    this.#steps = [...steps];
  }

  async list(_: unknown, options: Partial<ListOptions>): Promise<ListAnswer> {
    this.asked.push(`list ${options.continueToken ?? ''}`.trim());
    const step = this.#steps.shift();
    if (step === undefined || !('list' in step)) throw new Error('a list is not in the script here');
    if (step.list instanceof Error) throw step.list;
    return await Promise.resolve(step.list);
  }

  async watch(_: unknown, options: ClusterWatch, listener: WatchListener, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    this.asked.push(`watch ${options.resourceVersion}`);
    const step = this.#steps.shift();
    if (step !== undefined && 'list' in step) throw new Error('a watch is not in the script here');
    if (step?.end instanceof Error && step.watch.length === 0) throw step.end;
    listener.opened();
    for (const event of step?.watch ?? []) listener.told(event);
    if (step?.end === 'closed') return;
    if (step?.end !== undefined) throw step.end;
    await new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () => reject(new Error('over')), { once: true });
    });
  }
}

const expired = new ApiError('Expired', 'too old resource version: 1 (2)');
const away = new ClusterUnreachable('connect ECONNREFUSED 192.0.2.1:6443');

interface Informed {
  readonly informer: Informer;
  readonly changes: () => number;
  /** Each failure that was told, and undefined when it was over. */
  readonly failures: (string | undefined)[];
}

function inform(cluster: ScriptedCluster, clock: { readonly nowMs?: () => number } = {}): Informed {
  let count = 0;
  const failures: (string | undefined)[] = [];
  const changed = (): void => {
    count++;
    if (informer.failure?.message !== failures.at(-1)) failures.push(informer.failure?.message);
  };
  const informer = new Informer(collection, cluster as never, { changed, random: () => -0.999, ...clock });
  return { informer, changes: () => count, failures };
}

const names = (informer: Informer): string => [...informer.cache.list()].map(({ metadata }) => metadata.name).join('');

async function until(holds: () => boolean): Promise<void> {
  for (let waited = 0; !holds(); waited++) {
    if (waited > 1000) throw new Error('never');
    await pause(5);
  }
}

test('every piece of a list is fetched before anything is told, and the watch begins at its version', async (t) => {
  const cluster = new ScriptedCluster({ list: page('ab', '7', 'more') }, { list: page('cd', '7') });
  const { informer, changes } = inform(cluster);
  await informer.start();
  t.is(names(informer), 'abcd');
  t.is(changes(), 1);
  await until(() => cluster.asked.length === 3);
  t.deepEqual(cluster.asked, ['list', 'list more', 'watch 7']);
  await informer.close();
});

test('a watch that ends is begun again at the last version it told, bookmarks included', async (t) => {
  const cluster = new ScriptedCluster(
    { list: page('a', '7') },
    { watch: [{ type: 'ADDED', object: object('b', '9') }], end: away },
    { watch: [{ type: 'BOOKMARK', object: { metadata: { resourceVersion: '20' } } }], end: away },
  );
  const { informer } = inform(cluster);
  await informer.start();
  await until(() => cluster.asked.length === 4);
  t.deepEqual(cluster.asked, ['list', 'watch 7', 'watch 9', 'watch 20']);
  t.is(names(informer), 'ab');
  await informer.close();
});

test('a version that is no longer kept is listed anew at once, and what went meanwhile is gone', async (t) => {
  const cluster = new ScriptedCluster(
    { list: page('abc', '7') },
    { watch: [], end: expired },
    { list: page('ab', '30') },
  );
  const { informer, changes } = inform(cluster);
  await informer.start();
  await until(() => cluster.asked.length === 4);
  t.deepEqual(cluster.asked, ['list', 'watch 7', 'list', 'watch 30']);
  t.is(names(informer), 'ab');
  t.is(changes(), 2);
  await informer.close();
});

test('a server that is away takes nothing from the cache; it is told once when it goes and once when it is back', async (t) => {
  const cluster = new ScriptedCluster(
    { list: page('ab', '7') },
    { watch: [], end: away },
    { watch: [], end: away },
    { watch: [], end: away },
  );
  const { informer, failures } = inform(cluster);
  await informer.start();
  await until(() => failures.length === 2);
  t.deepEqual(failures, ['connect ECONNREFUSED 192.0.2.1:6443', undefined]);
  t.is(names(informer), 'ab');
  t.true(informer.isSynced);
  await informer.close();
});

test('a server that is away from the beginning is asked until it answers', async (t) => {
  const cluster = new ScriptedCluster({ list: away }, { list: away }, { list: page('a', '7') });
  const { informer, failures } = inform(cluster);
  const started = informer.start();
  t.false(informer.isSynced);
  await started;
  t.deepEqual(failures, [away.message, undefined]);
  t.is(names(informer), 'a');
  await informer.close();
});

test('a list that cannot be ended because its version is gone is begun anew', async (t) => {
  const cluster = new ScriptedCluster({ list: page('ab', '7', 'more') }, { list: expired }, { list: page('abc', '9') });
  const { informer } = inform(cluster);
  await informer.start();
  t.is(names(informer), 'abc');
  t.deepEqual(cluster.asked.slice(0, 3), ['list', 'list more', 'list']);
  await informer.close();
});

const missing = new ApiError('NotFound', 'the server could not find the requested resource');

test('a server that says at first that it has no such kind, as one does that is just starting, is not believed', async (t) => {
  const cluster = new ScriptedCluster({ list: missing }, { list: missing }, { list: page('ab', '7') });
  const { informer, failures } = inform(cluster);
  const sizes: number[] = [];
  void informer.start().then(() => sizes.push(informer.cache.size));
  await until(() => sizes.length > 0);
  // It was never taken for an empty kind: what waits for it would have withdrawn routes that it must keep.
  t.deepEqual(sizes, [2]);
  t.deepEqual(failures, [missing.message, undefined]);
  await informer.close();
});

test('a kind that the server goes on not having is an empty one and no failure, and is there when it comes', async (t) => {
  const cluster = new ScriptedCluster(
    { list: missing },
    { list: missing },
    { list: missing },
    { list: missing },
    { list: page('a', '7') },
  );
  let [nowMs, synced] = [0, -1];
  const { informer, failures } = inform(cluster, { nowMs: () => (nowMs += 2_000) });
  void informer.start().then(() => (synced = cluster.asked.length));
  await until(() => names(informer) === 'a');
  t.true(synced > 1 && synced < 5, `synced after ${synced} questions`);
  t.deepEqual(failures, [missing.message, undefined]);
  await informer.close();
});

test('a server that is away between two answers that it has no such kind begins to be doubted anew', async (t) => {
  const cluster = new ScriptedCluster({ list: missing }, { list: away }, { list: missing }, { list: page('a', '7') });
  let nowMs = 0;
  const { informer } = inform(cluster, { nowMs: () => (nowMs += 1_500) });
  await informer.start();
  t.is(names(informer), 'a');
  await informer.close();
});

test('a fault of ours in whoever hears of changes is no outage: the process ends', async (t) => {
  const script = `
    import { Informer } from '#kube/cluster/informer.ts';
    const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a', namespace: 'n', resourceVersion: '7' } };
    const page = { items: [object], resourceVersion: '7' };
    const cluster = { list: async () => page, watch: async (_c, _o, listener) => listener.opened() };
    const changed = () => { throw new TypeError('ours'); };
    const collection = { group: '', version: 'v1', plural: 'configmaps', namespace: 'n' };
    await new Informer(collection, cluster, { changed }).start();`;
  const words = ['--input-type=module-typescript', '--eval', script];
  const { code, stderr } = await new Promise<{ code: unknown; stderr: string }>((resolve) => {
    execFile(process.execPath, words, { timeout: 20_000 }, (error, _out, text) => {
      resolve({ code: error?.code, stderr: text });
    });
  });
  t.is(code, 1);
  t.regex(stderr, /TypeError: ours/);
});

test('a kind that the server no longer has keeps its objects: their deletion would have been told', async (t) => {
  const cluster = new ScriptedCluster({ list: page('a', '7') }, { watch: [], end: missing });
  const { informer, failures } = inform(cluster);
  await informer.start();
  await until(() => failures.includes(missing.message));
  t.is(names(informer), 'a');
  await informer.close();
});

test('events of before the list, told again, change nothing', async (t) => {
  const replayed: readonly WatchEvent[] = [
    { type: 'MODIFIED', object: object('a', '1') },
    { type: 'DELETED', object: object('b', '1') },
  ];
  const cluster = new ScriptedCluster({ list: page('ab', '7') }, { watch: replayed });
  const { informer, changes } = inform(cluster);
  await informer.start();
  await until(() => cluster.asked.length === 2);
  t.is(names(informer), 'ab');
  t.is(changes(), 1);
  await informer.close();
});

test('a closed informer asks nothing any more', async (t) => {
  const cluster = new ScriptedCluster({ list: away });
  const { informer, failures } = inform(cluster);
  void informer.start();
  await until(() => failures.length > 0);
  await informer.close();
  const asked = cluster.asked.length;
  await pause(50);
  t.is(cluster.asked.length, asked);
});

for (const error of [
  new ApiError('Timeout', 'Too large resource version: 9000, current: 5'),
  new ApiError('BadRequest', 'Invalid value: "9000": resourceVersion must be a decimal number'),
]) {
  test(`a server set up anew, which answers ${error.reason} to the version, is listed anew, lower versions and all`, async (t) => {
    const cluster = new ScriptedCluster(
      { list: page('abc', '9000') },
      { watch: [], end: error },
      { list: page('ab', '5') },
      { watch: [{ type: 'ADDED', object: object('d', '6') }] },
    );
    const { informer, failures } = inform(cluster);
    await informer.start();
    await until(() => names(informer) === 'abd');
    t.deepEqual(cluster.asked, ['list', 'watch 9000', 'list', 'watch 5']);
    t.deepEqual(failures, [error.message, undefined]);
    await informer.close();
  });
}

test('a server that knows no limit and sends 200,000 objects at once is listened to', async (t) => {
  const items = Array.from({ length: 200_000 }, (_, index) => object(`n${index}`, '1'));
  const list: ListAnswer = { items, resourceVersion: '7', continueToken: undefined, remainingItemCount: undefined };
  const { informer, failures } = inform(new ScriptedCluster({ list }));
  await informer.start();
  t.is(informer.cache.size, items.length);
  t.deepEqual(failures, []);
  await informer.close();
});
