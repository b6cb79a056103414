// Communities and patterns of them as text: `64500:100`, `64500:*`, `no-export`; `rt:64500:1`, `soo:192.0.2.1:*`; `64500:1:*`.
// A pattern becomes words to compare under masks. RFC 1997, RFC 4360 §3, RFC 5668 §2, RFC 8092 §3.

import { parseIpv4 } from '../net/address.ts';
import type { WordPattern } from '../wire/attribute-changes.ts';
import { Community } from '../wire/community.ts';
import { PolicyError } from './policy-error.ts';

export type CommunityKind = 'standard' | 'extended' | 'large';

/** Names of FRR and of RFCs. */
const wellKnown: ReadonlyMap<string, number> = new Map([
  ['no-export', Community.NoExport],
  ['no-advertise', Community.NoAdvertise],
  ['no-export-subconfed', Community.NoExportSubconfed],
  ['local-as', Community.NoExportSubconfed],
  ['no-peer', Community.NoPeer],
  ['graceful-shutdown', Community.GracefulShutdown],
  ['accept-own', Community.AcceptOwn],
  ['llgr-stale', Community.LlgrStale],
  ['no-llgr', Community.NoLlgr],
  ['blackhole', Community.Blackhole],
]);

const expected: Record<CommunityKind, string> = {
  standard: `two numbers 0..65535 such as 64500:100 (either may be *), or one of ${[...wellKnown.keys()].join(', ')}`,
  extended: 'rt:, soo: or type such as rt:64500:1, soo:192.0.2.1:5, rt:64500:*, or 16 hexadecimal digits after 0x',
  large: 'three numbers 0..4294967295 such as 64500:1:2 (any may be *)',
};

const ANY = '*';
const ONES = 0xffff_ffff;

/** Several patterns where one text stands for more than one encoding. Throws PolicyError. */
export function parseCommunityPattern(kind: CommunityKind, text: string, where: string): WordPattern[] {
  const patterns =
    kind === 'standard' ? parseStandard(text) : kind === 'large' ? parseLarge(text) : parseExtended(text);
  if (patterns === undefined) throw new PolicyError(where, text, expected[kind]);
  return patterns;
}

function parseStandard(text: string): WordPattern[] | undefined {
  const known = wellKnown.get(text.toLowerCase());
  if (known !== undefined) return [{ words: [known], masks: [ONES] }];
  const parts = text.split(':');
  if (parts.length !== 2) return undefined;
  const high = parseField(parts[0], 0xffff);
  const low = parseField(parts[1], 0xffff);
  if (high === undefined || low === undefined) return undefined;
  return [pattern([join16(high.value, low.value)], [join16(high.mask, low.mask)])];
}

function parseLarge(text: string): WordPattern[] | undefined {
  const parts = text.split(':');
  if (parts.length !== 3) return undefined;
  const words: number[] = [];
  const masks: number[] = [];
  for (const part of parts) {
    const field = parseField(part, ONES);
    if (field === undefined) return undefined;
    words.push(field.value);
    masks.push(field.mask);
  }
  return [pattern(words, masks)];
}

/** Type of the administrator: RFC 4360 §3.1 (2-octet AS), §3.2 (IPv4 address), RFC 5668 §2 (4-octet AS). */
const ExtendedType = { TwoOctetAs: 0, Ipv4: 1, FourOctetAs: 2 } as const;

const subtypes: ReadonlyMap<string, number> = new Map([
  ['rt', 0x02],
  ['soo', 0x03],
]);

function parseExtended(text: string): WordPattern[] | undefined {
  const raw = /^0x([0-9a-f]{8})([0-9a-f]{8})$/i.exec(text);
  if (raw !== null) return [pattern([Number.parseInt(raw[1], 16), Number.parseInt(raw[2], 16)], [ONES, ONES])];
  const parts = text.split(':');
  const subtype = subtypes.get(parts[0].toLowerCase());
  if (subtype === undefined || parts.length !== 3) return undefined;
  const [, administrator, number] = parts;
  const address = parseIpv4(administrator);
  if (address !== undefined) return asList(fourAndTwo(ExtendedType.Ipv4, subtype, address, ONES, number));
  const asn = parseField(administrator, ONES);
  if (asn === undefined) return undefined;
  if (asn.mask === 0) {
    const two = twoAndFour(subtype, 0, 0, number);
    const ipv4 = fourAndTwo(ExtendedType.Ipv4, subtype, 0, 0, number);
    const four = fourAndTwo(ExtendedType.FourOctetAs, subtype, 0, 0, number);
    const all = [two, ipv4, four].filter((one) => one !== undefined);
    return all.length === 0 ? undefined : all;
  }
  const four = fourAndTwo(ExtendedType.FourOctetAs, subtype, asn.value, ONES, number);
  if (asn.value > 0xffff) return asList(four);
  // A number that fits two octets is written in the two-octet type; with `*` it may stand in either.
  const two = twoAndFour(subtype, asn.value, 0xffff, number);
  return number === ANY && two !== undefined && four !== undefined ? [two, four] : asList(two);
}

function twoAndFour(subtype: number, asn: number, asnMask: number, number: string): WordPattern | undefined {
  const field = parseField(number, ONES);
  if (field === undefined) return undefined;
  const head = (ExtendedType.TwoOctetAs << 8) | subtype;
  return pattern([join16(head, asn), field.value], [join16(0xffff, asnMask), field.mask]);
}

function fourAndTwo(
  type: number,
  subtype: number,
  value: number,
  mask: number,
  number: string,
): WordPattern | undefined {
  const field = parseField(number, 0xffff);
  if (field === undefined) return undefined;
  return pattern(
    [join16((type << 8) | subtype, value >>> 16), join16(value & 0xffff, field.value)],
    [join16(0xffff, mask >>> 16), join16(mask & 0xffff, field.mask)],
  );
}

function asList(one: WordPattern | undefined): WordPattern[] | undefined {
  return one === undefined ? undefined : [one];
}

/** Values are cleared where the mask is: equal patterns look alike. */
function pattern(words: readonly number[], masks: readonly number[]): WordPattern {
  return { words: words.map((word, index) => (word & masks[index]) >>> 0), masks: masks.map((mask) => mask >>> 0) };
}

function join16(high: number, low: number): number {
  return ((high << 16) | low) >>> 0;
}

function parseField(text: string, max: number): { readonly value: number; readonly mask: number } | undefined {
  if (text === ANY) return { value: 0, mask: 0 };
  if (!/^(0|[1-9]\d{0,9})$/.test(text)) return undefined;
  const value = Number(text);
  return value > max ? undefined : { value, mask: max };
}
