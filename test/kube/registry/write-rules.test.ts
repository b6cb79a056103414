// What belongs to the server in an object that is written: metadata, generation, status, finalizers.

import test from 'ava';
import type { KubeObject } from '#kube/api/object.ts';
import type { Resource } from '#kube/api/resource.ts';
import { isSameJson } from '#kube/api/same-json.ts';
import { beginLife, checkPreconditions, continueLife, endLife, isOver } from '#kube/registry/write-rules.ts';

const policies: Resource = {
  group: 'cilium.io',
  version: 'v2',
  kind: 'Policy',
  listKind: 'PolicyList',
  plural: 'policies',
  singular: 'policy',
  shortNames: [],
  categories: [],
  isNamespaced: true,
  isStorage: true,
  deprecationWarning: undefined,
  hasStatus: true,
  scale: undefined,
  schema: undefined,
  columns: [],
  selectableFields: [],
};
const stamp = { nowText: '2026-11-23T11:00:00Z', uid: 'u-1' };
const written: KubeObject = {
  apiVersion: 'cilium.io/v2',
  kind: 'Policy',
  metadata: {
    name: 'x',
    labels: { a: 'b' },
    annotations: {},
    uid: 'mine',
    generation: 7,
    creationTimestamp: '1999-01-01T00:00:00Z',
  },
  spec: { replicas: 1 },
  status: { ready: true },
};
const stored = (metadata: KubeObject['metadata'] = {}): KubeObject => {
  const made = beginLife(written, 'x', 'default', policies, stamp);
  return { ...made, metadata: { ...made.metadata, resourceVersion: '5', ...metadata } };
};

test('a new object has metadata of the server, not of the caller, and no status where that has a subresource', (t) => {
  t.deepEqual(beginLife(written, 'x', 'default', policies, stamp), {
    apiVersion: 'cilium.io/v2',
    kind: 'Policy',
    metadata: {
      name: 'x',
      namespace: 'default',
      uid: 'u-1',
      generation: 1,
      creationTimestamp: stamp.nowText,
      labels: { a: 'b' },
    },
    spec: { replicas: 1 },
  });
  t.deepEqual(beginLife(written, 'x', 'default', { ...policies, hasStatus: false }, stamp)['status'], { ready: true });
  const registered = { ...policies, isCreatedWithStatus: true };
  t.deepEqual(beginLife(written, 'x', 'default', registered, stamp)['status'], { ready: true }, 'as nodes are');
});

test('an object to be created says no resourceVersion', (t) => {
  const given = { ...written, metadata: { ...written.metadata, resourceVersion: '5' } };
  t.throws(() => beginLife(given, 'x', 'default', policies, stamp), {
    message: 'resourceVersion should not be set on objects to be created',
  });
});

for (const [group, kind, hasSpec, generation] of [
  ['', 'Pod', true, 1],
  ['', 'Service', true, undefined],
  ['', 'Namespace', true, undefined],
  ['', 'Secret', false, undefined],
  ['coordination.k8s.io', 'Lease', true, undefined],
  ['discovery.k8s.io', 'EndpointSlice', false, 1],
  ['apps', 'Deployment', true, 1],
  ['rbac.authorization.k8s.io', 'Role', false, undefined],
  ['example.com', 'Widget', false, 1],
] as const) {
  test(`a new ${kind} ${generation === undefined ? 'has no generation' : 'is of the first generation'}`, (t) => {
    const schema = { properties: hasSpec ? { spec: {} } : {} };
    const begun = beginLife(written, 'x', 'default', { ...policies, group, kind, schema }, stamp);
    t.is(begun.metadata.generation, generation);
  });
}

test('the generation counts changes of the spec, not of metadata or status', (t) => {
  const change = (fields: object, resource = policies): number | undefined =>
    continueLife({ ...stored(), ...fields }, stored(), undefined, resource).metadata.generation;
  t.is(change({ spec: { replicas: 2 } }), 2);
  t.is(change({ metadata: { ...stored().metadata, labels: { a: 'c' } } }), 1);
  t.is(change({ status: { ready: false } }), 1);
  t.is(change({ status: { ready: false } }, { ...policies, hasStatus: false }), 2);
});

test('a status is written through its subresource alone, and nothing else is through it', (t) => {
  const live = { ...stored(), status: { ready: false } };
  const both = { ...stored({ labels: { a: 'z' } }), spec: { replicas: 9 }, status: { ready: true } };
  t.deepEqual(continueLife(both, live, undefined, policies)['status'], { ready: false });
  t.deepEqual(continueLife(both, live, 'status', policies), { ...live, status: { ready: true } });
});

test('whoever saw an older object, or another one of the name, is told of the conflict', (t) => {
  t.throws(() => checkPreconditions({ resourceVersion: '4' }, stored(), policies), {
    message:
      'Operation cannot be fulfilled on policies.cilium.io "x": the object has been modified; please apply your changes to the latest version and try again',
  });
  t.throws(() => checkPreconditions({ uid: 'u-0' }, stored(), policies), {
    message:
      'Operation cannot be fulfilled on policies.cilium.io "x": Precondition failed: UID in precondition: u-0, UID in object meta: u-1',
  });
  t.notThrows(() => checkPreconditions({ resourceVersion: '5', uid: 'u-1' }, stored(), policies));
});

test('a deletion waits for finalizers, and for dependents where that is asked for', (t) => {
  t.true(endLife(stored(), undefined, 0, stamp.nowText).isDeleted);
  const held = endLife(stored({ finalizers: ['a/b'] }), 'Foreground', 0, stamp.nowText);
  t.false(held.isDeleted);
  t.like(held.object.metadata, {
    finalizers: ['a/b', 'foregroundDeletion'],
    deletionTimestamp: stamp.nowText,
    deletionGracePeriodSeconds: 0,
    generation: 2,
  });
  const again = endLife(held.object, 'Background', 0, '2027-01-01T00:00:00Z');
  t.like(again.object.metadata, { finalizers: ['a/b'], deletionTimestamp: stamp.nowText, generation: 2 });
  const freed = continueLife(
    { ...again.object, metadata: { ...again.object.metadata, finalizers: [] } },
    again.object,
    undefined,
    policies,
  );
  t.true(isOver(freed));
  t.false(isOver(stored()));
});

test('nobody adds a finalizer to what is being deleted', (t) => {
  const { object } = endLife(stored({ finalizers: ['a/b'] }), undefined, 0, stamp.nowText);
  const more = { ...object, metadata: { ...object.metadata, finalizers: ['a/b', 'c/d'] } };
  t.throws(() => continueLife(more, object, undefined, policies), {
    message:
      'Policy.cilium.io "x" is invalid: metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{"c/d"}',
  });
});

test('JSON is the same whatever the order of its keys', (t) => {
  t.true(isSameJson({ a: [1, { b: null }], c: undefined }, { a: [1, { b: null }] }));
  for (const other of [{ a: [1] }, { a: [{ b: null }, 1] }, [], null, { a: [1, { b: 0 }] }]) {
    t.false(isSameJson({ a: [1, { b: null }] }, other));
  }
});
