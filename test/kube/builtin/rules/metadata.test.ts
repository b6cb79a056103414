// Metadata of any kind, and the names of built-in ones. Sentences are Kubernetes'.

import test from 'ava';
import type { JsonObject } from '#kube/api/object.ts';
import { writeObject } from './write-object.ts';

const label =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const subdomain =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const dns1035 =
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";
const keyPart =
  "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
const value =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
const long = 'a'.repeat(64);
const owner = { apiVersion: 'v1', kind: 'Pod', name: 'p', uid: 'u', controller: true };

for (const [what, key, metadata, faults] of [
  ['a configmap may have dots', '/ConfigMap', { name: 'a.b' }, []],
  [
    'a namespace may not have dots',
    '/Namespace',
    { name: 'a.b' },
    ['metadata.name: Invalid value: "a.b": must not contain dots'],
  ],
  ['a namespace is in lower case', '/Namespace', { name: 'A' }, [`metadata.name: Invalid value: "A": ${label}`]],
  [
    'a namespace has 63 letters',
    '/Namespace',
    { name: long },
    // Its name becomes a label, too.
    ['name', 'labels'].map((field) => `metadata.${field}: Invalid value: "${long}": must be no more than 63 bytes`),
  ],
  [
    'a configmap is in lower case',
    '/ConfigMap',
    { name: 'A_b' },
    [`metadata.name: Invalid value: "A_b": ${subdomain}`],
  ],
  [
    'what is generated is asked with its stem',
    '/ConfigMap',
    { name: 'A-x7x7x', generateName: 'A-' },
    [
      `metadata.generateName: Invalid value: "A-": ${subdomain}`,
      `metadata.name: Invalid value: "A-x7x7x": ${subdomain}`,
    ],
  ],
  ['what is generated may end in a dash', '/ConfigMap', { name: 'a-x7x7x', generateName: 'a-' }, []],
  ['labels', '/ConfigMap', { labels: { app: 'web', 'example.com/tier': '', b: 'v_1.2-x' } }, []],
  ['a key of a label', '/ConfigMap', { labels: { '-a': '' } }, [`metadata.labels: Invalid value: "-a": ${keyPart}`]],
  ['a value of a label', '/ConfigMap', { labels: { a: 'b c' } }, [`metadata.labels: Invalid value: "b c": ${value}`]],
  [
    'a long value of a label',
    '/ConfigMap',
    { labels: { a: long } },
    [`metadata.labels: Invalid value: "${long}": must be no more than 63 bytes`],
  ],
  [
    'a key without a prefix before its slash',
    '/ConfigMap',
    { labels: { '/a': '' } },
    ['metadata.labels: Invalid value: "/a": prefix part must be non-empty'],
  ],
  [
    'a key with a prefix in capitals',
    '/ConfigMap',
    { labels: { 'A.b/a': '' } },
    [`metadata.labels: Invalid value: "A.b/a": prefix part ${subdomain}`],
  ],
  ['a key of an annotation in capitals', '/ConfigMap', { annotations: { 'Example.COM/A': 'x y' } }, []],
  [
    'a key of an annotation',
    '/ConfigMap',
    { annotations: { 'a b': '' } },
    [`metadata.annotations: Invalid value: "a b": ${keyPart}`],
  ],
  [
    'annotations of more than 256 KiB',
    '/ConfigMap',
    { annotations: { a: 'x'.repeat(262_144) } },
    ['metadata.annotations: Too long: may not be more than 262144 bytes'],
  ],
  ['a finalizer', '/ConfigMap', { finalizers: ['a b'] }, [`metadata.finalizers: Invalid value: "a b": ${keyPart}`]],
  [
    'finalizers that want both',
    '/ConfigMap',
    { finalizers: ['orphan', 'foregroundDeletion'] },
    [
      'metadata.finalizers: Invalid value: ["orphan","foregroundDeletion"]: finalizer orphan and foregroundDeletion cannot be both set',
    ],
  ],
  [
    'owners',
    '/ConfigMap',
    { ownerReferences: [owner, { ...owner, uid: '', controller: false }] },
    ['metadata.ownerReferences[1].uid: Invalid value: "": must not be empty'],
  ],
] satisfies readonly (readonly [string, string, JsonObject, readonly string[]])[]) {
  test(`${what}: ${faults.length === 0 ? 'good' : 'refused'}`, (t) => {
    t.deepEqual(writeObject(key, { metadata }).faults, faults);
  });
}

test('only one owner controls', (t) => {
  const [fault = '', ...others] = writeObject('/ConfigMap', {
    metadata: { ownerReferences: [owner, { ...owner, name: 'q' }] },
  }).faults;
  t.deepEqual(others, []);
  t.true(
    fault.endsWith(
      'Only one reference can have Controller set to true. Found "true" in references for Pod/p and Pod/q',
    ),
    fault,
  );
});

test('a service has a DNS-1035 name', (t) => {
  const spec = { ports: [{ port: 80 }] };
  for (const name of ['1a', 'a.b', 'A']) {
    t.deepEqual(writeObject('/Service', { metadata: { name }, spec }).faults, [
      `metadata.name: Invalid value: "${name}": ${dns1035}`,
    ]);
  }
});

test('a name that is there already is not asked again', (t) => {
  const before = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'A_b' } };
  t.deepEqual(writeObject('/ConfigMap', { metadata: { name: 'A_b' } }, before).faults, []);
});
