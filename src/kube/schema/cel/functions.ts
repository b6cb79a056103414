// The functions that rules may call: cel-spec's own, its string extension, and Kubernetes' libraries of lists, IP addresses and
// prefixes (Kubernetes documentation, "Common Expression Language in Kubernetes"). What is missing here is unknown when a
// definition is checked, and the definition refused.

import { Address, parseAddress } from '#bgp/net/address.ts';
import { hasHostBits, parsePrefix, Prefix } from '#bgp/net/prefix.ts';
import { Re2 } from '../re2.ts';
import { PatternError } from '../re2-syntax.ts';
import {
  CelError,
  type CelList,
  Cidr,
  compareNumbers,
  Duration,
  Ip,
  isCelList,
  isCelMap,
  isEqual,
  readDuration,
  readTimestamp,
  Timestamp,
  Uint,
  type Value,
} from './values.ts';

export type Spend = (steps: number) => void;

export interface CelFunction {
  /** Numbers of arguments, the target among them. */
  readonly counts: readonly number[];
  /** Called as `target.name(…)`, as `name(…)`, or as one likes. */
  readonly style: 'member' | 'global' | 'both';
  readonly run: (args: readonly Value[], spend: Spend, name: string) => Value;
}

export function noOverload(name: string): CelError {
  return new CelError(`no such overload: ${name}`);
}

export function checkInt(value: bigint): bigint {
  if (BigInt.asIntN(64, value) !== value) throw new CelError('integer overflow');
  return value;
}

export function checkUint(value: bigint): Uint {
  if (BigInt.asUintN(64, value) !== value) throw new CelError('unsigned integer overflow');
  return new Uint(value);
}

/** Text is counted and cut by code points, as Go does. */
const lengthOf = (text: string): number => Array.from(text).length;

function onText(run: (text: string, args: readonly Value[], spend: Spend) => Value): CelFunction['run'] {
  return ([text, ...args], spend, name) => {
    if (typeof text !== 'string') throw noOverload(name);
    spend(text.length / 8);
    return run(text, args, spend);
  };
}

function textOf(value: Value | undefined): string {
  if (typeof value !== 'string') throw noOverload('string expected');
  return value;
}

function indexOf(value: Value | undefined, otherwise: number): number {
  if (value === undefined) return otherwise;
  if (typeof value !== 'bigint') throw noOverload('int expected');
  return Number(value);
}

function onList(run: (list: CelList, args: readonly Value[], spend: Spend) => Value): CelFunction['run'] {
  return ([list, ...args], spend, name) => {
    if (!isCelList(list)) throw noOverload(name);
    spend(list.length);
    return run(list, args, spend);
  };
}

const text = (counts: readonly number[], run: Parameters<typeof onText>[0]): CelFunction => ({
  counts,
  style: 'member',
  run: onText(run),
});
const list = (counts: readonly number[], run: Parameters<typeof onList>[0]): CelFunction => ({
  counts,
  style: 'member',
  run: onList(run),
});
const global = (run: (value: Value, spend: Spend, name: string) => Value): CelFunction => ({
  counts: [1],
  style: 'global',
  run: ([value], spend, name) => run(value, spend, name),
});
const member = (run: (value: Value, spend: Spend, name: string) => Value): CelFunction => ({
  counts: [1],
  style: 'member',
  run: ([value], spend, name) => run(value, spend, name),
});

/** As `<` orders; throws for values that have no order. */
export function compare(one: Value, other: Value, name: string): number {
  const order = compareNumbers(one, other);
  if (order !== undefined) return order;
  if (typeof one === 'string' && typeof other === 'string') return compareText(one, other);
  if (typeof one === 'boolean' && typeof other === 'boolean') return Number(one) - Number(other);
  const areTimes =
    (one instanceof Duration && other instanceof Duration) || (one instanceof Timestamp && other instanceof Timestamp);
  if (areTimes) return one.nanos < other.nanos ? -1 : one.nanos > other.nanos ? 1 : 0;
  throw noOverload(name);
}

/** By code points, which is not the order of UTF-16. */
function compareText(one: string, other: string): number {
  const [left, right] = [Array.from(one), Array.from(other)];
  for (let at = 0; at < left.length && at < right.length; at++) {
    const order = (left[at].codePointAt(0) ?? 0) - (right[at].codePointAt(0) ?? 0);
    if (order !== 0) return order;
  }
  return left.length - right.length;
}

function extreme(items: CelList, sign: 1 | -1, name: string): Value {
  const [first, ...rest] = items;
  if (first === undefined) throw new CelError(`${name} called on empty list`);
  return rest.reduce((best, item) => (compare(item, best, name) * sign > 0 ? item : best), first);
}

function sum(items: CelList): Value {
  if (items.every((item) => typeof item === 'bigint')) return checkInt(items.reduce((all, item) => all + item, 0n));
  if (items.every((item) => typeof item === 'number')) return items.reduce((all, item) => all + item, 0);
  if (items.every((item) => item instanceof Uint)) return checkUint(items.reduce((all, item) => all + item.value, 0n));
  if (items.every((item) => item instanceof Duration)) {
    return new Duration(items.reduce((all, item) => all + item.nanos, 0n));
  }
  throw noOverload('sum');
}

/** An address as strictly as Kubernetes reads it: no zone, no IPv4 within IPv6. */
function readIp(value: Value): Ip | undefined {
  if (typeof value !== 'string') throw noOverload('ip');
  const address = parseAddress(value);
  if (address === undefined || (address.version === 6 && value.includes('.'))) return undefined;
  return new Ip(address, value);
}

function readCidr(value: Value): Cidr | undefined {
  if (typeof value !== 'string') throw noOverload('cidr');
  const prefix = parsePrefix(value);
  return prefix === undefined ? undefined : new Cidr(prefix, value);
}

function ipOf(value: Value | undefined, name: string): Ip {
  if (value instanceof Ip) return value;
  const ip = typeof value === 'string' ? readIp(value) : undefined;
  if (ip === undefined) throw noOverload(name);
  return ip;
}

function cidrOf(value: Value | undefined, name: string): Cidr {
  if (value instanceof Cidr) return value;
  const cidr = typeof value === 'string' ? readCidr(value) : undefined;
  if (cidr === undefined) throw noOverload(name);
  return cidr;
}

const isWithin =
  (...prefixes: readonly string[]): CelFunction['run'] =>
  ([value], _, name) => {
    const { address } = ipOf(value, name);
    return prefixes.some((prefix) => parsePrefix(prefix)?.containsAddress(address) === true);
  };

function matches(subject: string, [pattern]: readonly Value[], spend: Spend): Value {
  try {
    const compiled = new Re2(textOf(pattern));
    // An upper bound: rarely are all states alive at once.
    spend(1 + (compiled.size * (subject.length + 1)) / 8);
    return compiled.test(subject);
  } catch (error) {
    if (error instanceof PatternError) throw new CelError(`error parsing regexp: ${error.message}`, { cause: error });
    throw error;
  }
}

function toInt(value: Value): Value {
  if (typeof value === 'bigint') return value;
  if (value instanceof Uint) return checkInt(value.value);
  if (value instanceof Timestamp) return value.nanos / 1_000_000_000n;
  if (typeof value === 'number') {
    if (!Number.isFinite(value) || Math.abs(value) >= 2 ** 63) throw new CelError('integer overflow');
    return BigInt(Math.trunc(value));
  }
  if (typeof value === 'string' && /^[-+]?\d{1,20}$/.test(value)) return checkInt(BigInt(value.replace('+', '')));
  throw new CelError('cannot convert to int');
}

function toUint(value: Value): Value {
  if (value instanceof Uint) return value;
  if (typeof value === 'bigint') return checkUint(value);
  if (typeof value === 'number' && Number.isFinite(value)) return checkUint(BigInt(Math.trunc(value)));
  if (typeof value === 'string' && /^\d{1,20}$/.test(value)) return checkUint(BigInt(value));
  throw new CelError('cannot convert to uint');
}

function toDouble(value: Value): Value {
  if (typeof value === 'number') return value;
  if (typeof value === 'bigint') return Number(value);
  if (value instanceof Uint) return Number(value.value);
  if (typeof value === 'string' && /^[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?$/.test(value)) return Number(value);
  throw new CelError('cannot convert to double');
}

function toText(value: Value): Value {
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean' || typeof value === 'bigint' || typeof value === 'number') return String(value);
  if (value instanceof Uint) return String(value.value);
  if (value instanceof Ip || value instanceof Cidr) return value.text;
  if (value instanceof Duration) return `${Number(value.nanos) / 1e9}s`;
  if (value instanceof Timestamp) {
    const seconds = new Date(Number(value.nanos / 1_000_000n)).toISOString().slice(0, 19);
    const fraction = String(value.nanos % 1_000_000_000n)
      .padStart(9, '0')
      .replace(/0+$/, '');
    return `${seconds}${fraction === '' ? '' : `.${fraction}`}Z`;
  }
  throw new CelError('cannot convert to string');
}

function toBool(value: Value): Value {
  if (typeof value === 'boolean') return value;
  if (typeof value === 'string' && /^(?:1|t|T|true|True|TRUE)$/.test(value)) return true;
  if (typeof value === 'string' && /^(?:0|f|F|false|False|FALSE)$/.test(value)) return false;
  throw new CelError('cannot convert to bool');
}

function size(value: Value): Value {
  if (typeof value === 'string') return BigInt(lengthOf(value));
  if (isCelList(value)) return BigInt(value.length);
  if (isCelMap(value)) return BigInt(value.size);
  throw noOverload('size');
}

/** Of a duration the whole, of a point in time the part (UTC). */
const timePart = (perUnit: bigint, part: (date: Date) => number): CelFunction =>
  member((value, _, name) => {
    if (value instanceof Duration && perUnit > 0n) return value.nanos / perUnit;
    if (value instanceof Timestamp) return BigInt(part(new Date(Number(value.nanos / 1_000_000n))));
    throw noOverload(name);
  });

function cut(subject: string, from: number, to: number): string {
  const characters = Array.from(subject);
  if (from < 0 || to < from || to > characters.length)
    throw new CelError(`index out of range: ${from < 0 ? from : to}`);
  return characters.slice(from, to).join('');
}

/** The place by code points. */
function place(subject: string, index: number): bigint {
  return index < 0 ? -1n : BigInt(lengthOf(subject.slice(0, index)));
}

export const functions: Readonly<Record<string, CelFunction>> = {
  size: { counts: [1], style: 'both', run: ([value]) => size(value) },
  int: global(toInt),
  uint: global(toUint),
  double: global(toDouble),
  string: global(toText),
  bool: global(toBool),
  dyn: global((value) => value),
  duration: global((value) => {
    if (value instanceof Duration) return value;
    const duration = typeof value === 'string' ? readDuration(value) : undefined;
    if (duration === undefined) throw new CelError('cannot convert to duration');
    return duration;
  }),
  timestamp: global((value) => {
    if (value instanceof Timestamp) return value;
    const timestamp = typeof value === 'string' ? readTimestamp(value) : undefined;
    if (timestamp === undefined) throw new CelError('cannot convert to timestamp');
    return timestamp;
  }),
  getFullYear: timePart(0n, (date) => date.getUTCFullYear()),
  getMonth: timePart(0n, (date) => date.getUTCMonth()),
  getDate: timePart(0n, (date) => date.getUTCDate()),
  getDayOfMonth: timePart(0n, (date) => date.getUTCDate() - 1),
  getDayOfWeek: timePart(0n, (date) => date.getUTCDay()),
  getHours: timePart(3_600_000_000_000n, (date) => date.getUTCHours()),
  getMinutes: timePart(60_000_000_000n, (date) => date.getUTCMinutes()),
  getSeconds: timePart(1_000_000_000n, (date) => date.getUTCSeconds()),

  startsWith: text([2], (subject, [part]) => subject.startsWith(textOf(part))),
  endsWith: text([2], (subject, [part]) => subject.endsWith(textOf(part))),
  contains: text([2], (subject, [part]) => subject.includes(textOf(part))),
  matches: { counts: [2], style: 'both', run: onText(matches) },
  lowerAscii: text([1], (subject) => subject.replace(/[A-Z]+/g, (run) => run.toLowerCase())),
  upperAscii: text([1], (subject) => subject.replace(/[a-z]+/g, (run) => run.toUpperCase())),
  trim: text([1], (subject) => subject.trim()),
  charAt: text([2], (subject, [index]) => {
    const at = indexOf(index, 0);
    return at === lengthOf(subject) ? '' : cut(subject, at, at + 1);
  }),
  substring: text([2, 3], (subject, [from, to]) => cut(subject, indexOf(from, 0), indexOf(to, lengthOf(subject)))),
  replace: text([3, 4], (subject, [from, to, limit], spend) => {
    const parts = subject.split(textOf(from));
    const most = indexOf(limit, -1);
    const count = most < 0 ? parts.length - 1 : Math.min(most, parts.length - 1);
    const result = [parts.slice(0, count + 1).join(textOf(to)), ...parts.slice(count + 1)];
    spend(parts.length * (1 + textOf(to).length));
    return result.join(textOf(from));
  }),
  split: text([2, 3], (subject, [separator, limit], spend) => {
    const parts = separator === '' ? Array.from(subject) : subject.split(textOf(separator));
    spend(parts.length);
    const most = indexOf(limit, -1);
    if (most < 0 || parts.length <= most) return parts;
    return most === 0 ? [] : [...parts.slice(0, most - 1), parts.slice(most - 1).join(textOf(separator))];
  }),

  indexOf: {
    counts: [2],
    style: 'member',
    run: ([of, item], spend, name) => {
      if (typeof of === 'string') return place(of, of.indexOf(textOf(item)));
      return onList((items) => BigInt(items.findIndex((one) => isEqual(one, item, spend))))([of], spend, name);
    },
  },
  lastIndexOf: {
    counts: [2],
    style: 'member',
    run: ([of, item], spend, name) => {
      if (typeof of === 'string') return place(of, of.lastIndexOf(textOf(item)));
      return onList((items) => BigInt(items.findLastIndex((one) => isEqual(one, item, spend))))([of], spend, name);
    },
  },
  join: list([1, 2], (items, [separator = ''], spend) => {
    const joined = items.map((item) => textOf(item)).join(textOf(separator));
    spend(joined.length / 8);
    return joined;
  }),
  isSorted: list([1], (items) => items.every((item, at) => at === 0 || compare(items[at - 1], item, 'isSorted') <= 0)),
  sum: list([1], sum),
  min: list([1], (items) => extreme(items, -1, 'min')),
  max: list([1], (items) => extreme(items, 1, 'max')),

  isIP: global((value) => readIp(value) !== undefined),
  ip: {
    counts: [1],
    style: 'both',
    run: ([value]) => {
      if (value instanceof Cidr) {
        const { version, w0, w1, w2, w3 } = value.prefix;
        const address = new Address(version, w0, w1, w2, w3);
        return new Ip(address, String(address));
      }
      const ip = readIp(value);
      if (ip === undefined)
        throw new CelError(`IP Address ${JSON.stringify(value)} parse error during conversion from string`);
      return ip;
    },
  },
  family: member((value, _, name) => BigInt(ipOf(value, name).address.version)),
  isUnspecified: { counts: [1], style: 'member', run: isWithin('0.0.0.0/32', '::/128') },
  isLoopback: { counts: [1], style: 'member', run: isWithin('127.0.0.0/8', '::1/128') },
  isLinkLocalMulticast: { counts: [1], style: 'member', run: isWithin('224.0.0.0/24', 'ff02::/16') },
  isLinkLocalUnicast: { counts: [1], style: 'member', run: isWithin('169.254.0.0/16', 'fe80::/10') },
  isCIDR: global((value) => readCidr(value) !== undefined),
  cidr: global((value) => {
    const cidr = readCidr(value);
    if (cidr === undefined) throw new CelError(`network address parse error during conversion from string`);
    return cidr;
  }),
  prefixLength: member((value, _, name) => BigInt(cidrOf(value, name).prefix.length)),
  masked: member((value, _, name) => {
    const { prefix, text: whole } = cidrOf(value, name);
    return hasHostBits(whole) ? new Cidr(prefix, String(prefix)) : new Cidr(prefix, whole);
  }),
  containsIP: {
    counts: [2],
    style: 'member',
    run: ([of, ip], _, name) => cidrOf(of, name).prefix.containsAddress(ipOf(ip, name).address),
  },
  containsCIDR: {
    counts: [2],
    style: 'member',
    run: ([of, inner], _, name) => {
      const { prefix } = cidrOf(inner, name);
      return cidrOf(of, name).prefix.contains(
        new Prefix(prefix.version, prefix.length, prefix.w0, prefix.w1, prefix.w2, prefix.w3),
      );
    },
  },
};
