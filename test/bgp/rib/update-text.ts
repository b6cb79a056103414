// A decoder of UPDATE messages for tests, sharing no code with bgp/wire: what a receiver would believe.
// Throws on anything that it does not expect from a correct sender.

import { describe, type ModelAttributes, noAttributes } from './model-route.ts';

export interface UpdateText {
  readonly withdrawn: string[];
  readonly announced: string[];
  /** Text of the attributes of what is announced. */
  readonly attributes: string;
  /** Tells apart what `attributes` does not: flags, order of communities. */
  readonly exact: string;
  readonly isEndOfRib: boolean;
  /** AS_PATH with its segments: `64500 64501`, `(65001) 64500` for AS_CONFED_SEQUENCE. */
  readonly path: string;
  /** Values of attributes that `attributes` does not tell of, by code, in hexadecimal digits. */
  readonly others: ReadonlyMap<number, string>;
  /** All octets of the next hop. */
  readonly nextHop: string;
}

export function splitMessages(bytes: Uint8Array, maxLength = 4096): Uint8Array[] {
  const messages: Uint8Array[] = [];
  for (let at = 0; at < bytes.length;) {
    const length = (bytes[at + 16] << 8) | bytes[at + 17];
    if (length < 23 || length > maxLength || at + length > bytes.length) throw new Error(`message length ${length}`);
    if (bytes[at + 18] !== 2) throw new Error(`message type ${bytes[at + 18]}`);
    messages.push(bytes.subarray(at, at + length));
    at += length;
  }
  return messages;
}

/** With `hasPathIds` a prefix is followed by its identifier: `192.0.2.0/24#7` (RFC 7911 §3); it may hold for IPv4 or IPv6 alone. */
export function readUpdate(
  message: Uint8Array,
  hasFourOctetAsn: boolean,
  hasPathIds = false,
  hasMpPathIds = hasPathIds,
): UpdateText {
  const view = new DataView(message.buffer, message.byteOffset, message.byteLength);
  const withdrawnEnd = 21 + view.getUint16(19);
  const attributesEnd = withdrawnEnd + 2 + view.getUint16(withdrawnEnd);
  const withdrawn = prefixes(message, 21, withdrawnEnd, 4, hasPathIds);
  const announced = prefixes(message, attributesEnd, message.length, 4, hasPathIds);
  const found: ModelAttributes = { ...noAttributes, origin: -1 };
  const exact: string[] = [];
  const path: string[] = [];
  const others = new Map<number, string>();
  let nextHop = '';
  let isEndOfRib = withdrawnEnd === 21 && attributesEnd === withdrawnEnd + 2 && announced.length === 0;
  for (let at = withdrawnEnd + 2; at < attributesEnd;) {
    const isLong = (message[at] & 0x10) !== 0;
    const code = message[at + 1];
    const length = isLong ? view.getUint16(at + 2) : message[at + 2];
    const start = at + (isLong ? 4 : 3);
    const end = start + length;
    const words = (from: number): number[] =>
      Array.from({ length: (end - from) / 4 }, (_, index) => view.getUint32(from + index * 4));
    if (code !== 14 && code !== 15) exact.push(message.subarray(at, end).join(','));
    if (code === 1) found.origin = message[start];
    else if (code === 2) {
      for (let from = start; from < end;) {
        const type = message[from];
        if (type < 2 || type > 3) throw new Error(`segment type ${type}`);
        const size = hasFourOctetAsn ? 4 : 2;
        const asns = Array.from({ length: message[from + 1] }, (_, index) =>
          hasFourOctetAsn ? view.getUint32(from + 2 + index * 4) : view.getUint16(from + 2 + index * 2),
        );
        if (type === 2) found.asPath = [...found.asPath, ...asns];
        else found.confederation = [...found.confederation, ...asns];
        path.push(type === 2 ? asns.join(' ') : `(${asns.join(' ')})`);
        from += 2 + asns.length * size;
        if (from > end) throw new Error('AS_PATH length');
      }
    } else if (code === 3) {
      found.nextHop = address(message, start, 4);
      nextHop = hexOf(message, start, end);
    } else if (code === 4) found.med = view.getUint32(start);
    else if (code === 5) found.localPref = view.getUint32(start);
    else if (code === 8) found.communities = words(start);
    else if (code === 9) found.originatorId = view.getUint32(start);
    else if (code === 10) found.clusterList = words(start);
    else if (code === 14) {
      if (view.getUint16(start) !== 2 || message[start + 2] !== 1) throw new Error('family of MP_REACH_NLRI');
      found.nextHop = address(message, start + 4, 16);
      nextHop = hexOf(message, start + 4, start + 4 + message[start + 3]);
      announced.push(...prefixes(message, start + 5 + message[start + 3], end, 16, hasMpPathIds));
    } else if (code === 15) {
      withdrawn.push(...prefixes(message, start + 3, end, 16, hasMpPathIds));
      if (length === 3 && attributesEnd === end) isEndOfRib = true;
    } else {
      // RFC 7311 §3: type 1, length 11, eight octets.
      if (code === 26 && length === 11) found.aigp = Number(view.getBigUint64(start + 3));
      if (code === 35) found.otc = view.getUint32(start);
      others.set(code, hexOf(message, start, end));
    }
    at = end;
  }
  return {
    withdrawn,
    announced,
    attributes: describe(found),
    exact: `${exact.join(' ')} ${found.nextHop}`,
    isEndOfRib,
    path: path.join(' '),
    others,
    nextHop,
  };
}

function hexOf(bytes: Uint8Array, start: number, end: number): string {
  return Array.from(bytes.subarray(start, end), (octet) => octet.toString(16).padStart(2, '0')).join('');
}

function prefixes(bytes: Uint8Array, start: number, end: number, size: 4 | 16, hasPathIds: boolean): string[] {
  const found: string[] = [];
  for (let at = start; at < end;) {
    let id = '';
    if (hasPathIds) {
      id = `#${new DataView(bytes.buffer, bytes.byteOffset + at, 4).getUint32(0)}`;
      at += 4;
    }
    const length = bytes[at];
    const octets = Math.ceil(length / 8);
    const whole = new Uint8Array(16);
    whole.set(bytes.subarray(at + 1, at + 1 + octets));
    found.push(`${address(whole, 0, size)}/${length}${id}`);
    at += 1 + octets;
  }
  return found;
}

/** IPv4 as dotted quad, IPv6 as eight groups without compression: an own text on purpose. */
export function address(bytes: Uint8Array, start: number, size: 4 | 16): string {
  if (size === 4) return [...bytes.subarray(start, start + 4)].join('.');
  return Array.from({ length: 8 }, (_, index) =>
    ((bytes[start + index * 2] << 8) | bytes[start + index * 2 + 1]).toString(16),
  ).join(':');
}
