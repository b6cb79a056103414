// The parts of a cluster's client, each alone: how often it may ask, how long it waits, what it keeps, how it reads lines and refusals.

import test from 'ava';
import fc from 'fast-check';
import type { KubeObject } from '#kube/api/object.ts';
import { BackOff } from '#kube/cluster/back-off.ts';
import { ClusterUnreachable, pathOf } from '#kube/cluster/cluster.ts';
import { JsonLines } from '#kube/cluster/json-lines.ts';
import { isNewer, ObjectCache } from '#kube/cluster/object-cache.ts';
import { RateLimit } from '#kube/cluster/rate-limit.ts';
import { readStatus } from '#kube/cluster/read-status.ts';

const object = (name: string, resourceVersion: string, uid = name): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'n', uid, resourceVersion },
});

test('a burst goes through at once, then as many a second as are allowed, and rest fills the bucket again', (t) => {
  let now = 0;
  const limit = new RateLimit({ perSecond: 10, burst: 3 }, () => now);
  t.deepEqual([limit.take(), limit.take(), limit.take()], [0, 0, 0]);
  t.deepEqual([limit.take(), limit.take()], [100, 200]);
  now = 10_000;
  t.deepEqual([limit.take(), limit.take(), limit.take(), limit.take()], [0, 0, 0, 100]);
});

test('whoever waits in line for the rate can be called away', async (t) => {
  const limit = new RateLimit({ perSecond: 0.001, burst: 1 }, () => 0);
  await limit.wait(undefined);
  const stop = new AbortController();
  const waiting = limit.wait(stop.signal);
  stop.abort();
  await t.throwsAsync(waiting, { name: 'AbortError' });
});

test('each failure doubles the wait up to half a minute, two quiet minutes forget them', (t) => {
  let now = 0;
  const backOff = new BackOff(
    () => now,
    () => 0,
  );
  const waits = Array.from({ length: 8 }, () => backOff.failed());
  t.deepEqual(waits, [800, 1600, 3200, 6400, 12_800, 25_600, 30_000, 30_000]);
  now += 120_001;
  t.is(backOff.failed(), 800);
});

test('the wait has a random part, and is never shorter than the server asked for', (t) => {
  const backOff = new BackOff(
    () => 0,
    () => 0.5,
  );
  t.is(backOff.failed(), 1200);
  t.is(backOff.failed(20_000), 20_000);
});

test('versions are compared as numbers of any length', (t) => {
  t.true(isNewer('10', '9'));
  t.false(isNewer('9', '10'));
  t.false(isNewer('7', '7'));
  t.true(isNewer('90071992547409930', '90071992547409929'));
});

test('an event that is older than what is known changes nothing', (t) => {
  const cache = new ObjectCache();
  cache.replace([object('a', '5')], '5');
  t.false(cache.put(object('a', '5')));
  t.false(cache.put(object('a', '4')));
  t.false(cache.remove(object('a', '3')));
  t.true(cache.put(object('a', '6')));
  t.is(cache.get('n', 'a')?.metadata.resourceVersion, '6');
});

test('an older event brings back nothing that was deleted, a newer object of the name is taken', (t) => {
  const cache = new ObjectCache();
  cache.replace([object('a', '5')], '5');
  t.true(cache.remove(object('a', '7')));
  t.false(cache.put(object('a', '6')));
  t.true(cache.put(object('a', '8', 'another')));
  t.is(cache.size, 1);
});

test('a deletion that is told before what it deleted leaves nothing behind', (t) => {
  const cache = new ObjectCache();
  cache.replace([], '4');
  t.false(cache.remove(object('a', '8')));
  t.false(cache.put(object('a', '7')));
  t.is(cache.size, 0);
});

test('an event from before the list brings nothing that the list did not have', (t) => {
  const cache = new ObjectCache();
  cache.replace([object('b', '5')], '9');
  t.false(cache.put(object('a', '8')));
  t.true(cache.put(object('a', '10')));
});

test('deletions are remembered up to a number, and what is older than a forgotten one is not believed', (t) => {
  const cache = new ObjectCache();
  cache.replace([], '1');
  for (let version = 100; version <= 10_200; version++) {
    const gone = object(`n${version}`, String(version));
    cache.put(gone);
    cache.remove(object(`n${version}`, String(version)));
  }
  t.false(cache.put(object('n100', '100')), 'forgotten');
  t.false(cache.put(object('n10200', '10150')), 'remembered');
  t.false(cache.put(object('fresh', '150')), 'as old as a deletion that is forgotten');
  t.true(cache.put(object('another', '10201')));
  t.is(cache.size, 1);
});

test('a list takes away what it does not have, and is no change when it has the same', (t) => {
  const cache = new ObjectCache();
  t.true(cache.replace([object('a', '1'), object('b', '2')], '2'));
  t.false(cache.replace([object('b', '2'), object('a', '1')], '2'));
  t.true(cache.replace([object('b', '2')], '3'));
  t.deepEqual(
    [...cache.list()].map(({ metadata }) => metadata.name),
    ['b'],
  );
});

test('whatever order events come in, and however often, the newest state is left', (t) => {
  const name = fc.constantFrom('a', 'b', 'c');
  const history = fc.array(fc.tuple(name, fc.boolean()), { minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(history, fc.array(fc.nat(), { maxLength: 60 }), (changes, shuffle) => {
      const events = changes.map(([which, isDeleted], index) => ({ which, isDeleted, version: String(index + 1) }));
      const last = new Map(events.map((event) => [event.which, event]));
      const cache = new ObjectCache();
      const told = [
        ...shuffle.map((at) => events[at % events.length]),
        ...last.values(),
        ...shuffle.map((at) => events[at % events.length]),
      ];
      for (const { which, isDeleted, version } of told) {
        if (isDeleted) cache.remove(object(which, version));
        else cache.put(object(which, version));
      }
      for (const { which, isDeleted, version } of last.values()) {
        const seen = cache.get('n', which)?.metadata.resourceVersion;
        t.is(seen, isDeleted ? undefined : version);
      }
    }),
    { numRuns: 300 },
  );
});

test('lines are the same however their octets were cut', (t) => {
  const text = '{"a":"ü"}\n\n{"b":2}\n{"c":"🐝"}\n';
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 40 }), (cuts) => {
      const seen: string[] = [];
      const lines = new JsonLines((line) => void seen.push(line));
      const octets = Buffer.from(text);
      for (let from = 0, at = 0; from < octets.length; at++) {
        const size = cuts[at % cuts.length];
        lines.push(octets.subarray(from, from + size));
        from += size;
      }
      t.deepEqual(seen, ['{"a":"ü"}', '{"b":2}', '{"c":"🐝"}']);
    }),
  );
});

test('a line without an end is refused before it fills the memory', (t) => {
  const lines = new JsonLines(() => t.fail('there is no line'));
  const piece = Buffer.alloc(1024 * 1024, 'x');
  t.throws(
    () => {
      for (let count = 0; count < 9; count++) lines.push(piece);
    },
    { instanceOf: ClusterUnreachable, message: /longer than 8388608 octets/ },
  );
});

test('a refusal has the reason, words, details and waiting time of its Status', (t) => {
  const status = {
    kind: 'Status',
    code: 409,
    reason: 'AlreadyExists',
    message: 'pods "a" already exists',
    details: { name: 'a' },
  };
  const error = readStatus(409, {}, JSON.stringify(status));
  t.like(error, { reason: 'AlreadyExists', message: 'pods "a" already exists', code: 409 });
  t.deepEqual(error.details, { name: 'a' });
  t.is(readStatus(429, { 'retry-after': '7' }, '').details?.retryAfterSeconds, 7);
});

test('a proxy that answers no Status is understood by its code', (t) => {
  t.like(readStatus(503, {}, '<html>busy</html>'), {
    reason: 'ServiceUnavailable',
    message: 'HTTP 503: <html>busy</html>',
  });
  t.is(readStatus(418, {}, '').reason, 'InternalError');
});

test('paths are those of the Kubernetes API, and names cannot leave their place', (t) => {
  const pods = { group: '', version: 'v1', plural: 'pods', namespace: 'n' };
  t.is(pathOf(pods), '/api/v1/namespaces/n/pods');
  t.is(pathOf({ ...pods, name: '../x', subresource: 'status' }), '/api/v1/namespaces/n/pods/..%2Fx/status');
  const nodes = { group: 'cilium.io', version: 'v2', plural: 'ciliumnodes', namespace: undefined };
  t.is(pathOf(nodes), '/apis/cilium.io/v2/ciliumnodes');
});
