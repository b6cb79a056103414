// How objects, lists and events look in each form: as they are, as rows of a table, or as metadata alone; in JSON or YAML.
// Kubernetes API concepts, "Alternate representations of resources".

import { stringify } from 'yaml';
import type { ListAnswer, WatchEvent } from '#kube/api/api-port.ts';
import { isJsonObject, type JsonObject, type KubeObject } from '#kube/api/object.ts';
import type { Resource } from '#kube/api/resource.ts';
import { apiVersionOf } from '#kube/registry/read-object.ts';
import type { Form } from './accept.ts';
import type { Answer } from './handler.ts';
import { listMetadata, type TableOptions, toPartial, toPartialList, toTable } from './table.ts';

export type Renderable = Extract<Answer, { readonly type: 'object' | 'list' }>;

/** Objects whose texts are remembered: every watch of a change asks for the same one, right after another. */
const maxTexts = 64;

export class Renderer {
  readonly #nowMs: () => number;
  readonly #texts = new Map<JsonObject, string>();

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  render(answer: Renderable): { readonly media: string; readonly text: string } {
    const { form } = answer;
    if (form.media === 'yaml') {
      const text = stringify(this.#toValue(answer), { version: '1.1', aliasDuplicateObjects: false, lineWidth: 0 });
      return { media: 'application/yaml', text };
    }
    const isPlainList = answer.type === 'list' && form.as === undefined;
    const text = isPlainList ? listText(answer) : JSON.stringify(this.#toValue(answer));
    return { media: 'application/json', text };
  }

  /** Text of each event of one watch. */
  watchRenderer(resource: Resource, form: Form): (event: WatchEvent) => string {
    const { as } = form;
    if (as === undefined) return ({ type, object }) => `{"type":"${type}","object":${this.#textOf(object)}}`;
    let hasDefinitions = true;
    return ({ type, object }) => {
      const shown = isKubeObject(object) ? this.#watched(type, object, resource, as, hasDefinitions) : object;
      if (type !== 'ERROR') hasDefinitions = false;
      return JSON.stringify({ type, object: shown });
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

  #toValue(answer: Renderable): JsonObject {
    const { form, resource } = answer;
    const { as } = form;
    if (answer.type === 'list') {
      if (as === undefined) return toList(answer.list, resource);
      if (as.kind !== 'Table') return toPartialList(answer.list, as.version);
      return toTable(answer.list.items, resource, listMetadata(answer.list), this.#tableOptions(as, true));
    }
    const { object } = answer;
    if (as === undefined) return object;
    if (as.kind !== 'Table') return toPartial(object, as.version);
    const { resourceVersion } = object.metadata;
    return toTable([object], resource, { resourceVersion }, this.#tableOptions(as, true));
  }

  #tableOptions({ version, includeObject }: NonNullable<Form['as']>, hasDefinitions: boolean): TableOptions {
    return { version, includeObject, hasDefinitions, nowMs: this.#nowMs() };
  }

  #textOf(object: JsonObject): string {
    const known = this.#texts.get(object);
    if (known !== undefined) return known;
    const text = JSON.stringify(object);
    this.#texts.set(object, text);
    const [oldest] = this.#texts.keys();
    if (this.#texts.size > maxTexts && oldest !== undefined) this.#texts.delete(oldest);
    return text;
  }
}

function toList(list: ListAnswer, resource: Resource): JsonObject {
  return {
    kind: resource.listKind,
    apiVersion: apiVersionOf(resource),
    metadata: listMetadata(list),
    items: list.items,
  };
}

/** As toList's, without making one value of everything first. */
function listText({ list, resource }: Extract<Renderable, { readonly type: 'list' }>): string {
  const head = JSON.stringify({ ...toList(list, resource), items: [] });
  return `${head.slice(0, -2)}${list.items.map((item) => JSON.stringify(item)).join(',')}]}`;
}

function isKubeObject(object: JsonObject): object is KubeObject {
  return (
    isJsonObject(object.metadata) && typeof object['kind'] === 'string' && typeof object['apiVersion'] === 'string'
  );
}
