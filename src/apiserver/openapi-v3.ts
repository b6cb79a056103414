// OpenAPI v3 of what is served, a document a group and version: what kubectl explains kinds by, and by which it learns that the server
// checks fields itself. Pure. Kubernetes documentation, "The Kubernetes API", OpenAPI V3.

import type { JsonObject } from '#kube/api/object.ts';
import { isBuiltin, type Resource } from '#kube/api/resource.ts';

/** `api/v1`, `apis/cilium.io/v2`: as the index names them. */
export function documentName({ group, version }: Pick<Resource, 'group' | 'version'>): string {
  return group === '' ? `api/${version}` : `apis/${group}/${version}`;
}

/** Of one group and version; `resources` are all of them. */
export function renderOpenApiV3(resources: readonly Resource[], title: string): Readonly<Record<string, unknown>> {
  return {
    openapi: '3.0.0',
    info: { title, version: resources[0]?.version ?? '' },
    paths: Object.fromEntries(resources.flatMap((resource) => pathsOf(resource))),
    components: {
      schemas: {
        ...metaSchemas,
        ...Object.fromEntries(
          resources.flatMap((resource) => [
            [schemaName(resource), schemaOf(resource)],
            [`${schemaName(resource)}List`, listOf(resource)],
          ]),
        ),
      },
    },
  };
}

const meta = 'io.k8s.apimachinery.pkg.apis.meta.v1';
const text = { type: 'string' };
const texts = { type: 'object', additionalProperties: text };

const metaSchemas: Readonly<Record<string, JsonObject>> = {
  [`${meta}.ObjectMeta`]: {
    description: 'What every object has: its names, its labels, and what the server keeps of it.',
    type: 'object',
    properties: {
      name: { ...text, description: 'Name, which is one of its kind in its namespace and does not change.' },
      generateName: { ...text, description: 'What a name that the server chooses begins with.' },
      namespace: { ...text, description: 'Where it lives; none for kinds of the whole cluster.' },
      labels: { ...texts, description: 'What it is selected by.' },
      annotations: { ...texts, description: 'What is noted of it and not selected by.' },
      finalizers: { type: 'array', items: text, description: 'Who has to do something before it goes.' },
      ownerReferences: {
        type: 'array',
        items: { $ref: `#/components/schemas/${meta}.OwnerReference` },
        description: 'Objects with which it goes.',
      },
      uid: { ...text, description: 'Names it for ever. From the server.' },
      resourceVersion: { ...text, description: 'When it changed last. From the server.' },
      generation: {
        type: 'integer',
        format: 'int64',
        description: 'How often what is wanted has changed. From the server.',
      },
      creationTimestamp: { ...text, format: 'date-time', description: 'From the server.' },
      deletionTimestamp: { ...text, format: 'date-time', description: 'Since when it waits to go. From the server.' },
      deletionGracePeriodSeconds: { type: 'integer', format: 'int64', description: 'From the server.' },
      managedFields: {
        type: 'array',
        items: { type: 'object' },
        description: 'Who wrote which fields. From the server.',
      },
    },
  },
  [`${meta}.OwnerReference`]: {
    description: 'Another object, with which this one goes.',
    type: 'object',
    required: ['apiVersion', 'kind', 'name', 'uid'],
    properties: {
      apiVersion: text,
      kind: text,
      name: text,
      uid: text,
      controller: { type: 'boolean', description: 'It is the one that looks after it.' },
      blockOwnerDeletion: {
        type: 'boolean',
        description: 'The other one goes after this one, when deleted in the foreground.',
      },
    },
  },
  [`${meta}.ListMeta`]: {
    description: 'What every list has.',
    type: 'object',
    properties: { resourceVersion: text, continue: text, remainingItemCount: { type: 'integer', format: 'int64' } },
  },
};

/** Groups turned round, as upstream names custom kinds; built-in ones by where they come from. */
function schemaName({ group, version, kind }: Resource): string {
  if (!isBuiltin({ group })) return `${group.split('.').toReversed().join('.')}.${version}.${kind}`;
  return `io.k8s.api.${group === '' ? 'core' : group.split('.')[0]}.${version}.${kind}`;
}

function schemaOf(resource: Resource): Readonly<Record<string, unknown>> {
  const { schema = { type: 'object' } } = resource;
  const { apiVersion: _version, kind: _kind, metadata: _metadata, ...properties } = schema.properties ?? {};
  const whole = {
    ...schema,
    properties: {
      apiVersion: { ...text, description: 'Group and version of this object.' },
      kind: { ...text, description: 'Kind of this object.' },
      metadata: { allOf: [{ $ref: `#/components/schemas/${meta}.ObjectMeta` }], description: 'Its names and labels.' },
      ...properties,
    },
    'x-kubernetes-group-version-kind': [gvkOf(resource)],
  };
  return asPublished(whole);
}

/** What an object is never without has the default {} for clients. */
function asPublished<Value>(schema: Value): Value {
  const text = JSON.stringify(schema, (key, value: unknown) => {
    if (key === 'isEmbedded') return undefined;
    const isEmbedded = typeof value === 'object' && value !== null && 'isEmbedded' in value;
    return isEmbedded ? { ...value, default: {} } : value;
  });
  return JSON.parse(text);
}

function listOf(resource: Resource): JsonObject {
  return {
    description: `A list of ${resource.kind} objects.`,
    type: 'object',
    required: ['items'],
    properties: {
      apiVersion: text,
      kind: text,
      metadata: { $ref: `#/components/schemas/${meta}.ListMeta` },
      items: { type: 'array', items: { $ref: `#/components/schemas/${schemaName(resource)}` } },
    },
    'x-kubernetes-group-version-kind': [{ ...gvkOf(resource), kind: resource.listKind }],
  };
}

function gvkOf({ group, version, kind }: Resource): JsonObject {
  return { group, version, kind };
}

const query = (name: string, type = 'string'): JsonObject => ({
  name,
  in: 'query',
  schema: { type, uniqueItems: true },
});
const readParameters = [
  query('labelSelector'),
  query('fieldSelector'),
  query('limit', 'integer'),
  query('continue'),
  query('resourceVersion'),
  query('watch', 'boolean'),
  query('timeoutSeconds', 'integer'),
];
const writeParameters = [query('dryRun'), query('fieldManager'), query('fieldValidation')];
const deleteParameters = [query('dryRun'), query('gracePeriodSeconds', 'integer'), query('propagationPolicy')];

function pathsOf(resource: Resource): readonly (readonly [string, JsonObject])[] {
  const { isNamespaced, plural } = resource;
  const within = `/${documentName(resource)}${isNamespaced ? '/namespaces/{namespace}' : ''}/${plural}`;
  const inPath = (name: string): JsonObject => ({ name, in: 'path', required: true, schema: text });
  const where = isNamespaced ? [inPath('namespace')] : [];
  const operation = (
    action: string,
    parameters: readonly JsonObject[],
    hasBody: boolean,
    answer: string,
  ): JsonObject => {
    const schema = { $ref: `#/components/schemas/${schemaName(resource)}` };
    return {
      operationId: `${action}${isNamespaced ? 'Namespaced' : ''}${resource.kind}`,
      parameters,
      ...(hasBody ? { requestBody: { content: { '*/*': { schema } } } } : {}),
      responses: {
        200: {
          description: 'OK',
          content: { 'application/json': { schema: { $ref: `#/components/schemas/${answer}` } } },
        },
      },
      'x-kubernetes-action': action,
      'x-kubernetes-group-version-kind': gvkOf(resource),
    };
  };
  const name = schemaName(resource);
  return [
    [
      within,
      {
        parameters: where,
        get: operation('list', readParameters, false, `${name}List`),
        post: operation('post', writeParameters, true, name),
        delete: operation('deletecollection', [...readParameters, ...deleteParameters], false, `${name}List`),
      },
    ],
    [
      `${within}/{name}`,
      {
        parameters: [...where, inPath('name')],
        get: operation('get', [], false, name),
        put: operation('put', writeParameters, true, name),
        patch: operation('patch', [...writeParameters, query('force', 'boolean')], true, name),
        delete: operation('delete', deleteParameters, false, name),
      },
    ],
  ];
}
