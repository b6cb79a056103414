// What a peer says of itself in its OPEN beside routing: host and domain name (draft-walton-bgp-hostname-capability, code 73)
// and software version (draft-abraitis-bgp-version-capability, code 75). The octets are the peer's own: cleaned as in the
// rest of the speaker, in JSON too (whoever prints a value of it has a terminal), never acted upon.

import type { CapabilityView, NeighborView } from '#bgp/views.ts';
import { cleanPeerText } from '#bgp/wire/peer-text.ts';

export const PeerCapability = { HostName: 73, SoftwareVersion: 75 } as const;

function readCounted(value: Uint8Array, offset: number): { text: string; next: number } | undefined {
  if (offset >= value.length) return undefined;
  const next = offset + 1 + value[offset];
  return next > value.length ? undefined : { text: cleanPeerText(value.subarray(offset + 1, next)) ?? '', next };
}

export interface HostName {
  readonly hostName: string;
  readonly domainName: string;
}

export function findHostName(capabilities: readonly CapabilityView[]): HostName | undefined {
  const value = capabilities.findLast((capability) => capability.code === PeerCapability.HostName)?.value;
  if (value === undefined) return undefined;
  const host = readCounted(value, 0);
  if (host === undefined || host.text === '') return undefined;
  return { hostName: host.text, domainName: readCounted(value, host.next)?.text ?? '' };
}

export function findSoftwareVersion(capabilities: readonly CapabilityView[]): string | undefined {
  const value = capabilities.findLast((capability) => capability.code === PeerCapability.SoftwareVersion)?.value;
  return value === undefined ? undefined : readCounted(value, 0)?.text;
}

/** Host names by neighbor address, for the `hostname` keys of routes. */
export function listHostNames(neighbors: readonly NeighborView[]): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  for (const neighbor of neighbors) {
    const { peerHostname } = neighbor.session;
    if (peerHostname !== undefined) names.set(neighbor.address, peerHostname);
  }
  return names;
}
