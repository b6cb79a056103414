// Watches of the embedded store: whom a change wakes, where each stands, and what becomes of those that are too slow or too early.

import test from 'ava';
import { ApiError } from '#kube/api/api-error.ts';
import { History } from '#kube/embedded/history.ts';
import { type KeptChanges, Watchers } from '#kube/embedded/watchers.ts';
import type { StoredEvent } from '#kube/registry/storage.ts';
import { keyOf, makeDirectory, open, podOf, put, Recorder, settle, turn } from './store-setting.ts';

const failed = (error: Error): never => {
  throw error;
};

test('a watch that is overtaken by what is forgotten is ended once, and told why, after an unbroken row of changes', async (t) => {
  const store = open(t, makeDirectory(t), { keepEvents: 2 });
  const [revisions, errors]: [number[], Error[]] = [[], []];
  store.watch(
    undefined,
    undefined,
    0,
    ({ revision }) => {
      t.is(errors.length, 0, 'nothing is told after the end');
      revisions.push(revision);
      // Whoever takes so long is told one change a turn, and each turn brings ten more.
      const endMs = performance.now() + 10;
      while (performance.now() < endMs);
    },
    (error) => errors.push(error),
  );
  for (let round = 0; round < 5; round++) {
    for (let value = 0; value < 10; value++) void put(store, `n${value}`, round);
    await turn();
  }
  await settle();
  t.deepEqual(
    errors.map((error) => (error instanceof ApiError ? error.code : error.message)),
    [410],
  );
  t.true(revisions.length > 0 && revisions.length < 40, String(revisions.length));
  t.deepEqual(
    revisions,
    revisions.map((_, index) => index + 1),
  );
  t.is(store.watchCount, 0);
});

test('a watch from a version that is still to come waits, and is told what comes after it', async (t) => {
  const store = open(t, makeDirectory(t));
  await put(store, 'a', 1);
  const recorder = new Recorder(store, 3);
  const watch = store.watch('/pods', undefined, 3, () => {}, failed);
  await put(store, 'a', 2);
  await put(store, 'a', 3);
  await settle();
  t.deepEqual(recorder.lines, []);
  t.is(watch.position, 3);
  await put(store, 'a', 4);
  await put(store, 'a', 5);
  await settle();
  t.deepEqual(recorder.lines, ['4 MODIFIED default/a', '5 MODIFIED default/a']);
  t.is(watch.position, 5);
});

test('a change wakes those alone that look at its resource and namespace; the others stand where the store does', async (t) => {
  const events: StoredEvent[] = [];
  const history = new History({ keepEvents: 100, keepLength: 1e9, keepMs: 1e9 }, 0);
  let looks = 0;
  /** Counts who comes to look what is new. */
  const counting: KeptChanges = {
    after: (revision) => {
      looks++;
      return history.after(revision);
    },
    get since() {
      return history.since;
    },
    checkKept: (revision) => history.checkKept(revision),
  };
  const watchers = new Watchers(counting, () => events.length);
  const told = new Map<string, number[]>();
  const watch = (resource: string | undefined, namespace: string | undefined) => {
    const revisions: number[] = [];
    told.set(`${resource} ${namespace}`, revisions);
    return watchers.add(
      { resource, namespace, told: ({ revision }) => revisions.push(revision), ended: failed },
      events.length,
    );
  };
  const idle = Array.from({ length: 1_000 }, (_, index) => watch('/pods', `ns${index}`));
  const busy = [
    watch('/pods', 'default'),
    watch('/pods', undefined),
    watch(undefined, 'default'),
    watch(undefined, undefined),
  ];
  for (let revision = 1; revision <= 10; revision++) {
    const key = keyOf('a');
    const event = {
      type: 'MODIFIED',
      revision,
      key,
      object: podOf(key, revision),
      previous: undefined,
      wallMs: 0,
      length: 1,
    } as const;
    history.append(event);
    events.push(event);
    watchers.notify([event]);
    await settle();
  }
  const all = Array.from({ length: 10 }, (_, index) => index + 1);
  for (const name of ['/pods default', '/pods undefined', 'undefined default', 'undefined undefined'])
    t.deepEqual(told.get(name), all, name);
  t.deepEqual(told.get('/pods ns7'), []);
  t.true(looks <= 10 * busy.length * 2, `${looks} looks for 10 changes that concern ${busy.length} watches`);
  for (const { position } of [...idle.slice(0, 3), ...busy]) t.is(position, 10);
  for (const each of [...idle, ...busy]) each.close();
  t.is(watchers.count, 0);
});

test('an idle watch outlives what is forgotten: nothing of that concerned it', async (t) => {
  const store = open(t, makeDirectory(t), { keepEvents: 2 });
  const recorder = new Recorder(store, 0, '/services');
  for (let value = 0; value < 20; value++) await put(store, 'a', value);
  await put(store, 's', 1, 'default', '/services');
  await settle();
  t.deepEqual(recorder.errors, []);
  t.deepEqual(recorder.lines, ['21 ADDED default/s']);
});

test('the changes that are kept are bounded by the length of their objects, also across a restart', async (t) => {
  const directory = makeDirectory(t);
  const options = { keepEvents: 1_000, keepLength: 100_000 };
  let store = open(t, directory, options);
  for (let value = 0; value < 40; value++) await put(store, 'a', `${value}${'x'.repeat(10_000)}`);
  for (let times = 0; times < 2; times++) {
    // Each change is some 20,000 long: before and after. Five do not fit, four do.
    t.notThrows(() => new Recorder(store, 36));
    t.throws(() => new Recorder(store, 35), { message: 'too old resource version: 35 (36)' });
    store.close();
    store = open(t, directory, options);
  }
});

test('writes of one turn that are long together do not wait for its end', async (t) => {
  const store = open(t, makeDirectory(t));
  const filler = 'x'.repeat(2 ** 20);
  const writes = Array.from({ length: 9 }, (_, index) => put(store, `n${index}`, filler));
  t.true(store.revision >= 8 && store.revision < 9, `${store.revision} are on the disk already`);
  t.deepEqual(
    (await Promise.all(writes)).map((object) => object?.metadata.resourceVersion),
    writes.map((_, index) => String(index + 1)),
  );
});
