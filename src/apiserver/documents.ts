// What the server says of itself: discovery, OpenAPI, version, health. Made of the resources that are served now, and kept until those
// change.

import { createHash } from 'node:crypto';
import type { JsonObject } from '#kube/api/object.ts';
import type { Resource } from '#kube/api/resource.ts';
import { type MediaRange, readAccept } from './accept.ts';
import { ServedGroups } from './discovery.ts';
import { documentName, renderOpenApiV3 } from './openapi-v3.ts';
import { reviewKinds } from './reviews.ts';

export interface DocumentAnswer {
  readonly type: 'document';
  readonly code: number;
  readonly media: string;
  readonly text: string;
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
  readonly text: string;
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

  /** undefined: no such path. */
  answer(path: string, accept: string | undefined): DocumentAnswer | undefined {
    switch (path) {
      case '/healthz':
      case '/livez':
      case '/readyz':
        return this.#health();
      case '/version':
      case '/version/':
        return json(this.#version());
    }
    this.#follow();
    if (path === '/openapi/v2') return openApiV2(accept);
    return path.startsWith('/openapi/') ? this.#openApi(path) : this.#discovery(path, accept);
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
  #openApi(path: string): DocumentAnswer | undefined {
    const names = new Set(this.#resources.map((resource) => documentName(resource)));
    if (path === '/openapi/v3') {
      const urls = [...names].map((name): [string, JsonObject] => [name, { serverRelativeURL: this.#urlOf(name) }]);
      return json({ paths: Object.fromEntries(urls) });
    }
    const name = path.replace(/^\/openapi\/v3\//, '');
    if (!names.has(name)) return undefined;
    const { text, etag } = this.#specOf(name);
    return { type: 'document', code: 200, media: 'application/json', text, headers: { etag: `"${etag}"` } };
  }

  #urlOf(name: string): string {
    return `/openapi/v3/${name}?hash=${this.#specOf(name).etag}`;
  }

  #specOf(name: string): Spec {
    let spec = this.#specs.get(name);
    if (spec === undefined) {
      const resources = this.#resources.filter((resource) => documentName(resource) === name);
      const text = JSON.stringify(renderOpenApiV3(resources, 'Waggle'));
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

  #health(): DocumentAnswer {
    const fault = this.#deps.fault();
    const code = fault === undefined ? 200 : 500;
    return { type: 'document', code, media: 'text/plain; charset=utf-8', text: fault ?? 'ok', headers: {} };
  }

  #version(): JsonObject {
    return {
      ...kubernetes,
      gitVersion: `v${kubernetes.major}.${kubernetes.minor}.0+waggle.${this.#deps.version}`,
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

/** Describes nothing: all is in OpenAPI v3. kubectl asks here for what v3 has not, a List among others, and gives up without an answer. */
function openApiV2(accept: string | undefined): DocumentAnswer {
  const [title, version] = ['Waggle', `v${kubernetes.major}.${kubernetes.minor}`];
  const asked = readAccept(accept).find(({ type }) => type.includes('proto-openapi'));
  if (asked === undefined) return json({ swagger: '2.0', info: { title, version }, paths: {} });
  // The same as a message of gnostic's openapi.v2.Document: swagger 1, info 2 (title 1, version 2), paths 8.
  const field = (tag: number, text: string): string => String.fromCharCode((tag << 3) | 2, text.length) + text;
  const text = field(1, '2.0') + field(2, field(1, title) + field(2, version)) + field(8, '');
  return { type: 'document', code: 200, media: asked.type, text, headers: {} };
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
