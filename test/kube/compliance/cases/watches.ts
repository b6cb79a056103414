// Watches: every change once and in order, from any version that is still kept (Kubernetes API concepts, "Efficient detection of changes").

import { type Case, kinds } from '../scene.ts';

const { configMap, pod } = kinds;

export const watches: readonly Case[] = [
  {
    title: 'a watch tells of each change once, in order, from the version on that was asked for',
    run: async (t, scene) => {
      await scene.create(configMap, 'before');
      const watch = scene.watch(configMap, await scene.version(configMap));
      await watch.isOpen;
      const made = await scene.create(configMap, 'a', { data: { k: '1' } });
      await scene.update(configMap, { ...made, data: { k: '2' } });
      await scene.delete(configMap, 'a');
      t.deepEqual(await scene.seen(watch, 3), ['ADDED a', 'MODIFIED a', 'DELETED a']);
      const versions = watch.events.map(({ object }) =>
        BigInt((object as { metadata: { resourceVersion: string } }).metadata.resourceVersion),
      );
      t.deepEqual(
        versions,
        versions.toSorted((x, y) => (x < y ? -1 : 1)),
      );
      t.is(new Set(versions).size, versions.length);
    },
  },
  {
    title: 'a watch from an older version first tells what happened since',
    run: async (t, scene) => {
      const version = await scene.version(configMap);
      await scene.create(configMap, 'a');
      await scene.create(configMap, 'b');
      await scene.delete(configMap, 'a');
      t.deepEqual(await scene.seen(scene.watch(configMap, version), 3), ['ADDED a', 'ADDED b', 'DELETED a']);
    },
  },
  {
    title: 'a watch resumes from the version of the last event, without a gap and without a repetition',
    run: async (t, scene) => {
      const first = scene.watch(configMap, await scene.version(configMap));
      const made = await scene.create(configMap, 'a');
      await scene.seen(first, 1);
      await scene.update(configMap, { ...made, data: { k: '1' } });
      const resumed = scene.watch(configMap, made.metadata.resourceVersion ?? '');
      await scene.create(configMap, 'b');
      t.deepEqual(await scene.seen(resumed, 2), ['MODIFIED a', 'ADDED b']);
    },
  },
  {
    title: 'a selected object that is changed out of the selection is told as DELETED, and back as ADDED',
    run: async (t, scene) => {
      const watch = scene.watch(configMap, await scene.version(configMap), { labelSelector: 'in=yes' });
      await watch.isOpen;
      const made = await scene.create(configMap, 'a', {}, { labels: { in: 'yes' } });
      const out = await scene.update(configMap, { ...made, metadata: { ...made.metadata, labels: { in: 'no' } } });
      await scene.update(configMap, { ...out, metadata: { ...out.metadata, labels: { in: 'yes' } } });
      t.deepEqual(await scene.seen(watch, 3), ['ADDED a', 'DELETED a', 'ADDED a']);
    },
  },
  {
    title: 'a watch of one name tells of no other',
    run: async (t, scene) => {
      const watch = scene.watch(configMap, await scene.version(configMap), { fieldSelector: 'metadata.name=b' });
      await watch.isOpen;
      await scene.create(configMap, 'a');
      await scene.create(configMap, 'b');
      t.deepEqual(await scene.seen(watch, 1), ['ADDED b']);
    },
  },
  {
    title: 'a watch of all namespaces tells of ours',
    run: async (t, scene) => {
      const labelSelector = `of=${scene.namespace}`;
      const version = await scene.version(configMap);
      const events: string[] = [];
      const stop = new AbortController();
      t.teardown(() => stop.abort());
      const all = { ...scene.in(configMap), namespace: undefined };
      const running = scene.cluster.watch(
        all,
        { labelSelector, fieldSelector: undefined, resourceVersion: version },
        { opened: () => {}, told: ({ type }) => void events.push(type) },
        stop.signal,
      );
      running.catch(() => undefined);
      await scene.create(configMap, 'a', {}, { labels: { of: scene.namespace } });
      await scene.until('it is told', () => Promise.resolve(events.includes('ADDED')));
    },
  },
  {
    title: 'an object of a watch says what it is',
    run: async (t, scene) => {
      const watch = scene.watch(pod, await scene.version(pod));
      await scene.create(pod, 'p', { spec: { containers: [{ name: 'c', image: 'example.com/c:1' }] } });
      await scene.seen(watch, 1);
      t.like(watch.events[0].object, { apiVersion: 'v1', kind: 'Pod' });
    },
  },
  {
    title: 'a watch from version 1, long forgotten, is Expired',
    run: async (t, scene) => {
      // Of a server that has written less than it keeps, version 1 is still there: then it resumes.
      const watch = scene.watch(configMap, '1');
      const ended = await Promise.race([watch.ended, watch.isOpen.then(() => 'open')]);
      t.true(ended === 'open' || (ended as { reason?: string }).reason === 'Expired');
    },
  },
];
