// From a request that is read and somebody's to what is answered: authorization, the verb on the API, the documents about it. Knows
// methods, paths and headers, but no socket; server.ts sends what comes out. Kubernetes API concepts.

import { ApiError } from '#kube/api/api-error.ts';
import type {
  Api,
  ListAnswer,
  ObjectTarget,
  Patch,
  PatchType,
  Target,
  WatchEvent,
  Watching,
  WriteOptions,
} from '#kube/api/api-port.ts';
import type { Json, JsonObject, KubeObject } from '#kube/api/object.ts';
import type { Resource } from '#kube/api/resource.ts';
import { scaleColumns } from '#kube/builtin/columns/scale.ts';
import { everything } from '#kube/controllers/controller.ts';
import { readJson } from '#kube/registry/read-object.ts';
import { chooseForm, type Form } from './accept.ts';
import { type Body, mediaTypeOf, readBody } from './body.ts';
import type { DocumentAnswer, DocumentRequest } from './documents.ts';
import { isEviction, readEviction } from './eviction.ts';
import { forbidden } from './forbidden.ts';
import type { Identity } from './identity.ts';
import { type HeaderValues, impersonate } from './impersonation.ts';
import {
  type Query,
  readDeleteOptions,
  readDryRun,
  readFieldValidation,
  readFlag,
  readListOptions,
  readSelection,
  readWatchOptions,
} from './query.ts';
import { type Action, findPermission, type RbacObjects } from './rbac.ts';
import { readRequestInfo, type RequestInfo, type ResourceRequest } from './request-info.ts';
import { answerReview, reviewKinds } from './reviews.ts';

/** What is known before the body comes. */
export interface Head {
  readonly method: string;
  /** As it came, without the query. */
  readonly path: string;
  readonly query: Query;
  /** A text: why it is nobody's. */
  readonly who: Identity | string;
  readonly headers: HeaderValues;
}

/** A request that may be made, and by whom, as far as its head says. */
export interface Admitted {
  readonly info: RequestInfo;
  /** A text: of nobody, who may ask for this all the same. */
  readonly who: Identity | string;
}

export interface Request extends Head {
  readonly accept: string | undefined;
  readonly ifNoneMatch: string | undefined;
  readonly contentType: string | undefined;
  readonly userAgent: string | undefined;
  /** undefined: no body. */
  readonly octets: Uint8Array | undefined;
}

export type Answer =
  /** One object, as such or in another form. */
  | {
      readonly type: 'object';
      readonly code: number;
      readonly object: KubeObject;
      readonly resource: Resource;
      readonly form: Form;
    }
  | { readonly type: 'list'; readonly list: ListAnswer; readonly resource: Resource; readonly form: Form }
  /** What has no other forms: a Status, a review. */
  | { readonly type: 'json'; readonly code: number; readonly value: JsonObject }
  | DocumentAnswer
  | {
      readonly type: 'watch';
      readonly resource: Resource;
      readonly form: Form;
      readonly timeoutSeconds: number | undefined;
      readonly begin: (told: (event: WatchEvent) => void) => Watching;
    };

export interface HandlerDeps {
  readonly api: Api;
  readonly rbac: RbacObjects;
  /** Discovery, OpenAPI, version, health; undefined: no such path. */
  readonly document: (asked: DocumentRequest) => DocumentAnswer | undefined;
}

/** What anybody may ask, with a certificate or without one. */
const openPaths = new Set(['/healthz', '/livez', '/readyz', '/version', '/version/']);

const patchTypes: readonly PatchType[] = [
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
  'application/apply-patch+yaml',
];

export class Handler {
  readonly #deps: HandlerDeps;

  constructor(deps: HandlerDeps) {
    this.#deps = deps;
  }

  /** Before anything of the body is read, and before the request costs anybody anything. Throws ApiError. */
  admit({ method, path, query, who: asker, headers }: Head): Admitted {
    const who = typeof asker === 'string' ? asker : impersonate(asker, headers, this.#deps.rbac);
    const info = readRequestInfo(method, path, query.has('watch') && readFlag(query, 'watch'));
    if (info === undefined) throw notHere();
    if (openPaths.has(path)) return { info, who };
    if (typeof who === 'string') throw new ApiError('Unauthorized', `Unauthorized: ${who}`);
    this.#authorize(info, who);
    return { info, who };
  }

  /** `warn` collects what is said beside the answer. Throws ApiError, or rejects with one. */
  async answer({ info, who }: Admitted, request: Request, warn: (text: string) => void): Promise<Answer> {
    if (info.type === 'path' || typeof who === 'string') return this.#document(request);
    const review = reviewKinds.find(
      ({ group, version, plural }) => group === info.group && version === info.version && plural === info.plural,
    );
    if (review !== undefined) {
      if (info.verb !== 'create' || info.name !== undefined) throw notAllowed(info, request.method);
      const value = answerReview(review, bodyOf(request).value, who, this.#deps.rbac);
      return { type: 'json', code: 201, value };
    }
    return this.#verb(info, request, who, warn);
  }

  #authorize(info: RequestInfo, who: Identity): void {
    const action: Action = info.type === 'resource' ? actionOf(info) : info;
    if (findPermission(who, action, this.#deps.rbac) === undefined) throw forbidden(who, action);
  }

  /** Why somebody may not create what a request names; undefined: the caller may. */
  #judgeCreation(info: ResourceRequest, who: Identity): ApiError | undefined {
    const action = actionOf({ ...info, verb: 'create' });
    return findPermission(who, action, this.#deps.rbac) === undefined ? forbidden(who, action) : undefined;
  }

  #document({ method, ...asked }: Request): Answer {
    const found = this.#deps.document(asked);
    if (found === undefined) throw notHere();
    if (method !== 'GET' && method !== 'HEAD') {
      throw new ApiError('MethodNotAllowed', 'the server does not allow this method on the requested resource');
    }
    return found;
  }

  async #verb(info: ResourceRequest, request: Request, who: Identity, warn: (text: string) => void): Promise<Answer> {
    const { api } = this.#deps;
    const resource = api
      .resources()
      .find(({ group, version, plural }) => group === info.group && version === info.version && plural === info.plural);
    // A version alone is a document, /apis/apps/v1 too; of /apis/GROUP/VERSION/PLURAL nothing else is left.
    if (resource === undefined) throw notHere(info);
    if (resource.deprecationWarning !== undefined) warn(resource.deprecationWarning);
    const target = targetOf(info, resource);
    const form = chooseForm(request.accept, request.query.get('includeObject') ?? 'Metadata');
    const { query } = request;
    if (info.name === undefined) {
      if (info.verb === 'list') return { type: 'list', list: api.list(target, readListOptions(query)), resource, form };
      if (info.verb === 'watch') return this.#watch(target, query, form);
      if (info.verb === 'create') {
        const { body, options } = this.#write(request, who, warn);
        return { type: 'object', code: 201, object: await api.create(target, body, options), resource, form };
      }
      if (info.verb !== 'deletecollection') throw notAllowed(info, request.method);
      return this.#deleteAll(target, request, who, warn, form);
    }
    if (isEviction(info)) return this.#evict(target, info, request, who, warn);
    const at: ObjectTarget = { ...target, name: info.name, subresource: subresourceOf(info) };
    switch (info.verb) {
      case 'get':
        return { type: 'object', code: 200, object: api.get(at), resource: shownAs(at), form };
      case 'watch':
        // Of one object, as an old way of saying it.
        query.set('fieldSelector', `metadata.name=${info.name}`);
        return this.#watch(target, query, form);
      case 'update': {
        const { body, options } = this.#write(request, who, warn);
        return { type: 'object', code: 200, object: await api.update(at, body, options), resource: shownAs(at), form };
      }
      case 'patch': {
        const { body, options } = this.#write(request, who, warn);
        const patch = patchOf(request, body);
        const isApply = patch.type === 'application/apply-patch+yaml';
        const cannotCreate = isApply ? this.#judgeCreation(info, who) : undefined;
        const { object, isCreated } = await api.patch(at, { ...patch, cannotCreate }, options);
        return { type: 'object', code: isCreated ? 201 : 200, object, resource: shownAs(at), form };
      }
      case 'delete':
        return this.#delete(at, request, who, warn, form);
      default:
        throw notAllowed(info, request.method);
    }
  }

  #watch(target: Target, query: Query, form: Form): Answer {
    const options = readWatchOptions(query);
    const { api } = this.#deps;
    return {
      type: 'watch',
      resource: target.resource,
      form,
      timeoutSeconds: options.timeoutSeconds,
      begin: (told) => api.watch(target, options, told),
    };
  }

  async #delete(
    at: ObjectTarget,
    request: Request,
    who: Identity,
    warn: (text: string) => void,
    form: Form,
  ): Promise<Answer> {
    if (at.subresource !== undefined) throw notHere();
    const { options, isDryRun } = readDeleteOptions(request.query, jsonOf(request));
    const write = optionsOf(request, who, warn, isDryRun);
    const object = await this.#deps.api.delete(at, options, write);
    const { resource } = at;
    // It stays for its finalizers, and is shown as it waits.
    if (object.metadata.deletionTimestamp !== undefined && (object.metadata.finalizers ?? []).length > 0) {
      return { type: 'object', code: 200, object, resource, form };
    }
    const { name = at.name, uid } = object.metadata;
    const { group, plural } = resource;
    const details = { name, ...(group === '' ? {} : { group }), kind: plural, ...(uid === undefined ? {} : { uid }) };
    return {
      type: 'json',
      code: 200,
      value: { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details },
    };
  }

  async #evict(
    target: Target,
    info: ResourceRequest,
    request: Request,
    who: Identity,
    warn: (text: string) => void,
  ): Promise<Answer> {
    const { name } = info;
    if (info.verb !== 'create' || name === undefined) throw notAllowed(info, request.method);
    const { options, isDryRun } = readDeleteOptions(request.query, readEviction(jsonOf(request), info));
    const at = { ...target, name, subresource: undefined };
    await this.#deps.api.delete(at, options, optionsOf(request, who, warn, isDryRun));
    const value = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 };
    return { type: 'json', code: 201, value };
  }

  /** Answers the list of what was deleted, as upstream does. */
  async #deleteAll(
    target: Target,
    request: Request,
    who: Identity,
    warn: (text: string) => void,
    form: Form,
  ): Promise<Answer> {
    const { api } = this.#deps;
    const { options, isDryRun } = readDeleteOptions(request.query, jsonOf(request));
    const write = optionsOf(request, who, warn, isDryRun);
    const selection = readSelection(request.query);
    const { resourceVersion } = api.list(target, { ...everything, ...selection });
    const items = await api.deleteCollection(target, selection, options, write);
    const list = { items, resourceVersion, continueToken: undefined, remainingItemCount: undefined };
    return { type: 'list', list, resource: target.resource, form };
  }

  #write(
    request: Request,
    who: Identity,
    warn: (text: string) => void,
  ): { readonly body: unknown; readonly options: WriteOptions } {
    const { value, duplicates } = bodyOf(request);
    const options = optionsOf(request, who, warn, readDryRun(request.query.getAll('dryRun')));
    if (duplicates.length > 0 && options.fieldValidation !== 'Ignore') {
      const words = duplicates.map((path) => `duplicate field "${path}"`);
      if (options.fieldValidation === 'Strict') {
        throw new ApiError('BadRequest', `strict decoding error: ${words.join(', ')}`);
      }
      for (const word of words) warn(word);
    }
    return { body: value, options };
  }
}

function actionOf({ verb, group, plural, subresource, namespace, name }: ResourceRequest): Action {
  // Upstream's authorizer sees a namespace as being within itself.
  const within = group === '' && plural === 'namespaces' ? name : namespace;
  return { type: 'resource', verb, group, plural, subresource, namespace: within, name };
}

function targetOf(info: ResourceRequest, resource: Resource): Target {
  const { namespace, name, verb } = info;
  if (!resource.isNamespaced) {
    if (namespace !== undefined) throw notHere(info);
    return { resource, namespace: undefined };
  }
  const isOfAll = namespace === undefined && name === undefined && (verb === 'list' || verb === 'watch');
  if (namespace !== undefined || isOfAll) return { resource, namespace };
  throw name === undefined ? notAllowed(info, verb) : notHere(info);
}

function subresourceOf(info: ResourceRequest): ObjectTarget['subresource'] {
  const { subresource, group, plural } = info;
  if (subresource === undefined || subresource === 'status' || subresource === 'scale') return subresource;
  if (subresource === 'finalize' && group === '' && plural === 'namespaces') return subresource;
  const running = ['log', 'exec', 'attach', 'portforward', 'proxy', 'ephemeralcontainers', 'resize'];
  if (group === '' && plural === 'pods' && running.includes(subresource.split('/')[0])) {
    throw new ApiError(
      'MethodNotAllowed',
      `pods/${subresource} is not served: this API server stores Pods and runs none of them`,
      { kind: 'pods', name: info.name ?? '' },
    );
  }
  throw notHere(info);
}

/** A Scale has columns of its own, whatever it is of. */
function shownAs({ resource, subresource }: ObjectTarget): Resource {
  return subresource === 'scale' ? { ...resource, columns: scaleColumns } : resource;
}

function optionsOf(
  { query, userAgent }: Request,
  who: Identity,
  warn: (text: string) => void,
  isDryRun: boolean,
): WriteOptions {
  const named = query.get('fieldManager') ?? '';
  if (named.length > 128 || /[^\x20-\x7e\u{a0}-\u{10ffff}]/u.test(named)) {
    throw new ApiError('BadRequest', 'fieldManager: expected at most 128 printable characters');
  }
  const fieldManager = named || (userAgent ?? '').split('/')[0].slice(0, 128) || 'unknown';
  return {
    caller: { ...who, fieldManager },
    isDryRun,
    fieldValidation: readFieldValidation(query),
    warn,
  };
}

function patchOf({ contentType, query }: Request, body: unknown): Patch {
  const media = mediaTypeOf(contentType);
  const type = patchTypes.find((known) => known === media);
  if (type === undefined) {
    throw new ApiError(
      'UnsupportedMediaType',
      `the body of the request was in an unknown format - accepted media types include: ${patchTypes.join(', ')}`,
    );
  }
  const isForced = query.has('force') && readFlag(query, 'force');
  if (isForced && type !== 'application/apply-patch+yaml') {
    throw new ApiError(
      'Invalid',
      'PatchOptions.meta.k8s.io "" is invalid: force: Forbidden: may not be specified for non-apply patch',
    );
  }
  if (type === 'application/apply-patch+yaml' && (query.get('fieldManager') ?? '') === '') {
    throw new ApiError(
      'Invalid',
      'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch',
    );
  }
  return { type, body, isForced };
}

function bodyOf({ octets, contentType }: Request): Body {
  if (octets === undefined) throw new ApiError('BadRequest', 'the body of the request is empty');
  return readBody(octets, contentType);
}

function jsonOf({ octets, contentType }: Request): Json | undefined {
  return octets === undefined || octets.length === 0 ? undefined : readJson(readBody(octets, contentType).value, 0);
}

function notHere(info?: ResourceRequest): ApiError {
  const details = info === undefined ? {} : { ...(info.group === '' ? {} : { group: info.group }), kind: info.plural };
  return new ApiError('NotFound', 'the server could not find the requested resource', details);
}

function notAllowed({ group, plural }: ResourceRequest, method: string): ApiError {
  return new ApiError(
    'MethodNotAllowed',
    `the server does not allow this method on the requested resource: ${method}`,
    {
      ...(group === '' ? {} : { group }),
      kind: plural,
    },
  );
}
