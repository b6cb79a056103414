// Values of rules: what JSON becomes by its schema (an integer of a schema is 64 bits, a date-time is a point in time), and when two
// of them are equal. Integers are bigint, doubles are number: they are different types in CEL.

import type { Address } from '#bgp/net/address.ts';
import type { Prefix } from '#bgp/net/prefix.ts';
import { isJsonObject, type Json } from '../../api/object.ts';
import type { OpenApiSchema } from '../../api/openapi-schema.ts';

export class CelError extends Error {
  override readonly name = 'CelError';
}

export class Uint {
  readonly value: bigint;
  constructor(value: bigint) {
    this.value = value;
  }
}

export class Duration {
  readonly nanos: bigint;
  constructor(nanos: bigint) {
    this.nanos = nanos;
  }
}

export class Timestamp {
  readonly nanos: bigint;
  constructor(nanos: bigint) {
    this.nanos = nanos;
  }
}

export class Ip {
  readonly address: Address;
  readonly text: string;
  constructor(address: Address, text: string) {
    this.address = address;
    this.text = text;
  }
}

export class Cidr {
  readonly prefix: Prefix;
  readonly text: string;
  constructor(prefix: Prefix, text: string) {
    this.prefix = prefix;
    this.text = text;
  }
}

export type CelMap = ReadonlyMap<string, Value>;
export type CelList = readonly Value[];
export type Value =
  | null
  | boolean
  | bigint
  | number
  | string
  | Uint
  | Duration
  | Timestamp
  | Ip
  | Cidr
  | CelMap
  | CelList;

const reserved = new Set(
  'true false null in as break const continue else for function if import let loop package namespace return var void while'.split(
    ' ',
  ),
);
const signs: readonly (readonly [string, string])[] = [
  ['__', '__underscores__'],
  ['.', '__dot__'],
  ['-', '__dash__'],
  ['/', '__slash__'],
];

/** The name by which rules know a property; undefined: they cannot. (Kubernetes documentation, "Validation rules", escaping.) */
export function escapeName(name: string): string | undefined {
  if (reserved.has(name)) return `__${name}__`;
  const escaped = signs.reduce((text, [sign, word]) => text.replaceAll(sign, word), name);
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(escaped) ? escaped : undefined;
}

/** Objects and embedded ones show of their metadata what a schema may say of it. */
const metadata: OpenApiSchema = {
  type: 'object',
  properties: { name: { type: 'string' }, generateName: { type: 'string' } },
};
const text: OpenApiSchema = { type: 'string' };

/** The schema as rules see it: what every object has is there whether it is written down or not. */
export function asRoot(schema: OpenApiSchema): OpenApiSchema {
  return { ...schema, properties: { ...schema.properties, apiVersion: text, kind: text, metadata } };
}

export function isCelMap(value: Value): value is CelMap {
  return value instanceof Map;
}

export function isCelList(value: Value): value is CelList {
  return Array.isArray(value);
}

export function toValue(json: Json, schema: OpenApiSchema | undefined): Value {
  if (json === null || typeof json === 'boolean') return json;
  if (typeof json === 'number') {
    const isDouble = schema?.type === 'number' || !Number.isInteger(json);
    return isDouble ? json : BigInt(json);
  }
  if (typeof json === 'string') return toTyped(json, schema?.format);
  if (!isJsonObject(json)) return json.map((item) => toValue(item, schema?.items));
  const inner = schema?.['x-kubernetes-embedded-resource'] === true ? asRoot(schema) : schema;
  const properties = inner?.properties;
  const additional = inner?.additionalProperties;
  const map = new Map<string, Value>();
  for (const [key, field] of Object.entries(json)) {
    if (field === undefined) continue;
    if (properties === undefined) map.set(key, toValue(field, typeof additional === 'object' ? additional : undefined));
    const name = properties !== undefined && Object.hasOwn(properties, key) ? escapeName(key) : undefined;
    if (properties !== undefined && name !== undefined) map.set(name, toValue(field, properties[key]));
  }
  return map;
}

function toTyped(value: string, format: string | undefined): Value {
  if (format === 'duration') return readDuration(value) ?? value;
  if (format === 'date-time') return readTimestamp(value) ?? value;
  return value;
}

const unitNanos: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1_000n,
  µs: 1_000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
};

/** `1h30m`, as Go writes it. */
export function readDuration(value: string): Duration | undefined {
  if (value === '0') return new Duration(0n);
  if (value.length > 128 || !/^[-+]?(?:\d+(?:\.\d+)?(?:ns|us|µs|ms|s|m|h))+$/.test(value)) return undefined;
  let nanos = 0n;
  for (const [, whole, , fraction = '', unit] of value.matchAll(/(\d+)(\.(\d+))?(ns|us|µs|ms|s|m|h)/g)) {
    nanos += (BigInt(whole + fraction) * unitNanos[unit]) / 10n ** BigInt(fraction.length);
  }
  return new Duration(value.startsWith('-') ? -nanos : nanos);
}

/** RFC 3339. */
export function readTimestamp(value: string): Timestamp | undefined {
  const found =
    /^(\d{4}-\d{2}-\d{2})[Tt](\d{2}:\d{2}:\d{2})(?:\.(\d{1,9}))?([Zz]|[+-]\d{2}:\d{2})$/.exec(value) ?? undefined;
  if (found === undefined) return undefined;
  const [, day, time, fraction = '', zone] = found;
  const ms = Date.parse(`${day}T${time}${zone.toUpperCase()}`);
  return Number.isNaN(ms) ? undefined : new Timestamp(BigInt(ms) * 1_000_000n + BigInt(fraction.padEnd(9, '0')));
}

export function isEqual(one: Value, other: Value, spend: (steps: number) => void): boolean {
  spend(1);
  const order = compareNumbers(one, other);
  if (order !== undefined) return order === 0;
  if (isCelList(one) && isCelList(other)) {
    return one.length === other.length && one.every((item, at) => isEqual(item, other[at], spend));
  }
  if (isCelMap(one) && isCelMap(other)) {
    if (one.size !== other.size) return false;
    for (const [key, value] of one) {
      const theirs = other.get(key);
      if (theirs === undefined || !isEqual(value, theirs, spend)) return false;
    }
    return true;
  }
  if (one instanceof Duration && other instanceof Duration) return one.nanos === other.nanos;
  if (one instanceof Timestamp && other instanceof Timestamp) return one.nanos === other.nanos;
  if (one instanceof Ip && other instanceof Ip) return one.address.equals(other.address);
  if (one instanceof Cidr && other instanceof Cidr) return one.prefix.equals(other.prefix);
  return one === other;
}

/** Below, at or above 0; NaN for what has no order; undefined when these are not both numbers. */
export function compareNumbers(one: Value, other: Value): number | undefined {
  const left = one instanceof Uint ? one.value : one;
  const right = other instanceof Uint ? other.value : other;
  const areNumbers =
    (typeof left === 'bigint' || typeof left === 'number') && (typeof right === 'bigint' || typeof right === 'number');
  if (!areNumbers) return undefined;
  return left < right ? -1 : left > right ? 1 : Number(left) === Number(right) ? 0 : Number.NaN;
}
