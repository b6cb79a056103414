// Capabilities as we send them: one function per code, with the octets of its value. What is offered when is the session's
// business (negotiation); reading them, and which RFC each is from, is capability.ts.

import type { Asn } from '../net/asn.ts';
import type {
  AddPathFamily,
  Capability,
  ExtendedNextHopFamily,
  LongLivedStaleFamily,
  RestartFamily,
} from './capability.ts';
import { encodeText } from './peer-text.ts';

const NO_VALUE = new Uint8Array(0);
/** Two of them and their lengths stay within the 255 octets of a capability; longer names are cut. */
const MAX_NAME_OCTETS = 120;
/** draft-ietf-idr-software-version §3. */
const MAX_VERSION_OCTETS = 64;

export function multiprotocolCapability(afi: number, safi: number): Capability {
  return { type: 'multiprotocol', code: 1, value: Uint8Array.of(...two(afi), 0, safi), afi, safi };
}

export function routeRefreshCapability(): Capability {
  return { type: 'route-refresh', code: 2, value: NO_VALUE };
}

export function extendedNextHopCapability(families: readonly ExtendedNextHopFamily[]): Capability {
  const value = families.flatMap(({ afi, safi, nextHopAfi }) => [...two(afi), ...two(safi), ...two(nextHopAfi)]);
  return { type: 'extended-next-hop', code: 5, value: Uint8Array.from(value), families };
}

export function extendedMessageCapability(): Capability {
  return { type: 'extended-message', code: 6, value: NO_VALUE };
}

export function roleCapability(role: number): Capability {
  return { type: 'role', code: 9, value: Uint8Array.of(role), role };
}

export interface GracefulRestartValue {
  readonly isRestarting: boolean;
  readonly hasNotification: boolean;
  /** 0..4095. */
  readonly restartTimeSec: number;
  readonly families: readonly RestartFamily[];
}

export function gracefulRestartCapability(restart: GracefulRestartValue): Capability {
  const { isRestarting, hasNotification, restartTimeSec, families } = restart;
  const flags = (isRestarting ? 0x8000 : 0) | (hasNotification ? 0x4000 : 0);
  const value = [
    ...two(flags | (restartTimeSec & 0x0fff)),
    ...families.flatMap((family) => [...two(family.afi), family.safi, family.isForwardingPreserved ? 0x80 : 0]),
  ];
  return { type: 'graceful-restart', code: 64, value: Uint8Array.from(value), ...restart };
}

export function fourOctetAsnCapability(number: Asn): Capability {
  const value = Uint8Array.of(number >>> 24, (number >>> 16) & 255, (number >>> 8) & 255, number & 255);
  return { type: 'four-octet-asn', code: 65, value, asn: number };
}

export function addPathCapability(families: readonly AddPathFamily[]): Capability {
  const value = families.flatMap(({ afi, safi, mode }) => [...two(afi), safi, mode]);
  return { type: 'add-path', code: 69, value: Uint8Array.from(value), families };
}

export function enhancedRefreshCapability(): Capability {
  return { type: 'enhanced-refresh', code: 70, value: NO_VALUE };
}

export function longLivedCapability(families: readonly LongLivedStaleFamily[]): Capability {
  const value = families.flatMap((family) => [
    ...two(family.afi),
    family.safi,
    family.isForwardingPreserved ? 0x80 : 0,
    (family.staleSec >>> 16) & 255,
    ...two(family.staleSec & 0xffff),
  ]);
  return { type: 'long-lived', code: 71, value: Uint8Array.from(value), families };
}

export function fqdnCapability(hostname: string, domainName: string): Capability {
  const host = encodeText(hostname, MAX_NAME_OCTETS);
  const domain = encodeText(domainName, MAX_NAME_OCTETS);
  const value = Uint8Array.of(host.length, ...host, domain.length, ...domain);
  return { type: 'fqdn', code: 73, value, hostname: hostname || undefined, domainName: domainName || undefined };
}

export function softwareVersionCapability(version: string): Capability {
  const text = encodeText(version, MAX_VERSION_OCTETS);
  const value = Uint8Array.of(text.length, ...text);
  return { type: 'software-version', code: 75, value, version: version || undefined };
}

function two(word: number): readonly [number, number] {
  return [word >>> 8, word & 255];
}
