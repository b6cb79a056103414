// How the texts of router.yaml are read: endpoints, neighbor addresses with zones, communities. Each
// parser answers undefined for what it does not know; the schema's formats are made of them.

import { isLinkLocal, parseAddress } from '#bgp/net/address.ts';
import type { Address } from '#bgp/net/address.ts';
import { parsePrefix } from '#bgp/net/prefix.ts';
import { parseRouterId } from '#bgp/net/router-id.ts';
import { type CommunityKind, parseCommunityPattern } from '#bgp/policy/community-pattern.ts';
import { PolicyError } from '#bgp/policy/policy-error.ts';

export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

export interface ZonedAddress {
  readonly address: Address;
  readonly zone: string | undefined;
  /** Canonical text, with the zone. */
  readonly text: string;
}

export function parseZonedAddress(text: string): ZonedAddress | undefined {
  const [addressText, zone, ...more] = text.split('%');
  const address = parseAddress(addressText);
  if (address === undefined || more.length > 0) return undefined;
  if (zone === undefined) return { address, zone, text: address.toString() };
  // The kernel's limit for names of interfaces, and what it refuses in them.
  if (!/^[^\s/:]{1,15}$/.test(zone) || !isLinkLocal(address)) return undefined;
  return { address, zone, text: `${address.toString()}%${zone}` };
}

/** `192.0.2.1:179` or `[2001:db8::1]:179`; the port may be left out when a default is given. */
export function parseEndpoint(text: string, defaultPort?: number): Endpoint | undefined {
  const match = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d{1,5}))?$/.exec(text);
  const bare = match === null && defaultPort !== undefined ? parseZonedAddress(text) : undefined;
  if (bare !== undefined && defaultPort !== undefined) return { address: bare.text, port: defaultPort };
  const address = parseZonedAddress(match?.[1] ?? match?.[2] ?? '');
  const portText: string | undefined = match?.[3];
  const port = portText === undefined ? defaultPort : Number(portText);
  if (address === undefined || port === undefined || port < 1 || port > 65_535) return undefined;
  if ((match?.[1] === undefined) !== (address.address.version === 4)) return undefined;
  return { address: address.text, port };
}

export function parseCommunity(text: string): number | undefined {
  return parseExactly('standard', text)?.[0];
}

export function parseLargeCommunity(text: string): readonly [number, number, number] | undefined {
  const words = parseExactly('large', text);
  return words === undefined ? undefined : [words[0], words[1], words[2]];
}

export function parseExtendedCommunity(text: string): readonly [number, number] | undefined {
  const words = parseExactly('extended', text);
  return words === undefined ? undefined : [words[0], words[1]];
}

/** The words of one community: no pattern. */
function parseExactly(kind: CommunityKind, text: string): readonly number[] | undefined {
  if (!isPattern(kind, text)) return undefined;
  const [{ words, masks }] = parseCommunityPattern(kind, text, '');
  return masks.every((mask) => mask === 0xffff_ffff) ? words : undefined;
}

/** Whether a policy takes the text where it looks for communities. */
export function isPattern(kind: CommunityKind, text: string): boolean {
  try {
    parseCommunityPattern(kind, text, '');
    return true;
  } catch (error) {
    if (error instanceof PolicyError) return false;
    throw error;
  }
}

export function isLoopbackAddress(text: string): boolean {
  const address = parseAddress(text);
  if (address === undefined) return false;
  return address.version === 4 ? address.w0 >>> 24 === 127 : address.toString() === '::1';
}

/** The `format`s of the schema. */
export const formats: Readonly<Record<string, (text: string) => boolean>> = {
  endpoint: (text) => parseEndpoint(text) !== undefined,
  listen: (text) => parseEndpoint(text, 179) !== undefined,
  neighbor: (text) => parseZonedAddress(text) !== undefined,
  prefix: (text) => parsePrefix(text) !== undefined,
  'router-id': (text) => parseRouterId(text) !== undefined,
  community: (text) => parseCommunity(text) !== undefined,
  'large-community': (text) => parseLargeCommunity(text) !== undefined,
  'extended-community': (text) => parseExtendedCommunity(text) !== undefined,
  'standard-pattern': (text) => isPattern('standard', text),
  'extended-pattern': (text) => isPattern('extended', text),
  'large-pattern': (text) => isPattern('large', text),
  'policy-next-hop': (text) => ['self', 'peer', 'unchanged'].includes(text) || parseAddress(text) !== undefined,
};
