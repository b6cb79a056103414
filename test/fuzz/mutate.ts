// Structure-aware mutation of BGP messages: whole valid messages of every type as the seed, then changes that keep the outer
// lengths right most of the time, so that the damage reaches the inner parsers. Deterministic: the same seed, the same messages.

import { goodUpdateBody, type Shape } from './good-update.ts';

/** xorshift32: small, fast, the same everywhere. */
export class Chance {
  private state: number;

  constructor(seed: number) {
    this.state = seed | 0 || 0x9e3779b9;
  }

  /** A whole number in 0..below-1. */
  below(below: number): number {
    let x = this.state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.state = x;
    return (x >>> 0) % below;
  }
}

function hex(text: string): number[] {
  return (text.replaceAll(' ', '').match(/../g) ?? []).map((pair) => Number.parseInt(pair, 16));
}

/** One valid path attribute of each kind that the codec knows, and unknown ones; written from the RFCs. */
const attributes: readonly (readonly number[])[] = [
  hex('40 01 01 00'),
  hex('40 02 0a 02 02 0000fde9 0000fdea'),
  hex('50 02 0010 02 02 0000fde9 fa56ea01 01 01 00000007'),
  hex('40 02 06 02 02 fde9 5ba0'),
  hex('40 02 06 03 01 0000fc01'),
  hex('40 02 10 03 01 0000fc01 02 02 0000fde9 0000fdea'),
  hex('40 03 04 c0000201'),
  hex('80 04 04 00000005'),
  hex('40 05 04 00000064'),
  hex('40 06 00'),
  hex('c0 07 08 0000fde9 0a000001'),
  hex('c0 07 06 5ba0 0a000001'),
  hex('c0 08 08 fde90064 ffffff01'),
  hex('80 09 04 0a000001'),
  hex('80 0a 08 0a000001 0a000002'),
  hex('80 0e 1c 0002 01 10 20010db8000000000000000000000001 00 30 20010db80001'),
  hex('80 0e 2c 0002 01 20 20010db8000000000000000000000001 fe800000000000000000000000000001 00 30 20010db80001'),
  hex('80 0e 0d 0001 01 04 c0000201 00 18 c63364'),
  hex('80 0f 0a 0002 01 30 20010db80001'),
  hex('80 0f 03 0002 01'),
  hex('c0 10 08 0002fde900000064'),
  hex('c0 11 06 02 01 fa56ea01'),
  hex('c0 12 08 fa56ea01 0a000001'),
  hex('c0 19 14 000220010db8000000000000000000000001000a'),
  hex('80 1a 0b 01 000b 0000000000000064'),
  hex('c0 23 04 0000fde9'),
  hex('c0 20 0c 0000fde9 00000001 00000002'),
  hex('40 02 0c 03 01 0000fde9 02 01 0000fdea'),
  hex('40 02 0c 02 01 0000fde9 03 01 0000fdff'),
  hex('c0 11 0c 03 01 0000fdff 02 01 fa56ea01'),
  hex('e0 08 0c ffff0000 ffff0006 ffffff02'),
  hex('c0 10 10 4004fde94cee6b28 0202fa56ea010005'),
  hex('c0 19 14 0002 20010db8000000000000000000000001 0005'),
  hex('80 1a 0b 01 000b 00000000ffffffff'),
  hex('80 1a 0f 07 0004 00 01 000b ffffffff00000001'),
  hex('c0 23 04 0000fde9'),
  hex('c0 28 0a 01 0007 00 0000 00000064'),
  hex('80 0e 19 0001 01 10 20010db8000000000000000000000001 00 18 c63364'),
  hex('80 0e 20 0002 01 10 20010db8000000000000000000000001 00 00000001 30 20010db80001'),
  hex('80 0f 0e 0002 01 00000007 30 20010db80001'),
  hex('c0 63 03 010203'),
  hex('80 64 01 00'),
  hex('40 65 01 00'),
];

/** What makes an UPDATE complete, for each kind of peer. */
const origin = hex('40 01 01 00');
const nextHop = hex('40 03 04 c0000201');
const localPref = hex('40 05 04 00000064');
const paths: readonly (readonly number[])[] = [
  hex('40 02 0a 02 02 0000fde9 0000fdea'),
  hex('40 02 06 02 02 fde9 5ba0'),
  hex('40 02 10 03 01 0000fc01 02 02 0000fde9 0000fdea'),
];

const capabilities: readonly (readonly number[])[] = [
  hex('01 04 0001 00 01'),
  hex('01 04 0002 00 01'),
  hex('02 00'),
  hex('41 04 fa56ea01'),
  hex('40 06 0078 0001 01 80'),
  hex('49 05 04 6e6f6465'),
];

const prefixes: readonly (readonly number[])[] = [
  hex('18 c63364'),
  hex('00'),
  hex('20 0a000001'),
  hex('0a 0ac0'),
  hex('30 20010db80001'),
  hex('00000001 18 c63364'),
];

const ipv4Prefixes = prefixes.slice(0, 4);

function pick<Item>(chance: Chance, items: readonly Item[]): Item {
  return items[chance.below(items.length)];
}

function some(chance: Chance, items: readonly (readonly number[])[], most: number): number[] {
  const out: number[] = [];
  for (let count = chance.below(most + 1); count > 0; count--) out.push(...pick(chance, items));
  return out;
}

function withLength(body: readonly number[]): number[] {
  return [body.length >> 8, body.length & 255, ...body];
}

function updateBody(chance: Chance, mix: Mix): number[] {
  // Begin with what makes an UPDATE complete half of the time, so that many messages go all the way.
  const isComplete = chance.below(2) === 0;
  const base = isComplete ? [...origin, ...pick(chance, paths), ...nextHop, ...localPref] : [];
  const list = [...base, ...some(chance, attributes, 6)];
  if (chance.below(mix.damagedAttributes) === 0) damage(chance, list, 40);
  // An IPv6 prefix is too long for the IPv4 field.
  const routes = chance.below(mix.longPrefixes) === 0 ? prefixes : ipv4Prefixes;
  const first = chance.below(4) === 0 ? [] : pick(chance, routes);
  return [...withLength(some(chance, ipv4Prefixes, 3)), ...withLength(list), ...first, ...some(chance, routes, 3)];
}

/** One that fits the session, most of the time with nothing or little wrong. */
function shapedBody(chance: Chance, mix: Mix, shape: Shape): number[] {
  const bytes = goodUpdateBody(chance, shape);
  if (chance.below(mix.damagedAttributes * 2) > 0) return bytes;
  // Where the attributes are: their length is put right again.
  const first = 4 + (bytes[0] << 8) + bytes[1];
  const length = (bytes[first - 2] << 8) | bytes[first - 1];
  const list = bytes.slice(first, first + length);
  damage(chance, list, 60);
  return [...bytes.slice(0, first - 2), ...withLength(list), ...bytes.slice(first + length)];
}

function openBody(chance: Chance): number[] {
  const parameters: number[] = [];
  const isExtended = chance.below(4) === 0;
  for (let count = chance.below(4); count > 0; count--) {
    const list = some(chance, capabilities, 4);
    damage(chance, list, 60);
    const size = isExtended ? [list.length >> 8, list.length & 255] : [list.length & 255];
    parameters.push(chance.below(20) === 0 ? chance.below(256) : 2, ...size, ...list);
  }
  const length = isExtended ? [255, 255, parameters.length >> 8, parameters.length & 255] : [parameters.length & 255];
  return [...hex('04 fde9 005a 0a000001'), ...length, ...parameters];
}

function body(chance: Chance, type: number, mix: Mix, shape: Shape | undefined): number[] {
  switch (type) {
    case 1:
      return openBody(chance);
    case 2:
      return shape !== undefined && chance.below(4) > 0 ? shapedBody(chance, mix, shape) : updateBody(chance, mix);
    case 3:
      // One in four is a Hard Reset (RFC 8538), with or without what it wraps.
      return [
        ...(chance.below(4) === 0 ? [6, 9] : [chance.below(10), chance.below(12)]),
        ...Array.from({ length: chance.below(40) }, () => chance.below(256)),
      ];
    case 5:
      return [0, 1 + chance.below(2), chance.below(4), 1];
    default:
      return [];
  }
}

/** Changes about one octet in `every`, in ways that parsers dislike. */
export function damage(chance: Chance, bytes: number[], every: number): void {
  for (let count = Math.ceil(bytes.length / every); count > 0 && bytes.length > 0; count--) {
    if (chance.below(3) === 0) continue;
    const at = chance.below(bytes.length);
    switch (chance.below(7)) {
      case 0:
        bytes[at] ^= 1 << chance.below(8);
        break;
      case 1:
        bytes[at] = pick(chance, [0, 1, 2, 127, 128, 254, 255]);
        break;
      case 2:
        bytes[at] = (bytes[at] + (chance.below(2) === 0 ? 1 : 255)) & 255;
        break;
      case 3:
        bytes.splice(at, 1 + chance.below(4));
        break;
      case 4:
        bytes.splice(at, 0, ...Array.from({ length: 1 + chance.below(4) }, () => chance.below(256)));
        break;
      case 5:
        bytes.push(...bytes.slice(at, at + 1 + chance.below(16)));
        break;
      default:
        bytes[at] = chance.below(256);
    }
  }
}

/** What a run is made of. */
export interface Mix {
  /** Message types; one that stands there twice comes twice as often. */
  readonly types: readonly number[];
  /** One header in so many is wrong. */
  readonly wrongHeaders: number;
  /** One body in so many is damaged as a whole, also where its lengths are. */
  readonly damagedBodies: number;
  /** The attributes of one UPDATE in so many are damaged. */
  readonly damagedAttributes: number;
  /** The routes of one UPDATE in so many may be too long for their field. */
  readonly longPrefixes: number;
}

/** For the codec: everything, often wrong. */
const everything: Mix = {
  types: [1, 2, 2, 2, 2, 2, 3, 4, 5],
  wrongHeaders: 20,
  damagedBodies: 3,
  damagedAttributes: 1,
  longPrefixes: 2,
};

/** For sessions that should live for a while: UPDATEs above all. */
export const updatesAboveAll: Mix = {
  types: [...Array.from({ length: 90 }, () => 2), 4, 4, 4, 5, 5, 5, 5, 1, 3],
  wrongHeaders: 500,
  damagedBodies: 50,
  damagedAttributes: 2,
  longPrefixes: 50,
};

/** One whole message; with `maxLength` beyond 4096 (RFC 8654) a few use it; with a shape most UPDATEs have that of a session. */
export function makeMessage(chance: Chance, mix: Mix = everything, maxLength = 4096, shape?: Shape): Uint8Array {
  const type = pick(chance, mix.types);
  const bytes = body(chance, type, mix, shape);
  // Rarely something close to the greatest length.
  if (chance.below(200) === 0) {
    const wanted = maxLength > 4096 && chance.below(2) === 0 ? 4200 + chance.below(20_000) : 3900;
    while (bytes.length < wanted) bytes.push(...pick(chance, attributes));
    // Half of them have these as attributes, not as routes behind them.
    if (type === 2 && chance.below(2) === 0) {
      const first = 4 + (bytes[0] << 8) + bytes[1];
      const length = bytes.length - first;
      if (length > 0) bytes.splice(first - 2, 2, length >> 8, length & 255);
    }
  }
  if (chance.below(mix.damagedBodies) === 0) damage(chance, bytes, 30);
  const whole = bytes.slice(0, maxLength - 19);
  const length = 19 + whole.length;
  const out = Uint8Array.from([...Array.from({ length: 16 }, () => 0xff), length >> 8, length & 255, type, ...whole]);
  if (chance.below(mix.wrongHeaders) === 0) out[chance.below(Math.min(19, out.length))] = chance.below(256);
  return out;
}
