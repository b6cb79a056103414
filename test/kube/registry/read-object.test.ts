// Bodies that are objects, and bodies that are not.

import test from 'ava';
import { ApiError } from '#kube/api/api-error.ts';
import type { Resource } from '#kube/api/resource.ts';
import { readObject } from '#kube/registry/read-object.ts';

const pods: Resource = {
  group: '',
  version: 'v1',
  kind: 'Pod',
  listKind: 'PodList',
  plural: 'pods',
  singular: 'pod',
  shortNames: ['po'],
  categories: ['all'],
  isNamespaced: true,
  isStorage: true,
  deprecationWarning: undefined,
  hasStatus: true,
  scale: undefined,
  schema: undefined,
  columns: [],
  selectableFields: [],
};
const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'x' } };

test('an object is what it was, without the nulls of its metadata', (t) => {
  const body = {
    ...pod,
    metadata: { name: 'x', creationTimestamp: null, labels: { a: 'b' } },
    spec: { a: [1, null, 'x', true] },
  };
  t.deepEqual(readObject(body, pods, 'default'), { ...body, metadata: { name: 'x', labels: { a: 'b' } } });
});

let deep: unknown = 1;
for (let level = 0; level < 300; level++) deep = [deep];

for (const [what, body, message] of [
  ['a list', [], 'the request body is not an object'],
  ['a text', 'x', 'the request body is not an object'],
  [
    'another version',
    { ...pod, apiVersion: 'v2' },
    'the API version in the data (v2) does not match the expected API version (v1)',
  ],
  [
    'another kind',
    { ...pod, kind: 'Node' },
    'Node in version v1 cannot be handled as a Pod: the kind in the data does not match',
  ],
  [
    'another namespace',
    { ...pod, metadata: { name: 'x', namespace: 'other' } },
    'the namespace of the provided object does not match the namespace sent on the request',
  ],
  [
    'labels that are no texts',
    { ...pod, metadata: { labels: { a: 1 } } },
    'metadata.labels: expected a map of strings',
  ],
  ['a name that is a number', { ...pod, metadata: { name: 1 } }, 'metadata.name: expected a string'],
  [
    'finalizers that are none',
    { ...pod, metadata: { finalizers: [1] } },
    'metadata.finalizers: expected a list of strings',
  ],
  [
    'an owner without uid',
    { ...pod, metadata: { ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name: 'y' }] } },
    'metadata.ownerReferences: expected apiVersion, kind, name and uid of each',
  ],
  ['metadata that is a list', { ...pod, metadata: [] }, 'metadata is not an object'],
  ['300 levels', { ...pod, spec: deep }, 'the object is nested more than 200 levels deep'],
  ['what JSON has no word for', { ...pod, spec: { at: new Date(0) } }, undefined],
  ['a number beyond all', { ...pod, spec: { at: Infinity } }, 'a number of the object is not finite'],
] as const) {
  test(`${what} is refused as a bad request`, (t) => {
    const error = t.throws(() => readObject(body, pods, 'default'), { instanceOf: ApiError });
    t.is(error?.code, 400);
    if (message !== undefined) t.is(error?.message, message);
  });
}
