// A body that claims to be an object of a kind: is it one at all, and does it say the same as the URL? What its fields mean is
// judged later, by the kind's schema. Messages are upstream's.

import { ApiError } from '../api/api-error.ts';
import { isJsonObject, type Json, type JsonObject, type KubeObject } from '../api/object.ts';
import type { Resource } from '../api/resource.ts';
import { isRecord } from '../record.ts';

/** Deeper JSON is no object of anybody's; upstream's limit for custom resources is of the same order. */
const maxDepth = 200;

type Named = Pick<Resource, 'group' | 'version' | 'kind' | 'isNamespaced'>;

/** A copy: whoever gave the body may change it afterwards. Throws ApiError BadRequest. */
export function readObject(body: unknown, resource: Named, namespace: string | undefined): KubeObject {
  return asObject(readJson(body, 0), resource, namespace);
}

/** The same for JSON of our own, which is shared and not copied: what a patch made has most of its parts from what is stored. */
export function readPatched(object: Json, resource: Named, namespace: string | undefined): KubeObject {
  checkDepth(object, 0);
  return asObject(object, resource, namespace);
}

function asObject(object: Json, resource: Named, namespace: string | undefined): KubeObject {
  if (!isJsonObject(object)) throw new ApiError('BadRequest', 'the request body is not an object');
  const { apiVersion, kind, metadata = {} } = object;
  const expected = apiVersionOf(resource);
  if (apiVersion !== expected) {
    throw new ApiError(
      'BadRequest',
      `the API version in the data (${textOf(apiVersion)}) does not match the expected API version (${expected})`,
    );
  }
  if (kind !== resource.kind) {
    throw new ApiError(
      'BadRequest',
      `${textOf(kind)} in version ${expected} cannot be handled as a ${resource.kind}: the kind in the data does not match`,
    );
  }
  if (!isJsonObject(metadata)) throw new ApiError('BadRequest', 'metadata is not an object');
  const said = withoutNulls(metadata);
  checkMetadata(said);
  const given = said.namespace;
  if (resource.isNamespaced && given !== undefined && given !== '' && given !== namespace) {
    throw new ApiError(
      'BadRequest',
      `the namespace of the provided object does not match the namespace sent on the request`,
    );
  }
  return { ...object, apiVersion: expected, kind: resource.kind, metadata: said };
}

/** Throws ApiError BadRequest when the object is not the one that the URL names. */
export function checkName({ metadata }: KubeObject, name: string): void {
  if (metadata.name === name) return;
  throw new ApiError(
    'BadRequest',
    `the name of the object (${metadata.name ?? ''}) does not match the name on the URL (${name})`,
  );
}

export function apiVersionOf({ group, version }: Pick<Resource, 'group' | 'version'>): string {
  return group === '' ? version : `${group}/${version}`;
}

/** What is not JSON (a parser's dates, undefined in a list) is refused, as is what is too deep. */
export function readJson(value: unknown, depth: number): Json {
  if (depth > maxDepth) throw tooDeep();
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return value;
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new ApiError('BadRequest', 'a number of the object is not finite');
    return value;
  }
  if (Array.isArray(value)) return value.map((item) => readJson(item, depth + 1));
  if (isRecord(value) && [Object.prototype, null].includes(Object.getPrototypeOf(value))) {
    return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, readJson(field, depth + 1)]));
  }
  throw new ApiError('BadRequest', `a value of type ${typeof value} is not JSON`);
}

function checkDepth(value: Json | undefined, depth: number): void {
  if (depth > maxDepth) throw tooDeep();
  if (typeof value !== 'object' || value === null) return;
  if (Array.isArray(value)) for (const item of value as readonly Json[]) checkDepth(item, depth + 1);
  else for (const field of Object.values(value)) checkDepth(field, depth + 1);
}

function tooDeep(): ApiError {
  return new ApiError('BadRequest', `the object is nested more than ${maxDepth} levels deep`);
}

/** A field that is null is absent. */
function withoutNulls(metadata: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(metadata).filter(([, value]) => value !== null));
}

const texts = ['name', 'generateName', 'namespace', 'uid', 'resourceVersion', 'creationTimestamp', 'deletionTimestamp'];

/** The shape of what this server itself reads of metadata, whatever the kind. */
function checkMetadata(metadata: JsonObject): void {
  const wrong = (field: string, expected: string): ApiError =>
    new ApiError('BadRequest', `metadata.${field}: expected ${expected}`);
  for (const field of texts) {
    const value = metadata[field];
    if (value !== undefined && typeof value !== 'string') throw wrong(field, 'a string');
  }
  for (const field of ['labels', 'annotations']) {
    const value = metadata[field];
    if (value === undefined) continue;
    const isMap = isJsonObject(value) && Object.values(value).every((text) => typeof text === 'string');
    if (!isMap) throw wrong(field, 'a map of strings');
  }
  const { finalizers, ownerReferences } = metadata;
  const isTexts = (value: Json): boolean => Array.isArray(value) && value.every((text) => typeof text === 'string');
  if (finalizers !== undefined && !isTexts(finalizers)) {
    throw wrong('finalizers', 'a list of strings');
  }
  if (ownerReferences === undefined) return;
  if (!Array.isArray(ownerReferences)) throw wrong('ownerReferences', 'a list');
  for (const owner of ownerReferences) {
    const isOwner =
      isJsonObject(owner) && ['apiVersion', 'kind', 'name', 'uid'].every((field) => typeof owner[field] === 'string');
    if (!isOwner) throw wrong('ownerReferences', 'apiVersion, kind, name and uid of each');
  }
}

function textOf(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}
