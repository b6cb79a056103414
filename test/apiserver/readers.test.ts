// What comes in a request, piece by piece: paths, forms, queries, bodies. Expectations are from the Kubernetes API reference.

import test from 'ava';
import fc from 'fast-check';
import { chooseForm } from '#apiserver/accept.ts';
import { findDuplicates, readBody } from '#apiserver/body.ts';
import { readProtobuf } from '#apiserver/protobuf.ts';
import { readDeleteOptions, readFieldValidation, readListOptions } from '#apiserver/query.ts';
import { readRequestInfo } from '#apiserver/request-info.ts';
import { ApiError } from '#kube/api/api-error.ts';

const resource = {
  type: 'resource',
  group: '',
  version: 'v1',
  namespace: undefined,
  name: undefined,
  subresource: undefined,
};

for (const [method, path, isWatch, expected] of [
  ['GET', '/api/v1/pods', false, { ...resource, verb: 'list', plural: 'pods' }],
  ['GET', '/api/v1/pods', true, { ...resource, verb: 'watch', plural: 'pods' }],
  ['POST', '/api/v1/namespaces', false, { ...resource, verb: 'create', plural: 'namespaces' }],
  ['GET', '/api/v1/namespaces/a', false, { ...resource, verb: 'get', plural: 'namespaces', name: 'a' }],
  [
    'PUT',
    '/api/v1/namespaces/a/finalize',
    false,
    { ...resource, verb: 'update', plural: 'namespaces', name: 'a', subresource: 'finalize' },
  ],
  [
    'DELETE',
    '/api/v1/namespaces/a/pods',
    false,
    { ...resource, verb: 'deletecollection', plural: 'pods', namespace: 'a' },
  ],
  [
    'DELETE',
    '/api/v1/namespaces/a/pods/b',
    false,
    { ...resource, verb: 'delete', plural: 'pods', namespace: 'a', name: 'b' },
  ],
  [
    'GET',
    '/api/v1/namespaces/a/pods/b/log',
    false,
    { ...resource, verb: 'get', plural: 'pods', namespace: 'a', name: 'b', subresource: 'log' },
  ],
  [
    'PATCH',
    '/apis/cilium.io/v2/ciliumnodes/n%2F1/status',
    false,
    {
      ...resource,
      group: 'cilium.io',
      version: 'v2',
      verb: 'patch',
      plural: 'ciliumnodes',
      name: 'n/1',
      subresource: 'status',
    },
  ],
] as const) {
  test(`${method} ${path}${isWatch ? ' with watch' : ''} is ${expected.verb} of ${expected.plural}`, (t) => {
    t.deepEqual(readRequestInfo(method, path, isWatch), { ...expected, path });
  });
}

for (const path of [
  '/',
  '/api',
  '/api/v1',
  '/apis',
  '/apis/apps',
  '/apis/apps/v1',
  '/healthz',
  '/openapi/v3/apis/apps/v1',
]) {
  test(`${path} is a path and no resource`, (t) => {
    t.deepEqual(readRequestInfo('GET', path, false), { type: 'path', verb: 'get', path });
  });
}

test('a path with an empty part, too many parts or octets that are no text is none', (t) => {
  for (const path of ['/api//v1/pods', `/api/v1/${'a/'.repeat(40)}`, '/api/v1/%ff']) {
    t.is(readRequestInfo('GET', path, false), undefined, path);
  }
});

const json = { media: 'json', as: undefined };
for (const [accept, expected] of [
  [undefined, json],
  ['*/*', json],
  ['application/json', json],
  ['application/vnd.kubernetes.protobuf, application/json', json],
  ['application/yaml', { media: 'yaml', as: undefined }],
  [
    'application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json',
    { media: 'json', as: { kind: 'Table', version: 'v1', includeObject: 'Metadata' } },
  ],
  [
    'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1',
    { media: 'json', as: { kind: 'PartialObjectMetadataList', version: 'v1', includeObject: 'Metadata' } },
  ],
  ['application/json;q=0.1, application/yaml;q=0.9', { media: 'yaml', as: undefined }],
  ['application/json;as=Table;v=v9;g=meta.k8s.io, application/json', json],
] as const) {
  test(`Accept ${accept ?? 'absent'} is answered in ${JSON.stringify(expected)}`, (t) => {
    t.deepEqual(chooseForm(accept, 'Metadata'), expected);
  });
}

test('who accepts only what is not there is told 406', (t) => {
  for (const accept of ['application/vnd.kubernetes.protobuf', 'text/html', 'application/json;q=0']) {
    t.is(t.throws(() => chooseForm(accept, 'Metadata'), { instanceOf: ApiError })?.code, 406, accept);
  }
});

test('a list is asked for with its selectors, its limit and its version', (t) => {
  const query = new URLSearchParams(
    'labelSelector=a%3Db&fieldSelector=metadata.name%3Dx&limit=5&continue=t&resourceVersion=7&resourceVersionMatch=Exact',
  );
  t.deepEqual(readListOptions(query), {
    labelSelector: 'a=b',
    fieldSelector: 'metadata.name=x',
    limit: 5,
    continueToken: 't',
    resourceVersion: '7',
    resourceVersionMatch: 'Exact',
  });
});

for (const text of ['limit=x', 'limit=-1', 'resourceVersionMatch=Never']) {
  test(`the query ${text} is refused by the name of the parameter`, (t) => {
    const error = t.throws(() => readListOptions(new URLSearchParams(text)), { instanceOf: ApiError });
    t.is(error?.code, 400);
    t.true(error?.message.startsWith(`${text.split('=')[0]}: invalid value`), error?.message);
  });
}

test('fieldValidation is Warn unless said otherwise', (t) => {
  t.is(readFieldValidation(new URLSearchParams()), 'Warn');
  t.is(readFieldValidation(new URLSearchParams('fieldValidation=Strict')), 'Strict');
  t.throws(() => readFieldValidation(new URLSearchParams('fieldValidation=strict')), { instanceOf: ApiError });
});

test('options of a delete come from its body before its query, and cannot contradict each other', (t) => {
  const query = new URLSearchParams('propagationPolicy=Orphan&gracePeriodSeconds=3&dryRun=All');
  t.deepEqual(readDeleteOptions(query, undefined), {
    options: {
      propagationPolicy: 'Orphan',
      gracePeriodSeconds: 3,
      preconditions: { uid: undefined, resourceVersion: undefined },
    },
    isDryRun: true,
  });
  const body = {
    kind: 'DeleteOptions',
    apiVersion: 'v1',
    propagationPolicy: 'Foreground',
    preconditions: { uid: 'u' },
  };
  t.deepEqual(readDeleteOptions(query, body).options, {
    propagationPolicy: 'Foreground',
    gracePeriodSeconds: 3,
    preconditions: { uid: 'u', resourceVersion: undefined },
  });
  for (const bad of [
    { propagationPolicy: 'Never' },
    { gracePeriodSeconds: -1 },
    { orphanDependents: true, propagationPolicy: 'Orphan' },
    { kind: 'Pod' },
    [],
  ]) {
    t.throws(() => readDeleteOptions(new URLSearchParams(), bad), { instanceOf: ApiError }, JSON.stringify(bad));
  }
});

const octets = (text: string): Uint8Array => new TextEncoder().encode(text);

test('a body is JSON, or YAML where YAML is said', (t) => {
  t.deepEqual(readBody(octets('{"a":[1,null]}'), 'application/json; charset=utf-8').value, { a: [1, null] });
  t.deepEqual(readBody(octets('{"a":1}'), 'application/apply-patch+yaml').value, { a: 1 });
  t.deepEqual(readBody(octets('a:\n- b: 1\n'), 'application/yaml').value, { a: [{ b: 1 }] });
});

for (const [what, text, type, code] of [
  ['nothing', '', 'application/json', 400],
  ['no JSON', '{"a":', 'application/json', 400],
  ['YAML that is said to be JSON', 'a: 1', 'application/json', 400],
  ['a map of YAML with a field twice', 'a: 1\na: 2', 'application/yaml', 400],
  ['YAML that multiplies itself', 'a: &a [x]\nb: [*a, *a]', 'application/yaml', 400],
  ['another type', '<a/>', 'application/xml', 415],
] as const) {
  test(`a body that is ${what} is answered ${code}`, (t) => {
    t.is(t.throws(() => readBody(octets(text), type), { instanceOf: ApiError })?.code, code);
  });
}

test('a body that is not UTF-8 is refused', (t) => {
  t.is(
    t.throws(() => readBody(Uint8Array.of(0x22, 0xff, 0x22), 'application/json'), { instanceOf: ApiError })?.code,
    400,
  );
});

test('fields that stand twice in one map are found, wherever they are', (t) => {
  t.deepEqual(findDuplicates('{"a":1,"a":2}'), ['a']);
  t.deepEqual(findDuplicates('{"spec":{"ports":[{"port":1},{"port":1,"name":"\\"x\\":{","port":2}]},"kind":"A"}'), [
    'spec.ports[1].port',
  ]);
  t.deepEqual(findDuplicates('[{"a":1},{"a":1}]'), []);
  t.deepEqual(findDuplicates('{"a":{"a":{"a":"a,a:{"}},"b":["a","a"]}'), []);
});

test('whatever is valid JSON without a field twice has no duplicates', (t) => {
  fc.assert(fc.property(fc.json(), (text) => t.deepEqual(findDuplicates(JSON.stringify(JSON.parse(text))), [])));
});

/** As kubectl 1.35.2 sent `kubectl create configmap x --from-literal a=b`. */
const configMap = Uint8Array.from(
  (
    '6b 38 73 00 0a 0f 0a 02 76 31 12 09 43 6f 6e 66 69 67 4d 61 70 12 1b 0a 11 0a 01 78 12 00 1a 00 ' +
    '22 00 2a 00 32 00 38 00 42 00 12 06 0a 01 61 12 01 62 1a 00 22 00'
  )
    .split(' ')
    .map((octet) => Number.parseInt(octet, 16)),
);

test('a ConfigMap in protobuf is the ConfigMap', (t) => {
  t.deepEqual(readProtobuf(configMap), {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'x' },
    data: { a: 'b' },
  });
  t.deepEqual(readBody(configMap, 'application/vnd.kubernetes.protobuf').value, readProtobuf(configMap));
});

test('protobuf of a kind or with a field that is not known is 415, so that nothing is lost', (t) => {
  const node = Uint8Array.from(configMap);
  node.set(octets('ConfigMaq'), 12);
  t.is(t.throws(() => readProtobuf(node), { instanceOf: ApiError })?.code, 415);
  // Octet 22 is the length of the object, which ends before octet 50.
  const field = Uint8Array.from([...configMap.subarray(0, 50), 0x2a, 0x00, ...configMap.subarray(50)]);
  field[22] = 0x1d;
  t.regex(t.throws(() => readProtobuf(field), { instanceOf: ApiError })?.message ?? '', /field 5 of v1 ConfigMap/);
});

test('protobuf that is cut or changed anywhere is an object or an ApiError, never anything else', (t) => {
  const outcome = (bytes: Uint8Array): string => {
    try {
      return typeof readProtobuf(bytes);
    } catch (error) {
      return error instanceof ApiError ? 'refused' : `threw ${String(error)}`;
    }
  };
  // Behind the object there is nothing that must be there.
  for (let length = 0; length < 50; length++)
    t.is(outcome(configMap.subarray(0, length)), 'refused', `cut at ${length}`);
  fc.assert(
    fc.property(fc.nat(configMap.length - 1), fc.nat(255), fc.uint8Array({ maxLength: 40 }), (at, octet, tail) => {
      const changed = Uint8Array.from([...configMap, ...tail]);
      changed[at] = octet;
      t.true(['object', 'refused'].includes(outcome(changed)));
    }),
    { numRuns: 2000 },
  );
});
