// Capabilities of the OPEN message (RFC 5492): one row per code that we read or send. Whatever has no row is kept as `unknown`
// and ignored, as RFC 5492 §3 asks. What both sides make of the lists is the session's business (negotiation); how the values
// are written is capability-values.ts. Malformed values: see `decodeCapability`.
// RFC 4760 §8, 2918 §2, 8950 §4, 8654 §3, 9234 §4.1, 4724 §3 with 8538 §2, 6793 §9, 7911 §4, 7313 §3.1, 9494 §3.

import { type Asn, asn } from '../net/asn.ts';
import { cleanPeerText } from './peer-text.ts';
import { readUint32 } from './uint32.ts';

export const CapabilityCode = {
  Multiprotocol: 1,
  RouteRefresh: 2,
  ExtendedNextHop: 5,
  ExtendedMessage: 6,
  Role: 9,
  GracefulRestart: 64,
  FourOctetAsn: 65,
  AddPath: 69,
  EnhancedRefresh: 70,
  LongLived: 71,
  Fqdn: 73,
  SoftwareVersion: 75,
} as const;

/** RFC 7911 §4: what the sender of the capability does. */
export const AddPathMode = { Receive: 1, Send: 2, Both: 3 } as const;

export interface CapabilityFamily {
  readonly afi: number;
  readonly safi: number;
}

/** RFC 8950 §4: routes of the family may have next hops of this AFI. */
export interface ExtendedNextHopFamily extends CapabilityFamily {
  readonly nextHopAfi: number;
}

/** RFC 4724 §3. */
export interface RestartFamily extends CapabilityFamily {
  readonly isForwardingPreserved: boolean;
}

/** RFC 9494 §3.1. */
export interface LongLivedStaleFamily extends RestartFamily {
  readonly staleSec: number;
}

export interface AddPathFamily extends CapabilityFamily {
  /** {@link AddPathMode}; another number makes the entry void. */
  readonly mode: number;
}

/** `value` holds the octets as received (or as encoded), for views. */
export type Capability = { readonly code: number; readonly value: Uint8Array } & (
  | { readonly type: 'multiprotocol'; readonly code: 1; readonly afi: number; readonly safi: number }
  | { readonly type: 'route-refresh'; readonly code: 2 }
  | { readonly type: 'extended-next-hop'; readonly code: 5; readonly families: readonly ExtendedNextHopFamily[] }
  | { readonly type: 'extended-message'; readonly code: 6 }
  | { readonly type: 'role'; readonly code: 9; readonly role: number }
  | {
      readonly type: 'graceful-restart';
      readonly code: 64;
      /** R. */
      readonly isRestarting: boolean;
      /** N (RFC 8538 §2). */
      readonly hasNotification: boolean;
      readonly restartTimeSec: number;
      readonly families: readonly RestartFamily[];
    }
  | { readonly type: 'four-octet-asn'; readonly code: 65; readonly asn: Asn }
  | { readonly type: 'add-path'; readonly code: 69; readonly families: readonly AddPathFamily[] }
  | { readonly type: 'enhanced-refresh'; readonly code: 70 }
  | { readonly type: 'long-lived'; readonly code: 71; readonly families: readonly LongLivedStaleFamily[] }
  /** Cleaned for showing; undefined: empty. */
  | {
      readonly type: 'fqdn';
      readonly code: 73;
      readonly hostname: string | undefined;
      readonly domainName: string | undefined;
    }
  | { readonly type: 'software-version'; readonly code: 75; readonly version: string | undefined }
  | { readonly type: 'unknown'; readonly code: number }
);

interface CapabilityRow {
  readonly name: string;
  readonly hasRightLength: (length: number) => boolean;
  /** undefined: malformed within. */
  readonly decode: (value: Uint8Array) => Capability | undefined;
  /** Only people read it: a malformed one is not worth a session, and counts as unknown. */
  readonly isForPeople?: boolean;
}

const isEmpty = (length: number): boolean => length === 0;

const rows: ReadonlyMap<number, CapabilityRow> = new Map<number, CapabilityRow>([
  [
    CapabilityCode.Multiprotocol,
    {
      name: 'multiprotocol',
      hasRightLength: (length) => length === 4,
      // RFC 4760 §8: the third octet is reserved and ignored.
      decode: (value) => ({ type: 'multiprotocol', code: 1, value, afi: readUint16(value, 0), safi: value[3] }),
    },
  ],
  [
    CapabilityCode.RouteRefresh,
    {
      name: 'route refresh',
      hasRightLength: isEmpty,
      decode: (value) => ({ type: 'route-refresh', code: 2, value }),
    },
  ],
  [
    CapabilityCode.ExtendedNextHop,
    {
      name: 'extended next hop',
      hasRightLength: (length) => length % 6 === 0,
      decode: (value) => ({
        type: 'extended-next-hop',
        code: 5,
        value,
        // RFC 8950 §4: the SAFI has two octets here.
        families: entries(value, 0, 6, (at) => ({
          afi: readUint16(value, at),
          safi: readUint16(value, at + 2),
          nextHopAfi: readUint16(value, at + 4),
        })),
      }),
    },
  ],
  [
    CapabilityCode.ExtendedMessage,
    {
      name: 'extended message',
      hasRightLength: isEmpty,
      decode: (value) => ({ type: 'extended-message', code: 6, value }),
    },
  ],
  [
    CapabilityCode.Role,
    {
      name: 'role',
      hasRightLength: (length) => length === 1,
      decode: (value) => ({ type: 'role', code: 9, value, role: value[0] }),
    },
  ],
  [
    CapabilityCode.GracefulRestart,
    {
      name: 'graceful restart',
      hasRightLength: (length) => length % 4 === 2,
      decode: (value) => ({
        type: 'graceful-restart',
        code: 64,
        value,
        isRestarting: (value[0] & 0x80) !== 0,
        hasNotification: (value[0] & 0x40) !== 0,
        restartTimeSec: readUint16(value, 0) & 0x0fff,
        families: entries(value, 2, 4, (at) => restartFamily(value, at)),
      }),
    },
  ],
  [
    CapabilityCode.FourOctetAsn,
    {
      name: '4-octet AS number',
      hasRightLength: (length) => length === 4,
      decode: (value) => ({ type: 'four-octet-asn', code: 65, value, asn: asn(readUint32(value, 0)) }),
    },
  ],
  [
    CapabilityCode.AddPath,
    {
      name: 'add-path',
      hasRightLength: (length) => length % 4 === 0,
      decode: (value) => ({
        type: 'add-path',
        code: 69,
        value,
        families: entries(value, 0, 4, (at) => ({
          afi: readUint16(value, at),
          safi: value[at + 2],
          mode: value[at + 3],
        })),
      }),
    },
  ],
  [
    CapabilityCode.EnhancedRefresh,
    {
      name: 'enhanced route refresh',
      hasRightLength: isEmpty,
      decode: (value) => ({ type: 'enhanced-refresh', code: 70, value }),
    },
  ],
  [
    CapabilityCode.LongLived,
    {
      name: 'long-lived graceful restart',
      hasRightLength: (length) => length % 7 === 0,
      decode: (value) => ({
        type: 'long-lived',
        code: 71,
        value,
        families: entries(value, 0, 7, (at) => ({
          ...restartFamily(value, at),
          staleSec: (value[at + 4] << 16) | (value[at + 5] << 8) | value[at + 6],
        })),
      }),
    },
  ],
  [
    CapabilityCode.Fqdn,
    { name: 'FQDN', hasRightLength: (length) => length >= 2, decode: decodeFqdn, isForPeople: true },
  ],
  [
    CapabilityCode.SoftwareVersion,
    {
      name: 'software version',
      hasRightLength: () => true,
      decode: decodeSoftwareVersion,
      isForPeople: true,
    },
  ],
]);

/**
 * The capability, or undefined when a known one is malformed and it matters (see decodeOpen for what follows): were it ignored, the
 * two sides would disagree on what was agreed. Where only people are concerned it is kept as unknown.
 */
export function decodeCapability(code: number, value: Uint8Array): Capability | undefined {
  const unknown: Capability = { type: 'unknown', code, value };
  const row = rows.get(code);
  if (row === undefined) return unknown;
  const capability = row.hasRightLength(value.length) ? row.decode(value) : undefined;
  return capability === undefined && row.isForPeople === true ? unknown : capability;
}

/** In words; `capability 128` where it has none. */
export function nameCapability(code: number): string {
  return rows.get(code)?.name ?? `capability ${code}`;
}

/** Host name and domain name, each behind its length; nothing may follow. */
function decodeFqdn(value: Uint8Array): Capability | undefined {
  const domainAt = 1 + value[0];
  if (domainAt >= value.length || domainAt + 1 + value[domainAt] !== value.length) return undefined;
  return {
    type: 'fqdn',
    code: 73,
    value,
    hostname: cleanPeerText(value.subarray(1, domainAt)),
    domainName: cleanPeerText(value.subarray(domainAt + 1)),
  };
}

/** Most senders put a length before the text, the later drafts do not: whatever fits is read. */
function decodeSoftwareVersion(value: Uint8Array): Capability | undefined {
  const text = value.length > 0 && value[0] === value.length - 1 ? value.subarray(1) : value;
  // A length octet that does not fit is a control character, which no text begins with.
  if (text.length > 0 && text[0] < 0x20) return undefined;
  return { type: 'software-version', code: 75, value, version: cleanPeerText(text) };
}

function entries<Entry>(value: Uint8Array, start: number, size: number, read: (at: number) => Entry): readonly Entry[] {
  const found: Entry[] = [];
  for (let at = start; at + size <= value.length; at += size) found.push(read(at));
  return found;
}

function restartFamily(value: Uint8Array, at: number): RestartFamily {
  return {
    afi: readUint16(value, at),
    safi: value[at + 2],
    isForwardingPreserved: (value[at + 3] & 0x80) !== 0,
  };
}

function readUint16(value: Uint8Array, at: number): number {
  return (value[at] << 8) | value[at + 1];
}
