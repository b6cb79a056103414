// One compiled schema a kind. `validate` is where unknown data becomes a manifest of a kind: Ajv's type
// guard carries the schema's own type, so nothing is cast.

import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import { schemas, type AnyManifest, type KindName, type Manifests } from './kinds.ts';

type Validators = { readonly [K in KindName]: ValidateFunction<Manifests[K]> };

export type Validation =
  | { readonly isValid: true; readonly manifest: AnyManifest }
  | { readonly isValid: false; readonly errors: readonly ErrorObject[] };

export class KindValidators {
  readonly #validators: Validators;

  constructor() {
    const ajv = new Ajv({ allErrors: true, useDefaults: true, strict: true, verbose: true });
    ajv.addFormat('date-time', isDateTime);
    this.#validators = {
      CiliumBGPPeeringPolicy: ajv.compile<Manifests['CiliumBGPPeeringPolicy']>(schemas.CiliumBGPPeeringPolicy),
      CiliumNode: ajv.compile<Manifests['CiliumNode']>(schemas.CiliumNode),
      Node: ajv.compile<Manifests['Node']>(schemas.Node),
      Secret: ajv.compile<Manifests['Secret']>(schemas.Secret),
    };
  }

  /** Writes defaults into `value`. */
  validate(kind: KindName, value: unknown): Validation {
    const validator = this.#validators[kind];
    if (validator(value)) return { isValid: true, manifest: value };
    return { isValid: false, errors: validator.errors ?? [] };
  }
}

/** RFC 3339 §5.6, as Kubernetes reads times. */
function isDateTime(text: string): boolean {
  const isShaped = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/.test(text);
  return isShaped && !Number.isNaN(Date.parse(text));
}
