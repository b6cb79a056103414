// What a request asks for, read from its method and path alone: a verb on a resource, or a path that is none. Authorization and the
// handler both go by it, so that nobody is allowed one thing and given another. Kubernetes documentation, "Request verbs".

/** Of a resource: get, list, watch, create, update, patch, delete, deletecollection. Of a path: the method. */
export interface ResourceRequest {
  readonly type: 'resource';
  readonly verb: string;
  /** '' for the core group. */
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  /** undefined: all namespaces, or none for kinds that live in none. */
  readonly namespace: string | undefined;
  readonly name: string | undefined;
  /** `status`; with what follows it, as `proxy/a/b`. */
  readonly subresource: string | undefined;
  readonly path: string;
}

export interface PathRequest {
  readonly type: 'path';
  readonly verb: string;
  readonly path: string;
}

export type RequestInfo = ResourceRequest | PathRequest;

const maxSegments = 32;
/** What may follow the name of a namespace and is not a kind within it. */
const namespaceSubresources = new Set(['status', 'finalize']);

/** `isWatch`: the query asks for one. undefined: the path cannot be read. */
export function readRequestInfo(method: string, path: string, isWatch: boolean): RequestInfo | undefined {
  const segments = decode(path);
  if (segments === undefined) return undefined;
  const asPath: PathRequest = { type: 'path', verb: method.toLowerCase(), path };
  const prefix = splitVersion(segments);
  if (prefix === undefined) return asPath;
  const { group, version, rest } = prefix;
  const [first, second, ...more] = rest;
  if (first === undefined) return asPath;
  const isOfNamespace =
    first === 'namespaces' && second !== undefined && more.length > 0 && !namespaceSubresources.has(more[0]);
  const [plural, name, ...below] = isOfNamespace ? more : rest;
  return {
    type: 'resource',
    verb: verbOf(method, name !== undefined, isWatch),
    group,
    version,
    plural,
    namespace: isOfNamespace ? second : undefined,
    name,
    subresource: below.length === 0 ? undefined : below.join('/'),
    path,
  };
}

function splitVersion(
  segments: readonly string[],
): { readonly group: string; readonly version: string; readonly rest: readonly string[] } | undefined {
  const [root, ...rest] = segments;
  if (root === 'api' && rest.length > 1) return { group: '', version: rest[0], rest: rest.slice(1) };
  if (root === 'apis' && rest.length > 2) return { group: rest[0], version: rest[1], rest: rest.slice(2) };
  return undefined;
}

function verbOf(method: string, isNamed: boolean, isWatch: boolean): string {
  switch (method) {
    case 'GET':
    case 'HEAD':
      if (isWatch) return 'watch';
      return isNamed ? 'get' : 'list';
    case 'POST':
      return 'create';
    case 'PUT':
      return 'update';
    case 'PATCH':
      return 'patch';
    case 'DELETE':
      return isNamed ? 'delete' : 'deletecollection';
    default:
      return method.toLowerCase();
  }
}

/** undefined: too many, empty ones in the middle, or octets that are no text. */
function decode(path: string): readonly string[] | undefined {
  const parts = path.replace(/^\//, '').replace(/\/$/, '').split('/');
  if (parts.length > maxSegments) return undefined;
  if (parts.length > 1 && parts.includes('')) return undefined;
  try {
    return parts.map((part) => decodeURIComponent(part));
  } catch {
    return undefined;
  }
}
