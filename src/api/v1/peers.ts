// `GET /v1/bgp/peers` in Cilium's shape (definition BgpPeer): one object a neighbor, over all instances.

import { familyByName } from '#bgp/net/family.ts';
import type { CapabilityView, NeighborView, SessionState } from '#bgp/views.ts';
import type { ApiRoute, RouteContext } from '../route.ts';
import { peerSchema } from './schemas.ts';

/** GoBGP's names, which Cilium passes on. */
const stateNames: Readonly<Record<SessionState, string>> = {
  Idle: 'idle',
  Connect: 'connect',
  Active: 'active',
  OpenSent: 'open_sent',
  OpenConfirm: 'open_confirm',
  Established: 'established',
};

/** `ipv4-unicast` → `{afi: 'ipv4', safi: 'unicast'}` */
export function splitFamily(name: string): { readonly afi: string; readonly safi: string } {
  const dash = name.indexOf('-');
  return { afi: name.slice(0, dash), safi: name.slice(dash + 1) };
}

function describeCapability({ code, value }: CapabilityView): object {
  return { capabilities: Buffer.from([code, value.length, ...value]).toString('base64') };
}

/** As Cilium has it: whether the peer is asked to keep our routes, and for how long. */
function describeRestart({ session: { restart } }: NeighborView): object {
  if (restart.localMode !== 'full') return { enabled: false };
  return { enabled: true, 'restart-time-seconds': restart.configuredRestartSec };
}

export function describePeer(neighbor: NeighborView, wallMs: number): object {
  const upMs = neighbor.state === 'Established' ? wallMs - (neighbor.establishedWallMs ?? wallMs) : 0;
  return {
    'local-asn': neighbor.localAsn,
    'peer-asn': neighbor.remoteAsn,
    'peer-address': neighbor.address,
    'peer-port': neighbor.port,
    'tcp-password-enabled': neighbor.session.isAuthenticated,
    'ebgp-multihop-ttl': neighbor.ttl ?? (neighbor.isIbgp ? 255 : 1),
    'session-state': stateNames[neighbor.state],
    'uptime-nanoseconds': Math.max(0, upMs) * 1_000_000,
    'graceful-restart': describeRestart(neighbor),
    families: neighbor.families
      .filter((view) => view.isShown && familyByName(view.family) !== undefined)
      .map((view) => ({
        ...splitFamily(view.family),
        received: view.receivedPrePolicy,
        accepted: view.accepted,
        advertised: view.sent,
      })),
    'connect-retry-time-seconds': neighbor.connectRetrySec,
    'configured-hold-time-seconds': neighbor.configuredHoldTimeSec,
    'applied-hold-time-seconds': neighbor.holdTimeSec ?? 0,
    'configured-keep-alive-time-seconds': neighbor.configuredKeepaliveSec,
    'applied-keep-alive-time-seconds': neighbor.keepaliveSec ?? 0,
    'local-capabilities': neighbor.capabilitiesSent.map(describeCapability),
    'remote-capabilities': neighbor.capabilitiesReceived.map(describeCapability),
  };
}

async function handlePeers(context: RouteContext): Promise<object> {
  const instances = await context.deps.speaker.instances();
  const wallMs = context.deps.wallMs();
  return instances.flatMap((instance) => instance.neighbors.map((neighbor) => describePeer(neighbor, wallMs)));
}

export const peersRoute: ApiRoute = {
  method: 'GET',
  path: '/v1/bgp/peers',
  summary: "State of the BGP peers, in Cilium's shape",
  parameters: [],
  answer: { type: 'array', items: peerSchema },
  isChange: false,
  handle: handlePeers,
};
