// The texts of manifest files → objects, and what is wrong with the rest. Pure: takes texts, gives
// values. Every complaint names file, line, field path, value and what would be right.
// Which version of a broken object stays in force is decided by manifest-store.ts.

import { readYaml, type FieldPath, type YamlDocument } from '#control/yaml/document.ts';
import { findNearest, formatFieldPath, formatValue } from '#control/yaml/field-path.ts';
import { apiVersions, isKindName, type AnyManifest } from './kinds.ts';
import type { StoreFault } from './port.ts';
import { isRecord } from './record.ts';
import { describeSchemaErrors, type FieldFault } from './schema-faults.ts';
import { KindValidators } from './validators.ts';

export interface ManifestFile {
  readonly name: string;
  readonly text: string;
}

export interface ReadObject {
  /** `CiliumBGPPeeringPolicy/rack0`, `Secret/kube-system/tor`. */
  readonly key: string;
  readonly file: string;
  /** Checked against its schema and admitted, defaults filled in. */
  readonly manifest: AnyManifest;
  /** `file:line` of a field. */
  locate(path: FieldPath): string;
}

export interface ManifestReading {
  readonly objects: readonly ReadObject[];
  /** Objects that were recognised but refused, by key. */
  readonly refused: ReadonlySet<string>;
  /** Files with something in them that may be an object from before, misspelt: nothing of theirs counts as deleted. */
  readonly doubtful: ReadonlySet<string>;
  /** Files without any document. */
  readonly empty: ReadonlySet<string>;
  readonly faults: readonly StoreFault[];
}

/** What is wrong with an object beyond its schema; none: it is admitted. */
export type Admit = (manifest: AnyManifest) => readonly FieldFault[];

const MAX_FAULTS_PER_OBJECT = 20;
const MAX_FAULTS = 1000;

/** Where an object stands: in a document of its own, or among the items of a List. */
interface Place {
  readonly file: string;
  readonly document: YamlDocument;
  readonly base: FieldPath;
  readonly value: unknown;
}

export class ManifestReader {
  readonly #validators = new KindValidators();
  readonly #admit: Admit;

  constructor(admit: Admit) {
    this.#admit = admit;
  }

  /** `preferred`: the file that an object comes from when several hold it; otherwise the first does. */
  read(files: readonly ManifestFile[], preferred: ReadonlyMap<string, string> = new Map()): ManifestReading {
    const result = new Reading(preferred);
    for (const file of files) {
      const reading = readYaml(file.text);
      if (reading.documents.length + reading.faults.length === 0) result.foundEmpty(file.name);
      for (const fault of reading.faults) {
        result.doubt(file.name);
        const message = mayHoldSecret(file.text) ? hiddenYamlFault : fault.message;
        result.complain(`${file.name}:${fault.line}`, undefined, message);
      }
      for (const document of reading.documents) {
        for (const place of expandList({ file: file.name, document, base: [], value: document.value })) {
          this.#readObject(place, result);
        }
      }
    }
    return result.finish();
  }

  #readObject(place: Place, result: Reading): void {
    const { file, value } = place;
    const locate = (path: FieldPath): string => `${file}:${place.document.lineOf([...place.base, ...path])}`;
    const complain = (key: string | undefined, { path, message }: FieldFault): void => {
      const field = formatFieldPath([...place.base, ...path]);
      result.complain(locate(path), key, field === '' ? message : `${field}: ${message}`);
    };
    if (!isRecord(value)) {
      result.doubt(file);
      const message = `${formatValue(value)}: expected a Kubernetes object with apiVersion, kind and metadata`;
      complain(undefined, { path: [], message });
      return;
    }
    const { kind, apiVersion, metadata } = value;
    const name = isRecord(metadata) ? metadata.name : undefined;
    if (typeof kind !== 'string' || typeof name !== 'string' || name === '') {
      const path = typeof kind === 'string' ? ['metadata', 'name'] : ['kind'];
      const found = typeof kind === 'string' ? name : kind;
      const message = found === undefined ? 'missing: required' : `${formatValue(found)}: expected a text`;
      result.doubt(file);
      complain(undefined, { path, message });
      return;
    }
    const key = keyOf(kind, name, metadata);
    if (!isKindName(kind)) {
      const kinds = Object.keys(apiVersions);
      const nearest = findNearest(kind, kinds);
      if (nearest !== undefined) result.doubt(file);
      const hint = nearest === undefined ? `supported are ${kinds.join(', ')}` : `did you mean ${nearest}?`;
      complain(key, { path: ['kind'], message: `${formatValue(kind)}: not supported yet; ${hint}` });
      return;
    }
    if (apiVersion !== apiVersions[kind]) {
      result.refuse(key, file);
      const found = apiVersion === undefined ? 'missing' : formatValue(apiVersion);
      complain(key, { path: ['apiVersion'], message: `${found}: expected ${apiVersions[kind]} for ${kind}` });
      return;
    }
    // Defaults are written into the copy; the document keeps what the file says.
    const validation = this.#validators.validate(kind, copyWithoutNulls(value));
    const faults = validation.isValid
      ? this.#admit(validation.manifest)
      : describeSchemaErrors(validation.errors, kind === 'Secret');
    if (validation.isValid && faults.length === 0) {
      result.add({ key, file, manifest: validation.manifest, locate });
      return;
    }
    result.refuse(key, file);
    for (const fault of faults.slice(0, MAX_FAULTS_PER_OBJECT)) complain(key, fault);
    const rest = faults.length - MAX_FAULTS_PER_OBJECT;
    if (rest > 0) complain(key, { path: [], message: `and ${rest} more faults` });
  }
}

/** Two objects of one name may live in two namespaces. */
function keyOf(kind: string, name: string, metadata: unknown): string {
  if (kind !== 'Secret') return `${kind}/${name}`;
  const namespace = isRecord(metadata) && typeof metadata.namespace === 'string' ? metadata.namespace : 'default';
  return `${kind}/${namespace}/${name}`;
}

/** A text that is no YAML cannot be asked for its kind, and a complaint about it may quote a part of it. */
function mayHoldSecret(text: string): boolean {
  return /kind["']?\s*:\s*["']?Secret\b/.test(text);
}

const hiddenYamlFault = 'not valid YAML (more is not said, because the file holds a Secret)';

/** What `kubectl get -o yaml` writes for several objects, as those objects. */
function expandList(place: Place): Place[] {
  const { value } = place;
  if (!isRecord(value) || value.kind !== 'List' || value.apiVersion !== 'v1' || !Array.isArray(value.items)) {
    return [place];
  }
  return value.items.map((item: unknown, index) => ({ ...place, base: ['items', index], value: item }));
}

/** Kubernetes reads `labels:` with nothing behind it as no labels; the same for every field of metadata. */
function copyWithoutNulls(value: Record<string, unknown>): Record<string, unknown> {
  const copy = structuredClone(value);
  if (isRecord(copy.metadata)) {
    copy.metadata = Object.fromEntries(Object.entries(copy.metadata).filter(([, field]) => field !== null));
  }
  return copy;
}

/** Gathers what the files gave. */
class Reading {
  readonly #preferred: ReadonlyMap<string, string>;
  readonly #objects = new Map<string, ReadObject>();
  readonly #refused = new Set<string>();
  readonly #doubtful = new Set<string>();
  readonly #empty = new Set<string>();
  readonly #faults: StoreFault[] = [];
  #faultsLeftOut = 0;

  constructor(preferred: ReadonlyMap<string, string>) {
    this.#preferred = preferred;
  }

  add(object: ReadObject): void {
    const first = this.#objects.get(object.key);
    const isTaken =
      first !== undefined && this.#preferred.get(object.key) === object.file && first.file !== object.file;
    const [used, other] = first === undefined || isTaken ? [object, first] : [first, object];
    this.#objects.set(used.key, used);
    if (other === undefined) return;
    const message = `the same object stands in ${used.locate([])}, which is used: remove one of them`;
    this.complain(other.locate([]), other.key, message);
  }

  refuse(key: string, file: string): void {
    this.#refused.add(key);
    this.#doubtful.add(file);
  }

  doubt(file: string): void {
    this.#doubtful.add(file);
  }

  foundEmpty(file: string): void {
    this.#empty.add(file);
  }

  complain(where: string, object: string | undefined, message: string): void {
    if (this.#faults.length < MAX_FAULTS) this.#faults.push({ where, object, message });
    else this.#faultsLeftOut++;
  }

  finish(): ManifestReading {
    const faults = [...this.#faults];
    if (this.#faultsLeftOut > 0) {
      faults.push({ where: faults[0].where, object: undefined, message: `and ${this.#faultsLeftOut} more faults` });
    }
    const objects = [...this.#objects.values()];
    return { objects, refused: this.#refused, doubtful: this.#doubtful, empty: this.#empty, faults };
  }
}
