// A speaker between a peer that says what it is told to, octet by octet, and a neighbor of the same kind that does nothing wrong. Both are
// external, members of the confederation, or internal.

import type { NeighborConfig, SpeakerConfig } from '#bgp/config.ts';
import type { SpeakerEvent } from '#bgp/events.ts';
import type { PeerKind } from '#bgp/net/peer-kind.ts';
import type { Speaker } from '#bgp/speaker.ts';
import { neighborConfig, speakerConfig, SpeakerLab } from '#support/speaker-lab.ts';
import { KEEPALIVE, open } from './session/bytes.ts';
import { RawPeer } from './session/raw-peer.ts';
import { attribute, fromHex } from './wire/bytes.ts';

export const HERE = '192.0.2.1';
export const PEER = '192.0.2.2';
export const BESIDE = '192.0.2.9';

export interface World {
  readonly lab: SpeakerLab;
  readonly speaker: Speaker;
  readonly events: readonly SpeakerEvent[];
  readonly peer: RawPeer;
  readonly beside: Speaker;
}

const HERE_ASN = 65_001;
/** The AS numbers of the peer and of the neighbor beside, which is of the same kind. */
const asns: Readonly<Record<PeerKind, readonly [peer: number, beside: number]>> = {
  ebgp: [65_002, 65_009],
  confederation: [65_002, 65_009],
  ibgp: [HERE_ASN, HERE_ASN],
};
const confederationOf = (kind: PeerKind, ...members: readonly number[]): Partial<SpeakerConfig> =>
  kind === 'confederation' ? { confederation: { identifier: 100, members } } : {};

export function begin(
  kind: PeerKind,
  capabilities: readonly number[],
  changes: Partial<NeighborConfig> = {},
  besides: Partial<NeighborConfig> = {},
  ours: Partial<SpeakerConfig> = {},
  hasFourOctetAsn = true,
): World {
  const lab = new SpeakerLab();
  const { speaker, events } = lab.add('here', [HERE]);
  const { speaker: beside } = lab.add('beside', [BESIDE]);
  const [peerAsn, besideAsn] = asns[kind];
  const neighbors = [
    // Between internal peers routes go by reflection alone.
    neighborConfig({ address: PEER, remoteAsn: peerAsn, isRouteReflectorClient: kind === 'ibgp', ...changes }),
    neighborConfig({ address: BESIDE, remoteAsn: besideAsn, isPassive: true }),
  ];
  const confederation = confederationOf(kind, peerAsn, besideAsn);
  speaker.configure(speakerConfig({ asn: HERE_ASN, routerId: HERE, neighbors, ...confederation, ...ours }));
  const back = [neighborConfig({ address: HERE, remoteAsn: HERE_ASN, ...besides })];
  const far = confederationOf(kind, HERE_ASN);
  beside.configure(speakerConfig({ asn: besideAsn, routerId: BESIDE, neighbors: back, ...far }));
  const peer = new RawPeer(lab.network.endpoint(PEER));
  lab.pass(10);
  const base = [1, 4, 0, 1, 0, 1, 2, 0];
  const four = hasFourOctetAsn ? [65, 4, 0, 0, peerAsn >> 8, peerAsn & 255] : [];
  peer.send(open({ asn: peerAsn, capabilities: [...base, ...four, ...capabilities] }), KEEPALIVE);
  lab.settle();
  return { lab, speaker, events, peer, beside };
}

/** Segments in front of a path: an external peer's own number, a member's, none. */
export const leads: Readonly<Record<PeerKind, Uint8Array>> = {
  ebgp: fromHex('02 01 0000fdea'),
  confederation: fromHex('03 01 0000fdea'),
  ibgp: fromHex(''),
};
export const origin = fromHex('40 01 01 00');
const nextHop = fromHex('40 03 04 c0000202');
const localPref = fromHex('40 05 04 00000064');

export function attributesOf(kind: PeerKind): readonly Uint8Array[] {
  return [origin, attribute(0x40, 2, leads[kind]), nextHop, ...(kind === 'ebgp' ? [] : [localPref])];
}
