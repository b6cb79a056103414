// The embedded store against a model of it that keeps every state there ever was; restarts, a full disk. Damaged files: damage.test.ts; watches: watchers.test.ts.

import { spawnSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { ApiError } from '#kube/api/api-error.ts';
import type { ObjectKey } from '#kube/api/object.ts';
import type { ObjectStore } from '#kube/embedded/object-store.ts';
import { randomFrom, takeSeed } from '#support/seed.ts';
import { command, needs, root } from '#support/skip.ts';
import { keyOf, makeDirectory, open, podOf, put, Recorder, settle } from './store-setting.ts';

test('after any writes the store has what a model has, in order, and each watch was told each change once', async (t) => {
  const directory = makeDirectory(t);
  let store = open(t, directory);
  const seed = takeSeed();
  t.log(`seed ${seed}`);
  const random = randomFrom(seed);
  const below = (limit: number): number => Math.floor(random() * limit);
  const model = new Map<string, { readonly key: ObjectKey; readonly value: number; readonly revision: number }>();
  const history: string[] = [];
  let revision = 0;
  const watchers: { readonly recorder: Recorder; readonly from: number; readonly resource: string | undefined }[] = [];
  for (let round = 0; round < 60; round++) {
    const writes: Promise<unknown>[] = [];
    for (let count = below(8); count > 0; count--) {
      const key = keyOf(`n${below(12)}`, `ns${below(3)}`, ['/pods', 'apps/deployments'][below(2)]);
      const text = `${key.resource} ${key.namespace}/${key.name}`;
      const known = model.get(text);
      const value = below(4);
      const isDeletion = below(4) === 0;
      writes.push(
        store.write(key, (latest) => {
          t.is(latest?.metadata.resourceVersion, known === undefined ? undefined : String(known.revision), text);
          return isDeletion ? 'delete' : podOf(key, value);
        }),
      );
      if (isDeletion && known === undefined) continue;
      if (!isDeletion && known?.value === value) continue;
      revision++;
      const type = isDeletion ? 'DELETED' : known === undefined ? 'ADDED' : 'MODIFIED';
      history.push(`${revision} ${type} ${key.namespace}/${key.name} ${key.resource}`);
      if (isDeletion) model.delete(text);
      else model.set(text, { key, value, revision });
    }
    await Promise.all(writes);
    t.is(store.revision, revision);
    if (below(4) === 0) {
      const resource = [undefined, '/pods', 'apps/deployments'][below(3)];
      const from = below(revision + 1);
      watchers.push({ recorder: new Recorder(store, from, resource), from, resource });
    }
    if (round % 20 === 19) {
      await settle();
      for (const { recorder, from, resource } of watchers.splice(0)) {
        const expected = history.slice(from).filter((line) => resource === undefined || line.endsWith(` ${resource}`));
        t.deepEqual(
          recorder.lines,
          expected.map((line) => line.split(' ').slice(0, 3).join(' ')),
        );
      }
      store.close();
      store = open(t, directory);
    }
    for (const resource of ['/pods', 'apps/deployments']) {
      for (const namespace of [undefined, 'ns1']) {
        const expected = [...model.values()]
          .filter(({ key }) => key.resource === resource && (namespace === undefined || key.namespace === namespace))
          .map(({ key, value }) => `${key.namespace}/${key.name} ${value}`)
          .toSorted();
        const listed = store
          .list(resource, namespace)
          .map(({ metadata }) => `${metadata.namespace}/${metadata.name} ${metadata.labels?.['value']}`);
        t.deepEqual(listed.toSorted(), expected);
        t.deepEqual(
          listed.map((line) => line.split(' ')[0]),
          expected.map((line) => line.split(' ')[0]),
          'in order',
        );
      }
    }
  }
  t.true(history.length > 100);
});

test('nothing is seen before it is durable, and writes of one turn see one another', async (t) => {
  const store = open(t, makeDirectory(t));
  const recorder = new Recorder(store, 0);
  const first = put(store, 'a', 1);
  const second = store.write(keyOf('a'), (latest) => {
    t.is(latest?.metadata.resourceVersion, '1');
    return podOf(keyOf('a'), 2);
  });
  t.is(store.get(keyOf('a')), undefined);
  t.deepEqual([store.revision, recorder.events.length], [0, 0]);
  t.is((await first)?.metadata.resourceVersion, '1');
  t.is((await second)?.metadata.resourceVersion, '2');
  await settle();
  t.deepEqual(recorder.lines, ['1 ADDED default/a', '2 MODIFIED default/a']);
});

test('a write that throws does nothing, and one that changes nothing is no change', async (t) => {
  const store = open(t, makeDirectory(t));
  await put(store, 'a', 1);
  await t.throwsAsync(
    store.write(keyOf('a'), () => {
      throw new ApiError('Conflict', 'no');
    }),
    { message: 'no' },
  );
  t.is((await put(store, 'a', 1))?.metadata.resourceVersion, '1');
  t.is(await store.write(keyOf('b'), () => 'delete'), undefined);
  t.is(store.revision, 1);
});

test('a deletion is told with the last state and a version of its own', async (t) => {
  const store = open(t, makeDirectory(t));
  await put(store, 'a', 1);
  const recorder = new Recorder(store, 1);
  t.is((await store.write(keyOf('a'), () => 'delete'))?.metadata.resourceVersion, '2');
  await settle();
  const [event] = recorder.events;
  t.like(event, { type: 'DELETED', revision: 2 });
  t.like(event.object.metadata, { labels: { value: '1' }, resourceVersion: '2' });
  t.is(event.previous?.metadata.resourceVersion, '1');
});

test('a watch resumes from any version that is kept, also after a restart, and from no other', async (t) => {
  const directory = makeDirectory(t);
  const store = open(t, directory, { keepEvents: 5 });
  for (let value = 1; value <= 12; value++) await put(store, 'a', value);
  store.close();
  const again = open(t, directory, { keepEvents: 5 });
  const oldest = 12 - keptBy(again);
  for (let from = oldest; from <= 12; from++) {
    const recorder = new Recorder(again, from);
    await settle();
    t.deepEqual(
      recorder.events.map(({ revision }) => revision),
      Array.from({ length: 12 - from }, (_, index) => from + 1 + index),
    );
    t.deepEqual(
      recorder.events.map(({ previous }) => previous?.metadata.resourceVersion),
      recorder.events.map(({ revision }) => String(revision - 1)),
    );
  }
  const error = t.throws(() => new Recorder(again, oldest - 1), { instanceOf: ApiError });
  t.deepEqual([error?.code, error?.message], [410, `too old resource version: ${oldest - 1} (${oldest})`]);
});

/** How many changes it kept: at least what was asked for. */
function keptBy(store: ObjectStore): number {
  for (let from = 0; ; from++) {
    try {
      store
        .watch(
          undefined,
          undefined,
          from,
          () => undefined,
          () => undefined,
        )
        .close();
      return store.revision - from;
    } catch {
      // Older than what is kept.
    }
  }
}

test('a closed watch is told nothing more, not even of what waits', async (t) => {
  const store = open(t, makeDirectory(t));
  const seen: number[] = [];
  const watch = store.watch(
    undefined,
    undefined,
    0,
    ({ revision }) => {
      seen.push(revision);
      watch.close();
    },
    (error) => t.fail(error.message),
  );
  await Promise.all([put(store, 'a', 1), put(store, 'b', 1)]);
  await settle();
  t.deepEqual(seen, [1]);
  t.is(store.watchCount, 0);
});

test('after close nothing is written, and what was written before is there', async (t) => {
  const directory = makeDirectory(t);
  const store = open(t, directory);
  const late = put(store, 'a', 1);
  store.close();
  t.is((await late)?.metadata.resourceVersion, '1');
  await t.throwsAsync(put(store, 'b', 1), { message: 'the server is stopping' });
  t.is(open(t, directory).get(keyOf('a'))?.metadata.resourceVersion, '1');
});

test('the file is for its owner alone, and for one process at a time', (t) => {
  const directory = makeDirectory(t);
  open(t, directory);
  for (const file of readdirSync(directory)) t.is(statSync(join(directory, file)).mode & 0o077, 0, file);
  t.throws(() => open(t, directory), { message: /kube\.db is in use by another process: stop it first$/ });
});

test(
  'on a full disk nothing is half written: the write is refused, what was acknowledged stays, and it goes on when there is room',
  needs([root, command('unshare', 'util-linux'), command('mount', 'mount')], (t) => {
    const directory = makeDirectory(t);
    const script = fileURLToPath(new URL('./full-disk.ts', import.meta.url));
    const words = [
      '-m',
      'sh',
      '-c',
      `mount -t tmpfs -o size=1m none "$0" && exec "$1" "$2" "$0"`,
      directory,
      process.execPath,
      script,
    ];
    const { stdout, stderr, status } = spawnSync('unshare', words, { encoding: 'utf8' });
    t.is(status, 0, stderr);
    const told: {
      acknowledged: number;
      refused: number;
      message: string;
      fault: string;
      faultAfterwards: string;
      found: number;
    } = JSON.parse(stdout);
    t.true(told.acknowledged > 10 && told.refused > 0, stdout);
    t.regex(
      told.message,
      /^configmaps "n\d+" in namespace "default" was not written: .*kube\.db: database or disk is full$/,
    );
    t.regex(told.fault, /disk is full/);
    t.is(told.faultAfterwards, '', 'the store finds out by itself that there is room');
    t.is(told.found, told.acknowledged + 1, 'after a restart: what was acknowledged, and one more when there was room');
  }),
);
