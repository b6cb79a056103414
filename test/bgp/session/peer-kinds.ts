// A neighbor in each state in which a message of a peer can come, from a peer of each kind. The peer itself is raw-peer.ts.

import type { PeerKind } from '#bgp/net/peer-kind.ts';
import { dial, type RawPair, rawPair } from './raw-peer.ts';

export const peerKinds: readonly PeerKind[] = ['ebgp', 'confederation', 'ibgp'];

/** What makes the peer one of the kind: it is AS 65002 to all of them. */
export const kindChanges: Readonly<Record<PeerKind, NonNullable<Parameters<typeof rawPair>[1]>>> = {
  ebgp: { a: { remoteAsn: 65002 } },
  ibgp: { left: { asn: 65002 }, a: { remoteAsn: 'internal' } },
  confederation: { left: { confederation: { identifier: 100, members: [65002] } }, a: { remoteAsn: 65002 } },
};

/** In Connect and Active with a timer of DelayOpen, else nothing of the peer's would be read (RFC 4271 §8.1.1). */
export const peerStates = ['Connect', 'Active', 'OpenSent', 'OpenConfirm', 'Established'] as const;
export type PeerState = (typeof peerStates)[number];

export function pairIn(state: PeerState, kind: PeerKind): RawPair {
  const changes = kindChanges[kind];
  if (state !== 'Connect' && state !== 'Active') return rawPair(state, changes);
  const timers = { connectRetrySec: 120, holdTimeSec: 90, keepaliveSec: 30, delayOpenSec: 20 };
  const raw = rawPair('Idle', { ...changes, a: { ...changes.a, timers, isPassive: state === 'Active' } });
  raw.us.neighbor.start();
  if (state === 'Active') dial(raw.network, raw.us, raw.peer);
  else raw.network.run();
  if (raw.us.neighbor.state !== state) throw new TypeError(`in ${raw.us.neighbor.state} instead of ${state}`);
  return raw;
}
