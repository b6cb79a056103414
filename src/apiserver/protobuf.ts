// Objects that come as protobuf, made into what their JSON would be: kubectl sends what it makes itself in no other form. Read with the
// tables of protobuf-kinds.ts; a field that stands in none is refused, so that nothing is lost on the way. Answers are always JSON.
// Kubernetes API concepts, "Kubernetes Protobuf encoding".

import { ApiError } from '#kube/api/api-error.ts';
import type { Json } from '#kube/api/object.ts';
import { messages } from './protobuf-kinds.ts';

/** Before the envelope. */
const magic = Uint8Array.of(0x6b, 0x38, 0x73, 0x00);
const maxDepth = 32;
const jsonOnly = 'accepted media types include: application/json, application/yaml';

interface Field {
  readonly name: string;
  readonly type: string;
  readonly shape: 'one' | 'list' | 'map';
  readonly keepsEmpty: boolean;
  /** Its fields stand in the outer message. */
  readonly isInline: boolean;
}

/** Throws ApiError BadRequest or UnsupportedMediaType. */
export function readProtobuf(octets: Uint8Array): Json {
  if (octets.length < magic.length || magic.some((octet, at) => octets[at] !== octet)) {
    throw new ApiError(
      'BadRequest',
      'the body of the request is no Kubernetes protobuf: it does not begin with k8s and a zero',
    );
  }
  const envelope = new Reader(octets.subarray(magic.length)).message('Unknown', 0);
  const { typeMeta = {}, raw, contentEncoding } = envelope;
  const [apiVersion, kind] = isFields(typeMeta) ? [textOf(typeMeta.apiVersion), textOf(typeMeta.kind)] : ['', ''];
  const name = `${apiVersion} ${kind}`;
  if (!name.startsWith(' ') && Object.hasOwn(messages, name) && contentEncoding === undefined) {
    if (!(raw instanceof Uint8Array)) throw broken('there is no object in its envelope');
    return { apiVersion, kind, ...toJson(new Reader(raw).message(name, 0)) };
  }
  throw new ApiError(
    'UnsupportedMediaType',
    `the body of the request was in an unknown format: ${JSON.stringify(name.slice(0, 256))} is not read as protobuf - ${jsonOnly}`,
  );
}

type Value = string | number | boolean | Uint8Array | Fields | Value[];
interface Fields {
  [name: string]: Value;
}

class Reader {
  readonly #octets: Uint8Array;
  #at = 0;

  constructor(octets: Uint8Array) {
    this.#octets = octets;
  }

  message(type: string, depth: number): Fields {
    if (depth > maxDepth) throw broken(`messages stand more than ${maxDepth} deep`);
    const table = tableOf(type);
    const fields: Fields = Object.create(null);
    while (this.#at < this.#octets.length) {
      const tag = this.#varint();
      const number = Math.floor(tag / 8);
      const field = table.get(number);
      if (field === undefined) throw unknownField(type, number);
      this.#field(fields, field, tag % 8, depth);
    }
    return fields;
  }

  #field(fields: Fields, field: Field, wire: number, depth: number): void {
    const { name, type, shape, keepsEmpty, isInline } = field;
    if (shape === 'map') {
      const [key, value] = new Reader(this.#bytes(wire)).#entry(type, depth + 1);
      const map = fields[name];
      const entries = isFields(map) ? map : (fields[name] = Object.create(null));
      entries[key] = value;
      return;
    }
    const value = this.#value(type, wire, depth);
    if (isInline) {
      if (isFields(value)) Object.assign(fields, value);
      return;
    }
    if (shape === 'list') {
      const list = fields[name];
      if (Array.isArray(list)) list.push(value);
      else fields[name] = [value];
      return;
    }
    if (keepsEmpty || !isEmpty(value)) fields[name] = value;
  }

  #entry(type: string, depth: number): readonly [string, Value] {
    let key = '';
    let value: Value = type === 'bytes' ? new Uint8Array() : '';
    while (this.#at < this.#octets.length) {
      const tag = this.#varint();
      if (tag === 0x0a) key = text(this.#bytes(2));
      else if (tag === 0x12) value = this.#value(type, 2, depth);
      else throw broken('an entry of a map has a field that is neither its key nor its value');
    }
    return [key, value];
  }

  #value(type: string, wire: number, depth: number): Value {
    switch (type) {
      case 'string':
        return text(this.#bytes(wire));
      case 'bytes':
        return this.#bytes(wire);
      case 'bool':
        return this.#integer(wire) !== 0;
      case 'int':
        return this.#integer(wire);
      case 'Time':
        return timeOf(new Reader(this.#bytes(wire)).#numbers());
      case 'IntOrString': {
        const { 1: kind = 0, 2: number = 0, 3: words = '' } = new Reader(this.#bytes(wire)).#numbers();
        return kind === 1 ? words : number;
      }
      case 'Quantity': {
        const { string = '' } = new Reader(this.#bytes(wire)).message(type, depth + 1);
        return string;
      }
      default:
        return new Reader(this.#bytes(wire)).message(type, depth + 1);
    }
  }

  /** A message by its numbers alone. */
  #numbers(): Readonly<Record<number, string | number>> {
    const found: Record<number, string | number> = {};
    while (this.#at < this.#octets.length) {
      const tag = this.#varint();
      found[Math.floor(tag / 8)] = tag % 8 === 2 ? text(this.#bytes(2)) : this.#integer(tag % 8);
    }
    return found;
  }

  #integer(wire: number): number {
    if (wire !== 0) throw broken(`a number is written as type ${wire} of the wire format`);
    return this.#varint();
  }

  #bytes(wire: number): Uint8Array {
    if (wire !== 2) throw broken(`a text or message is written as type ${wire} of the wire format`);
    const length = this.#varint();
    if (length < 0 || this.#at + length > this.#octets.length) throw broken('it ends in the middle of a field');
    this.#at += length;
    return this.#octets.subarray(this.#at - length, this.#at);
  }

  /** Two's complement of 64 bits, as far as numbers are exact. */
  #varint(): number {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const octet = this.#octets[this.#at++];
      if (octet === undefined) throw broken('it ends in the middle of a number');
      value |= BigInt(octet & 0x7f) << shift;
      if ((octet & 0x80) !== 0) continue;
      const signed = Number(BigInt.asIntN(64, value));
      if (!Number.isSafeInteger(signed)) throw broken('a number is beyond 53 bits');
      return signed;
    }
    throw broken('a number has more than ten octets');
  }
}

const tables = new Map<string, ReadonlyMap<number, Field>>();

function tableOf(type: string): ReadonlyMap<number, Field> {
  let table = tables.get(type);
  if (table === undefined) tables.set(type, (table = new Map(parseTable(messages[type] ?? ''))));
  return table;
}

function parseTable(line: string): readonly (readonly [number, Field])[] {
  return line.split(' ').map((word) => {
    const [, dot, name, number, brackets, braces, type, optional] =
      /^(\.?)(\w+)=(\d+):(\[\])?(\{)?(\w+)\}?(\?)?$/.exec(word) ?? [];
    const shape = brackets !== undefined ? 'list' : braces !== undefined ? 'map' : 'one';
    return [Number(number), { name, type, shape, keepsEmpty: optional !== undefined, isInline: dot === '.' }];
  });
}

function isFields(value: Value | undefined): value is Fields {
  return typeof value === 'object' && !Array.isArray(value) && !(value instanceof Uint8Array);
}

function textOf(value: Value | undefined): string {
  return typeof value === 'string' ? value : '';
}

function isEmpty(value: Value): boolean {
  if (value === '' || value === 0 || value === false) return true;
  if (value instanceof Uint8Array) return value.length === 0;
  return isFields(value) && Object.keys(value).length === 0;
}

/** Octets are base64 in JSON. */
function toJson(fields: Fields): Readonly<Record<string, Json>> {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, valueOf(value)]));
}

function valueOf(value: Value): Json {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (Array.isArray(value)) return value.map((item) => valueOf(item));
  return isFields(value) ? toJson(value) : value;
}

/** RFC 3339; nothing for the time that is none. */
function timeOf({ 1: seconds = 0 }: Readonly<Record<number, string | number>>): string {
  const atMs = Number(seconds) * 1000;
  if (atMs === 0) return '';
  if (!(Math.abs(atMs) < 8.64e15)) throw broken('a time is beyond what dates can say');
  return new Date(atMs).toISOString().replace('.000Z', 'Z');
}

function text(octets: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(octets);
  } catch {
    throw broken('a text is not UTF-8');
  }
}

function broken(why: string): ApiError {
  return new ApiError('BadRequest', `the body of the request is no Kubernetes protobuf: ${why}`);
}

function unknownField(type: string, number: number): ApiError {
  return new ApiError(
    'UnsupportedMediaType',
    `the body of the request was in an unknown format: field ${number} of ${type} is not read as protobuf - ${jsonOnly}`,
  );
}
