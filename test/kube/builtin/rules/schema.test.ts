// Rules of built-in kinds beside a schema: what it says is asked first, and what code fills in is not missed.

import test from 'ava';
import type { OpenApiSchema } from '#kube/api/openapi-schema.ts';
import type { JsonObject } from '#kube/api/object.ts';
import { rulesOf } from '#kube/builtin/rules/index.ts';
import { CustomRules } from '#kube/registry/custom-rules.ts';

const schema: OpenApiSchema = {
  type: 'object',
  required: ['metadata', 'roleRef'],
  properties: {
    apiVersion: { type: 'string' },
    kind: { type: 'string' },
    metadata: { type: 'object' },
    roleRef: {
      type: 'object',
      required: ['apiGroup', 'kind', 'name'],
      properties: { apiGroup: { type: 'string' }, kind: { type: 'string' }, name: { type: 'string' } },
    },
  },
};
const group = 'rbac.authorization.k8s.io';
const rules = rulesOf({ group, kind: 'RoleBinding', schema });
const binding = (fields: JsonObject): JsonObject & { apiVersion: string; kind: string; metadata: JsonObject } => ({
  apiVersion: `${group}/v1`,
  kind: 'RoleBinding',
  metadata: { name: 'x' },
  ...fields,
});

test('a field that is required and has a default may be left out', (t) => {
  const object = rules.prepare(binding({ roleRef: { kind: 'Role', name: 'view' } }), undefined);
  t.deepEqual(rules.validate(object, undefined), []);
});

test('a field of another type is told, and not filled over', (t) => {
  const object = rules.prepare(binding({ roleRef: 'view' }), undefined);
  t.is(object['roleRef'], 'view');
  t.deepEqual(
    rules.validate(object, undefined).map(({ field, message }) => `${field}: ${message}`),
    ['roleRef: Invalid value: "string": roleRef in body must be of type object: "string"'],
  );
});

test('fields that the kind does not have are dropped and told', (t) => {
  const { object, unknown } = rules.prune(binding({ roleRef: { kind: 'Role', nam: 'x' }, rolRef: 1 }));
  t.deepEqual(unknown.toSorted(), ['rolRef', 'roleRef.nam']);
  t.deepEqual(object['roleRef'], { kind: 'Role' });
});

test('custom kinds have the metadata of everybody', (t) => {
  const object = { apiVersion: 'example.com/v1', kind: 'A', metadata: { name: 'A', labels: { a: 'b c' } } };
  const causes = new CustomRules({ type: 'object' }).validate(object, undefined);
  t.deepEqual(
    causes.map(({ field }) => field),
    ['metadata.name', 'metadata.labels'],
  );
});
