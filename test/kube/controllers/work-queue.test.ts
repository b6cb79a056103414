// What controllers rely on: work that is done once for however many reasons, and again when the API refused; and kinds that are observed
// as they are, whatever became of the events.

import test from 'ava';
import { ApiError } from '#kube/api/api-error.ts';
import type { Api, WatchEvent } from '#kube/api/api-port.ts';
import { WorkQueue } from '#kube/controllers/work-queue.ts';
import { ObservedKind } from '#kube/controllers/observed-kind.ts';
import { FakeClock } from '#support/fake-clock.ts';
import { Setting } from './setting.ts';

const turns = async (count = 5): Promise<void> => {
  for (; count > 0; count--) await new Promise<void>((resolve) => void setImmediate(resolve));
};

test('a key is worked on once for all that asked, and again for who asked meanwhile', async (t) => {
  const done: string[] = [];
  const running = new Set<string>();
  const queue = new WorkQueue({
    clock: new FakeClock(),
    failed: (key) => t.fail(key),
    work: async (key) => {
      t.false(running.has(key), 'never twice at a time');
      running.add(key);
      if (done.length === 0) queue.add(key);
      await turns(2);
      running.delete(key);
      done.push(key);
    },
  });
  for (const key of ['a', 'a', 'b', 'a']) queue.add(key);
  t.deepEqual(done, [], 'not within the call');
  await turns(20);
  t.deepEqual(done.toSorted(), ['a', 'a', 'b', 'b']);
  t.true(queue.isIdle);
});

test('what the API refuses is tried again, later each time, up to a minute', async (t) => {
  const clock = new FakeClock();
  clock.random = () => 0;
  const atMs: number[] = [];
  let isRefused = true;
  const queue = new WorkQueue({
    clock,
    failed: () => {},
    work: () => {
      atMs.push(clock.nowMs());
      return isRefused ? Promise.reject(new ApiError('Conflict', 'stale')) : Promise.resolve();
    },
  });
  queue.add('a');
  await turns();
  for (let count = 0; count < 13; count++) {
    clock.advance((clock.nextAtMs() ?? 0) - clock.nowMs());
    await turns();
  }
  const waits = atMs.slice(1).map((ms, index) => ms - atMs[index]);
  t.deepEqual(waits.slice(0, 4), [50, 100, 200, 400]);
  t.deepEqual(waits.slice(-2), [60_000, 60_000]);
  isRefused = false;
  clock.advance(60_000);
  await turns();
  isRefused = true;
  queue.add('a');
  await turns();
  t.is((clock.nextAtMs() ?? 0) - clock.nowMs(), 50, 'success is the end of it');
  queue.close();
  t.is(clock.pendingTimers, 0);
});

test('at most four keys are worked on at a time', async (t) => {
  let [running, most] = [0, 0];
  const queue = new WorkQueue({
    clock: new FakeClock(),
    failed: (key) => t.fail(key),
    work: async () => {
      most = Math.max(most, ++running);
      await turns(1);
      running--;
    },
  });
  for (let index = 0; index < 50; index++) queue.add(String(index));
  await turns(100);
  t.is(most, 4);
  t.true(queue.isIdle);
});

test('events that come again, late or never leave what is observed as it is', async (t) => {
  const setting = new Setting(t);
  await setting.makeNamespace('home');
  const configMaps = { plural: 'configmaps', namespace: 'home' };
  let tell: (event: WatchEvent) => void = () => {};
  const seen: WatchEvent[] = [];
  let isLossy = false;
  const api: Pick<Api, 'list' | 'watch'> = {
    list: (target, options) => setting.registry.list(target, options),
    watch: (target, options, told) => {
      tell = told;
      return setting.registry.watch(target, options, (event) => {
        seen.push(event);
        if (!isLossy) told(event);
      });
    },
  };
  const changes: string[] = [];
  const { resource } = setting.at(configMaps, '');
  const observed = new ObservedKind({ resource, namespace: undefined }, { ...setting.deps, api }, (now, before) => {
    changes.push(`${before?.metadata.name ?? ''}>${now?.metadata.name ?? ''}`);
  });
  t.teardown(() => observed.close());
  await setting.create(configMaps, { name: 'a' });
  observed.start();
  t.deepEqual(changes, ['>a']);
  await setting.create(configMaps, { name: 'b' });
  await setting.delete(configMaps, 'b');
  await setting.settle();
  t.deepEqual(changes, ['>a', '>b', 'b>']);
  for (const event of seen) tell(event);
  t.is(changes.length, 3, 'told again');
  isLossy = true;
  await setting.create(configMaps, { name: 'c' });
  await setting.delete(configMaps, 'a');
  await setting.settle();
  t.is(changes.length, 3);
  setting.clock.advance(600_000);
  t.deepEqual(changes.slice(3), ['a>', '>c'], 'listed anew after a while');
  isLossy = false;
  await setting.create(configMaps, { name: 'd' });
  await setting.settle();
  tell({ type: 'ERROR', object: new ApiError('Expired', 'too old resource version').status() });
  setting.clock.advance(0);
  await setting.create(configMaps, { name: 'e' });
  await setting.settle();
  t.deepEqual(changes.slice(5), ['>d', '>e'], 'listed anew after an error');
});
