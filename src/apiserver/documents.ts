// What the server says of itself: discovery, OpenAPI, version, health. Made of the resources that are served now, and kept until those
// change.

import { createHash } from 'node:crypto';
import type { JsonObject } from '#kube/api/object.ts';
import type { Resource } from '#kube/api/resource.ts';
import { type MediaRange, readAccept } from './accept.ts';
import { ServedGroups } from './discovery.ts';
import type { Request } from './handler.ts';
import { answerHealth } from './health.ts';
import { chooseOpenApiV2, renderOpenApiV2 } from './openapi-v2.ts';
import { encodeOpenApiV2 } from './openapi-v2-protobuf.ts';
import { documentName, renderOpenApiV3 } from './openapi-v3.ts';
import { reviewKinds } from './reviews.ts';

/** Of the request, what documents are asked by. */
export type DocumentRequest = Pick<Request, 'path' | 'query' | 'accept' | 'ifNoneMatch' | 'who'>;

export interface DocumentAnswer {
  readonly type: 'document';
  readonly code: number;
  readonly media: string;
  readonly text: string | Uint8Array;
  readonly headers: Readonly<Record<string, string>>;
}

export interface DocumentsDeps {
  readonly resources: () => readonly Resource[];
  /** `127.0.0.1:6443` */
  readonly address: string;
  readonly version: string;
  /** What keeps the server from serving, in words; undefined: nothing. */
  readonly fault: () => string | undefined;
}

interface Spec {
  readonly text: string | Uint8Array;
  readonly etag: string;
}

/** The release whose API this one speaks: clients compare their own with it. */
const kubernetes = { major: '1', minor: '35' } as const;

export class Documents {
  readonly #deps: DocumentsDeps;
  #resources: readonly Resource[] = [];
  #groups = new ServedGroups([], []);
  readonly #specs = new Map<string, Spec>();

  constructor(deps: DocumentsDeps) {
    this.#deps = deps;
  }

  /** undefined: no such path. Throws ApiError NotAcceptable. */
  answer({ path, query, accept, ifNoneMatch, who }: DocumentRequest): DocumentAnswer | undefined {
    const checks = [
      { name: 'ping', fault: undefined },
      { name: 'store', fault: this.#deps.fault() },
    ];
    const health = answerHealth(path, query, typeof who !== 'string', checks);
    if (health !== undefined) {
      return { type: 'document', media: 'text/plain; charset=utf-8', headers: {}, ...health };
    }
    if (path === '/version' || path === '/version/') return json(this.#version());
    this.#follow();
    return path.startsWith('/openapi/') ? this.#openApi(path, accept, ifNoneMatch) : this.#discovery(path, accept);
  }

  /** Every change of what is served makes a new list. */
  #follow(): void {
    const resources = this.#deps.resources();
    if (resources === this.#resources) return;
    this.#resources = resources;
    this.#groups = new ServedGroups(resources, reviewKinds);
    this.#specs.clear();
  }

  /** Each document is made when it is first asked for; its hash says when it has changed. */
  #openApi(path: string, accept: string | undefined, ifNoneMatch: string | undefined): DocumentAnswer | undefined {
    if (path === '/openapi/v2') {
      const { media, isProtobuf } = chooseOpenApiV2(accept);
      const name = isProtobuf ? 'v2.pb' : 'v2';
      const spec = this.#specOf(name, () => {
        const document = renderOpenApiV2(this.#resources, 'Waggle', this.#gitVersion);
        return isProtobuf ? encodeOpenApiV2(document) : JSON.stringify(document);
      });
      return answerSpec(spec, media, ifNoneMatch);
    }
    const names = new Set(this.#resources.map((resource) => documentName(resource)));
    if (path === '/openapi/v3') {
      const urls = [...names].map((name): [string, JsonObject] => [name, { serverRelativeURL: this.#urlOf(name) }]);
      return json({ paths: Object.fromEntries(urls) });
    }
    const name = path.replace(/^\/openapi\/v3\//, '');
    return names.has(name) ? answerSpec(this.#v3Of(name), 'application/json', ifNoneMatch) : undefined;
  }

  #urlOf(name: string): string {
    return `/openapi/v3/${name}?hash=${this.#v3Of(name).etag}`;
  }

  #v3Of(name: string): Spec {
    return this.#specOf(name, () => {
      const resources = this.#resources.filter((resource) => documentName(resource) === name);
      return JSON.stringify(renderOpenApiV3(resources, 'Waggle'));
    });
  }

  #specOf(name: string, render: () => string | Uint8Array): Spec {
    let spec = this.#specs.get(name);
    if (spec === undefined) {
      const text = render();
      spec = { text, etag: createHash('sha256').update(text).digest('hex').toUpperCase() };
      this.#specs.set(name, spec);
    }
    return spec;
  }

  #discovery(path: string, accept: string | undefined): DocumentAnswer | undefined {
    const [root, group, version, ...rest] = path.replace(/^\//, '').replace(/\/$/, '').split('/');
    if (rest.length > 0) return undefined;
    const isCore = root === 'api';
    if (!isCore && root !== 'apis') return path === '/' ? json(paths) : undefined;
    if (group === undefined) {
      const aggregated = chooseAggregated(accept);
      if (aggregated !== undefined) {
        const media = `application/json;g=apidiscovery.k8s.io;v=${aggregated};as=APIGroupDiscoveryList`;
        return json(this.#groups.aggregated(isCore, aggregated), media);
      }
      return json(isCore ? this.#groups.coreVersions(this.#deps.address) : this.#groups.groupList());
    }
    const found = isCore
      ? version === undefined
        ? this.#groups.resourceList('', group)
        : undefined
      : version === undefined
        ? this.#groups.group(group)
        : this.#groups.resourceList(group, version);
    return found === undefined ? undefined : json(found);
  }

  get #gitVersion(): string {
    return `v${kubernetes.major}.${kubernetes.minor}.0+waggle.${this.#deps.version}`;
  }

  #version(): JsonObject {
    return {
      ...kubernetes,
      gitVersion: this.#gitVersion,
      gitCommit: '',
      gitTreeState: 'clean',
      buildDate: '1970-01-01T00:00:00Z',
      goVersion: `node ${process.versions.node}`,
      compiler: 'v8',
      platform: `${process.platform}/${process.arch === 'x64' ? 'amd64' : process.arch}`,
    };
  }
}

const paths: JsonObject = {
  paths: ['/api', '/api/v1', '/apis', '/healthz', '/livez', '/openapi/v2', '/openapi/v3', '/readyz', '/version'],
};

/** Nothing, when it is what the client has already. */
function answerSpec({ text, etag }: Spec, media: string, ifNoneMatch: string | undefined): DocumentAnswer {
  const headers = { etag: `"${etag}"`, vary: 'Accept' };
  const isKnown = (ifNoneMatch ?? '')
    .split(',')
    .some((one) => ['*', headers.etag].includes(one.trim().replace(/^W\//, '')));
  return isKnown
    ? { type: 'document', code: 304, media, text: '', headers }
    : { type: 'document', code: 200, media, text, headers };
}

/** Which version of apidiscovery.k8s.io is liked best; undefined: the old way is. */
function chooseAggregated(accept: string | undefined): string | undefined {
  for (const range of readAccept(accept)) {
    const version = aggregatedOf(range);
    if (version !== undefined) return version;
    if (range.type === 'application/json' || range.type === '*/*') return undefined;
  }
  return undefined;
}

function aggregatedOf({ type, parameters }: MediaRange): string | undefined {
  const version = parameters.get('v');
  const isAsked = parameters.get('as') === 'APIGroupDiscoveryList' && parameters.get('g') === 'apidiscovery.k8s.io';
  return type === 'application/json' && isAsked && (version === 'v2' || version === 'v2beta1') ? version : undefined;
}

function json(value: JsonObject, media = 'application/json'): DocumentAnswer {
  return { type: 'document', code: 200, media, text: JSON.stringify(value), headers: {} };
}
