// CustomResourceDefinitions: what is wrong with them in upstream's words, and what a good one makes the API serve.

import test from 'ava';
import type { Json, JsonObject } from '#kube/api/object.ts';
import { formatAge } from '#kube/schema/age.ts';
import { judgeApproval } from '#kube/schema/api-approval.ts';
import { judgeNames, toResources } from '#kube/schema/crd-resources.ts';
import { readDefinition } from '#kube/schema/definition.ts';

const spec: JsonObject = {
  type: 'object',
  properties: { replicas: { type: 'integer', default: 1 }, cron: { type: 'string', pattern: '^\\d+$' } },
};
const versionOf = (schema: Json, more: JsonObject = {}): JsonObject => ({
  name: 'v1',
  served: true,
  storage: true,
  schema: { openAPIV3Schema: schema },
  ...more,
});
const definitionOf = (
  more: JsonObject = {},
  version = versionOf({ type: 'object', properties: { spec } }),
): JsonObject => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'crontabs.stable.example.com' },
  spec: {
    group: 'stable.example.com',
    scope: 'Namespaced',
    names: { plural: 'crontabs', singular: 'crontab', kind: 'CronTab', shortNames: ['ct'] },
    versions: [version],
    ...more,
  },
});
const faultsOf = (object: JsonObject): readonly string[] =>
  readDefinition(object).causes.map(({ field, message }) => `${field}: ${message}`);
const at = 'spec.versions[0].schema.openAPIV3Schema';
const inSpec = (schema: JsonObject): readonly string[] =>
  faultsOf(definitionOf({}, versionOf({ type: 'object', properties: { spec: schema } })));

test('a good definition becomes a resource for each served version', (t) => {
  const version = versionOf(
    { type: 'object', properties: { spec } },
    {
      subresources: {
        status: {},
        scale: { specReplicasPath: '.spec.replicas', statusReplicasPath: '.status.replicas' },
      },
      additionalPrinterColumns: [
        { name: 'Spec', type: 'string', jsonPath: '.spec.cron' },
        { name: 'Ready', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].status', priority: 1 },
        { name: 'Replicas', type: 'integer', jsonPath: '.spec.replicas' },
      ],
      selectableFields: [{ jsonPath: '.spec.cron' }],
    },
  );
  const old = { ...version, name: 'v1beta1', storage: false, served: false };
  const { definition, causes } = readDefinition(definitionOf({ versions: [version, old] }));
  t.deepEqual(causes, []);
  const [resource, ...others] = definition === undefined ? [] : toResources(definition);
  t.is(others.length, 0);
  t.like(resource, {
    group: 'stable.example.com',
    version: 'v1',
    kind: 'CronTab',
    listKind: 'CronTabList',
    plural: 'crontabs',
    isNamespaced: true,
    isStorage: true,
    hasStatus: true,
    selectableFields: ['.spec.cron'],
  });
  t.is(resource.scale?.specReplicasPath, '.spec.replicas');
  const object = {
    spec: { cron: '5', replicas: 2 },
    status: {
      conditions: [
        { type: 'Other', status: 'False' },
        { type: 'Ready', status: 'True' },
      ],
    },
  };
  t.deepEqual(
    resource.columns.map((column) => [column.name, column.priority, column.read(object, 0)]),
    [
      ['Spec', 0, '5'],
      ['Ready', 1, 'True'],
      ['Replicas', 0, 2],
    ],
  );
  t.deepEqual(
    resource.columns.map((column) => column.read({}, 0)),
    [undefined, undefined, undefined],
  );
});

test('without columns of its own a kind shows its age', (t) => {
  const { definition } = readDefinition(definitionOf());
  const [resource] = definition === undefined ? [] : toResources(definition);
  const object = { metadata: { creationTimestamp: '2026-11-23T12:00:00Z' } };
  t.deepEqual(
    resource.columns.map(({ name, read }) => [name, read(object, Date.parse('2026-11-23T12:05:07Z'))]),
    [['Age', '5m7s']],
  );
});

test('ages are told as kubectl tells them', (t) => {
  const [second, minute, hour, day] = [1, 60, 3_600, 86_400];
  for (const [seconds, words] of [
    [0, '0s'],
    [119, '119s'],
    [2 * minute, '2m'],
    [2 * minute + second, '2m1s'],
    [10 * minute + 5, '10m'],
    [179 * minute, '179m'],
    [3 * hour + minute, '3h1m'],
    [8 * hour + minute, '8h'],
    [2 * day + hour, '2d1h'],
    [8 * day + hour, '8d'],
    [729 * day, '729d'],
    [731 * day, '2y1d'],
    [3_000 * day, '8y'],
    [-60, '<invalid>'],
  ])
    t.is(formatAge(Number(seconds) * 1_000), String(words));
});

test('names that another kind of the group has are not accepted', (t) => {
  const { definition } = readDefinition(definitionOf());
  if (definition === undefined) return t.fail();
  const status = (one: readonly JsonObject[]): unknown => one.map(({ type, status: is }) => [type, is]);
  t.deepEqual(status(judgeNames(definition, [])), [
    ['NamesAccepted', 'True'],
    ['Established', 'True'],
  ]);
  t.deepEqual(status(judgeNames(definition, toResources(definition))), [
    ['NamesAccepted', 'False'],
    ['Established', 'False'],
  ]);
});

for (const [names, reason, message] of [
  [{ plural: 'crontabs' }, 'PluralConflict', '"crontabs" is already in use'],
  [{ singular: 'crontab' }, 'SingularConflict', '"crontab" is already in use'],
  [{ shortNames: ['ct', 'crontab'] }, 'ShortNamesConflict', '["ct" is already in use, "crontab" is already in use]'],
  [{ kind: 'CronTab' }, 'KindConflict', '"CronTab" is already in use'],
  [{ listKind: 'CronTabList' }, 'ListKindConflict', '"CronTabList" is already in use'],
] as const) {
  test(`a name that is taken is told by its field: ${reason}`, (t) => {
    const { definition } = readDefinition(definitionOf());
    if (definition === undefined) return t.fail();
    const free = { plural: 'a', singular: 'b', kind: 'C', listKind: 'D', shortNames: [], categories: [] };
    const other = { ...definition, names: { ...free, ...names } };
    const [accepted] = judgeNames(other, toResources(definition));
    t.deepEqual(accepted, { type: 'NamesAccepted', status: 'False', reason, message });
    t.is(judgeNames(other, toResources(definition), other.names)[0]?.['status'], 'True', 'it has them already');
  });
}

for (const [group, annotation, status, reason] of [
  ['x.k8s.io', undefined, 'False', 'MissingAnnotation'],
  ['k8s.io', 'unapproved, an experiment', 'False', 'UnapprovedAnnotation'],
  ['x.kubernetes.io', 'https://github.com/kubernetes/kubernetes/pull/1', 'True', 'ApprovedAnnotation'],
  ['x.k8s.io', 'somebody said yes', 'False', 'InvalidAnnotation'],
  ['x.k8s.io', 'https://', 'False', 'InvalidAnnotation'],
] as const) {
  test(`a definition of ${group} that says ${annotation ?? 'nothing'} of its approval: ${reason}`, (t) => {
    const annotations = annotation === undefined ? {} : { 'api-approved.kubernetes.io': annotation };
    t.like(judgeApproval(group, annotations), { status, reason });
  });
}

test("a group that is not the Kubernetes project's own needs nobody's approval", (t) => {
  t.is(judgeApproval('stable.example.com', {}), undefined);
  t.is(judgeApproval('notk8s.io', {}), undefined);
});

for (const [more, fault] of [
  [{ group: 'nodots' }, 'spec.group: Invalid value: "nodots": should be a domain with at least one dot'],
  [{ scope: 'World' }, 'spec.scope: Unsupported value: "World": supported values: "Cluster", "Namespaced"'],
  [{ scope: undefined }, 'spec.scope: Required value'],
  [
    { names: { plural: 'others', kind: 'CronTab' } },
    'metadata.name: Invalid value: "crontabs.stable.example.com": must be spec.names.plural+"."+spec.group',
  ],
  [{ versions: [] }, 'spec.versions: Invalid value: []: must have exactly one version marked as storage version'],
  [
    { conversion: { strategy: 'Webhook' } },
    'spec.conversion.strategy: Unsupported value: "Webhook": supported values: "None"',
  ],
  [{ preserveUnknownFields: true }, 'spec.preserveUnknownFields: Invalid value: true: must be false'],
  [{ versions: [{ name: 'v1', served: true, storage: true }] }, `${at}: Required value: schemas are required`],
  [{ other: 1 }, 'spec.other: Forbidden: unknown field'],
] as const satisfies readonly (readonly [JsonObject, string])[]) {
  test(`refused: ${fault}`, (t) => {
    t.true(faultsOf(definitionOf(more)).includes(fault), faultsOf(definitionOf(more)).join('\n'));
  });
}

const under = `${at}.properties[spec]`;
for (const [schema, fault] of [
  [{}, `${under}.type: Required value: must not be empty for specified object fields`],
  [{ type: 'array' }, `${under}.items: Required value: must be specified`],
  [{ type: 'array', items: {} }, `${under}.items.type: Required value: must not be empty for specified array items`],
  [
    { type: 'text' },
    `${under}.type: Unsupported value: "text": supported values: "array", "boolean", "integer", "number", "object", "string"`,
  ],
  [{ type: 'object', $ref: '#/x' }, `${under}.$ref: Forbidden: $ref is not supported`],
  [
    { type: 'object', properties: {}, additionalProperties: { type: 'string' } },
    `${under}.additionalProperties: Forbidden: additionalProperties and properties are mutual exclusive`,
  ],
  [
    { type: 'string', anyOf: [{ type: 'string' }] },
    `${under}.anyOf[0].type: Forbidden: must be empty to be structural`,
  ],
  [
    { type: 'object', anyOf: [{ properties: { a: { minimum: 1 } } }] },
    `${under}.properties[a]: Required value: because it is defined in anyOf[0].properties[a]`,
  ],
  [
    { type: 'string', pattern: '(' },
    `${under}.pattern: Invalid value: "(": must be a valid regular expression, but isn't: `,
  ],
  [{ type: 'integer', default: 'x' }, `${under}.default: Invalid value: "x": `],
  [{ type: 'object', default: { a: 1 } }, `${under}.default: Invalid value: {"a":1}: must not have unknown fields: a`],
  [
    { type: 'array', items: { type: 'string' }, uniqueItems: true },
    `${under}.uniqueItems: Forbidden: uniqueItems cannot be set to true since the runtime complexity becomes quadratic`,
  ],
  [
    {
      type: 'array',
      items: { type: 'object', properties: { n: { type: 'string' } } },
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['n'],
    },
    `${under}.items.properties[n].default: Required value: this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property`,
  ],
  [
    { type: 'integer', 'x-kubernetes-validations': [{ rule: 'self >' }] },
    `${under}.x-kubernetes-validations[0].rule: Invalid value: "self >": compilation failed: `,
  ],
] as const satisfies readonly (readonly [JsonObject, string])[]) {
  test(`refused: ${fault}`, (t) => {
    t.true(
      inSpec(schema).some((one) => one.startsWith(fault)),
      inSpec(schema).join('\n'),
    );
  });
}

test('an integer or a string may say so once more', (t) => {
  t.deepEqual(
    inSpec({
      'x-kubernetes-int-or-string': true,
      anyOf: [{ type: 'integer' }, { type: 'string' }],
    } satisfies JsonObject),
    [],
  );
});

test('schemas within schemas end somewhere', (t) => {
  let schema: JsonObject = { type: 'string' };
  for (let depth = 0; depth < 150; depth++) schema = { type: 'object', properties: { a: schema } };
  t.true(inSpec(schema).some((one) => one.includes('schemas may not nest deeper')));
});
