// What the operator would write, from objects and Events as they are: the same whatever comes twice, late or half, and nothing where
// everything is said.

import test from 'ava';
import fc from 'fast-check';
import type { JsonObject, KubeObject } from '#kube/api/object.ts';
import { noticedKinds } from '#operator/noticed-kinds.ts';
import { nameEvent, type NoticedKind, type NoticeWrite, planNotices } from '#operator/plan-notices.ts';

const find = (kind: string): NoticedKind => {
  const found = noticedKinds.find((one) => one.kind === kind);
  if (found === undefined) throw new Error(`${kind} is not looked after`);
  return found;
};
const cnp = find('CiliumNetworkPolicy');
const noEvents = (): undefined => undefined;
const time = '2026-11-23T12:00:00Z';
const later = '2026-11-23T13:00:00Z';

const policy = (metadata: JsonObject = {}, fields: JsonObject = {}): KubeObject => ({
  apiVersion: 'cilium.io/v2',
  kind: 'CiliumNetworkPolicy',
  metadata: { name: 'web', namespace: 'shop', uid: 'u1', generation: 1, resourceVersion: '7', ...metadata },
  spec: { endpointSelector: {} },
  ...fields,
});

/** A cluster of one object, as far as the writes go. */
class Little {
  object: KubeObject;
  readonly events = new Map<string, KubeObject>();

  constructor(object: KubeObject) {
    this.object = object;
  }

  plan(object = this.object, kind = cnp, now = time): readonly NoticeWrite[] {
    return planNotices(kind, object, (namespace, name) => this.events.get(`${namespace}/${name}`), now);
  }

  apply(writes: readonly NoticeWrite[]): void {
    for (const write of writes) {
      if (write.type === 'status') this.object = { ...this.object, status: write.patch['status'] };
      else this.events.set(`${write.event.metadata.namespace}/${write.event.metadata.name}`, write.event);
    }
  }

  get event(): KubeObject {
    return [...this.events.values()][0];
  }
}

test('a policy gets Valid=False with reason NotEnforced, and a Warning Event about it', (t) => {
  const writes = planNotices(cnp, policy(), noEvents, time);
  t.deepEqual(
    writes.map(({ type }) => type),
    ['status', 'create-event'],
  );
  const [status, event] = writes;
  if (status.type !== 'status' || event.type !== 'create-event') return t.fail('others');
  t.like(status.patch, { metadata: { resourceVersion: '7' } });
  t.like(status.patch['status'], {
    conditions: [{ type: 'Valid', status: 'False', reason: 'NotEnforced', lastTransitionTime: time }],
  });
  t.like(event.event, {
    kind: 'Event',
    type: 'Warning',
    reason: 'NotEnforced',
    count: 1,
    metadata: { namespace: 'shop' },
    involvedObject: {
      apiVersion: 'cilium.io/v2',
      kind: 'CiliumNetworkPolicy',
      namespace: 'shop',
      name: 'web',
      uid: 'u1',
    },
  });
});

test('a second run writes nothing', (t) => {
  const little = new Little(policy());
  little.apply(little.plan());
  t.deepEqual(little.plan(little.object, cnp, later), []);
});

test('other conditions stay, and the time of the transition stays where the status does', (t) => {
  const other = { type: 'Ready', status: 'True' };
  const old = { type: 'Valid', status: 'False', reason: 'Other', message: 'x', lastTransitionTime: time };
  const [write] = planNotices(cnp, policy({}, { status: { conditions: [other, old] } }), noEvents, later);
  if (write.type !== 'status') return t.fail('no status');
  t.like(write.patch['status'], { conditions: { 0: other, 1: { reason: 'NotEnforced', lastTransitionTime: time } } });
  const wasTrue = policy({}, { status: { conditions: [{ ...old, status: 'True' }] } });
  const [turned] = planNotices(cnp, wasTrue, noEvents, later);
  if (turned.type !== 'status') return t.fail('no status');
  t.like(turned.patch['status'], { conditions: { 0: { status: 'False', lastTransitionTime: later } } });
});

test('the count of an Event goes up once a generation, and an older state that comes late changes nothing', (t) => {
  const little = new Little(policy());
  little.apply(little.plan());
  const next = { ...little.object, metadata: { ...little.object.metadata, generation: 2 } };
  const writes = little.plan(next, cnp, later);
  t.deepEqual(
    writes.map(({ type }) => type),
    ['update-event'],
  );
  little.apply(writes);
  t.like(little.event, { count: 2, firstTimestamp: time, lastTimestamp: later });
  t.deepEqual(little.plan(next), []);
  t.deepEqual(little.plan(), []);
});

test('an object that is being deleted, or was never stored, is left alone', (t) => {
  t.deepEqual(planNotices(cnp, policy({ deletionTimestamp: time }), noEvents, time), []);
  t.deepEqual(planNotices(cnp, policy({ uid: undefined }), noEvents, time), []);
});

test('an object of the same name that was made anew has an Event of its own', (t) => {
  t.not(nameEvent('web', 'u1', 'NotEnforced'), nameEvent('web', 'u2', 'NotEnforced'));
  t.is(nameEvent('web', 'u1', 'NotEnforced'), nameEvent('web', 'u1', 'NotEnforced'));
});

test('the name of an Event is a name, however long that of the object is', (t) => {
  for (const name of ['a'.repeat(253), `${'a'.repeat(235)}.${'b'.repeat(17)}`, 'x']) {
    const event = nameEvent(name, 'u', 'NotEnforced');
    t.true(event.length <= 253);
    t.regex(event, /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/);
  }
});

test('a NetworkPolicy, which has no status, gets the Event alone', (t) => {
  const writes = planNotices(find('NetworkPolicy'), policy(), noEvents, time);
  t.deepEqual(
    writes.map(({ type }) => type),
    ['create-event'],
  );
});

test('the Event of an object that lives in no namespace is in the default one, and names what is not acted on', (t) => {
  const config = { ...policy({ namespace: undefined }), kind: 'CiliumBGPClusterConfig' };
  const [write] = planNotices(find('CiliumBGPClusterConfig'), config, noEvents, time);
  if (write.type !== 'create-event') return t.fail('no Event');
  t.like(write.event, {
    metadata: { namespace: 'default' },
    reason: 'NotActedOn',
    message: 'The CiliumBGPClusterConfig is stored and nothing acts on it yet',
  });
});

test('broken conditions of somebody else do not stop ours', (t) => {
  for (const status of [null, 'x', { conditions: 'x' }, { conditions: [null, 1] }]) {
    const [write] = planNotices(cnp, policy({}, { status }), noEvents, time);
    t.is(write.type, 'status');
  }
});

test('any order of states seen, repeated or late, ends with one Event and one condition', (t) => {
  const generations = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 20 });
  const ends = fc.property(generations, (seen) => {
    const little = new Little(policy());
    for (const generation of seen) {
      little.object = { ...little.object, metadata: { ...little.object.metadata, generation } };
      little.apply(little.plan());
    }
    const count = little.event['count'];
    const conditions = little.object['status'] as { readonly conditions: readonly JsonObject[] };
    return (
      little.events.size === 1 &&
      conditions.conditions.length === 1 &&
      Number(count) <= new Set(seen).size &&
      little.plan().length === 0
    );
  });
  t.notThrows(() => fc.assert(ends));
});
