// Built-in kinds: their table of fields beside the models it is generated from, and what their schemas say.

import { readFileSync } from 'node:fs';
import test from 'ava';
import type { Json } from '#kube/api/object.ts';
import type { OpenApiSchema } from '#kube/api/openapi-schema.ts';
import { builtinResources, builtinSchema } from '#kube/builtin/index.ts';
import { builtinModels } from '#kube/builtin/kinds.ts';
import { renderFields } from '#kube/builtin/render-fields.ts';
import { modelSchema } from '#kube/builtin/schema.ts';
import { validateValue } from '#kube/schema/validate.ts';

const root = new URL('../../../', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8');
const noPattern = (): never => {
  throw new Error('built-in kinds have no patterns');
};
const faults = (value: Json, schema: OpenApiSchema | undefined): readonly string[] =>
  validateValue(value, schema ?? {}, '', noPattern).map(({ field }) => field ?? '');

test('the table of fields is what its script writes', (t) => {
  const rendered = renderFields(builtinModels, (file) =>
    read(`node_modules/@kubernetes/client-node/dist/gen/models/${file}`),
  );
  t.true(read('src/kube/builtin/data/fields.json') === rendered, 'write it anew: node scripts/generate-kinds.ts');
});

test('every kind is described once', (t) => {
  t.is(builtinResources.length, 26);
  t.is(new Set(builtinResources.map(({ group, plural }) => `${group}/${plural}`)).size, 26);
});

test('every kind is described, and what is described is there', (t) => {
  for (const { group, kind, schema } of builtinResources) {
    t.true((schema?.description ?? '').length > 20, `${group}/${kind}`);
  }
  const words: Readonly<Record<string, Readonly<Record<string, string>>>> = JSON.parse(
    read('src/kube/builtin/data/descriptions.json'),
  );
  for (const [model, fields] of Object.entries(words)) {
    const { properties = {} } = modelSchema(model);
    for (const [field, text] of Object.entries(fields)) {
      t.true(field === '' || Object.hasOwn(properties, field), `${model}.${field}`);
      t.regex(text, /^[A-Z`\d].*\.$/, `${model}.${field}`);
    }
  }
});

test('every field that users of services, endpoints and policies meet is described', (t) => {
  const models = ['V1ServiceSpec', 'V1ServicePort', 'V1EndpointConditions', 'V1NetworkPolicySpec', 'V1LeaseSpec'];
  for (const model of [...models, 'V1DeploymentSpec', 'V1DaemonSetSpec', 'V1PolicyRule', 'V1Taint']) {
    for (const [field, { description }] of Object.entries(modelSchema(model).properties ?? {})) {
      t.truthy(description, `${model}.${field}`);
    }
  }
  t.regex(modelSchema('V1ServiceSpec').properties?.['externalTrafficPolicy']?.description ?? '', /does not announce/);
});

test('lists are merged by the keys of the API reference', (t) => {
  const keys = (model: string, field: string): readonly unknown[] => {
    const schema = modelSchema(model).properties?.[field];
    return [schema?.['x-kubernetes-patch-merge-key'], schema?.['x-kubernetes-list-map-keys']];
  };
  t.deepEqual(keys('V1PodSpec', 'containers'), ['name', ['name']]);
  t.deepEqual(keys('V1Container', 'ports'), ['containerPort', ['containerPort', 'protocol']]);
  t.deepEqual(keys('V1ServiceSpec', 'ports'), ['port', ['port', 'protocol']]);
  t.deepEqual(keys('V1PodSpec', 'tolerations'), [undefined, undefined]);
});

test('a service is valid, and one with a port of text is not', (t) => {
  const service = (port: Json): Json => ({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'web' },
    spec: { selector: { app: 'web' }, ports: [{ port, targetPort: 'http' }] },
  });
  t.deepEqual(faults(service(80), builtinSchema('', 'v1', 'Service')), []);
  t.deepEqual(faults(service('80'), builtinSchema('', 'v1', 'Service')), ['spec.ports[0].port']);
});

test('quantities are texts or numbers, and nothing else', (t) => {
  const resources = modelSchema('V1ResourceRequirements');
  t.deepEqual(faults({ limits: { cpu: 0.5, memory: '1Gi' } }, resources), []);
  t.true(faults({ limits: { cpu: true } }, resources).length > 0);
});
