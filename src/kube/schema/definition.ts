// A CustomResourceDefinition (apiextensions.k8s.io/v1) from outside: checked as upstream does, field by field, and then ours. What it
// makes the API serve is crd-resources.ts; schemas are judged by structural.ts.

import type { StatusCause } from '../api/api-error.ts';
import { isJsonObject, type Json, type JsonObject } from '../api/object.ts';
import type { OpenApiSchema } from '../api/openapi-schema.ts';
import type { PrinterColumn, ScaleSubresource } from '../api/resource.ts';
import { type ColumnPath, isFieldPath, parseColumnPath } from './column-path.ts';
import { Faults } from './faults.ts';
import { isSchema } from './schema-shape.ts';
import { checkStructural } from './structural.ts';

export interface DefinitionNames {
  readonly plural: string;
  readonly singular: string;
  readonly kind: string;
  readonly listKind: string;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
}

export interface DefinedColumn extends Omit<PrinterColumn, 'read'> {
  readonly path: ColumnPath;
}

export interface DefinedVersion {
  readonly name: string;
  readonly isServed: boolean;
  readonly isStorage: boolean;
  readonly isDeprecated: boolean;
  readonly deprecationWarning: string | undefined;
  readonly schema: OpenApiSchema;
  readonly hasStatus: boolean;
  readonly scale: ScaleSubresource | undefined;
  /** undefined: the default ones. */
  readonly columns: readonly DefinedColumn[] | undefined;
  readonly selectableFields: readonly string[];
}

export interface Definition {
  readonly group: string;
  readonly isNamespaced: boolean;
  readonly names: DefinitionNames;
  readonly versions: readonly DefinedVersion[];
}

const columnTypes = ['integer', 'number', 'string', 'boolean', 'date'] as const;
const dnsLabel = /^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/;
const labelWords =
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character";

/** Without faults there is a definition. */
export function readDefinition(object: JsonObject): {
  readonly definition: Definition | undefined;
  readonly causes: readonly StatusCause[];
} {
  const faults = new Faults();
  const definition = new Reader(faults).read(object);
  return { definition: faults.causes.length === 0 ? definition : undefined, causes: faults.causes };
}

class Reader {
  readonly #faults: Faults;

  constructor(faults: Faults) {
    this.#faults = faults;
  }

  read(object: JsonObject): Definition {
    const spec = this.#map(object, 'spec', '') ?? {};
    this.#known(spec, ['group', 'names', 'scope', 'versions', 'conversion', 'preserveUnknownFields'], 'spec');
    const group = this.#text(spec, 'group', 'spec') ?? '';
    const isGroup =
      group.includes('.') && group.split('.').every((label) => /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(label));
    if (group !== '' && !isGroup) this.#faults.invalid('spec.group', group, 'should be a domain with at least one dot');
    const scope = this.#text(spec, 'scope', 'spec');
    if (scope !== undefined && scope !== 'Cluster' && scope !== 'Namespaced') {
      this.#faults.unsupported('spec.scope', scope, ['Cluster', 'Namespaced']);
    }
    const names = this.#names(this.#map(spec, 'names', 'spec') ?? {});
    const metadata = isJsonObject(object['metadata']) ? object['metadata'] : {};
    if (metadata['name'] !== `${names.plural}.${group}`) {
      this.#faults.invalid('metadata.name', metadata['name'], 'must be spec.names.plural+"."+spec.group');
    }
    if (spec['preserveUnknownFields'] !== undefined && spec['preserveUnknownFields'] !== false) {
      this.#faults.invalid('spec.preserveUnknownFields', spec['preserveUnknownFields'], 'must be false');
    }
    this.#conversion(spec['conversion']);
    return { group, isNamespaced: scope === 'Namespaced', names, versions: this.#versions(spec) };
  }

  #names(names: JsonObject): DefinitionNames {
    this.#known(names, ['plural', 'singular', 'kind', 'listKind', 'shortNames', 'categories'], 'spec.names');
    const plural = this.#text(names, 'plural', 'spec.names') ?? '';
    const kind = this.#text(names, 'kind', 'spec.names') ?? '';
    const singular = this.#optionalText(names, 'singular', 'spec.names') ?? kind.toLowerCase();
    const listKind = this.#optionalText(names, 'listKind', 'spec.names') ?? `${kind}List`;
    const shortNames = this.#texts(names, 'shortNames', 'spec.names');
    const categories = this.#texts(names, 'categories', 'spec.names');
    const label = (value: string, field: string): void => {
      if (value !== '' && !dnsLabel.test(value)) this.#faults.invalid(`spec.names.${field}`, value, labelWords);
    };
    label(plural, 'plural');
    label(singular, 'singular');
    label(kind.toLowerCase(), 'kind');
    label(listKind.toLowerCase(), 'listKind');
    for (const [at, name] of shortNames.entries()) label(name, `shortNames[${at}]`);
    for (const [at, name] of categories.entries()) label(name, `categories[${at}]`);
    if (kind !== '' && kind === listKind) {
      this.#faults.invalid('spec.names.listKind', listKind, 'kind and listKind may not be the same');
    }
    return { plural, singular, kind, listKind, shortNames, categories };
  }

  #conversion(conversion: Json | undefined): void {
    if (conversion === undefined) return;
    const { strategy, ...rest } = isJsonObject(conversion) ? conversion : {};
    if (strategy !== 'None') this.#faults.unsupported('spec.conversion.strategy', strategy, ['None']);
    else if (Object.keys(rest).length > 0) {
      this.#faults.forbidden('spec.conversion.webhook', 'should not be set when strategy is not set to Webhook');
    }
  }

  #versions(spec: JsonObject): readonly DefinedVersion[] {
    const versions = this.#maps(spec, 'versions', 'spec').map(([version, path]) => this.#version(version, path));
    if (versions.length === 0) this.#faults.required('spec.versions');
    if (versions.filter(({ isStorage }) => isStorage).length !== 1) {
      this.#faults.invalid(
        'spec.versions',
        spec['versions'],
        'must have exactly one version marked as storage version',
      );
    }
    const names = versions.map(({ name }) => name);
    if (new Set(names).size !== names.length) {
      this.#faults.invalid('spec.versions', spec['versions'], 'must contain unique version names');
    }
    return versions;
  }

  #version(version: JsonObject, path: string): DefinedVersion {
    const known = ['name', 'served', 'storage', 'deprecated', 'deprecationWarning', 'schema', 'subresources'];
    this.#known(version, [...known, 'additionalPrinterColumns', 'selectableFields'], path);
    const name = this.#text(version, 'name', path) ?? '';
    if (name !== '' && !dnsLabel.test(name)) this.#faults.invalid(`${path}.name`, name, labelWords);
    const subresources = this.#map(version, 'subresources', path, true) ?? {};
    this.#known(subresources, ['status', 'scale'], `${path}.subresources`);
    const isDeprecated = this.#flag(version, 'deprecated', path, false);
    const deprecationWarning = this.#optionalText(version, 'deprecationWarning', path);
    if (deprecationWarning !== undefined && !isDeprecated) {
      this.#faults.invalid(`${path}.deprecationWarning`, deprecationWarning, 'can only be set for deprecated versions');
    }
    return {
      name,
      isServed: this.#flag(version, 'served', path),
      isStorage: this.#flag(version, 'storage', path),
      isDeprecated,
      deprecationWarning,
      schema: this.#schema(version, path),
      hasStatus: subresources['status'] !== undefined,
      scale: this.#scale(subresources, `${path}.subresources`),
      columns: version['additionalPrinterColumns'] === undefined ? undefined : this.#columns(version, path),
      selectableFields: this.#maps(version, 'selectableFields', path).map(([one, at]) =>
        this.#fieldPath(one, 'jsonPath', at),
      ),
    };
  }

  #schema(version: JsonObject, path: string): OpenApiSchema {
    const whole = this.#map(version, 'schema', path, true) ?? {};
    const where = `${path}.schema.openAPIV3Schema`;
    const schema = whole['openAPIV3Schema'];
    if (schema === undefined) this.#faults.required(where, 'schemas are required');
    else if (isSchema(schema, where, this.#faults)) {
      checkStructural(schema, where, this.#faults);
      return schema;
    }
    return {};
  }

  #scale(subresources: JsonObject, path: string): ScaleSubresource | undefined {
    const scale = this.#map(subresources, 'scale', path, true);
    if (scale === undefined) return undefined;
    this.#known(scale, ['specReplicasPath', 'statusReplicasPath', 'labelSelectorPath'], `${path}.scale`);
    return {
      specReplicasPath: this.#fieldPath(scale, 'specReplicasPath', `${path}.scale`, '.spec.'),
      statusReplicasPath: this.#fieldPath(scale, 'statusReplicasPath', `${path}.scale`, '.status.'),
      labelSelectorPath:
        scale['labelSelectorPath'] === undefined
          ? undefined
          : this.#fieldPath(scale, 'labelSelectorPath', `${path}.scale`),
    };
  }

  #columns(version: JsonObject, path: string): readonly DefinedColumn[] {
    return this.#maps(version, 'additionalPrinterColumns', path).map(([column, at]) => {
      this.#known(column, ['name', 'type', 'format', 'description', 'priority', 'jsonPath'], at);
      const named = this.#text(column, 'type', at);
      const type = columnTypes.find((one) => one === named);
      if (named !== undefined && type === undefined) this.#faults.unsupported(`${at}.type`, named, columnTypes);
      const text = this.#text(column, 'jsonPath', at);
      const parsed = text === undefined ? [] : parseColumnPath(text);
      if (parsed === undefined) this.#faults.invalid(`${at}.jsonPath`, text, 'is not a JSON path that columns support');
      const { priority = 0 } = column;
      if (!Number.isInteger(priority)) this.#faults.invalid(`${at}.priority`, priority, 'must be a whole number');
      return {
        name: this.#text(column, 'name', at) ?? '',
        type: type ?? 'string',
        format: this.#optionalText(column, 'format', at) ?? '',
        description: this.#optionalText(column, 'description', at) ?? '',
        priority: Number(priority),
        path: parsed ?? [],
      };
    });
  }

  #fieldPath(of: JsonObject, name: string, path: string, prefix = '.'): string {
    const text = this.#text(of, name, path) ?? '';
    const parsed = parseColumnPath(text);
    if (text !== '' && (parsed === undefined || !isFieldPath(parsed) || !text.startsWith(prefix))) {
      this.#faults.invalid(
        `${path}.${name}`,
        text,
        `should be a json path of fields under ${prefix === '.' ? 'the object' : prefix}`,
      );
    }
    return text;
  }

  #known(of: JsonObject, names: readonly string[], path: string): void {
    for (const name of Object.keys(of))
      if (!names.includes(name)) this.#faults.forbidden(`${path}.${name}`, 'unknown field');
  }

  #text(of: JsonObject, name: string, path: string): string | undefined {
    const text = this.#optionalText(of, name, path);
    if (of[name] === undefined || text === '') this.#faults.required(`${path}.${name}`);
    return text;
  }

  #optionalText(of: JsonObject, name: string, path: string): string | undefined {
    const value = of[name];
    if (value === undefined || typeof value === 'string') return value;
    this.#faults.invalid(`${path}.${name}`, value, 'must be a string');
    return undefined;
  }

  #texts(of: JsonObject, name: string, path: string): readonly string[] {
    const value = of[name] ?? [];
    if (Array.isArray(value) && value.every((one: Json) => typeof one === 'string')) return value;
    this.#faults.invalid(`${path}.${name}`, value, 'must be a list of strings');
    return [];
  }

  #flag(of: JsonObject, name: string, path: string, otherwise?: boolean): boolean {
    const value = of[name] ?? otherwise;
    if (typeof value === 'boolean') return value;
    if (value === undefined) this.#faults.required(`${path}.${name}`);
    else this.#faults.invalid(`${path}.${name}`, value, 'must be true or false');
    return false;
  }

  #map(of: JsonObject, name: string, path: string, isOptional = false): JsonObject | undefined {
    const value = of[name];
    const where = path === '' ? name : `${path}.${name}`;
    if (isJsonObject(value)) return value;
    if (value !== undefined) this.#faults.invalid(where, value, 'must be an object');
    else if (!isOptional) this.#faults.required(where);
    return undefined;
  }

  #maps(of: JsonObject, name: string, path: string): (readonly [JsonObject, string])[] {
    const value = of[name] ?? [];
    if (!Array.isArray(value)) {
      this.#faults.invalid(`${path}.${name}`, value, 'must be a list');
      return [];
    }
    return value.map((one: Json, at) => {
      const where = `${path}.${name}[${at}]`;
      if (isJsonObject(one)) return [one, where];
      this.#faults.invalid(where, one, 'must be an object');
      return [{}, where];
    });
  }
}
