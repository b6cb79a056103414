// OpenAPI v2 of everything that is served, in one document: older clients read kinds from it. Made of the documents of version 3, without
// what version 2 cannot say. Pure. Kubernetes documentation, "The Kubernetes API", OpenAPI V2; upstream's rules for custom kinds.

import { ApiError } from '#kube/api/api-error.ts';
import { isJsonObject, type Json, type JsonObject } from '#kube/api/object.ts';
import type { Resource } from '#kube/api/resource.ts';
import { readJson } from '#kube/registry/read-object.ts';
import { readAccept } from './accept.ts';
import { documentName, renderOpenApiV3 } from './openapi-v3.ts';

const asked = 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf';
/** As it is answered: an at sign is not for media types. */
const answered = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf';

/** Throws ApiError NotAcceptable. */
export function chooseOpenApiV2(accept: string | undefined): { readonly media: string; readonly isProtobuf: boolean } {
  const json = { media: 'application/json', isProtobuf: false };
  if ((accept ?? '').trim() === '') return json;
  for (const { type } of readAccept(accept)) {
    if (['application/json', 'application/*', '*/*'].includes(type)) return json;
    if (type === asked || type === answered) return { media: answered, isProtobuf: true };
  }
  throw new ApiError('NotAcceptable', `only the following media types are accepted: application/json, ${answered}`);
}

export function renderOpenApiV2(resources: readonly Resource[], title: string, version: string): JsonObject {
  const names = [...new Set(resources.map((resource) => documentName(resource)))];
  const documents = names.map((name) => {
    const document = renderOpenApiV3(
      resources.filter((resource) => documentName(resource) === name),
      title,
    );
    return mapOf(readJson(document, 0));
  });
  const schemas = documents.flatMap((document) => Object.entries(mapOf(mapOf(document['components'])['schemas'])));
  const paths = documents.flatMap((document) => Object.entries(mapOf(document['paths'])));
  return {
    swagger: '2.0',
    info: { title, version },
    paths: Object.fromEntries(paths.map(([path, item]) => [path, toPathItem(mapOf(item))])),
    definitions: Object.fromEntries(schemas.map(([name, schema]) => [name, toSchema(schema)])),
  };
}

/** Of a schema, what version 2 has no word for. */
const unknown = new Set(['anyOf', 'oneOf', 'not', 'allOf', 'nullable']);

function toSchema(value: Json | undefined): JsonObject {
  const schema = mapOf(value);
  const { allOf } = schema;
  // A reference with a description beside it.
  const [wrapped] = Array.isArray(allOf) && allOf.length === 1 ? allOf : [];
  const { $ref = mapOf(wrapped)['$ref'], description } = schema;
  if (typeof $ref === 'string') {
    return {
      ...(description === undefined ? {} : { description }),
      $ref: $ref.replace('#/components/schemas/', '#/definitions/'),
    };
  }
  const kept = Object.entries(schema).filter(([name]) => !unknown.has(name) && !isLeftOut(name, schema));
  const fields = Object.fromEntries(kept.map(([name, field]) => [name, toField(name, field)]));
  // Upstream's own integers or strings.
  return schema['x-kubernetes-int-or-string'] === true
    ? { ...fields, type: 'string', format: 'int-or-string' }
    : fields;
}

/** Old clients would refuse what they see no type or other fields for: null, and whatever may stand there. */
function isLeftOut(name: string, schema: JsonObject): boolean {
  if (schema['nullable'] === true && ['type', 'properties', 'items'].includes(name)) return true;
  const isAnything = schema['x-kubernetes-preserve-unknown-fields'] === true;
  return isAnything && ['properties', 'items', 'additionalProperties'].includes(name);
}

function toField(name: string, field: Json | undefined): Json {
  switch (name) {
    case 'properties':
      return Object.fromEntries(Object.entries(mapOf(field)).map(([key, schema]) => [key, toSchema(schema)]));
    case 'items':
      return toSchema(field);
    case 'additionalProperties':
      return isJsonObject(field) ? toSchema(field) : (field ?? true);
    default:
      return field ?? null;
  }
}

function toPathItem(item: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(item).map(([name, value]) => [
      name,
      name === 'parameters' ? toParameters(value) : toOperation(mapOf(value)),
    ]),
  );
}

function toParameters(value: Json | undefined): readonly JsonObject[] {
  const list = Array.isArray(value) ? value : [];
  return list.map((one: Json) => {
    const { schema, ...parameter } = mapOf(one);
    return { ...parameter, ...mapOf(schema) };
  });
}

function toOperation(operation: JsonObject): JsonObject {
  const { requestBody, responses, parameters, ...rest } = operation;
  const body = contentOf(requestBody, '*/*');
  const ok = mapOf(mapOf(responses)['200']);
  const schema = contentOf(ok, 'application/json');
  const inBody = body === undefined ? [] : [{ name: 'body', in: 'body', required: true, schema: toSchema(body) }];
  return {
    ...rest,
    consumes: ['*/*'],
    produces: ['application/json', 'application/yaml'],
    parameters: [...inBody, ...toParameters(parameters)],
    responses: {
      200: { description: ok['description'] ?? 'OK', ...(schema === undefined ? {} : { schema: toSchema(schema) }) },
    },
  };
}

function contentOf(message: Json | undefined, media: string): Json | undefined {
  return mapOf(mapOf(mapOf(message)['content'])[media])['schema'];
}

function mapOf(value: Json | undefined): JsonObject {
  return isJsonObject(value) ? value : {};
}
