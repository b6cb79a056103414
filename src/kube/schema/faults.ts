// Faults of a definition as they are found, in upstream's words (field.Error): the kinds of fault that people know, each with its
// field. What the words after the kind say is the business of who finds it.

import type { StatusCause } from '../api/api-error.ts';
import type { Json } from '../api/object.ts';

const maxFaults = 100;
/** Characters of a value that a message shows. */
const maxShown = 256;

export class Faults {
  readonly #causes: StatusCause[] = [];

  get causes(): readonly StatusCause[] {
    return this.#causes;
  }

  /** What somebody else found. */
  add(causes: readonly StatusCause[]): void {
    for (const { reason, field, message } of causes) this.#add(reason, field, message);
  }

  required(field: string, detail = ''): void {
    this.#add('FieldValueRequired', field, detail === '' ? 'Required value' : `Required value: ${detail}`);
  }

  invalid(field: string, value: Json | undefined, detail: string): void {
    this.#add('FieldValueInvalid', field, `Invalid value: ${show(value)}: ${detail}`);
  }

  forbidden(field: string, detail: string): void {
    this.#add('FieldValueForbidden', field, `Forbidden: ${detail}`);
  }

  duplicate(field: string, value: Json, detail = ''): void {
    const words = detail === '' ? '' : `: ${detail}`;
    this.#add('FieldValueDuplicate', field, `Duplicate value: ${show(value)}${words}`);
  }

  unsupported(field: string, value: Json | undefined, supported: readonly string[]): void {
    const values = supported.map((one) => JSON.stringify(one)).join(', ');
    this.#add('FieldValueNotSupported', field, `Unsupported value: ${show(value)}: supported values: ${values}`);
  }

  notFound(field: string, value: Json): void {
    this.#add('FieldValueNotFound', field, `Not found: ${show(value)}`);
  }

  tooLong(field: string, maxBytes: number): void {
    this.#add('FieldValueTooLong', field, `Too long: may not be more than ${maxBytes} bytes`);
  }

  tooMany(field: string, count: number, max: number): void {
    const items = max === 1 ? 'item' : 'items';
    this.#add('FieldValueTooMany', field, `Too many: ${count}: must have at most ${max} ${items}`);
  }

  #add(reason: StatusCause['reason'], field: string, message: string): void {
    if (this.#causes.length < maxFaults) this.#causes.push({ reason, field, message });
  }
}

function show(value: Json | undefined): string {
  const text = JSON.stringify(value ?? null);
  return text.length > maxShown ? `${text.slice(0, maxShown)}…` : text;
}
