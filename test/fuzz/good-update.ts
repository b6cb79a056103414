// UPDATEs that fit a session: its kind of path, its size of AS numbers, its path identifiers; withdrawals, both families, End-of-RIB.
// Mutation begins with them, so that most of a message is right and the tables live.

import type { Chance } from './mutate.ts';

/** What decides how an UPDATE of a session looks. */
export interface Shape {
  readonly kind: 'ebgp' | 'confederation' | 'ibgp';
  readonly peerAsn: number;
  readonly hasFourOctetAsn: boolean;
  readonly hasIpv6: boolean;
  /** RFC 7911. */
  readonly hasPathIds4: boolean;
  readonly hasPathIds6: boolean;
}

/** Attributes that are welcome from everybody. */
const harmless: readonly (readonly number[])[] = [
  [0x80, 4, 4, 0, 0, 0, 5],
  [0x40, 6, 0],
  [0xc0, 8, 8, 0xfd, 0xe9, 0, 100, 0xfd, 0xe9, 0, 200],
  [0xc0, 8, 4, 0xff, 0xff, 0xff, 1],
  [0xc0, 16, 8, 0, 2, 0xfd, 0xe9, 0, 0, 0, 100],
  [0xc0, 32, 12, 0, 0, 0xfd, 0xe9, 0, 0, 0, 1, 0, 0, 0, 2],
  [0xc0, 99, 3, 1, 2, 3],
  [0x80, 100, 1, 0],
  [0xd0, 98, 0, 2, 7, 7],
];

/** The body of one whole UPDATE. */
export function goodUpdateBody(chance: Chance, shape: Shape): number[] {
  // RFC 4724 §2
  if (chance.below(12) === 0)
    return shape.hasIpv6 && chance.below(2) === 0 ? [0, 0, 0, 6, 0x80, 15, 3, 0, 2, 1] : [0, 0, 0, 0];
  const withdrawn = some(chance, 2, () => prefix4(chance, shape));
  const nlri = some(chance, 3, () => prefix4(chance, shape));
  const reached = shape.hasIpv6 && chance.below(3) === 0 ? some(chance, 3, () => prefix6(chance, shape)) : [];
  const unreached = shape.hasIpv6 && chance.below(4) === 0 ? some(chance, 3, () => prefix6(chance, shape)) : [];
  const hasRoutes = nlri.length > 0 || reached.length > 0;
  const list = hasRoutes
    ? [
        ...attribute(0x40, 1, [chance.below(3)]),
        ...path(chance, shape),
        ...attribute(0x40, 3, [192, 0, 2, 1 + chance.below(3)]),
        ...(shape.kind === 'ibgp' ? attribute(0x40, 5, [0, 0, 0, 90 + chance.below(3)]) : []),
        ...some(chance, 2, () => pick(chance, harmless)),
      ]
    : [];
  if (unreached.length > 0) list.push(...attribute(0x80, 15, [0, 2, 1, ...unreached]));
  if (reached.length > 0) {
    const hop = [0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1 + chance.below(3)];
    list.push(...attribute(0x80, 14, [0, 2, 1, 16, ...hop, 0, ...reached]));
  }
  return [...two(withdrawn.length), ...withdrawn, ...two(list.length), ...list, ...nlri];
}

function attribute(flags: number, code: number, value: readonly number[]): number[] {
  return [flags, code, value.length, ...value];
}

function path(chance: Chance, { hasFourOctetAsn, kind, peerAsn }: Shape): number[] {
  const number = hasFourOctetAsn ? (asn: number): number[] => [0, 0, ...two(asn)] : two;
  const more = Array.from({ length: chance.below(3) }, () => 64_600 + chance.below(4));
  const segment = (type: number, asns: readonly number[]): number[] =>
    asns.length === 0 ? [] : [type, asns.length, ...asns.flatMap(number)];
  const value =
    kind === 'confederation'
      ? [...segment(3, [peerAsn]), ...segment(2, more)]
      : segment(2, kind === 'ebgp' ? [peerAsn, ...more] : more);
  return attribute(0x40, 2, value);
}

function prefix4(chance: Chance, { hasPathIds4 }: Shape): number[] {
  const octets = [10, chance.below(8), chance.below(4) * 64, 0];
  const bits = pick(chance, [8, 15, 16, 18, 24, 32]);
  return [...identifier(chance, hasPathIds4), bits, ...octets.slice(0, Math.ceil(bits / 8))];
}

function prefix6(chance: Chance, { hasPathIds6 }: Shape): number[] {
  const octets = [0x20, 1, 0x0d, 0xb8, 0, chance.below(8), 0, 0, 0x80, 0, 0, 0, 0, 0, 0, 1];
  const bits = pick(chance, [32, 47, 48, 64, 65, 128]);
  return [...identifier(chance, hasPathIds6), bits, ...octets.slice(0, Math.ceil(bits / 8))];
}

function identifier(chance: Chance, hasPathIds: boolean): number[] {
  return hasPathIds ? [0, 0, 0, chance.below(4)] : [];
}

function pick<Item>(chance: Chance, items: readonly Item[]): Item {
  return items[chance.below(items.length)];
}

function some(chance: Chance, most: number, make: () => readonly number[]): number[] {
  return Array.from({ length: chance.below(most + 1) }, make).flat();
}

function two(value: number): number[] {
  return [value >> 8, value & 255];
}
