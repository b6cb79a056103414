// Structure-aware mutation of BGP messages: whole valid messages of every type as the seed, then changes that keep the outer
// lengths right most of the time, so that the damage reaches the inner parsers. Deterministic: the same seed, the same messages.

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
  hex('c0 20 0c 0000fde9 00000001 00000002'),
  hex('c0 63 03 010203'),
  hex('80 64 01 00'),
  hex('40 65 01 00'),
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
];

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

function updateBody(chance: Chance): number[] {
  // Begin with what makes an UPDATE complete half of the time, so that many messages go all the way.
  const isComplete = chance.below(2) === 0;
  const base = isComplete ? [...attributes[0], ...attributes[1], ...attributes[4], ...attributes[6]] : [];
  const list = [...base, ...some(chance, attributes, 6)];
  damage(chance, list, 40);
  return [...withLength(some(chance, prefixes.slice(0, 4), 3)), ...withLength(list), ...some(chance, prefixes, 4)];
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

function body(chance: Chance, type: number): number[] {
  switch (type) {
    case 1:
      return openBody(chance);
    case 2:
      return updateBody(chance);
    case 3:
      return [chance.below(10), chance.below(12), ...Array.from({ length: chance.below(40) }, () => chance.below(256))];
    case 5:
      return [0, 1 + chance.below(2), chance.below(4), 1];
    default:
      return [];
  }
}

/** Changes about one octet in `every`, in ways that parsers dislike. */
function damage(chance: Chance, bytes: number[], every: number): void {
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

/** One whole message; its header is right nineteen times of twenty. */
export function makeMessage(chance: Chance): Uint8Array {
  const type = pick(chance, [1, 2, 2, 2, 2, 2, 3, 4, 5]);
  const bytes = body(chance, type);
  // Rarely something close to the greatest length.
  if (chance.below(200) === 0) while (bytes.length < 3900) bytes.push(...pick(chance, attributes));
  if (chance.below(3) === 0) damage(chance, bytes, 30);
  const whole = bytes.slice(0, 4077);
  const length = 19 + whole.length;
  const out = Uint8Array.from([...Array.from({ length: 16 }, () => 0xff), length >> 8, length & 255, type, ...whole]);
  if (chance.below(20) === 0) out[chance.below(Math.min(19, out.length))] = chance.below(256);
  return out;
}
