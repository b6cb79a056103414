// The texts of manifest files → objects, and what is wrong with the rest. Pure: takes texts, gives
// values. Every complaint names file, line, field path, value and what would be right.
// Which version of a broken object stays in force is decided by manifest-store.ts.

import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import { readYaml, type FieldPath, type YamlDocument } from '#control/yaml/document.ts';
import { findNearest, formatFieldPath, formatValue } from '#control/yaml/field-path.ts';
import { kindRows, type KindRow } from './kinds.ts';
import type { StoreFault } from './port.ts';

export interface ManifestFile {
  readonly name: string;
  readonly text: string;
}

export interface ReadObject {
  /** `CiliumBGPPeeringPolicy/rack0`. */
  readonly key: string;
  readonly kind: string;
  readonly file: string;
  /** Checked against its schema, defaults filled in; metadata as written. */
  readonly value: Readonly<Record<string, unknown>>;
  readonly document: YamlDocument;
}

export interface ManifestReading {
  readonly objects: readonly ReadObject[];
  /** Objects that were recognised but refused, by key. */
  readonly refused: ReadonlySet<string>;
  /** Files of which some document could not be read at all: what they held before cannot be told. */
  readonly unreadable: ReadonlySet<string>;
  readonly faults: readonly StoreFault[];
}

const MAX_FAULTS_PER_OBJECT = 20;

export class ManifestReader {
  readonly #validators: ReadonlyMap<string, { readonly row: KindRow; readonly validate: ValidateFunction }>;

  constructor() {
    const ajv = new Ajv({ allErrors: true, useDefaults: true, strict: false, verbose: true });
    this.#validators = new Map(kindRows.map((row) => [row.kind, { row, validate: ajv.compile(row.schema) }]));
  }

  read(files: readonly ManifestFile[]): ManifestReading {
    const objects = new Map<string, ReadObject>();
    const refused = new Set<string>();
    const unreadable = new Set<string>();
    const faults: StoreFault[] = [];
    for (const file of files) {
      const reading = readYaml(file.text);
      for (const fault of reading.faults) {
        unreadable.add(file.name);
        faults.push({ where: `${file.name}:${fault.line}`, object: undefined, message: fault.message });
      }
      for (const document of reading.documents) {
        const read = this.#readObject(file.name, document, faults);
        if (read === undefined) unreadable.add(file.name);
        else if (typeof read === 'string') refused.add(read);
        else {
          const first = objects.get(read.key);
          if (first === undefined) objects.set(read.key, read);
          else {
            faults.push({
              where: `${file.name}:${document.line}`,
              object: read.key,
              message: `the same object stands in ${first.file}:${first.document.line}, which is used: remove one of them`,
            });
          }
        }
      }
    }
    return { objects: [...objects.values()], refused, unreadable, faults };
  }

  /** The object; its key when it is refused; undefined when it has no name to know it by. */
  #readObject(file: string, document: YamlDocument, faults: StoreFault[]): ReadObject | string | undefined {
    const complain = (path: FieldPath, object: string | undefined, message: string): void => {
      const field = path.length > 0 ? `${formatFieldPath(path)}: ` : '';
      faults.push({ where: `${file}:${document.lineOf(path)}`, object, message: `${field}${message}` });
    };
    const value = document.value;
    if (!isRecord(value)) {
      complain(
        [],
        undefined,
        `a Kubernetes object expected, with apiVersion, kind and metadata; found ${formatValue(value)}`,
      );
      return undefined;
    }
    const { kind, apiVersion, metadata } = value;
    const name = isRecord(metadata) ? metadata.name : undefined;
    if (typeof kind !== 'string' || typeof name !== 'string' || name === '') {
      const missing = typeof kind === 'string' ? ['metadata', 'name'] : ['kind'];
      complain(missing, undefined, 'a text is required');
      return undefined;
    }
    const key = `${kind}/${name}`;
    const entry = this.#validators.get(kind);
    if (entry === undefined) {
      const kinds = [...this.#validators.keys()];
      const nearest = findNearest(kind, kinds);
      const hint = nearest === undefined ? `supported are ${kinds.join(', ')}` : `did you mean ${nearest}?`;
      complain(['kind'], key, `${formatValue(kind)} is not supported yet; ${hint}`);
      return key;
    }
    if (apiVersion !== entry.row.apiVersion) {
      complain(['apiVersion'], key, `${formatValue(apiVersion)}: expected ${entry.row.apiVersion} for ${kind}`);
      return key;
    }
    // Defaults are written into the copy; the document keeps what the file says.
    const copy = structuredClone(value);
    if (entry.validate(copy)) return { key, kind, file, value: copy, document };
    const errors = (entry.validate.errors ?? []).filter((error) => error.keyword !== 'anyOf');
    for (const error of errors.slice(0, MAX_FAULTS_PER_OBJECT)) {
      const fault = describeSchemaError(error);
      complain(fault.path, key, fault.message);
    }
    if (errors.length > MAX_FAULTS_PER_OBJECT) complain([], key, `and ${errors.length - MAX_FAULTS_PER_OBJECT} more`);
    return key;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function describeSchemaError(error: ErrorObject): { path: FieldPath; message: string } {
  const path: (string | number)[] = error.instancePath
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .map((part) => (/^\d+$/.test(part) ? Number(part) : part));
  const value = formatValue(error.data);
  switch (error.keyword) {
    case 'additionalProperties': {
      const unknown = String(error.params.additionalProperty);
      const known: unknown = error.parentSchema?.properties;
      const nearest = isRecord(known) ? findNearest(unknown, Object.keys(known)) : undefined;
      return {
        path: [...path, unknown],
        message: `no such field${nearest === undefined ? '' : `; did you mean ${nearest}?`}`,
      };
    }
    case 'required':
      return { path: [...path, String(error.params.missingProperty)], message: 'required, but missing' };
    case 'enum':
      return { path, message: `${value}: expected one of ${error.params.allowedValues.join(', ')}` };
    case 'type':
      return { path, message: `${value}: expected ${String(error.params.type)}` };
    case 'minimum':
    case 'maximum': {
      const { minimum, maximum } = error.parentSchema ?? {};
      return { path, message: `${value}: expected ${String(minimum)}..${String(maximum)}` };
    }
    default:
      return { path, message: `${value}: ${error.message ?? error.keyword}` };
  }
}
