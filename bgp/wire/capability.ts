// Capabilities of the OPEN message (RFC 5492): one row per code that we read or send. Whatever has no row is kept as `unknown`
// and ignored, as RFC 5492 §3 asks. What both sides make of the lists is the session's business (negotiation).
// RFC 4760 §8 (multiprotocol), RFC 2918 §2 (route refresh), RFC 6793 §9 (4-octet AS numbers).

import { type Asn, asn } from '../net/asn.ts';
import { readUint32 } from './read-uint32.ts';

const CapabilityCode = { Multiprotocol: 1, RouteRefresh: 2, FourOctetAsn: 65 } as const;

/** `value` holds the octets as received (or as encoded), for views. */
export type Capability =
  | {
      readonly type: 'multiprotocol';
      readonly code: 1;
      readonly value: Uint8Array;
      readonly afi: number;
      readonly safi: number;
    }
  | { readonly type: 'route-refresh'; readonly code: 2; readonly value: Uint8Array }
  | { readonly type: 'four-octet-asn'; readonly code: 65; readonly value: Uint8Array; readonly asn: Asn }
  | { readonly type: 'unknown'; readonly code: number; readonly value: Uint8Array };

interface CapabilityRow {
  readonly code: number;
  readonly name: string;
  /** The only length that is right. */
  readonly lengthBytes: number;
  readonly decode: (value: Uint8Array) => Capability;
}

const rows: readonly CapabilityRow[] = [
  {
    code: CapabilityCode.Multiprotocol,
    name: 'multiprotocol',
    lengthBytes: 4,
    // RFC 4760 §8: the third octet is reserved and ignored.
    decode: (value) => ({ type: 'multiprotocol', code: 1, value, afi: (value[0] << 8) | value[1], safi: value[3] }),
  },
  {
    code: CapabilityCode.RouteRefresh,
    name: 'route refresh',
    lengthBytes: 0,
    decode: (value) => ({ type: 'route-refresh', code: 2, value }),
  },
  {
    code: CapabilityCode.FourOctetAsn,
    name: '4-octet AS number',
    lengthBytes: 4,
    decode: (value) => ({
      type: 'four-octet-asn',
      code: 65,
      value,
      asn: asn(readUint32(value, 0)),
    }),
  },
];

/** The capability, or undefined when a known one has a wrong length (see decodeOpen for what follows). */
export function decodeCapability(code: number, value: Uint8Array): Capability | undefined {
  const row = rows.find((candidate) => candidate.code === code);
  if (row === undefined) return { type: 'unknown', code, value };
  return value.length === row.lengthBytes ? row.decode(value) : undefined;
}

export function multiprotocolCapability(afi: number, safi: number): Capability {
  return { type: 'multiprotocol', code: 1, value: Uint8Array.of(afi >>> 8, afi & 255, 0, safi), afi, safi };
}

export function routeRefreshCapability(): Capability {
  return { type: 'route-refresh', code: 2, value: new Uint8Array(0) };
}

export function fourOctetAsnCapability(number: Asn): Capability {
  const value = Uint8Array.of(number >>> 24, (number >>> 16) & 255, (number >>> 8) & 255, number & 255);
  return { type: 'four-octet-asn', code: 65, value, asn: number };
}
