// Namespaces, ConfigMaps and Secrets: defaults, and what is refused in which words.

import test from 'ava';
import { ApiError } from '#kube/api/api-error.ts';
import type { JsonObject } from '#kube/api/object.ts';
import { writeObject } from './write-object.ts';

const base64 = (text: string): string => Buffer.from(text).toString('base64');

test('a namespace is active, held by its finalizer, and known by its name as a label', (t) => {
  const { object, faults } = writeObject('/Namespace', { metadata: { name: 'web', labels: { a: 'b' } } });
  t.deepEqual(faults, []);
  t.deepEqual(object, {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: 'web', labels: { a: 'b', 'kubernetes.io/metadata.name': 'web' } },
    spec: { finalizers: ['kubernetes'] },
    status: { phase: 'Active' },
  });
  const again = writeObject('/Namespace', { metadata: { name: 'web' }, spec: { finalizers: [] } }, object).object;
  t.deepEqual(again['spec'], { finalizers: ['kubernetes'] });
  t.deepEqual(again.metadata.labels, { 'kubernetes.io/metadata.name': 'web' });
});

test('plain texts of a secret become data, and win', (t) => {
  const given = { data: { a: base64('1'), b: base64('2') }, stringData: { b: 'drei', c: 'ü' } };
  const { object, faults } = writeObject('/Secret', given);
  t.deepEqual(faults, []);
  t.deepEqual(object, {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'x' },
    data: { a: 'MQ==', b: 'ZHJlaQ==', c: 'w7w=' },
    type: 'Opaque',
  });
  t.false('data' in writeObject('/Secret', {}).object);
});

for (const [text, byte] of [
  ['a*==', 1],
  ['YWJj*', 4],
  ['YWJjZ', 4],
  ['=YWJ', 0],
] as const) {
  test(`a secret with ${text} is not read`, (t) => {
    const error = t.throws(() => writeObject('/Secret', { data: { a: text } }), { instanceOf: ApiError });
    t.is(error?.reason, 'BadRequest');
    t.is(
      error?.message,
      `Secret in version "v1" cannot be handled as a Secret: illegal base64 data at input byte ${byte}`,
    );
  });
}

test('base64 of many mebibytes is too long, and no more than that', (t) => {
  const { faults } = writeObject('/Secret', { data: { a: 'A'.repeat(16 * 1_048_576) } });
  t.deepEqual(faults, ['data: Too long: may not be more than 1048576 bytes']);
});

test('base64 may be in lines', (t) => {
  t.deepEqual(writeObject('/Secret', { data: { a: 'YWJj\nYWJj\r\n' } }).faults, []);
});

const key =
  "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";
const json = base64('{"auths":{}}');
for (const [kind, fields, faults] of [
  ['/ConfigMap', { data: { 'a.b_C-1': 'x' }, binaryData: { c: 'AA==' } }, []],
  ['/ConfigMap', { data: { 'a b': 'x' } }, [`data[a b]: Invalid value: "a b": ${key}`]],
  ['/ConfigMap', { data: { '..': 'x' } }, [`data[..]: Invalid value: "..": must not be '..'`]],
  ['/ConfigMap', { binaryData: { '..a': '' } }, [`binaryData[..a]: Invalid value: "..a": must not start with '..'`]],
  [
    '/ConfigMap',
    { data: { a: '' }, binaryData: { a: '' } },
    ['data[a]: Invalid value: "a": duplicate of key present in binaryData'],
  ],
  ['/ConfigMap', { data: { a: 'x'.repeat(1_048_576) } }, []],
  ['/ConfigMap', { data: { a: 'x'.repeat(1_048_577) } }, ['[]: Too long: may not be more than 1048576 bytes']],
  ['/Secret', { data: { a: base64('x'.repeat(1_048_576)) } }, []],
  ['/Secret', { stringData: { a: 'x'.repeat(1_048_577) } }, ['data: Too long: may not be more than 1048576 bytes']],
  ['/Secret', { type: 'kubernetes.io/tls', data: { 'tls.crt': '' } }, ['data[tls.key]: Required value']],
  [
    '/Secret',
    { type: 'kubernetes.io/basic-auth' },
    ['data[username]: Required value', 'data[password]: Required value'],
  ],
  ['/Secret', { type: 'kubernetes.io/basic-auth', stringData: { password: '' } }, []],
  ['/Secret', { type: 'kubernetes.io/ssh-auth' }, ['data[ssh-privatekey]: Required value']],
  ['/Secret', { type: 'kubernetes.io/dockerconfigjson', data: { '.dockerconfigjson': json } }, []],
  ['/Secret', { type: 'kubernetes.io/dockerconfigjson' }, ['data[.dockerconfigjson]: Required value']],
  [
    '/Secret',
    { type: 'kubernetes.io/service-account-token' },
    ['metadata.annotations[kubernetes.io/service-account.name]: Required value'],
  ],
] satisfies readonly (readonly [string, JsonObject, readonly string[]])[]) {
  test(`${kind} ${JSON.stringify(fields).slice(0, 80)}: ${faults.join('; ') || 'good'}`, (t) => {
    t.deepEqual(writeObject(kind, fields).faults, faults);
  });
}

test('a secret that is no JSON is not shown', (t) => {
  const fields = { type: 'kubernetes.io/dockercfg', stringData: { '.dockercfg': 'hunter2' } };
  t.deepEqual(writeObject('/Secret', fields).faults, [
    'data[.dockercfg]: Invalid value: "<secret contents redacted>": invalid JSON',
  ]);
});

test('the type of a secret stays', (t) => {
  const before = writeObject('/Secret', {}).object;
  t.deepEqual(writeObject('/Secret', { type: 'example.com/other' }, before).faults, [
    'type: Invalid value: "example.com/other": field is immutable',
  ]);
});

test('what is sealed stays as it is, and sealed', (t) => {
  const words = 'Forbidden: field is immutable when `immutable` is set';
  const secret = writeObject('/Secret', { immutable: true, stringData: { a: '1' } }).object;
  t.deepEqual(writeObject('/Secret', { immutable: true, stringData: { a: '1' } }, secret).faults, []);
  t.deepEqual(writeObject('/Secret', { stringData: { a: '2' } }, secret).faults, [
    `immutable: ${words}`,
    `data: ${words}`,
  ]);
  const config = writeObject('/ConfigMap', { immutable: true, data: { a: '1' } }).object;
  t.deepEqual(writeObject('/ConfigMap', { immutable: true, binaryData: { b: '' } }, config).faults, [
    `data: ${words}`,
    `binaryData: ${words}`,
  ]);
});
