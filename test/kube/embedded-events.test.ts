// Events through the embedded API: one object, served under the names of the core group and of events.k8s.io, whoever wrote it in which.
// Upstream: the conversions, selectors and validation of the two groups.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import type { Api, Target, WatchEvent } from '#kube/api/api-port.ts';
import type { JsonObject } from '#kube/api/object.ts';
import { everything, findResource, writeAs } from '#kube/controllers/controller.ts';
import { EmbeddedApi } from '#kube/embedded-api.ts';
import { FakeClock } from '#support/fake-clock.ts';

const strict = { ...writeAs('test'), fieldValidation: 'Strict' } as const;

async function begin(t: ExecutionContext): Promise<{ api: Api; core: Target; newer: Target }> {
  const directory = mkdtempSync(join(tmpdir(), 'waggle-events-'));
  const clock = new FakeClock(Date.UTC(2026, 10, 23, 12));
  const embedded = new EmbeddedApi({ directory, server: undefined }, { clock, failed: () => {} });
  t.teardown(() => {
    embedded.close();
    rmSync(directory, { recursive: true, force: true });
  });
  await embedded.start([]);
  const { api } = embedded;
  const at = (group: string): Target => ({ resource: findResource(api, group, 'events'), namespace: 'default' });
  return { api, core: at(''), newer: at('events.k8s.io') };
}

const about = { kind: 'Pod', namespace: 'default', name: 'web' };
const coreEvent: JsonObject = {
  apiVersion: 'v1',
  kind: 'Event',
  metadata: { name: 'old' },
  involvedObject: about,
  reason: 'Pulled',
  message: 'image is there',
  source: { component: 'kubelet', host: 'n1' },
  firstTimestamp: '2026-11-23T12:00:00Z',
  lastTimestamp: '2026-11-23T12:00:01Z',
  count: 3,
  type: 'Normal',
  reportingComponent: 'kubelet',
  reportingInstance: 'n1',
};
const newerEvent: JsonObject = {
  apiVersion: 'events.k8s.io/v1',
  kind: 'Event',
  metadata: { name: 'new' },
  regarding: about,
  reason: 'Killing',
  note: 'it goes',
  action: 'Kill',
  type: 'Warning',
  eventTime: '2026-11-23T12:00:02.000001Z',
  series: { count: 2, lastObservedTime: '2026-11-23T12:00:03.000001Z' },
  reportingController: 'example.com/killer',
  reportingInstance: 'killer-1',
};
const named = (target: Target, name: string) => ({ ...target, name, subresource: undefined });
const without = (object: JsonObject): JsonObject => {
  const { metadata: _, ...fields } = object;
  return fields;
};

test('an event of the core group is one of events.k8s.io, field by field, and the other way round', async (t) => {
  const { api, core, newer } = await begin(t);
  await api.create(core, coreEvent, strict);
  await api.create(newer, newerEvent, strict);
  t.deepEqual(without(api.get(named(newer, 'old'))), {
    apiVersion: 'events.k8s.io/v1',
    kind: 'Event',
    regarding: about,
    reason: 'Pulled',
    note: 'image is there',
    deprecatedSource: { component: 'kubelet', host: 'n1' },
    deprecatedFirstTimestamp: '2026-11-23T12:00:00Z',
    deprecatedLastTimestamp: '2026-11-23T12:00:01Z',
    deprecatedCount: 3,
    type: 'Normal',
    reportingController: 'kubelet',
    reportingInstance: 'n1',
  });
  t.deepEqual(without(api.get(named(core, 'new'))), {
    apiVersion: 'v1',
    kind: 'Event',
    involvedObject: about,
    reason: 'Killing',
    message: 'it goes',
    action: 'Kill',
    type: 'Warning',
    eventTime: '2026-11-23T12:00:02.000001Z',
    series: { count: 2, lastObservedTime: '2026-11-23T12:00:03.000001Z' },
    reportingComponent: 'example.com/killer',
    reportingInstance: 'killer-1',
  });
  t.deepEqual(without(api.get(named(core, 'old'))), without(coreEvent));
  const uids = [core, newer].map((target) => api.list(target, everything).items.map(({ metadata }) => metadata.uid));
  t.is(uids[0]?.length, 2);
  t.deepEqual(uids[0], uids[1]);
});

test('field selectors name the fields of the group that is asked', async (t) => {
  const { api, core, newer } = await begin(t);
  await api.create(core, coreEvent, strict);
  await api.create(newer, newerEvent, strict);
  const find = (target: Target, fieldSelector: string): string =>
    api
      .list(target, { ...everything, fieldSelector })
      .items.map(({ metadata }) => metadata.name)
      .join(' ');
  t.is(find(core, 'involvedObject.kind=Pod,involvedObject.name=web'), 'new old');
  t.is(find(newer, 'regarding.kind=Pod,type=Warning'), 'new');
  t.is(find(core, 'source=kubelet'), 'old');
  // Without a source it is who reports it.
  t.is(find(core, 'source=example.com/killer'), 'new');
  t.is(find(core, 'reportingComponent=example.com/killer'), 'new');
  t.is(find(newer, 'reportingController!=kubelet'), 'new');
  t.throws(() => find(newer, 'involvedObject.kind=Pod'), { message: 'field label not supported: involvedObject.kind' });
  t.throws(() => find(core, 'regarding.kind=Pod'), { message: 'field label not supported: regarding.kind' });
});

test('a watch of either group tells every event under its own names, and both the same versions', async (t) => {
  const { api, core, newer } = await begin(t);
  const told = new Map<Target, WatchEvent[]>([
    [core, []],
    [newer, []],
  ]);
  for (const [target, events] of told) {
    const fieldSelector = target === core ? 'involvedObject.name=web' : 'regarding.name=web';
    const options = { allowBookmarks: false, sendInitialEvents: false, labelSelector: undefined, fieldSelector };
    const watching = api.watch(target, { ...options, resourceVersion: '1' }, (event) => void events.push(event));
    t.teardown(() => watching.close());
  }
  await api.create(core, coreEvent, strict);
  await api.update(named(core, 'old'), { ...coreEvent, count: 4 }, strict);
  await api.create(newer, newerEvent, strict);
  for (let turn = 0; turn < 1_000 && [...told.values()].some((events) => events.length < 3); turn++) await nextTurn();
  const [ofCore, ofNewer] = [...told.values()];
  t.deepEqual(
    ofCore?.map(({ type, object }) => [type, object['apiVersion'], object['message'], object['count']]),
    [
      ['ADDED', 'v1', 'image is there', 3],
      ['MODIFIED', 'v1', 'image is there', 4],
      ['ADDED', 'v1', 'it goes', undefined],
    ],
  );
  t.deepEqual(
    ofNewer?.map(({ type, object }) => [type, object['apiVersion'], object['note'], object['deprecatedCount']]),
    [
      ['ADDED', 'events.k8s.io/v1', 'image is there', 3],
      ['MODIFIED', 'events.k8s.io/v1', 'image is there', 4],
      ['ADDED', 'events.k8s.io/v1', 'it goes', undefined],
    ],
  );
});

test('each group asks what it asks: events.k8s.io for the time and nothing deprecated, the core group for neither', async (t) => {
  const { api, core, newer } = await begin(t);
  const { eventTime: _, ...timeless } = newerEvent;
  await t.throwsAsync(api.create(newer, timeless, strict), { message: /eventTime: Required value/ });
  await t.throwsAsync(api.create(newer, { ...newerEvent, deprecatedCount: 1 }, strict), {
    message: /count: Invalid value: "": needs to be unset/,
  });
  await t.throwsAsync(api.create(newer, { ...newerEvent, message: 'x' }, strict), {
    message: /unknown field "message"/,
  });
  await t.throwsAsync(api.create(core, { ...coreEvent, note: 'x' }, strict), { message: /unknown field "note"/ });
  await api.create(core, coreEvent, strict);
  // Written without a time in the core group, it may be counted in the other one, and nothing else.
  const { metadata: _metadata, ...rest } = api.get(named(newer, 'old'));
  const old = { ...rest, metadata: { name: 'old' } };
  const series = { count: 2, lastObservedTime: '2026-11-23T12:00:03.000001Z' };
  t.deepEqual((await api.update(named(newer, 'old'), { ...old, series }, strict))['series'], series);
  await t.throwsAsync(api.update(named(newer, 'old'), { ...old, note: 'other' }, strict), {
    message: /message: Invalid value: "other": field is immutable/,
  });
});

test('an event is patched and deleted in either group, and is gone in both', async (t) => {
  const { api, core, newer } = await begin(t);
  await api.create(core, coreEvent, strict);
  const patch = {
    type: 'application/merge-patch+json',
    body: { metadata: { labels: { a: 'b' } } },
    isForced: false,
  } as const;
  const { object } = await api.patch(named(newer, 'old'), patch, strict);
  t.is(object.apiVersion, 'events.k8s.io/v1');
  t.deepEqual(api.get(named(core, 'old')).metadata.labels, { a: 'b' });
  const preconditions = { uid: undefined, resourceVersion: undefined };
  await api.delete(
    named(newer, 'old'),
    { propagationPolicy: undefined, gracePeriodSeconds: undefined, preconditions },
    strict,
  );
  t.deepEqual(api.list(core, everything).items, []);
  t.throws(() => api.get(named(newer, 'old')), { message: 'events.events.k8s.io "old" not found' });
});

test('what is absent is false and 0 for selectors of booleans and numbers', async (t) => {
  const { api } = await begin(t);
  const nodes = { resource: findResource(api, '', 'nodes'), namespace: undefined };
  for (const [name, spec] of [
    ['open', {}],
    ['closed', { unschedulable: true }],
  ] as const) {
    await api.create(nodes, { apiVersion: 'v1', kind: 'Node', metadata: { name }, spec }, strict);
  }
  const find = (fieldSelector: string): string =>
    api
      .list(nodes, { ...everything, fieldSelector })
      .items.map(({ metadata }) => metadata.name)
      .join(' ');
  t.is(find('spec.unschedulable=false'), 'open');
  t.is(find('spec.unschedulable!=false'), 'closed');
  t.is(find('spec.unschedulable=true'), 'closed');
  t.is(find('spec.unschedulable='), '');
});
