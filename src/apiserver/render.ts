// How objects, lists and events look in each form: as they are, as rows of a table, or as metadata alone; in JSON or YAML.
// Kubernetes API concepts, "Alternate representations of resources".

import { stringify } from 'yaml';
import type { WatchEvent } from '#kube/api/api-port.ts';
import { isJsonObject, type JsonObject, type KubeObject } from '#kube/api/object.ts';
import type { Resource } from '#kube/api/resource.ts';
import { apiVersionOf } from '#kube/registry/read-object.ts';
import type { Form } from './accept.ts';
import type { Answer } from './handler.ts';
import { listMetadata, type TableOptions, toPartial, toRow, toTable } from './table.ts';

export type Renderable = Extract<Answer, { readonly type: 'object' | 'list' }>;

/** Text in pieces: of a list one for each object, so that nobody needs all of it at once. */
export interface Rendered {
  readonly media: string;
  readonly pieces: Iterable<string>;
}

/** Events whose lines are remembered: every watch of a change asks for the same one, right after another. */
const maxLines = 64;
const yamlOptions = { version: '1.1', aliasDuplicateObjects: false, lineWidth: 0 } as const;

interface Line {
  readonly type: WatchEvent['type'];
  readonly octets: Buffer;
}

export class Renderer {
  readonly #nowMs: () => number;
  readonly #lines = new Map<JsonObject, Line>();

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  render(answer: Renderable): Rendered {
    const isYaml = answer.form.media === 'yaml';
    const media = isYaml ? 'application/yaml' : 'application/json';
    if (answer.type === 'list') {
      const list = this.#toList(answer);
      return { media, pieces: isYaml ? yamlPieces(list) : jsonPieces(list) };
    }
    const value = this.#toValue(answer);
    return { media, pieces: [isYaml ? stringify(value, yamlOptions) : JSON.stringify(value)] };
  }

  /** Lines of the events of one watch. */
  watchRenderer(resource: Resource, form: Form): (event: WatchEvent) => Buffer {
    const { as } = form;
    if (as === undefined) return (event) => this.#lineOf(event);
    let hasDefinitions = true;
    return ({ type, object }) => {
      const shown = isKubeObject(object) ? this.#watched(type, object, resource, as, hasDefinitions) : object;
      if (type !== 'ERROR') hasDefinitions = false;
      return Buffer.from(`${JSON.stringify({ type, object: shown })}\n`);
    };
  }

  #watched(
    type: WatchEvent['type'],
    object: KubeObject,
    resource: Resource,
    as: NonNullable<Form['as']>,
    hasDefinitions: boolean,
  ): JsonObject {
    if (type === 'ERROR') return object;
    if (as.kind !== 'Table') return toPartial(object, as.version);
    // A bookmark is a row as well: it carries the version.
    const options = this.#tableOptions(as, hasDefinitions);
    return toTable([object], resource, { resourceVersion: object.metadata.resourceVersion }, options);
  }

  #toValue({ form, resource, object }: Extract<Renderable, { readonly type: 'object' }>): JsonObject {
    const { as } = form;
    if (as === undefined) return object;
    if (as.kind !== 'Table') return toPartial(object, as.version);
    const { resourceVersion } = object.metadata;
    return toTable([object], resource, { resourceVersion }, this.#tableOptions(as, true));
  }

  #toList({ form, resource, list }: Extract<Renderable, { readonly type: 'list' }>): List {
    const { as } = form;
    const metadata = listMetadata(list);
    if (as === undefined) {
      const head = { kind: resource.listKind, apiVersion: apiVersionOf(resource), metadata, items: [] };
      return { head, field: 'items', rows: list.items };
    }
    if (as.kind === 'Table') {
      const options = this.#tableOptions(as, true);
      const rows = mapEach(list.items, (object) => toRow(object, resource, options));
      return { head: toTable([], resource, metadata, options), field: 'rows', rows };
    }
    const head = {
      kind: 'PartialObjectMetadataList',
      apiVersion: `meta.k8s.io/${as.version}`,
      metadata,
      items: [],
    };
    return { head, field: 'items', rows: mapEach(list.items, (object) => toPartial(object, as.version)) };
  }

  #tableOptions({ version, includeObject }: NonNullable<Form['as']>, hasDefinitions: boolean): TableOptions {
    return { version, includeObject, hasDefinitions, nowMs: this.#nowMs() };
  }

  /** Made once for all watches. */
  #lineOf({ type, object }: WatchEvent): Buffer {
    const known = this.#lines.get(object);
    if (known?.type === type) return known.octets;
    const octets = Buffer.from(`{"type":"${type}","object":${JSON.stringify(object)}}\n`);
    this.#lines.delete(object);
    this.#lines.set(object, { type, octets });
    const [oldest] = this.#lines.keys();
    if (this.#lines.size > maxLines && oldest !== undefined) this.#lines.delete(oldest);
    return octets;
  }
}

/** A list before its rows are: `head` has the field last, and empty. */
interface List {
  readonly head: JsonObject;
  readonly field: 'items' | 'rows';
  readonly rows: Iterable<JsonObject>;
}

function* jsonPieces({ head, rows }: List): Generator<string> {
  yield JSON.stringify(head).slice(0, -2);
  let separator = '';
  for (const row of rows) {
    yield separator + JSON.stringify(row);
    separator = ',';
  }
  yield ']}';
}

/** Items of a list may stand as far to the left as its name. */
function* yamlPieces({ head, field, rows }: List): Generator<string> {
  const text = stringify(head, yamlOptions);
  let isEmpty = true;
  for (const row of rows) {
    if (isEmpty) yield text.replace(new RegExp(`^${field}: \\[\\]\\n$`, 'm'), `${field}:\n`);
    isEmpty = false;
    yield stringify([row], yamlOptions);
  }
  if (isEmpty) yield text;
}

function* mapEach<From, To>(items: Iterable<From>, map: (item: From) => To): Generator<To> {
  for (const item of items) yield map(item);
}

function isKubeObject(object: JsonObject): object is KubeObject {
  return (
    isJsonObject(object.metadata) && typeof object['kind'] === 'string' && typeof object['apiVersion'] === 'string'
  );
}
