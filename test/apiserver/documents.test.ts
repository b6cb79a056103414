// What the server says of itself beside discovery: OpenAPI v2 in both of its forms, health with its checks. Kubernetes documentation,
// "The Kubernetes API" and "Kubernetes API health endpoints".

import test from 'ava';
import { Documents, type DocumentRequest } from '#apiserver/documents.ts';
import { encodeOpenApiV2 } from '#apiserver/openapi-v2-protobuf.ts';
import { builtinResources } from '#kube/builtin/index.ts';
import type { Resource } from '#kube/api/resource.ts';
import { customResourceDefinitions } from '#kube/crds/index.ts';
import { toResources } from '#kube/schema/crd-resources.ts';
import { readDefinition } from '#kube/schema/definition.ts';

const customs = customResourceDefinitions.flatMap((object) => {
  const { definition } = readDefinition(object);
  return definition === undefined ? [] : toResources(definition);
});
const everything = [...builtinResources, ...customs];
const protobuf = 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf';
const admin = { user: 'admin', groups: [] };
const ask = (path: string, more: Partial<DocumentRequest> = {}): DocumentRequest => {
  const [bare = '', query = ''] = path.split('?');
  const nothing = { accept: undefined, ifNoneMatch: undefined, who: admin };
  return { ...nothing, path: bare, query: new URLSearchParams(query), ...more };
};
const documents = (resources: () => readonly Resource[] = () => everything, fault?: string): Documents =>
  new Documents({ resources, address: '127.0.0.1:6443', version: '0', fault: () => fault });
const at = (value: unknown, ...path: readonly string[]): unknown =>
  path.reduce<unknown>(
    (found, name) => (typeof found === 'object' && found !== null ? Reflect.get(found, name) : undefined),
    value,
  );

test('OpenAPI v2 has every kind by its group, version and kind, and the verbs on it', (t) => {
  const answer = documents().answer(ask('/openapi/v2'));
  t.is(answer?.media, 'application/json');
  const document: unknown = JSON.parse(String(answer?.text));
  t.is(at(document, 'swagger'), '2.0');
  const definitions = Object.values(Object(at(document, 'definitions')));
  const kinds = new Set(definitions.map((one) => JSON.stringify(at(one, 'x-kubernetes-group-version-kind', '0'))));
  for (const { group, version, kind } of everything) t.true(kinds.has(JSON.stringify({ group, version, kind })), kind);
  const path = '/apis/cilium.io/v2alpha1/ciliumbgppeeringpolicies/{name}';
  t.is(at(document, 'paths', path, 'patch', 'x-kubernetes-action'), 'patch');
  t.deepEqual(at(document, 'paths', path, 'patch', 'x-kubernetes-group-version-kind'), {
    group: 'cilium.io',
    version: 'v2alpha1',
    kind: 'CiliumBGPPeeringPolicy',
  });
  t.deepEqual(at(document, 'paths', '/api/v1/namespaces/{namespace}/pods', 'get', 'responses', '200', 'schema'), {
    $ref: '#/definitions/io.k8s.api.core.v1.PodList',
  });
});

test('OpenAPI v2 has nothing that version 2 has no word for, and every reference leads somewhere', (t) => {
  const text = String(documents().answer(ask('/openapi/v2'))?.text);
  const document: unknown = JSON.parse(text);
  t.notRegex(text, /"(?:anyOf|oneOf|allOf|not|nullable)":(?!\{"(?:type|description|\$ref))/);
  t.false(text.includes('#/components/'));
  const references = new Set([...text.matchAll(/"#\/definitions\/([^"]+)"/g)].map(([, name = '']) => name));
  t.true(references.size > 50);
  for (const name of references) t.not(at(document, 'definitions', name), undefined, name);
});

test('OpenAPI v3 gives what an object is never without the default {}, in words of OpenAPI alone', (t) => {
  const text = String(documents().answer(ask('/openapi/v3/apis/apps/v1'))?.text);
  const deployment = at(JSON.parse(text), 'components', 'schemas', 'io.k8s.api.apps.v1.Deployment', 'properties');
  t.deepEqual(at(deployment, 'spec', 'default'), {});
  t.deepEqual(at(deployment, 'spec', 'properties', 'template', 'default'), {});
  t.is(at(deployment, 'spec', 'properties', 'strategy', 'properties', 'rollingUpdate', 'default'), undefined);
  t.false(text.includes('isEmbedded'));
});

test('OpenAPI v2 is JSON, or protobuf for who asks for that alone, or 406', (t) => {
  const all = documents();
  t.is(all.answer(ask('/openapi/v2', { accept: `${protobuf}, */*` }))?.media.includes('@'), false);
  t.is(all.answer(ask('/openapi/v2', { accept: '*/*' }))?.media, 'application/json');
  const octets = all.answer(ask('/openapi/v2', { accept: protobuf }))?.text;
  t.true(octets instanceof Uint8Array && octets.length > 100_000);
  t.throws(() => all.answer(ask('/openapi/v2', { accept: 'text/html' })), {
    message: /^only the following media types are accepted: application\/json, application\/com\.github/,
  });
});

test('a document as protobuf, octet by octet (gnostic, openapi.v2)', (t) => {
  const document = {
    swagger: '2.0',
    definitions: { a: { type: 'integer', minimum: 1, minLength: 300, required: ['x'], 'x-y': [1] } },
  };
  const hex = (text: string): string => Buffer.from(text).toString('hex');
  const schema = [
    // type = 22, a message with texts = 1
    `b20109${'0a07'}${hex('integer')}`,
    // minimum = 9, a double; min_length = 12; required = 19
    '49000000000000f03f',
    '60ac02',
    `9a0101${hex('x')}`,
    // vendor_extension = 31: name = 1, value = 2 with yaml = 2
    `fa010d${'0a03'}${hex('x-y')}${'1206'}${'1204'}${hex('[1]\n')}`,
  ].join('');
  // swagger = 1; definitions = 9 with entries = 1 of name = 1 and value = 2
  const expected = `0a03${hex('2.0')}${'4a33'}${'0a31'}${'0a01'}${hex('a')}${'122c'}${schema}`;
  t.is(Buffer.from(encodeOpenApiV2(document)).toString('hex'), expected);
});

test('a document is made once, has a hash, and is not sent again to who has it', (t) => {
  let served: readonly Resource[] = builtinResources;
  const all = documents(() => served);
  for (const path of ['/openapi/v2', '/openapi/v3/api/v1', '/openapi/v3/apis/apps/v1']) {
    const first = all.answer(ask(path));
    const ifNoneMatch = first?.headers['etag'] ?? '';
    t.regex(ifNoneMatch, /^"[0-9A-F]{64}"$/);
    t.is(all.answer(ask(path))?.text, first?.text);
    t.like(all.answer(ask(path, { ifNoneMatch })), { code: 304, text: '' });
    t.is(all.answer(ask(path, { ifNoneMatch: '"other"' }))?.code, 200);
  }
  const before = all.answer(ask('/openapi/v2'))?.headers['etag'];
  served = everything;
  t.not(all.answer(ask('/openapi/v2'))?.headers['etag'], before);
});

test('health is ok, or with ?verbose a line for each check', (t) => {
  const text = (path: string): unknown => documents().answer(ask(path))?.text;
  t.is(text('/healthz'), 'ok');
  t.is(text('/livez?verbose'), '[+]ping ok\n[+]store ok\nlivez check passed\n');
  t.is(text('/readyz/store'), 'ok');
  t.is(documents().answer(ask('/readyz/other')), undefined);
});

test('a store that cannot write is told by every health endpoint, its reason to who has a certificate', (t) => {
  const full = documents(() => everything, 'kube.db: database or disk is full');
  for (const name of ['healthz', 'livez', 'readyz']) {
    const answer = full.answer(ask(`/${name}`));
    t.is(answer?.code, 500);
    t.is(answer?.text, `[+]ping ok\n[-]store failed: kube.db: database or disk is full\n${name} check failed\n`);
  }
  const stranger = full.answer(ask('/readyz', { who: 'no client certificate' }));
  t.is(stranger?.text, '[+]ping ok\n[-]store failed: reason withheld\nreadyz check failed\n');
  t.is(full.answer(ask('/readyz?exclude=store'))?.code, 200);
  t.is(full.answer(ask('/readyz/ping'))?.code, 200);
  t.regex(
    String(full.answer(ask('/readyz?exclude=other'))?.text),
    /warn: some health checks cannot be excluded: no matches for "other"/,
  );
});
