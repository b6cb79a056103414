// Words for an UPDATE while somebody debugs its neighbor: prefixes, and the attributes that people look for. Reads octets as they
// came, so it believes nothing: what does not fit is said to be malformed, what is long is counted. RFC 4271 §4.3, RFC 4760 §3 and §4.

import { readAddress } from './net/address.ts';
import { type Asn, asn } from './net/asn.ts';
import { type Family, familyByCode, ipv4Unicast, nameFamily } from './net/family.ts';
import { Prefix } from './net/prefix.ts';
import { AttributeCode, AttributeFlag } from './wire/attribute-header.ts';
import { formatAsPath, formatCommunity, formatExtendedCommunity, formatLargeCommunity } from './wire/attribute-text.ts';
import { type AsPathSegment, SegmentType } from './wire/attributes.ts';
import { HEADER_LENGTH } from './wire/message.ts';
import { readUint32 } from './wire/uint32.ts';

/** What the OPENs agreed on and the octets depend on. */
export interface TraceFormat {
  readonly hasFourOctetAsn: boolean;
  /** RFC 7911: prefixes of the family stand behind path identifiers. */
  readonly hasPathIds: (family: Family) => boolean;
}

/** Prefixes, communities and AS numbers that are named; the rest is counted. */
const MAX_NAMED = 10;
/** Of one message, however many attributes it has. */
const MAX_LENGTH = 2_000;

/** `bytes` is the whole message. */
export function describeUpdate(bytes: Uint8Array, format: TraceFormat): string {
  const end = bytes.length;
  const withdrawnStart = HEADER_LENGTH + 2;
  if (end < withdrawnStart + 2) return 'malformed: too short';
  const withdrawnEnd = withdrawnStart + readUint16(bytes, HEADER_LENGTH);
  if (withdrawnEnd + 2 > end) return 'malformed: withdrawn routes run past the message';
  const attributesStart = withdrawnEnd + 2;
  const attributesEnd = attributesStart + readUint16(bytes, withdrawnEnd);
  if (attributesEnd > end) return 'malformed: attributes run past the message';
  if (end === withdrawnStart + 2) return 'End-of-RIB for ipv4-unicast';
  const withdrawn = listPrefixes(bytes, withdrawnStart, withdrawnEnd, ipv4Unicast, format);
  const announced = listPrefixes(bytes, attributesEnd, end, ipv4Unicast, format);
  const text = [
    announced === '' ? '' : `announces ${announced}`,
    withdrawn === '' ? '' : `withdraws ${withdrawn}`,
    ...listAttributes(bytes, attributesStart, attributesEnd, format),
  ]
    .filter((part) => part !== '')
    .join(', ');
  return cutText(text);
}

export function cutText(text: string): string {
  return text.length <= MAX_LENGTH ? text : `${text.slice(0, MAX_LENGTH)}…`;
}

function listAttributes(bytes: Uint8Array, from: number, to: number, format: TraceFormat): string[] {
  const texts: string[] = [];
  for (let at = from; at < to;) {
    const headerLength = (bytes[at] & AttributeFlag.ExtendedLength) === 0 ? 3 : 4;
    const start = at + headerLength;
    if (start > to) return [...texts, 'malformed: an attribute is cut short'];
    const code = bytes[at + 1];
    const end = start + (headerLength === 3 ? bytes[at + 2] : readUint16(bytes, at + 2));
    if (end > to) return [...texts, `malformed: attribute ${code} runs past the attributes`];
    texts.push(describeAttribute(code, bytes.subarray(start, end), format) ?? `malformed: attribute ${code}`);
    at = end;
  }
  return texts;
}

/** undefined: its length is not one that it can have. */
function describeAttribute(code: number, value: Uint8Array, format: TraceFormat): string | undefined {
  const { length } = value;
  const number = (words: string): string | undefined => (length === 4 ? `${words} ${readUint32(value, 0)}` : undefined);
  switch (code) {
    case AttributeCode.Origin:
      return length === 1 ? `origin ${['IGP', 'EGP', 'incomplete'][value[0]] ?? value[0]}` : undefined;
    case AttributeCode.AsPath:
      return describeAsPath(value, format.hasFourOctetAsn ? 4 : 2);
    case AttributeCode.NextHop:
      return length === 4 ? `next hop ${readAddress(4, value, 0).toString()}` : undefined;
    case AttributeCode.Med:
      return number('MED');
    case AttributeCode.LocalPref:
      return number('LOCAL_PREF');
    case AttributeCode.Otc:
      return number('only to customer');
    case AttributeCode.Communities:
      return listEach('communities', value, 4, (at) => formatCommunity(readUint32(value, at)));
    case AttributeCode.ExtendedCommunities:
      return listEach('extended communities', value, 8, (at) => formatExtendedCommunity(value.subarray(at, at + 8)));
    case AttributeCode.LargeCommunities:
      return listEach('large communities', value, 12, (at) =>
        formatLargeCommunity([readUint32(value, at), readUint32(value, at + 4), readUint32(value, at + 8)]),
      );
    case AttributeCode.MpReach:
      return describeReach(value, format);
    case AttributeCode.MpUnreach:
      return describeUnreach(value, format);
    default:
      return `attribute ${code} of ${length} octets`;
  }
}

function describeAsPath(value: Uint8Array, size: 2 | 4): string | undefined {
  const segments: AsPathSegment[] = [];
  let left = MAX_NAMED;
  let count = 0;
  for (let at = 0; at < value.length;) {
    const type = Object.values(SegmentType).find((known) => known === value[at]);
    const start = at + 2;
    const end = start + value[at + 1] * size;
    if (type === undefined || start > value.length || end > value.length) return undefined;
    const asns: Asn[] = [];
    for (let offset = start; offset < end; offset += size, count++) {
      if (left-- > 0) asns.push(asn(size === 4 ? readUint32(value, offset) : readUint16(value, offset)));
    }
    if (asns.length > 0) segments.push({ type, asns });
    at = end;
  }
  const more = count > MAX_NAMED ? ` and ${count - MAX_NAMED} more` : '';
  return `AS path ${count === 0 ? 'empty' : formatAsPath(segments)}${more}`;
}

function describeReach(value: Uint8Array, format: TraceFormat): string | undefined {
  if (value.length < 5) return undefined;
  const hopEnd = 4 + value[3];
  if (hopEnd >= value.length) return undefined;
  const [afi, safi] = [readUint16(value, 0), value[2]];
  const name = nameFamily({ afi, safi });
  const family = familyByCode(afi, safi);
  if (family === undefined) return `announces ${value.length - hopEnd - 1} octets of ${name}`;
  const hop = describeNextHop(value.subarray(4, hopEnd));
  // RFC 4760 §3: one reserved octet between next hop and prefixes.
  return `announces ${name} ${listPrefixes(value, hopEnd + 1, value.length, family, format)}, next hop ${hop}`;
}

/** RFC 2545 §3: 16 octets, or 32 with a link-local address behind; RFC 8950: the same for IPv4 routes. */
function describeNextHop(value: Uint8Array): string {
  if (value.length === 4) return readAddress(4, value, 0).toString();
  if (value.length === 16) return readAddress(6, value, 0).toString();
  if (value.length === 32) return `${readAddress(6, value, 0).toString()} ${readAddress(6, value, 16).toString()}`;
  return `of ${value.length} octets`;
}

function describeUnreach(value: Uint8Array, format: TraceFormat): string | undefined {
  if (value.length < 3) return undefined;
  const [afi, safi] = [readUint16(value, 0), value[2]];
  const name = nameFamily({ afi, safi });
  // RFC 4724 §2.
  if (value.length === 3) return `End-of-RIB for ${name}`;
  const family = familyByCode(afi, safi);
  if (family === undefined) return `withdraws ${value.length - 3} octets of ${name}`;
  return `withdraws ${name} ${listPrefixes(value, 3, value.length, family, format)}`;
}

/** `10.0.0.0/8 10.1.0.0/16 and 98 more`; path identifiers as `10.0.0.0/8#2`. */
function listPrefixes(bytes: Uint8Array, from: number, to: number, family: Family, format: TraceFormat): string {
  const named: string[] = [];
  const hasPathIds = format.hasPathIds(family);
  const octets = new Uint8Array(16);
  let count = 0;
  for (let at = from; at < to; count++) {
    const lengthAt = hasPathIds ? at + 4 : at;
    const bits = bytes[lengthAt];
    const start = lengthAt + 1;
    const end = start + Math.ceil(bits / 8);
    if (start > to || end > to || bits > (family.version === 4 ? 32 : 128)) return join(named, count, ' (malformed)');
    if (count < MAX_NAMED) {
      octets.fill(0);
      octets.set(bytes.subarray(start, end));
      const { version, w0, w1, w2, w3 } = readAddress(family.version, octets, 0);
      const prefix = new Prefix(version, bits, w0, w1, w2, w3).toString();
      named.push(hasPathIds ? `${prefix}#${readUint32(bytes, at)}` : prefix);
    }
    at = end;
  }
  return join(named, count, '');
}

function listEach(name: string, value: Uint8Array, size: number, show: (at: number) => string): string | undefined {
  if (value.length % size !== 0) return undefined;
  const count = value.length / size;
  const named = Array.from({ length: Math.min(count, MAX_NAMED) }, (_, index) => show(index * size));
  return `${name} ${join(named, count, '')}`;
}

function join(named: readonly string[], count: number, end: string): string {
  const more = count > named.length ? ` and ${count - named.length} more` : '';
  return `${named.join(' ')}${more}${end}`;
}

function readUint16(bytes: Uint8Array, at: number): number {
  return (bytes[at] << 8) | bytes[at + 1];
}
